# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The readiness report: what would refuse a drill, and what a drill would come to, as a record. Pure.

Findings are those of ``replication_session_info``. What a drill would come to is said by the judge of drills, of one
on what was read in which every start, step and stop goes well.
"""

from __future__ import annotations

import typing as t
from dataclasses import replace
from datetime import datetime

from .._words import NAS_SERVER, Cause, Severity, Verdict
from .causes import Judgement, Reason, of_input
from .clocks import Clocks
from .common import Context, condition, envelope, of_clocks, of_exclusions
from .drill import judge_drill, objectives_of, sessions_of
from .objectives import recovery_point
from .observed import Drill
from .results import (
    CloneSeen,
    Cluster,
    ConditionSeen,
    InterfaceSeen,
    Look,
    Observations,
    Operated,
    OperationSeen,
    Preflight,
    Selector,
    SessionSeen,
    StepSeen,
)
from .scope import population_of, reads_all
from .types import DrillSession, Failure, NotPassed, PlannedStep, Population, ReadinessRecord, ReadinessSession, WouldBe

_VERDICTS: t.Final[t.Mapping[Severity, tuple[NotPassed, Cause]]] = {
    Severity.BLOCKER: (Verdict.FAILED, Cause.BLOCKED),
    Severity.WARNING: (Verdict.PASSED_WITH_DEVIATIONS, Cause.WARNING),
}


def build_readiness(seen: Preflight, context: Context, record_id: str, written_at: datetime) -> ReadinessRecord:
    """The record of kind ``readiness``; it needs ``before`` only.

    A ``before`` without sessions is that of an array that could not be read, and makes the record incomplete.
    """
    look = seen.before
    kept = [
        (entry, number)
        for number, entry in enumerate(look.sessions or ())
        if not any(_is_named(entry, out) for out in seen.exclusions)
    ]
    entries = [entry for entry, _number in kept]
    drill = _as_drill(seen, entries, [number for _entry, number in kept])
    judged, judgement = judge_drill(drill)
    would_be = sessions_of(judged, judgement)
    filters = context.filters
    own = [Judgement(tuple(_reasons(entry))) for entry in entries]
    return ReadinessRecord(
        **envelope(
            record_id,
            context,
            look.cluster or Cluster(),
            [look.at],
            Judgement(
                (
                    *(reason for each in own for reason in each.reasons),
                    *_of_all(seen, entries, drill.clocks),
                    *of_exclusions(context, look.at),
                )
            ),
            written_at,
            clocks=drill.clocks,
            selected_by="sessions" if filters is None else "filters" if filters else "all",
            population=seen.population or (_population(look, entries) if reads_all(filters) else None),
        ),
        sessions=tuple(
            _session(entry, each, look.at, expected, seen)
            for entry, each, expected in zip(entries, own, would_be, strict=True)
        ),
        would_be=WouldBe(verdict=judgement.verdict, reasons=judgement.causes) if entries else None,
        objectives=objectives_of(seen.rpo_seconds, seen.rto_seconds, seen.rto_regression_percent),
        planned_steps=tuple(map(_planned, seen.planned_steps)),
    )


def _population(look: Look, entries: t.Sequence[SessionSeen]) -> Population | None:
    """What there is to test, where all of it was read; what was read and is not in the report was left out."""
    if look.sessions is None:
        return None
    kept = {entry.session_id for entry in entries if entry.session_id}
    return population_of(look.sessions, kept, {each.session_id or "" for each in look.sessions} - kept)


def _of_all(seen: Preflight, entries: t.Sequence[SessionSeen], clocks: Clocks) -> t.Iterator[Reason]:
    yield from of_input(seen.notes)
    if seen.before.sessions is None:
        text = f"Nothing was looked at: {seen.before.msg or 'no reason was given'}"
        yield Reason(Verdict.INCOMPLETE, Cause.NOT_READ, text)
    elif not entries:
        text = "No replication session fits and is not excluded: nothing was looked at."
        yield Reason(Verdict.INCOMPLETE, Cause.NOT_READ, text)
    yield from of_clocks(clocks)


def _is_named(entry: SessionSeen, exclusion: Selector) -> bool:
    """Whether an exclusion means this session: by its id, or by the name or id of its resource."""
    by_type = {"volume": exclusion.volume, "volume_group": exclusion.volume_group, NAS_SERVER: exclusion.nas_server}
    resource = by_type.get(entry.resource_type or "")
    names = {str(name).casefold() for name in (entry.resource_name, entry.resource_id)}
    wanted = exclusion.session_id
    return (wanted is not None and wanted == entry.session_id) or (
        resource is not None and resource.casefold() in names
    )


def _reasons(entry: SessionSeen) -> t.Iterator[Reason]:
    for finding in entry.findings:
        if finding.severity in _VERDICTS:
            verdict, cause = _VERDICTS[finding.severity]
            name = entry.resource_name or entry.selector.asked
            yield Reason(
                verdict, cause, finding.message, entry.session_id, name, entry.resource_id, finding.id, of_all=False
            )


def _session(
    entry: SessionSeen, judgement: Judgement, looked_at: datetime | None, would_be: DrillSession, seen: Preflight
) -> ReadinessSession:
    return ReadinessSession(
        session_id=entry.session_id,
        resource_type=entry.resource_type,
        resource_name=entry.resource_name or entry.selector.asked,
        resource_id=entry.resource_id,
        remote_system=entry.remote_system.name if entry.remote_system else None,
        application=would_be.application,
        tier=would_be.tier,
        owner=would_be.owner,
        replication_rule=would_be.replication_rule,
        verdict=judgement.verdict,
        reasons=judgement.texts,
        recovery_point=recovery_point(
            entry, would_be.recovery_point.objective_seconds if _is_given(would_be) else None
        ),
        before=condition(entry, looked_at) if entry.session_id is not None else None,
        findings=entry.findings,
        ready=entry.ready,
        would_be=WouldBe(verdict=would_be.verdict, reasons=would_be.reasons),
    )


def _is_given(session: DrillSession) -> bool:
    return session.recovery_point.objective_from == "drill"


def _planned(step: StepSeen) -> PlannedStep:
    return PlannedStep(
        phase=step.phase,
        name=step.name,
        kind=step.kind,
        wave=step.wave,
        session=step.session,
        critical=step.critical,
        timeout_seconds=step.timeout_seconds,
    )


def _as_drill(seen: Preflight, entries: t.Sequence[SessionSeen], places: t.Sequence[int]) -> Drill:
    """A drill on what was read: a session that is not ready does not start, everything else goes well.

    Times are those of the reading, so that no recovery time is measured; the objective is left out.
    """
    look = replace(seen.before, sessions=tuple(entries))
    ready = [entry for entry in entries if entry.ready and entry.session_id]
    in_test = replace(look, sessions=tuple(map(_in_test, entries)))
    everything = seen.before.sessions or ()
    wishes = tuple(seen.wishes[place] for place in places) if len(seen.wishes) == len(everything) else seen.wishes
    wishes = wishes if entries else ()  # nothing was read: no wish stands for a session
    steps = tuple(
        replace(step, done=True, passed=True, started_at=None, finished_at=None) for step in seen.planned_steps
    )
    return Drill.of(
        Observations(
            before=look,
            starts=(Operated(sessions=tuple(_started(entry, look) for entry in entries)),),
            during=in_test,
            stops=(Operated(sessions=tuple(_stopped(entry) for entry in ready)),),
            after=look,
            steps=steps,
            planned_steps=seen.planned_steps,
            wishes=tuple(replace(wish, rto_seconds=None) for wish in wishes),
            policy=replace(seen.policy, end_of_test_snapshot="none"),
            rpo_seconds=seen.rpo_seconds,
        )
    )


def _in_test(entry: SessionSeen) -> SessionSeen:
    clones = (
        (CloneSeen(id="clone", interfaces=(InterfaceSeen(ip_address="its address"),)),)
        if entry.resource_type == NAS_SERVER
        else None
    )
    return replace(entry, failover_test_in_progress=True, dr_test_clones=clones)


def _started(entry: SessionSeen, look: Look) -> OperationSeen:
    shown = _shown(entry)
    common = OperationSeen(
        session_id=entry.session_id,
        resource_type=entry.resource_type,
        resource_name=entry.resource_name,
        resource_id=entry.resource_id,
        before=shown,
        started_at=look.at,
    )
    if entry.ready:
        return replace(common, action="started", request_sent=True, finished_at=look.at, after=shown)
    blockers = [finding.message for finding in entry.findings if finding.severity is Severity.BLOCKER]
    message = " ".join(blockers) or "It is not ready for a failover test."
    return replace(common, action="failed", failed=True, failure=Failure(kind="not_ready", message=message))


def _stopped(entry: SessionSeen) -> OperationSeen:
    shown = _shown(entry)
    return OperationSeen(session_id=entry.session_id, action="stopped", request_sent=True, before=shown, after=shown)


def _shown(entry: SessionSeen) -> ConditionSeen:
    return ConditionSeen(
        state=entry.state,
        role=entry.role,
        failover_test_in_progress=False,
        last_sync_timestamp=entry.last_sync_timestamp,
        recovery_point_timestamp=entry.recovery_point_timestamp,
    )
