# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An action that runs a module in a fork of Ansible's worker where that is the same, and sends it elsewhere.

What it saves is the start of Python, the imports and the zip: nearly all that a task with a module costs. The module's
own main() runs with the arguments that Ansible hands to every module, so options, defaults, check mode, diff, no_log
and results are those of the module.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import time
import typing as t
from abc import abstractmethod
from collections.abc import Mapping

from ansible import constants
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.module_utils import _internal, basic
from ansible.module_utils.common.json import Direction, get_module_encoder
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..module_utils._errors import PowerStoreError
from ..module_utils._json import Json
from ..module_utils._module.progress import FILE
from ..module_utils._operation.batch import OnProgress
from . import _fork, _hand_over
from ._progress import Progress, is_wanted
from ._tail import Tail

display = Display()
# What Python and its libraries read only once, when they start.
_READ_AT_THE_START: t.Final = ("PYTHON", "LD_", "DYLD_", "LC_", "LANG", "OPENSSL", "MALLOC_", "GLIBC_")
# Variables of the role's own tasks: the result goes to the next task in a file; the module runs beside the drill.
_HANDS_OVER: t.Final = "__failover_drill_hands_over"
_BESIDE: t.Final = "__failover_drill_runs_beside"
_LEFT_AT: t.Final = "__failover_drill_left_at"  # where it left its result
# {name, wave} of what the drill decides for the options. As values of options, Ansible would look into each session.
_DECIDED: t.Final = "__failover_drill_decides"
_DRILL: t.Final = "__failover_drill"  # what the last task of the drill returned
_PROFILE: t.Final = "legacy"  # how Ansible writes arguments and results of modules that don't say otherwise


class ModuleAction(ActionBase):
    """The action of one module. It has no options of its own."""

    _supports_check_mode = True
    _supports_async = True

    @abstractmethod
    def main(self, tell: OnProgress) -> None:
        """The module's main(), with what takes its progress where it has one."""

    def progress_word(self, args: Json) -> str | None:
        """What the module does to one session after the other (``started``); None: it shows no progress."""
        del args
        return None

    def is_to_end(self, args: Json) -> bool:
        """Whether what was begun goes on where Ansible is interrupted: a stop that was sent has to be followed."""
        del args
        return False

    def run(self, tmp: str | None = None, task_vars: Json | None = None) -> Json:
        """The module's result."""
        result: Json = super().run(tmp, task_vars)
        variables = task_vars or {}
        result.update(self._left(variables) or self._module_result(self._arguments(variables), variables))
        if variables.get(_HANDS_OVER) is True:
            return _hand_over.handed_over(result, diff=bool(self._task.diff))
        return result

    def _left(self, variables: Json) -> Json | None:
        """What this module left where it ran beside the drill; None where it did not, or has to be run again.

        An array that refused the credentials is not asked again.
        """
        left = self._templar.template(variables[_LEFT_AT]) if _LEFT_AT in variables else None
        if left is None:
            return None
        found = _hand_over.awaited(str(left["path"]), float(left["until"]) - time.monotonic())
        refused = (found.get("failure") or {}).get("kind") == "authentication"
        return found if refused or (found.get("sessions") is not None and not found.get("failed")) else None

    def _arguments(self, variables: Json) -> Json:
        """Those of the module, with what the drill decides. Raises AnsibleActionFail where its state is lost."""
        args = self.module_arguments()
        if _DECIDED not in variables:
            return args
        from ..module_utils._drill.task import options_of  # of the drill's tasks alone

        asked = self._templar.template(variables[_DECIDED])
        try:
            return {**args, **options_of(variables[_DRILL]["state"], asked["name"], asked["wave"])}
        except PowerStoreError as error:
            raise AnsibleActionFail(error.message) from error
        except KeyError as error:
            raise AnsibleActionFail(
                f"What the drill has decided is lost ({error}), so its sessions are not known."
            ) from error

    def module_arguments(self) -> Json:
        """The arguments of the module: those of the task, where an action does not make others of them."""
        return t.cast(Json, self._task.args)

    def _module_result(self, args: Json, variables: Json) -> Json:
        """What the module returns for these arguments, here or where it has to be sent."""
        environment = self._environment()
        if self._is_the_same_here(variables, environment):
            beside = self._templar.template(variables[_BESIDE]) if _BESIDE in variables else None
            return self._run_here(dict(args), variables, environment, None if beside is None else float(beside))
        wrap_async = bool(self._task.async_val)
        with self._listening(args, variables, environment):
            result: Json = self._execute_module(module_args=args, task_vars=variables, wrap_async=wrap_async)
        if not wrap_async:
            self._remove_tmp_path(self._connection._shell.tmpdir)
        return result

    @contextlib.contextmanager
    def _listening(self, args: Json, variables: Json, environment: Mapping[str, str]) -> t.Iterator[None]:
        """A module that is sent on this computer says in a file how far it is."""
        is_quiet = self.progress_word(args) is None or not is_wanted(environment)
        if is_quiet or self._connection.transport != "local" or self._task.async_val:
            yield
            return
        given = self._task.environment
        with Tail(self._progress(self._host(variables), args, environment)) as tail:
            try:
                self._task.environment = [*(given if isinstance(given, list) else [given]), {FILE: tail.path}]
                yield
            finally:
                self._task.environment = given

    def _host(self, variables: Json) -> str:
        return str(variables.get("inventory_hostname", self._play_context.remote_addr))

    def _environment(self) -> dict[str, str]:
        """Of the task's keyword `environment` and those around it."""
        environment: Json = {}
        self._compute_environment_string(environment)
        return {str(name): str(value) for name, value in environment.items()}

    def _is_the_same_here(self, variables: Json, environment: Mapping[str, str]) -> bool:
        """Whether a module that is sent would run as this user, with this Python, on this computer."""
        return (
            self._connection.transport == "local"
            and self._connection.become is None
            and not self._task.async_val
            and not constants.DEFAULT_KEEP_REMOTE_FILES
            and not any(name.startswith(_READ_AT_THE_START) for name in environment)
            and not self._connection._shell.env
            and threading.active_count() == 1  # a lock that another thread holds would never be released in the fork
            and self._is_this_python(variables)
        )

    def _is_this_python(self, variables: Json) -> bool:
        """Whether the host's interpreter is the one that runs Ansible. One that is to be discovered is not known."""
        host = self._task.delegate_to
        known = variables.get("ansible_delegated_vars", {}).get(host, {}) if host else variables
        try:
            wanted = constants.config.get_config_value("INTERPRETER_PYTHON", variables=known)
            python = str(self._templar.template(wanted))
        except AnsibleError:  # the module's own way says what is wrong
            return False
        return os.path.normpath(python) == os.path.normpath(sys.executable)

    def _run_here(
        self, args: Json, variables: Json, environment: Mapping[str, str], beside: float | None = None
    ) -> Json:
        """The module's result. ``beside``: it is left running, and has that many seconds until it is awaited."""
        self._update_module_args(self._task.action, args, variables)
        encoder = get_module_encoder(_PROFILE, Direction.CONTROLLER_TO_MODULE)
        given = json.dumps({"ANSIBLE_MODULE_ARGS": args}, cls=encoder).encode()
        host = self._host(variables)
        display.vvv(f"Running {self._task.action} in a fork of Ansible's worker", host=host)

        def main(tell: OnProgress) -> None:
            # As in a module's process. Ansible's own start of a module sets the arguments in the same way.
            _internal.is_controller = False
            basic._ANSIBLE_ARGS, basic._ANSIBLE_PROFILE = given, _PROFILE
            self.main(tell)

        work = _fork.Work(main, self._loader.get_basedir(), environment, self.is_to_end(args))
        if beside is not None:
            path = _hand_over.new_path()
            _fork.leave(work, path)
            return {"changed": False, "beside": {"path": path, "seconds": beside}}
        ended = _fork.run(work, self._progress(host, args, environment))
        parsed = self._parse_returned_data(
            {"stdout": ended.stdout, "stderr": ended.stderr, "rc": ended.code, "stdout_lines": [], "stderr_lines": []},
            _PROFILE,
        )
        # From ansible-core 2.21 on it is an object of Ansible's own.
        return t.cast(Json, parsed if isinstance(parsed, dict) else parsed.as_result_dict(for_round_trip=True))

    def _progress(self, host: str, args: Json, environment: Mapping[str, str]) -> OnProgress:
        word = self.progress_word(args)
        if word is None or not is_wanted(environment):
            return lambda done, failed, under_way, total: None
        # On stderr, as Ansible's own warnings: what a program reads of Ansible's output stays as it is.
        return Progress(host, word, lambda text: display.display(text, stderr=True))
