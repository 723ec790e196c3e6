# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module replication_failover_test_sweep against the simulated array: what it finds, stops, leaves and says."""

from __future__ import annotations

import threading
import time
import typing as t

import pytest

from tests.conftest import ModuleRunner
from tests.lab.faults.table import REFUSAL, STOP_PATH, at
from tests.lab.simulator import Simulator, replication
from tests.running import Result, run_module

Sweep = t.Callable[..., Result]


@pytest.fixture
def sweep(run: ModuleRunner) -> Sweep:
    """The module, without the patience of its defaults."""

    def once(**options: t.Any) -> Result:
        return run("replication_failover_test_sweep", **{"settle_time": 0, "poll_interval": 0.1, **options})

    return once


def running(simulator: Simulator) -> list[str]:
    """What is in a failover test on the array."""
    return sorted(side.resource_name for side in simulator.dr.array.sessions if side.in_test())


def by_name(result: Result) -> dict[str, Result]:
    """The tests of a result by the names of their resources."""
    return {test["resource_name"]: test for test in result["tests"]}


def begin(simulator: Simulator, name: str, user: str, seconds: float) -> None:
    """A start whose job takes so long, as somebody sent it just now."""
    simulator.operation_seconds["start_failover_test"] = seconds
    with simulator.world.lock:
        call = replication.Call(simulator.dr.array.session(name), "start_failover_test", {}, user)
        replication.begin(call)


def later(seconds: float, work: t.Callable[[], object]) -> threading.Timer:
    """Somebody does something in a while."""
    timer = threading.Timer(seconds, work)
    timer.start()
    return timer


def test_nothing_runs(sweep: Sweep, simulator: Simulator) -> None:
    result = sweep(policy="stop")
    assert (result["changed"], result["tests"], result["overdue_left"]) == (False, [], [])
    assert result["failover_ready"]["all"] is True and len(result["sessions"]) == 3
    assert "CAN TAKE OVER: all 3" in result["takeover"][0]
    assert len(simulator.dr.journal()) <= 9
    assert simulator.dr.logins == simulator.dr.logouts == 1


def test_its_own_is_stopped_and_somebody_elses_is_left_and_told(sweep: Sweep, simulator: Simulator) -> None:
    simulator.dr.start_failover_test("erp-data", user="admin")
    simulator.dr.start_failover_test("erp-db", user="colleague")
    predicted = sweep(policy="stop", check=True, diff=True)
    assert {e.method for e in simulator.dr.journal() if e.path != "/logout"} == {"GET"}
    assert running(simulator) == ["erp-data", "erp-db"]

    result = sweep(policy="stop", diff=True)
    assert running(simulator) == ["erp-db"]
    assert result["changed"] is predicted["changed"] is True and result["diff"] == predicted["diff"]
    tests = by_name(result)
    for found in (tests, by_name(predicted)):
        assert [(found[n]["decision"], found[n]["action"], found[n]["running"]) for n in ("erp-data", "erp-db")] == [
            ("stop", "stopped", False),
            ("leave", "none", True),
        ]
    assert tests["erp-data"]["after"]["failover_test_in_progress"] is False and tests["erp-data"]["stop_job_id"]
    assert tests["erp-db"]["started_by"] == "colleague" and tests["erp-db"]["source"] == "job"
    assert [left["resource_name"] for left in result["overdue_left"]] == ["erp-db"]
    assert result["failover_ready"]["all"] is False
    assert any("erp-db: A failover test is running." in line for line in result["takeover"])

    again = sweep(policy="stop")
    assert again["changed"] is False and not again.get("failed")


def test_report_stops_nothing(sweep: Sweep, simulator: Simulator) -> None:
    simulator.dr.start_failover_test("erp-data", user="admin")
    result = sweep()
    assert running(simulator) == ["erp-data"]
    assert (result["tests"][0]["decision"], result["changed"]) == ("report", False)
    assert len(result["overdue_left"]) == 1 and not result.get("failed")


def test_the_age_is_that_of_the_arrays_clock(sweep: Sweep, simulator: Simulator) -> None:
    simulator.dr.start_failover_test("erp-data", user="admin")
    simulator.clock.advance(3 * 3600)
    simulator.dr.start_failover_test("erp-db", user="admin")
    result = sweep(policy="stop", max_age="2h")
    assert running(simulator) == ["erp-db"]
    assert result["overdue_left"] == []
    assert 10800 <= by_name(result)["erp-data"]["age_seconds"] < 10900


def test_an_account_that_may_not_read_jobs_stops_nobodys_test() -> None:
    estate = {
        "accounts": [
            {"username": "drill", "password": "Secret-1!", "role": "administrator", "forbidden": ["/job*", "/audit*"]}
        ],
        "sessions": [{"volume": "erp-data", "test": {"user": "drill", "age": "2h"}}],
    }
    with Simulator.from_dict(estate) as simulator:
        name = "replication_failover_test_sweep"
        result = run_module(simulator, name, policy="stop", settle_time=0)
        [test] = result["tests"]
        assert (test["decision"], test["started_by"], test["age_seconds"]) == ("leave", None, None)
        assert test["source"] == "unavailable" and len(result["overdue_left"]) == 1
        assert running(simulator) == ["erp-data"]
        assert result["jobs_readable"] is True  # of the one session that needs no look into them
        assert run_module(simulator, name, policy="stop", settle_time=0, started_by="anyone", max_age="1h")[
            "overdue_left"
        ]

        stopped = run_module(simulator, name, policy="stop", settle_time=0, started_by="anyone")
        assert running(simulator) == [] and stopped["jobs_readable"] is False
        assert "jobs cannot be read" in " ".join(stopped["takeover"])


def test_a_start_that_is_under_way_is_waited_for(sweep: Sweep, simulator: Simulator) -> None:
    begin(simulator, "erp-data", "admin", 1.0)
    result = sweep(policy="stop")
    [test] = result["tests"]
    assert (test["start_under_way"], test["action"], test["started_by"]) == (True, "stopped", "admin")
    assert running(simulator) == [] and result["failover_ready"]["all"] is True


def test_somebody_elses_start_that_is_under_way_is_left_and_not_ready(sweep: Sweep, simulator: Simulator) -> None:
    begin(simulator, "erp-db", "colleague", 30.0)
    result = sweep(policy="stop")
    [test] = result["tests"]
    assert (test["decision"], test["start_under_way"], test["started_by"]) == ("leave", True, "colleague")
    assert len(result["overdue_left"]) == 1 and result["failover_ready"]["all"] is False
    assert simulator.dr.executed("stop_failover_test") == []


def test_tests_that_appear_while_it_looks_are_stopped_and_begin_the_time_anew(
    sweep: Sweep, simulator: Simulator
) -> None:
    timers = [
        later(seconds, lambda name=name: simulator.dr.start_failover_test(name, user="admin"))
        for seconds, name in ((0.7, "erp-data"), (2.2, "erp-db"))
    ]
    result = sweep(policy="stop", settle_time=2)
    for timer in timers:
        timer.join()
    assert sorted(by_name(result)) == ["erp-data", "erp-db"]
    assert running(simulator) == []


def test_a_colleagues_test_right_after_ones_own_is_not_taken_for_it(sweep: Sweep, simulator: Simulator) -> None:
    simulator.dr.start_failover_test("erp-data", user="admin")
    ended = threading.Event()

    def follow(exchange: t.Any) -> None:
        if not ended.is_set() and simulator.dr.executed("stop_failover_test"):
            ended.set()
            simulator.dr.start_failover_test("erp-data", user="colleague")

    simulator.observers.append(follow)
    result = sweep(policy="stop", settle_time=1, wait_timeout=3)
    assert ended.is_set()
    assert running(simulator) == ["erp-data"]
    assert len(simulator.dr.executed("stop_failover_test")) == 1
    assert result["overdue_left"][-1]["started_by"] == "colleague"


@pytest.mark.parametrize(("force", "stopped"), [("never", False), ("when_unreachable", True), ("always", True)])
def test_force_with_production_lost(sweep: Sweep, simulator: Simulator, force: str, stopped: bool) -> None:
    simulator.dr.start_failover_test("erp-data", user="admin")
    simulator.link.cut()
    predicted = sweep(policy="stop", force=force, check=True)
    result = sweep(policy="stop", force=force)
    assert bool(result.get("failed")) is bool(predicted.get("failed")) is not stopped
    assert result["tests"][0]["forced"] is stopped
    assert running(simulator) == ([] if stopped else ["erp-data"])
    assert bool(result["overdue_left"]) is not stopped
    assert result["failover_ready"]["all"] is stopped


def test_force_is_not_used_where_the_remote_system_answers(sweep: Sweep, simulator: Simulator) -> None:
    simulator.dr.start_failover_test("erp-data", user="admin")
    assert sweep(policy="stop", force="when_unreachable")["tests"][0]["forced"] is False
    [post] = [e for e in simulator.dr.journal() if e.path.endswith("stop_failover_test")]
    assert post.request_body == {}


def test_a_link_that_is_lost_at_the_stop_is_forced_at_the_next_try(sweep: Sweep, simulator: Simulator) -> None:
    simulator.dr.start_failover_test("erp-data", user="admin")
    simulator.faults.add(at("POST", STOP_PATH, "cut_link", nth=1))
    result = sweep(policy="stop", force="when_unreachable")
    assert not result.get("failed") and result["tests"][0]["forced"] is True
    assert running(simulator) == []


def test_a_stop_that_is_always_refused_fails_after_three_tries_and_hides_nothing(
    sweep: Sweep, simulator: Simulator
) -> None:
    for name in ("erp-data", "erp-db"):
        simulator.dr.start_failover_test(name, user="admin")
    path = f"/replication_session/{simulator.dr.session('erp-db').id}/stop_failover_test"
    simulator.faults.add(at("POST", path, "answer", status=422, body=REFUSAL))
    result = sweep(policy="stop")
    assert result["failed"] and result["failure"]["kind"] == "rejected"
    assert running(simulator) == ["erp-db"]
    assert len([e for e in simulator.dr.journal() if e.path == path]) == 3
    assert by_name(result)["erp-data"]["running"] is False and by_name(result)["erp-db"]["running"] is True


COLLEAGUE = {"policy": "stop", "started_by": "anyone", "max_age": "0"}
# What leaves the test of erp-data: the options, the fault, whose it is; and what is to be done about it.
LEFT: dict[str, tuple[dict[str, t.Any], dict[str, t.Any] | None, str, list[tuple[str, dict[str, t.Any] | None]]]] = {
    "somebody else's": ({}, None, "colleague", [("no matter who started it", COLLEAGUE)]),
    "only reported": ({"policy": "report"}, None, "admin", [("only reported", {"policy": "stop"})]),
    "allowed and denied": (
        {"allow": ["erp-data"], "deny": ["erp-*"]}, None, "admin", [("allow names them", None)],
    ),
    "refused": (
        {"max_age": "0", "started_by": "anyone"},
        at("POST", STOP_PATH, "answer", status=422, body=REFUSAL),
        "admin",
        [
            ("the array refused the stop.", {"policy": "stop", "started_by": "anyone"}),
            ("although this array does not show it", {"policy": "stop", "started_by": "anyone", "force": "always"}),
        ],
    ),
    "refused although it was forced": (
        {"force": "always"},
        at("POST", STOP_PATH, "answer", status=422, body=REFUSAL),
        "admin",
        [("forced as it was", {"policy": "stop", "force": "always"})],
    ),
    "refused, in a task that no command line repeats": (
        {"deny": ["erp-data"]},
        at("POST", STOP_PATH, "answer", status=422, body=REFUSAL),
        "colleague",
        [("the array refused the stop.", None), ("although this array does not show it.", None)],
    ),
    "the production site is lost": (
        {}, at("POST", STOP_PATH, "cut_link"), "admin",
        [("remote system is not reachable", {"policy": "stop", "force": "when_unreachable"})],
    ),
    "the role may not": (
        {}, at("POST", STOP_PATH, "forbid"), "admin", [("the account admin may not stop them", {"policy": "stop"})],
    ),
    "the stop is not shown": (
        {"wait_timeout": 1}, at("POST", STOP_PATH, "answer", status=503, body=REFUSAL), "admin",
        [("has not shown that they were stopped", {"policy": "stop"})],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", LEFT.values(), ids=LEFT)
def test_what_is_to_be_done_fits_why_a_test_is_left(sweep: Sweep, simulator: Simulator, case: t.Any) -> None:
    options, fault, account, steps = case
    simulator.dr.start_failover_test("erp-data", user=account)
    if fault:
        simulator.faults.add(fault)
    result = sweep(**{"policy": "stop", "poll_interval": 0.1, **options})
    assert [left["resource_name"] for left in result["overdue_left"]] == ["erp-data"]
    assert [step["options"] for step in result["next_steps"]] == [wanted for _text, wanted in steps]
    # Who is to be told to stop it has not tried.
    assert ("Stop it with" in " ".join(" ".join(result["takeover"]).split())) is (fault is None)
    for step, (text, wanted) in zip(result["next_steps"], steps, strict=True):
        assert step["text"].startswith("erp-data: ") and text in step["text"]
        assert step["text"].endswith(":" if wanted else ".")


def test_an_array_that_is_lost_half_way_leaves_nothing_to_be_taken_for_ready(
    sweep: Sweep, simulator: Simulator
) -> None:
    simulator.dr.start_failover_test("erp-data", user="admin")
    simulator.faults.add(at("GET", "/replication_session", "answer", status=500, after=2))
    result = sweep(policy="stop", settle_time=1)
    assert result["failed"]
    assert result["tests"][0]["running"] is None and len(result["overdue_left"]) == 1
    assert result["failover_ready"]["all"] is None
    assert {session["failover_ready"] for session in result["sessions"]} == {None}
    assert "NOT KNOWN" in " ".join(result["summary"]) and "NOT KNOWN" in result["takeover"][0]


def test_an_array_that_cannot_be_reached(sweep: Sweep) -> None:
    result = sweep(policy="stop", port=1, timeout=1)
    assert result["failed"] and result["failure"]["kind"] == "unreachable"
    assert (result["cluster"], result["tests"], result["failover_ready"]["all"]) == (None, [], None)
    assert result["summary"][0].startswith("NOT KNOWN")


def test_a_start_that_the_array_logged_and_never_shows_is_told(sweep: Sweep, simulator: Simulator) -> None:
    simulator.faults.add(at("POST", "/replication_session/{id}/start_failover_test", "flag_late", seconds=60))
    run_module(simulator, "replication_failover_test", state="started", volume="erp-data", wait_timeout=1)
    began = time.monotonic()
    result = sweep(policy="stop", wait_timeout=2)
    assert time.monotonic() - began < 50
    assert result["failed"] and result["tests"][0]["running"] is True
    assert "start.unaccounted" in {finding["id"] for finding in result["tests"][0]["findings"]}
    assert result["failover_ready"]["all"] is False


def test_the_source_says_where_to_stop(simulator: Simulator) -> None:
    simulator.dr.start_failover_test("erp-data", user="admin")
    result = run_module(
        simulator, "replication_failover_test_sweep", policy="stop", settle_time=0, port=simulator.production.port
    )
    [test] = result["tests"]
    assert test["decision"] == "leave" and "destination" in test["reason"]
    [step] = result["next_steps"]
    assert "cannot be stopped from this array" in step["text"] and step["options"] is None
    assert running(simulator) == ["erp-data"] and len(result["overdue_left"]) == 1
    assert "nothing to take over" in result["takeover"][0]


def test_a_release_without_failover_tests(sweep: Sweep, simulator: Simulator) -> None:
    simulator.dr.set_release_version("1.0.4.0")
    result = sweep(policy="stop")
    assert not result.get("failed") and result["tests"] == []
    assert result["failover_ready"]["all"] is True


@pytest.mark.parametrize("release", ["2.0.0.0", "3.0.0.0"])
def test_names_of_older_releases_are_read(sweep: Sweep, simulator: Simulator, release: str) -> None:
    simulator.dr.set_release_version(release)
    simulator.dr.start_failover_test("erp-db", user="admin")
    result = sweep(policy="stop", allow=["erp-db"])
    assert running(simulator) == ["erp-db"]
    assert sorted(session["resource_name"] for session in result["sessions"]) == ["erp-data", "erp-db", "files-archive"]


def test_options_that_contradict_each_other_ask_nothing(sweep: Sweep, simulator: Simulator) -> None:
    result = sweep(accounts=["colleague"])
    assert result["failed"] and result["failure"]["kind"] == "invalid_input"
    assert simulator.dr.journal() == []


def test_a_stop_that_goes_on_looking_meets_a_start_that_was_on_its_way(run: ModuleRunner, simulator: Simulator) -> None:
    sessions = [{"volume": "erp-data"}, {"volume_group": "erp-db"}]
    simulator.dr.start_failover_test("erp-db", user="admin")
    timer = later(0.7, lambda: begin(simulator, "erp-data", "admin", 0.5))
    result = run.stop(sessions=sessions, settle_time=60, poll_interval=0.1)
    timer.join()
    assert [entry["action"] for entry in result["sessions"]] == ["stopped", "stopped"]
    assert running(simulator) == []

    began = time.monotonic()
    assert run.stop(sessions=sessions, settle_time=1, poll_interval=0.1)["changed"] is False
    assert 1 <= time.monotonic() - began < 50
    began = time.monotonic()
    assert run.stop(sessions=sessions, settle_time=60, check=True)["changed"] is False
    assert time.monotonic() - began < 50


@pytest.mark.parametrize("phase", ["Failed", "Skipped"])
def test_a_start_that_came_to_nothing_does_not_make_a_colleagues_test_ones_own(
    sweep: Sweep, simulator: Simulator, phase: str
) -> None:
    array, session = simulator.dr.array, simulator.dr.session("erp-db")
    simulator.dr.start_failover_test("erp-db", user="colleague")
    array.past_job("admin", "start_failover_test", ("replication_session", session.id, "erp-db"), array.now())
    [own] = [job for job in array.jobs if job.user == "admin"]
    own.phase = phase
    result = sweep(policy="stop")
    assert running(simulator) == ["erp-db"]
    assert (result["tests"][0]["started_by"], result["tests"][0]["decision"]) == ("colleague", "leave")
