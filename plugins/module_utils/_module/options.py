# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options that modules share, each group together with the constraints that go with it."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

from ansible.module_utils.basic import env_fallback
from ansible.module_utils.errors import AnsibleFallbackNotFound

from .._errors import InvalidInputError
from .._operation.limits import Limits
from .._words import NAS_SERVER, RESOURCE_ID, SELECTORS

Options = dict[str, dict[str, t.Any]]
Names = tuple[str, ...]


@dataclass(frozen=True)
class ArgumentSpec:
    """Options with their constraints; two of them can be merged into one."""

    options: Options
    mutually_exclusive: tuple[Names, ...] = ()
    required_one_of: tuple[Names, ...] = ()
    required_if: tuple[tuple[t.Any, ...], ...] = ()
    required_by: dict[str, str] = field(default_factory=dict)

    def merged_with(self, other: ArgumentSpec) -> ArgumentSpec:
        """Both: all options, all constraints."""
        return ArgumentSpec(
            options={**self.options, **other.options},
            mutually_exclusive=self.mutually_exclusive + other.mutually_exclusive,
            required_one_of=self.required_one_of + other.required_one_of,
            required_if=self.required_if + other.required_if,
            required_by={**self.required_by, **other.required_by},
        )

    def module_arguments(self) -> dict[str, t.Any]:
        """The keyword arguments of AnsibleModule."""
        return {
            "argument_spec": self.options,
            "mutually_exclusive": self.mutually_exclusive,
            "required_one_of": self.required_one_of,
            "required_if": self.required_if,
            "required_by": self.required_by,
            "supports_check_mode": True,
        }


def set_in_environment(name: str) -> str:
    """The value of an environment variable; an empty one counts as not set."""
    value: str = env_fallback(name)
    if not value:
        raise AnsibleFallbackNotFound
    return value


def _from_environment(name: str) -> tuple[t.Any, list[str]]:
    return set_in_environment, [f"POWERSTORE_{name}"]


CONNECTION = ArgumentSpec(
    {
        "host": {
            "type": "str",
            "required": True,
            "aliases": ["array_ip"],
            "fallback": _from_environment("HOST"),
        },
        "port": {"type": "int", "default": 443, "fallback": _from_environment("PORT")},
        "username": {
            "type": "str",
            "required": True,
            "aliases": ["user"],
            "fallback": _from_environment("USERNAME"),
        },
        "password": {"type": "str", "required": True, "no_log": True, "fallback": _from_environment("PASSWORD")},
        "validate_certs": {
            "type": "bool",
            "default": True,
            "aliases": ["verifycert"],
            "fallback": _from_environment("VALIDATE_CERTS"),
        },
        "ca_path": {"type": "path", "fallback": _from_environment("CA_PATH")},
        "timeout": {"type": "int", "default": 60, "fallback": _from_environment("TIMEOUT")},
    }
)


# What an entry of a list of sessions says of the DR test of a NAS server, beside its name.
OF_NAS_SERVER: t.Final[Options] = {
    "interface": {
        "type": "dict",
        "options": {
            "ip_address": {"type": "str", "required": True},
            "prefix_length": {"type": "int", "required": True},
            "gateway": {"type": "str"},
            "vlan_id": {"type": "int"},
            "ip_port_id": {"type": "str"},
        },
    },
    "file_systems": {"type": "list", "elements": "str"},
    "isolated": {"type": "bool"},
}
# And what a stop says: the clone that it is to delete, and no other.
CLONE_ID: t.Final[Options] = {"clone_id": {"type": "str"}}


def selection(*, required: bool, each: Options | None = None, nas: bool = False) -> ArgumentSpec:
    """The options that name replication sessions: one of them, or a list.

    ``each``: what an entry of the list may say besides its name and its snapshot. ``nas``: whether an entry may name a
    NAS server, with what its DR test needs.
    """
    one: Options = {name: {"type": "str"} for name in SELECTORS}
    names: Names = (*SELECTORS, NAS_SERVER) if nas else SELECTORS
    own: Options = {NAS_SERVER: {"type": "str"}, **OF_NAS_SERVER} if nas else {}
    several: Options = {
        "sessions": {
            "type": "list",
            "elements": "dict",
            "options": {**one, **own, "snapshot": {"type": "str"}, **(each or {})},
            "mutually_exclusive": [names],
            "required_one_of": [names],
        }
    }
    alternatives = (*SELECTORS, "sessions")
    return ArgumentSpec(
        {**one, **several},
        mutually_exclusive=(alternatives,),
        required_one_of=(alternatives,) if required else (),
    )


TESTED_SELECTION = selection(
    required=True,
    nas=True,
    each={"create_end_of_test_snapshot": {"type": "bool"}, "started_by_job": {"type": "str"}, **CLONE_ID},
)

_BY_RESOURCE: Names = (*SELECTORS, RESOURCE_ID)

# The sessions at their source: there a resource is known by its id, as the destination shows it, too.
SOURCE_SELECTION = ArgumentSpec(
    {
        "sessions": {
            "type": "list",
            "elements": "dict",
            "options": {name: {"type": "str"} for name in _BY_RESOURCE},
            "mutually_exclusive": [_BY_RESOURCE],
            "required_one_of": [_BY_RESOURCE],
        },
        "resource_ids": {"type": "list", "elements": "str"},
    },
    mutually_exclusive=(("sessions", "resource_ids"),),
    required_one_of=(("sessions", "resource_ids"),),
)


# What the options that bound a task's work may be, wherever a module has them: lowest, highest, unit.
BOUNDS: t.Final[t.Mapping[str, tuple[float, float, str]]] = {
    "max_parallel": (1, 256, "operations under way at once"),
    "wait_timeout": (1, 86400, "seconds"),
    "poll_interval": (0.05, 60, "seconds"),
    "settle_time": (0, 3600, "seconds"),
    "attempts": (1, 100, "stops of one session"),
    "attempt_delay": (0, 3600, "seconds"),
}


def check_bounds(params: t.Mapping[str, t.Any]) -> None:
    """Raises InvalidInputError for the first of these options, of those that the module has, that is out of bounds."""
    for name, (lowest, highest, unit) in BOUNDS.items():
        if name in params and not lowest <= params[name] <= highest:
            raise InvalidInputError(f"{name} is {params[name]}: expected {lowest:g} to {highest:g} ({unit}).")


def limits_from_params(params: t.Mapping[str, t.Any]) -> Limits:
    """How much at once and for how long. Raises InvalidInputError as `check_bounds` does."""
    check_bounds(params)
    return Limits(params["max_parallel"], params["wait_timeout"], params["poll_interval"])
