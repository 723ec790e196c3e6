# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What playbooks ask of the command line, as filters. Thin: the decisions are in ``plugin_utils/_command_line``."""

from __future__ import annotations

import gc
import typing as t

from ansible.errors import AnsibleFilterError

from ..plugin_utils._command_line import Groups, command, hosts_of, why_not_run
from ..plugin_utils._lost_worker import watch

Pattern = t.TypeVar("Pattern")


def drill_arrays(pattern: Pattern, groups: Groups, limit: str | None = None) -> Pattern:
    """The pattern of a play, unchanged. An error where the play would visit no host or leave out tasks."""
    if problem := why_not_run(pattern, groups, limit or None):
        raise AnsibleFilterError(problem)
    # Ansible forks for each task. What is there by now stays, so neither it nor its forks have to look through it again
    # for garbage, which copies its memory.
    gc.freeze()
    return pattern


def drill_strategy(pattern: object, groups: Groups, limit: str | None = None, several: str = "host_pinned") -> str:
    """The strategy of a play: ``several`` where it visits more than one array, so that none waits for another.

    For one array it is linear, the only one of Ansible's that notices when a worker was killed (by the kernel, for its
    memory). With several, that is noticed here, and the play ends all the same.
    """
    if len(hosts_of(pattern, groups, limit or None)) < 2:
        return "ansible.builtin.linear"
    watch(command("stop_tests", limit or None, {"stop_tests_policy": "stop"}, None))
    return f"ansible.builtin.{several}"


def drill_command(
    playbook: str,
    limit: str | None = None,
    variables: t.Mapping[str, object] | None = None,
    template: str | None = None,
) -> str:
    """How to run a playbook of this collection on the same inventory."""
    return command(playbook, limit or None, variables or {}, template or None)


class FilterModule:
    """Ansible's entry to this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"drill_arrays": drill_arrays, "drill_strategy": drill_strategy, "drill_command": drill_command}
