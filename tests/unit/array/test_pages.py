# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A short list is never taken for the whole: pages are read until the end is proven."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.drdrill.powerstore.plugins.module_utils._array import pages as pages_module
from ansible_collections.drdrill.powerstore.plugins.module_utils._array.pages import GONE, Pages
from ansible_collections.drdrill.powerstore.plugins.module_utils._array.transport import Answer
from ansible_collections.drdrill.powerstore.plugins.module_utils._errors import ProtocolError

Row = dict[str, t.Any]
Ranges = t.Literal["total", "star", "none"]


@dataclass
class Shelf:
    """An array's collection, which answers pages as real ones and their proxies do."""

    rows: list[str]
    page: int = 2000  # the most rows of an answer, whatever was asked for
    ranges: Ranges = "total"
    asked: list[dict[str, str]] = field(default_factory=list)
    between: t.Callable[[Shelf], None] = lambda _shelf: None  # what happens after each answer

    def answer(self, query: t.Iterable[tuple[str, str]]) -> Answer:
        asked = dict(query)
        self.asked.append(asked)
        after = asked.get("id", "gt.")[3:]
        left = sorted(row for row in self.rows if row > after)
        shown = left[: min(self.page, int(asked["limit"]))]
        whole = len(shown) == len(left)
        total = {"total": str(len(left)), "star": "*", "none": None}[self.ranges]
        headers = {} if whole or total is None else {"content-range": f"0-{max(len(shown) - 1, 0)}/{total}"}
        self.between(self)
        return Answer(200 if whole else 206, [{"id": row} for row in shown], "Reading", headers)


def read(shelf: Shelf) -> Pages:
    pages = Pages("volume")
    while pages.take(shelf.answer(pages.query())):
        pass
    return pages


def ids(number: int) -> list[str]:
    return [f"v-{position:05d}" for position in range(number)]


@pytest.mark.parametrize(
    ("rows", "page", "ranges", "requests"),
    [
        (0, 2000, "total", 1),
        (1, 2000, "total", 1),
        (1999, 2000, "total", 1),
        (2000, 2000, "total", 2),  # 200, but so many that a limit may have cut it
        (2001, 2000, "total", 2),
        (150, 100, "total", 2),
        (150, 100, "star", 3),  # until a page is empty
        (150, 100, "none", 3),
        (150, 1, "star", 151),
        (100, 100, "star", 1),  # 200 without a range: all fit
    ],
)
def test_as_many_requests_as_the_proof_takes(rows: int, page: int, ranges: Ranges, requests: int) -> None:
    shelf = Shelf(ids(rows), page, ranges)
    pages = read(shelf)

    assert [row["id"] for row in pages.rows] == ids(rows) and pages.problem is None
    assert len(shelf.asked) == requests


def test_rows_that_vanish_move_no_other_past_the_reader() -> None:
    def vanish(shelf: Shelf) -> None:
        if len(shelf.asked) == 1:
            del shelf.rows[:3]

    pages = read(Shelf(ids(10), 4, between=vanish))

    # By offset, rows 4 to 6 would have been missed.
    assert [row["id"] for row in pages.rows] == ids(10)
    assert pages.problem is None


def test_rows_that_appear_are_read_too() -> None:
    def appear(shelf: Shelf) -> None:
        shelf.rows.append(f"w-{len(shelf.asked)}") if len(shelf.asked) < 4 else None

    pages = read(Shelf(ids(10), 4, between=appear))

    # The third one came after the last page had been answered.
    assert [row["id"] for row in pages.rows] == [*ids(10), "w-1", "w-2"] and pages.problem is None


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 60), st.integers(1, 20), st.sampled_from(["total", "star", "none"]), st.randoms())
def test_what_was_there_all_the_time_is_in_the_list(rows: int, page: int, ranges: Ranges, chance: t.Any) -> None:
    lasting = set(ids(rows)[::2])

    def change(shelf: Shelf) -> None:
        for row in ids(rows)[1::2]:
            if chance.random() < 0.2:
                shelf.rows = [*shelf.rows, row] if row not in shelf.rows else [r for r in shelf.rows if r != row]

    pages = read(Shelf(ids(rows), page, ranges, between=change))

    assert pages.problem is not None or lasting <= {row["id"] for row in pages.rows}


@pytest.mark.parametrize(
    ("answers", "problem"),
    [
        pytest.param([(206, 3, "0-2/10"), (200, 2, None)], "counts 10 and lists 5", id="short, by the first page"),
        pytest.param([(200, 3, "0-2/10"), (200, 0, None)], "counts 10 and lists 3", id="200 with a larger count"),
        pytest.param([(206, 3, "0-2/10"), (GONE, None, None)], "counts 10 and lists 3", id="gone before its end"),
        pytest.param([(206, 3, "0-2/10"), (206, 0, "0-2/7")], "counts 10 and lists 3", id="nothing, and a count"),
        pytest.param([(206, 3, "0-2/3")], None, id="206 whose count is reached"),
        pytest.param([(206, 3, "0-2/*"), (200, 2, "0-1/*"), (200, 0, None)], None, id="not counted, an empty page"),
        pytest.param([(206, 3, None), (200, 2, None), (200, 0, None)], None, id="no range, then 200"),
        pytest.param([(200, 3, "0-2/²"), (200, 0, None)], None, id="a range that is none"),
        pytest.param([(200, 3, "items 0-2/3")], None, id="with a unit"),
        pytest.param([(206, 3, "*/3")], None, id="without first and last"),
    ],
)
def test_the_count_proves_the_end(answers: list[tuple[int, int | None, str | None]], problem: str | None) -> None:
    pages, numbers = Pages("volume"), iter(range(1000))
    more = True
    for status, rows, content_range in answers:
        assert more
        payload = None if rows is None else [{"id": f"v-{next(numbers):03d}"} for _row in range(rows)]
        more = pages.take(Answer(status, payload, "Reading", {"content-range": content_range} if content_range else {}))

    assert not more
    assert (pages.problem is None) if problem is None else (problem in str(pages.problem))


def test_an_array_that_ignores_the_filter_is_noticed() -> None:
    pages = Pages("volume")
    same = Answer(206, [{"id": "v-1"}, {"id": "v-2"}], "Reading", {"content-range": "0-1/4"})

    assert pages.take(same) and not pages.take(same)
    assert pages.problem


def test_pages_without_an_end_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages_module, "MOST_PAGES", 20)
    shelf = Shelf(ids(1000), 1, "none")
    pages = read(shelf)

    assert len(shelf.asked) == 21 and "did not come to an end" in str(pages.problem)


@pytest.mark.parametrize("odd", [None, 7, "text", {}, {"id": None}, {"id": ""}, {"id": ["v-1"]}])
def test_a_row_without_an_id_hides_no_other(odd: object) -> None:
    pages = Pages("volume")
    answer = Answer(206, [{"id": "v-1"}, odd, {"id": 3}], "Reading", {"content-range": "0-2/3"})

    assert not pages.take(answer) and pages.problem is None
    assert [row["id"] for row in pages.rows] == ["v-1", "3"]
    (unread,) = pages.odd
    assert "expected" in unread.error.message


def test_a_page_of_nothing_but_odd_rows_leads_nowhere() -> None:
    pages = Pages("volume")

    assert not pages.take(Answer(206, [{}, {}], "Reading", {"content-range": "0-1/4"}))
    assert pages.problem


@pytest.mark.parametrize("payload", [None, {}, "text", 7, True])
def test_what_is_no_list(payload: object) -> None:
    with pytest.raises(ProtocolError, match="expected a list of volume"):
        Pages("volume").take(Answer(200, payload, "Reading"))
