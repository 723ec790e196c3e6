# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands against a start or a stop, and what a person should know: findings, computed without any I/O.

The rules of the array are those of its API description for ``start_failover_test`` (api-facts 3.3 and 4.1).
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from ansible_collections.drdrill.powerstore.plugins.module_utils._errors import (
    NotFoundError,
    NotReadyError,
    PowerStoreError,
)
from ansible_collections.drdrill.powerstore.plugins.module_utils._session import Cluster, ReplicationSession, Target
from ansible_collections.drdrill.powerstore.plugins.module_utils._surroundings import RecoveryPoint, Volume

BLOCKER, WARNING, INFO = "blocker", "warning", "info"

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


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of finding: its stable id, how much it weighs, and what it means for the drill."""

    id: str
    severity: str
    impact: str
    resolution: str


_REFUSED = "The array refuses to start a failover test on this session."

RULES: t.Final[t.Mapping[str, Rule]] = {
    rule.id: rule
    for rule in (
        Rule(
            "version.not_supported",
            BLOCKER,
            "The array does not know failover tests.",
            "Upgrade the array to PowerStoreOS 2.0 or later.",
        ),
        Rule(
            "role.not_destination",
            BLOCKER,
            "Failover tests are started and stopped at the destination only; seen from here, nothing can be said.",
            "Set host to the array that is the destination of this session. After a failover that is the other one.",
        ),
        Rule(
            "type.not_asynchronous",
            BLOCKER,
            _REFUSED,
            "Drill a synchronous or metro session on a thin clone of a snapshot, or by a planned failover.",
        ),
        Rule(
            "nas.use_clone",
            BLOCKER,
            "Failover tests do not exist for NAS servers and file systems.",
            "Clone the destination NAS server with is_dr_test and give the clone an interface on an isolated network.",
        ),
        Rule(
            "vvol.use_vsphere",
            BLOCKER,
            "Replication groups hold virtual volumes, whose replication is driven from vSphere.",
            "Use vSphere's own test failover (Start-SpbmReplicationTestFailover) or Site Recovery Manager.",
        ),
        Rule(
            "session.busy",
            BLOCKER,
            "Another replication operation is running on this session; the array runs one at a time.",
            "Wait until the state is OK, Synchronizing or Paused, then run this again.",
        ),
        Rule(
            "state.not_allowed",
            BLOCKER,
            _REFUSED,
            "Bring the session to OK, Synchronizing, Paused or System_Paused: resume it, reprotect it after a "
            "failover, or let the upgrade or migration that paused it finish.",
        ),
        Rule(
            "snapshot.not_found",
            BLOCKER,
            "The test would not show the point in time that was asked for.",
            "Name a snapshot of the destination resource on this array, by name or id.",
        ),
        Rule(
            "snapshot.wrong_resource",
            BLOCKER,
            "The test can be started from a snapshot of the session's own destination resource only.",
            "Name a snapshot of this volume, or for a volume group a snapshot set of the group, on this array.",
        ),
        Rule(
            "snapshot.ambiguous",
            BLOCKER,
            "More than one snapshot of the resource has this name; which one is meant is not guessed.",
            "Name the snapshot by its id.",
        ),
        Rule(
            "snapshot.system",
            BLOCKER,
            "The replication engine made this snapshot for itself and may remove it at any time.",
            "Name a snapshot that a user or a snapshot rule made.",
        ),
        Rule(
            "test.already_running",
            INFO,
            "A failover test is in progress, so this session cannot be failed over. Which data it shows is not known.",
            "Stop it when it is yours. When it is not, ask whoever started it; the array's job log has the account.",
        ),
        Rule(
            "remote.unreachable",
            WARNING,
            "The array stops a failover test without its remote system only when it is forced to; no new recovery "
            "point arrives.",
            "Restore the connection to the remote system, or stop with force when the production site is lost.",
        ),
        Rule(
            "replication.paused",
            WARNING,
            "No new recovery point arrives: the test shows the last one before the pause.",
            "Resume the session on the source array before the drill.",
        ),
        Rule(
            "snapshot.expiration_not_set",
            WARNING,
            "The end-of-test snapshot exists, but the array will delete it by its own rule, not at the time wanted.",
            "Set its expiration on the array now.",
        ),
        Rule(
            "answer.lost",
            INFO,
            "The connection broke after the operation was sent; what happened was read from the array.",
            "None needed. Repeated losses are worth a look at the management network.",
        ),
        Rule(
            "jobs.not_readable",
            INFO,
            "A start that was cut off may still be carried out by the array after this look.",
            "Give the account a role that may read jobs, or look at the session again in a few minutes.",
        ),
        Rule(
            "start.unaccounted",
            WARNING,
            "The array logged a start without a stop, yet shows no test: it may show one later.",
            "Look at the session again in a few minutes, and stop the test if it appears.",
        ),
        Rule(
            "rpo.exceeded",
            WARNING,
            "A failover now would lose more data than the RPO objective of the replication rule allows.",
            "Look at the session's transfer, its alerts and the link; synchronise before the drill.",
        ),
        Rule(
            "rpo.not_measured",
            WARNING,
            "Whether the recovery point meets its objective cannot be said, so it does not count as met.",
            "Wait for the first synchronisation, or give the session a replication rule.",
        ),
        Rule(
            "host.not_mapped",
            WARNING,
            "No host of the DR site can see the data while the test runs.",
            "Map every destination volume of the session to a host or a host group on this array.",
        ),
        Rule(
            "volume.not_ready",
            WARNING,
            "A destination volume is not in state Ready, so the DR site may not see all of the data.",
            "Look at the volume and its alerts on this array.",
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that applies to one session, in the words of this session."""

    rule: Rule
    session_id: str
    message: str
    severity: str

    @classmethod
    def of(cls, rule_id: str, session: ReplicationSession, message: str, severity: str | None = None) -> Finding:
        """The finding of a rule, which must be one of `RULES`; ``severity`` where the question makes it another."""
        rule = RULES[rule_id]
        return cls(rule, session.id, message, severity or rule.severity)

    @property
    def is_blocker(self) -> bool:
        """Whether it refuses the operation."""
        return self.severity == BLOCKER

    def as_result(self) -> dict[str, t.Any]:
        """The finding as results and records have it."""
        return {
            "id": self.rule.id,
            "session_id": self.session_id,
            "severity": self.severity,
            "message": self.message,
            "impact": self.rule.impact,
            "resolution": self.rule.resolution,
        }


Findings = tuple[Finding, ...]


def assess_start(target: Target, cluster: Cluster) -> Findings:
    """What stands against starting a test now; a blocker refuses it. A running test is information, not a blocker."""
    session = target.session
    return (
        *_eligibility(session, cluster),
        *(_running(session) if session.in_test else _state(session)),
        *_link(session),
        *_snapshot(target),
    )


def assess_stop(target: Target, cluster: Cluster) -> Findings:
    """What stands against stopping, or against saying from here that no test runs.

    A link that is down is a warning only: the array decides, and a stop is always attempted.
    """
    session = target.session
    blocking = (f for f in _eligibility(session, cluster) if f.rule.id != "type.not_asynchronous")
    return (*blocking, *(_link(session) if session.in_test else _log(target)))


def assess_surroundings(
    session: ReplicationSession, recovery_point: RecoveryPoint, volumes: t.Sequence[Volume]
) -> Findings:
    """What would make a drill of this session say less than a person expects; never a blocker."""
    return (*_recovery_point(session, recovery_point), *_volumes(session, volumes))


def refusal(findings: t.Iterable[Finding]) -> PowerStoreError | None:
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
        for attribute, bad in (
            ("state", {"Management_Connection_Lost"}),
            ("data_connection_state", {"Complete_Data_Connection_Loss", "No_Targets_Discovered"}),
        )
        if remote.get(attribute) in bad
    ]
    if problems:
        message = f"The remote system {remote.get('name')} of the {session.label}: {' and '.join(problems)}."
        yield Finding.of("remote.unreachable", session, message)


def _recovery_point(session: ReplicationSession, point: RecoveryPoint) -> t.Iterator[Finding]:
    if session.is_file or session.resource_type == "replication_group":
        return
    if point.met is None:
        missing = "no replication rule with an RPO" if point.age is not None else "no synchronisation yet"
        yield Finding.of("rpo.not_measured", session, f"The {session.label} has {missing}.")
    elif not point.met:
        age = point.as_result()["recovery_point_age_seconds"]
        objective = point.objective_seconds
        message = f"The recovery point of the {session.label} is {age:.0f} s old; the objective is {objective} s."
        yield Finding.of("rpo.exceeded", session, message)


def _volumes(session: ReplicationSession, volumes: t.Sequence[Volume]) -> t.Iterator[Finding]:
    unmapped = [volume.name for volume in volumes if not volume.hosts]
    if unmapped:
        message = f"Not mapped to any host on this array: {', '.join(unmapped)} of the {session.label}."
        yield Finding.of("host.not_mapped", session, message)
    for volume in volumes:
        if volume.state not in (None, "Ready"):
            message = f"Volume {volume.name} of the {session.label} is {volume.state}: expected Ready."
            yield Finding.of("volume.not_ready", session, message)


def _snapshot(target: Target) -> t.Iterator[Finding]:
    choice, session = target.snapshot, target.session
    if choice is None:
        return
    if len(choice.of_resource) > 1:
        ids = ", ".join(snapshot.id for snapshot in choice.of_resource)
        message = f"{len(choice.of_resource)} snapshots of the {session.label} are called '{choice.wanted}': {ids}."
        yield Finding.of("snapshot.ambiguous", session, message)
    elif choice.chosen and choice.chosen.creator_type == "System":
        message = f"Snapshot '{choice.wanted}' of the {session.label} was made by the system."
        yield Finding.of("snapshot.system", session, message)
    elif not choice.chosen and choice.of_others:
        other = choice.of_others[0]
        kind = "a snapshot of another resource" if other.is_snapshot else "not a snapshot at all"
        message = f"'{choice.wanted}' ({other.id}) is {kind}: expected a snapshot of the {session.label}."
        yield Finding.of("snapshot.wrong_resource", session, message)
    elif not choice.chosen:
        message = f"No snapshot '{choice.wanted}' on this array: expected one of the {session.label}, found none."
        yield Finding.of("snapshot.not_found", session, message)
