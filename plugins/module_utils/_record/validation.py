# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JSON Schema, as much of it as the record needs: building schemas, and holding a value against one.

A record is checked before it is written, where the library jsonschema may not be there. What is built here is
JSON Schema 2020-12; the tests hold records against it with jsonschema, too, and this check against that library.
"""

from __future__ import annotations

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


def obj(words: str, /, **properties: Schema) -> Schema:
    """An object in which every property is there and no other; what is not known is null."""
    return {
        "type": "object",
        "description": words,
        "properties": properties,
        "required": sorted(properties),
        "additionalProperties": False,
    }


def of(kind: str, description: str, **more: t.Any) -> Schema:
    """A value of one JSON type, for example ``of("string", "Name of the array.")``."""
    return {"type": kind, "description": description, **more}


def list_of(items: Schema, description: str) -> Schema:
    """A list whose entries all have one schema."""
    return {"type": "array", "description": description, "items": items}


def nullable(schema: Schema) -> Schema:
    """The same or null: what was not measured, or does not apply."""
    wider = {**schema, "type": [schema["type"], "null"]}
    return {**wider, "enum": [*wider["enum"], None]} if "enum" in wider else wider


def moment(description: str) -> Schema:
    """A time in UTC, ISO 8601 with ``Z``, or null."""
    return nullable(of("string", description, format="date-time"))


def one_of(values: t.Sequence[str], description: str) -> Schema:
    """One of some words."""
    return of("string", description, enum=list(values))


def problems(value: t.Any, schema: Schema, path: str = "record") -> list[str]:
    """What in a value is not as the schema has it, each with the path to it; empty where all is well."""
    kinds = schema["type"] if isinstance(schema.get("type"), list) else [schema["type"]]
    if not any(_is(value, kind) for kind in kinds):
        return [f"{path} is {value!r:.80}: expected {' or '.join(kinds)}"]
    found = []
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{path} is {value!r:.80}: expected one of {schema['enum']}")
    if schema.get("format") == "date-time" and value is not None and not _is_moment(value):
        found.append(f"{path} is {value!r:.80}: expected a time in UTC such as 2026-11-23T20:02:11.120Z")
    if isinstance(value, dict) and "properties" in schema:
        found += _of_object(value, schema, path)
    if isinstance(value, list) and "items" in schema:
        for position, entry in enumerate(value):
            found += problems(entry, schema["items"], f"{path}[{position}]")
    return found


def _of_object(value: dict[str, t.Any], schema: Schema, path: str) -> list[str]:
    known = schema["properties"]
    found = [f"{path}.{name} is missing" for name in schema.get("required", ()) if name not in value]
    for name, entry in value.items():
        if name in known:
            found += problems(entry, known[name], f"{path}.{name}")
        elif schema.get("additionalProperties") is False:
            found.append(f"{path}.{name} is not a part of the record")
    return found


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
