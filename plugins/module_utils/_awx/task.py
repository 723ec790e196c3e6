# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module drill_awx does: say what a job of AWX has to know of its workflow, its folder and its drill."""

from __future__ import annotations

import glob
import os
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass

from .._drill import process
from .._drill.journal import SUFFIX, Journal, read
from .._errors import PowerStoreError
from .._json import Json
from .access import Access
from .folder import look_at_folder
from .started import stop_options
from .workflow import Workflow, read_workflow

OPTIONS: dict[str, dict[str, t.Any]] = {
    "directory": {"type": "path"},
    "job_id": {"type": "str", "default": ""},
    "workflow_job_id": {"type": "str", "default": ""},
    "drill": {"type": "dict", "default": {}},
    "ask": {"type": "bool", "default": True},
}
_NO_ACCOUNT = (
    "The job has no account in AWX: give its template a credential of type Red Hat Ansible Automation Platform."
)


@dataclass(frozen=True)
class Job:
    """What the action plugin knows besides its options."""

    array: str  # the name of the array in the inventory
    pid: int  # of the run of Ansible
    environment: t.Mapping[str, str]


def run_awx(params: Json, job: Job, *, write: bool) -> Json:
    """The result of the module. It does not fail: what could not be read is said."""
    directory, workflow_id = params["directory"], params["workflow_job_id"]
    now = process.now_utc()
    run = process.run_id(process.run_of(job.pid), now)
    workflow = _workflow(params, job.environment)
    said: dict[str, Json] = {name: dict(stat) for name, stat in params["drill"].items() if isinstance(stat, Mapping)}
    journals = _journals(os.path.expanduser(directory)) if directory else []
    stop = stop_options(job.array, workflow_id, said, journals, workflow.drill, process.began(job.pid, now))
    folder = look_at_folder(directory, run, params["job_id"], write=write) if directory else None
    return {
        "changed": folder.marked if folder else False,
        "workflow": workflow.as_result(),
        "folder": folder.as_result() if folder else None,
        "stop": stop,
    }


def _workflow(params: Json, environment: t.Mapping[str, str]) -> Workflow:
    if not params["ask"] or not (params["job_id"] or params["workflow_job_id"]):
        return Workflow(why_not="Nobody asked for it.")
    access = Access.of(environment)
    if access is None:
        return Workflow(why_not=_NO_ACCOUNT)
    return read_workflow(access.reader(), params["workflow_job_id"], params["job_id"])


def _journals(directory: str) -> list[Journal]:
    """The journals in a folder that can be read; of others nothing is known here, stop_tests names them."""
    found = []
    for path in sorted(glob.glob(os.path.join(glob.escape(directory), f"drill-*{SUFFIX}"))):
        try:
            found.append(read(path))
        except (PowerStoreError, OSError):
            continue
    return found
