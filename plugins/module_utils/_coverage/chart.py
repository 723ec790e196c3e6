# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One small chart of a trend: measured values as dots by verdict, the objective as a line. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._record.application import Measured
from .._report.text import duration
from .trend import Point, Series

WIDTH, HEIGHT = 320, 130
_LEFT, _RIGHT, _TOP, _BOTTOM = 8.0, 312.0, 10.0, 112.0
_ROOM = 1.12  # above the highest value


@dataclass(frozen=True)
class Dot:
    """One drill. ``hollow``: nothing was measured, so it is on the base line and stands for no value."""

    x: float
    y: float
    look: str
    hollow: bool
    title: str


@dataclass(frozen=True)
class Chart:
    """What the template draws."""

    label: str
    dots: tuple[Dot, ...]
    path: str  # from dot to dot, of what was measured
    objective: str  # the line of the objective, where there is one
    highest: str  # what the top of the chart stands for
    first: str
    last: str
    title: str

    width: int = WIDTH
    height: int = HEIGHT


def charts_of(series: Series) -> tuple[Chart, Chart]:
    """Recovery time and recovery point."""
    return (
        _chart("Recovery time", series, lambda point: point.rto),
        _chart("Recovery point", series, lambda point: point.rpo),
    )


def _chart(label: str, series: Series, measured: t.Callable[[Point], Measured]) -> Chart:
    values = [measured(point) for point in series.points]
    numbers = [float(each) for one in values for each in (one.seconds, one.objective) if each is not None]
    top = max(numbers, default=0.0) * _ROOM or 1.0
    places = [_x(series, point) for point in series.points]
    heights = [_BOTTOM if one.seconds is None else _y(one.seconds, top) for one in values]
    known = [(x, y) for x, y, one in zip(places, heights, values, strict=True) if one.seconds is not None]
    aims = [
        (x, _y(float(one.objective), top)) for x, one in zip(places, values, strict=True) if one.objective is not None
    ]
    dots = tuple(
        Dot(x, y, point.verdict.value, one.seconds is None, _said(point, one))
        for x, y, point, one in zip(places, heights, series.points, values, strict=True)
    )
    return Chart(
        label=label,
        dots=dots,
        path=_line(known),
        objective=_line(_to_the_edges(aims)),
        highest=duration(top),
        first=f"{series.points[0].at:%Y-%m-%d}",
        last=f"{series.last.at:%Y-%m-%d}",
        title=f"{label} of {series.called}: " + "; ".join(dot.title for dot in dots),
    )


def _x(series: Series, point: Point) -> float:
    whole = (series.last.at - series.points[0].at).total_seconds()
    share = (point.at - series.points[0].at).total_seconds() / whole if whole else 0.5
    return round(_LEFT + share * (_RIGHT - _LEFT), 1)


def _y(value: float, top: float) -> float:
    return round(_BOTTOM - max(value, 0.0) / top * (_BOTTOM - _TOP), 1)


def _to_the_edges(points: t.Sequence[tuple[float, float]]) -> t.Sequence[tuple[float, float]]:
    """An objective holds before the first drill and after the last one, too."""
    return [(0.0, points[0][1]), *points, (float(WIDTH), points[-1][1])] if points else ()


def _line(points: t.Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points) if len(points) > 1 else ""


def _said(point: Point, one: Measured) -> str:
    aim = "" if one.objective is None else f" of {duration(float(one.objective))}"
    return f"{point.at:%Y-%m-%d} {duration(one.seconds)}{aim}, {point.verdict.word.lower()}"
