#!/usr/bin/python
# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: drill_record
short_description: Judge a failover drill and write its record
version_added: 0.1.0
description:
  - Compares what the phases of a drill observed with what was expected, gives the verdict, and writes one JSON file.
  - Works on the controller, on the results of the other modules only; it asks no array. The role
    P(drdrill.powerstore.failover_drill#role) calls it at the end of every drill, also of one that failed.
  - A record is never overwritten.
author:
  - drdrill.powerstore contributors (@drdrill)
requirements:
  - Python >= 3.11 (on the controller, where it works)
extends_documentation_fragment:
  - drdrill.powerstore.attributes
  - drdrill.powerstore.attributes.controller
  - drdrill.powerstore.signing
attributes:
  check_mode:
    details: Judges, but writes no file.
  diff_mode:
    details: Each drill has a file of its own.
options:
  kind:
    description:
      - What is recorded. A V(readiness) report needs O(before) only, an V(abort) O(stops) and O(after), too.
      - A V(sweep) needs O(stops), a V(run) the O(records) of its arrays.
      - A V(witness) needs O(witness), and in O(records) the one record that was compared.
      - A V(readiness) report says what a drill would come to with the same objectives, steps and policy.
    type: str
    choices: [drill, readiness, abort, sweep, run, witness]
    default: drill
  directory:
    description: Folder for the record, made with mode 0750 if it does not exist.
    type: path
    required: true
  title:
    description: What the drill is called, for people. Without O(journal) and O(events) it has to be given.
    type: str
  journal:
    description:
      - File of the journal that M(drdrill.powerstore.drill_journal) wrote. All that is recorded is taken from it, so a
        record can be made again from it. A drill whose journal has no end was cut off, and its record says so.
    type: path
  events:
    description: Events that are not in O(journal), as M(drdrill.powerstore.drill_journal) keeps them in its state.
    type: list
    elements: dict
    default: []
  found:
    description:
      - What was found of a drill that was cut off, and done about it. The result of
        M(drdrill.powerstore.replication_failover_test_sweep).
    type: dict
  before:
    description: Result of M(drdrill.powerstore.replication_session_info) before the start.
    type: dict
  records:
    description:
      - The records of the arrays of a V(ignore:run), which is no better than the worst of them. Of a V(ignore:witness),
        the record that was compared.
    type: list
    elements: path
    default: []
  without_record:
    description: Names of the arrays of a V(ignore:run) that left no record. With one of them a run is incomplete.
    type: list
    elements: str
    default: []
  witness:
    description:
      - What the array's own logs say. For a V(ignore:drill) C(witness) of the result of
        M(drdrill.powerstore.drill_witness), for a V(ignore:witness) that whole result.
    type: dict
  as_found:
    description:
      - Result of M(drdrill.powerstore.replication_session_info) before a synchronisation that the drill asked for.
        O(before) is the one after it then.
    type: dict
  synchronised:
    description: Result of M(drdrill.powerstore.replication_session_sync), where the drill asked for it.
    type: dict
  starts:
    description: Results of M(drdrill.powerstore.replication_failover_test) with O(ignore:state=started), each wave.
    type: list
    elements: dict
    default: []
  during:
    description: Result of M(drdrill.powerstore.replication_session_info) after the last check.
    type: dict
  stops:
    description: Results of M(drdrill.powerstore.replication_failover_test) with O(ignore:state=stopped), each attempt.
    type: list
    elements: dict
    default: []
  after:
    description:
      - Result of M(drdrill.powerstore.replication_session_info) after the stop. With the O(journal) of a drill that was
        cut off, of any time after that.
    type: dict
  wishes:
    description:
      - The sessions that were asked for, in the order of the sessions in O(before). Each names one by C(session_id),
        C(volume), C(volume_group) or C(nas_server), and may have a C(wave), C(rpo_seconds) and C(rto_seconds) of its
        own.
    type: list
    elements: dict
    default: []
    suboptions:
      session_id:
        description: Id of the session.
        type: str
      volume:
        description: Name or id of the volume.
        type: str
      volume_group:
        description: Name or id of the volume group.
        type: str
      nas_server:
        description: Name or id of the NAS server.
        type: str
      interface:
        description: The interface that its DR-test clone was to get.
        type: dict
      file_systems:
        description: Names or ids of the file systems that were to be cloned; all where none is named.
        type: list
        elements: str
      isolated:
        description: Whether the network of that interface was said to be isolated from production.
        type: bool
      snapshot:
        description: The snapshot that the test was to show.
        type: str
      wave:
        description: The wave it was to be started in.
        type: int
      rpo_seconds:
        description: Its RPO objective.
        type: int
      rto_seconds:
        description: Its RTO objective.
        type: int
      application:
        description: The application that it belongs to.
        type: str
      tier:
        description: How important the application is, in your own words.
        type: str
      owner:
        description: Who answers for the application.
        type: str
  owned:
    description: Ids of the sessions whose failover test the drill set out to stop.
    type: list
    elements: str
    default: []
  adopted:
    description: Ids of the sessions whose running test was taken over from an earlier drill.
    type: list
    elements: str
    default: []
  left_alone:
    description:
      - The sessions that were not touched any more, as they were failed over or gone by then, or in somebody else's
        test. Each has C(session_id) and C(reason).
    type: list
    elements: dict
    default: []
  held:
    description: Ids of the sessions whose test was left running on purpose.
    type: list
    elements: str
    default: []
  policy:
    description: What was declared before the run.
    type: dict
    default: {}
    suboptions:
      on_partial_failure:
        description: What was to happen when something could not be started or failed.
        type: str
        choices: [stop_all, continue, hold]
        default: stop_all
      end_of_test_snapshot:
        description: For which sessions what was written during the test was to be kept.
        type: str
        choices: [none, all, failed]
        default: none
      synchronise_first:
        description: Whether a fresh synchronisation was asked for before the start.
        type: bool
        default: false
      adopt_running:
        description: Whether running tests of the same account were to be taken over.
        type: bool
        default: false
      storage_only:
        description:
          - Whether the drill is meant to have no check of an application. Without this, such a drill passes with
            deviations at best.
        type: bool
        default: false
      witness:
        description:
          - Whether the drill was to be compared with the array's own logs. With V(required) a drill fails that could
            not be compared.
        type: str
        choices: ["off", optional, required]
  steps:
    description: The steps of the user that were done, and what they found.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the step.
        type: str
        required: true
      kind:
        description: What was done, for example V(tcp) or V(http).
        type: str
        required: true
      phase:
        description: The phase it belongs to.
        type: str
        choices: [attach, validate, release]
        default: validate
      wave:
        description: The wave it belongs to.
        type: int
      session:
        description: The session it is about, by the name or id of its resource or by its own id; otherwise all.
        type: str
      expected:
        description: What was expected.
        type: str
      observed:
        description: What was found.
        type: str
      passed:
        description: Whether it was as expected.
        type: bool
        required: true
      critical:
        description: Whether the drill fails with it.
        type: bool
        default: true
      started_at:
        description: When it began, by the controller's clock.
        type: str
      finished_at:
        description: When it was done, by the controller's clock.
        type: str
      seconds:
        description: How long it took.
        type: float
      timeout_seconds:
        description: How long it might have taken.
        type: float
      action:
        description: What was done, as M(drdrill.powerstore.drill_check) returns it, with secrets masked.
        type: dict
      attempts:
        description: How often it was tried.
        type: int
      output_tail:
        description: The end of its output, with secrets masked.
        type: str
      attachments:
        description: Files that it left as evidence, each with C(name), C(sha256), C(bytes) and C(source).
        type: list
        elements: dict
        default: []
      not_attached:
        description: Files that it was to leave and that could not be kept, and why.
        type: list
        elements: str
        default: []
  planned_steps:
    description:
      - All steps of the user, as the role P(drdrill.powerstore.failover_drill#role) takes them, each with its
        C(phase), so that those that did not happen are named.
    type: list
    elements: dict
    default: []
  phases:
    description:
      - The phases that were begun, each with C(phase), C(wave), C(started_at), C(finished_at), C(failed) and C(reason).
    type: list
    elements: dict
    default: []
  waits:
    description:
      - Pauses between waves and for people, each with C(started_at) and C(finished_at) by the controller's clock.
    type: list
    elements: dict
    default: []
  run_id:
    description: What the records of all arrays of one run of a playbook share.
    type: str
  rpo_seconds:
    description: RPO objective in seconds for all sessions, instead of that of each replication rule.
    type: int
  rto_seconds:
    description: RTO objective in seconds. Without it the recovery time is measured, but compared with nothing.
    type: int
  rto_regression_percent:
    description:
      - From how many percent more a recovery time that is longer than in the drill before is a deviation. One that is
        not more than 30 seconds longer never is. Without it, recovery times are shown beside those of the drill before
        and not compared.
      - The drill before is the last one in O(directory) that attempted a failover test on one of the same sessions of
        the same array.
    type: int
  population:
    description:
      - How much there is to test on the array. The counts C(destinations), C(testable), C(in_scope), C(excluded) and
        C(not_selected).
    type: dict
  only_news:
    description:
      - Whether the record of a V(sweep) is left out that says nothing new. That is one that found no test and failed in
        nothing, and one that says the same as the last record of this array that is in O(directory) and less than a day
        old. RV(path) is that of the last one then, or empty.
    type: bool
    default: false
  return_sessions:
    description:
      - Up to how many sessions RV(record) is whole. Of a V(drill) of more sessions it is without C(sessions), C(steps),
        C(validations), C(deviations) and the C(claims) of C(witness), once it is written. They are in the file
        RV(path). Without this, it is whole.
    type: int
  clock_skew_seconds:
    description: The array's clock less the controller's, as M(drdrill.powerstore.replication_session_info) measured it.
    type: float
  interruption:
    description: Task and message of the failure that ended the drill early.
    type: dict
  guards:
    description:
      - When the drill was allowed to run and how long it took, as the role P(drdrill.powerstore.failover_drill#role)
        takes it from its journal.
    type: dict
  scenario:
    description: What is rehearsed, for example the loss of the production site.
    type: str
  change_ticket:
    description: Reference of the change.
    type: str
  success_criteria:
    description: What was agreed before the run to mean success.
    type: list
    elements: str
    default: []
  participants:
    description: Who took part.
    type: list
    elements: str
    default: []
  approvers:
    description: Who approved it.
    type: list
    elements: str
    default: []
  awx:
    description: The job of AWX or Automation Controller that this runs in.
    type: dict
    suboptions:
      job_id:
        description: Id of the job.
        type: str
      job_url:
        description: Address of the job's page.
        type: str
      job_template:
        description: Name of the job template.
        type: str
      user:
        description: Who launched the job.
        type: str
      workflow_job_id:
        description: Id of the workflow job that the job is a part of.
        type: str
      workflow:
        description: Name of that workflow.
        type: str
      launch_type:
        description: What launched the workflow, or the job.
        type: str
      schedule:
        description: Name of the schedule that launched it.
        type: str
      project_revision:
        description: Revision of the project that the job runs.
        type: str
      image:
        description: Image of the execution environment.
        type: str
      approvals:
        description: Who decided on the approvals of the workflow, as M(drdrill.powerstore.drill_awx) read it.
        type: list
        elements: dict
        suboptions:
          name:
            description: Name of the approval.
            type: str
          decision:
            description: What was decided.
            type: str
          by:
            description: Who decided.
            type: str
          at:
            description: When.
            type: str
  array_host:
    description: Name or address that the array was asked at.
    type: str
  array_account:
    description: Account on the array.
    type: str
  filters:
    description: The filters that the sessions were chosen by.
    type: dict
  exclusions:
    description: Sessions that were left out on purpose.
    type: list
    elements: dict
    default: []
    suboptions:
      session_id:
        description: Id of the session.
        type: str
      volume:
        description: Name or id of the volume that it replicates.
        type: str
      volume_group:
        description: Name or id of the volume group that it replicates.
        type: str
      nas_server:
        description: Name or id of the NAS server that it replicates.
        type: str
      reason:
        description: Why it was left out.
        type: str
        required: true
      owner:
        description: Who answers for leaving it out.
        type: str
      expires:
        description: Until when it is left out.
        type: str
  ansible_version:
    description: Version of ansible-core.
    type: str
    default: ""
"""

EXAMPLES = r"""
- name: Judge the drill and write its record
  drdrill.powerstore.drill_record:
    directory: /var/lib/drills
    title: Quarterly drill of the ERP system
    success_criteria: [The ERP answers from the DR site.]
    before: "{{ drill_before }}"
    starts: ["{{ drill_start }}"]
    during: "{{ drill_during }}"
    stops: ["{{ drill_stop }}"]
    after: "{{ drill_after }}"
  register: drill
"""

RETURN = r"""
verdict:
  description: One of V(passed), V(passed_with_deviations), V(failed), V(aborted) and V(incomplete).
  returned: always
  type: str
  sample: passed
cleanup_verdict:
  description:
    - The verdict of the clean-up alone. V(held) where a test was left running on purpose, V(not_needed) where none
      was started.
  returned: always
  type: str
  sample: passed
path:
  description:
    - The file that was written, in check mode the one that would be. With O(only_news), where nothing is new, the last
      record that says the same, or empty.
  returned: always
  type: str
  sample: /var/lib/drills/drill-20261123T200211Z-powerstore-dr-1f2e3d4c.json
record:
  description: The record itself. See O(return_sessions) for that of a drill of many sessions.
  returned: always
  type: dict
  sample: {"schema_version": "1.1", "kind": "drill", "verdict": "passed"}
stop_failures:
  description: Why the stops of a drill failed that the array did not confirm, each reason once.
  returned: always
  type: list
  elements: str
  sample: ["The stop was refused, HTTP status 422."]
summary:
  description: The record in a few lines for a person.
  returned: always
  type: list
  elements: str
  sample: ["Quarterly drill of the ERP system  (powerstore-dr, PowerStoreOS 4.1.0.0)"]
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._chain import sign
from ..module_utils._module.arguments import NOT_A_MODULE
from ..module_utils._record import options

OPTIONS = {**options.OPTIONS, **sign.OPTIONS}


def main() -> None:
    module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True)
    module.fail_json(msg=NOT_A_MODULE.format("drdrill.powerstore.drill_record"))


if __name__ == "__main__":
    main()
