# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A coverage in lines for a person: at a terminal, in AWX. Pure."""

from __future__ import annotations

import typing as t
from datetime import datetime

from .._terminal import Column, compared, fitted, table
from .._words import Coverage
from .cover import STATUSES
from .document import Application, CoverageDocument, Row
from .trend import Series

_APPLICATIONS = (
    Column("APPLICATION", 30), Column("STATE", 22), Column("COVERED", 13), Column("DUE", 10),
    Column("RTO / OBJECTIVE", 20), Column("OWNER", 16),
)  # fmt: skip
_MOST = 20  # lines of each list


def overview(document: CoverageDocument, trend: t.Sequence[Series], failing: t.Sequence[Row]) -> list[str]:
    """The lines, at most 120 columns wide with what Ansible puts round them."""
    counts = [f"{document.totals[each.value]} {each.word.lower()}" for each in Coverage if document.totals[each.value]]
    lines = [f"{document.title}: {len(document.rows)} sessions. {', '.join(counts)}.", ""]
    lines += table(_APPLICATIONS, map(_application, document.applications[:_MOST]))
    lines += _more(len(document.applications), "applications")
    lines += [""]
    for row in failing[:_MOST]:
        lines += fitted([f"{row.state.word.upper()} {row.called} on {row.on}: {row.because[0].text}"])
    lines += _more(len(failing), "sessions")
    if document.next_due:
        lines += fitted(
            ["Next due: " + "; ".join(f"{_day(row.due)} {row.called} on {row.on}" for row in document.next_due)]
        )
    if document.actions:
        found = [(each, sum(one.status == each for one in document.actions)) for each in STATUSES]
        lines += [f"Open from drills: {', '.join(f'{count} {each}' for each, count in found if count)}."]
    for series in trend:
        if series.regressed:
            change = series.change(len(series.points) - 1) or 0.0
            lines += fitted([f"SLOWER {series.called}: the last drill took {change:.0f} % longer than the one before."])
    lines += fitted(f"Note: {note}." if not note.endswith(".") else f"Note: {note}" for note in document.notes)
    return lines


def _application(each: Application) -> tuple[str, ...]:
    return (
        each.application or "(none)",
        each.state.word,
        f"{each.covered} of {each.sessions}",
        _day(each.due),
        compared(each.rto_seconds, each.rto_objective_seconds),
        each.owner or "-",
    )


def _day(moment: datetime | None) -> str:
    return "-" if moment is None else f"{moment:%Y-%m-%d}"


def _more(count: int, what: str) -> list[str]:
    return [f"And {count - _MOST} more {what}; all are in the report."] if count > _MOST else []
