# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record of an abort, built from real sweeps: as its schema has it, and with a verdict that claims nothing."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._record.abort import build_abort
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.common import Context
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.reading import problems
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.stop_results import Aborted
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.summaries import summary
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.types import AbortRecord, record_from_json
from ansible_collections.drdrill.powerstore.plugins.module_utils._words import Kind
from tests.lab.faults.table import STOP_PATH, at
from tests.lab.simulator import Simulator
from tests.running import Result, run_module

NOW = datetime(2026, 11, 24, 22, 0, tzinfo=UTC)


def swept(simulator: Simulator, **options: t.Any) -> Result:
    """What the playbook abort asks for."""
    given = {
        "policy": "stop",
        "started_by": "anyone",
        "force": "when_unreachable",
        "settle_time": 0,
        "poll_interval": 0.1,
    }
    return run_module(simulator, "replication_failover_test_sweep", **{**given, **options})


def built(stops: list[Result], after: Result | None = None) -> Result:
    """The record, which has to be as its schema has it."""
    seen = Aborted.from_params({"stops": stops, "after": after})
    record = build_abort(seen, Context("Abort", "dr", "controller"), "id-1", NOW)
    assert seen.notes == () and problems(record.as_json(), Kind.ABORT) == []
    assert all(len(line) <= 108 for line in summary(record, "/records/abort.json"))
    return record.as_json()


@pytest.fixture
def lost(simulator: Simulator) -> Simulator:
    """Two tests run, one of them a colleague's, and the production site is lost."""
    simulator.dr.start_failover_test("erp-data", user="admin")
    simulator.dr.start_failover_test("erp-db", user="colleague")
    simulator.link.cut()
    return simulator


def test_what_the_last_look_does_not_say_is_neither_ready_nor_not(lost: Simulator) -> None:
    last = swept(lost)
    last["failover_ready"] |= {"all": None, "ready_at": None}
    last["sessions"] = [session | {"failover_ready": None} for session in last["sessions"]]
    record = record_from_json(built([last]))
    assert isinstance(record, AbortRecord)

    assert record.verdict == "incomplete" and not record.all_ready
    assert {session.known_ready for session in record.sessions} == {None}
    said = summary(record, "-")
    assert any("NOT KNOWN" in line for line in said) and not any(line.startswith("NO ") for line in said)


def test_sessions_that_are_ready_are_so_without_a_time(lost: Simulator) -> None:
    """The array's clock was set meanwhile, so nothing was measured by it."""
    stops = [swept(lost), swept(lost)]
    stops[0]["failover_ready"] |= {"all": False}
    stops[0]["failover_ready"]["began_at"] = "2036-11-24T22:00:00.000Z"
    record = record_from_json(built(stops))
    assert isinstance(record, AbortRecord)

    assert (record.seconds_to_failover_ready, record.all_ready) == (None, True)


def test_everything_is_stopped(lost: Simulator) -> None:
    stops = [swept(lost), swept(lost)]
    record = built(stops, run_module(lost, "replication_session_info", role="Destination"))

    assert (record["verdict"], record["reasons"]) == ("passed", [])
    assert record["seconds_to_failover_ready"] == stops[0]["failover_ready"]["controller_seconds"]
    sessions = {session["resource_name"]: session for session in record["sessions"]}
    assert {name: session["forced"] for name, session in sessions.items()} == {
        "erp-data": True,
        "erp-db": True,
        "files-archive": False,
    }
    assert sessions["erp-db"]["started_by"] == "colleague" and sessions["erp-db"]["stop"]["action"] == "stopped"
    assert sessions["erp-db"]["failover_ready_at"] == sessions["erp-db"]["stop"]["finished_at"]
    assert sessions["erp-db"]["recovery_point"]["age_seconds"] > 0
    assert sessions["files-archive"]["stop"] is None and sessions["files-archive"]["failover_ready"] is True


def test_a_test_that_came_later_counts_with_its_time(lost: Simulator) -> None:
    first = swept(lost)
    lost.dr.start_failover_test("files-archive", user="admin")
    record = built([first, swept(lost)])

    assert record["verdict"] == "passed"
    assert record["seconds_to_failover_ready"] > first["failover_ready"]["controller_seconds"]
    assert all(session["failover_ready"] for session in record["sessions"])


def test_a_stop_that_is_refused_fails_it(lost: Simulator) -> None:
    lost.faults.add(at("POST", STOP_PATH, "answer", status=422, body={"messages": []}))
    record = built([swept(lost)])

    assert record["verdict"] == "failed" and record["seconds_to_failover_ready"] is None
    failed = [session for session in record["sessions"] if not session["failover_ready"]]
    assert len(failed) == 2 and all(session["stop"]["failed"] and session["verdict"] == "failed" for session in failed)
    assert all("cannot be failed over" in reason for reason in record["reasons"])


def test_an_array_that_was_not_reached_is_not_known(lost: Simulator) -> None:
    record = built([swept(lost, port=1, timeout=1)])

    assert (record["verdict"], record["sessions"], record["seconds_to_failover_ready"]) == ("incomplete", [], None)
    assert "Not known" in record["reasons"][0]


def test_an_array_that_is_lost_afterwards_is_not_known(lost: Simulator) -> None:
    record = built([swept(lost), swept(lost, port=1, timeout=1)])

    assert record["verdict"] == "incomplete"
    assert not any(session["failover_ready"] for session in record["sessions"])


def test_a_task_that_left_no_result_is_not_known() -> None:
    assert built([{"failed": True, "msg": "killed"}])["verdict"] == "incomplete"
    assert built([])["verdict"] == "incomplete"


def test_an_abort_names_what_it_did_not_judge_and_copies_that_are_old(lost: Simulator) -> None:
    after = run_module(lost, "replication_session_info")
    old, *rest = after["sessions"]
    old.update(recovery_point_age_seconds=9 * 86400.0, findings=[*old["findings"], *old["findings"]])
    nas = old | {"session_id": "nas-1", "resource_type": "nas_server", "resource_name": "home", "state": "Error"}
    record = built([swept(lost), swept(lost)], after | {"sessions": [old, *rest, nas]})

    assert record["verdict"] == "passed_with_deviations"
    assert [(each["resource_name"], each["state"]) for each in record["not_judged"]] == [("home", "Error")]
    assert sorted(each["cause"] for each in record["deviations"]) == ["failover.not_judged", "rpo.missed"]
    assert any("its copy is 9 d old" in reason for reason in record["reasons"])
    for session in record["sessions"]:
        ids = [finding["id"] for finding in session["findings"]]
        assert len(ids) == len(set(ids))
    assert record["times"]["clock_skew_seconds"] is not None


def test_how_much_of_the_array_is_judged_also_where_it_could_not_be_read_again(lost: Simulator) -> None:
    stops = [swept(lost)]
    with_reading = built(stops, run_module(lost, "replication_session_info"))["scope"]["population"]

    assert with_reading == built(stops)["scope"]["population"]
    assert with_reading["in_scope"] == with_reading["testable"] == 3 and with_reading["not_selected"] == 0
    assert built([])["scope"]["population"] is None
