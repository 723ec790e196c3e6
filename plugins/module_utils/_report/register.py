# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The register of all drills: a CSV file with one line for each record, that several drills may add to at once.

The file's own header says which columns there are, in which order: it may be older or newer than this code, or have
columns that somebody added. A line gets what the header names, and an empty place for what is not known here.
"""

from __future__ import annotations

import csv
import io
import os
import re
import typing as t
from dataclasses import dataclass

from .._errors import InvalidInputError
from .._record import appending
from .._record.application import Measured
from .._record.files import open_plain, read_plain
from .._record.types import AbortRecord, DrillRecord, SweepRecord, WitnessRecord
from .._text import one_line
from .._time import format_time
from .._words import Verdict
from .source import Source
from .text import Count

COLUMNS: t.Final = (
    "record_id", "kind", "title", "scenario", "change_ticket", "array", "array_global_id", "started_at", "finished_at",
    "run_by", "awx_job_id", "verdict", "cleanup", "sessions", "sessions_passed", "rpo_met", "rpo_missed",
    "rpo_not_measured", "rto_objective_seconds", "rto_longest_seconds", "rto_met", "rto_missed", "rto_not_measured",
    "validations_passed", "validations_failed", "validations_not_executed", "deviations", "seconds_to_failover_ready",
    "collection_version", "powerstoreos_version", "record_file", "record_sha256", "run_id", "recovery_time_seconds",
    "recovery_time_met", "longest_without_failover_seconds", "witness", "witness_of",
    "testable", "not_selected", "tests_found", "overdue_left", "drill_before",
)  # fmt: skip
_YES_NO: t.Final[t.Mapping[bool | None, str]] = {True: "yes", False: "no", None: ""}
_ID, _SHA256 = "record_id", "record_sha256"
_BOM = "\ufeff"  # without it Excel takes the file for another encoding
_DELIMITERS = ",;\t"  # the last two, where a spreadsheet has saved the file
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20", "|", "%")
# A spreadsheet of another locale takes another sign for the separator, and what follows it for a cell.
_CELL = re.compile(r'([,;|\t\r\n][\s"]*)(?=[=+\-@%\uff1d\uff0b\uff0d\uff20])')
_LONGEST = 500
_MODE = 0o640

Row = t.Mapping[str, str]


def csv_text(value: object) -> str:
    """A value as a spreadsheet shows it and never computes it: one line, and no formula (OWASP: CSV injection)."""
    if value is None:
        return ""
    if isinstance(value, (int, float)):
        return str(value)
    text = str(value)
    flat = one_line(_CELL.sub(r"\1'", text), _LONGEST)
    return f"'{flat}" if text.startswith(_FORMULA) or flat.startswith(_FORMULA) else flat


def register_row(source: Source) -> Row:
    """The line of a record: a text for each of `COLUMNS`."""
    record = source.record
    awx = record.who.awx
    values: dict[str, object] = {
        "record_id": source.id,
        "kind": record.kind,
        "title": record.drill.title,
        "scenario": record.drill.scenario,
        "change_ticket": record.drill.change_ticket,
        "array": record.array.name or record.array.host,
        "array_global_id": record.array.global_id,
        "started_at": format_time(record.times.started_at),
        "finished_at": format_time(record.times.finished_at),
        "run_by": awx.launched_by if awx else f"{record.who.controller_user}@{record.who.controller_host}",
        "awx_job_id": awx.job_id if awx else None,
        "verdict": record.verdict,
        "deviations": len(record.deviations),
        "sessions": len(record.sessions),
        "sessions_passed": sum(1 for session in record.sessions if session.verdict is Verdict.PASSED),
        **_results("rpo", [Measured.rpo(session).met for session in record.sessions]),
        "collection_version": record.versions.collection,
        "powerstoreos_version": record.versions.powerstoreos,
        "record_file": source.file_name,
        "record_sha256": source.sha256,
        "run_id": record.run_id,
    }
    if record.scope.population:
        values |= {
            "testable": record.scope.population.testable,
            "not_selected": record.scope.population.not_selected,
        }
    if isinstance(record, DrillRecord):
        values |= _figures(record)
    if isinstance(record, AbortRecord):
        values["seconds_to_failover_ready"] = record.seconds_to_failover_ready
    if isinstance(record, SweepRecord):
        values |= {"tests_found": record.tests_found, "overdue_left": len(record.overdue_left)}
    if isinstance(record, WitnessRecord):
        values |= {"witness": record.witness.verdict, "witness_of": record.record_id}
    return {column: csv_text(values.get(column)) for column in COLUMNS}


def _figures(record: DrillRecord) -> dict[str, object]:
    """What only a drill measures."""
    judged = Count.of(check.passed for check in record.all_validations)
    measured = [session.rto.actual_seconds for session in record.sessions]
    blocked = [session.failover_blocked.seconds for session in record.sessions if session.failover_blocked]
    return {
        "cleanup": record.cleanup.verdict,
        **_results("rto", [session.rto.met for session in record.sessions]),
        "rto_objective_seconds": record.objectives.rto_seconds,
        "rto_longest_seconds": max((seconds for seconds in measured if seconds is not None), default=None),
        "recovery_time_seconds": record.rto.actual_seconds if record.rto else None,
        "recovery_time_met": _YES_NO[record.rto.met if record.rto else None],
        "longest_without_failover_seconds": max((seconds for seconds in blocked if seconds is not None), default=None),
        "witness": record.witness.verdict if record.witness else None,
        "drill_before": record.previous.id if record.previous else None,
        "validations_passed": judged.met,
        "validations_failed": judged.missed,
        "validations_not_executed": judged.unknown,
    }


def _results(name: str, results: t.Iterable[bool | None]) -> dict[str, int]:
    count = Count.of(results)
    return {f"{name}_met": count.met, f"{name}_missed": count.missed, f"{name}_not_measured": count.unknown}


def is_registered(path: str, row: Row) -> bool:
    """Whether the register has that line. Raises InvalidInputError for a file that is no register, and OSError."""
    try:
        content = read_plain(path)
    except FileNotFoundError:
        return False
    return bool(content) and _Table.read(content, path).has(row)


def add_to_register(path: str, row: Row) -> bool:
    """Append a line unless it is there; whether it was appended. The folder must be there.

    The file is locked from reading to writing, so that no line is torn and none is there twice. Raises
    InvalidInputError, OperationTimeoutError where another process keeps the lock, and OSError.
    """
    with open_plain(path, _MODE) as file:
        appending.lock(file.fileno(), f"The register {path}")
        content = file.read()
        if not content:
            os.fchmod(file.fileno(), _MODE)
            table = _Table(path, COLUMNS, [])
            appending.append(
                file, 0, (_BOM + table.line(dict(zip(COLUMNS, COLUMNS, strict=True))) + table.line(row)).encode()
            )
            return True
        table = _Table.read(content, path)
        if table.has(row):
            return False
        appending.append(file, len(content), (("" if table.ended else table.end) + table.line(row)).encode())
    return True


@dataclass(frozen=True)
class _Table:
    """A register that was read: its header, its lines, and how it is written."""

    path: str
    header: t.Sequence[str]
    rows: t.Sequence[Row]
    delimiter: str = ","
    end: str = "\n"
    ended: bool = True  # whether the last line has its end

    @classmethod
    def read(cls, content: bytes, path: str) -> _Table:
        """From the bytes of a file. Raises InvalidInputError for what is no register, or has a torn line."""
        try:
            text = content.decode("utf-8-sig")
            first = text.partition("\n")[0]
            delimiter = max(_DELIMITERS, key=first.count)
            lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
        except (UnicodeDecodeError, csv.Error) as error:
            raise _no_register(path, str(error)) from error
        header = lines[0] if lines else []
        named = [name for name in header if name.strip()]  # a spreadsheet saves empty columns, too
        if not {_ID, _SHA256} <= set(named) or len(set(named)) < len(named):
            raise _no_register(
                path, f"its first line is {first!r:.80}, expected columns {_ID} and {_SHA256}, none twice"
            )
        ended = text.endswith("\n")
        for number, line in enumerate(lines[1:], start=2):
            torn = len(line) < len(header) and number == len(lines) and not ended
            if len(line) > len(header) or torn:
                raise _no_register(path, f"line {number} has {len(line)} columns, the first one has {len(header)}")
        rows = [dict(zip(header, line, strict=False)) for line in lines[1:] if line]
        return cls(path, header, rows, delimiter, "\r\n" if first.endswith("\r") else "\n", ended)

    def has(self, row: Row) -> bool:
        """Whether the line is there. Raises InvalidInputError for another one of the same record."""
        for seen in self.rows:
            if seen.get(_ID) == row[_ID]:
                if seen.get(_SHA256) == row[_SHA256]:
                    return True
                raise InvalidInputError(
                    f"The register {self.path} has record {row[_ID]} already, made from a file with another content "
                    f"(SHA-256 {seen.get(_SHA256)}, now {row[_SHA256]}). A record never changes: find out which of the "
                    "two is the one that was written."
                )
        return False

    def line(self, row: Row) -> str:
        """A line under the header: empty where the row has nothing."""
        text = io.StringIO()
        writer = csv.writer(text, delimiter=self.delimiter, lineterminator=self.end)
        writer.writerow([row.get(column, "") for column in self.header])
        return text.getvalue()


def _no_register(path: str, why: str) -> InvalidInputError:
    return InvalidInputError(
        f"{path} is not a register of drdrill.powerstore: {why}. Nothing was added. Repair it, move it away, or give "
        "another path as register."
    )
