# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record of a drill for a person at a terminal. Pure."""

from __future__ import annotations

import textwrap
import typing as t

from .._json import Json
from .._words import StepResult, Verdict

WIDTH = 120  # columns of a terminal
_MOST = 40  # sessions that a person reads at a terminal; the rest is in the record


def summary(record: Json, path: str) -> list[str]:
    """At most 120 columns wide; of many sessions those first that did not pass, the rest counted."""
    shown, left = _chosen(record["sessions"])
    validations = [*record["validations"], *(v for s in shown for v in s["validations"] if v["kind"] != "array")]
    rto = record["objectives"]["rto_seconds"]
    lines = [
        f"{record['drill']['title']}  ({record['array']['name']}, PowerStoreOS {record['array']['release_version']})",
        "",
        f"{'Session':<26}{'Kind':<14}{'Storage after':>14}{'In test':>10}{'RPO age/objective':>20}{'RTO':>9}  Stopped",
        *map(_row, shown),
        *([f"and {left} more, in the record"] if left else []),
        "",
        *(f"{_mark(check['passed'])} {check['name']}: {check['observed']}" for check in validations),
        "",
        f"RTO objective: {'none given' if rto is None else f'{rto} s'}",
        f"Verdict: {record['verdict']}   Clean-up: {record['cleanup']['verdict']}",
        *(f"  - {reason}" for reason in record["reasons"][:_MOST]),
        *([f"  - and {len(record['reasons']) - _MOST} more, in the record"] if len(record["reasons"]) > _MOST else []),
    ]
    return [*fitted(lines), f"Record: {path}"]


def fitted(lines: t.Iterable[str]) -> list[str]:
    """The lines, broken where they are wider than a terminal."""
    return [part for line in lines for part in textwrap.wrap(line, WIDTH, subsequent_indent="    ") or [""]]


def _chosen(sessions: t.Sequence[Json]) -> tuple[list[Json], int]:
    if len(sessions) <= _MOST:
        return list(sessions), 0
    bad = [session for session in sessions if session["verdict"] != Verdict.PASSED]
    good = [session for session in sessions if session["verdict"] == Verdict.PASSED]
    return [*bad, *good][:_MOST], len(sessions) - _MOST


def _row(session: Json) -> str:
    normal, point = session["return_to_normal"], session["recovery_point"]
    if normal is None:
        stopped = "not started"
    else:
        stopped = "yes" if normal["stop_confirmed"] else "HELD" if normal["held"] else "NOT CONFIRMED"
    objective = f"{_short(point['age_seconds'])} / {_short(point['objective_seconds'])}"
    return (
        f"{str(session['resource_name'] or session['session_id'])[:25]:<26}{session['resource_type'] or '-':<14}"
        f"{_short(session['rto']['storage_accessible_seconds'], 1):>14}{_short(session['seconds_in_test'], 1):>10}"
        f"{objective:>20}{_short(session['rto']['actual_seconds'], 1):>9}  {stopped}"
    )


def _short(seconds: float | None, digits: int = 0) -> str:
    return "-" if seconds is None else f"{seconds:.{digits}f} s"


def _mark(result: bool | None) -> str:
    seen = StepResult.of(result)
    return f"[{seen.word.upper() if seen is StepResult.FAILED else seen.word.lower()}]"
