# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The phases of a drill and their times, and the parts of its RTO, from what happened and when. Pure.

A phase lasts from the end of what happened before it to the end of the last thing that happened in it, so phases leave
no gap between them and none overlaps.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime, timedelta

from .._json import Json
from .._time import parse_time
from .drill import AFTER, BEFORE, Drill

_OF_READ: t.Final[t.Mapping[str, str]] = {BEFORE: "preflight", AFTER: "prove"}
_OPERATION: t.Final[t.Mapping[str, str]] = {"starting": "start", "started": "start", "stopped": "stop"}


@dataclass(slots=True)
class _Open:
    """A phase that is being gathered."""

    phase: str
    wave: int | None
    started_at: str
    finished_at: str
    reason: str | None = None

    def as_phase(self) -> Json:
        return {
            "phase": self.phase,
            "wave": self.wave,
            "started_at": self.started_at,
            "finished_at": self.finished_at,
            "failed": self.reason is not None,
            "reason": self.reason,
        }


def phases(drill: Drill) -> list[Json]:
    """The phases in their order: ``{phase, wave, started_at, finished_at, failed, reason}``; the controller's clock."""
    found: list[_Open] = []
    before = str(drill.plan.get("began_at") or drill.plan["at"])
    for event in drill.events:
        place = _place(event, found, drill)
        at = str(event["at"])
        if place is not None:
            phase, wave = place
            if not found or (found[-1].phase, found[-1].wave) != place:
                found.append(_Open(phase, wave, before, at))
            found[-1].finished_at = at
            found[-1].reason = found[-1].reason or _why_failed(event)
            before = at
    return [each.as_phase() for each in found]


def _place(event: Json, found: t.Sequence[_Open], drill: Drill) -> tuple[str, int | None] | None:
    """The phase and wave that an event belongs to; None where it is of none."""
    kind = event["event"]
    if kind in ("begin", "intent"):
        return ("preflight", None)
    if kind == "read":
        again = (
            event["what"] == BEFORE and any(each.phase == "preflight" for each in found) and _is_second(event, drill)
        )
        return ("synchronise" if again else _OF_READ.get(event["what"], "validate"), None)
    if kind in _OPERATION:
        return (_OPERATION[kind], event["wave"] if kind != "stopped" else None)
    if kind == "steps" and event["phase"] != "notify":
        return (event["phase"], event["wave"])
    if kind == "interrupted" and found:
        return (found[-1].phase, found[-1].wave)
    return None


def _is_second(event: Json, drill: Drill) -> bool:
    """Whether a reading before the start is the one after a synchronisation."""
    readings = [each for each in drill.of("read") if each["what"] == BEFORE]
    return bool(drill.policy.get("synchronise_first")) and event is not readings[0]


def _why_failed(event: Json) -> str | None:
    if event["event"] == "interrupted":
        return str(event["message"])
    if event["event"] == "read" and event["what"] == AFTER and event["result"].get("failed"):
        return str(event["result"].get("msg") or "the sessions could not be read")
    return None


def rto_parts(drill: Drill) -> Json | None:
    """The recovery time of the drill as a whole and its parts, in seconds; None where it was not measured.

    From the first start being sent to the last critical check of the drill being passed: ``{seconds, array, steps,
    waiting, tool}``. ``array``: its operations, by its own clock; ``steps``: the user's attach steps and checks, by
    their own; ``waiting``: pauses between waves; ``tool``: all else, what Ansible and this collection add.
    """
    skew = ((drill.before or {}).get("cluster") or {}).get("clock_skew_seconds")
    sent = [moment for entry in drill.started if (moment := parse_time(entry.get("started_at")))]
    looked = [step for step in drill.steps if step["phase"] == "validate" and step["critical"]]
    if skew is None or not sent or not looked or not all(step["passed"] for step in looked):
        return None
    began = min(sent) - timedelta(seconds=skew)
    ends = [parse_time(step.get("became_true_at") or step.get("finished_at")) for step in looked]
    if None in ends:
        return None
    ended = max(end for end in ends if end is not None)
    total = _seconds(began, ended)
    waves = [_span(start) for start in drill.starts]
    steps = _covered(
        [(parse_time(s.get("started_at")), parse_time(s.get("finished_at"))) for s in drill.steps], began, ended
    )
    waiting = sum(float(event["seconds"]) for event in drill.of("pause"))
    tool = total - sum(waves) - steps - waiting
    # The array's operations are measured by another clock: what they exceed the whole by is not theirs.
    parts = {"array": sum(waves) + min(0.0, tool), "steps": steps, "waiting": waiting, "tool": max(0.0, tool)}
    return {"seconds": round(total, 3), **{name: round(seconds, 3) for name, seconds in parts.items()}}


def _span(start: Json) -> float:
    """How long the array was at the starts of one wave."""
    times = [
        (parse_time(entry.get("started_at")), parse_time(entry.get("finished_at")))
        for entry in start.get("sessions") or ()
    ]
    began = [first for first, last in times if first and last]
    ended = [last for first, last in times if first and last]
    return _seconds(min(began), max(ended)) if began else 0.0


def _covered(spans: t.Sequence[tuple[datetime | None, datetime | None]], began: datetime, ended: datetime) -> float:
    """Seconds between two times that at least one of the spans covers: steps may be done side by side."""
    covered, reached = 0.0, began
    for first, last in sorted((first, last) for first, last in spans if first and last):
        begin, end = max(first, reached), min(last, ended)
        if end > begin:
            covered += _seconds(begin, end)
            reached = end
    return covered


def _seconds(first: datetime, last: datetime) -> float:
    return (last - first).total_seconds()
