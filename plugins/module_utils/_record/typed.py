# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Between JSON and frozen dataclasses: what a class says of its fields, reading them, writing them. Pure.

A field is an ``Annotated`` type with what it says: ``name: Annotated[str, "Name of the cluster."]``. From it come the
JSON Schema, the documentation, reading and writing. Types are str, int, float, bool, datetime, an enumeration, a
Literal, ``Mapping[str, object]``, a dataclass, ``tuple[X, ...]`` of these, and each of them or None.
"""

from __future__ import annotations

import dataclasses
import functools
import sys
import types
import typing as t
from datetime import datetime
from enum import StrEnum

from .._errors import ProtocolError
from .._json import Json
from .._time import format_time, parse_time

T = t.TypeVar("T")


@dataclasses.dataclass(frozen=True)
class Says:
    """What a field says, and the version of the schema that first had it."""

    text: str
    since: str = "1.0"
    null_since: str | None = None  # the version that first had null in it; before, it was always there
    key: str | None = None  # its name in JSON, where Python cannot have that name


@dataclasses.dataclass(frozen=True)
class Shape:
    """The type of a field: ``kind`` is a type of JSON, ``time``, ``words`` or ``free``."""

    kind: t.Literal["string", "integer", "number", "boolean", "time", "words", "free", "list", "object"]
    nullable: bool = False
    words: tuple[str, ...] = ()
    enum: type[StrEnum] | None = None
    item: Shape | None = None  # of a list
    of: type | None = None  # the dataclass of an object


@dataclasses.dataclass(frozen=True)
class Field:
    """One field of a dataclass: its name in Python and in JSON, its type, what it says."""

    name: str
    key: str
    shape: Shape
    says: Says


_SCALARS: t.Final[t.Mapping[object, Shape]] = {
    str: Shape("string"),
    int: Shape("integer"),
    float: Shape("number"),
    bool: Shape("boolean"),
    datetime: Shape("time"),
    t.Mapping[str, object]: Shape("free"),
}


@functools.cache
def fields_of(cls: type) -> tuple[Field, ...]:
    """The fields of a dataclass in their order. Raises TypeError for a type that JSON has no form for."""
    hints = t.get_type_hints(cls, include_extras=True)
    return tuple(_field(each.name, hints[each.name]) for each in dataclasses.fields(cls))


def _field(name: str, hint: t.Any) -> Field:
    says = Says("")
    if t.get_origin(hint) is t.Annotated:
        hint, said = t.get_args(hint)
        says = said if isinstance(said, Says) else Says(said)
    return Field(name, says.key or name, shape_of(hint), says)


def shape_of(hint: t.Any) -> Shape:
    """The shape of a type. Raises TypeError for a type that JSON has no form for."""
    if hint in _SCALARS:
        return _SCALARS[hint]
    origin, arguments = t.get_origin(hint), t.get_args(hint)
    if origin in (t.Union, types.UnionType) and len(arguments) == 2 and arguments[1] is type(None):
        return dataclasses.replace(shape_of(arguments[0]), nullable=True)
    if origin is tuple:
        return Shape("list", item=shape_of(arguments[0]))
    if origin is t.Literal:
        enum = type(arguments[0]) if isinstance(arguments[0], StrEnum) else None
        return Shape("words", words=tuple(map(str, arguments)), enum=enum)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return Shape("words", words=tuple(member.value for member in hint), enum=hint)
    if dataclasses.is_dataclass(hint):
        return Shape("object", of=t.cast(type, hint))
    raise TypeError(f"JSON has no form for {hint!r}.")


def read(cls: type[T], value: object, place: str, notes: list[str]) -> T | None:
    """A dataclass from JSON. What is not as its type has it is noted, and is then as if it were not there.

    A field that is not there has the default of its dataclass, else null or an empty list. Where a field must not be
    null and has no default, the object cannot be made: None, with a note.
    """
    return t.cast("T | None", _object(cls, value, place, notes))


def read_all(cls: type[T], value: Json, notes: list[str]) -> T:
    """The same for a class whose fields all have defaults. Raises TypeError for any other class."""
    found = read(cls, value, "", notes)
    if found is None:
        raise TypeError(f"{cls.__name__} has a field without a default.")
    return found


def _object(cls: type, value: object, place: str, notes: list[str]) -> object | None:
    if not isinstance(value, dict):
        notes.append(f"{place} is {value!r:.80}: expected an object")
        return None
    values: dict[str, t.Any] = {}
    for field in fields_of(cls):
        where = f"{place}.{field.key}" if place else field.key
        found = _read(field.shape, value.get(field.key), where, notes)
        if found is None and not field.shape.nullable:
            if field.name in _defaults(cls):
                continue
            if value.get(field.key) is None:
                notes.append(f"{where} is missing")
            return None
        values[field.name] = found
    return t.cast(object, cls(**values))


@functools.cache
def _defaults(cls: type) -> frozenset[str]:
    missing = dataclasses.MISSING
    return frozenset(
        each.name
        for each in dataclasses.fields(cls)
        if each.default is not missing or each.default_factory is not missing
    )


def _read(shape: Shape, value: object, place: str, notes: list[str]) -> object:
    """The value as its shape has it; None, with a note, where it is of another kind."""
    if shape.kind == "list":
        return _list(shape, value, place, notes)
    if value is None:
        return None
    if shape.kind == "object" and shape.of is not None:
        return _object(shape.of, value, place, notes)
    found = _CONVERTED[shape.kind](value, shape)
    if found is None:
        notes.append(f"{place} is {value!r:.80}: expected {_EXPECTED.get(shape.kind) or ' or '.join(shape.words)}")
    return found


def _list(shape: Shape, value: object, place: str, notes: list[str]) -> tuple[object, ...] | None:
    if value is None:
        return None if shape.nullable else ()
    if not isinstance(value, (list, tuple)) or shape.item is None:
        notes.append(f"{place} is {value!r:.80}: expected a list")
        return None if shape.nullable else ()
    entries = (_read(shape.item, entry, f"{place}[{number}]", notes) for number, entry in enumerate(value))
    return tuple(entry for entry in entries if entry is not None)


def _number(value: object, _shape: Shape) -> float | None:
    """NaN, infinity and a whole number that no float can hold are none."""
    ok = isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= sys.float_info.max
    return t.cast(float, value) if ok else None


def _whole(value: object, _shape: Shape) -> int | None:
    ok = isinstance(value, int) and not isinstance(value, bool) and abs(value) <= sys.float_info.max
    return t.cast(int, value) if ok else None


def _time(value: object, _shape: Shape) -> datetime | None:
    try:
        return parse_time(value)
    except ProtocolError:
        return None


def _word(value: object, shape: Shape) -> str | None:
    if value not in shape.words:
        return None
    return shape.enum(value) if shape.enum else str(value)


_CONVERTED: t.Final[t.Mapping[str, t.Callable[[object, Shape], object]]] = {
    "string": lambda value, _shape: str(value) if isinstance(value, str) else None,
    "integer": _whole,
    "number": _number,
    "boolean": lambda value, _shape: value if isinstance(value, bool) else None,
    "time": _time,
    "words": _word,
    "free": lambda value, _shape: value if isinstance(value, dict) else None,
}
_EXPECTED: t.Final[t.Mapping[str, str]] = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "time": "a time such as 2026-11-23T20:02:11.120Z",
    "free": "an object",
}


def as_json(value: object) -> Json:
    """A dataclass as JSON has it: plain types only, every field there, times in UTC with milliseconds."""
    cls: type = type(value)
    return {field.key: _written(getattr(value, field.name)) for field in fields_of(cls)}


def _written(value: object) -> t.Any:
    if isinstance(value, datetime):
        return format_time(value)
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, (tuple, list)):
        return [_written(entry) for entry in value]
    if dataclasses.is_dataclass(value):
        return as_json(value)
    return value
