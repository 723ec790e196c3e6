# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a new record gets of the chain: the head before it, and a signature over its own bytes."""

from __future__ import annotations

import typing as t

from .._errors import InvalidInputError
from .._record.store import Protection
from .._record.types import ChainHead
from .chain import head_of_folder
from .sign import Signing, suffix_of


def protection(folder: str, sign: t.Mapping[str, t.Any] | None) -> Protection:
    """For a record that is about to be written to this folder. A signing that is not possible is said in the record."""
    head = head_of_folder(folder)
    before = ChainHead(seq=head.seq, sha256=head.sha256) if head else None
    return Protection(before, _signer(sign), suffix_of(sign["method"]) if sign else "")


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
