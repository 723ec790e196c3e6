# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One synchronisation of one session, asked of its source: what refuses it, sending it, and its confirmation."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from .._array.client import Receipt
from .._array.session import ReplicationSession
from .._errors import NotReadyError, RejectedError
from .._findings.start_stop import is_cut_off
from .._json import Json
from .._operation.goal import Goal, Outcome
from .._operation.operation import Operation
from .._operation.waiting import OverdueError
from .._time import parse_time

SYNC = "sync"
WORKING = "Synchronizing"
# "Synchronization is allowed when the replication session is in the following states: OK, System_Paused" (description
# of sync, 4.1). A cycle that is under way is waited for.
ALLOWED = ("OK", "System_Paused")

# What to do before a session in one of these states can be synchronised (ReplicationStateEnum, api-facts 3.2).
_REMEDIES: t.Final[t.Mapping[str, str]] = {
    "Paused": "Resume the session on the source array first; that synchronises it, too.",
    "Failed_Over": "After a failover nothing is replicated: reprotect the session first.",
    "Fractured": "Resume the session on the source array first.",
}


def refusal(session: ReplicationSession) -> NotReadyError | None:
    """Why no fresh synchronisation of this session can be had, and what to do; None where nothing refuses it."""
    problem = _problem(session)
    return NotReadyError(problem) if problem else None


def _problem(session: ReplicationSession) -> str | None:
    if session.role != "Source":
        return (
            f"The {session.label} is {session.role} on this array: expected Source, as a synchronisation is asked of "
            "the production array. Set host to that one."
        )
    if session.type not in (None, "Asynchronous"):
        return (
            f"The {session.label} is {session.type}: expected Asynchronous. Its destination has every write already; "
            "leave it out."
        )
    if session.is_file:
        return (
            f"The {session.label} shows no time of its last synchronisation, so that a fresh one could not be "
            "confirmed: expected a volume or a volume group. Leave it out."
        )
    if session.state not in (*ALLOWED, WORKING):
        remedy = _REMEDIES.get(session.state, "Wait until it is OK, then run this again.")
        return f"The {session.label} is {session.state}: expected {', '.join(ALLOWED)} or {WORKING}. {remedy}"
    if session.state == "System_Paused" and is_cut_off(session):
        return (
            f"The {session.label} is System_Paused, as its remote system {session.remote_system.get('name')} cannot be "
            "reached: expected a connection. Restore it, then run this again."
        )
    return None


@dataclass(frozen=True)
class SyncGoal(Goal):
    """A synchronisation that ends after what ``session`` showed when it was at rest."""

    @classmethod
    def of(cls, session: ReplicationSession) -> SyncGoal:
        """Of this session, with nothing in the request's body."""
        return cls(session, SYNC, {})

    @property
    def doing(self) -> str:
        """How messages begin."""
        return f"Synchronising the {self.session.label}"

    @property
    def unmet(self) -> str:
        """How a message says that the array does not show the wanted state."""
        return "the session does not show a later last_sync_timestamp"

    @property
    def doubt_is_ours(self) -> bool:
        """The array synchronises by itself, too, without a job."""
        return False

    def is_shown_by(self, row: Json) -> bool:
        """Whether a synchronisation ended since. Raises ProtocolError for a time that is none."""
        shown, known = parse_time(row.get("last_sync_timestamp")), self.session.last_sync_timestamp
        return shown is not None and (known is None or shown > known)

    def is_change(self, after: ReplicationSession) -> bool:
        """Whether the session has another recovery point than before."""
        return after.last_sync_timestamp != self.session.last_sync_timestamp


class SyncOperation(Operation):
    """Carries out one such goal: first a cycle that is under way already is waited for, as its data is older."""

    def _is_ready(self, outcome: Outcome) -> bool:
        try:
            row = self._waiting.until(
                "replication_session", self._goal.session.id, _is_at_rest, self._deadline, at_once=True
            )
        except OverdueError as late:
            raise self._overdue(f"the session is still {WORKING}, of before this task", late) from late
        session = self._session(row)
        if error := refusal(session):
            raise error
        self._goal = outcome.goal = replace(self._goal, session=session)
        return True

    def _send(self, outcome: Outcome) -> Receipt:
        """Send it. Where it is refused because a cycle has begun since the session was at rest, that one will do."""
        try:
            return super()._send(outcome)
        except RejectedError:
            row = self._read_row()
            if row.get("state") != WORKING and not self._goal.is_shown_by(row):
                raise
            return Receipt()


def _is_at_rest(row: Json) -> bool:
    return row.get("state") != WORKING
