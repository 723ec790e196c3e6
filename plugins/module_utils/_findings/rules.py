# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every kind of finding: its stable id, its weight, what it means and what to do. Data, and the source of its page.

`tools/findings_page.py` writes the page of the documentation from `RULES`; a test fails where the two differ.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._array.session import ReplicationSession
from .._words import BLOCKER, INFO, WARNING


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of finding. ``source`` says what it is read from; ``before_drill`` is its weight before a drill, where
    that is another than for a single start or stop."""

    id: str
    severity: str
    meaning: str
    impact: str
    resolution: str
    source: str
    before_drill: str | None = None


_REFUSED = "The array refuses to start a failover test on this session."
_DESCRIPTION = "the array's description of ``start_failover_test``"

RULES: t.Final[t.Mapping[str, Rule]] = {
    rule.id: rule
    for rule in (
        # What a start asks for
        Rule(
            "session.not_found",
            BLOCKER,
            "No replication session on this array fits the id or name that was asked for.",
            "Nothing can be said or done about it.",
            "Name it as this array lists it: ids and names may differ between the two sides.",
            "``/replication_session``, ``/volume`` and ``/volume_group`` of the array that was asked.",
        ),
        Rule(
            "session.ambiguous",
            BLOCKER,
            "More than one replication session fits the name, or one session is asked for twice.",
            "Which one is meant is not guessed.",
            "Name each session once, by its session_id.",
            "``/replication_session``, ``/volume`` and ``/volume_group`` of the array that was asked.",
        ),
        Rule(
            "version.not_supported",
            BLOCKER,
            "The array runs a PowerStoreOS before 2.0.",
            "The array does not know failover tests.",
            "Upgrade the array to PowerStoreOS 2.0 or later.",
            "``release_version`` of ``/software_installed``.",
        ),
        Rule(
            "role.not_destination",
            BLOCKER,
            "The session has another role than Destination on the array that was asked.",
            "Failover tests are started and stopped at the destination only; seen from here, nothing can be said.",
            "Set host to the array that is the destination of this session. After a failover that is the other one.",
            f"``role`` of the session, {_DESCRIPTION}.",
        ),
        Rule(
            "type.not_asynchronous",
            BLOCKER,
            "The session replicates synchronously, or is a metro session.",
            _REFUSED,
            "Drill a synchronous or metro session on a thin clone of a snapshot, or by a planned failover.",
            f"``type`` of the session (PowerStoreOS 3.0 and later), {_DESCRIPTION}.",
        ),
        Rule(
            "nas.use_clone",
            BLOCKER,
            "The session replicates a NAS server or a file system.",
            "Failover tests do not exist for NAS servers and file systems.",
            "Clone the destination NAS server with is_dr_test and give the clone an interface on an isolated network.",
            "``resource_type`` of the session; the description of ``failover_test_in_progress``.",
        ),
        Rule(
            "vvol.use_vsphere",
            BLOCKER,
            "The session replicates a group of virtual volumes.",
            "Replication groups hold virtual volumes, whose replication is driven from vSphere.",
            "Use vSphere's own test failover (Start-SpbmReplicationTestFailover) or Site Recovery Manager.",
            "``resource_type`` of the session. Not excluded by the description; vSphere owns these groups.",
        ),
        Rule(
            "session.busy",
            BLOCKER,
            "The session is in a state that ends by itself, such as Resuming or Failing_Over.",
            "Another replication operation is running on this session; the array runs one at a time.",
            "Wait until the state is OK, Synchronizing or Paused, then run this again.",
            f"``state`` of the session, {_DESCRIPTION}.",
        ),
        Rule(
            "state.not_allowed",
            BLOCKER,
            "The session is in a lasting state other than OK, Synchronizing, Paused and System_Paused.",
            _REFUSED,
            "Bring the session to OK, Synchronizing, Paused or System_Paused: resume it, reprotect it after a "
            "failover, or let the upgrade or migration that paused it finish.",
            f"``state`` of the session, {_DESCRIPTION}.",
        ),
        Rule(
            "snapshot.not_found",
            BLOCKER,
            "The snapshot that was asked for is not on this array.",
            "The test would not show the point in time that was asked for.",
            "Name a snapshot of the destination resource on this array, by name or id.",
            "``/volume`` and ``/volume_group`` of the array that was asked.",
        ),
        Rule(
            "snapshot.wrong_resource",
            BLOCKER,
            "What was named is no snapshot, or a snapshot of another resource.",
            "The test can be started from a snapshot of the session's own destination resource only.",
            "Name a snapshot of this volume, or for a volume group a snapshot set of the group, on this array.",
            "``protection_data`` of the snapshot.",
        ),
        Rule(
            "snapshot.ambiguous",
            BLOCKER,
            "Several snapshots of the resource have the name that was asked for.",
            "More than one snapshot of the resource has this name; which one is meant is not guessed.",
            "Name the snapshot by its id.",
            "``/volume`` and ``/volume_group`` of the array that was asked.",
        ),
        Rule(
            "snapshot.system",
            BLOCKER,
            "The snapshot was made by the system.",
            "The replication engine made this snapshot for itself and may remove it at any time.",
            "Name a snapshot that a user or a snapshot rule made.",
            "``protection_data.creator_type`` of the snapshot.",
        ),
        Rule(
            "test.already_running",
            INFO,
            "A failover test runs on the session. A start leaves it alone and changes nothing; a drill does not begin.",
            "A failover test is in progress, so this session cannot be failed over. Which data it shows is not known.",
            "Stop it when it is yours. When it is not, ask whoever started it; the array's job log has the account.",
            "``failover_test_in_progress`` of the session; account and time from ``/job``, else ``/audit_event``.",
            before_drill=BLOCKER,
        ),
        # What should be known before
        Rule(
            "remote.unreachable",
            WARNING,
            "The array has lost its connection to the remote system.",
            "The array stops a failover test without its remote system only when it is forced to; no new recovery "
            "point arrives.",
            "Restore the connection to the remote system, or stop with force when the production site is lost.",
            "``state`` and ``data_connection_state`` of ``/remote_system``; the description of ``force``.",
        ),
        Rule(
            "link.degraded",
            WARNING,
            "The session's data connection, or the remote system, is in a state other than OK, but not lost.",
            "Replication may be slow or stand still, so that the recovery point grows old.",
            "Look at the remote system's data connections on this array, and verify them there.",
            "``data_connection_state`` of the session (3.0 and later) and of ``/remote_system``, and its ``state``.",
        ),
        Rule(
            "session.error",
            WARNING,
            "The array shows an error code for the session's last asynchronous copy.",
            "The last synchronisation failed; the destination has the recovery point before it.",
            "Look the code up on the array, mend its cause, and synchronise before the drill.",
            "``error_code`` of the session (PowerStoreOS 3.0 and later).",
        ),
        Rule(
            "replication.paused",
            WARNING,
            "The session is Paused or System_Paused.",
            "No new recovery point arrives: the test shows the last one before the pause.",
            "Resume the session on the source array before the drill.",
            "``state`` of the session.",
        ),
        Rule(
            "rpo.exceeded",
            WARNING,
            "The recovery point is older than the RPO of the session's replication rule, by the array's clock.",
            "A failover now would lose more data than the RPO objective of the replication rule allows.",
            "Look at the session's transfer, its alerts and the link; synchronise before the drill.",
            "``last_sync_timestamp`` less ``last_sync_duration`` of the session, ``rpo`` of ``/replication_rule``, "
            "``system_time`` of ``/cluster``.",
        ),
        Rule(
            "rpo.not_measured",
            WARNING,
            "There was no synchronisation yet, the array gives no time, or the session has no rule with an RPO.",
            "Whether the recovery point meets its objective cannot be said, so it does not count as met.",
            "Wait for the first synchronisation, or give the session a replication rule.",
            "``last_sync_timestamp`` of the session and ``rpo`` of ``/replication_rule``.",
        ),
        Rule(
            "alert.active",
            WARNING,
            "An alert about the session is active; one of severity Info is information only.",
            "The array itself says that something is not well with this session.",
            "Read the alert on the array and follow it before the drill.",
            "``/alert`` with this session as its resource and the state ACTIVE.",
        ),
        Rule(
            "alerts.not_readable",
            INFO,
            "The account may not read the array's alerts.",
            "Whether there are alerts about this session is not known.",
            "Give the account a role that may read alerts, or look at them on the array.",
            "The array's answer to ``/alert``.",
        ),
        Rule(
            "host.not_mapped",
            WARNING,
            "A destination volume is mapped to no host and no host group of this array.",
            "No host of the DR site can see the data while the test runs.",
            "Map every destination volume of the session to a host or a host group on this array.",
            "``/host_volume_mapping``.",
        ),
        Rule(
            "volume.not_ready",
            WARNING,
            "A destination volume is in a state other than Ready.",
            "A destination volume is not in state Ready, so the DR site may not see all of the data.",
            "Look at the volume and its alerts on this array.",
            "``state`` of ``/volume``.",
        ),
        Rule(
            "volume.not_found",
            WARNING,
            "A volume that the session refers to was not there when it was read.",
            "Nothing can be said about its state and its hosts.",
            "Run this again; when it stays, look at the session's volumes on this array.",
            "``/volume``, by the ids of the session and of its volume group.",
        ),
        Rule(
            "members.differ",
            WARNING,
            "The volumes of the destination volume group are not those that the session replicates, or there are none.",
            "The test shows the replicated volumes: one that is not among them has no recovery point.",
            "Bring the group into line on the source array, and synchronise before the drill.",
            "``volumes`` of ``/volume_group``, ``storage_element_pairs`` of the session.",
        ),
        Rule(
            "resource.replicated_twice",
            WARNING,
            "The resource has another replication session on this array, for example in the other direction.",
            "It is not clear which of them a failover would use, and the resource's name does not name the session.",
            "Name the session by its session_id, and have the session that is left over removed.",
            "``local_resource_id`` of the sessions of this array.",
        ),
        # What turned out on the way
        Rule(
            "snapshot.expiration_not_set",
            WARNING,
            "The end-of-test snapshot was made, but its expiration could not be set.",
            "The end-of-test snapshot exists, but the array will delete it by its own rule, not at the time wanted.",
            "Set its expiration on the array now.",
            "The array's answer to the change of the snapshot.",
        ),
        Rule(
            "answer.lost",
            INFO,
            "No answer came to a start or stop that was sent.",
            "The connection broke after the operation was sent; what happened was read from the array.",
            "None needed. Repeated losses are worth a look at the management network.",
            "The connection, then ``/replication_session`` and ``/job``.",
        ),
        Rule(
            "jobs.not_readable",
            INFO,
            "The account may not read the array's jobs.",
            "A start that was cut off may still be carried out by the array after this look.",
            "Give the account a role that may read jobs, or look at the session again in a few minutes.",
            "The array's answer to ``/job``.",
        ),
        Rule(
            "operation.repeated",
            INFO,
            "A start or stop was tried again after an attempt that failed.",
            "It took longer than one attempt; until it was over, the session could not be failed over.",
            "Read why the attempt before failed. Where that repeats itself, mend its cause on the array.",
            "The outcome of the attempt before.",
        ),
        Rule(
            "snapshot.not_kept",
            WARNING,
            "The array refused the stop with its end-of-test snapshot, and took it without.",
            "What was written during the test is lost. The stop is worth more: the session can be failed over again.",
            "Read why the array refused the snapshot, and mend that before the next test whose data is to be kept.",
            "The array's answer to the stop, or the job of the stop.",
        ),
        Rule(
            "session.gone",
            WARNING,
            "The array does not list a session any more that was asked for by its id, or that was being worked on.",
            "Replication of this resource has ended. Nothing can be said about its test.",
            "Look at the resource on this array, and set up its replication again.",
            "``/replication_session`` of the array that was asked.",
        ),
        Rule(
            "session.failed_over",
            BLOCKER,
            "The session is, or is being, failed over; a stop leaves it alone.",
            "The site may work with this resource now. A stop could take back the data that it works with.",
            "Leave the resource to whoever failed it over, and detach nothing from it.",
            "``state`` of the session, read just before the stop; the description of ``use_test_copy``.",
        ),
        Rule(
            "test.of_somebody_else",
            BLOCKER,
            "The running test was not started by the job that the task names; a stop leaves it alone.",
            "The test that the task is about has ended, and another one runs. The session cannot be failed over.",
            "Ask the account that started it, or stop it without naming the job.",
            "``/job``: the last start of the session that ended well, with its account and time.",
        ),
        Rule(
            "reading.incomplete",
            WARNING,
            "Something that is not needed for a stop could not be read, such as names, the release or the clock.",
            "The stop was sent all the same. Parts of the result are missing, or are from this computer's clock.",
            "Read why, and mend it before the next drill: a drill needs all of it.",
            "The array's answers to ``/software_installed``, ``/cluster``, ``/volume``, ``/volume_group``, ``/job``.",
        ),
        Rule(
            "start.unaccounted",
            WARNING,
            "A start was logged as done, and no stop after it, but the session shows no test.",
            "The array logged a start without a stop, yet shows no test: it may show one later.",
            "Look at the session again in a few minutes, and stop the test if it appears.",
            "``/job`` and ``failover_test_in_progress`` of the session.",
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that applies to one session, in the words of this session; no id where a name leads to no session."""

    rule: Rule
    session_id: str | None
    message: str
    severity: str

    @classmethod
    def of(cls, rule_id: str, session: ReplicationSession | None, message: str, severity: str | None = None) -> Finding:
        """The finding of a rule, which must be one of `RULES`; ``severity`` where the question makes it another."""
        rule = RULES[rule_id]
        return cls(rule, session.id if session else None, message, severity or rule.severity)

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
