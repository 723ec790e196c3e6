# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long an array is waited for that does not answer.

The management of an array that moves to its other node is away for tens of seconds to minutes. The time counts once for
all requests of a task. Where connections are refused and the task was never answered, the address is more likely wrong.
"""

from __future__ import annotations

import time
import typing as t

PATIENCE: t.Final = 2  # times the option ``timeout``
WITH_STRANGERS: t.Final = 30.0  # seconds, where connections are refused and nothing was ever answered in this task
WHEN_OVER: t.Final = 5.0  # seconds in which a request is tried again after an array was waited for in vain
COMING_UP: t.Final = frozenset({502, 503, 504})  # what an array that restarts answers before it is back


class Absence:
    """Since when an array has not answered, over all requests of a task. From many threads: each writes one value."""

    def __init__(self, timeout: float) -> None:
        """``timeout``: seconds for one request."""
        self._longest = PATIENCE * timeout
        self._since: float | None = None  # of time.monotonic(); None: it answers, or nothing was asked yet
        self._answered: float | None = None  # when it last did

    @property
    def is_away(self) -> bool:
        """Whether it has not answered since it was last asked."""
        return self._since is not None

    @property
    def was_long(self) -> bool:
        """Whether it was waited for until the end, but for a pause between two tries (5 s at most)."""
        return self._since is not None and time.monotonic() - self._since >= self._longest - 5.0

    def note(self, status: int | None, began: float) -> None:
        """What came of a try that began then; None: no answer."""
        is_known = self._answered is not None and self._since is None
        if status is not None and (is_known or status not in COMING_UP):
            self._since, self._answered = None, time.monotonic()
        elif self._since is None:
            self._since = began if self._answered is None else max(began, self._answered)

    def last_moment(self, began: float, *, refused: bool) -> float:
        """When the last try of a request may begin that began then. ``refused``: its connection was, just now."""
        patience = self._longest
        if refused and self._answered is None:
            patience = min(patience, WITH_STRANGERS)
        last = began + patience  # a read that was not answered in time has a second chance
        return last if self._since is None else min(last, max(self._since + patience, began + WHEN_OVER))

    def advice(self) -> str:
        """What to do where an array was waited for until the end, and may only need longer."""
        return (
            f" If it needs longer than {self._longest:g} s to restart, give a longer timeout." if self.was_long else ""
        )
