# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A drill compared with the one before in the folder: what changed, what became slower, what could not be read."""

from __future__ import annotations

import hashlib
import json
import os
import typing as t
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._json import Json
from ansible_collections.drdrill.powerstore.plugins.module_utils._record import earlier
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.options import OPTIONS
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.store import write_drill
from tests.unit.makers.drills import CONTEXT, a_drill
from tests.unit.makers.spoils import VALID, Spoil, check, put

DEFAULTS: Json = {name: option.get("default") for name, option in OPTIONS.items()}


def later(days: int, value: t.Any) -> t.Any:
    """The same, every time in it that many days later."""
    if isinstance(value, dict):
        return {key: later(days, entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [later(days, entry) for entry in value]
    if isinstance(value, str) and value.startswith("2026-11-"):
        moment = datetime.fromisoformat(value).astimezone(UTC) + timedelta(days=days)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value


@dataclass
class Folder:
    """Drills one after the other, a day each, whose records are in one folder."""

    path: Path
    drills: list[Json] = field(default_factory=list)

    def drill(self, *spoils: Spoil, **given: t.Any) -> Json:
        """A drill on the next day; the result of drill_record."""
        seen = a_drill()
        for spoil in spoils:
            spoil(seen)
        day = len(self.drills)
        record_id = f"202611{24 + day:02d}T200000Z-powerstore-dr-{day:08x}"
        options = {**DEFAULTS, **CONTEXT, **later(day, seen), "kind": "drill", "directory": str(self.path)}
        result = write_drill({**options, "id": record_id, "rto_regression_percent": 50, **given}, write=True)
        assert not result.get("failed"), result
        VALID.validate(result["record"])
        assert max(map(len, result["summary"][:-1])) <= 108
        self.drills.append(result)
        return result


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """An empty folder of records."""
    return Folder(tmp_path)


def changes(result: Json) -> dict[str, str]:
    return {session["resource_name"]: session["change"]["what"] for session in result["record"]["sessions"]}


def without(session_id: str) -> Spoil:
    """A drill that has one session less."""

    def spoil(drill: Json) -> None:
        drill["wishes"] = [{"session_id": "s-1"}]
        for phase in (drill["before"], drill["during"], drill["after"], *drill["starts"], *drill["stops"]):
            phase["sessions"] = [each for each in phase["sessions"] if each["session_id"] != session_id]

    return spoil


def slower(seconds: int) -> Spoil:
    """The check that ends the recovery is done later; what follows, too."""

    def spoil(drill: Json) -> None:
        for name in ("started_at", "finished_at"):
            moment = datetime.fromisoformat(drill["steps"][0][name]) + timedelta(seconds=seconds)
            drill["steps"][0][name] = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    return spoil


def causes(result: Json) -> list[str]:
    return [deviation["cause"] for deviation in result["record"]["deviations"]]


def test_the_first_drill_has_none_before(folder: Folder) -> None:
    record = folder.drill()["record"]

    assert record["previous"] is None and record["not_readable"] == []
    assert [session["change"] for session in record["sessions"]] == [None, None]


def test_the_drill_before_is_named_with_its_hash(folder: Folder) -> None:
    first = folder.drill()
    second = folder.drill()
    previous = second["record"]["previous"]

    assert (previous["id"], previous["verdict"], previous["cleanup"]) == (
        first["record"]["drill"]["id"], first["verdict"], first["cleanup_verdict"],
    )  # fmt: skip
    assert previous["file"] == os.path.basename(first["path"])
    assert previous["sha256"] == hashlib.sha256(Path(first["path"]).read_bytes()).hexdigest()
    assert previous["at"] == first["record"]["times"]["started_at"]
    assert (previous["in_common"], previous["left_out_now"]) == (2, [])
    assert previous["rto_seconds"] == 120.0 and previous["rto_delta_seconds"] == 0.0
    assert changes(second) == {"erp-data": "still_passing", "erp-db": "still_passing"}


def test_what_failed_and_what_was_mended(folder: Folder) -> None:
    broken = check(passed=False, observed="503", session="erp-db")
    folder.drill()
    assert changes(folder.drill(broken)) == {"erp-data": "still_passing", "erp-db": "newly_failing"}
    again = folder.drill(broken)
    assert changes(again)["erp-db"] == "still_failing"
    assert any(line.startswith("failed  still failing volume erp-db") for line in again["summary"])
    assert "1 still failing, 1 still passing" in " ".join(again["summary"])
    mended = folder.drill()["record"]["sessions"][1]["change"]
    assert (mended["what"], mended["verdict_before"], mended["rto_delta_seconds"]) == ("fixed", "failed", None)


def test_a_session_that_came_and_one_that_went(folder: Folder) -> None:
    folder.drill(without("s-2"))
    grown = folder.drill()
    assert changes(grown) == {"erp-data": "still_passing", "erp-db": "new"}
    shrunk = folder.drill(without("s-2"))["record"]["previous"]
    assert (shrunk["in_common"], shrunk["left_out_now"]) == (1, ["erp-db"])
    # The two had other sessions, so the time of the drill as a whole says nothing.
    assert (shrunk["rto_seconds"], shrunk["rto_delta_seconds"], shrunk["rto_delta_percent"]) == (120.0, None, None)


@pytest.mark.parametrize(
    ("seconds", "limit", "regressed"),
    [
        (61, 50, True),  # of 120 s
        (60, 50, False),  # not beyond it
        (31, 0, True),
        (30, 0, False),  # noise, no matter how much of the time it is
        (61, None, False),
        (-60, 0, False),
    ],
)
def test_a_recovery_time_that_became_longer(folder: Folder, seconds: int, limit: int | None, regressed: bool) -> None:
    folder.drill()
    result = folder.drill(slower(seconds), rto_regression_percent=limit)
    sessions = result["record"]["sessions"]

    assert causes(result) == (["rto.regressed"] * 2 if regressed else [])
    assert result["verdict"] == ("passed_with_deviations" if regressed else "passed")
    assert [session["verdict"] for session in sessions] == [result["verdict"]] * 2
    assert sessions[0]["change"]["rto_delta_seconds"] == seconds
    assert sessions[0]["change"]["rto_delta_percent"] == pytest.approx(100 * seconds / 120, abs=0.1)
    assert result["record"]["objectives"]["rto_regression_percent"] == limit


def test_a_missed_objective_is_not_reported_twice(folder: Folder) -> None:
    folder.drill()
    missed = folder.drill(slower(120), rto_seconds=180)

    assert set(causes(missed)) == {"rto.missed"}
    assert any("longer" in text for each in missed["record"]["deviations"] for text in each["consequences"])


def test_only_a_drill_of_the_same_array_and_a_session_of_both_counts(folder: Folder) -> None:
    other = [put(f"{place}.cluster.global_id", "PS999") for place in ("before", "starts.0", "during", "stops.0")]
    folder.drill(*other)
    blocked = [put(name, []) for name in ("starts", "stops", "steps")]
    folder.drill(*blocked, put("during", None), put("after", None))
    assert folder.drill()["record"]["previous"] is None


def test_an_older_drill_is_not_compared_with_a_younger_one(folder: Folder) -> None:
    folder.drill()
    folder.drill()
    journal_of_yesterday = folder.drills.pop()
    Path(journal_of_yesterday["path"]).unlink()
    folder.drill()
    again = folder.drill()
    assert again["record"]["previous"]["id"] == folder.drills[1]["record"]["drill"]["id"]


def test_a_replication_that_was_set_up_anew_is_the_same_resource(folder: Folder) -> None:
    folder.drill()

    def renamed(drill: Json) -> None:
        text = json.dumps(drill).replace('"s-2"', '"s-9"')
        drill.update(json.loads(text))

    assert changes(folder.drill(renamed)) == {"erp-data": "still_passing", "erp-db": "still_passing"}


GARBAGE: dict[str, bytes] = {
    "no JSON": b"{",
    "no object": b"[]",
    "not as its schema has it": b"",  # made of the record
    "no UTF-8": b"\xff\xfe",
    "deep": b"[" * 100_000,
}


@pytest.mark.parametrize("what", GARBAGE)
def test_an_older_record_that_cannot_be_read_is_named(folder: Folder, what: str) -> None:
    good = folder.drill()
    folder.drill()
    broken = Path(folder.drills[1]["path"])
    spoiled = {**json.loads(broken.read_text()), "verdict": 7}
    broken.write_bytes(GARBAGE[what] or json.dumps(spoiled).encode())
    result = folder.drill()

    assert result["record"]["previous"]["id"] == good["record"]["drill"]["id"]
    assert [each["file"] for each in result["record"]["not_readable"]] == [broken.name]
    assert f"Not compared with {broken.name}" in " ".join(result["summary"])
    assert result["verdict"] == "passed"


def test_an_older_record_with_a_number_that_measures_nothing_keeps_nobody_from_a_record(folder: Folder) -> None:
    folder.drill()
    path = Path(folder.drills[0]["path"])
    record = json.loads(path.read_text())
    record["sessions"][0]["seconds_in_test"] = 10**400
    path.write_text(json.dumps(record))
    found = folder.drill()["record"]

    assert (found["verdict"], found["previous"]) == ("passed", None)
    assert [(each["file"], "seconds_in_test" in each["why"]) for each in found["not_readable"]] == [(path.name, True)]


def test_a_record_without_a_time_in_its_name_is_not_the_newest(folder: Folder) -> None:
    folder.drill()
    Path(folder.drills[0]["path"]).rename(folder.path / "drill-zzz.json")
    last = folder.drill()
    assert folder.drill()["record"]["previous"]["id"] == last["record"]["drill"]["id"]


def test_what_is_no_plain_file_or_far_too_large_is_named_and_not_waited_for(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(folder.path / "drill-20261201T000000Z-fifo.json")
    (folder.path / "drill-20261202T000000Z-link.json").symlink_to("gone")
    monkeypatch.setattr(earlier, "_LARGEST", 10)
    (folder.path / "drill-20261203T000000Z-large.json").write_text("x" * 11)
    found = {each["file"]: each["why"] for each in folder.drill()["record"]["not_readable"]}

    assert len(found) == 3
    assert "FIFO" in found["drill-20261201T000000Z-fifo.json"]
    assert "larger" in found["drill-20261203T000000Z-large.json"]


def test_not_more_than_the_newest_are_opened(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.drill()
    for number in range(3):
        (folder.path / f"drill-2026120{number}T000000Z-x.json").write_text("{}")
    monkeypatch.setattr(earlier, "_MOST", 3)
    record = folder.drill()["record"]

    assert record["previous"] is None
    assert "only the 3 newest" in record["not_readable"][-1]["why"]
