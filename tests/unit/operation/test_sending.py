# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What came of a request, and whether it may be sent again: the decisions, without an array and without a clock."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from datetime import timedelta

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._array.jobs import Job
from ansible_collections.drdrill.powerstore.plugins.module_utils._errors import (
    AuthorizationError,
    BusyError,
    NotFoundError,
    OutcomeUnknownError,
    PowerStoreError,
    ProtocolError,
    RejectedError,
    UnclearAnswerError,
)
from ansible_collections.drdrill.powerstore.plugins.module_utils._operation.sending import (
    MOST_LOST,
    Answer,
    Claim,
    Fate,
    Owner,
    Sending,
    State,
    Traces,
    fate_of,
    owner_of,
)
from tests.unit.makers.samples import NOW

BUSY, LOST = State.BUSY, State.LOST


def is_own(user: str | None) -> bool | None:
    """The account is drill; with a domain before it, the array may mean another."""
    return None if user and "\\" in user else user in (None, "drill")


CLAIM = Claim("start_failover_test", NOW, NOW - timedelta(seconds=10), is_own)
MODEST = replace(CLAIM, doubt_is_ours=False)


def job(
    user: str | None = "drill",
    phase: str = "Completed",
    began: float | None = 0,
    action: str = "start",
    name: str = "j",
) -> Job:
    """A job that began so many seconds after the request, and took no time."""
    moment = None if began is None else NOW + timedelta(seconds=began)
    return Job(name, "s-1", f"{action}_failover_test", phase, user, moment, moment)


OURS, THEIRS = job(name="ours"), job("somebody", name="theirs")
DOUBTFUL = job("CORP\\x", name="doubtful")
BEFORE = job(began=-1, name="before")  # of the same account: another controller's


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (BusyError("busy"), State.BUSY),
        (OutcomeUnknownError("lost"), State.LOST),
        (UnclearAnswerError("500", http_status=500), State.LOST),
        (RejectedError("no", http_status=422), State.REFUSED),
        (AuthorizationError("no", http_status=403), State.REFUSED),
        (NotFoundError("no", http_status=404), State.REFUSED),
        (ProtocolError("302"), State.REFUSED),
    ],
)
def test_the_state_of_a_request(error: PowerStoreError, state: State) -> None:
    assert Answer.failed(error) == Answer(state, error=error)


@pytest.mark.parametrize("waited", [False, True])
@pytest.mark.parametrize("shown", [False, True, None])
@pytest.mark.parametrize("state", [BUSY, LOST])
def test_a_job_of_ours_is_the_request(state: State, shown: bool | None, waited: bool) -> None:
    for job_id, jobs in (
        ("ours", (THEIRS, DOUBTFUL, OURS)),
        ("doubtful", (THEIRS, DOUBTFUL)),
        ("queued", (job(began=None, phase="Queued", name="queued"), BEFORE)),
        ("late", (job(began=3, name="late"), OURS)),
    ):
        assert fate_of(state, Traces(shown, jobs), CLAIM, waited=waited) == (Fate.EXECUTED, job_id)


@pytest.mark.parametrize(
    ("state", "shown", "jobs", "waited", "fate"),
    [
        # Without an answer the jobs decide, once they had time to show it.
        (LOST, False, (), False, Fate.OPEN),
        (LOST, False, (), True, Fate.NOT_EXECUTED),
        (LOST, False, (THEIRS,), True, Fate.NOT_EXECUTED),
        (LOST, False, (BEFORE,), True, Fate.NOT_EXECUTED),
        (LOST, True, (THEIRS,), True, Fate.BY_SOMEBODY_ELSE),
        (LOST, True, (BEFORE,), True, Fate.BY_SOMEBODY_ELSE),
        (LOST, True, (THEIRS,), False, Fate.OPEN),
        # Where nobody's job accounts for the test, it is ours.
        (LOST, True, (), True, Fate.EXECUTED),
        (LOST, True, (job("somebody", phase="Failed"),), True, Fate.EXECUTED),
        (LOST, True, (job("somebody", action="stop"), job("somebody", began=-2)), True, Fate.EXECUTED),
        (LOST, True, (job("somebody", began=-60),), True, Fate.EXECUTED),  # over when the session was read
        # Where they cannot be read, the session does, if it shows anything.
        (LOST, True, None, False, Fate.EXECUTED),
        (LOST, False, None, True, Fate.OPEN),
        (LOST, None, None, True, Fate.OPEN),
        (LOST, None, (), True, Fate.OPEN),
        # Busy is the array's own word.
        (BUSY, False, None, True, Fate.NOT_EXECUTED),
        (BUSY, False, (), True, Fate.NOT_EXECUTED),
        (BUSY, False, (BEFORE,), True, Fate.NOT_EXECUTED),
        (BUSY, True, (THEIRS,), True, Fate.BY_SOMEBODY_ELSE),
        (BUSY, True, (BEFORE,), True, Fate.BY_SOMEBODY_ELSE),
        (BUSY, True, None, True, Fate.EXECUTED),
        (BUSY, None, None, True, Fate.OPEN),
        (BUSY, False, None, False, Fate.OPEN),
    ],
)
def test_the_fate_of_a_request(
    state: State, shown: bool | None, jobs: tuple[Job, ...] | None, waited: bool, fate: Fate
) -> None:
    assert fate_of(state, Traces(shown, jobs), CLAIM, waited=waited) == (fate, None)


@pytest.mark.parametrize(
    ("state", "jobs", "fate"),
    [
        (LOST, (), Fate.BY_SOMEBODY_ELSE),
        (LOST, None, Fate.EXECUTED),
        (BUSY, None, Fate.BY_SOMEBODY_ELSE),
        (BUSY, (), Fate.BY_SOMEBODY_ELSE),
    ],
)
def test_what_the_array_does_by_itself_is_nobodys_in_doubt(state: State, jobs: t.Any, fate: Fate) -> None:
    assert fate_of(state, Traces(True, jobs), MODEST, waited=True) == (fate, None)


def test_a_start_in_whole_seconds_may_have_been_cut() -> None:
    claim = replace(CLAIM, since=NOW + timedelta(milliseconds=900))

    assert claim.own_job([job(began=0)]) is not None
    assert claim.own_job([job(began=0.1)]) is None


@pytest.mark.parametrize(
    ("stamp", "since", "is_own"),
    [
        (0.123, 0.123999, True),  # three digits: it may have begun at 0.1239995
        (0.123, 0.124, False),
        (0.12, 0.129999, True),  # two digits
        (0.12, 0.13, False),
        (0.123456, 0.123457, False),
    ],
)
def test_a_start_is_compared_in_the_digits_of_its_stamp(stamp: float, since: float, is_own: bool) -> None:
    claim = replace(CLAIM, since=NOW + timedelta(seconds=since))
    assert (claim.own_job([job(began=stamp)]) is not None) is is_own


def test_pauses_grow_up_to_ten_seconds() -> None:
    sending, pauses = Sending(), []
    for _number in range(7):
        answer = Answer(BUSY, error=BusyError("busy"))
        sending = sending.after(answer, NOW)
        pauses.append(sending.pause_before_next(answer, 100))
    assert pauses == [0.5, 1, 2, 4, 8, 10, 10]


@pytest.mark.parametrize(("asked", "left", "pause"), [(3, 10, 3), (0.1, 10, 0.5), (60, 10, None), (None, 0.4, None)])
def test_the_array_may_ask_for_a_longer_pause(asked: float | None, left: float, pause: float | None) -> None:
    answer = Answer(BUSY, error=BusyError("busy", retry_after=asked))
    assert Sending().after(answer, NOW).pause_before_next(answer, left) == pause


def test_after_three_lost_requests_there_is_no_other() -> None:
    sending, answer = Sending(), Answer(LOST, error=OutcomeUnknownError("lost", http_status=502, code="0x1"))
    pauses = []
    for _number in range(MOST_LOST):
        sending = sending.after(answer, NOW)
        pauses.append(sending.pause_before_next(answer, 100))
    assert pauses == [0.5, 1, None]
    assert answer.error is not None
    given_up = sending.given_up(answer.error)
    assert given_up is not answer.error and answer.error.message == "lost"
    assert "Sent 3 times" in given_up.message
    assert (type(given_up), given_up.http_status, given_up.code) == (OutcomeUnknownError, 502, "0x1")


def test_what_may_have_been_executed_goes_back_to_the_first_lost_request() -> None:
    busy, lost = Answer(BUSY, error=BusyError("busy")), Answer(LOST, error=OutcomeUnknownError("lost"))
    sending = Sending().after(busy, NOW)
    assert sending.since is None
    sending = sending.after(lost, NOW + timedelta(seconds=1)).after(lost, NOW + timedelta(seconds=2))
    assert sending.since == NOW + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("job_id", "jobs", "answer_lost", "owner"),
    [
        (None, (OURS,), True, Owner.OURS),
        (None, (THEIRS, OURS), False, Owner.OURS),
        (None, (DOUBTFUL,), False, Owner.OURS),
        (None, None, True, Owner.OURS),
        # Delivered twice: executed, then refused, and nobody else's job accounts for it.
        (None, (), False, Owner.OURS),
        (None, None, False, Owner.OURS),
        (None, (job(phase="Failed"),), True, Owner.OURS),
        (None, (THEIRS,), True, Owner.SOMEBODY_ELSE),
        (None, (job("somebody", began=-1),), False, Owner.SOMEBODY_ELSE),
        (None, (BEFORE,), False, Owner.SOMEBODY_ELSE),
        ("j-1", (THEIRS,), False, Owner.SOMEBODY_ELSE),
        ("j-1", (OURS, THEIRS), False, Owner.NOT_SHOWN),
        ("j-1", (), False, Owner.NOT_SHOWN),
        ("j-1", None, False, Owner.NOT_SHOWN),
    ],
)
def test_whose_doing_the_wanted_state_is(
    job_id: str | None, jobs: tuple[Job, ...] | None, answer_lost: bool, owner: Owner
) -> None:
    assert owner_of(job_id, jobs, CLAIM, answer_lost=answer_lost) is owner


@pytest.mark.parametrize(("jobs", "lost", "owner"), [((), True, "else"), (None, False, "else"), (None, True, "task")])
def test_a_cycle_of_the_array_is_nobodys(jobs: t.Any, lost: bool, owner: str) -> None:
    assert owner in owner_of(None, jobs, MODEST, answer_lost=lost).value
