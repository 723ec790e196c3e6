# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os

from ansible.release import __version__ as ansible_version

from ..module_utils._drill.task import OPTIONS, Surroundings, run_journal
from ..module_utils._json import Json
from ..plugin_utils._hand_over import awaited, is_left, whole
from ..plugin_utils._on_controller import ControllerAction
from ..plugin_utils._tasks_files import TasksFiles


class ActionModule(ControllerAction):
    """Takes down what happens in a drill; documented in plugins/modules/drill_journal.py."""

    options = OPTIONS
    _variables: Json = {}  # noqa: RUF012  # of the task, set anew for each

    def run(self, tmp: str | None = None, task_vars: Json | None = None) -> Json:
        """The result of the task. Raises AnsibleActionFail for wrong options."""
        self._variables = task_vars or {}
        return super().run(tmp, task_vars)

    def work(self, params: Json, *, write: bool) -> Json:
        """The result of drill_journal."""
        around = Surroundings(
            array=str(self._variables.get("inventory_hostname") or "array"),
            ansible_version=str(ansible_version),
            real=write,
            pid=os.getppid(),  # this is one of its workers
            problem_of_file=TasksFiles(self._task, self._loader, self._variables).problem,
            awaited=awaited,
            is_left=is_left,
        )
        return run_journal({**params, "result": whole(params["result"])}, around)
