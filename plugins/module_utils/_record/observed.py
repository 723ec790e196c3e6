# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a drill observed: the results of its phases as their modules returned them, and finding one's way in them."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .._json import Json
from .._time import format_time, parse_time
from .._words import SELECTORS

VALIDATE = "validate"
STEP_KINDS = ("tcp", "http", "command", "tasks")


@dataclass(frozen=True)
class Observations:
    """None, or an empty list, for a phase that did not happen."""

    before: Json | None = None  # replication_session_info in the preflight
    starts: t.Sequence[Json] = ()  # replication_failover_test, state=started, for each wave
    during: Json | None = None  # replication_session_info after the last check
    stops: t.Sequence[Json] = ()  # replication_failover_test, state=stopped, each attempt
    after: Json | None = None  # replication_session_info after the stop
    steps: t.Sequence[Json] = ()  # the user's steps that were done: attach, checks, release
    planned_steps: t.Sequence[Json] = ()  # all of them: name, phase, session, critical
    phases: t.Sequence[Json] = ()  # phase, wave, started_at, finished_at, failed, reason; by the controller's clock
    wishes: t.Sequence[Json] = ()  # the sessions asked for: selector, wave, rpo_seconds, rto_seconds
    owned: t.Sequence[str] = ()  # ids of the sessions that the drill set out to stop
    adopted: t.Sequence[str] = ()  # ids of the sessions whose running test was taken over
    held: t.Sequence[str] = ()  # ids of the sessions that were left in test on purpose
    policy: Json = field(default_factory=dict)
    rpo_seconds: int | None = None  # instead of the replication rule's
    rto_seconds: int | None = None
    interruption: Json | None = None
    clock_skew_seconds: float | None = None  # the array's clock less the controller's

    @property
    def cluster(self) -> Json:
        """The array, from the earliest phase that knows it."""
        for phase in (self.before, *self.starts, *self.stops):
            if phase and phase.get("cluster"):
                return dict(phase["cluster"])
        return {}

    def starts_of(self, session_id: str | None) -> list[Json]:
        """What the starts said of a session."""
        return [found for start in self.starts if (found := by_id(start).get(session_id or ""))]

    def by_array(self, moment: str | None) -> datetime | None:
        """A time of the controller's clock on the array's; None where the two were not compared."""
        parsed = parse_time(moment)
        if parsed is None or self.clock_skew_seconds is None:
            return None
        return parsed + timedelta(seconds=self.clock_skew_seconds)


def by_id(phase: Json | None) -> dict[str, Json]:
    """The sessions of a module's result, by their ids."""
    return {entry["session_id"]: entry for entry in (phase or {}).get("sessions", ()) if entry.get("session_id")}


def looked_at(phase: Json | None) -> str | None:
    """The array's time when ``replication_session_info`` looked."""
    moment = ((phase or {}).get("cluster") or {}).get("system_time")
    return None if moment is None else str(moment)


@dataclass(frozen=True)
class Scoped:
    """One session of the drill: as it was asked for, and as the array first showed it."""

    wish: Json
    seen: Json  # empty where the name leads to no session, or nothing could be read

    @property
    def session_id(self) -> str | None:
        """Its id; None where it is not known."""
        found = self.seen.get("session_id") or self.wish.get("session_id")
        return None if found is None else str(found)

    @property
    def name(self) -> str:
        """The resource's name, else what was asked for."""
        asked = next((self.wish[by] for by in SELECTORS if self.wish.get(by)), None)
        return str(self.seen.get("resource_name") or asked or self.session_id or "unknown")

    @property
    def wave(self) -> int:
        """The wave it is started in, from 1."""
        return int(self.wish.get("wave") or 1)

    def is_meant_by(self, step: Json) -> bool:
        """Whether a step is about this session: by its id, its resource's id or name."""
        wanted = step.get("session")
        known = (self.session_id, self.seen.get("resource_id"), self.seen.get("resource_name"), self.name)
        return wanted is not None and wanted in known


def scope(seen: Observations) -> list[Scoped]:
    """The sessions of the drill in the order asked; from the earliest phase that knows them."""
    read = list((seen.before or {}).get("sessions") or ())
    if read and len(read) == len(seen.wishes):  # replication_session_info keeps the order of its selectors
        return [Scoped(wish, entry) for wish, entry in zip(seen.wishes, read, strict=True)]
    if read:
        wishes = {wish.get("session_id"): wish for wish in seen.wishes}
        return [Scoped(wishes.get(entry.get("session_id"), {}), entry) for entry in read]
    started = [entry for start in seen.starts for entry in start.get("sessions") or ()]
    if started:
        return [Scoped({**(entry.get("selector") or {}), "wave": 1}, entry) for entry in started]
    return [Scoped(wish, {}) for wish in seen.wishes]


def seconds(begin: t.Any, end: t.Any) -> float | None:
    """Between two times, as texts or as datetimes; None where either is not known."""
    first, last = (value if isinstance(value, datetime) else parse_time(value) for value in (begin, end))
    return None if first is None or last is None else round((last - first).total_seconds(), 3)


def moment_text(value: t.Any) -> str | None:
    """A time in the form of records."""
    return format_time(parse_time(value))


def not_executed(seen: Observations) -> list[Json]:
    """The planned steps that were not done, in their order and in the shape of those that were."""
    done = [(step["phase"], step["name"]) for step in seen.steps]
    return [_planned(step) for step in seen.planned_steps if (step["phase"], step["name"]) not in done]


def _planned(step: Json) -> Json:
    return {
        **{name: step.get(name) for name in ("name", "phase", "session")},
        "wave": None if step.get("wave") is None else int(step["wave"]),
        "kind": next((kind for kind in STEP_KINDS if step.get(kind) is not None), "tasks"),
        "critical": str(step.get("critical", True)).lower() not in ("false", "no", "0"),
        "timeout_seconds": None if step.get("timeout") is None else float(step["timeout"]),
    }
