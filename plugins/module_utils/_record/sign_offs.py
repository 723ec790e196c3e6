# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading what persons said of a record: the files that drill_sign_off wrote beside it"""

from __future__ import annotations

import contextlib
import glob
import hashlib
import json
import os
import typing as t
from dataclasses import dataclass
from datetime import datetime

from .._errors import InvalidInputError
from .._json import once
from .._words import Verdict
from .clean import cleaned
from .files import read_plain
from .typed import read

PREFIX: t.Final = "signoff-"
ACCEPTED: t.Final = "accepted"
REJECTED: t.Final = "rejected"


@dataclass(frozen=True, kw_only=True)
class Judged:
    """One success criterion of the record, as the person judged it."""

    criterion: str
    met: bool
    comment: str | None

    @property
    def text(self) -> str:
        """The criterion, and what was said of it."""
        return f"{self.criterion} ({self.comment})" if self.comment else self.criterion


@dataclass(frozen=True, kw_only=True)
class SignedOff:
    """What one person said of one record."""

    kind: t.Literal["signoff"]
    record_sha256: str
    record_verdict: Verdict
    name: str
    role: str
    decision: t.Literal["accepted", "rejected"]
    criteria: tuple[Judged, ...]
    method: str
    at: datetime
    signature: str | None

    @property
    def text(self) -> str:
        """In one sentence."""
        by = f"{self.decision.capitalize()} by {self.name} ({self.role}) on {self.at:%Y-%m-%d}"
        unmet = [each.text for each in self.criteria if not each.met]
        return f"{by}, not met: {'; '.join(unmet)}." if unmet else f"{by}."


def read_sign_off(path: str) -> tuple[SignedOff, str]:
    """One file, and its SHA-256. Raises InvalidInputError for what is no sign-off, OSError."""
    content, name = read_plain(path), os.path.basename(path)
    notes: list[str] = []
    try:
        data: object = json.loads(content.decode("utf-8"), object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(f"{name} is no sign-off: {error}.") from error
    found = read(SignedOff, cleaned(data), "", notes)
    if found is None or notes:
        raise InvalidInputError(f"{name} is no sign-off of drill_sign_off: {'; '.join(notes[:3])}.")
    return found, hashlib.sha256(content).hexdigest()


def sign_offs_of(folder: str, record_sha256: str) -> list[SignedOff]:
    """Those of this very file, the oldest first. One that cannot be read says nothing here; the chain names it."""
    found = []
    for path in glob.glob(os.path.join(glob.escape(folder), f"{PREFIX}*.json")):
        with contextlib.suppress(InvalidInputError, OSError):
            said, _digest = read_sign_off(path)
            if said.record_sha256 == record_sha256:
                found.append(said)
    return sorted(found, key=lambda each: each.at)


def standing(said: t.Iterable[SignedOff]) -> list[SignedOff]:
    """What each person said last, the oldest first."""
    by_name = {each.name.casefold(): each for each in sorted(said, key=lambda each: each.at)}
    return sorted(by_name.values(), key=lambda each: each.at)
