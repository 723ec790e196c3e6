# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The crosswalk: which references of a framework this record fills or leaves empty, and what a person must add.

Pure. It says where a record supports a reference, and never that anybody complies with it.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._record.types import AnyRecord
from .frameworks import FRAMEWORKS, Framework, Reference

FILLED, PARTLY, EMPTY, PERSON = "filled", "partly filled", "empty", "for a person"
STATES: t.Final = (FILLED, PARTLY, EMPTY, PERSON)
NOTE: t.Final = (
    "Where this record supports a reference. The references are ours: check them in the published text. Filled says "
    "that the record has a result there, good or bad. A list is also empty where there was nothing to list. Whether a "
    "requirement is met is for a person to judge."
)


@dataclass(frozen=True, slots=True)
class Found:
    """What one pointer leads to: how many values there are, and how many of them are filled."""

    pointer: str
    values: int
    filled: int

    @property
    def state(self) -> str:
        """filled, partly filled or empty."""
        return EMPTY if not self.filled else FILLED if self.filled == self.values else PARTLY


@dataclass(frozen=True, slots=True)
class Row:
    """One reference, as far as this record supports it."""

    reference: Reference
    found: tuple[Found, ...]

    @property
    def state(self) -> str:
        """One of STATES: filled where all pointers are, empty where none is."""
        states = {each.state for each in self.found}
        return PERSON if not states else PARTLY if len(states) > 1 else states.pop()


@dataclass(frozen=True, slots=True)
class Crosswalk:
    """A framework, and what this record has for each of its references."""

    framework: Framework
    rows: tuple[Row, ...]

    def in_state(self, state: str) -> tuple[str, ...]:
        """The references in that state."""
        return tuple(row.reference.reference for row in self.rows if row.state == state)


def crosswalks(record: AnyRecord, names: t.Iterable[str]) -> tuple[Crosswalk, ...]:
    """The chosen frameworks in their order, each once, evaluated on a record."""
    data = record.as_json()
    return tuple(_crosswalk(FRAMEWORKS[name], data) for name in dict.fromkeys(names))


def _crosswalk(framework: Framework, data: object) -> Crosswalk:
    return Crosswalk(
        framework, tuple(Row(each, tuple(_found(data, at) for at in each.pointers)) for each in framework.references)
    )


def _found(data: object, pointer: str) -> Found:
    values = list(_values(data, pointer.split("/")[1:]))
    return Found(pointer, len(values), sum(value is not None and value not in ("", [], {}) for value in values))


def _values(value: object, path: t.Sequence[str]) -> t.Iterator[object]:
    """What a path leads to. Where it ends early, in a null or a record of another kind, that is one empty value."""
    if not path:
        yield value
    elif path[0] == "*":
        for each in value if isinstance(value, list) else ():
            yield from _values(each, path[1:])
    else:
        yield from _values(value.get(path[0]) if isinstance(value, dict) else None, path[1:])
