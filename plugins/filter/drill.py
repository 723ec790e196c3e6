# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What playbooks decide about a drill, as filters. Thin: the decisions are in ``module_utils/_drill``.

They are imported where they are used: for one filter of a collection Ansible loads the files of all, and the playbook
abort has a filter before its first stop.
"""

from __future__ import annotations

import os
import typing as t

from ansible.errors import AnsibleFilterError

from ..module_utils._errors import PowerStoreError

if t.TYPE_CHECKING:
    from ..module_utils._drill.scope import Request
    from ..module_utils._drill.steps import Step

Result = dict[str, t.Any]


def drill_selection(
    sessions: object, filters: object = None, exclusions: object = None, everything: bool = False
) -> Result:
    """The options of ``replication_session_info`` that read what is asked for."""
    return _request(sessions, filters, exclusions, everything).selection()


def drill_scope(
    read: Result,
    sessions: object = None,
    filters: object = None,
    exclusions: object = None,
    everything: bool = False,
    guards: t.Sequence[Result] = (),
) -> Result:
    """The sessions of the drill, out of the result of ``replication_session_info``.

    Each has the findings ``guards``, too.
    """
    from ..module_utils._drill.guards import guarded
    from ..module_utils._drill.nas import selector_of
    from ..module_utils._drill.ownership import is_foreign
    from ..module_utils._drill.scope import chosen, population

    asked = _request(sessions, filters, exclusions, everything)
    array = (read.get("cluster") or {}).get("name") or "this array"
    try:
        found = chosen(asked, read.get("sessions") or [], array)
    except PowerStoreError as error:
        raise AnsibleFilterError(error.message) from error
    everything_read = read.get("population")
    return {
        "population": None if everything_read is None else population(everything_read, asked, found.sessions),
        "wishes": [wish.as_wish() for wish in found.wishes],
        "sessions": guarded(found.sessions, guards),
        "exclusions": [exclusion.as_result() for exclusion in asked.exclusions],
        "filters": {} if asked.wishes else asked.selection(),
        "foreign": [str(session["resource_name"]) for session in found.sessions if is_foreign(session)],
        "own": [selector_of(session) for session in found.sessions if not is_foreign(session)],
    }


def drill_checks(
    steps: Result, names: t.Sequence[str], step_timeout: object = 30, longest: float | None = None
) -> list[Result]:
    """The options of ``drill_check`` for some of the steps, from the lists of all phases.

    ``longest``: seconds that a step may take at most, whatever its own timeout is.
    """
    from ..module_utils._drill.steps import plan_steps

    try:
        found = {step.name: step for step in plan_steps(steps, step_timeout, 600)}
        return [_within(_where_it_was_started(found[name]), longest) for name in names]
    except PowerStoreError as error:
        raise AnsibleFilterError(error.message) from error
    except KeyError as error:
        raise AnsibleFilterError(
            f"The step {error} is not there any more: a variable was changed meanwhile."
        ) from error


def drill_sessions(state: Result, name: str, wave: int = 1) -> t.Any:
    """What a drill decides for each of its sessions, from the state that ``drill_journal`` returned."""
    from ..module_utils._drill.task import of_sessions

    try:
        return of_sessions(state, name, wave)
    except PowerStoreError as error:
        raise AnsibleFilterError(error.message) from error
    except KeyError as error:
        raise AnsibleFilterError(f"A drill decides nothing of the name {error} for its sessions.") from error


def drill_path(path: object) -> str:
    """The absolute path of what is meant from the directory in which Ansible was started.

    Its tasks run in that of the playbook. The environment's PWD says where a shell was, and is that of another process
    where a program starts Ansible elsewhere; the working directory of Ansible's own processes is where it was started.
    """
    try:
        return os.path.realpath(os.path.join(os.getcwd(), os.path.expanduser(str(path))))
    except OSError as error:
        raise AnsibleFilterError(
            f"The path {path} is meant from the directory in which Ansible was started, which cannot be found: "
            f"{error.strerror or error}. Expected one that is there, or an absolute path."
        ) from error


def drill_run(arrays: t.Sequence[str], variables: t.Mapping[str, t.Mapping[str, object]]) -> Result:
    """What became of the drills of all arrays of a run, from their variables (``hostvars``)."""
    from ..module_utils._drill.together import Drilled, together

    names = ("failover_drill_result", "failover_drill_report")
    return together([Drilled.of(str(array), *(variables[array].get(name) for name in names)) for array in arrays])


def _where_it_was_started(step: Step) -> Result:
    """The options of a check. A command of the controller runs in the directory in which Ansible was started.

    Its modules run in that of the playbook, which may be one of an installed collection.
    """
    if step.on or "command" not in step.options:
        return step.options
    return {**step.options, "chdir": drill_path(step.options.get("chdir") or os.curdir)}


def _within(options: Result, longest: float | None) -> Result:
    """The options of a check that ends with the drill's longest duration."""
    return options if longest is None else {**options, "timeout": min(options["timeout"], max(1.0, longest))}


def _request(sessions: object, filters: object, exclusions: object, everything: bool) -> Request:
    from ..module_utils._drill.scope import request

    try:
        return request(sessions, filters, exclusions, everything=everything)
    except PowerStoreError as error:
        raise AnsibleFilterError(f"{error.message} Nothing was asked of the array.") from error


class FilterModule:
    """Ansible's entry to this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {
            "drill_selection": drill_selection,
            "drill_scope": drill_scope,
            "drill_checks": drill_checks,
            "drill_sessions": drill_sessions,
            "drill_path": drill_path,
            "drill_run": drill_run,
        }
