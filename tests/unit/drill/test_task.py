# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A drill, event by event: what it has to stop, what it leaves alone, what refuses it, and what is in the file."""

from __future__ import annotations

import os
import resource
import signal
import typing as t
from dataclasses import replace
from pathlib import Path

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._drill import task
from ansible_collections.drdrill.powerstore.plugins.module_utils._drill.journal import read
from ansible_collections.drdrill.powerstore.plugins.module_utils._drill.packed import events_of, packed
from ansible_collections.drdrill.powerstore.plugins.module_utils._drill.phases import phases
from ansible_collections.drdrill.powerstore.plugins.module_utils._drill.replay import record_options
from ansible_collections.drdrill.powerstore.plugins.module_utils._errors import InvalidInputError
from ansible_collections.drdrill.powerstore.plugins.module_utils._json import Json
from tests.unit.makers.journals import LEFT, READY, Told, a_reading, a_session, an_operation, prepared

CHECK = {"name": "c", "command": ["true"]}
BLOCKER = {"id": "x", "session_id": "s-a", "severity": "blocker", "message": "No.", "resolution": "Mend it."}
RUNNING = {**BLOCKER, "id": "test.already_running"}


# Before the start


def test_nothing_is_written_before_the_first_start_and_the_intent_is_first(tmp_path: Path) -> None:
    told = prepared(tmp_path)
    assert list(tmp_path.iterdir()) == [] and not told.said["running"]
    told("starting", wave=1)
    journal = read(told.said["journal"])
    assert [event["event"] for event in journal.events] == ["intent", "read", "starting"]
    assert [session["wave"] for session in journal.intent["sessions"]] == [1, 2]
    assert len(journal.intent["plan_sha256"]) == 64 and told.said["running"] and not journal.ended
    assert oct(os.stat(journal.path).st_mode & 0o777) == "0o640"


def test_a_folder_that_cannot_be_written_refuses_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    told = prepared(tmp_path / "file")
    said = told("starting", wave=1)
    assert "could not be written" in said["refusal"] and "Nothing was started." in said["refusal"]
    assert said["owned"] == [] and not said["running"]
    assert told("started", wave=1, result={"skipped": True}, reason=said["refusal"])["refusal"] == said["refusal"]


def test_check_mode_writes_nothing_and_owns_nothing(tmp_path: Path) -> None:
    told = Told(tmp_path, real=False)
    told("read", what="before", result=a_reading(*READY))
    said = told.started(an_operation("a", "started", request_sent=False))
    assert (said["owned"], said["would_start"], list(tmp_path.iterdir())) == ([], 1, [])


@pytest.mark.parametrize(
    ("adopt", "own", "finding", "refused"),
    [
        (False, None, BLOCKER, True),
        (True, True, BLOCKER, True),
        (False, True, RUNNING, True),
        (True, False, RUNNING, True),
        (True, True, RUNNING, False),
    ],
)
def test_a_blocker_refuses_unless_it_is_a_test_that_is_taken_over(
    tmp_path: Path, adopt: bool, own: bool | None, finding: Json, refused: bool
) -> None:
    told = Told(tmp_path, adopt_running=adopt)
    running = a_session("a", failover_test_in_progress=True, failover_test={"own": own}, findings=[finding])
    said = told("read", what="before", result=a_reading(running, READY[1]))
    assert (said["refusal"] == "No. Mend it. Nothing was started.") is refused
    if not refused:
        assert told("starting", wave=1)["owned"] == ["s-a"]


def test_what_is_given_from_outside_answers_for_no_check(tmp_path: Path) -> None:
    told = Told(tmp_path)
    assert "given from outside" in told("begin", variables={"sessions": [{"volume": "a"}]}, answered="ok")["refusal"]


@pytest.mark.parametrize(
    "variables",
    [{"stop_retries": "three"}, {"force_stop": "perhaps"}, {"wait_timeout": 0}, {"poll_interval": True},
     {"on_partial_failure": "stop"}, {"end_of_test_snapshot": "some"}, {"report_formats": ["pdf"]},
     {"frameworks": ["sox"]}, {"end_of_test_snapshot_expiration": "soon"}, {"rto_seconds": -1}, {"participants": 5}],
)  # fmt: skip
def test_a_variable_of_a_wrong_kind_refuses_the_drill_by_its_name(tmp_path: Path, variables: Json) -> None:
    (name,) = variables
    refusal = Told(tmp_path, **variables).said["refusal"]
    assert f"failover_drill_{name}" in refusal and refusal.endswith("Nothing was started.")


def test_an_expiration_that_has_passed_is_refused_by_the_arrays_time(tmp_path: Path) -> None:
    told = Told(tmp_path, end_of_test_snapshot="all", end_of_test_snapshot_expiration="2026-11-23T19:59:00Z")
    assert "a time to come" in told("read", what="before", result=a_reading(*READY))["refusal"]


# What has to be stopped


@pytest.mark.parametrize(
    ("entry", "mine"),
    [
        (an_operation("a", "started"), True),
        (an_operation("a", "failed", request_sent=True), True),
        (an_operation("a", "failed"), False),
        (an_operation("a", "none"), False),
        (an_operation("a", "rolled_back", request_sent=True), False),
    ],
)
def test_a_request_that_was_sent_is_the_drills_own(tmp_path: Path, entry: Json, mine: bool) -> None:
    assert prepared(tmp_path).started(entry)["owned"] == (["s-a"] if mine else [])


def test_a_start_that_left_no_result_may_have_started_its_wave(tmp_path: Path) -> None:
    told = prepared(tmp_path)
    told("starting", wave=1)
    said = told("started", wave=1, result={"failed": True, "msg": "killed"})
    assert (said["owned"], said["settle_time"], said["refusal"]) == (["s-a"], 30, "killed")


def test_the_last_wave_is_stopped_first_each_by_the_job_of_its_start(tmp_path: Path) -> None:
    told = prepared(tmp_path, end_of_test_snapshot="all")
    told.started(an_operation("a", "started"))
    said = told.started(an_operation("b", "started"), wave=2)
    assert [turn["wave"] for turn in said["stops"]] == [2, 1]
    assert said["to_stop"]["1"] == [{"session_id": "s-a", "create_end_of_test_snapshot": True, "started_by_job": "j-a"}]


def test_only_what_failed_is_kept(tmp_path: Path) -> None:
    check = {**CHECK, "session": "a", "critical": False}
    told = prepared(tmp_path, end_of_test_snapshot="failed", steps={"validate": [check]})
    told.started(an_operation("a", "started"))
    told.started(an_operation("b", "started"), wave=2)
    said = told("steps", phase="validate", names=["c"], result={"checks": [{"name": "c", "passed": False}]})
    kept = [each["create_end_of_test_snapshot"] for wave in ("1", "2") for each in said["to_stop"][wave]]
    assert kept == [True, False]


@pytest.mark.parametrize("changed", [{"role": "Source"}, {"state": "Failed_Over"}, {"state": "Failing_Over"}])
def test_a_session_that_was_failed_over_is_left_alone(tmp_path: Path, changed: Json) -> None:
    told = prepared(tmp_path)
    told.started(an_operation("a", "started"))
    told.started(an_operation("b", "started"), wave=2)
    said = told("read", what="during", result=a_reading(a_session("a", **changed), READY[1]))
    assert list(said["left_alone"]) == ["s-a"] and "failed over during the drill" in said["left_alone"]["s-a"]
    assert list(said["to_stop"]) == ["2"] and said["owned"] == ["s-a", "s-b"]


def test_release_steps_do_not_touch_what_was_failed_over(tmp_path: Path) -> None:
    """Neither those of the session nor those of the drill as a whole: it is production now."""
    steps = [{**CHECK, "name": name, **about} for name, about in
             (("all", {}), ("of-a", {"session": "a"}), ("of-b", {"session": "b"}))]  # fmt: skip
    told = prepared(tmp_path, steps={"release": steps})
    assert told.said["releases"] == []
    told.started(an_operation("a", "started"))
    said = told.started(an_operation("b", "started"), wave=2)
    assert [name for turn in said["releases"] for name in turn["names"]] == ["all", "of-a", "of-b"]
    said = told("read", what="during", result=a_reading(a_session("a", role="Source"), READY[1]))
    assert [name for turn in said["releases"] for name in turn["names"]] == ["of-b"]


def test_a_session_that_is_gone_is_left_alone_also_where_the_reading_failed(tmp_path: Path) -> None:
    told = prepared(tmp_path)
    told.started(an_operation("a", "started"))
    gone = {"session_id": None, "selector": {"session_id": "s-a"}, "findings": [{"id": "session.not_found"}]}
    said = told("read", what="during", result=a_reading(gone, failed=True, msg="none"))
    assert said["left_alone"] == {"s-a": "the array does not list the session any more"} and said["stops"] == []


def test_a_reading_that_failed_leaves_nothing_alone(tmp_path: Path) -> None:
    told = prepared(tmp_path)
    told.started(an_operation("a", "started"))
    said = told("read", what="during", result={"failed": True, "msg": "unreachable"})
    assert said["left_alone"] == {} and [turn["wave"] for turn in said["stops"]] == [1]


def test_a_refused_login_is_known(tmp_path: Path) -> None:
    told = prepared(tmp_path)
    told.started(an_operation("a", "started"))
    assert told.said["login_refused"] is False
    said = told("read", what="during", result={"failed": True, "failure": {"kind": "authentication"}})
    assert (said["login_refused"], said["uses_present"], said["releases"]) == (True, False, [])


def test_a_login_that_the_production_array_refused_keeps_no_stop_of_this_one_from_coming(tmp_path: Path) -> None:
    told = Told(tmp_path, sync_first=True)
    told("read", what="before", result=a_reading(*READY))
    refused = {"failed": True, "msg": "refused (401)", "failure": {"kind": "authentication"}}
    said = told("synchronised", result={**refused, "sessions": []})
    assert said["refusal"] and said["login_refused"] is False


@pytest.mark.parametrize("known", [True, False])
def test_other_credentials_take_the_place_of_refused_ones(tmp_path: Path, known: bool) -> None:
    told = prepared(tmp_path, steps={"release": [CHECK]})
    told.started(an_operation("a", "started"))
    refused = {"failed": True, "failure": {"kind": "authentication"}}
    told("read", what="during", result=refused)
    said = told("read", what="during", present=True, result=a_reading(*READY) if known else refused)
    assert (said["login_refused"], said["uses_present"]) == (not known, True)
    assert len(said["releases"]) == (1 if known else 0)


@pytest.mark.parametrize("known", [True, False])
def test_a_stop_that_was_refused_is_sent_once_more_with_other_credentials(tmp_path: Path, known: bool) -> None:
    told = prepared(tmp_path)
    told.started(an_operation("a", "started"))
    told("read", what="during", result=a_reading(*READY))
    refused = {"failed": True, "failure": {"kind": "authentication"}}
    said = told("stopped", wave=1, result={**refused, "sessions": [an_operation("a", "failed")]})
    assert (said["login_refused"], said["refused_stop"]) == (True, False)
    said = told("read", what="during", present=True, result=a_reading(*READY) if known else refused)
    assert (said["refused_stop"], len(said["stops"])) == (known, 1)
    if known:
        assert told("stopped", wave=1, result={"sessions": [an_operation("a", "stopped")]})["refused_stop"] is False


def test_nothing_is_released_at_what_could_not_be_looked_at(tmp_path: Path) -> None:
    told = prepared(tmp_path, steps={"release": [CHECK]})
    told.started(an_operation("a", "started"))
    assert len(told.said["releases"]) == 1
    said = told("read", what="during", result={"failed": True, "msg": "unreachable"})
    assert said["releases"] == [] and len(said["stops"]) == 1


@pytest.mark.parametrize(
    ("finding", "why"),
    [
        ("session.failed_over", "failed over during the drill"),
        ("session.gone", "does not list the session any more"),
        ("test.of_somebody_else", "somebody else's failover test"),
        ("reading.incomplete", None),
    ],
)
def test_what_the_stop_left_alone_is_known(tmp_path: Path, finding: str, why: str | None) -> None:
    told = prepared(tmp_path)
    told.started(an_operation("a", "started"))
    entry = an_operation("a", "none", findings=[{"id": finding, "message": "m"}])
    told("stopped", wave=1, result={"sessions": [entry]})
    (alone,) = told.said["left_alone"].values() or (None,)
    assert alone is None if why is None else why in str(alone)
    told("end")
    listed = record_options(read(told.said["journal"]).events)["left_alone"]
    assert [each["session_id"] for each in listed] == ([] if why is None else ["s-a"])


@pytest.mark.parametrize(
    ("witness", "events"),
    [
        ({"witness": {"verdict": "corroborated"}}, ["started", "witness", "end"]),
        ({"skipped": True}, ["started", "witness", "end"]),
        ({}, ["started", "end"]),
    ],
    ids=["asked", "not asked", "none"],
)
def test_the_end_takes_down_what_the_witness_said(tmp_path: Path, witness: Json, events: list[str]) -> None:
    told = prepared(tmp_path)
    told.started(an_operation("a", "started"))
    assert told("end", result=witness)["refusal"] is None
    assert [event["event"] for event in read(told.said["journal"]).events][-len(events) :] == events


def test_an_odd_result_of_the_witness_keeps_no_drill_from_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def odd(*_arguments: object) -> t.NoReturn:
        raise KeyError("claims")

    monkeypatch.setitem(t.cast(dict[str, object], task._HANDLERS), "witness", odd)
    told = prepared(tmp_path)
    told.started(an_operation("a", "started"))
    told("end", result={"witness": {}})
    assert [event["event"] for event in read(told.said["journal"]).events][-2:] == ["started", "end"]


def test_of_what_is_read_after_the_stop_one_session_that_is_gone_spoils_no_other(tmp_path: Path) -> None:
    told = prepared(tmp_path)
    told.started(an_operation("a", "started"))
    gone = {"session_id": None, "selector": {"session_id": "s-a"}, "findings": [{"id": "session.not_found"}]}
    told("read", what="after", result=a_reading(gone, READY[1], failed=True, msg="none"))
    told("end")
    options = record_options(read(told.said["journal"]).events)
    assert [each["session_id"] for each in options["after"]["sessions"]] == [None, "s-b"]
    assert [each["session_id"] for each in options["left_alone"]] == ["s-a"]


# Whether it goes on


@pytest.mark.parametrize(("policy", "goes_on"), [("stop_all", False), ("hold", False), ("continue", True)])
def test_a_start_that_failed_ends_the_drill_unless_it_is_to_go_on(tmp_path: Path, policy: str, goes_on: bool) -> None:
    told = prepared(tmp_path, on_partial_failure=policy, sessions=[{"volume": "a"}, {"volume_group": "b"}])
    said = told.started(an_operation("a", "started"), an_operation("b", "failed"), failed=True, msg="422")
    assert (said["refusal"] is None) is goes_on and said["hold"] is (policy == "hold")


def test_somebody_elses_test_ends_the_drill(tmp_path: Path) -> None:
    assert "Someone else started" in prepared(tmp_path).started(an_operation("a", "none"))["refusal"]


@pytest.mark.parametrize(
    ("phase", "critical", "ends"), [("attach", True, True), ("attach", False, False), ("validate", True, False)]
)
def test_a_critical_attach_step_that_failed_ends_the_drill_early(
    tmp_path: Path, phase: str, critical: bool, ends: bool
) -> None:
    told = prepared(tmp_path, steps={phase: [{**CHECK, "critical": critical}]})
    told.started(an_operation("a", "started"))
    wave = 2 if phase == "attach" else None
    said = told("steps", phase=phase, wave=wave, names=["c"], result={"unreachable": True, "msg": "no route"})
    assert (said["refusal"] is not None) is ends
    if ends:
        assert said["refusal"] == "Attach: c: the host cannot be reached: no route"


@pytest.mark.parametrize(
    ("given", "passed", "observed"),
    [
        ({"observed": 0}, True, "0"),
        ({"observed": None}, False, "did not set"),
        ({"observed": False}, False, "did not set"),
        ({"observed": ""}, False, "did not set"),
        ({"observed": "seen", "failed": True, "result": {"msg": "no"}}, False, "no"),
        ({"observed": "", "failed": True, "result": {}}, False, "could not be loaded"),
    ],
)
def test_what_a_tasks_file_saw(tmp_path: Path, given: Json, passed: bool, observed: str) -> None:
    told = prepared(tmp_path, steps={"validate": [{"name": "t", "tasks": "t.yml"}]})
    told("step", phase="validate", names=["t"], started_at="2026-11-23T20:00:00.000Z", **given)
    (step,) = told.drill.steps
    assert step["passed"] is passed and observed in step["observed"]


# What a drill decides for the options of a module


def test_the_options_of_a_module_are_worked_out_where_they_are_used(tmp_path: Path) -> None:
    told = prepared(tmp_path)
    selection = task.options_of(told.state, "selection")
    assert selection == {"sessions": [{"volume": "a"}, {"volume_group": "b"}]}
    told.started(an_operation("a", "started"))
    assert task.options_of(told.state, "to_stop", 1) == {"sessions": told.said["to_stop"]["1"]} != {"sessions": []}
    for lost in ({}, packed({"path": "", "events": [], "pending": [], "is_open": False, "problem": None})):
        for name in ("selection", "to_stop"):
            with pytest.raises(InvalidInputError, match="Nothing is known of the drill any more"):
                task.options_of(lost, name)


# Many sessions are read beside the last checks


MANY = [f"v{number:03}" for number in range(200)]


def many(folder: Path, **steps: t.Any) -> Told:
    told = Told(folder, sessions=[{"volume": name} for name in MANY], steps=steps)
    assert told("read", what="before", result=a_reading(*map(a_session, MANY)))["refusal"] is None
    return told


@pytest.mark.parametrize(
    ("steps", "kinds"),
    [
        ({"validate": [CHECK]}, ["start", "read", "checks"]),
        ({"validate": [{**CHECK, "wave": 1}]}, ["start", "read", "checks"]),
        ({"validate": [{**CHECK, "wave": 1}, {**CHECK, "name": "d"}]}, ["start", "checks", "read", "checks"]),
        # Before a release a look is due in any case; without a check there is nothing beside which to look.
        ({"validate": [CHECK], "release": [{**CHECK, "name": "r"}]}, ["start", "checks"]),
        ({}, ["start"]),
    ],
)
def test_many_sessions_are_read_beside_the_last_checks(tmp_path: Path, steps: Json, kinds: list[str]) -> None:
    told = many(tmp_path, **steps)
    assert [turn["kind"] for turn in told.said["turns"]] == kinds
    assert [turn["beside"] for turn in told.said["turns"] if turn["kind"] == "read"] == [32.0] * kinds.count("read")
    few = prepared(tmp_path / "few", steps=steps)
    assert "read" not in [turn["kind"] for turn in few.said["turns"]]


@pytest.mark.parametrize("left", [LEFT, "/not-yet"])
def test_a_look_that_is_done_is_taken_down_after_the_stop(tmp_path: Path, left: str) -> None:
    told = many(tmp_path, validate=[CHECK])
    told.started(*(an_operation(name, "started") for name in MANY))
    told("read", what="during", result={"beside": {"path": left, "seconds": 32.0}})
    assert told.said["looking"]["path"] == left
    said = told("steps", phase="validate", names=["c"], result={"checks": [{"name": "c", "passed": True}]})
    assert said["looked"] is (left == LEFT) and len(said["stops"]) == 1
    told("stopped", wave=1, result={"sessions": [an_operation(name, "stopped") for name in MANY]})
    said = told("read", what="during", result=a_reading(*(a_session(n, failover_test_in_progress=True) for n in MANY)))
    assert (said["looking"], said["looked"]) == (None, False)
    names = [each["phase"] for each in phases(told.drill)]
    assert names == ["preflight", "start", "validate", "stop", *([] if left == LEFT else ["validate"])]
    assert len(record_options(read(told.said["journal"]).events)["during"]["sessions"]) == len(MANY)


def test_only_where_the_stop_comes_next_the_look_is_waited_for(tmp_path: Path) -> None:
    told = many(tmp_path, validate=[CHECK, {**CHECK, "name": "d", "critical": True}])
    told.started(*(an_operation(name, "started") for name in MANY))
    asked: list[tuple[float, str]] = []

    def is_left(_path: str, seconds: float) -> bool:
        # What was seen is on the disk before anything is waited for.
        asked.append((seconds, read(told.said["journal"]).events[-1]["event"]))
        return False

    told.around = replace(told.around, is_left=is_left)
    told("read", what="during", result={"beside": {"path": LEFT, "seconds": 3600.0}})
    told("steps", phase="validate", names=["c"], result={"checks": [{"name": "c", "passed": True}]})
    assert asked == [(0.0, "looking"), (0.0, "steps")]
    told("steps", phase="validate", names=["d"], result={"checks": [{"name": "d", "passed": False}]})
    told("interrupted", task="Checks", reason="d failed")
    assert [event for _seconds, event in asked[2:]] == ["steps", "interrupted"]
    assert all(0 < seconds <= 3600 for seconds, _event in asked[2:])


# A drill inside of a drill, and a state that is lost


def test_a_part_of_the_role_in_a_step_does_not_overwrite_the_drill(tmp_path: Path) -> None:
    told = prepared(tmp_path)
    told.started(an_operation("a", "started"))
    said = told("begin", variables={"sessions": [{"volume": "other"}]})
    assert "is under way" in said["refusal"] and said["owned"] == ["s-a"] and said["running"]


def test_a_state_that_is_lost_is_read_from_the_journal(tmp_path: Path) -> None:
    told = prepared(tmp_path)
    told.started(an_operation("a", "started"))
    told.state = {}
    said = told("read", what="during", result={"skipped": True})
    assert said["owned"] == ["s-a"] and said["stops"][0]["wave"] == 1


def test_a_state_that_somebody_changed_is_read_from_the_journal(tmp_path: Path) -> None:
    told = prepared(tmp_path)
    told.started(an_operation("a", "started"))
    for changed in ({"packed": told.state["packed"][:-8]}, {"packed": 7}, {"x": 1}, packed([1])):
        told.state = changed
        assert told("read", what="during", result={"skipped": True})["owned"] == ["s-a"]


def test_a_journal_that_cannot_be_written_any_more_keeps_no_stop_from_coming(tmp_path: Path) -> None:
    told = prepared(tmp_path)
    told("starting", wave=1)
    os.unlink(told.said["journal"])
    os.mkdir(told.said["journal"])
    said = told("started", wave=1, result={"sessions": [an_operation("a", "started")]})
    assert said["owned"] == ["s-a"] and "could not be written" in said["problem"]
    assert [event["event"] for event in events_of(told.said["unwritten"])] == ["started"]


def test_a_line_that_could_not_be_written_whole_leaves_no_part_of_itself(tmp_path: Path) -> None:
    """The disk is full for a while: what was in memory meanwhile follows, and the file can still be read."""
    told = prepared(tmp_path)
    told("starting", wave=1)
    path = Path(told.said["journal"])
    whole = path.read_bytes()
    limits, ignored = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(whole) + 20, limits[1]))
        said = told("started", wave=1, result={"sessions": [an_operation("a", "started")]})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert "could not be written" in said["problem"] and path.read_bytes() == whole

    told("stopped", wave=1, result={"sessions": [an_operation("a", "stopped")]})
    assert [event["event"] for event in read(str(path)).events][-2:] == ["started", "stopped"]


def test_a_journal_that_was_removed_is_made_again_from_memory(tmp_path: Path) -> None:
    told = prepared(tmp_path, title="Quarterly")
    told.started(an_operation("a", "started"))
    os.unlink(told.said["journal"])
    told("stopped", wave=1, result={"sessions": [an_operation("a", "stopped")]})
    told("read", what="after", result=a_reading(*READY))
    said = told("end")

    assert said["problem"] is None and said["not_proven"] == []
    found = read(said["journal"])
    assert [event["event"] for event in found.events] == [
        "intent", "read", "starting", "started", "remade", "stopped", "read", "end"
    ]  # fmt: skip
    options = record_options(found.events)
    assert (options["title"], options["owned"]) == ("Quarterly", ["s-a"])
    assert options["interruption"]["task"] == "the journal" and "was removed" in options["interruption"]["message"]


@pytest.mark.parametrize(
    ("stop", "after", "left"),
    [
        ("stopped", False, []),
        ("none", False, []),
        ("failed", False, ["s-a"]),
        ("stopped", True, ["s-a"]),
        ("stopped", None, ["s-a"]),
        (None, False, ["s-a"]),
    ],
)
def test_what_stop_and_proof_do_not_show_to_be_over(
    tmp_path: Path, stop: str | None, after: bool | None, left: list[str]
) -> None:
    """``after``: whether the test runs at the last look; None where that came to nothing."""
    told = prepared(tmp_path)
    said = told.started(an_operation("a", "started"))
    assert said["not_proven"] == ["s-a"]
    if stop:
        told("stopped", wave=1, result={"sessions": [an_operation("a", stop)]})
    shown = (
        {"failed": True, "msg": "no"} if after is None else a_reading(a_session("a", failover_test_in_progress=after))
    )
    assert told("read", what="after", result=shown)["not_proven"] == left


def test_the_proof_of_a_nas_server_is_that_it_has_no_clone(tmp_path: Path) -> None:
    """Its flag has no meaning; where its clones were not read, nothing is proven."""
    told = prepared(tmp_path)
    told.started(an_operation("a", "started"))
    told("stopped", wave=1, result={"sessions": [an_operation("a", "stopped")]})
    shown = a_session("a", failover_test_in_progress=False, resource_type="nas_server")
    assert told("read", what="after", result=a_reading({**shown, "dr_test_clones": None}))["not_proven"] == ["s-a"]
    assert told("read", what="after", result=a_reading({**shown, "dr_test_clones": []}))["not_proven"] == []


def test_what_filters_fit_after_a_synchronisation_is_what_they_fitted_before(tmp_path: Path) -> None:
    """A session that came meanwhile was not synchronised, and one that went would be missing without a word."""
    for name, sessions in {"none": READY, "b": READY[:1], "c": (*READY, a_session("c"))}.items():
        told = Told(tmp_path, sessions=[], filters={"name": "*"}, sync_first=True)
        assert told("read", what="before", result=a_reading(*READY))["refusal"] is None
        told("synchronised", result={"sessions": [an_operation("a", "synchronised")]})
        refusal = told("read", what="before", result=a_reading(*sessions))["refusal"]
        if name == "none":
            assert refusal is None
        else:
            assert f"other sessions than before: {name} came or went" in refusal and "Nothing was started." in refusal


@pytest.mark.parametrize(("given", "taken"), [(0.5, 1), (1, 1), (1.9, 2), (60, 60)])
def test_a_tasks_file_has_at_least_the_time_that_it_is_given(tmp_path: Path, given: float, taken: int) -> None:
    """Ansible takes whole seconds."""
    told = prepared(tmp_path, steps={"validate": [{"name": "c", "tasks": "c.yml", "timeout": given}]})
    assert [turn["timeout"] for turn in told.said["turns"] if turn["kind"] == "tasks"] == [taken]


def test_a_refusal_says_whose_drill_it_was_as_far_as_that_is_understood(tmp_path: Path) -> None:
    told = Told(
        tmp_path, sessions=5, title="Quarterly", change_ticket="CHG1", approvers="A. B, C. D", participants={"x": 1}
    )
    assert "failover_drill_sessions is 5" in told.said["refusal"]
    plan = told.drill.plan
    assert (plan["title"], plan["change_ticket"], plan["approvers"], plan["participants"]) == (
        "Quarterly", "CHG1", ["A. B", "C. D"], []
    )  # fmt: skip
