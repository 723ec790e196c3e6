# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A sweep over DR-test clones of NAS servers: the same policy as for failover tests, and nothing else is touched."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest

from tests.integration.test_nas_drill import left
from tests.integration.test_playbook_calls import Calls
from tests.lab.faults.table import at
from tests.lab.simulator import Simulator
from tests.running import Result, run_module

OLD: t.Final = {"name": "of-admin", "user": "admin", "age": "5h", "interfaces": [{"ip_address": "192.0.2.9"}]}
OTHER: t.Final = {"name": "of-operator", "user": "dr-operator", "age": "5h"}
YOUNG: t.Final = {"name": "young", "user": "admin", "age": "10m"}
PLAIN: t.Final = {"name": "plain-clone", "user": "admin", "age": "5h", "is_dr_test": False}
ACCOUNTS: t.Final = [
    {"username": "admin", "password": "Drdrill-Simulator-1!", "role": "administrator", "built_in": True},
    {"username": "dr-operator", "password": "Drdrill-Simulator-2!", "role": "storage_operator"},
]


def array(*clones: t.Any, **options: t.Any) -> Simulator:
    sessions = [{"volume": "erp-data"}, {"nas_server": "homes", "file_systems": ["home"], "dr_tests": list(clones)}]
    return Simulator.from_dict({"sessions": sessions, "accounts": ACCOUNTS, "options": options})


def sweep(simulator: Simulator, policy: str = "stop", **options: t.Any) -> Result:
    given = {"policy": policy, "settle_time": 0, "poll_interval": 0.1, "wait_timeout": 20, **options}
    return run_module(simulator, "replication_failover_test_sweep", **given)


def told(result: Result) -> list[tuple[str, str, bool | None]]:
    return [(test["clone"]["name"], test["decision"], test["running"]) for test in result["tests"]]


@pytest.mark.parametrize("parent", ["file_system", "snapshot", "hidden"])
@pytest.mark.parametrize(
    ("options", "decided"),
    [
        ({"policy": "report"}, {"of-admin": "report", "of-operator": "leave", "young": "report"}),
        ({"max_age": "4h"}, {"of-admin": "stop", "of-operator": "leave", "young": "leave"}),
        ({"started_by": "anyone", "max_age": "4h"}, {"of-admin": "stop", "of-operator": "stop", "young": "leave"}),
        ({"started_by": "anyone"}, {"of-admin": "stop", "of-operator": "stop", "young": "stop"}),
    ],
)
def test_the_policy_decides_on_clones(parent: str, options: dict[str, t.Any], decided: dict[str, str]) -> None:
    with array(OLD, OTHER, YOUNG, PLAIN, clone_parent=parent) as simulator:
        result = sweep(simulator, **options)
        kept = {name for name in left(simulator) if name in decided}
        names = {str(row["name"]) for row in simulator.dr.array.tables["nas_server"]}
    assert {test["clone"]["name"]: test["decision"] for test in result["tests"]} == decided
    assert kept == {name for name, decision in decided.items() if decision != "stop"}
    assert {"homes", "plain-clone"} <= names and result["dr_tests_read"]
    overdue = [test["clone"]["name"] for test in result["tests"] if test["overdue"] and test["running"]]
    assert len(result["overdue_left"]) == len(overdue)
    assert result["changed"] is any(decision == "stop" for decision in decided.values())


def test_what_is_known_of_a_clone_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with array(OLD) as simulator:
        predicted = sweep(simulator, check=True)
        assert told(predicted) == [("of-admin", "stop", False)] and "of-admin" in left(simulator)
        result = sweep(simulator)
        [test] = result["tests"]
        session = simulator.dr.session("homes")
        assert left(simulator) == [] and sweep(simulator)["tests"] == []
    assert (test["session_id"], test["resource_type"], test["resource_name"]) == (session.id, "nas_server", "homes")
    assert (test["started_by"], test["action"], test["changed"], test["running"]) == ("admin", "stopped", True, False)
    assert 17990 < test["age_seconds"] < 18100
    assert "homes (clone of-admin)" in "\n".join(result["summary"])
    assert predicted["changed"] and result["verdict"] == "passed"


def test_a_clone_that_cannot_be_deleted_fails_the_sweep_and_keeps_no_failover_test() -> None:
    with array(OLD) as simulator:
        simulator.dr.start_failover_test("erp-data", user="admin")
        simulator.faults.add(at("DELETE", "/nas_server/{id}", "answer", status=422, body={"messages": []}))
        result = sweep(simulator)
        assert not simulator.dr.session("erp-data").failover_test_in_progress
    assert result["failed"] and [test["running"] for test in result["tests"]] == [False, True]
    [homes] = result["overdue_left"]
    assert (homes["resource_name"], homes["resource_type"]) == ("homes", "nas_server")
    assert result["verdict"] == "failed"


def test_a_clone_that_is_left_is_not_said_to_keep_from_a_failover(tmp_path: Path) -> None:
    with array(OTHER) as simulator:
        done = Calls(simulator, tmp_path)(
            "stop_tests", "--limit", "dr-a", "-e", "stop_tests_settle_time=0", "-e", "stop_tests_policy=report"
        )
    said = " ".join(done.stdout.split())
    assert done.returncode != 0 and "A DR-TEST CLONE IS LEFT. It takes space and can be reached: homes." in said
    assert "cannot be failed over" not in said


def test_clones_that_cannot_be_read_are_said_and_stop_nothing() -> None:
    with array(OLD) as simulator:
        simulator.dr.start_failover_test("erp-data", user="admin")
        simulator.faults.add(at("GET", "/nas_server", "answer", status=403, body={"messages": []}))
        result = sweep(simulator)
        assert not simulator.dr.session("erp-data").failover_test_in_progress
    assert not result.get("failed") and result["verdict"] == "incomplete" and result["dr_tests_read"] is False
    assert "dr_tests" in [each["what"] for each in result["unread"]]
    assert "whether DR-test clones of NAS servers are on the array" in "\n".join(result["summary"])


def test_dr_tests_can_be_left_out_and_old_releases_have_none() -> None:
    with array(OLD) as simulator:
        result = sweep(simulator, dr_tests=False)
        assert result["tests"] == [] and not result["dr_tests_read"] and left(simulator)


def test_a_clone_of_which_the_array_tells_nothing_is_ours_where_a_journal_says_so() -> None:
    interface = {"ip_address": "192.0.2.5", "prefix_length": 24}
    start = {"sessions": [{"nas_server": "homes", "interface": interface, "isolated": True}], "state": "started"}
    with array(clone_parent="hidden", clone_job_tells_id=False) as simulator:
        run_module(simulator, "replication_failover_test", **start)
        session_id = simulator.dr.session("homes").id
        without = sweep(simulator)
        assert without["tests"][0]["decision"] == "leave" and left(simulator)
        result = sweep(simulator, own_starts=[{"session_id": session_id}])
        assert left(simulator) == []
    assert [test["session_id"] for test in result["tests"]] == [session_id] and result["verdict"] == "passed"


@pytest.mark.parametrize(
    ("session", "status", "says"),
    [
        ({}, "Started", "CAN TAKE OVER: all 2 sessions"),
        ({}, "Degraded", "homes: The NAS server is Degraded."),
        ({"state": "Error"}, "Started", "homes: The session is in state Error."),
    ],
)
def test_whether_the_nas_server_itself_can_be_failed_over(session: dict[str, t.Any], status: str, says: str) -> None:
    sessions = [{"volume": "erp-data"}, {"nas_server": "homes", "dr_tests": [OLD], **session}]
    with Simulator.from_dict({"sessions": sessions}) as simulator:
        for row in simulator.dr.array.tables["nas_server"]:
            row["operational_status"] = status
        result = sweep(simulator, started_by="anyone")
        assert left(simulator) == []
    assert says in " ".join("\n".join(result["takeover"]).split())
    [homes] = [each for each in result["sessions"] if each["resource_name"] == "homes"]
    assert homes["failover_ready"] is ("CAN TAKE OVER" in says) is result["failover_ready"]["all"]


def test_a_clone_that_is_under_way_is_waited_for() -> None:
    with array() as simulator:
        simulator.operation_seconds["clone"] = 6.0
        start = {"sessions": [{"nas_server": "homes", "interface": {"ip_address": "192.0.2.5", "prefix_length": 24},
                               "isolated": True}], "state": "started", "wait_timeout": 1}  # fmt: skip
        run_module(simulator, "replication_failover_test", **start)
        result = sweep(simulator)
        assert left(simulator) == []
    assert not result.get("failed")


def test_abort_answers_first_and_deletes_clones_after_it(tmp_path: Path) -> None:
    sessions = [{"volume": "erp-data"}, {"nas_server": "homes", "file_systems": ["home"], "dr_tests": [OTHER]}]
    with Simulator.from_dict({"sessions": sessions, "accounts": ACCOUNTS}) as simulator:
        simulator.dr.start_failover_test("erp-data", user="dr-operator")
        done = Calls(simulator, tmp_path)(
            "abort", "--limit", "dr-a", "-e", "abort_settle_time=0", "-e", "abort_records_directory=records"
        )
        assert done.returncode == 0, done.stdout
        assert left(simulator) == [] and not simulator.dr.session("erp-data").failover_test_in_progress
        sent = [(each.method, each.path) for each in simulator.dr.journal()]
    stopped = next(n for n, (_method, path) in enumerate(sent) if path.endswith("/stop_failover_test"))
    deleted = next(n for n, (method, _path) in enumerate(sent) if method == "DELETE")
    assert stopped < deleted
    assert "CAN TAKE OVER: all 2 sessions" in done.stdout and "homes (clone of-operator)" in done.stdout
    [path] = (tmp_path / "records").glob("abort-*.json")
    record = json.loads(path.read_text())
    homes = next(each for each in record["sessions"] if each["resource_name"] == "homes")
    assert homes["test_found"] and homes["failover_ready"] and homes["stop"]["action"] == "stopped"
    assert record["not_judged"] == []
