# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every kind of finding: its stable id, its severity, what it means and what to do. Data, and the source of its page.

`tools/findings_page.py` writes the page of the documentation from `RULES`; a test fails where the two differ.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

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
_NAMES = "``/replication_session``, ``/volume`` and ``/volume_group`` of the array that was asked."
_SNAPSHOTS = "``/volume`` and ``/volume_group`` of the array that was asked."

RULES: t.Final[t.Mapping[str, Rule]] = {
    rule.id: rule
    for rule in (
        # What a start needs
        Rule(
            "session.not_found",
            BLOCKER,
            "No replication session on this array has the id or name that was asked for.",
            "Nothing is known about it, and nothing is done to it.",
            "Use the name that this array shows: ids and names may differ between the two sides.",
            _NAMES,
        ),
        Rule(
            "session.ambiguous",
            BLOCKER,
            "More than one replication session fits the name, or one session is asked for twice.",
            "It is not clear which session to act on, so none is chosen.",
            "Name each session once, by its session_id.",
            _NAMES,
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
            "On the array that was asked, the session has a role other than Destination.",
            "Failover tests are started and stopped at the destination only. This array cannot tell whether one runs.",
            "Set host to the array that is the destination of this session. After a failover, that is the other array.",
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
            "Test the NAS server by a DR-test clone on an isolated network: in a drill, name it as nas_server with an "
            "interface in failover_drill_sessions, or leave it out; without one, see drdrill.powerstore.nas_dr_test.",
            "``resource_type`` of the session; the description of ``failover_test_in_progress``.",
        ),
        Rule(
            "vvol.use_vsphere",
            BLOCKER,
            "The session replicates a group of virtual volumes.",
            "Virtual volumes are replicated and tested from vSphere.",
            "Use vSphere's own test failover (Start-SpbmReplicationTestFailover) or Site Recovery Manager.",
            "``resource_type`` of the session. The description does not exclude these groups; vSphere owns them.",
        ),
        Rule(
            "session.busy",
            BLOCKER,
            "The session is in a state that ends by itself, such as Resuming or Failing_Over.",
            "Another replication operation is running on this session, and the array runs one at a time.",
            "Wait until the state is OK, Synchronizing or Paused, then run this again.",
            f"``state`` of the session, {_DESCRIPTION}.",
        ),
        Rule(
            "state.not_allowed",
            BLOCKER,
            "The session is in a state that does not end by itself, other than OK, Synchronizing, Paused and "
            "System_Paused.",
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
            _SNAPSHOTS,
        ),
        Rule(
            "snapshot.wrong_resource",
            BLOCKER,
            "What was named is not a snapshot, or is a snapshot of another resource.",
            "The test can be started only from a snapshot of the session's own destination resource.",
            "Name a snapshot of this volume, or for a volume group a snapshot set of the group, on this array.",
            "``protection_data`` of the snapshot.",
        ),
        Rule(
            "snapshot.ambiguous",
            BLOCKER,
            "Several snapshots of the resource have the name that was asked for.",
            "It is not clear which of them to use, so none is chosen.",
            "Name the snapshot by its id.",
            _SNAPSHOTS,
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
            "snapshot.expired",
            BLOCKER,
            "The snapshot's expiration has passed by the array's clock.",
            "The array may delete it at any moment, before the test or during it.",
            "Name a snapshot that is kept longer, or extend its expiration on the array.",
            "``protection_data.expiration_timestamp`` of the snapshot, ``system_time`` of ``/cluster``.",
        ),
        Rule(
            "snapshot.not_ready",
            BLOCKER,
            "The snapshot is in a state other than Ready.",
            "Its data is not complete or is going away, and the array may refuse to start from it.",
            "Wait until the snapshot is Ready, or name another one.",
            "``state`` of ``/volume`` for the snapshot of a volume. The snapshot set of a group has no state.",
        ),
        Rule(
            "test.already_running",
            INFO,
            "A failover test is running on the session. A start leaves it alone; a drill does not begin.",
            "While the test runs, this session cannot be failed over. It is not known which data the test shows.",
            "Stop it if it is yours. If it is not, ask the account that started it; the array's job log names it.",
            "``failover_test_in_progress`` of the session; account and time from ``/job``, else ``/audit_event``.",
            before_drill=BLOCKER,
        ),
        # What should be known before
        Rule(
            "snapshot.expires_soon",
            WARNING,
            "The snapshot expires within 24 hours by the array's clock.",
            "The array deletes it then. A drill that starts later, or is repeated, does not find it.",
            "Extend its expiration on the array before the drill, or name another one.",
            "``protection_data.expiration_timestamp`` of the snapshot, ``system_time`` of ``/cluster``.",
        ),
        Rule(
            "remote.unreachable",
            WARNING,
            "The array has lost its connection to the remote system.",
            "The array stops a failover test only with force, and no new recovery point arrives.",
            "Restore the connection to the remote system. If the production site is lost, stop with force.",
            "``state`` and ``data_connection_state`` of ``/remote_system``; the description of ``force``.",
        ),
        Rule(
            "link.degraded",
            WARNING,
            "The session's data connection, or the remote system, is in a state other than OK, but not lost.",
            "Replication may be slow or stalled, so the recovery point may become older than the RPO.",
            "Look at the remote system's data connections on this array, and verify them there.",
            "``data_connection_state`` of the session (3.0 and later) and of ``/remote_system``, and its ``state``.",
        ),
        Rule(
            "session.error",
            WARNING,
            "The array shows an error code for the session's last asynchronous copy.",
            "The last synchronisation failed; the destination still has the recovery point before it.",
            "Look the code up on the array, fix the cause, and synchronise before the drill.",
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
            "A failover now would lose more data than the RPO allows.",
            "Look at the session's transfer, its alerts and the link; synchronise before the drill.",
            "``last_sync_timestamp`` less ``last_sync_duration`` of the session, ``rpo`` of ``/replication_rule``, "
            "``system_time`` of ``/cluster``.",
        ),
        Rule(
            "rpo.not_measured",
            WARNING,
            "The session was never synchronised, its last synchronisation lies in the future, the array gives no time, "
            "or the session has no rule with an RPO.",
            "It is not known whether the recovery point meets the RPO, so it does not count as met.",
            "Wait for the first synchronisation, give the session a replication rule, or correct the arrays' clocks.",
            "``last_sync_timestamp`` of the session, ``rpo`` of ``/replication_rule``, ``system_time`` of "
            "``/cluster``.",
        ),
        Rule(
            "alert.active",
            WARNING,
            "An alert about the session is active; one of severity Info is information only.",
            "The array itself reports a problem with this session.",
            "Read the alert on the array and resolve it before the drill.",
            "``/alert`` with this session as its resource and the state ACTIVE.",
        ),
        Rule(
            "appliance.alert",
            WARNING,
            "A critical alert is active about an appliance that has volumes of this session.",
            "In write protect mode (0x00200701) all volumes of the appliance are read-only: the hosts of a test cannot "
            "write, and no new recovery point arrives.",
            "Read the alert on the array. In write protect mode, free space on the appliance before the drill.",
            "``/alert`` with the appliance as its resource, the state ACTIVE and the severity Critical; "
            "``appliance_id`` of ``/volume``.",
        ),
        Rule(
            "alerts.not_readable",
            INFO,
            "The account may not read the array's alerts.",
            "It is not known whether there are alerts about this session.",
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
            "The DR site may not see all of the data.",
            "Look at the volume and its alerts on this array.",
            "``state`` of ``/volume``.",
        ),
        Rule(
            "volume.not_found",
            WARNING,
            "A volume that the session refers to was not found when it was read.",
            "Its state and its hosts are not known.",
            "Run this again. If the finding stays, look at the session's volumes on this array.",
            "``/volume``, by the ids of the session and of its volume group.",
        ),
        Rule(
            "members.differ",
            WARNING,
            "The volumes of the destination volume group are not those that the session replicates, or there are none.",
            "The test shows the replicated volumes. One that is not replicated has no recovery point.",
            "Correct the members of the group on the source array, and synchronise before the drill.",
            "``volumes`` of ``/volume_group``, ``storage_element_pairs`` of the session.",
        ),
        Rule(
            "resource.replicated_twice",
            WARNING,
            "The resource has another replication session on this array, for example in the other direction.",
            "It is not clear which of them a failover would use, and the resource's name does not identify either.",
            "Name the session by its session_id, and have the obsolete session removed.",
            "``local_resource_id`` of the sessions of this array.",
        ),
        # What turned out on the way
        Rule(
            "snapshot.expiration_not_set",
            WARNING,
            "The end-of-test snapshot was made, but its expiration could not be set.",
            "The array will delete the end-of-test snapshot by its own rule, not at the time that was asked for.",
            "Set its expiration on the array now.",
            "The array's answer to the change of the snapshot.",
        ),
        Rule(
            "answer.lost",
            INFO,
            "No answer came to a start or stop that was sent.",
            "The connection broke after the operation was sent; what happened was read from the array.",
            "None needed. If answers are lost again and again, look at the management network.",
            "The connection, then ``/replication_session`` and ``/job``.",
        ),
        Rule(
            "jobs.not_readable",
            INFO,
            "The account may not read the array's jobs.",
            "The array may still carry out a start that was cut off.",
            "Give the account a role that may read jobs, or look at the session again in a few minutes.",
            "The array's answer to ``/job``.",
        ),
        Rule(
            "reading.incomplete",
            WARNING,
            "Something that a stop does not need could not be read, such as names, the release or the clock.",
            "Parts of the result are missing, or are by the controller's clock. A stop is sent all the same.",
            "Read why, and fix it before the next drill: a drill needs all of it.",
            "The array's answers to ``/software_installed``, ``/cluster``, ``/volume``, ``/volume_group`` and ``/job``,"
            " where they are not as its description has them.",
        ),
        Rule(
            "start.unaccounted",
            WARNING,
            "A start was logged as done, and no stop after it, but the session shows no test.",
            "The session may show the test later.",
            "Look at the session again in a few minutes, and stop the test if it appears.",
            "``/job`` and ``failover_test_in_progress`` of the session.",
        ),
        Rule(
            "operation.repeated",
            INFO,
            "A start or stop was tried again after an attempt that failed.",
            "It took longer than one attempt. Until it was over, the session could not be failed over.",
            "Read why the attempt before failed. If that happens again, fix its cause on the array.",
            "The outcome of the attempt before.",
        ),
        Rule(
            "snapshot.not_kept",
            WARNING,
            "The array refused the stop with its end-of-test snapshot, and took it without.",
            "What was written during the test is lost. The stop is worth more: the session can be failed over again.",
            "Read why the array refused the snapshot, and fix that before the next test whose data is to be kept.",
            "The array's answer to the stop, or the job of the stop.",
        ),
        Rule(
            "session.gone",
            WARNING,
            "The array no longer lists a session that was asked for by its id or that was being worked on.",
            "Replication of this resource has ended. Nothing is known about its test.",
            "Look at the resource on this array, and set up its replication again.",
            "``/replication_session`` of the array that was asked.",
        ),
        Rule(
            "session.failed_over",
            BLOCKER,
            "The session has been failed over, or is being failed over; a stop leaves it alone.",
            "The site may be working with this resource now. A stop could discard the data that it works with.",
            "Leave the resource to those who failed it over, and detach nothing from it.",
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
        # DR tests of NAS servers, by clone
        Rule(
            "nas.version_not_supported",
            BLOCKER,
            "The array runs a PowerStoreOS before 3.6.",
            "The array does not know DR-test clones of NAS servers: nobody could distinguish a clone from production.",
            "Upgrade the array to PowerStoreOS 3.6 or later.",
            "``release_version`` of ``/software_installed``; the description of ``is_dr_test``.",
        ),
        Rule(
            "nas.not_destination",
            BLOCKER,
            "The NAS server is not the destination of a replication session on the array that was asked.",
            "A clone of it would prove nothing about the DR site: a DR test shows what was replicated to it.",
            "Set host to the array that is the destination. After a failover, that is the other array.",
            "``/replication_session`` by ``local_resource_id``, and ``is_dr_test`` of ``/nas_server``.",
        ),
        Rule(
            "nas.file_system_not_found",
            BLOCKER,
            "A file system that is to be cloned does not belong to the NAS server.",
            "The test would not show the data that was asked for.",
            "Name file systems of the destination NAS server on this array, or none to clone all.",
            "``/file_system`` by ``nas_server_id``.",
        ),
        Rule(
            "nas.name_taken",
            BLOCKER,
            "A NAS server that is no DR test has the name that the clone would get.",
            "The array refuses a second NAS server of one name, and the other is not touched.",
            "Rename that NAS server, or give the task another label.",
            "``name`` and ``is_dr_test`` of ``/nas_server``.",
        ),
        Rule(
            "nas.another_interface",
            BLOCKER,
            "The DR-test clone exists, and has a file interface with another address than the task asks for.",
            "A clone with two addresses could be reached where it was not meant to be.",
            "Stop the DR test first, or ask for the address that the clone has.",
            "``/file_interface`` by ``nas_server_id``.",
        ),
        Rule(
            "nas.address_in_use",
            BLOCKER,
            "A file interface of the array, or its counterpart at the source, has the address of the clone already.",
            "On one network, clients of production could reach the clone, and write to it, or lose their connection.",
            "Give the clone another address. Where its network is isolated from production, set isolated.",
            "``ip_address`` and ``source_parameters`` of ``/file_interface``.",
        ),
        Rule(
            "nas.address_answers",
            BLOCKER,
            "The address that the clone would get answers on the network of the computer that runs the task.",
            "Something has this address already, and the network is not isolated from this computer's.",
            "Give the clone an address that nothing has. Where its network is isolated from production, set isolated.",
            "TCP connections to the ports 2049, 445, 111, 22 and 443, within two seconds; a refusal is an answer.",
        ),
        Rule(
            "nas.no_interface",
            WARNING,
            "The DR-test clone gets no file interface.",
            "No client of the DR site can reach it, so no data can be checked.",
            "Give it an address on an isolated network with interface.",
            "The task's own options.",
        ),
        Rule(
            "nas.already_started",
            INFO,
            "A DR-test clone of the NAS server with the name that this task gives exists already.",
            "The test shows the data of when that clone was made.",
            "Stop the DR test first to test what was replicated since.",
            "``/nas_server`` with ``is_dr_test``; its age from ``/job`` or its file systems.",
        ),
        Rule(
            "nas.of_somebody_else",
            INFO,
            "A DR-test clone of the NAS server was made under another label.",
            "It takes space on the array. It does not block a failover of the NAS server.",
            "Ask the account that made it. To remove it, name it by clone_id, or set clones to all.",
            "``/nas_server`` with ``is_dr_test``; account and time from ``/job``.",
        ),
        Rule(
            "nas.source_unknown",
            WARNING,
            "The array does not show which NAS server a DR-test clone was made from; only its name says so.",
            "A name proves nothing, so the clone is left. It takes space on the array.",
            "Look at the clone on the array, and remove it by its clone_id.",
            "``parent_id`` of ``/file_system``, and the clones in ``/job``.",
        ),
        Rule(
            "nas.start_under_way",
            INFO,
            "The array is still making a clone of the NAS server, for example for a task that was cut off.",
            "The clone is not listed yet. A stop waits for it, and removes it.",
            "None needed.",
            "``/job`` with the action clone.",
        ),
        Rule(
            "nas.file_systems_missing",
            WARNING,
            "The DR-test clone has fewer file systems than were to be cloned.",
            "The test does not show all of the data. File systems with FLR in compliance mode are never cloned.",
            "Look at the clone on the array, and test what is missing in another way.",
            "``/file_system`` by ``nas_server_id``, of the NAS server and of its clone.",
        ),
        Rule(
            "nas.half_done",
            WARNING,
            "A start failed after a part of it was made.",
            "A clone that is not as asked for takes space on the array, and may be reached.",
            "Read why it failed. Where a part of it is left, run the stop.",
            "The array's answers to the requests of the start, and to those that took it back.",
        ),
        # When a drill may run
        Rule(
            "drill.outside_window",
            BLOCKER,
            "It is outside the window in which drills may run, or the drill may last longer than the window is open.",
            "A failover test at that time is not allowed by those who run these systems.",
            "Run the drill when its window is open for all of failover_drill_max_duration, or change "
            "failover_drill_window.",
            "``failover_drill_window`` and ``failover_drill_max_duration``; the clock of the controller.",
        ),
        Rule(
            "drill.frozen",
            BLOCKER,
            "There is a freeze now, or one begins before the latest end of the drill.",
            "Nothing is to be changed during the freeze, and a running failover test blocks a failover.",
            "Run the drill after the freeze, or early enough that failover_drill_max_duration ends before it.",
            "``failover_drill_freeze`` and ``failover_drill_max_duration``; the clock of the controller.",
        ),
    )
}
