# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One synchronisation: which cycle counts, and what odd answers come to."""

from __future__ import annotations

import contextlib
import typing as t
from datetime import timedelta

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._array.client import Receipt
from ansible_collections.drdrill.powerstore.plugins.module_utils._errors import (
    AuthorizationError,
    RejectedError,
    UnreachableError,
)
from ansible_collections.drdrill.powerstore.plugins.module_utils._operation.batch import JOB_SELECT
from ansible_collections.drdrill.powerstore.plugins.module_utils._operation.clock import ArrayClock
from ansible_collections.drdrill.powerstore.plugins.module_utils._operation.goal import Outcome
from ansible_collections.drdrill.powerstore.plugins.module_utils._operation.operation import Means
from ansible_collections.drdrill.powerstore.plugins.module_utils._operation.waiting import Waiting
from ansible_collections.drdrill.powerstore.plugins.module_utils._session_sync.operation import (
    SyncGoal,
    SyncOperation,
    refusal,
)
from ansible_collections.drdrill.powerstore.plugins.module_utils._session_sync.plan import Desired
from ansible_collections.drdrill.powerstore.plugins.module_utils._session_sync.task import selectors_and_desired
from tests.unit.makers.fake_client import FakeClient, Row, within
from tests.unit.makers.samples import NOW, STATES, a_cluster, a_session, session_row

SELECTS = {"job": (JOB_SELECT,), "replication_session": (("select", "id"),)}
OPTIONS: Row = {"sessions": [{"volume": "a"}], "max_parallel": 16, "wait_timeout": 600, "poll_interval": 1}


def shown(minute: int | None, state: str = "OK", **attributes: t.Any) -> Row:
    """The source's row with a synchronisation that ended so many minutes after eight in the evening."""
    moment = None if minute is None else (NOW + timedelta(minutes=minute)).isoformat()
    return session_row(role="Source", state=state, last_sync_timestamp=moment, **attributes)


def carry_out(client: FakeClient, wait_timeout: float = 5) -> Outcome:
    def working() -> Outcome:
        with Waiting(client.as_client(), SELECTS, 0.05) as rows:
            goal = SyncGoal.of(a_session(role="Source"))
            clock = ArrayClock(a_cluster())
            means = Means(client.as_client(), rows, clock, contextlib.nullcontext(), wait_timeout)
            return SyncOperation(means, goal).run()

    return within(15, working)


def kind(outcome: Outcome) -> str | None:
    return outcome.error.kind if outcome.error else None


def test_a_cycle_that_was_under_way_does_not_count() -> None:
    busy, ended, done = shown(0, "Synchronizing"), shown(1), shown(2)
    client = FakeClient(receipts=[Receipt()], sessions=[[busy], [busy], [ended], [ended], [done]])
    outcome = carry_out(client)

    assert client.sent == [("/replication_session/s-1/sync", {})]
    assert outcome.done and outcome.request_sent and outcome.changed
    assert outcome.goal.session.last_sync_timestamp == NOW + timedelta(minutes=1)
    assert outcome.after is not None and outcome.after.last_sync_timestamp == NOW + timedelta(minutes=2)


def test_a_cycle_that_never_ends_is_waited_for_no_longer_than_allowed() -> None:
    client = FakeClient(receipts=[Receipt()], sessions=[[shown(0, "Synchronizing")]])
    outcome = carry_out(client, wait_timeout=0.2)

    assert (kind(outcome), outcome.done, outcome.request_sent, client.sent) == ("timeout", False, False, [])
    assert outcome.error is not None and "still Synchronizing" in outcome.error.message


def test_what_becomes_of_the_session_while_it_is_waited_for_is_noticed() -> None:
    client = FakeClient(receipts=[Receipt()], sessions=[[shown(0, "Synchronizing")], [shown(1, "Paused")]])
    outcome = carry_out(client)

    assert (kind(outcome), client.sent) == ("not_ready", [])
    assert outcome.error is not None and "Resume the session" in outcome.error.message


def test_a_cycle_that_began_just_before_the_request_will_do() -> None:
    refused = RejectedError("The array answered 422: another operation is running.")
    client = FakeClient(
        receipts=[refused], sessions=[[shown(0)], [shown(0, "Synchronizing")], [shown(0, "Synchronizing")], [shown(1)]]
    )
    outcome = carry_out(client)

    assert (kind(outcome), outcome.done, outcome.request_sent, outcome.changed) == (None, True, False, False)
    assert outcome.after is not None and outcome.after.last_sync_timestamp == NOW + timedelta(minutes=1)


def test_a_refusal_without_a_cycle_is_a_refusal() -> None:
    client = FakeClient(receipts=[RejectedError("No.")], sessions=[[shown(0)]])

    assert kind(carry_out(client)) == "rejected"


def test_a_job_that_ended_well_is_not_trusted_before_the_time_moves() -> None:
    client = FakeClient(
        receipts=[Receipt(job_id="j-1")], jobs=[[{"id": "j-1", "phase": "Completed"}]], sessions=[[shown(0)]]
    )
    outcome = carry_out(client, wait_timeout=0.3)

    assert (kind(outcome), outcome.done, outcome.changed) == ("timeout", False, False)
    assert outcome.error is not None and "later last_sync_timestamp" in outcome.error.message


def test_a_session_that_was_never_synchronised_shows_its_first_time() -> None:
    client = FakeClient(receipts=[Receipt()], sessions=[[shown(None)], [shown(None)], [shown(1)]])
    outcome = carry_out(client)

    assert outcome.done and outcome.changed


@pytest.mark.parametrize("moment", [7, "yesterday", [], {"time": 1}, ""])
def test_a_time_that_is_none_is_no_confirmation(moment: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ansible_collections.drdrill.powerstore.plugins.module_utils._operation.waiting._GARBLED", 0.1)
    odd = session_row(role="Source", last_sync_timestamp=moment)
    outcome = carry_out(FakeClient(receipts=[Receipt()], sessions=[[shown(0)], [odd]]), wait_timeout=2)

    assert (kind(outcome), outcome.done) == ("protocol", False)
    assert outcome.request_sent and outcome.after is None and outcome.changed  # not known counts as changed


def test_an_array_that_goes_away_after_the_request() -> None:
    client = FakeClient(receipts=[Receipt()], sessions=[[shown(0)], UnreachableError("No answer.")])
    outcome = carry_out(client, wait_timeout=0.3)

    assert (kind(outcome), outcome.done, outcome.after) == ("unreachable", False, None)


def test_a_session_that_may_not_be_read_is_not_synchronised() -> None:
    client = FakeClient(receipts=[Receipt()], sessions=[AuthorizationError("No.")])

    assert (kind(carry_out(client)), client.sent) == ("authorization", [])


@pytest.mark.parametrize("state", STATES)
def test_every_state_is_taken_or_refused_with_its_name(state: str) -> None:
    refused = refusal(a_session(role="Source", state=state))
    reason = refused and refused.message

    assert (reason is None) is (state in ("OK", "System_Paused", "Synchronizing"))
    assert reason is None or (f"is {state}: expected" in reason and reason.endswith("."))


@pytest.mark.parametrize(
    ("attributes", "word"),
    [
        ({"role": "Metro_Preferred", "type": "Metro_Active_Active"}, "expected Source"),
        ({"type": "Synchronous"}, "every write"),
        ({"resource_type": "nas_server"}, "could not be confirmed"),
        ({"resource_type": "file_system"}, "could not be confirmed"),
    ],
)
def test_sessions_of_another_kind_are_refused(attributes: Row, word: str) -> None:
    refused = refusal(a_session(**{"role": "Source", **attributes}))

    assert refused and word in refused.message


def test_a_session_of_a_release_without_types_is_asynchronous() -> None:
    assert refusal(a_session(role="Source", type=None)) is None


@pytest.mark.parametrize(
    ("since", "attributes", "met"),
    [
        (None, {}, False),
        ("2m", {}, False),  # it ended two minutes ago, and began 2.5 s before
        ("3m", {}, True),
        ("2m", {"last_sync_duration": None}, True),
        ("2m", {"last_sync_duration": 0}, True),
        ("1d", {"last_sync_timestamp": None}, False),
        ("2026-11-23T19:57:57Z", {}, True),
        ("2026-11-23T19:57:58+00:00", {}, False),
        ("2026-11-23T20:57:57+01:00", {}, True),
    ],
)
def test_fresh_enough_by_the_older_reading(since: str | None, attributes: Row, met: bool) -> None:
    _selectors, desired = selectors_and_desired({**OPTIONS, "since": since})

    assert desired.is_met_by(a_session(role="Source", **attributes), a_cluster()) is met


def test_without_a_wish_for_freshness_nothing_is_fresh_enough() -> None:
    assert Desired().is_met_by(a_session(last_sync_timestamp="2999-01-01T00:00:00Z"), a_cluster()) is False
