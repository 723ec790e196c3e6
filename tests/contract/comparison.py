# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where our description of the API and Dell's (Swagger 2.0) disagree.

Both sides of each comparison are brought into one form first: what only one of the two ways of writing can say, or
what follows from something else (the largest value of an int32), is taken out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.contract.description import Description, Operation, Schema

# Dell's definitions of these are empty, in all releases; ours come from what Dell's own clients read.
FROM_CLIENTS = frozenset({"protection_data_instance", "data_connection_instance"})
# Arrays answer null for nearly everything besides these and each `id`.
NEVER_NULL = frozenset({"base_response.response_type", "error_response.messages"})
# Dell says what is_async answers with in prose only.
FROM_PROSE = frozenset({"job_response"})

_OPERATION_MARKS = ("x-added", "x-simple_get")
_SCHEMA_MARKS = ("x-added", "x-deprecated", "x-no_filter")
_ATTRIBUTE_MARKS = (
    *("type", "format", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "pattern", "default"),
    *("uniqueItems", "x-added", "x-deprecated", "x-ref", "x-units", "x-case-insensitive", "x-no_filter"),
)
_LARGEST = {"int32": 2**31 - 1, "int64": 2**63 - 1}


class Comparison:
    def __init__(self, ours: Description, theirs: Mapping[str, Any]) -> None:
        self._ours = ours
        self._definitions: Mapping[str, Schema] = theirs["definitions"]
        self._paths: Mapping[str, Any] = theirs["paths"]
        self._resources = {operation.resource for operation in ours.operations.values()}
        self._sent = set(self._reached({body for each in ours.operations.values() if (body := _body(each.schema))}))

    def differences(self) -> list[str]:
        found: list[str] = []
        for operation in self._ours.operations.values():
            where = f"{operation.method.upper()} {operation.template}"
            theirs = self._paths.get(operation.template, {}).get(operation.method)
            found += self._operation(operation, theirs, where) if theirs else [f"{where}: Dell has no such operation"]
        for name, schema in self._ours.schemas.items():
            if name in self._definitions:
                found += self._schema(name, schema, self._definitions[name])
            elif name not in FROM_PROSE:
                found.append(f"{name}: Dell has no such definition")
        return found

    def _reached(self, names: set[str]) -> set[str]:
        """The schemas and those that they refer to."""
        reached: set[str] = set()
        while names:
            reached |= names
            properties = [
                each for name in names for each in self._ours.schemas.get(name, {}).get("properties", {}).values()
            ]
            names = {name for each in properties if (name := _target(each))} - reached
        return reached

    def _operation(self, ours: Operation, theirs: Schema, where: str) -> Iterator[str]:
        for mark in _OPERATION_MARKS:
            yield from _differ(f"{where} {mark}", ours.schema.get(mark), theirs.get(mark))
        bodies = [each for each in theirs.get("parameters", []) if each["in"] == "body"] or [{}]
        body = ours.schema.get("requestBody", {})
        yield from _differ(f"{where} body", _body(ours.schema), _target(bodies[0].get("schema", {})))
        yield from _differ(f"{where} body required", body.get("required", False), bodies[0].get("required", False))
        yield from _differ(f"{where} body x-added", body.get("x-added"), bodies[0].get("x-added"))
        answers = {
            # 202 is there for is_async, the same everywhere; refusals are the same everywhere, too.
            status: _target(_content(self._ours.resolve(answer)))
            for status, answer in ours.schema["responses"].items()
            if status not in ("202", "4XX", "5XX")
        }
        expected = {
            status: _target(answer.get("schema", {}))
            for status, answer in theirs["responses"].items()
            if status < "400"
        }
        yield from _differ(f"{where} answers", answers, expected)

    def _schema(self, name: str, ours: Schema, theirs: Schema) -> Iterator[str]:
        for mark in _SCHEMA_MARKS:
            yield from _differ(f"{name} {mark}", ours.get(mark), theirs.get(mark))
        for mark in ("enum", "required"):
            yield from _differ(f"{name} {mark}", sorted(ours.get(mark, [])), sorted(theirs.get(mark, [])))
        if "enum" in ours:
            # On objects, Dell's x-added_value is noise: it contradicts the x-added of the attributes that it names.
            yield from _differ(f"{name} x-added_value", _by_release(ours), _by_release(theirs))
        mine = ours.get("properties", {})
        known = {key: each for key, each in theirs.get("properties", {}).items() if not self._is_outside(each)}
        if name in FROM_CLIENTS and not known:
            return
        if set(mine) != set(known):
            yield f"{name}: only ours {sorted(set(mine) - set(known))}, only Dell's {sorted(set(known) - set(mine))}"
        for key in set(mine) & set(known):
            yield from self._attribute(f"{name}.{key}", mine[key], known[key], name in self._sent)

    def _is_outside(self, attribute: Schema) -> bool:
        """Is it a reference to a resource that we leave out?"""
        each = {**attribute, **attribute.get("items", {})}
        return "x-ref" in each and "$ref" in each and each["x-ref"] not in self._resources

    def _attribute(self, where: str, ours: Schema, theirs: Schema, is_sent: bool) -> Iterator[str]:
        for what, mine, known in (("", ours, theirs), ("[]", ours.get("items", {}), theirs.get("items", {}))):
            yield from _differ(f"{where}{what} refers", _target(mine, direct=True), _target(known, direct=True))
            yield from _differ(f"{where}{what}", _form(mine, is_sent), _form(known, is_sent))
        may_be_null = not (where in NEVER_NULL or where.endswith(".id"))
        if is_sent:
            may_be_null = bool(theirs.get("x-pstore-nullable"))
        yield from _differ(f"{where} may be null", _is_nullable(ours), may_be_null)


def _differ(where: str, ours: Any, theirs: Any) -> Iterator[str]:
    if ours != theirs:
        yield f"{where}: ours {ours!r}, Dell's {theirs!r}"


def _target(schema: Schema, direct: bool = False) -> str | None:
    """The name of the schema that this one refers to; unless direct, also of the one that a list is of."""
    if "anyOf" in schema:
        schema = schema["anyOf"][0]
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    return None if direct or "items" not in schema else _target(schema["items"])


def _content(holder: Schema) -> Schema:
    schema: Schema = holder.get("content", {}).get("application/json", {}).get("schema", {})
    return schema


def _body(operation: Schema) -> str | None:
    return _target(_content(operation.get("requestBody", {})))


def _by_release(enum: Schema) -> dict[str, list[str]]:
    return {release: sorted(values) for release, values in enum.get("x-added_value", {}).items()}


def _is_nullable(schema: Schema) -> bool:
    return {"type": "null"} in schema.get("anyOf", []) or "null" in schema.get("type", "")


def _form(schema: Schema, is_sent: bool) -> dict[str, Any]:
    form = {mark: schema[mark] for mark in _ATTRIBUTE_MARKS if mark in schema}
    if isinstance(form.get("type"), list):
        form["type"] = next(kind for kind in form["type"] if kind != "null")
    if _target(schema, direct=True):
        form.pop("type", None)
    if form.get("maximum") == _LARGEST.get(str(form.get("format")), -1):
        del form["maximum"]
    if form.get("minLength") == 0:
        del form["minLength"]
    if not is_sent or form.get("default") is None:  # a default of null says no more than that it may be left out
        form.pop("default", None)
    return form
