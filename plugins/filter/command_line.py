# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What playbooks ask of the command line, as filters. Thin: the decisions are in ``plugin_utils/_command_line``."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ..plugin_utils._command_line import Groups, command, why_not_run

Pattern = t.TypeVar("Pattern")


def drill_arrays(pattern: Pattern, groups: Groups, limit: str | None = None) -> Pattern:
    """The pattern of a play, unchanged. An error where the play would visit no host or leave out tasks."""
    if problem := why_not_run(pattern, groups, limit or None):
        raise AnsibleFilterError(problem)
    return pattern


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
        return {"drill_arrays": drill_arrays, "drill_command": drill_command}
