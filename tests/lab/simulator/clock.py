# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Simulated time: it runs with the real clock, unless frozen, and can be moved forward."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def stamp(moment: datetime | None) -> str | None:
    """The array's way to write a point in time: UTC, milliseconds, '+00:00' (INF, from public samples)."""
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="milliseconds")


def parse_stamp(text: str) -> datetime:
    """Read what a client may send: ISO 8601 with 'Z' or an offset; without either it is UTC."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class Clock:
    """The time of both arrays (an array's skew against it is the array's own affair)."""

    def __init__(self, start: datetime | None = None, frozen: bool = False) -> None:
        self._base = start or datetime.now(UTC)
        self._origin = time.monotonic()
        self._frozen = frozen
        self._advanced = 0.0
        self._lock = threading.Lock()
        self.on_advance: list[Callable[[], None]] = []

    def now(self) -> datetime:
        """Simulated time, UTC."""
        running = 0.0 if self._frozen else time.monotonic() - self._origin
        return self._base + timedelta(seconds=self._advanced + running)

    def advance(self, seconds: float) -> None:
        """Move simulated time forward; jobs take real time and are not touched by it."""
        if seconds < 0:
            raise ValueError("simulated time only moves forward")
        with self._lock:
            self._advanced += seconds
        for callback in self.on_advance:
            callback()
