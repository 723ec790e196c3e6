# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task reads before it plans: the array, the NAS servers, their sessions, and the DR-test clones.

A start needs all of it. A stop needs the clones; what only makes the answer better may be missing, and is said.
"""

from __future__ import annotations

import time
import typing as t
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from .._array.client import Client
from .._array.fields import Unread
from .._array.jobs import FINAL_PHASES
from .._array.lookup import find_named, read_sessions_by
from .._array.read_cluster import read_cluster
from .._array.session import Cluster, ReplicationSession
from .._errors import AmbiguousError, NotFoundError, PowerStoreError
from .._json import Json
from .._nas_tests.clone import FIRST_RELEASE, CloneJob, NasServer
from .._nas_tests.mark import clone_name
from .._nas_tests.reading import (
    LOG,
    read_clone_jobs,
    read_clones,
    read_file_systems,
    read_interfaces,
    server_select,
)
from .._words import NAS_SERVER
from .plan import Array, Desired, Found
from .wish import CLONE, Wish

_LOOK_BACK = timedelta(days=1)  # how old a clone may be that the array is still at
_PATIENCE = 30.0  # seconds for what a stop can do without


def read(client: Client, wishes: t.Sequence[Wish], desired: Desired) -> tuple[Array, list[Found]]:
    """Everything about the wishes. Raises PowerStoreError where what is needed cannot be read."""
    unread: list[Unread] | None = None if desired.running else []
    cluster = read_cluster(client, unread)
    found = _servers(client, cluster, wishes, unread)
    if not desired.running:
        array, found = _for_stop(client, cluster, found, unread or [])
        return array, found
    ids = [each.server.id for each in found if each.server]
    files = defaultdict(list)
    for each in read_file_systems(client, cluster, ids):
        files[each.nas_server_id].append(each)
    found = [replace(f, file_systems=tuple(files[f.server.id])) if f.server else f for f in found]
    found = _with_taken_names(client, cluster, found, desired)
    wants = any(each.wish.interface and not each.wish.isolated for each in found)
    interfaces = tuple(read_interfaces(client, cluster)) if wants else ()
    return Array(cluster, tuple(read_clones(client, cluster)), interfaces), found


def _for_stop(
    client: Client, cluster: Cluster, found: t.Sequence[Found], unread: list[Unread]
) -> tuple[Array, list[Found]]:
    clones = tuple(read_clones(client, cluster, unread=unread))
    known = {clone.id for clone in clones}
    ids = [f.wish.clone_id for f in found if f.wish.clone_id and f.wish.clone_id not in known]
    others = {
        wanted: NasServer.from_row(row)
        for wanted, rows in find_named(client, NAS_SERVER, ids, [server_select(cluster.release)]).items()
        for row in rows
        if str(row["id"]) == wanted
    }
    jobs = _under_way(client, cluster, unread) if cluster.release >= FIRST_RELEASE else []
    informed = [
        replace(
            each,
            named=others.get(each.wish.clone_id or ""),
            under_way=tuple(job for job in jobs if each.server and job.resource_id == each.server.id),
        )
        for each in found
    ]
    lost = tuple(dict.fromkeys(str(each) for each in unread))
    return Array(cluster, clones, incomplete=lost), informed


def read_again(client: Client, array: Array, found: t.Sequence[Found]) -> tuple[Array, list[Found]]:
    """The clones as they are now, with what of them is under way. Raises PowerStoreError."""
    return _for_stop(client, array.cluster, found, [])


def _under_way(client: Client, cluster: Cluster, unread: list[Unread]) -> list[CloneJob]:
    """The clones of this account that the array is still at; none where its jobs cannot be read."""
    try:
        jobs = read_clone_jobs(client, deadline=time.monotonic() + _PATIENCE, open_only=True)
    except PowerStoreError as error:
        if not any(each.what == LOG for each in unread):
            unread.append(Unread(LOG, error))
        return []
    since = (cluster.system_time or datetime.now(UTC)) - _LOOK_BACK
    return [
        job
        for job in jobs
        if job.phase not in FINAL_PHASES
        and (job.start_time is None or job.start_time >= since)
        and client.is_own(job.user) is not False
    ]


# NAS servers and sessions


def _servers(client: Client, cluster: Cluster, wishes: t.Sequence[Wish], unread: list[Unread] | None) -> list[Found]:
    """The NAS server of each wish, with its session."""
    select = [server_select(cluster.release)]
    named = find_named(client, NAS_SERVER, [w.selector.value for w in wishes if w.selector.by == NAS_SERVER], select)
    by_session = [w.selector.value for w in wishes if w.selector.by == "session_id"]
    of_ids = {s.id: s for s in read_sessions_by(client, cluster.release, "id", by_session, unread=unread)}
    resources = [session.local_resource_id for session in of_ids.values() if session.resource_type == NAS_SERVER]
    by_id = find_named(client, NAS_SERVER, resources, select)
    found = [_server(wish, cluster, named, of_ids, by_id) for wish in wishes]
    return _with_sessions(client, cluster, _each_once(found), unread)


def _server(
    wish: Wish,
    cluster: Cluster,
    named: t.Mapping[str, list[Json]],
    sessions: t.Mapping[str, ReplicationSession],
    by_id: t.Mapping[str, list[Json]],
) -> Found:
    selector = wish.selector
    if selector.by == CLONE:
        return Found(wish=wish)
    if selector.by == NAS_SERVER:
        rows = named[selector.value]
        if len(rows) == 1:
            return Found(wish=wish, server=NasServer.from_row(rows[0]))
        if rows:
            ids = ", ".join(str(row["id"]) for row in rows)
            return Found(wish=wish, error=AmbiguousError(f"{cluster.name} has more than one {selector}: {ids}."))
        return Found(wish=wish, error=_no_server(wish, cluster))
    session = sessions.get(selector.value)
    if session is None:
        return Found(wish=wish, error=NotFoundError(f"No {selector} on {cluster.name}: expected one that it lists."))
    if session.resource_type != NAS_SERVER:
        message = f"The {session.label} replicates a {session.resource_type}: expected the session of a NAS server."
        return Found(wish=wish, error=NotFoundError(message))
    rows = by_id.get(session.local_resource_id, [])
    if not rows:
        message = f"The NAS server {session.local_resource_id} of {selector} is not on {cluster.name}."
        return Found(wish=wish, error=NotFoundError(message))
    return Found(wish=wish, server=NasServer.from_row(rows[0]), session=session)


def _no_server(wish: Wish, cluster: Cluster) -> NotFoundError:
    return NotFoundError(
        f"No {wish.selector} on {cluster.name}: expected the name or id of one on this array, found none. Is it named "
        "differently here than on the other array? A DR-test clone that is left can be removed by its clone_id."
    )


def _each_once(found: t.Sequence[Found]) -> list[Found]:
    """Two entries for one NAS server are refused, unless each names a clone of its own."""
    keys = [(f.server.id, f.wish.clone_id) if f.server else None for f in found]
    count = Counter(keys)
    return [
        replace(f, error=AmbiguousError(f"The {f.server.label} is asked for {count[key]} times: name it once."))
        if key and f.server and count[key] > 1
        else f
        for f, key in zip(found, keys, strict=True)
    ]


def _with_sessions(
    client: Client, cluster: Cluster, found: t.Sequence[Found], unread: list[Unread] | None
) -> list[Found]:
    ids = sorted({f.server.id for f in found if f.server and f.session is None})
    try:
        sessions = read_sessions_by(client, cluster.release, "local_resource_id", ids, unread=unread)
    except PowerStoreError as error:
        if unread is None:
            raise
        unread.append(Unread("the replication sessions of the NAS servers", error))
        sessions = []
    of_server: dict[str, list[ReplicationSession]] = defaultdict(list)
    for session in sessions:
        of_server[session.local_resource_id].append(session)
    return [_with_session(f, of_server[f.server.id]) if f.server and f.session is None else _named(f) for f in found]


def _with_session(found: Found, sessions: t.Sequence[ReplicationSession]) -> Found:
    """The destination's session where there is one: a NAS server may be replicated on to a third array."""
    chosen = next((s for s in sessions if s.role == "Destination"), sessions[0] if sessions else None)
    return _named(replace(found, session=chosen))


def _named(found: Found) -> Found:
    session, server = found.session, found.server
    return replace(found, session=session.named(server.name)) if session and server else found


def _with_taken_names(client: Client, cluster: Cluster, found: t.Sequence[Found], desired: Desired) -> list[Found]:
    """With the NAS server that has the name of the clone, where it is no DR test."""
    names = {f.server.id: clone_name(desired.label, f.server.id, f.server.name) for f in found if f.server}
    taken = find_named(client, NAS_SERVER, names.values(), [server_select(cluster.release)])
    servers = {name: NasServer.from_row(rows[0]) for name, rows in taken.items() if rows}

    def informed(each: Found) -> Found:
        server = servers.get(names[each.server.id]) if each.server else None
        return replace(each, named=server) if server and not server.is_dr_test else each

    return [informed(each) for each in found]
