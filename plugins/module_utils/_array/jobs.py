# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The array's own log of failover test operations: who started or stopped what, and whether it has ended."""

from __future__ import annotations

import contextlib
import time
import typing as t
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from .._errors import PowerStoreError
from .._json import Json
from .._time import format_time
from .client import Client
from .fields import Fields, Unread
from .rows import read_by
from .session import UNKNOWN, Cluster, PendingStart, Target, Unresolved

START, STOP = "start_failover_test", "stop_failover_test"

# JobPhaseEnum of the API description. Failed is cleaned up by the array, Unrecoverable_Failed may not be.
FINAL_PHASES = ("Completed", "Skipped", "Failed", "Unrecoverable_Failed")
GOOD_PHASES = ("Completed", "Skipped")
TEST_LOG: t.Final = "the log of failover tests"  # as notes of what was not read call it
_LOOK_BACK = timedelta(days=1)  # how old a start may be that has not ended yet
_PATIENCE = 30.0  # seconds for reading jobs before a stop
_SETTLED = timedelta(minutes=1)  # after this, a session shows what a job that ended has done


@dataclass(frozen=True, slots=True)
class Job:
    """One start or stop of a failover test, as the array logged it."""

    id: str
    session_id: str
    action: str
    phase: str
    user: str | None
    start_time: datetime | None
    end_time: datetime | None

    @classmethod
    def from_row(cls, row: object) -> Job:
        """From a row of ``/job`` with the attributes of `SELECT`; what is not as described is None or empty.

        A phase that is not as described is none of the final ones, so that the job counts as not ended. Raises
        ProtocolError for a row without an id.
        """
        fields = Fields(row, f"job {row.get('id')}" if isinstance(row, dict) else "a job")
        return cls(
            id=fields.identity(),
            session_id=fields.id_or_none("resource_id") or "",
            action=fields.text("resource_action") or "",
            phase=fields.needed_text("phase", UNKNOWN),
            user=fields.text("user"),
            start_time=fields.time("start_time"),
            end_time=fields.time("end_time"),
        )

    def as_result(self) -> Json:
        """One entry of ``test_log`` in a result."""
        return {
            "job_id": self.id,
            "session_id": self.session_id,
            "phase": self.phase,
            "user": self.user,
            "started_at": format_time(self.start_time),
            "finished_at": format_time(self.end_time),
        }

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will come of it."""
        return self.phase in FINAL_PHASES

    @property
    def order(self) -> str:
        """Sorts by start; a job that has not started yet is the newest."""
        return format_time(self.start_time) or "~"


SELECT = ("select", "id,resource_id,resource_action,phase,user,start_time,end_time")


def read_jobs(
    client: Client,
    session_ids: t.Iterable[str],
    actions: t.Sequence[str],
    *,
    since: datetime | None = None,
    deadline: float | None = None,
    unread: list[Unread] | None = None,
) -> list[Job]:
    """The jobs of these sessions, newest first. ``since`` leaves out what began (and so ended) long before.

    ``unread``: where given, rows that are no jobs are noted there; else they raise ProtocolError.
    """
    query = [
        SELECT,
        ("resource_type", "eq.replication_session"),
        ("resource_action", f"in.({','.join(actions)})"),
    ]
    if since:
        query.append(("or", f"(start_time.gte.{format_time(since)},start_time.is.null)"))
    doing = "Reading the array's jobs"
    rows = read_by(client, "job", "resource_id", session_ids, query, doing=doing, deadline=deadline, unread=unread)
    return sorted(map(Job.from_row, rows), key=lambda job: job.order, reverse=True)


def read_test_log(client: Client, unread: list[Unread]) -> list[Job] | None:
    """Every start of a failover test that the array's log still has, newest first; None where it cannot be read.

    Not by the ids of sessions: that would miss a test of one that is gone. What cannot be read is noted in ``unread``.
    """
    query = [SELECT, ("resource_type", "eq.replication_session"), ("resource_action", f"eq.{START}")]
    odd: list[Unread] = []
    try:
        rows = client.get_all("job", query, doing="Reading the array's log of failover tests", unread=odd)
        jobs = [Job.from_row(row) for row in rows]
    except PowerStoreError as error:
        unread.append(Unread(TEST_LOG, error))
        return None
    unread.extend(Unread(TEST_LOG, each.error) for each in odd)
    return sorted(jobs, key=lambda job: job.order, reverse=True)


def with_pending_starts(
    client: Client, cluster: Cluster, found: t.Sequence[Target | Unresolved]
) -> list[Target | Unresolved]:
    """The targets, each with the start that the array is still at, or has just ended without the session showing it.

    After a start was cut off (killed, timed out), the array may still carry it out; a stop that looks at the session
    alone would come too early. Where jobs cannot be read, for any reason, ``jobs_readable`` is false: that keeps
    no stop from being sent. Without a time of the array's own, the controller's stands in for it.
    """
    quiet = [entry.session.id for entry in found if isinstance(entry, Target) and not entry.session.in_test]
    if not quiet or not cluster.release >= (2, 0):  # which has no failover tests
        return list(found)
    since = cluster.system_time - _LOOK_BACK if cluster.system_time else None
    jobs = None
    with contextlib.suppress(PowerStoreError):
        deadline = time.monotonic() + _PATIENCE
        jobs = read_jobs(client, quiet, (START, STOP), since=since, deadline=deadline, unread=[])
    settled = (cluster.system_time or datetime.now(UTC)) - _SETTLED
    last: dict[str, Job] = {}
    for job in jobs or ():
        if not job.has_ended or job.phase in GOOD_PHASES:
            last.setdefault(job.session_id, job)

    def informed(entry: Target) -> Target:
        job = last.get(entry.session.id)
        pending = None
        if job and job.action == START and (not job.has_ended or (job.end_time or settled) > settled):
            pending = PendingStart(job.id, job.has_ended, job.user, job.start_time)
        return replace(entry, pending_start=pending, jobs_readable=jobs is not None)

    return [informed(e) if isinstance(e, Target) and not e.session.in_test else e for e in found]
