#!/usr/bin/python
# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nas_dr_test
short_description: Start and stop DR tests of PowerStore NAS servers, by clone
version_added: 0.1.0
description:
  - Failover tests do not exist for NAS servers. Dell's way to test one is a clone of the destination NAS server that
    the array marks as a DR test (C(is_dr_test)), with a file interface on a network isolated from production.
  - V(started) makes that clone with its file systems and its interface, and waits until it serves. V(stopped) deletes
    the interfaces, the file systems and the clone, in that order.
  - A clone has nothing to do with replication. The NAS server itself can be failed over while its clone exists.
  - The result says what the array shows after the operation, never only what it answered to the requests.
author:
  - drdrill.powerstore contributors (@drdrill)
extends_documentation_fragment:
  - drdrill.powerstore.connection
  - drdrill.powerstore.attributes
  - drdrill.powerstore.attributes.action_group
attributes:
  check_mode:
    support: full
    details: Only reads, and refuses what a real run would refuse. It asks the addresses of interfaces, too.
  diff_mode:
    support: full
notes:
  - Needs PowerStoreOS 3.6 or later. Earlier releases do not know the mark, and a start is refused.
  - What is deleted is only what the array itself marks as a DR test and shows to be a clone of the NAS server that the
    task names, by the C(parent_id) of its file systems or by the job of the clone. It is read again right before.
  - The clone's name has the form C(drtest_LABEL_NAME_KEY), at most 63 characters. It stays the same from run to run, so
    that a start whose answer was lost is found again, and the array takes no second clone of that name.
options:
  state:
    description:
      - V(started) makes sure that there is a DR-test clone of every NAS server with the O(label) of the task,
        V(stopped) that there is none.
      - A start that fails takes back what it made of that NAS server, and says so.
      - V(stopped) waits for a clone that is still being made, for example by a task that was killed, and removes it.
    type: str
    choices: [started, stopped]
    required: true
  nas_server:
    description:
      - Name or id of the destination NAS server on this array.
    type: str
  session_id:
    description:
      - Id of the replication session of the NAS server, as this array lists it.
    type: str
  clone_id:
    description:
      - Id of the DR-test clone that V(stopped) is to remove, from RV(nas_servers[].clone) of the start. No other clone
        is removed then, and its label does not matter.
      - With O(nas_server) or O(session_id) the clone is left where the array shows that it is one of another NAS
        server. Without them, the array's mark C(is_dr_test) is enough.
      - A clone that the array does not list is no failure.
    type: str
  nas_servers:
    description:
      - Several NAS servers. A finding of severity V(blocker) on one of them refuses the whole start before anything is
        sent. A failure during the operation does not stop the others.
    type: list
    elements: dict
    suboptions:
      nas_server:
        description: As O(nas_server).
        type: str
      session_id:
        description: As O(session_id).
        type: str
      clone_id:
        description: As O(clone_id).
        type: str
      file_systems:
        description: As O(file_systems).
        type: list
        elements: str
      interface:
        description: As O(interface).
        type: dict
        suboptions:
          ip_address:
            description: As O(interface.ip_address).
            type: str
            required: true
          prefix_length:
            description: As O(interface.prefix_length).
            type: int
            required: true
          gateway:
            description: As O(interface.gateway).
            type: str
          vlan_id:
            description: As O(interface.vlan_id).
            type: int
          ip_port_id:
            description: As O(interface.ip_port_id).
            type: str
      isolated:
        description: As O(isolated), for this NAS server.
        type: bool
  file_systems:
    description:
      - Names or ids of the file systems of the NAS server that the clone gets copies of. If not set, all of them.
      - File systems with FLR in compliance mode are never cloned by the array. What is missing is a finding.
    type: list
    elements: str
  interface:
    description:
      - The file interface of the clone. Without it nobody can reach the clone.
      - On a clone that exists and has none, it is added.
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
  isolated:
    description:
      - Says that the interface is on a network that is isolated from production, so that the clone may have an address
        that production has, too.
      - Otherwise an address is refused that answers on the network of the computer that runs the task, or that belongs
        to a file interface of this array or to its counterpart at the source. To find out, a TCP connection to each of
        the ports 2049, 445, 111, 22 and 443 is tried, for two seconds, and a refusal counts as an answer. Silence
        proves nothing of other networks.
    type: bool
    default: false
  label:
    description:
      - Whose the clones are. A word such as the id of a drill, which the clone's name shows.
      - If not set, the name of the account without its domain.
    type: str
  clones:
    description:
      - Which DR-test clones of a NAS server V(stopped) removes. V(own) are those with the O(label) of the task, V(all)
        those of everybody.
    type: str
    choices: [own, all]
    default: own
  domain_unjoin:
    description:
      - An account with which the array takes the clone's SMB server out of its Active Directory domain when the clone
        is deleted.
      - If not set, the array is asked to skip that. A clone may share the domain account of the production NAS server,
        and unjoining it may take production out of the domain.
    type: dict
    suboptions:
      username:
        description: Name of the account.
        type: str
        required: true
      password:
        description: Password of the account.
        type: str
        required: true
  on_failure:
    description:
      - What to do with the other clones that this task made when one of its starts failed. V(keep) leaves them,
        V(rollback) removes them again. Clones that existed before are never touched.
    type: str
    choices: [keep, rollback]
    default: keep
  max_parallel:
    description:
      - How many NAS servers are worked on at once, and how many connections are open besides one.
    type: int
    default: 16
  wait_timeout:
    description:
      - Seconds for each request, from sending it to the array showing what it did, and for the clone to serve. Within
        this time a request is repeated while the array answers that it is busy (503, 429), and after answers that were
        lost, each time once the array shows that it was not executed.
    type: int
    default: 600
  settle_time:
    description:
      - How many seconds V(stopped) goes on looking at NAS servers of which there is no clone to remove, before it says
        so. A clone that was asked for just before a task was killed may reach the array only after a first look.
    type: int
    default: 0
  attempts:
    description: How often V(stopped) is tried for one NAS server. Each attempt reads the array first.
    type: int
    default: 1
  attempt_delay:
    description: Seconds between two attempts.
    type: int
    default: 10
  poll_interval:
    description: Longest pause in seconds between two looks at what is under way.
    type: float
    default: 1
seealso:
  - module: drdrill.powerstore.replication_failover_test
  - module: drdrill.powerstore.replication_session_info
"""

EXAMPLES = r"""
- name: Start a DR test of one NAS server on an isolated network
  drdrill.powerstore.nas_dr_test:
    host: powerstore-dr.example.com
    username: drill
    password: "{{ vault_drill_password }}"
    nas_server: homes
    interface:
      ip_address: 192.0.2.24
      prefix_length: 24
      gateway: 192.0.2.1
      vlan_id: 412
    state: started
  register: started

- name: Say what starting two tests would do, and what would refuse it
  drdrill.powerstore.nas_dr_test:
    nas_servers:
      - nas_server: homes
        file_systems: [home-a]
        interface: {ip_address: 192.0.2.30, prefix_length: 24}
      - nas_server: finance
        interface: {ip_address: 192.0.2.31, prefix_length: 24}
    label: quarterly-drill
    state: started
  check_mode: true

- name: Use the address of production, on a network that production is not connected to
  drdrill.powerstore.nas_dr_test:
    nas_server: finance
    interface:
      ip_address: 198.51.100.5
      prefix_length: 24
      vlan_id: 999
    isolated: true
    state: started

- name: Remove the clone that this play made, and no other; try up to three times
  drdrill.powerstore.nas_dr_test:
    nas_servers:
      - nas_server: homes
        clone_id: "{{ started.nas_servers[0].clone.id }}"
    state: stopped
    attempts: 3

- name: Remove every DR-test clone of a NAS server, whoever made it
  drdrill.powerstore.nas_dr_test:
    nas_server: finance
    clones: all
    state: stopped
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
nas_servers:
  description: One entry for each NAS server asked for, in the order asked, also when the task fails.
  returned: always, except when the options themselves are refused
  type: list
  elements: dict
  contains:
    session_id:
      description: Id of the replication session on this array, C(null) where there is none.
      type: str
      sample: 0a1b2c3d-0000-4000-8000-00000000000a
    selector:
      description: How the task named it.
      type: dict
      sample: {"nas_server": "homes"}
    resource_type:
      description: Always V(nas_server).
      type: str
      sample: nas_server
    resource_name:
      description: Name of the NAS server.
      type: str
      sample: homes
    resource_id:
      description: Id of the NAS server.
      type: str
      sample: 7c1d2e3f-0000-4000-8000-00000000000b
    action:
      description:
        - What was done, in check mode what would be done. One of V(started), V(stopped), V(none), V(failed),
          V(not_attempted), V(rolled_back).
        - V(none) where the array shows the wanted state already, or where a stop leaves clones and a finding says why.
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
      description: State and role of the session, and the DR-test clones of the NAS server, before the operation.
      type: dict
      sample: {"state": "OK", "role": "Destination", "dr_test_clones": []}
    after:
      description:
        - The same as the array shows it afterwards. C(null) where it could not be read any more, and in check mode
          where a clone would be made.
      type: dict
      sample: {"state": "OK", "role": "Destination", "dr_test_clones": []}
    request_sent:
      description: Whether the array may have executed a request of this task, also when the task failed.
      type: bool
      sample: true
    attempts:
      description: How often the operation was tried, 0 where nothing was to be done.
      type: int
      sample: 1
    clone:
      description:
        - The DR-test clone that was made, found or removed, C(null) where there is none. C(source_shown_by) says how it
          is known of which NAS server it is a clone.
      type: dict
      sample:
        id: 1a2b3c4d-0000-4000-8000-00000000000e
        name: drtest_drill_homes_5f2c9a01
        label: drill
        operational_status: Started
        source_id: 7c1d2e3f-0000-4000-8000-00000000000b
        source_name: homes
        source_shown_by: request
        started_by: drill
        started_at: "2026-11-23T20:02:11.120Z"
        age_seconds: 12
        job_id: 5e6f7a8b-0000-4000-8000-00000000000c
        file_systems: [{"id": "2b3c", "name": "home-a", "parent_id": "3c4d"}]
        interfaces:
          - {"id": "4d5e", "ip_address": "192.0.2.20", "prefix_length": 24, "gateway": "192.0.2.1", "vlan_id": 412,
             "ip_port_id": "IP_PORT1", "role": "Production"}
    made:
      description: What this task made on the array, in its order, also where it was removed again.
      type: list
      elements: str
      sample: ["DR-test clone 'drtest_drill_homes_5f2c9a01' (1a2b3c4d-0000-4000-8000-00000000000e)"]
    removed:
      description: What this task deleted, in its order.
      type: list
      elements: str
      sample: ["file interface 192.0.2.20 (4d5e)", "file system 'home-a' (2b3c)"]
    job_id:
      description: The job of the clone on the array, or of the clone's deletion.
      type: str
      sample: 5e6f7a8b-0000-4000-8000-00000000000c
    started_at:
      description: When the first request was sent, by the array's clock.
      type: str
      sample: "2026-11-23T20:02:11.120Z"
    finished_at:
      description: When the array showed the wanted state, by its clock.
      type: str
      sample: "2026-11-23T20:02:23.480Z"
    duration_seconds:
      description: From the first request to that.
      type: float
      sample: 12.36
    findings:
      description: What refuses the operation, and what should be known about it.
      type: list
      elements: dict
      sample:
        - id: nas.no_interface
          session_id: 0a1b2c3d-0000-4000-8000-00000000000a
          severity: warning
          message: The DR-test clone of the NAS server 'homes' gets no file interface.
          impact: No client of the DR site can reach it, so no data can be checked.
          resolution: Give it an address on an isolated network with interface.
    failure:
      description:
        - Why it failed. Its C(kind) is one of V(authentication), V(authorization), V(not_found),
          V(ambiguous), V(not_ready), V(rejected), V(busy), V(timeout), V(unreachable), V(protocol), V(invalid_input).
      type: dict
      sample:
        kind: rejected
        http_status: 422
        code: "0xE08010040061"
        message: "Giving the address 192.0.2.20 to the DR-test clone: the array answered 422"
    rollback:
      description:
        - The removal that took a start back, with C(job_id), C(started_at), C(finished_at), C(duration_seconds).
      type: dict
      sample:
        job_id: 6f7a8b9c-0000-4000-8000-00000000000f
        started_at: "2026-11-23T20:02:24.000Z"
        finished_at: "2026-11-23T20:02:25.500Z"
        duration_seconds: 1.5
failure:
  description: The first failure, in the shape of RV(nas_servers[].failure).
  returned: failure
  type: dict
  sample: {"kind": "not_found", "http_status": null, "code": null, "message": "No NAS server 'home' on powerstore-dr"}
"""

from ..module_utils import _python as _  # noqa: F401  # first: refuses a Python that is too old for the rest
from ..module_utils._module.frame import PowerStoreModule, carry_out
from ..module_utils._module.options import CLONE_ID, CONNECTION, OF_NAS_SERVER, ArgumentSpec, Options
from ..module_utils._module.progress import to_file
from ..module_utils._nas_dr_test.task import run
from ..module_utils._operation.batch import OnProgress

NAMED: Options = {"nas_server": {"type": "str"}, "session_id": {"type": "str"}, **CLONE_ID, **OF_NAS_SERVER}
BY = ("nas_server", "session_id", "clone_id")
SPEC = CONNECTION.merged_with(
    ArgumentSpec(
        {
            "state": {"type": "str", "choices": ["started", "stopped"], "required": True},
            **NAMED,
            "nas_servers": {
                "type": "list",
                "elements": "dict",
                "options": NAMED,
                "mutually_exclusive": [("nas_server", "session_id")],
                "required_one_of": [BY],
            },
            "isolated": {"type": "bool", "default": False},
            "label": {"type": "str"},
            "clones": {"type": "str", "choices": ["own", "all"], "default": "own"},
            "domain_unjoin": {
                "type": "dict",
                "options": {
                    "username": {"type": "str", "required": True},
                    "password": {"type": "str", "required": True, "no_log": True},
                },
            },
            "on_failure": {"type": "str", "choices": ["keep", "rollback"], "default": "keep"},
            "max_parallel": {"type": "int", "default": 16},
            "wait_timeout": {"type": "int", "default": 600},
            "settle_time": {"type": "int", "default": 0},
            "attempts": {"type": "int", "default": 1},
            "attempt_delay": {"type": "int", "default": 10},
            "poll_interval": {"type": "float", "default": 1},
        },
        mutually_exclusive=(
            ("nas_server", "session_id", "nas_servers"),
            *((name, "nas_servers") for name in ("clone_id", "file_systems", "interface")),
        ),
        required_one_of=((*BY, "nas_servers"),),
    )
)


def main(on_progress: OnProgress | None = None) -> None:
    module = PowerStoreModule(**SPEC.module_arguments())
    carry_out(module, lambda: run(module.params, check_mode=module.check_mode, on_progress=on_progress or to_file()))


if __name__ == "__main__":
    main()
