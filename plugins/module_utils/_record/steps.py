# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything that a drill did, and what it did not do and why, as one list of steps. Pure."""

from __future__ import annotations

import typing as t

from .._words import Phase, StepResult
from .observed import Scoped, not_executed
from .results import Observations, Operated, StepSeen
from .types import Step


def steps_of(scoped: t.Sequence[Scoped], seen: Observations) -> tuple[Step, ...]:
    """The phases, the operations on each session and the user's steps, in the order of the phases and waves."""
    steps = [
        *_of_phases(seen),
        *(step for start in seen.starts for step in _of_operations(start, Phase.START, scoped)),
        *(_of_user(step, scoped, seen) for step in (*seen.steps, *not_executed(seen))),
        *(step for attempt in seen.stops for step in _of_operations(attempt, Phase.STOP, scoped)),
    ]
    return tuple(sorted(steps, key=lambda step: step.phase.place))


def _why_not(seen: Observations) -> str:
    if seen.interruption:
        return f"The drill ended early in '{seen.interruption.task}'."
    return "The drill did not come to it."


def _of_phases(seen: Observations) -> t.Iterator[Step]:
    for phase in seen.phases:
        yield Step(
            phase=phase.phase,
            name=phase.phase.word,
            clock="controller",
            result=StepResult.of(phase.finished_at is not None and not phase.failed),
            wave=phase.wave,
            started_at=phase.started_at,
            finished_at=phase.finished_at,
            reason=phase.reason or (None if phase.finished_at else _why_not(seen)),
        )
    done = {phase.phase for phase in seen.phases}
    for each in Phase:
        if each.always and each not in done:
            yield Step(
                phase=each, name=each.word, clock="controller", result=StepResult.NOT_EXECUTED, reason=_why_not(seen)
            )


def _of_operations(operated: Operated, phase: Phase, scoped: t.Sequence[Scoped]) -> t.Iterator[Step]:
    waves = {session.session_id: session.wave for session in scoped}
    verb = "Start" if phase is Phase.START else "Stop"
    for session_id, entry in operated.by_id.items():
        attempted = bool(entry.started_at or entry.failed)
        told = entry.failure.message if entry.failure else None
        yield Step(
            phase=phase,
            name=f"{verb} the failover test of {entry.resource_name or session_id}",
            clock="array",
            result=StepResult.of((not entry.failed) if attempted else None),
            wave=waves.get(session_id),
            session_ids=(session_id,),
            started_at=entry.started_at,
            finished_at=entry.finished_at,
            reason=told or (None if attempted else _quiet(entry.action, phase)),
        )


def _quiet(action: str, phase: Phase) -> str:
    if action == "none":
        return "A test was running already." if phase is Phase.START else "No test was running."
    return "Nothing was attempted on it."


def _of_user(step: StepSeen, scoped: t.Sequence[Scoped], seen: Observations) -> Step:
    passed = step.passed if step.finished_at else None
    return Step(
        phase=step.phase,
        name=step.name,
        clock="controller",
        result=StepResult.of(passed),
        wave=step.wave,
        session_ids=tuple(s.session_id for s in scoped if s.session_id and s.is_meant_by(step)),
        started_at=step.started_at,
        finished_at=step.finished_at,
        reason=(step.observed if passed is not True else None) if step.done else _why_not(seen),
    )
