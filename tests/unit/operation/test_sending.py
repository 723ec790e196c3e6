# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What came of a request, and whether it may be sent again: the decisions, without an array and without a clock."""

from __future__ import annotations

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
    ServerFaultError,
)
from ansible_collections.drdrill.powerstore.plugins.module_utils._operation.sending import (
    MOST_LOST,
    Answer,
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


def is_own(user: str | None) -> bool:
    return user in (None, "drill")


def job(user: str | None = "drill", phase: str = "Completed", job_id: str = "j-1") -> Job:
    return Job(job_id, "s-1", "start_failover_test", phase, user, NOW, NOW)


OURS, THEIRS = job(), job("somebody", job_id="j-2")


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (BusyError("busy"), State.BUSY),
        (OutcomeUnknownError("lost"), State.LOST),
        (ServerFaultError("500", http_status=500), State.LOST),
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
    assert fate_of(state, Traces(shown, (THEIRS, OURS)), is_own, waited=waited) == (Fate.EXECUTED, "j-1")


@pytest.mark.parametrize(
    ("state", "shown", "jobs", "waited", "fate"),
    [
        # Without an answer the jobs decide, once they had time to show it.
        (LOST, False, (), False, Fate.OPEN),
        (LOST, False, (), True, Fate.NOT_EXECUTED),
        (LOST, False, (THEIRS,), True, Fate.NOT_EXECUTED),
        (LOST, True, (THEIRS,), True, Fate.BY_SOMEBODY_ELSE),
        (LOST, True, (THEIRS,), False, Fate.OPEN),
        # Where they cannot be read, the session does, if it shows anything.
        (LOST, True, None, False, Fate.EXECUTED),
        (LOST, False, None, True, Fate.OPEN),
        (LOST, None, None, True, Fate.OPEN),
        (LOST, None, (), True, Fate.OPEN),
        # Busy is the array's own word.
        (BUSY, False, None, True, Fate.NOT_EXECUTED),
        (BUSY, False, (), True, Fate.NOT_EXECUTED),
        (BUSY, True, None, True, Fate.BY_SOMEBODY_ELSE),
        (BUSY, None, None, True, Fate.OPEN),
        (BUSY, False, None, False, Fate.OPEN),
    ],
)
def test_the_fate_of_a_request(
    state: State, shown: bool | None, jobs: tuple[Job, ...] | None, waited: bool, fate: Fate
) -> None:
    assert fate_of(state, Traces(shown, jobs), is_own, waited=waited) == (fate, None)


def test_pauses_grow_up_to_ten_seconds() -> None:
    sending, pauses = Sending(), []
    for _number in range(7):
        answer = Answer(BUSY, error=BusyError("busy"))
        sending = sending.after(answer)
        pauses.append(sending.pause_before_next(answer, 100))
    assert pauses == [0.5, 1, 2, 4, 8, 10, 10]


@pytest.mark.parametrize(("asked", "left", "pause"), [(3, 10, 3), (0.1, 10, 0.5), (60, 10, None), (None, 0.4, None)])
def test_the_array_may_ask_for_a_longer_pause(asked: float | None, left: float, pause: float | None) -> None:
    answer = Answer(BUSY, error=BusyError("busy", retry_after=asked))
    assert Sending().after(answer).pause_before_next(answer, left) == pause


def test_after_three_lost_requests_there_is_no_other() -> None:
    sending, answer = Sending(), Answer(LOST, error=OutcomeUnknownError("lost", http_status=502, code="0x1"))
    pauses = []
    for _number in range(MOST_LOST):
        sending = sending.after(answer)
        pauses.append(sending.pause_before_next(answer, 100))
    assert pauses == [0.5, 1, None]
    assert answer.error is not None
    given_up = sending.given_up(answer.error)
    assert given_up is not answer.error and answer.error.message == "lost"
    assert "Sent 3 times" in given_up.message
    assert (type(given_up), given_up.http_status, given_up.code) == (OutcomeUnknownError, 502, "0x1")


@pytest.mark.parametrize(
    ("job_id", "jobs", "answer_lost", "owner"),
    [
        (None, (OURS,), True, Owner.OURS),
        (None, (THEIRS, OURS), False, Owner.OURS),
        (None, None, True, Owner.OURS),
        (None, None, False, Owner.SOMEBODY_ELSE),
        (None, (THEIRS,), True, Owner.SOMEBODY_ELSE),
        (None, (job(phase="Failed"),), True, Owner.SOMEBODY_ELSE),
        ("j-1", (THEIRS,), False, Owner.SOMEBODY_ELSE),
        ("j-1", (OURS, THEIRS), False, Owner.NOT_SHOWN),
        ("j-1", (), False, Owner.NOT_SHOWN),
        ("j-1", None, False, Owner.NOT_SHOWN),
    ],
)
def test_whose_doing_the_wanted_state_is(
    job_id: str | None, jobs: tuple[Job, ...] | None, answer_lost: bool, owner: Owner
) -> None:
    assert owner_of(job_id, jobs, is_own, answer_lost=answer_lost) is owner
