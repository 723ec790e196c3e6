# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module drill_report: which files it writes, and when it refuses."""

from __future__ import annotations

import json
import os
import stat
import typing as t
from pathlib import Path

import pytest

from tests.unit.makers.records import SAMPLES, Filling, Json, drill_record, filled, invalid
from tests.unit.makers.reporting import run_report, write_record

STEM = "drill-20261123T200100Z-powerstore-dr-1f2e3d4c"


def mode(path: Path | str) -> int:
    return stat.S_IMODE(os.stat(path).st_mode)


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """A drill's record in a folder of its own."""
    folder = tmp_path / "records"
    folder.mkdir()
    return write_record(folder, drill_record())


@pytest.mark.parametrize("name", SAMPLES)
def test_the_samples_are_valid_records(name: str) -> None:
    assert invalid(SAMPLES[name]()) == []


def test_four_files_beside_the_record(record: Path) -> None:
    result = run_report(record=record)

    assert result["changed"] is True
    assert result["files"] == {
        "html": str(record.with_suffix(".html")),
        "junit": str(record.with_suffix(".junit.xml")),
        "markdown": str(record.with_suffix(".md")),
        "csv": str(record.parent / "register.csv"),
    }
    assert sorted(os.listdir(record.parent)) == sorted(
        [f"{STEM}.json", *(os.path.basename(path) for path in result["files"].values())]
    )
    assert {mode(path) for path in result["files"].values()} == {0o640}


def test_a_second_run_changes_nothing(record: Path) -> None:
    first = run_report(record=record)
    before = {path: Path(path).read_bytes() for path in first["files"].values()}
    second = run_report(record=record)

    assert (second["changed"], second["files"]) == (False, first["files"])
    assert {path: Path(path).read_bytes() for path in before} == before


def test_check_mode_predicts_and_writes_nothing(record: Path) -> None:
    predicted = run_report(record=record, check=True)
    assert os.listdir(record.parent) == [record.name]
    real = run_report(record=record)

    assert predicted == real
    assert run_report(record=record, check=True)["changed"] is False


def test_only_the_formats_asked_for_in_the_folders_asked_for(record: Path, tmp_path: Path) -> None:
    directory, register = tmp_path / "new" / "results", tmp_path / "all" / "drills.csv"
    result = run_report(record=record, formats=["junit", "csv"], directory=directory, register=register)

    assert result["files"] == {"junit": str(directory / f"{STEM}.junit.xml"), "csv": str(register)}
    assert mode(directory) == mode(register.parent) == 0o750
    assert os.listdir(directory) == [f"{STEM}.junit.xml"]


def test_the_home_folder_is_known(record: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(record.parent))

    assert run_report(record=f"~/{record.name}", formats=["markdown"])["files"]["markdown"].startswith(
        str(record.parent)
    )


def test_a_report_is_never_overwritten(record: Path) -> None:
    path = record.with_suffix(".html")
    path.write_text("something else")
    result = run_report(record=record)

    assert result["failed"] and "never overwritten" in result["msg"] and str(path) in result["msg"]
    assert path.read_text() == "something else"
    assert sorted(os.listdir(record.parent)) == sorted([record.name, path.name])


def spoiled(**changes: t.Any) -> Json:
    return {**drill_record(), **changes}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "is no record"),
        (b"\xff\xfe", "is no record"),
        (b"[" * 100_000, "is no record"),
        (b"[]", "its kind is None"),
        (b'{"verdict": "failed", "verdict": "passed"}', "the key verdict is there more than once"),
        (b'{"kind": ["drill"]}', "its kind is ['drill']"),
        (json.dumps(spoiled(schema_version="2.0")).encode(), "knows up to 1."),
        (json.dumps(spoiled(schema_version=None)).encode(), "record.schema_version is None"),
        (json.dumps(spoiled(verdict="fine")).encode(), "record.verdict is 'fine'"),
        (
            json.dumps(filled("drill", Filling(moment="0001-01-01T00:00:00Z"))).encode(),
            "is not a record that can be read",
        ),
        (json.dumps(spoiled(more=1)).encode(), "record.more is not a part of the record"),
        (json.dumps(spoiled(drill={**drill_record()["drill"], "id": "../../x"})).encode(), "The id of the record"),
    ],
)
def test_what_is_no_record_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "drill.json"
    path.write_bytes(content)
    result = run_report(record=path)

    assert result["failed"] and message in result["msg"] and str(path) in result["msg"]
    assert os.listdir(tmp_path) == ["drill.json"]


@pytest.mark.parametrize("end", [".json", ".html"])
def test_a_fifo_is_not_waited_for(tmp_path: Path, end: str) -> None:
    """Neither as the record nor where a report is to be."""
    path = tmp_path / "drill.json" if end == ".json" else write_record(tmp_path, drill_record())
    os.mkfifo(path.with_suffix(end))

    assert "is a FIFO" in run_report(record=path)["msg"]


def test_a_record_that_is_not_there(tmp_path: Path) -> None:
    assert "No such file" in run_report(record=tmp_path / "gone.json")["msg"]


def test_a_folder_that_cannot_be_made(record: Path) -> None:
    result = run_report(record=record, directory=record / "below-a-file")

    assert (result["failed"] and "could not be written" in result["msg"]) or "Not a directory" in result["msg"]
