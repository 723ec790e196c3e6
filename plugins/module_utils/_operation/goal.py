# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is to be brought about on one session, and what became of it. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime

from .._array.jobs import START, STOP
from .._array.session import PendingStart, ReplicationSession, flag_of
from .._errors import PowerStoreError
from .._json import Json
from .._time import format_time

__all__ = ["START", "STOP", "Goal", "Outcome", "as_timing"]


@dataclass(frozen=True)
class Goal:
    """An operation to be sent to one session.

    ``after``: the start that has to show before there is a test to stop. ``job_id``: a job of this task that was sent
    before and has not ended; it is followed, and nothing is sent.
    """

    session: ReplicationSession
    action: str  # START, STOP, or another operation of /replication_session
    body: Json
    after: PendingStart | None = None
    job_id: str | None = None

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

    @property
    def doubt_is_ours(self) -> bool:
        """Whether the wanted state counts as this request's doing where no job of somebody else accounts for it."""
        return True

    def is_shown_by(self, row: Json) -> bool:
        """Whether the array shows the wanted state. null counts as no test, never as a running one."""
        return (flag_of(row) is True) == self.running

    def is_change(self, after: ReplicationSession) -> bool:
        """Whether the session is in another state than before, as far as the goal is about it."""
        return after.in_test != self.session.in_test


@dataclass
class Outcome:
    """What became of a goal. ``after`` is None only where the array could not be read any more."""

    goal: Goal
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
    attempts: int = 1
    earlier: PowerStoreError | None = None  # why the attempt before failed

    @property
    def changed(self) -> bool:
        """Whether the array is in another state than before because of this task; unknown counts as changed."""
        if self.after is None:
            return self.request_sent
        return self.request_sent and self.goal.is_change(self.after)


def as_timing(outcome: Outcome | None) -> Json:
    """Job and times of an operation as results have them; None throughout where there was none."""
    began, ended = (outcome.started_at, outcome.finished_at) if outcome else (None, None)
    timing: dict[str, t.Any] = {
        "job_id": outcome.job_id if outcome else None,
        "started_at": format_time(began),
        "finished_at": format_time(ended),
        "duration_seconds": round((ended - began).total_seconds(), 3) if began and ended else None,
    }
    return timing
