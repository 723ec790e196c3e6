# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The events of a calendar file (.ics, RFC 5545) as freezes: what is not understood is refused, never skipped. Pure."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from .._errors import InvalidInputError
from .._json import Json

_LINE = re.compile(
    r'([A-Za-z0-9-]+)((?:;[A-Za-z0-9-]+=(?:"[^"]*"|[^";:,]*)(?:,(?:"[^"]*"|[^";:,]*))*)*):(.*)', re.DOTALL
)
_PARAMETER = re.compile(r';([A-Za-z0-9-]+)=("[^"]*"|[^";:]*)')
_DATE = re.compile(r"[0-9]{8}")
_TIME = re.compile(r"[0-9]{8}T[0-9]{6}(Z?)")
_ESCAPED = re.compile(r"\\([\\,;nN])")
# What makes more than one event of an event, or gives it another end.
_NOT_READ = ("RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID", "DURATION")
_ONCE = ("DTSTART", "DTEND", "SUMMARY", "STATUS")
# Components whose content says nothing of when an event is; a VTIMEZONE is looked up by its name instead.
_PASSED_OVER = ("VTIMEZONE", "VALARM")


@dataclass(frozen=True, slots=True)
class _Property:
    parameters: t.Mapping[str, str]
    value: str


@dataclass(slots=True)
class _Event:
    line: int
    properties: dict[str, _Property] = field(default_factory=dict)


def freezes_of_ics(text: str, where: str) -> list[Json]:
    """Each event as an entry of ``failover_drill_freeze``: ``{from, to, reason}``, with ``timezone`` if it has a TZID.

    A day is a date in ISO 8601, and ``to`` is the last day of the freeze (DTEND of the file is the day after it). What
    was cancelled is left out.
    ``where`` names the file in errors. Raises InvalidInputError, with the line, for what is not understood.
    """
    found = []
    for event in _events(text, where):
        status = event.properties.get("STATUS")
        if status is None or status.value.strip().upper() != "CANCELLED":
            found.append(_freeze(event, f"{where}, the event in line {event.line}"))
    return found


def _events(text: str, where: str) -> list[_Event]:
    events: list[_Event] = []
    opened: list[str] = []
    ended = False
    for number, line in _unfolded(text):
        here = f"{where}, line {number}"
        match = _LINE.fullmatch(line)
        if match is None or ended:
            raise _not_read(here, line, "lines of one calendar (NAME:VALUE), from BEGIN:VCALENDAR to END:VCALENDAR")
        name, parameters, value = match[1].upper(), match[2], match[3]
        if name == "BEGIN":
            _may_open(value.strip().upper(), opened, here)
            opened.append(value.strip().upper())
            if opened[-1] == "VEVENT":
                events.append(_Event(number))
        elif not opened:
            raise _not_read(here, line, "BEGIN:VCALENDAR in the first line")
        elif name == "END":
            if opened.pop() != value.strip().upper():
                raise _not_read(here, line, "the end of what was begun last")
            ended = not opened
        elif opened[-1] == "VEVENT":
            _take(events[-1], name, _Property(_parameters(parameters), value), here)
    if not ended:
        raise InvalidInputError(f"{where} is no whole calendar: expected BEGIN:VCALENDAR to END:VCALENDAR.")
    return events


def _unfolded(text: str) -> t.Iterator[tuple[int, str]]:
    """Each line with its number; one that begins with a blank or a tab goes on with the line before it."""
    lines: list[tuple[int, str]] = []
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text.removeprefix("\ufeff")), start=1):
        if line[:1] in (" ", "\t") and lines:
            lines[-1] = (lines[-1][0], lines[-1][1] + line[1:])
        elif line:
            lines.append((number, line))
    yield from lines


def _may_open(component: str, opened: t.Sequence[str], here: str) -> None:
    inside = any(each in _PASSED_OVER for each in opened)
    allowed = {(): ("VCALENDAR",), ("VCALENDAR",): ("VEVENT", "VTIMEZONE"), ("VCALENDAR", "VEVENT"): ("VALARM",)}
    if not inside and component not in allowed.get(tuple(opened), ()):
        raise InvalidInputError(f"{here} begins {component[:60]}: expected a calendar of events (VEVENT) only.")


def _take(event: _Event, name: str, found: _Property, here: str) -> None:
    if name in _NOT_READ:
        raise InvalidInputError(
            f"{here} has {name}, which is not read: expected each freeze as an event of its own, with DTSTART and "
            "DTEND."
        )
    if name in _ONCE:
        if name in event.properties:
            raise InvalidInputError(f"{here} has {name} twice: expected it once in each event.")
        event.properties[name] = found


def _parameters(text: str) -> dict[str, str]:
    return {name.upper(): value.strip('"') for name, value in _PARAMETER.findall(text)}


def _freeze(event: _Event, here: str) -> Json:
    start, end = event.properties.get("DTSTART"), event.properties.get("DTEND")
    if start is None:
        raise InvalidInputError(f"{here} has no DTSTART: expected when it begins.")
    begins, zone, of_days = _moment(start, f"{here}, DTSTART")
    if end is None and not of_days:
        raise InvalidInputError(f"{here} has no DTEND: expected when it ends.")
    until, zone_of_end, ends_in_days = _moment(end, f"{here}, DTEND") if end else (begins, zone, of_days)
    if ends_in_days != of_days or (zone or "Z") != (zone_of_end or "Z"):
        raise InvalidInputError(f"{here}: DTSTART and DTEND are of two kinds or zones: expected both of one.")
    if of_days and end:  # DTEND is the day after the last one
        until = (date.fromisoformat(until) - timedelta(days=1)).isoformat()
    summary = event.properties.get("SUMMARY")
    reason = _ESCAPED.sub(lambda match: " " if match[1] in "nN" else match[1], summary.value).strip() if summary else ""
    found: Json = {"from": begins, "to": until, "reason": reason or "an event without a summary"}
    return {**found, "timezone": zone} if zone else found


def _moment(found: _Property, here: str) -> tuple[str, str | None, bool]:
    """A date or time in ISO 8601, its zone, and whether it is a day."""
    kind, zone = found.parameters.get("VALUE", ""), found.parameters.get("TZID")
    day, time = _DATE.fullmatch(found.value.strip()), _TIME.fullmatch(found.value.strip())
    unknown = found.parameters.keys() - {"VALUE", "TZID"}
    fits = (day and kind.upper() == "DATE") or (time and kind.upper() in ("", "DATE-TIME"))
    if unknown or not fits or (time and time[1] and zone):
        raise InvalidInputError(
            f"{here} is {found.value[:60]!r} with {dict(found.parameters)}: expected a time such as 20261220T200000Z, "
            "one with TZID, or a day with VALUE=DATE."
        )
    try:
        return datetime.fromisoformat(found.value.strip()).isoformat()[: 10 if day else None], zone, bool(day)
    except ValueError as error:
        raise InvalidInputError(f"{here} is {found.value[:60]!r}: there is no such day or time.") from error


def _not_read(here: str, line: str, expected: str) -> InvalidInputError:
    return InvalidInputError(f"{here} is {line[:60]!r}: expected {expected}.")
