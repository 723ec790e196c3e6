# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running a module of the collection as Ansible does: its real main(), its options as JSON, its result from stdout.

Where an action plugin does the work, that is run: in this process, as Ansible's worker does.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import io
import json
import typing as t
from pathlib import Path
from unittest import mock

from ansible.errors import AnsibleActionFail
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.parameters import PASS_VARS
from ansible.module_utils.testing import patch_module_args
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.template import Templar

from ansible_collections.drdrill.powerstore.plugins.plugin_utils._in_worker import ModuleAction
from tests.lab.simulator import Simulator

PLUGINS = "ansible_collections.drdrill.powerstore.plugins"
Result = dict[str, t.Any]
# From ansible-core 2.21 on, a result has the task's options only where that is asked for.
WITH_OPTIONS = {"_ansible_inject_invocation": True} if "inject_invocation" in PASS_VARS else {}


def connection_to(simulator: Simulator) -> Result:
    """The connection options for the simulated DR array."""
    return {
        "host": simulator.dr.host,
        "port": simulator.dr.port,
        "username": simulator.username,
        "password": simulator.password,
        "ca_path": str(simulator.ca_path),
    }


def run_module(
    simulator: Simulator, name: str, /, *, check: bool = False, diff: bool = False, **options: t.Any
) -> Result:
    """The result of the module; an option that is None is left out, the connection is filled in."""
    given = {key: value for key, value in {**connection_to(simulator), **options}.items() if value is not None}
    output = _action_output(name, given, check) if is_action(name) else _module_output(name, given, check, diff)
    if simulator.password in output:
        raise AssertionError(f"{name} shows the password")
    return t.cast(Result, json.loads(output))


def run_action(
    name: str, /, *, check: bool = False, delegate_to: str | None = None, connection: str = "local", **options: t.Any
) -> Result:
    """The result of an action plugin; an option that is None is left out."""
    given = {key: value for key, value in options.items() if value is not None}
    return t.cast(Result, json.loads(_action_output(name, given, check, delegate_to, connection)))


def is_action(name: str) -> bool:
    """Whether an action plugin does the work of the module of that name, of which only the documentation is there."""
    if importlib.util.find_spec(f"{PLUGINS}.action.{name}") is None:
        return False
    return (
        getattr(importlib.import_module(f"{PLUGINS}.action.{name}").ActionModule, "run", None) is not ModuleAction.run
    )


def _module_output(name: str, options: Result, check: bool, diff: bool) -> str:
    module = importlib.import_module(f"{PLUGINS}.modules.{name}")
    stdout = io.StringIO()
    code: object = "main() returned"
    warned: list[str] = []
    with (
        # In a process that has imported the controller's Ansible, a warning goes to its terminal.
        mock.patch.object(AnsibleModule, "warn", lambda _module, warning, **_more: warned.append(warning)),
        patch_module_args({**options, "_ansible_check_mode": check, "_ansible_diff": diff, **WITH_OPTIONS}),
        contextlib.redirect_stdout(stdout),
    ):
        try:
            module.main()
        except SystemExit as ended:
            code = ended.code
    result = json.loads(stdout.getvalue())
    if code != (1 if result.get("failed") else 0):
        raise AssertionError(f"{name} ended with {code}, its result says failed={result.get('failed')}")
    if "deprecations" in result:
        raise AssertionError(f"{name} uses what Ansible will not have: {result['deprecations']}")
    return json.dumps(result | {"warnings": warned}) if warned else stdout.getvalue()


def _action_output(
    name: str, options: Result, check: bool, delegate_to: str | None = None, connection: str = "local"
) -> str:
    """As Ansible's worker runs an action: a real task and connection, an AnsibleActionFail made a result."""
    task = Task()
    task.action, task.args = f"drdrill.powerstore.{name}", options
    task.check_mode, task.delegate_to = check, delegate_to
    context, loader = PlayContext(), DataLoader()
    kind = importlib.import_module(f"ansible.plugins.connection.{connection}")
    plugin = importlib.import_module(f"{PLUGINS}.action.{name}")
    action = plugin.ActionModule(
        task=task,
        connection=kind.Connection(context),
        play_context=context,
        loader=loader,
        templar=Templar(loader),
        shared_loader_obj=None,
    )
    if isinstance(action, ModuleAction):  # that lets its module work: it is run in this process, as every module is
        action._module_result = lambda args, _variables: json.loads(_module_output(name, args, check, False))
    try:
        result = action.run(task_vars={})
    except AnsibleActionFail as failure:
        result = {**failure.result, "failed": True, "msg": str(failure)}
    _assert_plain(result, name)
    return json.dumps(result)


def _assert_plain(value: t.Any, path: str) -> None:
    """Ansible 2.19 and later refuse in a result what only looks like JSON: a StrEnum for example is not a str."""
    if type(value) not in (dict, list, str, int, float, bool, type(None)):
        raise AssertionError(f"{path} is a {type(value).__name__}: expected a type of JSON")
    for key, entry in value.items() if type(value) is dict else enumerate(value) if type(value) is list else ():
        _assert_plain(entry, f"{path}.{key}")


def older_pythons() -> list[str]:
    """The Pythons of this machine that are too old for a controller, but not for a managed host of ansible-core."""
    folders = [Path("/usr/bin"), *Path("/root").glob(".pyenv/versions/*/bin")]
    found = {folder / name for folder in folders for name in ("python3.8", "python3.9", "python3.10")}
    return sorted(str(path) for path in found if path.exists())
