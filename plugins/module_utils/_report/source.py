# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record that a report is made from: read from its file, checked by its schema, made safe to show."""

from __future__ import annotations

import contextlib
import glob
import hashlib
import json
import os
import typing as t
from dataclasses import dataclass

from .._errors import InvalidInputError
from .._json import once
from .._record.clean import cleaned, cleaned_text
from .._record.files import read_plain
from .._record.reading import read_record
from .._record.sign_offs import SignedOff, sign_offs_of
from .._record.types import AnyRecord, WitnessRecord
from .._words import Kind


@dataclass(frozen=True)
class Source:
    """A valid record, and the file it is from."""

    record: AnyRecord
    file_name: str
    sha256: str
    witnesses: tuple[WitnessRecord, ...] = ()  # those of the same folder that compared this very file, oldest first
    sign_offs: tuple[SignedOff, ...] = ()  # what persons said of this very file, oldest first
    frameworks: tuple[str, ...] = ()  # those of which the reports have the crosswalk

    @property
    def id(self) -> str:
        """The record's id."""
        return self.record.drill.id

    @property
    def stem(self) -> str:
        """What the names of all reports of this record begin with."""
        return f"{self.record.kind.value}-{self.id}"


def read_source(path: str, frameworks: t.Sequence[str] = ()) -> Source:
    """The record in that file. Raises InvalidInputError where there is none, or one that cannot be shown as it is."""
    try:
        content = read_plain(path)
    except OSError as error:
        raise InvalidInputError(
            f"The record {path} could not be read: {error.strerror or error}. Expected the path that "
            "drdrill.powerstore.drill_record returned, on the controller."
        ) from error
    record, digest = read_record(cleaned(_decoded(content, path)), path), hashlib.sha256(content).hexdigest()
    folder = os.path.dirname(os.path.abspath(path))
    return Source(
        record,
        cleaned_text(os.path.basename(path)),
        digest,
        witnesses=tuple(_witnesses(folder, digest)) if record.kind is Kind.DRILL else (),
        sign_offs=tuple(sign_offs_of(folder, digest)),
        frameworks=tuple(frameworks),
    )


def _witnesses(folder: str, sha256: str) -> t.Iterator[WitnessRecord]:
    """What witnesses said of a record later. One that cannot be read says nothing, and spoils no report."""
    for path in sorted(glob.glob(os.path.join(glob.escape(folder), f"{Kind.WITNESS.value}-*.json"))):
        with contextlib.suppress(InvalidInputError, OSError):
            found = read_record(cleaned(_decoded(read_plain(path), path)), path)
            if isinstance(found, WitnessRecord) and found.record_sha256 == sha256:
                yield found


def _decoded(content: bytes, path: str) -> object:
    try:
        return t.cast(object, json.loads(content.decode("utf-8"), object_pairs_hook=once))
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError and JSONDecodeError are ValueErrors
        raise InvalidInputError(
            f"{path} is no record: {error}. Expected the JSON file that drdrill.powerstore.drill_record wrote."
        ) from error
