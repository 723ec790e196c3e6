# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recovery point, recovery time and time without failover of one session, compared with their objectives. Pure."""

from __future__ import annotations

import typing as t
from datetime import datetime

from .._words import Phase
from .clocks import AHEAD, age_of
from .observed import View
from .results import SessionSeen
from .types import AsFound, FailoverBlocked, RecoveryPoint, ReplicationRpo, ReturnToNormal, Rto

_OF_A_SNAPSHOT: t.Final = (
    "A test from a snapshot says nothing of the RPO of the replication, which is judged beside it."
)
_TAKEN_OVER: t.Final = "The test was taken over: which synchronisation it shows is not known."
_OF_A_NAS_SERVER: t.Final = (
    "The array does not say when a NAS server was last synchronised. To know how old its data is, let a check "
    "read a file that production writes all the time."
)
_NOT_SYNCHRONISED: t.Final = "It was left out of the synchronisation before the test, as nothing would confirm one."
_AHEAD: t.Final = "The data is of a time {:.0f} s ahead of the array's clock."


def recovery_point(entry: SessionSeen | None, given: int | None = None) -> RecoveryPoint:
    """The recovery point of a session as it was read, compared with the RPO given or else that of its rule."""
    seen = entry or SessionSeen()
    objective = given if given is not None else seen.rpo_objective_seconds
    age, reason = seen.recovery_point_age_seconds, None
    if age is not None:
        age, reason = (None, _AHEAD.format(-age)) if age < -AHEAD else (max(age, 0.0), None)
    return RecoveryPoint(
        objective_seconds=objective,
        objective_from=None if objective is None else "drill" if given is not None else "replication rule",
        timestamp=seen.recovery_point_timestamp,
        age_seconds=age,
        met=_within(age, objective),
        reason=reason,
    )


def _within(actual: float | None, objective: int | None) -> bool | None:
    return None if actual is None or objective is None else actual <= objective


def points_of(view: View) -> tuple[RecoveryPoint, ReplicationRpo | None]:
    """The age of what was tested as its own test started, and that of the replication at the same moment."""
    wish, seen = view.scoped.wish, view.drill.seen
    read = recovery_point(view.before, wish.rpo_seconds if wish.rpo_seconds is not None else seen.rpo_seconds)
    if view.scoped.is_nas:
        return _of_a_nas_server(read, synchronised=seen.policy.synchronise_first), None
    objective, found = read.objective_seconds, recovery_point(view.found) if view.found else None
    preflight = found or read
    as_found = AsFound(timestamp=found.timestamp, age_seconds=found.age_seconds) if found else None
    if not view.tested:
        return _point(read, None, read.timestamp, read.age_seconds, read.reason, preflight, as_found), None
    timestamp, age, reason = _replicated(view, read)
    replication = ReplicationRpo(
        objective_seconds=objective, timestamp=timestamp, age_seconds=age, met=_within(age, objective)
    )
    snapshot = view.start.snapshot if view.start else None
    if snapshot is None:
        return _point(read, "last_sync", timestamp, age, reason, preflight, as_found), replication
    age, reason = age_of(snapshot.source_timestamp, view.sent_at, view.clocks)
    point = _point(read, "snapshot", snapshot.source_timestamp, age, reason or _OF_A_SNAPSHOT, preflight, as_found)
    return point, replication


def _of_a_nas_server(read: RecoveryPoint, *, synchronised: bool) -> RecoveryPoint:
    """Not measured: last_sync_timestamp is null for NAS sessions (API description)."""
    return RecoveryPoint(
        objective_seconds=read.objective_seconds,
        objective_from=read.objective_from,
        timestamp=None,
        age_seconds=None,
        met=None,
        reason=f"{_OF_A_NAS_SERVER} {_NOT_SYNCHRONISED}" if synchronised else _OF_A_NAS_SERVER,
    )


def _point(
    read: RecoveryPoint,
    of: t.Literal["last_sync", "snapshot"] | None,
    timestamp: datetime | None,
    age: float | None,
    reason: str | None,
    preflight: RecoveryPoint,
    as_found: AsFound | None,
) -> RecoveryPoint:
    return RecoveryPoint(
        objective_seconds=read.objective_seconds,
        objective_from=read.objective_from,
        timestamp=timestamp,
        age_seconds=age,
        met=None if of == "snapshot" else _within(age, read.objective_seconds),
        of=of,
        age_at_preflight_seconds=preflight.age_seconds,
        as_found=as_found,
        reason=reason,
    )


def _replicated(view: View, read: RecoveryPoint) -> tuple[datetime | None, float | None, str | None]:
    """Time and age of the last synchronisation as the start was sent; why it is not known where it is not."""
    before, start = view.before, view.start
    if start is None or start.started_at is None:
        taken_at = view.sent_at
        if view.adopted and taken_at and read.timestamp and read.timestamp > taken_at:
            return None, None, _TAKEN_OVER
        return read.timestamp, read.age_seconds, read.reason
    shown = start.before
    timestamp = shown.recovery_point_timestamp if shown else None
    if timestamp is None:  # an entry that does not say it: the last synchronisation took as long as the one before
        timestamp = read.timestamp
        if shown and shown.last_sync_timestamp and before and before.last_sync_timestamp and timestamp:
            timestamp += shown.last_sync_timestamp - before.last_sync_timestamp
    age, reason = age_of(timestamp, start.started_at, view.clocks)
    return timestamp, age, reason


def without_rto(view: View) -> Rto:
    """The RTO of a session that was not tested: its objective, and nothing measured."""
    own, common = view.scoped.wish.rto_seconds, view.drill.seen.rto_seconds
    objective = own if own is not None else common
    return Rto(
        objective_seconds=objective,
        objective_from=None if objective is None else "drill" if own is None else "session",
    )


def rto_of(view: View) -> Rto:
    """Three parts, each from the start being sent; the last is what the objective is compared with.

    Storage is accessible when the array shows the test. Hosts see it when the attach steps are done, the application
    is validated when the checks are: those of the session and those of the whole drill. Where there are no such steps,
    or one was not executed, that part was not measured. An application that failed a critical check has no recovery
    time, so the objective is missed.
    """
    start, empty = view.start, without_rto(view)
    began = None if start is None or start.failed else start.started_at
    stored = start.duration_seconds if start and began else None
    actual, reason = _validated(view, began)
    failed = failed_step(view)
    objective = empty.objective_seconds
    return Rto(
        objective_seconds=objective,
        objective_from=empty.objective_from,
        storage_accessible_seconds=None if stored is None or stored < 0 else stored,
        hosts_see_it_seconds=view.clocks.seconds(began, _done_at(view, Phase.ATTACH)),
        application_validated_seconds=actual,
        actual_seconds=actual,
        met=False if failed and objective is not None else _within(actual, objective),
        reason=reason,
    )


def failed_step(view: View) -> str | None:
    """The first critical attach step or check that failed and concerns the session."""
    steps = view.concerned(Phase.ATTACH, Phase.VALIDATE)
    return next((step.name for step in steps if step.critical and step.passed is False), None)


def _validated(view: View, began: datetime | None) -> tuple[float | None, str | None]:
    """Until the last check was done, and why there is no such time where there is none."""
    failed, checks = failed_step(view), view.concerned(Phase.VALIDATE)
    if failed:
        return None, f"'{failed}' failed, so there is no recovery."
    if began is None:
        return None, "No test was started by this drill."
    if not checks:
        return None, "There is no check of an application."
    if missing := next((check.name for check in checks if not check.done or check.passed is None), None):
        return None, f"'{missing}' was not executed."
    if not any(check.passed for check in checks):
        return None, "No check of the application passed."
    actual = view.clocks.seconds(began, _done_at(view, Phase.VALIDATE))
    return actual, None if actual is not None else "The clocks were not compared, or one was set meanwhile."


def _done_at(view: View, phase: Phase) -> datetime | None:
    """When the last step of a phase that concerns the session was done, on the array's clock."""
    steps = view.concerned(phase)
    if any(not step.done or (step.critical and step.passed is False) for step in steps):
        return None
    ends = [view.clocks.by_array(step.finished_at) for step in steps]
    known = [end for end in ends if end is not None]
    return max(known) if known and len(known) == len(ends) else None


def failover_blocked(view: View, normal: ReturnToNormal | None) -> FailoverBlocked | None:
    """From the start being sent to the stop being confirmed; open while the session is in test.

    None for a NAS server: a failover may run while its DR-test clone is up (API description of ``clone``).
    """
    start = view.start
    if view.scoped.is_nas:
        return None
    if normal is None:
        back = start.rollback if start and start.action == "rolled_back" else None
        return _blocked(view, start.started_at if start else None, back.finished_at) if back else None
    until = None
    if normal.stop_confirmed:
        until = view.stop.finished_at if view.stop and view.stop.finished_at else _seen_at_rest(view)
    return _blocked(view, view.sent_at, until)


def _seen_at_rest(view: View) -> datetime | None:
    return view.drill.seen.after.at if view.drill.seen.after else None


def _blocked(view: View, begin: datetime | None, end: datetime | None) -> FailoverBlocked:
    return FailoverBlocked(from_=begin, until=end, seconds=view.clocks.seconds(begin, end))
