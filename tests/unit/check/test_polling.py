# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looking again and again, and side by side: what ends a check, how long it waits, and that nothing hangs."""

from __future__ import annotations

import itertools
import threading
import time

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._check import polling
from ansible_collections.drdrill.powerstore.plugins.module_utils._check.look import Look, Observation
from ansible_collections.drdrill.powerstore.plugins.module_utils._check.polling import (
    Clock,
    Outcome,
    Task,
    pause_after,
    poll,
    poll_all,
)

TRUE, FALSE = Observation(True, "yes"), Observation(False, "no")
OUT_OF_TIME = Observation(False, "", out_of_time=True)


def looks(*seen: Observation) -> Look:
    """A look that shows these one after the other, and then the last for ever."""
    shown = itertools.chain(seen, itertools.repeat(seen[-1]))
    return lambda _deadline: next(shown)


@pytest.mark.parametrize(
    ("attempts", "left", "pause"),
    [
        (1, 60.0, 0.1),
        (2, 60.0, 0.2),
        (3, 60.0, 0.4),
        (5, 60.0, 1.6),
        (6, 60.0, 2.0),
        (5000, 60.0, 2.0),
        (6, 2.0, 1.0),
        (6, 0.5, 0.25),
        (1, 0.1, None),
        (6, 0.1, None),
        (6, 0.0, None),
        (6, -5.0, None),
    ],
)
def test_pauses_grow_and_end_with_the_time(attempts: int, left: float, pause: float | None) -> None:
    assert pause_after(attempts, left) == pause


def test_a_check_ends_when_it_is_true() -> None:
    outcome = poll(Task(looks(FALSE, FALSE, TRUE), timeout=60, retry=True))
    assert (outcome.attempts, outcome.passed, outcome.observed) == (3, True, "yes")
    assert 0.3 <= outcome.finished - outcome.started < 60


def test_without_retry_it_looks_once() -> None:
    outcome = poll(Task(looks(FALSE, TRUE), timeout=60, retry=False))
    assert (outcome.attempts, outcome.passed, outcome.observed) == (1, False, "no")


def test_its_time_ends_it() -> None:
    outcome = poll(Task(looks(FALSE), timeout=0.4, retry=True))
    assert not outcome.passed
    assert outcome.attempts > 1
    assert outcome.finished - outcome.started <= 0.4 + 10


def test_a_look_that_ran_out_of_time_says_what_was_seen_before() -> None:
    outcome = poll(Task(looks(FALSE, OUT_OF_TIME), timeout=60, retry=True))
    assert outcome.attempts == 2
    assert Outcome(10.0, 40.0, 2, OUT_OF_TIME, FALSE).observed == "no answer within 30.0 s, before that no"
    assert Outcome(10.0, 40.0, 1, OUT_OF_TIME).observed == "no answer within 30.0 s"
    assert outcome.before == FALSE


def test_at_most_so_many_at_once_and_all_in_their_order() -> None:
    lock = threading.Lock()
    now, most = [0], [0]

    def look(number: int) -> Observation:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.1)
        with lock:
            now[0] -= 1
        return Observation(True, str(number))

    tasks = [Task(lambda _deadline, n=number: look(n), 60, True) for number in range(9)]
    assert [outcome.observed for outcome in poll_all(tasks, 3)] == [str(number) for number in range(9)]
    assert most[0] == 3


def test_no_check_is_no_work() -> None:
    assert poll_all([], 4) == []


def test_a_look_that_never_comes_back_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "GRACE_SECONDS", 0.2)
    over = threading.Event()

    def never(_deadline: float) -> Observation:
        over.wait(300)
        return TRUE

    try:
        stuck, good = poll_all([Task(never, 0.2, True), Task(looks(TRUE), 60, True)], 1)
    finally:
        over.set()
    assert (stuck.passed, stuck.seen.out_of_time, good.passed) == (False, True, True)
    assert "no answer within" in stuck.observed


def test_a_clock_that_is_set_changes_no_duration() -> None:
    clock, begun = Clock(), time.monotonic()
    first, later = clock.text(begun), clock.text(begun + 61.5)
    assert first.endswith("Z") and len(first) == len("2026-11-23T20:02:11.120Z")
    assert first < later


def test_after_the_time_for_all_of_them_nothing_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nine that never end, one at a time: the first has all of the time, and the others none."""
    begun: list[float] = []

    def never(deadline: float) -> Observation:
        begun.append(deadline)
        time.sleep(max(0.0, deadline - time.monotonic()))
        return OUT_OF_TIME

    monkeypatch.setattr(polling, "GRACE_SECONDS", 60.0)
    started = time.monotonic()
    outcomes = poll_all([Task(never, timeout=900, retry=True)] * 9, parallel=1, time_limit=0.5)
    assert time.monotonic() - started < 60
    assert outcomes[0] is not None and not outcomes[0].passed and outcomes[1:] == [None] * 8
    assert len(begun) == 1


def test_the_time_for_all_of_them_leaves_those_alone_that_need_less() -> None:
    outcomes = poll_all([Task(looks(TRUE), timeout=900, retry=True)] * 9, parallel=2, time_limit=600)
    assert all(outcome is not None and outcome.passed for outcome in outcomes)
