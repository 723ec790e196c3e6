# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A sweep over an array that does not tell everything: what runs is stopped, and what is not known is said."""

from __future__ import annotations

import typing as t
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._time import parse_time
from tests.conftest import ModuleRunner
from tests.lab.faults.table import STOP_PATH, at
from tests.lab.simulator import Simulator
from tests.running import Result, run_module

SWEEP = "replication_failover_test_sweep"
QUICK: Result = {"policy": "stop", "settle_time": 0, "poll_interval": 0.1}
ABORT: Result = {**QUICK, "started_by": "anyone", "force": "when_unreachable"}
Spoil = Callable[[Simulator], object]


def running(simulator: Simulator) -> list[str]:
    """What is in a failover test on the array."""
    return sorted(side.resource_name for side in simulator.dr.array.sessions if side.in_test())


def failing(path: str, status: int = 500, body: t.Any = None) -> Spoil:
    """The DR array always answers this path so."""
    return lambda simulator: simulator.faults.add(at("GET", path, "answer", status=status, body=body))


def spoiled(name: str, **values: t.Any) -> Spoil:
    """A session's row is not as the API's description has it."""

    def spoil(simulator: Simulator) -> None:
        simulator.dr.set_session(name, mirror=False, **values)
        simulator.faults.add(at("GET", "/none", "forbid"))  # answers are not as described now, and need not be

    return spoil


def odd_audit_row(simulator: Simulator) -> None:
    """One row of the audit log is not as described, and the jobs cannot be read."""
    simulator.dr.array.audit("admin", "start_failover_test", ("replication_session", "other"), good=True)
    list(simulator.dr.array.tables["audit_event"])[-1].update(message_arguments=5, timestamp="yesterday")
    simulator.faults.add(at("GET", "/job", "forbid"))


def on_release(release: str, spoil: Spoil) -> Spoil:
    """The same on another PowerStoreOS."""

    def both(simulator: Simulator) -> None:
        simulator.dr.set_release_version(release)
        spoil(simulator)

    return both


@dataclass(frozen=True)
class Row:
    """Something that cannot be read, and what the result then says of it; the test is stopped all the same."""

    name: str
    spoil: Spoil
    unread: tuple[str, ...]
    own: bool = True  # whether the test is known as this account's
    result: Result = field(default_factory=dict)


ROWS = (
    Row("release forbidden", failing("/software_installed", 403), ("release",)),
    Row("release 500", failing("/software_installed"), ("release",)),
    Row("release empty", failing("/software_installed", 200, []), ("release",)),
    Row(
        "release not understood",
        failing("/software_installed", 200, [{"id": "1", "release_version": "Victory", "is_cluster": True}]),
        ("release",),
    ),
    Row("cluster 500", failing("/cluster"), ("clock",)),
    Row("clock is no time", failing("/cluster", 200, [{"id": "0", "name": "x", "system_time": "noon"}]), ("clock",)),
    Row("names 500", on_release("3.6.0.0", failing("/volume")), ("names",)),
    Row("jobs 500", failing("/job"), ("jobs",)),
    Row("jobs forbidden", failing("/job", 403), ("jobs",)),
    Row("neither jobs nor audit log", lambda s: [failing("/job")(s), failing("/audit_event")(s)], ("jobs",), own=False),
    Row("odd row of another session", spoiled("erp-db", element_pairs=[(None, None)], state=None), ("session",)),
    Row("odd row in the audit log", odd_audit_row, ("jobs",)),
)


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
@pytest.mark.parametrize("options", [QUICK, ABORT], ids=["own", "anyone"])
def test_what_cannot_be_read_keeps_no_test_running(
    run: ModuleRunner, simulator: Simulator, row: Row, options: Result
) -> None:
    simulator.dr.start_failover_test("erp-data", user=simulator.username)
    row.spoil(simulator)
    result = run(SWEEP, **options)
    stopped = row.own or options is ABORT
    assert running(simulator) == ([] if stopped else ["erp-data"])
    assert not result.get("failed"), result["msg"]
    said = {entry["what"] for entry in result["unread"]}
    assert said >= set(row.unread)
    assert len(result["overdue_left"]) == (0 if stopped else 1)
    text = " ".join(" ".join(result["summary"]).split())
    for entry in result["unread"]:
        assert " ".join(entry["failure"]["message"].split()) in text


def test_a_flag_that_cannot_be_read_never_counts_as_no_test(run: ModuleRunner, simulator: Simulator) -> None:
    simulator.dr.start_failover_test("erp-data", user=simulator.username)
    spoiled("erp-db", failover_test_in_progress="perhaps")(simulator)
    for options in (ABORT, QUICK, {**QUICK, "policy": "report"}):
        result = run(SWEEP, **options)
        assert running(simulator) == []
        assert result["failed"] and result["failure"]["kind"] == "protocol"
        [unread] = [entry for entry in result["unread"] if entry["what"] == "failover_test_in_progress"]
        assert unread["session_id"] == simulator.dr.session("erp-db").id
        assert result["failover_ready"]["all"] is None
        assert "NOT KNOWN" in result["takeover"][0] and "as far as it could be read" in result["summary"][0]


def test_a_list_without_flags_fails(run: ModuleRunner, simulator: Simulator) -> None:
    simulator.faults.add(at("GET", "/replication_session", "forbid"))
    result = run(SWEEP, **ABORT)
    assert result["failed"] and result["failover_ready"]["all"] is None
    assert any(line.startswith("NOT KNOWN whether failover tests") for line in result["summary"])


def test_times_are_the_arrays_although_its_clock_was_read_after_the_stop(
    run: ModuleRunner, simulator: Simulator
) -> None:
    simulator.dr.set_clock_skew(3600)
    simulator.dr.start_failover_test("erp-data", user="colleague")
    [test] = run(SWEEP, **ABORT)["tests"]
    [job] = [job for job in simulator.dr.array.jobs if job.resource_action == "stop_failover_test"]
    assert abs(parse_time(test["stop_started_at"]) - job.start_time) < timedelta(seconds=60)
    assert test["stop_job_id"] == job.id and test["age_seconds"] < 60


def test_no_times_where_the_clock_cannot_be_read(run: ModuleRunner, simulator: Simulator) -> None:
    simulator.dr.start_failover_test("erp-data", user="colleague")
    failing("/cluster")(simulator)
    result = run(SWEEP, **ABORT)
    [test] = result["tests"]
    assert (test["action"], test["stop_started_at"], test["stop_finished_at"]) == ("stopped", None, None)
    assert test["stop_duration_seconds"] > 0 and test["age_seconds"] is None
    assert result["failover_ready"]["array_seconds"] is None and result["failover_ready"]["controller_seconds"] > 0
    assert "CAN TAKE OVER" in result["takeover"][0]


def test_the_first_stops_need_a_login_and_one_list(run: ModuleRunner, simulator: Simulator) -> None:
    for name, user in (("erp-data", "admin"), ("erp-db", "colleague")):
        simulator.dr.start_failover_test(name, user=user)
    simulator.dr.clear_journal()
    result = run(SWEEP, **ABORT)
    sent = [(exchange.method, exchange.path) for exchange in simulator.dr.journal()]
    first = next(number for number, (method, _path) in enumerate(sent) if method == "POST")
    assert sent[:first] == [("GET", "/login_session"), ("GET", "/replication_session")]
    assert running(simulator) == []
    assert {test["resource_name"] for test in result["tests"]} == {"erp-data", "erp-db"}
    assert {test["started_by"] for test in result["tests"]} == {"admin", "colleague"}
    assert "CAN TAKE OVER: all 3" in result["takeover"][0]


def test_check_mode_of_an_abort_sends_nothing(run: ModuleRunner, simulator: Simulator) -> None:
    simulator.dr.start_failover_test("erp-data", user="colleague")
    predicted = run(SWEEP, **ABORT, check=True)
    assert predicted["changed"] is True and running(simulator) == ["erp-data"]
    assert {exchange.method for exchange in simulator.dr.journal() if exchange.path != "/logout"} == {"GET"}


def test_a_look_that_takes_longer_than_wait_timeout_still_stops(run: ModuleRunner, simulator: Simulator) -> None:
    simulator.dr.start_failover_test("erp-data", user=simulator.username)
    simulator.faults.add(at("GET", "/job", "delay", seconds=3, count=1))
    result = run(SWEEP, **QUICK, wait_timeout=2)
    assert not result.get("failed") and running(simulator) == []


@pytest.mark.parametrize(
    ("login", "recorded", "shows_user"),
    [
        ("CORP\\drill", "drill", False),
        ("drill@corp.example", "drill", False),
        ("drill", "CORP\\drill", True),
        ("drill@corp.example", "CORP\\Drill", True),
    ],
)
def test_the_own_account_in_another_notation_is_the_own(login: str, recorded: str, shows_user: bool) -> None:
    account = {"username": login, "password": "Secret-1!", "role": "administrator"}
    estate = {
        "accounts": [{**account, "recorded_as": recorded, "shows_user": shows_user}],
        "sessions": [{"volume": "erp-data", "test": {"user": recorded, "age": "2h"}}, {"volume": "erp-db"}],
    }
    with Simulator.from_dict(estate) as simulator:
        result = run_module(simulator, SWEEP, **QUICK)
        assert running(simulator) == []
        assert result["overdue_left"] == [] and "somebody else" not in str(result)


def test_a_test_of_unknown_origin_is_ours_where_our_own_start_preceded(run: ModuleRunner, simulator: Simulator) -> None:
    simulator.dr.start_failover_test("erp-data", user=simulator.username)
    simulator.dr.start_failover_test("erp-db", user="colleague")
    for path in ("/job", "/audit_event"):
        simulator.faults.add(at("GET", path, "forbid"))
    result = run(SWEEP, **QUICK, own_starts=[{"session_id": simulator.dr.session("erp-data").id}])
    assert running(simulator) == ["erp-db"]
    assert [left["resource_name"] for left in result["overdue_left"]] == ["erp-db"]
    assert "may be somebody else's" in result["overdue_left"][0]["reason"]


@pytest.mark.parametrize(("event", "became"), [("remove_session", "gone"), ("failover", "failed_over")])
@pytest.mark.parametrize("options", [QUICK, ABORT], ids=["own", "anyone"])
def test_a_session_that_is_gone_or_failed_over_is_left_alone_and_the_others_are_stopped(
    run: ModuleRunner, simulator: Simulator, event: str, became: str, options: Result
) -> None:
    for name in ("erp-data", "erp-db"):
        simulator.dr.start_failover_test(name, user=simulator.username)
    session = simulator.dr.session("erp-data")
    path = f"/replication_session/{session.id}/stop_failover_test"

    if event == "remove_session":
        simulator.faults.add(at("POST", path, event, count=1))
    else:

        def fail_over(exchange: t.Any) -> None:
            if exchange.path == "/replication_session" and session.in_test() and session.role == "Destination":
                simulator.dr.operate("erp-data", "failover", is_planned=False, use_test_copy=True)

        simulator.observers.append(fail_over)
    result = run(SWEEP, **options)
    tests = {test["resource_name"]: test for test in result["tests"]}
    assert not result.get("failed") and running(simulator) == []
    assert (tests["erp-data"]["became"], tests["erp-data"]["changed"]) == (became, False)
    assert tests["erp-db"]["action"] == "stopped" and tests["erp-db"]["became"] is None
    assert result["overdue_left"] == []
    assert "left alone" in " ".join(result["summary"]) and "left alone" in " ".join(result["takeover"])


def test_a_start_in_the_future_has_no_age_and_is_overdue(run: ModuleRunner, simulator: Simulator) -> None:
    simulator.dr.set_clock_skew(7200)
    simulator.dr.start_failover_test("erp-data", user=simulator.username)
    simulator.dr.set_clock_skew(0)
    result = run(SWEEP, **QUICK, max_age="4h")
    [test] = result["tests"]
    assert (test["age_seconds"], test["overdue"], test["decision"]) == (None, True, "leave")
    assert len(result["overdue_left"]) == 1 and "age is not known" in test["reason"]
    assert "not known" in result["summary"][3]


@pytest.mark.parametrize("option", ["allow", "deny"])
def test_a_name_that_fits_nothing_is_refused_before_anything_is_sent(
    run: ModuleRunner, simulator: Simulator, option: str
) -> None:
    simulator.dr.start_failover_test("erp-data", user=simulator.username)
    result = run(SWEEP, **QUICK, **{option: ["erp-dta"]})
    assert result["failed"] and result["failure"]["kind"] == "invalid_input"
    assert "'erp-dta'" in result["msg"] and "nearest name is 'erp-data'" in result["msg"]
    assert running(simulator) == ["erp-data"] and simulator.dr.executed("stop_failover_test") == []
    assert run(SWEEP, **QUICK, **{option: ["training-*"]})["changed"] is True


def test_what_is_not_judged_and_how_old_each_copy_is(tmp_path: t.Any) -> None:
    estate = {
        "sessions": [
            {"volume": "erp-data", "recovery_point_age": "9d"},
            {"volume": "erp-db", "recovery_point_age": 60},
            {"file_system": "home", "state": "Error"},
            {"replication_group": "vvol-apps"},
            {"volume": "metro", "type": "Metro_Active_Active", "state": "Fractured"},
        ]
    }
    with Simulator.from_dict(estate) as simulator:
        result = run_module(simulator, SWEEP, **ABORT)
    text = "\n".join(result["takeover"])
    assert "CAN TAKE OVER: all 2 sessions" in text
    assert {(s["resource_name"], s["needs_attention"]) for s in result["not_judged"]} == {
        ("home", True), ("vvol-apps", False), ("metro", True),
    }  # fmt: skip
    assert "NOT JUDGED here" in text and "file system home (Error)" in text and "metro volume metro (Fractured)" in text
    assert "9 d         erp-data" in text
    ages = {session["resource_name"]: session["recovery_point_age_seconds"] for session in result["sessions"]}
    assert ages["erp-data"] > 9 * 86400 > ages["erp-db"]


def test_a_refused_password_is_tried_once() -> None:
    with Simulator() as simulator:
        simulator.dr.start_failover_test("erp-data", user=simulator.username)
        simulator.faults.add(
            at("POST", STOP_PATH, "change_password", user=simulator.username, password="Another-1!", count=1)
        )
        result = run_module(simulator, SWEEP, **QUICK)
        assert result["failed"] and result["failure"]["kind"] == "authentication"
        assert simulator.dr.failed_logins == 1
        assert "NOT KNOWN" in " ".join(result["summary"])
