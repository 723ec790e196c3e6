# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The arguments of an action plugin, made plain and checked as Ansible checks those of a module."""

from __future__ import annotations

import copy
import typing as t
from collections.abc import Mapping

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from .._json import Json

# What the file in plugins/modules says where something runs it past Ansible's own way of finding an action.
NOT_A_MODULE: t.Final = (
    "{0} is an action: it works on the controller, and its file among the modules only documents it. Call it as a task "
    "of a play by its full name, {0}, or with `ansible localhost -m {0}`; it cannot be run from its file."
)
_EXACT = (str, int, float, bool, type(None))


def checked_arguments(given: t.Mapping[str, t.Any], spec: t.Mapping[str, Json]) -> tuple[Json, str]:
    """The arguments with types and defaults of the spec, and what is wrong with them, empty where nothing is.

    The validator copies all that it is given. What the spec does not describe inside may be the results of 2,000
    sessions: it gets empty stand-ins of the same types, and those values come back as they are.
    """
    arguments = {str(name): plain(value) for name, value in given.items()}
    kept = {name: value for name, value in arguments.items() if _is_opaque(value, spec.get(name, {}))}
    stand_ins: Json = {name: [{}] * len(value) if isinstance(value, list) else {} for name, value in kept.items()}
    # The validator fills in the defaults of an option into its own default, where that is an empty dictionary.
    checked = ArgumentSpecValidator(copy.deepcopy(spec)).validate({**arguments, **stand_ins})
    return {**checked.validated_parameters, **kept}, "; ".join(checked.error_messages)


def _is_opaque(value: t.Any, option: Json) -> bool:
    """Whether a value has the type of its option, if the spec says no more than that."""
    if "options" in option:
        return False
    if option.get("type") == "dict":
        return isinstance(value, dict)
    of_dicts = option.get("type") == "list" and option.get("elements") == "dict"
    return of_dicts and isinstance(value, list) and all(isinstance(entry, dict) for entry in value)


def plain(value: t.Any) -> t.Any:
    """The same in the types of JSON. Ansible 2.19 and later hand in subclasses of them: tagged texts, lazy containers.

    What JSON has no type for, a date of YAML for example, becomes a text, as it does on its way to a module.
    """
    if type(value) in _EXACT:
        return value
    if isinstance(value, Mapping):
        return {str(name): plain(entry) for name, entry in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(entry) for entry in value]
    for kind in (int, float):
        if isinstance(value, kind):
            return kind(value)
    return str(value)
