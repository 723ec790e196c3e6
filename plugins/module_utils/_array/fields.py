# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading rows of an array tolerantly: what is not as its description says is noted, the rest is used. Pure.

One odd attribute must not hide a session that is in test, nor one odd row all others.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime, timedelta

from .._errors import PowerStoreError, ProtocolError
from .._time import parse_time

Kind = t.TypeVar("Kind")
_LONGEST = 10**12  # milliseconds of a duration: 31 years
_SHOWN = 60  # characters of an odd value in a message


@dataclass(frozen=True, slots=True)
class Unread:
    """A part of the array that could not be read while the rest was."""

    what: str  # "the cluster's name and clock", "replication session s-1"
    error: PowerStoreError
    session_id: str | None = None  # the session that it is about, where it is about one

    def __str__(self) -> str:
        return f"Not read: {self.what}. {self.error.message}"


def note_or_raise(unread: list[Unread] | None, what: str, error: PowerStoreError) -> None:
    """Note what could not be read; raise the error if nobody asks for notes."""
    if unread is None:
        raise error
    unread.append(Unread(what, error))


class Fields:
    """The attributes of one row by their kinds. What is of another kind is None, and noted in ``problems``.

    ``problems``: attribute -> what is wrong with it, as a sentence without its end: ``size is 'big': expected …``.
    """

    def __init__(self, row: object, what: str) -> None:
        """Raises ProtocolError where the row is no object; ``what``: how the message calls it."""
        if not isinstance(row, dict):
            raise ProtocolError(f"{what} is {shown(row)}: expected an object.")
        self._row: t.Mapping[str, t.Any] = row
        self.what = what
        self.problems: dict[str, str] = {}
        self._prefix = ""

    def identity(self, name: str = "id") -> str:
        """An id that has to be there. Raises ProtocolError."""
        value = self._row.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
            return str(value)
        raise ProtocolError(f"{name} of {self.what} is {self._as_found(name)}: expected an id.")

    def needed_text(self, name: str, otherwise: str) -> str:
        """A text that every release has; ``otherwise`` where it is missing or odd, which is a problem, too."""
        value = self._row.get(name)
        if isinstance(value, str) and value:
            return value
        self._note(name, "a text")
        return otherwise

    def text(self, name: str) -> str | None:
        """A text, or None."""
        value = self._row.get(name)
        if isinstance(value, str):
            return value
        self._note_unless_null(name, value, "a text")
        return None

    def id_or_none(self, name: str) -> str | None:
        """An id of something else, or None; an empty one is none."""
        value = self._row.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool):
            return str(value) or None
        self._note_unless_null(name, value, "an id")
        return None

    def whole(self, name: str) -> int | None:
        """A whole number from 0, or None."""
        value = self._row.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63:
            return value
        self._note_unless_null(name, value, "a whole number from 0")
        return None

    def flag(self, name: str) -> bool | None:
        """True, false, or None."""
        value = self._row.get(name)
        if isinstance(value, bool):
            return value
        self._note_unless_null(name, value, "true or false")
        return None

    def time(self, name: str) -> datetime | None:
        """A date and time in UTC, or None."""
        try:
            return parse_time(self._row.get(name))
        except ProtocolError:
            self._note(name, "a date and time")
            return None

    def milliseconds(self, name: str) -> timedelta | None:
        """A duration, or None."""
        count = self.whole(name)
        if count is not None and count > _LONGEST:
            self._note(name, "the milliseconds of a duration")
            return None
        return None if count is None else timedelta(milliseconds=count)

    def inner(self, name: str) -> Fields | None:
        """An object inside, or None; its problems become this row's."""
        value = self._row.get(name)
        if isinstance(value, dict):
            return self._inside(value, name)
        self._note_unless_null(name, value, "an object")
        return None

    def each(self, name: str) -> list[Fields]:
        """The objects of a list inside; none where it is null. What in it is no object is a problem."""
        return [self._inside(entry, name) for entry in self._entries(name, dict, "a list of objects")]

    def texts(self, name: str) -> list[str]:
        """The texts of a list inside; none where it is null. What in it is no text is a problem."""
        return self._entries(name, str, "a list of texts")

    def _entries(self, name: str, kind: type[Kind], expected: str) -> list[Kind]:
        value = self._row.get(name)
        entries = value if isinstance(value, list) else []
        fitting = [entry for entry in entries if isinstance(entry, kind)]
        if not (value is None or isinstance(value, list)) or len(fitting) < len(entries):
            self._note(name, expected)
        return fitting

    def _note_unless_null(self, name: str, value: object, expected: str) -> None:
        """null is never odd."""
        if value is not None:
            self._note(name, expected)

    def _inside(self, value: t.Mapping[str, t.Any], name: str) -> Fields:
        inside = Fields(value, f"{name} of {self.what}")
        inside.problems, inside._prefix = self.problems, f"{self._prefix}{name}."
        return inside

    def _note(self, name: str, expected: str) -> None:
        self.problems[self._prefix + name] = f"{name} of {self.what} is {self._as_found(name)}: expected {expected}"

    def _as_found(self, name: str) -> str:
        return shown(self._row[name]) if name in self._row else "missing"


def shown(value: object) -> str:
    """An odd value in a message, cut where it is long."""
    text = "null" if value is None else repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
