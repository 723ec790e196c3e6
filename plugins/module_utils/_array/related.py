# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is related to replication sessions: objectives, recovery points, volumes, hosts, alerts, running tests. Pure.

`read_related` reads it, `_findings.related` says what should be known of it.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .._json import Json
from .._time import format_time
from .fields import Unread
from .session import Cluster, ReplicationSession, Snapshot


@dataclass(frozen=True, slots=True)
class Volume:
    """One destination volume of a session, with what a host sees it by."""

    id: str
    name: str
    state: str | None
    wwn: str | None
    size: int | None  # bytes
    hosts: tuple[str, ...] | None  # None: the mappings could not be read
    appliance_id: str | None = None

    def as_result(self) -> Json:
        """One entry of ``volumes`` in a result."""
        return {
            "id": self.id,
            "name": self.name,
            "state": self.state,
            "wwn": self.wwn,
            "size": self.size,
            "hosts": None if self.hosts is None else list(self.hosts),
        }


@dataclass(frozen=True, slots=True)
class RunningTest:
    """Who started the running failover test and when, and where that was read: ``job``, ``audit_event`` or nowhere."""

    started_at: datetime | None = None
    started_by: str | None = None
    source: str = "unavailable"

    def age(self, cluster: Cluster) -> timedelta | None:
        """How long it has been running by the array's clock; None where its start is not known."""
        if self.started_at is None or cluster.system_time is None:
            return None
        return cluster.system_time - self.started_at


@dataclass(frozen=True, slots=True)
class Alert:
    """An active alert about a session or an appliance."""

    id: str
    severity: str | None  # SeverityEnum: Critical, Major, Minor, Info, None
    event_code: str | None
    description: str | None
    raised_at: datetime | None
    is_acknowledged: bool
    resource_name: str | None = None

    def as_result(self) -> Json:
        """One entry of ``alerts`` in a result."""
        return {
            "id": self.id,
            "severity": self.severity,
            "event_code": self.event_code,
            "description": self.description,
            "raised_at": format_time(self.raised_at),
            "is_acknowledged": self.is_acknowledged,
        }


@dataclass(frozen=True, slots=True)
class Related:
    """Everything related to a set of sessions, by the ids that the sessions refer to.

    What has vanished between two queries is missing here. Both kinds of alerts are None where the account may not read
    them. What is missing because its collection is in ``lost`` was not read, and nothing follows from that.
    """

    rpo_seconds: t.Mapping[str, int] = field(default_factory=dict)
    rule_names: t.Mapping[str, str] = field(default_factory=dict)
    members: t.Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    volumes: t.Mapping[str, Volume] = field(default_factory=dict)
    running: t.Mapping[str, RunningTest] = field(default_factory=dict)
    alerts: t.Mapping[str, tuple[Alert, ...]] | None = field(default_factory=dict)
    appliance_alerts: t.Mapping[str, tuple[Alert, ...]] | None = field(default_factory=dict)  # critical, by appliance
    replicating: t.Mapping[str, tuple[Json, ...]] = field(default_factory=dict)  # rows of sessions by local resource
    unread: tuple[Unread, ...] = ()  # rows, attributes and collections that could not be read
    lost: frozenset[str] = frozenset()  # the collections among them

    def volume_ids_of(self, session: ReplicationSession) -> tuple[str, ...]:
        """The ids of its destination volumes: the volume itself, or the members of the volume group."""
        return volume_ids(session, self.members)

    def volumes_of(self, session: ReplicationSession) -> tuple[Volume, ...]:
        """Those of its destination volumes that were found."""
        return tuple(self.volumes[i] for i in self.volume_ids_of(session) if i in self.volumes)

    def alerts_of_appliances(self, session: ReplicationSession) -> tuple[Alert, ...]:
        """The critical alerts about the appliances that its volumes are on."""
        appliances = dict.fromkeys(volume.appliance_id for volume in self.volumes_of(session))
        return tuple(alert for each in appliances for alert in (self.appliance_alerts or {}).get(each or "", ()))

    def objective(self, session: ReplicationSession) -> int | None:
        """The RPO objective of the session's replication rule in seconds; None where it has no rule."""
        return self.rpo_seconds.get(session.replication_rule_id or "")

    def running_test(self, session: ReplicationSession) -> RunningTest:
        """Who started the test that runs on this session."""
        return self.running.get(session.id, RunningTest())


def volume_ids(session: ReplicationSession, members: t.Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The ids of a session's destination volumes; the replicated pairs tell where the group was not found."""
    if session.resource_type == "volume":
        return (session.local_resource_id,)
    if session.resource_type == "volume_group":
        return members.get(session.local_resource_id) or session.local_element_ids
    return ()


_AHEAD = timedelta(seconds=10)  # production's clock may be ahead by so much; a later time was stamped by a wrong one


@dataclass(frozen=True, slots=True)
class RecoveryPoint:
    """How old the data at the destination is, by the array's clock; not measured where it lies in the future."""

    timestamp: datetime | None
    age: timedelta | None
    objective_seconds: int | None

    @classmethod
    def of(cls, session: ReplicationSession, objective: int | None, cluster: Cluster) -> RecoveryPoint:
        """The recovery point of a session's replication; None for what the array does not tell."""
        timestamp = session.recovery_point if cluster.system_time else None
        return cls(timestamp, _age(timestamp, cluster), objective)

    @classmethod
    def of_snapshot(cls, snapshot: Snapshot, cluster: Cluster) -> RecoveryPoint:
        """That of a test from a snapshot: the moment of the source that it holds. It says nothing of the RPO."""
        return cls(snapshot.source_timestamp, _age(snapshot.source_timestamp, cluster), None)

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


def _age(moment: datetime | None, cluster: Cluster) -> timedelta | None:
    if moment is None or cluster.system_time is None:
        return None
    age = cluster.system_time - moment
    return None if age < -_AHEAD else age
