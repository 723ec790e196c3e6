# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which tests a stop leaves alone, and what follows a stop that failed."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from datetime import timedelta

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._array.jobs import Job
from ansible_collections.drdrill.powerstore.plugins.module_utils._array.session import ReplicationSession, Selector
from ansible_collections.drdrill.powerstore.plugins.module_utils._errors import (
    AuthenticationError,
    AuthorizationError,
    BusyError,
    NotFoundError,
    OperationTimeoutError,
    PowerStoreError,
    RejectedError,
    UnreachableError,
)
from ansible_collections.drdrill.powerstore.plugins.module_utils._failover_test.plan import Desired, plan
from ansible_collections.drdrill.powerstore.plugins.module_utils._failover_test.stopping import (
    Log,
    following,
    gone,
    joined,
    left_alone,
    may_try_again,
    without_snapshot,
)
from ansible_collections.drdrill.powerstore.plugins.module_utils._operation.goal import STOP, Goal, Outcome
from tests.unit.makers.samples import NOW, a_cluster, a_session, a_target

IN_TEST, AT_REST = a_session(failover_test_in_progress=True), a_session()
REFUSED = RejectedError("No.", http_status=422)


def is_own(user: str | None) -> bool | None:
    return None if user == "perhaps" else user == "drill"


def job(name: str, action: str = "start", minute: int = 0, user: str = "drill", phase: str = "Completed") -> Job:
    moment = NOW + timedelta(minutes=minute)
    return Job(name, "s-1", f"{action}_failover_test", phase, user, moment, moment)


def log(*jobs: Job) -> Log:
    """Newest first, as they are read."""
    return Log({"s-1": sorted(jobs, key=lambda each: each.order, reverse=True)}, is_own)


OURS = job("ours", minute=-30)


@pytest.mark.parametrize(
    "known",
    [
        log(),
        log(OURS),
        log(job("old", minute=-90, user="somebody"), job("old stop", "stop", -80), OURS),
        log(OURS, job("refused", minute=-5, user="somebody", phase="Failed")),
        log(OURS, job("under way", minute=-1, user="somebody", phase="In_Progress")),
        # The log does not say which start it was.
        log(OURS, job("stop", "stop", -10)),
        log(job("same account", minute=-5)),
        log(job("perhaps ours", minute=-5, user="perhaps")),
        log(job("ours", minute=-30, phase="Failed")),
    ],
)
def test_a_test_in_doubt_is_stopped(known: Log) -> None:
    assert left_alone(IN_TEST, "ours", known) is None


@pytest.mark.parametrize(
    "known",
    [
        log(OURS, job("theirs", minute=-5, user="somebody")),
        log(OURS, job("stop", "stop", -10, "somebody"), job("theirs", minute=-5, user="somebody")),
        log(job("theirs", minute=-5, user="somebody")),
        # Two controllers with one account: a later start is the other one's.
        log(OURS, job("stop", "stop", -10), job("later", minute=-5)),
        log(OURS, job("later", minute=-5, user="perhaps")),
        log(job("ours", minute=-30, phase="Failed"), job("theirs", minute=-29, user="somebody")),
    ],
)
def test_a_test_of_another_start_is_left_alone(known: Log) -> None:
    finding = left_alone(IN_TEST, "ours", known)

    assert finding is not None and finding.rule.id == "test.of_somebody_else" and finding.is_blocker
    assert "not with job ours" in finding.message and "no stop was sent" in finding.message
    assert left_alone(IN_TEST, None, known) is None, "without a job that is named, every test is stopped"


@pytest.mark.parametrize(
    ("under_way", "followed"),
    [
        (job("sent", "stop", phase="In_Progress"), "sent"),
        (job("sent", "stop", phase="In_Progress", user="perhaps"), "sent"),
        (job("sent", "stop", phase="In_Progress", user="colleague"), None),
        (job("sent", "stop", phase="Failed"), None),
    ],
    ids=["ours", "perhaps ours", "a colleague's", "that failed"],
)
def test_a_stop_that_was_sent_before_is_followed(under_way: Job, followed: str | None) -> None:
    """By a task of the drill that was killed: the array refuses a second stop while it is at the first."""
    target = replace(a_target(IN_TEST), selector=Selector("session_id", "s-1", started_by_job="ours"))
    (step,) = plan(a_cluster(), [target], Desired(running=False), log(OURS, under_way)).steps

    assert step.goal and (step.goal.action, step.goal.job_id) == ("stop_failover_test", followed)


def test_a_start_of_somebody_else_that_is_under_way_is_left_alone() -> None:
    known = log(OURS, job("stop", "stop", -10), job("theirs", minute=-1, user="somebody", phase="In_Progress"))

    assert left_alone(AT_REST, "ours", known) is not None


def test_a_session_that_is_no_destination_has_no_owner() -> None:
    known = log(job("theirs", user="somebody"))

    assert left_alone(a_session(role="Source", failover_test_in_progress=True), "ours", known) is None


def stopping(
    error: PowerStoreError | None = REFUSED, after: ReplicationSession | None = IN_TEST, **what: t.Any
) -> Outcome:
    goal = Goal(IN_TEST, STOP, what.pop("body", {}))
    return Outcome(goal, NOW, after=after, error=error, **what)


@pytest.mark.parametrize(
    ("outcome", "may"),
    [
        (stopping(), True),
        (stopping(BusyError("busy")), True),
        (stopping(OperationTimeoutError("late")), True),
        (stopping(UnreachableError("gone"), None), True),
        (stopping(None, AT_REST, done=True), False),
        (stopping(REFUSED, AT_REST, done=True), False),
        (stopping(AuthenticationError("refused")), False),
        (stopping(AuthorizationError("may not")), False),
        (stopping(NotFoundError("gone"), None), False),
        (stopping(NotFoundError("another 404")), True),
    ],
)
def test_what_is_tried_again(outcome: Outcome, may: bool) -> None:
    assert may_try_again(outcome) is may


def test_a_session_that_is_still_in_the_test_gets_another_stop() -> None:
    goal = following(stopping(request_sent=True, body={"force": True}), IN_TEST, None, log())

    assert isinstance(goal, Goal)
    assert (goal.action, goal.body, goal.job_id, goal.after) == (STOP, {"force": True}, None, None)
    assert goal.session.resource_name == "erp-data"


@pytest.mark.parametrize(
    ("jobs", "sent", "job_id"),
    [
        ([job("j-7", "stop", phase="In_Progress")], True, "j-7"),
        ([job("j-7", "stop", phase="Queued", user="perhaps")], True, "j-7"),
        ([job("j-7", "stop", phase="In_Progress")], False, None),
        ([job("j-7", "stop", phase="In_Progress", user="somebody")], True, None),
        ([job("j-7", "stop", phase="Failed")], True, None),
    ],
)
def test_a_stop_that_the_array_is_still_at_is_followed_and_not_sent_again(
    jobs: list[Job], sent: bool, job_id: str | None
) -> None:
    goal = following(stopping(OperationTimeoutError("late"), request_sent=sent), IN_TEST, None, log(*jobs))

    assert isinstance(goal, Goal) and goal.job_id == job_id


@pytest.mark.parametrize("sent", [True, False])
def test_a_test_that_has_ended_meanwhile_needs_no_other_stop(sent: bool) -> None:
    then = following(stopping(UnreachableError("lost"), None, request_sent=sent), AT_REST, None, log())

    assert not isinstance(then, Goal)
    outcome, finding = then
    assert (outcome.error, outcome.done, outcome.after, finding) == (None, sent, AT_REST, None)


def test_what_is_left_alone_after_a_failure() -> None:
    failed_over = a_session(state="Failing_Over_For_DR", failover_test_in_progress=True)
    theirs = log(OURS, job("theirs", minute=-1, user="somebody"))
    for session, named, known, rule in (
        (failed_over, None, log(), "session.failed_over"),
        (IN_TEST, "ours", theirs, "test.of_somebody_else"),
    ):
        then = following(stopping(), session, named, known)
        assert not isinstance(then, Goal)
        outcome, finding = then
        assert outcome.error is None and not outcome.done and outcome.after == session
        assert finding is not None and finding.rule.id == rule


def test_a_session_that_vanished_is_told_and_not_tried_again() -> None:
    then = following(stopping(), None, None, log())

    assert not isinstance(then, Goal)
    outcome, finding = then
    assert isinstance(outcome.error, NotFoundError) and outcome.after is None and finding is None
    assert not may_try_again(outcome)


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (stopping(body={"create_end_of_test_snapshot": True, "force": True}), {"force": True}),
        (stopping(body={"create_end_of_test_snapshot": True}), {}),
        (stopping(body={"force": True}), None),
        (stopping(BusyError("busy"), body={"create_end_of_test_snapshot": True}), None),
        (stopping(OperationTimeoutError("late"), body={"create_end_of_test_snapshot": True}), None),
        (stopping(REFUSED, AT_REST, body={"create_end_of_test_snapshot": True}), None),
        (stopping(REFUSED, None, body={"create_end_of_test_snapshot": True}), None),
        (stopping(None, AT_REST, done=True, body={"create_end_of_test_snapshot": True}), None),
    ],
)
def test_the_last_try_is_without_the_snapshot(outcome: Outcome, expected: dict[str, t.Any] | None) -> None:
    goal = without_snapshot(outcome)

    assert (goal and goal.body) == expected


def test_attempts_are_one_outcome() -> None:
    first = stopping(REFUSED, request_sent=False)
    second = stopping(UnreachableError("lost"), None, request_sent=True, answer_lost=True, job_id="j-2")
    third = stopping(None, AT_REST, done=True, request_sent=True, job_id="j-3")
    both = joined(first, second)
    all_three = joined(both, third)

    assert (both.attempts, both.request_sent, both.answer_lost, both.earlier, both.error) == (
        2, True, True, REFUSED, second.error,
    )  # fmt: skip
    assert (all_three.attempts, all_three.job_id, all_three.done, all_three.error) == (3, "j-3", True, None)
    assert all_three.earlier is second.error and all_three.changed


def test_a_stop_that_came_late_is_this_tasks_although_the_second_was_refused() -> None:
    lost = stopping(UnreachableError("lost"), None, request_sent=True)
    refused = stopping(None, AT_REST, done=False, request_sent=False)

    assert joined(lost, refused).done and joined(lost, refused).changed
    assert not joined(stopping(), refused).done


@pytest.mark.parametrize(
    ("by", "error", "told"),
    [
        ("session_id", NotFoundError("No."), True),
        ("volume", NotFoundError("No."), False),
        ("session_id", UnreachableError("No."), False),
    ],
)
def test_a_session_named_by_its_id_that_is_not_there_is_gone(by: str, error: PowerStoreError, told: bool) -> None:
    finding = gone(Selector(by, "s-9"), error)

    assert bool(finding) is told
    assert finding is None or (finding.rule.id, finding.session_id, finding.message) == ("session.gone", "s-9", "No.")
