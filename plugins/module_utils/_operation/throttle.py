# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many operations a task keeps under way at once: fewer while the array says that it is busy."""

from __future__ import annotations

import threading
import time


class Throttle:
    """A counted lock whose count is halved by `slow_down` and grows by one for each count of operations that ended.

    The array's answers 429 and 503 mean the whole task, not the one request that they happened to meet.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._limit = float(most)
        self._taken = 0
        self._slowed_at = 0.0
        self._changed = threading.Condition()

    @property
    def limit(self) -> int:
        """How many may be under way now."""
        return int(self._limit)

    @property
    def taken(self) -> int:
        """How many are under way."""
        return self._taken

    def __enter__(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._taken < self.limit)
            self._taken += 1

    def __exit__(self, *_exc: object) -> None:
        with self._changed:
            self._taken -= 1
            self._limit = min(self._most, self._limit + 1 / self._limit)
            self._changed.notify(2)  # for the one that ended, and for the one that the limit may have grown by

    def slow_down(self) -> None:
        """Half as many from now on, one at the least. Many such answers within one second count once."""
        with self._changed:
            now = time.monotonic()
            if now - self._slowed_at >= 1:
                self._slowed_at = now
                self._limit = max(1.0, self._limit / 2)
