# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the array's logs differ from what a record claims about one start or stop. Pure."""

from __future__ import annotations

import typing as t
from datetime import datetime, timedelta

from .._array.jobs import GOOD_PHASES, START, STOP, Job
from .._array.login import Account
from .._time import format_time
from .reading import Event
from .statement import CLONE, DELETE, Claimed

TOLERANCE = timedelta(seconds=2)  # a time of the array's clock is carried on from a reading that took a moment
CALLED: t.Final[t.Mapping[str, str]] = {START: "start", STOP: "stop", CLONE: "clone", DELETE: "deletion"}


def differences(
    claim: Claimed, job: Job | None, event: Event | None, account: Account | None, times: int
) -> t.Iterator[str]:
    """All but times. ``account``: the drill's; ``times``: how often the record claims that job."""
    if job:
        if times > 1:
            yield f"The record has job {job.id} {times} times."
        if job.action != claim.action:
            yield f"Job {job.id} is a {CALLED.get(job.action, job.action)}, not a {CALLED[claim.action]}."
        if job.session_id and job.session_id != claim.session_id and not claim.is_clone:
            yield f"Job {job.id} is of session {job.session_id}, the record says {claim.session_id}."
        yield from _of_user(account, job.user, f"job {job.id}")
        if claim.done and job.phase not in GOOD_PHASES:
            ended = "ended as" if job.has_ended else "has not ended, its phase is"
            yield f"Job {job.id} {ended} {job.phase}, the record says that it was done."
    if event:
        if event.action and event.action != claim.action:
            yield f"Audit event {event.id} is of a {CALLED.get(event.action, event.action)}."
        yield from _of_user(account, event.user, f"audit event {event.id}")
        if claim.done and event.successful is False:
            yield f"Audit event {event.id} says that it failed."


def _of_user(account: Account | None, user: str | None, what: str) -> t.Iterator[str]:
    if account and account.is_own(user) is False:
        yield f"The record says account {account.name}, {what} says {user}."


def differing_times(
    claim: Claimed, job: Job | None, event: Event | None, next_stop: Job | None, last_look: datetime | None
) -> t.Iterator[str]:
    """``next_stop``: the first stop of the session after a start; ``last_look``: the record's own, at the array.

    That the record says "done" later than the array ended is no difference: it is when the array showed it.
    """
    if job:
        yield from _of_job(claim, job)
    if event and event.at:
        yield from _of_event(claim, event.id, event.at)
    done = claim.finished_at
    if done and next_stop and next_stop.start_time and done > next_stop.start_time + TOLERANCE:
        yield f"{_said_done(done)} The array began the stop at {at_text(next_stop.start_time)}."
    if done and last_look and done > last_look + TOLERANCE:
        yield f"{_said_done(done)} Its own last look was at {at_text(last_look)}."
    if claim.started_at and done and claim.duration_seconds is not None:
        between = (done - claim.started_at).total_seconds()
        if abs(between - claim.duration_seconds) > TOLERANCE.total_seconds():
            yield f"The record says that it took {claim.duration_seconds:.1f} s, its times are {between:.1f} s apart."


def _of_job(claim: Claimed, job: Job) -> t.Iterator[str]:
    sent, done = claim.started_at, claim.finished_at if claim.done else None
    if job.start_time and sent and job.start_time < sent - TOLERANCE:
        yield f"{_said_sent(sent)} The array began it at {at_text(job.start_time)}."
    if job.start_time and done and job.start_time > done + TOLERANCE:
        yield f"{_said_done(done)} The array began it at {at_text(job.start_time)}."
    elif job.end_time and done and job.end_time > done + TOLERANCE:
        yield f"{_said_done(done)} The array ended it at {at_text(job.end_time)}."
    if job.start_time and job.end_time and claim.duration_seconds is not None and claim.done:
        took = (job.end_time - job.start_time).total_seconds()
        if took > claim.duration_seconds + TOLERANCE.total_seconds():
            yield f"The array took {took:.1f} s for it, the record says {claim.duration_seconds:.1f} s."


def _of_event(claim: Claimed, event_id: str, at: datetime) -> t.Iterator[str]:
    sent, done = claim.started_at, claim.finished_at if claim.done else None
    if sent and at < sent - TOLERANCE:
        yield f"{_said_sent(sent)} Audit event {event_id} is of {at_text(at)}."
    elif done and at > done + TOLERANCE:
        yield f"{_said_done(done)} Audit event {event_id} is of {at_text(at)}."


def _said_sent(moment: datetime) -> str:
    return f"The record says that it was sent at {at_text(moment)}."


def _said_done(moment: datetime) -> str:
    return f"The record says that it was done at {at_text(moment)}."


def at_text(moment: datetime | None) -> str:
    """A time in a message."""
    return format_time(moment) or "a time that is not known"
