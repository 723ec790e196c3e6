# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One session in the record of a drill: what was measured on it, and whether it returned to normal. Pure."""

from __future__ import annotations

import typing as t

from .._words import Phase, Verdict
from .common import condition, recovery_point
from .normal import last_stop, return_to_normal
from .objectives import rto_of, without_rto
from .observed import Scoped, not_executed, seconds
from .results import Look, Observations, OperationSeen, SessionSeen, StepSeen
from .types import DrillSession, Finding, Operation, RecoveryPoint, Validation


def session_record(scoped: Scoped, seen: Observations) -> DrillSession:
    """The session; its verdict and reasons are still to come."""
    session_id = scoped.session_id
    before, during, after = (_of(look, session_id) for look in (seen.before, seen.during, seen.after))
    starts = seen.starts_of(session_id)
    start = starts[-1] if starts else None
    stop = last_stop(seen.stops_of(session_id))
    owned = session_id in seen.owned or _owned(before, start, after)
    given = scoped.wish.rpo_seconds if scoped.wish.rpo_seconds is not None else seen.rpo_seconds
    point = recovery_point(before, given)
    tested = owned or bool(start and start.failed)
    adopted = session_id in seen.adopted
    return DrillSession(
        session_id=session_id,
        resource_type=scoped.seen.resource_type,
        resource_name=scoped.name,
        resource_id=scoped.seen.resource_id,
        remote_system=before.remote_system.name if before and before.remote_system else None,
        verdict=Verdict.INCOMPLETE,
        reasons=(),
        wave=scoped.wave,
        test_owned=owned,
        adopted=adopted,
        recovery_point=point,
        rto=rto_of(scoped, start, seen) if tested else without_rto(scoped, seen),
        start=operation(start),
        stop=operation(stop),
        seconds_in_test=seconds(start.finished_at if start else None, stop.started_at if stop else None),
        validations=(
            *(of_array(start, during, point, adopted=adopted) if tested else ()),
            *(validation(step) for step in seen.steps if scoped.is_meant_by(step)),
            *(validation(step) for step in not_executed(seen) if scoped.is_meant_by(step)),
        ),
        return_to_normal=return_to_normal(before, start, stop, after, held=session_id in seen.held) if owned else None,
        before=condition(before, seen.before.at if seen.before else None),
        during=condition(during, seen.during.at if seen.during else None),
        after=condition(after, seen.after.at if seen.after else None),
        findings=(
            *(before.findings if before else ()),
            *_new_findings(before, start),
            *_new_findings(start, stop),
        ),
    )


def _of(look: Look | None, session_id: str | None) -> SessionSeen | None:
    return look.by_id.get(session_id) if look and session_id else None


def _owned(before: SessionSeen | None, start: OperationSeen | None, after: SessionSeen | None) -> bool:
    """Whether the drill started a test on the session, or a test runs there that did not before it."""
    appeared = after is not None and after.in_test and before is not None and not before.in_test
    return bool(start and start.left_a_test) or (appeared and not _is_someone_elses(start))


def _is_someone_elses(start: OperationSeen | None) -> bool:
    """Whether the start found a test running and sent nothing."""
    return bool(start and start.action == "none" and not start.request_sent and not start.failed)


def _new_findings(earlier: SessionSeen | OperationSeen | None, later: OperationSeen | None) -> t.Iterator[Finding]:
    known = {finding.id for finding in earlier.findings} if earlier else set()
    return (finding for finding in (later.findings if later else ()) if finding.id not in known)


def operation(entry: OperationSeen | None) -> Operation | None:
    """A start or a stop as the record has it."""
    if entry is None:
        return None
    return Operation(
        action=entry.action,
        failed=entry.failed,
        job_id=entry.job_id,
        started_at=entry.started_at,
        finished_at=entry.finished_at,
        duration_seconds=entry.duration_seconds,
        snapshot=entry.snapshot,
        end_of_test_snapshot=entry.end_of_test_snapshot,
        failure=entry.failure,
    )


def validation(step: StepSeen) -> Validation:
    """A step of the user; one that was only planned could not be looked at."""
    return Validation(
        name=step.name,
        kind=step.kind,
        phase=step.phase,
        expected=step.expected,
        observed=step.observed if step.done else "not executed",
        passed=step.passed,
        critical=step.critical,
        started_at=step.started_at,
        seconds=step.seconds,
        timeout_seconds=step.timeout_seconds,
    )


def _array_says(
    name: str, expected: str, observed: str, result: bool | None, phase: Phase = Phase.VALIDATE
) -> Validation:
    return Validation(name=name, kind="array", phase=phase, expected=expected, observed=observed, passed=result)


def of_array(
    start: OperationSeen | None, during: SessionSeen | None, point: RecoveryPoint, *, adopted: bool
) -> list[Validation]:
    """What every drill expects of each session; ``passed`` is None for what could not be observed."""
    flag = during.failover_test_in_progress if during else None
    started = adopted or bool(start and start.action == "started")
    volumes = during.volumes if during else ()
    unmapped = [volume.name or volume.id or "a volume" for volume in volumes if not volume.hosts]
    age, objective = point.age_seconds, point.objective_seconds
    return [
        _array_says(
            "failover test in progress",
            "true",
            "not read" if during is None else str(flag).lower(),
            None if during is None else started and flag is True,
        ),
        _array_says(
            "recovery point within the RPO",
            "not set" if objective is None else f"at most {objective} s old",
            "not measured" if age is None else f"{age:.0f} s old",
            point.met,
            Phase.PREFLIGHT,
        ),
        _array_says(
            "destination volumes mapped to a host",
            "each volume",
            f"not mapped: {', '.join(unmapped)}" if unmapped else f"{len(volumes)} of {len(volumes)} mapped",
            not unmapped if volumes else None,
        ),
    ]
