# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is open from earlier drills: opened by a record, carried over, overdue, closed, and seen again."""

from __future__ import annotations

import json
import threading
import typing as t
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._json import Json
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.store import write_drill
from tests.running import run_action
from tests.unit.makers.drills import CONTEXT, a_drill
from tests.unit.makers.reporting import run_report
from tests.unit.makers.spoils import VALID, Spoil, check, put

FAILED = check(passed=False, observed="503")


def drilled(folder: Path, *spoils: Spoil) -> Json:
    """The record of one more drill in that folder."""
    drill = a_drill()
    for spoil in spoils:
        spoil(drill)
    result = write_drill({"kind": "drill", **CONTEXT, **drill, "directory": str(folder)}, write=True)
    assert "failed" not in result and "warnings" not in result, result
    VALID.validate(result["record"])
    return {**result["record"], "path": result["path"]}


def action(folder: Path, **options: t.Any) -> Json:
    """The result of drill_action."""
    return run_action("drill_action", directory=str(folder), **options)


def listed(folder: Path) -> list[Json]:
    return t.cast(list[Json], action(folder, all=True)["actions"])


def only(folder: Path) -> Json:
    (found,) = listed(folder)
    return found


def day(days: int) -> str:
    return f"{datetime.now(UTC) + timedelta(days=days):%Y-%m-%d}"


def causes(record: Json) -> list[str]:
    return [each["cause"] for each in record["deviations"]]


def test_open_not_seen_closed_recurred(tmp_path: Path) -> None:
    first = drilled(tmp_path, FAILED)
    assert first["carried_over"] == [] and causes(first) == ["check.failed"]
    opened = only(tmp_path)
    assert (opened["status"], opened["cause"], opened["opened_in"]) == ("open", "check.failed", first["drill"]["id"])

    second = drilled(tmp_path)
    (carried,) = second["carried_over"]
    assert (carried["status"], carried["seen"], carried["opened_in"]) == ("open", False, first["drill"]["id"])
    assert second["verdict"] == "passed"  # what is open and not due is no deviation

    closed = action(tmp_path, state="closed", fingerprint=opened["fingerprint"], comment="The service was repaired.")
    assert closed["changed"] is True and only(tmp_path)["status"] == "closed"
    assert drilled(tmp_path)["carried_over"] == []

    again = drilled(tmp_path, FAILED)
    (recurred,) = again["carried_over"]
    assert (recurred["status"], recurred["seen"]) == ("recurred", True)
    assert causes(again) == ["check.failed", "action.recurred"] and again["verdict"] == "failed"
    assert "is seen again, after it was closed on" in again["deviations"][1]["description"]
    assert "The service was repaired." in again["deviations"][1]["description"]
    reopened = only(tmp_path)  # the same action, and none about the action
    assert (reopened["status"], reopened["opened"], reopened["closed_at"]) == ("open", 2, None)


def test_seen_again_while_it_is_open_is_no_second_action(tmp_path: Path) -> None:
    drilled(tmp_path, FAILED)
    (carried,) = drilled(tmp_path, FAILED)["carried_over"]
    assert (carried["status"], carried["seen"]) == ("open", True) and only(tmp_path)["opened"] == 1


def test_overdue_is_a_deviation(tmp_path: Path) -> None:
    drilled(tmp_path, FAILED)
    action(tmp_path, state="assigned", fingerprint=only(tmp_path)["fingerprint"], owner="A. Osei", due=day(-1))
    assert action(tmp_path)["overdue"] == 1
    record = drilled(tmp_path)
    assert (record["verdict"], causes(record)) == ("passed_with_deviations", ["action.overdue"])
    assert f"it was due by {day(-1)}, owner A. Osei" in record["deviations"][0]["description"]
    assert record["carried_over"][0]["status"] == "overdue" and len(listed(tmp_path)) == 1


def test_a_risk_is_accepted_until_a_day(tmp_path: Path) -> None:
    drilled(tmp_path, FAILED)
    key = only(tmp_path)["fingerprint"]
    action(tmp_path, state="assigned", fingerprint=key, owner="A. Osei", due=day(-1))
    action(tmp_path, state="accepted", fingerprint=key, owner="The board", until=day(30), comment="Replaced in May.")
    (carried,) = drilled(tmp_path, FAILED)["carried_over"]
    assert (carried["status"], carried["owner"], carried["accepted_until"]) == ("accepted", "The board", day(30))

    action(tmp_path, state="accepted", fingerprint=key, owner="The board", until=day(-1), comment="Replaced in May.")
    record = drilled(tmp_path)
    assert causes(record) == ["action.overdue"] and "the risk was accepted until" in record["reasons"][0]


def test_an_action_of_another_array_is_not_carried_over(tmp_path: Path) -> None:
    drilled(tmp_path, FAILED)
    other = [
        put(f"{part}.cluster.global_id", "PSother") for part in ("before", "starts.0", "during", "stops.0", "after")
    ]
    assert drilled(tmp_path, *other)["carried_over"] == []


def test_a_drill_that_is_not_about_the_session_says_nothing_of_it(tmp_path: Path) -> None:
    drilled(tmp_path, put("before.sessions.0.volumes.0.hosts", []), put("during.sessions.0.volumes.0.hosts", []))
    assert {each["session_id"] for each in listed(tmp_path)} == {"s-1"}

    def without_the_first(drill: Json) -> None:
        for phase in (drill["before"], *drill["starts"], drill["during"], *drill["stops"], drill["after"]):
            del phase["sessions"][0]
        drill["wishes"] = [{"session_id": "s-2"}]

    assert {each["seen"] for each in drilled(tmp_path, without_the_first)["carried_over"]} == {None}


def test_the_report_shows_what_is_open(tmp_path: Path) -> None:
    drilled(tmp_path, FAILED)
    record = drilled(tmp_path)
    page = Path(run_report(record=record["path"], formats=["html"])["files"]["html"]).read_text(encoding="utf-8")
    assert "Open from earlier drills" in page and "not seen" in page and only(tmp_path)["fingerprint"][:12] in page


REFUSED: dict[str, tuple[Json, str]] = {
    "no fingerprint": ({"state": "closed", "comment": "x"}, "fingerprint is ''"),
    "a short fingerprint": ({"state": "closed", "fingerprint": "KEY7", "comment": "x"}, "at least 8 characters"),
    "an unknown one": ({"state": "closed", "fingerprint": "0" * 12, "comment": "x"}, "0 begin with these"),
    "closed without a word": ({"state": "closed", "fingerprint": "KEY"}, "expected comment, too"),
    "accepted by nobody": (
        {"state": "accepted", "fingerprint": "KEY", "comment": "x"},
        "expected owner and until, too",
    ),
    "assigned to nobody": ({"state": "assigned", "fingerprint": "KEY"}, "expected owner and due, too"),
    "a due that is no day": ({"state": "assigned", "fingerprint": "KEY", "due": "friday"}, "due is 'friday'"),
    "a day that is none": ({"state": "assigned", "fingerprint": "KEY", "due": "2026-02-30"}, "due is '2026-02-30'"),
    "another folder": ({"directory": "/nowhere"}, "expected the folder of the records"),
}


@pytest.mark.parametrize(("options", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(options: Json, words: str, tmp_path: Path) -> None:
    drilled(tmp_path, FAILED)
    before, key = (tmp_path / "actions.jsonl").read_bytes(), only(tmp_path)["fingerprint"]
    given = {name: value.replace("KEY7", key[:7]).replace("KEY", key) for name, value in options.items()}
    result = run_action("drill_action", **{"directory": str(tmp_path), **given})
    assert result["failed"] is True and words in result["msg"]
    assert (tmp_path / "actions.jsonl").read_bytes() == before


def test_a_closed_one_is_not_assigned(tmp_path: Path) -> None:
    drilled(tmp_path, FAILED)
    key = only(tmp_path)["fingerprint"][:12]
    action(tmp_path, state="closed", fingerprint=key, comment="Done.")
    assert action(tmp_path, state="closed", fingerprint=key, comment="Done.")["changed"] is False
    assert "is closed" in action(tmp_path, state="assigned", fingerprint=key, owner="me")["msg"]


def test_the_commands_that_are_shown(tmp_path: Path) -> None:
    drilled(tmp_path, FAILED)
    result = action(tmp_path)
    assert result["summary"][2].startswith("open") and "check.failed ledger answers" in result["summary"][2]
    commands = [line.strip() for line in result["summary"] if "drill_action" in line]
    assert [command.partition("state=")[2].split()[0] for command in commands] == ["assigned", "closed", "accepted"]


@pytest.mark.parametrize(
    "line", [b"{", b"[]", b'{"event": "opened"}', b'{"event": "x", "fingerprint": "f", "at": "y"}', b"\xff"]
)
def test_a_torn_file_keeps_no_record_from_being_written(line: bytes, tmp_path: Path) -> None:
    drilled(tmp_path, FAILED)
    with (tmp_path / "actions.jsonl").open("ab") as file:
        file.write(line)
    assert "Line 2 of" in action(tmp_path)["msg"]
    result = write_drill({"kind": "drill", **CONTEXT, **a_drill(), "directory": str(tmp_path)}, write=True)
    assert result["verdict"] == "passed_with_deviations" and "is not known: Line 2 of" in result["record"]["reasons"][0]
    assert "No action was opened" in result["warnings"][0] and Path(result["path"]).exists()


def test_two_at_once_lose_no_line(tmp_path: Path) -> None:
    drilled(tmp_path, FAILED)
    key = only(tmp_path)["fingerprint"]
    threads = [
        threading.Thread(
            target=action, args=(tmp_path,), kwargs={"state": "assigned", "fingerprint": key, "owner": f"N{n}"}
        )
        for n in range(8)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    events = [json.loads(line) for line in (tmp_path / "actions.jsonl").read_text().splitlines()]
    assert sorted(event["owner"] for event in events[1:]) == [f"N{n}" for n in range(8)]


def test_check_mode_opens_nothing(tmp_path: Path) -> None:
    drill = a_drill()
    FAILED(drill)
    write_drill({"kind": "drill", **CONTEXT, **drill, "directory": str(tmp_path)}, write=False)
    assert list(tmp_path.iterdir()) == []
