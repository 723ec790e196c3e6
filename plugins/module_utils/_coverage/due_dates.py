# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The due dates as an iCalendar file (RFC 5545) that a calendar can subscribe to. Pure.

One event for each application on each array, on the day on which the first of its sessions is due. Its UID stays the
same, so that the event moves when a drill was done instead of being there twice.
"""

from __future__ import annotations

import hashlib
import typing as t
from collections import defaultdict
from datetime import UTC, datetime, timedelta

from .cover import NOT_COUNTED
from .document import CoverageDocument, Row

_OCTETS = 75  # of a line, RFC 5545 3.1
_SHOWN = 20  # sessions in one event


def calendar_of(document: CoverageDocument) -> str:
    """The calendar."""
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in document.rows:
        if row.state not in NOT_COUNTED and row.array_global_id:
            groups[row.application or "", row.array_global_id].append(row)
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//drdrill.powerstore//coverage//EN", "CALSCALE:GREGORIAN",
             "METHOD:PUBLISH", f"X-WR-CALNAME:{_text(document.title)}"]  # fmt: skip
    for (application, array), rows in sorted(groups.items()):
        lines.extend(_event(application, array, rows, document))
    return "".join(f"{folded}\r\n" for line in (*lines, "END:VCALENDAR") for folded in _folded(line))


def _event(application: str, array: str, rows: t.Sequence[Row], document: CoverageDocument) -> t.Iterator[str]:
    """What was never tested is due on the day on which that was found."""
    missing = [row for row in rows if row.due is None]
    due = document.written_at if missing else min(row.due for row in rows if row.due)
    first = sorted(missing or [row for row in rows if row.due == due], key=lambda row: row.called)
    called = application or "sessions of no application"
    names = ", ".join(row.called for row in first[:_SHOWN])
    more = f" and {len(first) - _SHOWN} more" if len(first) > _SHOWN else ""
    said = "never tested well" if missing else "due"
    yield "BEGIN:VEVENT"
    yield f"UID:{hashlib.sha256(f'{application}|{array}'.encode()).hexdigest()[:32]}@drdrill.powerstore"
    yield f"DTSTAMP:{_utc(document.written_at)}"
    yield f"DTSTART;VALUE=DATE:{due.astimezone(UTC):%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{due.astimezone(UTC) + timedelta(days=1):%Y%m%d}"
    yield f"SUMMARY:{_text(f'Failover drill due: {called} on {rows[0].on}')}"
    yield f"DESCRIPTION:{_text(f'{len(first)} of {len(rows)} sessions {said}: {names}{more}. {document.id}')}"
    yield "TRANSP:TRANSPARENT"
    yield "BEGIN:VALARM"
    yield "ACTION:DISPLAY"
    yield f"TRIGGER:-P{max(1, document.policy.warn_seconds // 86400)}D"
    yield f"DESCRIPTION:{_text(f'Failover drill due: {called}')}"
    yield "END:VALARM"
    yield "END:VEVENT"


def _utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return escaped.replace("\r\n", "\\n").replace("\n", "\\n").replace("\r", "\\n")


def _folded(line: str) -> t.Iterator[str]:
    """At most 75 octets a line; a character is never cut."""
    part, length = "", 0
    for letter in line:
        octets = len(letter.encode("utf-8"))
        if length + octets > _OCTETS:
            yield part
            part, length = " ", 1
        part, length = part + letter, length + octets
    yield part
