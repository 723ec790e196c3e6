# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a record claims: every start and stop, on which session, by which account, when. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from .._array.jobs import START, STOP
from .._errors import InvalidInputError
from .._json import Json
from .._record.clocks import TOLERANCE as CLOCK_TOLERANCE
from .._record.typed import as_json, read
from .._record.types import DrillRecord, DrillSession, Operation
from .._words import NAS_SERVER

CLONE, DELETE = "clone", "delete"
_NAMED: t.Final = 5  # of what a sentence is about; the record has them all
_LAST_YEAR = 9000  # a time after it is none, and nothing can be added to it
DONE, ROLLED_BACK = ("started", "stopped"), "rolled_back"


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """One start or stop that the record says was sent."""

    session_id: str
    resource_name: str | None = None
    operation: str
    job_id: str | None = None
    done: bool = True  # whether the record says that it was done; else that it failed
    is_clone: bool = False  # the test of a NAS server is a clone and its deletion; their jobs do not name the session
    clone_id: str | None = None  # of that clone
    said: bool = True  # whether the record says it itself; the stop of a start that was rolled back only follows
    started_at: datetime | None = None
    finished_at: datetime | None = None
    duration_seconds: float | None = None

    @property
    def action(self) -> str:
        """As the array's logs call it."""
        if self.is_clone:
            return CLONE if self.operation == START else DELETE
        return self.operation


@dataclass(frozen=True, kw_only=True)
class Elsewhere:
    """What another file of the same folder has: jobs, and sessions of a drill that was under way."""

    file: str
    job_ids: tuple[str, ...] = ()
    session_ids: tuple[str, ...] = ()
    from_: datetime | None = None  # by the array's clock, as far as the two clocks were compared
    until: datetime | None = None  # None while it goes on


@dataclass(frozen=True, kw_only=True)
class Statement:
    """What is compared. It leaves the controller as JSON, so that the array may be asked from another host."""

    record_id: str
    record_sha256: str | None = None
    array_name: str | None = None
    array_global_id: str | None = None
    account: str | None = None
    from_: datetime | None = None  # first look at the array, by its clock
    until: datetime | None = None  # last look, or what is claimed to be later
    last_look: datetime | None = None
    session_ids: tuple[str, ...] = ()
    adopted_ids: tuple[str, ...] = ()  # of sessions whose test ran at the first look, and was taken over
    clock_step_seconds: float = 0.0  # how much a clock was set meanwhile, where that is more than clocks differ anyway
    clock_known: bool = True  # whether the record's times are on the array's clock
    claims: tuple[Claimed, ...] = ()
    nas_servers: tuple[str, ...] = ()  # names of those that were tested
    elsewhere: tuple[Elsewhere, ...] = ()

    @classmethod
    def of(cls, record: DrillRecord, sha256: str | None = None) -> Statement:
        """What the record of a drill claims."""
        claims = tuple(claim for session in record.sessions for claim in _claims(session))
        times = record.times
        step = times.clock_step_seconds or 0.0
        return cls(
            record_id=record.drill.id,
            record_sha256=sha256,
            array_name=record.array.name,
            array_global_id=record.array.global_id,
            account=record.who.array_account,
            from_=_least([times.started_at, *(claim.started_at for claim in claims)]),
            until=_most([times.finished_at, *(claim.finished_at for claim in claims)]),
            last_look=times.finished_at,
            session_ids=tuple(dict.fromkeys(each.session_id for each in record.sessions if each.session_id)),
            adopted_ids=tuple(each.session_id for each in record.sessions if each.session_id and each.adopted),
            clock_step_seconds=abs(step) if abs(step) > CLOCK_TOLERANCE else 0.0,
            clock_known=times.clock_skew_seconds is not None,
            claims=claims,
            nas_servers=tuple(each.called for each in record.sessions if is_nas(each) and each.test_owned),
        )

    @classmethod
    def from_json(cls, data: object) -> Statement:
        """As `as_json` wrote it. Raises InvalidInputError for anything else."""
        notes: list[str] = []
        found = read(cls, data, "claims", notes)
        if found is None or notes:
            raise InvalidInputError(
                f"claims is not what the action plugin of drill_witness makes: {'; '.join(notes[:3])}. "
                "Give the file of the record as record instead."
            )
        return found

    def as_json(self) -> Json:
        """As it goes to the module."""
        return as_json(self)

    @property
    def not_witnessed(self) -> tuple[str, ...]:
        """What of the tests of NAS servers the logs are not asked for, a sentence each."""
        if not self.nas_servers:
            return ()
        deleted = {each.resource_name for each in self.claims if each.action == DELETE}
        without = [name for name in self.nas_servers if name not in deleted]
        said = (
            f"Of the DR tests of NAS servers ({_some(self.nas_servers)}), the clone and its deletion are compared, "
            "each by the job that the record names. The deletion of its file interfaces and file systems is not, nor "
            "are clones that the record does not have: the array's logs do not say which clone is a DR test."
        )
        return (
            said,
            *([f"The deletion of the clone of {_some(without)}: the record has no request for it."] if without else []),
        )

    def with_elsewhere(self, elsewhere: t.Iterable[Elsewhere]) -> Statement:
        """With what other files of the folder have."""
        return replace(self, elsewhere=tuple(elsewhere))

    def window(self, tolerance: timedelta) -> tuple[datetime, datetime]:
        """The time of the drill. Raises InvalidInputError where the record has none."""
        if self.from_ is None or self.until is None or self.until.year > _LAST_YEAR:
            raise InvalidInputError(
                f"The record {self.record_id} has no time of the array's clock: nothing in it can be looked up in the "
                "array's logs."
            )
        return self.from_ - tolerance, self.until + tolerance

    def claimed_by(self, job_id: str | None, session_id: str | None, at: datetime | None) -> str | None:
        """The file of the folder that has a start or stop, or may have it; None where none has.

        Without a session it may be of any that a drill under way tests; without a job, too, it may be of any file.
        """
        for other in self.elsewhere:
            if job_id in other.job_ids:
                return other.file
            begun = at is not None and (other.from_ is None or other.from_ <= at)
            in_time = begun and (other.until is None or (at and at <= other.until))
            if in_time and self._may_be_of(other, job_id, session_id):
                return other.file
        return None

    @staticmethod
    def _may_be_of(other: Elsewhere, job_id: str | None, session_id: str | None) -> bool:
        if session_id is None:
            return job_id is None or bool(other.session_ids)
        return session_id in other.session_ids


def is_nas(session: DrillSession) -> bool:
    """Whether its test is a clone."""
    return session.resource_type == NAS_SERVER


def _claims(session: DrillSession) -> t.Iterator[Claimed]:
    if session.session_id is None:
        return
    start, stop = _claim(session, session.start, START), _claim(session, session.stop, STOP)
    if is_nas(session):  # the job of its stop is that of the clone's own deletion, the last of several
        clone_id = session.dr_test_clone.id if session.dr_test_clone else None
        for each in filter(None, (start, stop)):
            yield replace(each, is_clone=True, clone_id=clone_id)
        return
    if start:
        yield start
    if session.start and session.start.action == ROLLED_BACK:  # the record has no job of that stop
        yield Claimed(
            session_id=session.session_id,
            resource_name=session.resource_name,
            operation=STOP,
            said=False,
            started_at=session.start.finished_at or session.start.started_at,
        )
    if stop:
        yield stop


def _claim(session: DrillSession, operation: Operation | None, name: str) -> Claimed | None:
    """The claim of an operation; None where the record says that nothing was sent."""
    if operation is None or session.session_id is None:
        return None
    done = operation.action in DONE or operation.action == ROLLED_BACK
    sent = done or (operation.failed and bool(operation.job_id or operation.started_at))
    if not sent:
        return None
    return Claimed(
        session_id=session.session_id,
        resource_name=session.resource_name,
        operation=name,
        job_id=operation.job_id,
        done=done,
        started_at=operation.started_at,
        finished_at=operation.finished_at,
        duration_seconds=operation.duration_seconds,
    )


def _some(names: t.Sequence[str]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _least(moments: t.Iterable[datetime | None]) -> datetime | None:
    return min((each for each in moments if each), default=None)


def _most(moments: t.Iterable[datetime | None]) -> datetime | None:
    return max((each for each in moments if each), default=None)
