# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading a record: by the schema of its own version, and lifted to the newest in memory. Pure.

Versions grow by additions, so a field that a record does not have yet is None, or an empty list. A record of a newer
minor version is read with what is known of it.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import replace

from .._errors import InvalidInputError
from .._words import Kind
from .published import NEWEST, VERSIONS, order, published, schema_of
from .types import AnyRecord, Record
from .validation import Check

# The names of files come from the id, so it may hold nothing that a file system or a shell gives a meaning.
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_VERSION = re.compile(r"\d{1,9}\.\d{1,9}")
_SHOWN_PROBLEMS = 5


def problems(data: t.Any, kind: Kind, version: str = NEWEST, *, lenient: bool = False) -> list[str]:
    """What in a record is not as the schema of that version has it, each with its place."""
    return Check(published(version)["$defs"], lenient).problems(data, schema_of(kind, version))


def read_record(data: object, name: str) -> AnyRecord:
    """A record from JSON; ``name`` is what messages call it. Raises InvalidInputError for what is no valid record."""
    kind = data.get("kind") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(kind, str) or kind not in set(Kind):
        raise InvalidInputError(
            f"{name} is no record: its kind is {kind!r:.80}, expected one of {', '.join(Kind)}. "
            "Give the JSON file that drdrill.powerstore.drill_record wrote."
        )
    _check(data, Kind(kind), name)
    try:
        record = Record.from_json(data)
    except ValueError as error:  # what the schema allows and no type holds, a time in the year 1 for example
        raise InvalidInputError(f"{name} is not a record that can be read: {error}. Was it changed by hand?") from error
    if not _ID.fullmatch(record.drill.id):
        raise InvalidInputError(
            f"The id of the record {name} is {record.drill.id!r:.80}: expected letters, digits, '.', '_' and "
            "'-' only, as the names of the reports come from it."
        )
    return replace(record, schema_version=NEWEST)


def _check(data: dict[str, t.Any], kind: Kind, name: str) -> None:
    written = data.get("schema_version")
    version = written if isinstance(written, str) and _VERSION.fullmatch(written) else NEWEST
    if order(version)[0] > order(NEWEST)[0]:
        raise InvalidInputError(
            f"The record {name} has schema version {version}, and this version of drdrill.powerstore knows up to "
            f"{NEWEST}: use the version of the collection that wrote the record, or a newer one."
        )
    if version in VERSIONS:
        found = problems(data, kind, version)
    elif order(version) > order(NEWEST):  # what was added is not known here, what was there before is
        found = problems({**data, "schema_version": NEWEST}, kind, lenient=True)
    else:
        found = [f"there is no such version; known are {', '.join(VERSIONS)}"]
    if found:
        more = f" and {len(found) - _SHOWN_PROBLEMS} more" if len(found) > _SHOWN_PROBLEMS else ""
        raise InvalidInputError(
            f"{name} is not a valid record of schema version {version}: "
            f"{'; '.join(found[:_SHOWN_PROBLEMS])}{more}. Was it changed by hand? Use the file as it was written."
        )
