# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a running drill keeps between its tasks: enough to decide and to stop, also where the journal is lost meanwhile.

Everything that happened goes to the journal in full; what is kept in memory is the part of it that decisions need, so
that a drill of thousands of sessions does not carry its results through every task.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace

from .._json import Json
from . import journal
from .drill import Drill
from .ownership import LEAVING
from .packed import packed, unpacked

_OF_RESULT = ("verdict", "cluster", "host", "account", "failed", "msg", "failure")
_OF_SESSION = (
    "session_id", "selector", "resource_type", "resource_name", "resource_id", "remote_resource_id", "role", "state",
    "failover_test_in_progress", "failover_test", "findings", "volumes",
)  # fmt: skip
_OF_OPERATION = (
    "session_id",
    "selector",
    "resource_name",
    "action",
    "request_sent",
    "failed",
    "job_id",
    "findings",
    "clone",
)
_OF_STEP = ("name", "phase", "wave", "session", "critical", "passed", "observed")
_NOT_KEPT = ("invocation", "diff", "warnings", "deprecations", "exception", "ansible_facts", "_ansible_no_log")


@dataclass(frozen=True, slots=True)
class State:
    """``drill`` reduced, all of it; ``pending`` in full, what is not in the file; ``path`` where it goes."""

    path: str = ""
    drill: Drill = field(default_factory=lambda: Drill(()))
    pending: tuple[Json, ...] = ()
    is_open: bool = False  # whether there is a file
    problem: str | None = None  # why the file could not be written

    @classmethod
    def of(cls, given: Json) -> State:
        """From what the last task returned as ``state``. Raises InvalidInputError for anything else."""
        if not given:
            return cls()
        known = unpacked(given)
        return cls(
            path=known["path"],
            drill=Drill(tuple(known["events"])),
            pending=tuple(known["pending"]),
            is_open=known["is_open"],
            problem=known["problem"],
        )

    def as_result(self) -> Json:
        """As the next task is given it."""
        return packed(
            {
                "path": self.path,
                "events": self.events,
                "pending": self.pending,
                "is_open": self.is_open,
                "problem": self.problem,
            }
        )

    @property
    def unwritten(self) -> list[Json]:
        """The events that are not in the file, packed together, for what is made of file and events."""
        return [packed(self.pending)] if self.pending else []

    @classmethod
    def recovered(cls, path: str, events: t.Sequence[Json]) -> State:
        """From the file, where what was kept in memory is lost."""
        return cls(path=path, drill=Drill(tuple(map(reduced, events))), is_open=True)

    @property
    def events(self) -> tuple[Json, ...]:
        """What happened so far, reduced to what decisions need."""
        return self.drill.events

    @property
    def running(self) -> bool:
        """Whether something was started, and the drill has not ended."""
        return bool(self.events) and bool(self.drill.attempted) and not self.drill.of(journal.END)

    def with_event(self, event: Json) -> State:
        """With one more thing that happened."""
        full = without_noise(event)
        return replace(self, drill=Drill((*self.events, reduced(full))), pending=(*self.pending, full))

    def opened(self, intent: Json) -> State:
        """With the file made, the intent first. Raises OSError."""
        journal.create(self.path, [intent, *self.pending[1:]])
        return replace(self, pending=(), is_open=True)

    def remade(self, intent: Json) -> State:
        """With the file made anew, where somebody removed it, from what is kept in memory: enough for a record."""
        message = (
            f"The journal {self.path} was removed while the drill ran, and made again from what was kept in memory: "
            "times and details that were only in it are lost."
        )
        kept, lost = (
            self.events[1 : len(self.events) - len(self.pending)],
            journal.event_of(journal.REMADE, message=message),
        )
        try:
            journal.create(self.path, [intent, *kept, lost])
        except OSError:  # `flushed` says why
            return self
        return replace(self, drill=Drill((self.events[0], *kept, lost, *self.events[1 + len(kept) :])))

    def flushed(self) -> State:
        """With what is pending in the file; where that cannot be written, with the reason, and nothing lost."""
        if not self.is_open or not self.pending:
            return self
        try:
            journal.append(self.path, self.pending)
        except OSError as error:
            return replace(self, problem=f"{self.path} could not be written: {error.strerror or error}.")
        return replace(self, pending=())


def without_noise(event: Json) -> Json:
    """The event without what Ansible adds to results."""
    result = event.get("result")
    if not isinstance(result, dict):
        return event
    return {**event, "result": {key: value for key, value in result.items() if key not in _NOT_KEPT}}


def reduced(event: Json) -> Json:
    """The event with as much of its result as decisions need."""
    found = dict(event)
    result = event.get("result")
    if isinstance(result, dict):
        names = _OF_SESSION if event["event"] == "read" else _OF_OPERATION
        found["result"] = {key: result[key] for key in _OF_RESULT if key in result}
        if result.get("sessions") is not None:
            found["result"]["sessions"] = [_some(entry, names) for entry in result["sessions"]]
            if event["event"] == "read":
                _keep_clones(found["result"]["sessions"], result["sessions"])
            else:
                _keep_what_leaves(found["result"]["sessions"])
    if isinstance(event.get("steps"), list) and event["event"] == "steps":
        found["steps"] = [_some(step, _OF_STEP) for step in event["steps"]]
    return found


def _keep_clones(sessions: t.Iterable[Json], read: t.Iterable[Json]) -> None:
    """Of NAS servers which clones they have: that they have none is the proof of their stop."""
    for kept, entry in zip(sessions, read, strict=True):
        if entry.get("dr_test_clones") is not None:
            kept["dr_test_clones"] = [{"id": clone.get("id")} for clone in entry["dr_test_clones"]]


def _keep_what_leaves(sessions: t.Iterable[Json]) -> None:
    """Of the findings of an operation only those by which it left a session alone."""
    for entry in sessions:
        entry["findings"] = [{"id": each["id"]} for each in entry.pop("findings", ()) if each["id"] in LEAVING]


def _some(entry: Json, names: t.Sequence[str]) -> Json:
    return {key: entry[key] for key in names if entry.get(key) is not None}
