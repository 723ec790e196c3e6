# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looking until it is true or the time is over, and many checks side by side, each in a thread of its own."""

from __future__ import annotations

import queue
import threading
import time
import typing as t
from collections import deque
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone

from .look import Look, Observation

FIRST_PAUSE: t.Final = 0.1
LONGEST_PAUSE: t.Final = 2.0
# A thread that is not back so long after its time, say in the look-up of a name, is not waited for any more.
GRACE_SECONDS: t.Final = 10.0


class Clock:
    """Times of day from one reading of the clock of this host: if it is set meanwhile, no duration is wrong."""

    def __init__(self) -> None:
        self._day, self._monotonic = datetime.now(timezone.utc), time.monotonic()

    def text(self, monotonic: float) -> str:
        """A reading of time.monotonic() in ISO 8601, UTC, with milliseconds and ``Z``."""
        moment = self._day + timedelta(seconds=monotonic - self._monotonic)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True)
class Outcome:
    """What came of a check. Times are readings of time.monotonic()."""

    started: float
    finished: float
    attempts: int
    seen: Observation
    before: Observation | None = None  # the look before one that ran out of time

    @property
    def passed(self) -> bool:
        return self.seen.true

    @property
    def observed(self) -> str:
        """What was seen, in one line."""
        if not self.seen.out_of_time:
            return self.seen.text
        seconds = self.finished - self.started
        earlier = f", before that {self.before.text}" if self.before is not None else ""
        return f"no answer within {seconds:.1f} s{earlier}"


@dataclass(frozen=True)
class Task:
    """A check as the scheduler sees it."""

    look: Look
    timeout: float
    retry: bool


def pause_after(attempts: int, left: float) -> float | None:
    """Seconds until the next look: 0.1, doubled to 2, half of what is left at the end; None for no more looks."""
    pause = min(FIRST_PAUSE * 2.0 ** min(attempts - 1, 10), LONGEST_PAUSE)
    if pause < left:
        return pause
    return left / 2 if left > FIRST_PAUSE else None


def poll(task: Task) -> Outcome:
    """Look until it is true, or the time is over. When it became true is when that look ended."""
    started = time.monotonic()
    deadline = started + task.timeout
    attempts, before = 0, None
    while True:
        seen = task.look(deadline)
        attempts += 1
        finished = time.monotonic()
        pause = pause_after(attempts, deadline - finished)
        if seen.true or not task.retry or seen.out_of_time or pause is None:
            return Outcome(started, finished, attempts, seen, before)
        before = seen
        time.sleep(pause)


@dataclass(frozen=True)
class _Begun:
    """One that runs: since when, and when it is not waited for any more."""

    at: float
    given_up: float


def poll_all(tasks: t.Sequence[Task], parallel: int, time_limit: float | None = None) -> list[Outcome | None]:
    """The outcome of each, in their order; at most ``parallel`` at once.

    After ``time_limit`` seconds those under way end, and those that still wait are not begun: their outcome is None.
    The threads are daemons: one that does not come back, which nothing in Python can end, keeps nobody waiting.
    """
    done: queue.Queue[tuple[int, Outcome]] = queue.Queue()
    waiting = deque(range(len(tasks)))
    running: dict[int, _Begun] = {}
    outcomes: dict[int, Outcome] = {}
    end = None if time_limit is None else time.monotonic() + time_limit
    while waiting or running:
        while waiting and len(running) < parallel:
            number, now = waiting.popleft(), time.monotonic()
            task = (
                tasks[number] if end is None else replace(tasks[number], timeout=min(tasks[number].timeout, end - now))
            )
            if task.timeout <= 0:
                waiting.clear()
                break
            running[number] = _Begun(now, now + task.timeout + GRACE_SECONDS)
            threading.Thread(target=lambda n, one: done.put((n, poll(one))), args=(number, task), daemon=True).start()
        if not running:
            break
        for number, outcome in _arrived(done, min(each.given_up for each in running.values()) - time.monotonic()):
            if running.pop(number, None) is not None:
                outcomes[number] = outcome
        now = time.monotonic()
        for number in [number for number, each in running.items() if each.given_up <= now]:
            outcomes[number] = Outcome(running.pop(number).at, now, 1, Observation(False, "", out_of_time=True))
    return [outcomes.get(number) for number in range(len(tasks))]


def _arrived(done: queue.Queue[tuple[int, Outcome]], seconds: float) -> t.Iterator[tuple[int, Outcome]]:
    try:
        yield done.get(timeout=max(0.0, seconds))
    except queue.Empty:
        return
