# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to be synchronised, what check mode says of it, and what the result says afterwards. Pure.

What counts is the recovery point that the session shows afterwards: a cycle that ended since, and that was not under
way already when the task came to the session, as it would bring data from before that.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace
from datetime import datetime

from .._array.session import Cluster, ReplicationSession, Target, Unresolved
from .._json import Json
from .._module.result import Entry, Step, result_of, untouched
from .._operation.goal import Goal, Outcome
from .._operation.limits import Limits
from .._time import Moment, format_time
from .operation import SyncGoal, refusal


@dataclass(frozen=True, slots=True)
class Desired:
    """What a task wants of all its sessions. ``since``: how long ago is fresh enough; None: from the task on."""

    since: Moment | None = None
    limits: Limits = field(default_factory=Limits)

    def is_met_by(self, session: ReplicationSession, cluster: Cluster) -> bool:
        """Whether the session's recovery point is fresh enough as it is, by the older of its two readings."""
        last, took = session.last_sync_timestamp, session.last_sync_duration
        if self.since is None or last is None or cluster.system_time is None:
            return False
        oldest = self.since.at or cluster.system_time - (self.since.distance or (last - last))
        return (last - took if took else last) >= oldest


@dataclass(frozen=True, slots=True)
class Plan:
    """One step for each selector, in the order asked. An error on one of them refuses the whole task."""

    cluster: Cluster
    desired: Desired
    steps: tuple[Step, ...]

    @property
    def refused(self) -> bool:
        """Whether nothing is sent, because of one session."""
        return any(step.error for step in self.steps)

    @property
    def goals(self) -> list[Goal]:
        """What is to be sent; empty where every session is fresh enough."""
        return [] if self.refused else [step.goal for step in self.steps if step.goal]


def plan(cluster: Cluster, found: t.Sequence[Target | Unresolved], desired: Desired) -> Plan:
    """What has to be done so that every session has a recovery point that is fresh enough."""
    return Plan(cluster, desired, tuple(_step(cluster, entry, desired) for entry in found))


def _step(cluster: Cluster, entry: Target | Unresolved, desired: Desired) -> Step:
    if isinstance(entry, Unresolved):
        return Step(entry.selector, error=entry.error)
    session = entry.session
    if desired.is_met_by(session, cluster):
        return Step(entry.selector, session)
    if error := refusal(session):
        return Step(entry.selector, session, error=error)
    return Step(entry.selector, session, SyncGoal.of(session))


def predicted(step: Step, planned: Plan) -> Entry:
    """The entry of check mode, and that of a step on which nothing is done."""
    if planned.refused or step.goal is None or step.session is None:
        action, error = untouched(step, refused=planned.refused)
        return Entry(step, action, after=step.session, error=error)
    return Entry(step, "synchronised", after=replace(step.session, last_sync_timestamp=None))


def entry_of(step: Step, outcome: Outcome) -> Entry:
    """The entry of a step that was carried out."""
    if outcome.error is not None:
        action = "failed"
    else:  # where somebody else's cycle did it, nothing is this task's doing
        action = "synchronised" if outcome.done and outcome.request_sent else "none"
    return Entry(step, action, outcome, outcome.after, outcome.error)


def as_result(cluster: Cluster, entries: t.Sequence[Entry]) -> Json:
    """The return values of the module."""
    diff = {
        "before_header": f"last synchronisations on {cluster.name}, before",
        "after_header": f"last synchronisations on {cluster.name}, after",
        "before": {e.session.label: _shown(e.session.last_sync_timestamp) for e in entries if e.session},
        "after": {e.session.label: _shown_after(e, cluster) for e in entries if e.session},
    }
    return result_of(cluster, entries, diff)


def _shown(moment: datetime | None) -> Json:
    return {"last_sync_timestamp": format_time(moment)}


def _shown_after(entry: Entry, cluster: Cluster) -> Json:
    if entry.after is None:
        return {"last_sync_timestamp": "not known: the array could not be read"}
    if entry.outcome is None and entry.changed:  # check mode
        return {"last_sync_timestamp": f"later than {format_time(cluster.system_time)}"}
    return _shown(entry.after.last_sync_timestamp)
