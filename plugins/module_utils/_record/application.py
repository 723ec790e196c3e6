# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""RPO and RTO of an application over its sessions, which may be on several arrays. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .types import DrillSession, Session


@dataclass(frozen=True)
class Measured:
    """What was measured beside its objective, in seconds; ``met`` is None where it was not measured or not compared."""

    seconds: float | None = None
    objective: int | None = None
    met: bool | None = None

    @classmethod
    def rpo(cls, session: Session) -> Measured:
        """The age of the recovery point of one session; where a snapshot was tested, that of the replication.

        What was in the snapshot says nothing of what a disaster would lose.
        """
        point = session.recovery_point
        if point.of == "snapshot" and isinstance(session, DrillSession) and session.replication_rpo:
            replication = session.replication_rpo
            return cls(replication.age_seconds, replication.objective_seconds, replication.met)
        return cls(point.age_seconds, point.objective_seconds, point.met)

    @classmethod
    def rto(cls, session: Session) -> Measured:
        """The recovery time of one session; only a drill measures it."""
        if not isinstance(session, DrillSession):
            return cls()
        return cls(session.rto.actual_seconds, session.rto.objective_seconds, session.rto.met)

    @classmethod
    def together(cls, parts: t.Iterable[Measured]) -> Measured:
        """That of an application: it is back when its last session is, and has lost what the oldest data lacks.

        The longest of the sessions, with the objective of that session. Where one was not measured, the whole was
        not; where one missed its objective, the whole did.
        """
        found = list(parts)
        met = None if not found or any(each.met is None for each in found) else True
        if any(each.met is False for each in found):
            met = False
        measured = [each for each in found if each.seconds is not None]
        if not measured or len(measured) < len(found):
            objectives = [each.objective for each in found if each.objective is not None]
            return cls(None, min(objectives, default=None), met)
        longest = max(measured, key=lambda each: each.seconds or 0.0)
        return cls(longest.seconds, longest.objective, met)


class MeasuredFields(t.TypedDict):
    """What every list of applications has of RPO and RTO, in seconds."""

    rpo_seconds: float | None
    rpo_objective_seconds: int | None
    rpo_met: bool | None
    rto_seconds: float | None
    rto_objective_seconds: int | None
    rto_met: bool | None


def measured_fields(rpo: Measured, rto: Measured) -> MeasuredFields:
    """The same under the names of the record of a run, and of a coverage."""
    return {
        "rpo_seconds": rpo.seconds,
        "rpo_objective_seconds": rpo.objective,
        "rpo_met": rpo.met,
        "rto_seconds": rto.seconds,
        "rto_objective_seconds": rto.objective,
        "rto_met": rto.met,
    }
