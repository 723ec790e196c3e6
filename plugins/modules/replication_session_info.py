#!/usr/bin/python
# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: replication_session_info
short_description: Read PowerStore replication sessions and whether they are ready for a failover drill
version_added: 0.1.0
description:
  - Reads replication sessions with everything a drill needs to know about them, in a few requests for any number.
  - Says for each whether a drill could begin now, and what blocks it. The findings are those that refuse a start in
    M(drdrill.powerstore.replication_failover_test), and what else should be known.
  - Fails where a selector leads to no session or a flag cannot be read, and returns the others all the same. Everything
    else may be missing, and is then in RV(unread) and in the findings.
author:
  - drdrill.powerstore contributors (@drdrill)
extends_documentation_fragment:
  - drdrill.powerstore.connection
  - drdrill.powerstore.attributes
  - drdrill.powerstore.attributes.action_group
  - drdrill.powerstore.attributes.info_module
options:
  session_id:
    description: Id of one replication session, as O(host) lists it.
    type: str
  volume:
    description: Name or id of the volume on this array that a session replicates.
    type: str
  volume_group:
    description: Name or id of the volume group on this array that a session replicates.
    type: str
  sessions:
    description:
      - Several sessions, each named by one of the three, or by O(sessions[].nas_server). Without any selector all
        sessions are read.
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
          - Name or id of the NAS server on this array that a session replicates. Its DR-test clones are read, too, and
            whether one can be made. Named by its O(sessions[].session_id), it is a session without a failover test,
            whose RV(sessions[].dr_test_clones) are read all the same.
        type: str
      interface:
        description:
          - The interface that the DR-test clone of O(sessions[].nas_server) is to get. Whether it can is part of the
            findings.
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
        description: Names or ids of the file systems of O(sessions[].nas_server) that are to be cloned.
        type: list
        elements: str
      isolated:
        description: Whether the network of O(sessions[].interface) is known to be isolated from production.
        type: bool
      snapshot:
        description:
          - Name or id of the snapshot from which a failover test is to be started. Whether it can be is part of the
            findings, and its time is RV(sessions[].recovery_point).
        type: str
  role:
    description: Only sessions that have this role on this array.
    type: str
    choices: [Source, Destination, Metro_Preferred, Metro_Non_Preferred]
  resource_type:
    description: Only sessions of this kind of resource.
    type: str
    choices: [volume, volume_group, replication_group, nas_server, file_system]
  state:
    description: Only sessions in this state, for example V(OK) or V(Paused), without regard to case.
    type: str
  failover_test_in_progress:
    description: Only sessions with, or only sessions without a running failover test.
    type: bool
  remote_system:
    description: Only sessions with this remote system, by its name or id.
    type: str
  name:
    description:
      - Only sessions whose resource on this array has a name that fits this pattern, such as V(erp-*), without regard
        to case. V(*) stands for any characters and V(?) for one; all others, brackets too, stand for themselves.
    type: str
  test_log:
    description:
      - Also read every start of a failover test that the array's own log still has, of all sessions, no matter which
        are selected, and every DR-test clone of a NAS server that is on the array. This finds tests that
        are in no record of a drill.
    type: bool
    default: false
  population:
    description:
      - Also read every session of which this array is the destination, no matter which are selected, so that it can be
        said how many there are and what was not selected.
    type: bool
    default: false
seealso:
  - module: drdrill.powerstore.replication_failover_test
"""

EXAMPLES = r"""
- name: Read all sessions that end on this array
  drdrill.powerstore.replication_session_info:
    host: powerstore-dr.example.com
    username: drill
    password: "{{ vault_drill_password }}"
    role: Destination
  register: estate

- name: Find failover tests that are running
  drdrill.powerstore.replication_session_info:
    failover_test_in_progress: true

- name: Read the sessions of one application
  drdrill.powerstore.replication_session_info:
    name: erp-*
"""

RETURN = r"""
host:
  description: The name or address that was asked.
  returned: success
  type: str
  sample: powerstore-dr.example.com
account:
  description: The account on the array, as the array names it.
  returned: success
  type: str
  sample: drill
cluster:
  description: The array that was asked.
  returned: when it could be read
  type: dict
  sample:
    name: powerstore-dr
    global_id: PS0123456789ab
    release_version: 4.1.0.0
    system_time: "2026-11-23T20:02:11.120Z"
    clock_skew_seconds: 0.412
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
    system_time:
      description: The array's clock when it was read.
      type: str
    clock_skew_seconds:
      description: The array's clock less the controller's, C(null) where the array tells no time.
      type: float
sessions:
  description:
    - The sessions, in the order of the selectors or else of their ids. Where a selector leads to no session its entry
      has a C(session_id) of C(null), the C(selector), and the finding that says why.
  returned: when the array could be read
  type: list
  elements: dict
  contains:
    session_id:
      description: Id of the replication session on this array.
      type: str
      sample: 0a1b2c3d-0000-4000-8000-00000000000a
    selector:
      description: How the task named it; its id where it named none.
      type: dict
      sample: {"volume": "erp-data"}
    state:
      description: Replication state.
      type: str
      sample: OK
    role:
      description: Role on this array.
      type: str
      sample: Destination
    type:
      description: Kind of replication, C(null) before PowerStoreOS 3.0.
      type: str
      sample: Asynchronous
    failover_test_in_progress:
      description:
        - The flag as the array shows it. Of a NAS server that was named by C(nas_server), whether a DR-test clone of it
          is on the array.
      type: bool
      sample: false
    last_sync_timestamp:
      description: Last successful synchronisation.
      type: str
      sample: "2026-11-23T20:00:00.000Z"
    resource_type:
      description: Kind of the replicated resource.
      type: str
      sample: volume
    resource_name:
      description: Its name on this array.
      type: str
      sample: erp-data
    resource_id:
      description: Its id on this array.
      type: str
      sample: 7c1d2e3f-0000-4000-8000-00000000000b
    remote_resource_id:
      description: Its id on the remote system.
      type: str
      sample: 7c1d2e3f-0000-4000-8000-00000000000c
    remote_system:
      description: The array at the other end.
      type: dict
      sample: {"id": "1f2e3d4c-0000-4000-8000-00000000000d", "name": "powerstore-production"}
    replication_rule:
      description: The rule that sets the objective.
      type: dict
      sample: {"id": "2f3e4d5c-0000-4000-8000-00000000000e", "name": "five-minutes"}
    error_code:
      description: Why the last asynchronous copy failed, C(null) where it did not, and before PowerStoreOS 3.0.
      type: str
      sample: "0xE0201005000F"
    data_connection_state:
      description: State of the session's data connection, C(null) before PowerStoreOS 3.0.
      type: str
      sample: OK
    rpo_objective_seconds:
      description: RPO objective of the replication rule, in seconds.
      type: int
      sample: 300
    recovery_point_timestamp:
      description:
        - The point in time of the last synchronised data, C(last_sync_timestamp) less the duration of that
          synchronisation. It is not documented which end of the cycle the timestamp means; this is the older reading.
      type: str
      sample: "2026-11-23T19:59:58.000Z"
    recovery_point_age_seconds:
      description:
        - Its age by the array's clock, in seconds; C(null) where it lies in the future, as a clock was wrong then.
      type: float
      sample: 133.1
    rpo_met:
      description: Whether the age is within the objective, C(null) where one of them is not known.
      type: bool
      sample: true
    recovery_point:
      description:
        - The point in time of the data that a test would show, and its age. C(of) is C(snapshot) where a snapshot is
          asked for, which says nothing about the RPO of the replication, and C(last_sync) otherwise.
      type: dict
      sample: {"of": "last_sync", "timestamp": "2026-11-23T19:59:58.000Z", "age_seconds": 133.1}
    volumes:
      description:
        - The volumes on this array, with the names of the hosts and host groups they are mapped to. Each of both is
          C(null) where it could not be read, which C(unread) says.
      type: list
      elements: dict
      sample:
        - id: 7c1d2e3f-0000-4000-8000-00000000000b
          name: erp-data
          state: Ready
          wwn: naa.68ccf09800a1b2c3d4e5f60718293a4b
          size: 107374182400
          hosts: [dr-host-1]
    hosts:
      description: All hosts and host groups that see any of the volumes; C(null) where that could not be read.
      type: list
      elements: str
      sample: [dr-host-1]
    alerts:
      description: Active alerts about the session, newest first; C(null) where the account may not read alerts.
      type: list
      elements: dict
      sample:
        - id: 3d4e5f60-0000-4000-8000-00000000000f
          severity: Major
          event_code: "0x01800A01"
          description: The recovery point objective is not met.
          raised_at: "2026-11-23T19:40:00.000Z"
          is_acknowledged: false
    failover_test:
      description:
        - The running test, with who started it and when. C(source) says where that was read, C(job) or
          C(audit_event), or that it is C(unavailable) to this account; C(own) whether it is the account that asks,
          C(null) where that is not clear. A DR-test clone of a NAS server is this account's own only if it has the
          name that a drill gives.
      type: dict
      sample:
        in_progress: true
        started_at: "2026-11-23T19:02:11.120Z"
        started_by: drill
        own: true
        age_seconds: 3600.0
        source: job
    dr_test_clones:
      description:
        - The DR-test clones of a NAS server, C(null) for other resources and where they could not be read. Of a NAS
          server that was named by C(nas_server), they are what C(failover_test_in_progress) says, too.
      type: list
      elements: dict
      sample:
        - id: 6f3e2d1c-0000-4000-8000-00000000001b
          name: drtest_drill_homes_0a1b2c3d
          operational_status: Started
          source_name: homes
          started_by: drill
          started_at: "2026-11-23T19:02:11.120Z"
          age_seconds: 3600
          file_systems: [{id: 6f3e2d1c-0000-4000-8000-00000000001c, name: home, parent_id: null}]
          interfaces: [{id: 6f3e2d1c-0000-4000-8000-00000000001d, ip_address: 192.0.2.20, prefix_length: 24}]
    ready:
      description:
        - Whether no finding of severity V(blocker) refuses a drill. A test that runs already is one, although a single
          start would leave it alone and change nothing.
      type: bool
      sample: true
    findings:
      description: What blocks a drill or should be known before it. Their ids are stable.
      type: list
      elements: dict
      sample:
        - id: rpo.exceeded
          session_id: 0a1b2c3d-0000-4000-8000-00000000000a
          severity: warning
          message: >-
            The recovery point of the volume 'erp-data' (session 0a1b2c3d-0000-4000-8000-00000000000a) is 720 s (12 min)
            old; the objective is 300 s (5 min).
          impact: A failover now would lose more data than the RPO allows.
          resolution: Look at the session's transfer, its alerts and the link; synchronise before the drill.
unread:
  description:
    - What could not be read, and why. Where it is about a row that has no readable flag, the task fails; the
      C(session_id) is that of the row.
  returned: when the array could be read
  type: list
  elements: dict
  sample:
    - what: the PowerStoreOS version
      session_id: null
      failure: {kind: authorization, http_status: 403, code: null, message: "Reading the PowerStoreOS version: no"}
test_log:
  description:
    - Every start of a failover test that the array's log still has, newest first; C(null) where the log could not be
      read. The array forgets old ones.
  returned: with O(test_log=true)
  type: list
  elements: dict
  sample:
    - job_id: 3b0c1d2e-0000-4000-8000-00000000001a
      session_id: 0a1b2c3d-0000-4000-8000-00000000000a
      phase: Completed
      user: drill
      started_at: "2026-11-23T19:02:11.120Z"
      finished_at: "2026-11-23T19:02:12.340Z"
dr_test_clones:
  description:
    - Every DR-test clone of a NAS server that is on the array, also of NAS servers that were not asked for; C(null)
      where they could not be read. Each as in RV(sessions[].dr_test_clones).
  returned: with O(test_log=true)
  type: list
  elements: dict
  sample:
    - id: 6f3e2d1c-0000-4000-8000-00000000001b
      name: drtest_drill_homes_0a1b2c3d
      source_id: 7c1d2e3f-0000-4000-8000-00000000000b
      source_name: homes
      started_by: drill
      started_at: "2026-11-23T19:02:11.120Z"
population:
  description:
    - Every session of which this array is the destination; V(null) where they could not be read.
  returned: with O(population=true)
  type: list
  elements: dict
  sample:
    - session_id: 0a1b2c3d-0000-4000-8000-00000000000a
      resource_type: volume
      resource_name: erp-data
      resource_id: 7c1d2e3f-0000-4000-8000-00000000000b
      type: Asynchronous
      role: Destination
failure:
  description: Why it failed, in the shape of RV(drdrill.powerstore.replication_failover_test#module:failure).
  returned: failure
  type: dict
  sample: {"kind": "not_found", "http_status": null, "code": null, "message": "No volume 'erp' on powerstore-dr"}
"""

from ..module_utils import _python as _  # noqa: F401  # first: refuses a Python that is too old for the rest
from ..module_utils._array.session import RESOURCE_TYPES, selectors_from_params
from ..module_utils._errors import InvalidInputError
from ..module_utils._module.frame import PowerStoreModule, execute
from ..module_utils._module.options import (
    CONNECTION,
    ArgumentSpec,
    selection,
)
from ..module_utils._session_info.task import run_session_info

SPEC = CONNECTION.merged_with(selection(required=False, nas=True)).merged_with(
    ArgumentSpec(
        {
            "role": {"type": "str", "choices": ["Source", "Destination", "Metro_Preferred", "Metro_Non_Preferred"]},
            "resource_type": {"type": "str", "choices": list(RESOURCE_TYPES)},
            "state": {"type": "str"},
            "failover_test_in_progress": {"type": "bool"},
            "remote_system": {"type": "str"},
            "name": {"type": "str"},
            "test_log": {"type": "bool", "default": False},
            "population": {"type": "bool", "default": False},
        }
    )
)


def main() -> None:
    module = PowerStoreModule(**SPEC.module_arguments())
    try:
        selectors = selectors_from_params(module.params)
    except InvalidInputError as error:
        module.fail_json(msg=error.message)
    execute(module, lambda client: run_session_info(client, selectors, module.params))


if __name__ == "__main__":
    main()
