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
from datetime import datetime

from .._array.client import Receipt
from .._array.jobs import GOOD_PHASES, START, STOP, Job
from .._errors import BusyError, OutcomeUnknownError, PowerStoreError

MOST_LOST = 3  # requests without an answer: the first, and two more once the array's jobs show that none was executed
_FIRST_PAUSE = 0.5  # seconds before a request is sent again
_LONGEST_PAUSE = 10.0  # seconds between two requests to a busy array, unless it asks for more

_STAMP_UNITS = (1_000_000, 10_000, 1_000)  # microseconds; what a stamp may be cut to

_OPPOSITE = {START: STOP, STOP: START}

# None: the array may mean this account, or another.
IsOwn: t.TypeAlias = "t.Callable[[str | None], bool | None]"


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
    jobs: tuple[Job, ...] | None  # of this session, this action and its opposite, newest first


@dataclass(frozen=True, slots=True)
class Claim:
    """What makes a job, or the state of a session, that of a request.

    A job that began before the request is not its own: two controllers may use the same account. A state that appeared
    after the request, and that nobody else's job accounts for, counts as the request's doing where ``doubt_is_ours``:
    a test that is left running because its owner is in doubt keeps the site from taking over.
    """

    action: str
    since: datetime  # the first request went out whose execution is not ruled out, by the array's clock
    known_from: datetime  # the session was read after this, and was not in the wanted state
    is_own: IsOwn
    doubt_is_ours: bool = True

    def own_job(self, jobs: t.Iterable[Job]) -> Job | None:
        """The newest job that the request may have brought about; one of this account's name before one in doubt."""
        possible = [
            job
            for job in jobs
            if job.action == self.action and _began_since(job, self.since) and self.is_own(job.user) is not False
        ]
        return next((job for job in possible if self.is_own(job.user)), possible[0] if possible else None)

    def is_accounted_for(self, jobs: t.Iterable[Job]) -> bool:
        """Whether a job that is not the request's brought the wanted state about."""
        about = (self.action, _OPPOSITE.get(self.action))
        last = next((job for job in jobs if job.action in about and job.phase in GOOD_PHASES), None)
        if last is None or last.action != self.action:
            return False
        ended = last.end_time or last.start_time
        if ended is not None and ended < self.known_from:  # that was undone before the session was read
            return False
        return self.is_own(last.user) is False or not _began_since(last, self.since)


def _began_since(job: Job, moment: datetime) -> bool:
    """Whether a job began then or later; a queued one has no start yet.

    Arrays cut a start to whole seconds, to two or to three digits: the moment is cut like it before they are compared.
    """
    start = job.start_time
    if start is None:
        return True
    unit = next((unit for unit in _STAMP_UNITS if start.microsecond % unit == 0), 1)
    return start >= moment.replace(microsecond=moment.microsecond // unit * unit)


def fate_of(state: State, traces: Traces, claim: Claim, *, waited: bool) -> tuple[Fate, str | None]:
    """The fate of a busy or lost request, and its job where there is one.

    A busy answer is the array's own word that it did not take the request. Without an answer it is the array's jobs
    that decide, and where they cannot be read, the session. ``waited``: a request that was executed shows by now.
    """
    own = claim.own_job(traces.jobs or ())
    if own:
        return Fate.EXECUTED, own.id
    busy = state is State.BUSY
    if traces.shown and traces.jobs is None and (claim.doubt_is_ours or not busy):
        return Fate.EXECUTED, None
    proven = traces.shown is not None and (busy or traces.jobs is not None)
    if not (proven and waited):
        return Fate.OPEN, None
    if not traces.shown:
        return Fate.NOT_EXECUTED, None
    in_doubt = claim.doubt_is_ours and not claim.is_accounted_for(traces.jobs or ())
    return (Fate.EXECUTED if in_doubt else Fate.BY_SOMEBODY_ELSE), None


@dataclass(frozen=True, slots=True)
class Sending:
    """The requests for one goal so far."""

    requests: int = 0
    lost: int = 0
    since: datetime | None = None  # the first request went out whose execution is not ruled out

    def after(self, answer: Answer, sent_at: datetime) -> Sending:
        """With one more request, and what came of it."""
        lost = answer.state is State.LOST
        return replace(
            self, requests=self.requests + 1, lost=self.lost + lost, since=self.since or (sent_at if lost else None)
        )

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


def owner_of(job_id: str | None, jobs: t.Sequence[Job] | None, claim: Claim, *, answer_lost: bool) -> Owner:
    """The array refused, or failed the job ``job_id``, and shows the wanted state all the same: whose doing is it?

    This task's own, where an earlier request was executed although its answer was lost, or where one request was
    delivered twice. Somebody else's, where the array logged their job; then nothing is wrong, and nothing is this
    task's. A job of this task that failed while the test runs all the same stays a failure. ``jobs``: None where they
    cannot be read.
    """
    accounted = claim.is_accounted_for(jobs or ())
    if job_id is not None:
        return Owner.SOMEBODY_ELSE if accounted else Owner.NOT_SHOWN
    own = claim.own_job(jobs or ())
    if own and own.phase in GOOD_PHASES:
        return Owner.OURS
    in_doubt = claim.doubt_is_ours and not accounted
    return Owner.OURS if in_doubt or (jobs is None and answer_lost) else Owner.SOMEBODY_ELSE
