# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The name of a DR-test clone: it says that it is one, whose, and of which NAS server, the same in every run. Pure.

The name does not change from run to run: a clone whose request was answered by nobody is found by it, and the array
refuses a second one of that name.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass
from hashlib import sha256

PREFIX: t.Final = "drtest"
LONGEST: t.Final = 63  # characters; the array takes 255, those who list names take less
_LONGEST_LABEL = 24
_HASH = 8
_NAME = re.compile(rf"{PREFIX}_([a-z0-9-]{{1,{_LONGEST_LABEL}}})_([a-z0-9_-]*)_([0-9a-f]{{{_HASH}}})", re.IGNORECASE)
_OTHER = re.compile(r"[^A-Za-z0-9-]+")


@dataclass(frozen=True, slots=True)
class Mark:
    """What a name from `clone_name` says: whose the clone is, as far as that fits into a name."""

    label: str
    key: str

    def is_of(self, label: str, source_id: str) -> bool:
        """Whether this is the mark of that label on that NAS server."""
        return self.key == _key(label, source_id)


def clone_name(label: str, source_id: str, source_name: str) -> str:
    """``drtest_LABEL_NAME_KEY``: the key is of the label and the NAS server's id, so that renaming changes nothing."""
    shown = _shown(label, _LONGEST_LABEL)
    head, tail = f"{PREFIX}_{shown}_", f"_{_key(label, source_id)}"
    return f"{head}{_shown(source_name, LONGEST - len(head) - len(tail))}{tail}"


def mark_of(name: str) -> Mark | None:
    """The mark in a name; None where it is not one of ours."""
    found = _NAME.fullmatch(name)
    return Mark(found[1], found[3].lower()) if found else None


def label_of(account: str) -> str:
    """The label of an account: ``CORP\\drill``, ``drill@corp.example`` and ``Drill`` have one."""
    return account.rpartition("\\")[2].partition("@")[0].lower() or account.lower()


def _shown(text: str, most: int) -> str:
    return _OTHER.sub("-", text).strip("-")[:most].rstrip("-") or "x"


def _key(label: str, source_id: str) -> str:
    return sha256(f"{label.casefold()}\n{source_id}".encode()).hexdigest()[:_HASH]
