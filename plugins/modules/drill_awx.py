#!/usr/bin/python
# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: drill_awx
short_description: Say what a job of AWX has to know of its workflow, its folder of records and its drill
version_added: 0.1.0
description:
  - For the playbooks of this collection, which call it in jobs of AWX and Automation Controller.
  - Says whether the folder of records outlives the job. AWX runs each job in a container that is thrown away. It is
    proven by a mark that an earlier job left in the folder, or by a mount that is not the job's own.
  - Says which failover tests the drill of this workflow had started, and when it ended, so that the stop after it
    stops those and none of a later drill. A drill that came to its end says that in the workflow's artifacts. For one
    that was killed, its journal is read, where the folder has it.
  - Reads AWX's own API, where the job has an account there, for who approved the workflow, what became of its drill,
    and the image of this job. A credential of the type C(Red Hat Ansible Automation Platform) gives the account as
    C(CONTROLLER_HOST), C(CONTROLLER_OAUTH_TOKEN) and so on. At most 15 seconds are spent on it.
  - It does not fail. What could not be read is C(null), and RV(workflow) says in C(why_not) why.
author:
  - drdrill.powerstore contributors (@drdrill)
requirements:
  - Python >= 3.11 (on the controller, where it works)
extends_documentation_fragment:
  - drdrill.powerstore.attributes
  - drdrill.powerstore.attributes.controller
attributes:
  check_mode:
    details: Leaves no mark in the folder.
  diff_mode:
    details: It only leaves a mark, once for each folder.
options:
  directory:
    description:
      - The folder of records. It is made where it is not there, and marked for later jobs with the file
        C(.drdrill-outlives-the-job.json), which is never changed.
      - Without it nothing is said of a folder, and no journal is read.
    type: path
  job_id:
    description: Id of this job, as AWX gives it in C(awx_job_id).
    type: str
    default: ""
  workflow_job_id:
    description: Id of the workflow job that it is a part of, as AWX gives it in C(awx_workflow_job_id).
    type: str
    default: ""
  drill:
    description:
      - What the drill gave to its workflow, the variable C(drdrill_powerstore_drill). Empty where it was killed.
    type: dict
    default: {}
  ask:
    description: Whether to ask AWX's API.
    type: bool
    default: true
seealso:
  - module: drdrill.powerstore.replication_failover_test_sweep
"""

EXAMPLES = r"""
- name: What did the drill of this workflow start?
  drdrill.powerstore.drill_awx:
    directory: /var/lib/drill-records
    workflow_job_id: "{{ awx_workflow_job_id | default('') }}"
    drill: "{{ drdrill_powerstore_drill | default({}) }}"
  register: said
"""

RETURN = r"""
workflow:
  description:
    - What AWX says. C(approvals) has who decided on each, and how (V(approved), V(denied), V(timed out), V(canceled) or
      V(not answered)), C(drill) the job of the node C(drill) by AWX's clock, C(image) that of this job.
  returned: always
  type: dict
  sample:
    approvals: [{"name": "PowerStore drill may start", "decision": "approved", "by": "anna", "at": null}]
    drill: {"job_id": "89", "status": "canceled", "started_at": "2026-11-23T20:00:05Z",
            "finished_at": "2026-11-23T20:02:11Z", "timed_out": false}
    image: registry.example.com/drills:1
    why_not: null
folder:
  description: Whether it is proven that the folder outlives the job, and by what. C(null) without O(directory).
  returned: always
  type: dict
  sample: {"path": "/var/lib/drill-records", "outlives": true, "why": "an earlier job (81) left its mark there"}
stop:
  description:
    - Options of M(drdrill.powerstore.replication_failover_test_sweep) that confine it to the tests of the workflow's
      drill, and C(because), in words.
  returned: always
  type: dict
  sample:
    own_starts: [{"session_id": "0a1b2c3d-0000-4000-8000-00000000000a"}]
    only_own_starts: true
    started_before: "2026-11-23T20:02:11.000Z"
    because: the drill of this workflow says what it had started
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._awx.task import OPTIONS
from ..module_utils._module.arguments import NOT_A_MODULE


def main() -> None:
    module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True)
    module.fail_json(msg=NOT_A_MODULE.format("drdrill.powerstore.drill_awx"))


if __name__ == "__main__":
    main()
