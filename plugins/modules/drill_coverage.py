#!/usr/bin/python
# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: drill_coverage
short_description: Say which replication sessions were tested by a failover drill, and which were not
version_added: 0.1.0
description:
  - Compares the arrays as they are now with all records of drills in a folder and with a policy that is kept in git.
    Every replication session gets a state; a session that is in no record is V(never).
  - A row is never better than the worst of its sources. An array that could not be read is V(not_read), no matter what
    the records say.
  - Writes the coverage as JSON, the population as CSV, a report as HTML, due dates as iCalendar, metrics for
    Prometheus, and the trend of recovery times as HTML and CSV.
  - Works on the controller and asks no array. The playbook C(drdrill.powerstore.coverage) reads the arrays of
    the inventory with M(drdrill.powerstore.replication_session_info) and hands them over.
author:
  - drdrill.powerstore contributors (@drdrill)
requirements:
  - Python >= 3.11 (on the controller, where it works)
extends_documentation_fragment:
  - drdrill.powerstore.attributes
  - drdrill.powerstore.attributes.controller
attributes:
  check_mode:
    details: Judges, but writes no file.
  diff_mode:
    details: Each coverage has files of its own.
options:
  directory:
    description:
      - Folder with the records of drills. Every file C(drill-*.json) is read. A record that cannot be read, and two
        records with one id, are refused, as a test that failed might be hidden otherwise.
    type: path
    required: true
  policy:
    description:
      - File of YAML or JSON with the policy. Its form is described on the page R(Coverage,
        ansible_collections.drdrill.powerstore.docsite.guide_coverage).
      - A key that is not known, a rule without an owner, an exclusion without an owner or an expiry, an entry that
        matches no session or has expired, and two rules for one session are refused. All of them are named, and nothing
        is written.
    type: path
    required: true
  arrays:
    description:
      - An entry for each array of the inventory, with its C(name) there, and with C(read), the result of
        M(drdrill.powerstore.replication_session_info) without a selection and with
        O(drdrill.powerstore.replication_session_info#module:test_log=true). A result that failed belongs here, too.
    type: list
    elements: dict
    required: true
  output_directory:
    description: Folder for the outputs, made if it does not exist. The default is O(directory).
    type: path
  formats:
    description:
      - What is written beside the JSON.
      - V(csv) is the population, V(html) the report, V(ics) the due dates, V(prom) the metrics, V(trend_html) and
        V(trend_csv) the trend.
    type: list
    elements: str
    choices: [csv, html, ics, prom, trend_html, trend_csv]
    default: [csv, html, ics, prom, trend_html, trend_csv]
  calendar:
    description:
      - File of the due dates, which is replaced each time. The default is C(coverage.ics) in O(output_directory).
    type: path
  textfile:
    description:
      - File of the metrics, which is replaced each time. Give a file with the extension C(.prom) in the folder of
        node_exporter's textfile collector. The default is C(drdrill.prom) in O(output_directory).
    type: path
  fail_on:
    description:
      - RV(passed) is false when a row has this state or a worse one. The order, worst first, is that of the choices.
    type: str
    choices:
      - not_read
      - never
      - failed_last
      - overdue
      - changed
      - exclusion_expired
      - unrecorded_test
      - due_soon
      - tested_with_deviations
      - tested
      - excluded
      - not_testable
      - gone
      - nothing
    default: unrecorded_test
  regression_percent:
    description:
      - A recovery time that is longer than in the drill before by more than this, and by more than 30 s, is shown as
        slower.
    type: float
    default: 20.0
  title:
    description: What the coverage is called.
    type: str
    default: Coverage of failover drills
seealso:
  - module: drdrill.powerstore.replication_session_info
  - module: drdrill.powerstore.drill_record
"""

EXAMPLES = r"""
- name: Read the array
  drdrill.powerstore.replication_session_info:
    host: powerstore-dr.example.com
    test_log: true
  register: estate
  ignore_errors: true

- name: Say what was tested
  drdrill.powerstore.drill_coverage:
    directory: /var/lib/drills
    policy: coverage-policy.yml
    arrays:
      - name: powerstore-dr
        read: "{{ estate }}"
    textfile: /var/lib/node_exporter/drdrill.prom
  register: coverage
"""

RETURN = r"""
id:
  description: Id of the coverage; the names of its files come from it.
  returned: success
  type: str
  sample: 20261126T070041Z-224a31ab
state:
  description: The worst state of all rows.
  returned: success
  type: str
  sample: overdue
passed:
  description: Whether no row is as bad as O(fail_on). Without any row it is false.
  returned: success
  type: bool
  sample: false
totals:
  description: Number of rows by state.
  returned: success
  type: dict
  sample: {"not_read": 0, "never": 1, "tested": 41}
failing:
  description: How many rows are as bad as O(fail_on).
  returned: success
  type: int
  sample: 1
worst:
  description: The first twenty of them, the worst first.
  returned: success
  type: list
  elements: dict
  sample:
    - state: never
      application: ERP
      array: powerstore-dr
      resource_name: erp-data
      session_id: 0a1b2c3d-0000-4000-8000-00000000000a
      because: No record has a failover test of it.
regressed:
  description: The applications whose last drill was slower than O(regression_percent) allows.
  returned: success
  type: list
  elements: str
  sample: [ERP]
notes:
  description: What a reader should know beside the rows.
  returned: success
  type: list
  elements: str
  sample: []
files:
  description: The path of each output, in check mode of each that would be written.
  returned: success
  type: dict
  sample:
    json: /var/lib/drills/coverage-20261126T070041Z-224a31ab.json
    prom: /var/lib/node_exporter/drdrill.prom
summary:
  description: The coverage in a few lines for a person.
  returned: success
  type: list
  elements: str
  sample: ["Coverage of failover drills: 42 sessions. 1 never tested, 41 tested."]
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._coverage.options import OPTIONS
from ..module_utils._module.arguments import NOT_A_MODULE


def main() -> None:
    module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True)
    module.fail_json(msg=NOT_A_MODULE.format("drdrill.powerstore.drill_coverage"))


if __name__ == "__main__":
    main()
