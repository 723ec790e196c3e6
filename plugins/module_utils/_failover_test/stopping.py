# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which tests a stop leaves alone, and what follows a stop that failed. Pure: it judges what was read."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace

from .._array.jobs import GOOD_PHASES, START, STOP, Job
from .._array.session import ReplicationSession, Selector
from .._errors import AuthenticationError, AuthorizationError, NotFoundError, PowerStoreError, RejectedError
from .._findings.finding import Finding
from .._operation.goal import Goal, Outcome
from .._operation.sending import IsOwn
from .._time import format_time

# A stop would take back what the site now runs on, where the failover kept the test's data (api-facts 4.3).
FAILED_OVER = frozenset({"Failed_Over", "Failing_Over", "Failing_Over_For_DR"})
SNAPSHOT = "create_end_of_test_snapshot"

Jobs = t.Sequence[Job]  # starts and stops of one session, newest first


@dataclass(frozen=True, slots=True)
class Log:
    """The array's starts and stops by session, as far as they were read, and whose a job is."""

    jobs: t.Mapping[str, Jobs] = field(default_factory=dict)
    is_own: IsOwn = lambda _user: None

    def of_somebody_else(self, session: ReplicationSession, named: str | None) -> Finding | None:
        """Why a stop leaves the session's test alone that was not started by the job ``named``."""
        return of_somebody_else(session, named, self.jobs.get(session.id, ()), self.is_own)

    def stop_under_way(self, session_id: str) -> str | None:
        """The job of a stop that may be this task's and has not ended."""
        jobs = self.jobs.get(session_id, ())
        mine = (j for j in jobs if j.action == STOP and not j.has_ended and self.is_own(j.user) is not False)
        return next((job.id for job in mine), None)


NOTHING_LOGGED = Log()


def failed_over(session: ReplicationSession) -> Finding | None:
    """Why a stop leaves a session alone that is, or is being, failed over."""
    if session.state not in FAILED_OVER:
        return None
    message = f"The {session.label} is {session.state}, with the role {session.role}: no stop was sent."
    return Finding.of("session.failed_over", session, message)


def of_somebody_else(session: ReplicationSession, named: str | None, jobs: Jobs, is_own: IsOwn) -> Finding | None:
    """Why a stop leaves a test alone that was not started by the job ``named``; None where it may have been.

    A later start of another account is somebody else's. A later one of the same account is, too, where the log has the
    named one before it: two controllers may use one account. Any other doubt counts as the named one's.
    """
    start = _start_of(session, jobs) if named else None
    if start is None or start.id == named:
        return None
    before = next((job for job in jobs if job.id == named), None)
    if is_own(start.user) is not False and (before is None or before.order >= start.order):
        return None
    message = (
        f"The failover test on the {session.label} was started by {start.user or 'an unknown account'} at "
        f"{format_time(start.start_time) or 'a time not known'} with job {start.id}, not with job {named}: "
        "no stop was sent."
    )
    return Finding.of("test.of_somebody_else", session, message)


def _start_of(session: ReplicationSession, jobs: Jobs) -> Job | None:
    """The start that a running test, or one that is about to appear, comes from; None where the log does not say."""
    for job in jobs:
        under_way = job.action == START and not job.has_ended and not session.in_test
        if under_way or job.phase in GOOD_PHASES:
            return job if job.action == START else None
    return None


def gone(selector: Selector, error: PowerStoreError) -> Finding | None:
    """What is to be known where a session that is named by its id is not on the array (any more)."""
    if selector.by != "session_id" or not isinstance(error, NotFoundError):
        return None
    return replace(Finding.of("session.gone", None, error.message), session_id=selector.value)


def is_gone(outcome: Outcome) -> bool:
    """Whether the session vanished during the operation."""
    return isinstance(outcome.error, NotFoundError) and outcome.after is None


def may_try_again(outcome: Outcome) -> bool:
    """Whether another attempt could stop the test: not where the account was refused, or the session is gone."""
    refused = isinstance(outcome.error, AuthenticationError | AuthorizationError)
    return outcome.error is not None and not outcome.done and not refused and not is_gone(outcome)


def following(
    outcome: Outcome, session: ReplicationSession | None, named: str | None, log: Log
) -> Goal | tuple[Outcome, Finding | None]:
    """What follows a stop that failed, by what a later look shows: the next goal, or how it ended.

    A stop is sent again only where the session is still in the test and the array is not at a stop of this task.
    ``session``: None where the array does not list it any more. The finding says why it is left alone.
    """
    if session is None:
        error = NotFoundError(f"The array does not list the {outcome.goal.session.label} any more.")
        return replace(outcome, after=None, error=error), None
    session = session.named(outcome.goal.session.resource_name)
    left = left_alone(session, named, log)
    if left:
        return replace(outcome, after=session, error=None), left
    if not session.in_test:
        return replace(outcome, after=session, error=None, done=outcome.request_sent), None
    job_id = log.stop_under_way(session.id) if outcome.request_sent else None
    return replace(outcome.goal, session=session, after=None, job_id=job_id)


def left_alone(session: ReplicationSession, named: str | None, log: Log) -> Finding | None:
    """Why no stop is sent to a session."""
    return failed_over(session) or (log.of_somebody_else(session, named) if session.role == "Destination" else None)


def without_snapshot(outcome: Outcome) -> Goal | None:
    """The last try of a stop that was refused: without the snapshot, which is worth less than the stop."""
    session = outcome.after
    wanted = outcome.goal.body.get(SNAPSHOT)
    if not (wanted and isinstance(outcome.error, RejectedError) and session and session.in_test):
        return None
    body = {name: value for name, value in outcome.goal.body.items() if name != SNAPSHOT}
    return replace(outcome.goal, session=session, body=body, after=None, job_id=None)


def joined(before: Outcome, again: Outcome) -> Outcome:
    """Two attempts as one outcome: what the array showed last, and what was sent in all."""
    is_over = again.error is None and again.after is not None and not again.after.in_test
    return replace(
        again,
        attempts=before.attempts + again.attempts,
        request_sent=again.request_sent or before.request_sent,
        answer_lost=again.answer_lost or before.answer_lost,
        done=again.done or (is_over and before.request_sent),
        earlier=before.error or before.earlier,
    )
