# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mappings to msgspec's structs, strictly. An error names the key, what was expected there and what was found."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from msgspec import inspect

T = TypeVar("T")
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_SIZES = {"MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_PATH = re.compile(r"(?P<problem>.*) - at `(?:key in )?\$(?P<path>.*)`", re.DOTALL)
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<key>.*)`", re.DOTALL)
_STEP = re.compile(r"\.(\w+)|\[(\d+|\.\.\.)\]")


class ScenarioError(ValueError):
    """The scenario is wrong; the text says where."""


class Duration(float):
    """Seconds: a number, or '90s', '30m', '2h', '3d'."""


class Size(int):
    """Bytes: a number, or '100 GiB'."""


class Release(str):
    """A release; YAML takes 4.1 for a number."""

    __slots__ = ()


def _made(kind: type, value: object) -> object:
    """What msgspec does not know. Raises ValueError, to which msgspec adds the place."""
    if kind is Release and isinstance(value, str | float | int):
        return Release(value)
    number = None if isinstance(value, bool) else value
    if kind is Duration:
        if isinstance(number, int | float):
            return Duration(number)
        if isinstance(value, str) and (match := re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smhd])", value)):
            return Duration(float(match[1]) * _UNITS[match[2]])
        raise ValueError("Expected a duration: a number of seconds, or 90s, 30m, 2h, 3d")
    if kind is Size:
        if isinstance(number, int):
            return Size(number)
        if isinstance(value, str) and (match := re.fullmatch(r"(\d+)\s*(MiB|GiB|TiB)", value)):
            return Size(int(match[1]) * _SIZES[match[2]])
        raise ValueError("Expected a size: bytes, or 100 GiB")
    raise ValueError(f"Expected {kind.__name__.lower()}")


def read(kind: type[T], value: object, where: str) -> T:
    """The value as that type; where is the place that an error names."""
    try:
        return msgspec.convert(value, kind, dec_hook=_made)
    except msgspec.ValidationError as error:
        raise ScenarioError(_explain(str(error), kind, value, where)) from error


def _explain(text: str, kind: Any, value: object, where: str) -> str:
    """msgspec's complaint with what it leaves out: the value, the keys and words that are known, a mapping's key."""
    match = _PATH.fullmatch(text)
    problem, path = (match["problem"], match["path"]) if match else (text, "")
    expected, found = inspect.type_info(kind), value
    steps: list[str | int] = []
    for name, index in _STEP.findall(path):
        expected = _inside(expected, name)
        step = _wrong_key(kind, value, steps) if index == "..." else (name or int(index))
        found = _item(found, step)
        steps.append(step)
    where += "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    if unknown := _UNKNOWN.fullmatch(problem):
        return f"{where}: unknown key {unknown['key']} (known: {', '.join(sorted(_known(expected)))})"
    if "required field" in problem:
        return f"{where}: {problem}"
    if words := _words(expected):
        problem = f"Expected one of {', '.join(words)}"
    return f"{where}: {problem}, found {found!r}"


def _wrong_key(kind: Any, value: object, steps: list[str | int]) -> str:
    """The key that msgspec writes as [...]: the first whose entry alone is wrong, too."""
    mapping = value
    for step in steps:
        mapping = _item(mapping, step)
    for key, item in mapping.items() if isinstance(mapping, Mapping) else ():
        try:
            msgspec.convert(_with(value, steps, {key: item}), kind, dec_hook=_made)
        except msgspec.ValidationError:
            return str(key)
    return "..."


def _with(value: object, steps: list[str | int], new: object) -> object:
    """A copy in which something else is at the place."""
    if not steps:
        return new
    inner = _with(_item(value, steps[0]), steps[1:], new)
    if isinstance(value, Mapping):
        return {**value, str(steps[0]): inner}
    items = value if isinstance(value, list | tuple) else ()
    return [inner if number == steps[0] else item for number, item in enumerate(items)]


def _branches(kind: inspect.Type) -> tuple[inspect.Type, ...]:
    return kind.types if isinstance(kind, inspect.UnionType) else (kind,)


def _inside(kind: inspect.Type, name: str) -> inspect.Type:
    """The type of a field, or of the items of a list or mapping."""
    for branch in _branches(kind):
        if name and isinstance(branch, inspect.StructType):
            return next((field.type for field in branch.fields if field.name == name), inspect.AnyType())
        if not name and isinstance(branch, inspect.VarTupleType | inspect.ListType):
            return branch.item_type
        if not name and isinstance(branch, inspect.DictType):
            return branch.value_type
    return inspect.AnyType()


def _item(value: object, step: str | int) -> object:
    if isinstance(value, Mapping):
        return value.get(step)
    return value[step] if isinstance(value, list | tuple) and isinstance(step, int) else None


def _known(kind: inspect.Type) -> list[str]:
    return [
        field.name for branch in _branches(kind) if isinstance(branch, inspect.StructType) for field in branch.fields
    ]


def _words(kind: inspect.Type) -> list[str]:
    """The words of a Literal."""
    return [
        str(word) for branch in _branches(kind) if isinstance(branch, inspect.LiteralType) for word in branch.values
    ]
