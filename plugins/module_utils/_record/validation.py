# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON Schema, as much of it as the record needs: comparing a value with one, where jsonschema may not be installed.

The tests compare records with the schemas by jsonschema, too, and this check with that library.
"""

from __future__ import annotations

import dataclasses
import math
import re
import typing as t
from datetime import datetime

Schema = dict[str, t.Any]

_TYPES: t.Final[t.Mapping[str, tuple[type, ...]]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")

Fits: t.TypeAlias = "t.Callable[[t.Any], bool]"
_Problem = tuple[str, str]  # where, from what is compared, and what is wrong there


@dataclasses.dataclass(frozen=True)
class Check:
    """``definitions`` is what schemas refer to; ``lenient`` lets an object have properties that are not known."""

    definitions: t.Mapping[str, Schema]
    lenient: bool = False
    _made: dict[int, Fits] = dataclasses.field(default_factory=dict, repr=False, compare=False)

    def problems(self, value: t.Any, schema: Schema, path: str = "record") -> list[str]:
        """What in a value is not as the schema has it, each with the path to it; empty where all is well."""
        if self._fits(schema)(value):  # hardly ever is anything wrong, and a coverage reads thousands of records
            return []
        return [f"{path}{where} {what}" for where, what in self._found(value, schema)]

    def _fits(self, schema: Schema) -> Fits:
        """Whether a value is as the schema has it, as a function, which is made once for each schema."""
        found = self._made.get(id(schema))
        if found is None:
            found = self._made[id(schema)] = self._make(schema)
        return found

    def _make(self, schema: Schema) -> Fits:
        if "anyOf" in schema:
            inner = self._fits(schema["anyOf"][0])
            return lambda value: value is None or inner(value)
        if "$ref" in schema:
            return self._fits(self.definitions[schema["$ref"].removeprefix("#/$defs/")])
        kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        if "properties" in schema:
            return self._make_object(schema, "null" in kinds)
        if "items" in schema:
            entry = self._fits(schema["items"])
            return lambda value: (
                all(map(entry, value)) if isinstance(value, list) else value is None and "null" in kinds
            )
        if "enum" in schema or "format" in schema:
            return lambda value: any(_is(value, kind) for kind in kinds) and not _of_text(value, schema)
        if kinds[0] == "string":
            return lambda value: isinstance(value, str) or (value is None and "null" in kinds)
        return lambda value: any(_is(value, kind) for kind in kinds)

    def _make_object(self, schema: Schema, nullable: bool) -> Fits:
        known = {name: self._fits(inner) for name, inner in schema["properties"].items()}
        required, lenient = frozenset(schema["required"]), self.lenient

        def fits(value: t.Any) -> bool:
            if not isinstance(value, dict):
                return nullable and value is None
            for name, entry in value.items():
                inner = known.get(name)
                if not (lenient if inner is None else inner(entry)):
                    return False
            return required <= value.keys()

        return fits

    def _found(self, value: t.Any, schema: Schema) -> list[_Problem]:
        """The same with the path from here: it is made only where something is wrong, which is hardly ever."""
        if "anyOf" in schema:  # an object or null
            return [] if value is None else self._found(value, schema["anyOf"][0])
        if "$ref" in schema:
            return self._found(value, self.definitions[schema["$ref"].removeprefix("#/$defs/")])
        kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        if not any(_is(value, kind) for kind in kinds):
            return [("", f"is {value!r:.80}: expected {' or '.join(kinds)}")]
        found = _of_text(value, schema)
        if isinstance(value, dict) and "properties" in schema:
            found += self._of_object(value, schema)
        if isinstance(value, list):
            for position, entry in enumerate(value):
                found += [(f"[{position}]{where}", what) for where, what in self._found(entry, schema["items"])]
        return found

    def _of_object(self, value: dict[str, t.Any], schema: Schema) -> list[_Problem]:
        known = schema["properties"]
        found = [(f".{name}", "is missing") for name in schema["required"] if name not in value]
        for name, entry in value.items():
            if name in known:
                found += [(f".{name}{where}", what) for where, what in self._found(entry, known[name])]
            elif not self.lenient:
                found.append((f".{name}", "is not a part of the record"))
        return found


def _of_text(value: t.Any, schema: Schema) -> list[_Problem]:
    if "enum" in schema and value not in schema["enum"]:
        return [("", f"is {value!r:.80}: expected one of {schema['enum']}")]
    if schema.get("format") == "date-time" and value is not None and not _is_moment(value):
        return [("", f"is {value!r:.80}: expected a time in UTC such as 2026-11-23T20:02:11.120Z")]
    return []


def _is(value: t.Any, kind: str) -> bool:
    if isinstance(value, bool):  # in Python a bool is an int
        return kind == "boolean"
    if isinstance(value, float) and not math.isfinite(value):  # JSON has no such numbers
        return False
    return isinstance(value, _TYPES[kind])


def _is_moment(value: str) -> bool:
    if not _DATE_TIME.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True
