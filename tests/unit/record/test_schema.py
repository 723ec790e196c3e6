# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The schema of records: the own check against the library jsonschema, and what is published of it."""

from __future__ import annotations

import copy
import json
import typing as t

import jsonschema
import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._record.published import (
    NEWEST,
    VERSIONS,
    published,
    schema_of,
)
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.reading import problems
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.validation import Check
from ansible_collections.drdrill.powerstore.plugins.module_utils._words import Kind
from tests.unit.makers.records import SAMPLES, Filling, Json, filled
from tools import record_docs

KINDS = tuple(Kind)


def places(value: t.Any, path: tuple[str | int, ...] = ()) -> t.Iterator[tuple[str | int, ...]]:
    """The path to everything in a record."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, entry in entries:
        yield (*path, key)
        yield from places(entry, (*path, key))


def changed(
    record: Json, path: tuple[str | int, ...], changes: t.Sequence[t.Callable[[t.Any, t.Any], None]]
) -> t.Iterator[Json]:
    """The record after each change alone: the same object, which is as it was once the next one is asked for."""
    holder: t.Any = record
    for key in path[:-1]:
        holder = holder[key]
    before = copy.copy(holder)
    for change in changes:
        change(holder, path[-1])
        yield record
        holder.clear()
        holder.update(before) if isinstance(holder, dict) else holder.extend(before)


def remembering() -> type[jsonschema.Draft202012Validator]:
    """The library, which looks only once at what is behind a reference: in a changed record, that is most of it."""
    look = jsonschema.Draft202012Validator.VALIDATORS["$ref"]
    known: dict[tuple[str, str], list[jsonschema.ValidationError]] = {}

    def found(validator: t.Any, reference: str, value: t.Any, schema: t.Any) -> t.Iterator[jsonschema.ValidationError]:
        key = reference, json.dumps(value)
        if key not in known:
            known[key] = list(look(validator, reference, value, schema))
        yield from known[key]

    return jsonschema.validators.extend(jsonschema.Draft202012Validator, {"$ref": found})


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("filling", [Filling(), Filling(nulls=True, items=0)], ids=["full", "empty"])
def test_a_record_of_the_schema_is_valid_for_both(kind: Kind, filling: Filling) -> None:
    record = filled(kind, filling)

    assert problems(record, kind) == []
    jsonschema.Draft202012Validator(published()).validate(record)


@pytest.mark.uncounted
@pytest.mark.parametrize("kind", KINDS)
def test_both_refuse_the_same_changes_anywhere_in_a_record(kind: Kind) -> None:
    record = filled(kind, Filling())
    validator = remembering()({**schema_of(kind), "$defs": published()["$defs"]})

    def replace_with(value: t.Any) -> t.Callable[[t.Any, t.Any], None]:
        return lambda holder, key: holder.__setitem__(key, value)

    wrong = [replace_with(value) for value in ({"x": 1}, "word", 1.5, None)]
    wrong.append(lambda holder, key: holder.__delitem__(key))
    count, unlike = 0, []
    for path in list(places(record)):
        for other in changed(record, path, wrong):
            count += 1
            found = problems(other, kind)
            # A word where a time has to be: jsonschema takes a format as a remark.
            if validator.is_valid(other) is bool(found) and not all("expected a time" in each for each in found):
                unlike.append((path, copy.deepcopy(other)))

    assert count > 300
    assert unlike == []
    assert record == filled(kind, Filling())


@pytest.mark.parametrize("name", SAMPLES)
def test_the_samples_are_valid_for_the_library(name: str) -> None:
    jsonschema.Draft202012Validator(published()).validate(SAMPLES[name]())


MOMENT = {"type": ["string", "null"], "format": "date-time"}
OBJECT = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}


@pytest.mark.parametrize(
    ("value", "schema", "found"),
    [
        ("2026-11-23T20:02:11Z", MOMENT, 0),
        (None, MOMENT, 0),
        ("2026-13-23T20:02:11Z", MOMENT, 1),
        ("2026-11-23T20:02:11+01:00", MOMENT, 1),
        ("b", {"type": "string", "enum": ["a"]}, 1),
        (None, {"type": ["string", "null"], "enum": ["a", None]}, 0),
        (float("nan"), {"type": "number"}, 1),
        (True, {"type": "integer"}, 1),
        ({"a": "x", "b": 1}, OBJECT, 1),
        ({}, OBJECT, 1),
        (None, {"anyOf": [{"$ref": "#/$defs/O"}, {"type": "null"}]}, 0),
        ({"a": 1}, {"anyOf": [{"$ref": "#/$defs/O"}, {"type": "null"}]}, 1),
    ],
)
def test_single_values(value: t.Any, schema: Json, found: int) -> None:
    assert len(Check({"O": OBJECT}).problems(value, schema)) == found


def test_the_published_schema_is_that_of_the_code() -> None:
    jsonschema.Draft202012Validator.check_schema(published())

    assert NEWEST == VERSIONS[-1] == "1.0" or record_docs.SCHEMA_FILE.read_text(encoding="utf-8") == (
        record_docs.schema_text()
    )


def test_the_guide_names_every_field() -> None:
    guide = record_docs.GUIDE.read_text(encoding="utf-8")

    assert guide == record_docs.guide_text(guide)
    assert "``sessions[].recovery_point.met``" in guide and "``sessions[].failover_ready``" in guide


def test_the_guide_claims_no_compliance() -> None:
    assert "complian" not in record_docs.GUIDE.read_text(encoding="utf-8").lower()
