# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One operation on one session, such as the start of a failover test: send it once, follow it, read what is shown.

The answer to a POST is never trusted alone, and a POST whose fate is unknown is never sent again before the session
and its jobs were read and show that it was not executed.
"""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from .._array.client import Client, Receipt, path_id
from .._array.jobs import FINAL_PHASES, GOOD_PHASES, START, STOP, Job, read_jobs
from .._array.session import ReplicationSession, flag_of
from .._errors import (
    MALFORMED,
    OperationTimeoutError,
    PowerStoreError,
    ProtocolError,
    RejectedError,
    UnreachableError,
    error_text,
)
from .._json import Json
from .clock import ArrayClock
from .goal import Goal, Outcome
from .sending import Answer, Claim, Fate, Owner, Sending, State, Traces, fate_of, owner_of
from .waiting import OverdueError, Waiting
from .workers import OUT_OF_MEANS, out_of_means

_GRACE = 3.0  # seconds in which a request without an answer may still show up in the array's jobs
_LATE = 10.0  # seconds in which a session may show a test after the job of its start has ended
_LAST_LOOK = 10.0  # seconds to read the session once more after a failure
_LAST_MOMENT = 1.0  # seconds for a look that comes when the time of the operation is over
_ANY_TIME = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Means:
    """What the operations of one task share; ``throttle`` is entered while the array works on one of them."""

    client: Client
    waiting: Waiting
    clock: ArrayClock
    throttle: t.ContextManager[None]
    wait_timeout: float  # seconds for each operation


class Operation:
    """Carries out one goal within a time of its own."""

    def __init__(self, means: Means, goal: Goal) -> None:
        self._throttle = means.throttle
        self._client = means.client
        self._waiting = means.waiting
        self._clock = means.clock
        self._wait_timeout = means.wait_timeout
        self._goal = goal
        self._deadline = time.monotonic() + self._wait_timeout
        self._doing = goal.doing
        self._sending = Sending()
        self._is_answered = False  # the job is known from the answer to the request, not from the array's log

    def run(self) -> Outcome:
        """Send, follow, confirm. Errors are in the outcome, together with the state that the array shows."""
        self._sent_at = self._clock.now()
        outcome = Outcome(self._goal, self._sent_at)
        try:
            if self._is_ready(outcome):
                with self._throttle:
                    self._deadline = time.monotonic() + self._wait_timeout
                    outcome.started_at = self._clock.now()
                    has_ended = self._follow(self._send(outcome), outcome)
                outcome.after = self._confirm(at_once=has_ended)
                outcome.done = True
        except PowerStoreError as error:
            self._conclude(error, outcome)
        except MALFORMED as error:  # once something was sent, nothing may end without an outcome
            self._conclude(ProtocolError(f"{self._doing}: an answer is not as described: {error!r}."), outcome)
        except OUT_OF_MEANS as error:
            self._conclude(out_of_means(self._doing, error), outcome)
        outcome.finished_at = self._clock.now()
        return outcome

    # Before

    def _is_ready(self, outcome: Outcome) -> bool:
        """Whether there is something to send, after waiting for what has to come first."""
        return self._goal.after is None or self._has_come(outcome, self._goal.after.job_id)

    def _has_come(self, outcome: Outcome, job_id: str) -> bool:
        """Wait for a start that was under way: whether there is a test to stop now."""
        phase = None
        try:
            phase = self._waiting.until("job", job_id, _has_ended, self._deadline, at_once=True).get("phase")
        except OverdueError as late:
            if flag_of(self._read_row(within=_LAST_LOOK)) is not True:  # a test that shows is stopped all the same
                raise self._overdue(f"job {job_id}, a start, is still {_phase(late.row)}", late) from late
        except PowerStoreError:  # a job that cannot be read any more: the session tells
            pass
        until = time.monotonic() + max(min(_LATE, self._deadline - time.monotonic()), _LAST_MOMENT)
        try:
            row = self._waiting.until("replication_session", self._goal.session.id, flag_of, until, at_once=True)
        except OverdueError as late:
            if late.row is None:
                raise self._overdue("the session could not be read", late) from late
            outcome.after = self._session(late.row)
            outcome.unaccounted = phase in GOOD_PHASES
            return False
        self._goal = replace(self._goal, session=self._session(row))
        outcome.goal = self._goal
        return True

    # Sending

    def _send(self, outcome: Outcome) -> Receipt:
        """Send it, and again where the array shows that it was not executed. Raises what it was refused with."""
        if self._goal.job_id:  # it was sent before, and the array is still at it
            outcome.request_sent = True
            return Receipt(job_id=self._goal.job_id)
        while True:
            self._sent_at, answer = self._clock.now(), self._request()
            self._sending = self._sending.after(answer, self._sent_at)
            if answer.state is State.REFUSED and answer.error:
                return self._delivered_twice(answer.error, outcome)
            if answer.state is State.LOST:
                outcome.answer_lost = outcome.request_sent = True
            self._is_answered = answer.state is State.SENT
            receipt = answer.receipt or self._trace(answer, outcome)
            if receipt:
                outcome.request_sent = True
                return receipt
            self._pause(answer)

    def _delivered_twice(self, refusal: PowerStoreError, outcome: Outcome) -> Receipt:
        """The job of the first copy of a request that something between delivered twice, if it runs still.

        The array refuses the second copy because of the first, whose effect the session shows only later. Raises the
        refusal where there is no such job, with whose is under way; where it has ended, the session shows it (see
        ``_attribute``).
        """
        jobs = (self._jobs() or ()) if isinstance(refusal, RejectedError) else ()
        own = self._claim().own_job(jobs)
        if own is None or own.has_ended:
            raise _named(refusal, next((job for job in jobs if not job.has_ended), None))
        outcome.answer_lost = outcome.request_sent = True
        return Receipt(job_id=own.id)

    def _request(self) -> Answer:
        path = f"/replication_session/{path_id(self._goal.session.id)}/{self._goal.action}"
        try:
            receipt = self._client.operate(path, self._goal.body, doing=self._doing, deadline=self._deadline)
        except PowerStoreError as error:
            return Answer.failed(error)
        except OUT_OF_MEANS as error:  # perhaps after it was sent
            return Answer(State.LOST, error=out_of_means(self._doing, error))
        return Answer(State.SENT, receipt)

    def _pause(self, answer: Answer) -> None:
        """Wait until the request may be sent again. Raises the answer's error where it may not."""
        wait = self._sending.pause_before_next(answer, self._deadline - time.monotonic())
        if wait is None and answer.error:
            raise self._sending.given_up(answer.error) from answer.error
        time.sleep(wait or 0)

    def _trace(self, answer: Answer, outcome: Outcome) -> Receipt | None:
        """What the array shows of a request without a usable answer: its receipt, or None if it was not executed.

        Raises RejectedError where somebody else brought the wanted state about meanwhile, and the answer's error where
        nothing can be shown until the deadline.
        """
        grace = _GRACE if answer.state is State.LOST else 0
        until = min(time.monotonic() + grace, self._deadline)
        while True:
            traces = self._traces()
            fate, job_id = fate_of(answer.state, traces, self._claim(), waited=time.monotonic() >= until)
            if fate is Fate.EXECUTED:
                return Receipt(job_id=job_id)
            if fate is not Fate.OPEN:
                outcome.request_sent = False
            if fate is Fate.BY_SOMEBODY_ELSE:
                raise RejectedError(f"{self._doing}: somebody else did at the same moment.")
            if fate is Fate.NOT_EXECUTED:
                return None
            if answer.error and time.monotonic() >= self._deadline:
                raise answer.error
            time.sleep(0.5)

    def _traces(self) -> Traces:
        try:
            row = self._read_row()
        except UnreachableError:  # an array that restarts is asked again until it answers
            return Traces(None, None)
        return Traces(self._goal.is_shown_by(row), self._jobs())

    def _claim(self) -> Claim:
        since, known_from = self._clock.not_later(self._sending.since or self._sent_at), self._clock.first
        if not self._clock.is_arrays:  # the array's jobs are in a time that is not known here: all may be ours
            since = known_from = _ANY_TIME
        return Claim(self._goal.action, since, known_from, self._client.is_own, self._goal.doubt_is_ours)

    def _jobs(self) -> tuple[Job, ...] | None:
        """This session's jobs of this kind and its opposite, newest first; None where they cannot be read."""
        actions = (START, STOP) if self._goal.action in (START, STOP) else (self._goal.action,)
        try:
            return tuple(read_jobs(self._client, [self._goal.session.id], actions, deadline=self._deadline))
        except PowerStoreError:
            return None

    # Following

    def _follow(self, receipt: Receipt, outcome: Outcome) -> bool:
        """Wait for the job to end; whether it did. A job that cannot be read is no failure: the session itself tells.

        Without a job the array did it before it answered.
        """
        outcome.job_id = receipt.job_id
        body = receipt.body or {}
        if receipt.job_id:
            try:
                job = self._waiting.until("job", receipt.job_id, _has_ended, self._deadline)
            except OverdueError as late:
                raise self._overdue(f"job {receipt.job_id} is still {_phase(late.row)}", late) from late
            except PowerStoreError:
                return False
            if self._is_answered:
                self._client.learn_account(job.get("user"))
            body = job.get("response_body") or {}
            if job.get("phase") not in GOOD_PHASES:
                raise self._failed_job(receipt.job_id, job)
        if isinstance(body, dict) and body.get("snapshot_id"):
            outcome.snapshot_id = str(body["snapshot_id"])
        return True

    def _failed_job(self, job_id: str, job: Json) -> RejectedError:
        reason = error_text(job.get("response_body")) or "the array gave no reason"
        message = f"{self._doing}: job {job_id} ended {job.get('phase')}: {reason}"
        if job.get("phase") == "Unrecoverable_Failed":
            message += ". The array may be left with discrepancies: have it looked at before anything else."
        return RejectedError(message)

    def _confirm(self, *, at_once: bool) -> ReplicationSession:
        session_id, is_shown = self._goal.session.id, self._goal.is_shown_by
        try:
            row = self._waiting.until("replication_session", session_id, is_shown, self._deadline, at_once=at_once)
        except OverdueError as late:
            raise self._overdue(self._goal.unmet, late) from late
        return self._session(row)

    def _overdue(self, what: str, late: OverdueError) -> PowerStoreError:
        if late.error is not None:
            return type(late.error)(f"{self._doing}: {late.error.message}", http_status=late.error.http_status)
        return OperationTimeoutError(
            f"{self._doing}: after wait_timeout ({self._wait_timeout:g} s) {what}. It may still be carried out later: "
            "look at the session before anything else."
        )

    # After an error

    def _conclude(self, error: PowerStoreError, outcome: Outcome) -> None:
        """After an error the session is read once more: its state is the result, not what the error says."""
        outcome.error = error
        try:
            row = self._read_row(within=_LAST_LOOK)
            shown = self._goal.is_shown_by(row)
            outcome.after = self._session(row)
        except (PowerStoreError, *OUT_OF_MEANS):
            return
        if shown and isinstance(error, RejectedError):
            self._attribute(outcome)

    def _attribute(self, outcome: Outcome) -> None:
        """The array refused, and shows the wanted state: the outcome says whose doing that is."""
        owner = owner_of(outcome.job_id, self._jobs(), self._claim(), answer_lost=outcome.answer_lost)
        if owner is not Owner.NOT_SHOWN:
            outcome.request_sent = owner is Owner.OURS
            outcome.done = outcome.done or outcome.request_sent
            outcome.error = None

    def _read_row(self, within: float | None = None) -> Json:
        deadline = time.monotonic() + within if within else self._deadline
        try:
            return self._waiting.until("replication_session", self._goal.session.id, _always, deadline, at_once=True)
        except OverdueError as late:
            raise late.error or UnreachableError(f"{self._doing}: the session could not be read back.") from late

    def _session(self, row: Json) -> ReplicationSession:
        return ReplicationSession.from_row(row).named(self._goal.session.resource_name)


def _always(_row: Json) -> bool:
    return True


def _has_ended(job: Json) -> bool:
    return job.get("phase") in FINAL_PHASES


def _named(refusal: PowerStoreError, under_way: Job | None) -> PowerStoreError:
    """The refusal, with the operation that the array is at and that it may be refused because of."""
    if under_way is None:
        return refusal
    message = (
        f"{refusal.message} Under way on this session is {under_way.action}, job {under_way.id}, by "
        f"{under_way.user or 'an account that the array does not name'}: look at it again when that has ended."
    )
    return type(refusal)(message, http_status=refusal.http_status, code=refusal.code)


def _phase(job: t.Mapping[str, t.Any] | None) -> str:
    return str((job or {}).get("phase") or "not listed")
