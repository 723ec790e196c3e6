# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What would make a drill prove less than a person expects: findings of what is related to a session. Pure.

None of them is a blocker: what the array refuses to start on is in the session itself, see `start_stop`.
"""

from __future__ import annotations

import typing as t
from datetime import timedelta

from .._array.related import Alert, RecoveryPoint, Related
from .._array.session import Cluster, ReplicationSession
from .._time import format_time, in_words
from .._words import INFO
from .finding import Finding, Findings
from .start_stop import LOST

_SHOWN = 5  # so many names of volumes are in a message
_BLOCK = ("volume", "volume_group")


def assess_related(session: ReplicationSession, related: Related, cluster: Cluster) -> Findings:
    """The findings of one session, those of its replication first; only alerts of one that has no failover test."""
    alerts = tuple(_alerts(session, related))
    if session.resource_type not in _BLOCK:
        return alerts
    return (
        *_recovery_point(session, related, cluster),
        *_copy(session),
        *_connection(session),
        *alerts,
        *_appliances(session, related),
        *_members(session, related),
        *_volumes(session, related),
        *_twice(session, related),
    )


def _recovery_point(session: ReplicationSession, related: Related, cluster: Cluster) -> t.Iterator[Finding]:
    point = RecoveryPoint.of(session, related.objective(session), cluster)
    if point.met is None:
        why = _why_not_measured(point, rules_known="replication_rule" not in related.lost)
        yield Finding.of("rpo.not_measured", session, f"The {session.label} {why}.")
    elif not point.met and point.age is not None:
        objective = timedelta(seconds=point.objective_seconds or 0)
        message = f"The recovery point of the {session.label} is {_exactly(point.age)} old; "
        message += f"the objective is {_exactly(objective)}."
        yield Finding.of("rpo.exceeded", session, message)


def _why_not_measured(point: RecoveryPoint, *, rules_known: bool) -> str:
    if point.age is not None:
        return "has no replication rule with an RPO" if rules_known else "has a replication rule that could not be read"
    if point.timestamp is None:
        return "has no synchronisation yet"
    return f"has its last synchronisation at {format_time(point.timestamp)}, which lies in the future or is not known"


def _copy(session: ReplicationSession) -> t.Iterator[Finding]:
    if session.error_code:
        message = f"The last synchronisation of the {session.label} ended with error {session.error_code}."
        yield Finding.of("session.error", session, message)


def _connection(session: ReplicationSession) -> t.Iterator[Finding]:
    """What is neither OK nor lost; a remote system that is lost is a finding of the start itself."""
    remote = session.remote_system
    problems = [
        f"{attribute.replace('_', ' ')} {remote[attribute]}"
        for attribute, lost in LOST.items()
        if remote.get(attribute) not in (None, "OK", *lost)
    ]
    if problems:
        problems = [f"the remote system {remote.get('name')} has {' and '.join(problems)}"]
    if session.data_connection_state not in (None, "OK"):
        problems.append(f"the session has data connection state {session.data_connection_state}")
    if problems:
        yield Finding.of("link.degraded", session, f"Replication of the {session.label}: {', '.join(problems)}.")


def _alerts(session: ReplicationSession, related: Related) -> t.Iterator[Finding]:
    if related.alerts is None:
        message = f"Alerts cannot be read with this account, so those about the {session.label} are not known."
        yield Finding.of("alerts.not_readable", session, message)
        return
    for alert in related.alerts.get(session.id, ()):
        message = _about(alert, f"the {session.label}")
        yield Finding.of("alert.active", session, message, INFO if alert.severity in ("Info", "None") else None)


def _appliances(session: ReplicationSession, related: Related) -> t.Iterator[Finding]:
    if related.appliance_alerts is None and related.alerts is not None:  # else that is said of all alerts
        message = (
            f"Alerts of appliances cannot be read, so those about the appliances of the {session.label} are not known."
        )
        yield Finding.of("alerts.not_readable", session, message)
    for alert in related.alerts_of_appliances(session):
        message = _about(alert, f"the appliance {alert.resource_name or 'without a name'} of the {session.label}")
        yield Finding.of("appliance.alert", session, message)


def _about(alert: Alert, what: str) -> str:
    acknowledged = ", acknowledged" if alert.is_acknowledged else ""
    text = (alert.description or "no description").rstrip(".")
    return (
        f"Alert {alert.event_code} ({alert.severity}, raised {format_time(alert.raised_at)}{acknowledged}) "
        f"about {what}: {text}."
    )


def _members(session: ReplicationSession, related: Related) -> t.Iterator[Finding]:
    members = related.members.get(session.local_resource_id)
    if session.resource_type != "volume_group" or members is None:  # a group that has vanished is not empty
        return
    replicated = session.local_element_ids
    if not members:
        yield Finding.of("members.differ", session, f"The {session.label} has no volumes.")
    elif replicated and set(members) != set(replicated):  # without pairs the array does not say
        problems = [
            f"{word}: {_listed([_name(i, related) for i in ids])}"
            for word, ids in (
                ("in the group but not replicated", [i for i in members if i not in replicated]),
                ("replicated but not in the group", [i for i in replicated if i not in members]),
            )
            if ids
        ]
        yield Finding.of("members.differ", session, f"Volumes of the {session.label}: {'; '.join(problems)}.")


def _volumes(session: ReplicationSession, related: Related) -> t.Iterator[Finding]:
    volumes = related.volumes_of(session)
    unmapped = [volume.name for volume in volumes if volume.hosts == ()]
    if unmapped:
        message = f"Not mapped to any host on this array: {_listed(unmapped)} of the {session.label}."
        yield Finding.of("host.not_mapped", session, message)
    for volume in volumes:
        if volume.state not in (None, "Ready"):
            message = f"Volume {volume.name} of the {session.label} is {volume.state}: expected Ready."
            yield Finding.of("volume.not_ready", session, message)
    missing = [i for i in related.volume_ids_of(session) if i not in related.volumes]
    if missing and "volume" not in related.lost:
        message = f"Not found on this array: {_listed(missing)} of the {session.label}."
        yield Finding.of("volume.not_found", session, message)


def _twice(session: ReplicationSession, related: Related) -> t.Iterator[Finding]:
    if not session.local_resource_id:
        return
    others = [row for row in related.replicating.get(session.local_resource_id, ()) if row["id"] != session.id]
    if others:
        listed = _listed([f"{row['id']} ({row.get('role')}, {row.get('state')})" for row in others])
        message = f"The resource of the {session.label} is replicated by another session, too: {listed}."
        yield Finding.of("resource.replicated_twice", session, message)


def _name(volume_id: str, related: Related) -> str:
    found = related.volumes.get(volume_id)
    return found.name if found else volume_id


def _listed(names: t.Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _exactly(age: timedelta) -> str:
    seconds = f"{age.total_seconds():.0f} s"
    return seconds if in_words(age) == seconds else f"{seconds} ({in_words(age)})"
