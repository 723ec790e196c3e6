# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading a record: by the schema of its own version, and lifted to the newest in memory. Pure.

Versions grow by additions, so a field that a record does not have yet is None, or an empty list. A record of a newer
minor version is read with what is known of it.
"""

from __future__ import annotations

import functools
import re
import typing as t
from dataclasses import replace

from .._errors import InvalidInputError
from .._words import Kind
from .published import NEWEST, VERSIONS, order, published, schema_of
from .types import AnyRecord, record_from_json
from .validation import Check

# The names of files come from the id, so it may hold nothing that a file system or a shell gives a meaning.
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_VERSION = re.compile(r"\d{1,9}\.\d{1,9}")
_SHOWN_PROBLEMS = 5


def problems(data: t.Any, kind: Kind, version: str = NEWEST, *, lenient: bool = False) -> list[str]:
    """What in a record is not as the schema of that version has it, each with its place."""
    return _check_of(version, lenient).problems(data, schema_of(kind, version))


@functools.cache
def _check_of(version: str, lenient: bool) -> Check:
    return Check(published(version)["$defs"], lenient)


def read_record(data: object, name: str) -> AnyRecord:
    """A record from JSON; ``name`` is what messages call it. Raises InvalidInputError for what is no valid record."""
    checked = checked_record(data, name)
    try:
        record = record_from_json(checked)
    except ValueError as error:  # what the schema allows and no type holds, a time in the year 1 for example
        raise not_readable(name, str(error)) from error
    return replace(record, schema_version=NEWEST)


def checked_id(record_id: str) -> str:
    """An id that the name of a file may be made of. Raises InvalidInputError for another one."""
    if not _ID.fullmatch(record_id):
        raise InvalidInputError(
            f"The id of the drill is {record_id!r:.80}: expected letters, digits, '.', '_' and '-' only, at most 200. "
            "The journal was changed by somebody. Nothing was written."
        )
    return record_id


def not_readable(name: str, why: str) -> InvalidInputError:
    """What is said of a record that its schema accepts and that the types cannot hold."""
    return InvalidInputError(f"{name} is not a record that can be read: {why}. Was it changed by hand?")


def checked_record(data: object, name: str) -> dict[str, t.Any]:
    """The JSON of a record that is as the schema of its version has it. Raises InvalidInputError as `read_record`."""
    kind = data.get("kind") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(kind, str) or kind not in set(Kind):
        raise InvalidInputError(
            f"{name} is no record: its kind is {kind!r:.80}, expected one of {', '.join(Kind)}. "
            "Give the JSON file that drdrill.powerstore.drill_record wrote."
        )
    _check(data, Kind(kind), name)
    record_id = data["drill"]["id"]
    if not _ID.fullmatch(record_id):
        raise InvalidInputError(
            f"The id of the record {name} is {record_id!r:.80}: expected letters, digits, '.', '_' and "
            "'-' only, as the names of the reports come from it."
        )
    return data


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
