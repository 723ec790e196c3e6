# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The CSV register: one line for each record, whole, once, and no formula in it."""

from __future__ import annotations

import csv
import fcntl
import multiprocessing
import os
import typing as t
from pathlib import Path

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._errors import InvalidInputError, OperationTimeoutError
from ansible_collections.drdrill.powerstore.plugins.module_utils._record import appending
from ansible_collections.drdrill.powerstore.plugins.module_utils._report.register import (
    COLUMNS,
    add_to_register,
    csv_text,
    is_registered,
    register_row,
)
from tests.unit.makers.records import SAMPLES, failed_record
from tests.unit.makers.reporting import hostile, newest_record, source_of

HEADER = ",".join(COLUMNS)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def a_row(number: int = 0) -> dict[str, str]:
    return {
        **dict.fromkeys(COLUMNS, "value, with a comma"),
        "record_id": f"r-{number}",
        "record_sha256": f"sha-{number}",
    }


def test_the_line_of_a_failed_drill(tmp_path: Path) -> None:
    line = register_row(source_of(tmp_path, failed_record()))

    assert {name: line[name] for name in COLUMNS[11:28]} == {
        "verdict": "failed", "cleanup": "failed", "sessions": "3", "sessions_passed": "0", "rpo_met": "2",
        "rpo_missed": "1", "rpo_not_measured": "0", "rto_objective_seconds": "120", "rto_longest_seconds": "171.0",
        "rto_met": "1", "rto_missed": "1", "rto_not_measured": "1", "validations_passed": "3",
        "validations_failed": "1", "validations_not_executed": "2", "deviations": "5", "seconds_to_failover_ready": "",
    }  # fmt: skip


def test_what_version_1_1_measures_is_at_the_end_of_the_line(tmp_path: Path) -> None:
    line = register_row(source_of(tmp_path, newest_record() | {"run_id": "run-1"}))

    assert list(line.values())[COLUMNS.index("run_id") :][:4] == ["run-1", "171.0", "no", "173.0"]


@pytest.mark.parametrize("name", SAMPLES)
def test_every_kind_has_a_line(tmp_path: Path, name: str) -> None:
    assert tuple(register_row(source_of(tmp_path, SAMPLES[name]()))) == COLUMNS


def test_a_header_then_each_record_once(tmp_path: Path) -> None:
    path = tmp_path / "register.csv"

    assert [add_to_register(str(path), a_row(number)) for number in (1, 2, 1)] == [True, True, False]
    assert rows(path) == [a_row(1), a_row(2)]
    assert path.read_bytes().startswith(b"\xef\xbb\xbfrecord_id,kind,")
    assert [is_registered(str(path), a_row(number)) for number in (1, 3)] == [True, False]


def test_a_register_of_another_version_is_written_under_its_own_header(tmp_path: Path) -> None:
    """It has a column that nobody here knows, lacks some, and has them in another order; a line lacks one, too."""
    path = tmp_path / "register.csv"
    header = ["seal", "record_sha256", "record_id", "title"]
    path.write_text(f"{','.join(header)}\ncorroborated,sha-7,r-7\n", encoding="utf-8")

    assert [add_to_register(str(path), a_row(number)) for number in (7, 8)] == [False, True]
    assert path.read_text(encoding="utf-8").splitlines()[:2] == [",".join(header), "corroborated,sha-7,r-7"]
    assert rows(path)[1] == {
        "seal": "",
        "record_sha256": "sha-8",
        "record_id": "r-8",
        "title": "value, with a comma",
    }


def test_a_register_of_the_first_version_without_a_bom_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "register.csv"
    path.write_text(f"{HEADER}\n", encoding="utf-8")
    add_to_register(str(path), a_row(1))

    assert path.read_bytes().startswith(b"record_id,") and rows(path) == [a_row(1)]


def test_empty_columns_that_a_spreadsheet_saved_too_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "register.csv"
    add_to_register(str(path), a_row(1))
    path.write_text("".join(f"{line},,,\r\n" for line in path.read_text(encoding="utf-8-sig").splitlines()))
    assert add_to_register(str(path), a_row(2)) and is_registered(str(path), a_row(1))
    assert [line[-5:] for line in path.read_bytes().splitlines(keepends=True)] == [b",,,\r\n"] * 3


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_a_register_that_a_spreadsheet_has_saved_goes_on_as_it_is(tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "register.csv"
    path.write_bytes(f"\ufeff{HEADER}\r\n".replace(",", delimiter).encode())
    for _again in range(2):
        add_to_register(str(path), a_row(1))
    text = path.read_bytes().decode("utf-8-sig")

    assert text.count("\r\n") == text.count("\n") == 2
    assert list(csv.DictReader(text.splitlines(), delimiter=delimiter)) == [a_row(1)]


@pytest.fixture(params=["a FIFO", "a device", "a folder"])
def special(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Something that is no plain file."""
    if request.param == "a device":
        return Path("/dev/null")
    path = tmp_path / "special"
    (os.mkfifo if request.param == "a FIFO" else os.mkdir)(path)
    return path


@pytest.mark.parametrize("linked", [False, True])
def test_what_is_no_plain_file_is_refused_at_once(special: Path, linked: bool, tmp_path: Path) -> None:
    path = tmp_path / "register.csv" if linked else special
    if linked:
        path.symlink_to(special)

    for use in (add_to_register, is_registered):
        with pytest.raises(InvalidInputError, match="expected a plain file"):
            use(str(path), a_row())


def test_a_link_to_a_plain_file_is_followed(tmp_path: Path) -> None:
    (tmp_path / "register.csv").symlink_to(tmp_path / "elsewhere.csv")
    add_to_register(str(tmp_path / "register.csv"), a_row())

    assert rows(tmp_path / "elsewhere.csv") == [a_row()]


@pytest.mark.parametrize("separator", [",", ";", "|", "\t", "; ", ';"', ',  "'])
@pytest.mark.parametrize("sign", ["=", "+", "-", "@"])
def test_no_formula_behind_what_another_locale_takes_for_a_separator(sign: str, separator: str) -> None:
    assert csv_text(f"x{separator}{sign}1+1") == " ".join(f"x{separator}'{sign}1+1".split())


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "\uff1d", "|", "%"])
def test_no_formula(sign: str) -> None:
    assert csv_text(f"{sign}cmd()").startswith("'")


@pytest.mark.parametrize(
    ("value", "text"), [(None, ""), (-0.5, "-0.5"), (3, "3"), ("a\nb", "a b"), ("erp-db", "erp-db")]
)
def test_plain_values(value: object, text: str) -> None:
    assert csv_text(value) == text


@pytest.mark.parametrize("kind", ["drill", "readiness", "abort"])
def test_hostile_texts_stay_one_line_without_a_formula(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "register.csv"
    add_to_register(str(path), register_row(hostile(tmp_path, kind)))

    assert len(path.read_text(encoding="utf-8").splitlines()) == 2
    text = path.read_text(encoding="utf-8-sig").splitlines()[1]
    for delimiter in ",;|":
        (cells,) = csv.reader([text], delimiter=delimiter)
        assert not [cell for cell in cells if cell.lstrip(' "').startswith(("=", "+", "-", "@"))], delimiter


def test_another_content_of_the_same_record_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "register.csv"
    add_to_register(str(path), a_row())

    with pytest.raises(InvalidInputError, match="has record r-0 already"):
        add_to_register(str(path), a_row() | {"record_sha256": "another"})


@pytest.mark.parametrize(
    "content",
    [
        "id;title\n",
        f"{HEADER}\nr-1,torn",
        f'{HEADER}\n"unclosed',
        f"{HEADER}\n{',' * 99}\n",
        f"{HEADER},kind\n",
        "\udcff",
    ],
)
def test_what_is_no_register_is_left_alone(tmp_path: Path, content: str) -> None:
    path = tmp_path / "register.csv"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))

    for use in (add_to_register, is_registered):
        with pytest.raises(InvalidInputError, match="is not a register"):
            use(str(path), a_row())
    assert path.read_bytes() == content.encode("utf-8", "surrogateescape")


def test_a_last_line_without_its_end_gets_it(tmp_path: Path) -> None:
    path = tmp_path / "register.csv"
    add_to_register(str(path), a_row(1))
    path.write_text(path.read_text().rstrip("\n"))
    add_to_register(str(path), a_row(2))

    assert rows(path) == [a_row(1), a_row(2)]


def test_a_full_disk_leaves_the_register_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "register.csv"
    add_to_register(str(path), a_row(1))
    before = path.read_bytes()

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(appending.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        add_to_register(str(path), a_row(2))
    assert path.read_bytes() == before


def test_a_lock_that_stays_is_not_waited_for_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(appending, "_LOCK_SECONDS", 0.0)
    path = tmp_path / "register.csv"
    with path.open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(OperationTimeoutError, match="is locked by another process"):
            add_to_register(str(path), a_row())


def _add_many(path: str, first: int) -> None:
    for number in range(first, first + 25):
        add_to_register(path, a_row(number))
        add_to_register(path, a_row(-1))


def test_parallel_drills_tear_no_line(tmp_path: Path) -> None:
    path = tmp_path / "register.csv"
    start: t.Any = multiprocessing.get_context("fork")
    writers = [start.Process(target=_add_many, args=(str(path), 25 * number)) for number in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(120)

    assert [writer.exitcode for writer in writers] == [0] * 4
    assert sorted(row["record_id"] for row in rows(path)) == sorted(f"r-{number}" for number in range(-1, 100))
    assert all(row == a_row(int(row["record_id"][2:])) for row in rows(path))


def test_how_much_there_is_and_what_a_sweep_found_are_at_the_end_of_the_line(tmp_path: Path) -> None:
    line = register_row(source_of(tmp_path, newest_record()))
    assert (line["testable"], line["not_selected"], line["drill_before"]) == ("12", "8", "")

    sweep = register_row(source_of(tmp_path, SAMPLES["sweep"]()))
    assert (sweep["tests_found"], sweep["overdue_left"], sweep["testable"]) == ("2", "1", "")
