# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a drill may run, and how long: its window, freezes, and the duration after which it goes to its stop. Pure.

What is not understood is refused. Where a local time is there twice or not at all, as clocks are changed, the window is
the shorter of both readings and a freeze the longer. Now is always given; it is the controller's time.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from .._errors import InvalidInputError
from .._findings.rules import RULES
from .._json import Json
from .._time import format_time, in_words, parse_time
from .drill import Drill
from .ics import freezes_of_ics
from .values import ExpectedError, a_choice, a_list, a_mapping, a_number, a_text, known_keys

WINDOW, FREEZE, LONGEST = "failover_drill_window", "failover_drill_freeze", "failover_drill_max_duration"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MOST_SECONDS = 7 * 86400  # of a drill
OVERRUN = "overrun: "  # how the message of a drill begins that took too long
_WINDOW_EXAMPLE = '{days: [sat, sun], from: "20:00", to: "04:00", timezone: Europe/Berlin}'
_FREEZE_EXAMPLE = "[{from: 2026-12-20, to: 2027-01-06, reason: end of the year}]"
_TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")
_REACH = timedelta(days=8)  # what begins later than this no drill can reach

Span = tuple[datetime, datetime]  # in UTC, its end excluded


@dataclass(frozen=True, slots=True)
class Window:
    """Days on which it opens, and local times; where ``to`` is not after ``begins``, it closes on the day after."""

    days: tuple[str, ...]
    begins: str
    ends: str
    timezone: str

    def spans(self, around: Span) -> list[Span]:
        """When it is open, from two days before a time to two days after another; what touches is one."""
        zone = a_zone(self.timezone, f"{WINDOW}.timezone")
        first = around[0].astimezone(zone).date() - timedelta(days=2)
        count = (around[1] - around[0]).days + 5
        days = (first + timedelta(days=number) for number in range(count))
        found: list[Span] = []
        for day in days:
            start, end = self._of(day, zone)
            if DAYS[day.weekday()] not in self.days or start >= end:
                continue
            if found and found[-1][1] >= start:
                found[-1] = (found[-1][0], max(found[-1][1], end))
            else:
                found.append((start, end))
        return found

    def _of(self, day: date, zone: ZoneInfo) -> Span:
        until = day + timedelta(days=self.ends <= self.begins)
        return max(_readings(day, self.begins, zone)), min(_readings(until, self.ends, zone))

    def __str__(self) -> str:
        return f"{', '.join(self.days)} {self.begins} to {self.ends} {self.timezone}"


def a_zone(value: object, where: str) -> ZoneInfo:
    """A time zone by its name in the IANA database of this host (or the package tzdata). Raises ExpectedError."""
    name = a_text(value, where)
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError) as error:
        raise ExpectedError(where, "a time zone that this host knows, such as Europe/Berlin or UTC", value) from error


def guards_of(window: object, freeze: object, max_duration: object) -> Json:
    """What guards a drill, as plan and journal have it: ``{window, freeze, max_duration_seconds}``; ``{}`` for nothing.

    ``window`` is as it was given, completed; ``freeze`` is a list of ``{from, to, reason}`` in UTC. A freeze that is in
    a file is given as its entries (see ``entries_of_file``). Raises InvalidInputError.
    """
    opened = None if window in (None, "", {}) else _window(window)
    default = opened.timezone if opened else None
    entries = a_list(freeze, FREEZE, f"{_FREEZE_EXAMPLE}, or the path of an .ics file")
    frozen = [_freeze(entry, f"{FREEZE}[{number}]", default) for number, entry in enumerate(entries)]
    longest = None if max_duration in (None, "") else a_number(max_duration, LONGEST, lowest=1, highest=MOST_SECONDS)
    if opened is None and not frozen and longest is None:
        return {}
    return {
        "window": None if opened is None else _as_json(opened),
        "freeze": frozen,
        "max_duration_seconds": longest,
    }


def entries_of_file(text: str, path: str) -> list[Json]:
    """The freezes of a calendar file, as ``guards_of`` takes them. Raises InvalidInputError."""
    return freezes_of_ics(text, f"{FREEZE} ({path})")


def within_reach(guards: Json, now: datetime) -> Json:
    """Without the freezes that are over, or begin later than a drill can last: a calendar may hold years."""
    if not guards:
        return guards
    near = [each for each in guards["freeze"] if _at(each["to"]) > now and _at(each["from"]) < now + _REACH]
    return {**guards, "freeze": near}


def findings(guards: Json, now: datetime, planned_end: datetime | None = None) -> list[Json]:
    """What refuses the start now, as findings without ``session_id``: one judge of preflight, check mode and drill.

    ``planned_end``: when the drill is over at the latest; else it follows from the longest duration, if one is given.
    """
    longest = guards.get("max_duration_seconds")
    end = planned_end or now + timedelta(seconds=longest or 0)
    found = [*_outside(guards.get("window"), now, end), *_frozen(guards.get("freeze") or (), now, end)]
    return [
        {
            "id": rule.id,
            "severity": rule.severity,
            "message": message,
            "impact": rule.impact,
            "resolution": rule.resolution,
        }
        for rule, message in ((RULES[rule_id], message) for rule_id, message in found)
    ]


def guarded(sessions: t.Iterable[Json], found: t.Sequence[Json]) -> list[Json]:
    """The sessions, each with these findings besides its own; with one of them, none is ready."""
    if not found:
        return list(sessions)
    return [
        {
            **session,
            "ready": False,
            "findings": [
                *(session.get("findings") or ()),
                *({**each, "session_id": session.get("session_id")} for each in found),
            ],
        }
        for session in sessions
    ]


def planned_end(drill: Drill) -> datetime | None:
    """When the drill is over at the latest, by the controller's clock; None where no duration is given."""
    longest = _of(drill).get("max_duration_seconds")
    began = parse_time(drill.plan.get("began_at") or drill.plan["at"])
    return None if longest is None or began is None else began + timedelta(seconds=longest)


def left_seconds(drill: Drill, clock: float) -> float | None:
    """Seconds until the drill goes to its stop, by the monotonic clock that it began by; None where nothing ends it."""
    longest, began = _of(drill).get("max_duration_seconds"), drill.plan.get("began_t")
    return None if longest is None or began is None else round(longest - (clock - began), 3)


def over_at(drill: Drill, clock: float, now: datetime) -> str | None:
    """When that is by the clock of the day: what several tasks are counted down by, without asking here again."""
    left = left_seconds(drill, clock)
    return None if left is None else format_time(now + timedelta(seconds=left))


def why_over(drill: Drill, clock: float) -> str | None:
    """Why the drill goes to its stop now; None where its time is not over."""
    left = left_seconds(drill, clock)
    if left is None or left > 0 or not drill.real:
        return None
    longest = _of(drill)["max_duration_seconds"]
    return (
        f"{OVERRUN}the drill has taken {longest - left:.0f} s, and {LONGEST} is {longest} s. It goes to its stop; what "
        "was not done by then is left out."
    )


def why_no_start_now(drill: Drill, now: datetime, clock: float) -> str | None:
    """Why no (further) wave is started; None where it may be."""
    over = why_over(drill, clock)
    found = findings(_of(drill), now, planned_end(drill)) if drill.real and not over else []
    why = [over] if over else [f"{each['message']} {each['resolution']}" for each in found]
    first = [] if drill.attempted else ["Nothing was started."]
    return " ".join([*why, *first]) if why else None


def overran(drill: Drill) -> bool:
    """Whether the drill was ended as it took too long."""
    return drill.interruption is not None and str(drill.interruption["message"]).startswith(OVERRUN)


def as_recorded(drill: Drill) -> Json | None:
    """The guards as the record has them, planned and actual; None where there are none."""
    guards = _of(drill)
    if not guards:
        return None
    window, last = guards["window"], drill.events[-1]
    began, ended = drill.plan.get("began_t"), last.get("t") if last["event"] == "end" else None
    return {
        "window": None if window is None else str(_window_again(window)),
        "freezes": [f"{each['from']} to {each['to']}: {each['reason']}" for each in guards["freeze"]],
        "planned_seconds": guards["max_duration_seconds"],
        "actual_seconds": None if began is None or ended is None else round(ended - began, 3),
        "planned_end": format_time(planned_end(drill)),
        "overran": overran(drill),
    }


def _of(drill: Drill) -> Json:
    return dict(drill.plan.get("guards") or {})  # a journal of an earlier version has none


def _outside(window: Json | None, now: datetime, end: datetime) -> t.Iterator[tuple[str, str]]:
    if window is None:
        return
    opened = _window_again(window)
    spans = opened.spans((now, max(now, end)))
    inside = next((span for span in spans if span[0] <= now < span[1]), None)
    if inside is None:
        yield "drill.outside_window", f"It is {_shown(now, opened.timezone)}, and drills may run {opened}."
    elif end > inside[1]:
        closes = f"closes at {_shown(inside[1], opened.timezone)}, in {in_words(inside[1] - now)}"
        text = f"The drill may last until {_shown(end, opened.timezone)}, and its window ({opened}) {closes}."
        yield "drill.outside_window", text


def _frozen(freezes: t.Iterable[Json], now: datetime, end: datetime) -> t.Iterator[tuple[str, str]]:
    for each in freezes:
        begins, until = _at(each["from"]), _at(each["to"])
        if begins <= now < until:
            yield "drill.frozen", f"Until {each['to']} there is a freeze: {each['reason']}."
        elif now < begins < end:
            text = f"The drill may last until {format_time(end)}, and a freeze begins at {each['from']}"
            yield "drill.frozen", f"{text}: {each['reason']}."


def _window(value: object) -> Window:
    given = a_mapping(value, WINDOW, _WINDOW_EXAMPLE)
    known_keys(given, WINDOW, ("days", "from", "to", "timezone"))
    if given.get("timezone") in (None, ""):
        raise ExpectedError(f"{WINDOW}.timezone", "a time zone, such as Europe/Berlin or UTC", given.get("timezone"))
    zone = a_zone(given["timezone"], f"{WINDOW}.timezone")
    days = given.get("days")
    named = a_list([] if days is None else days, f"{WINDOW}.days", "[sat, sun]")
    if days is not None and not named:
        raise ExpectedError(f"{WINDOW}.days", f"one or more of {', '.join(DAYS)}", days)
    found = {a_choice(each, f"{WINDOW}.days", DAYS) for each in named} or set(DAYS)
    if (given.get("from") is None) != (given.get("to") is None):
        raise InvalidInputError(f"{WINDOW} has only one of from and to: expected both, such as {_WINDOW_EXAMPLE}.")
    if days is None and given.get("from") is None:
        raise InvalidInputError(f"{WINDOW} is always open: expected days, from and to, such as {_WINDOW_EXAMPLE}.")
    begins = _time_of_day(given.get("from", "00:00") or "00:00", f"{WINDOW}.from")
    ends = _time_of_day(given.get("to", "24:00") or "24:00", f"{WINDOW}.to")
    if begins == ends or begins == "24:00":
        raise InvalidInputError(
            f"{WINDOW} is from {begins} to {ends}: expected two times, such as {_WINDOW_EXAMPLE}; "
            'all of a day is "00:00" to "24:00".'
        )
    return Window(tuple(day for day in DAYS if day in found), begins, ends, zone.key)


def _as_json(window: Window) -> Json:
    return {"days": list(window.days), "from": window.begins, "to": window.ends, "timezone": window.timezone}


def _window_again(window: Json) -> Window:
    return Window(tuple(window["days"]), window["from"], window["to"], window["timezone"])


def _time_of_day(value: object, where: str) -> str:
    if not isinstance(value, str) or not _TIME_OF_DAY.fullmatch(value.strip()):
        raise ExpectedError(where, 'a time of day in quotes, from "00:00" to "24:00"', value)
    return value.strip()


def _readings(day: date, time_of_day: str, zone: ZoneInfo) -> list[datetime]:
    """What a local time means; two where clocks are changed then."""
    whole = time_of_day == "24:00"
    local = datetime.combine(day + timedelta(days=whole), time.min if whole else time.fromisoformat(time_of_day))
    return _both(local, zone)


def _both(local: datetime, zone: ZoneInfo) -> list[datetime]:
    return [local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]


def _freeze(value: object, where: str, default: str | None) -> Json:
    given = a_mapping(value, where, "{from: 2026-12-20, to: 2027-01-06, reason: end of the year}")
    known_keys(given, where, ("from", "to", "reason", "timezone"))
    name = given.get("timezone") or default
    zone = None if name is None else a_zone(name, f"{where}.timezone")
    start = min(_bound(given.get("from"), f"{where}.from", zone))
    end = max(_bound(given.get("to"), f"{where}.to", zone, last=True))
    if end <= start:
        raise InvalidInputError(f"{where} is from {format_time(start)} to {format_time(end)}: expected to after from.")
    return {
        "from": format_time(start),
        "to": format_time(end),
        "reason": a_text(given.get("reason"), f"{where}.reason"),
    }


def _bound(value: object, where: str, zone: ZoneInfo | None, *, last: bool = False) -> list[datetime]:
    """A day or a time in ISO 8601, as YAML has it, too. ``last``: a day is meant with all of it."""
    text = value.isoformat() if isinstance(value, date) else value  # a datetime is a date
    try:
        if not isinstance(text, str) or len(text.strip()) < len("2026-12-20"):
            raise ValueError("no text")
        text = text.strip()
        moment = datetime.fromisoformat(text)
        if len(text) == len("2026-12-20") and last:
            moment += timedelta(days=1)
        if moment.tzinfo is not None:
            return [moment.astimezone(UTC)]
        if zone is not None:
            return _both(moment, zone)
    except (ValueError, OverflowError) as error:
        raise ExpectedError(where, "a day or a time, such as 2026-12-20 or 2026-12-20T18:00:00+01:00", value) from error
    raise ExpectedError(where, f"a time with its zone, or a timezone beside it or in {WINDOW}", value)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _shown(moment: datetime, timezone: str) -> str:
    return moment.astimezone(ZoneInfo(timezone)).strftime("%a %Y-%m-%d %H:%M %Z")
