# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the HTML report shows of a record, in the order it shows it: figures, problems first, details. Pure."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field
from datetime import datetime

from ..._record.clocks import Clocks
from ..._record.types import (
    AbortSession,
    AnyRecord,
    Condition,
    Deviation,
    DrillRecord,
    DrillSession,
    Finding,
    Interruption,
    ReadinessSession,
    Session,
    Step,
)
from ..._words import NAS_SERVER, Changed, Severity, StepResult, Verdict
from ..causes import Cause, causes, own_reasons
from ..text import between, duration, size, without_name, words, worst_first
from .pictures import Bar, PhaseRow, Timeline, drill_rto_bar, recovery_point_bar, rto_bar, still_running
from .svg import Strip
from .tiles import Tile, tiles

_PICTURED = 12  # sessions in a picture; all of them are in the table
_PRINTED = 12  # details on paper at most; the tables there have every session
_OPENED = 20  # details that are open on the screen at most
PER_PAGE: t.Final = 500  # sessions of which one page has the details; of more, they are pages of their own
_FIGURES = re.compile(r"\d+(\.\d+)?")


@dataclass(frozen=True)
class VolumeRow:
    """A volume with the hosts that it was mapped to before, during and after; None where it was not read."""

    name: str
    wwn: str | None
    size: str
    hosts: list[str | None]


@dataclass
class Entry:
    """A session as the templates show it."""

    session: Session
    number: int
    rpo: Bar
    rto: Bar | None
    stop: str
    normal: str | None
    timeline: Strip | None
    test: Strip | None
    volumes: list[VolumeRow]
    hosts: str
    open: bool = False
    printed: bool = False
    page: str = ""  # where its details are, as a link from the report; empty: in the report itself

    @property
    def name(self) -> str:
        """What the session is called."""
        return self.session.called

    @property
    def still_running(self) -> bool:
        """Whether its failover test was not seen to end."""
        return still_running(self.session)

    @property
    def reasons(self) -> list[str]:
        """Why it did not pass, without the name that is beside them."""
        return [without_name(reason, self.name) for reason in self.session.reasons]

    @property
    def in_test(self) -> str:
        """How long its failover test was running."""
        session = self.session
        if self.still_running:
            return "may still be running"
        if isinstance(session, DrillSession):
            if session.test_owned and session.seconds_in_test is None:
                return "time in test not measured"
            return f"{duration(session.seconds_in_test)} in test" if session.test_owned else "no test"
        if isinstance(session, AbortSession) and session.stop:
            return f"{self.stop}, ran {duration(between(session.test_started_at, session.stop.started_at))}"
        return self.stop

    @property
    def legend(self) -> list[tuple[str, str]]:
        """What the timeline shows: a class of the style sheet and its words."""
        looks = ("start", "test", "stop", "bad", "preflight", "synchronise", "attach", "validate", "release", "prove")
        called = {"test": "failover test running", "bad": "failed operation"}
        shown = self.timeline.looks if self.timeline else set()
        return [(f"p-{look}", called.get(look, look)) for look in looks if f"p-{look}" in shown]


@dataclass
class Group:
    """A finding that is the same for some sessions."""

    severity: Severity
    id: str
    impact: str
    resolution: str
    sessions: dict[str, None] = field(default_factory=dict)
    messages: dict[str, None] = field(default_factory=dict)


@dataclass(frozen=True)
class Why:
    """A cause: the sessions that it keeps from having passed, and what is said of the first of them."""

    words: str
    entries: list[Entry]
    said: str


@dataclass
class DeviationRow:
    """Deviations that say the same of some sessions; a person completes them together."""

    first: Deviation
    ids: list[str]
    entries: list[Entry]

    @property
    def description(self) -> str:
        """What was not as it should be, without the name of the session beside it."""
        name = self.entries[0].name if self.entries else ""
        return without_name(self.first.description, name) if name else self.first.description


@dataclass(frozen=True)
class StepRow:
    """A step with its times on the array's clock, as far as the two clocks were compared."""

    step: Step
    begin: datetime | None
    end: datetime | None


@dataclass(frozen=True)
class View:
    """The variables of the templates, besides the record itself."""

    sessions: list[Entry]
    why: list[Why]
    own_reasons: list[str]
    interruption: Interruption | None
    deviations: list[DeviationRow]
    steps: list[StepRow]
    objectives: list[Entry]
    timeline: Timeline
    phases: list[PhaseRow]
    tests: list[Entry]  # those of the picture
    run: int  # how many sessions had a test
    groups: list[Group]
    tiles: list[Tile]
    names: t.Mapping[str | None, str]
    rto: Bar | None  # of the drill as a whole
    changes: list[tuple[str, list[str]]]  # since the drill before: what, and the names of the sessions

    @property
    def pages(self) -> list[list[Entry]]:
        """The sessions of each page of details; none where these are in the report itself."""
        if not any(entry.page for entry in self.sessions):
            return []
        return [self.sessions[first : first + PER_PAGE] for first in range(0, len(self.sessions), PER_PAGE)]

    @property
    def not_passed(self) -> int:
        """How many steps failed or were not executed."""
        return sum(1 for row in self.steps if row.step.result is not StepResult.PASSED)

    @property
    def printed(self) -> int:
        """How many sessions have their details on paper."""
        return sum(1 for entry in self.sessions if entry.printed)

    def called(self, ids: t.Iterable[str]) -> list[str]:
        """The names of sessions."""
        return [self.names.get(each, each) for each in ids]

    def while_running(self, ids: t.Iterable[str]) -> str:
        """What the tests of these sessions keep from: a DR-test clone keeps its NAS server from no failover."""
        nas = {e.session.session_id for e in self.sessions if e.session.resource_type == NAS_SERVER}
        left = set(ids)
        if left and left <= nas:
            return "A DR-test clone takes space and can be reached; the NAS server can be failed over."
        return "No failover is possible while a test is running" + ("; of a NAS server it is." if left & nas else ".")

    @property
    def not_compared(self) -> list[str]:
        """The names of sessions that may have changed since before the drill: they could not be compared."""
        normals = [(e.name, e.session.return_to_normal) for e in self.sessions if isinstance(e.session, DrillSession)]
        return [name for name, normal in normals if normal and normal.not_compared]

    @property
    def not_ready(self) -> int:
        """How many sessions are not ready for a failover test, of a readiness report."""
        return sum(1 for e in self.sessions if isinstance(e.session, ReadinessSession) and not e.session.ready)

    @property
    def ready(self) -> int:
        """How many sessions can be failed over, of an abort."""
        return sum(1 for e in self.sessions if isinstance(e.session, AbortSession) and e.session.failover_ready)


def view(record: AnyRecord) -> View:
    """What the report of a record shows."""
    timeline = Timeline(record)
    entries = [_entry(session, number, timeline) for number, session in enumerate(record.sessions, start=1)]
    by_session = {id(entry.session): entry for entry in entries}
    sessions = [by_session[id(session)] for session in worst_first(entry.session for entry in entries)]
    _choose_details(sessions)
    tests = [entry for entry in sessions if entry.test]
    return View(
        sessions=sessions,
        why=[_why(cause, by_session) for cause in causes(record)],
        own_reasons=own_reasons(record),
        interruption=record.interruption if isinstance(record, DrillRecord) else None,
        deviations=_deviations(record, entries),
        steps=_steps(record),
        objectives=_closest(entries),
        timeline=timeline,
        phases=timeline.phases(),
        tests=tests[:_PICTURED],
        run=len(tests),
        groups=grouped_findings(record.sessions),
        tiles=tiles(record),
        names={entry.session.session_id: entry.name for entry in entries},
        rto=drill_rto_bar(record.rto) if isinstance(record, DrillRecord) and record.rto else None,
        changes=_changes(record),
    )


def _changes(record: AnyRecord) -> list[tuple[str, list[str]]]:
    sessions = record.sessions if isinstance(record, DrillRecord) else ()
    found = [(what.word, [s.called for s in sessions if s.change and s.change.what is what]) for what in Changed]
    return [(word, called) for word, called in found if called]


def _why(cause: Cause, by_session: t.Mapping[int, Entry]) -> Why:
    entries = [by_session[id(session)] for session in cause.sessions]
    return Why(cause.words, entries, cause.said)


def _deviations(record: AnyRecord, entries: t.Sequence[Entry]) -> list[DeviationRow]:
    """Those that differ in names and figures only are one row, as long as nobody has completed them."""
    by_id = {entry.session.session_id: entry for entry in entries if entry.session.session_id}
    rows: dict[tuple[object, ...], DeviationRow] = {}
    for deviation in record.deviations:
        entry = by_id.get(deviation.session_id or "")
        same = _FIGURES.sub("#", deviation.description.replace(entry.name, "…")) if entry else deviation.id
        if entry and deviation.cause:
            same = f"{deviation.cause} {deviation.subject if deviation.subject != entry.name else ''}"
        key = (same, deviation.severity, deviation.owner, deviation.due, deviation.comment)
        row = rows.setdefault(key, DeviationRow(deviation, [], []))
        row.ids.append(deviation.id)
        if entry and not (row.entries and row.entries[-1] is entry):
            row.entries.append(entry)
    return list(rows.values())


def _steps(record: AnyRecord) -> list[StepRow]:
    if not isinstance(record, DrillRecord):
        return []
    clocks = Clocks(record.times.clocks, record.times.clock_skew_seconds)

    def by_array(step: Step, moment: datetime | None) -> datetime | None:
        return (clocks.by_array(moment) or moment) if step.clock == "controller" else moment

    return [StepRow(step, by_array(step, step.started_at), by_array(step, step.finished_at)) for step in record.steps]


def _entry(session: Session, number: int, timeline: Timeline) -> Entry:
    drill = session if isinstance(session, DrillSession) else None
    return Entry(
        session=session,
        number=number,
        rpo=recovery_point_bar(session),
        rto=rto_bar(drill) if drill else None,
        stop=stop_words(session),
        normal=normal_words(drill) if drill else None,
        timeline=timeline.of_session(drill) if drill else None,
        test=timeline.of_test(session),
        volumes=_volumes(drill) if drill else [],
        hosts=", ".join(_hosts(session.before)),
    )


def _choose_details(sessions: t.Sequence[Entry]) -> None:
    """Of few sessions all are on paper, of many the worst that did not pass; these are open on the screen, too."""
    problems = sum(1 for entry in sessions if entry.session.verdict is not Verdict.PASSED)
    for position, entry in enumerate(sessions):
        entry.printed = len(sessions) <= _PRINTED or position < min(problems, _PRINTED)
        entry.open = position < min(problems, _OPENED) or len(sessions) == 1


def put_apart(found: View, page_of: t.Callable[[int], str]) -> None:
    """Give the details of many sessions pages of their own, but for those on paper. ``page_of``: from 1, its name."""
    if len(found.sessions) > PER_PAGE:
        for position, entry in enumerate(found.sessions):
            entry.page = "" if entry.printed or entry.open else page_of(position // PER_PAGE + 1)


def _closest(entries: t.Sequence[Entry]) -> list[Entry]:
    """The sessions of the pictures: those that missed an objective, then not measured ones, then the closest to it."""

    def rank(entry: Entry) -> tuple[int, float]:
        drawn = [picture for picture in (entry.rpo, entry.rto) if picture]
        missed = any(picture.result is False for picture in drawn)
        unknown = any(picture.result is None for picture in drawn)
        return (0 if missed else 1 if unknown else 2), -max(picture.share or 0.0 for picture in drawn)

    return sorted(entries, key=rank)[:_PICTURED] if len(entries) > _PICTURED else list(entries)


def stop_words(session: Session) -> str:
    """What came of the stop, for the tables."""
    normal = session.return_to_normal if isinstance(session, DrillSession) else None
    stop = session.stop if isinstance(session, (DrillSession, AbortSession)) else None
    if normal and normal.held:
        return "HELD, still running"
    if normal and normal.left_alone:
        return "LEFT ALONE"
    if normal:
        return "confirmed" if normal.stop_confirmed else "NOT CONFIRMED"
    if stop:
        return "FAILED" if stop.failed else words(stop.action)
    return "nothing to stop"


def normal_words(session: DrillSession) -> str:
    """Whether the session is unchanged, for the tables."""
    normal = session.return_to_normal
    if normal is None:
        return "not touched"
    if normal.held:
        return "still in test"
    if normal.left_alone:
        return normal.left_alone
    if not normal.stop_confirmed:
        return "not known"
    if normal.differences:
        return f"{len(normal.differences)} differences"
    return "not all of it was read" if normal.not_compared else "unchanged"


def _hosts(seen: Condition | None) -> list[str]:
    return sorted({host for volume in (seen.volumes if seen else None) or () for host in volume.hosts or ()})


def _volumes(session: DrillSession) -> list[VolumeRow]:
    rows: dict[str, VolumeRow] = {}
    for position, look in enumerate((session.before, session.during, session.after)):
        for volume in (look.volumes if look else None) or ():
            new = VolumeRow(volume.name, volume.wwn, size(volume.size), [None, None, None])
            rows.setdefault(volume.id, new).hosts[position] = (
                None if volume.hosts is None else ", ".join(volume.hosts) or "none"
            )
    return list(rows.values())


def grouped_findings(sessions: t.Iterable[Session]) -> list[Group]:
    """Findings that are the same for many sessions as one."""
    groups: dict[tuple[str, ...], Group] = {}
    for session in sessions:
        for finding in session.findings:
            group = groups.setdefault(_sameness(finding), Group(*_sameness(finding)))
            group.sessions[session.called] = None
            group.messages[without_name(finding.message, session.called)] = None
    return sorted(groups.values(), key=lambda group: (group.severity.weight, -len(group.sessions)))


def _sameness(finding: Finding) -> tuple[Severity, str, str, str]:
    return finding.severity, finding.id, finding.impact, finding.resolution
