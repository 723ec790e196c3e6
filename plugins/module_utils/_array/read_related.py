# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading what is related to replication sessions, in bulk: requests grow with pages and URLs, not with sessions.

Between two queries anything may vanish, and is then missing in what is returned. What the account may not read and a
drill can do without (alerts, jobs, audit events) is openly missing, too; everything else has to be readable.
"""

from __future__ import annotations

import contextlib
import typing as t
from collections import Counter, defaultdict

from .._errors import (
    MALFORMED,
    PowerStoreError,
    ProtocolError,
    ServerFaultError,
    UnreachableError,
)
from .._json import Json
from .._time import parse_time
from .client import Client
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
Rows = list[Json]


def read_related(client: Client, sessions: Sessions, everything: Sessions | None = None) -> Related:
    """What is related to these sessions. ``everything``: all sessions of the array, where they were read already.

    Raises ProtocolError for rows that are not as the array's description has them.
    """
    try:
        return _read(client, sessions, everything)
    except MALFORMED as error:
        raise ProtocolError(
            f"What is related to the replication sessions is not as the array's description has it: {error!r}."
        ) from error


def _read(client: Client, sessions: Sessions, everything: Sessions | None) -> Related:
    rules = _read_rules(client, sessions)
    members = _read_members(client, sessions)
    return Related(
        rpo_seconds={str(rule["id"]): RPO_SECONDS[rule["rpo"]] for rule in rules if rule.get("rpo") in RPO_SECONDS},
        rule_names={str(rule["id"]): str(rule.get("name")) for rule in rules},
        members=members,
        volumes=_read_volumes(client, [i for session in sessions for i in volume_ids(session, members)]),
        running=read_running(client, [session for session in sessions if session.in_test]),
        alerts=_read_alerts(client, [session.id for session in sessions]),
        replicating=_read_replicating(client, sessions) if everything is None else _replicating(everything),
    )


def _read_rules(client: Client, sessions: Sessions) -> Rows:
    ids = [session.replication_rule_id for session in sessions if session.replication_rule_id]
    return read_by(
        client, "replication_rule", "id", ids, [("select", "id,name,rpo")], doing="Reading replication rules"
    )


def _read_members(client: Client, sessions: Sessions) -> dict[str, tuple[str, ...]]:
    groups = read_by(
        client,
        "volume_group",
        "id",
        [session.local_resource_id for session in sessions if session.resource_type == "volume_group"],
        [("select", "id,volumes(id)"), ("type", "neq.Snapshot")],
        doing="Reading the members of volume groups",
    )
    return {str(group["id"]): tuple(str(v["id"]) for v in group.get("volumes") or ()) for group in groups}


def _read_volumes(client: Client, ids: t.Sequence[str]) -> dict[str, Volume]:
    rows = read_by(
        client,
        "volume",
        "id",
        ids,
        [("select", "id,name,state,wwn,size"), ("type", "neq.Snapshot")],
        doing="Reading the destination volumes",
    )
    mappings = read_by(
        client,
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


def _read_alerts(client: Client, session_ids: t.Sequence[str]) -> dict[str, tuple[Alert, ...]] | None:
    """The active alerts of these sessions, newest first; None where the account may not read alerts."""
    query = [
        ("select", "id,resource_id,severity,event_code,description_l10n,raised_timestamp,is_acknowledged"),
        ("resource_type", "eq.replication_session"),
        ("state", "eq.ACTIVE"),
    ]
    rows = _if_readable(
        lambda: read_by(client, "alert", "resource_id", session_ids, query, doing="Reading active alerts")
    )
    if rows is None:
        return None
    found: dict[str, list[Alert]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: str(row.get("raised_timestamp")), reverse=True):
        alert = Alert(
            id=str(row["id"]),
            severity=row.get("severity"),
            event_code=row.get("event_code"),
            description=row.get("description_l10n"),
            raised_at=parse_time(row.get("raised_timestamp")),
            is_acknowledged=row.get("is_acknowledged") is True,
        )
        found[str(row["resource_id"])].append(alert)
    return {session_id: tuple(alerts) for session_id, alerts in found.items()}


def read_running(client: Client, sessions: Sessions) -> dict[str, RunningTest]:
    """Start and account of running tests: of the newest start in the array's jobs, else in its audit log."""
    found: dict[str, RunningTest] = {}
    jobs = _if_readable(lambda: read_jobs(client, [session.id for session in sessions], [START]) if sessions else [])
    for job in reversed(jobs or []):
        if job.phase not in ("Failed", "Skipped"):  # neither of them began the test that runs
            found[job.session_id] = RunningTest(job.start_time, job.user, "job")
    unknown = [session for session in sessions if session.id not in found]
    return found | (_from_audit_log(client, unknown) if unknown else {})


def _from_audit_log(client: Client, sessions: Sessions) -> dict[str, RunningTest]:
    """An audit event has no resource id: the session's id, or a name of no other, is among its arguments."""
    query = [
        ("select", "id,username,timestamp,message_arguments"),
        ("resource_type", "eq.replication_session"),
        ("resource_action", f"eq.{START}"),
        ("is_successful", "eq.true"),
    ]
    rows = _if_readable(lambda: client.get_all("audit_event", query, doing="Reading the array's audit log")) or []
    times = Counter(session.resource_name for session in sessions)
    known = {session.resource_name: session.id for session in sessions if times[session.resource_name] == 1}
    known |= {session.id: session.id for session in sessions}
    found: dict[str, RunningTest] = {}
    for row in sorted(rows, key=lambda row: str(row.get("timestamp"))):
        with contextlib.suppress(PowerStoreError, *MALFORMED):  # one odd row hides no other
            for argument in set(row.get("message_arguments") or ()) & known.keys():
                started = RunningTest(parse_time(row.get("timestamp")), row.get("username"), "audit_event")
                found[known[argument]] = started
    return found


def _read_replicating(client: Client, sessions: Sessions) -> dict[str, tuple[Json, ...]]:
    rows = read_by(
        client,
        "replication_session",
        "local_resource_id",
        [session.local_resource_id for session in sessions if session.local_resource_id],
        [("select", "id,role,state,local_resource_id")],
        doing="Reading other sessions of the same resources",
    )
    found: dict[str, tuple[Json, ...]] = defaultdict(tuple)
    for row in rows:
        found[str(row["local_resource_id"])] += (row,)
    return found


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
    except ServerFaultError:
        return None
    except UnreachableError:
        raise
    except PowerStoreError:
        return None
