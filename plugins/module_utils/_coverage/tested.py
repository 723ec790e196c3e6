# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the records of drills say of sessions: which were tested, when, with what outcome, and in which state. Pure.

A record is reduced to this as it is read, so that 2,000 of them fit into memory.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from .._record.sign_offs import REJECTED, SignedOff, standing
from .._record.types import (
    Array,
    Condition,
    Deviation,
    DrTestClone,
    Exclusion,
    Identity,
    Operation,
    RecoveryPoint,
    ReplicationRpo,
    Rto,
    Scope,
    Texts,
    Times,
    Volume,
)
from .._words import Verdict
from .document import LoggedTest, SignOff, Test
from .policies import Named
from .policy_file import until

_SLACK: t.Final = timedelta(seconds=10)  # between a start being sent and the array's log having it
_ADOPTED: t.Final = timedelta(days=1)  # how old a test may be that a drill takes over


@dataclass(frozen=True, kw_only=True)
class SessionRead:
    """What of a session's record is needed; the names are those of `_record.drill_session_types.DrillSession`."""

    session_id: str | None
    resource_type: str | None
    resource_name: str | None
    resource_id: str | None
    remote_system: str | None
    verdict: Verdict
    reasons: Texts
    recovery_point: RecoveryPoint
    rto: Rto
    before: Condition | None
    start: Operation | None
    stop: Operation | None
    test_owned: bool
    adopted: bool
    application: str | None
    tier: str | None
    owner: str | None
    replication_rule: str | None
    dr_test_clone: DrTestClone | None = None
    replication_rpo: ReplicationRpo | None = None


@dataclass(frozen=True, kw_only=True)
class RecordRead:
    """What of the record of a drill is needed: reading the rest would take twice as long."""

    drill: Identity
    array: Array
    times: Times
    scope: Scope
    verdict: Verdict
    deviations: tuple[Deviation, ...]
    run_id: str | None
    sessions: tuple[SessionRead, ...]


@dataclass(frozen=True, slots=True)
class VolumeTested:
    """A volume as it was before the test."""

    id: str
    name: str
    wwn: str | None
    size: int | None


@dataclass(frozen=True, slots=True)
class AsTested:
    """A session as it was when it was tested; None is what its record does not have."""

    volumes: tuple[VolumeTested, ...] | None
    hosts: frozenset[str] | None
    rule: str | None
    rpo_seconds: int | None  # of the rule
    remote_system: str | None
    release: str | None


@dataclass(frozen=True, slots=True)
class Tested:
    """One session in the record of one drill."""

    array_global_id: str | None
    array_name: str | None
    session_id: str | None
    resource_type: str | None
    resource_name: str | None
    resource_id: str | None
    wwns: frozenset[str]
    application: str | None
    tier: str | None
    owner: str | None
    remote_system: str | None
    started: bool  # whether a failover test was started on it (or taken over)
    attempted: bool  # whether that was tried at least
    adopted: bool
    test: Test
    run: str  # id of the run that its record belongs to, else of the record
    job_ids: tuple[str, ...]
    until: datetime | None  # when the test was over
    as_tested: AsTested
    clone_id: str | None = None  # of a NAS server

    @property
    def key(self) -> tuple[str, str] | None:
        """As `arrays.Current.key`."""
        return (self.array_global_id, self.resource_id) if self.array_global_id and self.resource_id else None

    @property
    def named(self) -> Named:
        """What the policy's rules are compared with."""
        return Named(
            tuple(filter(None, (self.array_name, self.array_global_id))),
            self.session_id,
            self.resource_type,
            tuple(filter(None, (self.resource_name, self.resource_id))),
            self.remote_system,
        )

    def claims(self, logged: LoggedTest) -> bool:
        """Whether it is the record of a test that the array shows: by clone or job, else by the time of the test."""
        if not self.started:
            return False
        if self.clone_id and logged.clone_id:
            return logged.clone_id == self.clone_id
        if self.job_ids and logged.job_id:
            return logged.job_id in self.job_ids
        at, begin = logged.at, self.test.at - (_ADOPTED if self.adopted else _SLACK)
        return at is not None and begin <= at and at - _SLACK <= (self.until or self.test.at)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A session that a drill left out on purpose, until a time."""

    array_global_id: str | None
    session_id: str | None
    resource_name: str | None
    reason: str
    owner: str | None
    expires: datetime
    shown: str
    at: datetime  # when the drill was

    def means(self, session_id: str | None, names: t.Collection[str]) -> bool:
        """Whether it is about the session with this id or name."""
        if self.session_id:
            return self.session_id == session_id
        return bool(self.resource_name) and str(self.resource_name).casefold() in {each.casefold() for each in names}


@dataclass(frozen=True, slots=True)
class FromRecord:
    """What is kept of a record."""

    id: str
    file: str
    at: datetime | None
    array_global_id: str | None
    tested: tuple[Tested, ...]
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True, slots=True)
class Later:
    """What was said of a record after it was written."""

    contradictions: list[str] = field(default_factory=list)
    sign_offs: list[SignedOff] = field(default_factory=list)


def with_later(record: FromRecord, later: t.Mapping[str, Later]) -> FromRecord:
    """With what was said later of that very file: what the array's logs contradict, or a person rejects, is no test
    that counts."""
    sha256 = record.tested[0].test.sha256 if record.tested else ""
    if sha256 not in later:
        return record
    said = standing(later[sha256].sign_offs)
    against = [*later[sha256].contradictions, *(each.text for each in said if each.decision == REJECTED)]
    sign_offs = tuple(
        SignOff(name=each.name, role=each.role, decision=each.decision, method=each.method, at=each.at) for each in said
    )
    return replace(record, tested=tuple(_said_of(each, against, sign_offs) for each in record.tested))


def _said_of(tested: Tested, against: t.Sequence[str], sign_offs: tuple[SignOff, ...]) -> Tested:
    test = tested.test
    verdict = Verdict.worst((test.verdict, *(Verdict.FAILED for _each in against)), otherwise=test.verdict)
    return replace(tested, test=replace(test, verdict=verdict, reasons=(*against, *test.reasons), sign_offs=sign_offs))


def from_record(record: RecordRead, file: str, sha256: str) -> FromRecord:
    """What a record tells of its sessions."""
    at = record.times.started_at or record.times.written_by_array or record.times.written_at
    whole = _of_the_whole(record)
    return FromRecord(
        record.drill.id,
        file,
        at,
        record.array.global_id,
        tuple(_tested(record, session, file, sha256, at, whole) for session in record.sessions if at),
        tuple(_left_out(record, record.scope.exclusions, at)) if at else (),
    )


def _of_the_whole(record: RecordRead) -> tuple[Verdict, tuple[str, ...]]:
    """What of a record is about no session in particular: it holds for each of them."""
    own = [each for each in record.deviations if each.session_id is None]
    worst = Verdict.worst((Verdict(each.severity) for each in own), otherwise=Verdict.PASSED)
    if not record.deviations and record.verdict is not Verdict.PASSED:  # nobody says what it is about
        worst = record.verdict
    return worst, tuple(each.description for each in own)


def _tested(
    record: RecordRead,
    session: SessionRead,
    file: str,
    sha256: str,
    at: datetime,
    whole: tuple[Verdict, tuple[str, ...]],
) -> Tested:
    point, rto = _recovery_point(session), session.rto
    start, stop = session.start, session.stop
    return Tested(
        array_global_id=record.array.global_id,
        array_name=record.array.name,
        session_id=session.session_id,
        resource_type=session.resource_type,
        resource_name=session.resource_name,
        resource_id=session.resource_id,
        wwns=frozenset(
            volume.wwn for volume in (session.before.volumes if session.before else None) or () if volume.wwn
        ),
        application=session.application,
        tier=session.tier,
        owner=session.owner,
        remote_system=session.remote_system,
        started=session.test_owned or (start is not None and start.action == "started"),
        attempted=session.test_owned or _was_sent(start),
        adopted=session.adopted,
        test=Test(
            record_id=record.drill.id,
            file=file,
            sha256=sha256,
            at=(start.started_at if start else None) or at,
            verdict=Verdict.worst((session.verdict, whole[0]), otherwise=Verdict.INCOMPLETE),
            reasons=(*session.reasons, *whole[1]),
            rpo_seconds=point.age_seconds,
            rpo_objective_seconds=point.objective_seconds,
            rpo_met=point.met,
            rto_seconds=rto.actual_seconds,
            rto_objective_seconds=rto.objective_seconds,
            rto_met=rto.met,
        ),
        run=record.run_id or record.drill.id,
        job_ids=(start.job_id,) if start and start.job_id else (),
        until=(stop.finished_at if stop else None) or record.times.finished_at,
        as_tested=_as_tested(record, session, session.before),
        clone_id=session.dr_test_clone.id if session.dr_test_clone else None,
    )


def _recovery_point(session: SessionRead) -> RecoveryPoint | ReplicationRpo:
    """What a disaster would have lost: of a test from a snapshot, the replication beside it says that."""
    if session.recovery_point.of == "snapshot" and session.replication_rpo:
        return session.replication_rpo
    return session.recovery_point


def _was_sent(start: Operation | None) -> bool:
    """Whether the array was asked to start a test, successfully or not."""
    if start is None:
        return False
    return start.action == "started" or (start.failed and bool(start.job_id or start.started_at))


def _as_tested(record: RecordRead, session: SessionRead, before: Condition | None) -> AsTested:
    volumes = None
    if before is not None and before.volumes:
        volumes = tuple(VolumeTested(each.id, each.name, each.wwn, each.size) for each in before.volumes)
    by_rule = session.recovery_point.objective_from == "replication rule"
    return AsTested(
        volumes=volumes,
        hosts=_hosts(before.volumes) if before is not None else None,
        rule=session.replication_rule,
        rpo_seconds=session.recovery_point.objective_seconds if by_rule else None,
        remote_system=session.remote_system,
        release=record.array.release_version,
    )


def _hosts(volumes: t.Sequence[Volume] | None) -> frozenset[str] | None:
    """The hosts that see any of the volumes; None where that was not read."""
    if not volumes or any(volume.hosts is None for volume in volumes):
        return None
    return frozenset(host for volume in volumes for host in volume.hosts or ())


def _left_out(record: RecordRead, exclusions: t.Iterable[Exclusion], at: datetime) -> t.Iterator[LeftOut]:
    for each in exclusions:
        expires = until(each.expires)
        if expires is not None and each.expires is not None:
            yield LeftOut(
                record.array.global_id,
                each.session_id,
                each.resource_name,
                each.reason,
                each.owner,
                expires,
                each.expires,
                at,
            )
