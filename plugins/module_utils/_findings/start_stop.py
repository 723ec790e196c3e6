# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What refuses a start or a stop on one session, and what should be known of it. Pure.

The rules of the array are those of its API description for ``start_failover_test`` (api-facts 3.3 and 4.1).
"""

from __future__ import annotations

import typing as t
from datetime import timedelta

from .._array.session import Cluster, ReplicationSession, Snapshot, Target
from .._errors import (
    NotFoundError,
    NotReadyError,
    PowerStoreError,
)
from .._time import format_time, in_words
from .finding import Finding, Findings

__all__ = ["Finding", "Findings", "assess_start", "assess_stop", "blocking_error", "is_cut_off"]

STARTABLE_STATES = frozenset({"OK", "Synchronizing", "Paused", "System_Paused"})
# One replication operation at a time: these end by themselves, so the same request may be taken later.
TRANSIENT_STATES = frozenset(
    {
        "Initializing",
        "Pausing",
        "Resuming",
        "Failing_Over",
        "Failing_Over_For_DR",
        "Reprotecting",
        "Modify_Role_In_Progress",
        "Switching_To_Metro_Sync",
        "Switching_To_Synchronous",
        "Deleting",
    }
)

# Roles whose failover test, if any, is stopped at another array (ReplicationRoleEnum).
OTHER_ROLES = frozenset({"Source", "Metro_Preferred", "Metro_Non_Preferred"})

_SOON = timedelta(days=1)  # a snapshot that expires within this may be gone when the drill is repeated

# What a remote system shows when it cannot be reached, by attribute (RemoteSystemStateEnum, DataConnectionStateEnum).
LOST: t.Final[t.Mapping[str, frozenset[str]]] = {
    "state": frozenset({"Management_Connection_Lost"}),
    "data_connection_state": frozenset({"Complete_Data_Connection_Loss", "No_Targets_Discovered"}),
}


def is_cut_off(session: ReplicationSession) -> bool:
    """Whether the array shows that it cannot reach the session's remote system."""
    return any(session.remote_system.get(attribute) in lost for attribute, lost in LOST.items())


def assess_start(target: Target, cluster: Cluster) -> Findings:
    """What refuses to start a test now, and what should be known. A running test is information, not a blocker."""
    session = target.session
    return (
        *_eligibility(session, cluster),
        *(_running(session) if session.in_test else _state(session)),
        *_link(session),
        *_snapshot(target, cluster),
    )


def assess_stop(target: Target, cluster: Cluster) -> Findings:
    """What refuses a stop, or keeps this array from saying that no test runs.

    Where the flag is set, only a session that is known to be stopped elsewhere is refused: neither the release nor the
    type has to be known. A link that is down is a warning: the array decides, and a stop is always attempted.
    """
    session = target.session
    found = [f for f in _eligibility(session, cluster) if f.rule.id != "type.not_asynchronous"]
    if not session.in_test:
        return (*found, *_log(target))
    elsewhere = session.role in OTHER_ROLES
    allowed = {"version.not_supported", *(() if elsewhere else ("role.not_destination",))}
    return (*(f for f in found if f.rule.id not in allowed), *_link(session))


def blocking_error(findings: t.Iterable[Finding]) -> PowerStoreError | None:
    """The error that blockers amount to: `not_found` where the snapshot does not exist, `not_ready` otherwise."""
    blockers = [finding for finding in findings if finding.is_blocker]
    if not blockers:
        return None
    message = " ".join(f"{finding.message} {finding.rule.resolution}" for finding in blockers)
    family = NotFoundError if all(f.rule.id == "snapshot.not_found" for f in blockers) else NotReadyError
    return family(message)


def _eligibility(session: ReplicationSession, cluster: Cluster) -> t.Iterator[Finding]:
    if not cluster.release >= (2, 0):
        message = f"{cluster.name} runs PowerStoreOS {cluster.release_version}; failover tests exist since 2.0."
        yield Finding.of("version.not_supported", session, message)
    if session.is_file:
        yield Finding.of("nas.use_clone", session, f"The {session.label} is a file session; it has no failover test.")
    elif session.resource_type == "replication_group":
        yield Finding.of("vvol.use_vsphere", session, f"The {session.label} replicates virtual volumes.")
    elif session.type not in (None, "Asynchronous"):
        message = f"The {session.label} is of type {session.type}: expected Asynchronous."
        yield Finding.of("type.not_asynchronous", session, message)
    if session.role != "Destination":
        message = f"The {session.label} has the role {session.role} on {cluster.name}: expected Destination."
        yield Finding.of("role.not_destination", session, message)


def _state(session: ReplicationSession) -> t.Iterator[Finding]:
    if session.state in TRANSIENT_STATES:
        yield Finding.of("session.busy", session, f"The {session.label} is {session.state}: it is changing now.")
    elif session.state not in STARTABLE_STATES:
        message = (
            f"The {session.label} is in state {session.state}: expected one of {', '.join(sorted(STARTABLE_STATES))}."
        )
        yield Finding.of("state.not_allowed", session, message)
    elif session.state in ("Paused", "System_Paused"):
        yield Finding.of("replication.paused", session, f"The {session.label} is {session.state}.")


def _running(session: ReplicationSession) -> t.Iterator[Finding]:
    message = f"A failover test is already in progress on the {session.label}."
    yield Finding.of("test.already_running", session, message)


def _log(target: Target) -> t.Iterator[Finding]:
    if not target.jobs_readable:
        message = f"The array's jobs cannot be read, so a start under way on the {target.session.label} is not seen."
        yield Finding.of("jobs.not_readable", target.session, message)


def _link(session: ReplicationSession) -> t.Iterator[Finding]:
    remote = session.remote_system
    problems = [
        f"{attribute.replace('_', ' ')} {remote[attribute]}"
        for attribute, lost in LOST.items()
        if remote.get(attribute) in lost
    ]
    if problems:
        message = f"The remote system {remote.get('name')} of the {session.label}: {' and '.join(problems)}."
        yield Finding.of("remote.unreachable", session, message)


def _snapshot(target: Target, cluster: Cluster) -> t.Iterator[Finding]:
    choice, session = target.snapshot, target.session
    if choice is None:
        return
    if len(choice.of_resource) > 1:
        ids = ", ".join(snapshot.id for snapshot in choice.of_resource)
        message = f"{len(choice.of_resource)} snapshots of the {session.label} are called '{choice.wanted}': {ids}."
        yield Finding.of("snapshot.ambiguous", session, message)
    elif choice.chosen:
        yield from _chosen(choice.chosen, session, cluster)
    elif choice.of_others:
        other = choice.of_others[0]
        kind = "a snapshot of another resource" if other.is_snapshot else "not a snapshot at all"
        message = f"'{choice.wanted}' ({other.id}) is {kind}: expected a snapshot of the {session.label}."
        yield Finding.of("snapshot.wrong_resource", session, message)
    else:
        message = f"No snapshot '{choice.wanted}' on this array: expected one of the {session.label}, found none."
        yield Finding.of("snapshot.not_found", session, message)


def _chosen(snapshot: Snapshot, session: ReplicationSession, cluster: Cluster) -> t.Iterator[Finding]:
    name = f"Snapshot '{snapshot.name}' of the {session.label}"
    if snapshot.creator_type == "System":
        yield Finding.of("snapshot.system", session, f"{name} was made by the system.")
    if snapshot.state not in (None, "Ready"):
        yield Finding.of("snapshot.not_ready", session, f"{name} is {snapshot.state}: expected Ready.")
    expires = snapshot.expiration_timestamp
    if expires is None or cluster.system_time is None:
        return
    left, when = expires - cluster.system_time, format_time(expires)
    if left <= timedelta():
        yield Finding.of("snapshot.expired", session, f"{name} expired at {when}, {in_words(-left)} ago.")
    elif left < _SOON:
        yield Finding.of("snapshot.expires_soon", session, f"{name} expires at {when}, in {in_words(left)}.")
