# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters of the query language [DG p25-29]: `attr=op.value`, `not.`, and=(…), or=(…), JSON paths."""

from __future__ import annotations

import fnmatch
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from .clock import parse_stamp
from .errors import ApiError
from .schema import Attribute, Resource

Getter = Callable[[object, Attribute], object]
_COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "eq": operator.eq,
    "neq": operator.ne,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}
_IS: Mapping[str, object] = {"null": None, "true": True, "false": False}


@dataclass(frozen=True)
class Leaf:
    """One comparison. Null compares as unknown, as in SQL: neither it nor its negation selects the row."""

    attribute: Attribute
    steps: tuple[str, ...]  # into an object or a list: 'host_initiators->0->>port_type' has ('0', 'port_type')
    operation: str
    operand: object
    negated: bool

    @property
    def key(self) -> str:
        return "->>".join([self.attribute.name, *self.steps])

    def test(self, item: object, get: Getter) -> bool | None:
        value = get(item, self.attribute)
        if self.steps:
            for step in self.steps:
                value = _inside_of(value, step)
            value = value if value is None or isinstance(value, str) else str(value).lower()
        result = self._test(value)
        return None if result is None else result is not self.negated

    def _test(self, value: object) -> bool | None:
        if self.operation == "is":
            return value is self.operand
        if value is None:
            return None
        value = _comparable(value, self.attribute)
        if self.operation == "ilike":
            return fnmatch.fnmatchcase(str(value).lower(), str(self.operand))
        if isinstance(self.operand, frozenset):
            if self.operation == "in":
                return value in self.operand
            have = frozenset(value) if isinstance(value, list) else frozenset()
            return self.operand <= have if self.operation == "cs" else have <= self.operand
        return bool(_COMPARE[self.operation](value, self.operand))


@dataclass(frozen=True)
class Group:
    """and(…) or or(…)."""

    every: bool
    negated: bool
    conditions: tuple[Leaf | Group, ...]

    def test(self, item: object, get: Getter) -> bool | None:
        results = (condition.test(item, get) is True for condition in self.conditions)
        return (all(results) if self.every else any(results)) is not self.negated


def _inside_of(value: object, step: str) -> object:
    if isinstance(value, list):
        return value[int(step)] if step.isdigit() and int(step) < len(value) else None
    return value.get(step) if isinstance(value, dict) else None


def _comparable(value: object, attribute: Attribute) -> object:
    if attribute.kind == "time" and isinstance(value, str):
        return parse_stamp(value)
    if attribute.case_insensitive and isinstance(value, str):
        return value.lower()
    return value


def _operand(text: str, attribute: Attribute) -> object:
    """A filter's value, of the attribute's type."""
    try:
        if attribute.kind == "int":
            return int(text)
        if attribute.kind == "time":
            return parse_stamp(text)
    except ValueError as error:
        raise ApiError("invalid_request", f"{text!r} is not a value for {attribute.name}.") from error
    if attribute.kind == "bool":
        if text.lower() not in ("true", "false"):  # Python's clients send True
            raise ApiError("invalid_request", f"{text!r} is not a value for {attribute.name}.")
        return text.lower() == "true"
    return text.lower() if attribute.case_insensitive else text


@lru_cache(maxsize=1024)  # a module asks for the same attributes again and again
def split(text: str) -> tuple[str, ...]:
    """Split at the commas that are outside of parentheses, braces and double quotes."""
    parts: list[str] = []
    depth, quoted, start, index = 0, False, 0, 0
    while index < len(text):
        letter = text[index]
        if quoted and letter == "\\":
            index += 1
        elif letter == '"':
            quoted = not quoted
        elif not quoted and letter in "({":
            depth += 1
        elif not quoted and letter in ")}":
            depth -= 1
        elif letter == "," and not quoted and depth == 0:
            parts.append(text[start:index])
            start = index + 1
        index += 1
    if depth or quoted:
        raise ApiError("invalid_request", f"Unbalanced parentheses or quotes in {text!r}.")
    return (*parts, text[start:])


def unquoted(text: str) -> str:
    """PostgREST's double quotes, with backslash escapes."""
    if len(text) >= 2 and text.startswith('"') and text.endswith('"'):
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text


def _inside(text: str, brackets: str) -> list[str]:
    if len(text) < 2 or text[0] != brackets[0] or text[-1] != brackets[1]:
        raise ApiError("invalid_request", f"{text!r} is not a list in {brackets}.")
    return [unquoted(part) for part in split(text[1:-1])] if len(text) > 2 else []


def _attribute(resource: Resource, name: str) -> tuple[Attribute, tuple[str, ...]]:
    base, *steps = re.split("->>?", name)
    attribute = resource.attributes.get(base)
    if attribute is None:
        raise ApiError("unknown_attribute", resource.name, name)
    if steps:
        if attribute.kind not in {"object", "list"} or "->>" not in name:
            raise ApiError("invalid_request", f"{base} of {resource.name} is not an object.")
        return attribute, tuple(steps)
    if attribute.no_filter or attribute.kind == "object":
        raise ApiError("invalid_request", f"Filtering by {name} of {resource.name} is not supported.")
    return attribute, ()


def leaf(resource: Resource, name: str, text: str, quotes: bool = False) -> Leaf:
    """`name` and 'not.in.(a,b)' -> the comparison; quotes: a quoted value is unquoted (inside and(…) and or(…))."""
    attribute, steps = _attribute(resource, name)
    operation, dot, value = text.partition(".")
    negated = operation == "not"
    if negated:
        operation, dot, value = value.partition(".")
    if not dot:
        raise ApiError("invalid_request", f"Filter {name}={text} has no operator.")
    plain = Attribute("", (0, 0, 0, 0), "text", False, False, None)
    typed = plain if steps else attribute
    operand: object
    if operation == "is" and value in _IS:
        operand = _IS[value]
    elif operation == "in":
        operand = frozenset(_operand(each, typed) for each in _inside(value, "()"))
    elif operation in {"cs", "cd"}:
        operand = frozenset(_inside(value, "{}"))
    elif operation == "ilike":
        operand = (unquoted(value) if quotes else value).lower().replace("[", "[[]").replace("?", "[?]")
    elif operation in _COMPARE:
        operand = _operand(unquoted(value) if quotes else value, typed)
    else:
        raise ApiError("invalid_request", f"Operator {operation!r} in {name}={text} is not known.")
    return Leaf(attribute, steps, operation, operand, negated)


def group(resource: Resource, every: bool, negated: bool, text: str) -> Group:
    """'(size.gt.50,or(a.eq.1,b.eq.2))' -> the group."""
    if len(text) < 3 or text[0] != "(" or text[-1] != ")":
        raise ApiError("invalid_request", f"{text!r} is not a group in parentheses.")
    return Group(every, negated, tuple(_member(resource, part.strip()) for part in split(text[1:-1])))


_NESTED = re.compile(r"(not\.)?(and|or)(\(.*\))", re.DOTALL)


def _member(resource: Resource, text: str) -> Leaf | Group:
    nested = _NESTED.fullmatch(text)
    if nested:
        return group(resource, nested[2] == "and", nested[1] is not None, nested[3])
    name, _dot, rest = text.partition(".")
    return leaf(resource, name, rest, quotes=True)


def parse(resource: Resource, parameters: Sequence[tuple[str, str]]) -> tuple[Leaf | Group, ...]:
    """All filters of a request; several are ANDed."""
    conditions: list[Leaf | Group] = []
    for name, text in parameters:
        plain = name.removeprefix("not.")
        if plain in {"and", "or"}:
            conditions.append(group(resource, plain == "and", plain != name, text))
        else:
            conditions.append(leaf(resource, name, text))
    return tuple(conditions)


def sort_key(value: object, attribute: Attribute) -> tuple[bool, object]:
    """Nulls last when ascending, first when descending, as PostgreSQL has it (INF)."""
    if value is None:
        return True, 0
    comparable = _comparable(value, attribute)
    if isinstance(comparable, str | int | float | datetime):
        return False, comparable
    return False, str(comparable)
