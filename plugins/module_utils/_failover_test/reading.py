# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task reads before it plans: the array, the sessions, and their starts and stops.

A start needs all of it. A stop needs an id and a flag: what only makes the answer better may be missing, and is said.
"""

from __future__ import annotations

import typing as t
from collections import defaultdict
from dataclasses import dataclass, replace

from .._array.client import Client
from .._array.fields import Unread
from .._array.jobs import START, STOP, Job, read_jobs
from .._array.lookup import read_sessions_by
from .._array.read_cluster import read_cluster
from .._array.resolve import resolve
from .._array.session import Cluster, ReplicationSession, Selector, Target, Unresolved
from .._errors import AmbiguousError, NotFoundError, PowerStoreError
from .._findings.finding import Finding

_NO_CLOCK = "The array gave no time of its own (cluster.system_time): times are from this computer's clock."


@dataclass(frozen=True, slots=True)
class Read:
    """What was read; ``incomplete``: what could not be, a sentence each."""

    cluster: Cluster
    entries: t.Sequence[Target | Unresolved]
    incomplete: tuple[str, ...] = ()

    def gaps(self, session: ReplicationSession) -> tuple[Finding, ...]:
        """What is not known of a session or of its array."""
        missing = [*self.incomplete]
        if session.problems:
            missing.append(f"The {session.label}: {'; '.join(session.problems.values())}.")
        return tuple(Finding.of("reading.incomplete", session, text) for text in missing)


def read_for_start(client: Client, selectors: t.Sequence[Selector]) -> Read:
    """Everything that a start needs. Raises PowerStoreError where a part cannot be read."""
    cluster = read_cluster(client)
    return Read(cluster, resolve(client, cluster, selectors), _without_clock(cluster))


def read_for_stop(client: Client, selectors: t.Sequence[Selector]) -> Read:
    """As much as can be read. Raises PowerStoreError where not even the flag of a session can be."""
    unread: list[Unread] = []
    cluster = read_cluster(client, unread)
    plain = [replace(selector, snapshot=None) for selector in selectors]  # it matters to a start only
    entries = [_with_way_out(each) for each in resolve(client, cluster, plain, tolerant=True, unread=unread)]
    lost = (str(each) for each in unread if each.session_id is None)
    return Read(cluster, entries, (*lost, *_without_clock(cluster)))


def _with_way_out(entry: Target | Unresolved) -> Target | Unresolved:
    """A name that could not be looked up, with what to do."""
    if isinstance(entry, Target) or isinstance(entry.error, NotFoundError | AmbiguousError):
        return entry
    if entry.selector.by == "session_id":
        return entry
    error = entry.error
    message = f"{error.message} A session_id needs no such lookup: use that."
    return replace(entry, error=type(error)(message, http_status=error.http_status, code=error.code))


def _without_clock(cluster: Cluster) -> tuple[str, ...]:
    return () if cluster.system_time or not cluster.release >= (2, 0) else (_NO_CLOCK,)


def look_again(client: Client, cluster: Cluster, session_ids: t.Collection[str]) -> dict[str, ReplicationSession]:
    """The sessions as they are now, by id; those that the array does not list are missing. Raises PowerStoreError."""
    odd: list[Unread] = []
    read = read_sessions_by(client, cluster.release, "id", session_ids, unread=odd)
    for each in odd:  # it is listed, and nothing is known of it
        raise each.error
    return {session.id: session for session in read}


def read_starts_and_stops(client: Client, session_ids: t.Iterable[str]) -> t.Mapping[str, list[Job]]:
    """The starts and stops of these sessions, by session, newest first; none where jobs cannot be read."""
    jobs: dict[str, list[Job]] = defaultdict(list)
    try:
        for job in read_jobs(client, session_ids, (START, STOP), unread=[]):
            jobs[job.session_id].append(job)
    except PowerStoreError:
        return {}
    return jobs
