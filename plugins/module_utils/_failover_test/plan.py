# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Failover tests as wished and as they are: ``plan()`` is pure, ``apply()`` is the only part that acts.

`changed`, the diff and the entries of check mode are read off the plan; those of a real run off what the array shows.
"""

from __future__ import annotations

import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from .._array.client import Client
from .._array.lookup import session_select
from .._array.session import (
    Cluster,
    ReplicationSession,
    Selector,
    Snapshot,
    Target,
    Unresolved,
)
from .._errors import (
    PowerStoreError,
    RejectedError,
)
from .._findings.start_stop import (
    Finding,
    Findings,
    assess_start,
    assess_stop,
    blocking_error,
)
from .._json import Json
from .._operation.operation import (
    JOB_SELECT,
    START,
    STOP,
    ArrayClock,
    Operation,
    Outcome,
    Wish,
    as_timing,
)
from .._operation.throttle import Slots
from .._operation.waiting import Watch
from .._time import Moment
from .end_of_test import EndOfTest, settle


@dataclass(frozen=True, slots=True)
class Desired:
    """What a task wants of all its sessions."""

    running: bool
    rollback: bool = False
    create_snapshot: bool = False
    expiration: Moment | None = None
    force: bool = False
    force_when_unreachable: bool = False  # only those whose remote system the array shows as not reachable
    max_parallel: int = 16
    wait_timeout: float = 600
    poll_interval: float = 1
    settle_time: float = 0  # how long a stop goes on looking at sessions without a test

    def forces(self, session: ReplicationSession) -> bool:
        """Whether the stop of this session is forced."""
        return self.force or (self.force_when_unreachable and _is_cut_off(session))


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be done for one selector: a wish, or nothing, or the error that refuses it."""

    selector: Selector
    session: ReplicationSession | None = None
    snapshot: Snapshot | None = None
    findings: Findings = ()
    wish: Wish | None = None
    error: PowerStoreError | None = None
    expected_refusal: PowerStoreError | None = None  # by the array, as far as its own state tells


@dataclass(frozen=True, slots=True)
class Plan:
    """One step for each selector, in the order asked."""

    cluster: Cluster
    desired: Desired
    steps: tuple[Step, ...]

    @property
    def refused(self) -> bool:
        """Whether a start is refused for all, because of one. A stop is not: each test that can be stopped is."""
        return self.desired.running and any(step.error for step in self.steps)

    @property
    def wishes(self) -> list[Wish]:
        """What is to be sent; empty where the array is as desired already."""
        return [] if self.refused else [step.wish for step in self.steps if step.wish and not step.error]


def plan(cluster: Cluster, found: t.Sequence[Target | Unresolved], desired: Desired) -> Plan:
    """What has to be done so that every session is as desired. A blocker on one session refuses the whole task."""
    return Plan(cluster, desired, tuple(_step(cluster, entry, desired) for entry in found))


def _step(cluster: Cluster, entry: Target | Unresolved, desired: Desired) -> Step:
    if isinstance(entry, Unresolved):
        return Step(entry.selector, error=entry.error)
    session = entry.session
    findings = assess_start(entry, cluster) if desired.running else assess_stop(entry, cluster)
    step = Step(
        entry.selector,
        session,
        entry.snapshot.chosen if entry.snapshot and desired.running else None,
        findings,
        error=blocking_error(findings),
    )
    awaited = entry.pending_start if not desired.running else None
    if step.error or (session.in_test == desired.running and not awaited):
        return step
    if desired.running:
        return replace(step, wish=Wish(session, START, {"snapshot_id": step.snapshot.id} if step.snapshot else {}))
    body = {"create_end_of_test_snapshot": True} if desired.create_snapshot else {}
    body |= {"force": True} if desired.forces(session) else {}
    return replace(step, wish=Wish(session, STOP, body, awaited), expected_refusal=_stop_refusal(session, desired))


def _is_cut_off(session: ReplicationSession) -> bool:
    # The array's own rule for stop_failover_test: not without the remote system, unless forced (api-facts 4.2).
    return session.remote_system.get("state") == "Management_Connection_Lost"


def _stop_refusal(session: ReplicationSession, desired: Desired) -> PowerStoreError | None:
    if desired.forces(session) or not _is_cut_off(session):
        return None
    return RejectedError(
        f"Stopping the failover test on the {session.label} will be refused: the remote system "
        f"{session.remote_system.get('name')} is not reachable from this array. Restore the connection, or set force."
    )


@dataclass(frozen=True, slots=True)
class Entry:
    """What one selector's result says."""

    step: Step
    action: str
    outcome: Outcome | None = None
    rollback: Outcome | None = None
    after: ReplicationSession | None = None
    error: PowerStoreError | None = None
    findings: Findings = ()
    end_of_test: EndOfTest | None = None

    @property
    def changed(self) -> bool:
        """Whether the array's state is (in check mode: would be) another than before, by this task."""
        if self.action == "rolled_back":
            return False
        return self.outcome.changed if self.outcome else self.action in ("started", "stopped")

    def as_result(self) -> Json:
        """One entry of ``sessions`` in the module's result."""
        outcome, end = self.outcome, self.end_of_test
        session = outcome.wish.session if outcome else self.step.session
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
            "snapshot": self.step.snapshot.as_result() if self.step.snapshot else None,
            "end_of_test_snapshot": end.as_result() if end else None,
            "findings": [finding.as_result() for finding in (*self.step.findings, *self.findings)],
            "failure": self.error.as_failure() if self.error else None,
            "rollback": as_timing(self.rollback) if self.rollback else None,
            **as_timing(outcome),
        }


@dataclass(frozen=True, slots=True)
class Report:
    """The result of the task: what was (or would be) done and what the array shows."""

    cluster: Cluster
    entries: tuple[Entry, ...]

    @property
    def failures(self) -> list[PowerStoreError]:
        """The errors of the sessions, in their order."""
        return [entry.error for entry in self.entries if entry.error]

    def as_result(self) -> Json:
        """The return values of the module, apart from ``msg``, ``failed`` and ``failure``."""
        return {
            "changed": any(entry.changed for entry in self.entries),
            "cluster": self.cluster.as_result(),
            "sessions": [entry.as_result() for entry in self.entries],
            "diff": {
                "before_header": f"failover tests on {self.cluster.name}",
                "after_header": f"failover tests on {self.cluster.name}",
                "before": dict(self._shown(before=True)),
                "after": dict(self._shown(before=False)),
            },
        }

    def _shown(self, *, before: bool) -> t.Iterator[tuple[str, str]]:
        """One line of the diff for each session."""
        for entry in self.entries:
            if entry.step.session:
                began = entry.outcome.wish.session if entry.outcome else entry.step.session
                shown = began if before else entry.after
                yield entry.step.session.label, _in_words(shown, None if before else entry)


def _in_words(session: ReplicationSession | None, entry: Entry | None) -> str:
    if session is None:
        return "not known: the array could not be read"
    chosen = entry.step.snapshot if entry and entry.action == "started" else None
    snapshot = f" from snapshot '{chosen.name}'" if chosen else ""
    return f"failover test in progress{snapshot}" if session.in_test else "no failover test"


def predict(planned: Plan) -> Report:
    """What ``apply`` would report, without asking the array anything."""
    return Report(planned.cluster, tuple(_predicted(step, planned) for step in planned.steps))


def _predicted(step: Step, planned: Plan) -> Entry:
    wish, session = step.wish, step.session
    if planned.refused or wish is None or session is None or (wish.after and wish.after.has_ended):
        return _untouched(step, planned)
    if wish.after:  # by the time of the stop, the start that is under way has come
        session = replace(session, failover_test_in_progress=True)
        step = replace(step, session=session)
    if step.expected_refusal:
        return Entry(step, "failed", after=session, error=step.expected_refusal)
    after = replace(session, failover_test_in_progress=wish.running)
    return Entry(step, "started" if wish.running else "stopped", after=after)


def _untouched(step: Step, planned: Plan) -> Entry:
    if step.error:
        return Entry(step, "failed", after=step.session, error=step.error)
    return Entry(step, "not_attempted" if planned.refused and step.wish else "none", after=step.session)


def apply(planned: Plan, client: Client) -> Report:
    """Carry out the plan, at most ``max_parallel`` operations at a time, and report what the array shows.

    A failure on one session does not stop the others. With ``rollback``, what this task started is stopped again when
    one of its starts failed.
    """
    wishes = planned.wishes
    if not wishes:
        return predict(planned)
    desired = planned.desired
    clock = ArrayClock(planned.cluster)
    selects = {"job": (JOB_SELECT,), "replication_session": (session_select(planned.cluster.release),)}
    with (
        Watch(client, selects, desired.poll_interval) as watch,
        # Twice as many threads as slots: while some read back what the array shows, others keep it at work.
        ThreadPoolExecutor(2 * desired.max_parallel, thread_name_prefix="operation") as pool,
    ):
        slots = Slots(desired.max_parallel)
        client.on_busy = slots.slow_down

        def carry_out(wish: Wish) -> Outcome:
            return Operation(client, watch, clock, wish, desired.wait_timeout, slots).run()

        outcomes = {outcome.wish.session.id: outcome for outcome in pool.map(carry_out, wishes)}
        rollbacks = {}
        if desired.running and desired.rollback and any(outcome.error for outcome in outcomes.values()):
            begun = [outcome for outcome in outcomes.values() if outcome.request_sent]
            undo = [Wish(o.after or o.wish.session, STOP, {}) for o in begun if o.after is None or o.after.in_test]
            rollbacks = {outcome.wish.session.id: outcome for outcome in pool.map(carry_out, undo)}
        ends = settle(client, desired.create_snapshot, desired.expiration, list(outcomes.values()), pool)
    entries = (
        _untouched(step, planned)
        if step.wish is None
        else _entry(step, outcomes[step.wish.session.id], rollbacks.get(step.wish.session.id), ends)
        for step in planned.steps
    )
    return Report(planned.cluster, tuple(entries))


def _entry(step: Step, outcome: Outcome, rollback: Outcome | None, ends: t.Mapping[str, EndOfTest]) -> Entry:
    session = outcome.wish.session
    end = ends.get(session.id)
    findings = _learned(outcome, session) + (end.findings(session) if end else ())
    error = outcome.error or (end.error if end else None)
    if error is not None and not outcome.done:
        action = "failed"
    elif outcome.done:
        action = "started" if outcome.wish.running else "stopped"
    else:
        action = "none"
    after = outcome.after
    if rollback is not None:
        after = rollback.after
        error = error or rollback.error
        action = "failed" if rollback.error else "rolled_back"
    return Entry(step, action, outcome, rollback, after, error, findings, end)


def _learned(outcome: Outcome, session: ReplicationSession) -> Findings:
    findings: list[Finding] = []
    if outcome.answer_lost:
        message = f"The answer to {outcome.wish.action} on the {session.label} was lost; the array was read instead."
        findings.append(Finding.of("answer.lost", session, message))
    if outcome.unaccounted:
        message = f"The array logged a start on the {session.label} as done, but shows no test."
        findings.append(Finding.of("start.unaccounted", session, message))
    if outcome.error is None and not outcome.done and outcome.wish.running:
        message = f"Someone else started a failover test on the {session.label} at the same moment."
        findings.append(Finding.of("test.already_running", session, message, "warning"))
    return tuple(findings)


def failed_entries(selectors: t.Sequence[Selector], error: PowerStoreError) -> list[Json]:
    """The entries of ``sessions`` where the task failed before the array was read: nothing was attempted."""
    return [Entry(Step(selector), "not_attempted", error=error).as_result() for selector in selectors]
