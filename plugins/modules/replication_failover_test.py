#!/usr/bin/python
# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: replication_failover_test
short_description: Start and stop failover tests on PowerStore replication sessions
version_added: 0.1.0
description:
  - Starts a failover test on the destination side of replication sessions, or stops it, and waits until the array
    shows it. During the test the hosts of the DR site can read and write the destination resource while replication
    goes on behind it.
  - While a test runs, the session B(cannot be failed over). A test that was started has to be stopped.
  - The result says what the array shows after the operation, never only what it answered to the request.
author:
  - drdrill.powerstore contributors (@drdrill)
extends_documentation_fragment:
  - drdrill.powerstore.connection
  - drdrill.powerstore.attributes
  - drdrill.powerstore.attributes.action_group
attributes:
  check_mode:
    support: full
    details: Only reads, and refuses what a real run would refuse.
  diff_mode:
    support: full
options:
  state:
    description:
      - V(started) makes sure that a failover test runs on every session, V(stopped) that none does.
      - V(stopped) looks into the array's jobs, too. A start that is still under way, for example of a task that was
        killed, is waited for and then stopped. A session that cannot be stopped does not keep the others from it.
    type: str
    choices: [started, stopped]
    required: true
  session_id:
    description:
      - Id of one replication session, as O(host) lists it.
    type: str
  volume:
    description:
      - Name or id of the destination volume of one replication session.
    type: str
  volume_group:
    description:
      - Name or id of the destination volume group of one replication session.
    type: str
  sessions:
    description:
      - Several sessions, each named by one of the three, or by O(sessions[].nas_server). A finding of severity
        V(blocker) on one of them refuses the whole task before anything is sent. A failure during the operation does
        not stop the others.
    type: list
    elements: dict
    suboptions:
      session_id:
        description: As O(session_id).
        type: str
      volume:
        description: As O(volume).
        type: str
      volume_group:
        description: As O(volume_group).
        type: str
      nas_server:
        description:
          - Name or id of a NAS server of which this array is the destination. It has no failover test, so its DR test
            is by clone, as M(drdrill.powerstore.nas_dr_test) makes and removes it, with the options of this entry.
          - Such entries are worked on beside the others. With both kinds, O(on_failure=rollback) is refused.
        type: str
      interface:
        description: The file interface that the clone of O(sessions[].nas_server) gets; V(stopped) needs none.
        type: dict
        suboptions:
          ip_address:
            description: IPv4 or IPv6 address of the clone.
            type: str
            required: true
          prefix_length:
            description: Length of its network's prefix.
            type: int
            required: true
          gateway:
            description: Address of its gateway, in the same network.
            type: str
          vlan_id:
            description: Its VLAN, V(0) for none.
            type: int
          ip_port_id:
            description: Id of the IP port of the array that the network is at. If not set, the array chooses.
            type: str
      file_systems:
        description: Names or ids of the file systems of O(sessions[].nas_server) that are cloned; all if not set.
        type: list
        elements: str
      isolated:
        description: Whether the network of O(sessions[].interface) is known to be isolated from production.
        type: bool
      clone_id:
        description:
          - Id of the DR-test clone of O(sessions[].nas_server) that V(stopped) deletes, from RV(sessions[].clone) of
            the start. Without it, those that this account made are deleted.
        type: str
      snapshot:
        description: As O(snapshot), for this session.
        type: str
      create_end_of_test_snapshot:
        description: As O(create_end_of_test_snapshot), for this session.
        type: bool
      started_by_job:
        description:
          - Id of the job that started the test which is to be stopped, from RV(sessions[].job_id) of the start. Where
            the array's jobs show that the running test comes from another start, V(stopped) leaves it alone, with the
            finding C(test.of_somebody_else). Where they cannot tell, the test is stopped.
        type: str
  snapshot:
    description:
      - Name or id of a snapshot of the destination resource, on this array, that the test shows. For a volume group
        this is a snapshot set of the group.
      - If not set, the test shows the last synchronised state.
      - A test that runs already is left alone; which snapshot it was started from cannot be read.
    type: str
  on_failure:
    description:
      - What to do with tests that this task started when one of its starts failed. V(keep) leaves them running,
        V(rollback) stops them again. Tests that ran before are never touched.
    type: str
    choices: [keep, rollback]
    default: keep
  create_end_of_test_snapshot:
    description:
      - Whether to keep what was written during the test in a snapshot of the destination resource. Otherwise it is
        lost with the stop.
      - A stop that the array refuses with the snapshot is repeated without it, with the finding C(snapshot.not_kept).
    type: bool
    default: false
  end_of_test_snapshot_expiration:
    description:
      - How long the array keeps that snapshot. A duration from the stop on, such as V(30d) or V(12h), an ISO 8601
        time with its zone, or V(never).
      - If not set, the array decides, and deletes it after an interval of its own.
    type: str
  force:
    description:
      - Stop although the remote system is unreachable. The array refuses that otherwise.
    type: bool
    default: false
  max_parallel:
    description:
      - How many operations are under way at once, and how many connections are open besides one. An array that
        answers that it is busy gets half as many until it is not.
    type: int
    default: 16
  wait_timeout:
    description:
      - Seconds for the operation on one session, from sending it to the array showing it. Within this time the
        operation is repeated while the array answers that it is busy (503, 429), and sent at most twice more after
        answers that were lost, each time once the array's jobs show that it was not executed.
      - A task on many sessions is bounded by this times the number of sessions divided by O(max_parallel).
    type: int
    default: 600
  settle_time:
    description:
      - How many seconds V(stopped) goes on looking at sessions on which no test runs and no start is under way, before
        it says that there is nothing to stop. A start that was sent just before a task was killed may reach the array
        only after a first look.
      - It ends as soon as every session shows a test or a start. Sessions that show one are stopped after it.
    type: int
    default: 0
  attempts:
    description:
      - How often V(stopped), and the stop of a rollback, is tried for one session. Before each further attempt the
        sessions are read. Only those that are still in the test are tried again, and none while the array is still at
        a stop of this task.
      - A stop that is refused with its end-of-test snapshot has one attempt more, without it.
    type: int
    default: 1
  attempt_delay:
    description: Seconds between two attempts.
    type: int
    default: 10
  poll_interval:
    description:
      - Longest pause in seconds between two looks at what is under way, as long as none has ended. Young operations are
        looked at more often.
      - Once one has ended, the pause is a tenth of how long they take on this array, at most 10 seconds.
    type: float
    default: 1
seealso:
  - module: drdrill.powerstore.replication_session_info
"""

EXAMPLES = r"""
- name: Start a failover test of one volume
  drdrill.powerstore.replication_failover_test:
    host: powerstore-dr.example.com
    username: drill
    password: "{{ vault_drill_password }}"
    volume: erp-data
    state: started
  register: started

- name: Say what starting three tests would do, and what would refuse it
  drdrill.powerstore.replication_failover_test:
    sessions:
      - volume: erp-data
      - volume_group: erp-db
      - volume: files-archive
        snapshot: files-archive-monday
    state: started
  check_mode: true

- name: Test a whole application, with the NAS server that has its files
  drdrill.powerstore.replication_failover_test:
    sessions:
      - volume_group: erp-db
      - nas_server: erp-files
        interface:
          ip_address: 192.0.2.20
          prefix_length: 24
    state: started

- name: Stop the test that this play started, and no other; try up to three times
  drdrill.powerstore.replication_failover_test:
    sessions:
      - volume: erp-data
        started_by_job: "{{ started.sessions[0].job_id }}"
        create_end_of_test_snapshot: true
    state: stopped
    attempts: 3

- name: Stop the test and keep what was written for a month
  drdrill.powerstore.replication_failover_test:
    volume: erp-data
    state: stopped
    create_end_of_test_snapshot: true
    end_of_test_snapshot_expiration: 30d

- name: Stop the test although the production site is lost
  drdrill.powerstore.replication_failover_test:
    volume_group: erp-db
    state: stopped
    force: true
"""

RETURN = r"""
cluster:
  description: The array that was asked.
  returned: when it could be read
  type: dict
  sample: {"name": "powerstore-dr", "global_id": "PS0123456789ab", "release_version": "4.1.0.0"}
  contains:
    name:
      description: Name of the cluster.
      type: str
    global_id:
      description: Identity of the cluster.
      type: str
    release_version:
      description: PowerStoreOS version.
      type: str
sessions:
  description: One entry for each session asked for, in the order asked, also when the task fails.
  returned: always, except when the options themselves are refused
  type: list
  elements: dict
  contains:
    session_id:
      description: Id of the replication session on this array, C(null) where the selector led to none.
      type: str
      sample: 0a1b2c3d-0000-4000-8000-00000000000a
    clone:
      description: Of a NAS server, its DR-test clone as the task made, found or deleted it.
      type: dict
      sample: {"id": "6f3e2d1c-0000-4000-8000-00000000001b", "name": "drtest_drill_homes_0a1b2c3d"}
    selector:
      description: How the task named it.
      type: dict
      sample: {"volume": "erp-data"}
    resource_type:
      description: Kind of the replicated resource.
      type: str
      sample: volume
    resource_name:
      description: Name of the destination resource.
      type: str
      sample: erp-data
    resource_id:
      description: Id of the destination resource.
      type: str
      sample: 7c1d2e3f-0000-4000-8000-00000000000b
    action:
      description:
        - What was done, in check mode what would be done.
        - V(none) where the array shows the wanted state already, or where a stop leaves the session alone and a finding
          says why; V(not_attempted) where another session refused the
          task; V(rolled_back) where the test was started and stopped again.
      type: str
      sample: started
    changed:
      description: Whether the array is in another state than before by this task.
      type: bool
      sample: true
    failed:
      description: Whether the wanted state was not reached, or not confirmed.
      type: bool
      sample: false
    before:
      description: State, role, flag and last synchronisation before the operation.
      type: dict
      sample:
        state: OK
        role: Destination
        failover_test_in_progress: false
        last_sync_timestamp: "2026-11-23T20:00:00.000Z"
        recovery_point_timestamp: "2026-11-23T20:00:00.000Z"
    after:
      description:
        - The same as the array shows it afterwards, C(null) where it could not be read any more.
        - The two times are only there where they are others than before.
      type: dict
      sample:
        state: OK
        role: Destination
        failover_test_in_progress: true
    request_sent:
      description: Whether the array may have executed an operation of this task, also when the task failed.
      type: bool
      sample: true
    attempts:
      description: How often the operation was tried, 0 where nothing was to be done.
      type: int
      sample: 1
    job_id:
      description: The job on the array.
      type: str
      sample: 5e6f7a8b-0000-4000-8000-00000000000c
    started_at:
      description: When the operation was sent, by the array's clock.
      type: str
      sample: "2026-11-23T20:02:11.120Z"
    finished_at:
      description: When the array showed the wanted state, by its clock.
      type: str
      sample: "2026-11-23T20:02:13.480Z"
    duration_seconds:
      description: From sent to shown.
      type: float
      sample: 2.36
    snapshot:
      description:
        - The snapshot the test was started from, with the time of its data.
      returned: when it was not the last synchronised state
      type: dict
      sample:
        id: 9f8e7d6c-0000-4000-8000-00000000000d
        name: files-archive-monday
        source_timestamp: "2026-11-23T18:00:00.000Z"
    end_of_test_snapshot:
      description: The snapshot that keeps what was written, with its expiration.
      returned: when there is one
      type: dict
      sample:
        id: 1a2b3c4d-0000-4000-8000-00000000000e
        name: failover_test_STOPPED_2026-11-23T20:30:00Z
        expiration_timestamp: "2026-12-23T20:30:00.000Z"
    findings:
      description: What refuses the operation, and what should be known about it.
      type: list
      elements: dict
      sample:
        - id: replication.paused
          session_id: 0a1b2c3d-0000-4000-8000-00000000000a
          severity: warning
          message: The volume 'erp-data' (session 0a1b2c3d-0000-4000-8000-00000000000a) is Paused.
          impact: "No new recovery point arrives: the test shows the last one before the pause."
          resolution: Resume the session on the source array before the drill.
    failure:
      description:
        - Why it failed. Its C(kind) is one of V(authentication), V(authorization), V(not_found),
          V(ambiguous), V(not_ready), V(rejected), V(busy), V(timeout), V(unreachable), V(protocol), V(invalid_input).
      returned: when RV(sessions[].failed)
      type: dict
      sample:
        kind: rejected
        http_status: 422
        code: "0xE02010050001"
        message: "Starting the failover test on the volume 'erp-data': the array answered 422"
    rollback:
      description: The stop that took a start back, with C(job_id), C(started_at), C(finished_at), C(duration_seconds).
      returned: when one was sent
      type: dict
      sample:
        job_id: 6f7a8b9c-0000-4000-8000-00000000000f
        started_at: "2026-11-23T20:02:14.000Z"
        finished_at: "2026-11-23T20:02:15.500Z"
        duration_seconds: 1.5
failure:
  description: The first failure, in the shape of RV(sessions[].failure).
  returned: failure
  type: dict
  sample: {"kind": "not_found", "http_status": null, "code": null, "message": "No volume 'erp' on powerstore-dr"}
"""

from ..module_utils import _python as _  # noqa: F401  # first: refuses a Python that is too old for the rest
from ..module_utils._failover_test.task import run
from ..module_utils._module.frame import PowerStoreModule, carry_out
from ..module_utils._module.options import CONNECTION, TESTED_SELECTION, ArgumentSpec
from ..module_utils._module.progress import to_file
from ..module_utils._operation.batch import OnProgress

SPEC = CONNECTION.merged_with(TESTED_SELECTION).merged_with(
    ArgumentSpec(
        {
            "state": {"type": "str", "choices": ["started", "stopped"], "required": True},
            "snapshot": {"type": "str"},
            "on_failure": {"type": "str", "choices": ["keep", "rollback"], "default": "keep"},
            "create_end_of_test_snapshot": {"type": "bool", "default": False},
            "end_of_test_snapshot_expiration": {"type": "str"},
            "force": {"type": "bool", "default": False},
            "max_parallel": {"type": "int", "default": 16},
            "wait_timeout": {"type": "int", "default": 600},
            "settle_time": {"type": "int", "default": 0},
            "attempts": {"type": "int", "default": 1},
            "attempt_delay": {"type": "int", "default": 10},
            "poll_interval": {"type": "float", "default": 1},
        }
    )
)


def main(on_progress: OnProgress | None = None) -> None:
    module = PowerStoreModule(**SPEC.module_arguments())
    carry_out(module, lambda: run(module.params, check_mode=module.check_mode, on_progress=on_progress or to_file()))


if __name__ == "__main__":
    main()
