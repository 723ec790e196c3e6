# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module replication_session_info does: select, resolve names, judge. It only reads."""

from __future__ import annotations

import fnmatch
import typing as t

from ansible_collections.drdrill.powerstore.plugins.module_utils._errors import PowerStoreError
from ansible_collections.drdrill.powerstore.plugins.module_utils._estate import (
    name_resources,
    read_cluster,
    read_sessions,
    resolve,
)
from ansible_collections.drdrill.powerstore.plugins.module_utils._readiness import (
    BLOCKER,
    Finding,
    Findings,
    assess_start,
    assess_surroundings,
)
from ansible_collections.drdrill.powerstore.plugins.module_utils._rest import Client, Json
from ansible_collections.drdrill.powerstore.plugins.module_utils._session import (
    Cluster,
    ReplicationSession,
    Row,
    Selector,
    Target,
    Unresolved,
    format_time,
)
from ansible_collections.drdrill.powerstore.plugins.module_utils._surroundings import (
    RecoveryPoint,
    RunningTest,
    Surroundings,
    read_surroundings,
)


def run_session_info(client: Client, selectors: t.Sequence[Selector], params: Row) -> Json:
    """The module's result. Raises the error of the first selector that leads to no session."""
    cluster = read_cluster(client)
    targets = [target for target in _selected(client, cluster, selectors) if _fits(target.session, params)]
    around = read_surroundings(client, [target.session for target in targets])
    return {
        "changed": False,
        "host": client.host,
        "account": client.account,
        "cluster": {
            **cluster.as_result(),
            "system_time": format_time(cluster.system_time),
            "clock_skew_seconds": cluster.clock_skew_seconds,
        },
        "sessions": [_view(target, around, cluster, client.is_own) for target in targets],
    }


def _selected(client: Client, cluster: Cluster, selectors: t.Sequence[Selector]) -> list[Target]:
    if not selectors:
        found = name_resources(client, read_sessions(client, cluster.release))
        return [Target(Selector("session_id", s.id), s) for s in found if isinstance(s, ReplicationSession)]
    targets: list[Target] = []
    for entry in resolve(client, cluster, selectors):
        if isinstance(entry, Unresolved):
            error: PowerStoreError = entry.error
            raise error
        targets.append(entry)
    return targets


def _fits(session: ReplicationSession, params: Row) -> bool:
    """Whether a session passes all filters; compared here, as the flag may be null and names hold any character."""
    exact = {
        "role": session.role,
        "resource_type": session.resource_type,
        "state": session.state,
        "failover_test_in_progress": session.in_test,
    }
    remote, name = params.get("remote_system"), params.get("name")
    return (
        all(params.get(key) in (None, value) for key, value in exact.items())
        and (remote is None or remote in (session.remote_system_id, session.remote_system.get("name")))
        and (name is None or fnmatch.fnmatchcase((session.resource_name or "").casefold(), name.casefold()))
    )


def _view(target: Target, around: Surroundings, cluster: Cluster, is_own: t.Callable[[str | None], bool]) -> Json:
    session = target.session
    recovery_point = RecoveryPoint.of(session, around.objective(session), cluster)
    findings = findings_of(target, around, cluster)
    volumes = around.volumes_of(session)
    return {
        "session_id": session.id,
        **session.as_condition(),
        "type": session.type,
        "resource_type": session.resource_type,
        "resource_name": session.resource_name,
        "resource_id": session.local_resource_id,
        "remote_resource_id": session.remote_resource_id,
        "remote_system": {"id": session.remote_system_id, "name": session.remote_system.get("name")},
        "replication_rule": {
            "id": session.replication_rule_id,
            "name": around.rule_names.get(session.replication_rule_id or ""),
        },
        **recovery_point.as_result(),
        "volumes": [volume.as_result() for volume in volumes],
        "hosts": sorted({host for volume in volumes for host in volume.hosts}),
        "failover_test": _running(session, around.running.get(session.id, RunningTest()), cluster, is_own),
        "ready": not any(finding.is_blocker for finding in findings),
        "findings": [finding.as_result() for finding in findings],
    }


def findings_of(target: Target, around: Surroundings, cluster: Cluster) -> Findings:
    """Everything that a person should know before a drill. A test that runs already stands against a drill."""
    session = target.session
    raised = (_raised(finding, session, around) for finding in assess_start(target, cluster))
    recovery_point = RecoveryPoint.of(session, around.objective(session), cluster)
    return (*raised, *assess_surroundings(session, recovery_point, around.volumes_of(session)))


def _raised(finding: Finding, session: ReplicationSession, around: Surroundings) -> Finding:
    if finding.rule.id != "test.already_running":
        return finding
    running = around.running.get(session.id, RunningTest())
    known = f"{finding.message} It was started by {running.started_by} at {format_time(running.started_at)}."
    message = known if running.started_by else f"{finding.message} Who started it is not known to this account."
    return Finding.of("test.already_running", session, message, BLOCKER)


def _running(
    session: ReplicationSession,
    running: RunningTest,
    cluster: Cluster,
    is_own: t.Callable[[str | None], bool],
) -> Json:
    age = None
    if session.in_test and running.started_at and cluster.system_time:
        age = round((cluster.system_time - running.started_at).total_seconds(), 3)
    return {
        "in_progress": None if session.is_file else session.in_test,
        "started_at": format_time(running.started_at),
        "started_by": running.started_by,
        "own": running.started_by is not None and is_own(running.started_by) if session.in_test else None,
        "age_seconds": age,
        "source": running.source if session.in_test else None,
    }
