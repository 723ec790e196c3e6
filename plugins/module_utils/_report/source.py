# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record that a report is made from: read from its file, checked by its schema, made safe to show."""

from __future__ import annotations

import hashlib
import json
import os
import typing as t
from dataclasses import dataclass

from .._errors import InvalidInputError
from .._record.clean import cleaned, cleaned_text
from .._record.reading import read_record
from .._record.types import AnyRecord
from .files import read_plain


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
    return Source(
        record=read_record(cleaned(_decoded(content, path)), path),
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
