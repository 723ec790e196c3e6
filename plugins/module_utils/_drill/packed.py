# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a drill knows as one text: Ansible looks into every value of a variable in each task, and into no text. Pure."""

from __future__ import annotations

import base64
import binascii
import json
import typing as t
import zlib

from .._errors import InvalidInputError
from .._json import Json, once

PACKED: t.Final = "packed"
_FASTEST = 1


def packed(value: object) -> Json:
    """``{packed: TEXT}`` for a value of JSON."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    compressed = zlib.compress(text.encode("utf-8", "surrogatepass"), _FASTEST)
    return {PACKED: base64.b64encode(compressed).decode("ascii")}


def unpacked(given: Json) -> t.Any:
    """The value of what `packed` gave. Raises InvalidInputError for what it did not give."""
    try:
        text = zlib.decompress(base64.b64decode(str(given[PACKED]), validate=True))
        return json.loads(text.decode("utf-8", "surrogatepass"), object_pairs_hook=once)
    except (KeyError, binascii.Error, zlib.error, ValueError) as error:
        raise InvalidInputError(
            f"What a drill knows is not as drill_journal returned it ({type(error).__name__}: {error}). Expected it "
            "unchanged."
        ) from error


def events_of(given: t.Iterable[Json]) -> list[Json]:
    """The events among which some are packed together."""
    return [event for each in given for event in (unpacked(each) if PACKED in each else [each])]
