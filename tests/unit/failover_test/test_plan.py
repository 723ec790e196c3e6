# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""plan() and predict(): what would be sent, and that `changed`, the diff and the entries are one statement."""

from __future__ import annotations

import typing as t
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.drdrill.powerstore.plugins.module_utils._array.session import (
    PendingStart,
    Selector,
    SnapshotChoice,
    Target,
    Unresolved,
)
from ansible_collections.drdrill.powerstore.plugins.module_utils._errors import (
    AmbiguousError,
    AuthenticationError,
    NotFoundError,
)
from ansible_collections.drdrill.powerstore.plugins.module_utils._failover_test.act import apply
from ansible_collections.drdrill.powerstore.plugins.module_utils._failover_test.entry import Entry, Results, Step
from ansible_collections.drdrill.powerstore.plugins.module_utils._failover_test.plan import Desired, Plan, plan, predict
from ansible_collections.drdrill.powerstore.plugins.module_utils._failover_test.stopping import FAILED_OVER
from ansible_collections.drdrill.powerstore.plugins.module_utils._module.result import nothing_attempted
from tests.unit.makers.samples import STATES, a_cluster, a_session, a_snapshot, a_target

START, STOP = Desired(running=True), Desired(running=False)
Found = list[Target | Unresolved]


def at_rest(number: int = 1, **attributes: t.Any) -> Target:
    return a_target(a_session(id=f"s-{number}", **attributes))


def in_test(number: int = 1, **attributes: t.Any) -> Target:
    return at_rest(number, failover_test_in_progress=True, **attributes)


def unknown(number: int = 1) -> Unresolved:
    return Unresolved(Selector("volume", f"v-{number}"), NotFoundError(f"No volume v-{number}."))


def sent(planned: Plan) -> list[tuple[str, str, dict[str, t.Any]]]:
    return [(goal.session.id, goal.action, goal.body) for goal in planned.goals]


def actions(results: Results) -> list[str]:
    return [entry.action for entry in results.entries]


@pytest.mark.parametrize(
    ("target", "desired"),
    [
        (in_test(), START),
        (at_rest(), STOP),
        (at_rest(failover_test_in_progress=None), STOP),
        (at_rest(state="Failed_Over"), STOP),
        (in_test(state="Paused_For_NDU"), START),
        (at_rest(remote_system={"name": "production", "state": "Management_Connection_Lost"}), STOP),
    ],
)
def test_nothing_to_do_where_the_state_is_as_wanted(target: Target, desired: Desired) -> None:
    planned = plan(a_cluster(), [target], desired)
    result = predict(planned).as_result()

    assert not planned.refused and planned.goals == []
    assert result["changed"] is False
    assert result["diff"]["before"] == result["diff"]["after"]
    [entry] = result["sessions"]
    assert (entry["action"], entry["changed"], entry["failed"]) == ("none", False, False)
    assert "failure" not in entry
    assert entry["before"] == entry["before"] | entry["after"]


@pytest.mark.parametrize("flag", [False, None])
@pytest.mark.parametrize("state", ["OK", "Synchronizing", "Paused", "System_Paused"])
def test_start(state: str, flag: bool | None) -> None:
    planned = plan(a_cluster(), [at_rest(state=state, failover_test_in_progress=flag)], START)
    result = predict(planned).as_result()

    assert sent(planned) == [("s-1", "start_failover_test", {})]
    assert planned.goals[0].running is True
    assert result["changed"] is True
    [entry] = result["sessions"]
    assert (entry["action"], entry["changed"], entry["failed"]) == ("started", True, False)
    assert (entry["before"]["failover_test_in_progress"], entry["after"]["failover_test_in_progress"]) == (flag, True)
    assert entry["request_sent"] is False and entry["job_id"] is None and entry["started_at"] is None
    assert result["diff"]["before"] == {"volume 'erp-data' (session s-1)": "no failover test"}
    assert result["diff"]["after"] == {"volume 'erp-data' (session s-1)": "failover test in progress"}


@pytest.mark.parametrize("state", [state for state in STATES if state not in FAILED_OVER])
def test_stop_whatever_the_state_of_the_replication(state: str) -> None:
    # A test that cannot be stopped takes the disaster recovery away: the array decides, not this code.
    planned = plan(a_cluster(), [in_test(state=state)], STOP)
    result = predict(planned).as_result()

    assert sent(planned) == [("s-1", "stop_failover_test", {})]
    assert planned.goals[0].running is False
    [entry] = result["sessions"]
    assert (entry["action"], entry["changed"], entry["failed"]) == ("stopped", True, False)
    assert entry["after"]["failover_test_in_progress"] is False


@pytest.mark.parametrize("running", [True, False])
@pytest.mark.parametrize("role", ["Destination", "Source"])
@pytest.mark.parametrize("state", sorted(FAILED_OVER))
def test_a_session_that_is_failed_over_is_left_alone(state: str, role: str, running: bool) -> None:
    # With use_test_copy a failover keeps what the test wrote: a stop would take it back from the site.
    session = a_session(state=state, role=role, failover_test_in_progress=running)
    planned = plan(a_cluster(), [a_target(session), in_test(2)], STOP)
    first, second = predict(planned).as_result()["sessions"]

    assert sent(planned) == [("s-2", "stop_failover_test", {})]
    assert (first["action"], first["failed"], first["changed"], second["action"]) == ("none", False, False, "stopped")
    assert [(f["id"], f["severity"]) for f in first["findings"]] == [("session.failed_over", "blocker")]
    assert plan(a_cluster(), [a_target(session)], START).refused or running


@pytest.mark.parametrize(
    ("target", "desired", "body"),
    [
        (at_rest(), replace(START, create_snapshot=True, force=True), {}),
        (
            a_target(choice=SnapshotChoice("monday", (a_snapshot("snap-7"),))),
            START,
            {"snapshot_id": "snap-7"},
        ),
        (in_test(), STOP, {}),
        (in_test(), replace(STOP, create_snapshot=True), {"create_end_of_test_snapshot": True}),
        (in_test(), replace(STOP, force=True), {"force": True}),
        (
            in_test(),
            replace(STOP, create_snapshot=True, force=True),
            {"create_end_of_test_snapshot": True, "force": True},
        ),
        (
            a_target(a_session(failover_test_in_progress=True), SnapshotChoice("monday", (a_snapshot("snap-7"),))),
            STOP,
            {},
        ),
    ],
)
def test_bodies_hold_what_the_description_knows_and_nothing_else(
    target: Target, desired: Desired, body: dict[str, t.Any]
) -> None:
    [goal] = plan(a_cluster(), [target], desired).goals

    assert goal.body == body


def test_the_snapshot_is_in_the_result_of_a_start_only() -> None:
    choice = SnapshotChoice("monday", (a_snapshot("snap-7"),))
    [started] = predict(plan(a_cluster(), [a_target(choice=choice)], START)).as_result()["sessions"]
    running = a_target(a_session(failover_test_in_progress=True), choice)
    [stopped] = predict(plan(a_cluster(), [running], STOP)).as_result()["sessions"]

    assert started["snapshot"] == {"id": "snap-7", "name": "monday", "source_timestamp": None}
    assert "snapshot" not in stopped


@pytest.mark.parametrize(
    ("bad", "kind"),
    [
        (at_rest(2, role="Source"), "not_ready"),
        (at_rest(2, state="Failed_Over"), "not_ready"),
        (at_rest(2, type="Synchronous"), "not_ready"),
        (a_target(a_session(id="s-2"), SnapshotChoice("tuesday")), "not_found"),
        (unknown(2), "not_found"),
        (Unresolved(Selector("volume", "v-2"), AmbiguousError("Two of them.")), "ambiguous"),
    ],
)
@pytest.mark.parametrize("position", [0, 1, 2])
def test_one_blocker_refuses_every_start(bad: Target | Unresolved, kind: str, position: int) -> None:
    found: Found = [at_rest(1), in_test(3)]
    found.insert(position, bad)
    planned = plan(a_cluster(), found, START)
    result = predict(planned).as_result()

    assert planned.refused and planned.goals == []
    assert result["changed"] is False
    assert result["diff"]["before"] == result["diff"]["after"]
    expected = ["not_attempted", "none"]
    expected.insert(position, "failed")
    assert [entry["action"] for entry in result["sessions"]] == expected
    assert [entry["failed"] for entry in result["sessions"]] == [action == "failed" for action in expected]
    assert result["sessions"][position]["failure"]["kind"] == kind


@pytest.mark.parametrize("bad", [in_test(2, role="Source"), unknown(2)])
@pytest.mark.parametrize("position", [0, 1, 2])
def test_no_blocker_keeps_another_test_from_being_stopped(bad: Target | Unresolved, position: int) -> None:
    found: Found = [in_test(1), at_rest(3)]
    found.insert(position, bad)
    planned = plan(a_cluster(), found, STOP)
    entries = predict(planned).as_result()["sessions"]
    expected = ["stopped", "none"]
    expected.insert(position, "failed")

    assert sent(planned) == [("s-1", "stop_failover_test", {})]
    assert [entry["action"] for entry in entries] == expected
    assert [entry["failed"] for entry in entries] == [action == "failed" for action in expected]


def test_a_stop_waits_for_a_start_that_is_under_way() -> None:
    start = PendingStart("j-1", has_ended=False)
    under_way = replace(at_rest(), pending_start=start)
    planned = plan(a_cluster(), [under_way], STOP)
    [goal] = planned.goals

    assert (goal.action, goal.after) == ("stop_failover_test", start)
    assert actions(predict(planned)) == ["stopped"]
    [ordinary] = plan(a_cluster(), [in_test()], STOP).goals
    assert ordinary.after is None
    [another] = plan(a_cluster(), [under_way], START).goals
    assert another.after is None


def test_a_start_that_has_ended_without_a_test_is_looked_at_but_nothing_is_promised() -> None:
    ended = replace(at_rest(), pending_start=PendingStart("j-1", has_ended=True))
    planned = plan(a_cluster(), [ended], STOP)
    result = predict(planned).as_result()

    assert [goal.after for goal in planned.goals] == [ended.pending_start]
    assert result["changed"] is False and result["diff"]["before"] == result["diff"]["after"]
    assert actions(predict(planned)) == ["none"]


def test_the_entry_of_a_selector_that_leads_nowhere() -> None:
    [entry] = predict(plan(a_cluster(), [unknown()], STOP)).as_result()["sessions"]

    assert entry["selector"] == {"volume": "v-1"}
    assert [entry[name] for name in ("session_id", "resource_type", "resource_id", "before", "after")] == [None] * 5
    assert entry["failure"] == {"kind": "not_found", "http_status": None, "code": None, "message": "No volume v-1."}


LOST = {"name": "production", "state": "Management_Connection_Lost"}


@pytest.mark.parametrize(
    ("remote", "force", "refused"),
    [
        (LOST, False, True),
        (LOST, True, False),
        ({"name": "production", "state": "OK"}, False, False),
        ({"name": "production", "state": "Update_Needed"}, False, False),
        (None, False, False),
    ],
)
def test_a_stop_without_its_remote_system_is_sent_but_expected_to_be_refused(
    remote: t.Any, force: bool, refused: bool
) -> None:
    planned = plan(a_cluster(), [in_test(1, remote_system=remote), in_test(2)], replace(STOP, force=force))
    result = predict(planned).as_result()

    assert [session_id for session_id, _action, _body in sent(planned)] == ["s-1", "s-2"]
    assert [entry["action"] for entry in result["sessions"]] == ["failed" if refused else "stopped", "stopped"]
    first = result["sessions"][0]
    assert first["changed"] is not refused and first["failed"] is refused
    assert first["after"]["failover_test_in_progress"] is refused
    if refused:
        assert first["failure"]["kind"] == "rejected" and "force" in first["failure"]["message"]


def test_without_wishes_the_array_is_not_asked() -> None:
    client = t.cast(t.Any, object())
    cases: list[tuple[Found, Desired]] = [
        ([at_rest()], STOP),
        ([unknown()], STOP),
        ([in_test(1, role="Source")], STOP),
        ([in_test(1)], START),
        ([at_rest(1), at_rest(2, role="Source")], START),
    ]
    for found, desired in cases:
        planned = plan(a_cluster(), found, desired)

        assert apply(planned, client).as_result() == predict(planned).as_result()


def test_failed_entries_are_of_the_same_shape() -> None:
    selectors = [Selector("volume", "erp-data", "monday"), Selector("session_id", "s-1")]
    result = nothing_attempted(selectors, AuthenticationError("Refused.", http_status=401), Entry, Step)
    entries = result["sessions"]
    [ordinary] = predict(plan(a_cluster(), [at_rest()], START)).as_result()["sessions"]

    assert [entry["selector"] for entry in entries] == [{"volume": "erp-data"}, {"session_id": "s-1"}]
    for entry in entries:
        assert entry.keys() == ordinary.keys() | {"failure"}
        assert (entry["action"], entry["changed"], entry["failed"]) == ("not_attempted", False, True)
        assert entry["request_sent"] is False
        assert entry["failure"] == {
            "kind": "authentication",
            "http_status": 401,
            "code": None,
            "message": "Refused.",
        }


# Mostly fit for a test, so that whole estates are not always refused.
def mostly(usual: tuple[t.Any, ...], others: tuple[t.Any, ...]) -> st.SearchStrategy[t.Any]:
    return st.one_of(*[st.sampled_from(usual)] * 9, st.sampled_from(others))


ROW = st.fixed_dictionaries(
    {
        "state": mostly(("OK", "Synchronizing", "Paused"), STATES),
        "role": mostly(("Destination",), ("Source", "Metro_Preferred")),
        "type": mostly((None, "Asynchronous"), ("Synchronous", "Metro_Active_Active")),
        "resource_type": mostly(("volume", "volume_group"), ("nas_server", "replication_group")),
        "failover_test_in_progress": st.sampled_from([None, False, True]),
        "remote_system": mostly(({"name": "production", "state": "OK"}, None), (LOST,)),
    }
)
CHOICE = mostly((None, SnapshotChoice("monday", (a_snapshot(),))), (SnapshotChoice("gone"),))


@st.composite
def estates(draw: st.DrawFn) -> Found:
    found: Found = []
    for number, row in enumerate(draw(st.lists(ROW, max_size=5))):
        if draw(st.integers(0, 29)) == 29:
            found.append(unknown(number))
        else:
            found.append(a_target(a_session(id=f"s-{number}", **row), draw(CHOICE)))
    return found


WISHES = st.builds(Desired, running=st.booleans(), create_snapshot=st.booleans(), force=st.booleans())


def afterwards(found: Found, results: Results) -> Found:
    """The estate as the results says that it is now."""
    return [
        replace(entry, session=shown.after) if isinstance(entry, Target) and shown.after else entry
        for entry, shown in zip(found, results.entries, strict=True)
    ]


@settings(max_examples=200, deadline=None)
@given(estates(), WISHES)
def test_after_what_was_predicted_there_is_nothing_left_to_do(found: Found, desired: Desired) -> None:
    planned = plan(a_cluster(), found, desired)
    results = predict(planned)
    again = plan(a_cluster(), afterwards(found, results), desired)
    # What the array is expected to refuse stays to be done.
    refused_by_array = [
        entry.after.id
        for entry in results.entries
        if entry.step.expected_refusal and entry.after and not planned.refused
    ]

    assert [goal.session.id for goal in again.goals] == refused_by_array
    assert predict(again).as_result()["changed"] is False
    left_alone = any(step.session and step.session.state in FAILED_OVER for step in planned.steps)
    if not planned.refused and not refused_by_array and not any(step.error for step in planned.steps):
        if left_alone and not desired.running:
            return
        assert all(
            entry.session.in_test is desired.running
            for entry in afterwards(found, results)
            if isinstance(entry, Target)
        )


@settings(max_examples=200, deadline=None)
@given(estates(), WISHES)
def test_changed_diff_and_entries_say_the_same(found: Found, desired: Desired) -> None:
    planned = plan(a_cluster(), found, desired)
    result = predict(planned).as_result()
    entries = result["sessions"]
    before, after = result["diff"]["before"], result["diff"]["after"]

    assert result["changed"] is any(entry["changed"] for entry in entries) is (before != after)
    assert len(entries) == len(found)
    assert before.keys() == after.keys()
    assert len(before) == sum(isinstance(entry, Target) for entry in found)
    done = "started" if desired.running else "stopped"
    for asked, entry in zip(found, entries, strict=True):
        assert entry["selector"] == {asked.selector.by: asked.selector.value}
        assert entry["changed"] is (entry["action"] == done)
        assert entry["failed"] is ("failure" in entry) is (entry["action"] == "failed")
        assert entry["action"] in (done, "none", "failed", "not_attempted")
        if not isinstance(asked, Target):
            continue
        label = asked.session.label
        assert entry["changed"] is (before[label] != after[label])
        assert (entry["before"] == entry["before"] | entry["after"]) is not entry["changed"]
        words = {True: "failover test in progress", False: "no failover test"}
        assert before[label] == words[entry["before"]["failover_test_in_progress"] is True]
        shown, _from, snapshot = after[label].partition(" from snapshot ")
        assert shown == words[entry["after"]["failover_test_in_progress"] is True]
        assert bool(snapshot) is (entry["action"] == "started" and "snapshot" in entry)
    sending = sum(entry["changed"] for entry in entries)
    expected_refusals = sum(step.expected_refusal is not None for step in planned.steps)
    assert sending == (0 if planned.refused else len(planned.goals) - expected_refusals)


@settings(max_examples=150, deadline=None)
@given(estates(), WISHES)
def test_a_wish_is_for_what_is_not_as_wanted(found: Found, desired: Desired) -> None:
    planned = plan(a_cluster(), found, desired)
    wished = [goal.session.id for goal in planned.goals]
    targets = [entry for entry in found if isinstance(entry, Target)]

    assert actions(predict(planned)).count("not_attempted") == 0 or planned.refused
    if not planned.refused:
        fit = {step.session.id for step in planned.steps if step.session and not step.error}
        if not desired.running:
            fit -= {step.session.id for step in planned.steps if step.session and step.session.state in FAILED_OVER}
        wanting = [target.session.id for target in targets if target.session.in_test is not desired.running]
        assert wished == [session_id for session_id in wanting if session_id in fit]
    for goal in planned.goals:
        assert goal.running is desired.running
        assert goal.body.keys() <= ({"snapshot_id"} if desired.running else {"create_end_of_test_snapshot", "force"})
