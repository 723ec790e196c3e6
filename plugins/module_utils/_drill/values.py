# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The values of a drill's variables, each of one kind: what is of another kind is refused, never guessed. Pure.

A variable may come from YAML, from a survey or from ``-e``, so a number may be a text, and a list or a mapping may be
JSON in a text. YAML also turns ``1234`` into a number and ``off`` into false where a text was meant.
"""

from __future__ import annotations

import json
import typing as t

from .._errors import InvalidInputError
from .._json import Json, once

# As Ansible takes them for booleans wherever it expects one.
_TRUE = frozenset({"y", "yes", "on", "1", "true", "t"})
_FALSE = frozenset({"n", "no", "off", "0", "false", "f"})


class ExpectedError(InvalidInputError):
    """A variable, or a part of it, is of a wrong kind. The message names it, what was expected and what was found."""

    def __init__(self, where: str, expected: str, found: object) -> None:
        super().__init__(f"{where} is {shown(found)}: expected {expected}.")


def shown(value: object) -> str:
    """A value in a message, on one line and not too long."""
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    quoted = f"'{text}'" if isinstance(value, str) else text
    line = " ".join(quoted.split())
    return line if len(line) <= 120 else f"{line[:119]}…"


def a_text(value: object, where: str) -> str:
    """A text that is not empty. A whole number is taken as its digits: a name or an id may consist of them."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value.strip():
        raise ExpectedError(where, "a text (in quotes where YAML makes something else of it)", value)
    return str(value)


def a_number(value: object, where: str, *, lowest: int, highest: int = 2**31 - 1) -> int:
    """A whole number, also in a text, within bounds."""
    text = value.strip() if isinstance(value, str) else value
    number = int(text) if isinstance(text, str) and text.removeprefix("-").isdecimal() else text
    if isinstance(number, bool) or not isinstance(number, int) or not lowest <= number <= highest:
        limit = f"from {lowest}" if highest == 2**31 - 1 else f"from {lowest} to {highest}"
        raise ExpectedError(where, f"a whole number {limit}", value)
    return number


def a_bool(value: object, where: str) -> bool:
    """True or false, also as the texts and the 0 and 1 that Ansible takes for them."""
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower() if isinstance(value, int | str) else ""
    if text not in _TRUE | _FALSE:
        raise ExpectedError(where, "true or false", value)
    return text in _TRUE


def a_choice(value: object, where: str, choices: t.Sequence[str]) -> str:
    """One of some words in any case, as it is written in ``choices``."""
    found = [choice for choice in choices if isinstance(value, str) and choice.casefold() == value.strip().casefold()]
    if not found:
        raise ExpectedError(where, f"one of {', '.join(choices)}", value)
    return found[0]


def a_mapping(value: object, where: str, example: str) -> Json:
    """A mapping whose keys are texts, also as JSON in a text."""
    found = _from_json(value)
    if not isinstance(found, t.Mapping) or not all(isinstance(key, str) for key in found):
        raise ExpectedError(where, f"a mapping such as {example}", value)
    return {str(key): entry for key, entry in found.items()}


def a_list(value: object, where: str, example: str) -> list[t.Any]:
    """A list, also as JSON in a text; what is not set is empty."""
    found = [] if value is None or value == "" else _from_json(value)
    if not isinstance(found, t.Sequence) or isinstance(found, str | bytes):
        raise ExpectedError(where, f"a list such as {example}", value)
    return list(found)


def known_keys(given: Json, where: str, known: t.Sequence[str]) -> None:
    """Raises InvalidInputError for a key that means nothing, as what it was meant for would silently not be done."""
    unknown = sorted(given.keys() - set(known))
    if unknown:
        raise InvalidInputError(f"{where} has {', '.join(map(shown, unknown))}: expected only {', '.join(known)}.")


def _from_json(value: object) -> object:
    """The value, or what the JSON in a text stands for; a key that is there twice is refused."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value, object_pairs_hook=once)
    except ValueError:
        return value
