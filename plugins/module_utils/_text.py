# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text from outside made safe to show: nothing that steers a terminal, breaks a line or that JSON cannot carry. Pure.

An array's names and messages end up in a terminal, in AWX and in reports. What comes in is cleaned once, where answers
are decoded (`_array/transport.py`); what comes from elsewhere (a record's file, a step's output) goes through the same
function where it is shown.
"""

from __future__ import annotations

import re
import typing as t

# A terminal's sequences, whole: OSC (titles, hyperlinks), CSI (colours, the cursor), and any other escape.
_SEQUENCE = re.compile(
    r"\x1b\][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?|\x1b[ -/]*[0-~]?"
)
_BREAK = re.compile(r"\s*[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]\s*")
# Controls but for tab and line ends, what turns the direction of writing round, and what is no character at all; as the
# inside of a character class.
UNSHOWABLE = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff"
_INVISIBLE = re.compile(f"[\t\n\r{UNSHOWABLE}]")
_SPACE = re.compile(r"\s+")
_SURROGATE = re.compile("[\ud800-\udfff]")
_SUSPECT = re.compile(f"{_INVISIBLE.pattern}|{_SURROGATE.pattern}")
_SUSPECT_JSON = re.compile(rf"\\[bfnrtu]|{_SUSPECT.pattern}")


def plain(text: str) -> str:
    """The text on one line: terminal sequences and controls are removed, half a surrogate pair becomes U+FFFD."""
    if not _SUSPECT.search(text):
        return text
    return _SURROGATE.sub("\ufffd", _INVISIBLE.sub("", _BREAK.sub(" ", _SEQUENCE.sub("", text))))


def all_plain(value: t.Any) -> t.Any:
    """The same decoded JSON with every text in it, keys included, `plain`."""
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, list):
        return [all_plain(entry) for entry in value]
    if isinstance(value, dict):
        return {plain(name): all_plain(entry) for name, entry in value.items()}
    return value


def may_hold_controls(json_text: str) -> bool:
    """Whether JSON, not yet decoded, may hold a text that `plain` changes. Looking first spares most answers a walk."""
    return _SUSPECT_JSON.search(json_text) is not None


def one_line(text: str, longest: int | None = None) -> str:
    """A text without line breaks, cut where it is longer than that many characters."""
    flat = _SPACE.sub(" ", text).strip()
    return flat if longest is None or len(flat) <= longest else flat[: longest - 1].rstrip() + "…"
