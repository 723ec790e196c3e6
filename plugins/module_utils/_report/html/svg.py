# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pictures of a report: strips of time and bars, as inline SVG that stretches with the page.

A strip holds no text: labels and figures stand beside it as HTML, so that they stay readable on a telephone and on
paper. What a strip shows is in its title, for a reader who does not see it. Colours are classes of the style sheet.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .markup import Markup, escape

_WIDTH = 1000
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
        return round(min(max(share, 0.0), 1.0) * _WIDTH, 1)


def strip(axis: Axis, segments: t.Sequence[Segment], title: str, mark: float | None = None, lanes: int = 1) -> Markup:
    """Segments on a track; ``mark`` is a line across it, the objective for example."""
    height = 16 * lanes + 4 * (lanes - 1)
    tracks = "".join(f'<rect class="track" y="{20 * lane}" width="{_WIDTH}" height="16"/>' for lane in range(lanes))
    drawn = "".join(_rectangle(axis, segment) for segment in segments)
    line = "" if mark is None else f'<path class="mark" d="M{axis.at(mark):g} 0v{height}"/>'
    return Markup(
        f'<svg class="strip l{lanes}" viewBox="0 0 {_WIDTH} {height}" preserveAspectRatio="none" role="img">'
        f"<title>{escape(title)}</title>{tracks}{drawn}{line}</svg>"
    )


def _rectangle(axis: Axis, segment: Segment) -> str:
    left, right = axis.at(segment.begin), axis.at(segment.end)
    width = max(right - left, _LEAST)
    left = min(left, _WIDTH - width)
    top, height = (20 * segment.lane + 5, 6) if segment.thin else (20 * segment.lane, 16)
    shape = f'class="{segment.look}" x="{left:g}" y="{top}" width="{width:g}" height="{height}"'
    if not segment.title:
        return f"<rect {shape}/>"
    return f"<rect {shape}><title>{escape(segment.title)}</title></rect>"
