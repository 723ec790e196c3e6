#!/usr/bin/python
# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: first_contact
short_description: Look at a PowerStore array closely, to learn how it answers
version_added: 0.1.0
description:
  - Dell's documents leave some of an array's behaviour open. The playbook C(drdrill.powerstore.first_contact)
    finds that out on one session, with this module, and M(drdrill.powerstore.first_contact_report) says what it found.
  - The result has no names in it.
author:
  - drdrill.powerstore contributors (@drdrill)
extends_documentation_fragment:
  - drdrill.powerstore.connection
  - drdrill.powerstore.attributes
  - drdrill.powerstore.attributes.action_group
attributes:
  check_mode:
    support: full
    details: The steps that send something are left out.
  diff_mode:
    support: N/A
    details: The module changes nothing but that V(step=nas_clone) makes a clone.
options:
  step:
    description:
      - V(read) reads what can be asked without changing anything.
      - V(watch) looks every O(interval) seconds at the session, its resource, the mappings, the jobs and the audit log.
      - V(second_start) asks for a start while a failover test runs, to learn how the array refuses that. It sends
        nothing where no test runs.
      - V(second_stop) asks for a stop where no test runs. If somebody started a test at this very moment, that would be
        stopped. It sends nothing where a test runs.
      - V(nas_clone) makes a DR-test clone of O(nas_server) without naming its file systems, and looks at what comes of
        it. M(drdrill.powerstore.nas_dr_test) with V(state=stopped) deletes it.
    type: str
    choices: [read, watch, second_start, second_stop, nas_clone]
    required: true
  session_id:
    description: Id of the replication session, as O(host) lists it.
    type: str
  volume:
    description: Name or id of the volume of the session on O(host).
    type: str
  volume_group:
    description: Name or id of the volume group of the session on O(host).
    type: str
  resource_id:
    description: Id of the volume or volume group of the session on O(host), which the other array shows, too.
    type: str
  nas_server:
    description: Name or id of the NAS server on O(host) that V(nas_clone) clones.
    type: str
  seconds:
    description: How long V(watch) looks.
    type: int
    default: 10
  interval:
    description: Seconds between two looks.
    type: float
    default: 1
  since:
    description: Jobs and audit events before this time, by the array's clock, are left out.
    type: str
  job_id:
    description: The job whose audit event V(watch) waits for.
    type: str
  snapshot:
    description: Id of the end-of-test snapshot, to read its name and when the array deletes it.
    type: str
seealso:
  - module: drdrill.powerstore.first_contact_report
"""

EXAMPLES = r"""
- name: Read how the array answers
  drdrill.powerstore.first_contact:
    host: powerstore-dr.example.com
    username: drill
    password: "{{ vault_drill_password }}"
    volume: playground
    step: read
  register: contact
"""

RETURN = r"""
step:
  description: As O(step).
  returned: when the session was found
  type: str
  sample: read
at:
  description: When the step began, by the array's clock.
  returned: when the session was found
  type: str
  sample: "2026-11-26T08:00:00.000Z"
observed:
  description: For M(drdrill.powerstore.first_contact_report). Its content may change with any release.
  returned: when the session was found
  type: dict
  sample: {"release": "4.1.0.0", "account": {"role_ids": ["1"], "user_shown": true, "idle_timeout": 3600}}
clone_id:
  description: Id of the clone, for M(drdrill.powerstore.nas_dr_test); C(null) in check mode.
  returned: with O(step=nas_clone)
  type: str
  sample: 6f3e2d1c-0000-4000-8000-00000000001b
failure:
  description: Why it failed, in the shape of RV(drdrill.powerstore.replication_failover_test#module:failure).
  returned: failure
  type: dict
  sample: {"kind": "not_found", "http_status": null, "code": null, "message": "No volume 'erp' on powerstore-dr"}
"""

from ..module_utils import _python as _  # noqa: F401  # first: refuses a Python that is too old for the rest
from ..module_utils._first_contact.task import STEPS, run
from ..module_utils._module.frame import PowerStoreModule, carry_out
from ..module_utils._module.options import CONNECTION, ArgumentSpec
from ..module_utils._module.progress import to_file
from ..module_utils._operation.batch import OnProgress
from ..module_utils._words import NAS_SERVER, RESOURCE_ID, SELECTORS

_BY = (*SELECTORS, RESOURCE_ID, NAS_SERVER)
SPEC = CONNECTION.merged_with(
    ArgumentSpec(
        {
            "step": {"type": "str", "choices": list(STEPS), "required": True},
            **{name: {"type": "str"} for name in _BY},
            "seconds": {"type": "int", "default": 10},
            "interval": {"type": "float", "default": 1},
            "since": {"type": "str"},
            "job_id": {"type": "str"},
            "snapshot": {"type": "str"},
        },
        mutually_exclusive=(_BY,),
        required_one_of=(_BY,),
    )
)


def main(on_progress: OnProgress | None = None) -> None:
    module = PowerStoreModule(**SPEC.module_arguments())
    carry_out(module, lambda: run(module.params, check_mode=module.check_mode, on_progress=on_progress or to_file()))


if __name__ == "__main__":
    main()
