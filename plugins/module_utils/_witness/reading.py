# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading the array's two logs of starts and stops: all of the time of a drill, however many there are.

Two requests and their pages, however many sessions there are. Only where a claim is not found, it is looked for without
regard to its time, and how far back that log reaches is asked.
"""

from __future__ import annotations

import contextlib
import functools
import time
import typing as t
from dataclasses import dataclass, field, replace
from datetime import datetime

from .._array.client import Client
from .._array.fields import Fields, Unread
from .._array.jobs import SELECT as JOB_SELECT
from .._array.jobs import START, STOP, Job
from .._array.rows import read_by
from .._errors import AuthenticationError, PowerStoreError
from .._json import Json
from .._record.witness_types import LogName
from .._time import format_time

JOBS: t.Final[LogName] = "job"
EVENTS: t.Final[LogName] = "audit_event"
_EVENT_SELECT = ("select", "id,job_id,resource_action,username,client_address,is_successful,timestamp")
_TIME: t.Final[t.Mapping[LogName, str]] = {JOBS: "start_time", EVENTS: "timestamp"}
_CALLED: t.Final[t.Mapping[LogName, str]] = {JOBS: "the array's jobs", EVENTS: "the array's audit events"}
PATIENCE = 120.0  # seconds for all that is read of the logs; a drill's record waits for it


@dataclass(frozen=True, slots=True)
class Event:
    """One start or stop as the audit log has it. It names no session."""

    id: str
    job_id: str | None
    action: str
    user: str | None
    client_address: str | None
    successful: bool | None
    at: datetime | None

    @classmethod
    def from_row(cls, row: object) -> Event:
        """From a row of ``/audit_event``. Raises ProtocolError for a row without an id."""
        fields = Fields(row, "an audit event")
        return cls(
            id=fields.identity(),
            job_id=fields.id_or_none("job_id"),
            action=fields.text("resource_action") or "",
            user=fields.text("username"),
            client_address=fields.text("client_address"),
            successful=fields.flag("is_successful"),
            at=fields.time("timestamp"),
        )


@dataclass(frozen=True)
class Log:
    """What of one log was read. ``problem``: why it could not be read; ``begins``: its oldest entry, where asked."""

    name: LogName
    problem: str | None = None
    begins: datetime | None = None
    asked_begin: bool = False

    @property
    def called(self) -> str:
        """As a sentence has it."""
        return _CALLED[self.name]


@dataclass(frozen=True)
class Logs:
    """Both logs: in the time of the drill, and what was looked for without regard to time."""

    jobs: tuple[Job, ...] = ()
    events: tuple[Event, ...] = ()
    found_jobs: tuple[Job, ...] = ()
    found_events: tuple[Event, ...] = ()
    job_log: Log = field(default_factory=lambda: Log(JOBS))
    event_log: Log = field(default_factory=lambda: Log(EVENTS))

    @functools.cached_property
    def jobs_by_id(self) -> t.Mapping[str, Job]:
        """All jobs that were read."""
        return {job.id: job for job in (*self.found_jobs, *self.jobs)}

    @functools.cached_property
    def events_by_job(self) -> t.Mapping[str, Event]:
        """All events that name a job, by its id."""
        return {event.job_id: event for event in (*self.found_events, *self.events) if event.job_id}


def read_logs(client: Client, window: tuple[datetime, datetime], deadline: float) -> Logs:
    """All starts and stops of that time. A log that cannot be read says why, and the other one is read all the same.

    ``deadline``: on the monotonic clock; half of what is left until then is for the jobs. Raises AuthenticationError
    where the account is refused, as it would be for the other log, too.
    """
    jobs, job_problem = _read(client, JOBS, JOB_SELECT, window, (time.monotonic() + deadline) / 2)
    events, event_problem = _read(client, EVENTS, _EVENT_SELECT, window, deadline)
    return Logs(
        jobs=tuple(map(Job.from_row, jobs)),
        events=tuple(map(Event.from_row, events)),
        job_log=Log(JOBS, job_problem),
        event_log=Log(EVENTS, event_problem),
    )


def _read(
    client: Client, log: LogName, select: tuple[str, str], window: tuple[datetime, datetime], deadline: float
) -> tuple[list[Json], str | None]:
    since, until = map(format_time, window)
    query = [
        select,
        ("resource_action", f"in.({START},{STOP})"),
        ("and", f"({_TIME[log]}.gte.{since},{_TIME[log]}.lte.{until})"),
    ]
    odd: list[Unread] = []
    try:
        rows = client.get_all(log, query, doing=f"Reading {_CALLED[log]}", deadline=deadline, unread=odd)
    except AuthenticationError:
        raise
    except PowerStoreError as error:
        return [], error.message
    return ([], odd[0].error.message) if odd else (rows, None)


def look_for(client: Client, logs: Logs, job_ids: t.Sequence[str], deadline: float) -> Logs:
    """The same with what the logs have of these jobs at any time, and with how far back the logs reach."""
    jobs, job_log = _find(client, logs.job_log, JOB_SELECT, "id", job_ids, deadline)
    events, event_log = _find(client, logs.event_log, _EVENT_SELECT, "job_id", job_ids, deadline)
    return replace(
        logs,
        found_jobs=tuple(map(Job.from_row, jobs)),
        found_events=tuple(map(Event.from_row, events)),
        job_log=job_log,
        event_log=event_log,
    )


def _find(
    client: Client, log: Log, select: tuple[str, str], attribute: str, values: t.Sequence[str], deadline: float
) -> tuple[list[Json], Log]:
    if log.problem:
        return [], log
    rows: list[Json] = []
    with contextlib.suppress(PowerStoreError):  # then it is not known, which `begins` says
        rows = read_by(
            client,
            log.name,
            attribute,
            values,
            [select],
            doing=f"Looking in {log.called}",
            deadline=deadline,
            unread=[],
        )
        return rows, replace(log, begins=_begin_of(client, log, deadline), asked_begin=True)
    return rows, replace(log, asked_begin=True)


def _begin_of(client: Client, log: Log, deadline: float) -> datetime | None:
    """The time of the oldest entry of any kind; None for an empty log."""
    name = _TIME[log.name]
    query = [("select", f"id,{name}"), (name, "not.is.null"), ("order", name), ("limit", "1")]
    rows = client.get(f"/{log.name}", query, doing=f"Looking where {log.called} begin", deadline=deadline)
    if not isinstance(rows, list) or not rows:
        return None
    return Fields(rows[0], "the oldest entry").time(name)
