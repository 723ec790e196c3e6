# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stops that do not go smoothly: tried again, without their snapshot, of another test, of a session that changed."""

from __future__ import annotations

import time
import typing as t

import pytest

from tests.conftest import ModuleRunner
from tests.lab.faults.table import BUSY, REFUSAL, STOP_PATH, at
from tests.lab.simulator import Simulator
from tests.lab.simulator.journal import Exchange
from tests.running import Result, run_module

ALL = [{"volume": "erp-data"}, {"volume_group": "erp-db"}, {"volume": "files-archive"}]
AGAIN = {"attempts": 3, "attempt_delay": 0}
STOP = "POST", STOP_PATH


def only(result: Result) -> Result:
    (entry,) = result["sessions"]
    return t.cast(Result, entry)


def ids(entry: Result) -> list[str]:
    return [finding["id"] for finding in entry["findings"]]


def stops_sent(simulator: Simulator, name: str | None = None) -> list[t.Any]:
    """The bodies of the stops that reached the array."""
    wanted = f"/{simulator.dr.session(name).id}/" if name else ""
    return [
        e.request_body for e in simulator.dr.journal() if e.path.endswith("/stop_failover_test") and wanted in e.path
    ]


def after_the_first(simulator: Simulator, operation: str, act: t.Callable[[], object]) -> None:
    """Something happens once the array has answered the first request of this operation."""
    answered: list[Exchange] = []

    def look(exchange: Exchange) -> None:
        if exchange.path.endswith(f"/{operation}_failover_test") and not answered:
            answered.append(exchange)
            act()

    simulator.observers.append(look)


# Attempts


@pytest.mark.parametrize(
    "fault",
    [
        at(*STOP, "answer", status=422, body=REFUSAL, count=2),
        at(*STOP, "job_fails", phase="Failed", body=REFUSAL, count=2),
    ],
    ids=lambda fault: fault["action"],
)
def test_a_stop_that_failed_is_tried_again(simulator: Simulator, run: ModuleRunner, fault: dict[str, t.Any]) -> None:
    run.start(sessions=ALL)
    simulator.faults.add(fault, path=f"/replication_session/{simulator.dr.session('erp-db').id}/stop_failover_test")
    result = run.stop(sessions=ALL, **AGAIN)

    assert not result.get("failed") and result["changed"]
    assert [entry["action"] for entry in result["sessions"]] == ["stopped"] * 3
    assert [entry["attempts"] for entry in result["sessions"]] == [1, 3, 1]
    assert [ids(entry) for entry in result["sessions"]] == [[], ["operation.repeated"], []]
    assert "No." in result["sessions"][1]["findings"][0]["message"]
    assert len(stops_sent(simulator, "erp-db")) == 3 and len(stops_sent(simulator)) == 5


def test_a_stop_that_goes_on_failing_has_its_last_failure(simulator: Simulator, run: ModuleRunner) -> None:
    run.start(volume="erp-data")
    simulator.faults.add(at(*STOP, "answer", status=422, body=REFUSAL))
    entry = only(run.stop(volume="erp-data", **AGAIN))

    assert (entry["action"], entry["attempts"], entry["failure"]["kind"]) == ("failed", 3, "rejected")
    assert entry["after"]["failover_test_in_progress"] is True
    assert len(stops_sent(simulator)) == 3


def test_without_attempts_a_stop_is_sent_once(simulator: Simulator, run: ModuleRunner) -> None:
    run.start(volume="erp-data")
    simulator.faults.add(at(*STOP, "answer", status=422, body=REFUSAL))
    entry = only(run.stop(volume="erp-data"))

    assert (entry["action"], entry["attempts"]) == ("failed", 1) and len(stops_sent(simulator)) == 1


def test_a_stop_that_the_array_is_still_at_is_not_sent_again(simulator: Simulator, run: ModuleRunner) -> None:
    run.start(volume="erp-data")
    simulator.operation_seconds["stop_failover_test"] = 6
    entry = only(run.stop(volume="erp-data", wait_timeout=2, attempts=30, attempt_delay=0))

    assert (entry["action"], entry["failed"]) == ("stopped", False)
    assert entry["attempts"] >= 2
    assert len(stops_sent(simulator)) == len(simulator.dr.executed("stop_failover_test")) == 1


def test_a_stop_that_somebody_else_made_meanwhile_is_not_repeated(simulator: Simulator, run: ModuleRunner) -> None:
    run.start(volume="erp-data")
    simulator.faults.add(at(*STOP, "answer", status=422, body=REFUSAL))
    after_the_first(simulator, "stop", lambda: simulator.dr.stop_failover_test("erp-data", user="colleague"))
    entry = only(run.stop(volume="erp-data", attempts=2, attempt_delay=1))

    assert (entry["action"], entry["failed"], entry["changed"]) == ("none", False, False)
    assert len(stops_sent(simulator)) == 1


def test_refused_credentials_are_not_tried_again(simulator: Simulator, run: ModuleRunner) -> None:
    run.start(volume="erp-data")
    simulator.faults.add(at(*STOP, "forbid"))
    entry = only(run.stop(volume="erp-data", **AGAIN))

    assert (entry["failure"]["kind"], entry["attempts"]) == ("authorization", 1)


def test_the_stop_of_a_rollback_is_tried_again(simulator: Simulator, run: ModuleRunner) -> None:
    path = f"/replication_session/{simulator.dr.session('erp-db').id}/start_failover_test"
    simulator.faults.add(at("POST", path, "answer", status=422, body=REFUSAL))
    simulator.faults.add(at(*STOP, "answer", status=422, body=REFUSAL, count=1))
    result = run.start(sessions=ALL[:2], on_failure="rollback", **AGAIN)

    assert [entry["action"] for entry in result["sessions"]] == ["rolled_back", "failed"]
    assert not simulator.dr.session("erp-data").failover_test_in_progress


# The snapshot is worth less than the stop

WITH_SNAPSHOT = {"create_end_of_test_snapshot": True, "end_of_test_snapshot_expiration": "30d"}
NO_SPACE = at(*STOP, "answer", status=422, body=REFUSAL, when={"create_end_of_test_snapshot": True})


@pytest.mark.parametrize(("attempts", "with_snapshot"), [(1, 1), (3, 3)])
def test_a_stop_refused_with_its_snapshot_is_repeated_without(
    simulator: Simulator, run: ModuleRunner, attempts: int, with_snapshot: int
) -> None:
    run.start(volume="erp-data")
    simulator.faults.add(NO_SPACE)
    result = run.stop(volume="erp-data", **WITH_SNAPSHOT, attempts=attempts, attempt_delay=0)
    entry = only(result)

    assert (entry["action"], entry["failed"], result["changed"]) == ("stopped", False, True)
    assert "end_of_test_snapshot" not in entry and entry["attempts"] == attempts + 1
    assert ids(entry) == ["snapshot.not_kept"] and "No." in entry["findings"][0]["message"]
    assert stops_sent(simulator) == [{"create_end_of_test_snapshot": True}] * with_snapshot + [{}]
    assert not simulator.dr.session("erp-data").failover_test_in_progress


def test_a_stop_that_is_refused_either_way_stays_a_failure(simulator: Simulator, run: ModuleRunner) -> None:
    run.start(volume="erp-data")
    simulator.faults.add(at(*STOP, "answer", status=422, body=REFUSAL))
    entry = only(run.stop(volume="erp-data", **WITH_SNAPSHOT))

    assert (entry["action"], entry["failure"]["kind"]) == ("failed", "rejected")
    assert stops_sent(simulator) == [{"create_end_of_test_snapshot": True}, {}]


def test_each_session_has_a_snapshot_of_its_own(simulator: Simulator, run: ModuleRunner) -> None:
    run.start(sessions=ALL)
    sessions = [
        {**ALL[0], "create_end_of_test_snapshot": True},
        {**ALL[1], "create_end_of_test_snapshot": False},
        ALL[2],
    ]
    result = run.stop(sessions=sessions, end_of_test_snapshot_expiration="2d")

    assert ["end_of_test_snapshot" in entry for entry in result["sessions"]] == [True, False, False]
    assert result["sessions"][0]["end_of_test_snapshot"]["expiration_timestamp"]
    run.start(sessions=ALL)
    result = run.stop(sessions=sessions, create_end_of_test_snapshot=True)
    assert ["end_of_test_snapshot" in entry for entry in result["sessions"]] == [True, False, True]


def test_an_expiration_that_has_passed_keeps_no_test_running(simulator: Simulator, run: ModuleRunner) -> None:
    run.start(volume="erp-data")
    passed = {"create_end_of_test_snapshot": True, "end_of_test_snapshot_expiration": "2001-01-01T00:00:00Z"}
    entry = only(run.stop(volume="erp-data", **passed))

    assert entry["action"] == "stopped" and entry["end_of_test_snapshot"]["name"]
    assert ids(entry) == ["snapshot.expiration_not_set"]
    assert not simulator.dr.session("erp-data").failover_test_in_progress


# Whose test it is


def started(run: ModuleRunner) -> str:
    return str(only(run.start(volume="erp-data"))["job_id"])


def named(job_id: str) -> dict[str, t.Any]:
    return {"sessions": [{"volume": "erp-data", "started_by_job": job_id}]}


def test_the_test_of_the_named_start_is_stopped(run: ModuleRunner) -> None:
    entry = only(run.stop(**named(started(run))))

    assert (entry["action"], ids(entry)) == ("stopped", [])


@pytest.mark.parametrize("check", [True, False], ids=["check", "real"])
@pytest.mark.parametrize("same_account", [True, False])
def test_a_later_test_is_left_alone(simulator: Simulator, run: ModuleRunner, same_account: bool, check: bool) -> None:
    job_id = started(run)
    user = simulator.username if same_account else "colleague"
    simulator.dr.stop_failover_test("erp-data", user="colleague")
    simulator.clock.advance(60)
    simulator.dr.start_failover_test("erp-data", user=user)
    result = run.stop(**named(job_id), check=check)
    entry = only(result)

    assert (entry["action"], entry["failed"], entry["changed"], entry["attempts"]) == ("none", False, False, 0)
    assert ids(entry) == ["test.of_somebody_else"] and entry["findings"][0]["severity"] == "blocker"
    assert entry["after"]["failover_test_in_progress"] is True
    assert stops_sent(simulator) == [] and not result.get("failed")


def test_where_jobs_cannot_be_read_the_test_is_stopped(simulator: Simulator, run: ModuleRunner) -> None:
    job_id = started(run)
    simulator.faults.add(at("GET", "/job", "forbid"))

    assert only(run.stop(**named(job_id)))["action"] == "stopped"


def test_a_test_that_somebody_else_starts_between_two_attempts_is_left_alone(
    simulator: Simulator, run: ModuleRunner
) -> None:
    job_id = started(run)
    simulator.faults.add(at(*STOP, "answer", status=422, body=REFUSAL))

    def hand_over() -> None:
        simulator.dr.stop_failover_test("erp-data", user="colleague")
        time.sleep(0.1)
        simulator.dr.start_failover_test("erp-data", user="colleague")

    after_the_first(simulator, "stop", hand_over)
    entry = only(run.stop(**named(job_id), attempts=2, attempt_delay=1))

    assert (entry["action"], entry["failed"], ids(entry)) == ("none", False, ["test.of_somebody_else"])
    assert simulator.dr.executed("stop_failover_test") == [simulator.dr.session("erp-data").id]


# Sessions that change


def test_a_session_that_vanishes_in_mid_operation_costs_the_others_nothing(
    simulator: Simulator, run: ModuleRunner
) -> None:
    run.start(sessions=ALL)
    gone = simulator.dr.session("erp-db").id
    path = f"/replication_session/{gone}/stop_failover_test"
    simulator.faults.add(at("POST", path, "remove_session", count=1))
    result = run.stop(sessions=ALL, **AGAIN)

    assert [entry["action"] for entry in result["sessions"]] == ["stopped", "failed", "stopped"]
    entry = result["sessions"][1]
    assert entry["session_id"] == gone and entry["failure"]["kind"] == "not_found"
    assert ids(entry) == ["session.gone"] and entry["findings"][0]["session_id"] == gone


def test_a_session_that_vanished_before_the_stop(simulator: Simulator, run: ModuleRunner) -> None:
    started = run.start(sessions=ALL)
    sessions = [{"session_id": entry["session_id"]} for entry in started["sessions"]]
    simulator.dr.remove_session("erp-db")
    result = run.stop(sessions=sessions)

    assert [entry["action"] for entry in result["sessions"]] == ["stopped", "failed", "stopped"]
    assert result["sessions"][1]["failure"]["kind"] == "not_found"
    assert [(f["id"], f["session_id"]) for f in result["sessions"][1]["findings"]] == [
        ("session.gone", sessions[1]["session_id"])
    ]


@pytest.mark.parametrize("keep", [True, False], ids=["with the test's data", "after a stop"])
def test_a_session_that_was_failed_over_is_left_alone(simulator: Simulator, run: ModuleRunner, keep: bool) -> None:
    run.start(sessions=ALL)
    if keep:
        simulator.dr.operate("erp-db", "failover", "colleague", is_planned=False, use_test_copy=True)
    else:
        simulator.dr.stop_failover_test("erp-db")
        simulator.dr.operate("erp-db", "failover", "colleague", is_planned=False)
    simulator.dr.clear_journal()
    result = run.stop(sessions=ALL)

    assert [entry["action"] for entry in result["sessions"]] == ["stopped", "none", "stopped"]
    entry = result["sessions"][1]
    assert ids(entry) == ["session.failed_over"] and entry["before"]["role"] == "Source"
    assert not entry["failed"] and len(stops_sent(simulator)) == 2


def test_a_failover_that_begins_just_before_the_stop_is_told(simulator: Simulator, run: ModuleRunner) -> None:
    run.start(volume="erp-data")
    simulator.faults.add(at(*STOP, "foreign", state="Failing_Over_For_DR", count=1))
    simulator.faults.add(at(*STOP, "answer", status=422, body=REFUSAL))
    entry = only(run.stop(volume="erp-data", **AGAIN))

    assert (entry["action"], entry["failed"], ids(entry)) == ("none", False, ["session.failed_over"])
    assert len(stops_sent(simulator)) == 1


# What is not needed for a stop

HTML = "<html>"
UNREADABLE = {
    "release forbidden": (at("GET", "/software_installed", "forbid"), "4.1.0.0", True),
    "release broken": (at("GET", "/software_installed", "answer", status=500, body=HTML), "4.1.0.0", True),
    "no release": (at("GET", "/software_installed", "answer", status=200, body=[]), "4.1.0.0", True),
    "release not understood": (
        at("GET", "/software_installed", "odd_row", attribute="release_version", value="Foothill"),
        "4.1.0.0",
        True,
    ),
    "cluster broken": (at("GET", "/cluster", "answer", status=500, body=HTML), "4.1.0.0", True),
    "no clock": (at("GET", "/cluster", "odd_row", attribute="system_time", value=None), "4.1.0.0", True),
    "a clock that is none": (at("GET", "/cluster", "odd_row", attribute="system_time", value="noon"), "4.1.0.0", True),
    "volumes broken": (at("GET", "/volume", "answer", status=500, body=HTML), "3.6.0.0", True),
    "groups forbidden": (at("GET", "/volume_group", "forbid"), "3.6.0.0", True),
    "jobs broken": (at("GET", "/job", "answer", status=500, body=HTML), "4.1.0.0", False),
    "an odd session": (
        at("GET", "/replication_session", "odd_row", attribute="storage_element_pairs", value=7, row=None, count=1),
        "4.1.0.0",
        True,
    ),
}


@pytest.mark.parametrize(("fault", "release", "told"), UNREADABLE.values(), ids=UNREADABLE)
def test_an_emergency_stop_needs_an_id_and_the_flag(
    simulator: Simulator, run: ModuleRunner, fault: dict[str, t.Any], release: str, told: bool
) -> None:
    simulator.dr.set_release_version(release)
    started = run.start(sessions=ALL[:2])
    simulator.faults.add(fault)
    result = run.stop(sessions=[{"session_id": entry["session_id"]} for entry in started["sessions"]])

    assert [entry["action"] for entry in result["sessions"]] == ["stopped"] * 2, result.get("msg")
    assert not result.get("failed") and result["changed"]
    assert [set(ids(entry)) for entry in result["sessions"]] == [{"reading.incomplete"} if told else set()] * 2
    assert not any(simulator.dr.session(name).failover_test_in_progress for name in ("erp-data", "erp-db"))


@pytest.mark.parametrize("state", ["started", "stopped"])
def test_without_the_arrays_clock_times_are_the_controllers(
    simulator: Simulator, run: ModuleRunner, state: str
) -> None:
    if state == "stopped":
        run.start(volume="erp-data")
    simulator.faults.add(at("GET", "/cluster", "odd_row", attribute="system_time", value=None))
    operation = "start_failover_test" if state == "started" else "stop_failover_test"
    simulator.faults.add(at("POST", f"*/{operation}", "reset_after", count=1))
    entry = only(run("replication_failover_test", state=state, volume="erp-data"))

    assert (entry["action"], entry["job_id"] is not None) == (state, True)
    assert ids(entry) == ["reading.incomplete", "answer.lost"] and "this computer's clock" in str(entry["findings"])


def test_a_name_that_cannot_be_looked_up_is_refused_with_the_way_out(simulator: Simulator, run: ModuleRunner) -> None:
    run.start(sessions=ALL)
    session_id = simulator.dr.session("erp-db").id
    simulator.faults.add(at("GET", "/volume", "answer", status=500, body=HTML))
    result = run.stop(sessions=[{"volume": "erp-data"}, {"session_id": session_id}])

    assert [entry["action"] for entry in result["sessions"]] == ["failed", "stopped"]
    assert "A session_id needs no such lookup" in result["msg"]


def test_a_start_needs_to_know_all(simulator: Simulator, run: ModuleRunner) -> None:
    simulator.faults.add(at("GET", "/cluster", "answer", status=500, body=HTML))
    result = run.start(volume="erp-data")

    assert result["failed"] and only(result)["action"] == "not_attempted"
    assert simulator.dr.executed("start_failover_test") == []


# Delivered twice, and two controllers


@pytest.mark.parametrize("seconds", [0, 1])
@pytest.mark.parametrize("state", ["started", "stopped"])
def test_a_request_that_was_delivered_twice_is_this_tasks(
    simulator: Simulator, run: ModuleRunner, state: str, seconds: float
) -> None:
    if state == "stopped":
        run.start(volume="erp-data")
    operation = "start_failover_test" if state == "started" else "stop_failover_test"
    simulator.faults.add(at("POST", f"*/{operation}", "twice", count=1))
    simulator.operation_seconds[operation] = seconds
    result = run("replication_failover_test", state=state, volume="erp-data")

    assert (only(result)["action"], only(result)["request_sent"], result["changed"]) == (state, True, True)
    assert len(simulator.dr.executed(operation)) == 1


def test_of_two_controllers_with_one_account_one_owns_the_test(simulator: Simulator, run: ModuleRunner) -> None:
    after_the_first(simulator, "start", lambda: _started_elsewhere(simulator))
    # One after the other, so that the second is sent well after it was read.
    result = run.start(sessions=ALL[:2], max_parallel=1, wait_timeout=60)

    assert [entry["action"] for entry in result["sessions"]] == ["started", "none"]
    assert result["sessions"][1]["request_sent"] is False
    assert ids(result["sessions"][1]) == ["test.already_running"]


def _started_elsewhere(simulator: Simulator) -> None:
    before = simulator.operation_seconds["start_failover_test"]
    simulator.operation_seconds["start_failover_test"] = 0
    simulator.dr.start_failover_test("erp-db", user=simulator.username)
    simulator.operation_seconds["start_failover_test"] = before


def test_a_busy_array_is_no_refusal_of_the_snapshot(simulator: Simulator, run: ModuleRunner) -> None:
    run.start(volume="erp-data")
    simulator.faults.add(at(*STOP, "answer", status=503, body=BUSY, count=2))
    entry = only(run.stop(volume="erp-data", **WITH_SNAPSHOT))

    assert entry["end_of_test_snapshot"]["name"] and entry["attempts"] == 1


def test_the_stop_is_sent_however_long_looking_took(simulator: Simulator, run: ModuleRunner) -> None:
    run.start(sessions=ALL)
    for path in ("/cluster", "/replication_session"):
        simulator.faults.add(at("GET", path, "delay", seconds=2, count=1))
    result = run.stop(sessions=ALL, wait_timeout=2)

    assert [entry["action"] for entry in result["sessions"]] == ["stopped"] * 3


def test_a_test_that_shows_while_its_start_never_ends_is_stopped(simulator: Simulator, run: ModuleRunner) -> None:
    simulator.faults.add(at("POST", "*/start_failover_test", "job_never_ends", executed=True, count=1))
    simulator.faults.add(at("POST", "*/start_failover_test", "flag_late", seconds=3, count=1))
    run.start(volume="erp-data", wait_timeout=1)
    result = run.stop(volume="erp-data", wait_timeout=4)

    assert only(result)["request_sent"], result["msg"]


# The array's word for the account


DOMAIN = {"username": r"CORP\drill", "password": "corp-secret-1", "recorded_as": "drill", "shows_user": False}
ANOTHER_NAME = {**DOMAIN, "recorded_as": "s-1-5-21"}


@pytest.mark.parametrize("account", [DOMAIN, ANOTHER_NAME], ids=["without its domain", "by another name"])
@pytest.mark.parametrize("lost", [1, 3])
def test_tests_are_owned_whatever_the_array_calls_the_account(account: dict[str, t.Any], lost: int) -> None:
    scenario = {
        "operation_seconds": {"default": 0.2},
        "accounts": [{"role": "administrator", **account}],
        "sessions": [{"volume": name} for name in ("a", "b", "c")],
    }
    credentials = {"username": account["username"], "password": account["password"]}
    with Simulator.from_dict(scenario) as simulator:
        simulator.faults.add(at("POST", "*/start_failover_test", "reset_after", count=lost))
        sessions = [{"volume": name} for name in ("a", "b", "c")]
        result = run_module(simulator, "replication_failover_test", state="started", sessions=sessions, **credentials)

        assert [(e["action"], e["changed"]) for e in result["sessions"]] == [("started", True)] * 3, result.get("msg")
        named = [{"session_id": entry["session_id"], "started_by_job": entry["job_id"]} for entry in result["sessions"]]
        stopped = run_module(simulator, "replication_failover_test", state="stopped", sessions=named, **credentials)
        assert [entry["action"] for entry in stopped["sessions"]] == ["stopped"] * 3


@pytest.mark.parametrize("odd", ["a,b", 'a"b', "a'b", "a(b)", "a b", "a/b", "a%2Cb", "a&b=c", "name:erp"])
def test_a_session_of_an_odd_id_is_found_again_and_stopped(odd: str) -> None:
    scenario = {"operation_seconds": {"default": 0.2}, "sessions": [{"volume": "a", "id": odd}, {"volume": "b"}]}
    with Simulator.from_dict(scenario) as simulator:
        sessions = [{"session_id": odd}, {"volume": "b"}]
        started = run_module(simulator, "replication_failover_test", state="started", sessions=sessions)
        assert [entry["action"] for entry in started["sessions"]] == ["started"] * 2, started.get("msg")
        named = [{"session_id": e["session_id"], "started_by_job": e["job_id"]} for e in started["sessions"]]
        stopped = run_module(simulator, "replication_failover_test", state="stopped", sessions=named)
        assert [entry["action"] for entry in stopped["sessions"]] == ["stopped"] * 2, stopped.get("msg")
