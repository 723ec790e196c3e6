# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the HTML report shows of a record, in the order it shows it: figures, problems first, details. Pure."""

from __future__ import annotations

import typing as t

from ..._json import Json
from ..._words import Kind, Severity, StepResult, Verdict
from ..text import (
    all_validations,
    counted,
    duration,
    session_name,
    size,
    words,
    worst_first,
)
from .pictures import (
    Timeline,
    recovery_point_bar,
    rto_bar,
)
from .svg import Strip

_PICTURED = 12  # sessions in a picture; all of them are in the table
_PRINTED = 12  # details on paper at most; the tables there have every session
_OPENED = 20  # details that are open on the screen at most


def view(record: Json) -> Json:
    """The variables of the templates, besides the record itself."""
    timeline = Timeline(record)
    entries = [_entry(record, session, number, timeline) for number, session in enumerate(record["sessions"], start=1)]
    by_worst = worst_first(record["sessions"])
    by_session = {id(entry["session"]): entry for entry in entries}
    sessions = [by_session[id(session)] for session in by_worst]
    problems = [entry for entry in sessions if entry["session"]["verdict"] != Verdict.PASSED]
    _choose_details(sessions, len(problems))
    tests = [entry for entry in sessions if entry["test"]]
    return {
        "sessions": sessions,
        "problems": problems,
        "printed": sum(1 for entry in sessions if entry["printed"]),
        "objectives": _closest(entries),
        "timeline": timeline,
        "phases": timeline.phases(),
        "tests": tests[:_PICTURED],
        "run": len(tests),
        "groups": grouped_findings(record["sessions"]),
        "tiles": _TILES[record["kind"]](record, entries),
        "names": {entry["session"]["session_id"]: entry["name"] for entry in entries},
        **_of_kind(record, entries),
    }


def _of_kind(record: Json, entries: t.Sequence[Json]) -> Json:
    names = {entry["session"]["session_id"]: entry["name"] for entry in entries}
    cleanup = {
        what: [names.get(session_id, session_id) for session_id in record.get("cleanup", {}).get(what, ())]
        for what in ("not_confirmed_stopped", "held", "not_as_before")
    }
    return {
        "cleanup": cleanup,
        "not_ready": sum(1 for session in record["sessions"] if session.get("ready") is False),
        "ready": sum(1 for session in record["sessions"] if session.get("failover_ready")),
    }


def _entry(record: Json, session: Json, number: int, timeline: Timeline) -> Json:
    drill = record["kind"] == Kind.DRILL
    own = timeline.of_session(session) if drill else None
    return {
        "session": session,
        "number": number,
        "name": session_name(session),
        "rpo": recovery_point_bar(session),
        "rto": rto_bar(session) if drill else None,
        "stop": stop_words(session),
        "normal": normal_words(session) if drill else None,
        "timeline": own,
        "legend": _legend(own) if own else (),
        "test": timeline.of_test(session),
        "volumes": _volumes(session) if drill else [],
        "hosts": ", ".join(_hosts(session["before"])),
        "open": False,
        "printed": False,
    }


def _legend(picture: Strip) -> list[tuple[str, str]]:
    looks = ("start", "test", "stop", "bad", "preflight", "synchronise", "attach", "validate", "release", "prove")
    called = {"test": "failover test running", "bad": "failed operation"}
    return [(f"p-{look}", called.get(look, look)) for look in looks if f"p-{look}" in picture.looks]


def _choose_details(sessions: t.Sequence[Json], problems: int) -> None:
    """Of few sessions all are on paper, of many the worst that did not pass; these are open on the screen, too."""
    for position, entry in enumerate(sessions):
        entry["printed"] = len(sessions) <= _PRINTED or position < min(problems, _PRINTED)
        entry["open"] = position < min(problems, _OPENED) or len(sessions) == 1


def _closest(entries: t.Sequence[Json]) -> list[Json]:
    """The sessions of the pictures: those that missed an objective, then not measured ones, then the closest to it."""

    def rank(entry: Json) -> tuple[int, float]:
        drawn = [picture for picture in (entry["rpo"], entry["rto"]) if picture]
        missed = any(picture["result"] is False for picture in drawn)
        unknown = any(picture["result"] is None for picture in drawn)
        return (0 if missed else 1 if unknown else 2), -max(picture["share"] or 0.0 for picture in drawn)

    return sorted(entries, key=rank)[:_PICTURED] if len(entries) > _PICTURED else list(entries)


def stop_words(session: Json) -> str:
    """What came of the stop, for the tables."""
    normal, stop = session.get("return_to_normal"), session.get("stop")
    if normal and normal["held"]:
        return "HELD, still running"
    if normal:
        return "confirmed" if normal["stop_confirmed"] else "NOT CONFIRMED"
    if stop:
        return "FAILED" if stop["failed"] else words(stop["action"])
    return "nothing to stop"


def normal_words(session: Json) -> str:
    """Whether the session is as before, for the tables."""
    normal = session["return_to_normal"]
    if normal is None:
        return "not touched"
    if normal["held"]:
        return "still in test"
    if not normal["stop_confirmed"]:
        return "not known"
    return f"{len(normal['differences'])} differences" if normal["differences"] else "as before"


def _hosts(seen: Json | None) -> list[str]:
    return sorted({host for volume in (seen or {}).get("volumes", ()) for host in volume["hosts"]})


def _volumes(session: Json) -> list[Json]:
    """Each volume with the hosts that it was mapped to before, during and after; None where it was not read."""
    volumes: dict[str, Json] = {}
    for position, look in enumerate(("before", "during", "after")):
        for volume in (session[look] or {}).get("volumes", ()):
            row = volumes.setdefault(
                volume["id"],
                {
                    "name": volume["name"],
                    "wwn": volume["wwn"],
                    "size": size(volume["size"]),
                    "hosts": [None, None, None],
                },
            )
            row["hosts"][position] = ", ".join(volume["hosts"]) or "none"
    return list(volumes.values())


def grouped_findings(sessions: t.Iterable[Json]) -> list[Json]:
    """Findings that are the same for many sessions as one, which has lists of ``sessions`` and ``messages``."""
    groups: dict[tuple[str, str, str, str], Json] = {}
    for session in sessions:
        for finding in session["findings"]:
            same = (finding["severity"], finding["id"], finding["impact"], finding["resolution"])
            empty = dict(zip(("severity", "id", "impact", "resolution"), same, strict=True))
            group = groups.setdefault(same, {**empty, "sessions": {}, "messages": {}})
            group["sessions"][session_name(session)] = group["messages"][finding["message"]] = None
    found = [{**group, **{of: list(group[of]) for of in ("sessions", "messages")}} for group in groups.values()]
    return sorted(found, key=lambda group: (Severity(group["severity"]).weight, -len(group["sessions"])))


def _tile(label: str, figure: object, of: object = None, note: str = "", *, missed: bool = False) -> Json:
    return {"label": label, "figure": figure, "of": of, "note": note, "missed": missed}


def _results_tile(label: str, results: t.Iterable[bool | None], bad: str) -> Json:
    count = counted(results)
    notes = [f"{count['missed']} {bad}"] if count["missed"] else []
    notes += [f"{count['unknown']} not measured"] if count["unknown"] else []
    return _tile(label, count["met"], count["total"], ", ".join(notes), missed=bool(count["missed"]))


def _verdicts_tile(record: Json) -> Json:
    return _results_tile(
        "Sessions passed", [session["verdict"] == Verdict.PASSED for session in record["sessions"]], "did not"
    )


def _rpo_tile(record: Json) -> Json:
    points = [session["recovery_point"] for session in record["sessions"]]
    return _results_tile("RPO met", [point["met"] for point in points], "missed")


def _drill_tiles(record: Json, entries: t.Sequence[Json]) -> list[Json]:
    aimed = [session["rto"] for session in record["sessions"] if session["rto"]["objective_seconds"] is not None]
    measured = [session["rto"]["actual_seconds"] for session in record["sessions"]]
    longest = max((seconds for seconds in measured if seconds is not None), default=None)
    rto = _results_tile("RTO met", [rto["met"] for rto in aimed], "missed")
    if not aimed:
        rto = _tile("RTO", duration(longest), None, "the longest; no objective was given")
    unknown = [step for step in record["steps"] if step["result"] == StepResult.NOT_EXECUTED]
    in_test = [session["seconds_in_test"] or 0.0 for session in record["sessions"]]
    return [
        _verdicts_tile(record),
        _rpo_tile(record),
        rto,
        _results_tile("Validations passed", [check["passed"] for check in all_validations(record)], "failed"),
        _tile(
            "Longest in test",
            duration(max(in_test)) if any(in_test) else "-",
            None,
            "no failover is possible meanwhile",
        ),
        _tile("Steps not executed", len(unknown), len(record["steps"]), missed=bool(unknown)),
    ]


def _readiness_tiles(record: Json, entries: t.Sequence[Json]) -> list[Json]:
    found = [finding["severity"] for session in record["sessions"] for finding in session["findings"]]
    blockers = found.count(Severity.BLOCKER)
    return [
        _verdicts_tile(record),
        _rpo_tile(record),
        _tile("Blockers", blockers, None, "refuse a failover test" if blockers else "", missed=bool(blockers)),
        _tile("Warnings", found.count(Severity.WARNING)),
    ]


def _abort_tiles(record: Json, entries: t.Sequence[Json]) -> list[Json]:
    sessions = record["sessions"]
    tests = [session for session in sessions if session["test_found"]]
    stops = [bool(session["stop"]) and not session["stop"]["failed"] for session in tests]
    return [
        _results_tile("Ready for a failover", [session["failover_ready"] for session in sessions], "not ready"),
        _tile("Running tests found", len(tests), len(sessions)),
        _results_tile("Tests stopped", stops, "not stopped"),
        _tile("Forced stops", sum(1 for session in sessions if session["forced"]), None, "remote system not reachable"),
    ]


_TILES: t.Final[t.Mapping[str, t.Callable[[Json, t.Sequence[Json]], list[Json]]]] = {
    Kind.DRILL: _drill_tiles,
    Kind.READINESS: _readiness_tiles,
    Kind.ABORT: _abort_tiles,
}
