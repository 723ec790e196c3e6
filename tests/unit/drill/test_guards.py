# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a drill may run, and how long: window, freezes, calendar files, and the longest duration."""

from __future__ import annotations

import os
import time
import typing as t
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._drill import guards, process
from ansible_collections.drdrill.powerstore.plugins.module_utils._drill.journal import read
from ansible_collections.drdrill.powerstore.plugins.module_utils._drill.replay import record_options
from ansible_collections.drdrill.powerstore.plugins.module_utils._errors import InvalidInputError
from ansible_collections.drdrill.powerstore.plugins.module_utils._json import Json
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.store import write_drill
from tests.unit.makers.journals import READY, Told, a_reading, an_operation

WEEKEND: Json = {"days": ["sat", "Sun"], "from": "20:00", "to": "04:00", "timezone": "Europe/Berlin"}
BERLIN: Json = {"timezone": "Europe/Berlin"}
CHECK = {"name": "c", "command": ["true"]}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def ids(now: str, window: Json | None = None, freeze: t.Any = (), longest: object = None) -> list[str]:
    found = guards.guards_of(window, freeze, longest)
    return [each["id"] for each in guards.findings(found, at(now))]


# The window: 2026-11-28 is a Saturday, in winter (UTC+1)


@pytest.mark.parametrize(
    ("now", "is_open"),
    [
        ("2026-11-28T18:59:59+00:00", False),
        ("2026-11-28T19:00:00+00:00", True),  # its first moment
        ("2026-11-28T23:30:00+00:00", True),  # after midnight there: Sunday, of Saturday's window
        ("2026-11-29T02:59:59+00:00", True),
        ("2026-11-29T03:00:00+00:00", False),  # its end is not in it
        ("2026-11-30T02:00:00+00:00", True),  # Monday morning, of Sunday's window
        ("2026-11-30T19:30:00+00:00", False),
        ("2026-11-28T02:00:00+00:00", False),  # Saturday morning is Friday's night
    ],
)
def test_over_midnight_the_day_is_the_one_it_begins_on(now: str, is_open: bool) -> None:
    assert ids(now, WEEKEND) == ([] if is_open else ["drill.outside_window"])


@pytest.mark.parametrize(
    ("longest", "found"),
    [(3600, []), (3601, ["drill.outside_window"]), ("3600", []), (604800, ["drill.outside_window"])],
)
def test_a_drill_that_may_last_longer_than_the_window_is_blocked(longest: object, found: list[str]) -> None:
    assert ids("2026-11-29T02:00:00+00:00", WEEKEND, longest=longest) == found


def test_windows_that_touch_are_one() -> None:
    days = {**BERLIN, "days": ["sat", "sun"]}
    assert ids("2026-11-28T22:00:00+00:00", days, longest=25 * 3600) == []
    assert ids("2026-11-28T22:00:00+00:00", days, longest=25 * 3600 + 1) == ["drill.outside_window"]
    always = {**BERLIN, "from": "00:00", "to": "24:00"}
    assert ids("2026-03-27T12:00:00+00:00", always, longest=604800) == []  # over the change of clocks, too


@pytest.mark.parametrize(
    ("window", "opens", "closes"),
    [
        # Clocks go from 02:00 to 03:00 on 2026-03-29, at 01:00 UTC: 02:30 is no time, so the shorter reading counts.
        ({"from": "02:30", "to": "05:00"}, "2026-03-29T01:30:00+00:00", "2026-03-29T03:00:00+00:00"),
        ({"from": "01:00", "to": "02:30"}, "2026-03-29T00:00:00+00:00", "2026-03-29T00:30:00+00:00"),
        ({"from": "20:00", "to": "04:00"}, "2026-03-28T19:00:00+00:00", "2026-03-29T02:00:00+00:00"),
        # From 03:00 to 02:00 on 2026-10-25, at 01:00 UTC: 02:30 is there twice.
        ({"from": "02:30", "to": "05:00"}, "2026-10-25T01:30:00+00:00", "2026-10-25T04:00:00+00:00"),
        ({"from": "01:00", "to": "02:30"}, "2026-10-24T23:00:00+00:00", "2026-10-25T00:30:00+00:00"),
    ],
)
def test_where_clocks_are_changed_the_window_is_the_shorter(window: Json, opens: str, closes: str) -> None:
    found = guards.guards_of({**BERLIN, **window}, [], None)["window"]
    spans = guards.Window(tuple(found["days"]), found["from"], found["to"], found["timezone"]).spans(
        (at(opens), at(closes))
    )
    assert (at(opens), at(closes)) in spans


@pytest.mark.parametrize(
    ("window", "says"),
    [
        ({**WEEKEND, "timezone": "Europe/Berlln"}, "timezone is 'Europe/Berlln': expected a time zone"),
        ({**WEEKEND, "timezone": "../etc/passwd"}, "expected a time zone"),
        ({"days": ["sat"]}, "timezone is null: expected a time zone"),
        ({**WEEKEND, "day": "sat"}, "has 'day': expected only"),
        ({**WEEKEND, "days": ["saturday"]}, "expected one of mon, tue"),
        ({**WEEKEND, "days": []}, "expected one or more of mon"),
        (
            {**WEEKEND, "from": 1200},
            "is 1200: expected a time of day in quotes",
        ),  # 20:00 without quotes, as YAML reads it
        ({**WEEKEND, "from": "8:00"}, "expected a time of day"),
        ({**WEEKEND, "to": "24:01"}, "expected a time of day"),
        ({**WEEKEND, "to": "20:00"}, "from 20:00 to 20:00: expected two times"),
        ({**BERLIN, "from": "20:00"}, "only one of from and to"),
        (BERLIN, "always open"),
        ("weekends", "expected a mapping"),
    ],
)
def test_a_window_that_is_not_understood_is_refused(window: object, says: str) -> None:
    with pytest.raises(InvalidInputError, match=says):
        guards.guards_of(window, [], None)


@pytest.mark.parametrize("longest", [0, -1, 604801, "an hour", 1.5, True])
def test_a_duration_that_is_none_is_refused(longest: object) -> None:
    with pytest.raises(InvalidInputError, match=r"failover_drill_max_duration is .*: expected a whole number from 1"):
        guards.guards_of(None, [], longest)


@pytest.mark.parametrize("nothing", [(None, [], None), ({}, "", ""), ("", None, None)])
def test_without_guards_nothing_is_in_the_way(nothing: tuple[object, object, object]) -> None:
    assert guards.guards_of(*nothing) == {}
    assert guards.findings({}, at("2026-11-28T12:00:00+00:00")) == []


# Freezes

FROZEN: Json = {"from": "2026-12-20", "to": "2027-01-06", "reason": "end of the year", **BERLIN}


@pytest.mark.parametrize(
    ("now", "longest", "frozen"),
    [
        ("2026-12-19T22:59:59+00:00", None, False),
        ("2026-12-19T23:00:00+00:00", None, True),  # the day begins there
        ("2027-01-06T22:59:59+00:00", None, True),  # its last day is in it
        ("2027-01-06T23:00:00+00:00", None, False),
        ("2026-12-19T22:00:00+00:00", 3600, False),
        ("2026-12-19T22:00:00+00:00", 3601, True),  # the drill could reach into it
    ],
)
def test_a_freeze_and_a_drill_that_may_reach_into_it(now: str, longest: int | None, frozen: bool) -> None:
    assert ids(now, None, [FROZEN], longest) == (["drill.frozen"] if frozen else [])


def test_days_of_yaml_times_with_a_zone_and_the_windows_zone_are_understood() -> None:
    entries = [
        {**FROZEN, "from": date(2026, 12, 20), "to": date(2026, 12, 20)},
        {"from": "2026-12-20T00:00:00+01:00", "to": datetime(2026, 12, 20, 23, tzinfo=UTC), "reason": "r"},
    ]
    assert [(e["from"], e["to"]) for e in guards.guards_of(None, entries, None)["freeze"]] == [
        ("2026-12-19T23:00:00.000Z", "2026-12-20T23:00:00.000Z")
    ] * 2
    without = {key: value for key, value in FROZEN.items() if key != "timezone"}
    assert guards.guards_of(WEEKEND, [without], None)["freeze"] == guards.guards_of(None, [FROZEN], None)["freeze"]
    with pytest.raises(InvalidInputError, match="expected a time with its zone, or a timezone beside it"):
        guards.guards_of(None, [without], None)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"to": "2026-12-19"}, "expected to after from"),
        ({"to": None}, r"\[0\].to is null: expected a day or a time"),
        ({"from": "20.12.2026"}, r"\[0\].from is '20.12.2026': expected a day or a time"),
        ({"from": "2026-02-30"}, "expected a day or a time"),
        ({"reason": ""}, "reason is '': expected a text"),
        ({"timezone": "Mars/Base"}, "expected a time zone"),
        ({"until": "2027-01-07"}, "has 'until': expected only"),
    ],
)
def test_a_freeze_that_is_not_understood_is_refused(changed: Json, says: str) -> None:
    with pytest.raises(InvalidInputError, match=says):
        guards.guards_of(None, [{**FROZEN, **changed}], None)


def test_only_freezes_that_a_drill_can_reach_are_kept() -> None:
    days = [{**FROZEN, "from": f"2026-12-{day}", "to": f"2026-12-{day}"} for day in (10, 15, 20, 30)]
    found = guards.within_reach(guards.guards_of(None, days, 60), at("2026-12-15T12:00:00+00:00"))
    assert [each["from"][:10] for each in found["freeze"]] == ["2026-12-14", "2026-12-19"]


# Calendar files

CALENDAR = """BEGIN:VCALENDAR\r
VERSION:2.0\r
BEGIN:VTIMEZONE\r
TZID:Europe/Berlin\r
BEGIN:STANDARD\r
DTSTART:19701025T030000\r
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r
END:STANDARD\r
END:VTIMEZONE\r
{events}END:VCALENDAR\r
"""
EVENT = "BEGIN:VEVENT\r\nUID:1@example.com\r\n{lines}END:VEVENT\r\n"
TIMES = "DTSTART;TZID=Europe/Berlin:20261220T200000\r\nDTEND;TZID=Europe/Berlin:20261221T060000\r\n"


def calendar(*events: str) -> str:
    return CALENDAR.format(events="".join(EVENT.format(lines=lines) for lines in events))


def frozen(text: str, window: Json | None = None) -> list[tuple[str, str, str]]:
    found = guards.guards_of(window, guards.entries_of_file(text, "x.ics"), None)
    return [(e["from"], e["to"], e["reason"]) for e in found.get("freeze") or ()]


def test_events_of_a_calendar_are_freezes() -> None:
    alarm = "BEGIN:VALARM\r\nTRIGGER:-PT15M\r\nDURATION:PT5M\r\nEND:VALARM\r\n"
    text = calendar(
        TIMES + 'SUMMARY;LANGUAGE="en:GB":Quarter end\\, no\r\n  changes\\; none\r\n' + alarm,
        "DTSTART;VALUE=DATE:20261224\r\nDTEND;VALUE=DATE:20261227\r\n",
        "DTSTART;VALUE=DATE:20261231\r\n",
        "DTSTART:20270101T000000Z\r\nDTEND:20270102T000000Z\r\nSUMMARY:UTC\r\n",
        TIMES + "STATUS:CANCELLED\r\n",
    )
    found = [
        ("2026-12-20T19:00:00.000Z", "2026-12-21T05:00:00.000Z", "Quarter end, no changes; none"),
        ("2026-12-23T23:00:00.000Z", "2026-12-26T23:00:00.000Z", "an event without a summary"),
        ("2026-12-30T23:00:00.000Z", "2026-12-31T23:00:00.000Z", "an event without a summary"),
        ("2027-01-01T00:00:00.000Z", "2027-01-02T00:00:00.000Z", "UTC"),
    ]
    assert frozen(text, WEEKEND) == frozen(text.replace("\r\n", "\n"), WEEKEND) == found
    assert frozen(calendar()) == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (calendar(TIMES + "RRULE:FREQ=WEEKLY\r\n"), "line 14 has RRULE, which is not read"),
        (calendar("DTSTART:20261220T200000Z\r\nDURATION:PT1H\r\n"), "has DURATION, which is not read"),
        (calendar(TIMES + "RECURRENCE-ID:20261220T200000Z\r\n"), "RECURRENCE-ID"),
        (calendar(TIMES + TIMES), "DTSTART twice"),
        (calendar("SUMMARY:x\r\n"), "no DTSTART"),
        (calendar("DTSTART:20261220T200000Z\r\n"), "no DTEND"),
        (calendar(TIMES.replace("Europe/Berlin", "W. Europe Standard Time")), "expected a time zone"),
        (calendar("DTSTART:20261220T200000\r\nDTEND:20261220T210000\r\n"), "expected a time with its zone"),
        (calendar("DTSTART;VALUE=DATE:20261220\r\nDTEND:20261220T210000Z\r\n"), "of two kinds or zones"),
        (calendar("DTSTART:20261220\r\n"), "expected a time such as"),
        (calendar("DTSTART;VALUE=DATE:20260230\r\n"), "no such day"),
        (calendar("DTSTART;VALUE=PERIOD:20261220T200000Z/PT1H\r\n"), "expected a time such as"),
        (calendar("DTSTART;X-A=1:20261220T200000Z\r\nDTEND:20261220T210000Z\r\n"), "expected a time such as"),
        (calendar(TIMES + "not a line\r\n"), "lines of one calendar"),
        (calendar(TIMES).replace("VEVENT", "VTODO"), "begins VTODO"),
        (calendar(TIMES).replace("END:VCALENDAR", ""), "no whole calendar"),
        (calendar(TIMES).replace("END:VEVENT\r\n", ""), "the end of what was begun last"),
        (calendar(TIMES) + calendar(TIMES), "lines of one calendar"),
        ("", "no whole calendar"),
        ("<html>", "lines of one calendar"),
        ("SUMMARY:x", "BEGIN:VCALENDAR in the first line"),
    ],
)
def test_a_calendar_that_is_not_understood_is_refused(text: str, says: str) -> None:
    with pytest.raises(InvalidInputError, match=says):
        frozen(text)


# In a drill


def closed(now: datetime) -> Json:
    """A window on the day after tomorrow."""
    return {"days": [guards.DAYS[(now.weekday() + 2) % 7]], "timezone": "UTC"}


@pytest.mark.parametrize("real", [True, False])
def test_outside_the_window_nothing_is_started(tmp_path: Path, real: bool) -> None:
    told = Told(tmp_path, real=real, window=closed(process.now_utc()))
    assert [each["id"] for each in told.said["guards"]] == ["drill.outside_window"]
    said = told("read", what="before", result=a_reading(*READY))
    assert said["refusal"].count("drills may run") == 1 and said["refusal"].endswith("Nothing was started.")
    assert [f["id"] for s in told.drill.sessions for f in s["findings"]] == ["drill.outside_window"] * 2
    assert list(tmp_path.iterdir()) == []


def test_a_calendar_that_cannot_be_read_or_understood_refuses_the_drill(tmp_path: Path) -> None:
    file = tmp_path / "freeze.ics"
    assert "cannot be read: No such file" in Told(tmp_path, freeze=str(file)).said["refusal"]
    os.mkfifo(tmp_path / "fifo.ics")  # without a writer: opened, it would be waited for
    for special in (tmp_path / "fifo.ics", tmp_path, Path("/dev/zero")):
        said = Told(tmp_path, freeze=str(special)).said["refusal"]
        assert f"{special}, which is a folder, a FIFO or a device: expected a calendar" in said
    file.write_bytes(b"\xff")
    assert "cannot be read" in Told(tmp_path, freeze=str(file)).said["refusal"]
    file.write_text(calendar(TIMES + "RRULE:FREQ=WEEKLY\r\n"))
    assert "RRULE" in Told(tmp_path, freeze=str(file)).said["refusal"]
    file.write_text(calendar("DTSTART:20200101T000000Z\r\nDTEND:20990101T000000Z\r\n"))
    told = Told(tmp_path, freeze=str(file))
    assert told.said["refusal"] is None
    assert "there is a freeze" in told("read", what="before", result=a_reading(*READY))["refusal"]


class Clock:
    """The monotonic clock, put forward."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.slept = time.monotonic(), 0.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)
        monkeypatch.setattr(time, "sleep", self.sleep)

    def sleep(self, seconds: float) -> None:
        self.slept += seconds
        self.now += seconds


@pytest.mark.parametrize("policy", ["hold", "continue", "stop_all"])
def test_a_drill_that_takes_too_long_goes_to_its_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, policy: str
) -> None:
    clock = Clock(monkeypatch)
    told = Told(tmp_path, max_duration=100, on_partial_failure=policy, steps={"validate": [CHECK]})
    told("read", what="before", result=a_reading(*READY))
    clock.now += 60
    assert told.started(an_operation("a", "started"))["refusal"] is None
    assert told.said["left_seconds"] == pytest.approx(40)
    over_at = datetime.fromisoformat(told.said["over_at"])
    assert 0 < (over_at - datetime.now(UTC)).total_seconds() <= 40
    said = told("starting", wave=2, pause=3600)  # no longer than is left
    assert clock.slept == pytest.approx(40) and said["refusal"].startswith("overrun: the drill has taken 100 s")
    reason = told("started", wave=2, result={"skipped": True}, reason=said["refusal"])["refusal"]
    said = told("interrupted", task="t", reason=reason)
    assert said["hold"] is False and said["owned"] == ["s-a"]
    told("read", what="during", result=a_reading(*READY))
    told("stopped", wave=1, result={"sessions": [an_operation("a", "stopped")]})
    told("read", what="after", result=a_reading(*READY))
    clock.now += 20
    told("end")
    path = told.said["journal"]
    given = record_options(read(path).events)["guards"]
    assert (given["planned_seconds"], given["actual_seconds"], given["overran"]) == (100, pytest.approx(120), True)
    made = write_drill({"kind": "drill", "directory": str(tmp_path), "journal": path}, write=False)["record"]
    assert made["guards"]["actual_seconds"] == pytest.approx(120)
    assert made["verdict"] in ("incomplete", "failed") and "drill.overrun" in {d["cause"] for d in made["deviations"]}


def test_time_is_looked_at_after_each_step_but_not_after_the_tests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    steps = {"attach": [{**CHECK, "name": "x"}, {**CHECK, "name": "y"}], "release": [{**CHECK, "name": "r"}]}
    told = Told(tmp_path, sessions=[{"volume": "a"}], max_duration=100, steps=steps)
    said = told("read", what="before", result=a_reading(READY[0]))
    assert [turn["names"] for turn in said["turns"]] == [[], ["x"], ["y"]]  # one by one, as the time is looked at
    told.started(an_operation("a", "started"))
    passed = {"checks": [{"name": "x", "passed": True}]}
    clock.now += 99
    assert told("steps", phase="attach", wave=1, names=["x"], result=passed)["refusal"] is None
    clock.now += 1
    assert told("steps", phase="attach", wave=1, names=["x"], result=passed)["refusal"].startswith("overrun: ")
    released = {"checks": [{"name": "r", "passed": True}]}
    assert told("steps", phase="release", names=["r"], result=released)["refusal"] is None
