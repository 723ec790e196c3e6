# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One start or stop of a failover test on one session: send it once, follow it, and read what the array shows.

The answer to a POST is never trusted alone, and a POST whose fate is unknown is never sent again before the session
and its jobs were read and show that it was not executed.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from ansible_collections.drdrill.powerstore.plugins.module_utils._errors import (
    BusyError,
    OperationTimeoutError,
    OutcomeUnknownError,
    PowerStoreError,
    RejectedError,
    UnreachableError,
    error_text,
)
from ansible_collections.drdrill.powerstore.plugins.module_utils._rest import Client, Json, Receipt, path_id
from ansible_collections.drdrill.powerstore.plugins.module_utils._session import (
    ReplicationSession,
    parse_time,
)
from ansible_collections.drdrill.powerstore.plugins.module_utils._watch import OverdueError, Watch

START, STOP = "start_failover_test", "stop_failover_test"

JOB_SELECT = ("select", "id,phase,start_time,end_time,response_body")
_FINAL_PHASES = frozenset({"Completed", "Skipped", "Failed", "Unrecoverable_Failed"})
_GOOD_PHASES = frozenset({"Completed", "Skipped"})
_SENDS = 3  # the first, and two more where the array's own word shows that nothing was executed
_GRACE = 3.0  # seconds in which a request without an answer may still show up in the array's jobs
_LAST_LOOK = 10.0  # seconds to read the session once more after a failure


class ArrayClock:
    """The array's time, carried on from one reading of ``cluster.system_time``, so that it costs no further request."""

    def __init__(self, system_time: datetime) -> None:
        self._system_time = system_time
        self._read_at = time.monotonic()

    def now(self) -> datetime:
        """UTC on the array's clock."""
        return self._system_time + timedelta(seconds=time.monotonic() - self._read_at)


@dataclass(frozen=True)
class Wish:
    """What is to be sent to one session."""

    session: ReplicationSession
    action: str  # START or STOP
    body: Json

    @property
    def running(self) -> bool:
        """Whether a test is to run afterwards."""
        return self.action == START

    def is_shown_by(self, row: Json) -> bool:
        """Whether the array shows the wanted state. null counts as no test, never as a running one."""
        return (row.get("failover_test_in_progress") is True) == self.running


@dataclass
class Outcome:
    """What became of a wish. ``after`` is None only where the array could not be read any more."""

    wish: Wish
    started_at: datetime
    done: bool = False  # the array shows the wanted state, and this task brought it about
    after: ReplicationSession | None = None
    request_sent: bool = False  # the array may have executed it
    answer_lost: bool = False
    job_id: str | None = None
    snapshot_id: str | None = None
    finished_at: datetime | None = None
    error: PowerStoreError | None = None

    @property
    def changed(self) -> bool:
        """Whether the array is in another state than before because of this task; unknown counts as changed."""
        if self.after is None:
            return self.request_sent
        return self.request_sent and self.after.in_test != self.wish.session.in_test


class Operation:
    """Carries out one wish within a time of its own."""

    def __init__(self, client: Client, watch: Watch, clock: ArrayClock, wish: Wish, wait_timeout: float) -> None:
        self._client = client
        self._watch = watch
        self._clock = clock
        self._wish = wish
        self._wait_timeout = wait_timeout
        self._deadline = time.monotonic() + wait_timeout
        verb = "Starting" if wish.running else "Stopping"
        self._doing = f"{verb} the failover test on the {wish.session.label}"

    def run(self) -> Outcome:
        """Send, follow, confirm. Errors are in the outcome, together with the state that the array shows."""
        outcome = Outcome(self._wish, self._clock.now())
        try:
            receipt = self._send(outcome)
            self._follow(receipt, outcome)
            outcome.after = self._confirm()
            outcome.done = True
        except PowerStoreError as error:
            self._conclude(error, outcome)
        outcome.finished_at = self._clock.now()
        return outcome

    def _send(self, outcome: Outcome) -> Receipt:
        path = f"/replication_session/{path_id(self._wish.session.id)}/{self._wish.action}"
        pause = 0.5
        for attempt in range(1, _SENDS + 1):
            sent_at = self._clock.now()
            try:
                receipt = self._client.operate(path, self._wish.body, doing=self._doing, deadline=self._deadline)
            except (BusyError, OutcomeUnknownError) as error:
                outcome.answer_lost |= isinstance(error, OutcomeUnknownError)
                outcome.request_sent |= isinstance(error, OutcomeUnknownError)
                trace = self._trace(sent_at, error)
                if trace is not None:
                    outcome.request_sent = True
                    return trace
                pause = max(pause, getattr(error, "retry_after", None) or 0)
                if attempt == _SENDS or time.monotonic() + pause > self._deadline:
                    raise
                time.sleep(pause)
                pause *= 2
            else:
                outcome.request_sent = True
                return receipt
        raise AssertionError("the last attempt returns or raises")

    def _trace(self, sent_at: datetime, error: PowerStoreError) -> Receipt | None:
        """What the array shows of a request without a usable answer: its receipt, or None if it was not executed.

        Raises the error itself where neither can be shown. A busy answer is the array's own word that it did not
        take the request; without an answer, the jobs have to show that there is none.
        """
        busy = isinstance(error, BusyError)
        until = min(time.monotonic() + (0 if busy else _GRACE), self._deadline)
        while True:
            row, jobs = self._traces(sent_at)
            if jobs or (row is not None and self._wish.is_shown_by(row) and not busy):
                return Receipt(job_id=str(jobs[0]["id"]) if jobs else None)
            shown = row is not None and (busy or jobs is not None)
            if shown and time.monotonic() >= until:
                return None
            if time.monotonic() >= self._deadline:
                raise error
            time.sleep(0.5)

    def _traces(self, sent_at: datetime) -> tuple[Json | None, list[Json] | None]:
        """The session and its jobs since then; None for what cannot be read now."""
        try:
            row = self._read_row()
        except UnreachableError:  # an array that restarts is asked again until it answers
            return None, None
        return row, self._jobs_since(sent_at)

    def _jobs_since(self, moment: datetime) -> list[Json] | None:
        """This session's jobs of this kind since then, newest first; None where the account may not read jobs.

        A job that has not ended counts whatever its times are: a queued one has no start yet. One that has ended
        counts by its start, as the array may keep jobs of earlier drills.
        """
        query = [
            ("select", "id,phase,start_time"),
            ("resource_type", "eq.replication_session"),
            ("resource_id", f"eq.{self._wish.session.id}"),
            ("resource_action", f"eq.{self._wish.action}"),
        ]
        try:
            jobs = self._client.get_all("job", query, doing="Reading the array's jobs", deadline=self._deadline)
        except PowerStoreError:
            return None
        jobs = [job for job in jobs if not _has_ended(job) or (parse_time(job.get("start_time")) or moment) >= moment]
        return sorted(jobs, key=lambda job: str(job.get("start_time") or "~"), reverse=True)

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
            if job.get("phase") not in _GOOD_PHASES:
                raise RejectedError(
                    f"{self._doing}: job {receipt.job_id} ended {job.get('phase')}: "
                    + (error_text(body) or "the array gave no reason")
                    + (
                        ". The array may be left with discrepancies: have it looked at before anything else."
                        if job.get("phase") == "Unrecoverable_Failed"
                        else ""
                    )
                )
        if isinstance(body, dict) and body.get("snapshot_id"):
            outcome.snapshot_id = str(body["snapshot_id"])

    def _confirm(self) -> ReplicationSession:
        try:
            row = self._watch.until(
                "replication_session", self._wish.session.id, self._wish.is_shown_by, self._deadline, at_once=True
            )
        except OverdueError as late:
            wanted = "in progress" if self._wish.running else "stopped"
            raise self._overdue(f"the session does not show the test as {wanted}", late) from late
        return self._session(row)

    def _overdue(self, what: str, late: OverdueError) -> PowerStoreError:
        if late.error is not None:
            return type(late.error)(f"{self._doing}: {late.error.message}", http_status=late.error.http_status)
        return OperationTimeoutError(
            f"{self._doing}: after wait_timeout ({self._wait_timeout:g} s) {what}. It may still be carried out later: "
            "look at the session before anything else."
        )

    def _conclude(self, error: PowerStoreError, outcome: Outcome) -> None:
        """After an error the session is read once more: its state is the result, whatever the error says."""
        try:
            row = self._read_row(within=_LAST_LOOK)
        except PowerStoreError:
            outcome.error = error
            return
        outcome.after = self._session(row)
        if not self._wish.is_shown_by(row) or isinstance(error, OperationTimeoutError):
            outcome.error = error
        elif isinstance(error, RejectedError) and outcome.job_id is None:
            # Refused because it is so already: by this task's own unanswered request, or by someone else meanwhile.
            outcome.done = outcome.request_sent
        else:
            outcome.error = error

    def _read_row(self, within: float | None = None) -> Json:
        deadline = time.monotonic() + within if within else self._deadline
        try:
            return self._watch.until(
                "replication_session", self._wish.session.id, lambda row: True, deadline, at_once=True
            )
        except OverdueError as late:
            raise late.error or UnreachableError(f"{self._doing}: the session could not be read back.") from late

    def _session(self, row: Json) -> ReplicationSession:
        return ReplicationSession.from_row(row).named(self._wish.session.resource_name)


def _has_ended(job: Json) -> bool:
    return job.get("phase") in _FINAL_PHASES


def _phase(job: Json | None) -> str:
    return str((job or {}).get("phase") or "not listed")
