# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A fresh synchronisation, asked of the source array: read, plan, apply unless in check mode, report.

What counts is the recovery point that the session shows afterwards: a cycle that ended since, and that was not under
way already when the task came to the session, as it would bring data from before that.
"""

from __future__ import annotations

import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime

from .._array.client import Client
from .._array.lookup import read_cluster, resolve, session_select
from .._array.session import Cluster, ReplicationSession, Row, Selector, Target, Unresolved, selectors_from_params
from .._errors import (
    InvalidInputError,
    NotReadyError,
    PowerStoreError,
)
from .._json import Json
from .._module.options import check_bounds
from .._operation.operation import (
    JOB_SELECT,
    ArrayClock,
    Outcome,
    as_timing,
)
from .._operation.throttle import Slots
from .._operation.waiting import Watch
from .._time import Moment, format_time
from .operation import (
    SyncOperation,
    SyncWish,
    refusal,
)


@dataclass(frozen=True, slots=True)
class Desired:
    """What a task wants of all its sessions. ``since``: how long ago is fresh enough; None: from the task on."""

    since: Moment | None = None
    max_parallel: int = 16
    wait_timeout: float = 600
    poll_interval: float = 1

    def is_met_by(self, session: ReplicationSession, cluster: Cluster) -> bool:
        """Whether the session's recovery point is fresh enough as it is, by the older of its two readings."""
        last, took = session.last_sync_timestamp, session.last_sync_duration
        if self.since is None or last is None or cluster.system_time is None:
            return False
        oldest = self.since.at or cluster.system_time - (self.since.distance or (last - last))
        return (last - took if took else last) >= oldest


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be done for one selector: a synchronisation, or nothing, or the error that refuses it."""

    selector: Selector
    session: ReplicationSession | None = None
    wish: SyncWish | None = None
    error: PowerStoreError | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """What one selector's result says."""

    step: Step
    action: str  # synchronised, none, failed or not_attempted
    outcome: Outcome | None = None
    after: ReplicationSession | None = None
    error: PowerStoreError | None = None

    @property
    def session(self) -> ReplicationSession | None:
        """The session before the operation: as it was when its turn came."""
        return self.outcome.wish.session if self.outcome else self.step.session

    @property
    def changed(self) -> bool:
        """Whether the session has (in check mode: would have) a new recovery point by this task."""
        return self.outcome.changed if self.outcome else self.action == "synchronised"

    def as_result(self) -> Json:
        """One entry of ``sessions`` in the module's result."""
        session, outcome = self.session, self.outcome
        return {
            "session_id": session.id if session else None,
            "selector": {self.step.selector.by: self.step.selector.value},
            "resource_type": session.resource_type if session else None,
            "resource_name": session.resource_name if session else None,
            "resource_id": session.local_resource_id if session else None,
            "action": self.action,
            "changed": self.changed,
            "failed": self.error is not None,
            "before": session.as_condition() if session else None,
            "after": self.after.as_condition() if self.after else None,
            "request_sent": bool(outcome and outcome.request_sent),
            **as_timing(outcome),
            "failure": self.error.as_failure() if self.error else None,
        }


def selectors_and_desired(params: Row) -> tuple[tuple[Selector, ...], Desired]:
    """What a task's options ask for. Raises InvalidInputError for what cannot be meant."""
    check_bounds(params)
    if params.get("resource_ids") is not None:
        params = {**params, "sessions": [{"resource_id": each} for each in params["resource_ids"]]}
    since = params.get("since")
    return selectors_from_params(params), Desired(
        since=_since(since) if since is not None else None,
        max_parallel=params["max_parallel"],
        wait_timeout=params["wait_timeout"],
        poll_interval=params["poll_interval"],
    )


def _since(text: str) -> Moment:
    problem = (
        f"since is '{text}': expected how long ago, such as 15m or 2h (s, m, h, d, w), or a time with its zone, such "
        "as 2026-11-23T20:00:00Z."
    )
    try:
        since = Moment.parse(text, "since")
    except InvalidInputError as error:
        raise InvalidInputError(problem) from error
    if since.distance is None and since.at is None:
        raise InvalidInputError(problem)
    return since


def run_sync(client: Client, selectors: t.Sequence[Selector], desired: Desired, *, check_mode: bool) -> Json:
    """The module's result: read the array, plan, apply unless in check mode, and report what the array shows."""
    cluster = read_cluster(client)
    moment = desired.since.at if desired.since else None
    if moment and cluster.system_time and moment > cluster.system_time:
        raise InvalidInputError(
            f"since is {format_time(moment)}, which is after the array's time {format_time(cluster.system_time)}: "
            "expected a time that has passed."
        )
    steps = [_step(cluster, entry, desired) for entry in resolve(client, cluster, selectors)]
    refused = any(step.error for step in steps)
    if check_mode or refused or not any(step.wish for step in steps):
        entries = [_predicted(step, refused=refused) for step in steps]
    else:
        entries = _apply(client, cluster, steps, desired)
    return {**_result(cluster, entries), **_verdict(entries)}


def _step(cluster: Cluster, entry: Target | Unresolved, desired: Desired) -> Step:
    if isinstance(entry, Unresolved):
        return Step(entry.selector, error=entry.error)
    session = entry.session
    if desired.is_met_by(session, cluster):
        return Step(entry.selector, session)
    reason = refusal(session)
    if reason:
        return Step(entry.selector, session, error=NotReadyError(reason))
    return Step(entry.selector, session, SyncWish.of(session))


def _predicted(step: Step, *, refused: bool) -> Entry:
    if step.error:
        return Entry(step, "failed", after=step.session, error=step.error)
    if step.wish is None or step.session is None:
        return Entry(step, "none", after=step.session)
    if refused:
        return Entry(step, "not_attempted", after=step.session)
    return Entry(step, "synchronised", after=replace(step.session, last_sync_timestamp=None))


def _apply(client: Client, cluster: Cluster, steps: t.Sequence[Step], desired: Desired) -> list[Entry]:
    """Synchronise, at most ``max_parallel`` at a time. A failure on one session does not stop the others."""
    clock = ArrayClock(cluster)
    selects = {"job": (JOB_SELECT,), "replication_session": (session_select(cluster.release),)}
    with (
        Watch(client, selects, desired.poll_interval) as watch,
        ThreadPoolExecutor(2 * desired.max_parallel, thread_name_prefix="operation") as pool,
    ):
        slots = Slots(desired.max_parallel)
        client.on_busy = slots.slow_down

        def carry_out(step: Step) -> Entry:
            if step.wish is None:
                return _predicted(step, refused=False)
            outcome = SyncOperation(client, watch, clock, step.wish, desired.wait_timeout, slots).run()
            return _entry(step, outcome)

        return list(pool.map(carry_out, steps))


def _entry(step: Step, outcome: Outcome) -> Entry:
    if outcome.error is not None:
        action = "failed"
    else:  # where somebody else's cycle did it, nothing is this task's doing
        action = "synchronised" if outcome.done and outcome.request_sent else "none"
    return Entry(step, action, outcome, outcome.after, outcome.error)


def _result(cluster: Cluster, entries: t.Sequence[Entry]) -> Json:
    return {
        "changed": any(entry.changed for entry in entries),
        "cluster": cluster.as_result(),
        "sessions": [entry.as_result() for entry in entries],
        "diff": {
            "before_header": f"last synchronisations on {cluster.name}, before",
            "after_header": f"last synchronisations on {cluster.name}, after",
            "before": {e.session.label: _shown(e.session.last_sync_timestamp) for e in entries if e.session},
            "after": {e.session.label: _shown_after(e, cluster) for e in entries if e.session},
        },
    }


def _shown(moment: datetime | None) -> Json:
    return {"last_sync_timestamp": format_time(moment)}


def _shown_after(entry: Entry, cluster: Cluster) -> Json:
    if entry.after is None:
        return {"last_sync_timestamp": "not known: the array could not be read"}
    if entry.outcome is None and entry.changed:  # check mode
        return {"last_sync_timestamp": f"later than {format_time(cluster.system_time)}"}
    return _shown(entry.after.last_sync_timestamp)


def _verdict(entries: t.Sequence[Entry]) -> Json:
    errors = [entry.error for entry in entries if entry.error]
    if not errors:
        return {}
    lead = "" if len(entries) == 1 else f"{len(errors)} of {len(entries)} sessions failed. The first: "
    return {"failed": True, "msg": lead + errors[0].message, "failure": errors[0].as_failure()}


def failed_entries(selectors: t.Sequence[Selector], error: PowerStoreError) -> list[Json]:
    """The entries of ``sessions`` where the task failed before the array was read: nothing was attempted."""
    return [Entry(Step(selector), "not_attempted", error=error).as_result() for selector in selectors]
