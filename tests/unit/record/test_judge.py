# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verdict of a drill: not measured is never a pass, and a drill passes only when its stop was confirmed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.makers.drills import CHECK, PLANNED, Json, a_drill
from tests.unit.makers.spoils import (
    AT_REST,
    ATTACH,
    FAILURE,
    LOST,
    Spoil,
    adopted,
    check,
    drop,
    put,
    record_of,
    recovery_point,
    spoiled,
    start_failed,
    start_without_a_word,
    stop_again,
    stop_failed,
    stop_failed_again,
)

SILENT: Json = {"verdict": "unavailable", "why_unavailable": "The account may not read them."}
CONTRADICTED: Json = {
    "verdict": "contradicted",
    "not_in_the_record": [
        {"operation": "stop_failover_test", "session_id": "s-1", "job_id": "j-9", "array": {"user": "mallory"},
         "claimed_by": None, "contradicts": True, "reason": "It was in the test."},
    ],
}  # fmt: skip


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
        pytest.param(
            [put("steps", []), put("planned_steps", [])],
            "passed_with_deviations", "passed", id="drill without checks",
        ),
        pytest.param(
            [put("steps", []), put("planned_steps", []), put("policy", {"storage_only": True})],
            "passed", "passed", id="drill of the storage only",
        ),
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
        pytest.param([recovery_point(0, None)], "incomplete", "passed",
                     id="RPO not measured"),
        pytest.param([put("before.sessions.0.rpo_objective_seconds", None)], "incomplete", "passed",
                     id="RPO without objective"),
        pytest.param([recovery_point(0, "2026-11-23T19:56:59.999Z")], "failed", "passed",
                     id="RPO exceeded"),
        pytest.param([recovery_point(0, "2026-11-23T19:57:00.000Z")], "passed", "passed",
                     id="RPO just met"),
        pytest.param([put("rpo_seconds", 59)], "failed", "passed", id="RPO of the drill exceeded"),
        pytest.param([put("rpo_seconds", 0)], "failed", "passed", id="RPO of the drill is zero"),
        pytest.param(
            [put("rpo_seconds", 600), recovery_point(0, "2026-11-23T19:53:40.000Z")], "passed", "passed",
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
        pytest.param([put("witness", {"verdict": "corroborated"})], "passed", "passed", id="corroborated by the logs"),
        pytest.param([put("witness", CONTRADICTED)], "failed", "passed", id="contradicted by the logs"),
        pytest.param([put("witness", CONTRADICTED), put("starts", [])], "failed", "not_needed",
                     id="nothing started by the record, something by the logs"),
        pytest.param([put("witness", SILENT)], "passed_with_deviations", "passed", id="no logs"),
        pytest.param([put("witness", SILENT), put("policy", {"witness": "required"})], "failed", "passed",
                     id="no logs, which were required"),
        pytest.param([put("policy", {"witness": "required"})], "failed", "passed", id="logs not asked, but required"),
        pytest.param([put("policy", {"witness": "optional"})], "passed", "passed", id="logs not asked, nor required"),
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
        ([recovery_point(1, "2026-11-23T19:56:59.000Z")], ["erp-db", "at most 300 s old", "301 s old"]),
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
        "left_alone": [],
    }


@pytest.mark.parametrize("stopped", [False, True])
def test_a_session_that_is_left_alone_is_no_test_that_may_still_run(stopped: bool) -> None:
    """Unless the array confirmed the stop all the same."""

    def failed_over(drill: Json) -> None:
        drill["left_alone"] = [
            {
                "session_id": drill["starts"][0]["sessions"][0]["session_id"],
                "reason": "it was failed over during the drill",
            }
        ]
        if not stopped:
            del drill["stops"][0]["sessions"][0]
            drill["after"]["sessions"][0] |= {"role": "Source", "state": "Failed_Over"}

    record = spoiled(failed_over)
    alone = record["cleanup"]["left_alone"]
    assert record["cleanup"]["not_confirmed_stopped"] == []
    if stopped:
        assert (record["verdict"], record["cleanup"]["verdict"], alone) == ("passed", "passed", [])
        return
    assert (record["verdict"], record["cleanup"]["verdict"]) == ("incomplete", "passed_with_deviations")
    assert alone == [record["sessions"][0]["session_id"]]
    assert record["sessions"][0]["return_to_normal"]["left_alone"] == "it was failed over during the drill"
    assert "erp-data is left alone, with its steps: it was failed over during the drill." in record["reasons"]


def test_every_session_has_a_verdict_of_its_own() -> None:
    first, second = spoiled(put("wishes.0.rto_seconds", 1))["sessions"]

    assert (first["verdict"], first["reasons"]) == ("failed", ["erp-data: RTO 120 s, objective 1 s."])
    assert (second["verdict"], second["reasons"]) == ("passed", [])


@pytest.mark.parametrize("action", ["none", "not_attempted", "rolled_back"])
def test_a_session_that_was_not_tested_is_no_pass(action: str) -> None:
    seen = a_drill()
    seen["starts"][0]["sessions"][0].update(action=action, request_sent=action == "rolled_back", changed=False)
    del seen["stops"][0]["sessions"][0]
    record = record_of(seen)
    assert record["verdict"] == "incomplete"
    assert any("no failover test of this drill" in reason for reason in record["reasons"])


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
    st.builds(recovery_point, st.just(0), st.sampled_from([None, "2026-11-23T20:01:59Z", "2026-11-23T19:56:59Z"])),
    st.builds(put, st.just("rto_seconds"), st.sampled_from([None, 60, 600])),
    st.just(put("interruption", {"task": "Checks", "message": "Killed."})),
    st.just(lambda drill: start_failed(drill, sent=True)),
]


@pytest.mark.uncounted
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
        assert drill["starts"][0]["sessions"][0]["before"]["recovery_point_timestamp"] or "s-1" not in owned
    assert (record["verdict"] == "passed") is not bool(record["reasons"])
