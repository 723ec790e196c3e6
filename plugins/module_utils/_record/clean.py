# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text from the array and from users, without what no reader can show safely. Pure.

It loses the characters that XML 1.0 forbids, that steer a terminal, that turn the direction of the text around them or
that end a line unseen. Each is shown by its number instead, so that nothing is lost.
"""

from __future__ import annotations

import re

from .._text import UNSHOWABLE

_FORBIDDEN = re.compile(f"[{UNSHOWABLE}\ud800-\udfff]")


def cleaned(value: object) -> object:
    """The same JSON with every text in it, keys included, free of what no reader can show safely."""
    if isinstance(value, str):
        return cleaned_text(value)
    if isinstance(value, list):
        return [cleaned(entry) for entry in value]
    if isinstance(value, dict):
        return {cleaned(name): cleaned(entry) for name, entry in value.items()}
    return value


def cleaned_text(text: str) -> str:
    """A text free of what no reader can show safely."""
    return _FORBIDDEN.sub(lambda found: _visible(found.group()), text)


def _visible(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
