# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The recovery time of a drill as a whole, and what it was spent on. Pure.

From the first start being sent to the last critical check being passed. Every moment in between belongs to one part:
to the array while one of its operations is under way, else to a step of the user, else to a pause, else to the tool.
"""

from __future__ import annotations

import typing as t
from datetime import datetime

from .._words import Phase
from .observed import Drill
from .results import StepSeen
from .types import DrillRto, RtoParts

Span = tuple[datetime, datetime]


def drill_rto(drill: Drill) -> DrillRto:
    """The recovery time; None, with the reason, where there is none."""
    begin = min(
        (entry.started_at for start in drill.seen.starts for entry in start.sessions if entry.started_at), default=None
    )
    end, reason, failed = _validated_at(drill)
    actual = drill.clocks.seconds(begin, end)
    if actual is None and reason is None:
        reason = "No test was started." if begin is None else "The clocks were not compared, or one was set meanwhile."
    objective = drill.seen.rto_seconds
    met = None if actual is None or objective is None else actual <= objective
    return DrillRto(
        objective_seconds=objective,
        actual_seconds=actual,
        met=False if failed and objective is not None else met,
        reason=reason,
        parts=_parts(drill, (begin, end), actual) if begin and end and actual is not None else None,
    )


def _validated_at(drill: Drill) -> tuple[datetime | None, str | None, bool]:
    """When the last critical check was done, on the array's clock; why not; and whether one failed."""
    needed = [step for step in drill.steps if step.critical and step.phase in (Phase.ATTACH, Phase.VALIDATE)]
    for step in needed:
        if step.passed is False:
            return None, f"'{step.name}' failed, so there is no recovery.", True
    for step in needed:
        if not step.done or step.passed is None:
            return None, f"'{step.name}' was not executed.", False
    ends = [drill.clocks.by_array(step.finished_at) for step in needed if step.phase is Phase.VALIDATE]
    known = [end for end in ends if end]
    if not ends:
        return None, "There is no critical check of an application.", False
    return (max(known), None, False) if len(known) == len(ends) else (None, "The clocks were not compared.", False)


def _parts(drill: Drill, whole: Span, actual: float) -> RtoParts | None:
    """The parts, which add up to the whole; None where a step's times are not known."""
    done = [step for step in drill.seen.steps if step.phase in (Phase.ATTACH, Phase.VALIDATE)]
    steps = [_span(drill, step) for step in done]
    if None in steps:
        return None
    operations = [(e.started_at, e.finished_at) for start in drill.seen.starts for e in start.sessions]
    waits = [
        (drill.clocks.by_array(wait.started_at), drill.clocks.by_array(wait.finished_at)) for wait in drill.seen.waits
    ]
    array = _seconds(_clipped(_known(operations), whole))
    with_steps = _seconds(_clipped(_known([*operations, *(span for span in steps if span)]), whole))
    with_waits = _seconds(_clipped(_known([*operations, *(span for span in steps if span), *waits]), whole))
    parts = [round(part, 3) for part in (array, with_steps - array, with_waits - with_steps)]
    return RtoParts(
        array_seconds=parts[0],
        steps_seconds=parts[1],
        waiting_seconds=parts[2],
        tool_seconds=round(max(actual - sum(parts), 0.0), 3),
    )


def _span(drill: Drill, step: StepSeen) -> Span | None:
    begin, end = drill.clocks.by_array(step.began_at), drill.clocks.by_array(step.finished_at)
    return (begin, end) if begin and end else None


def _known(spans: t.Iterable[tuple[datetime | None, datetime | None]]) -> list[Span]:
    return [(begin, end) for begin, end in spans if begin and end and begin <= end]


def _clipped(spans: t.Iterable[Span], whole: Span) -> list[Span]:
    """The parts of the spans that lie in the whole, in their order."""
    inside = ((max(begin, whole[0]), min(end, whole[1])) for begin, end in spans)
    return sorted(span for span in inside if span[0] < span[1])


def _seconds(spans: t.Sequence[Span]) -> float:
    """How long at least one of some spans lasts; they are in the order of their beginnings."""
    total, reached = 0.0, None
    for begin, end in spans:
        if reached is None or end > reached:
            total += (end - (begin if reached is None else max(begin, reached))).total_seconds()
            reached = end
    return total
