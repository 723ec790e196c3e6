# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mappings to frozen dataclasses, strictly: an unknown key or a wrong type is an error that names the key."""

from __future__ import annotations

import dataclasses
import functools
import re
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

T = TypeVar("T")
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_SIZES = {"MiB": 2**20, "GiB": 2**30, "TiB": 2**40}


class ScenarioError(ValueError):
    """The scenario is wrong; the text says where."""


def duration(value: object, where: str) -> float:
    """Seconds: a number, or '90s', '30m', '2h', '3d'."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smhd])", value) if isinstance(value, str) else None
    if match is None:
        raise ScenarioError(f"{where}: {value!r} is not a duration (a number of seconds, or 90s, 30m, 2h, 3d)")
    return float(match[1]) * _UNITS[match[2]]


def size(value: object, where: str) -> int:
    """Bytes: a number, or '100 GiB'."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    match = re.fullmatch(r"(\d+)\s*(MiB|GiB|TiB)", value) if isinstance(value, str) else None
    if match is None:
        raise ScenarioError(f"{where}: {value!r} is not a size (bytes, or 100 GiB)")
    return int(match[1]) * _SIZES[match[2]]


def mapping(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ScenarioError(f"{where}: a mapping is expected, not {value!r}")
    return value


def sequence(value: object, where: str) -> Sequence[Any]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise ScenarioError(f"{where}: a list is expected, not {value!r}")
    return value


def _fits(value: object, hint: Any) -> bool:
    if hint is Any or hint is object:
        return True
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        return any(_fits(value, each) for each in typing.get_args(hint))
    if origin is tuple:
        return isinstance(value, list | tuple) and all(_fits(each, typing.get_args(hint)[0]) for each in value)
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, origin or hint)


@functools.cache
def _hints(cls: type) -> dict[str, Any]:
    return typing.get_type_hints(typing.cast(Any, cls))


def read(
    cls: type[T],
    value: object,
    where: str,
    convert: Mapping[str, Callable[[object, str], object]] | None = None,
) -> T:
    """Build the dataclass from a mapping; convert has a function for the keys that are not taken as they are."""
    given = mapping(value, where)
    hints = _hints(typing.cast(Any, cls))
    fields = {field.name: field for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
    unknown = [str(key) for key in given if key not in fields]
    if unknown:
        raise ScenarioError(f"{where}: unknown key {', '.join(unknown)} (known: {', '.join(sorted(fields))})")
    taken: dict[str, object] = {}
    for name, item in given.items():
        inner = f"{where}.{name}"
        converted = convert[name](item, inner) if convert and name in convert else item
        if not _fits(converted, hints[name]):
            raise ScenarioError(f"{inner}: {item!r} is not a valid value")
        taken[name] = tuple(converted) if isinstance(converted, list) else converted
    required = dataclasses.MISSING
    missing = [
        name
        for name, field in fields.items()
        if name not in taken and field.default is required and field.default_factory is required
    ]
    if missing:
        raise ScenarioError(f"{where}: {', '.join(missing)} is missing")
    return cls(**taken)
