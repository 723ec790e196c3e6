# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What came of a request, and what the array shows of it: whether it was executed, and whether to send it again. Pure.

A request has one of four states: the array took it (sent), refused it, said that it is busy, or no usable answer came
(lost). Only of the last two it is not known yet whether the operation was executed; the session and its jobs decide.
"""

from __future__ import annotations

import enum
import typing as t
from dataclasses import dataclass, replace

from .._array.client import Receipt
from .._array.jobs import GOOD_PHASES, Job
from .._errors import BusyError, OutcomeUnknownError, PowerStoreError

MOST_LOST = 3  # requests without an answer: the first, and two more once the array's jobs show that none was executed
_FIRST_PAUSE = 0.5  # seconds before a request is sent again
_LONGEST_PAUSE = 10.0  # seconds between two requests to a busy array, unless it asks for more

IsOwn = t.Callable[[str | None], bool]


class State(enum.Enum):
    """What came of one request."""

    SENT = "the array took it"
    REFUSED = "the array refused it"
    BUSY = "the array said that it did not take it now"
    LOST = "no usable answer came"


@dataclass(frozen=True, slots=True)
class Answer:
    """One request's state with its receipt, where the array took it, or else its error."""

    state: State
    receipt: Receipt | None = None
    error: PowerStoreError | None = None

    @classmethod
    def failed(cls, error: PowerStoreError) -> Answer:
        """The answer that an error of the client stands for."""
        if isinstance(error, BusyError):
            return cls(State.BUSY, error=error)
        return cls(State.LOST if isinstance(error, OutcomeUnknownError) else State.REFUSED, error=error)


class Fate(enum.Enum):
    """What became of a request whose answer did not say it."""

    EXECUTED = "executed"
    NOT_EXECUTED = "not executed, so it may be sent again"
    BY_SOMEBODY_ELSE = "not executed, and somebody else brought the wanted state about"
    OPEN = "not to be seen yet"


@dataclass(frozen=True, slots=True)
class Traces:
    """What the array shows after a request; None for what could not be read just now."""

    shown: bool | None  # whether the session is in the wanted state
    jobs: tuple[Job, ...] | None  # of this session and action since the request, newest first


def fate_of(state: State, traces: Traces, is_own: IsOwn, *, waited: bool) -> tuple[Fate, str | None]:
    """The fate of a busy or lost request, and its job where there is one.

    A busy answer is the array's own word that it did not take the request. Without an answer it is the array's jobs
    that decide, and where they cannot be read, the session. ``waited``: a request that was executed shows by now.
    """
    own = [job for job in traces.jobs or () if is_own(job.user)]
    if own:
        return Fate.EXECUTED, own[0].id
    busy = state is State.BUSY
    if traces.shown and traces.jobs is None and not busy:
        return Fate.EXECUTED, None
    proven = traces.shown is not None and (busy or traces.jobs is not None)
    if not (proven and waited):
        return Fate.OPEN, None
    return (Fate.BY_SOMEBODY_ELSE if traces.shown else Fate.NOT_EXECUTED), None


@dataclass(frozen=True, slots=True)
class Sending:
    """The requests for one goal so far."""

    requests: int = 0
    lost: int = 0

    def after(self, answer: Answer) -> Sending:
        """With one more request, and what came of it."""
        return replace(self, requests=self.requests + 1, lost=self.lost + (answer.state is State.LOST))

    def pause_before_next(self, answer: Answer, seconds_left: float) -> float | None:
        """Seconds until the request may be sent again after this answer; None where it may not be any more."""
        wait = min(_FIRST_PAUSE * 2 ** (self.requests - 1), _LONGEST_PAUSE)
        if isinstance(answer.error, BusyError):
            wait = max(wait, answer.error.retry_after or 0)
        return None if self.lost >= MOST_LOST or wait > seconds_left else wait

    def given_up(self, error: PowerStoreError) -> PowerStoreError:
        """The last error, with how often the request was sent in vain."""
        message = f"{error.message} Sent {self.requests} times, each time shown not to have been executed."
        return type(error)(message, http_status=error.http_status, code=error.code)


class Owner(enum.Enum):
    """Whose doing the wanted state is, after a refusal or a job that failed."""

    OURS = "this task's"
    SOMEBODY_ELSE = "somebody else's"
    NOT_SHOWN = "a job of this task failed, and no other accounts for the state"


def owner_of(job_id: str | None, jobs: t.Sequence[Job] | None, is_own: IsOwn, *, answer_lost: bool) -> Owner:
    """The array refused, or failed the job ``job_id``, and shows the wanted state all the same: whose doing is it?

    This task's own, where an earlier request was executed although its answer was lost. Somebody else's, where the
    array logged their job; then nothing is wrong, and nothing is this task's. A job of this task that failed while the
    test runs all the same stays a failure. ``jobs``: since the first request; None where they cannot be read.
    """
    good = [job for job in jobs or () if job.phase in GOOD_PHASES]
    own = any(is_own(job.user) for job in good)
    if job_id is not None:
        return Owner.SOMEBODY_ELSE if good and not own else Owner.NOT_SHOWN
    return Owner.OURS if own or (jobs is None and answer_lost) else Owner.SOMEBODY_ELSE
