# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading a set of rows page by page until its end is proven, so that a short list is never taken for the whole. Pure.

Each page asks for what comes after the last id that was seen (``id=gt.LAST``, ordered by id), not for an offset: rows
that vanish meanwhile move no other row past the reader. Every page tells how many rows are left, the page included:
``Content-Range: 0-99/150``. Where it does not (``0-99/*``, or 206 without a range; both occur, api-facts 10), only an
empty page is the end. A page may be shorter than asked.
"""

from __future__ import annotations

import typing as t

from .._errors import PowerStoreError, ProtocolError
from .._json import Json
from .fields import Fields, Unread, shown
from .transport import Answer, Query

PAGE_SIZE = 2000  # the array clamps a larger limit (api-facts 2)
MOST_PAGES = 20_000  # of a set; an array that answers without an end is not read for ever
GONE = 416  # the page begins behind the end: the set has shrunk


class Pages:
    """The rows of one set as far as they were read."""

    def __init__(self, collection: str) -> None:
        self._collection = collection
        self._rows: dict[str, Json] = {}
        self._last: str | None = None
        self._claimed = 0  # the largest size of the whole set that a page named
        self._is_counted = True  # whether each page said how many rows are left, or was answered 200, as all fit
        self._pages = 0
        self.odd: list[Unread] = []  # rows without an id, which lead nowhere

    @property
    def rows(self) -> list[Json]:
        """The rows so far, in the order of their ids."""
        return list(self._rows.values())

    @property
    def problem(self) -> str | None:
        """In what the rows are not the whole set that the array counts; None where nothing speaks against it."""
        seen = len(self._rows) + len(self.odd)
        if self._pages > MOST_PAGES:
            return f"{MOST_PAGES} pages did not come to an end"
        return f"the array counts {self._claimed} and lists {seen}" if seen < self._claimed else None

    def query(self) -> Query:
        """What asks for the next page, besides the filters of the set."""
        after = [("id", f"gt.{self._last}")] if self._last is not None else []
        return [("order", "id"), ("limit", str(PAGE_SIZE)), *after]

    def take(self, answer: Answer) -> bool:
        """Add a page; whether another one is to be asked for. Raises ProtocolError for what is no list of rows."""
        self._pages += 1
        if answer.status == GONE:
            return False
        if not isinstance(answer.payload, list):
            raise ProtocolError(
                f"{answer.doing}: expected a list of {self._collection}, found {shown(answer.payload)}.",
                http_status=answer.status,
            )
        seen = len(self._rows) + len(self.odd)
        advanced = self._add(answer.payload)
        count, total = len(answer.payload), answer.total
        if total is not None:
            self._claimed = max(self._claimed, seen + total)
            ended = count >= total
        else:
            self._is_counted = self._is_counted and answer.status == 200 and "content-range" not in answer.headers
            ended = self._is_counted and count < PAGE_SIZE
        if not ended and count and not advanced:  # the same rows again, or none with an id: there is no way on
            self._claimed = max(self._claimed, seen + count + 1)
        return not ended and advanced and self._pages <= MOST_PAGES

    def _add(self, page: list[object]) -> bool:
        known = len(self._rows)
        for row in page:
            try:
                self._last = Fields(row, f"a row of {self._collection}").identity()
            except PowerStoreError as error:
                self.odd.append(Unread(f"a row of {self._collection}", error))
                continue
            self._rows[self._last] = {**t.cast(Json, row), "id": self._last}
        return len(self._rows) > known
