# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record that a report is made from: read from its file, checked by its schema, made safe to show."""

from __future__ import annotations

import hashlib
import json
import os
import re
import typing as t
from dataclasses import dataclass

from .._errors import InvalidInputError
from .._json import Json
from .._record.schema import BY_KIND, SCHEMA_VERSION
from .._record.types import AnyRecord, Record
from .._record.validation import problems
from .files import read_plain
from .text import cleaned, cleaned_text

# The names of files come from the id, so it may hold nothing that a file system or a shell gives a meaning.
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_VERSION = re.compile(r"(\d+)\.(\d+)")
_SHOWN_PROBLEMS = 5


@dataclass(frozen=True)
class Source:
    """A valid record, and the file it is from."""

    record: AnyRecord
    file_name: str
    sha256: str

    @property
    def id(self) -> str:
        """The record's id."""
        return self.record.drill.id

    @property
    def stem(self) -> str:
        """What the names of all reports of this record begin with."""
        return f"{self.record.kind.value}-{self.id}"


def read_source(path: str) -> Source:
    """The record in that file. Raises InvalidInputError where there is none, or one that cannot be shown as it is."""
    try:
        content = read_plain(path)
    except OSError as error:
        raise InvalidInputError(
            f"The record {path} could not be read: {error.strerror or error}. Expected the path that "
            "drdrill.powerstore.drill_record returned, on the controller."
        ) from error
    data = _checked(_decoded(content, path), path)
    return Source(
        record=Record.from_json(t.cast(Json, cleaned(data))),
        file_name=cleaned_text(os.path.basename(path)),
        sha256=hashlib.sha256(content).hexdigest(),
    )


def _decoded(content: bytes, path: str) -> object:
    try:
        return t.cast(object, json.loads(content.decode("utf-8")))
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        raise InvalidInputError(
            f"{path} is no record: {error}. Expected the JSON file that drdrill.powerstore.drill_record wrote."
        ) from error


def _checked(record: object, path: str) -> Json:
    kind = record.get("kind") if isinstance(record, dict) else None
    if not isinstance(record, dict) or not isinstance(kind, str) or kind not in BY_KIND:
        raise InvalidInputError(
            f"{path} is no record: its kind is {kind!r:.80}, expected one of {', '.join(BY_KIND)}. "
            "Give the JSON file that drdrill.powerstore.drill_record wrote."
        )
    _check_version(record.get("schema_version"), path)
    found = problems(record, BY_KIND[kind])
    if found:
        more = f" and {len(found) - _SHOWN_PROBLEMS} more" if len(found) > _SHOWN_PROBLEMS else ""
        raise InvalidInputError(
            f"{path} is not a valid record of schema version {SCHEMA_VERSION}: "
            f"{'; '.join(found[:_SHOWN_PROBLEMS])}{more}. Was it changed by hand? Use the file as it was written."
        )
    if not _ID.fullmatch(record["drill"]["id"]):
        raise InvalidInputError(
            f"The id of the record {path} is {record['drill']['id']!r:.80}: expected letters, digits, '.', '_' and "
            "'-' only, as the names of the reports come from it."
        )
    return record


def _check_version(version: object, path: str) -> None:
    seen = _VERSION.fullmatch(version) if isinstance(version, str) else None
    known = tuple(int(part) for part in SCHEMA_VERSION.split("."))
    if seen and tuple(int(part) for part in seen.groups()) > known:
        raise InvalidInputError(
            f"The record {path} has schema version {version}, and this version of drdrill.powerstore knows up to "
            f"{SCHEMA_VERSION}: make the report with the version of the collection that wrote the record, or a "
            "newer one."
        )
