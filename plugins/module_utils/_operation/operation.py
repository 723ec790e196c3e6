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
from datetime import datetime, timedelta

from .._array.client import Client, Receipt, path_id
from .._array.jobs import (
    FINAL_PHASES,
    GOOD_PHASES,
    START,
    STOP,
    Job,
    read_jobs,
)
from .._array.session import Cluster, PendingStart, ReplicationSession, flag_of
from .._errors import (
    MALFORMED,
    BusyError,
    OperationTimeoutError,
    OutcomeUnknownError,
    PowerStoreError,
    ProtocolError,
    RejectedError,
    UnreachableError,
    error_text,
)
from .._json import Json
from .._time import format_time
from .throttle import Slots
from .waiting import OverdueError, Watch

JOB_SELECT = ("select", "id,phase,start_time,end_time,response_body")
_SENDS = 3  # unanswered requests: the first, and two more once the array's jobs show that none was executed
_GRACE = 3.0  # seconds in which a request without an answer may still show up in the array's jobs
_LATE = 10.0  # seconds in which a session may show a test after the job of its start has ended
_LAST_LOOK = 10.0  # seconds to read the session once more after a failure
_LONGEST_PAUSE = 10.0  # seconds between two requests to a busy array, unless it asks for more

__all__ = ["JOB_SELECT", "START", "STOP", "ArrayClock", "Operation", "Outcome", "Wish", "as_timing"]


class ArrayClock:
    """The array's time, carried on from one reading of ``cluster.system_time``, so that it costs no further request."""

    def __init__(self, cluster: Cluster) -> None:
        if cluster.system_time is None:
            raise ProtocolError("The array gave no time of its own (cluster.system_time); nothing was sent.")
        self._system_time = cluster.system_time
        self._read_at = cluster.read_at

    def now(self) -> datetime:
        """UTC on the array's clock."""
        return self._system_time + timedelta(seconds=time.monotonic() - self._read_at)


@dataclass(frozen=True)
class Wish:
    """What is to be sent to one session; ``after``: the start that has to show before there is anything to stop."""

    session: ReplicationSession
    action: str  # START or STOP
    body: Json
    after: PendingStart | None = None

    @property
    def running(self) -> bool:
        """Whether a test is to run afterwards."""
        return self.action == START

    @property
    def doing(self) -> str:
        """How messages begin."""
        verb = "Starting" if self.running else "Stopping"
        return f"{verb} the failover test on the {self.session.label}"

    @property
    def unmet(self) -> str:
        """How a message says that the array does not show the wanted state."""
        return f"the session does not show the test as {'in progress' if self.running else 'stopped'}"

    def is_shown_by(self, row: Json) -> bool:
        """Whether the array shows the wanted state. null counts as no test, never as a running one."""
        return (flag_of(row) is True) == self.running

    def is_change(self, after: ReplicationSession) -> bool:
        """Whether the session is in another state than before, as far as the wish is about it."""
        return after.in_test != self.session.in_test


@dataclass
class Outcome:
    """What became of a wish. ``after`` is None only where the array could not be read any more."""

    wish: Wish
    started_at: datetime
    done: bool = False  # the array shows the wanted state, and this task brought it about
    after: ReplicationSession | None = None
    request_sent: bool = False  # the array may have executed it
    answer_lost: bool = False
    unaccounted: bool = False  # a start was logged and has ended, but is not shown
    job_id: str | None = None
    snapshot_id: str | None = None
    finished_at: datetime | None = None
    error: PowerStoreError | None = None

    @property
    def changed(self) -> bool:
        """Whether the array is in another state than before because of this task; unknown counts as changed."""
        if self.after is None:
            return self.request_sent
        return self.request_sent and self.wish.is_change(self.after)


def as_timing(outcome: Outcome | None) -> Json:
    """Job and times of an operation as results have them; None throughout where there was none."""
    began, ended = (outcome.started_at, outcome.finished_at) if outcome else (None, None)
    timing: Json = {
        "job_id": outcome.job_id if outcome else None,
        "started_at": format_time(began),
        "finished_at": format_time(ended),
        "duration_seconds": round((ended - began).total_seconds(), 3) if began and ended else None,
    }
    return timing


class Operation:
    """Carries out one wish within a time of its own."""

    def __init__(
        self,
        client: Client,
        watch: Watch,
        clock: ArrayClock,
        wish: Wish,
        wait_timeout: float,
        slots: Slots,
    ) -> None:
        """``slots``: entered while the array works on the operation; reading back afterwards takes none."""
        self._slots = slots
        self._client = client
        self._watch = watch
        self._clock = clock
        self._wish = wish
        self._wait_timeout = wait_timeout
        self._deadline = time.monotonic() + wait_timeout
        self._doing = wish.doing

    def run(self) -> Outcome:
        """Send, follow, confirm. Errors are in the outcome, together with the state that the array shows."""
        outcome = Outcome(self._wish, self._clock.now())
        try:
            if self._is_ready(outcome):
                with self._slots:
                    self._deadline = time.monotonic() + self._wait_timeout
                    outcome.started_at = self._clock.now()
                    self._follow(self._send(outcome), outcome)
                outcome.after = self._confirm()
                outcome.done = True
        except PowerStoreError as error:
            self._conclude(error, outcome)
        except MALFORMED as error:  # once something was sent, nothing may end without an outcome
            self._conclude(ProtocolError(f"{self._doing}: an answer is not as described: {error!r}."), outcome)
        outcome.finished_at = self._clock.now()
        return outcome

    # Before

    def _is_ready(self, outcome: Outcome) -> bool:
        """Whether there is something to send, after waiting for what has to come first."""
        return self._wish.after is None or self._has_come(outcome, self._wish.after.job_id)

    def _has_come(self, outcome: Outcome, job_id: str) -> bool:
        """Wait for a start that was under way: whether there is a test to stop now."""
        phase = None
        try:
            phase = self._watch.until("job", job_id, _has_ended, self._deadline, at_once=True).get("phase")
        except OverdueError as late:
            raise self._overdue(f"job {job_id}, a start, is still {_phase(late.row)}", late) from late
        except PowerStoreError:  # a job that cannot be read any more: the session tells
            pass
        until = min(time.monotonic() + _LATE, self._deadline)
        try:
            row = self._watch.until("replication_session", self._wish.session.id, flag_of, until, at_once=True)
        except OverdueError as late:
            if late.row is None:
                raise self._overdue("the session could not be read", late) from late
            outcome.after = self._session(late.row)
            outcome.unaccounted = phase in GOOD_PHASES
            return False
        self._wish = replace(self._wish, session=self._session(row))
        outcome.wish = self._wish
        return True

    # Sending

    def _send(self, outcome: Outcome) -> Receipt:
        path = f"/replication_session/{path_id(self._wish.session.id)}/{self._wish.action}"
        pause, sent, unanswered = 0.5, 0, 0
        while True:
            sent_at, sent = self._clock.now(), sent + 1
            try:
                receipt = self._client.operate(path, self._wish.body, doing=self._doing, deadline=self._deadline)
            except (BusyError, OutcomeUnknownError) as error:
                if isinstance(error, OutcomeUnknownError):
                    outcome.answer_lost = outcome.request_sent = True
                    unanswered += 1
                trace = self._trace(sent_at, error, outcome)
                if trace is None:
                    wait = max(pause, getattr(error, "retry_after", None) or 0)
                    if unanswered >= _SENDS or time.monotonic() + wait > self._deadline:
                        error.args = (f"{error.message} Sent {sent} times, each time shown not to have been executed.",)
                        error.message = error.args[0]
                        raise
                    time.sleep(wait)
                    pause = min(pause * 2, _LONGEST_PAUSE)
                    continue
                receipt = trace
            outcome.request_sent = True
            return receipt

    def _trace(self, sent_at: datetime, error: PowerStoreError, outcome: Outcome) -> Receipt | None:
        """What the array shows of a request without a usable answer: its receipt, or None if it was not executed.

        Raises RejectedError where somebody else brought the wanted state about meanwhile, and the error itself where
        nothing can be shown. A busy answer is the array's own word that it did not take the request; without an answer
        it is the array's jobs that tell, and where they cannot be read, the session.
        """
        busy = isinstance(error, BusyError)
        until = min(time.monotonic() + (0 if busy else _GRACE), self._deadline)
        while True:
            row, jobs = self._traces(sent_at)
            own = [job for job in jobs or () if self._client.is_own(job.user)]
            if own:
                return Receipt(job_id=own[0].id)
            shown = row is not None and self._wish.is_shown_by(row)
            if shown and jobs is None and not busy:
                return Receipt()
            proven = row is not None and (busy or jobs is not None)
            if proven and time.monotonic() >= until:
                outcome.request_sent = False
                if shown:
                    raise RejectedError(f"{self._doing}: somebody else did at the same moment.")
                return None
            if time.monotonic() >= self._deadline:
                raise error
            time.sleep(0.5)

    def _traces(self, sent_at: datetime) -> tuple[Json | None, list[Job] | None]:
        """The session and its jobs since then; None for what cannot be read now."""
        try:
            row = self._read_row()
        except UnreachableError:  # an array that restarts is asked again until it answers
            return None, None
        return row, self._jobs_since(sent_at)

    def _jobs_since(self, moment: datetime) -> list[Job] | None:
        """This session's jobs of this kind since then, newest first; None where they cannot be read."""
        try:
            jobs = read_jobs(self._client, [self._wish.session.id], [self._wish.action], deadline=self._deadline)
        except PowerStoreError:
            return None
        return [job for job in jobs if job.began_since(moment)]

    # Following

    def _follow(self, receipt: Receipt, outcome: Outcome) -> None:
        """Wait for the job to end. A job that cannot be read is no failure: the session itself tells."""
        outcome.job_id = receipt.job_id
        body = receipt.body or {}
        if receipt.job_id:
            try:
                job = self._watch.until("job", receipt.job_id, _has_ended, self._deadline)
            except OverdueError as late:
                raise self._overdue(f"job {receipt.job_id} is still {_phase(late.row)}", late) from late
            except PowerStoreError:
                return
            body = job.get("response_body") or {}
            if job.get("phase") not in GOOD_PHASES:
                raise self._failed_job(receipt.job_id, job)
        if isinstance(body, dict) and body.get("snapshot_id"):
            outcome.snapshot_id = str(body["snapshot_id"])

    def _failed_job(self, job_id: str, job: Json) -> RejectedError:
        reason = error_text(job.get("response_body")) or "the array gave no reason"
        message = f"{self._doing}: job {job_id} ended {job.get('phase')}: {reason}"
        if job.get("phase") == "Unrecoverable_Failed":
            message += ". The array may be left with discrepancies: have it looked at before anything else."
        return RejectedError(message)

    def _confirm(self) -> ReplicationSession:
        try:
            row = self._watch.until(
                "replication_session", self._wish.session.id, self._wish.is_shown_by, self._deadline, at_once=True
            )
        except OverdueError as late:
            raise self._overdue(self._wish.unmet, late) from late
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
        """After an error the session is read once more: its state is the result, whatever the error says."""
        outcome.error = error
        try:
            row = self._read_row(within=_LAST_LOOK)
            outcome.after = self._session(row)
        except PowerStoreError:
            return
        if self._wish.is_shown_by(row) and isinstance(error, RejectedError):
            self._attribute(outcome)

    def _attribute(self, outcome: Outcome) -> None:
        """The array refused, and shows the wanted state: whose doing is it?

        This task's own, where an earlier request was executed although its answer was lost. Somebody else's, where
        the array logged their job; then nothing is wrong, and nothing is this task's. A job of this task that failed
        while the test runs all the same stays a failure.
        """
        jobs = self._jobs_since(outcome.started_at) if outcome.request_sent or outcome.answer_lost else []
        good = [job for job in jobs or () if job.phase in GOOD_PHASES]
        own = any(self._client.is_own(job.user) for job in good)
        if outcome.job_id is None:
            outcome.done = outcome.request_sent = own or (jobs is None and outcome.answer_lost)
            outcome.error = None
        elif good and not own:
            outcome.request_sent = False
            outcome.error = None

    def _read_row(self, within: float | None = None) -> Json:
        deadline = time.monotonic() + within if within else self._deadline
        try:
            return self._watch.until("replication_session", self._wish.session.id, _always, deadline, at_once=True)
        except OverdueError as late:
            raise late.error or UnreachableError(f"{self._doing}: the session could not be read back.") from late

    def _session(self, row: Json) -> ReplicationSession:
        return ReplicationSession.from_row(row).named(self._wish.session.resource_name)


def _always(_row: Json) -> bool:
    return True


def _has_ended(job: Json) -> bool:
    return job.get("phase") in FINAL_PHASES


def _phase(job: t.Mapping[str, t.Any] | None) -> str:
    return str((job or {}).get("phase") or "not listed")
