# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is around replication sessions: objectives, volumes, hosts, and who started a running test. Read in bulk."""

from __future__ import annotations

import typing as t
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ansible_collections.drdrill.powerstore.plugins.module_utils._errors import PowerStoreError, UnreachableError
from ansible_collections.drdrill.powerstore.plugins.module_utils._jobs import START, read_jobs
from ansible_collections.drdrill.powerstore.plugins.module_utils._rest import Client, Json
from ansible_collections.drdrill.powerstore.plugins.module_utils._session import (
    RPO_SECONDS,
    Cluster,
    ReplicationSession,
    format_time,
)


@dataclass(frozen=True, slots=True)
class Volume:
    """One destination volume of a session, with what a host sees it by."""

    id: str
    name: str
    state: str | None
    wwn: str | None
    size: int | None  # bytes
    hosts: tuple[str, ...]

    def as_result(self) -> Json:
        """One entry of ``volumes`` in a result."""
        return {
            "id": self.id,
            "name": self.name,
            "state": self.state,
            "wwn": self.wwn,
            "size": self.size,
            "hosts": list(self.hosts),
        }


@dataclass(frozen=True, slots=True)
class RunningTest:
    """Who started the running failover test and when, as far as the account may read the array's jobs."""

    started_at: datetime | None = None
    started_by: str | None = None
    source: str = "unavailable"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Everything related to a set of sessions, by the ids that the sessions refer to."""

    rpo_seconds: t.Mapping[str, int] = field(default_factory=dict)
    rule_names: t.Mapping[str, str] = field(default_factory=dict)
    members: t.Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    volumes: t.Mapping[str, Volume] = field(default_factory=dict)
    running: t.Mapping[str, RunningTest] = field(default_factory=dict)

    def volumes_of(self, session: ReplicationSession) -> tuple[Volume, ...]:
        """The destination volumes of a session: the volume itself, or the members of the volume group."""
        return tuple(self.volumes[i] for i in _volume_ids(session, self.members) if i in self.volumes)

    def objective(self, session: ReplicationSession) -> int | None:
        """The RPO objective of the session's replication rule in seconds; None where it has no rule."""
        return self.rpo_seconds.get(session.replication_rule_id or "")


def read_surroundings(client: Client, sessions: t.Sequence[ReplicationSession]) -> Surroundings:
    """Read what is around these sessions: the requests grow with pages and URLs, not with sessions."""
    rules = client.get_by(
        "replication_rule",
        "id",
        [s.replication_rule_id for s in sessions if s.replication_rule_id],
        [("select", "id,name,rpo")],
        doing="Reading replication rules",
    )
    groups = client.get_by(
        "volume_group",
        "id",
        [s.local_resource_id for s in sessions if s.resource_type == "volume_group"],
        [("select", "id,volumes(id)")],
        doing="Reading the members of volume groups",
    )
    members = {str(group["id"]): tuple(str(v["id"]) for v in group.get("volumes") or ()) for group in groups}
    volume_ids = [volume_id for session in sessions for volume_id in _volume_ids(session, members)]
    return Surroundings(
        rpo_seconds={str(rule["id"]): RPO_SECONDS[rule["rpo"]] for rule in rules if rule.get("rpo") in RPO_SECONDS},
        rule_names={str(rule["id"]): str(rule.get("name")) for rule in rules},
        members=members,
        volumes=_read_volumes(client, volume_ids),
        running=_read_running(client, [session for session in sessions if session.in_test]),
    )


def _volume_ids(session: ReplicationSession, members: t.Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    if session.resource_type == "volume":
        return (session.local_resource_id,)
    if session.resource_type == "volume_group":
        return members.get(session.local_resource_id) or session.local_element_ids
    return ()


def _read_volumes(client: Client, ids: t.Sequence[str]) -> dict[str, Volume]:
    rows = client.get_by(
        "volume", "id", ids, [("select", "id,name,state,wwn,size")], doing="Reading the destination volumes"
    )
    mappings = client.get_by(
        "host_volume_mapping",
        "volume_id",
        ids,
        [("select", "id,volume_id,host(name),host_group(name)")],
        doing="Reading which hosts the destination volumes are mapped to",
    )
    hosts: dict[str, set[str]] = defaultdict(set)
    for mapping in mappings:
        target = mapping.get("host") or mapping.get("host_group") or {}
        hosts[str(mapping["volume_id"])].add(str(target.get("name") or "unnamed host"))
    return {
        str(row["id"]): Volume(
            id=str(row["id"]),
            name=str(row.get("name")),
            state=row.get("state"),
            wwn=row.get("wwn"),
            size=row.get("size"),
            hosts=tuple(sorted(hosts[str(row["id"])])),
        )
        for row in rows
    }


def _read_running(client: Client, sessions: t.Sequence[ReplicationSession]) -> dict[str, RunningTest]:
    """Start and account of running tests, from the newest start job of each; openly unavailable where not readable."""
    if not sessions:
        return {}
    try:
        jobs = read_jobs(client, [session.id for session in sessions], [START])
    except UnreachableError:
        raise
    except PowerStoreError:  # the account may not read jobs, or this release has no such log
        jobs = []
    found: dict[str, RunningTest] = {session.id: RunningTest() for session in sessions}
    for job in reversed(jobs):
        if job.phase != "Failed":
            found[job.session_id] = RunningTest(job.start_time, job.user, "job")
    return found


@dataclass(frozen=True, slots=True)
class RecoveryPoint:
    """How old the data at the destination is, by the array's clock.

    A cycle delivers the source as it was when the cycle began (API description of ``sync``). Whether
    ``last_sync_timestamp`` is the begin or the end of the cycle is not documented, so the older reading is taken:
    ``last_sync_timestamp - last_sync_duration``.
    """

    timestamp: datetime | None
    age: timedelta | None
    objective_seconds: int | None

    @classmethod
    def of(cls, session: ReplicationSession, objective: int | None, cluster: Cluster) -> RecoveryPoint:
        """The recovery point of a session; None for what the array does not tell."""
        if session.last_sync_timestamp is None or cluster.system_time is None:
            return cls(None, None, objective)
        timestamp = session.last_sync_timestamp - (session.last_sync_duration or timedelta())
        return cls(timestamp, cluster.system_time - timestamp, objective)

    @property
    def met(self) -> bool | None:
        """Whether the age is within the objective; None where either is not known. Not measured is never met."""
        if self.age is None or self.objective_seconds is None:
            return None
        return self.age.total_seconds() <= self.objective_seconds

    def as_result(self) -> Json:
        """The four values that results name."""
        return {
            "rpo_objective_seconds": self.objective_seconds,
            "recovery_point_timestamp": format_time(self.timestamp),
            "recovery_point_age_seconds": None if self.age is None else round(self.age.total_seconds(), 3),
            "rpo_met": self.met,
        }
