# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pictures of a report: strips of time and bars, as inline SVG that stretches with the page. Pure.

A strip holds no text: labels and figures stand beside it as HTML, so that they stay readable on a telephone and on
paper. What a strip shows is in its title, for a reader who does not see it. Colours are classes of the style sheet.
The macro `strip` in the templates draws what is computed here.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

WIDTH: t.Final = 1000
_LEAST = 4  # a segment that is there is seen


@dataclass(frozen=True)
class Segment:
    """A part of a strip from ``begin`` to ``end`` in the unit of its axis; ``look`` is a class of the style sheet."""

    begin: float
    end: float
    look: str
    title: str = ""
    thin: bool = False
    lane: int = 0


@dataclass(frozen=True)
class Axis:
    """What the left and the right edge of a strip stand for."""

    low: float
    high: float

    def at(self, value: float) -> float:
        """The place of a value, from 0 to 1000; what lies outside is at the edge."""
        span = self.high - self.low
        share = (value - self.low) / span if span > 0 else 0.0
        return round(min(max(share, 0.0), 1.0) * WIDTH, 1)


@dataclass(frozen=True)
class Rectangle:
    """A segment where it is drawn."""

    look: str
    x: str
    y: int
    width: str
    height: int
    title: str


@dataclass(frozen=True)
class Strip:
    """Segments on a track; ``mark`` is a line across it, the objective for example."""

    axis: Axis
    segments: t.Sequence[Segment]
    title: str
    mark: float | None = None
    lanes: int = 1

    @property
    def height(self) -> int:
        """Of all lanes."""
        return 16 * self.lanes + 4 * (self.lanes - 1)

    @property
    def tops(self) -> t.Sequence[int]:
        """Where each lane begins."""
        return [20 * lane for lane in range(self.lanes)]

    @property
    def mark_at(self) -> str | None:
        """Where the mark is."""
        return None if self.mark is None else f"{self.axis.at(self.mark):g}"

    @property
    def looks(self) -> set[str]:
        """What it shows, for the legend."""
        return {segment.look for segment in self.segments}

    def rectangles(self) -> t.Iterator[Rectangle]:
        """The segments where they are drawn; one that lies outside of the axis is not."""
        inside = (each for each in self.segments if each.begin <= self.axis.high and each.end >= self.axis.low)
        for segment in inside:
            left, right = self.axis.at(segment.begin), self.axis.at(segment.end)
            width = max(right - left, _LEAST)
            left = min(left, WIDTH - width)
            top, height = (20 * segment.lane + 5, 6) if segment.thin else (20 * segment.lane, 16)
            yield Rectangle(segment.look, f"{left:g}", top, f"{width:g}", height, segment.title)
