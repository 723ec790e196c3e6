# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is on the array: its cluster, its replication sessions, and what selectors and snapshot names lead to.

Everything is read in bulk: the number of requests grows with pages and URLs, never with sessions.
"""

from __future__ import annotations

import re
import typing as t
from collections import Counter, defaultdict
from datetime import UTC, datetime

from .._errors import (
    AmbiguousError,
    NotFoundError,
    ProtocolError,
)
from .._json import Json
from .._time import parse_time
from .client import Client, Query, chunks, path_id
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
_PLAIN = re.compile(r"[\w.@ -]+", re.ASCII)  # needs no quoting inside in.(…)
_WITH_SNAPSHOTS = ("volume", "volume_group")  # whose snapshots have rows in the same collection
_SNAPSHOT_SELECT = ("select", "id,name,type,protection_data")


def read_cluster(client: Client) -> Cluster:
    """The array's identity, release and clock: two requests."""
    software = client.get(
        "/software_installed",
        [("select", "id,release_version,is_cluster"), ("is_cluster", "eq.true")],
        doing="Reading the PowerStoreOS version",
    )
    version = str(_only(software, "installed PowerStoreOS version").get("release_version"))
    clock = ",system_time" if Release.parse(version) >= (2, 0) else ""
    asked_at = datetime.now(UTC)
    rows = client.get(
        "/cluster", [("select", f"id,name,global_id{clock}")], doing="Reading the cluster's name and clock"
    )
    cluster = _only(rows, "cluster")
    system_time = parse_time(cluster.get("system_time"))
    # The array looked at its clock at some time between question and answer; the middle is wrong by half of that.
    middle = asked_at + (datetime.now(UTC) - asked_at) / 2
    return Cluster(
        name=str(cluster.get("name")),
        global_id=str(cluster.get("global_id")),
        release_version=version,
        system_time=system_time,
        clock_skew_seconds=None if system_time is None else round((system_time - middle).total_seconds(), 3),
    )


def _only(rows: t.Any, what: str) -> Json:
    if not isinstance(rows, list) or not rows or not isinstance(rows[0], dict):
        raise ProtocolError(f"The array answered without a row for its {what}: is this a PowerStore?")
    row: Json = rows[0]
    return row


def session_select(release: Release) -> tuple[str, str]:
    """The ``select`` for replication sessions: an attribute that a release does not have fails the whole query."""
    names = (
        "id,role,state,resource_type,last_sync_timestamp,local_resource_id,remote_resource_id,remote_system_id,"
        "replication_rule_id,storage_element_pairs,remote_system(id,name,state,data_connection_state)"
    )
    if release >= (2, 0):
        names += ",failover_test_in_progress,last_sync_duration"
    if release >= (3, 0):
        names += ",type,error_code,data_connection_state"
    if release >= (4, 0):
        names += ",volumes(id,name),volume_groups(id,name)"
    return ("select", names)


def read_sessions(
    client: Client, release: Release, filters: Query = (), *, deadline: float | None = None
) -> list[ReplicationSession]:
    """All replication sessions that fit the filters, without names of resources where the array does not embed them."""
    rows = client.get_all(
        "replication_session",
        [session_select(release), *filters],
        doing="Reading replication sessions",
        deadline=deadline,
    )
    return [_session(row, release) for row in rows]


def read_sessions_by(
    client: Client, release: Release, attribute: str, values: t.Iterable[str], *, deadline: float | None = None
) -> list[ReplicationSession]:
    """The replication sessions whose ``attribute`` is one of ``values``."""
    rows = read_by(
        client,
        "replication_session",
        attribute,
        [value for value in values if _PLAIN.fullmatch(value)],  # no id of an array has other characters
        [session_select(release)],
        doing="Reading replication sessions",
        deadline=deadline,
    )
    return [_session(row, release) for row in rows]


def _session(row: Json, release: Release) -> ReplicationSession:
    # PowerStoreOS 1 does not have the flag and is not asked for it.
    return ReplicationSession.from_row(row if release >= (2, 0) else {**row, "failover_test_in_progress": None})


def resolve(client: Client, cluster: Cluster, selectors: t.Sequence[Selector]) -> list[Target | Unresolved]:
    """What each selector leads to, in their order; snapshots included. Nothing is raised for a name that is unknown."""
    resources = {
        by: find_named(client, by, [s.value for s in selectors if s.by == by]) for by in ("volume", "volume_group")
    }
    by_id = {
        session.id: session
        for session in read_sessions_by(
            client, cluster.release, "id", [s.value for s in selectors if s.by == "session_id"]
        )
    }
    by_resource: dict[str, list[ReplicationSession]] = defaultdict(list)
    resource_ids = [row["id"] for found in resources.values() for rows in found.values() for row in rows]
    resource_ids += [selector.value for selector in selectors if selector.by == "resource_id"]
    for session in read_sessions_by(client, cluster.release, "local_resource_id", resource_ids):
        by_resource[session.local_resource_id].append(session)

    found: list[ReplicationSession | Unresolved] = []
    for selector in selectors:
        if selector.by == "session_id":
            found.append(by_id.get(selector.value) or Unresolved(selector, _no_session(selector, cluster)))
        elif selector.by == "resource_id":
            found.append(_only_session(selector, by_resource[selector.value], cluster))
        else:
            found.append(_of_resource(selector, resources[selector.by][selector.value], by_resource, cluster))
    return _with_snapshots(client, selectors, _without_duplicates(selectors, name_resources(client, found)))


def find_named(client: Client, collection: str, values: t.Iterable[str], query: Query = ()) -> dict[str, list[Json]]:
    """The rows of ``/volume`` or ``/volume_group`` for names or ids; several rows where a name is not unique.

    Snapshots have rows in the same collections; without a ``select`` in the query they are left out.
    """
    select = list(query) or [("select", "id,name,type"), ("type", "neq.Snapshot")]
    doing = f"Looking up {collection.replace('_', ' ')}s by name"
    wanted = list(dict.fromkeys(values))

    ids = [value for value in wanted if _UUID.fullmatch(value)]
    by_id = {str(row["id"]): row for row in read_by(client, collection, "id", map(str.lower, ids), select, doing=doing)}
    found = {value: [by_id[value.lower()]] if value.lower() in by_id else [] for value in wanted}

    by_name: dict[str, list[Json]] = defaultdict(list)
    names = [value for value in wanted if not found[value]]
    for row in read_any(client, collection, _lookups_of_names(names), select, doing=doing):
        by_name[str(row.get("name")).casefold()].append(row)
    for name in names:
        folded = by_name[name.casefold()]
        found[name] = [row for row in folded if row.get("name") == name] or folded
    return found


def _lookups_of_names(names: t.Sequence[str]) -> list[tuple[str, str]]:
    """The filters that find these names: a single eq takes the rest of the parameter as it is, whatever it holds, while
    in.(…) would need quoting that is not documented."""
    plain = [name for name in names if _PLAIN.fullmatch(name) and name == name.strip()]
    together = [("name", f"in.({','.join(chunk)})") for chunk in chunks(plain)]
    return together + [("name", f"eq.{name}") for name in names if name not in set(plain)]


def name_resources(
    client: Client, sessions: t.Sequence[ReplicationSession | Unresolved]
) -> list[ReplicationSession | Unresolved]:
    """The sessions with the names of their local resources; one bulk query for each type whose names are not known."""
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
        rows = read_by(client, resource_type, "id", unnamed, query, doing="Reading the names of replicated resources")
        names.update((str(row["id"]), str(row.get("name"))) for row in rows)
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
        f"/{collection}/{path_id(snapshot_id)}", [_SNAPSHOT_SELECT], doing=f"Reading snapshot {snapshot_id}"
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
    return [row for row in rows if session.local_resource_id in Snapshot.from_row(row).source_ids]


def _no_session(selector: Selector, cluster: Cluster) -> NotFoundError:
    return NotFoundError(
        f"No {selector} on {cluster.name}: expected a session as this array lists it, found none. "
        "The list is what drdrill.powerstore.replication_session_info returns; ids may differ between the two sides."
    )


def _of_resource(
    selector: Selector,
    rows: t.Sequence[Json],
    by_resource: t.Mapping[str, t.Sequence[ReplicationSession]],
    cluster: Cluster,
) -> ReplicationSession | Unresolved:
    if not rows:
        other = "volume group" if selector.by == "volume" else "volume"
        return Unresolved(
            selector,
            NotFoundError(
                f"No {selector} on {cluster.name}: expected the name or id of one on this array, found none. "
                f"Is it a {other}, or named differently here than on the other array?"
            ),
        )
    sessions = [session for row in rows for session in by_resource[row["id"]]]
    if len(sessions) == 1:
        return sessions[0].named(str(rows[0]["name"]) if len(rows) == 1 else sessions[0].resource_name)
    if not sessions:
        hint = " A member of a volume group is replicated with its group: name that." if selector.by == "volume" else ""
        return Unresolved(
            selector,
            NotFoundError(
                f"No replication session of {selector} on {cluster.name}: it exists but is not replicated by itself."
                + hint
            ),
        )
    return _only_session(selector, sessions, cluster)


def _only_session(
    selector: Selector, sessions: t.Sequence[ReplicationSession], cluster: Cluster
) -> ReplicationSession | Unresolved:
    if not sessions:
        return Unresolved(selector, _no_session(selector, cluster))
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
        collection: find_named(client, collection, wanted, [_SNAPSHOT_SELECT])
        for collection in ("volume", "volume_group")
    }
    targets: list[Target | Unresolved] = []
    for selector, session in zip(selectors, found, strict=True):
        if isinstance(session, Unresolved):
            targets.append(session)
        elif selector.snapshot is None:
            targets.append(Target(selector, session))
        else:
            targets.append(Target(selector, session, _choice(selector.snapshot, session, rows)))
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
