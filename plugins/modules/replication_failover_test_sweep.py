#!/usr/bin/python
# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: replication_failover_test_sweep
short_description: Find every running failover test on a PowerStore array, and stop those that a policy names
version_added: 0.1.0
description:
  - Asks the array itself which failover tests are running, since when and by whom. It needs no file and no result of
    the drill that started them, so it finds what a killed, cancelled or timed out drill left behind.
  - Stops those that the policy names, in parallel and with every confirmation of
    M(drdrill.powerstore.replication_failover_test), reports the rest, and says of each session of a volume, a
    volume group or a NAS server that has this array as its destination whether it could be failed over now.
  - Where every test is to be stopped (O(started_by=anyone), no O(max_age), no lists), the first stops are sent after a
    login and one list of the sessions in test. Everything else is read afterwards.
  - What cannot be read prevents no stop, and is in RV(unread). Where the flag of a session could not be
    read, the task fails.
  - Running it again changes nothing more, so it may be scheduled.
author:
  - drdrill.powerstore contributors (@drdrill)
extends_documentation_fragment:
  - drdrill.powerstore.connection
  - drdrill.powerstore.attributes
  - drdrill.powerstore.attributes.action_group
attributes:
  check_mode:
    support: full
    details: Looks once, and says what would be stopped.
  diff_mode:
    support: full
options:
  policy:
    description:
      - V(report) stops nothing, V(stop) stops every test that should not be running any more.
      - Which those are is decided in this order. (1) A test that this array cannot stop (it is the source of the
        session, or vSphere started the test) is left. (2) O(allow) wins over everything that follows. (3) O(deny) wins
        over age and account. (4) A test that is younger than O(max_age) is left. (5) A test of another account than
        O(started_by) names is left.
      - A stop loses what was written during the test. Where it is not clear what the policy wants, the test is left
        and is in RV(overdue_left).
    type: str
    choices: [report, stop]
    default: report
  max_age:
    description:
      - Tests that are older than this are overdue. A duration such as V(4h) or V(90m), or V(0) for all tests.
      - On a schedule, set it to more than your longest drill takes. Otherwise a drill that is under way is stopped.
      - A test whose age is not known, because its start could not be read or lies in the future, counts as overdue. It
        is not stopped unless this is V(0), as it may be younger.
    type: str
    default: "0"
  started_by:
    description:
      - Whose tests may be stopped. V(own) are those of the account that this module logs in with, V(listed) those of
        O(accounts), V(anyone) all of them.
      - Accounts are compared without their domain and without regard to case, as an array may write C(CORP\drill),
        C(drill@corp.example) or C(drill) for one and the same.
      - Somebody else's test is left, and is overdue once it is older than O(max_age).
      - A test is left, too, where the array does not say who started it, unless O(own_starts) names its session.
    type: str
    choices: [own, listed, anyone]
    default: own
  accounts:
    description:
      - Accounts on the array, as its jobs name them, for O(started_by=listed). The own account is not among them unless
        it is listed.
    type: list
    elements: str
    default: []
  own_starts:
    description:
      - Starts that a drill of this controller sent, as the drill's journal has them, for O(started_by=own).
      - Where the array does not say clearly who started a test, a test on such a session that began at or after that
        time counts as this account's.
    type: list
    elements: dict
    default: []
    suboptions:
      session_id:
        description: Id of the session.
        type: str
        required: true
      at:
        description: When the start was sent, by the array's clock. Without it, a test of any age counts.
        type: str
  only_own_starts:
    description:
      - Whether only tests on sessions that O(own_starts) names are looked after. Others are left and are not overdue.
      - With an empty O(own_starts) nothing is stopped but what O(deny) names.
    type: bool
    default: false
  started_before:
    description:
      - When the drill ended whose tests are to be stopped, by the controller's clock, such as
        V(2026-12-31T10:00:00Z). Tests that began later are left and are not overdue, as they are those of another
        drill.
      - It is compared with the array's clock as far as the two differ, with two seconds for a start that was on its
        way.
      - Where the array does not say when a test began, one whose session O(own_starts) names counts as that drill's.
        Another one is left and is overdue.
    type: str
  allow:
    description:
      - Tests that may run on; they are never stopped and never overdue. Each entry is a session id, or the name of a
        resource, where V(*), V(?) and V([) have their usual meaning. Case does not matter.
      - A name or id that this array does not have is refused before anything is stopped. A pattern may match nothing.
      - A test that O(deny) names, too, is left all the same, but it is overdue.
    type: list
    elements: str
    default: []
  deny:
    description:
      - Tests that may never run; they are overdue at any age, and stopped no matter who started them. Entries as in
        O(allow).
    type: list
    elements: str
    default: []
  force:
    description:
      - Whether to stop although the remote system is unreachable, which the array refuses otherwise.
        V(when_unreachable) forces exactly those whose remote system the array shows with
        C(Management_Connection_Lost).
    type: str
    choices: [never, when_unreachable, always]
    default: never
  dr_tests:
    description:
      - Whether to look for DR-test clones of NAS servers, too (PowerStoreOS 3.6 and later), which the same policy
        decides on, after the failover tests. A stop deletes the clone with its interfaces and file systems, and nothing
        that the array does not mark as a DR test. A clone that is under way is waited for, up to O(wait_timeout).
      - A clone does not block a failover of its NAS server.
    type: bool
    default: true
  settle_time:
    description:
      - How many seconds to go on looking after the last test has appeared. A module that was at work when
        C(ansible-playbook) was killed runs on, and its start reaches the array afterwards.
      - A start that is already under way on the array is found in its jobs and is waited for in any case.
      - The looks end after this and O(wait_timeout) together at the latest; the time of the stops does not count. The
        stops of the first look are always sent.
    type: int
    default: 30
  max_parallel:
    description: How many stops are under way at once.
    type: int
    default: 16
  wait_timeout:
    description: Seconds for the stop of one test. A stop that failed is tried again, three times in all.
    type: int
    default: 600
  poll_interval:
    description: Seconds between two looks, and the longest pause between two looks at a stop that is under way.
    type: float
    default: 1
seealso:
  - module: drdrill.powerstore.replication_failover_test
  - module: drdrill.powerstore.replication_session_info
"""

EXAMPLES = r"""
- name: Which failover tests are running, and whose are they?
  drdrill.powerstore.replication_failover_test_sweep:
    host: powerstore-dr.example.com
    username: drill
    password: "{{ vault_drill_password }}"
    settle_time: 0

- name: Stop what a drill has left behind, every quarter of an hour
  drdrill.powerstore.replication_failover_test_sweep:
    policy: stop
    max_age: 4h
    allow: [training-*]
  register: sweep
  failed_when: sweep.failed or sweep.overdue_left | length > 0

- name: Stop everything now, the production site is lost
  drdrill.powerstore.replication_failover_test_sweep:
    policy: stop
    started_by: anyone
    force: when_unreachable
"""

RETURN = r"""
host:
  description: The name or address that was asked, C(null) where the login failed.
  returned: always, except when the options themselves are refused
  type: str
  sample: powerstore-dr.example.com
account:
  description: The account on the array, as the array names it, C(null) where the login failed.
  returned: always, except when the options themselves are refused
  type: str
  sample: drill
cluster:
  description:
    - The array that was asked, with its clock and by how much that is ahead of the controller's. C(null) where it could
      not be read, as a whole or in part.
  returned: always, except when the options themselves are refused
  type: dict
  sample:
    name: powerstore-dr
    global_id: PS0123456789ab
    release_version: 4.1.0.0
    system_time: "2026-11-23T20:02:11.120Z"
    clock_skew_seconds: 0.412
tests:
  description:
    - One entry for each failover test that was found, in the order found, also when the task fails. With O(dr_tests)
      also one for each DR-test clone of a NAS server.
  returned: always, except when the options themselves are refused
  type: list
  elements: dict
  contains:
    session_id:
      description: Id of the replication session.
      type: str
      sample: 0a1b2c3d-0000-4000-8000-00000000000a
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
    clone:
      description:
        - Of a NAS server, id and name of the DR-test clone that was found; C(null) for a failover test. Where the array
          does not show of which NAS server it is a clone, C(session_id) is the id of the clone.
      type: dict
      sample: null
    started_at:
      description: When the test was started by the array's clock, C(null) where it is not known.
      type: str
      sample: "2026-11-23T20:02:11.120Z"
    started_by:
      description: Account that started it, C(null) where it is not known.
      type: str
      sample: drill
    age_seconds:
      description: How long it has been running by the array's clock, C(null) where it is not known.
      type: float
      sample: 15012.4
    source:
      description: Where that was read, C(unavailable) where it could not be.
      type: str
      sample: job
    start_under_way:
      description: Whether the array had logged the start of the test without showing the test yet.
      type: bool
      sample: false
    decision:
      description:
        - V(stop), V(leave), or V(report) for what V(stop) would have stopped.
      type: str
      sample: stop
    reason:
      description: Why.
      type: str
      sample: started by drill
    overdue:
      description: Whether it should not be running any more.
      type: bool
      sample: true
    running:
      description: Whether it is running after this task, as the array showed it. C(null) where that is not known.
      type: bool
      sample: false
    became:
      description:
        - V(gone) where the replication session does not exist any more, V(failed_over) where it was failed over
          meanwhile. Such a session is left alone.
      type: str
      sample: null
    forced:
      description: Whether the stop was forced.
      type: bool
      sample: false
    action:
      description: As RV(drdrill.powerstore.replication_failover_test#module:sessions[].action), of the last attempt.
      type: str
      sample: stopped
    changed:
      description: Whether this task stopped it.
      type: bool
      sample: true
    request_sent:
      description: Whether the array may have executed a stop of this task.
      type: bool
      sample: true
    before:
      description: State, role, flag and last synchronisation before the stop.
      type: dict
      sample:
        state: OK
        role: Destination
        failover_test_in_progress: true
        last_sync_timestamp: "2026-11-23T20:00:00.000Z"
        recovery_point_timestamp: "2026-11-23T20:00:00.000Z"
    after:
      description: The same after the stop, C(null) where none was sent or it could not be read any more.
      type: dict
      sample:
        state: OK
        role: Destination
        failover_test_in_progress: false
        last_sync_timestamp: "2026-11-23T20:00:00.000Z"
        recovery_point_timestamp: "2026-11-23T20:00:00.000Z"
    stop_job_id:
      description: The array's job of the stop.
      type: str
      sample: 5e6f7a8b-0000-4000-8000-00000000000c
    stop_started_at:
      description: When the stop was sent, by the array's clock. C(null) where the clock could not be read.
      type: str
      sample: "2026-11-23T20:02:11.120Z"
    stop_finished_at:
      description: When the array showed that the test is over.
      type: str
      sample: "2026-11-23T20:02:13.480Z"
    stop_duration_seconds:
      description: Between the two.
      type: float
      sample: 2.36
    findings:
      description: What refuses the stop or should be known.
      type: list
      elements: dict
      sample: []
    failure:
      description: Why the stop failed, in the shape of RV(failure).
      type: dict
      sample: null
overdue_left:
  description: The tests that should not be running any more and are not shown to have ended. A task with it succeeds.
  returned: always, except when the options themselves are refused
  type: list
  elements: dict
  sample:
    - session_id: 0a1b2c3d-0000-4000-8000-00000000000a
      resource_type: volume
      resource_name: erp-data
      started_by: colleague
      age_seconds: 15012.4
      reason: started by colleague, not by this task's account
next_steps:
  description:
    - What to do about the tests in RV(overdue_left), by the reason for which they are left. C(text) begins with their
      names. C(options) are the options with which this module stops them, C(null) where running it again as it was
      called, or not at all, is what helps.
  returned: always, except when the options themselves are refused
  type: list
  elements: dict
  sample:
    - text: "erp-data: left by the policy. To stop every test on this array, no matter who started it:"
      options: {policy: stop, started_by: anyone, max_age: "0"}
dr_tests_read:
  description: Whether it is known which DR-test clones of NAS servers are on the array.
  returned: always, except when the options themselves are refused
  type: bool
  sample: true
verdict:
  description:
    - V(failed) where a test is left that should not be running any more, V(incomplete) where that is not known,
      V(passed) otherwise.
  returned: always, except when the options themselves are refused
  type: str
  sample: passed
unread:
  description:
    - What could not be read at the last attempt (C(what)), what is not known because of it, and why. C(what) is one of
      V(failover_test_in_progress), with the C(session_id), V(release), V(clock), V(names), V(jobs), V(accounts),
      V(dr_tests) and V(nas_servers).
    - Where it is V(failover_test_in_progress), the task fails.
  returned: always, except when the options themselves are refused
  type: list
  elements: dict
  sample:
    - what: jobs
      session_id: null
      not_known: whether the start of a test is still under way
      failure: {kind: authorization, http_status: 403, code: null, message: "Reading the array's jobs: no"}
sessions:
  description: One entry for each volume or volume group session that has this array as its destination, as last seen.
  returned: always, except when the options themselves are refused
  type: list
  elements: dict
  sample:
    - session_id: 0a1b2c3d-0000-4000-8000-00000000000a
      resource_type: volume
      resource_name: erp-data
      resource_id: 7c1d2e3f-0000-4000-8000-00000000000b
      remote_system: powerstore-production
      type: Asynchronous
      state: OK
      role: Destination
      failover_test_in_progress: false
      last_sync_timestamp: "2026-11-23T20:00:00.000Z"
      recovery_point_timestamp: "2026-11-23T19:59:52.000Z"
      recovery_point_age_seconds: 139.1
      failover_ready: true
      reason: null
      to_do: null
not_judged:
  description:
    - The other sessions of which this array is not the source, and why nothing is said of their failover. C(state) is
      the one that the array shows; C(needs_attention) is whether somebody should look at it.
  returned: always, except when the options themselves are refused
  type: list
  elements: dict
  sample:
    - session_id: 0a1b2c3d-0000-4000-8000-00000000000d
      resource_type: nas_server
      resource_name: files
      resource_id: 7c1d2e3f-0000-4000-8000-00000000000e
      type: Asynchronous
      role: Destination
      state: Error
      needs_attention: true
      why: File sessions have no failover test. Look at the NAS server on the array.
failover_ready:
  description:
    - Whether all of them can be failed over now (C(all), C(null) where the array could not be read to the end), and
      when the array showed that first, by its own clock (C(ready_at)) and in seconds since this task began, by the
      clocks of the array and of the controller.
  returned: always, except when the options themselves are refused
  type: dict
  sample:
    all: true
    began_at: "2026-11-23T20:02:11.120Z"
    ready_at: "2026-11-23T20:02:13.520Z"
    array_seconds: 2.4
    controller_seconds: 2.43
jobs_readable:
  description: Whether the account may read the array's jobs. Otherwise a start that is still under way is not seen.
  returned: always, except when the options themselves are refused
  type: bool
  sample: true
summary:
  description: All of it in a few lines for a person.
  returned: always, except when the options themselves are refused
  type: list
  elements: str
  sample: ["powerstore-dr: no failover tests found."]
takeover:
  description:
    - Whether the site can take over now, what is in the way, how old each copy is and what was not judged, in lines for
      a person.
  returned: always, except when the options themselves are refused
  type: list
  elements: str
  sample: ["powerstore-dr CAN TAKE OVER: all 3 sessions can be failed over."]
failure:
  description: Why it failed, in the shape of RV(drdrill.powerstore.replication_failover_test#module:failure).
  returned: failure
  type: dict
  sample: {"kind": "unreachable", "http_status": null, "code": null, "message": "Logging in: no answer"}
"""

import time

from ..module_utils import _python as _  # noqa: F401  # first: refuses a Python that is too old for the rest
from ..module_utils._errors import InvalidInputError
from ..module_utils._module.frame import PowerStoreModule, execute
from ..module_utils._module.options import CONNECTION, ArgumentSpec
from ..module_utils._module.progress import to_file
from ..module_utils._operation.batch import OnProgress
from ..module_utils._sweep.policy import Policy
from ..module_utils._sweep.task import run_sweep, unread

SPEC = CONNECTION.merged_with(
    ArgumentSpec(
        {
            "policy": {"type": "str", "choices": ["report", "stop"], "default": "report"},
            "max_age": {"type": "str", "default": "0"},
            "own_starts": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {"session_id": {"type": "str", "required": True}, "at": {"type": "str"}},
            },
            "only_own_starts": {"type": "bool", "default": False},
            "started_before": {"type": "str"},
            "started_by": {"type": "str", "choices": ["own", "listed", "anyone"], "default": "own"},
            **{name: {"type": "list", "elements": "str", "default": []} for name in ("accounts", "allow", "deny")},
            "force": {"type": "str", "choices": ["never", "when_unreachable", "always"], "default": "never"},
            "dr_tests": {"type": "bool", "default": True},
            "settle_time": {"type": "int", "default": 30},
            "max_parallel": {"type": "int", "default": 16},
            "wait_timeout": {"type": "int", "default": 600},
            "poll_interval": {"type": "float", "default": 1},
        }
    )
)


def main(on_progress: OnProgress | None = None) -> None:
    began = time.monotonic()
    module = PowerStoreModule(**SPEC.module_arguments())
    try:
        policy = Policy.from_params(module.params)
    except InvalidInputError as error:
        module.fail_json(msg=error.message)
    execute(
        module,
        lambda client: run_sweep(
            client, policy, check_mode=module.check_mode, began=began, on_progress=on_progress or to_file()
        ),
        connections=policy.max_parallel + 1,
        on_error=unread,
    )


if __name__ == "__main__":
    main()
