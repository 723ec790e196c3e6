# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A drill as its events tell it: what was planned, what was read, started, found and stopped. Pure.

The first event is the plan (``begin``) or the intent, which is the plan with the sessions that were found. The others:

- ``read {what: before | during | after, result}``: of ``replication_session_info``, without the sessions left out;
  ``present: true`` where those of the start were refused, and from here on the credentials are those that the
  variables have now
- ``synchronised {result}``: of ``replication_session_sync``
- ``starting {wave}``, ``started {wave, result}``, ``stopped {wave, result}``: of ``replication_failover_test``
- ``steps {phase, wave, steps}``: what the user's steps found
- ``beside {names, path, seconds}``: steps that run beside the drill; ``told``: they have ended, or their time is over
- ``looking {path, seconds}``: the sessions are read beside the checks; ``looked``: that is done, and what was read
  comes as ``read {what: during}`` when the stop was sent
- ``witness {result}``: of ``drill_witness``
- ``pause {seconds}``, ``interrupted {task, message}``, ``end``
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from functools import cached_property, wraps

from .._json import Json

BEFORE, DURING, AFTER = "before", "during", "after"
DONE_PHASES = ("attach", "validate", "release")  # whose steps belong into the record


@dataclass(frozen=True)
class Drill:
    """Everything that happened so far, oldest first.

    What follows from it is worked out once: the drill's own decisions ask each other, of thousands of sessions. Nobody
    changes what is returned.
    """

    events: tuple[Json, ...]
    decided: dict[str, t.Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def plan(self) -> Json:
        """What was planned before anything was sent."""
        return self.events[0]

    @property
    def policy(self) -> Json:
        """What was declared to be done in which case."""
        return dict(self.plan["policy"])

    @property
    def real(self) -> bool:
        """Whether this is no check mode."""
        return bool(self.plan["real"])

    def of(self, kind: str) -> list[Json]:
        """The events of a kind."""
        return [event for event in self.events if event["event"] == kind]

    def reads(self, what: str) -> list[Json]:
        """The results of reading the sessions that came to a result.

        Once there is something to stop, a reading that failed for one session still says what the others are.
        """
        found = (event["result"] for event in self.of("read") if event["what"] == what)
        whole = what == BEFORE
        return [each for each in found if each.get("sessions") is not None and not (whole and each.get("failed"))]

    @property
    def before(self) -> Json | None:
        """The sessions as they were last read before the start."""
        return next(reversed(self.reads(BEFORE)), None)

    @cached_property
    def sessions(self) -> list[Json]:
        """The sessions of the drill as they were before the start."""
        return list((self.before or {}).get("sessions") or ())

    @cached_property
    def wishes(self) -> list[Json]:
        """How each of them was asked for, in the same order; before they were read, as they were asked for."""
        found = [event["wishes"] for event in self.of("read") if event["what"] == BEFORE and "wishes" in event]
        return list(found[-1] if found else self.plan["asked"]["wishes"])

    @cached_property
    def pairs(self) -> list[tuple[Json, Json]]:
        """Each session with its wish; none where what was read is the answer to another question."""
        sessions, wishes = self.sessions, self.wishes
        return list(zip(sessions, wishes, strict=True)) if len(sessions) == len(wishes) else []

    @cached_property
    def waves(self) -> dict[str, int]:
        """The wave of each session, by its id."""
        pairs = zip(self.sessions, self.wishes, strict=False)
        return {str(session["session_id"]): int(wish.get("wave") or 1) for session, wish in pairs}

    @property
    def attempted(self) -> list[int]:
        """The waves whose start may have been sent."""
        return [int(event["wave"]) for event in self.of("starting")]

    @property
    def starts(self) -> list[Json]:
        """The results of the starts, each wave."""
        return [event["result"] for event in self.of("started")]

    @cached_property
    def started(self) -> list[Json]:
        """What the starts said of each session."""
        return [entry for start in self.starts for entry in start.get("sessions") or ()]

    @property
    def stops(self) -> list[Json]:
        """The results of the stops, each attempt."""
        return [event["result"] for event in self.of("stopped")]

    @cached_property
    def steps(self) -> list[Json]:
        """What the steps found that belong into the record."""
        return [step for event in self.of("steps") if event["phase"] in DONE_PHASES for step in event["steps"]]

    @property
    def notified(self) -> list[Json]:
        """What the steps found that tell others."""
        return [step for event in self.of("steps") if event["phase"] == "notify" for step in event["steps"]]

    @property
    def interruption(self) -> Json | None:
        """The first failure that ended the drill early."""
        found = next(iter(self.of("interrupted")), None)
        return None if found is None else {"task": found["task"], "message": found["message"]}

    @cached_property
    def adopted(self) -> list[str]:
        """Ids of the sessions whose running test is taken over."""
        if not self.policy.get("adopt_running"):
            return []
        return [
            str(session["session_id"])
            for session in self.sessions
            if session.get("failover_test_in_progress") is True
            and (session.get("failover_test") or {}).get("own") is True
        ]


Decision = t.TypeVar("Decision")


def decided_once(decide: t.Callable[[Drill], Decision]) -> t.Callable[[Drill], Decision]:
    """A decision that is kept with the drill that it is about. Nobody changes what is returned."""

    @wraps(decide)
    def decided(drill: Drill) -> Decision:
        if decide.__qualname__ not in drill.decided:
            drill.decided[decide.__qualname__] = decide(drill)
        return t.cast(Decision, drill.decided[decide.__qualname__])

    return decided
