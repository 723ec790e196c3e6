# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Adding what arrived in a folder after its drill: from a container, out of git, from an object store.

What is in the chain already is verified first: a folder that does not match its chain gets nothing added.
"""

from __future__ import annotations

import os
import re
import typing as t
from dataclasses import dataclass
from datetime import datetime

from .._errors import InvalidInputError
from .chain import Appended, append, refuse_a_second_chain, why_no_record
from .sign import Signing
from .verify import ACTIONS, CHAIN, GPG_SIGNATURE, JOURNAL, RECORD, SIGNATURE, Signers, verify

_REGISTER = "register.csv"
_MADE_FROM_IT = re.compile(
    r"([a-z_]+-\d{8}T\d{6}Z-.*?)(\.csv|\.html|\.md|\.junit\.xml|\.journal\.jsonl|\.json\.sig|\.json\.asc)"
)
_OUTSIDE = "NOT IN THE CHAIN"  # the one fault that is no fault here: it is what arrived


@dataclass(frozen=True, slots=True)
class Collected:
    """What was added, and what else is in the folder: file and what it is. ``broken``: what should be a record."""

    appended: Appended
    not_records: tuple[tuple[str, str], ...]
    broken: tuple[tuple[str, str], ...]


def collect(
    folder: str,
    known_heads: t.Sequence[str],
    signers: Signers,
    *,
    new_chain: bool,
    signing: Signing | None,
    write: bool,
    by: str,
    now: datetime,
) -> Collected:
    """Add every record and report that no line names, marked late.

    Raises InvalidInputError, CannotCheckError and OSError, with nothing written.
    """
    if not os.path.isdir(folder):
        raise InvalidInputError(f"directory is {folder}: expected the folder of the records, found none.")
    refuse_a_second_chain(folder)
    _refuse_a_folder_that_is_not_sound(folder, known_heads, signers, new_chain=new_chain)
    records = sorted(name for name in os.listdir(folder) if RECORD.fullmatch(name))
    broken = tuple((name, why) for name in records if (why := why_no_record(os.path.join(folder, name))))
    sound = [name for name in records if name not in dict(broken)]
    done = append(folder, sound, by=by, now=now, late=True, write=write, signing=signing)
    return Collected(done, (*broken, *_others(folder, set(records))), broken)


def _refuse_a_folder_that_is_not_sound(
    folder: str, known_heads: t.Sequence[str], signers: Signers, *, new_chain: bool
) -> None:
    if not os.path.exists(os.path.join(folder, CHAIN)):
        if new_chain and not known_heads:
            return
        raise InvalidInputError(
            f"{folder} has no {CHAIN}: expected the chain that what arrived is added to. For the first collection in a "
            "folder set new_chain (collect_new_chain). Else find out where the chain has gone. Nothing was written."
        )
    found = verify(folder, known_heads, signers.file, signers.principal, signers.time)
    faults = [fault for fault in found.faults if fault.word != _OUTSIDE]
    if faults:
        raise InvalidInputError(
            f"{folder} does not match its chain, so nothing is added: {'; '.join(map(str, faults[:10]))}"
            f"{f' and {len(faults) - 10} more' if len(faults) > 10 else ''}. Nothing was written."
        )


def _others(folder: str, records: t.Container[str]) -> t.Iterator[tuple[str, str]]:
    """The files that are no records, but for those that belong to one, and the folder's own."""
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if name in records or name in (ACTIONS, CHAIN, SIGNATURE, GPG_SIGNATURE, _REGISTER) or name.startswith("."):
            continue
        made = _MADE_FROM_IT.fullmatch(name)
        if made and f"{made[1]}.json" not in records:
            what = "the journal of a drill that has no record yet" if made[2] == JOURNAL else "made from a record"
            yield name, f"{what}: {made[1]}.json is not here"
        elif os.path.isdir(path) and not name.endswith(".evidence"):
            yield name, "a folder: what is in it is not looked at"
        elif not made and not os.path.isdir(path):
            yield name, "not called like a record (KIND-TIME-ARRAY-NUMBER.json), and not added"
