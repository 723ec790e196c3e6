# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records of every version are read: those that version 1.0 wrote in a demo, and those of a version to come."""

from __future__ import annotations

import copy
import dataclasses
import json
import typing as t
from pathlib import Path

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._errors import InvalidInputError
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.published import NEWEST, VERSIONS, order
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.reading import problems, read_record
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.typed import fields_of
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.types import BY_KIND, DrillRecord
from ansible_collections.drdrill.powerstore.plugins.module_utils._words import Kind, Verdict
from tests.unit.makers.records import SAMPLES, Json, drill_record

WRITTEN = Path(__file__).parent / "written_by_1_0"
FILES = sorted(WRITTEN.glob("*.json"))
A_NEWER_MINOR = f"{order(NEWEST)[0]}.{order(NEWEST)[1] + 1}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_record_of_version_1_0_is_read_and_lifted(path: Path) -> None:
    data = json.loads(path.read_text(encoding="utf-8"))
    record = read_record(data, path.name)
    lifted = record.as_json()

    assert data["schema_version"] == "1.0" and record.schema_version == NEWEST
    assert problems(data, record.kind, "1.0") == [] == problems(lifted, record.kind)
    assert contained(data | {"schema_version": NEWEST}, lifted) == []


def contained(old: t.Any, new: t.Any, place: str = "record") -> list[str]:
    """What of an older record is not in the newer one as it was."""
    if isinstance(old, dict) and isinstance(new, dict):
        return [found for key in old for found in contained(old[key], new.get(key, "gone"), f"{place}.{key}")]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [
            found for at, pair in enumerate(zip(old, new, strict=True)) for found in contained(*pair, f"{place}[{at}]")
        ]
    return [] if old == new else [place]


def test_there_is_a_record_of_version_1_0_of_every_kind_that_it_had() -> None:
    assert {path.name.split("-")[0] for path in FILES} == {"drill", "readiness", "abort"}


def classes(cls: type) -> set[type]:
    inner = [field.shape.of or (field.shape.item.of if field.shape.item else None) for field in fields_of(cls)]
    return {cls}.union(*(classes(each) for each in inner if each))


def test_a_field_that_was_added_can_be_missing() -> None:
    """An older record has None or an empty list there: a field that must be there would make it unreadable."""
    added = [
        (cls.__name__, field.name)
        for kind in (Kind.DRILL, Kind.READINESS, Kind.ABORT)  # those that version 1.0 had
        for cls in classes(BY_KIND[kind])
        for field in fields_of(cls)
        if field.says.since != "1.0" and not (field.shape.nullable or field.shape.kind == "list")
        and not _is_in_a_newer_class(cls)
    ]  # fmt: skip

    assert added == []


def _is_in_a_newer_class(cls: type) -> bool:
    return all(field.says.since != "1.0" for field in fields_of(cls))


def test_every_field_says_what_it_is_and_a_known_version() -> None:
    for cls in {cls for record in BY_KIND.values() for cls in classes(record)}:
        assert cls.__doc__ and dataclasses.is_dataclass(cls)
        for field in fields_of(cls):
            assert field.says.text or field.shape.of, (cls.__name__, field.name)
            assert field.says.since in VERSIONS


@pytest.mark.parametrize("name", SAMPLES)
def test_a_record_of_a_newer_minor_version_is_read_with_what_is_known(name: str) -> None:
    data = copy.deepcopy(SAMPLES[name]())
    known = read_record(data, name)
    data |= {"schema_version": A_NEWER_MINOR, "weather": "fine"}
    for session in data["sessions"][:1]:  # a witness has none of its own
        session["mood"] = {"of": "the array"}

    assert read_record(data, name) == known


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"schema_version": "2.0"}, "knows up to"),
        ({"schema_version": "99.1"}, "knows up to"),
        ({"schema_version": A_NEWER_MINOR, "verdict": "splendid"}, "record.verdict is 'splendid'"),
        ({"schema_version": A_NEWER_MINOR, "steps": None}, "record.steps is None"),
        ({"schema_version": "0.9"}, "schema version 0.9"),
        ({"weather": "fine"}, "record.weather is not a part of the record"),
    ],
)
def test_what_cannot_be_read_says_why(changes: Json, words: str) -> None:
    with pytest.raises(InvalidInputError) as error:
        read_record(drill_record() | changes, "/records/x.json")

    assert words in error.value.message and "/records/x.json" in error.value.message


def test_what_is_read_has_types() -> None:
    record = read_record(json.loads(next(p for p in FILES if "3e12911e" in p.name).read_text()), "x")

    assert isinstance(record, DrillRecord) and record.kind is Kind.DRILL and record.verdict is Verdict.FAILED
