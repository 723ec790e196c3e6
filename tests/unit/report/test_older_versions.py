# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records and a register that version 1.0 wrote: reports are made of them, and the register goes on."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from tests.unit.makers.records import drill_record
from tests.unit.makers.reporting import run_report, write_record

WRITTEN = Path(__file__).parents[1] / "record/written_by_1_0"


@pytest.mark.parametrize("path", sorted(WRITTEN.glob("*.json")), ids=lambda path: path.name)
def test_every_report_is_made_of_a_record_of_version_1_0(tmp_path: Path, path: Path) -> None:
    result = run_report(record=path, directory=tmp_path, formats=["html", "junit", "csv", "markdown"])

    assert "failed" not in result, result.get("msg")
    assert sorted(result["files"]) == ["csv", "html", "junit", "markdown"]
    assert all(Path(file).read_text(encoding="utf-8-sig").strip() for file in result["files"].values())


def test_the_register_of_version_1_0_is_extended(tmp_path: Path) -> None:
    register = tmp_path / "register.csv"
    shutil.copy(WRITTEN / "register.csv", register)
    before = register.read_text(encoding="utf-8-sig")
    result = run_report(record=write_record(tmp_path, drill_record()), formats=["csv"], register=register)

    assert "failed" not in result, result.get("msg")
    after = register.read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(after.splitlines()))
    assert after.startswith(before)
    assert len(rows) == len(before.splitlines())
    assert rows[-1]["record_id"] == drill_record()["drill"]["id"] and rows[-1]["verdict"] == "passed"
