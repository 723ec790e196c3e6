# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How recovery time and recovery point developed from drill to drill: series, slope, what got worse. Pure."""

from __future__ import annotations

import statistics
import typing as t
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from .._record.application import Measured, measured_fields
from .._words import Coverage, Verdict
from .cover import Covered, rpo_of, rto_of
from .document import Test
from .listed import YES_NO, table
from .tested import Tested

QUARTER: t.Final = 365.25 / 4 * 86400  # seconds
NOISE: t.Final = 30.0  # seconds by which a recovery time may differ without a meaning, as in a drill's record
SLOPE_OF: t.Final = 8  # drills that a slope is made from: two years of quarters
COLUMNS: t.Final = (
    "application", "tier", "owner", "at", "run_or_record_id", "record_ids", "arrays", "sessions", "verdict",
    "rto_seconds", "rto_objective_seconds", "rto_met", "rpo_seconds", "rpo_objective_seconds", "rpo_met",
    "rto_change_percent", "rto_regressed", "rto_slope_seconds_per_quarter",
)  # fmt: skip


@dataclass(frozen=True)
class Point:
    """One drill of an application, over all arrays of its run."""

    at: datetime
    run: str  # id of the run, else of the record
    records: tuple[str, ...]
    arrays: tuple[str, ...]
    sessions: int
    verdict: Verdict
    rto: Measured
    rpo: Measured


@dataclass(frozen=True)
class Series:
    """All drills of an application, the oldest first. Of the sessions without an application, those of one array."""

    application: str | None
    array: str | None  # only for sessions without an application
    tier: str | None
    owner: str | None
    points: tuple[Point, ...]
    regression_percent: float

    @property
    def called(self) -> str:
        """What a person calls it."""
        return self.application or f"Without an application, {self.array}"

    @property
    def slope(self) -> float | None:
        """By how many seconds the recovery time grows in a quarter, by the method of least squares over the last
        `SLOPE_OF` drills in which it was measured; None for fewer than three, or all on one day."""
        points = [each for each in self.points if each.rto.seconds is not None][-SLOPE_OF:]
        if len(points) < 3 or (points[-1].at - points[0].at).total_seconds() < 86400:
            return None
        when = [(each.at - points[0].at).total_seconds() / QUARTER for each in points]
        return statistics.linear_regression(when, [each.rto.seconds or 0.0 for each in points]).slope

    def change(self, number: int) -> float | None:
        """By how many percent the recovery time of a point is longer than in the last drill that measured it."""
        now, before = self.points[number].rto.seconds, self._before(number)
        if now is None or not before:
            return None
        return (now - before) / before * 100

    def has_regressed(self, number: int) -> bool | None:
        """Whether that is more than is allowed; None where it is not known."""
        now, before, change = self.points[number].rto.seconds, self._before(number), self.change(number)
        if now is None or before is None or change is None:
            return None
        return change > self.regression_percent and now - before > NOISE

    def _before(self, number: int) -> float | None:
        measured = [each.rto.seconds for each in self.points[:number] if each.rto.seconds is not None]
        return measured[-1] if measured else None

    @property
    def last(self) -> Point:
        """The last drill."""
        return self.points[-1]

    @property
    def regressed(self) -> bool | None:
        """Whether the last drill took longer than allowed."""
        return self.has_regressed(len(self.points) - 1)


def trend_of(covered: Covered, regression_percent: float) -> list[Series]:
    """The series, by application. A session belongs to the application that it has now, in all drills."""
    found: dict[tuple[str | None, str | None], dict[str, list[Tested]]] = defaultdict(lambda: defaultdict(list))
    about: dict[tuple[str | None, str | None], tuple[str | None, str | None]] = {}
    for member, row in covered.members:
        if row.state is Coverage.GONE and row.application is None:
            continue
        key = (row.application, None if row.application else row.on)
        known = about.get(key, (None, None))
        about[key] = (known[0] or row.tier, known[1] or row.owner) if row.application else (None, None)
        for tested in member.tests:
            if tested.started:
                found[key][tested.run].append(tested)
    made = [
        Series(
            *key, *about[key], tuple(sorted(map(_point, runs.items()), key=lambda each: each.at)), regression_percent
        )
        for key, runs in found.items()
    ]
    return sorted(made, key=lambda each: (each.application is None, each.called))


def _point(run: tuple[str, t.Sequence[Tested]]) -> Point:
    tests: list[Test] = [each.test for each in run[1]]
    return Point(
        at=min(each.at for each in tests),
        run=run[0],
        records=tuple(dict.fromkeys(each.record_id for each in tests)),
        arrays=tuple(dict.fromkeys(each.array_name or each.array_global_id or "not known" for each in run[1])),
        sessions=len(tests),
        verdict=Verdict.worst((each.verdict for each in tests), otherwise=Verdict.INCOMPLETE),
        rto=Measured.together(map(rto_of, tests)),
        rpo=Measured.together(map(rpo_of, tests)),
    )


def trend_csv(trend: t.Iterable[Series]) -> str:
    """One line for each drill of each application."""
    return table(COLUMNS, (line for series in trend for line in _lines(series)))


def _lines(series: Series) -> t.Iterator[dict[str, object]]:
    for number, point in enumerate(series.points):
        change, is_last = series.change(number), number == len(series.points) - 1
        slope = series.slope if is_last else None
        yield {
            "application": series.application,
            "tier": series.tier,
            "owner": series.owner,
            "at": f"{point.at:%Y-%m-%dT%H:%M:%SZ}",
            "run_or_record_id": point.run,
            "record_ids": " ".join(point.records),
            "arrays": " ".join(point.arrays),
            "sessions": point.sessions,
            "verdict": point.verdict.value,
            **measured_fields(point.rpo, point.rto),
            "rto_met": YES_NO[point.rto.met],
            "rpo_met": YES_NO[point.rpo.met],
            "rto_change_percent": None if change is None else round(change, 1),
            "rto_regressed": YES_NO[series.has_regressed(number)],
            "rto_slope_seconds_per_quarter": None if slope is None else round(slope, 3),
        }
