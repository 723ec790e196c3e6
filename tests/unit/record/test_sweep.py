# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record of a sweep, built from real sweeps: which tests were running, and what became of them."""

from __future__ import annotations

import os
import typing as t
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ansible_collections.drdrill.powerstore.plugins.module_utils._record.common import Context
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.options import OPTIONS
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.reading import problems
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.stop_results import Aborted
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.store import write_drill
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.summaries import summary
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.sweep import build_sweep, is_news
from ansible_collections.drdrill.powerstore.plugins.module_utils._words import Kind
from tests.lab.faults.table import STOP_PATH, at
from tests.lab.simulator import Simulator
from tests.running import Result, run_module

NOW = datetime(2026, 11, 24, 22, 0, tzinfo=UTC)


def swept(simulator: Simulator, **options: t.Any) -> Result:
    given = {"policy": "stop", "started_by": "anyone", "settle_time": 0, "poll_interval": 0.1, **options}
    return run_module(simulator, "replication_failover_test_sweep", **given)


def built(*stops: Result) -> Result:
    """The record, which has to be as its schema has it."""
    seen = Aborted.from_params({"stops": list(stops)})
    record = build_sweep(seen, Context("Sweep", "dr", "controller"), "id-1", NOW)
    assert seen.notes == () and problems(record.as_json(), Kind.SWEEP) == []
    assert all(len(line) <= 108 for line in summary(record, "-"))
    return record.as_json()


def test_what_was_stopped_is_over(simulator: Simulator) -> None:
    simulator.dr.start_failover_test("erp-data", user="admin")
    record = built(swept(simulator))
    [found] = [session for session in record["sessions"] if session["test_found"]]

    assert (record["verdict"], record["tests_found"], record["overdue_left"]) == ("passed", 1, [])
    assert (found["resource_name"], found["started_by"], found["still_running"]) == ("erp-data", "admin", False)
    assert found["stop"]["action"] == "stopped"


def test_what_could_not_be_stopped_is_left(simulator: Simulator) -> None:
    simulator.dr.start_failover_test("erp-data", user="admin")
    simulator.faults.add(at("POST", STOP_PATH, "answer", status=422, body={"messages": []}))
    record = built(swept(simulator))
    [left] = [session for session in record["sessions"] if session["test_found"]]

    assert record["verdict"] == "failed" and record["overdue_left"] == [left["session_id"]]
    assert [each["cause"] for each in record["deviations"]] == ["test.overdue"]


def test_an_array_that_was_not_reached_is_not_known(simulator: Simulator) -> None:
    record = built(swept(simulator, port=1, timeout=1))

    assert record["verdict"] == "incomplete" and "Not known" in record["reasons"][0]
    assert built()["verdict"] == "incomplete"


def test_how_much_there_is_and_how_old_each_copy_is(simulator: Simulator) -> None:
    record = built(swept(simulator))

    population, sessions = record["scope"]["population"], record["sessions"]
    assert population["in_scope"] == population["testable"] == len(sessions) > 0
    assert population["destinations"] >= population["testable"]
    assert (population["excluded"], population["not_selected"]) == (0, 0)
    assert all(session["recovery_point"]["age_seconds"] >= 0 for session in sessions)


@dataclass
class Folder:
    """A folder of records, into which a schedule sweeps every minute."""

    path: Path
    files: int = 0

    def write(self, *stops: Result, **options: t.Any) -> tuple[bool, str]:
        """Whether a record was written, and the path in the result."""
        given = {"kind": "sweep", "directory": str(self.path), "title": "t", "array_host": "dr", "only_news": True}
        defaults = {name: option.get("default") for name, option in OPTIONS.items()}
        result = write_drill({**defaults, **given, "stops": list(stops), **options}, write=True)
        assert not result.get("failed")
        return result["changed"], os.path.basename(result["path"])


def test_only_news_is_written(simulator: Simulator, tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    nothing = swept(simulator, policy="report")
    assert folder.write(nothing) == (False, "")
    assert folder.write(nothing, only_news=False)[0]

    simulator.dr.start_failover_test("erp-data", user="colleague")
    left = swept(simulator, started_by="own")
    written, name = folder.write(left)
    assert written and folder.write(swept(simulator, started_by="own")) == (False, name)  # the same, somewhat older
    assert folder.write(left, title="of another array")[0]

    simulator.dr.start_failover_test("erp-db", user="colleague")
    assert folder.write(swept(simulator, started_by="own"))[0]


def test_what_is_left_for_a_day_is_said_again(simulator: Simulator) -> None:
    simulator.dr.start_failover_test("erp-data", user="colleague")
    seen = Aborted.from_params({"stops": [swept(simulator, started_by="own")]})
    context = Context("Sweep", "dr", "controller")
    first, later, next_day = (build_sweep(seen, context, "id", NOW + timedelta(hours=hours)) for hours in (0, 23, 24))

    assert is_news(first, None) and not is_news(later, first) and is_news(next_day, first)
    assert is_news(first, next_day)  # the last one is of a clock that was a day ahead, or a year


def test_a_session_whose_flag_was_not_read_is_not_said_to_be_out_of_test(simulator: Simulator) -> None:
    found = swept(simulator)
    assert {session["still_running"] for session in built(found)["sessions"]} == {False}

    found["failover_ready"] |= {"all": None, "ready_at": None}
    assert {session["still_running"] for session in built(found)["sessions"]} == {None}
