# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What first_contact found, taken back into a scenario: the simulated array behaves as the one it was found on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.lab.simulator import ScenarioError, Simulator, facts, scenario
from tests.running import Result, run_action, run_module

_SECONDS = {"start_failover_test": 0.4, "stop_failover_test": 0.2}
_TESTS = "/replication_session/*/*_failover_test"
# Arrays that differ in everything that the questions are about.
ARRAYS: dict[str, dict[str, Any]] = {
    "2.1": {
        "arrays": {
            "dr": {"release_version": "2.1.0.0"},
            "production": {"release_version": "2.1.1.0", "clock_skew": 40},
        },
        "options": {
            "source_shows_test": False, "source_flag_at_rest": None, "same_session_id": False,
            "stopped_snapshot_days": 1.5, "idle_timeout": 600, "recovery_point_clock": "own",
            "refusals": {"test_in_progress": {"status": 400, "code": "0xE02010051111"},
                         "no_test": {"status": 422, "code": "0xE02010052222"}},
        },
        "accounts": [{"role": "storage_administrator", "recorded_as": "CORP\\admin"}],
    },
    "3.6": {
        "arrays": {
            "dr": {"release_version": "3.6.0.0", "clock_skew": -25},
            "production": {"release_version": "3.6.1.0"},
        },
        "options": {
            "source_shows_test": False, "source_flag_at_rest": False, "same_session_id": True,
            "destination_flag_in_test": False, "recovery_point_clock": "source",
            "refusals": {"test_in_progress": {"status": 404, "code": "0xE02010053333"},
                         "no_test": {"status": 422, "code": "0xE02010050026"}},
        },
        "accounts": [{"role": "storage_operator", "forbidden": ["/audit_event*"], "shows_user": False}],
    },
    "4.1": {
        "arrays": {"dr": {"release_version": "4.1.0.0"}, "production": {"release_version": "4.1.0.0"}},
        "options": {"source_shows_test": True, "show_synchronizing": True, "stopped_snapshot_days": 30,
                    "show_hidden": True},
        "defaults": {"sync_duration": 150, "recovery_point_age": 120},
        "faults": [{"action": "no_total", "method": "GET"}],
    },
}  # fmt: skip


def document_of(release: str) -> dict[str, Any]:
    """A scenario with one volume that may be used."""
    given = ARRAYS[release]
    account = {"username": "admin", "password": "Drdrill-Simulator-1!", "role": "administrator"}
    first = {**account, **(given.get("accounts") or [{}])[0]}
    other = {**account, "username": "root"}  # what starts the simulator
    return {
        **given,
        "accounts": [first, other],
        "operation_seconds": _SECONDS,
        "sessions": [{"volume": "playground", "rule": "rpo-5min", "hosts": ["dr-host"]}],
        "arrays": {**given["arrays"], "dr": {**given["arrays"]["dr"], "hosts": ["dr-host"]}},
    }


def contact(simulator: Simulator, folder: Path) -> Result:
    """All the steps of the playbook, by its modules."""
    user = {"username": "admin", "volume": "playground", "poll_interval": 0.1}
    look: dict[str, Any] = {"username": "admin", "volume": "playground"}
    before = run_module(simulator, "first_contact", step="read", **look)
    source: dict[str, Any] = {
        "username": "admin",
        "port": simulator.production.port,
        "resource_id": before["observed"]["session"]["remote_resource_id"],
    }
    steps = {"before": before, "source_before": run_module(simulator, "first_contact", step="read", **source)}
    steps["start"] = run_module(simulator, "replication_failover_test", state="started", **user)
    since: dict[str, Any] = {"seconds": 0, "since": steps["start"]["sessions"][0]["started_at"]}
    job = steps["start"]["sessions"][0]["job_id"]
    steps["during"] = run_module(simulator, "first_contact", step="watch", **look, **since, job_id=job)
    steps["source_during"] = run_module(simulator, "first_contact", step="watch", **source, **since)
    steps["second_start"] = run_module(simulator, "first_contact", step="second_start", **look)
    stop = {**user, "state": "stopped", "create_end_of_test_snapshot": True}
    steps["stop"] = run_module(simulator, "replication_failover_test", **stop)
    kept = steps["stop"]["sessions"][0]["end_of_test_snapshot"]["id"]
    steps["after"] = run_module(simulator, "first_contact", step="watch", **look, **since, snapshot=kept)
    steps["source_after"] = run_module(simulator, "first_contact", step="watch", **source, **since)
    steps["second_stop"] = run_module(simulator, "first_contact", step="second_stop", **look)
    return run_action("first_contact_report", directory=str(folder), **steps)


def answers_of(report: Result) -> dict[str, Any]:
    return {each["id"]: each["value"] for each in report["facts"]["answers"] if each["status"] == "answered"}


@pytest.mark.parametrize("release", ARRAYS)
def test_first_contact_finds_each_fact_and_the_simulator_takes_it(release: str, tmp_path: Path) -> None:
    document = document_of(release)
    with Simulator.from_dict(document) as simulator:
        found = contact(simulator, tmp_path)
    made = facts.overlay(facts.read_facts(Path(found["path"])))
    taken = made.over({})
    wanted = document["options"]
    assert {name: taken["options"].get(name) for name in wanted} == wanted
    for array in ("dr", "production"):
        given = document["arrays"][array]
        assert taken["arrays"][array]["release_version"] == given["release_version"]
        assert abs(taken["arrays"][array].get("clock_skew", 0) - given.get("clock_skew", 0)) <= 2
    account = document["accounts"][0]
    for name in ("role", "forbidden", "recorded_as"):
        assert taken["accounts"][0].get(name) in (account.get(name), *(["admin"] if name == "recorded_as" else []))
    assert taken["accounts"][0]["shows_user"] is account.get("shows_user", True)
    # What was measured has the time of requests in it, of which a loaded machine needs many.
    for operation, seconds in _SECONDS.items():
        assert seconds <= taken["operation_seconds"][operation] + 0.05 < seconds + 10
    assert ({"action": "no_total", "method": "GET"} in taken.get("faults", [])) is ("faults" in document)
    assert made.not_simulated == []

    # The rehearsal: the answers of an array made from the facts are the same.
    rehearsal = facts.overlay(found["facts"]).over({name: document[name] for name in ("sessions", "operation_seconds")})
    rehearsal["accounts"].append(document["accounts"][1])
    rehearsal["arrays"]["dr"]["hosts"] = ["dr-host"]
    rehearsal["defaults"] = document.get("defaults", {})
    with Simulator.from_dict(rehearsal) as simulator:
        again = answers_of(contact(simulator, tmp_path))
    first = answers_of(found)
    for name in first.keys() - {"clock", "start", "stop", "flag_delay", "audit"}:
        assert again[name] == first[name], name


def test_no_name_is_in_the_files(tmp_path: Path) -> None:
    with Simulator.from_dict(document_of("2.1")) as simulator:
        found = contact(simulator, tmp_path)
        text = Path(found["path"]).read_text() + Path(found["html_path"]).read_text() + "\n".join(found["summary"])
        tables = [table for array in simulator.world.arrays.values() for table in array.tables.values()]
    names = {str(row[key]) for table in tables for row in table for key in ("name", "wwn", "global_id") if row.get(key)}
    assert names
    for name in {*names, "CORP", "127.0.0.1", simulator.password, "10.20.0.10"}:
        assert name not in text


def test_without_a_test_the_questions_stay_open(simulator: Simulator, tmp_path: Path) -> None:
    before = run_module(simulator, "first_contact", step="read", volume="erp-data")
    report = run_action(
        "first_contact_report", directory=str(tmp_path), before=before, start={"failed": True, "msg": "no"}
    )
    by_status = {each["id"]: each["status"] for each in report["facts"]["answers"]}
    assert by_status["release"] == "answered"
    assert by_status["flag_at_destination"] == by_status["same_session_id"] == "not seen"
    assert by_status["planned_failover"] == "not asked"
    nothing = run_action("first_contact_report", directory=str(tmp_path / "none"))
    assert {each["status"] for each in nothing["facts"]["answers"]} == {"not seen", "not asked"}


def test_a_second_start_that_the_array_takes_is_said(simulator: Simulator, tmp_path: Path) -> None:
    simulator.dr.start_failover_test("erp-data", user=simulator.username)
    taken = {"action": "answer", "status": 204, "executed": False}
    simulator.faults.add(array="dr", method="POST", path="*/start_failover_test", **taken)
    asked = run_module(simulator, "first_contact", step="second_start", volume="erp-data")
    assert asked["observed"]["answered"] == "accepted"
    report = run_action("first_contact_report", directory=str(tmp_path), second_start=asked)
    made = facts.overlay(report["facts"])
    assert made.not_simulated == [] and made.document["options"]["accepts_second_start"] is True


def test_a_second_start_is_not_sent_where_no_test_runs(simulator: Simulator) -> None:
    asked = run_module(simulator, "first_contact", step="second_start", volume="erp-data")
    assert asked["observed"]["sent"] is False
    simulator.dr.start_failover_test("erp-data", user="somebody")
    assert run_module(simulator, "first_contact", step="second_stop", volume="erp-data")["observed"]["sent"] is False
    assert {each.method for each in simulator.dr.journal() if each.path != "/logout"} == {"GET"}


@pytest.mark.parametrize("text", ["{", "[]", json.dumps({"format": "another"})])
def test_a_file_of_something_else_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "facts.json").write_text(text)
    with pytest.raises(ScenarioError, match=r"facts\.json"):
        facts.read_facts(tmp_path / "facts.json")


@pytest.mark.parametrize(
    ("answers", "named"),
    [
        (None, "'answers'"),
        ("x", "'answers'"),
        ([{"id": "release", "status": "answered", "value": None}], "'release'"),
        ([{"id": "start", "status": "answered", "value": {}}], "'start'"),
    ],
)
def test_answers_that_nobody_writes_are_named(answers: object, named: str) -> None:
    with pytest.raises(ScenarioError, match=f"{named} in the file of first_contact is not understood"):
        facts.overlay({"answers": answers})


def test_refusals_of_a_kind_that_there_is_not_are_refused() -> None:
    with pytest.raises(ScenarioError, match="Unknown refusal nonsense"):
        scenario.from_dict({"options": {"refusals": {"nonsense": {}}}})
