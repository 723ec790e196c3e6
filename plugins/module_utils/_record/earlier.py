# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Earlier records in a folder, the newest first: the drill before, and the last sweep.

What cannot be read is named and keeps nobody from drilling. Names begin with the time of the record, so they say which
is the newest; only as many files are opened as are needed, and never more than 300.
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
import re
import typing as t

from .._errors import InvalidInputError
from .._json import Json, once
from .._words import Kind
from .files import read_plain
from .previous import Earlier, Last, is_comparable
from .reading import read_record
from .results import Observations
from .sweep import of_same_array
from .types import AnyRecord, DrillRecord, NotReadable, SweepRecord

_MOST, _LARGEST = 300, 64 * 1024 * 1024
_SECOND = re.compile(r"\d{8}T\d{6}Z")
Fits = t.Callable[[Json], bool]


class Found(t.NamedTuple):
    """A record that fits, and its file."""

    record: AnyRecord
    file: str
    sha256: str


def drill_before(directory: str, record_id: str, seen: Observations) -> Earlier:
    """The last drill that can be compared with what was observed, and what older records could not be read."""
    problems: list[NotReadable] = []
    fits = is_comparable(record_id, seen)
    if fits is None:
        return Earlier()
    found = _newest(directory, Kind.DRILL, fits, problems)
    last = Last(found.record, found.file, found.sha256) if found and isinstance(found.record, DrillRecord) else None
    return Earlier(last, tuple(problems))


def last_sweep(directory: str, of: SweepRecord) -> tuple[str, SweepRecord] | None:
    """The file and the record of the last sweep of the same array; None where there is none that can be read."""
    found = _newest(directory, Kind.SWEEP, of_same_array(of), [])
    if found is None or not isinstance(found.record, SweepRecord):
        return None
    return os.path.join(directory, found.file), found.record


def _newest(directory: str, kind: Kind, fits: Fits, problems: list[NotReadable]) -> Found | None:
    paths = glob.glob(os.path.join(glob.escape(directory), f"{kind.value}-*.json"))
    for number, path in enumerate(sorted(paths, key=_age, reverse=True)):
        name = os.path.basename(path)
        if number == _MOST:
            problems.append(
                NotReadable(file=name, why=f"It and those before it: only the {_MOST} newest are looked at.")
            )
            break
        try:
            found = _read(directory, name, fits)
        except (InvalidInputError, OSError) as error:
            why = error.message if isinstance(error, InvalidInputError) else error.strerror or str(error)
            problems.append(NotReadable(file=name, why=why))
            continue
        if found is not None:
            return found
    return None


def _age(path: str) -> tuple[str, int]:
    """What says which of two is newer: the second in the name, and within it the file. Without one it is the oldest."""
    second = os.path.basename(path).split("-")[1]
    second = second if _SECOND.fullmatch(second) else ""
    try:
        return second, os.stat(path).st_mtime_ns
    except OSError:  # it is gone, or a link to nothing: reading it says so
        return second, 0


def _read(directory: str, name: str, fits: Fits) -> Found | None:
    """The record in a file; None where it does not fit. Raises InvalidInputError for what is no record, and OSError."""
    path = os.path.join(directory, name)
    if os.stat(path).st_size > _LARGEST:
        raise InvalidInputError(f"It is larger than {_LARGEST // 1024 // 1024} MiB, expected a record.")
    content = read_plain(path)
    try:
        data = json.loads(content.decode("utf-8"), object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(f"It is no JSON: {error}.") from error
    if not isinstance(data, dict):
        raise InvalidInputError("It is no record: expected an object.")
    if not fits(data):
        return None
    return Found(read_record(data, name), name, hashlib.sha256(content).hexdigest())
