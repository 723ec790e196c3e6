# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One change of the array, such as a clone: sent once, followed, and done when the array shows it.

The answer is never trusted alone. A request whose fate is unknown is sent again only where the array was read and shows
that it was not executed, and where a second execution could do no harm: a clone has a name of its own, which the array
takes once, and what is deleted is deleted once.
"""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass, field
from datetime import datetime

from .._array.client import Client, Receipt
from .._array.jobs import FINAL_PHASES, GOOD_PHASES
from .._errors import (
    NotFoundError,
    OperationTimeoutError,
    PowerStoreError,
    ProtocolError,
    RejectedError,
    UnreachableError,
    error_text,
)
from .._json import Json
from .._nas_tests.clone import CloneJob
from .._nas_tests.reading import JOB_SELECT
from .._operation.clock import ArrayClock
from .._operation.sending import Answer, Sending, State
from .._operation.waiting import OverdueError, Waiting
from .._time import format_time

GRACE = 3.0  # seconds in which a request without an answer may still show up on the array
_LAST_LOOK = 10.0  # seconds for one more look after a failure
_SHORTEST_PAUSE = 0.05


@dataclass(frozen=True, slots=True)
class Means:
    """What the changes of one task share; ``throttle`` is entered while the array works on one of them."""

    client: Client
    waiting: Waiting
    clock: ArrayClock
    throttle: t.ContextManager[None]
    wait_timeout: float  # seconds for each change
    poll_interval: float


@dataclass(frozen=True, slots=True)
class Change:
    """One request, and how the array shows that it was executed.

    ``look``: by a time of ``time.monotonic()``, the id of what shows it, or None; raises PowerStoreError. ``logged``:
    resource type and action of its jobs. ``of``: the id that a job of it has, where it has one already.
    """

    method: str
    path: str
    body: Json | None
    doing: str
    unmet: str  # how a message says that the array does not show it
    look: t.Callable[[float], str | None]
    logged: tuple[str, str]
    of: str | None = None
    may_repeat: bool = True  # without jobs, once the array does not show it


@dataclass
class Trail:
    """What was sent so far, also where it ended with an error."""

    request_sent: bool = False  # the array may have executed it
    answer_lost: bool = False
    job_id: str | None = None
    requests: int = 0


@dataclass
class Sender:
    """Carries out one change within a time of its own."""

    means: Means
    change: Change
    trail: Trail
    _deadline: float = field(init=False, default=0.0)

    def run(self) -> str:
        """The id of what shows it. Raises PowerStoreError; what the array shows then is not known but by ``look``."""
        with self.means.throttle:
            self._deadline = time.monotonic() + self.means.wait_timeout
            receipt = self._send()
            self._follow(receipt)
        return self._confirmed()

    # Sending

    def _send(self) -> Receipt:
        """Send it, and again where the array shows that it was not executed. Raises what it was refused with."""
        sending = Sending()
        while True:
            sent_at, answer = self.means.clock.now(), self._request()
            sending = sending.after(answer, sent_at)
            self.trail.requests += 1
            if answer.state is State.SENT and answer.receipt:
                self.trail.request_sent = True
                return answer.receipt
            if answer.state is State.REFUSED and answer.error:
                return self._refused(answer.error)
            if answer.state is State.LOST:
                self.trail.request_sent = self.trail.answer_lost = True
            receipt = self._trace(answer, sending.since or sent_at)
            if receipt:
                self.trail.request_sent = True
                return receipt
            self.trail.request_sent = False  # the array shows that none was executed
            wait = sending.pause_before_next(answer, self._deadline - time.monotonic())
            if wait is None and answer.error:
                raise sending.given_up(answer.error) from answer.error
            time.sleep(wait or 0)

    def _request(self) -> Answer:
        change = self.change
        try:
            receipt = self.means.client.operate(
                change.path, change.body, doing=change.doing, deadline=self._deadline, method=change.method
            )
        except PowerStoreError as error:
            return Answer.failed(error)
        return Answer(State.SENT, receipt)

    def _refused(self, refusal: PowerStoreError) -> Receipt:
        """The array refused, and shows it all the same: a request before this one was executed. Else raises."""
        if self.change.method == "DELETE" and isinstance(refusal, NotFoundError):
            return Receipt()  # it is gone, by an earlier request of this task or by somebody else
        until = min(time.monotonic() + (GRACE if self.trail.answer_lost else 0), self._deadline)
        while True:
            try:
                shown = isinstance(refusal, RejectedError) and self.change.look(self._deadline) is not None
            except PowerStoreError:
                shown = False
            if shown:
                self.trail.request_sent = self.trail.answer_lost = True
                return Receipt()
            if time.monotonic() >= until:
                raise refusal
            time.sleep(0.3)

    def _trace(self, answer: Answer, since: datetime) -> Receipt | None:
        """What the array shows of a request without a usable answer; None where it was not executed.

        Raises the answer's error where nothing can be shown until the deadline.
        """
        until = min(time.monotonic() + (GRACE if answer.state is State.LOST else 0), self._deadline)
        while True:
            shown, jobs = self._shown(), self._jobs(since)
            if shown:
                return Receipt()
            under_way = next((job for job in jobs or () if job.phase not in FINAL_PHASES), None)
            if under_way:
                return Receipt(job_id=under_way.id)
            proven = shown is not None and (jobs is not None or self.change.may_repeat)
            if proven and time.monotonic() >= until:
                return None
            if answer.error and time.monotonic() >= (self._deadline if shown is None else until):
                raise answer.error
            time.sleep(0.5)

    def _shown(self) -> bool | None:
        """Whether the array shows it; None where it could not be read just now."""
        try:
            return self.change.look(self._deadline) is not None
        except UnreachableError:
            return None

    def _jobs(self, since: datetime) -> list[CloneJob] | None:
        """The jobs of this kind that may be this request's; None where they cannot be read."""
        kind, action = self.change.logged
        clock, client = self.means.clock, self.means.client
        query = [JOB_SELECT, ("resource_type", f"eq.{kind}"), ("resource_action", f"eq.{action}")]
        began = clock.not_later(since).replace(microsecond=0)
        if clock.is_arrays:
            query.append(("or", f"(start_time.gte.{format_time(began)},start_time.is.null)"))
        try:
            rows = client.get_all("job", query, doing="Reading the array's jobs", deadline=self._deadline)
            jobs = [CloneJob.from_row(row) for row in rows]
        except PowerStoreError:
            return None
        return [
            job for job in jobs if job.resource_id in (None, self.change.of) and client.is_own(job.user) is not False
        ]

    # Following

    def _follow(self, receipt: Receipt) -> None:
        """Wait for the job to end. A job that cannot be read is no failure: the array's rows tell."""
        if not receipt.job_id:
            return
        self.trail.job_id = receipt.job_id
        try:
            job = self.means.waiting.until("job", receipt.job_id, _has_ended, self._deadline)
        except OverdueError as late:
            raise self._overdue(f"job {receipt.job_id} is still {(late.row or {}).get('phase')}", late) from late
        except PowerStoreError:
            return
        self.means.client.learn_account(job.get("user"))
        if job.get("phase") in GOOD_PHASES:
            return
        try:
            if self.change.look(time.monotonic() + _LAST_LOOK) is not None:
                return
        except PowerStoreError:
            pass
        text = error_text(job.get("response_body")) or "the array gave no reason"
        raise RejectedError(f"{self.change.doing}: job {receipt.job_id} ended as {job.get('phase')}: {text}.")

    def _confirmed(self) -> str:
        """The id of what the array shows, once it does."""
        pause, error = _SHORTEST_PAUSE, None
        end = max(self._deadline, time.monotonic() + 1)
        while True:
            try:
                shown, error = self.change.look(end), None
            except (UnreachableError, ProtocolError) as problem:
                shown, error = None, problem
            if shown is not None:
                return shown
            if time.monotonic() >= end:
                if error:
                    raise error
                raise self._overdue(self.change.unmet, None)
            time.sleep(pause)
            pause = min(pause * 1.5, self.means.poll_interval)

    def _overdue(self, what: str, late: OverdueError | None) -> PowerStoreError:
        if late is not None and late.error is not None:
            return type(late.error)(f"{self.change.doing}: {late.error.message}", http_status=late.error.http_status)
        return OperationTimeoutError(
            f"{self.change.doing}: after wait_timeout ({self.means.wait_timeout:g} s) {what}. It may still be carried "
            "out later: look at the array before anything else."
        )


def _has_ended(job: Json) -> bool:
    return job.get("phase") in FINAL_PHASES
