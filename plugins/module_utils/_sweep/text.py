# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a sweep found and did, in lines for a person: at a terminal, in AWX, in a disaster. Pure."""

from __future__ import annotations

import textwrap
import typing as t
from datetime import timedelta

from .._findings.failover import STOP_IT
from .._json import Json
from .._terminal import Column, span, table
from .._time import in_words

_WIDTH = 120
_EACH = 20  # up to so many copies have a line of their own
_BLIND = "  The array's jobs cannot be read: a start that is still under way would not be seen."
_NOW: t.Final[t.Mapping[bool | None, str]] = {True: "RUNNING", False: "over", None: "NOT KNOWN"}
_BECAME: t.Final[t.Mapping[str, tuple[str, str]]] = {
    "gone": ("gone", "its replication session does not exist any more; left alone"),
    "failed_over": ("failed over", "its session was failed over meanwhile; left alone"),
}
_COLUMNS: t.Final = (
    Column("Now", 12), Column("Resource", 30), Column("Started by", 24), Column("Running for", 11),
    Column("Overdue", 7), Column("Decision", 8),
)  # fmt: skip
_KINDS = {"nas_server": "NAS server", "file_system": "file system", "replication_group": "vVol group"}


def wrapped(line: str, indent: int = 6) -> list[str]:
    """The line in lines of the terminal's width."""
    return textwrap.wrap(line, _WIDTH, subsequent_indent=" " * indent)


def summary(result: Json, name: str, unread: t.Sequence[str], *, check_mode: bool) -> list[str]:
    """The tests that were found, a row each, and what could not be read."""
    tests = result["tests"]
    found = f"{len(tests) or 'no'} failover test{'' if len(tests) == 1 else 's'} found"
    lines = [f"{name}: {found}{', as far as it could be read' if unread else ''}."]
    if tests:
        lines += [f"  {line}" for line in table(_COLUMNS, [_row(entry, check_mode) for entry in tests])]
        lines += [part for entry in tests for part in wrapped(f"  {_name(entry)}: {_why(entry)}")]
    if not result["jobs_readable"]:
        lines.append(_BLIND)
    return lines + [part for text in unread for part in wrapped(f"  {text}")]


def _row(entry: Json, check_mode: bool) -> list[str]:
    now = _NOW[entry["running"]]
    if entry["became"]:
        now = _BECAME[entry["became"]][0]
    elif entry["action"] == "stopped" and entry["running"] is False:
        now = "would stop" if check_mode else "stopped"
    return [
        now,
        _name(entry),
        str(entry["started_by"] or "not known"),
        "not known" if entry["age_seconds"] is None else span(entry["age_seconds"]),
        "yes" if entry["overdue"] else "no",
        str(entry["decision"]),
    ]


def _why(entry: Json) -> str:
    """Why it was stopped or left, and what came of it."""
    if entry["became"]:
        return f"{_BECAME[entry['became']][1]}."
    text = str(entry["failure"]["message"] if entry["failure"] else entry["reason"])
    return text if text.endswith(".") else f"{text}."


def takeover(result: Json, name: str, unread: t.Sequence[str], *, check_mode: bool) -> list[str]:
    """Whether the site can take over now, for a person in a disaster: the answer first, then what is in the way."""
    if result["failover_ready"]["all"] is None:
        return [f"NOT KNOWN whether {name} can take over.", *(part for text in unread for part in wrapped(text))]
    return [
        *_answer(result, name, check_mode=check_mode),
        *_ended_otherwise(result["tests"]),
        *_copies(result["sessions"]),
        *_not_judged(result["not_judged"]),
        *([] if result["jobs_readable"] else [_BLIND]),
    ]


def _answer(result: Json, name: str, *, check_mode: bool) -> list[str]:
    sessions = result["sessions"]
    if not sessions:
        return [f"{name} has nothing to take over: it is the destination of no volume and no volume group."]
    obstacles = [session for session in sessions if not session["failover_ready"]]
    if check_mode:
        return [f"Check mode: nothing was stopped. Now {len(obstacles)} of {len(sessions)} sessions are not ready."]
    if not obstacles:
        times = _times(result["failover_ready"])
        which = f"all {len(sessions)} sessions" if len(sessions) > 1 else "its one session"
        return [f"{name} CAN TAKE OVER: {which} can be failed over{times}."]
    lines = [f"{name} CANNOT TAKE OVER YET: {len(obstacles)} of {len(sessions)} sessions cannot be failed over."]
    failures = {test["session_id"]: test["failure"]["message"] for test in result["tests"] if test["failure"]}
    for each in obstacles:
        failure, to_do = failures.get(each["session_id"]), str(each["to_do"] or "")
        if failure:  # which was tried: what to do now depends on why it failed, and is in next_steps
            to_do = to_do.replace(STOP_IT, "").strip()
        why = " ".join(filter(None, [each["reason"], failure, to_do]))
        lines += wrapped(f"  {_name(each)}: {why}")
    return lines


def _times(ready: Json) -> str:
    if ready["controller_seconds"] is None:
        return ""
    array = "" if ready["array_seconds"] is None else f" ({ready['array_seconds']:.1f} s by the array's clock)"
    return f", {ready['controller_seconds']:.1f} s after this task began{array}"


def _ended_otherwise(tests: t.Sequence[Json]) -> t.Iterator[str]:
    for test in tests:
        if test["became"]:
            yield from wrapped(f"  {_name(test)}: {_BECAME[test['became']][1]}.")


def _copies(sessions: t.Sequence[Json]) -> t.Iterator[str]:
    """How old each copy is: what a takeover now would have."""
    aged = [session for session in sessions if session["recovery_point_age_seconds"] is not None]
    oldest = sorted(aged, key=lambda session: -session["recovery_point_age_seconds"])
    if oldest:
        yield f"  Age of the copies by the array's clock{', the oldest' if len(oldest) > _EACH else ''}:"
    for session in oldest[:_EACH]:
        yield f"    {in_words(timedelta(seconds=session['recovery_point_age_seconds'])):<12}{_name(session)}"
    if len(oldest) > _EACH:
        yield f"    {len(oldest) - _EACH} others are younger."
    unknown = [_name(session) for session in sessions if session["recovery_point_age_seconds"] is None]
    if unknown:
        yield from wrapped(f"  Age not known: {_listed(unknown)}.")


def _not_judged(sessions: t.Sequence[Json]) -> t.Iterator[str]:
    if not sessions:
        return
    worst_first = sorted(sessions, key=lambda session: not session["needs_attention"])
    listed = _listed([f"{_kind(session)} {_name(session)} ({session['state']})" for session in worst_first])
    yield from wrapped(f"  NOT JUDGED here, look at them yourself: {listed}.")


def _kind(session: Json) -> str:
    kind = _KINDS.get(session["resource_type"]) or str(session["resource_type"]).replace("_", " ")
    return f"metro {kind}" if str(session["role"]).startswith("Metro") else kind


def _name(entry: Json) -> str:
    clone = f" (clone {entry['clone']['name']})" if entry.get("clone") else ""
    return str(entry["resource_name"] or entry["session_id"]) + clone


def _listed(names: t.Sequence[str]) -> str:
    more = f" and {len(names) - _EACH} more" if len(names) > _EACH else ""
    return ", ".join(names[:_EACH]) + more
