# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything that a drill did, and what it did not do and why, as one list of steps on one clock. Pure.

A phase is no better than the worst that was done in it: "Stop the failover tests" over a stop that failed is failed.
What was held on purpose says so; it is not something that the drill did not come to.
"""

from __future__ import annotations

import typing as t
from datetime import datetime

from .._words import Phase, StepResult
from .observed import Drill
from .results import Operated, OperationSeen, PhaseSeen, StepSeen
from .types import DrillSession, Step

_HELD: t.Final = "Held on purpose: the failover tests were left running, as the drill's policy says."


def steps_of(drill: Drill, sessions: t.Sequence[DrillSession]) -> tuple[Step, ...]:
    """The phases, the operations on each session and the user's steps, in the order of the phases and waves."""
    operations = [
        *(step for start in drill.seen.starts for step in _of_operations(drill, start, Phase.START)),
        *(step for attempt in drill.seen.stops for step in _of_operations(drill, attempt, Phase.STOP)),
    ]
    users = [_of_user(drill, step) for step in drill.steps]
    steps = [*_of_phases(drill, sessions, [*operations, *users]), *operations, *users]
    return tuple(sorted(steps, key=lambda step: step.phase.place))


def _why_not(drill: Drill, phase: Phase) -> tuple[StepResult, str]:
    seen = drill.seen
    if seen.held and phase in (Phase.RELEASE, Phase.STOP):
        return StepResult.HELD, _HELD
    if seen.interruption:
        return StepResult.NOT_EXECUTED, f"The drill ended early in '{seen.interruption.task}'."
    return StepResult.NOT_EXECUTED, "The drill did not get that far."


def _of_phases(drill: Drill, sessions: t.Sequence[DrillSession], inner: t.Sequence[Step]) -> t.Iterator[Step]:
    for phase in drill.seen.phases:
        result, reason = _phase_result(drill, phase, sessions, inner)
        began, ended, clock = _on_one_clock(drill, phase.started_at, phase.finished_at)
        yield Step(
            phase=phase.phase,
            name=phase.phase.word,
            clock=clock,
            result=result,
            wave=phase.wave,
            started_at=began,
            finished_at=ended,
            reason=phase.reason or reason,
        )
    done = {phase.phase for phase in drill.seen.phases}
    for each in Phase:
        if each.always and each not in done:
            result, reason = _why_not(drill, each)
            yield Step(phase=each, name=each.word, clock="controller", result=result, reason=reason)


def _phase_result(
    drill: Drill, phase: PhaseSeen, sessions: t.Sequence[DrillSession], inner: t.Sequence[Step]
) -> tuple[StepResult, str | None]:
    if phase.phase is Phase.STOP:
        return _stop_result(phase, sessions)
    critical = {(step.phase, step.name) for step in drill.steps if step.critical}
    failed = [
        step
        for step in inner
        if step.phase is phase.phase
        and phase.wave in (None, step.wave)
        and step.result is StepResult.FAILED
        and (step.phase is Phase.START or (step.phase, step.name) in critical)
    ]
    if phase.finished_at is None:
        return StepResult.FAILED, _why_not(drill, phase.phase)[1]
    if failed:
        return StepResult.FAILED, f"{len(failed)} failed in it, '{failed[0].name}' first."
    return StepResult.of(not phase.failed), None


def _stop_result(phase: PhaseSeen, sessions: t.Sequence[DrillSession]) -> tuple[StepResult, str | None]:
    """A stop that was tried again and then confirmed is well; one that was not confirmed is not.

    A session that is left alone has no stop that could be confirmed: a failover, say, has ended its test.
    """
    normals = [each.return_to_normal for each in sessions if each.return_to_normal]
    left = sum(not (normal.stop_confirmed or normal.held or normal.left_alone) for normal in normals)
    if left:
        return StepResult.FAILED, f"The array did not confirm {left} of {len(normals)} stops."
    if any(normal.held for normal in normals):
        return StepResult.HELD, _HELD
    alone = [normal.left_alone for normal in normals if normal.left_alone]
    said = f"{len(alone)} of {len(normals)} sessions were left alone: {alone[0]}." if alone else None
    return StepResult.of(phase.finished_at is not None and not phase.failed), said


def _of_operations(drill: Drill, operated: Operated, phase: Phase) -> t.Iterator[Step]:
    waves = {session.session_id: session.wave for session in drill.scoped}
    verb = "Start" if phase is Phase.START else "Stop"
    for session_id, entry in operated.by_id.items():
        yield Step(
            phase=phase,
            name=f"{verb} the failover test of {entry.resource_name or session_id}",
            clock="array",
            result=StepResult.of((not entry.failed) if _was_attempted(entry) else None),
            wave=waves.get(session_id),
            session_ids=(session_id,),
            started_at=entry.started_at,
            finished_at=entry.finished_at,
            reason=_why(entry, phase),
        )


def _was_attempted(entry: OperationSeen) -> bool:
    return bool(entry.started_at or entry.failed)


def _why(entry: OperationSeen, phase: Phase) -> str | None:
    if entry.failure:
        return entry.failure.message
    if _was_attempted(entry):
        return None
    if entry.action == "none":
        return "A test was running already." if phase is Phase.START else "No test was running."
    return "Nothing was attempted on it."


def _of_user(drill: Drill, step: StepSeen) -> Step:
    passed = step.passed if step.finished_at else None
    result, reason = (StepResult.of(passed), step.observed) if step.done else _why_not(drill, step.phase)
    began, ended, clock = _on_one_clock(drill, step.began_at, step.finished_at)
    return Step(
        phase=step.phase,
        name=step.name,
        clock=clock,
        result=result,
        wave=step.wave,
        session_ids=tuple(s.session_id for s in drill.scoped if s.session_id and s.is_meant_by(step)),
        started_at=began,
        finished_at=ended,
        reason=None if result is StepResult.PASSED else reason,
    )


def _on_one_clock(
    drill: Drill, began: datetime | None, ended: datetime | None
) -> tuple[datetime | None, datetime | None, t.Literal["array", "controller"]]:
    """Times of the controller on the array's clock, as those of operations are; unmoved where it was not compared."""
    if drill.clocks.skew is None:
        return began, ended, "controller"
    return drill.clocks.by_array(began), drill.clocks.by_array(ended), "array"
