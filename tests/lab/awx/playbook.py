"""ansible-playbook, with the real main() of each module of awx.awx run in Ansible's worker, not in its own process.

    python -m tests.lab.awx.playbook ARGUMENT ...

The playbook awx_setup runs some forty modules; this way they cost a third. Templating, argument specs and requests
are the real ones, and any other module is run as always.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import sys
import typing as t

from ansible.cli.playbook import PlaybookCLI
from ansible.module_utils.testing import patch_module_args
from ansible.plugins.action import ActionBase

PREFIX = "awx.awx."
MODULES = "ansible_collections.awx.awx.plugins.modules"
ordinary = ActionBase._execute_module


def execute_module(self: ActionBase, module_name: str | None = None, **given: t.Any) -> dict[str, t.Any]:
    """The result of a module, as ActionBase._execute_module gives it."""
    name = module_name or self._task.action
    if not name.startswith(PREFIX):
        return ordinary(self, module_name=module_name, **given)
    options = dict(given.get("module_args") or self._task.args)
    self._update_module_args(name, options, given["task_vars"])
    module = importlib.import_module(f"{MODULES}.{name.removeprefix(PREFIX)}")
    stdout = io.StringIO()
    with patch_module_args(options), contextlib.redirect_stdout(stdout), contextlib.suppress(SystemExit):
        module.main()
    return self._parse_returned_data({"rc": 0, "stdout": stdout.getvalue(), "stderr": ""}, "legacy")


class Playbook(PlaybookCLI):
    """Loads what all the modules share before the workers are forked, and after Ansible knows its collections."""

    def _play_prereqs(self) -> t.Any:
        ready = super()._play_prereqs()
        importlib.import_module("ansible_collections.awx.awx.plugins.module_utils.controller_api")
        return ready


def main() -> None:
    """Run ansible-playbook with the arguments of this process."""
    ActionBase._execute_module = execute_module
    Playbook.cli_executor(["ansible-playbook", *sys.argv[1:]])


if __name__ == "__main__":
    main()
