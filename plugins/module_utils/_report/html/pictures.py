# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the pictures of a report show: phases over time, and objectives against what was measured. Pure.

All times are put on the array's clock: those of the controller are moved by the skew that was measured between the two.
"""

from __future__ import annotations

import typing as t

from ..._json import Json
from ..._words import Phase
from ..text import (
    NOT_MEASURED,
    duration,
    parsed,
    session_name,
)
from .svg import Axis, Segment, Strip

# Bars show the share of the objective, so that those of sessions with different objectives can be compared.
_SHARES = Axis(0.0, 1.5)
RTO_PARTS: t.Final[t.Sequence[tuple[str, str, str]]] = (
    ("storage_accessible_seconds", "r-storage", "storage accessible"),
    ("hosts_see_it_seconds", "r-hosts", "hosts see it"),
    ("application_validated_seconds", "r-application", "application validated"),
)

Span = tuple[float, float]
Spans = dict[str, Span]


def _seconds(moment: str | None) -> float | None:
    seen = parsed(moment)
    return None if seen is None else seen.timestamp()


class Timeline:
    """The phases of a drill and of each of its sessions on one axis of time."""

    def __init__(self, record: Json) -> None:
        self._skew = record["times"]["clock_skew_seconds"] or 0.0
        self._common: Spans = {}
        self._own: dict[str, Spans] = {}
        self._all: Spans = {}
        for step in record.get("steps", ()):
            self._add_step(step)
        moments = [edge for span in self._all.values() for edge in span]
        for session in record["sessions"]:
            moments += [edge for segment in _operations(session) for edge in (segment.begin, segment.end)]
        self._axis = Axis(min(moments), max(moments)) if moments else None

    def _add_step(self, step: Json) -> None:
        begin, end = _seconds(step["started_at"]), _seconds(step["finished_at"])
        if begin is None or end is None:
            return
        shift = self._skew if step["clock"] == "controller" else 0.0
        span = (begin + shift, end + shift)
        _widen(self._all, step["phase"], span)
        if not step["session_ids"]:
            _widen(self._common, step["phase"], span)
        for session_id in step["session_ids"]:
            _widen(self._own.setdefault(session_id, {}), step["phase"], span)

    @property
    def seconds(self) -> float | None:
        """How long the axis is; None where no time is known."""
        return None if self._axis is None else self._axis.high - self._axis.low

    def phases(self) -> list[Json]:
        """A strip for each phase of the drill: ``{phase, strip, seconds}``."""
        if self._axis is None:
            return []
        rows = []
        for phase in (phase for phase in Phase if phase in self._all):
            begin, end = self._all[phase]
            title = f"{phase}: {duration(end - begin)}, from {duration(begin - self._axis.low)} after the begin"
            drawn = Strip(self._axis, [Segment(begin, end, f"p-{phase}")], title)
            rows.append({"phase": phase, "strip": drawn, "seconds": end - begin})
        return rows

    def of_session(self, session: Json) -> Strip | None:
        """The operations on the session above, the phases that it went through below; None where no time is known."""
        operations = _operations(session)
        spans = dict(self._common)
        for phase, span in self._own.get(session["session_id"] or "", {}).items():
            _widen(spans, phase, span)
        if self._axis is None or not (operations or spans):
            return None
        phases = [Segment(*spans[phase], f"p-{phase}", phase, lane=1) for phase in Phase if phase in spans]
        said = "; ".join(segment.title for segment in operations) or "no failover test was run"
        return Strip(self._axis, [*operations, *phases], f"{session_name(session)}: {said}", lanes=2)

    def of_test(self, session: Json) -> Strip | None:
        """The operations alone, for the overview; None where there were none."""
        operations = _operations(session)
        if self._axis is None or not operations:
            return None
        said = "; ".join(segment.title for segment in operations)
        return Strip(self._axis, operations, f"{session_name(session)}: {said}")


def _widen(spans: Spans, phase: str, span: Span) -> None:
    begin, end = spans.get(phase, span)
    spans[phase] = (min(begin, span[0]), max(end, span[1]))


def _operations(session: Json) -> list[Segment]:
    """Start, time in test and stop of a session, as far as their times are known."""
    segments = []
    edges: dict[str, tuple[float | None, float | None]] = {}
    for name in ("start", "stop"):
        operation = session.get(name) or {}
        begin, end = _seconds(operation.get("started_at")), _seconds(operation.get("finished_at"))
        edges[name] = (begin, end)
        if begin is not None:
            look = "p-bad" if operation["failed"] else f"p-{name}"
            last = begin if end is None else end
            segments.append(Segment(begin, last, look, f"{name} {duration(last - begin)}"))
    running, stopping = edges["start"][1], edges["stop"][0]
    if running is None:
        running = _seconds(session.get("test_started_at"))
    if running is not None and stopping is not None:
        segments.append(Segment(running, stopping, "p-test", f"in test {duration(stopping - running)}", thin=True))
    return segments


def recovery_point_bar(session: Json) -> Json:
    """The age of the recovery point as a share of the RPO: ``{strip, actual, against, result, share}``."""
    point = session["recovery_point"]
    parts = [("q-met" if point["met"] else "q-missed", 0.0, point["age_seconds"], "age")]
    return _bar(
        point["objective_seconds"], point["age_seconds"], point["met"], parts, f"RPO of {session_name(session)}"
    )


def rto_bar(session: Json) -> Json:
    """The parts of the RTO one after the other, as shares of the objective; shaped as `recovery_point_bar`."""
    rto = session["rto"]
    parts, before = [], 0.0
    for name, look, title in RTO_PARTS:
        if rto[name] is not None:
            parts.append((look, before, rto[name], f"{title} after {duration(rto[name])}"))
            before = max(before, rto[name])
    return _bar(rto["objective_seconds"], rto["actual_seconds"], rto["met"], parts, f"RTO of {session_name(session)}")


def _bar(
    objective: float | None,
    actual: float | None,
    met: bool | None,
    parts: t.Sequence[tuple[str, float, float | None, str]],
    title: str,
) -> Json:
    against = "no objective" if objective is None else f"objective {duration(objective)}"
    measured = duration(actual) if actual is not None else NOT_MEASURED
    segments = [
        Segment(begin / objective, end / objective, look, said)
        for look, begin, end, said in parts
        if objective and end is not None
    ]
    mark = 1.0 if objective else None
    word = "objective" if actual is None else "of"
    return {
        "strip": Strip(_SHARES, segments, f"{title}: {measured}, {against}", mark),
        "actual": measured,
        "against": "no objective" if objective is None else f"{word} {duration(objective)}",
        "result": met,
        "share": actual / objective if objective and actual is not None else None,
    }
