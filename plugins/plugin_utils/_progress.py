# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The line that says how far a long task is: done of all, failed, under way, and about how long it will take."""

from __future__ import annotations

import os
import time
import typing as t
from collections.abc import Callable, Mapping

EVERY: t.Final = 5.0  # seconds between two lines, and before the first
_OFF: t.Final = ("0", "false", "no", "off")


def is_wanted(environment: Mapping[str, str]) -> bool:
    """Whether lines are shown: POWERSTORE_PROGRESS=0, of the task or of Ansible, keeps it quiet."""
    return environment.get("POWERSTORE_PROGRESS", os.environ.get("POWERSTORE_PROGRESS", "1")).lower() not in _OFF


def line(what: str, done: int, failed: int, under_way: int, total: int, seconds: float) -> str:
    """``started 312 of 1,000, 2 failed, 16 under way, about 14 s left``; ``seconds``: since the first was begun."""
    parts = [f"{what} {done:,} of {total:,}", *([f"{failed:,} failed"] if failed else [])]
    parts += [f"{under_way:,} under way"] if under_way else []
    ended = done + failed
    if ended:
        left = seconds / ended * (total - ended)
        parts.append(f"about {left:.0f} s left" if left < 120 else f"about {left / 60:.0f} min left")
    return ", ".join(parts)


class Progress:
    """Shows a line every few seconds, as long as the task goes on."""

    def __init__(
        self, host: str, what: str, show: Callable[[str], object], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """``what``: the word for what is done, ``started`` for example."""
        self._host, self._what, self._show, self._clock = host, what, show, clock
        self._began = self._shown = clock()
        self._first: float | None = None  # when the first operation may have been sent

    def __call__(self, done: int, failed: int, under_way: int, total: int) -> None:
        """Take how far it is now."""
        now = self._clock()
        self._first = now if self._first is None else self._first
        if now - self._shown >= EVERY and done + failed < total:
            self._shown = now
            self._show(f"{self._host}: {line(self._what, done, failed, under_way, total, now - self._first)}")
