# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What became of records after they were written: changed, taken away, contradicted, accepted, rejected."""

from __future__ import annotations

import csv
import hashlib
import json
import typing as t
from pathlib import Path

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._json import Json
from tests.running import run_action
from tests.unit.makers.covered import ago, array, covered, document, now_on, record, rows
from tests.unit.makers.records import witness_record

ARRAYS = [array(now_on("a"))]


def chained(folder: Path) -> Path:
    """One record of a good test, in the chain of its folder; the path of the record."""
    assert document(covered(folder, ARRAYS, [record("a", at=ago(10))], output_directory=str(folder / "out")))
    assert not run_action("drill_chain", state="appended", directory=str(folder)).get("failed")
    return next(folder.glob("drill-*.json"))


def again(folder: Path) -> Json:
    return covered(folder, ARRAYS, output_directory=str(folder / "again"))


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def signed_off(path: Path, name: str, decision: str, *, met: bool = True) -> Json:
    agreed = json.loads(path.read_text())["drill"]["success_criteria"]
    judged = [{"criterion": each, "met": met, "comment": None if met else "Too slow."} for each in agreed]
    given: Json = {"name": name, "role": "CISO", "decision": decision, "method": "paper", "criteria": judged}
    result = run_action("drill_sign_off", record=str(path), **given)
    assert not result.get("failed"), result
    return result


def test_a_record_that_is_as_the_chain_has_it_is_counted_without_a_note(tmp_path: Path) -> None:
    chained(tmp_path)
    result = again(tmp_path)
    assert (result["state"], result["notes"]) == ("tested", [])


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (
            lambda path: path.write_text(path.read_text() + " "),
            "was changed: the chain",
        ),
        (lambda path: path.unlink(), "is in the chain of the folder, and the file is missing"),
        (lambda path: (path.parent / "chain.jsonl").write_text("{}\n"), "chain.jsonl is not sound"),
    ],
    ids=["changed", "missing", "broken"],
)
def test_what_is_not_as_the_chain_has_it_is_refused(
    spoil: t.Callable[[Path], object], said: str, tmp_path: Path
) -> None:
    spoil(chained(tmp_path))
    result = again(tmp_path)
    assert result["failed"] and said in result["msg"] and "nothing was written" in result["msg"], result
    assert not (tmp_path / "again").exists()


def test_a_record_that_is_not_in_the_chain_is_a_note(tmp_path: Path) -> None:
    chained(tmp_path)
    result = covered(tmp_path, ARRAYS, [record("a", at=ago(2), number=2)])
    assert result["state"] == "tested" and result["notes"][0].startswith("1 records are not in the chain"), result
    assert document(result)["records"]["not_in_the_chain"] == [f"drill-{ago(2):%Y%m%dT%H%M%SZ}-2.json"]


def test_a_folder_without_a_chain_is_a_note(tmp_path: Path) -> None:
    notes = covered(tmp_path, ARRAYS, [record("a", at=ago(2))])["notes"]
    assert notes == [
        "The folder of the records has no chain, so nothing shows whether a record was changed or taken away."
    ]


def test_what_the_arrays_logs_contradict_is_no_test_that_counts(tmp_path: Path) -> None:
    """An auditor compared it later; the record itself still says that it passed."""
    path = chained(tmp_path)
    witness = {**witness_record("contradicted"), "record_sha256": sha256(path)}
    (tmp_path / "witness-20260101T000000Z-x.json").write_text(json.dumps(witness))
    result = again(tmp_path)
    row = rows(result)["a"]
    assert (row["state"], row["last"]["verdict"], row["last_good"]) == ("failed_last", "failed", None)
    assert "witness-20260101T000000Z-x.json says: " in row["because"][0]["text"]
    # Of another record it says nothing.
    (tmp_path / "witness-20260101T000000Z-x.json").write_text(json.dumps({**witness, "record_sha256": "0" * 64}))
    assert again(tmp_path)["state"] == "tested"
    (tmp_path / "witness-20260101T000000Z-x.json").write_text("{}")
    assert "witness-20260101T000000Z-x.json" in again(tmp_path)["msg"]


def test_what_persons_said_of_it_is_shown(tmp_path: Path) -> None:
    path = chained(tmp_path)
    signed_off(path, "A. Osei", "accepted")
    result = again(tmp_path)
    row = rows(result)["a"]
    assert row["state"] == "tested" and [(each["name"], each["decision"]) for each in row["last"]["sign_offs"]] == [
        ("A. Osei", "accepted")
    ]
    with Path(result["files"]["csv"]).open(encoding="utf-8-sig", newline="") as file:
        assert [line["last_signed_off"] for line in csv.DictReader(file)] == ["accepted by A. Osei (CISO)"]
    assert "accepted by <bdi>A. Osei</bdi>" in Path(result["files"]["html"]).read_text(encoding="utf-8")


def test_what_a_person_rejected_is_no_test_that_counts_until_that_person_accepts_it(tmp_path: Path) -> None:
    path = chained(tmp_path)
    signed_off(path, "A. Osei", "accepted")
    rejection = signed_off(path, "B. Roy", "rejected", met=False)
    row = rows(again(tmp_path))["a"]
    assert row["state"] == "failed_last" and "Rejected by B. Roy (CISO) on " in row["because"][0]["text"]
    assert "(Too slow.)" in row["because"][0]["text"]
    signed_off(path, "A. Osei", "accepted")
    assert again(tmp_path)["state"] == "failed_last"
    signed_off(path, "B. Roy", "accepted")
    assert again(tmp_path)["state"] == "tested"
    Path(rejection["path"]).unlink()
    assert "and the file is missing" in again(tmp_path)["msg"]
