# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record from the journal: what a file gives back, also of a drill that was cut off, and which drills those are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._drill import process
from ansible_collections.drdrill.powerstore.plugins.module_utils._drill.journal import read
from ansible_collections.drdrill.powerstore.plugins.module_utils._drill.phases import phases
from ansible_collections.drdrill.powerstore.plugins.module_utils._drill.replay import CUT_OFF, record_options
from ansible_collections.drdrill.powerstore.plugins.module_utils._drill.unfinished import unfinished
from ansible_collections.drdrill.powerstore.plugins.module_utils._errors import InvalidInputError
from tests.unit.makers.journals import READY, Told, a_reading, a_session, an_operation, prepared

CHECK = {"name": "c", "command": ["true"]}


def test_the_phases_follow_one_another_without_a_gap(tmp_path: Path) -> None:
    told = prepared(tmp_path)
    told.started(an_operation("a", "started"))
    told("interrupted", task="x", reason="broke off")
    found = phases(told.drill)
    assert [(each["phase"], each["wave"], each["failed"]) for each in found] == [
        ("preflight", None, False), ("start", 1, True)
    ]  # fmt: skip
    assert found[0]["finished_at"] == found[1]["started_at"] and found[1]["reason"] == "broke off"


def test_the_file_gives_the_same_record_options(tmp_path: Path) -> None:
    told = prepared(tmp_path, title="Quarterly", steps={"validate": [CHECK]})
    told.started(an_operation("a", "started"))
    told("stopped", wave=1, result={"sessions": [an_operation("a", "stopped")]})
    told("read", what="after", result=a_reading(*READY))
    told("end")
    options = record_options(read(told.said["journal"]).events)
    assert (options["title"], options["owned"], options["interruption"]) == ("Quarterly", ["s-a"], None)
    assert len(options["starts"]) == len(options["stops"]) == 1 and options["after"]["sessions"]
    assert [step["name"] for step in options["planned_steps"]] == ["c"]


def test_a_journal_without_an_end_is_of_a_drill_that_was_cut_off(tmp_path: Path) -> None:
    told = prepared(tmp_path)
    told.started(an_operation("a", "started"))
    swept = {"tests": [{"session_id": "s-a", "action": "stopped", "stop_job_id": "j"}, {"session_id": "s-x"}]}
    options = record_options(read(told.said["journal"]).events, swept)
    assert options["interruption"]["message"] == CUT_OFF
    assert [entry["job_id"] for entry in options["stops"][0]["sessions"]] == ["j"]


def test_what_was_found_on_another_array_says_nothing_of_this_one(tmp_path: Path) -> None:
    told = Told(tmp_path)
    told("read", what="before", result=a_reading(*READY, cluster={"name": "dr", "global_id": "PS1"}))
    told.started(an_operation("a", "started"))
    events = read(told.said["journal"]).events
    for global_id, seen in (("PS1", True), ("PS2", False), (None, True)):
        later = a_reading(*READY, cluster={"name": "dr", "global_id": global_id})
        assert (record_options(events, later=later)["after"] is not None) is seen


@pytest.mark.parametrize("answered", [True, False])
@pytest.mark.parametrize("swept", [True, False])
@pytest.mark.parametrize("running", [True, False])
def test_a_test_is_over_where_the_array_shows_none(tmp_path: Path, answered: bool, swept: bool, running: bool) -> None:
    """Unless its start left no result, and nobody waited for what it may have sent."""
    told = prepared(tmp_path)
    if answered:
        told.started(an_operation("a", "started"))
    else:
        told("starting", wave=1)
    later = a_reading(a_session("a", failover_test_in_progress=running), READY[1])
    options = record_options(read(told.said["journal"]).events, {"tests": []} if swept else None, later)
    over = [entry["action"] for stop in options["stops"] for entry in stop["sessions"]]
    assert over == (["none"] if not running and (answered or swept) else [])


def test_a_later_reading_says_what_became_of_a_drill_that_was_cut_off(tmp_path: Path) -> None:
    told = prepared(tmp_path)
    told.started(an_operation("a", "started"))
    later = a_reading(a_session("a", role="Source", state="Failed_Over"), READY[1])
    options = record_options(read(told.said["journal"]).events, later=later)
    assert [each["session_id"] for each in options["left_alone"]] == ["s-a"] and options["after"] == later


def test_journals_without_a_record_are_found_once_their_run_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = prepared(tmp_path)
    told.started(an_operation("a", "started"))
    now = datetime.now(UTC)
    assert unfinished(str(tmp_path), now) == ([], [])  # the process of that number runs
    monkeypatch.setattr(process, "_started", lambda _pid: None)
    assert unfinished(str(tmp_path), now) == ([told.said["journal"]], [])
    both = ["other-array", "dr-array"]
    assert unfinished(str(tmp_path), now, "dr-array", both)[0] == [told.said["journal"]]
    assert unfinished(str(tmp_path), now, "other-array", both)[0] == []
    for first in (True, False):  # an array that is no longer in the inventory is that of the first
        arrays = ["x", "y"] if first else ["y", "x"]
        assert unfinished(str(tmp_path), now, "x", arrays)[0] == ([told.said["journal"]] if first else [])
    (tmp_path / "drill-2.journal.jsonl").write_text("no JSON\n")
    assert "drill-2.journal.jsonl is left as it is" in unfinished(str(tmp_path), now)[1][0]
    (tmp_path / "drill-1.json").write_text("{}")
    assert unfinished(str(tmp_path), now)[0] == []


def test_a_run_on_a_host_that_cannot_be_asked_is_over_after_an_hour() -> None:
    run = {"host": "elsewhere", "pid": 1, "started": "1", "boot": "other", "space": "other"}
    now = datetime(2026, 11, 23, 20, tzinfo=UTC)
    for age, over in ((59, False), (61, True)):
        assert process.is_over(run, (now - timedelta(minutes=age)).isoformat(), now) is over


@pytest.mark.parametrize(
    "text", ["", "{}\n", '{"event": "read", "at": "x"}\n', '{"event": "intent", "event": "x", "at": "x"}\n', "\xff\n"]
)
def test_a_file_that_no_drill_wrote_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(InvalidInputError):
        read(str(path))


def test_a_torn_last_line_is_not_what_happened(tmp_path: Path) -> None:
    path = tmp_path / "x"
    told = prepared(tmp_path / "records")
    told("starting", wave=1)
    path.write_text(Path(told.said["journal"]).read_text() + '{"event": "en')
    journal = read(str(path))
    assert journal.torn and [event["event"] for event in journal.events] == ["intent", "read", "starting"]
