# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the pictures of a report show: phases over time, and objectives beside what was measured. Pure.

All times are put on the array's clock: those of the controller are moved by the skew that was measured between the two.
The axis of an abort is the abort: a test that had been running for days begins at its edge.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace
from datetime import datetime

from ..._record.application import Measured
from ..._record.types import (
    AbortRecord,
    AbortSession,
    AnyRecord,
    DrillRecord,
    DrillRto,
    DrillSession,
    Operation,
    Session,
    Step,
)
from ..._words import Phase
from ..text import duration, recovery_time
from .svg import Axis, Segment, Strip

# Bars show the share of the objective, so that those of sessions with different objectives can be compared.
_MOST: t.Final = 1.5
_SHARES = Axis(0.0, _MOST)

Span = tuple[float, float]
Spans = dict[Phase, Span]


@dataclass(frozen=True)
class PhaseRow:
    """A phase of the drill in the timeline."""

    phase: Phase
    strip: Strip
    seconds: float


@dataclass(frozen=True)
class Bar:
    """What was measured as a share of its objective, and in words."""

    strip: Strip
    actual: str
    against: str
    result: bool | None
    share: float | None

    @property
    def factor(self) -> str | None:
        """How many times the objective, where the bar does not fit."""
        if self.share is None or self.share <= _MOST:
            return None
        times = f"{self.share:.1f}" if self.share < 100 else f"{min(self.share, 1e6):.0f}"
        return f"{times} \N{MULTIPLICATION SIGN}"


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()


class Timeline:
    """The phases of a drill and of each of its sessions on one axis of time."""

    def __init__(self, record: AnyRecord) -> None:
        self._skew = record.times.clock_skew_seconds or 0.0
        self._common: Spans = {}
        self._own: dict[str, Spans] = {}
        self._all: Spans = {}
        for step in record.steps if isinstance(record, DrillRecord) else ():
            self._add_step(step)
        moments = [edge for span in self._all.values() for edge in span]
        if isinstance(record, AbortRecord):
            moments += _moments_of_abort(record)
        else:
            for session in record.sessions:
                moments += [edge for segment in _operations(session) for edge in (segment.begin, segment.end)]
        self._axis = Axis(min(moments), max(moments)) if moments else None

    def _add_step(self, step: Step) -> None:
        begin, end = _seconds(step.started_at), _seconds(step.finished_at)
        if begin is None or end is None:
            return
        shift = self._skew if step.clock == "controller" else 0.0
        span = (begin + shift, end + shift)
        _widen(self._all, step.phase, span)
        if not step.session_ids:
            _widen(self._common, step.phase, span)
        for session_id in step.session_ids:
            _widen(self._own.setdefault(session_id, {}), step.phase, span)

    @property
    def seconds(self) -> float | None:
        """How long the axis is; None where no time is known."""
        return None if self._axis is None else self._axis.high - self._axis.low

    def phases(self) -> list[PhaseRow]:
        """A strip for each phase of the drill."""
        if self._axis is None:
            return []
        rows = []
        for phase in (phase for phase in Phase if phase in self._all):
            begin, end = self._all[phase]
            after = duration(begin - self._axis.low)
            title = f"{phase.value.capitalize()}: {duration(end - begin)}, from {after} after the beginning"
            drawn = Strip(self._axis, [Segment(begin, end, f"p-{phase}")], title)
            rows.append(PhaseRow(phase, drawn, end - begin))
        return rows

    def of_session(self, session: Session) -> Strip | None:
        """The operations on the session above, the phases that it went through below; None where no time is known."""
        operations = self._drawn(session)
        spans = dict(self._common)
        for phase, span in self._own.get(session.session_id or "", {}).items():
            _widen(spans, phase, span)
        if self._axis is None or not (operations or spans):
            return None
        phases = [Segment(*spans[phase], f"p-{phase}", phase.value, lane=1) for phase in Phase if phase in spans]
        said = "; ".join(segment.title for segment in operations) or "no failover test was run"
        return Strip(self._axis, [*operations, *phases], f"{session.called}: {said}", lanes=2)

    def of_test(self, session: Session) -> Strip | None:
        """The operations alone, for the overview; None where there were none."""
        operations = self._drawn(session)
        if self._axis is None or not operations:
            return None
        said = "; ".join(segment.title for segment in operations)
        return Strip(self._axis, operations, f"{session.called}: {said}")

    def _drawn(self, session: Session) -> list[Segment]:
        """The operations, and to the edge of the picture the test that nobody has seen end."""
        operations = _operations(session)
        began = [segment.begin for segment in operations if segment.look in ("p-start", "p-test")]
        if self._axis is None or not began or not still_running(session):
            return operations
        return [Segment(min(began), self._axis.high, "p-test", "may still be running", thin=True), *operations]


def still_running(session: Session) -> bool:
    """Whether the failover test was not seen to end: left running on purpose, or its stop not confirmed.

    The test of a session that is left alone is over or somebody else's; one that is shown there still runs.
    """
    if isinstance(session, DrillSession):
        normal, after = session.return_to_normal, session.after
        if normal is None or normal.stop_confirmed:
            return False
        return normal.left_alone is None or (after is not None and after.failover_test_in_progress is True)
    if not isinstance(session, AbortSession) or not session.test_found or session.failover_ready:
        return False
    stop = session.stop
    return stop is None or stop.failed or stop.action != "stopped"  # what is not ready may be so for another reason


def _moments_of_abort(record: AbortRecord) -> list[float]:
    """From its first look to its last stop and to the last session being ready."""
    stops = [session.stop for session in record.sessions if session.stop]
    moments = [moment for stop in stops for moment in (stop.started_at, stop.finished_at)]
    moments += [session.failover_ready_at for session in record.sessions if stops]
    if stops:
        moments.append(record.times.started_at)
    return [moment.timestamp() for moment in moments if moment]


def _widen(spans: Spans, phase: Phase, span: Span) -> None:
    begin, end = spans.get(phase, span)
    spans[phase] = (min(begin, span[0]), max(end, span[1]))


def _operations(session: Session) -> list[Segment]:
    """Start, time in test and stop of a session, as far as their times are known."""
    start, stop, running = None, None, None
    if isinstance(session, DrillSession):
        start, stop = session.start, session.stop
        running = _seconds(start.finished_at) if start else None
    if isinstance(session, AbortSession):
        stop, running = session.stop, _seconds(session.test_started_at)
    segments = [*_operation("start", start), *_operation("stop", stop)]
    stopping = _seconds(stop.started_at) if stop else None
    if running is not None and stopping is not None:
        segments.append(Segment(running, stopping, "p-test", f"in test {duration(stopping - running)}", thin=True))
    return segments


def _operation(name: str, operation: Operation | None) -> t.Iterator[Segment]:
    begin = _seconds(operation.started_at) if operation else None
    if operation is None or begin is None:
        return
    end = _seconds(operation.finished_at)
    last = begin if end is None else end
    look = "p-bad" if operation.failed else f"p-{name}"
    yield Segment(begin, last, look, f"{name} {duration(last - begin)}")


def recovery_point_bar(session: Session) -> Bar:
    """The age of the recovery point as a share of the RPO."""
    point, rpo = session.recovery_point, Measured.rpo(session)
    parts = [("q-met" if rpo.met else "q-missed", 0.0, rpo.seconds, "age")]
    if point.of != "snapshot":
        return _bar(rpo.objective, rpo.seconds, rpo.met, parts, f"RPO of {session.called}")
    # A snapshot is as old as somebody chose: what is compared is the replication.
    judged = isinstance(session, DrillSession) and session.replication_rpo is not None
    drawn = _bar(
        rpo.objective if judged else None, rpo.seconds, rpo.met, parts, f"RPO of {session.called}, replication"
    )
    old = f"snapshot {duration(point.age_seconds)} old"
    return (
        replace(drawn, actual=f"{old}; replication {drawn.actual}")
        if judged
        else replace(drawn, actual=old, against="")
    )


def rto_bar(session: DrillSession) -> Bar:
    """The parts of the RTO one after the other, as shares of the objective."""
    rto = session.rto
    parts: list[tuple[str, float, float | None, str]] = []
    before = 0.0
    for seconds, look, title in (
        (rto.storage_accessible_seconds, "r-storage", "storage accessible"),
        (rto.hosts_see_it_seconds, "r-hosts", "hosts see it"),
        (rto.application_validated_seconds, "r-application", "application validated"),
    ):
        if seconds is not None:
            parts.append((look, before, seconds, f"{title} after {duration(seconds)}"))
            before = max(before, seconds)
    return _bar(rto.objective_seconds, rto.actual_seconds, rto.met, parts, f"RTO of {session.called}")


def drill_rto_bar(rto: DrillRto) -> Bar:
    """What the recovery time of the drill was spent on, as shares of its objective."""
    parts: list[tuple[str, float, float | None, str]] = []
    before = 0.0
    for seconds, look, title in (
        (rto.parts.array_seconds if rto.parts else None, "r-storage", "array"),
        (rto.parts.steps_seconds if rto.parts else None, "r-hosts", "your steps"),
        (rto.parts.waiting_seconds if rto.parts else None, "r-waiting", "waiting"),
        (rto.parts.tool_seconds if rto.parts else None, "r-tool", "Ansible and this collection"),
    ):
        if seconds is not None:
            parts.append((look, before, before + seconds, f"{title} {duration(seconds)}"))
            before += seconds
    return _bar(
        rto.objective_seconds or rto.actual_seconds, rto.actual_seconds, rto.met, parts, "Recovery time of the drill"
    )


def _bar(
    objective: float | None,
    actual: float | None,
    met: bool | None,
    parts: t.Sequence[tuple[str, float, float | None, str]],
    title: str,
) -> Bar:
    against = "no objective" if objective is None else f"objective {duration(objective)}"
    measured = recovery_time(actual, met)
    segments = [
        Segment(begin / objective, end / objective, look, said)
        for look, begin, end, said in parts
        if objective and end is not None
    ]
    word = ", objective" if actual is None else " of"
    return Bar(
        strip=Strip(_SHARES, segments, f"{title}: {measured}, {against}", 1.0 if objective else None),
        actual=measured,
        against=", no objective" if objective is None else f"{word} {duration(objective)}",
        result=met,
        share=actual / objective if objective and actual is not None else None,
    )
