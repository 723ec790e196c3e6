#!/usr/bin/python
# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: first_contact_report
short_description: Say what a PowerStore array answers to the questions that Dell's documents leave open
version_added: 0.1.0
description:
  - Makes a table of questions and answers from what M(drdrill.powerstore.first_contact) and
    M(drdrill.powerstore.replication_failover_test) returned, and writes it as JSON and as HTML.
  - Both files are without names of arrays, volumes, hosts and persons. The simulator of the collection's repository
    takes the JSON file, and then behaves as the array did.
author:
  - drdrill.powerstore contributors (@drdrill)
requirements:
  - Python >= 3.11 (on the controller, where it works)
extends_documentation_fragment:
  - drdrill.powerstore.attributes
  - drdrill.powerstore.attributes.controller
attributes:
  check_mode:
    details: Makes the table, but writes no file.
  diff_mode:
    details: Each call writes files of its own.
options:
  directory:
    description: Folder for the two files. It is made if it is not there.
    type: path
    required: true
  before:
    description: Result of M(drdrill.powerstore.first_contact) with V(step=read) before the test.
    type: dict
  source_before:
    description: The same of the production array.
    type: dict
  start:
    description: Result of M(drdrill.powerstore.replication_failover_test) with V(state=started).
    type: dict
  during:
    description: Result of M(drdrill.powerstore.first_contact) with V(step=watch) during the test.
    type: dict
  source_during:
    description: The same of the production array.
    type: dict
  second_start:
    description: Result of M(drdrill.powerstore.first_contact) with V(step=second_start).
    type: dict
  stop:
    description: Result of M(drdrill.powerstore.replication_failover_test) with V(state=stopped).
    type: dict
  after:
    description: Result of M(drdrill.powerstore.first_contact) with V(step=watch) after the stop.
    type: dict
  source_after:
    description: The same of the production array.
    type: dict
  second_stop:
    description: Result of M(drdrill.powerstore.first_contact) with V(step=second_stop).
    type: dict
  nas:
    description: Result of M(drdrill.powerstore.first_contact) with V(step=nas_clone).
    type: dict
seealso:
  - module: drdrill.powerstore.first_contact
"""

EXAMPLES = r"""
- name: Say what this array answers
  drdrill.powerstore.first_contact_report:
    directory: /var/lib/drills
    before: "{{ contact }}"
"""

RETURN = r"""
path:
  description: The JSON file.
  returned: always
  type: str
  sample: /var/lib/drills/first-contact-20261126T080000Z-1f2e3d4c.json
html_path:
  description: The HTML file.
  returned: always
  type: str
  sample: /var/lib/drills/first-contact-20261126T080000Z-1f2e3d4c.html
facts:
  description: What the JSON file holds. Each of C(answers) has C(id), C(question), C(status), C(answer) and C(value).
  returned: always
  type: dict
  sample: {"format": "drdrill.powerstore first contact 1.0", "answers": []}
summary:
  description: The table, in lines for a terminal.
  returned: always
  type: list
  elements: str
  sample: ["Which PowerStoreOS runs?", "    destination 4.1.0.0, source 4.1.0.0"]
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._first_contact.report import OPTIONS
from ..module_utils._module.arguments import NOT_A_MODULE


def main() -> None:
    module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True)
    module.fail_json(msg=NOT_A_MODULE.format("drdrill.powerstore.first_contact_report"))


if __name__ == "__main__":
    main()
