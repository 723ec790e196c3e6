# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the selectors of a task lead to: replication sessions with their snapshots, or why there is none.

Everything is read in bulk: the number of requests grows with pages and URLs, never with selectors.
"""

from __future__ import annotations

import typing as t
from collections import Counter, defaultdict

from .._errors import AmbiguousError, NotFoundError, PowerStoreError, ProtocolError
from .._json import Json
from .._words import NAS_SERVER
from .client import Client
from .fields import Fields, Unread
from .lookup import SNAPSHOT_SELECT, WITH_SNAPSHOTS, find_named, name_resources, read_sessions_by
from .session import Cluster, ReplicationSession, Selector, Snapshot, SnapshotChoice, Target, Unresolved

_NAMED = (*WITH_SNAPSHOTS, NAS_SERVER)  # collections whose rows a selector names


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
    """A session is not started if anything of it could not be read: that may be its state."""
    if isinstance(found, Unresolved) or not found.problems:
        return found
    problems = "; ".join(found.problems.values())
    return Unresolved(selector, ProtocolError(f"The {found.label} is not as the API's description has it: {problems}."))


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
            f"{selector} matches {len(sessions)} replication sessions on {cluster.name}: {candidates}. "
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
        collection: find_named(client, collection, wanted, [select]) for collection, select in SNAPSHOT_SELECT.items()
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
