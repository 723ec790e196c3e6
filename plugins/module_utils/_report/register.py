# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The register of all drills: a CSV file with one line for each record, that several drills may add to at once."""

from __future__ import annotations

import csv
import fcntl
import io
import os
import time
import typing as t

from .._errors import InvalidInputError, OperationTimeoutError
from .._record.types import AbortRecord, DrillRecord
from .._time import format_time
from .._words import Verdict
from .source import Source
from .text import Count, one_line

COLUMNS: t.Final = (
    "record_id", "kind", "title", "scenario", "change_ticket", "array", "array_global_id", "started_at", "finished_at",
    "run_by", "awx_job_id", "verdict", "cleanup", "sessions", "sessions_passed", "rpo_met", "rpo_missed",
    "rpo_not_measured", "rto_objective_seconds", "rto_longest_seconds", "rto_met", "rto_missed", "rto_not_measured",
    "validations_passed", "validations_failed", "validations_not_executed", "deviations", "seconds_to_failover_ready",
    "collection_version", "powerstoreos_version", "record_file", "record_sha256",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20", "|", "%")
_LONGEST = 500
_MODE = 0o640
_LOCK_SECONDS, _LOCK_PAUSE = 60.0, 0.05


def csv_text(value: object) -> str:
    """A value as a spreadsheet shows it and never computes it: one line, and no formula (OWASP: CSV injection)."""
    if value is None:
        return ""
    if isinstance(value, (int, float)):
        return str(value)
    text = str(value)
    flat = one_line(text, _LONGEST)
    return f"'{flat}" if text.startswith(_FORMULA) or flat.startswith(_FORMULA) else flat


def register_row(source: Source) -> list[str]:
    """The line of a record, one text for each of `COLUMNS`."""
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
        "run_by": f"{record.who.controller_user}@{record.who.controller_host}",
        "awx_job_id": awx.job_id if awx else None,
        "verdict": record.verdict,
        "deviations": len(record.deviations),
        "sessions": len(record.sessions),
        "sessions_passed": sum(1 for session in record.sessions if session.verdict is Verdict.PASSED),
        **_results("rpo", [session.recovery_point.met for session in record.sessions]),
        "collection_version": record.versions.collection,
        "powerstoreos_version": record.versions.powerstoreos,
        "record_file": source.file_name,
        "record_sha256": source.sha256,
    }
    if isinstance(record, DrillRecord):
        values |= _figures(record)
    if isinstance(record, AbortRecord):
        values["seconds_to_failover_ready"] = record.seconds_to_failover_ready
    return [csv_text(values.get(column)) for column in COLUMNS]


def _figures(record: DrillRecord) -> dict[str, object]:
    """What only a drill measures."""
    judged = Count.of(check.passed for check in record.all_validations)
    measured = [session.rto.actual_seconds for session in record.sessions]
    return {
        "cleanup": record.cleanup.verdict,
        **_results("rto", [session.rto.met for session in record.sessions]),
        "rto_objective_seconds": record.objectives.rto_seconds,
        "rto_longest_seconds": max((seconds for seconds in measured if seconds is not None), default=None),
        "validations_passed": judged.met,
        "validations_failed": judged.missed,
        "validations_not_executed": judged.unknown,
    }


def _results(name: str, results: t.Iterable[bool | None]) -> dict[str, int]:
    count = Count.of(results)
    return {f"{name}_met": count.met, f"{name}_missed": count.missed, f"{name}_not_measured": count.unknown}


def is_registered(path: str, row: t.Sequence[str]) -> bool:
    """Whether the register has that line. Raises InvalidInputError for a file that is no register, and OSError."""
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return _has(file.read(), row, path)
    except FileNotFoundError:
        return False
    except UnicodeDecodeError as error:
        raise _no_register(path, str(error)) from error


def add_to_register(path: str, row: t.Sequence[str]) -> bool:
    """Append a line unless it is there; whether it was appended. The folder must be there.

    The file is locked from reading to writing, so that no line is torn and none is there twice. Raises
    InvalidInputError, OperationTimeoutError where another process keeps the lock, and OSError.
    """
    with open(os.open(path, os.O_RDWR | os.O_CREAT, _MODE), "r+b") as file:
        _lock(file.fileno(), path)
        content = file.read()
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise _no_register(path, str(error)) from error
        if _has(text, row, path):
            return False
        lines = _line(row) if text else _line(COLUMNS) + _line(row)
        if not text:
            os.fchmod(file.fileno(), _MODE)
        _append(file, len(content), lines if not text or text.endswith("\n") else "\n" + lines)
    return True


def _append(file: t.BinaryIO, end: int, lines: str) -> None:
    """Append all or nothing: a full disk leaves the register as it was."""
    try:
        file.seek(end)
        file.write(lines.encode("utf-8"))
        file.flush()
        os.fsync(file.fileno())
    except OSError:
        os.ftruncate(file.fileno(), end)
        raise


def _lock(handle: int, path: str) -> None:
    deadline = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > deadline:
                raise OperationTimeoutError(
                    f"The register {path} is locked by another process for more than {_LOCK_SECONDS:g} s: expected it "
                    "to be free after an instant. Find out which (lsof), then run the task again."
                ) from error
            time.sleep(_LOCK_PAUSE)
        else:
            return


def _has(content: str, row: t.Sequence[str], path: str) -> bool:
    """Whether a register's text has the line. Raises InvalidInputError for another one of the same record."""
    if not content:
        return False
    try:
        rows = list(csv.reader(io.StringIO(content, newline=""), strict=True))
    except csv.Error as error:
        raise _no_register(path, str(error)) from error
    if tuple(rows[0]) != COLUMNS:
        raise _no_register(path, f"its first line is {','.join(rows[0])!r:.80}")
    for number, seen in enumerate(rows[1:], start=2):
        if seen and len(seen) != len(COLUMNS):
            raise _no_register(path, f"entry {number} has {len(seen)} columns instead of {len(COLUMNS)}")
        if seen and seen[0] == row[0]:
            if seen[-1] == row[-1]:
                return True
            raise InvalidInputError(
                f"The register {path} has record {row[0]} already, made from a file with another content (SHA-256 "
                f"{seen[-1]}, now {row[-1]}). A record never changes: find out which of the two is the one "
                "that was written."
            )
    return False


def _no_register(path: str, why: str) -> InvalidInputError:
    return InvalidInputError(
        f"{path} is not a register of this version of drdrill.powerstore: {why}. Nothing was added. Mend it, move it "
        "away, or give another path as register."
    )


def _line(values: t.Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(values)
    return text.getvalue()
