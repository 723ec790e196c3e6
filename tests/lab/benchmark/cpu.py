# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CPU time: of what this process has started, of a process tree between two moments, and of all else that runs."""

from __future__ import annotations

import bisect
import contextlib
import os
import resource
import threading
import time
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds() -> float:
    """Of all processes that this one has started and that have ended, with those that they have started."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class TreeCpu:
    """Looks at the CPU of a process and all below it, for the time of a ``with`` block. For Linux."""

    def __init__(self, pid: int, every: float = 0.05) -> None:
        self._pid, self._every = pid, every
        self._times: list[float] = []  # of time.time()
        self._used: list[float] = []  # by all
        self._first: list[float] = []  # by the first process alone
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> TreeCpu:
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(self._every):
            used, first = _of_tree(self._pid), _of_one(self._pid)
            self._times.append(time.time())
            self._first.append(max(first, self._first[-1] if self._first else 0.0))
            # A process that ends between two files is in neither: what was used once stays used.
            self._used.append(max(used, self._used[-1] if self._used else 0.0))

    def between(self, since: float, until: float) -> float:
        """CPU seconds between two moments of time.time(), to what was seen next to each."""
        return self._at(until, self._used) - self._at(since, self._used)

    def first_between(self, since: float, until: float) -> float:
        """The same of the first process alone."""
        return self._at(until, self._first) - self._at(since, self._first)

    def _at(self, moment: float, used: list[float]) -> float:
        place = bisect.bisect(self._times, moment)
        if place in (0, len(self._times)):
            return used[min(place, len(self._times) - 1)] if used else 0.0
        (early, late), (less, more) = self._times[place - 1 : place + 1], used[place - 1 : place + 1]
        return less + (more - less) * (moment - early) / (late - early)


def _stat(pid: int) -> list[str]:
    """What the kernel says of a process, from its state on."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()


def _of_one(pid: int) -> float:
    with contextlib.suppress(OSError):
        return sum(map(int, _stat(pid)[11:13])) / _TICK
    return 0.0


def _of_tree(pid: int) -> float:
    """Of a process, of those below it, and of those of them that have ended."""
    with contextlib.suppress(OSError):
        own = sum(map(int, _stat(pid)[11:15])) / _TICK
        children = [
            child for task in os.listdir(f"/proc/{pid}/task")
            for child in Path(f"/proc/{pid}/task/{task}/children").read_text().split()
        ]  # fmt: skip
        return own + sum(_of_tree(int(child)) for child in children)
    return 0.0


class Others:
    """How much of this machine's CPU others had, since it was made."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._busy, self._own = _busy_seconds(), _own_seconds()

    def share(self) -> float | None:
        """Between 0 and 1 of all cores; None where the machine does not say. Children count once they have ended."""
        busy = _busy_seconds()
        if busy is None or self._busy is None:
            return None
        others = busy - self._busy - (_own_seconds() - self._own)
        return max(0.0, others / (time.monotonic() - self._began) / (os.cpu_count() or 1))


def _own_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return cpu_seconds() + used.ru_utime + used.ru_stime


def _busy_seconds() -> float | None:
    """What all processes have used since the machine was started."""
    with contextlib.suppress(OSError):
        user, nice, system, _idle, _waiting, *rest = map(int, Path("/proc/stat").read_text().split("\n")[0].split()[1:])
        return (user + nice + system + sum(rest[:2])) / _TICK
    return None
