# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows by id, with indexes on what is often asked for, so that 5,000 jobs or sessions stay cheap."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

Row = dict[str, object]  # attribute -> value; a callable value is computed when read; '_name' is not visible
Stored = TypeVar("Stored")


def stored_value(item: object, attribute: str) -> object:
    """What a row or an object holds under a name, before any rendering."""
    return item.get(attribute) if isinstance(item, dict) else getattr(item, attribute, None)


class Table(Generic[Stored]):
    """One collection. Indexed attributes change by change() only."""

    def __init__(self, *indexed: str) -> None:
        self._items: dict[str, Stored] = {}
        self._indexes: dict[str, dict[object, dict[str, None]]] = {name: {} for name in indexed}

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Stored]:
        return iter(tuple(self._items.values()))

    def ids(self) -> Iterable[str]:
        """In the order of insertion."""
        return self._items.keys()

    def add(self, item_id: str, item: Stored) -> Stored:
        self._items[item_id] = item
        for attribute, index in self._indexes.items():
            index.setdefault(stored_value(item, attribute), {})[item_id] = None
        return item

    def change(self, item_id: str, attribute: str, value: object) -> None:
        """Another value of a row's attribute, in its index, too."""
        item = self._items[item_id]
        index = self._indexes.get(attribute)
        if index is not None:
            index[stored_value(item, attribute)].pop(item_id, None)
            index.setdefault(value, {})[item_id] = None
        if isinstance(item, dict):
            item[attribute] = value
        else:
            setattr(item, attribute, value)

    def remove(self, item_id: str) -> None:
        item = self._items.pop(item_id)
        for attribute, index in self._indexes.items():
            index[stored_value(item, attribute)].pop(item_id, None)

    def get(self, item_id: object) -> Stored | None:
        return self._items.get(item_id) if isinstance(item_id, str) else None

    def is_indexed(self, attribute: str) -> bool:
        return attribute == "id" or attribute in self._indexes

    def lookup(self, attribute: str, values: Iterable[object]) -> list[Stored]:
        """The items whose indexed attribute has one of the values: O(answers)."""
        if attribute == "id":
            keys: Iterable[object] = dict.fromkeys(values)
        else:
            keys = [key for value in dict.fromkeys(values) for key in self._indexes[attribute].get(value, ())]
        return [self._items[key] for key in keys if isinstance(key, str) and key in self._items]
