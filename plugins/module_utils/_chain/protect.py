# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a new record gets from the chain: the head before it, and a signature over its own bytes."""

from __future__ import annotations

import os
import typing as t
from datetime import datetime

from .._errors import InvalidInputError
from .._record.store import Protection
from .._record.types import ChainHead
from .._words import Kind
from .chain import head_of_folder, records_not_in_the_chain, refuse_a_second_chain
from .sign import Signing, suffix_of
from .verify import CHAIN


def protection(folder: str, sign: t.Mapping[str, t.Any] | None, began: datetime) -> Protection:
    """For a record that is about to be written to this folder. A signing that is not possible is said in the record.

    ``began``: when this run of Ansible did. Records of the same run are added after it, side by side.
    """
    head = head_of_folder(folder)
    before = ChainHead(seq=head.seq, sha256=head.sha256) if head else None
    suffix = suffix_of(sign["method"]) if sign else ""
    return Protection(before, _not_chained(os.path.expanduser(folder), began), _signer(sign), suffix)


def _not_chained(folder: str, began: datetime) -> str | None:
    """Which records of drills that were written before this run are not in the chain; None where all are."""
    if not os.path.isdir(folder):
        return None
    try:
        refuse_a_second_chain(folder)
        if not os.path.exists(os.path.join(folder, CHAIN)):
            return None  # it is made by the first record that is added
        names = [each for each in records_not_in_the_chain(folder) if each.startswith(f"{Kind.DRILL.value}-")]
        older = [each for each in names if os.path.getmtime(os.path.join(folder, each)) < began.timestamp()]
    except InvalidInputError as error:
        return f"No record can be added to the chain: {error.message.removesuffix(' Nothing was written.')}"
    except OSError as error:
        return f"The chain could not be read: {error.strerror or error}."
    if not older:
        return None
    more = f" and {len(older) - 1} more" if len(older) > 1 else ""
    return (
        f"Not in the chain of the folder: {older[0]}{more}. It could not be added when it was written, or its line was "
        "taken away. Look at what the run of then says, and add it with the playbook collect."
    )


def _signer(sign: t.Mapping[str, t.Any] | None) -> t.Callable[[bytes], tuple[bytes | None, str | None]] | None:
    try:
        signing = Signing.from_params(sign)
    except InvalidInputError as error:
        problem = f"The record is not signed: {error.message}"
        return lambda _data: (None, problem)
    if signing is None:
        return None

    def signed(data: bytes) -> tuple[bytes | None, str | None]:
        signature, why_not = signing.signature(data)
        return signature, f"The record is not signed: {why_not}." if why_not else None

    return signed
