# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recovery point and recovery time of one session, compared with their objectives. Pure."""

from __future__ import annotations

from datetime import datetime

from .._words import Phase
from .observed import Scoped, by_array, not_executed, seconds
from .results import Observations, OperationSeen, StepSeen
from .types import Rto


def without_rto(scoped: Scoped, seen: Observations) -> Rto:
    """The RTO of a session that was not tested: its objective, and nothing measured."""
    own = scoped.wish.rto_seconds
    objective = own if own is not None else seen.rto_seconds
    return Rto(
        objective_seconds=objective,
        objective_from=None if objective is None else "drill" if own is None else "session",
    )


def rto_of(scoped: Scoped, start: OperationSeen | None, seen: Observations) -> Rto:
    """Three parts, each from the start being sent; the last is what the objective is compared with.

    Storage is accessible when the array shows the test. Hosts see it when the attach steps are done, the application
    is validated when the checks are: those of the session and those of the whole drill. Where there are no such steps,
    or one was not executed, that part was not measured.
    """
    began = None if start is None or start.failed else start.started_at
    validated = seconds(began, _done_at(scoped, seen, Phase.VALIDATE))
    objective = without_rto(scoped, seen)
    limit = objective.objective_seconds
    return Rto(
        objective_seconds=limit,
        objective_from=objective.objective_from,
        storage_accessible_seconds=start.duration_seconds if start and began else None,
        hosts_see_it_seconds=seconds(began, _done_at(scoped, seen, Phase.ATTACH)),
        application_validated_seconds=validated,
        actual_seconds=validated,
        met=None if validated is None or limit is None else validated <= limit,
    )


def _done_at(scoped: Scoped, seen: Observations, phase: Phase) -> datetime | None:
    """When the last step of a phase that concerns the session was done, on the array's clock."""

    def concerns(step: StepSeen) -> bool:
        return step.phase == phase and (step.session is None or scoped.is_meant_by(step))

    done = [step for step in seen.steps if concerns(step)]
    if not done or any(map(concerns, not_executed(seen))):
        return None
    ends = [by_array(seen, step.finished_at) for step in done]
    known = [end for end in ends if end is not None]
    return max(known) if len(known) == len(ends) else None
