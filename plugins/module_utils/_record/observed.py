# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sessions of a drill and its steps, found in what was observed. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime, timedelta

from .results import Observations, OperationSeen, SessionSeen, StepSeen, Wish


@dataclass(frozen=True)
class Scoped:
    """One session of the drill: as it was asked for, and as the array first showed it."""

    wish: Wish
    seen: SessionSeen | OperationSeen  # empty where the name leads to no session, or nothing could be read

    @property
    def session_id(self) -> str | None:
        """Its id; None where it is not known."""
        return self.seen.session_id or self.wish.session_id

    @property
    def name(self) -> str:
        """The resource's name, else what was asked for."""
        return self.seen.resource_name or self.wish.asked or self.session_id or "unknown"

    @property
    def wave(self) -> int:
        """The wave it is started in, from 1."""
        return self.wish.wave or 1

    def is_meant_by(self, step: StepSeen) -> bool:
        """Whether a step is about this session: by its id, its resource's id or name."""
        known = (self.session_id, self.seen.resource_id, self.seen.resource_name, self.name)
        return step.session is not None and step.session in known


def scope(seen: Observations) -> list[Scoped]:
    """The sessions of the drill in the order asked; from the earliest phase that knows them."""
    read = (seen.before.sessions if seen.before else None) or ()
    if read and len(read) == len(seen.wishes):  # replication_session_info keeps the order of its selectors
        return [Scoped(wish, entry) for wish, entry in zip(seen.wishes, read, strict=True)]
    if read:
        wishes = {wish.session_id: wish for wish in seen.wishes}
        return [Scoped(wishes.get(entry.session_id, Wish()), entry) for entry in read]
    started = [entry for start in seen.starts for entry in start.sessions]
    if started:
        return [Scoped(_as_wish(entry), entry) for entry in started]
    return [Scoped(wish, SessionSeen()) for wish in seen.wishes]


def _as_wish(entry: OperationSeen) -> Wish:
    asked = entry.selector
    return Wish(session_id=asked.session_id, volume=asked.volume, volume_group=asked.volume_group, wave=1)


def seconds(begin: datetime | None, end: datetime | None) -> float | None:
    """Between two times; None where either is not known."""
    return None if begin is None or end is None else round((end - begin).total_seconds(), 3)


def by_array(seen: Observations, moment: datetime | None) -> datetime | None:
    """A time of the controller's clock on the array's; None where the two were not compared."""
    if moment is None or seen.clock_skew_seconds is None:
        return None
    return moment + timedelta(seconds=seen.clock_skew_seconds)


def not_executed(seen: Observations) -> list[StepSeen]:
    """The planned steps that were not done, in their order."""
    done = {(step.phase, step.name) for step in seen.steps}
    return [step for step in seen.planned_steps if (step.phase, step.name) not in done]


def without_a_session(steps: t.Iterable[StepSeen], scoped: t.Sequence[Scoped]) -> t.Iterator[StepSeen]:
    """The steps that are about the drill as a whole."""
    return (step for step in steps if not any(session.is_meant_by(step) for session in scoped))
