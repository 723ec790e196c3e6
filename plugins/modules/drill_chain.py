#!/usr/bin/python
# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: drill_chain
short_description: Protect the records of drills against later change, and verify them
version_added: 0.1.0
description:
  - Adds records and their reports to C(chain.jsonl) in their folder. Each line holds the SHA-256 of its files and of
    the line before it, so nothing can be changed, removed or inserted without the end of the chain changing.
  - The hash of the last line is the head of the chain. Publish it where the folder's owner cannot change it, for
    example in the ticket of the drill. A chain alone does not show that somebody wrote the whole of it anew. A
    published head does.
  - Verifies a folder against its chain, published heads and signatures. C(docs/evidence/drdrill_verify.py) does the
    same without Ansible; it is one file that needs only Python 3.8.
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
    details: Returns the head that there would be, and writes nothing.
  diff_mode:
    details: A chain only grows; RV(added) says by what.
options:
  state:
    description:
      - V(appended) adds records. A record that is in the chain already is not added again.
      - V(collected) is for a folder in which records arrive after their drills, from containers, git or an object
        store. It verifies what is in the chain, adds what arrived, marked as late, and names what is not a record. A
        folder that does not match its chain gets nothing added.
      - V(verified) compares the folder with the chain, and fails if there is a fault.
    type: str
    choices: [appended, collected, verified]
    default: verified
  directory:
    description: The folder with the records and the chain.
    type: path
    required: true
  records:
    description:
      - For O(state=appended), the files of the records, in the folder O(directory). Their reports are added with them.
      - The default is every record in the folder that is not in the chain yet.
    type: list
    elements: path
  late:
    description:
      - For O(state=appended), mark the lines as added after the drill, for example for records that a container
        left.
    type: bool
    default: false
  new_chain:
    description:
      - For O(state=collected), whether a chain is begun where the folder has none. Without it such a folder is refused,
        as its chain may have been removed.
    type: bool
    default: false
  known_heads:
    description:
      - For O(state=verified) and O(state=collected), heads that were published earlier. Each must be found in the
        chain. Only the last word of each is read, so that it may be a whole line C(Chain head 12 7c0f...).
    type: list
    elements: str
    default: []
  allowed_signers:
    description:
      - For O(state=verified) and O(state=collected), the file that says who may sign. For signatures of C(ssh-keygen)
        it is as its manual has it under ALLOWED SIGNERS, for those of C(gpg) it holds the public keys.
      - With it, a chain that is not signed is a fault.
    type: path
  principal:
    description:
      - For O(state=verified) and O(state=collected), who must have signed. The default is whoever O(allowed_signers)
        has for the key. For C(gpg) a mail address or a fingerprint.
    type: str
  verify_time:
    description:
      - For O(state=verified) and O(state=collected), the time at which the key had to be valid, as
        C(YYYYMMDD[HHMM[SS]]). The default is now.
    type: str
seealso:
  - module: drdrill.powerstore.drill_record
  - module: drdrill.powerstore.drill_report
"""

EXAMPLES = r"""
- name: Add what is new to the chain, and print its head
  drdrill.powerstore.drill_chain:
    state: appended
    directory: /var/lib/drills
  register: chain

- name: Verify the folder
  drdrill.powerstore.drill_chain:
    directory: /var/lib/drills
    known_heads: ["{{ chain.head.sha256 }}"]

- name: Add what arrived from containers, marked as late
  drdrill.powerstore.drill_chain:
    state: collected
    directory: /var/lib/drills
"""

RETURN = r"""
head:
  description: The end of the chain. In check mode the one that there would be.
  returned: success, and where O(state=verified) found faults
  type: dict
  contains:
    seq:
      description: How many lines the chain has.
      type: int
      sample: 12
    sha256:
      description: The hash of the last line; 64 zeros where there is none.
      type: str
      sample: 7c0f1c7b0a3e2d1f9b8a7c6d5e4f3a2b1c0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f
added:
  description: The records that are new in the chain.
  returned: O(state=appended), O(state=collected)
  type: list
  elements: str
  sample: [drill-20261123T200211Z-powerstore-dr-1f2e3d4c.json]
signed:
  description: Whether the new records and the chain were signed.
  returned: O(state=appended), O(state=collected)
  type: bool
  sample: false
problems:
  description: What could not be signed, and why.
  returned: O(state=appended), O(state=collected)
  type: list
  elements: str
  sample: []
not_records:
  description: The files in the folder that are no records and belong to none, and what is known of each.
  returned: O(state=collected)
  type: list
  elements: dict
  sample: [{"file": "notes.txt", "why": "not called like a record (KIND-TIME-ARRAY-NUMBER.json), and not added"}]
  contains:
    file:
      description: Its name.
      type: str
    why:
      description: What it is.
      type: str
late:
  description: The records that were added, or had reports added, after their drill.
  returned: O(state=verified)
  type: list
  elements: str
  sample: []
records:
  description: How many records the chain has.
  returned: O(state=verified)
  type: int
  sample: 12
faults:
  description: What is not as the chain has it.
  returned: O(state=verified)
  type: list
  elements: dict
  sample: []
  contains:
    word:
      description: V(CHANGED), V(MISSING), V(NOT IN THE CHAIN), V(BROKEN), V(SIGNATURE) or V(HEAD).
      type: str
    about:
      description: The file, the place in the chain, or the head.
      type: str
    text:
      description: What was expected and what was found.
      type: str
signer:
  description: Who signed the chain; C(null) where that was not shown.
  returned: O(state=verified)
  type: str
  sample: drills@example.com
signature:
  description: V(checked), V(not checked) or V(not signed).
  returned: O(state=verified)
  type: str
  sample: not signed
summary:
  description: The result in a few lines for a person; the chain's head is among them.
  returned: success, and where O(state=verified) found faults
  type: list
  elements: str
  sample: ["Chain head 12 7c0f1c7b0a3e2d1f9b8a7c6d5e4f3a2b1c0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f"]
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._chain.task import OPTIONS
from ..module_utils._module.arguments import NOT_A_MODULE


def main() -> None:
    module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True)
    module.fail_json(msg=NOT_A_MODULE.format("drdrill.powerstore.drill_chain"))


if __name__ == "__main__":
    main()
