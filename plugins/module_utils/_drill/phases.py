# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The phases of a drill and their times, from what happened and when. Pure.

A phase lasts from the end of what happened before it to the end of the last thing that happened in it, so phases leave
no gap between them and none overlaps.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._json import Json
from .drill import AFTER, BEFORE, DURING, Drill

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
    if kind == "synchronised":
        return ("synchronise", None)
    if kind == "read" and event["what"] == DURING and drill.of("looked"):
        return None  # beside the checks, and taken down after the stop
    if kind == "read":
        again = (
            event["what"] == BEFORE and any(each.phase == "preflight" for each in found) and _is_second(event, drill)
        )
        return ("synchronise" if again else _OF_READ.get(event["what"], "validate"), None)
    if kind in _OPERATION:
        return (_OPERATION[kind], event["wave"] if kind != "stopped" else None)
    if kind == "witness":
        return (kind, None)
    if kind == "steps" and event["phase"] != "notify":
        return (event["phase"], event["wave"])
    if kind in ("interrupted", "looked") and found:
        return (found[-1].phase, found[-1].wave)
    return None


def _is_second(event: Json, drill: Drill) -> bool:
    """Whether a reading before the start is the one after a synchronisation."""
    readings = [each for each in drill.of("read") if each["what"] == BEFORE]
    return bool(drill.policy.get("synchronise_first")) and event is not readings[0]


def _why_failed(event: Json) -> str | None:
    if event["event"] == "interrupted":
        return str(event["message"])
    if event["event"] == "witness" and event["result"].get("verdict") != "corroborated":
        return str(event["result"].get("msg") or f"the verdict is {event['result'].get('verdict')}")
    if event["event"] == "read" and event["what"] == AFTER and event["result"].get("failed"):
        return str(event["result"].get("msg") or "the sessions could not be read")
    return None
