# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record of a drill: what was observed, compared with what was expected, and the verdict. Pure: no I/O, no clock.

Not measured is never a pass, and a drill passes only when the array confirmed that every test it started is stopped.
"""

from __future__ import annotations

import typing as t
from dataclasses import replace
from datetime import datetime

from .actions import Actions, carried_over, of_actions
from .causes import Judgement
from .common import Context, envelope, of_exclusions
from .judge import Judged, judge, judge_cleanup, verdict_of
from .observed import Drill, View
from .previous import Earlier, changed, previous_of, regressions
from .recovery import drill_rto
from .results import Observations
from .sessions import session_record, synchronisation_of, validation
from .steps import steps_of
from .types import DrillRecord, DrillSession, Objectives

RTO_FORMULA: t.Final = (
    "From the start being sent to: the array showing the test (storage accessible); the last attach step being done "
    "(hosts see it); the last check being done (application validated). All on the array's clock: times of the "
    "controller are moved by the skew that was measured last before them. The objective is compared with the last of "
    "them. An application of which a critical attach step or check failed has no recovery time."
)
RECOVERY_POINT_FORMULA: t.Final = (
    "last_sync_timestamp less last_sync_duration, as the array shows them when the session's own start is sent; its "
    "age is the difference to that moment by the array's clock. A synchronisation delivers the source as it was when "
    "it began; which end of it the timestamp means is not documented, so the older reading is taken. Of a test from a "
    "snapshot: the snapshot's protection_data.source_timestamp."
)


def build_record(
    seen: Observations,
    context: Context,
    record_id: str,
    written_at: datetime,
    earlier: Earlier | None = None,
    actions: Actions | None = None,
) -> DrillRecord:
    """The whole record. ``written_at`` is the controller's time; ``earlier`` what is known of earlier drills.

    ``actions``: what was open from them.
    """
    drill, earlier, actions = Drill.of(seen), earlier or Earlier(), actions or Actions()
    judged, own = judge_drill(drill)
    slower = regressions(judged.sessions, judged.rto, earlier.last, seen.rto_regression_percent)
    own = Judgement((*own.reasons, *of_exclusions(context, looked_at(seen)), *slower))
    array = seen.cluster.global_id
    carried = carried_over(actions, array, own.deviations(array), judged.sessions, written_at)
    judgement = Judgement((*own.reasons, *of_actions(actions, carried)))
    sessions = tuple(changed(session, earlier.last) for session in sessions_of(judged, judgement))
    looks = [look.at for look in (seen.as_found, seen.before, seen.during, seen.after) if look]
    return DrillRecord(
        **envelope(
            record_id,
            context,
            seen.cluster,
            looks,
            judgement,
            written_at,
            clocks=drill.clocks,
            selected_by="filters" if context.filters else "sessions",
            population=seen.population,
        ),
        policy=seen.policy,
        objectives=objectives_of(seen.rpo_seconds, seen.rto_seconds, seen.rto_regression_percent),
        cleanup=judged.cleanup,
        sessions=sessions,
        validations=tuple(judged.validations),
        steps=steps_of(drill, judged.sessions),
        interruption=seen.interruption,
        rto=judged.rto,
        witness=seen.witness,
        guards=seen.guards,
        synchronisation=synchronisation_of(seen.synchronised) if seen.synchronised else None,
        previous=previous_of(earlier.last, sessions, judged.rto),
        carried_over=carried,
        not_readable=earlier.not_readable,
    )


def looked_at(seen: Observations) -> datetime | None:
    """The array's time when it was first looked at."""
    looks = (look.at for look in (seen.as_found, seen.before, seen.during, seen.after) if look)
    return next((at for at in looks if at), None)


def objectives_of(
    rpo_seconds: int | None, rto_seconds: int | None, rto_regression_percent: int | None = None
) -> Objectives:
    """The objectives, with what they are compared with."""
    return Objectives(
        rpo_seconds=rpo_seconds,
        rto_seconds=rto_seconds,
        rto_formula=RTO_FORMULA,
        recovery_point_formula=RECOVERY_POINT_FORMULA,
        rto_regression_percent=rto_regression_percent,
    )


def judge_drill(drill: Drill) -> tuple[Judged, Judgement]:
    """What was measured on every session and on the drill as a whole, and what it comes to."""
    sessions = [session_record(View.of(drill, scoped)) for scoped in drill.scoped]
    judged = Judged(
        drill.seen,
        drill.clocks,
        sessions,
        [validation(step, "held on purpose" if drill.seen.held else "not executed") for step in drill.common_steps],
        drill_rto(drill),
        judge_cleanup(sessions),
    )
    return judged, judge(judged)


def sessions_of(judged: Judged, judgement: Judgement) -> tuple[DrillSession, ...]:
    """The sessions with their verdicts."""
    own = judgement.by_session()
    return tuple(
        _with_verdict(session, own.get(session.session_id, Judgement()), judged) for session in judged.sessions
    )


def _with_verdict(session: DrillSession, own: Judgement, judged: Judged) -> DrillSession:
    verdict, reasons = verdict_of(session, own, judged.validations)
    return replace(session, verdict=verdict, reasons=reasons)
