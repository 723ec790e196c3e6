# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Work side by side, on a machine that gives fewer threads than asked for, or none."""

from __future__ import annotations

import threading
import time
import typing as t

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._errors import RejectedError
from ansible_collections.drdrill.powerstore.plugins.module_utils._operation import workers
from ansible_collections.drdrill.powerstore.plugins.module_utils._operation.workers import side_by_side


def only_so_many(monkeypatch: pytest.MonkeyPatch, count: int, error: Exception) -> None:
    """The machine gives so many threads, then it raises."""
    given = 0

    class Thread(threading.Thread):
        def start(self) -> None:
            nonlocal given
            if given == count:
                raise error
            given += 1
            super().start()

    monkeypatch.setattr(workers, "Thread", Thread)


@pytest.mark.parametrize("error", [RuntimeError("can't start new thread"), MemoryError(), OSError(11, "again")])
@pytest.mark.parametrize("threads", [0, 1, 3])
def test_all_is_done_with_the_threads_that_can_be_had(
    monkeypatch: pytest.MonkeyPatch, threads: int, error: Exception
) -> None:
    only_so_many(monkeypatch, threads, error)
    used = set()

    def work(number: int) -> int:
        used.add(threading.get_ident())
        time.sleep(0.005)
        return number * 2

    assert side_by_side(work, range(20), 8) == [number * 2 for number in range(20)]
    assert len(used) <= threads + 1


def test_at_most_so_many_at_once() -> None:
    now, most, lock = 0, 0, threading.Lock()

    def work(_number: int) -> None:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.02)
        with lock:
            now -= 1

    side_by_side(work, range(30), 6)
    assert 2 <= most <= 6


@pytest.mark.parametrize("items", [[], [1], [1, 2]])
def test_few_things_need_few_threads(items: list[int]) -> None:
    before = threading.active_count()
    assert side_by_side(lambda item: (item, threading.active_count() - before < 2), items, 8) == [
        (item, True) for item in items
    ]


def test_an_error_is_raised_when_the_others_are_done() -> None:
    done = []

    def work(number: int) -> None:
        if number == 3:
            raise RejectedError("No.")
        time.sleep(0.01)
        done.append(number)

    with pytest.raises(RejectedError):
        side_by_side(work, range(10), 4)
    assert sorted(done) == [0, 1, 2, 4, 5, 6, 7, 8, 9]


def test_after_an_interruption_nothing_more_is_begun() -> None:
    begun: list[int] = []
    caller = threading.get_ident()

    def work(number: int) -> None:
        begun.append(number)
        time.sleep(0.05)
        if threading.get_ident() == caller:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        side_by_side(work, range(100), 3)
    count = len(begun)
    time.sleep(0.2)
    assert count == len(begun) < 12


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_died_is_no_result() -> None:
    def work(number: int) -> t.Any:
        time.sleep(0.02)
        assert number != 1

    with pytest.raises((RuntimeError, AssertionError)):
        side_by_side(work, range(4), 4)
