# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Failover tests as they are to be and as they are: what has to be done, and what check mode says of it. Pure.

`changed`, the diff and the entries of check mode are read off the plan; those of a real run off what the array shows.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace

from .._array.session import Cluster, ReplicationSession, Selector, Target, Unresolved
from .._errors import PowerStoreError, RejectedError
from .._findings.finding import Findings
from .._findings.start_stop import assess_start, assess_stop, blocking_error
from .._module import result
from .._operation.goal import START, STOP, Goal
from .._operation.limits import Limits
from .._time import Moment
from .entry import Entry, Results, Step
from .stopping import NOTHING_LOGGED, SNAPSHOT, Log, gone, left_alone


@dataclass(frozen=True, slots=True)
class Desired:
    """What a task wants of all its sessions."""

    running: bool
    rollback: bool = False
    create_snapshot: bool = False
    expiration: Moment | None = None
    force: bool = False
    force_when_unreachable: bool = False  # only those whose remote system the array shows as not reachable
    limits: Limits = field(default_factory=Limits)
    settle_time: float = 0  # how long a stop goes on looking at sessions without a test
    attempts: int = 1  # stops of one session
    attempt_delay: float = 10  # seconds between two of them

    def keeps_snapshot(self, selector: Selector) -> bool:
        """Whether the stop of this session is to keep what was written."""
        own = selector.create_end_of_test_snapshot
        return self.create_snapshot if own is None else own

    def forces(self, session: ReplicationSession) -> bool:
        """Whether the stop of this session is forced."""
        return self.force or (self.force_when_unreachable and is_cut_off(session))


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
    def started_by(self) -> dict[str, str]:
        """The job that started the test, by session id, where the task names it."""
        named = ((step.session, step.selector.started_by_job) for step in self.steps)
        return {session.id: job for session, job in named if session and job}

    @property
    def goals(self) -> list[Goal]:
        """What is to be sent; empty where the array is as desired already."""
        return [] if self.refused else [step.goal for step in self.steps if step.goal and not step.error]


def plan(
    cluster: Cluster,
    found: t.Sequence[Target | Unresolved],
    desired: Desired,
    log: Log = NOTHING_LOGGED,
    gaps: t.Callable[[ReplicationSession], Findings] = lambda _session: (),
) -> Plan:
    """What has to be done so that every session is as desired. A blocker on one session refuses a whole start.

    ``log``: the starts and stops of the sessions for which the task names the job that started the test.
    ``gaps``: what could not be read of a session, and is not needed.
    """
    steps = (_step(cluster, entry, desired, log) for entry in found)
    return Plan(cluster, desired, tuple(_with_gaps(step, gaps) for step in steps))


def _with_gaps(step: Step, gaps: t.Callable[[ReplicationSession], Findings]) -> Step:
    missing = gaps(step.session) if step.session else ()
    return replace(step, findings=(*step.findings, *missing)) if missing else step


def _step(cluster: Cluster, entry: Target | Unresolved, desired: Desired, log: Log) -> Step:
    if isinstance(entry, Unresolved):
        missing = None if desired.running else gone(entry.selector, entry.error)
        return Step(selector=entry.selector, error=entry.error, findings=(missing,) if missing else ())
    session = entry.session
    findings = assess_start(entry, cluster) if desired.running else assess_stop(entry, cluster)
    left = None if desired.running else left_alone(session, entry.selector.started_by_job, log)
    # A failover changes the role, so that one is no fault of the task.
    if left and all(f.rule.id == "role.not_destination" for f in findings if f.is_blocker):
        return Step(selector=entry.selector, session=session, findings=(left,))
    step = Step(
        selector=entry.selector,
        session=session,
        error=blocking_error(findings),
        snapshot=entry.snapshot.chosen if entry.snapshot and desired.running else None,
        findings=findings,
    )
    awaited = entry.pending_start if not desired.running else None
    if step.error or (session.in_test == desired.running and not awaited):
        return step
    if desired.running:
        return replace(step, goal=Goal(session, START, {"snapshot_id": step.snapshot.id} if step.snapshot else {}))
    body = {SNAPSHOT: True} if desired.keeps_snapshot(entry.selector) else {}
    body |= {"force": True} if desired.forces(session) else {}
    # A task of the drill that was killed may have sent it: the array refuses a second stop while it is at the first.
    sent = log.stop_under_way(session.id)
    goal = Goal(session, STOP, body, awaited, job_id=sent)
    return replace(step, goal=goal, expected_refusal=None if sent else _stop_refusal(session, desired))


def is_cut_off(session: ReplicationSession) -> bool:
    """The array's own rule for stop_failover_test: not without the remote system, unless forced (api-facts 4.2)."""
    return session.remote_system.get("state") == "Management_Connection_Lost"


def _stop_refusal(session: ReplicationSession, desired: Desired) -> PowerStoreError | None:
    if desired.forces(session) or not is_cut_off(session):
        return None
    return RejectedError(
        f"Stopping the failover test on the {session.label} will be refused: the remote system "
        f"{session.remote_system.get('name')} is not reachable from this array. Restore the connection, or set force."
    )


def predict(planned: Plan) -> Results:
    """What `act.apply` would report, without asking the array anything."""
    return Results(planned.cluster, tuple(_predicted(step, planned) for step in planned.steps))


def _predicted(step: Step, planned: Plan) -> Entry:
    goal, session = step.goal, step.session
    if planned.refused or goal is None or session is None or (goal.after and goal.after.has_ended):
        return untouched(step, planned)
    if goal.after:  # by the time of the stop, the start that is under way has come
        session = replace(session, failover_test_in_progress=True)
        step = replace(step, session=session)
    if step.expected_refusal:
        return Entry(step, "failed", after=session, error=step.expected_refusal)
    after = replace(session, failover_test_in_progress=goal.running)
    return Entry(step, "started" if goal.running else "stopped", after=after)


def untouched(step: Step, planned: Plan) -> Entry:
    """The entry of a step on which nothing is done."""
    action, error = result.untouched(step, refused=planned.refused)
    return Entry(step, action, after=step.session, error=error)
