# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The types of the record: the schema that they give, and reading and writing JSON by them."""

from __future__ import annotations

import dataclasses
import json
import typing as t
from pathlib import Path

import jsonschema
import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._json import Json
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.published import VERSIONS, published
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.typed import as_json, read, shape_of
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.types import (
    BY_KIND,
    DrillRecord,
    Finding,
    Volume,
    record_from_json,
)
from ansible_collections.drdrill.powerstore.plugins.module_utils._words import Kind, Severity, Verdict
from tests.unit.makers.records import SAMPLES, drill_record, finding

DOCS = Path(__file__).resolve().parents[3] / "docs"


def meant(schema: t.Any, definitions: Json) -> t.Any:
    """A schema without what says nothing: descriptions, the order of words, references instead of what is meant."""
    if isinstance(schema, list):
        return [meant(entry, definitions) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return meant(definitions[schema["$ref"].removeprefix("#/$defs/")], definitions)
    if "anyOf" in schema:
        inner = meant(schema["anyOf"][0], definitions)
        return {**inner, "type": [inner["type"], "null"]}
    kept = {key: value for key, value in schema.items() if key not in ("description", "$defs", "properties", "title")}
    if "enum" in kept:
        kept["enum"] = sorted(kept["enum"], key=str)
    if "properties" in schema:
        kept["properties"] = {name: meant(each, definitions) for name, each in schema["properties"].items()}
    return {key: meant(value, definitions) if key in ("items", "oneOf") else value for key, value in kept.items()}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_means_what_was_published(version: str) -> None:
    file = json.loads((DOCS / f"record-{version}.schema.json").read_text(encoding="utf-8"))
    made = published(version)

    jsonschema.Draft202012Validator.check_schema(made)
    assert meant(made, made["$defs"]) == meant(file, file.get("$defs", {}))


@pytest.mark.parametrize("name", SAMPLES)
def test_a_record_is_the_same_after_reading_and_writing(name: str) -> None:
    data = SAMPLES[name]()
    record = record_from_json(data)

    assert isinstance(record, BY_KIND[Kind(data["kind"])])
    assert record.as_json() == data
    assert all(type(value) is str for value in (record.as_json()["verdict"], record.as_json()["kind"]))


def test_a_record_has_types() -> None:
    record = record_from_json(drill_record())

    assert isinstance(record, DrillRecord) and record.verdict is Verdict.PASSED
    assert record.times.started_at and record.times.started_at.isoformat() == "2026-11-23T20:01:00+00:00"
    assert record.sessions[0].recovery_point.age_seconds == 67.0
    assert [check.name for check in record.all_validations][:2] == ["ERP answers", "port of the ERP"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "party"}, "record.kind is 'party'"),
        ({"verdict": "splendid"}, "record.verdict is 'splendid': expected failed or aborted"),
        ({"sessions": [{"resource_name": 7}]}, "record.sessions[0].resource_name is 7: expected a text"),
        ({"steps": "none"}, "record.steps is 'none': expected a list"),
    ],
)
def test_what_is_no_record_is_refused_with_its_place(change: Json, words: str) -> None:
    data = drill_record() | change
    with pytest.raises(ValueError, match="record") as error:
        record_from_json(data)

    assert words in str(error.value)


def test_reading_keeps_what_is_right_and_notes_what_is_not() -> None:
    notes: list[str] = []
    seen = read(Volume, {"id": "v-1", "name": "data", "size": "big", "hosts": ["a", 7, None]}, "volume", notes)

    assert seen == Volume(id="v-1", name="data", hosts=("a",))
    assert notes == ["volume.size is 'big': expected a whole number", "volume.hosts[1] is 7: expected a text"]


def test_what_has_to_be_there_and_is_not() -> None:
    notes: list[str] = []

    assert read(Finding, {key: value for key, value in finding("s-1").items() if key != "id"}, "f", notes) is None
    assert notes == ["f.id is missing"]


def test_a_type_that_json_does_not_have() -> None:
    with pytest.raises(TypeError, match="no form"):
        shape_of(set[str])


def test_plain_types_leave() -> None:
    written = as_json(Finding(id="x", session_id=None, severity=Severity.INFO, message="m", impact="i", resolution="r"))

    assert [type(value) for value in written.values()] == [str, type(None), str, str, str, str]


def test_a_record_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        record_from_json(drill_record()).verdict = Verdict.FAILED  # type: ignore[misc]  # that is what is tested
