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


@dataclasses.dataclass(frozen=True)
class Check:
    """``definitions`` is what schemas refer to; ``lenient`` lets an object have properties that are not known."""

    definitions: t.Mapping[str, Schema]
    lenient: bool = False

    def problems(self, value: t.Any, schema: Schema, path: str = "record") -> list[str]:
        """What in a value is not as the schema has it, each with the path to it; empty where all is well."""
        if "anyOf" in schema:  # an object or null
            return [] if value is None else self.problems(value, schema["anyOf"][0], path)
        if "$ref" in schema:
            return self.problems(value, self.definitions[schema["$ref"].removeprefix("#/$defs/")], path)
        kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        if not any(_is(value, kind) for kind in kinds):
            return [f"{path} is {value!r:.80}: expected {' or '.join(kinds)}"]
        found = _of_text(value, schema, path)
        if isinstance(value, dict) and "properties" in schema:
            found += self._of_object(value, schema, path)
        if isinstance(value, list):
            for position, entry in enumerate(value):
                found += self.problems(entry, schema["items"], f"{path}[{position}]")
        return found

    def _of_object(self, value: dict[str, t.Any], schema: Schema, path: str) -> list[str]:
        known = schema["properties"]
        found = [f"{path}.{name} is missing" for name in schema["required"] if name not in value]
        for name, entry in value.items():
            if name in known:
                found += self.problems(entry, known[name], f"{path}.{name}")
            elif not self.lenient:
                found.append(f"{path}.{name} is not a part of the record")
        return found


def _of_text(value: t.Any, schema: Schema, path: str) -> list[str]:
    if "enum" in schema and value not in schema["enum"]:
        return [f"{path} is {value!r:.80}: expected one of {schema['enum']}"]
    if schema.get("format") == "date-time" and value is not None and not _is_moment(value):
        return [f"{path} is {value!r:.80}: expected a time in UTC such as 2026-11-23T20:02:11.120Z"]
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
