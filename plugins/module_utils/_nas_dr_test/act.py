# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carrying out a plan: the only part that sends anything."""

from __future__ import annotations

import threading
import time
import typing as t

from .._array.client import Client
from .._array.jobs import FINAL_PHASES
from .._errors import AuthenticationError, AuthorizationError, PowerStoreError
from .._nas_tests.reading import server_select
from .._operation.batch import JOB_SELECT, OnProgress
from .._operation.clock import ArrayClock
from .._operation.throttle import Throttle
from .._operation.waiting import Waiting
from .._operation.workers import side_by_side
from .entry import Entry, Results, entry_of_start, entry_of_stop, predicted
from .plan import Plan, Step
from .sending import Means
from .work import Maker, Making, Remover, Removing, Work, carried_out

_REFUSED = (AuthenticationError, AuthorizationError)  # another attempt makes no difference


def apply(planned: Plan, client: Client, on_progress: OnProgress | None = None) -> Results:
    """Carry out the plan, at most ``max_parallel`` NAS servers at a time, and report what the array shows.

    A failure on one does not stop the others. A start that fails takes back what it made itself; with ``rollback``,
    what this task made of the others is taken back, too.
    """
    cluster, limits = planned.array.cluster, planned.desired.limits
    goals = [step for step in planned.steps if step.goal and not step.error]
    if planned.refused or not goals:
        return Results(cluster=cluster, entries=tuple(predicted(step, planned) for step in planned.steps))
    selects = {"job": (JOB_SELECT,), "nas_server": (server_select(cluster.release),)}
    throttle = Throttle(limits.max_parallel)
    client.on_busy = throttle.slow_down
    with Waiting(client, selects, limits.poll_interval) as waiting:
        clock = ArrayClock(cluster)
        means = Means(client, waiting, clock, throttle, limits.wait_timeout, limits.poll_interval)
        task = _Task(planned, means, on_progress, len(goals))
        done = dict(zip(map(id, goals), side_by_side(task.one, goals, limits.max_parallel), strict=True))
        if planned.desired.running and planned.desired.rollback and any(entry.error for entry in done.values()):
            begun = [entry for entry in done.values() if not entry.error and entry.work and entry.work.is_new]
            undone = side_by_side(task.undone, begun, limits.max_parallel)
            done |= {id(entry.step): entry for entry in undone}
    return Results(cluster=cluster, entries=tuple(done.get(id(s)) or predicted(s, planned) for s in planned.steps))


class _Task:
    """The work on each NAS server of a plan."""

    def __init__(self, planned: Plan, means: Means, on_progress: OnProgress | None, total: int) -> None:
        self._planned, self._means = planned, means
        self._on_progress, self._total = on_progress, total
        self._counting = threading.Lock()
        self._begun = self._done = self._failed = 0

    def one(self, step: Step) -> Entry:
        """Start or stop one."""
        with self._counting:
            self._begun += 1
            self._tell()
        entry = self._started(step, step.goal) if isinstance(step.goal, Making) else self._stopped(step)
        with self._counting:
            self._failed += entry.error is not None
            self._done += entry.error is None
            self._tell()
        return entry

    def _tell(self) -> None:
        if self._on_progress:
            ended = self._done + self._failed
            self._on_progress(self._done, self._failed, self._begun - ended, self._total)

    def _started(self, step: Step, goal: Making) -> Entry:
        work = Work(self._means.clock.now())
        maker = Maker(self._means, self._planned.array.cluster, goal, work)
        doing = f"Making a DR-test clone of the {goal.source.label}"
        carried_out(work, doing, maker.run)
        rollback = None
        if work.error is not None:
            error = work.error
            carried_out(work, doing, lambda: maker.look_at_what_is_left(error))
            work.error = error
            rollback = self._taken_back(work)
        work.finished_at = self._means.clock.now()
        return entry_of_start(step, work, rollback)

    def undone(self, entry: Entry) -> Entry:
        """A start that is taken back, because of another one that failed."""
        work = t.cast(Work, entry.work)
        return entry_of_start(entry.step, work, self._taken_back(work))

    def _taken_back(self, work: Work) -> Work | None:
        """What came of removing the clone that this task made; None where there is none that may be removed."""
        if not work.is_new or work.clone is None or work.clone.server.is_dr_test is not True:
            return None
        return self._removed(Removing((work.clone,), self._planned.desired.delete_body), work.clone.label)

    def _stopped(self, step: Step) -> Entry:
        return entry_of_stop(step, self._removed(t.cast(Removing, step.goal), "DR-test clones"))

    def _removed(self, removing: Removing, what: str) -> Work:
        """Removed, and tried again after ``attempt_delay`` up to ``attempts`` times."""
        desired, work = self._planned.desired, Work(self._means.clock.now())
        remover = Remover(self._means, self._planned.array.cluster, removing, work)
        for attempt in range(1, desired.attempts + 1):
            work.attempts = attempt
            carried_out(work, f"Removing the {what}", remover.run)
            if work.error is None or isinstance(work.error, _REFUSED) or attempt == desired.attempts:
                break
            time.sleep(desired.attempt_delay)
        if work.error is not None:
            remover.look_at_what_is_left()
        work.finished_at = self._means.clock.now()
        return work


def waited_for(client: Client, steps: t.Iterable[Step], planned: Plan) -> None:
    """Wait for the clones that are under way to be made, each within ``wait_timeout``; nothing is raised."""
    jobs = [job for step in steps for job in step.found.under_way]
    limits = planned.desired.limits

    def one(job_id: str) -> None:
        end = time.monotonic() + limits.wait_timeout
        while time.monotonic() < end:
            try:
                row = client.get(f"/job/{job_id}", [JOB_SELECT], doing=f"Waiting for job {job_id}", deadline=end)
            except PowerStoreError:
                return
            if not isinstance(row, dict) or row.get("phase") in FINAL_PHASES:
                return
            time.sleep(limits.poll_interval)

    side_by_side(one, dict.fromkeys(job.id for job in jobs), limits.max_parallel)
