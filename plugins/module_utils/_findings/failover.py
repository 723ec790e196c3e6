# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a session can be failed over now, by an unplanned failover at this array. Pure: no I/O, no clock.

While a failover test runs, the array refuses a planned failover, and an unplanned one unless it keeps the data of the
test (api-facts 4.3). Dell does not list the states that an unplanned failover accepts; those taken here are the ones in
which the destination is at rest or replicating, the same in which a test may be started.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._array.session import ReplicationSession, Target
from .._json import Json
from .._words import NAS_SERVER
from .start_stop import OTHER_ROLES, STARTABLE_STATES, TRANSIENT_STATES

_JUDGED = ("volume", "volume_group", NAS_SERVER)
_OF_NAS_SERVERS = frozenset({"Partial_OK", "Partial_Paused"})  # states of their sessions alone, at rest
# NasServerOperationalStatusEnum: what ends by itself, and of what nobody documents whether a failover is accepted.
_CHANGING_SERVER = ("Starting", "Stopping", "Failover")
_DOUBTFUL_SERVER = ("Degraded", "Unknown")
_FAILED_OVER = frozenset({"Failed_Over", "Failing_Over", "Failing_Over_For_DR", "Partial_Failed_Over"})
STOP_IT: t.Final = (  # what to do about a test, for who has not tried
    "Stop it with replication_failover_test, state=stopped, and force=true if the production site is lost."
)
_AT_REST = STARTABLE_STATES | {"Partial_OK"}  # states that need nobody's attention


@dataclass(frozen=True, slots=True)
class FailoverReadiness:
    """What refuses to fail one session over, each obstacle with what to do about it; none where nothing does."""

    session: ReplicationSession
    obstacles: tuple[tuple[str, str], ...]

    @property
    def ready(self) -> bool:
        """Whether the array shows nothing that refuses a failover."""
        return not self.obstacles

    @property
    def reason(self) -> str | None:
        """What refuses it."""
        return " ".join(what for what, _to_do in self.obstacles) or None

    @property
    def to_do(self) -> str | None:
        """What to do about it."""
        return " ".join(to_do for _what, to_do in self.obstacles) or None


@dataclass(frozen=True, slots=True)
class NotJudged:
    """A session that may matter in a disaster and whose failover is not judged here."""

    session: ReplicationSession
    why: str

    @property
    def needs_attention(self) -> bool:
        """Whether its state is one that somebody should look at."""
        return self.session.state not in _AT_REST

    def as_result(self) -> Json:
        """One entry of ``not_judged`` in a module's result."""
        session = self.session
        return {
            "session_id": session.id,
            "resource_type": session.resource_type,
            "resource_name": session.resource_name,
            "resource_id": session.local_resource_id,
            "type": session.type,
            "role": session.role,
            "state": session.state,
            "needs_attention": self.needs_attention,
            "why": self.why,
        }


def readiness_of(targets: t.Iterable[Target], servers: t.Mapping[str, str] | None = None) -> list[FailoverReadiness]:
    """One for each session that is failed over here: of a volume, a volume group or a NAS server, as its destination.

    ``servers``: the operational status of NAS servers by their ids, as far as it was read.
    """
    status = servers or {}
    return [
        FailoverReadiness(
            target.session, (*_obstacles(target), *_of_server(status.get(target.session.local_resource_id)))
        )
        for target in targets
        if _is_judged(target)
    ]


def not_judged(targets: t.Iterable[Target]) -> list[NotJudged]:
    """The other sessions that do not have this array as their source: files, virtual volumes, metro, unknown roles."""
    return [
        NotJudged(target.session, _why_not(target.session))
        for target in targets
        if target.session.role != "Source" and not _is_judged(target)
    ]


def is_failed_over(session: ReplicationSession) -> bool:
    """Whether a session that was a destination has been failed over, or is being failed over now."""
    return session.state in _FAILED_OVER or session.role in OTHER_ROLES


def _is_judged(target: Target) -> bool:
    return target.session.role == "Destination" and target.session.resource_type in _JUDGED


def _why_not(session: ReplicationSession) -> str:
    if session.is_file:
        return "A file system is failed over with its NAS server. Look at that on the array."
    if session.resource_type == "replication_group":
        return "Virtual volumes are failed over from vSphere. Look at the replication group there."
    if session.role.startswith("Metro"):
        return "A metro session is not failed over: one side goes on by itself, or is promoted. Look at both arrays."
    return f"Its role {session.role} or its kind {session.resource_type} is not one that is judged here."


def _obstacles(target: Target) -> t.Iterator[tuple[str, str]]:
    session = target.session
    if session.in_test:
        yield (
            "A failover test is running.",
            STOP_IT,
        )
    elif target.pending_start:
        yield (
            f"The array logged the start of a failover test (job {target.pending_start.job_id}) and may still show it.",
            "Wait for the job to end, and run this again.",
        )
    if session.state in TRANSIENT_STATES:
        yield f"The session is {session.state}: it is changing now.", "Wait until it is at rest, and run this again."
    elif session.state not in STARTABLE_STATES | (_OF_NAS_SERVERS if session.is_file else frozenset()):
        yield (
            f"The session is in state {session.state}.",
            "Dell does not document whether a failover is accepted in this state: look at the session on the array.",
        )


def _of_server(status: str | None) -> t.Iterator[tuple[str, str]]:
    """A DR-test clone is no obstacle: a failover may run while it is there (API description of ``clone``)."""
    if status in _CHANGING_SERVER:
        yield f"The NAS server is {status}: it is changing now.", "Wait until it is at rest, and run this again."
    elif status in _DOUBTFUL_SERVER:
        yield (
            f"The NAS server is {status}.",
            "Dell does not document whether a failover is accepted then: look at the NAS server on the array.",
        )
