# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every kind of record has in common: who, when, what about, and the verdict with its reasons. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from datetime import datetime

from .._version import VERSION
from .._words import Verdict
from .published import NEWEST
from .results import Cluster, ConditionSeen, SessionSeen
from .types import (
    Array,
    Awx,
    Condition,
    Deviation,
    Exclusion,
    Identity,
    NotPassed,
    RecoveryPoint,
    Scope,
    Texts,
    Times,
    Versions,
    Volume,
    Who,
)

NOT_KNOWN: t.Final = "not known"


@dataclass(frozen=True)
class Context:
    """What a record says besides what was observed on the array."""

    title: str
    controller_user: str
    controller_host: str
    scenario: str | None = None
    change_ticket: str | None = None
    success_criteria: Texts = ()
    participants: Texts = ()
    approvers: Texts = ()
    awx: Awx | None = None
    array_host: str | None = None
    array_account: str | None = None
    filters: t.Mapping[str, object] | None = None
    exclusions: tuple[Exclusion, ...] = ()
    ansible_version: str = ""
    clock_skew_seconds: float | None = None


@dataclass(frozen=True)
class Reason:
    """Something that keeps a record from having passed, with the verdict that it allows at best."""

    verdict: NotPassed
    text: str
    session_id: str | None = None


@dataclass(frozen=True)
class Judgement:
    """The reasons that were found, and the verdict they come to."""

    reasons: tuple[Reason, ...] = field(default=())

    @property
    def verdict(self) -> Verdict:
        """The worst that a reason allows; passed where there is none."""
        verdicts: t.Iterable[Verdict] = (reason.verdict for reason in self.reasons)
        return Verdict.worst(verdicts, otherwise=Verdict.PASSED)

    def of(self, session_id: str | None) -> Judgement:
        """The same for one session."""
        return Judgement(tuple(reason for reason in self.reasons if reason.session_id == session_id))

    @property
    def texts(self) -> Texts:
        """The reasons, each once, in their order."""
        return tuple(dict.fromkeys(reason.text for reason in self.reasons))

    def deviations(self) -> tuple[Deviation, ...]:
        """The reasons as a list for a person to complete."""
        return tuple(
            Deviation(id=f"D{number}", session_id=reason.session_id, severity=reason.verdict, description=reason.text)
            for number, reason in enumerate(dict.fromkeys(self.reasons), start=1)
        )


def of_input(notes: t.Iterable[str]) -> t.Iterator[Reason]:
    """What was handed in and could not be understood: it is as if it were not known, which is no pass."""
    for note in notes:
        yield Reason(Verdict.INCOMPLETE, f"What was handed to the record is not understood: {note}. It was left out.")


class Envelope(t.TypedDict):
    """The fields of `types.Record`."""

    schema_version: str
    drill: Identity
    array: Array
    times: Times
    who: Who
    scope: Scope
    verdict: Verdict
    reasons: Texts
    deviations: tuple[Deviation, ...]
    versions: Versions


def envelope(
    record_id: str,
    context: Context,
    cluster: Cluster,
    looks: t.Sequence[datetime | None],
    judgement: Judgement,
    written_at: datetime,
    *,
    selected_by: t.Literal["sessions", "filters", "all"],
) -> Envelope:
    """The part of a record that all kinds share. ``looks``: the array's time at each look at it, oldest first."""
    seen = [look for look in looks if look]
    return {
        "schema_version": NEWEST,
        "drill": Identity(
            id=record_id,
            title=context.title,
            scenario=context.scenario,
            change_ticket=context.change_ticket,
            success_criteria=context.success_criteria,
        ),
        "array": Array(
            host=context.array_host,
            name=cluster.name,
            global_id=cluster.global_id,
            release_version=cluster.release_version,
        ),
        "times": Times(
            started_at=seen[0] if seen else None,
            finished_at=seen[-1] if seen else None,
            written_at=written_at,
            clock_skew_seconds=context.clock_skew_seconds,
        ),
        "who": Who(
            controller_user=context.controller_user,
            controller_host=context.controller_host,
            awx=context.awx,
            array_account=context.array_account,
            participants=context.participants,
            approvers=context.approvers,
        ),
        "scope": Scope(selected_by=selected_by, filters=context.filters, exclusions=context.exclusions),
        "verdict": judgement.verdict,
        "reasons": judgement.texts,
        "deviations": judgement.deviations(),
        "versions": Versions(
            collection=VERSION, ansible_core=context.ansible_version, powerstoreos=cluster.release_version
        ),
    }


def condition(entry: ConditionSeen | None, read_at: datetime | None) -> Condition | None:
    """A session as it was read, reduced to what a record keeps."""
    if entry is None:
        return None
    volumes = entry.volumes if isinstance(entry, SessionSeen) else ()
    return Condition(
        read_at=read_at,
        state=entry.state or NOT_KNOWN,
        role=entry.role or NOT_KNOWN,
        failover_test_in_progress=entry.failover_test_in_progress,
        last_sync_timestamp=entry.last_sync_timestamp,
        volumes=tuple(
            Volume(
                id=volume.id or NOT_KNOWN,
                name=volume.name or volume.id or NOT_KNOWN,
                state=volume.state,
                wwn=volume.wwn,
                size=volume.size,
                hosts=volume.hosts,
            )
            for volume in volumes
        ),
    )


def recovery_point(entry: SessionSeen | None, given: int | None = None) -> RecoveryPoint:
    """The recovery point of a session that was read, compared with the RPO given or else that of its rule."""
    seen = entry or SessionSeen()
    objective = given if given is not None else seen.rpo_objective_seconds
    age = seen.recovery_point_age_seconds
    return RecoveryPoint(
        objective_seconds=objective,
        objective_from=None if objective is None else "drill" if given is not None else "replication rule",
        timestamp=seen.recovery_point_timestamp,
        age_seconds=age,
        met=None if age is None or objective is None else age <= objective,
    )
