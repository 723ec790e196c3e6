# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading replication sessions, rows by their names or ids, and snapshots.

Everything is read in bulk: the number of requests grows with pages and URLs, never with sessions.
"""

from __future__ import annotations

import re
import typing as t
from collections import defaultdict

from .._errors import PowerStoreError, ProtocolError
from .._json import Json
from .._words import kind_in_words
from .client import Client, Query, any_of, path_id
from .fields import Fields, Unread, note_or_raise
from .rows import read_any, read_by
from .session import RESOURCE_TYPES, Release, ReplicationSession, Snapshot, Unresolved

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
WITH_SNAPSHOTS = ("volume", "volume_group")  # whose snapshots have rows in the same collection
SNAPSHOT_SELECT: t.Final[t.Mapping[str, tuple[str, str]]] = {  # the snapshot set of a group has no state of its own
    "volume": ("select", "id,name,type,state,protection_data"),
    "volume_group": ("select", "id,name,type,protection_data"),
}


def session_select(release: Release) -> tuple[str, str]:
    """The ``select`` for replication sessions: an attribute that a release does not have fails the whole query."""
    remote = "remote_system(id,name,state,data_connection_state)"
    if not release.is_known:  # all that this array has, the flag among it
        return ("select", f"*,{remote}")
    names = (
        "id,role,state,resource_type,last_sync_timestamp,local_resource_id,remote_resource_id,remote_system_id,"
        f"replication_rule_id,storage_element_pairs,{remote}"
    )
    if release >= (2, 0):
        names += ",failover_test_in_progress,last_sync_duration"
    if release >= (3, 0):
        names += ",type,error_code,data_connection_state"
    if release >= (4, 0):
        names += ",volumes(id,name),volume_groups(id,name)"
    return ("select", names)


def read_sessions(
    client: Client,
    release: Release,
    filters: Query = (),
    *,
    deadline: float | None = None,
    unread: list[Unread] | None = None,
) -> list[ReplicationSession]:
    """All replication sessions that fit the filters, without names of resources where the array does not embed them.

    What a session lacks is in its ``problems``. ``unread``: where given, rows whose id or flag is not as described are
    noted there, so that they do not hide the others; else they raise ProtocolError. As long as anything is in it, it
    is not known that no test runs.
    """
    rows = client.get_all(
        "replication_session",
        [session_select(release), *filters],
        doing="Reading replication sessions",
        deadline=deadline,
        unread=unread,
    )
    return sessions_of(rows, release, unread)


def read_sessions_by(
    client: Client,
    release: Release,
    attribute: str,
    values: t.Iterable[str],
    *,
    deadline: float | None = None,
    unread: list[Unread] | None = None,
) -> list[ReplicationSession]:
    """The replication sessions whose ``attribute`` is one of ``values``; ``unread`` as for `read_sessions`."""
    rows = read_by(
        client,
        "replication_session",
        attribute,
        values,
        [session_select(release)],
        doing="Reading replication sessions",
        deadline=deadline,
        unread=unread,
    )
    return sessions_of(rows, release, unread)


def sessions_of(rows: t.Iterable[Json], release: Release, unread: list[Unread] | None) -> list[ReplicationSession]:
    """The sessions in rows that were read, which may lack all but id and flag; ``unread`` as for `read_sessions`."""
    sessions = []
    for row in rows:
        try:
            # PowerStoreOS 1 does not have the flag and is not asked for it.
            sessions.append(
                ReplicationSession.from_row(row if release >= (2, 0) else {**row, "failover_test_in_progress": None})
            )
        except ProtocolError as error:
            if unread is None:
                raise
            unread.append(Unread(f"replication session {row['id']}", error, str(row["id"])))
    return sessions


def find_named(client: Client, collection: str, values: t.Iterable[str], query: Query = ()) -> dict[str, list[Json]]:
    """The rows of a collection such as ``/volume`` for names or ids; several rows where a name is not unique.

    Snapshots have rows in some collections; without a ``select`` in the query they are left out.
    """
    own = [("select", "id,name,type"), ("type", "neq.Snapshot")] if collection in WITH_SNAPSHOTS else []
    select = list(query) or own or [("select", "id,name")]
    doing = f"Looking up {collection.replace('_', ' ')}s by name"
    wanted = list(dict.fromkeys(values))

    ids = [value for value in wanted if _UUID.fullmatch(value)]
    by_id = {str(row["id"]): row for row in read_by(client, collection, "id", map(str.lower, ids), select, doing=doing)}
    found = {value: [by_id[value.lower()]] if value.lower() in by_id else [] for value in wanted}

    by_name: dict[str, list[Json]] = defaultdict(list)
    names = [value for value in wanted if not found[value]]
    for row in read_any(client, collection, [("name", condition) for condition in any_of(names)], select, doing=doing):
        by_name[str(row.get("name")).casefold()].append(row)
    for name in names:
        folded = by_name[name.casefold()]
        found[name] = [row for row in folded if row.get("name") == name] or folded
    return found


def name_resources(
    client: Client, sessions: t.Sequence[ReplicationSession | Unresolved], unread: list[Unread] | None = None
) -> list[ReplicationSession | Unresolved]:
    """The sessions with the names of their local resources; one bulk query for each type whose names are not known.

    ``unread``: where given, names that cannot be read are noted there and left out; else that is raised.
    """
    names: dict[str, str] = {}
    for resource_type in RESOURCE_TYPES:
        unnamed = [
            session.local_resource_id
            for session in sessions
            if isinstance(session, ReplicationSession)
            and session.resource_type == resource_type
            and session.resource_name is None
            and session.local_resource_id
        ]
        query = [("select", "id,name")] + ([("type", "neq.Snapshot")] if resource_type in WITH_SNAPSHOTS else [])
        doing = "Reading the names of replicated resources"
        try:
            rows = read_by(client, resource_type, "id", unnamed, query, doing=doing, unread=unread)
        except PowerStoreError as error:
            note_or_raise(unread, f"the names of {kind_in_words(resource_type)}s", error)
            continue
        fields = [Fields(row, f"{resource_type} {row['id']}") for row in rows]
        names.update((each.identity(), name) for each in fields if (name := each.text("name")))
    return [
        session.named(session.resource_name or names.get(session.local_resource_id))
        if isinstance(session, ReplicationSession)
        else session
        for session in sessions
    ]


def read_snapshot(client: Client, session: ReplicationSession, snapshot_id: str) -> Snapshot:
    """One snapshot of the session's resource, read back."""
    collection = "volume_group" if session.resource_type == "volume_group" else "volume"
    row = client.get(
        f"/{collection}/{path_id(snapshot_id)}", [SNAPSHOT_SELECT[collection]], doing=f"Reading snapshot {snapshot_id}"
    )
    if not isinstance(row, dict):
        raise ProtocolError(f"Reading snapshot {snapshot_id}: expected one snapshot, found something else.")
    return Snapshot.from_row(row)


def find_snapshots(client: Client, session: ReplicationSession, prefix: str) -> list[Json]:
    """The rows of the resource's snapshots whose names start with ``prefix``, with ``creation_timestamp``."""
    collection = "volume_group" if session.resource_type == "volume_group" else "volume"
    rows = client.get_all(
        collection,
        [
            ("select", "id,name,type,creation_timestamp,protection_data"),
            ("type", "eq.Snapshot"),
            ("name", f"ilike.{prefix}*"),
        ],
        doing=f"Looking for snapshots of the {session.label}",
    )
    return [row for row in rows if session.local_resource_id in _source_ids(row)]


def _source_ids(row: Json) -> t.Collection[str]:
    try:
        return Snapshot.from_row(row).source_ids
    except ProtocolError:  # of an odd one it is not known whose it is
        return ()
