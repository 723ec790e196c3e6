# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the record of a drill holds besides its verdict: what was measured, what was not, and nothing else."""

from __future__ import annotations

import copy
import json

import pytest

from tests.unit.makers.drills import CHECK, PLANNED, a_drill
from tests.unit.makers.spoils import (
    ATTACH,
    Spoil,
    put,
    record_of,
    spoiled,
)


def test_numbers_of_a_planned_step_may_be_texts() -> None:
    planned = {"phase": "validate", "name": "late", "command": ["true"], "wave": "2", "timeout": "5"}
    record = spoiled(lambda drill: drill["planned_steps"].append(planned))

    assert [step["wave"] for step in record["steps"] if step["name"] == "late"] == [2]
    assert [v["timeout_seconds"] for v in record["validations"] if v["name"] == "late"] == [5.0]


def test_what_a_good_drill_measured() -> None:
    record = spoiled(put("rto_seconds", 600), put("rpo_seconds", 120))
    session = record["sessions"][0]

    assert {name: value for name, value in record["times"].items() if value} == {
        "started_at": "2026-11-23T20:01:00.000Z",
        "finished_at": "2026-11-23T20:06:00.000Z",
        "written_at": "2026-11-23T20:00:00.000Z",
        "written_by_array": "2026-11-23T20:00:00.000Z",
        "duration_seconds": 300.0,
    }
    assert session["recovery_point"] == {
        "objective_seconds": 120,
        "objective_from": "drill",
        "timestamp": "2026-11-23T20:00:00.000Z",
        "age_seconds": 120.0,  # as its own test started
        "met": True,
        "of": "last_sync",
        "age_at_preflight_seconds": 60.0,
        "as_found": None,
        "reason": None,
    }
    # From the start being sent, 20:02:00, to what was read after the last check, 20:04:00.
    assert session["rto"] == {
        "objective_seconds": 600,
        "objective_from": "drill",
        "storage_accessible_seconds": 3.0,
        "hosts_see_it_seconds": None,
        "application_validated_seconds": 120.0,
        "actual_seconds": 120.0,
        "met": True,
        "reason": None,
    }
    assert session["seconds_in_test"] == 177.0
    assert session["return_to_normal"] == {
        "stop_confirmed": True,
        "held": False,
        "differences": [],
        "left_alone": None,
        "not_compared": [],
    }
    assert [validation["passed"] for validation in session["validations"]] == [True, True, True]
    assert (record["objectives"]["rpo_seconds"], record["objectives"]["rto_seconds"]) == (120, 600)
    assert record["array"]["name"] == "powerstore-dr"
    assert record["who"] == {
        "controller_user": "awx", "controller_host": "controller", "awx": None, "array_account": "drill",
        "participants": ["A. Storage"], "approvers": ["B. Manager"],
    }  # fmt: skip


@pytest.mark.parametrize(
    "spoil",
    [
        put("steps", []),
        put("planned_steps", [PLANNED, PLANNED | {"name": "second"}]),
        put("planned_steps", [PLANNED, PLANNED | {"name": "its own", "session": "erp-data"}]),
        put("starts.0.sessions.0.started_at", None),
        put("clock_skew_seconds", None),
        put("steps.0.finished_at", None),
        lambda drill: drill.update(steps=[], planned_steps=[]),
    ],
)
def test_the_rto_is_not_measured_before_everything_was_validated(spoil: Spoil) -> None:
    rto = spoiled(put("rto_seconds", 600), spoil)["sessions"][0]["rto"]

    assert (rto["actual_seconds"], rto["met"]) == (None, None)


def test_the_three_parts_of_the_rto() -> None:
    """Started at 20:02:00 by the array's clock, attached at 20:03:00, validated at 20:04:00 by one 10 s behind it."""
    rto = spoiled(put("steps", [CHECK, ATTACH]), put("clock_skew_seconds", 10.0))["sessions"][0]["rto"]

    assert (rto["storage_accessible_seconds"], rto["hosts_see_it_seconds"]) == (3.0, 70.0)
    assert rto["application_validated_seconds"] == rto["actual_seconds"] == 130.0


def test_a_check_of_one_session_counts_for_it_alone() -> None:
    own = CHECK | {"name": "its own", "session": "erp-db", "finished_at": "2026-11-23T20:04:30.000Z"}
    record = spoiled(put("steps", [CHECK, own]))
    first, second = record["sessions"]

    assert (first["rto"]["actual_seconds"], second["rto"]["actual_seconds"]) == (120.0, 150.0)
    assert [v["name"] for v in second["validations"] if v["kind"] != "array"] == ["its own"]
    assert [v["name"] for v in record["validations"]] == ["ledger answers"]
    assert [s["session_ids"] for s in record["steps"] if s["name"] == "its own"] == [["s-2"]]


def test_steps_that_were_not_executed_are_named_with_the_reason() -> None:
    stopped_early = {"task": "Validate", "message": "Killed."}
    record = spoiled(put("interruption", stopped_early), put("steps", []), put("phases", []))
    left = {step["name"]: step for step in record["steps"] if step["result"] == "not_executed"}

    assert {"ledger answers", "Read the sessions back and compare"} <= left.keys()
    assert all(step["reason"] == "The drill ended early in 'Validate'." for step in left.values())


def test_what_was_asked_for_is_in_the_record_of_a_drill_that_could_read_nothing() -> None:
    drill = a_drill() | {"before": None, "starts": [], "during": None, "stops": [], "after": None, "steps": []}
    record = record_of(drill | {"wishes": [{"volume": "erp-data", "wave": 2}, {"session_id": "s-9"}]})

    named = [(s["resource_name"], s["session_id"], s["wave"], s["verdict"]) for s in record["sessions"]]
    assert named == [("erp-data", None, 2, "aborted"), ("s-9", "s-9", 1, "aborted")]


def test_deviations_have_room_for_a_person() -> None:
    record = spoiled(put("wishes.0.rto_seconds", 1), put("after.sessions.1.state", "Paused"))

    assert [(d["id"], d["session_id"], d["severity"]) for d in record["deviations"]] == [
        ("D1", "s-2", "passed_with_deviations"),
        ("D2", "s-1", "failed"),
    ]
    assert {d[name] for d in record["deviations"] for name in ("owner", "due", "comment")} == {None}


def test_without_an_rto_objective_it_is_measured_and_held_against_nothing() -> None:
    record = spoiled()

    assert record["sessions"][0]["rto"]["actual_seconds"] == 120.0
    assert record["sessions"][0]["rto"]["met"] is None
    assert record["verdict"] == "passed"


def test_the_order_of_volumes_and_hosts_is_no_difference() -> None:
    drill = a_drill()
    for phase in ("before", "after"):
        entry = drill[phase]["sessions"][0]
        entry["hosts"] = ["a", "b"]
        entry["volumes"].append(
            {"id": "v-9", "name": "second", "state": "Ready", "wwn": "naa.9", "size": 1, "hosts": ["a"]}
        )
    drill["after"]["sessions"][0]["hosts"].reverse()
    drill["after"]["sessions"][0]["volumes"].reverse()

    assert record_of(drill)["verdict"] == "passed"


def test_a_finding_is_recorded_once() -> None:
    words = {"session_id": "s-1", "severity": "info", "message": "m", "impact": "i", "resolution": "r"}
    lost, paused = {"id": "answer.lost", **words}, {"id": "replication.paused", **words}
    record = spoiled(
        put("before.sessions.0.findings", [paused]),
        put("starts.0.sessions.0.findings", [paused, lost]),
        put("stops.0.sessions.0.findings", [lost]),
    )

    assert record["sessions"][0]["findings"] == [paused, lost]


def test_the_record_never_contains_more_than_it_is_meant_to() -> None:
    secret = "s3cret"
    drill = a_drill()
    for phase in (drill["before"], *drill["starts"], drill["during"], *drill["stops"], drill["after"]):
        phase["invocation"] = {"module_args": {"password": secret}}
        phase["diff"] = {"before": secret}
        phase["cluster"]["other"] = secret
    for phase in (*drill["starts"], *drill["stops"]):
        for entry in phase["sessions"]:
            entry["invocation"] = secret
            entry["selector"] = {"session_id": secret}

    assert record_of(drill) == record_of(a_drill())
    assert secret not in json.dumps(record_of(drill))


def test_the_drill_is_not_changed_by_being_judged() -> None:
    drill = a_drill()
    drill["planned_steps"].append(PLANNED | {"name": "second"})
    kept = copy.deepcopy(drill)
    record_of(drill)

    assert drill == kept


@pytest.mark.parametrize(
    ("action", "text"),
    [
        ({"argv": ["/opt/check", "a b"], "chdir": None, "files": []}, "/opt/check 'a b'"),
        (
            {"argv": ["/opt/check"], "chdir": "/tmp", "files": [{"path": "/opt/check", "sha256": "ab12"}]},
            "/opt/check in /tmp; /opt/check (SHA-256 ab12)",
        ),
        ({"host": "erp", "port": 8443}, "erp:8443"),
        ({"method": "GET", "url": "https://erp/health", "headers": []}, "GET https://erp/health"),
        ({"file": "/plays/check.yml", "sha256": "cd34"}, "/plays/check.yml (SHA-256 cd34)"),
        ({"file": None, "sha256": None}, None),
        ({"hidden": "hidden by no_log"}, "hidden by no_log"),
        (None, None),
    ],
)
def test_a_check_says_what_it_did(action: dict[str, object] | None, text: str | None) -> None:
    [found] = spoiled(put("steps.0.action", action), put("steps.0.attempts", 3))["validations"]

    assert (found["action"], found["attempts"], found["output_tail"]) == (text, 3, None)
