# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record of a drill: what was observed, compared with what was expected, and the verdict. Pure: no I/O, no clock.

Not measured is never a pass, and a drill passes only when the array confirmed that every test it started is stopped.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from .._words import Verdict
from .common import Context, Judgement, envelope
from .judge import judge, judge_cleanup
from .observed import not_executed, scope, without_a_session
from .results import Observations
from .sessions import session_record, validation
from .steps import steps_of
from .types import DrillRecord, DrillSession, Objectives

RTO_FORMULA = (
    "From the start being sent (the array's clock) to: the array showing the test (storage accessible; the array's "
    "clock); the last attach step being done (hosts see it); the last check being done (application validated; both "
    "the controller's clock, corrected by times.clock_skew_seconds). The objective is compared with the last of them."
)
RECOVERY_POINT_FORMULA = (
    "last_sync_timestamp less last_sync_duration, against the array's clock (cluster.system_time) in the preflight. A "
    "synchronisation delivers the source as it was when it began; which end of it the timestamp means is not "
    "documented, so the older reading is taken."
)


def build_record(seen: Observations, context: Context, record_id: str, written_at: datetime) -> DrillRecord:
    """The whole record. ``written_at`` is the controller's time."""
    scoped = scope(seen)
    sessions = [session_record(session, seen) for session in scoped]
    validations = tuple(validation(step) for step in without_a_session((*seen.steps, *not_executed(seen)), scoped))
    cleanup = judge_cleanup(sessions)
    judgement = judge(sessions, validations, cleanup, seen)
    looks = [look.at for look in (seen.before, seen.during, seen.after) if look]
    return DrillRecord(
        **envelope(
            record_id,
            context,
            seen.cluster,
            looks,
            judgement,
            written_at,
            selected_by="filters" if context.filters else "sessions",
        ),
        policy=seen.policy,
        objectives=Objectives(
            rpo_seconds=seen.rpo_seconds,
            rto_seconds=seen.rto_seconds,
            rto_formula=RTO_FORMULA,
            recovery_point_formula=RECOVERY_POINT_FORMULA,
        ),
        cleanup=cleanup,
        sessions=tuple(_judged(session, judgement) for session in sessions),
        validations=validations,
        steps=steps_of(scoped, seen),
        interruption=seen.interruption,
    )


def _judged(session: DrillSession, judgement: Judgement) -> DrillSession:
    if session.session_id is None:
        return replace(session, verdict=Verdict.ABORTED)
    own = judgement.of(session.session_id)
    return replace(session, verdict=own.verdict, reasons=own.texts)
