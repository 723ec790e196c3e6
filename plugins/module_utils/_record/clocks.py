# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The array's clock and the controller's: how far apart they are, and whether one was set during a drill. Pure.

The two are compared at every look at the array. What is measured across a moment at which one of them was set is not
measured: which of the two it was is not known. No duration is negative.
"""

from __future__ import annotations

import itertools
import typing as t
from dataclasses import dataclass
from datetime import datetime

from .._time import moved
from .results import Look
from .types import ClockLook

TOLERANCE = 5.0  # seconds, beyond which a skew or a step is a deviation
AHEAD = 10.0  # seconds that a recovery point may lie ahead of the array's clock: the arrays' own clocks differ a little


@dataclass(frozen=True)
class Clocks:
    """Every comparison of the two clocks, in their order; ``given`` is a skew that was measured elsewhere."""

    looks: tuple[ClockLook, ...] = ()
    given: float | None = None

    @classmethod
    def of(cls, looks: t.Iterable[Look | None], given: float | None = None) -> Clocks:
        """From the looks at the array, oldest first."""
        seen = [look.cluster for look in looks if look and look.cluster]
        return cls(
            tuple(
                ClockLook(at=each.system_time, skew_seconds=each.clock_skew_seconds)
                for each in seen
                if each.system_time is not None and each.clock_skew_seconds is not None
            ),
            given,
        )

    @property
    def skew(self) -> float | None:
        """The array's clock less the controller's, at the first comparison."""
        return self.looks[0].skew_seconds if self.looks else self.given

    @property
    def step(self) -> float | None:
        """The largest change of the skew between any two looks; None where the clocks were not compared twice.

        A clock that is set in small steps, or runs too fast, moves as far as one that is set at once.
        """
        changes = (later.skew_seconds - each.skew_seconds for each, later in itertools.combinations(self.looks, 2))
        return max(changes, key=abs, default=None)

    @property
    def _pairs(self) -> list[tuple[ClockLook, ClockLook]]:
        return list(zip(self.looks, self.looks[1:], strict=False))

    def by_array(self, moment: datetime | None) -> datetime | None:
        """A time of the controller's clock on the array's; None where the two were not compared."""
        skew = self._skew_at(moment)
        return None if moment is None or skew is None else moved(moment, skew)

    def _skew_at(self, moment: datetime | None) -> float | None:
        """The skew that was measured last before a time of the controller's clock."""
        if moment is None or not self.looks:
            return self.skew
        shifted = ((look, moved(look.at, -look.skew_seconds)) for look in self.looks)
        earlier = [look for look, at in shifted if at and at <= moment]
        return (earlier[-1] if earlier else self.looks[0]).skew_seconds

    def seconds(self, begin: datetime | None, end: datetime | None) -> float | None:
        """Between two times of the array's clock; None where one is not known, or a clock was set between them."""
        if begin is None or end is None or end < begin or self._was_set_between(begin, end):
            return None
        return round((end - begin).total_seconds(), 3)

    def was_set_by(self, moment: datetime) -> bool:
        """Whether a clock was set before a time of the array's clock, or may have been."""
        return self._was_set_between(min((look.at for look in self.looks), default=moment), moment)

    def _was_set_between(self, begin: datetime, end: datetime) -> bool:
        around = [
            look.skew_seconds
            for pair in self._pairs
            if begin <= max(look.at for look in pair) and min(look.at for look in pair) <= end
            for look in pair
        ]
        return bool(around) and max(around) - min(around) > TOLERANCE


def age_of(timestamp: datetime | None, at: datetime | None, clocks: Clocks) -> tuple[float | None, str | None]:
    """How old data is at a time of the array's clock, and why that is not known where it is not."""
    if timestamp is None or at is None:
        return None, "The array did not say of which time the data is."
    age = (at - timestamp).total_seconds()
    if age < -AHEAD:
        return None, f"The data is of a time {-age:.0f} s ahead of the array's clock."
    if clocks.was_set_by(at):
        return None, "A clock was set before the start, or around it."
    return round(max(age, 0.0), 3), None
