#!/usr/bin/python
# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: drill_report
short_description: Make reports for people and machines from the record of a drill
version_added: 0.1.0
description:
  - Reads a JSON file that M(drdrill.powerstore.drill_record) wrote, of any kind, and makes an HTML report, JUnit XML, a
    line in a CSV register of all drills, and a short Markdown summary from it.
  - The HTML is one file without script or outside resource; it prints well on A4.
  - Works on the controller, where the record is; it asks no array. No connection to the host is made.
  - A report is never overwritten. A report that is there with the same content is no change.
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
    details: Makes the reports, but writes no file.
  diff_mode:
    details: Each record has reports of its own.
options:
  record:
    description: Path of the record.
    type: path
    required: true
  directory:
    description:
      - Folder for the reports, made with mode 0750 if it does not exist. The default is the record's folder.
      - The names of the files come from the record's kind and id.
    type: path
  formats:
    description: What to make.
    type: list
    elements: str
    choices: [html, junit, csv, markdown]
    default: [html, junit, csv, markdown]
  register:
    description:
      - Path of the CSV register, which gets one line for each record, whether drills run at the same time or one after
        the other. The default is C(register.csv) in O(directory).
    type: path
  frameworks:
    description:
      - The frameworks of which HTML and Markdown have an appendix. It says for each reference what this record has
        (filled, partly filled, empty), where in the record that is, and what a person must add.
      - The references are those of the authors of this collection, to be checked by the reader. A record supports a
        reference; whether a requirement is met is for a person to judge.
      - A report that is there without the appendix is not overwritten; give another O(directory).
    type: list
    elements: str
    choices: [soc2, iso27001, iso22301, dora, nis2, nist_800_34, nist_csf, pci_dss, hipaa]
    default: []
  chain:
    description:
      - Whether the record and the reports beside it are added to the chain of their folder, as by
        M(drdrill.powerstore.drill_chain) with O(drdrill.powerstore.drill_chain#module:state=appended), and signed by
        O(sign). With an empty list of O(formats) this is all that is done.
      - If a report could not be made, the record is added all the same.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Make all reports beside the record
  drdrill.powerstore.drill_report:
    record: "{{ failover_drill_result.path }}"

- name: Only what a CI system reads, and the line in the register of all sites
  drdrill.powerstore.drill_report:
    record: "{{ failover_drill_result.path }}"
    formats: [junit, csv]
    directory: /var/lib/ci/results
    register: /var/lib/drills/register.csv

- name: A report that says where the record supports DORA and SOC 2
  drdrill.powerstore.drill_report:
    record: "{{ failover_drill_result.path }}"
    formats: [html, markdown]
    frameworks: [dora, soc2]
    directory: /var/lib/ci/audit

- name: Make the reports, and add them and the record to the chain
  drdrill.powerstore.drill_report:
    record: "{{ failover_drill_result.path }}"
    chain: true
"""

RETURN = r"""
files:
  description: >-
    The path of each report, in check mode of each that would be there. After a failure, of those that are there for
    certain.
  returned: always
  type: dict
  contains:
    html:
      description:
        - The report for people. Of a drill of more than 500 sessions, their details and the steps are pages of their
          own, C(report-sessions-N.html) and C(report-steps.html) in the folder C(drill-ID.evidence) beside it.
      returned: when O(formats) has V(html)
      type: str
      sample: /var/lib/drills/drill-20261123T200211Z-powerstore-dr-1f2e3d4c.html
    junit:
      description: JUnit XML, one suite for each session and one for the drill itself.
      returned: when O(formats) has V(junit)
      type: str
      sample: /var/lib/drills/drill-20261123T200211Z-powerstore-dr-1f2e3d4c.junit.xml
    csv:
      description: The register.
      returned: when O(formats) has V(csv)
      type: str
      sample: /var/lib/drills/register.csv
    markdown:
      description: The summary for a ticket or a chat.
      returned: when O(formats) has V(markdown)
      type: str
      sample: /var/lib/drills/drill-20261123T200211Z-powerstore-dr-1f2e3d4c.md
chain:
  description: What was done by O(chain). Empty where the record could not be added; the task has failed then.
  returned: when O(chain) is true
  type: dict
  contains:
    head:
      description: The end of the chain, C(seq) and C(sha256). In check mode the one that there would be.
      type: dict
      sample: {seq: 12, sha256: 7c0f1c7b0a3e2d1f9b8a7c6d5e4f3a2b1c0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f}
    added:
      description: The record, where something of it is new in the chain.
      type: list
      elements: str
      sample: [drill-20261123T200211Z-powerstore-dr-1f2e3d4c.json]
    signed:
      description: Whether it was signed.
      type: bool
      sample: false
    problems:
      description: What could not be signed, and why.
      type: list
      elements: str
      sample: []
    summary:
      description: The same in lines for a person; the chain's head is the first.
      type: list
      elements: str
      sample: ["Chain head 12 7c0f1c7b0a3e2d1f9b8a7c6d5e4f3a2b1c0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f"]
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._chain import on_reports
from ..module_utils._module.arguments import NOT_A_MODULE
from ..module_utils._report import options

OPTIONS = {**options.OPTIONS, **on_reports.OPTIONS}


def main() -> None:
    module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True)
    module.fail_json(msg=NOT_A_MODULE.format("drdrill.powerstore.drill_report"))


if __name__ == "__main__":
    main()
