# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The crosswalk: every pointer is one of the schema, and what is filled or empty is that of this record."""

from __future__ import annotations

import json
import re
import typing as t
from pathlib import Path

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._drill import plan
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.reading import read_record
from ansible_collections.drdrill.powerstore.plugins.module_utils._report.crosswalk import (
    EMPTY,
    FILLED,
    PARTLY,
    PERSON,
    Crosswalk,
    Row,
    crosswalks,
)
from ansible_collections.drdrill.powerstore.plugins.module_utils._report.frameworks import FRAMEWORKS
from tests.unit.makers.records import Json, drill_record
from tests.unit.makers.reporting import run_report, write_record

SCHEMA = json.loads((Path(__file__).parents[3] / "docs/record-1.1.schema.json").read_text(encoding="utf-8"))["$defs"]
POINTERS = sorted({each for framework in FRAMEWORKS.values() for row in framework.references for each in row.pointers})


def resolved(schema: Json) -> Json:
    """A schema without its reference, and without null beside it."""
    (only,) = (each for each in schema.get("anyOf", [schema]) if each.get("type") != "null")
    return t.cast(Json, SCHEMA[only["$ref"].rsplit("/", 1)[-1]] if "$ref" in only else only)


@pytest.mark.parametrize("pointer", POINTERS)
def test_every_pointer_leads_to_something_in_the_schema_of_a_drill(pointer: str) -> None:
    schema: Json = SCHEMA["DrillRecord"]
    for name in pointer.split("/")[1:]:
        schema = resolved(schema["items"] if name == "*" else schema["properties"][name])
    assert schema["description"] or schema["properties"]


def walked(record: Json, name: str) -> Crosswalk:
    (found,) = crosswalks(read_record(record, "a record"), [name, name])
    return found


def row_of(walk: Crosswalk, reference: str) -> Row:
    (found,) = (row for row in walk.rows if row.reference.reference == reference)
    return found


def state_at(row: Row, pointer: str) -> tuple[str, int, int]:
    (found,) = (each for each in row.found if each.pointer == pointer)
    return found.state, found.filled, found.values


def test_a_result_that_is_false_is_filled_and_one_that_was_not_measured_is_empty() -> None:
    record = drill_record(2)
    record["sessions"][0]["rto"]["met"] = False
    record["sessions"][1]["rto"]["met"] = None
    row = row_of(walked(record, "iso22301"), "8.2.2")
    assert state_at(row, "/sessions/*/rto/met") == (PARTLY, 1, 2) and row.state == PARTLY

    for session in record["sessions"]:
        session["rto"]["met"] = False
    assert state_at(row_of(walked(record, "iso22301"), "8.2.2"), "/sessions/*/rto/met") == (FILLED, 2, 2)


def test_what_only_a_person_can_show_is_never_filled() -> None:
    walk = walked(drill_record(1), "nis2")
    row = row_of(walk, "Art. 20(1)")
    assert row.state == PERSON and row.reference.person
    assert walk.in_state(PERSON) == ("Art. 20(1)",)


def test_an_approval_that_was_not_read_is_empty_and_one_that_was_is_filled() -> None:
    record = drill_record(1)
    record["who"]["awx"] = None
    assert row_of(walked(record, "iso27001"), "A.5.3").state == EMPTY
    approval = {"name": "Go?", "decision": "approved", "by": "B. Manager", "at": None}
    record["schema_version"] = "1.1"
    record = read_record(drill_record(1), "a record").as_json()
    record["who"]["awx"] = {**dict.fromkeys(_awx()), "approvals": [approval]}
    assert row_of(walked(record, "iso27001"), "A.5.3").state == FILLED


def _awx() -> list[str]:
    return list(SCHEMA["Awx"]["properties"])


def test_the_choices_of_the_role_are_the_frameworks_that_there_are() -> None:
    assert tuple(FRAMEWORKS) == plan.FRAMEWORKS


def test_no_word_says_that_anybody_complies() -> None:
    said = " ".join(f"{row.words} {row.person}" for each in FRAMEWORKS.values() for row in each.references)
    assert not re.search(r"compl(y|ies|iant|iance)|certif|conform(s|ant)", said, re.IGNORECASE)
    assert all(row.words and row.person for each in FRAMEWORKS.values() for row in each.references)


def test_html_and_markdown_have_the_appendix_only_where_it_was_asked_for(tmp_path: Path) -> None:
    record = write_record(tmp_path, drill_record(2))
    plain = run_report(record=record, formats=["html", "markdown"])
    made = run_report(
        record=record, formats=["html", "markdown"], frameworks=["dora", "soc2"], directory=tmp_path / "audit"
    )
    for name in ("html", "markdown"):
        assert "supports" not in Path(plain["files"][name]).read_text(encoding="utf-8")
        text = Path(made["files"][name]).read_text(encoding="utf-8")
        assert text.index("DORA") < text.index("SOC 2") and "The references are ours" in text
        assert "HIPAA" not in text
    html = Path(made["files"]["html"]).read_text(encoding="utf-8")
    assert "Art. 12(6)" in html and "164.308" not in html


def test_an_unknown_framework_is_refused_with_those_that_are_known(tmp_path: Path) -> None:
    record = write_record(tmp_path, drill_record(1))
    result = run_report(record=record, frameworks=["dora", "sox"])
    assert result["failed"] and "sox" in result["msg"] and all(name in result["msg"] for name in FRAMEWORKS)
    assert list(tmp_path.iterdir()) == [record]
