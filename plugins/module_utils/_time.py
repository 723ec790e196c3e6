# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times and durations: how the array and a person write them, and how results and records show them. Pure."""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ._errors import MALFORMED, InvalidInputError, ProtocolError

_DURATION = re.compile(r"(\d+)\s*([smhdw])")
_FIRST_YEAR = 1900  # of a time of an array
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_time(value: t.Any) -> datetime | None:
    """A date-time of the array as an aware UTC datetime; None stays None. Raises ProtocolError for anything else."""
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
        utc = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        if utc.year < _FIRST_YEAR:  # such as the year 1, from which nothing can be subtracted
            raise ValueError("out of range")
        return utc
    except MALFORMED as error:
        raise ProtocolError(
            f"{repr(value)[:60]} is not a date and time as the array's description has them."
        ) from error


def format_time(moment: datetime | None) -> str | None:
    """UTC in ISO 8601 with milliseconds and ``Z``, the one form that results and records use."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_duration(text: str) -> timedelta | None:
    """From ``30d`` or ``12h`` (s, m, h, d, w); None for anything else. Raises OverflowError for what is too long."""
    duration = _DURATION.fullmatch(text.strip().lower())
    return timedelta(**{_UNITS[duration[2]]: int(duration[1])}) if duration else None


def length(seconds: float) -> timedelta:
    """A duration; what is longer than Python can hold, which is no duration, is the longest that it can."""
    most = timedelta.max.total_seconds() - 1
    return timedelta(seconds=max(-most, min(seconds, most)))


def moved(moment: datetime, seconds: float) -> datetime | None:
    """A time so many seconds later; None where no calendar has it."""
    try:
        return moment + timedelta(seconds=seconds)
    except OverflowError:
        return None


def in_words(age: timedelta) -> str:
    """A duration in its two largest units: ``45 s``, ``12 min``, ``3 h 20 min``, ``3 d 4 h``."""
    total = round(age.total_seconds())
    sign, left = ("-" if total < 0 else ""), abs(total)
    if left < 120:
        return f"{sign}{left} s"
    parts = []
    for unit, seconds in (("d", 86400), ("h", 3600), ("min", 60)):
        count, left = divmod(left, seconds)
        parts.append((count, unit))
    first = next(i for i, (count, _unit) in enumerate(parts) if count)
    return sign + " ".join(f"{count} {unit}" for count, unit in parts[first : first + 2] if count)


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time as an option names it: a time, a duration before or after now, or never (both None)."""

    at: datetime | None = None
    distance: timedelta | None = None

    @classmethod
    def parse(cls, text: str, option: str) -> Moment:
        """From ``30d``, ``12h`` (s, m, h, d, w), an ISO 8601 time with its zone, or ``never``.

        Raises InvalidInputError, which names the ``option``, for anything else.
        """
        wanted = text.strip()
        if wanted.lower() == "never":
            return cls()
        try:
            if (duration := parse_duration(wanted)) is not None:
                return cls(distance=duration)
            moment = datetime.fromisoformat(wanted)
            if moment.tzinfo is None:
                raise ValueError("no time zone")
            moment = moment.astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise InvalidInputError(
                f"{option} is '{text}': expected a duration such as 30d or 12h (s, m, h, d, w), "
                "a time such as 2026-12-31T00:00:00Z with its zone, or never."
            ) from error
        return cls(at=moment)

    def after(self, now: datetime, option: str) -> datetime | None:
        """The time as a future one; None for never. Raises InvalidInputError for a time that has passed."""
        if self.distance is None and self.at is None:
            return None
        try:
            moment = self.at or now + (self.distance or timedelta())
        except OverflowError as error:
            raise InvalidInputError(f"{option} is too far away: use never.") from error
        if moment <= now:
            raise InvalidInputError(
                f"{option} is {format_time(moment)}, which is not after the array's time "
                f"{format_time(now)}: expected a time to come."
            )
        return moment
