# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The JSON Schema of records, made from the types, for every version that was published. Pure.

Each dataclass is one of ``$defs``, so what kinds of records share appears once. Versions grow by additions only: a
version has the fields and words that were there by then, and a test compares that with the file of each version in
``docs``. ``schema_version`` would go up by a whole number where a reader of an older record misunderstood a new one.
"""

from __future__ import annotations

import functools
import typing as t
from dataclasses import replace

from .._words import Kind
from .typed import Field, Shape, fields_of
from .types import BY_KIND, WORDS_SINCE
from .validation import Schema

VERSIONS: t.Final = ("1.0", "1.1")  # every version that was published, the newest last
NEWEST: t.Final = VERSIONS[-1]
_FORMATS: t.Final[t.Mapping[str, Schema]] = {
    "string": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "boolean": {"type": "boolean"},
    "time": {"type": "string", "format": "date-time"},
    "words": {"type": "string"},
    "free": {"type": "object"},
}


def order(version: str) -> tuple[int, int]:
    """A version as something that can be compared. Raises ValueError for what is no version."""
    major, minor = version.split(".")
    return int(major), int(minor)


@functools.cache
def published(version: str = NEWEST) -> Schema:
    """The schema of all kinds in one document, as it is in ``docs``."""
    kinds = [cls for kind, cls in BY_KIND.items() if _is_there(WORDS_SINCE.get((Kind, kind.value)), version)]
    definitions: dict[str, Schema] = {}
    for cls in kinds:
        _define(cls, version, definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Record of drdrill.powerstore, version {version}",
        "oneOf": [_reference(cls) for cls in kinds],
        "$defs": dict(sorted(definitions.items())),
    }


def published_of(cls: type, title: str, version: str = "1.0") -> Schema:
    """The same for another document that is made from types, such as a coverage."""
    definitions: dict[str, Schema] = {}
    _define(cls, version, definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"{title} of drdrill.powerstore, version {version}",
        **_reference(cls),
        "$defs": dict(sorted(definitions.items())),
    }


def schema_of(kind: Kind, version: str = NEWEST) -> Schema:
    """The schema of one kind of record; what it refers to is among the ``$defs`` of `published`."""
    return t.cast(Schema, published(version)["$defs"][BY_KIND[kind].__name__])


def fields_at(cls: type, version: str) -> t.Iterator[Field]:
    """The fields that a class had in a version."""
    return (field for field in fields_of(cls) if _is_there(field.says.since, version))


def said_of(field: Field) -> str:
    """What a field says; one without words of its own says what its class does."""
    return field.says.text or described(field.shape.of)


def described(cls: type | None) -> str:
    """The words of a class on one line."""
    return " ".join((cls.__doc__ or "").split()) if cls else ""


def _is_there(since: str | None, version: str) -> bool:
    return since is None or order(since) <= order(version)


def _reference(cls: type) -> Schema:
    return {"$ref": f"#/$defs/{cls.__name__}"}


def _define(cls: type, version: str, definitions: dict[str, Schema]) -> None:
    if cls.__name__ in definitions:
        return
    definitions[cls.__name__] = {}  # its place, should it be a part of itself
    properties = {field.key: _property(field, version, definitions) for field in fields_at(cls, version)}
    definitions[cls.__name__] = {
        "type": "object",
        "description": described(cls),
        "properties": properties,
        "required": sorted(properties),
        "additionalProperties": False,
    }


def _property(field: Field, version: str, definitions: dict[str, Schema]) -> Schema:
    if field.key == "schema_version":
        return {"type": "string", "description": field.says.text, "enum": [version]}
    null_since, shape = field.says.null_since, field.shape
    if null_since and not _is_there(null_since, version):
        shape = replace(shape, nullable=False)
    schema = _schema(shape, version, definitions)
    return {**schema, "description": field.says.text} if field.says.text else schema


def _schema(shape: Shape, version: str, definitions: dict[str, Schema]) -> Schema:
    if shape.kind == "object" and shape.of is not None:
        _define(shape.of, version, definitions)
        return {"anyOf": [_reference(shape.of), {"type": "null"}]} if shape.nullable else _reference(shape.of)
    if shape.kind == "list" and shape.item is not None:
        schema: Schema = {"type": "array", "items": _schema(shape.item, version, definitions)}
    else:
        schema = dict(_FORMATS[shape.kind])
    if shape.words:
        since = {word: WORDS_SINCE.get((shape.enum, word)) if shape.enum else None for word in shape.words}
        schema["enum"] = [word for word in shape.words if _is_there(since[word], version)]
    if shape.nullable:
        schema["type"] = [schema["type"], "null"]
        if "enum" in schema:
            schema["enum"].append(None)
    return schema
