# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is on the array: its replication sessions, and what selectors and snapshot names lead to.

Everything is read in bulk: the number of requests grows with pages and URLs, never with sessions.
"""

from __future__ import annotations

import re
import typing as t
from collections import Counter, defaultdict

from .._errors import (
    AmbiguousError,
    NotFoundError,
    PowerStoreError,
    ProtocolError,
)
from .._json import Json
from .._words import NAS_SERVER, kind_in_words
from .client import Client, Query, any_of, path_id
from .fields import Fields, Unread, note_or_raise
from .rows import read_any, read_by
from .session import (
    RESOURCE_TYPES,
    Cluster,
    Release,
    ReplicationSession,
    Selector,
    Snapshot,
    SnapshotChoice,
    Target,
    Unresolved,
)

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_WITH_SNAPSHOTS = ("volume", "volume_group")  # whose snapshots have rows in the same collection
_NAMED = (*_WITH_SNAPSHOTS, NAS_SERVER)  # collections whose rows a selector names
_SNAPSHOT_SELECT: t.Final[t.Mapping[str, tuple[str, str]]] = {  # the snapshot set of a group has no state of its own
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


def resolve(
    client: Client,
    cluster: Cluster,
    selectors: t.Sequence[Selector],
    *,
    tolerant: bool = False,
    unread: list[Unread] | None = None,
) -> list[Target | Unresolved]:
    """What each selector leads to, in their order; snapshots included. Nothing is raised for a name that is unknown.

    A session that is not as described is unresolved, and spoils no other. ``tolerant``, for a stop: an id and a flag
    are enough, and names that cannot be read are left out; ``unread``: where given, they are noted there.
    """
    resources = {by: _find_resources(client, by, selectors, tolerant=tolerant) for by in _NAMED}
    unread = [] if unread is None else unread
    ids = [s.value for s in selectors if s.by == "session_id"]
    by_id = {session.id: session for session in read_sessions_by(client, cluster.release, "id", ids, unread=unread)}
    by_resource: dict[str, list[ReplicationSession]] = defaultdict(list)
    found_rows = [rows for found in resources.values() if isinstance(found, dict) for rows in found.values()]
    resource_ids = [row["id"] for rows in found_rows for row in rows]
    resource_ids += [selector.value for selector in selectors if selector.by == "resource_id"]
    for session in read_sessions_by(client, cluster.release, "local_resource_id", resource_ids, unread=unread):
        by_resource[session.local_resource_id].append(session)

    found: list[ReplicationSession | Unresolved] = []
    for selector in selectors:
        if selector.by == "session_id":
            found.append(by_id.get(selector.value) or Unresolved(selector, _no_session(selector, cluster, unread)))
        elif selector.by == "resource_id":
            found.append(_only_session(selector, by_resource[selector.value], cluster, unread))
        else:
            found.append(_of_resource(selector, resources[selector.by], by_resource, cluster, unread))
    if not tolerant:
        found = [_as_described(selector, entry) for selector, entry in zip(selectors, found, strict=True)]
    named = name_resources(client, found, unread if tolerant else None)
    return _with_snapshots(client, selectors, _without_duplicates(selectors, named))


def _find_resources(
    client: Client, by: str, selectors: t.Sequence[Selector], *, tolerant: bool
) -> dict[str, list[Json]] | PowerStoreError:
    """The rows that the selectors of one kind name; if ``tolerant`` the error of not finding out, for each of them."""
    try:
        return find_named(client, by, [s.value for s in selectors if s.by == by])
    except PowerStoreError as error:
        if not tolerant:
            raise
        return error


def _as_described(selector: Selector, found: ReplicationSession | Unresolved) -> ReplicationSession | Unresolved:
    """A session of which anything could not be read is not to be started: its state may be what was not read."""
    if isinstance(found, Unresolved) or not found.problems:
        return found
    problems = "; ".join(found.problems.values())
    return Unresolved(selector, ProtocolError(f"The {found.label} is not as the API's description has it: {problems}."))


def find_named(client: Client, collection: str, values: t.Iterable[str], query: Query = ()) -> dict[str, list[Json]]:
    """The rows of a collection such as ``/volume`` for names or ids; several rows where a name is not unique.

    Snapshots have rows in some collections; without a ``select`` in the query they are left out.
    """
    own = [("select", "id,name,type"), ("type", "neq.Snapshot")] if collection in _WITH_SNAPSHOTS else []
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
        query = [("select", "id,name")] + ([("type", "neq.Snapshot")] if resource_type in _WITH_SNAPSHOTS else [])
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
        f"/{collection}/{path_id(snapshot_id)}", [_SNAPSHOT_SELECT[collection]], doing=f"Reading snapshot {snapshot_id}"
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


def _no_session(selector: Selector, cluster: Cluster, unread: t.Sequence[Unread]) -> PowerStoreError:
    odd = next(
        (each for each in unread if each.session_id in (None, selector.value) or selector.by != "session_id"), None
    )
    if odd is not None:  # what was asked for may be what could not be read
        return odd.error
    return NotFoundError(
        f"No {selector} on {cluster.name}: expected a session as this array lists it, found none. "
        "The list is what drdrill.powerstore.replication_session_info returns; ids may differ between the two sides."
    )


def _of_resource(
    selector: Selector,
    resources: t.Mapping[str, t.Sequence[Json]] | PowerStoreError,
    by_resource: t.Mapping[str, t.Sequence[ReplicationSession]],
    cluster: Cluster,
    unread: t.Sequence[Unread],
) -> ReplicationSession | Unresolved:
    if isinstance(resources, PowerStoreError):
        return Unresolved(selector, resources)
    rows = resources[selector.value]
    if not rows:
        other = {"volume": "a volume group, or ", "volume_group": "a volume, or "}.get(selector.by, "")
        return Unresolved(
            selector,
            NotFoundError(
                f"No {selector} on {cluster.name}: expected the name or id of one on this array, found none. "
                f"Is it {other}named differently here than on the other array?"
            ),
        )
    sessions = [session for row in rows for session in by_resource[row["id"]]]
    if len(sessions) == 1:
        name = Fields(rows[0], selector.by).text("name") if len(rows) == 1 else None
        return sessions[0].named(name or sessions[0].resource_name)
    if not sessions and unread:
        return Unresolved(selector, _no_session(selector, cluster, unread))
    if not sessions:
        hint = " A member of a volume group is replicated with its group: name that." if selector.by == "volume" else ""
        return Unresolved(
            selector,
            NotFoundError(
                f"No replication session of {selector} on {cluster.name}: it exists but is not replicated by itself."
                + hint
            ),
        )
    return _only_session(selector, sessions, cluster, unread)


def _only_session(
    selector: Selector, sessions: t.Sequence[ReplicationSession], cluster: Cluster, unread: t.Sequence[Unread]
) -> ReplicationSession | Unresolved:
    if not sessions:
        return Unresolved(selector, _no_session(selector, cluster, unread))
    if len(sessions) == 1:
        return sessions[0]
    candidates = ", ".join(f"{session.id} ({session.role}, {session.state})" for session in sessions)
    return Unresolved(
        selector,
        AmbiguousError(
            f"{selector} fits {len(sessions)} replication sessions on {cluster.name}: {candidates}. "
            "Name the one that is meant by session_id."
        ),
    )


def _without_duplicates(
    selectors: t.Sequence[Selector], found: t.Sequence[ReplicationSession | Unresolved]
) -> list[ReplicationSession | Unresolved]:
    """A session that is asked for twice has two wishes on it, which may differ: neither is guessed."""
    times = Counter(session.id for session in found if isinstance(session, ReplicationSession))
    checked: list[ReplicationSession | Unresolved] = []
    for selector, session in zip(selectors, found, strict=True):
        if isinstance(session, ReplicationSession) and times[session.id] > 1:
            error = AmbiguousError(
                f"{selector} leads to {session.label}, which is asked for {times[session.id]} times in this task. "
                "Name each session once."
            )
            checked.append(Unresolved(selector, error))
        else:
            checked.append(session)
    return checked


def _with_snapshots(
    client: Client, selectors: t.Sequence[Selector], found: t.Sequence[ReplicationSession | Unresolved]
) -> list[Target | Unresolved]:
    wanted = [
        selector.snapshot
        for selector, session in zip(selectors, found, strict=True)
        if selector.snapshot and isinstance(session, ReplicationSession)
    ]
    # Both collections are asked: a volume's snapshot named for a volume group is a mistake worth naming.
    rows = {
        collection: find_named(client, collection, wanted, [select]) for collection, select in _SNAPSHOT_SELECT.items()
    }
    targets: list[Target | Unresolved] = []
    for selector, session in zip(selectors, found, strict=True):
        if isinstance(session, Unresolved):
            targets.append(session)
        elif selector.snapshot is None:
            targets.append(Target(selector, session))
        else:
            try:
                targets.append(Target(selector, session, _choice(selector.snapshot, session, rows)))
            except ProtocolError as error:
                targets.append(Unresolved(selector, error))
    return targets


def _choice(
    wanted: str, session: ReplicationSession, rows: t.Mapping[str, t.Mapping[str, t.Sequence[Json]]]
) -> SnapshotChoice:
    own = [Snapshot.from_row(row) for row in rows.get(session.resource_type, {}).get(wanted, ())]
    fitting = tuple(s for s in own if s.is_snapshot and session.local_resource_id in s.source_ids)
    others = tuple(
        snapshot
        for found in rows.values()
        for snapshot in map(Snapshot.from_row, found[wanted])
        if snapshot not in fitting
    )
    return SnapshotChoice(wanted, fitting, others)
