# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text from outside never steers a terminal, never breaks a line, and always fits into JSON."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.drdrill.powerstore.plugins.module_utils._text import all_plain, may_hold_controls, plain


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("erp-data", "erp-data"),
        ("größe € 漢字 🚀", "größe € 漢字 🚀"),
        ("two  spaces", "two  spaces"),
        ("one\nfatal: all is well", "one fatal: all is well"),
        ("one \r\n\t two", "one two"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x9b31mred", "red"),
        ("\x1b]8;;https://evil.example\x07click\x1b]8;;\x07", "click"),
        ("\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\", "click"),
        ("\x1b]0;title", ""),
        ("\x1b[2J\x1b[Hgone", "gone"),
        ("\x1b(0lines", "lines"),
        ("a\x00b\x08c\x7fd", "abcd"),
        ("abc\u202edcba", "abcdcba"),
        ("zero\ufeffwidth", "zerowidth"),
        ("line\u2028separator", "line separator"),
        ("half \ud83d a pair", "half \ufffd a pair"),
        ("\x1b", ""),
        ("", ""),
    ],
)
def test_what_is_shown(text: str, shown: str) -> None:
    assert plain(text) == shown


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(codec=None) | st.sampled_from("\x1b\x9b]8;[m\x07\\\n\ud800"), max_size=30))
def test_nothing_steers_a_terminal_or_breaks_a_line(text: str) -> None:
    shown = plain(text)

    assert plain(shown) == shown
    assert len(shown.splitlines()) <= 1
    assert not any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in shown)
    shown.encode("utf-8")


@settings(max_examples=300, deadline=None)
@given(st.text(st.characters(codec=None) | st.sampled_from('\x1b\n"\\u\ud800'), max_size=20), st.booleans())
def test_json_is_only_walked_where_it_may_hold_such_a_text(text: str, ascii_only: bool) -> None:
    encoded = json.dumps({"name": [text]}, ensure_ascii=ascii_only)

    assert plain(text) == text or may_hold_controls(encoded)


def test_every_text_inside_keys_included() -> None:
    value = {"a\nb": ["\x1b[1mx", {"y": "z\n", "n": 1, "t": True, "o": None, "f": 1.5}]}

    assert all_plain(value) == {"a b": ["x", {"y": "z ", "n": 1, "t": True, "o": None, "f": 1.5}]}
