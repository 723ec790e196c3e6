# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an auditor found to be untrue in a record, each with the right value."""

from __future__ import annotations

import hashlib
import typing as t

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._record.causes import Judgement, Reason
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.common import Context
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.readiness import build_readiness
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.results import Preflight
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.types import Exclusion
from ansible_collections.drdrill.powerstore.plugins.module_utils._words import Cause, Verdict
from tests.unit.makers.drills import CHECK, PLANNED, Json, a_drill
from tests.unit.makers.samples import NOW
from tests.unit.makers.spoils import (
    ATTACH,
    Spoil,
    adopted,
    check,
    put,
    record_of,
    recovery_point,
    spoiled,
    start_failed,
    stop_again,
    stop_failed,
)

# Recovery point


def from_a_snapshot(moment: str | None) -> Spoil:
    """The first session is tested from a snapshot of that time. Its test starts at 20:02:00."""
    return put("starts.0.sessions.0.snapshot", {"id": "snap-1", "name": "old", "source_timestamp": moment})


def test_a_snapshot_of_yesterday_is_as_old_as_it_is_and_meets_no_rpo() -> None:
    session = spoiled(from_a_snapshot("2026-11-22T20:02:00.000Z"))["sessions"][0]
    point = session["recovery_point"]

    assert (point["of"], point["timestamp"], point["age_seconds"]) == ("snapshot", "2026-11-22T20:02:00.000Z", 86400.0)
    assert point["met"] is None and "says nothing of the RPO" in point["reason"]
    assert session["replication_rpo"] == {
        "objective_seconds": 300,
        "timestamp": "2026-11-23T20:00:00.000Z",
        "age_seconds": 120.0,
        "met": True,
    }
    named = {v["name"]: v["observed"] for v in session["validations"]}
    assert named["replication within the RPO"] == "120 s old" and "recovery point within the RPO" not in named


def test_a_test_from_a_snapshot_does_not_hide_that_the_replication_missed_its_rpo() -> None:
    record = spoiled(from_a_snapshot("2026-11-22T20:02:00.000Z"), recovery_point(0, "2026-11-23T19:00:00.000Z"))

    assert record["verdict"] == "failed"
    assert [each["cause"] for each in record["deviations"]] == ["rpo.missed"]


def test_a_late_wave_has_the_recovery_point_of_its_own_start() -> None:
    """Read in the preflight at 20:01, 60 s old; synchronised at 20:09; its own start is sent at 20:10."""
    drill = a_drill()
    late = drill["starts"][0]["sessions"][1]
    late.update(started_at="2026-11-23T20:10:00.000Z", finished_at="2026-11-23T20:10:03.000Z")
    late["before"].update(recovery_point_timestamp="2026-11-23T20:09:00.000Z")
    point = record_of(drill)["sessions"][1]["recovery_point"]

    assert (point["timestamp"], point["age_seconds"]) == ("2026-11-23T20:09:00.000Z", 60.0)
    assert point["age_at_preflight_seconds"] == 60.0


def test_a_late_wave_without_a_new_synchronisation_has_grown_old() -> None:
    drill = a_drill()
    drill["starts"][0]["sessions"][1]["started_at"] = "2026-11-23T20:10:00.000Z"
    record = record_of(drill)

    assert record["sessions"][1]["recovery_point"]["age_seconds"] == 600.0
    assert (record["sessions"][1]["recovery_point"]["met"], record["verdict"]) == (False, "failed")


def test_the_point_before_a_requested_synchronisation_is_kept() -> None:
    found = a_drill()["before"]
    found["sessions"][0].update(recovery_point_timestamp="2026-11-23T18:00:00.000Z", recovery_point_age_seconds=7260.0)
    point = spoiled(put("as_found", found))["sessions"][0]["recovery_point"]

    assert point["as_found"] == {"timestamp": "2026-11-23T18:00:00.000Z", "age_seconds": 7260.0}
    assert (point["age_at_preflight_seconds"], point["age_seconds"], point["met"]) == (7260.0, 120.0, True)


@pytest.mark.parametrize(
    ("moment", "age", "met", "verdict"),
    [
        ("2026-11-23T22:02:00.000Z", None, None, "incomplete"),  # two hours ahead of the array's clock
        ("2026-11-23T20:02:10.001Z", None, None, "incomplete"),
        ("2026-11-23T20:02:10.000Z", 0.0, True, "passed"),
        ("2026-11-23T20:02:00.000Z", 0.0, True, "passed"),
    ],
)
def test_data_from_the_future_is_not_measured(moment: str, age: float | None, met: bool | None, verdict: str) -> None:
    record = spoiled(recovery_point(0, moment))
    point = record["sessions"][0]["recovery_point"]

    assert (point["age_seconds"], point["met"], record["verdict"]) == (age, met, verdict)
    assert bool(point["reason"]) is (age is None)


# Recovery time


@pytest.mark.parametrize(
    "spoil",
    [
        [check(passed=False)],
        [check(passed=False, session="erp-data")],
        [put("steps", [CHECK, ATTACH | {"passed": False}])],
        [check(passed=False, observed="no answer within 30 s"), put("held", ["s-1", "s-2"]), put("stops", [])],
    ],
    ids=["of the drill", "of the session", "attach step", "held"],
)
def test_an_application_that_failed_has_no_recovery_time(spoil: list[Spoil]) -> None:
    record = spoiled(put("rto_seconds", 600), *spoil)
    rto = record["sessions"][0]["rto"]

    assert (rto["actual_seconds"], rto["met"]) == (None, False) and "failed, so there is no recovery" in rto["reason"]
    assert (record["rto"]["actual_seconds"], record["rto"]["met"]) == (None, False)
    assert record["sessions"][0]["verdict"] == "failed"


def test_without_an_objective_there_is_nothing_to_miss() -> None:
    rto = spoiled(check(passed=False))["sessions"][0]["rto"]

    assert (rto["actual_seconds"], rto["met"]) == (None, None) and rto["reason"]


def test_the_recovery_time_of_the_drill_is_made_of_parts_that_add_up() -> None:
    """Starts until 20:02:03, a pause until 20:02:33, mounted from 20:02:40 to 20:03:00, checked from 20:03:59 on."""
    attach = ATTACH | {"started_at": "2026-11-23T20:02:40.000Z"}
    pause = {"started_at": "2026-11-23T20:02:01.000Z", "finished_at": "2026-11-23T20:02:33.000Z"}
    rto = spoiled(put("rto_seconds", 119), put("steps", [CHECK, attach]), put("waits", [pause]))["rto"]

    assert rto["parts"] == {
        "array_seconds": 3.0,
        "steps_seconds": 21.0,
        "waiting_seconds": 30.0,
        "tool_seconds": 66.0,
    }
    assert rto["actual_seconds"] == 120.0 == sum(rto["parts"].values())
    assert (rto["met"], rto["objective_seconds"]) == (False, 119)


def test_the_drill_has_no_recovery_time_while_a_critical_check_is_missing() -> None:
    rto = spoiled(put("planned_steps", [PLANNED, PLANNED | {"name": "second"}]), put("rto_seconds", 600))["rto"]

    assert (rto["actual_seconds"], rto["met"], rto["parts"]) == (None, None, None)
    assert rto["reason"] == "'second' was not executed."


# Clocks


def skews(before: float, during: float, after: float) -> Spoil:
    def spoil(drill: Json) -> None:
        drill["clock_skew_seconds"] = None
        for look, skew in (("before", before), ("during", during), ("after", after)):
            drill[look]["cluster"]["clock_skew_seconds"] = skew

    return spoil


@pytest.mark.parametrize("skew", [3600.0, -3600.0, 5.1])
def test_clocks_that_differ_are_a_deviation(skew: float) -> None:
    record = spoiled(skews(skew, skew, skew))

    assert record["verdict"] == "passed_with_deviations" and record["times"]["clock_skew_seconds"] == skew
    assert [each["cause"] for each in record["deviations"]] == ["clock.skewed"]


@pytest.mark.parametrize("skew", [0.0, 5.0, -5.0])
def test_clocks_that_hardly_differ_are_none(skew: float) -> None:
    assert spoiled(skews(skew, skew + 1, skew))["verdict"] == "passed"


@pytest.mark.parametrize(
    ("before", "during", "after"), [(0.0, 3600.0, 3600.0), (0.0, -3600.0, -3600.0), (0.0, 6.0, 6.0), (0.0, -6.0, 0.0)]
)
def test_times_across_a_clock_that_was_set_are_not_measured(before: float, during: float, after: float) -> None:
    record = spoiled(skews(before, during, after), put("rto_seconds", 600))
    session = record["sessions"][0]

    assert "clock.stepped" in [each["cause"] for each in record["deviations"]]
    assert abs(record["times"]["clock_step_seconds"]) > 5
    assert (session["rto"]["actual_seconds"], session["rto"]["met"]) == (None, None)
    assert (session["seconds_in_test"], session["failover_blocked"]["seconds"]) == (None, None)
    assert record["verdict"] not in ("passed", "passed_with_deviations")


def test_a_clock_that_moves_in_small_steps_moves_as_far_as_at_once() -> None:
    skews = [put(f"{look}.cluster.clock_skew_seconds", at) for look, at in (("before", 0), ("during", 4), ("after", 8))]
    record = spoiled(*skews, put("steps.0.finished_at", "2026-11-23T20:03:50.000Z"))

    assert record["times"]["clock_step_seconds"] == 8 and record["times"]["duration_seconds"] is None
    assert [each["cause"] for each in record["deviations"]] == ["clock.stepped"]
    assert record["verdict"] == "passed_with_deviations"
    # Within one of the steps, the clocks did not move further apart than clocks do.
    assert record["sessions"][0]["rto"]["application_validated_seconds"] == 110.0


def test_where_no_check_passed_there_is_no_recovery_time() -> None:
    failed = [put("steps.0.passed", False), put("steps.0.critical", False), put("planned_steps.0.critical", False)]
    record = spoiled(*failed, put("rto_seconds", 600))
    times = [session["rto"] for session in record["sessions"]]

    assert [(rto["actual_seconds"], rto["met"], rto["reason"]) for rto in times] == [
        (None, None, "No check of the application passed.")
    ] * 2
    assert record["verdict"] == "incomplete"
    assert spoiled(*failed)["verdict"] == "passed_with_deviations"  # without an objective nothing was to be measured


def test_no_duration_is_negative() -> None:
    record = spoiled(
        put("rto_seconds", 600),
        put("steps.0.finished_at", "2026-11-23T20:01:00.000Z"),  # before the start
        put("steps.0.seconds", -3.0),
        put("starts.0.sessions.0.duration_seconds", -1.0),
        put("stops.0.sessions.0.started_at", "2026-11-23T20:00:00.000Z"),
    )
    session = record["sessions"][0]

    assert (session["rto"]["actual_seconds"], session["rto"]["met"]) == (None, None)
    assert (session["start"]["duration_seconds"], session["seconds_in_test"]) == (None, None)
    assert record["validations"][0]["seconds"] is None and record["verdict"] == "incomplete"


def test_the_record_was_written_after_the_drill_on_the_arrays_clock() -> None:
    """The array is an hour ahead; the record is written at 20:00:00 by the controller's clock."""
    times = spoiled(skews(3600.0, 3600.0, 3600.0))["times"]

    assert times["written_by_array"] == "2026-11-23T21:00:00.000Z"
    assert times["duration_seconds"] == 300.0


def test_all_steps_are_on_one_clock() -> None:
    record = spoiled(skews(60.0, 60.0, 60.0))
    [check_step] = [step for step in record["steps"] if step["name"] == "ledger answers"]

    assert {step["clock"] for step in record["steps"]} == {"array"}
    assert check_step["finished_at"] == "2026-11-23T20:05:00.000Z"


# Time without failover


def test_a_session_is_blocked_from_the_start_sent_to_the_stop_confirmed() -> None:
    assert spoiled()["sessions"][0]["failover_blocked"] == {
        "from": "2026-11-23T20:02:00.000Z",
        "until": "2026-11-23T20:05:03.000Z",
        "seconds": 183.0,
    }


@pytest.mark.parametrize("spoils", [[stop_failed], [stop_failed, put("held", ["s-1"])]], ids=["failed", "held"])
def test_while_a_test_runs_the_time_without_failover_is_open(spoils: list[Spoil]) -> None:
    session = spoiled(*spoils)["sessions"][0]

    assert session["failover_blocked"] == {"from": "2026-11-23T20:02:00.000Z", "until": None, "seconds": None}
    assert session["seconds_in_test"] is None


def test_of_a_test_that_was_taken_over_the_time_begins_with_its_own_start() -> None:
    running = put("before.sessions.0.failover_test", {"started_at": "2026-11-23T19:00:00.000Z", "started_by": "drill"})
    session = spoiled(adopted, running)["sessions"][0]

    assert session["failover_blocked"]["from"] == "2026-11-23T19:00:00.000Z"
    assert session["recovery_point"]["timestamp"] is None and "taken over" in session["recovery_point"]["reason"]


def test_what_was_not_touched_was_not_blocked() -> None:
    record = spoiled(put("starts", []), put("stops", []), put("steps", []), put("during", None))

    assert [session["failover_blocked"] for session in record["sessions"]] == [None, None]


# The worst of what is in it


def phase_of(record: Json, name: str) -> Json:
    [found] = [
        step for step in record["steps"] if step["phase"] == name and not step["session_ids"] and name != "validate"
    ]
    return t.cast(Json, found)


def test_a_stop_phase_over_a_failed_stop_is_failed() -> None:
    step = phase_of(spoiled(stop_failed), "stop")

    assert step["result"] == "failed" and step["reason"] == "The array did not confirm 1 of 2 stops."


def test_a_stop_that_was_tried_again_and_confirmed_is_well() -> None:
    assert phase_of(spoiled(stop_failed, stop_again), "stop")["result"] == "passed"


def test_held_on_purpose_is_not_something_that_the_drill_did_not_come_to() -> None:
    phases = [each for each in a_drill()["phases"] if each["phase"] != "stop"]
    record = spoiled(stop_failed, put("held", ["s-1"]), put("stops", []), put("phases", phases))
    step = phase_of(record, "stop")

    assert step["result"] == "held" and step["reason"].startswith("Held on purpose")


def test_a_start_phase_over_a_failed_start_is_failed() -> None:
    assert phase_of(spoiled(lambda drill: start_failed(drill, sent=False)), "start")["result"] == "failed"


def test_a_phase_is_failed_by_a_critical_check_and_not_by_another() -> None:
    results = {
        critical: next(s for s in spoiled(check(passed=False, critical=critical))["steps"] if s["phase"] == "validate")
        for critical in (True, False)
    }

    assert (results[True]["result"], results[False]["result"]) == ("failed", "passed")


def test_a_session_is_no_better_than_the_critical_checks_of_the_drill() -> None:
    assert [s["verdict"] for s in spoiled(check(passed=False))["sessions"]] == ["failed", "failed"]
    assert [s["verdict"] for s in spoiled(put("steps", []))["sessions"]] == ["incomplete", "incomplete"]
    assert [s["verdict"] for s in spoiled(check(passed=False, critical=False))["sessions"]] == ["passed", "passed"]


# Causes


def test_what_follows_from_a_cause_is_listed_with_it() -> None:
    record = spoiled(lambda drill: start_failed(drill, sent=False), put("rto_seconds", 600))
    [deviation] = [each for each in record["deviations"] if each["session_id"] == "s-1"]

    assert (deviation["cause"], deviation["severity"], deviation["subject"]) == ("start.failed", "failed", "erp-data")
    assert "erp-data: no failover test of this drill." in deviation["consequences"]
    assert record["reasons"] == [each["description"] for each in record["deviations"]]


def test_the_fingerprint_is_of_cause_array_resource_and_check() -> None:
    [deviation] = spoiled(check(passed=False, session="erp-db"))["deviations"]
    text = "check.failed|PS0123456789ab|v-of-s-2|ledger answers"

    assert deviation["fingerprint"] == hashlib.sha256(text.encode()).hexdigest()
    assert (
        deviation["fingerprint"]
        == spoiled(check(passed=False, session="erp-db", observed="x"))["deviations"][0]["fingerprint"]
    )


def test_500_sessions_with_four_causes_are_four_groups() -> None:
    causes = (Cause.NOT_MAPPED, Cause.RPO_MISSED, Cause.START_FAILED, Cause.CHECK_FAILED)
    reasons = tuple(
        Reason(Verdict.FAILED, causes[n % 4], f"erp-{n}: broken.", f"s-{n}", f"erp-{n}", f"v-{n}", of_all=False)
        for n in range(500)
    )
    deviations = Judgement(reasons).deviations("PS1")

    assert len(deviations) == 500 == len({each.fingerprint for each in deviations})
    assert {each.cause for each in deviations} == {cause.value for cause in causes}


def test_an_interruption_is_one_cause() -> None:
    record = spoiled(
        put("interruption", {"task": "Checks", "message": "Killed."}), put("steps", []), put("rto_seconds", 600)
    )

    assert [each["cause"] for each in record["deviations"]] == ["drill.interrupted"]
    assert any("not executed" in text for text in record["deviations"][0]["consequences"])
    assert [(group["cause"], group["count"]) for group in record["causes"]] == [("drill.interrupted", 1)]


# One judge


def preflight(**changes: t.Any) -> Json:
    given = {"before": a_drill()["before"], "planned_steps": [PLANNED], **changes}
    return build_readiness(Preflight.from_params(given), Context("Readiness", "me", "here"), "r-1", NOW).as_json()


def test_a_preflight_of_a_good_estate_would_pass() -> None:
    record = preflight()

    assert (record["verdict"], record["would_be"]["verdict"]) == ("passed", "passed")
    assert [session["would_be"]["verdict"] for session in record["sessions"]] == ["passed", "passed"]


def test_a_preflight_judges_by_the_drills_own_rpo() -> None:
    record = preflight(rpo_seconds=59)

    assert record["would_be"]["verdict"] == "failed"
    assert record["sessions"][0]["recovery_point"]["met"] is False
    assert record["objectives"]["rpo_seconds"] == 59


def test_a_volume_without_a_host_would_fail_although_it_is_ready() -> None:
    before = a_drill()["before"]
    before["sessions"][0]["volumes"][0]["hosts"] = []
    record = preflight(before=before)

    assert record["sessions"][0]["ready"] is True and record["sessions"][0]["would_be"]["verdict"] == "failed"
    assert [session["would_be"]["verdict"] for session in record["sessions"]] == ["failed", "passed"]


def test_a_preflight_without_a_check_says_so() -> None:
    assert preflight(planned_steps=[])["would_be"]["verdict"] == "passed_with_deviations"
    assert preflight(planned_steps=[], policy={"storage_only": True})["would_be"]["verdict"] == "passed"


def test_a_preflight_names_the_steps_of_the_drill() -> None:
    assert [(step["phase"], step["name"], step["kind"]) for step in preflight()["planned_steps"]] == [
        ("validate", "ledger answers", "http")
    ]


# Population


def test_a_report_on_all_sessions_says_what_there_is_to_test() -> None:
    before = a_drill()["before"]
    first = before["sessions"][0]
    more = [
        first | {"session_id": "s-3", "resource_name": "home", "resource_type": "nas_server"},
        first | {"session_id": "s-4", "resource_name": "metro", "type": "Metro_Active_Active"},
        first | {"session_id": "s-5", "resource_name": "out"},
        first | {"session_id": "s-6", "resource_name": "away", "role": "Source"},
    ]
    seen = Preflight.from_params(
        {"before": before | {"sessions": before["sessions"] + more}, "exclusions": [{"session_id": "s-5"}]}
    )
    record = build_readiness(seen, Context("R", "me", "here", filters={"role": "Destination"}), "r-1", NOW)

    assert record.as_json()["scope"]["population"] == {
        "destinations": 5,
        "testable": 4,
        "in_scope": 4,
        "excluded": 1,
        "not_selected": 0,
    }


@pytest.mark.parametrize("filters", [None, {"role": "Destination", "name": "erp-*"}, {"role": "Source"}])
def test_where_not_all_was_read_the_population_is_not_known(filters: Json | None) -> None:
    seen = Preflight.from_params({"before": a_drill()["before"]})
    record = build_readiness(seen, Context("R", "me", "here", filters=filters), "r-1", NOW)

    assert record.scope.population is None


# The synchronisation that the drill asked for


def test_the_jobs_and_the_identity_of_the_production_array_are_kept() -> None:
    entry = {
        "session_id": "p-1", "resource_name": "erp-data", "resource_id": "v-p", "action": "synchronised",
        "request_sent": True, "failed": False, "job_id": "j-1", "started_at": "2026-11-23T20:00:10.000Z",
        "finished_at": "2026-11-23T20:00:12.000Z", "duration_seconds": 2.0,
    }  # fmt: skip
    refused = {**entry, "session_id": "p-2", "action": "failed", "failed": True, "duration_seconds": -3600.0}
    cluster = {"name": "production", "global_id": "PS1", "release_version": "4.1.0.0"}
    record = spoiled(put("synchronised", {"cluster": cluster, "sessions": [entry, refused]}))
    made = record["synchronisation"]

    assert made["array"] == {"host": None, **cluster}
    assert (made["sessions"][0]["job_id"], made["sessions"][0]["duration_seconds"]) == ("j-1", 2.0)
    assert (made["sessions"][1]["failed"], made["sessions"][1]["duration_seconds"]) == (True, None)
    assert spoiled()["synchronisation"] is None


# What is left out longer than was agreed


def left_out(expires: str | None) -> Exclusion:
    return Exclusion(session_id=None, resource_name="erp-scratch", reason="none", owner="A. Osei", expires=expires)


@pytest.mark.parametrize(
    ("expires", "expired"),
    [
        ("2026-11-22", True),
        ("2026-11-23", False),  # the day itself is not over
        ("9999-12-31", False),  # which has no next day
        ("2026-11-23T20:00:59Z", True),
        ("2026-11-23T20:01:01Z", False),
        (None, False),
    ],
)
def test_an_exclusion_that_has_expired_is_a_deviation(expires: str | None, expired: bool) -> None:
    drill = record_of(a_drill(), exclusions=(left_out(expires),))
    given = Context("Readiness", "dr", "controller", exclusions=(left_out(expires),))
    readiness = build_readiness(Preflight.from_params({"before": a_drill()["before"]}), given, "id", NOW).as_json()

    for record in (drill, readiness):
        causes = [each["cause"] for each in record["deviations"]]
        assert ("exclusion.expired" in causes) is expired, record["kind"]
        assert record["scope"]["exclusions"][0]["owner"] == "A. Osei"
    assert drill["verdict"] == ("passed_with_deviations" if expired else "passed")
    assert [session["verdict"] for session in drill["sessions"]] == ["passed", "passed"]


def test_an_exclusion_whose_end_is_not_understood_may_have_expired() -> None:
    """Given by hand: a drill refuses it."""
    record = record_of(a_drill(), exclusions=(left_out("some day"),))

    assert record["verdict"] == "incomplete"
    assert [each["cause"] for each in record["deviations"]] == ["input.not_understood"]
    assert "exclusions.expires is 'some day'" in record["reasons"][0]


# What could not be read


def not_read(look: str, *names: str) -> Spoil:
    """What of the first session the array did not answer for, at one look."""

    def spoil(drill: Json) -> None:
        session = drill[look]["sessions"][0]
        for name in names:
            session[name] = None
        for volume in session["volumes"] or ():
            volume["hosts"] = None

    return spoil


@pytest.mark.parametrize(
    ("names", "what"), [(("hosts",), "hosts"), (("hosts", "volumes"), "volumes and hosts")], ids=["hosts", "volumes"]
)
@pytest.mark.parametrize("look", ["before", "after"])
def test_what_was_not_read_is_no_change_and_no_proof(look: str, names: tuple[str, ...], what: str) -> None:
    record = spoiled(not_read(look, *names))
    normal = record["sessions"][0]["return_to_normal"]

    assert (normal["stop_confirmed"], normal["differences"]) == (True, [])
    assert normal["not_compared"] == [f"{what} {look} the drill"]
    assert (record["verdict"], record["cleanup"]["verdict"]) == ("incomplete", "passed_with_deviations")
    assert [each["cause"] for each in record["deviations"]] == ["session.not_compared"]
    assert record["reasons"] == [
        f"Whether erp-data is as it was before the drill is not known, as not read: {what} {look} the drill."
    ]
    shown = record["sessions"][0][look]["volumes"]
    assert shown is None if "volumes" in names else [each["hosts"] for each in shown] == [None]


@pytest.mark.parametrize("what", ["size", "state", "wwn"])
@pytest.mark.parametrize("look", ["before", "after"])
def test_an_attribute_that_was_not_read_did_not_change(look: str, what: str) -> None:
    normal = spoiled(put(f"{look}.sessions.0.volumes.0.{what}", None))["sessions"][0]["return_to_normal"]

    assert (normal["differences"], normal["not_compared"]) == ([], [f"{what} of erp-data"])


def test_a_change_beside_what_was_not_read_is_still_one() -> None:
    record = spoiled(not_read("after", "hosts"), put("after.sessions.0.volumes.0.size", 1))

    assert [each["what"] for each in record["sessions"][0]["return_to_normal"]["differences"]] == ["size of erp-data"]
    assert sorted(each["cause"] for each in record["deviations"]) == ["session.changed", "session.not_compared"]


@pytest.mark.parametrize("names", [("hosts",), ("hosts", "volumes")])
def test_hosts_that_were_not_read_during_the_test_are_not_observed(names: tuple[str, ...]) -> None:
    record = spoiled(not_read("during", *names))
    (mapped,) = (v for v in record["sessions"][0]["validations"] if v["name"].startswith("destination volumes"))

    what = "the volumes" if "volumes" in names else "the mappings to hosts"
    assert (mapped["observed"], mapped["passed"]) == (f"not read: {what} could not be read while the test ran", None)
    assert record["verdict"] == "incomplete"
