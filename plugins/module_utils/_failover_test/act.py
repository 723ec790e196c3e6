# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carrying out a plan: the only part that sends anything."""

from __future__ import annotations

from .._array.client import Client
from .._operation.batch import Batch
from .._operation.goal import STOP, Goal
from .end_of_test import keep
from .entry import Results, entry_of
from .plan import Plan, predict, untouched


def apply(planned: Plan, client: Client) -> Results:
    """Carry out the plan, at most ``max_parallel`` operations at a time, and report what the array shows.

    A failure on one session does not stop the others. With ``rollback``, what this task started is stopped again when
    one of its starts failed.
    """
    goals, desired = planned.goals, planned.desired
    if not goals:
        return predict(planned)
    with Batch(client, planned.cluster, desired.limits) as batch:
        outcomes = batch.carry_out(goals)
        rollbacks = {}
        if desired.running and desired.rollback and any(outcome.error for outcome in outcomes.values()):
            begun = [outcome for outcome in outcomes.values() if outcome.request_sent]
            undo = [Goal(o.after or o.goal.session, STOP, {}) for o in begun if o.after is None or o.after.in_test]
            rollbacks = batch.carry_out(undo)
        ends = keep(client, desired.create_snapshot, desired.expiration, outcomes, batch)
    entries = (
        untouched(step, planned)
        if step.goal is None
        else entry_of(step, outcomes[(i := step.goal.session.id)], rollbacks.get(i), ends.get(i))
        for step in planned.steps
    )
    return Results(planned.cluster, tuple(entries))
