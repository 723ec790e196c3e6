#!/usr/bin/python
# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: drill_witness
short_description: Compare the record of a failover drill with the array's own logs
version_added: 0.1.0
description:
  - Reads the array's jobs and audit events of the time of a drill, and compares them with every start and stop that its
    record claims. It looks at the operation, the session, the account, the times and what came of it.
  - Finds what the record does not have, too. All starts and stops of that time are read, not only those of the
    record's sessions. One on a session while the record has it in its test contradicts the record. So does one of the
    drill's own account that no other record or journal of the same folder has, unless the audit log shows that it came
    from another address.
  - Fails where the logs contradict the record. Where they cannot be compared, RV(verdict) is V(unavailable), which
    fails only with O(required).
  - The record is read on the controller. The array is asked from the host of the task. Two requests and their pages are
    enough for any number of sessions.
  - Both logs are the array's own. A witness is independent where somebody else asks, from another machine and with an
    account of their own. That account only needs to read.
author:
  - drdrill.powerstore contributors (@drdrill)
extends_documentation_fragment:
  - drdrill.powerstore.connection
  - drdrill.powerstore.attributes
  - drdrill.powerstore.attributes.action_group
  - drdrill.powerstore.attributes.info_module
attributes:
  action:
    description: Has an action plugin, which works on the controller.
    support: full
    details: It reads the record; the module asks the array.
  async:
    description: Can be run with the keyword C(async).
    support: none
options:
  record:
    description:
      - File of the record of a drill, on the controller. Other records and journals in its folder are read, too.
    type: path
  journal:
    description: Instead of O(record), the journal of a drill that has no record yet.
    type: path
  events:
    description: Events that are not in O(journal), as M(drdrill.powerstore.drill_journal) keeps them in its state.
    type: list
    elements: dict
  directory:
    description: For O(journal) and O(events), the folder of the records.
    type: path
  claims:
    description: What is compared. The action plugin makes it from the options above; its content may change.
    type: dict
  required:
    description: Whether the task fails where the logs cannot be compared with the record.
    type: bool
    default: false
seealso:
  - module: drdrill.powerstore.drill_record
  - module: drdrill.powerstore.drill_chain
"""

EXAMPLES = r"""
- name: Compare a record with the array's own logs
  drdrill.powerstore.drill_witness:
    host: powerstore-dr.example.com
    username: auditor
    password: "{{ vault_auditor_password }}"
    record: "{{ failover_drill_result.path }}"
  register: witness

- name: Fail also where the logs no longer reach back
  drdrill.powerstore.drill_witness:
    record: "{{ failover_drill_result.path }}"
    required: true
"""

RETURN = r"""
verdict:
  description: V(corroborated), V(contradicted) or V(unavailable).
  returned: when the array could be asked
  type: str
  sample: corroborated
record_id:
  description: Id of the record that was compared.
  returned: when the array could be asked
  type: str
  sample: 20261123T200211Z-powerstore-dr-1f2e3d4c
record_sha256:
  description: SHA-256 of its file; C(null) for a journal.
  returned: when the array could be asked
  type: str
  sample: 7c0f1c7b0a3e2d1f9b8a7c6d5e4f3a2b1c0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f
witness:
  description: What the logs say, in the shape of the record.
  returned: when the array could be asked
  type: dict
  sample:
    verdict: corroborated
    by: [job, audit_event]
    account: auditor
    claims: []
    not_in_the_record: []
    not_witnessed: []
    why_unavailable: null
  contains:
    verdict:
      description: The worst of all claims and of what the record does not have.
      type: str
    by:
      description: The logs that could be read.
      type: list
      elements: str
    read_at:
      description: When, by the array's clock.
      type: str
    account:
      description: The account that read them.
      type: str
    second_account:
      description: Whether that is another account than the drill's; C(null) where not known.
      type: bool
    host:
      description: The name or address that was asked.
      type: str
    window:
      description: The time that was looked at, C(from) and C(until), by the array's clock.
      type: dict
    tolerance_seconds:
      description: How far times may differ.
      type: float
    claims:
      description:
        - Every start and stop of the record, each with C(session_id), C(resource_name), C(operation), C(job_id),
          C(verdict), C(by), C(array) as the logs have it (C(start), C(end), C(phase), C(user), C(client_address),
          C(event_id)), and C(differences).
      type: list
      elements: dict
    not_in_the_record:
      description:
        - Every other start and stop of that time, with C(contradicts) and a C(reason) that says why the record should
          have it, or need not.
      type: list
      elements: dict
    not_witnessed:
      description: What of the drill no log of the array has, and which is therefore compared with nothing.
      type: list
      elements: str
    why_unavailable:
      description: Why not everything could be compared, for example where a log begins.
      type: str
summary:
  description: The result in a few lines for a person.
  returned: when the array could be asked
  type: list
  elements: str
  sample: ["Array's own logs (job and audit_event): corroborated, 6 of 6 starts and stops; asked as auditor"]
failure:
  description: Why the task failed.
  returned: failure
  type: dict
  sample: {"kind": "rejected", "http_status": null, "code": null, "message": "The array's own logs contradict it."}
"""

from ..module_utils import _python as _  # noqa: F401  # first: refuses a Python that is too old for the rest
from ..module_utils._module.arguments import NOT_A_MODULE
from ..module_utils._module.frame import PowerStoreModule, execute
from ..module_utils._witness.options import SPEC
from ..module_utils._witness.task import run_witness


def main() -> None:
    module = PowerStoreModule(**SPEC.module_arguments())
    if module.params["claims"] is None:
        module.fail_json(msg=NOT_A_MODULE.format("drdrill.powerstore.drill_witness"))
    execute(module, lambda client: run_witness(client, module.params))


if __name__ == "__main__":
    main()
