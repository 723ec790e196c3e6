# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The grammar of `select`, `order` and filters, as far as OpenAPI cannot say it.

Parsing knows nothing of resources; checker.py looks up the names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# `like` works on some releases (the array's query layer resembles PostgREST), but Dell does not document it.
_CONDITION = re.compile(r"(?:not\.)?(?P<operator>[a-z]+)\.(?P<value>.*)", re.DOTALL)
_VALUE = {
    "eq": r".*",
    "neq": r".*",
    "gt": r".+",
    "gte": r".+",
    "lt": r".+",
    "lte": r".+",
    "ilike": r".+",
    "in": r"\(.+\)",
    "is": r"null|true|false",
    "cs": r"\{.*\}",
    "cd": r"\{.*\}",
}
_GROUP = re.compile(r"(?:not\.)?(?:and|or)(?P<inner>\(.*\))", re.DOTALL)
_KEY = re.compile(r"(?P<name>\w+)(?P<path>(?:->\w+)*(?:->>\w+)?)")
_SELECTED = re.compile(r"(?P<name>\*|\w+)(?P<inner>\(.*\))?", re.DOTALL)
_ORDERED = re.compile(r"(?P<name>\w+)(?:\.(?:asc|desc))?")


class QueryError(ValueError):
    """The text is not in the array's grammar; the message says where."""


@dataclass(frozen=True)
class Selected:
    """One entry of a select. inner: what is selected of the resource that it refers to, None without parentheses."""

    name: str
    inner: tuple[Selected, ...] | None = None


@dataclass(frozen=True)
class Filter:
    """One condition. path: the steps into an embedded object. values: what is compared with (the list of an `in`)."""

    name: str
    path: tuple[str, ...]
    operator: str
    values: tuple[str, ...]


def split(text: str) -> list[str]:
    """Split at the commas outside of parentheses, braces and double quotes."""
    parts, depth, quoted = [""], 0, False
    for character in text:
        quoted ^= character == '"'
        depth += 0 if quoted else (character in "({") - (character in ")}")
        if character == "," and depth == 0 and not quoted:
            parts.append("")
        else:
            parts[-1] += character
    if depth or quoted:
        raise QueryError(f"{text!r}: not closed")
    return parts


def parse_select(text: str) -> tuple[Selected, ...]:
    return tuple(_parse_selected(part) for part in split(text))


def _parse_selected(part: str) -> Selected:
    match = _SELECTED.fullmatch(part)
    if match is None:
        raise QueryError(f"select: {part!r} is not an attribute")
    inner = match["inner"]
    return Selected(match["name"], parse_select(inner[1:-1]) if inner is not None else None)


def parse_order(text: str) -> Iterator[str]:
    """The attributes that are sorted by."""
    for part in split(text):
        match = _ORDERED.fullmatch(part)
        if match is None:
            raise QueryError(f"order: {part!r} is not an attribute with .asc or .desc")
        yield match["name"]


def parse_filter(key: str, value: str) -> Iterator[Filter]:
    """The conditions of one query parameter, of which `and` and `or` hold several."""
    if key in ("and", "or"):
        yield from _parse_group(value)
        return
    name, condition = _KEY.fullmatch(key), _CONDITION.fullmatch(value)
    if name is None:
        raise QueryError(f"filter: {key!r} is not an attribute")
    if condition is None or condition["operator"] not in _VALUE:
        raise QueryError(f"filter: {key}={value} has no operator that exists")
    operator, operand = condition["operator"], condition["value"]
    if not re.fullmatch(_VALUE[operator], operand, re.DOTALL):
        raise QueryError(f"filter: {key}={value}: not a value for {operator}")
    values = split(operand[1:-1]) if operator == "in" else [operand]
    path = tuple(step for step in re.split("->>?", name["path"]) if step)
    yield Filter(name["name"], path, operator, tuple(entry.strip('"') for entry in values))


def _parse_group(text: str) -> Iterator[Filter]:
    if not (text.startswith("(") and text.endswith(")")):
        raise QueryError(f"filter: {text!r}: a group stands in parentheses")
    for part in split(text[1:-1]):
        group = _GROUP.fullmatch(part)
        if group is not None:
            yield from _parse_group(group["inner"])
        else:
            key, dot, value = part.partition(".")
            if not dot:
                raise QueryError(f"filter: {part!r} is not <attribute>.<operator>.<value>")
            yield from parse_filter(key, value)
