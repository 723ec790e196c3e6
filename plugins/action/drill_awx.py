# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os

from ..module_utils._awx.task import OPTIONS, Job, run_awx
from ..module_utils._json import Json
from ..plugin_utils._on_controller import ControllerAction


class ActionModule(ControllerAction):
    """Says what a job of AWX has to know; documented in plugins/modules/drill_awx.py."""

    options = OPTIONS
    _array = ""

    def run(self, tmp: str | None = None, task_vars: Json | None = None) -> Json:
        """The result of the task. Raises AnsibleActionFail for wrong options."""
        self._array = str((task_vars or {}).get("inventory_hostname") or "")
        return super().run(tmp, task_vars)

    def work(self, params: Json, *, write: bool) -> Json:
        """The result of drill_awx."""
        # This process is one of Ansible's workers.
        return run_awx(params, Job(array=self._array, pid=os.getppid(), environment=os.environ), write=write)
