# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading what is related to replication sessions, in bulk: requests grow with pages and URLs, not with sessions.

Between two queries anything may vanish, and is then missing in what is returned. What the account may not read and a
drill can do without (alerts, jobs, audit events) is openly missing, too; everything else has to be readable. A row that
is not as the array's description has it spoils no other: it is in ``Related.unread``.
"""

from __future__ import annotations

import typing as t
from collections import Counter, defaultdict

from .._errors import PowerStoreError, ProtocolError, UnreachableError
from .._json import Json
from .client import Client, Query
from .fields import Fields, Unread
from .jobs import START, read_jobs
from .related import (
    Alert,
    Related,
    RunningTest,
    Volume,
    volume_ids,
)
from .rows import read_by
from .session import RPO_SECONDS, ReplicationSession

Sessions = t.Sequence[ReplicationSession]


def read_related(
    client: Client, sessions: Sessions, everything: Sessions | None = None, *, tolerant: bool = False
) -> Related:
    """What is related to these sessions. ``everything``: all sessions of the array, where they were read already.

    ``tolerant``: a collection that cannot be read (refused, failing) is in ``Related.unread``, too, instead of raised.
    """
    reader = _Reader(client, tolerant)
    rules = reader.rules(sessions)
    members = reader.members(sessions)
    volumes = reader.volumes([i for session in sessions for i in volume_ids(session, members)])
    return Related(
        rpo_seconds={
            rule_id: RPO_SECONDS[rpo] for rule_id, (_name, rpo) in rules.items() if rpo and rpo in RPO_SECONDS
        },
        rule_names={rule_id: name for rule_id, (name, _rpo) in rules.items()},
        members=members,
        volumes=volumes,
        running=read_running(client, [session for session in sessions if session.in_test], reader.unread),
        alerts=reader.alerts([session.id for session in sessions]),
        appliance_alerts=reader.appliance_alerts(volumes.values()),
        replicating=reader.replicating(sessions) if everything is None else _replicating(everything),
        unread=tuple(reader.unread),
        lost=frozenset(reader.lost),
    )


class _Reader:
    """Reads rows of collections, and notes what is not as described."""

    def __init__(self, client: Client, tolerant: bool) -> None:
        self._client = client
        self._tolerant = tolerant
        self.unread: list[Unread] = []
        self.lost: set[str] = set()  # collections that could not be read

    def rules(self, sessions: Sessions) -> dict[str, tuple[str, str | None]]:
        """Name and RPO by the id of the rule."""
        ids = [session.replication_rule_id for session in sessions if session.replication_rule_id]
        query = [("select", "id,name,rpo")]
        rows = self._rows("replication_rule", "id", ids, query, "Reading replication rules")
        return {row.identity(): (row.text("name") or row.identity(), row.text("rpo")) for row in rows}

    def members(self, sessions: Sessions) -> dict[str, tuple[str, ...]]:
        """The ids of the volumes by the id of the volume group."""
        groups = self._rows(
            "volume_group",
            "id",
            [session.local_resource_id for session in sessions if session.resource_type == "volume_group"],
            [("select", "id,volumes(id)"), ("type", "neq.Snapshot")],
            "Reading the members of volume groups",
        )
        return {
            group.identity(): tuple(filter(None, [volume.id_or_none("id") for volume in group.each("volumes")]))
            for group in groups
        }

    def volumes(self, ids: t.Sequence[str]) -> dict[str, Volume]:
        """The volumes with the hosts that they are mapped to."""
        query = [("select", "id,name,state,wwn,size,appliance_id"), ("type", "neq.Snapshot")]
        rows = self._rows("volume", "id", ids, query, "Reading the destination volumes")
        mappings = self._rows(
            "host_volume_mapping",
            "volume_id",
            ids,
            [("select", "id,volume_id,host(name),host_group(name)")],
            "Reading which hosts the destination volumes are mapped to",
        )
        hosts: dict[str, set[str]] = defaultdict(set)
        for mapping in mappings:
            target = mapping.inner("host") or mapping.inner("host_group")
            hosts[mapping.id_or_none("volume_id") or ""].add((target and target.text("name")) or "unnamed host")
        volumes = [
            Volume(
                id=row.identity(),
                name=row.text("name") or row.identity(),
                state=row.text("state"),
                wwn=row.text("wwn"),
                size=row.whole("size"),
                hosts=None if "host_volume_mapping" in self.lost else tuple(sorted(hosts[row.identity()])),
                appliance_id=row.id_or_none("appliance_id"),
            )
            for row in rows
        ]
        return {volume.id: volume for volume in volumes}

    def alerts(self, session_ids: t.Sequence[str]) -> dict[str, tuple[Alert, ...]] | None:
        """The active alerts of these sessions, newest first; None where the account may not read alerts."""
        return self._alerts(session_ids, [("resource_type", "eq.replication_session")], "Reading active alerts")

    def appliance_alerts(self, volumes: t.Iterable[Volume]) -> dict[str, tuple[Alert, ...]] | None:
        """The critical alerts of the volumes' appliances, such as that of write protect mode (api-facts 10)."""
        appliances = [volume.appliance_id for volume in volumes if volume.appliance_id]
        only = [("resource_type", "eq.appliance"), ("severity", "eq.Critical")]
        return self._alerts(appliances, only, "Reading active alerts of appliances")

    def _alerts(self, ids: t.Sequence[str], only: Query, doing: str) -> dict[str, tuple[Alert, ...]] | None:
        names = "id,resource_id,resource_name,severity,event_code,description_l10n,raised_timestamp,is_acknowledged"
        query = [("select", names), ("state", "eq.ACTIVE"), *only]
        rows = _if_readable(lambda: self._rows("alert", "resource_id", ids, query, doing))
        if rows is None:
            return None
        found: dict[str, list[Alert]] = defaultdict(list)
        for row in rows:
            alert = Alert(
                id=row.identity(),
                severity=row.text("severity"),
                event_code=row.text("event_code"),
                description=row.text("description_l10n"),
                raised_at=row.time("raised_timestamp"),
                is_acknowledged=row.flag("is_acknowledged") is True,
                resource_name=row.text("resource_name"),
            )
            found[row.id_or_none("resource_id") or ""].append(alert)
        return {about: tuple(sorted(alerts, key=_age, reverse=True)) for about, alerts in found.items()}

    def replicating(self, sessions: Sessions) -> dict[str, tuple[Json, ...]]:
        """Rows of sessions by their local resource."""
        rows = self._rows(
            "replication_session",
            "local_resource_id",
            [session.local_resource_id for session in sessions if session.local_resource_id],
            [("select", "id,role,state,local_resource_id")],
            "Reading other sessions of the same resources",
        )
        found: dict[str, tuple[Json, ...]] = defaultdict(tuple)
        for row in rows:
            shown = {"id": row.identity(), "role": row.text("role"), "state": row.text("state")}
            found[row.id_or_none("local_resource_id") or ""] += (shown,)
        return found

    def _rows(
        self, collection: str, attribute: str, values: t.Sequence[str], query: Query, doing: str
    ) -> t.Iterator[Fields]:
        """The rows one after the other; the problems of each are noted once it was used."""
        try:
            rows = read_by(self._client, collection, attribute, values, query, doing=doing, unread=self.unread)
        except PowerStoreError as error:
            if not self._tolerant or collection == "alert":
                raise
            self.unread.append(Unread(f"{collection.replace('_', ' ')}s", error))
            self.lost.add(collection)
            rows = []
        return self._noting(collection.replace("_", " "), rows)

    def _noting(self, what: str, rows: t.Iterable[Json]) -> t.Iterator[Fields]:
        for row in rows:
            fields = Fields(row, f"{what} {row['id']}")
            yield fields
            if fields.problems:
                self.unread.append(Unread(fields.what, ProtocolError(f"{'; '.join(fields.problems.values())}.")))


def _age(alert: Alert) -> float:
    return alert.raised_at.timestamp() if alert.raised_at else float("-inf")


def read_running(client: Client, sessions: Sessions, unread: list[Unread] | None = None) -> dict[str, RunningTest]:
    """Start and account of running tests: of the newest start in the array's jobs, else in its audit log.

    One odd row of either spoils no other; ``unread``: where given, they are noted there.
    """
    notes: list[Unread] = [] if unread is None else unread
    ids = [session.id for session in sessions]
    found: dict[str, RunningTest] = {}
    jobs = _if_readable(lambda: read_jobs(client, ids, [START], unread=notes) if ids else [])
    for job in reversed(jobs or []):
        if job.phase not in ("Failed", "Skipped"):  # neither of them began the test that runs
            found[job.session_id] = RunningTest(job.start_time, job.user, "job")
    unknown = [session for session in sessions if session.id not in found]
    return found | (_from_audit_log(client, unknown, notes) if unknown else {})


def _from_audit_log(client: Client, sessions: Sessions, notes: list[Unread]) -> dict[str, RunningTest]:
    """An audit event has no resource id: the session's id, or a name of no other, is among its arguments."""
    query = [
        ("select", "id,username,timestamp,message_arguments"),
        ("resource_type", "eq.replication_session"),
        ("resource_action", f"eq.{START}"),
        ("is_successful", "eq.true"),
    ]
    doing = "Reading the array's audit log"
    rows = _if_readable(lambda: client.get_all("audit_event", query, doing=doing, unread=notes)) or []
    times = Counter(session.resource_name for session in sessions)
    known = {session.resource_name: session.id for session in sessions if times[session.resource_name] == 1}
    known |= {session.id: session.id for session in sessions}
    found: dict[str, RunningTest] = {}
    for row in rows:
        event = Fields(row, f"audit event {row['id']}")
        for argument in known.keys() & set(event.texts("message_arguments")):
            started = RunningTest(event.time("timestamp"), event.text("username"), "audit_event")
            if _is_later(started, found.get(known[argument])):
                found[known[argument]] = started
    return found


def _is_later(one: RunningTest, other: RunningTest | None) -> bool:
    if other is None or other.started_at is None:
        return True
    return one.started_at is not None and one.started_at >= other.started_at


def _replicating(sessions: Sessions) -> dict[str, tuple[Json, ...]]:
    found: dict[str, tuple[Json, ...]] = defaultdict(tuple)
    for session in sessions:
        found[session.local_resource_id] += ({"id": session.id, "role": session.role, "state": session.state},)
    return found


Read = t.TypeVar("Read")


def _if_readable(read: t.Callable[[], Read]) -> Read | None:
    """What was read; None where the account may not read it, the release does not have it, or the array fails at it."""
    try:
        return read()
    except UnreachableError:
        raise
    except PowerStoreError:
        return None
