# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sessions of a drill and its steps, found in what was observed. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .._words import NAS_SERVER, Phase
from .clocks import Clocks
from .normal import last_stop
from .results import Look, Observations, OperationSeen, SessionSeen, StepSeen, Wish


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

    @property
    def is_nas(self) -> bool:
        """Whether it is a NAS server, which is tested by a clone."""
        return self.seen.resource_type == NAS_SERVER or self.wish.nas_server is not None

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
    return Wish(
        session_id=asked.session_id,
        volume=asked.volume,
        volume_group=asked.volume_group,
        nas_server=asked.nas_server,
        wave=1,
    )


def not_executed(seen: Observations) -> tuple[StepSeen, ...]:
    """The planned steps that were not done, in their order."""
    done = {(step.phase, step.name) for step in seen.steps}
    return tuple(step for step in seen.planned_steps if (step.phase, step.name) not in done)


@dataclass(frozen=True)
class Drill:
    """What was observed, with what is found out once for all sessions."""

    seen: Observations
    scoped: tuple[Scoped, ...]
    clocks: Clocks
    steps: tuple[StepSeen, ...]  # those that were done, then those that were not

    @classmethod
    def of(cls, seen: Observations) -> Drill:
        """From what was observed."""
        looks = (seen.as_found, seen.before, seen.during, seen.after)
        clocks = Clocks.of(looks, seen.clock_skew_seconds)
        return cls(seen, tuple(scope(seen)), clocks, (*seen.steps, *not_executed(seen)))

    @property
    def common_steps(self) -> tuple[StepSeen, ...]:
        """The steps that are about the drill as a whole."""
        return tuple(step for step in self.steps if not any(each.is_meant_by(step) for each in self.scoped))


@dataclass(frozen=True)
class View:
    """Everything that was seen of one session."""

    drill: Drill
    scoped: Scoped
    found: SessionSeen | None  # before a requested synchronisation
    before: SessionSeen | None
    start: OperationSeen | None
    during: SessionSeen | None
    stop: OperationSeen | None
    after: SessionSeen | None

    @classmethod
    def of(cls, drill: Drill, scoped: Scoped) -> View:
        """From what was observed in all phases."""
        seen, session_id = drill.seen, scoped.session_id
        starts = seen.starts_of(session_id)
        return cls(
            drill,
            scoped,
            found=_of(seen.as_found, session_id),
            before=_of(seen.before, session_id),
            start=starts[-1] if starts else None,
            during=_of(seen.during, session_id),
            stop=last_stop(seen.stops_of(session_id)),
            after=_of(seen.after, session_id),
        )

    @property
    def clocks(self) -> Clocks:
        """How the clocks compare."""
        return self.drill.clocks

    @property
    def owned(self) -> bool:
        """Whether the drill started a test on the session, or a test runs there that did not before it."""
        if self.scoped.session_id in self.drill.seen.owned:
            return True
        appeared = bool(self.after and self.after.in_test and self.before and not self.before.in_test)
        return bool(self.start and self.start.left_a_test) or (appeared and not self._is_someone_elses)

    @property
    def _is_someone_elses(self) -> bool:
        """Whether the start found a test running and sent nothing."""
        start = self.start
        return bool(start and start.action == "none" and not start.request_sent and not start.failed)

    @property
    def adopted(self) -> bool:
        """Whether a test that ran before was taken over."""
        return self.scoped.session_id in self.drill.seen.adopted

    @property
    def tested(self) -> bool:
        """Whether a test was started, or should have been."""
        return self.owned or bool(self.start and self.start.failed)

    @property
    def sent_at(self) -> datetime | None:
        """When its start was sent, by the array's clock."""
        if self.start and self.start.started_at:
            return self.start.started_at
        running = self.before.failover_test if self.before and self.adopted else None
        return running.started_at if running else None

    def concerned(self, *phases: Phase) -> list[StepSeen]:
        """The steps of some phases, done or not, that are about this session or about all."""
        return [
            step
            for step in self.drill.steps
            if step.phase in phases and (step.session is None or self.scoped.is_meant_by(step))
        ]


def _of(look: Look | None, session_id: str | None) -> SessionSeen | None:
    return look.by_id.get(session_id) if look and session_id else None
