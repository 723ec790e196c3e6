# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module replication_session_info does: select, resolve names, judge. It only reads."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, replace

from .._array.client import Client
from .._array.fields import Unread
from .._array.jobs import read_test_log
from .._array.lookup import name_resources, read_sessions
from .._array.read_cluster import read_cluster
from .._array.read_related import read_related
from .._array.related import RecoveryPoint, Related, Volume
from .._array.resolve import resolve
from .._array.session import Cluster, ReplicationSession, Row, Selector, Target, Unresolved
from .._errors import AmbiguousError, PowerStoreError
from .._findings.finding import Finding
from .._findings.weight import before_drill
from .._json import Json
from .._time import format_time
from . import nas
from .nas import NasTests, is_named

_DESTINATIONS: t.Final = (("role", "eq.Destination"),)
# Whether the array means this task's account; None: not clear.
IsOwn: t.TypeAlias = "t.Callable[[str | None], bool | None]"


@dataclass(frozen=True, slots=True)
class Selection:
    """What the task asks for, found on the array, in its order; and all sessions of the array where they were read."""

    entries: tuple[Target | Unresolved, ...]
    everything: tuple[ReplicationSession, ...] | None = None
    odd: tuple[Unread, ...] = ()  # rows whose id or flag cannot be read

    @property
    def sessions(self) -> list[ReplicationSession]:
        """The sessions that were found."""
        return [entry.session for entry in self.entries if isinstance(entry, Target)]

    @property
    def errors(self) -> list[PowerStoreError]:
        """Why selectors lead to no session, and sessions to no flag."""
        unresolved = [entry.error for entry in self.entries if isinstance(entry, Unresolved)]
        return [*unresolved, *(each.error for each in self.odd)]


def run_session_info(client: Client, selectors: t.Sequence[Selector], params: Row) -> Json:
    """The module's result; it fails where a selector leads to no session or a flag cannot be read, and has the others.

    What is not needed to know whether a test runs may be missing; it is in ``unread`` and in the findings.
    """
    unread: list[Unread] = []
    cluster = read_cluster(client, unread)
    selection = _selected(client, cluster, selectors, params, unread)
    tests = NasTests.read(client, cluster, selection.entries, params, unread)
    selection = replace(selection, entries=tuple(map(tests.known, selection.entries)))
    related = read_related(client, selection.sessions, selection.everything, tolerant=True)
    missing = [str(each) for each in (*unread, *related.unread)]
    log = {**_test_log(client, unread), "dr_test_clones": tests.as_log(cluster)} if params.get("test_log") else {}
    population = _population(client, cluster, selection, unread) if params.get("population") else {}
    return {
        "changed": False,
        "host": client.host,
        "account": client.account,
        "cluster": {
            **cluster.as_result(),
            "system_time": format_time(cluster.system_time),
            "clock_skew_seconds": cluster.clock_skew_seconds,
        },
        "sessions": [
            _view(tests.shown(entry), related, cluster, client.is_own, missing, tests)
            if isinstance(entry, Target)
            else _unresolved(entry)
            for entry in selection.entries
        ],
        "unread": [
            {"what": each.what, "session_id": each.session_id, "failure": each.error.as_failure()}
            for each in (*unread, *tests.unread, *selection.odd, *related.unread)
        ],
        **log,
        **population,
        **_verdict(selection.errors),
    }


def _test_log(client: Client, unread: list[Unread]) -> Json:
    jobs = read_test_log(client, unread)
    return {"test_log": None if jobs is None else [job.as_result() for job in jobs]}


def _population(client: Client, cluster: Cluster, selection: Selection, unread: list[Unread]) -> Json:
    """Every session that has this array as its destination, selected or not; null if they cannot be read."""
    sessions = selection.everything
    if sessions is None:
        odd: list[Unread] = []  # a row that is not as described is still one, but which, nobody knows
        try:
            sessions = _named(client, read_sessions(client, cluster.release, _DESTINATIONS, unread=odd), unread)
        except PowerStoreError as error:
            odd.append(Unread("how many sessions this array is the destination of", error))
        if odd:
            unread += odd
            return {"population": None}
    return {
        "population": [
            {
                "session_id": session.id,
                "resource_type": session.resource_type,
                "resource_name": session.resource_name,
                "resource_id": session.local_resource_id,
                "type": session.type,
                "role": session.role,
            }
            for session in sessions or ()
            if session.role == "Destination"
        ]
    }


def _verdict(errors: t.Sequence[PowerStoreError]) -> Json:
    if not errors:
        return {}
    message = " ".join(dict.fromkeys(error.message for error in errors))
    return {"failed": True, "msg": message, "failure": errors[0].as_failure()}


def _selected(
    client: Client, cluster: Cluster, selectors: t.Sequence[Selector], params: Row, unread: list[Unread]
) -> Selection:
    odd: list[Unread] = []
    if selectors:
        entries: t.Sequence[Target | Unresolved] = resolve(client, cluster, selectors, tolerant=True, unread=unread)
        everything = None
    else:
        everything = _named(client, read_sessions(client, cluster.release, unread=odd), unread)
        entries = [Target(Selector("session_id", session.id), session) for session in everything]
    fitting = (entry for entry in entries if isinstance(entry, Unresolved) or _fits(entry.session, params))
    return Selection(tuple(fitting), everything, tuple(odd))


def _named(
    client: Client, sessions: t.Sequence[ReplicationSession], unread: list[Unread]
) -> tuple[ReplicationSession, ...]:
    try:
        found = name_resources(client, sessions)
    except PowerStoreError as error:
        unread.append(Unread("the names of replicated resources", error))
        return tuple(sessions)
    return tuple(session for session in found if isinstance(session, ReplicationSession))


def _fits(session: ReplicationSession, params: Row) -> bool:
    """Whether a session passes all filters; compared here, as the flag may be null and names hold any character."""
    exact = {
        "role": session.role,
        "resource_type": session.resource_type,
        "failover_test_in_progress": session.in_test,
    }
    state, remote, name = params.get("state"), params.get("remote_system"), params.get("name")
    return (
        all(params.get(key) in (None, value) for key, value in exact.items())
        and (state is None or state.casefold() == session.state.casefold())
        and (remote is None or _is_called(session.remote_system, session.remote_system_id, remote))
        and (name is None or _matches(session.resource_name or "", name))
    )


def _is_called(remote: Row, remote_id: str | None, wanted: str) -> bool:
    # Names are compared by the array without regard to case (x-case-insensitive in its description).
    return wanted == remote_id or wanted.casefold() == str(remote.get("name")).casefold()


def _matches(name: str, pattern: str) -> bool:
    """Whether a name fits a pattern in which only ``*`` and ``?`` stand for others: names may hold brackets."""
    expression = "".join({"*": ".*", "?": "."}.get(letter) or re.escape(letter) for letter in pattern.casefold())
    return re.fullmatch(expression, name.casefold(), re.DOTALL) is not None


def _view(
    target: Target,
    related: Related,
    cluster: Cluster,
    is_own: IsOwn,
    missing: t.Iterable[str],
    tests: NasTests,
) -> Json:
    """One entry of the result."""
    session, clones = target.session, tests.of(target)
    findings = before_drill(target, related, cluster, missing)
    if is_named(target):
        findings = nas.before_drill(target, findings, tests, cluster)
    volumes = None if "volume" in related.lost else related.volumes_of(session)
    alerts = None if related.alerts is None else related.alerts.get(session.id, ())
    return {
        "session_id": session.id,
        "selector": {target.selector.by: target.selector.value},
        **session.as_condition(),
        "type": session.type,
        "resource_type": session.resource_type,
        "resource_name": session.resource_name,
        "resource_id": session.local_resource_id,
        "remote_resource_id": session.remote_resource_id,
        "remote_system": {"id": session.remote_system_id, "name": session.remote_system.get("name")},
        "replication_rule": {
            "id": session.replication_rule_id,
            "name": related.rule_names.get(session.replication_rule_id or ""),
        },
        "error_code": session.error_code,
        "data_connection_state": session.data_connection_state,
        **RecoveryPoint.of(session, related.objective(session), cluster).as_result(),
        "recovery_point": _recovery_point(target, cluster),
        "volumes": None if volumes is None else [volume.as_result() for volume in volumes],
        "hosts": _hosts(volumes),
        "alerts": None if alerts is None else [alert.as_result() for alert in alerts],
        "failover_test": _running(session, related, cluster, is_own)
        if clones is None or not is_named(target)
        else nas.running(target, tests, cluster, is_own),
        "dr_test_clones": None if clones is None else [clone.as_result(cluster.system_time) for clone in clones],
        "ready": not any(finding.is_blocker for finding in findings),
        "findings": [finding.as_result() for finding in findings],
    }


def _hosts(volumes: t.Sequence[Volume] | None) -> list[str] | None:
    """The hosts that see any of the volumes; None where that was not read."""
    if volumes is None or any(volume.hosts is None for volume in volumes):
        return None
    return sorted({host for volume in volumes for host in volume.hosts or ()})


def _recovery_point(target: Target, cluster: Cluster) -> Json:
    """That of the data which a test would show: of the last synchronisation, or of the snapshot that is asked for."""
    wanted, point = target.snapshot, RecoveryPoint(None, None, None)
    if wanted is None:
        point = RecoveryPoint.of(target.session, None, cluster)
    elif wanted.chosen:
        point = RecoveryPoint.of_snapshot(wanted.chosen, cluster)
    return {
        "of": "snapshot" if wanted else "last_sync",
        "timestamp": format_time(point.timestamp),
        "age_seconds": None if point.age is None else round(point.age.total_seconds(), 3),
    }


def _unresolved(entry: Unresolved) -> Json:
    """A selector that leads to no session, as far as it has the same keys; its finding says why."""
    rule = "session.ambiguous" if isinstance(entry.error, AmbiguousError) else "session.not_found"
    by, value = entry.selector.by, entry.selector.value
    return {
        "session_id": None,
        "selector": {by: value},
        "resource_type": None if by == "session_id" else by,
        "resource_name": None if by == "session_id" else value,
        "resource_id": None,
        "ready": False,
        "findings": [Finding.of(rule, None, entry.error.message).as_result()],
    }


def _running(session: ReplicationSession, related: Related, cluster: Cluster, is_own: IsOwn) -> Json:
    running = related.running_test(session)
    age = running.age(cluster) if session.in_test else None
    return {
        "in_progress": None if session.is_file else session.in_test,
        "started_at": format_time(running.started_at),
        "started_by": running.started_by,
        "own": is_own(running.started_by) if session.in_test and running.started_by else None,
        "age_seconds": None if age is None else round(age.total_seconds(), 3),
        "source": running.source if session.in_test else None,
    }
