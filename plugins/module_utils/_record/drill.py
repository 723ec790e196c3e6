# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record of a drill: what was observed, held against what was expected, and the verdict. Pure: no I/O, no clock.

Not measured is never a pass, and a drill passes only when the array confirmed that every test it started is stopped.
"""

from __future__ import annotations

from datetime import datetime

from .._json import Json
from .._words import Kind, Verdict
from .common import (
    Context,
    Judgement,
    envelope,
)
from .judge import judge, judge_cleanup
from .observed import (
    Observations,
    looked_at,
    not_executed,
    scope,
)
from .sessions import (
    left_out,
    session_record,
    validation,
)
from .steps import steps_of

RTO_FORMULA = (
    "From the start being sent (the array's clock) to: the array showing the test (storage accessible; the array's "
    "clock); the last attach step being done (hosts see it); the last check being done (application validated; both "
    "the controller's clock, corrected by times.clock_skew_seconds). The objective is held against the last of them."
)
RECOVERY_POINT_FORMULA = (
    "last_sync_timestamp less last_sync_duration, against the array's clock (cluster.system_time) in the preflight. A "
    "synchronisation delivers the source as it was when it began; which end of it the timestamp means is not "
    "documented, so the older reading is taken."
)


def build_record(seen: Observations, context: Context, record_id: str, written_at: datetime) -> Json:
    """The whole record. ``written_at`` is the controller's time."""
    scoped = scope(seen)
    sessions = [session_record(session, seen) for session in scoped]
    validations = [
        *(validation(step) for step in seen.steps if not any(session.is_meant_by(step) for session in scoped)),
        *(left_out(step) for step in not_executed(seen) if not any(session.is_meant_by(step) for session in scoped)),
    ]
    cleanup = judge_cleanup(sessions)
    judgement = judge(sessions, validations, cleanup, seen)
    looks = [looked_at(phase) for phase in (seen.before, seen.during, seen.after)]
    policy = seen.policy
    return {
        **envelope(
            Kind.DRILL, record_id, context, seen.cluster, looks, judgement, written_at,
            selected_by="filters" if context.filters else "sessions",
        ),
        "policy": {
            "on_partial_failure": policy.get("on_partial_failure") or "stop_all",
            "end_of_test_snapshot": policy.get("end_of_test_snapshot") or "none",
            "synchronise_first": bool(policy.get("synchronise_first")),
            "adopt_running": bool(policy.get("adopt_running")),
        },
        "objectives": {
            "rpo_seconds": seen.rpo_seconds,
            "rto_seconds": seen.rto_seconds,
            "rto_formula": RTO_FORMULA,
            "recovery_point_formula": RECOVERY_POINT_FORMULA,
        },
        "cleanup": cleanup,
        "sessions": [{**session, **_judged(session, judgement)} for session in sessions],
        "validations": validations,
        "steps": steps_of(scoped, seen),
        "interruption": {name: str(seen.interruption.get(name)) for name in ("task", "message")}
        if seen.interruption
        else None,
    }  # fmt: skip


def _judged(session: Json, judgement: Judgement) -> Json:
    own = judgement.of(session["session_id"])
    nothing = Verdict.ABORTED if session["session_id"] is None else own.verdict
    return {"verdict": nothing.value, "reasons": own.texts if session["session_id"] else []}
