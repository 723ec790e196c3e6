# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything that a drill did, and what it did not do and why, as one list of steps. Pure."""

from __future__ import annotations

import typing as t

from .._json import Json
from .._words import Phase, StepResult
from .observed import (
    Observations,
    Scoped,
    by_id,
    moment_text,
    not_executed,
)


def steps_of(scoped: t.Sequence[Scoped], seen: Observations) -> list[Json]:
    """The phases, the operations on each session and the user's steps, in the order of the phases and waves."""
    steps = [
        *_of_phases(seen),
        *(step for start in seen.starts for step in _of_operations(start, "start", scoped)),
        *(_of_user(step, scoped, step.get("started_at"), step.get("finished_at")) for step in seen.steps),
        *(_of_user(step, scoped, None, None, _why_not(seen)) for step in not_executed(seen)),
        *(step for attempt in seen.stops for step in _of_operations(attempt, "stop", scoped)),
    ]
    return sorted(steps, key=lambda step: Phase(step["phase"]).place)


def _step(phase: str, name: str, clock: str, result: bool | None, **more: t.Any) -> Json:
    return {
        "phase": phase,
        "name": name,
        "wave": None,
        "session_ids": [],
        "clock": clock,
        "started_at": None,
        "finished_at": None,
        "result": StepResult.of(result).value,
        "reason": None,
        **more,
    }


def _why_not(seen: Observations) -> str:
    if seen.interruption:
        return f"The drill ended early in '{seen.interruption.get('task')}'."
    return "The drill did not come to it."


def _of_phases(seen: Observations) -> t.Iterator[Json]:
    done = {phase["phase"] for phase in seen.phases}
    for phase in seen.phases:
        ended = phase.get("finished_at")
        yield _step(
            phase["phase"],
            Phase(phase["phase"]).word,
            "controller",
            ended is not None and not phase.get("failed"),
            wave=phase.get("wave"),
            started_at=moment_text(phase.get("started_at")),
            finished_at=moment_text(ended),
            reason=phase.get("reason") or (None if ended else _why_not(seen)),
        )
    for each in Phase:
        if each.always and each not in done:
            yield _step(each.value, each.word, "controller", None, reason=_why_not(seen))


def _of_operations(phase: Json, name: str, scoped: t.Sequence[Scoped]) -> t.Iterator[Json]:
    waves = {session.session_id: session.wave for session in scoped}
    verb = "Start" if name == "start" else "Stop"
    for session_id, entry in by_id(phase).items():
        action, failure = entry["action"], entry.get("failure") or {}
        attempted = bool(entry.get("started_at") or entry.get("failed"))
        yield _step(
            name,
            f"{verb} the failover test of {entry.get('resource_name') or session_id}",
            "array",
            (not entry.get("failed")) if attempted else None,
            wave=waves.get(session_id),
            session_ids=[session_id],
            started_at=moment_text(entry.get("started_at")),
            finished_at=moment_text(entry.get("finished_at")),
            reason=failure.get("message") or (None if attempted else _quiet(action, verb)),
        )


def _quiet(action: str, verb: str) -> str:
    if action == "none":
        return "A test was running already." if verb == "Start" else "No test was running."
    return "Nothing was attempted on it."


def _of_user(step: Json, scoped: t.Sequence[Scoped], began: t.Any, ended: t.Any, reason: str | None = None) -> Json:
    passed = step.get("passed") if ended else None
    return _step(
        step["phase"],
        step["name"],
        "controller",
        passed,
        wave=step.get("wave"),
        session_ids=[s.session_id for s in scoped if s.session_id and s.is_meant_by(step)],
        started_at=moment_text(began),
        finished_at=moment_text(ended),
        reason=reason or (step.get("observed") if passed is not True else None),
    )
