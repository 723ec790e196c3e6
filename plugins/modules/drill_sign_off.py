#!/usr/bin/python
# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: drill_sign_off
short_description: Accept or reject the record of a drill, with every success criterion judged
version_added: 0.1.0
description:
  - Writes C(signoff-ID-N.json) beside a record. It has the SHA-256 of the record, who decided in which role, the
    decision, and each success criterion of the record as met or not met.
  - With O(method) V(ssh) or V(gpg) the file is signed with the person's own key. It is added to the chain of the
    folder. No sign-off is ever overwritten. A second one gets the next number.
  - A record that was changed since it was added to the chain is refused, and so is one that is in no chain. A criterion
    of the record that is not judged is refused by its name.
  - It also says who started the drill, who approved it, and whether these are two people, as AWX had it when the record
    was written. Where AWX was not read that is C(null), and C(approvals) says C(not read).
  - O(sign) signs the chain, which grows by the sign-off. It has the key of the drills, and not that of the person.
  - Works on the controller, where the records are. No connection to the host is made.
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
    details: Refuses what a real run would refuse, signs nothing and writes nothing.
  diff_mode:
    details: Each sign-off has a file of its own.
options:
  record:
    description: Path of the record.
    type: path
    required: true
  name:
    description:
      - Who decides. For V(awx_approval) the name that the person has in AWX.
    type: str
    required: true
  role:
    description: In which role, for example the owner of the service.
    type: str
    required: true
  decision:
    description: What was decided.
    type: str
    choices: [accepted, rejected]
    required: true
  criteria:
    description:
      - Every success criterion of the record (C(drill.success_criteria)), each once. A record that has none takes none.
    type: list
    elements: dict
    default: []
    suboptions:
      criterion:
        description: The criterion, in the words of the record.
        type: str
        required: true
      met:
        description: Whether it was met.
        type: bool
        required: true
      comment:
        description: What this is based on, or what is missing.
        type: str
  method:
    description:
      - V(ssh) and V(gpg) sign the file by O(key). Without a signature nothing is written.
      - V(awx_approval) asks AWX for an approval by O(name) in the workflow that the record names, for V(rejected) a
        denial. It has to be decided after the record was written, in an approval node behind the drill's, such as the
        playbook awx_setup makes with C(awx_setup_sign_off_timeout). An approval
        from before is about the start of the drill, and is refused. AWX is asked with C(CONTROLLER_HOST) and
        C(CONTROLLER_OAUTH_TOKEN) (or C(CONTROLLER_USERNAME) and C(CONTROLLER_PASSWORD)) of the environment, as a
        credential of the type C(Red Hat Ansible Automation Platform) gives them to a job.
      - V(paper) says that the signature is on paper. The file is then no proof of it.
    type: str
    choices: [ssh, gpg, awx_approval, paper]
    required: true
  key:
    description:
      - The person's own key. For V(ssh) the file of the key, or its C(.pub) file if an agent holds the key. For V(gpg)
        the id of the key; the default is that of gpg.
    type: str
seealso:
  - module: drdrill.powerstore.drill_chain
  - module: drdrill.powerstore.drill_report
"""

EXAMPLES = r"""
- name: Accept a drill, signed with your own key
  drdrill.powerstore.drill_sign_off:
    record: "{{ failover_drill_result.path }}"
    name: B. Manager
    role: Owner of the ERP
    decision: accepted
    criteria:
      - criterion: The ERP answers from the DR site.
        met: true
        comment: See the check of the health page.
    method: ssh
    key: /etc/drills/signing_key

- name: Say that it was signed on paper, too
  drdrill.powerstore.drill_sign_off:
    record: "{{ failover_drill_result.path }}"
    name: A. Osei
    role: Drill lead
    decision: accepted
    criteria:
      - criterion: The ERP answers from the DR site.
        met: true
    method: paper
"""

RETURN = r"""
path:
  description: The file. In check mode the one that there would be.
  returned: success
  type: str
  sample: /var/lib/drills/signoff-20261123T200211Z-powerstore-dr-1f2e3d4c-1.json
sign_off:
  description:
    - What the file says.
    - C(segregation) has C(initiator), C(approver), C(distinct), and C(approvals), which is one of C(read), C(none) and
      C(not read).
    - C(approval) is what AWX says where O(method=awx_approval), with C(name), C(by) and C(at), else null.
  returned: success
  type: dict
  sample:
    schema_version: "1.0"
    kind: signoff
    id: 20261123T200211Z-powerstore-dr-1f2e3d4c-1
    record: drill-20261123T200211Z-powerstore-dr-1f2e3d4c.json
    record_id: 20261123T200211Z-powerstore-dr-1f2e3d4c
    record_sha256: 7c0f1c7b0a3e2d1f9b8a7c6d5e4f3a2b1c0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f
    record_verdict: passed
    array: {name: powerstore-dr}
    name: B. Manager
    role: Owner of the ERP
    decision: accepted
    criteria:
      - {criterion: The ERP answers from the DR site., met: true, comment: See the check of the health page.}
    method: ssh
    approval:
    segregation: {initiator: osei, approver: manager, distinct: true, approvals: read}
    at: "2026-11-24T08:00:00.000Z"
    signature: signoff-20261123T200211Z-powerstore-dr-1f2e3d4c-1.json.sig
chain:
  description: What became of the chain of the folder.
  returned: when it was written
  type: dict
  contains:
    head:
      description: The end of the chain, C(seq) and C(sha256).
      type: dict
      sample: {seq: 13, sha256: 7c0f1c7b0a3e2d1f9b8a7c6d5e4f3a2b1c0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f}
    added:
      description: The file of the sign-off.
      type: list
      elements: str
      sample: [signoff-20261123T200211Z-powerstore-dr-1f2e3d4c-1.json]
    signed:
      description: Whether the chain was signed.
      type: bool
      sample: false
    problems:
      description: What of the chain could not be signed, and why.
      type: list
      elements: str
      sample: []
    summary:
      description: The same in lines for a person; the chain's head is the first.
      type: list
      elements: str
      sample: ["Chain head 13 7c0f1c7b0a3e2d1f9b8a7c6d5e4f3a2b1c0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f"]
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._module.arguments import NOT_A_MODULE
from ..module_utils._sign_off.task import OPTIONS


def main() -> None:
    module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True)
    module.fail_json(msg=NOT_A_MODULE.format("drdrill.powerstore.drill_sign_off"))


if __name__ == "__main__":
    main()
