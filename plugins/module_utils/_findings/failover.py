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
from .start_stop import STARTABLE_STATES, TRANSIENT_STATES

_BLOCK = ("volume", "volume_group")


@dataclass(frozen=True, slots=True)
class FailoverReadiness:
    """What stands against failing one session over, each obstacle with what to do about it; none where nothing does."""

    session: ReplicationSession
    obstacles: tuple[tuple[str, str], ...]

    @property
    def ready(self) -> bool:
        """Whether the array shows nothing that refuses a failover."""
        return not self.obstacles

    @property
    def reason(self) -> str | None:
        """What stands against it."""
        return " ".join(what for what, _to_do in self.obstacles) or None

    @property
    def to_do(self) -> str | None:
        """What to do about it."""
        return " ".join(to_do for _what, to_do in self.obstacles) or None


def readiness_of(targets: t.Iterable[Target]) -> list[FailoverReadiness]:
    """One for each block session of which the array is the destination; nothing else can be failed over here."""
    return [
        FailoverReadiness(target.session, tuple(_obstacles(target)))
        for target in targets
        if target.session.role == "Destination" and target.session.resource_type in _BLOCK
    ]


def _obstacles(target: Target) -> t.Iterator[tuple[str, str]]:
    session = target.session
    if session.in_test:
        yield (
            "A failover test is running.",
            "Stop it with replication_failover_test, state=stopped, and force=true where the production site is lost.",
        )
    elif target.pending_start:
        yield (
            f"The array logged the start of a failover test (job {target.pending_start.job_id}) and may still show it.",
            "Wait for the job to end, and run this again.",
        )
    if session.state in TRANSIENT_STATES:
        yield f"The session is {session.state}: it is changing now.", "Wait until it is at rest, and run this again."
    elif session.state not in STARTABLE_STATES:
        yield (
            f"The session is in state {session.state}.",
            "Whether a failover is taken in this state is not documented: look at the session on the array.",
        )
