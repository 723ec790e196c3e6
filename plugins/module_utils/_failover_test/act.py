# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carrying out a plan: the only part that sends anything."""

from __future__ import annotations

import time
import typing as t
from dataclasses import replace

from .._array.client import Client
from .._errors import PowerStoreError
from .._findings.finding import Finding
from .._operation.batch import Batch, OnProgress
from .._operation.goal import STOP, Goal, Outcome
from .._operation.workers import OUT_OF_MEANS, out_of_means
from .end_of_test import EndOfTest, keep
from .entry import Entry, Results, Step, entry_of
from .plan import Plan, predict, untouched
from .reading import look_again, read_starts_and_stops
from .stopping import Log, failed_over, following, joined, may_try_again, without_snapshot

Outcomes = dict[str, Outcome]


def apply(planned: Plan, client: Client, on_progress: OnProgress | None = None) -> Results:
    """Carry out the plan, at most ``max_parallel`` operations at a time, and report what the array shows.

    A failure on one session does not stop the others. With ``rollback``, what this task started is stopped again when
    one of its starts failed. If this computer runs short of memory or threads, the result still says what was sent.
    """
    if not planned.goals:
        return predict(planned)
    work = _Work(planned, client, on_progress)
    try:
        work.carry_out()
    except OUT_OF_MEANS as error:
        work.note_end(out_of_means("Starting and stopping failover tests", error))
    return work.results()


class _Work:
    """What has become of a plan so far."""

    def __init__(self, planned: Plan, client: Client, on_progress: OnProgress | None) -> None:
        self._planned = planned
        self._client = client
        self._batch = Batch(client, planned.cluster, planned.desired.limits, on_progress=on_progress)
        self._stops = Stops(self._batch, client, planned)
        self._outcomes: Outcomes = {}
        self._ends: dict[str, EndOfTest] = {}

    def carry_out(self) -> None:
        """Start, and roll back where that is wanted; or stop, and keep the snapshots."""
        goals, desired = self._planned.goals, self._planned.desired
        with self._batch as batch:
            if desired.running:
                self._outcomes = batch.carry_out(goals)
                if desired.rollback and any(outcome.error for outcome in self._outcomes.values()):
                    self._stops.carry_out(_undoing(self._outcomes.values()))
            else:
                self._stops.carry_out(goals)
                self._ends = keep(self._client, desired.expiration, self._stops.outcomes, batch)

    def note_end(self, error: PowerStoreError) -> None:
        """It ended early: what is not known of an operation by now may have been sent."""
        ended = {outcome.goal.session.id: outcome for outcome in self._batch.ended}
        known = self._outcomes if self._planned.desired.running else self._stops.outcomes
        for goal in self._planned.goals:
            i = goal.session.id
            if i not in known:
                lost = Outcome(goal, self._batch.clock.now(), request_sent=True, error=error)
                known[i] = ended.get(i, lost)

    def results(self) -> Results:
        """What was done, and what the array shows."""
        return Results(self._planned.cluster, tuple(map(self._entry, self._planned.steps)))

    def _entry(self, step: Step) -> Entry:
        if step.goal is None:
            return untouched(step, self._planned)
        i, stops = step.goal.session.id, self._stops
        if self._planned.desired.running:
            return entry_of(step, self._outcomes[i], stops.outcomes.get(i), None, stops.left.get(i))
        return entry_of(step, stops.outcomes[i], None, self._ends.get(i), stops.left.get(i))


def _undoing(outcomes: t.Iterable[Outcome]) -> list[Goal]:
    """The stops that take back what this task started; a session that could not be read is stopped, too."""
    begun = [outcome for outcome in outcomes if outcome.request_sent]
    return [Goal(o.after or o.goal.session, STOP, {}) for o in begun if o.after is None or o.after.in_test]


class Stops:
    """Stops tests, tries again what failed, and knows why what is left was left."""

    def __init__(self, batch: Batch, client: Client, planned: Plan) -> None:
        self._batch = batch
        self._client = client
        self._planned = planned
        self.outcomes: Outcomes = {}
        self.left: dict[str, Finding] = {}  # by session id

    def carry_out(self, goals: t.Sequence[Goal]) -> None:
        """Stop, and again after ``attempt_delay`` up to ``attempts`` times, at last without the snapshot."""
        desired = self._planned.desired
        self.outcomes = self._batch.carry_out(goals)
        for _attempt in range(1, desired.attempts):
            if not self._failed():
                break
            time.sleep(desired.attempt_delay)
            self._send(self._judged())
        self._send([goal for outcome in self._failed() if (goal := without_snapshot(outcome))])
        named = self._planned.started_by
        if any(outcome.after and outcome.goal.session.id in named for outcome in self._failed()):
            self._judged()
        for outcome in self._failed():
            if outcome.after and (left := failed_over(outcome.after)):
                self._leave(replace(outcome, error=None), left)

    def _failed(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes.values() if may_try_again(outcome)]

    def _judged(self) -> list[Goal]:
        """What may be sent again, by a look at all that failed; what cannot be read now is left as it is."""
        failed = self._failed()
        ids = [outcome.goal.session.id for outcome in failed]
        try:
            read = look_again(self._client, self._planned.cluster, ids)
        except PowerStoreError:
            return []
        log = Log(read_starts_and_stops(self._client, ids), self._client.is_own)
        goals = []
        for outcome in failed:
            i = outcome.goal.session.id
            then = following(outcome, read.get(i), self._planned.started_by.get(i), log)
            if isinstance(then, Goal):
                goals.append(then)
            else:
                self._leave(*then)
        return goals

    def _leave(self, outcome: Outcome, why: Finding | None) -> None:
        i = outcome.goal.session.id
        self.outcomes[i] = outcome
        if why:
            self.left[i] = why

    def _send(self, goals: t.Sequence[Goal]) -> None:
        again = self._batch.carry_out(goals)
        self.outcomes.update((i, joined(self.outcomes[i], outcome)) for i, outcome in again.items())
