# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The frame of an action that works on the controller alone: nothing is packed, sent, or run on another host."""

from __future__ import annotations

import typing as t
from abc import abstractmethod
from collections.abc import Mapping

from ansible.constants import LOCALHOST
from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..module_utils._json import Json
from ..module_utils._module.arguments import checked_arguments
from ._progress import Progress, is_wanted

display = Display()


class ControllerAction(ActionBase):
    """Checks where the task runs and what it was given; `work` does the rest.

    The connection of the host does not matter, nor does `become`: the files are the controller's own.
    """

    _requires_connection = False

    @property
    @abstractmethod
    def options(self) -> t.Mapping[str, Json]:
        """The argument spec."""

    @abstractmethod
    def work(self, params: Json, *, write: bool) -> Json:
        """Do it, or in check mode (``write`` is false) predict it; the result in plain JSON types."""

    def run(self, tmp: str | None = None, task_vars: Json | None = None) -> Json:
        """The result of the task. Raises AnsibleActionFail for wrong options and a task on another host."""
        super().run(task_vars=task_vars)
        self._refuse_another_host()
        params, problem = checked_arguments(self._task.args, self.options)
        if problem:
            raise AnsibleActionFail(f"{self._task.action}: {problem}")
        return self.work(params, write=not self._task.check_mode)

    def progress(self, what: str) -> t.Callable[[int, int], None]:
        """What takes how many are done of how many, and shows a line while it takes long. ``what``: ``read``."""
        given = [each for each in self._task.environment or () if isinstance(each, Mapping)]
        if not is_wanted({str(name): str(value) for each in given for name, value in each.items()}):
            return lambda done, total: None
        # On stderr, as Ansible's own warnings: what a program reads of Ansible's output stays as it is.
        shown = Progress(self._task.get_name(), what, lambda text: display.display(text, stderr=True))
        return lambda done, total: shown(done, 0, 0, total)

    def _refuse_another_host(self) -> None:
        """A host that is reached by a local connection is this one, by any name."""
        host = self._task.delegate_to
        if host and host not in LOCALHOST and self._connection.transport != "local":
            raise AnsibleActionFail(
                f"The task is delegated to {host}, but {self._task.action} works with files on the controller, where "
                "the records of drills are. Remove delegate_to, or say delegate_to: localhost. To have the files on "
                f"{host}, copy them there afterwards with ansible.builtin.copy."
            )
