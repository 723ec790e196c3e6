#!/usr/bin/python
# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: drill_action
short_description: List, assign, close or accept what is open from earlier drills
version_added: 0.1.0
description:
  - Every new deviation in the record of a drill opens an action. The next records of the same array carry it over until
    it is closed. One that is overdue is a deviation of the next drill; one that was closed and is seen again fails it.
  - An action is known by the fingerprint of its deviation. What happened to it is kept in C(actions.jsonl) in the
    folder of the records, to which lines are only added.
  - Works on the controller, where the records are. No connection to the host is made.
author:
  - drdrill.powerstore contributors (@drdrill)
requirements:
  - Python >= 3.11 (on the controller, where it works)
extends_documentation_fragment:
  - drdrill.powerstore.attributes
  - drdrill.powerstore.attributes.controller
attributes:
  check_mode:
    details: Says whether something would be taken down, and writes nothing.
  diff_mode:
    details: The file only grows.
options:
  state:
    description:
      - V(listed) returns the actions.
      - V(assigned) says who takes care of one, with O(owner), and until when, with O(due).
      - V(closed) ends one; O(comment) says what was done.
      - V(accepted) says that its risk is accepted by O(owner) until O(until), and why, with O(comment). After that day
        it is overdue.
    type: str
    choices: [listed, assigned, closed, accepted]
    default: listed
  directory:
    description: The folder of the records.
    type: path
    required: true
  fingerprint:
    description: The fingerprint of the action, or the first eight or more characters of it.
    type: str
  owner:
    description: Who takes care of it, or accepts its risk.
    type: str
  due:
    description: The last day on which it may be open, such as V(2026-12-31).
    type: str
  until:
    description: The last day on which its risk is accepted.
    type: str
  comment:
    description: What was done, or why.
    type: str
  by:
    description: Who says so. The default is the user who runs Ansible, and the host.
    type: str
  all:
    description: Whether closed ones are listed, too.
    type: bool
    default: false
seealso:
  - module: drdrill.powerstore.drill_record
"""

EXAMPLES = r"""
- name: What is open from earlier drills
  drdrill.powerstore.drill_action:
    directory: /var/lib/drills
  register: actions

- name: Say who takes care of the first, and until when
  drdrill.powerstore.drill_action:
    directory: /var/lib/drills
    state: assigned
    fingerprint: "{{ actions.actions[0].fingerprint }}"
    owner: A. Osei
    due: "2999-12-31"
  when: actions.actions | length > 0
"""

RETURN = r"""
actions:
  description: The actions, overdue ones first; with O(fingerprint) only that one, without O(all) none that is closed.
  returned: success
  type: list
  elements: dict
  contains:
    fingerprint:
      description: What it is known by.
      type: str
      sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    status:
      description: One of V(open), V(overdue), V(accepted) and V(closed).
      type: str
      sample: open
    cause:
      description: The cause of its deviation.
      type: str
      sample: check.failed
    subject:
      description: What it is about.
      type: str
      sample: erp-data
    text:
      description: The deviation, as the record that opened it has it.
      type: str
      sample: "ERP answers: expected 200, found 503."
    array:
      description: Identity of the array.
      type: str
      sample: PS0123456789ab
    session_id:
      description: The session that it is about; C(null) for the drill as a whole.
      type: str
      sample: 0a1b2c3d-0000-4000-8000-00000000000a
    owner:
      description: Who takes care of it.
      type: str
      sample: A. Osei
    due:
      description: Until when.
      type: str
      sample: "2026-12-31"
    accepted_until:
      description: Until when its risk is accepted.
      type: str
      sample: "2026-12-31"
    comment:
      description: What was said last.
      type: str
      sample: The pool was extended.
    opened_at:
      description: When it was opened, the last time.
      type: str
      sample: "2026-11-23T20:02:11.120Z"
    opened_in:
      description: Id of the record that opened it.
      type: str
      sample: 20261123T200211Z-powerstore-dr-1f2e3d4c
    opened:
      description: How often it was opened.
      type: int
      sample: 1
    closed_at:
      description: When it was closed.
      type: str
      sample: "2026-11-24T08:00:00.000Z"
overdue:
  description: How many actions of the folder are overdue.
  returned: success
  type: int
  sample: 0
summary:
  description: The actions as a table, with the commands to work on the first of them.
  returned: success
  type: list
  elements: str
  sample: ["No action is open."]
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._action.task import OPTIONS
from ..module_utils._module.arguments import NOT_A_MODULE


def main() -> None:
    module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True)
    module.fail_json(msg=NOT_A_MODULE.format("drdrill.powerstore.drill_action"))


if __name__ == "__main__":
    main()
