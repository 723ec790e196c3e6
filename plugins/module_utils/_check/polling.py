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
from dataclasses import dataclass
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


def poll_all(tasks: t.Sequence[Task], parallel: int) -> list[Outcome]:
    """The outcome of each, in their order; at most ``parallel`` at once.

    The threads are daemons: one that does not come back, which nothing in Python can end, keeps nobody waiting.
    """
    done: queue.Queue[tuple[int, Outcome]] = queue.Queue()
    waiting = deque(range(len(tasks)))
    running: dict[int, float] = {}
    outcomes: dict[int, Outcome] = {}
    while len(outcomes) < len(tasks):
        while waiting and len(running) < parallel:
            number = waiting.popleft()
            running[number] = time.monotonic()
            threading.Thread(target=lambda n: done.put((n, poll(tasks[n]))), args=(number,), daemon=True).start()
        for number, outcome in _arrived(done, min(_given_up(tasks, running).values()) - time.monotonic()):
            if running.pop(number, None) is not None:
                outcomes[number] = outcome
        now = time.monotonic()
        for number, limit in _given_up(tasks, running).items():
            if limit <= now:
                outcomes[number] = Outcome(running.pop(number), now, 1, Observation(False, "", out_of_time=True))
    return [outcomes[number] for number in range(len(tasks))]


def _given_up(tasks: t.Sequence[Task], running: t.Mapping[int, float]) -> dict[int, float]:
    """When each that runs is not waited for any more."""
    return {number: started + tasks[number].timeout + GRACE_SECONDS for number, started in running.items()}


def _arrived(done: queue.Queue[tuple[int, Outcome]], seconds: float) -> t.Iterator[tuple[int, Outcome]]:
    try:
        yield done.get(timeout=max(0.0, seconds))
    except queue.Empty:
        return
