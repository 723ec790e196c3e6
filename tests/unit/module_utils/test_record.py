# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verdict of a drill: not measured is never a pass, and a drill passes only when its stop was confirmed."""

from __future__ import annotations

import copy
import json
import typing as t

import jsonschema
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ansible_collections.drdrill.powerstore.plugins.module_utils._record import build_record
from ansible_collections.drdrill.powerstore.plugins.module_utils._record_common import Context
from ansible_collections.drdrill.powerstore.plugins.module_utils._record_observed import Observations
from ansible_collections.drdrill.powerstore.plugins.module_utils._record_schema import DRILL, published
from ansible_collections.drdrill.powerstore.plugins.module_utils._record_text import summary
from ansible_collections.drdrill.powerstore.plugins.module_utils._schema import problems

from .drills import CHECK, CONTEXT, PLANNED, Json, a_drill
from .samples import NOW

Spoil = t.Callable[[Json], object]


VALID = jsonschema.Draft202012Validator(published())


def record_of(drill: Json, **context: t.Any) -> Json:
    """The record; it is always as its schema has it."""
    given = Context(**{**CONTEXT, "controller_user": "awx", "controller_host": "controller", **context})
    record = build_record(Observations(**drill), given, "drill-1", NOW)
    assert problems(record, DRILL) == []
    VALID.validate(record)
    return record


def spoiled(*spoils: Spoil) -> Json:
    drill = a_drill()
    for spoil in spoils:
        spoil(drill)
    return record_of(drill)


def put(path: str, value: t.Any) -> Spoil:
    """Put a value into the drill, for example at ``after.sessions.0.state``."""

    def spoil(drill: Json) -> None:
        *folders, last = [int(part) if part.isdigit() else part for part in path.split(".")]
        place: t.Any = drill
        for folder in folders:
            place = place[folder]
        place[last] = value

    return spoil


def drop(path: str, position: int) -> Spoil:
    """Leave one entry out of a list in the drill."""

    def spoil(drill: Json) -> None:
        place: t.Any = drill
        for part in path.split("."):
            place = place[int(part) if part.isdigit() else part]
        del place[position]

    return spoil


ATTACH = CHECK | {"phase": "attach", "name": "mount", "started_at": None, "finished_at": "2026-11-23T20:03:00.000Z"}
FAILURE = {"kind": "rejected", "http_status": 422, "code": "0xE1", "message": "The array answered 422."}
AT_REST = {"failover_test_in_progress": False}
LOST = {"kind": "unreachable", "http_status": None, "code": None, "message": "No answer."}


def start_failed(drill: Json, *, sent: bool) -> None:
    drill["starts"][0]["sessions"][0] |= {
        "action": "failed", "failed": True, "changed": False, "request_sent": sent, "failure": FAILURE,
        "finished_at": None, "duration_seconds": None,
    }  # fmt: skip


def stop_failed(drill: Json) -> None:
    drill["stops"][0]["sessions"][0] |= {
        "action": "failed", "failed": True, "changed": False, "failure": FAILURE,
        "after": {"failover_test_in_progress": True},
    }  # fmt: skip
    drill["after"]["sessions"][0]["failover_test_in_progress"] = True


def stop_again(drill: Json) -> None:
    """A second attempt, which finds that the first one did it after all."""
    again = copy.deepcopy(drill["stops"][0])
    for entry in again["sessions"]:
        entry |= {
            "action": "none", "changed": False, "failed": False, "failure": None, "request_sent": False,
            "after": {"failover_test_in_progress": False}, "job_id": None, "started_at": None, "finished_at": None,
        }  # fmt: skip
    drill["stops"].append(again)
    for entry in drill["after"]["sessions"]:
        entry["failover_test_in_progress"] = False


def stop_failed_again(drill: Json) -> None:
    stop_failed(drill)
    drill["stops"].reverse()


def start_without_a_word(drill: Json) -> None:
    """The task of the start was killed: the role stops what it may have started."""
    drill |= {"starts": [], "during": None, "steps": [], "owned": ["s-1", "s-2"]}


def adopted(drill: Json) -> None:
    """The test of the first session ran already, started by the same account, and was taken over."""
    drill["before"]["sessions"][0]["failover_test_in_progress"] = True
    drill["starts"][0]["sessions"][0] |= {
        "action": "none", "changed": False, "request_sent": False, "started_at": None, "finished_at": None,
        "duration_seconds": None, "job_id": None,
    }  # fmt: skip
    drill |= {"owned": ["s-1", "s-2"], "adopted": ["s-1"]}


def check(**changes: t.Any) -> Spoil:
    return put("steps.0", CHECK | changes)


@pytest.mark.parametrize(
    ("spoils", "verdict", "cleanup"),
    [
        pytest.param([], "passed", "passed", id="as it should be"),
        pytest.param([check(passed=False)], "failed", "passed", id="critical check failed"),
        pytest.param(
            [check(passed=False, critical=False)], "passed_with_deviations", "passed", id="other check failed"
        ),
        pytest.param([check(passed=None)], "incomplete", "passed", id="check without a result"),
        pytest.param([put("steps", [])], "incomplete", "passed", id="planned check not executed"),
        pytest.param(
            [put("planned_steps", [PLANNED, PLANNED | {"name": "second"}])],
            "incomplete", "passed", id="one check not executed",
        ),
        pytest.param(
            [check(passed=False), put("planned_steps", [PLANNED, PLANNED | {"name": "second"}])],
            "failed", "passed", id="failed and not executed",
        ),
        pytest.param([put("steps", []), put("planned_steps", [])], "passed", "passed", id="drill without checks"),
        pytest.param(
            [put("steps", []), put("planned_steps", []), put("rto_seconds", 600)],
            "incomplete", "passed", id="RTO without a check that validates",
        ),
        pytest.param([put("steps", [CHECK, ATTACH])], "passed", "passed", id="attached"),
        pytest.param(
            [put("steps", [CHECK, ATTACH | {"passed": False}])], "failed", "passed", id="attach step failed"
        ),
        pytest.param(
            [put("planned_steps", [PLANNED, PLANNED | {"phase": "release", "name": "unmount"}])],
            "incomplete", "passed", id="release not executed",
        ),
        pytest.param([check(passed=False, session="erp-db")], "failed", "passed", id="check of one session failed"),
        pytest.param([put("wishes.0.rto_seconds", 119)], "failed", "passed", id="RTO of one session missed"),
        pytest.param([put("wishes.0.rpo_seconds", 59)], "failed", "passed", id="RPO of one session exceeded"),
        pytest.param([stop_failed, put("held", ["s-1"])], "failed", "held", id="left running on purpose"),
        pytest.param([put("held", ["s-1"])], "passed", "passed", id="held, but stopped all the same"),
        pytest.param([adopted], "passed", "passed", id="running test taken over"),
        pytest.param([adopted, put("stops", [])], "failed", "failed", id="taken over and not stopped"),
        pytest.param(
            [put("policy", {"end_of_test_snapshot": "failed"})], "passed", "passed", id="snapshot only of failed ones"
        ),
        pytest.param([stop_failed], "failed", "failed", id="stop failed"),
        pytest.param([put("stops", [])], "failed", "failed", id="no stop"),
        pytest.param([drop("stops.0.sessions", 1)], "failed", "failed", id="stop of one session missing"),
        pytest.param([put("after", None)], "failed", "failed", id="not read after the stop"),
        pytest.param([drop("after.sessions", 0)], "failed", "failed", id="one session not read after the stop"),
        pytest.param(
            [put("after.sessions.0.failover_test_in_progress", True)], "failed", "failed", id="still shown in test"
        ),
        pytest.param(
            [put("stops.0.sessions.0.after.failover_test_in_progress", True)], "failed", "failed",
            id="stop did not show it",
        ),
        pytest.param(
            [
                stop_failed, put("stops.0.sessions.0.after", AT_REST),
                put("after.sessions.0.failover_test_in_progress", False),
            ],
            "failed", "failed", id="stop failed although the flag is off",
        ),
        pytest.param([put("stops.0.sessions.0.after", None)], "failed", "failed", id="not read by the stop"),
        pytest.param(
            [put("stops.0.sessions.0.failed", True), put("stops.0.sessions.0.failure", FAILURE)],
            "passed_with_deviations", "passed", id="stopped but the snapshot not kept as wished",
        ),
        pytest.param([stop_failed, stop_again], "passed", "passed", id="second stop found nothing left to stop"),
        pytest.param([stop_again, stop_failed_again], "failed", "failed", id="second stop failed"),
        pytest.param(
            [put("policy", {"end_of_test_snapshot": "all"})],
            "passed_with_deviations", "passed", id="snapshot wanted, none",
        ),
        pytest.param(
            [put("policy", {"end_of_test_snapshot": "all"})]
            + [put(f"stops.0.sessions.{number}.end_of_test_snapshot", {"id": "snap-1"}) for number in (0, 1)],
            "passed", "passed", id="snapshot wanted and kept",
        ),
        pytest.param([start_without_a_word, stop_failed], "failed", "failed", id="start killed, stop failed"),
        pytest.param([start_without_a_word, put("stops", [])], "failed", "failed", id="start killed, no stop"),
        pytest.param([start_without_a_word], "incomplete", "passed", id="start killed, stopped all the same"),
        pytest.param(
            [put("starts", []), put("stops", []), put("after.sessions.0.failover_test_in_progress", True)],
            "failed", "failed", id="a test that nobody knows of runs afterwards",
        ),
        pytest.param(
            [put("after.sessions.0.failover_test_in_progress", None)], "passed", "passed", id="null is no test"
        ),
        pytest.param(
            [put("starts", []), put("during", None), put("stops", []), put("steps", [])],
            "aborted", "not_needed", id="stopped before the start",
        ),
        pytest.param(
            [
                put("before", None), put("starts", []), put("during", None), put("stops", []),
                put("after", None), put("steps", []), put("interruption", {"task": "Preflight", "message": "401"}),
            ],
            "aborted", "not_needed", id="nothing was read",
        ),
        pytest.param([lambda drill: start_failed(drill, sent=False)], "failed", "passed", id="one start refused"),
        pytest.param([lambda drill: start_failed(drill, sent=True)], "failed", "passed", id="one start not confirmed"),
        pytest.param([put("interruption", {"task": "Checks", "message": "Killed."})], "incomplete", "passed",
                     id="interrupted"),
        pytest.param(
            [put("interruption", {"task": "Checks", "message": "Killed."}), check(passed=False, critical=False)],
            "incomplete", "passed", id="interrupted with a deviation",
        ),
        pytest.param(
            [put("interruption", {"task": "Checks", "message": "Killed."}), stop_failed], "failed", "failed",
            id="interrupted and not stopped",
        ),
        pytest.param([put("before.sessions.0.recovery_point_age_seconds", None)], "incomplete", "passed",
                     id="RPO not measured"),
        pytest.param([put("before.sessions.0.rpo_objective_seconds", None)], "incomplete", "passed",
                     id="RPO without objective"),
        pytest.param([put("before.sessions.0.recovery_point_age_seconds", 300.001)], "failed", "passed",
                     id="RPO exceeded"),
        pytest.param([put("before.sessions.0.recovery_point_age_seconds", 300)], "passed", "passed",
                     id="RPO just met"),
        pytest.param([put("rpo_seconds", 59)], "failed", "passed", id="RPO of the drill exceeded"),
        pytest.param([put("rpo_seconds", 0)], "failed", "passed", id="RPO of the drill is zero"),
        pytest.param(
            [put("rpo_seconds", 600), put("before.sessions.0.recovery_point_age_seconds", 500)], "passed", "passed",
            id="RPO of the drill instead of the rule's",
        ),
        pytest.param(
            [put("rpo_seconds", 600), put("before.sessions.0.rpo_objective_seconds", None)], "passed", "passed",
            id="RPO of the drill where there is no rule",
        ),
        pytest.param([put("rto_seconds", 120)], "passed", "passed", id="RTO just met"),
        pytest.param([put("rto_seconds", 119)], "failed", "passed", id="RTO missed"),
        pytest.param([put("rto_seconds", 0)], "failed", "passed", id="RTO of zero missed"),
        pytest.param([put("rto_seconds", 600), put("starts.0.sessions.0.started_at", None)], "incomplete", "passed",
                     id="RTO not measured"),
        pytest.param([put("rto_seconds", 600), put("steps", [])], "incomplete", "passed",
                     id="RTO without all checks"),
        pytest.param([put("during", None)], "incomplete", "passed", id="not read during the test"),
        pytest.param([drop("during.sessions", 0)], "incomplete", "passed", id="one not read during the test"),
        pytest.param([put("during.sessions.0.failover_test_in_progress", False)], "failed", "passed",
                     id="test ended by someone else"),
        pytest.param([put("during.sessions.0.failover_test_in_progress", None)], "failed", "passed",
                     id="null during the test"),
        pytest.param([put("during.sessions.0.volumes", [])], "incomplete", "passed", id="volumes not read"),
        pytest.param([put("during.sessions.0.volumes.0.hosts", [])], "failed", "passed", id="volume not mapped"),
        pytest.param([put("after.sessions.0.role", "Source")], "passed_with_deviations", "passed_with_deviations",
                     id="another role afterwards"),
        pytest.param([put("after.sessions.0.state", "Paused")], "passed_with_deviations", "passed_with_deviations",
                     id="another state afterwards"),
        pytest.param([put("after.sessions.0.state", "Synchronizing")], "passed", "passed", id="at work afterwards"),
        pytest.param([put("after.sessions.0.hosts", [])], "passed_with_deviations", "passed_with_deviations",
                     id="mapping gone afterwards"),
        pytest.param([put("after.sessions.0.volumes.0.size", 1)], "passed_with_deviations", "passed_with_deviations",
                     id="volume resized afterwards"),
        pytest.param(
            [put("starts.0.sessions.0.action", "rolled_back"), put("starts.0.sessions.1.action", "rolled_back"),
             put("stops", []), put("steps", [])],
            "aborted", "not_needed", id="all rolled back",
        ),
    ],
)  # fmt: skip
def test_verdict(spoils: list[Spoil], verdict: str, cleanup: str) -> None:
    record = spoiled(*spoils)

    assert (record["verdict"], record["cleanup"]["verdict"]) == (verdict, cleanup), record["reasons"]
    assert bool(record["reasons"]) is (verdict != "passed")
    assert all(isinstance(reason, str) and reason.strip() for reason in record["reasons"])


@pytest.mark.parametrize(
    ("spoils", "words"),
    [
        ([stop_failed], ["did not confirm", "erp-data"]),
        ([put("starts", []), put("steps", [])], ["No failover test was started."]),
        ([check(passed=False, observed="503")], ["ledger answers", "expected 200", "found 503"]),
        ([put("steps", [])], ["ledger answers", "not executed"]),
        ([put("interruption", {"task": "Checks", "message": "Killed."})], ["Checks", "Killed."]),
        ([put("rto_seconds", 119)], ["erp-db: RTO 120 s, objective 119 s."]),
        ([put("after.sessions.1.state", "Paused")], ["erp-db is not as it was before the drill."]),
        ([lambda drill: start_failed(drill, sent=True)], ["erp-data: The array answered 422."]),
        ([put("before.sessions.1.recovery_point_age_seconds", 301)], ["erp-db", "at most 300 s old", "301 s old"]),
    ],
)
def test_reasons_name_what_and_where(spoils: list[Spoil], words: list[str]) -> None:
    reasons = " ".join(spoiled(*spoils)["reasons"])

    assert all(word in reasons for word in words), reasons


@pytest.mark.parametrize(
    ("changes", "owned"),
    [
        ({}, True),
        ({"request_sent": False, "action": "none", "changed": False}, False),
        ({"request_sent": False, "action": "not_attempted", "changed": False}, False),
        ({"request_sent": True, "action": "failed", "failed": True, "failure": LOST, "after": None}, True),
        ({"request_sent": True, "action": "rolled_back", "changed": False}, False),
        ({"request_sent": True, "action": "failed", "failed": True, "failure": LOST, "rollback": {}}, True),
    ],
)
def test_a_session_is_owned_where_its_request_was_sent(changes: Json, owned: bool) -> None:
    drill = a_drill()
    drill["starts"][0]["sessions"][0] |= changes
    record = record_of(drill)
    first, second = record["sessions"]

    assert first["test_owned"] is owned
    assert (first["return_to_normal"] is not None) is owned
    assert second["test_owned"] is True


def test_a_test_that_someone_else_started_just_before_the_start_is_theirs() -> None:
    drill = a_drill()
    drill["starts"][0]["sessions"][0] |= {"request_sent": False, "action": "none", "changed": False}
    del drill["stops"][0]["sessions"][0]
    drill["after"]["sessions"][0]["failover_test_in_progress"] = True
    record = record_of(drill)

    assert record["sessions"][0]["test_owned"] is False
    assert (record["verdict"], record["cleanup"]["verdict"]) == ("incomplete", "passed")


def test_numbers_of_a_planned_step_may_be_texts() -> None:
    planned = {"phase": "validate", "name": "late", "command": ["true"], "wave": "2", "timeout": "5"}
    record = spoiled(lambda drill: drill["planned_steps"].append(planned))

    assert [step["wave"] for step in record["steps"] if step["name"] == "late"] == [2]
    assert [v["timeout_seconds"] for v in record["validations"] if v["name"] == "late"] == [5.0]


def test_someone_elses_running_test_is_no_clean_up_of_this_drill() -> None:
    def someone_elses(drill: Json) -> None:
        drill["before"]["sessions"][0]["failover_test_in_progress"] = True
        drill["starts"][0]["sessions"][0] |= {"request_sent": False, "action": "none", "changed": False}
        del drill["stops"][0]["sessions"][0]
        drill["after"]["sessions"][0]["failover_test_in_progress"] = True

    assert spoiled(someone_elses)["cleanup"] == {
        "verdict": "passed",
        "not_confirmed_stopped": [],
        "held": [],
        "not_as_before": [],
    }


def test_what_a_good_drill_measured() -> None:
    record = spoiled(put("rto_seconds", 600), put("rpo_seconds", 120))
    session = record["sessions"][0]

    assert record["times"] == {
        "started_at": "2026-11-23T20:01:00.000Z",
        "finished_at": "2026-11-23T20:06:00.000Z",
        "written_at": "2026-11-23T20:00:00.000Z",
        "clock_skew_seconds": None,
    }
    assert session["recovery_point"] == {
        "objective_seconds": 120,
        "objective_from": "drill",
        "timestamp": "2026-11-23T20:00:00.000Z",
        "age_seconds": 60.0,
        "met": True,
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
    }
    assert session["seconds_in_test"] == 177.0
    assert session["return_to_normal"] == {"stop_confirmed": True, "held": False, "differences": []}
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


def test_every_session_has_a_verdict_of_its_own() -> None:
    first, second = spoiled(put("wishes.0.rto_seconds", 1))["sessions"]

    assert (first["verdict"], first["reasons"]) == ("failed", ["erp-data: RTO 120 s, objective 1 s."])
    assert (second["verdict"], second["reasons"]) == ("passed", [])


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


FLAG = st.sampled_from([True, False, None])
SPOILS: list[st.SearchStrategy[Spoil]] = [
    *(st.just(put(phase, None)) for phase in ("before", "during", "after")),
    st.just(put("stops", [])),
    st.just(put("owned", ["s-1"])),
    st.just(stop_failed),
    st.just(stop_again),
    *(
        st.builds(put, st.just(f"{phase}.sessions.{number}.failover_test_in_progress"), FLAG)
        for phase in ("during", "after")
        for number in (0, 1)
    ),
    *(st.builds(put, st.just(f"stops.0.sessions.{n}.after.failover_test_in_progress"), FLAG) for n in (0, 1)),
    *(st.just(put(f"stops.0.sessions.{n}.after", None)) for n in (0, 1)),
    *(st.just(put(f"starts.0.sessions.{n}.request_sent", False)) for n in (0, 1)),
    st.builds(put, st.just("after.sessions.0.state"), st.sampled_from(["OK", "Paused", "Synchronizing"])),
    st.builds(put, st.just("steps"), st.sampled_from([[], [CHECK], [CHECK | {"passed": False, "critical": False}]])),
    st.builds(put, st.just("before.sessions.0.recovery_point_age_seconds"), st.sampled_from([None, 1.0, 301.0])),
    st.builds(put, st.just("rto_seconds"), st.sampled_from([None, 60, 600])),
    st.just(put("interruption", {"task": "Checks", "message": "Killed."})),
    st.just(lambda drill: start_failed(drill, sent=True)),
]


@settings(max_examples=400, deadline=None)
@given(st.lists(st.one_of(SPOILS), max_size=3))
def test_a_drill_passes_only_with_everything_measured_and_every_stop_confirmed(spoils: list[Spoil]) -> None:
    drill = a_drill()
    for spoil in spoils:
        try:
            spoil(drill)
        except (TypeError, LookupError):  # in a phase that an earlier one removed
            continue
    record = record_of(drill)
    stops = {e["session_id"]: e for attempt in drill["stops"] for e in attempt["sessions"]}
    reads = {e["session_id"]: e for e in (drill["after"] or {"sessions": []})["sessions"]}
    appeared = {
        name for name, e in reads.items() if drill["before"] is not None and e["failover_test_in_progress"] is True
    }
    sent = {e["session_id"] for e in drill["starts"][0]["sessions"] if e["request_sent"]}
    owned = sorted(sent | appeared | set(drill["owned"]))
    unconfirmed = [
        name
        for name in owned
        if name not in stops
        or stops[name]["failed"]
        or stops[name]["after"] is None
        or stops[name]["after"]["failover_test_in_progress"] is True
        or name not in reads
        or reads[name]["failover_test_in_progress"] is True
    ]

    assert record["cleanup"]["not_confirmed_stopped"] == unconfirmed
    assert (record["verdict"] == "failed") or not unconfirmed
    if record["verdict"] in ("passed", "passed_with_deviations"):
        assert owned and drill["before"] and drill["during"] and not drill["interruption"]
        assert {done["name"] for done in drill["steps"]} >= {step["name"] for step in drill["planned_steps"]}
        assert drill["before"]["sessions"][0]["recovery_point_age_seconds"] is not None or "s-1" not in owned
    assert (record["verdict"] == "passed") is not bool(record["reasons"])


def test_summary() -> None:
    lines = summary(spoiled(put("rto_seconds", 600)), "/var/lib/drills/drill-1.json")
    text = "\n".join(lines)

    assert lines[0] == "Quarterly drill  (powerstore-dr, PowerStoreOS 4.1.0.0)"
    assert "[passed] ledger answers: 200" in lines
    assert "RTO objective: 600 s" in lines
    assert "Verdict: passed   Clean-up: passed" in lines
    assert lines[-1] == "Record: /var/lib/drills/drill-1.json"
    [row] = [line for line in lines if line.startswith("erp-data")]
    assert row.split() == [
        "erp-data",
        "volume",
        "3.0",
        "s",
        "177.0",
        "s",
        "60",
        "s",
        "/",
        "300",
        "s",
        "120.0",
        "s",
        "yes",
    ]
    assert max(map(len, lines)) <= 120
    assert "None" not in text


@pytest.mark.parametrize(
    ("spoils", "line"),
    [
        ([check(passed=False, observed="503")], "[FAILED] ledger answers: 503"),
        ([put("steps", [])], "[not executed] ledger answers: not executed"),
        ([stop_failed], "Verdict: failed   Clean-up: failed"),
        ([], "RTO objective: none given"),
        ([put("interruption", {"task": "Checks", "message": "Killed."})], "  - Interrupted in 'Checks': Killed."),
    ],
)
def test_lines_of_the_summary(spoils: list[Spoil], line: str) -> None:
    assert line in summary(spoiled(*spoils), "path")


@pytest.mark.parametrize(
    ("spoils", "word"),
    [([], "yes"), ([stop_failed], "NOT CONFIRMED"), ([put("starts", []), put("steps", [])], "not started")],
)
def test_the_summary_says_whether_each_session_is_stopped(spoils: list[Spoil], word: str) -> None:
    [row] = [line for line in summary(spoiled(*spoils), "path") if line.startswith("erp-data ")]

    assert row.endswith(f"  {word}")


@settings(max_examples=50, deadline=None)
@given(
    st.text(st.sampled_from("aZ9-_ ü€"), min_size=1, max_size=200),
    st.sampled_from(["volume", "volume_group", "replication_group", "nas_server", "file_system"]),
)
@example("n" * 200, "replication_group")
def test_the_table_stays_within_120_columns(name: str, resource_type: str) -> None:
    lines = summary(
        spoiled(put("before.sessions.0.resource_name", name), put("before.sessions.0.resource_type", resource_type)),
        "path",
    )
    table = lines[2:5]

    assert table[0].startswith("Session") and table[2].startswith("erp-db")
    assert max(map(len, table)) <= 120
    assert table[1].startswith(name[:25])


@pytest.mark.parametrize("action", ["none", "not_attempted", "rolled_back"])
def test_a_session_that_was_not_tested_is_no_pass(action: str) -> None:
    seen = a_drill()
    seen["starts"][0]["sessions"][0].update(action=action, request_sent=action == "rolled_back", changed=False)
    del seen["stops"][0]["sessions"][0]
    record = record_of(seen)
    assert record["verdict"] == "incomplete"
    assert any("no failover test of this drill" in reason for reason in record["reasons"])


def test_every_line_of_the_summary_fits_whatever_the_names() -> None:
    seen = a_drill()
    seen["steps"][0].update(name="c" * 200, passed=False, observed="two\nlines")
    seen["planned_steps"] = []
    seen["before"]["sessions"][0]["resource_name"] = "n" * 200
    lines = summary(record_of(seen, title="x" * 200), "/records/x.json")
    assert [line for line in lines if len(line) > 120 or "\n" in line] == []
