# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the results of modules that change sessions have in common: one entry for each selector, and the verdict."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._array.session import Cluster, ReplicationSession, Selector
from .._errors import PowerStoreError
from .._json import Json
from .._operation.goal import Goal, Outcome, as_timing

CHANGING = ("started", "stopped", "synchronised")  # what check mode predicts as a change
_TIMES = ("last_sync_timestamp", "recovery_point_timestamp")


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be done for one selector: a goal, or nothing, or the error that refuses it."""

    selector: Selector
    session: ReplicationSession | None = None
    goal: Goal | None = None
    error: PowerStoreError | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """What one selector's result says."""

    step: Step
    action: str
    outcome: Outcome | None = None
    after: ReplicationSession | None = None
    error: PowerStoreError | None = None

    @property
    def session(self) -> ReplicationSession | None:
        """The session before the operation: as it was when its turn came."""
        return self.outcome.goal.session if self.outcome else self.step.session

    @property
    def changed(self) -> bool:
        """Whether the array's state is (in check mode: would be) another than before, by this task."""
        return self.outcome.changed if self.outcome else self.action in CHANGING

    def as_result(self) -> Json:
        """One entry of ``sessions`` in the module's result."""
        return {**self.in_common(), **as_timing(self.outcome), **self.failure()}

    def failure(self) -> Json:
        """The error as the ``failure`` of a result, where there is one."""
        return {"failure": self.error.as_failure()} if self.error else {}

    def in_common(self) -> Json:
        """The part of an entry that all modules have."""
        session = self.session
        before = session.as_condition() if session else None
        return {
            "session_id": session.id if session else None,
            "selector": {self.step.selector.by: self.step.selector.value},
            "resource_type": session.resource_type if session else None,
            "resource_name": session.resource_name if session else None,
            "resource_id": session.local_resource_id if session else None,
            "action": self.action,
            "changed": self.changed,
            "failed": self.error is not None,
            "before": before,
            "after": afterwards(before, self.after.as_condition()) if self.after else None,
            "request_sent": bool(self.outcome and self.outcome.request_sent),
        }


def afterwards(before: Json | None, after: Json) -> Json:
    """The ``after`` of a result: its times only where they are others than those of ``before``."""
    known = before or {}
    return {name: value for name, value in after.items() if name not in _TIMES or value != known.get(name)}


def untouched(step: Step, *, refused: bool) -> tuple[str, PowerStoreError | None]:
    """Action and error of a step on which nothing is done; ``refused``: because of another one."""
    if step.error:
        return "failed", step.error
    return ("not_attempted" if refused and step.goal else "none"), None


def result_of(cluster: Cluster, entries: t.Sequence[Entry], diff: Json) -> Json:
    """The return values of a module; with ``failed``, ``msg`` and ``failure`` where a session failed."""
    return {
        "changed": any(entry.changed for entry in entries),
        "cluster": cluster.as_result(),
        "sessions": [entry.as_result() for entry in entries],
        "diff": diff,
        **_verdict(entries),
    }


def _verdict(entries: t.Sequence[Entry]) -> Json:
    errors = [entry.error for entry in entries if entry.error]
    if not errors:
        return {}
    lead = "" if len(entries) == 1 else f"{len(errors)} of {len(entries)} sessions failed. The first: "
    return {"failed": True, "msg": lead + errors[0].message, "failure": errors[0].as_failure()}


def nothing_attempted(
    selectors: t.Sequence[Selector], error: PowerStoreError, entry: type[Entry] = Entry, step: type[Step] = Step
) -> Json:
    """What the result holds where the task failed before the array was read."""
    entries = [entry(step(selector), "not_attempted", error=error) for selector in selectors]
    return {"changed": False, "sessions": [each.as_result() for each in entries]}
