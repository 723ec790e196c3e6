# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What in the tasks file of a step would end a drill past its stop, found before the start by Ansible's own parser.

A file that Ansible cannot load while tests run (a misspelt module, a YAML error) ends the whole run on the spot, past
every rescue and always; so does ``meta: end_play``. Files and roles that it includes are followed as far as their names
are known now; one that does not exist is left to the step, which fails by it.
"""

from __future__ import annotations

import os
import typing as t
from collections.abc import Iterator

from ansible.errors import AnsibleError, AnsibleParserError
from ansible.playbook.block import Block
from ansible.playbook.helpers import load_list_of_blocks
from ansible.playbook.role_include import IncludeRole
from ansible.playbook.task_include import TaskInclude
from ansible.template import Templar

ROLE = "drdrill.powerstore.failover_drill"
READY_MADE = "linux/"  # the parts of the role that are made for tasks files
_ENDS = ("end_play", "end_host", "end_batch", "end_role")
Variables = t.Mapping[str, t.Any]


class _Known:
    """Stands in for Ansible's variable manager, which a worker does not have: the variables of the running task."""

    def __init__(self, variables: Variables) -> None:
        self._variables = variables

    def get_vars(self, **_context: object) -> Variables:
        return self._variables


class TasksFiles:
    """Looks into tasks files as a task of the role would include them."""

    def __init__(self, task: t.Any, loader: t.Any, variables: Variables) -> None:
        self._task, self._loader, self._variables = task, loader, variables
        self._seen: set[str] = set()

    def problem(self, path: str) -> str | None:
        """Why the file is refused, in words that follow its name; None where nothing is known against it."""
        self._seen = set()
        if not os.path.isfile(path):
            return "expected a file on the controller, found none."
        try:
            include = TaskInclude.load(
                {"ansible.builtin.include_tasks": path},
                block=self._task._parent,
                role=self._task._role,
                variable_manager=_Known(self._variables),
                loader=self._loader,
            )
            return next(self._of_file(path, include), None)
        except AnsibleParserError as error:
            return f"Ansible cannot load it: {_in_one_line(error)}"
        except AnsibleError as error:
            return f"it cannot be read: {_in_one_line(error)}"

    def _of_file(self, path: str, include: t.Any) -> Iterator[str]:
        """``include`` is the task that includes the file."""
        if path in self._seen:
            return
        self._seen.add(path)
        data = self._loader.load_from_file(path, trusted_as_template=True)
        if data is None:
            return
        if not isinstance(data, list):
            raise AnsibleParserError(f"{path}: expected a list of tasks")
        blocks = load_list_of_blocks(
            data,
            play=self._task.get_play(),
            parent_block=include.build_parent_block(),
            role=include._role,
            variable_manager=_Known(self._variables),
            loader=self._loader,
        )
        for block in blocks:
            yield from self._of_item(block, os.path.dirname(path))

    def _of_item(self, item: t.Any, folder: str) -> Iterator[str]:
        if isinstance(item, Block):
            for each in (*item.block, *item.rescue, *item.always):
                yield from self._of_item(each, folder)
            return
        own = self._own_part(item)
        if own:
            yield own
        elif isinstance(item, IncludeRole):
            yield from self._of_role(item)
        elif isinstance(item, TaskInclude):
            yield from self._of_include(item, folder)
        elif item.action in ("meta", "ansible.builtin.meta", "ansible.legacy.meta"):
            yield from self._of_meta(item)

    def _of_include(self, item: t.Any, folder: str) -> Iterator[str]:
        for name, variables in self._names(item, item.args.get("_raw_params")):
            found = self._find(item, folder, name)
            if found and self._is_of_the_role(found):
                yield f"it includes {name}, which leads to {found}, a part of the running drill itself."
            elif found:
                yield from self._with(variables)._of_file(found, item)

    def _of_meta(self, item: t.Any) -> Iterator[str]:
        word = str(item.args.get("_raw_params"))
        # A role of the user ends by itself; the role that includes his file is the drill.
        if word in _ENDS and not (word == "end_role" and item._role is not self._task._role):
            yield f"meta: {word} in it would end the play past the stop of the failover tests."

    def _of_role(self, item: t.Any) -> Iterator[str]:
        for name, variables in self._names(item, item._role_name):
            part = str(item._from_files.get("tasks", "main"))
            if _is_own(name, part):
                yield f"it includes the role {name} ({part}), which is running."
                continue
            role = item.copy()
            role._role_name = name
            try:
                blocks, _handlers = role.get_block_list(
                    play=self._task.get_play(), variable_manager=_Known(variables), loader=self._loader
                )
            except AnsibleParserError:
                raise
            except AnsibleError:  # no such role, or not yet: the step fails by it
                continue
            for block in blocks:
                yield from self._with(variables)._of_item(block, "")

    def _own_part(self, item: t.Any) -> str | None:
        """Refuses a task that came by ``import_role`` out of another part of this role."""
        role = item._role
        if role is None or role is self._task._role or self._task._role is None:
            return None
        part = str(role._from_files.get("tasks", "main"))
        if role._role_path == self._task._role._role_path and not part.startswith(READY_MADE):
            return f"it includes the role {ROLE} ({part}), which is running."
        return None

    def _names(self, item: t.Any, name: object) -> Iterator[tuple[str, Variables]]:
        """What an include names, once for each item of its loop, as far as that is known now."""
        for variables in self._rounds(item):
            try:
                found = Templar(self._loader, variables=dict(variables)).template(name)
            except AnsibleError:
                continue
            if isinstance(found, str) and found:
                yield str(found), variables

    def _rounds(self, item: t.Any) -> list[Variables]:
        known = {**self._variables, **item.get_vars()}
        if item.loop is None:
            return [known]
        try:
            loop = Templar(self._loader, variables=known).template(item.loop)
        except AnsibleError:
            return []
        name = item.loop_control.loop_var if item.loop_control else "item"
        return [{**known, str(name): each} for each in loop] if isinstance(loop, list) else []

    def _find(self, item: t.Any, folder: str, name: str) -> str | None:
        """The file that Ansible would take: of the task's role first, then beside the file that includes it."""
        base = self._loader.get_basedir()
        places = [item._role._role_path if item._role else "", folder]
        candidates = [
            *(self._loader.path_dwim_relative(place, "tasks", name, is_role=True) for place in places if place),
            self._loader.path_dwim_relative(base, folder, name),
        ]
        return next((path for path in candidates if os.path.isfile(path)), None)

    def _is_of_the_role(self, path: str) -> bool:
        role = self._task._role
        folder = os.path.join(os.path.realpath(role._role_path), "tasks") if role else None
        inside = folder is not None and os.path.realpath(path).startswith(folder + os.sep)
        return inside and not os.path.realpath(path).startswith(os.path.join(str(folder), READY_MADE))

    def _with(self, variables: Variables) -> TasksFiles:
        found = TasksFiles(self._task, self._loader, variables)
        found._seen = self._seen
        return found


def _is_own(name: str, part: str) -> bool:
    return name in (ROLE, ROLE.rpartition(".")[2]) and not part.startswith(READY_MADE)


def _in_one_line(error: AnsibleError) -> str:
    return " ".join(str(error).split())
