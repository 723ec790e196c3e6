#!/usr/bin/python
# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: drill_journal
short_description: Take down what happens in a failover drill, and decide what is next
version_added: 0.1.0
description:
  - The role P(drdrill.powerstore.failover_drill#role) hands over what happened, and reads from RV(drill) what is next.
    What has to be stopped, in which order, and whether the drill goes on is decided here.
  - Before the first start it makes the file C(drill-ID.journal.jsonl), whose first line is the intent. Each later line
    is one thing that happened. Each is on disk before the next task begins, so that a drill that is killed leaves its
    evidence. M(drdrill.powerstore.drill_record) makes the record from it.
  - It does not fail. RV(drill) says in C(refusal) why the drill is not to start, or to end early. Where the file cannot
    be written any more, what happened is kept in RV(state), and C(problem) says why.
author:
  - drdrill.powerstore contributors (@drdrill)
requirements:
  - Python >= 3.11 (on the controller, where it works)
extends_documentation_fragment:
  - drdrill.powerstore.attributes
  - drdrill.powerstore.attributes.controller
attributes:
  check_mode:
    details: Decides, but writes no file.
  diff_mode:
    details: A drill's journal is only added to.
options:
  event:
    description:
      - What happened, or is about to. V(begin) needs O(variables), V(read) O(what) and O(result), V(starting) O(wave),
        V(started) and V(stopped) O(wave) and O(result), V(synchronised) O(result), V(witness) the O(result) of
        M(drdrill.powerstore.drill_witness), V(end) the same or nothing.
      - V(steps) is what M(drdrill.powerstore.drill_check) returned for O(names), V(step) what a tasks file saw.
      - V(interrupted) is a failure that ended the drill early, V(end) its end.
      - V(told) waits for what runs beside the drill, no longer than its steps may take, and takes down what came of it.
      - V(find) takes nothing down. It finds the journals in O(directory) whose drills were cut off, killed for example,
        and that have no record yet. C(unfinished) in RV(drill) has their paths. Of several O(arrays) that share the
        folder, each finds its own.
    type: str
    choices: [begin, read, synchronised, starting, started, steps, step, interrupted, stopped, witness, end, told, find]
    required: true
  id:
    description: Id of the drill, from which the names of its files come.
    type: str
    required: true
  directory:
    description: Folder of the records. The journal is made there.
    type: path
    required: true
  state:
    description: What the task before returned as RV(state).
    type: dict
    default: {}
  variables:
    description: The role's variables, without their prefix, as they were given.
    type: dict
    default: {}
  host:
    description: Name or address that the array is asked at.
    type: str
  awx:
    description: The job of AWX or Automation Controller that this runs in.
    type: dict
  answered:
    description: The value of C(failover_drill_check_observed) after it was emptied; anything but empty is refused.
    type: raw
  what:
    description: When the sessions were read.
    type: str
    choices: [before, during, after]
  present:
    description:
      - Whether they were read with the credentials that the role's variables have now, as the array refused those of
        the start. These are used from here on.
    type: bool
    default: false
  wave:
    description: The wave.
    type: int
  pause:
    description: Seconds to wait before the wave is started.
    type: float
    default: 0
  phase:
    description: The phase that the steps belong to.
    type: str
    choices: [attach, validate, release, notify]
  names:
    description: Names of the steps.
    type: list
    elements: str
    default: []
  arrays:
    description:
      - Names of all arrays of the run in the inventory. The first one finds the journals of arrays that are not among
        them, too. Without this, each finds all.
    type: list
    elements: str
    default: []
  result:
    description: What the module returned, or the failure of a task of a tasks file.
    type: dict
    default: {}
  observed:
    description: What a tasks file says it saw.
    type: raw
  failed:
    description: Whether a task of the tasks file failed.
    type: bool
    default: false
  started_at:
    description: When the tasks file began, by the controller's clock.
    type: str
  task:
    description: The task that failed.
    type: str
    default: unknown
  reason:
    description: What it said.
    type: str
    default: no message
seealso:
  - module: drdrill.powerstore.drill_record
"""

EXAMPLES = r"""
- name: Say what the drill is about to do
  drdrill.powerstore.drill_journal:
    event: begin
    id: 20261123T200211Z-powerstore-dr-1f2e3d4c
    directory: /var/lib/drills
    variables:
      title: Quarterly drill of the ERP system
      sessions: [{volume: erp-data}]
  register: journal

- name: Take down what was read, and refuse what a failover test cannot be started on
  drdrill.powerstore.drill_journal:
    event: read
    id: 20261123T200211Z-powerstore-dr-1f2e3d4c
    directory: /var/lib/drills
    state: "{{ journal.state }}"
    what: before
    result: "{{ sessions }}"
  register: journal
"""

RETURN = r"""
state:
  description:
    - For the option O(state) of the next task, and for the filter P(drdrill.powerstore.drill_sessions#filter), which
      says what the drill decides for each of its sessions. It is one text, into which Ansible does not look in each
      task.
  returned: always
  type: dict
  sample: {"packed": "eJyrVkrLz1eyUkpKLFKqBQAk9wTJ"}
drill:
  description:
    - What the drill decides, from all that happened. C(refusal) says why it is not to go on, C(journal) where it is
      taken down, C(unwritten) what of it is not in the file, C(has_tests) whether there is something to stop, C(stops)
      in which order, C(hold) whether they are left running on purpose, C(left_alone) which are not touched any more and
      why, C(guards) the findings of window and freezes, C(left_seconds) how long it may go on.
  returned: always
  type: dict
  sample: {"running": true, "has_tests": true, "hold": false}
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._drill.task import OPTIONS
from ..module_utils._module.arguments import NOT_A_MODULE


def main() -> None:
    module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True)
    module.fail_json(msg=NOT_A_MODULE.format("drdrill.powerstore.drill_journal"))


if __name__ == "__main__":
    main()
