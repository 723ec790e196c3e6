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
from .._findings.rules import Finding
from .._operation.batch import Batch
from .._operation.goal import STOP, Goal, Outcome
from .end_of_test import keep
from .entry import Results, entry_of
from .plan import Plan, predict, untouched
from .reading import look_again, read_starts_and_stops
from .stopping import Log, failed_over, following, joined, may_try_again, without_snapshot

Outcomes = dict[str, Outcome]


def apply(planned: Plan, client: Client) -> Results:
    """Carry out the plan, at most ``max_parallel`` operations at a time, and report what the array shows.

    A failure on one session does not stop the others. With ``rollback``, what this task started is stopped again when
    one of its starts failed.
    """
    goals, desired = planned.goals, planned.desired
    if not goals:
        return predict(planned)
    with Batch(client, planned.cluster, desired.limits) as batch:
        stops = Stops(batch, client, planned)
        if desired.running:
            outcomes = batch.carry_out(goals)
            if desired.rollback and any(outcome.error for outcome in outcomes.values()):
                stops.carry_out(_undoing(outcomes.values()))
            rollbacks = stops.outcomes
        else:
            stops.carry_out(goals)
            outcomes, rollbacks = stops.outcomes, {}
        ends = keep(client, desired.expiration, outcomes, batch)
    entries = (
        untouched(step, planned)
        if step.goal is None
        else entry_of(step, outcomes[(i := step.goal.session.id)], rollbacks.get(i), ends.get(i), stops.left.get(i))
        for step in planned.steps
    )
    return Results(planned.cluster, tuple(entries))


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
