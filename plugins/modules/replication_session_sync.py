#!/usr/bin/python
# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: replication_session_sync
short_description: Synchronise PowerStore replication sessions now
version_added: 0.1.0
description:
  - Asks the source array for a fresh synchronisation of replication sessions, and waits until each shows one.
  - A session is confirmed by the time of its last synchronisation, which has to move. A cycle that is under way when
    the task comes to the session does not count, as its data is from before; it is waited for first.
  - Sessions of NAS servers are refused, as the array does not say when they were last synchronised.
  - Only O(host) is asked. It has to be the array that is the source of the sessions, so for a drill the production one.
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
    details: In check mode the time afterwards is not known; the diff says later than which time it will be.
options:
  sessions:
    description:
      - The sessions, each named by one of the four. What refuses one of them refuses the whole task before
        anything is sent. A failure during the operation does not stop the others.
    type: list
    elements: dict
    suboptions:
      session_id:
        description: Id of the session, as O(host) lists it. It may differ from that on the destination array.
        type: str
      volume:
        description: Name or id of the source volume.
        type: str
      volume_group:
        description: Name or id of the source volume group.
        type: str
      resource_id:
        description:
          - Id of the source volume or volume group, whichever it is. The destination array shows it as
            C(remote_resource_id), see M(drdrill.powerstore.replication_session_info).
        type: str
  resource_ids:
    description: The sessions as a list of their C(resource_id) alone, instead of O(sessions).
    type: list
    elements: str
  since:
    description:
      - How fresh is fresh enough. A session whose recovery point is not older is left alone, so that a second task
        changes nothing. How long ago, such as V(15m) or V(2h), or an ISO 8601 time with its zone.
      - It is compared with the last synchronisation less its duration, the older of two possible readings.
      - If not set, every session is synchronised.
    type: str
  max_parallel:
    description:
      - How many synchronisations are under way at once. An array that answers that it is busy gets half as many until
        it is not.
    type: int
    default: 16
  wait_timeout:
    description:
      - Seconds for the synchronisation of one session, from sending it to the array showing it. A cycle that is under
        way already is waited for as long again.
      - A task on many sessions is bounded by this times the number of sessions divided by O(max_parallel), and once
        more.
      - What is not confirmed in time may still be carried out by the array later.
    type: int
    default: 600
  poll_interval:
    description:
      - Longest pause in seconds between two looks at what is under way, as long as none has ended.
      - Once one has ended, the pause is a tenth of how long they take on this array, at most 10 seconds.
    type: float
    default: 1
seealso:
  - module: drdrill.powerstore.replication_session_info
  - module: drdrill.powerstore.replication_failover_test
"""

EXAMPLES = r"""
- name: Synchronise two sessions
  drdrill.powerstore.replication_session_sync:
    host: powerstore-prod.example.com
    username: drill
    password: "{{ vault_drill_password }}"
    sessions:
      - volume: erp-data
      - volume_group: erp-db

- name: Make sure that no recovery point is older than a quarter of an hour
  drdrill.powerstore.replication_session_sync:
    sessions:
      - volume: erp-data
    since: 15m

- name: Read the sessions at the DR site
  drdrill.powerstore.replication_session_info:
    host: powerstore-dr.example.com
    role: Destination
  register: drill_sessions

- name: Synchronise them at the production site, named by what the DR site knows of them
  drdrill.powerstore.replication_session_sync:
    host: powerstore-prod.example.com
    resource_ids: "{{ drill_sessions.sessions | map(attribute='remote_resource_id') }}"
    wait_timeout: 3600
"""

RETURN = r"""
cluster:
  description: The array that was asked.
  returned: when it could be read
  type: dict
  sample: {"name": "powerstore-prod", "global_id": "PS9876543210fe", "release_version": "4.1.0.0"}
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
    selector:
      description: How the task named it.
      type: dict
      sample: {"volume": "erp-data"}
    resource_type:
      description: Kind of the replicated resource.
      type: str
      sample: volume
    resource_name:
      description: Name of the source resource.
      type: str
      sample: erp-data
    resource_id:
      description: Id of the source resource.
      type: str
      sample: 7c1d2e3f-0000-4000-8000-00000000000b
    action:
      description:
        - What was done, in check mode what would be done. One of V(synchronised), V(none), V(failed) and
          V(not_attempted).
        - V(none) where it is fresh enough already, or where another cycle began after the task and did it;
          V(not_attempted) where another session refused the task.
      type: str
      sample: synchronised
    changed:
      description: Whether the session has a new recovery point by this task.
      type: bool
      sample: true
    failed:
      description: Whether no fresh synchronisation was confirmed.
      type: bool
      sample: false
    before:
      description: State, role, flag and last synchronisation before the operation.
      type: dict
      sample:
        state: OK
        role: Source
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
        role: Source
        failover_test_in_progress: false
        last_sync_timestamp: "2026-11-23T20:02:13.000Z"
        recovery_point_timestamp: "2026-11-23T20:02:13.000Z"
    request_sent:
      description: Whether the array may have executed an operation of this task, also when the task failed.
      type: bool
      sample: true
    job_id:
      description: The job on the array.
      type: str
      sample: 5e6f7a8b-0000-4000-8000-00000000000c
    started_at:
      description: When the operation was sent, by the array's clock.
      type: str
      sample: "2026-11-23T20:02:11.120Z"
    finished_at:
      description: When the array showed the new recovery point, by its clock.
      type: str
      sample: "2026-11-23T20:02:13.480Z"
    duration_seconds:
      description: From sent to shown.
      type: float
      sample: 2.36
    failure:
      description:
        - Why it failed. Its C(kind) is one of V(authentication), V(authorization), V(not_found), V(ambiguous),
          V(not_ready), V(rejected), V(busy), V(timeout), V(unreachable), V(protocol), V(invalid_input).
      returned: when RV(sessions[].failed)
      type: dict
      sample:
        kind: not_ready
        http_status:
        code:
        message: "The volume 'erp-data' (session 0a1b2c3d-0000-4000-8000-00000000000a) is Paused"
failure:
  description: The first failure, in the shape of RV(sessions[].failure).
  returned: failure
  type: dict
  sample: {"kind": "not_found", "http_status": null, "code": null, "message": "No volume 'erp' on powerstore-prod"}
"""

from ..module_utils import _python as _  # noqa: F401  # first: refuses a Python that is too old for the rest
from ..module_utils._module.frame import PowerStoreModule, carry_out
from ..module_utils._module.options import CONNECTION, SOURCE_SELECTION, ArgumentSpec
from ..module_utils._module.progress import to_file
from ..module_utils._operation.batch import OnProgress
from ..module_utils._session_sync.task import run

SPEC = CONNECTION.merged_with(SOURCE_SELECTION).merged_with(
    ArgumentSpec(
        {
            "since": {"type": "str"},
            "max_parallel": {"type": "int", "default": 16},
            "wait_timeout": {"type": "int", "default": 600},
            "poll_interval": {"type": "float", "default": 1},
        }
    )
)


def main(on_progress: OnProgress | None = None) -> None:
    module = PowerStoreModule(**SPEC.module_arguments())
    carry_out(module, lambda: run(module.params, check_mode=module.check_mode, on_progress=on_progress or to_file()))


if __name__ == "__main__":
    main()
