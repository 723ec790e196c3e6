# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One start or stop: sent once, followed, and told as the array shows it, whatever became of the answer."""

from __future__ import annotations

import contextlib
import time
import typing as t
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._array.client import Receipt
from ansible_collections.drdrill.powerstore.plugins.module_utils._array.session import Cluster, PendingStart
from ansible_collections.drdrill.powerstore.plugins.module_utils._errors import (
    AuthorizationError,
    BusyError,
    OutcomeUnknownError,
    PowerStoreError,
    RejectedError,
    UnclearAnswerError,
    UnreachableError,
)
from ansible_collections.drdrill.powerstore.plugins.module_utils._operation import operation, waiting
from ansible_collections.drdrill.powerstore.plugins.module_utils._operation.clock import ArrayClock
from ansible_collections.drdrill.powerstore.plugins.module_utils._operation.goal import START, STOP, Goal, Outcome
from ansible_collections.drdrill.powerstore.plugins.module_utils._operation.operation import Means, Operation
from ansible_collections.drdrill.powerstore.plugins.module_utils._operation.waiting import Waiting
from tests.unit.makers.fake_client import FakeClient, Row, within
from tests.unit.makers.samples import NOW, a_cluster, a_session, session_row

SELECTS = {"job": [("select", "id")], "replication_session": [("select", "id")]}
AT_REST, IN_TEST = [session_row()], [session_row(failover_test_in_progress=True)]
REFUSED = RejectedError("The array answered 422.", http_status=422, code="0xE1")


def lost() -> OutcomeUnknownError:
    return OutcomeUnknownError("Sent, but no answer came.")


def busy() -> BusyError:
    return BusyError("The array is busy.", http_status=503)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operation, "_GRACE", 0.0)
    monkeypatch.setattr(operation, "_LATE", 0.15)
    monkeypatch.setattr(operation, "_LAST_LOOK", 0.1)
    monkeypatch.setattr(waiting, "_SHORTEST_PAUSE", 0.01)
    # Its own module's `time` only: all pauses take a tenth, what is decided about them stays as it is.
    quick = SimpleNamespace(monotonic=time.monotonic, sleep=lambda seconds: time.sleep(seconds / 10))
    monkeypatch.setattr(operation, "time", quick)


def job(phase: str, body: t.Any = None, job_id: str = "j-1") -> Row:
    return {"id": job_id, "phase": phase, "response_body": body}


def logged(phase: str = "Completed", job_id: str = "j-7", user: str = "drill", began: datetime = NOW) -> Row:
    """A row of the array's log of jobs."""
    return {
        "id": job_id,
        "resource_id": "s-1",
        "resource_action": "start_failover_test",
        "phase": phase,
        "user": user,
        "start_time": (began + timedelta(hours=1)).isoformat(),
    }


def carry_out(
    client: FakeClient,
    action: str = START,
    body: Row | None = None,
    wait_timeout: float = 5,
    after: PendingStart | None = None,
    cluster: Cluster | None = None,
) -> Outcome:
    session = a_session(failover_test_in_progress=action == STOP and after is None)

    def working() -> Outcome:
        with Waiting(client.as_client(), SELECTS, 0.05) as rows:
            goal = Goal(session, action, body or {}, after)
            clock = ArrayClock(cluster or a_cluster())
            means = Means(client.as_client(), rows, clock, contextlib.nullcontext(), wait_timeout)
            return Operation(means, goal).run()

    outcome = within(15, working)
    assert outcome.finished_at is not None and outcome.finished_at >= outcome.started_at
    assert cluster or outcome.started_at >= NOW
    return outcome


def kind(outcome: Outcome) -> str | None:
    return outcome.error.kind if outcome.error else None


def test_a_job_that_ends_well() -> None:
    client = FakeClient(
        receipts=[Receipt(job_id="j-1")],
        jobs=[[job("Queued")], [job("In_Progress")], [job("Completed")]],
        sessions=[IN_TEST],
    )
    outcome = carry_out(client, body={"snapshot_id": "snap-1"})

    assert client.sent == [("/replication_session/s-1/start_failover_test", {"snapshot_id": "snap-1"})]
    assert (outcome.done, outcome.changed, kind(outcome)) == (True, True, None)
    assert outcome.job_id == "j-1" and outcome.request_sent and not outcome.answer_lost
    assert outcome.after is not None and outcome.after.in_test
    assert outcome.after.resource_name == "erp-data"


@pytest.mark.parametrize(
    ("receipt", "jobs"),
    [
        (Receipt(body={"snapshot_id": "snap-1"}), []),
        (Receipt(job_id="j-1"), [[job("Completed", {"response_type": "x", "snapshot_id": "snap-1"})]]),
    ],
)
def test_the_end_of_test_snapshot_is_named_by_the_answer_or_the_job(receipt: Receipt, jobs: t.Any) -> None:
    outcome = carry_out(FakeClient(receipts=[receipt], jobs=jobs, sessions=[AT_REST]), STOP)

    assert outcome.done and outcome.snapshot_id == "snap-1"


@pytest.mark.parametrize("body", [None, [], "text", {"snapshot_id": None}, {}])
def test_a_job_without_a_snapshot(body: t.Any) -> None:
    client = FakeClient(receipts=[Receipt(job_id="j-1")], jobs=[[job("Completed", body)]], sessions=[AT_REST])

    assert carry_out(client, STOP).snapshot_id is None


def test_the_answer_is_not_trusted_before_the_session_shows_it() -> None:
    client = FakeClient(receipts=[Receipt()], sessions=[AT_REST, AT_REST, IN_TEST])

    assert carry_out(client).done
    assert len(client.asked) == 3


@pytest.mark.parametrize("flag", [False, None])
def test_null_is_never_taken_for_a_running_test(flag: bool | None) -> None:
    shown = [session_row(failover_test_in_progress=flag)]
    started = carry_out(FakeClient(receipts=[Receipt()], sessions=[shown]), wait_timeout=0.2)
    stopped = carry_out(FakeClient(receipts=[Receipt()], sessions=[shown]), STOP)

    assert (started.done, kind(started)) == (False, "timeout")
    assert (stopped.done, kind(stopped), stopped.changed) == (True, None, True)


def test_what_is_not_shown_in_time() -> None:
    began = time.monotonic()
    client = FakeClient(receipts=[Receipt(job_id="j-1")], jobs=[[job("In_Progress")]], sessions=[AT_REST])
    outcome = carry_out(client, wait_timeout=0.2)

    assert time.monotonic() - began < 30
    assert kind(outcome) == "timeout"
    assert outcome.error is not None and "In_Progress" in outcome.error.message and "0.2 s" in outcome.error.message
    assert (outcome.done, outcome.changed, outcome.request_sent) == (False, False, True)
    assert len(client.sent) == 1


def test_late_but_shown_in_the_last_look_is_still_a_timeout() -> None:
    client = FakeClient(receipts=[Receipt(job_id="j-1")], jobs=[[job("In_Progress")]], sessions=[IN_TEST])
    outcome = carry_out(client, wait_timeout=0.2)

    assert kind(outcome) == "timeout"
    assert outcome.changed is True and outcome.after is not None and outcome.after.in_test


@pytest.mark.parametrize(("phase", "words"), [("Failed", []), ("Unrecoverable_Failed", ["discrepancies", "looked at"])])
def test_a_job_that_fails(phase: str, words: list[str]) -> None:
    body = {"messages": [{"code": "0xE0201005000C", "message_l10n": "It is failed over."}]}
    client = FakeClient(receipts=[Receipt(job_id="j-1")], jobs=[[job(phase, body)]], sessions=[AT_REST])
    outcome = carry_out(client)

    assert kind(outcome) == "rejected" and not outcome.done and not outcome.changed
    assert outcome.error is not None
    for word in [phase, "It is failed over.", "0xE0201005000C", *words]:
        assert word in outcome.error.message


@pytest.mark.parametrize("body", [None, {}, "text", []])
def test_a_job_that_fails_without_a_reason(body: t.Any) -> None:
    client = FakeClient(receipts=[Receipt(job_id="j-1")], jobs=[[job("Failed", body)]], sessions=[AT_REST])
    outcome = carry_out(client)

    assert outcome.error is not None and "no reason" in outcome.error.message


def test_a_job_that_may_not_be_read_is_no_failure() -> None:
    client = FakeClient(receipts=[Receipt(job_id="j-1")], jobs=[AuthorizationError("no")], sessions=[IN_TEST])
    outcome = carry_out(client)

    assert outcome.done and outcome.job_id == "j-1"


def test_a_refusal() -> None:
    client = FakeClient(receipts=[REFUSED], sessions=[AT_REST])
    outcome = carry_out(client)

    assert outcome.error is REFUSED and not outcome.done and not outcome.changed and not outcome.request_sent
    assert len(client.sent) == 1


@pytest.mark.parametrize("began", [timedelta(hours=1), timedelta(seconds=-1)])
def test_a_refusal_because_someone_else_was_quicker(began: timedelta) -> None:
    log = [logged(user="somebody", began=NOW + began)]
    outcome = carry_out(FakeClient(receipts=[REFUSED], job_log=[log], sessions=[IN_TEST]))

    # As wanted, but not this task's: nothing that it may stop again.
    assert (kind(outcome), outcome.done, outcome.changed, outcome.request_sent) == (None, False, False, False)


@pytest.mark.parametrize("error", [lost(), UnclearAnswerError("500", http_status=500)])
def test_a_lost_answer_whose_job_is_found(error: PowerStoreError) -> None:
    client = FakeClient(
        receipts=[error],
        job_log=[[logged()]],
        jobs=[[job("Completed", job_id="j-7")]],
        sessions=[AT_REST, IN_TEST],
    )
    outcome = carry_out(client)

    assert len(client.sent) == 1
    assert (outcome.done, outcome.changed, outcome.answer_lost, outcome.job_id) == (True, True, True, "j-7")


def test_a_lost_answer_whose_effect_is_shown_where_jobs_cannot_be_read() -> None:
    client = FakeClient(receipts=[lost()], job_log=[AuthorizationError("no")], sessions=[IN_TEST])
    outcome = carry_out(client)

    assert len(client.sent) == 1
    assert (outcome.done, outcome.request_sent, outcome.answer_lost) == (True, True, True)


def test_a_lost_request_is_sent_again_where_the_array_shows_that_it_was_not_executed() -> None:
    client = FakeClient(receipts=[lost(), Receipt()], job_log=[[]], sessions=[AT_REST, IN_TEST])
    outcome = carry_out(client)

    assert len(client.sent) == 2
    assert (outcome.done, outcome.answer_lost, outcome.request_sent) == (True, True, True)


def test_three_lost_requests_are_enough() -> None:
    client = FakeClient(receipts=[lost()], job_log=[[]], sessions=[AT_REST])
    outcome = carry_out(client, wait_timeout=8)

    assert len(client.sent) == 3
    assert kind(outcome) == "unreachable" and not outcome.done
    assert outcome.request_sent is False, "each was shown not to have been executed"
    assert outcome.error is not None and "3 times" in outcome.error.message


@pytest.mark.parametrize("jobs_of_others", [[logged(user="somebody")], []])
def test_a_job_from_before_the_request_is_no_trace_of_it(jobs_of_others: list[Row]) -> None:
    old = logged(began=NOW - timedelta(days=1))
    client = FakeClient(receipts=[lost(), Receipt()], job_log=[[old, *jobs_of_others]], sessions=[AT_REST, IN_TEST])
    outcome = carry_out(client)

    assert len(client.sent) == 2 and outcome.done and outcome.job_id is None


def test_a_lost_request_while_somebody_else_started_the_test() -> None:
    client = FakeClient(receipts=[lost()], job_log=[[logged(user="somebody")]], sessions=[IN_TEST])
    outcome = carry_out(client)

    # As wanted, but nothing that this task may stop again.
    assert (kind(outcome), outcome.done, outcome.changed, outcome.request_sent) == (None, False, False, False)
    assert len(client.sent) == 1


def test_a_failed_job_while_somebody_else_started_the_test() -> None:
    client = FakeClient(
        receipts=[Receipt(job_id="j-1")],
        jobs=[[job("Failed")]],
        job_log=[[logged("Failed", "j-1"), logged("Completed", "j-2", "somebody")]],
        sessions=[IN_TEST],
    )
    outcome = carry_out(client)

    assert (kind(outcome), outcome.done, outcome.changed, outcome.request_sent) == (None, False, False, False)


def test_a_failed_job_whose_effect_is_shown_all_the_same_stays_this_tasks() -> None:
    client = FakeClient(
        receipts=[Receipt(job_id="j-1")],
        jobs=[[job("Failed")]],
        job_log=[[logged("Failed", "j-1")]],
        sessions=[IN_TEST],
    )
    outcome = carry_out(client)

    assert (kind(outcome), outcome.done, outcome.changed, outcome.request_sent) == ("rejected", False, True, True)


def test_the_second_request_refused_because_the_first_was_executed() -> None:
    client = FakeClient(
        receipts=[lost(), REFUSED],
        job_log=[[], [logged()]],
        jobs=[[job("Completed", job_id="j-7")]],
        sessions=[AT_REST, IN_TEST],
    )
    outcome = carry_out(client)

    assert (outcome.done, outcome.changed, kind(outcome)) == (True, True, None)


def test_a_request_delivered_twice_is_followed_while_the_array_is_at_it() -> None:
    under_way = [{**logged("In_Progress"), "end_time": None}]
    client = FakeClient(
        receipts=[REFUSED],
        job_log=[under_way],
        jobs=[[job("In_Progress", job_id="j-7")], [job("Completed", job_id="j-7")]],
        sessions=[AT_REST, IN_TEST],
    )
    outcome = carry_out(client)

    assert (outcome.done, outcome.request_sent, outcome.job_id, len(client.sent)) == (True, True, "j-7", 1)


def test_a_refusal_names_the_operation_of_somebody_else_that_is_under_way() -> None:
    """Such as the start of a drill that was killed, which the session does not show yet."""
    earlier = {"start_time": "2026-11-25T00:00:00Z", "end_time": None, "user": "colleague"}
    outcome = carry_out(
        FakeClient(receipts=[REFUSED], job_log=[[{**logged("In_Progress"), **earlier}]], sessions=[AT_REST])
    )

    assert outcome.error and not outcome.request_sent
    assert outcome.error.message.startswith(REFUSED.message) and outcome.error.code == REFUSED.code
    assert "Under way on this session is start_failover_test, job j-7, by colleague:" in outcome.error.message


def test_a_refusal_that_the_array_logs_as_a_failed_job_stays_a_refusal() -> None:
    outcome = carry_out(FakeClient(receipts=[REFUSED], job_log=[[logged("Failed")]], sessions=[AT_REST]))

    assert outcome.error is REFUSED and not outcome.request_sent


def test_a_request_of_unknown_fate_is_never_sent_again() -> None:
    client = FakeClient(receipts=[lost()], job_log=[AuthorizationError("no")], sessions=[AT_REST])
    outcome = carry_out(client, wait_timeout=0.2)

    assert len(client.sent) == 1
    assert kind(outcome) == "unreachable"
    # It may still be executed, so this session has to be stopped by whoever cleans up.
    assert outcome.request_sent is True and outcome.done is False


def test_an_array_that_is_gone() -> None:
    client = FakeClient(receipts=[lost()], sessions=[UnreachableError("gone")])
    outcome = carry_out(client, wait_timeout=0.2)

    assert len(client.sent) == 1
    assert kind(outcome) == "unreachable" and outcome.after is None
    assert outcome.request_sent is True and outcome.changed is True


def test_busy_for_too_long() -> None:
    client = FakeClient(receipts=[busy()], sessions=[AT_REST])
    outcome = carry_out(client, wait_timeout=1.2)

    assert len(client.sent) == 3  # with pauses of 0.5 and 1 s; one of 2 s would pass the deadline
    assert kind(outcome) == "busy"
    assert not outcome.request_sent and not outcome.changed and not outcome.answer_lost


def test_busy_for_a_moment() -> None:
    client = FakeClient(receipts=[busy(), Receipt()], sessions=[AT_REST, IN_TEST])
    outcome = carry_out(client)

    assert len(client.sent) == 2 and outcome.done and not outcome.answer_lost


def test_busy_for_longer_than_there_is_time() -> None:
    client = FakeClient(receipts=[BusyError("Wait.", retry_after=60)], sessions=[AT_REST])
    began = time.monotonic()

    assert kind(carry_out(client, wait_timeout=3)) == "busy"
    assert len(client.sent) == 1 and time.monotonic() - began < 30


def test_busy_but_taken_all_the_same() -> None:
    client = FakeClient(
        receipts=[busy()],
        job_log=[[logged()]],
        jobs=[[job("Completed", job_id="j-7")]],
        sessions=[AT_REST, IN_TEST],
    )
    outcome = carry_out(client)

    assert len(client.sent) == 1
    assert outcome.done and outcome.request_sent and outcome.job_id == "j-7"


def test_a_stop_waits_for_the_start_that_is_under_way() -> None:
    client = FakeClient(
        receipts=[Receipt()],
        jobs=[[job("In_Progress", job_id="j-0")], [job("Completed", job_id="j-0")]],
        sessions=[AT_REST, IN_TEST, AT_REST],
    )
    outcome = carry_out(client, STOP, after=PendingStart("j-0", has_ended=False))

    assert client.sent == [("/replication_session/s-1/stop_failover_test", {})]
    assert [collection for collection, _ids in client.asked][:2] == ["job", "job"]
    assert (outcome.done, outcome.changed, kind(outcome)) == (True, True, None)


@pytest.mark.parametrize(
    ("phase", "unaccounted"),
    [("Completed", True), ("Skipped", True), ("Failed", False), ("Unrecoverable_Failed", False)],
)
def test_a_start_that_never_shows_up_needs_no_stop(phase: str, unaccounted: bool) -> None:
    client = FakeClient(receipts=[Receipt()], jobs=[[job(phase, job_id="j-0")]], sessions=[AT_REST])
    outcome = carry_out(client, STOP, after=PendingStart("j-0", has_ended=False))

    assert client.sent == []
    assert (outcome.done, outcome.changed, kind(outcome)) == (False, False, None)
    assert outcome.unaccounted is unaccounted
    assert outcome.after is not None and not outcome.after.in_test


def test_a_start_that_does_not_end_in_time_is_no_success_of_the_stop() -> None:
    client = FakeClient(receipts=[Receipt()], jobs=[[job("In_Progress", job_id="j-0")]], sessions=[AT_REST])
    outcome = carry_out(client, STOP, wait_timeout=0.2, after=PendingStart("j-0", has_ended=False))

    assert client.sent == [] and kind(outcome) == "timeout" and not outcome.done


def test_an_operation_ends_whatever_breaks() -> None:
    client = FakeClient(receipts=[Receipt(job_id="j-1")], jobs=[RuntimeError("not foreseen")], sessions=[IN_TEST])
    outcome = carry_out(client)

    assert outcome.error is not None and outcome.request_sent


def test_a_row_that_is_not_as_described_is_no_confirmation() -> None:
    odd = [session_row(failover_test_in_progress="true")]
    outcome = carry_out(FakeClient(receipts=[Receipt()], sessions=[odd]), wait_timeout=0.2)

    assert kind(outcome) == "protocol" and not outcome.done
    assert outcome.after is None and outcome.changed is True


def test_not_allowed() -> None:
    error = AuthorizationError("The account may not do this.", http_status=403)
    client = FakeClient(receipts=[error], sessions=[AT_REST])
    outcome = carry_out(client)

    assert outcome.error is error and len(client.sent) == 1 and not outcome.request_sent


@pytest.mark.parametrize(
    ("before", "after", "sent", "changed"),
    [
        (False, True, True, True),
        (False, False, True, False),
        (False, None, True, False),
        (False, True, False, False),
        (False, "unknown", True, True),
        (False, "unknown", False, False),
        (True, False, True, True),
    ],
)
def test_changed_is_what_the_array_shows(before: bool, after: t.Any, sent: bool, changed: bool) -> None:
    goal = Goal(a_session(failover_test_in_progress=before), START, {})
    shown = None if after == "unknown" else a_session(failover_test_in_progress=after)

    assert Outcome(goal, NOW, after=shown, request_sent=sent).changed is changed


def test_the_clock_of_the_array_goes_on() -> None:
    clock = ArrayClock(a_cluster())
    first = clock.now()
    time.sleep(0.02)
    second = clock.now()

    assert NOW <= first < second < NOW + timedelta(seconds=300)
    assert second - first >= timedelta(seconds=0.02)


def test_a_job_is_ours_where_the_reading_of_the_clock_took_long_enough() -> None:
    """Of a lost answer: the array looked at its clock at an unknown moment of a request of six seconds."""
    early = logged(began=NOW - timedelta(hours=1, seconds=2))  # two seconds before the request, by the middle

    def outcome(read_within: float) -> Outcome:
        client = FakeClient(
            receipts=[lost()], job_log=[[early]], jobs=[[job("Completed", job_id="j-7")]], sessions=[AT_REST, IN_TEST]
        )
        return carry_out(client, cluster=replace(a_cluster(), read_within=read_within))

    assert outcome(3.0).job_id == "j-7"
    assert outcome(0.0).job_id is None


NO_TIME = replace(a_cluster(), system_time=None)


def test_without_the_arrays_time_it_is_the_controllers() -> None:
    clock = ArrayClock(NO_TIME)

    assert not clock.is_arrays and abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize("began", [timedelta(days=-400), timedelta(days=400)])
def test_without_the_arrays_time_a_job_of_this_account_is_found_whenever_it_began(began: timedelta) -> None:
    client = FakeClient(
        receipts=[lost()],
        job_log=[[logged(began=NOW + began)]],
        jobs=[[job("Completed", job_id="j-7")]],
        sessions=[AT_REST, IN_TEST],
    )
    outcome = carry_out(client, cluster=NO_TIME)

    assert (outcome.done, outcome.job_id, len(client.sent)) == (True, "j-7", 1)


def test_the_account_is_learned_from_the_job_of_an_answered_request_only() -> None:
    row = {**job("Completed"), "user": "svc-drill"}
    answered = FakeClient(receipts=[Receipt(job_id="j-1")], jobs=[[row]], sessions=[IN_TEST])
    found = FakeClient(receipts=[lost()], job_log=[[logged(job_id="j-1")]], jobs=[[row]], sessions=[AT_REST, IN_TEST])

    assert carry_out(answered).done and answered.learned == ["svc-drill"]
    assert carry_out(found).done and found.learned == []
