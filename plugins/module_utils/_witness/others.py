# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the logs of the array have in the time of a drill and its record does not, and what contradicts it. Pure."""

from __future__ import annotations

import functools
import typing as t
from collections import defaultdict
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta

from .._array.jobs import GOOD_PHASES, START, STOP, Job
from .._array.login import Account
from .._record.witness_types import Logged, OperationName, Unclaimed
from .differences import TOLERANCE
from .reading import Event, Logs
from .statement import Claimed, Statement

OPERATIONS: t.Final[t.Mapping[str, OperationName]] = {START: "start_failover_test", STOP: "stop_failover_test"}


class Others:
    """The starts and stops that no claim is about.

    ``claimed``: the ids of the jobs that the record claims; ``loose``: the events without a job that no claim is about.
    """

    def __init__(
        self,
        statement: Statement,
        logs: Logs,
        account: Account | None,
        claimed: AbstractSet[str],
        loose: t.Sequence[Event],
    ) -> None:
        self._said = statement
        self._logs = logs
        self._account = account
        self._claimed = claimed
        self._loose = loose
        self._claims_of: dict[str, list[Claimed]] = defaultdict(list)
        for claim in statement.claims:
            self._claims_of[claim.session_id].append(claim)

    def all(self) -> t.Iterator[Unclaimed]:
        """Each of them, the jobs first."""
        for job in sorted(self._logs.jobs, key=lambda job: job.order):
            if job.id in self._claimed or job.action not in OPERATIONS:
                continue
            logged = logged_as(job, self._logs.events_by_job.get(job.id))
            failed = job.has_ended and job.phase not in GOOD_PHASES
            yield self._judged(job.action, job.session_id or None, job.id, logged, failed=failed)
        known = self._claimed | {job.id for job in self._logs.jobs}
        for event in self._logs.events:
            if event.action in OPERATIONS and event.job_id not in known and self._is_only_here(event):
                failed = event.successful is False
                yield self._judged(event.action, None, event.job_id, logged_as(None, event), failed=failed)

    def _is_only_here(self, event: Event) -> bool:
        """Whether no job can say it: the jobs were not read, or do not reach back to it.

        Where they do, a job says more, and an event without one is of a request that was refused.
        """
        log = self._logs.job_log
        without_jobs = bool(log.problem or (log.begins and event.at and event.at < log.begins))
        return without_jobs and (event.job_id is not None or event in self._loose)

    def _judged(
        self, action: str, session_id: str | None, job_id: str | None, logged: Logged, *, failed: bool
    ) -> Unclaimed:
        file = self._said.claimed_by(job_id, session_id, logged.start)
        if file:
            contradicts = False
            reason = f"It is in {file} of the same folder." if job_id else f"It may be of {file} of the same folder."
        elif failed:
            contradicts, reason = False, "It failed, so it changed nothing."
        else:
            contradicts, reason = self._verdict(action, session_id, logged)
        return Unclaimed(
            operation=OPERATIONS[action],
            session_id=session_id,
            job_id=job_id,
            array=logged,
            claimed_by=file,
            contradicts=contradicts,
            reason=reason,
        )

    def _verdict(self, action: str, session_id: str | None, logged: Logged) -> tuple[bool, str]:
        """Whether an operation that changed something contradicts the record, and why."""
        if action == START and session_id in self._said.adopted_ids and self._was_before(logged.start, TOLERANCE):
            return False, "It began the test that the drill took over."
        if session_id and self._is_in_test(session_id, logged.start):
            return True, "It was done while the record has this session in its own test."
        own = self._account.is_own(logged.user) if self._account else None
        if own is None:
            return False, "Whether the drill's own account did it is not known."
        if not own:
            return False, "Another account did it, and the record has no test of this session at that time."
        return self._verdict_on_own_account(logged)

    def _verdict_on_own_account(self, logged: Logged) -> tuple[bool, str]:
        if logged.client_address and self._addresses and logged.client_address not in self._addresses:
            drills = ", ".join(sorted(self._addresses))
            return False, f"The drill's own account did it from {logged.client_address}, the drill asked from {drills}."
        if self._was_before(logged.start):
            return False, "The drill's own account did it before the drill looked at the array."
        return True, "The drill's own account did it, and no other record or journal of the same folder has it."

    @functools.cached_property
    def _addresses(self) -> set[str]:
        """From where the drill asked the array: two controllers may have one account."""
        events = (event for job_id, event in self._logs.events_by_job.items() if job_id in self._claimed)
        return {event.client_address for event in events if event.client_address}

    def _was_before(self, at: datetime | None, or_soon_after: timedelta = timedelta()) -> bool:
        """Whether it was done before the record's first look at the array."""
        return at is not None and self._said.from_ is not None and at < self._said.from_ + or_soon_after

    def _is_in_test(self, session_id: str, at: datetime | None) -> bool:
        """Whether the record has that session in its test then, from the start being sent to the stop being shown."""
        claims = self._claims_of.get(session_id, ())
        if not claims or at is None:
            return False
        # The record's own times may be wrong by the tolerance, and what is not certain is no contradiction.
        starts = [
            self._in_the_log(claim, "start_time") or claim.started_at + TOLERANCE
            for claim in claims
            if claim.operation == START and claim.started_at
        ]
        ends = [
            self._in_the_log(claim, "end_time") or claim.finished_at - TOLERANCE
            for claim in claims
            if claim.operation == STOP and claim.done and claim.finished_at
        ]
        first, last = self._said.window(TOLERANCE)
        begin = min(starts) if starts else self._said.from_ or first
        return begin <= at <= (max(ends) if ends else last)

    def _in_the_log(self, claim: Claimed, time: t.Literal["start_time", "end_time"]) -> datetime | None:
        """When the array began or ended what is claimed, by the clock that other jobs have, too."""
        job = self._logs.jobs_by_id.get(claim.job_id or "")
        found: datetime | None = getattr(job, time) if job else None
        return found


def logged_as(job: Job | None, event: Event | None) -> Logged:
    """What both logs have of one start or stop."""
    return Logged(
        start=job.start_time if job else event.at if event else None,
        end=job.end_time if job else None,
        phase=job.phase if job else None,
        user=(job.user if job else None) or (event.user if event else None),
        client_address=event.client_address if event else None,
        event_id=event.id if event else None,
    )
