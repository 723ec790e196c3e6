# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Comparing what a record claims with what the array's logs have. Pure.

Jobs and events are joined by the job's id. A job names its session, an audit event does not; an audit event names the
address that a request came from, a job does not. What cannot be known is never a contradiction: a log that does not
reach back, a log that may not be read, an account that the array does not name.
"""

from __future__ import annotations

import typing as t
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime

from .._array.jobs import GOOD_PHASES, START, STOP, Job
from .._array.login import Account
from .._record.witness_types import Claim, Logged, LogName, Unclaimed
from .._words import WitnessVerdict
from .differences import CALLED, TOLERANCE, at_text, differences, differing_times
from .others import OPERATIONS, Others, logged_as
from .reading import EVENTS, JOBS, Event, Log, Logs
from .statement import Claimed, Statement


@dataclass(frozen=True)
class Compared:
    """What the comparison came to."""

    verdict: WitnessVerdict
    by: tuple[LogName, ...]
    claims: tuple[Claim, ...]
    not_in_the_record: tuple[Unclaimed, ...]
    why_unavailable: str | None


def missing(statement: Statement, logs: Logs) -> list[str]:
    """The ids of claimed jobs that a log which could be read does not have in the time of the drill."""
    known = {job.id for job in logs.jobs} if not logs.job_log.problem else {event.job_id for event in logs.events}
    return [claim.job_id for claim in statement.claims if claim.job_id and claim.job_id not in known]


def compare(statement: Statement, logs: Logs) -> Compared:
    """Every claim with what the logs have about it, and what else they have."""
    comparison = _Comparison(statement, logs)
    claims = tuple(claim for each in statement.claims if (claim := comparison.claim(each)))
    others = tuple(comparison.unclaimed())
    why = [*comparison.problems(), *_reasons(claims)]
    verdicts = [claim.verdict for claim in claims]
    verdicts += [WitnessVerdict.CONTRADICTED for each in others if each.contradicts]
    if not claims and not comparison.reaches_back():
        verdicts.append(WitnessVerdict.UNAVAILABLE)
    verdict = WitnessVerdict.worst(verdicts, otherwise=WitnessVerdict.CORROBORATED)
    return Compared(verdict, comparison.logs_read(), claims, others, " ".join(dict.fromkeys(why)) or None)


def _reasons(claims: t.Sequence[Claim]) -> t.Iterator[str]:
    """Why the first claim that is unavailable is so; a thousand have the same reason."""
    unavailable = [claim for claim in claims if claim.verdict is WitnessVerdict.UNAVAILABLE]
    if unavailable:
        more = f" And {len(unavailable) - 1} more." if len(unavailable) > 1 else ""
        first = unavailable[0]
        yield f"{first.resource_name or first.session_id}: {' '.join(first.differences)}{more}"


class _Comparison:
    """One comparison; it remembers which jobs and events are claimed."""

    def __init__(self, statement: Statement, logs: Logs) -> None:
        self._said = statement
        self._logs = logs
        self._loose = [event for event in logs.events if not event.job_id and event.successful is not False]
        self._account = Account(statement.account) if statement.account else None
        if self._account:
            self._account.learn(statement.account)
        self._times = Counter(claim.job_id for claim in statement.claims if claim.job_id)
        self._claimed = set(self._times)
        self._window = statement.window(TOLERANCE)
        self._jobs_of: dict[str, list[Job]] = defaultdict(list)
        for job in sorted(logs.jobs, key=lambda each: each.order):
            self._jobs_of[job.session_id].append(job)

    # Claims

    def claim(self, claim: Claimed) -> Claim | None:
        """What the logs say of a claim; None for one that only follows from another, where nothing fits it."""
        job = self._logs.jobs_by_id.get(claim.job_id) if claim.job_id else self._fitting(claim)
        job_id = claim.job_id or (job.id if job else None)
        event = self._logs.events_by_job.get(job_id) if job_id else None
        event = event or self._fitting_event(claim, job)
        if job is None and event is None:
            return self._not_found(claim) if claim.job_id or (claim.said and claim.done) else None
        self._claimed.add(job_id or "")
        wrong = list(differences(claim, job, event, self._account, self._times[claim.job_id or ""]))
        wrong += self._of_another_clone(claim, job)
        times = list(differing_times(claim, job, event, self._next_stop(claim, job), self._said.last_look))
        verdict = WitnessVerdict.CORROBORATED
        if times and not wrong and not self._times_count:
            verdict = WitnessVerdict.UNAVAILABLE
            times = [*times, "The record's times are not on the array's clock, or a clock was set meanwhile."]
        elif wrong or times:
            verdict = WitnessVerdict.CONTRADICTED
        by = ((JOBS,) if job else ()) + ((EVENTS,) if event else ())
        return _claim(claim, job_id, verdict, by, logged_as(job, event), (*wrong, *times))

    def _of_another_clone(self, claim: Claimed, job: Job | None) -> t.Iterator[str]:
        """Which id a job of a clone has is not known of any array; that of another clone of the record is wrong."""
        others = {each.clone_id: each for each in self._said.claims if each.clone_id not in (None, claim.clone_id)}
        other = others.get(job.session_id) if job and claim.is_clone else None
        if job and other:
            yield f"Job {job.id} is of the clone of {other.resource_name}, the record says of {claim.resource_name}."

    @property
    def _times_count(self) -> bool:
        return self._said.clock_known and not self._said.clock_step_seconds

    def _next_stop(self, claim: Claimed, job: Job | None) -> Job | None:
        """The first stop of the same session after a start."""
        if job is None or job.action != START or job.start_time is None or not claim.done:
            return None
        began = job.start_time
        stops = (each for each in self._jobs_of[job.session_id] if each.action == STOP and each.phase in GOOD_PHASES)
        return next((each for each in stops if each.start_time and each.start_time >= began), None)

    # What a claim without the id of a job is about

    def _fitting(self, claim: Claimed) -> Job | None:
        """The first job of that session and operation at that time that nothing else claims."""
        fitting = [
            job
            for job in self._jobs_of[claim.session_id]
            if job.id not in self._claimed and job.action == claim.action and self._is_then(claim, job.start_time)
        ]
        if claim.done:
            fitting = [job for job in fitting if job.phase in GOOD_PHASES] or fitting
        return next(iter(fitting), None)

    def _fitting_event(self, claim: Claimed, job: Job | None) -> Event | None:
        """An event that names no job, of that operation and account at that time."""
        user = job.user if job else None
        for event in self._loose:
            same = event.user == user if user else bool(self._account and self._account.is_own(event.user))
            if same and event.action == claim.action and self._is_then(claim, event.at):
                self._loose.remove(event)
                return event
        return None

    def _is_then(self, claim: Claimed, at: datetime | None) -> bool:
        if at is None:
            return False
        begin = claim.started_at - TOLERANCE if claim.started_at else self._window[0]
        end = claim.finished_at + TOLERANCE if claim.finished_at and claim.done else self._window[1]
        return begin <= at <= end

    # What is in no log

    def _not_found(self, claim: Claimed) -> Claim:
        sent = claim.started_at or self._said.from_
        # Whether the audit log has clones and their deletions is not known of any array.
        asked = (self._logs.job_log, self._logs.event_log)[: 1 if claim.is_clone else 2]
        lacking = tuple(log for log in asked if self._lacks(log, sent))
        if claim.job_id and lacking:
            logs = [f"{log.called}, which reach back to {at_text(log.begins)}" for log in lacking]
            said = [f"Job {claim.job_id} is not in {log}." for log in logs]
            by = tuple(log.name for log in lacking)
            return _claim(claim, claim.job_id, WitnessVerdict.CONTRADICTED, by, None, said)
        why = [self._why_not_known(log, sent) for log in (self._logs.job_log, self._logs.event_log)]
        if not claim.job_id:
            name = CALLED[claim.action]
            found = f"the logs have no {name} of this session at that time"
            found = f"its {name} is not witnessed, as no job of one names the session" if claim.is_clone else found
            why = [f"The record names no job for it, and {found}.", *why]
        return _claim(claim, claim.job_id, WitnessVerdict.UNAVAILABLE, (), None, [each for each in why if each])

    def _lacks(self, log: Log, at: datetime | None) -> bool:
        """Whether a log would have it: it can be read, reaches back, and has such operations at all."""
        reaches = bool(log.begins and at and log.begins <= at)
        return not log.problem and reaches and (log.name == JOBS or self._speaks)

    @property
    def _speaks(self) -> bool:
        """Whether the audit log is known to have starts and stops: of a real array nobody knows."""
        return any(event.action in OPERATIONS for event in (*self._logs.events, *self._logs.found_events))

    def _why_not_known(self, log: Log, at: datetime | None) -> str:
        if log.problem:
            return f"Not read: {log.called}. {log.problem}"
        if log.begins is None:
            return f"How far back {log.called} reach is not known." if log.asked_begin else ""
        if at and log.begins > at:
            return f"{log.called.capitalize()} begin at {at_text(log.begins)}, after it."
        if log.name == EVENTS and not self._speaks:
            return "The audit log has no start or stop of a failover test at all."
        return ""

    # What is not in the record

    def unclaimed(self) -> t.Iterator[Unclaimed]:
        """Every start and stop in the time of the drill that no claim is about."""
        return Others(self._said, self._logs, self._account, frozenset(self._claimed), self._loose).all()

    # The logs

    def logs_read(self) -> tuple[LogName, ...]:
        """The logs that could be read."""
        return tuple(log.name for log in (self._logs.job_log, self._logs.event_log) if not log.problem)

    def problems(self) -> t.Iterator[str]:
        """Why a log could not be read, and what that leaves open."""
        for log in (self._logs.job_log, self._logs.event_log):
            if log.problem:
                yield f"Not read: {log.called}. {log.problem}"
        if self._logs.job_log.problem and not self._logs.event_log.problem:
            yield "An audit event names no session: on which session each start and stop was is not shown."

    def reaches_back(self) -> bool:
        """Whether a log would show that nothing was started, where the record claims nothing."""
        return any(self._lacks(log, self._said.from_) for log in (self._logs.job_log, self._logs.event_log))


def _claim(
    claim: Claimed,
    job_id: str | None,
    verdict: WitnessVerdict,
    by: tuple[LogName, ...],
    array: Logged | None,
    differences: t.Sequence[str],
) -> Claim:
    return Claim(
        session_id=claim.session_id,
        resource_name=claim.resource_name,
        operation=OPERATIONS[claim.operation],
        job_id=job_id,
        verdict=verdict,
        by=by,
        array=array,
        differences=tuple(differences),
    )
