# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The recorded clock of an array, at the pace of who asks now.

Between two answers now passes another time than between the two when they were recorded. Each time in an answer is
moved as the answers around it were: what lay between two of them lies between them again, and the array's clock is as
far from that of the controller as it was. A time that a request sets, such as an expiration, is what it sets now.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from .recorded import Recorded

_TEXT = re.compile(r'"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]00:00)"')
_SET = 1.0  # seconds from which on the array's clock was set meanwhile, and not only read a moment later


def _time_of(value: object) -> datetime | None:
    """A time with its zone; None for what is none, as an array may show anything."""
    try:
        shown = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return shown if shown is not None and shown.tzinfo is not None else None


class Pace:
    """Maps what was recorded to now. Times of the controller's clock are taken when an exchange is answered."""

    def __init__(self, exchanges: Sequence[Recorded]) -> None:
        self._recorded: list[datetime] = []  # when an answer was recorded, and when it was given now; both grow
        self._now: list[datetime] = []
        self._skews: list[tuple[datetime, timedelta]] = []
        self._set: dict[datetime, dict[str, datetime]] = {}  # what was set then -> path -> what is set now
        for each in sorted(exchanges, key=lambda each: each.began):
            self._learn(each)

    def _learn(self, each: Recorded) -> None:
        """How far the array's clock was from the controller's, then."""
        for row in each.rows if each.path == "/cluster" else []:
            shown = _time_of(row.get("system_time"))
            if shown is not None:
                skew = shown - each.began - timedelta(seconds=each.seconds / 2)
                if not self._skews or abs((skew - self._skews[-1][1]).total_seconds()) > _SET:
                    self._skews.append((each.began, skew))

    def _skew(self, at: datetime) -> timedelta:
        before = [skew for began, skew in self._skews if began <= at] or [skew for _began, skew in self._skews[:1]]
        return before[-1] if before else timedelta()

    def answered(self, each: Recorded, now: datetime) -> None:
        """An exchange is answered now. Where it is the last one again, the clock has gone on."""
        if not self._recorded or each.began >= self._recorded[-1]:
            self._recorded.append(each.began)
            self._now.append(now)

    def asked(self, path: str, recorded: object, now: object) -> None:
        """The bodies of a request, as it was recorded and as it is now; equal but for times."""
        if isinstance(recorded, dict) and isinstance(now, dict):
            for name, value in recorded.items():
                self.asked(path, value, now.get(name))
        then, moment = _time_of(recorded), _time_of(now)
        if then is not None and moment is not None:
            self._set.setdefault(then, {})[path] = moment

    def _as_set(self, path: str, moment: datetime) -> datetime | None:
        """What was set on this path; in the answers of others, what was set anywhere."""
        by_path = self._set.get(moment, {})
        return by_path.get(path) or next(iter(by_path.values()), None)

    def moved(self, moment: datetime) -> datetime:
        """A time of the controller's clock then, now. It is never after what was answered next."""
        at = bisect.bisect_right(self._recorded, moment) - 1
        if at < 0:
            return moment + (self._now[0] - self._recorded[0])
        then = self._now[at] + (moment - self._recorded[at])
        return then if at + 1 == len(self._now) else min(then, self._now[at + 1])

    def text(self, each: Recorded, raw: bytes) -> bytes:
        """The body of an answer, with its times moved and as it writes them."""
        skew = self._skew(each.began)

        def one(found: re.Match[str]) -> str:
            day, clock, fraction, zone = found.groups()
            moment = datetime.fromisoformat(f"{day}T{clock}.{(fraction or '0')[:6].ljust(6, '0')}+00:00")
            if moment.year < 1971 or moment.year > 9000:
                return found[0]  # no time of anything
            made = (self._as_set(each.path, moment) or self.moved(moment - skew) + skew).astimezone(UTC)
            digits = f".{f'{made.microsecond:06d}'.ljust(len(fraction), '0')[: len(fraction)]}" if fraction else ""
            return f'"{made:%Y-%m-%dT%H:%M:%S}{digits}{zone}"'

        return _TEXT.sub(one, raw.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
