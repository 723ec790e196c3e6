# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One session in the record of a drill: what was measured on it, and whether it returned to normal. Pure."""

from __future__ import annotations

import typing as t

from .._words import Phase, Verdict
from .common import condition
from .normal import return_to_normal
from .objectives import failover_blocked, points_of, rto_of, without_rto
from .observed import View
from .results import CloneSeen, Cluster, Operated, OperationSeen, SessionSeen, StepSeen
from .types import (
    Array,
    DrillSession,
    DrTestClone,
    Finding,
    Operation,
    RecoveryPoint,
    ReplicationRpo,
    Snapshot,
    SyncedSession,
    Synchronisation,
    Validation,
)

# What the array is compared with in every drill; the judge knows them by these names.
IN_PROGRESS: t.Final = "failover test in progress"
WITHIN_RPO: t.Final = "recovery point within the RPO"
REPLICATED: t.Final = "replication within the RPO"
MAPPED: t.Final = "destination volumes mapped to a host"
CLONED: t.Final = "DR-test clone with an address"


def session_record(view: View) -> DrillSession:
    """The session; its verdict and reasons are still to come."""
    scoped, seen, before, wish = view.scoped, view.drill.seen, view.before, view.scoped.wish
    point, replication = points_of(view)
    held = scoped.session_id in seen.held
    alone = next((each.reason for each in seen.left_alone if each.session_id == scoped.session_id), None)
    normal = (
        return_to_normal(before, view.start, view.stop, view.after, held=held, left_alone=alone) if view.owned else None
    )
    return DrillSession(
        session_id=scoped.session_id,
        resource_type=scoped.seen.resource_type,
        resource_name=scoped.name,
        resource_id=scoped.seen.resource_id,
        remote_system=before.remote_system.name if before and before.remote_system else None,
        replication_rule=before.replication_rule.name if before and before.replication_rule else None,
        application=wish.application,
        tier=wish.tier,
        owner=wish.owner,
        verdict=Verdict.INCOMPLETE,
        reasons=(),
        wave=scoped.wave,
        test_owned=view.owned,
        adopted=view.adopted,
        recovery_point=point,
        replication_rpo=replication,
        rto=rto_of(view) if view.tested else without_rto(view),
        start=operation(view.start),
        stop=operation(view.stop),
        seconds_in_test=_in_test(view) if normal and normal.stop_confirmed else None,
        failover_blocked=failover_blocked(view, normal),
        dr_test_clone=clone_of(view),
        validations=(
            *(of_array(view, point, replication) if view.tested else ()),
            *(validation(step, _why_not(view)) for step in view.drill.steps if scoped.is_meant_by(step)),
        ),
        return_to_normal=normal,
        before=condition(before, seen.before.at if seen.before else None),
        during=condition(view.during, seen.during.at if seen.during else None),
        after=condition(view.after, seen.after.at if seen.after else None),
        findings=(
            *(before.findings if before else ()),
            *_new_findings(before, view.start),
            *_new_findings(view.start, view.stop),
        ),
    )


def clone_of(view: View) -> DrTestClone | None:
    """The clone as the array showed it during the test, else at the start, else when it was looked at afterwards."""
    started = view.start.clone if view.start and view.start.left_a_test else None
    at_start = (started,) if started else ()
    found = (_best(view.during.dr_test_clones if view.during else ()), _best(at_start), _best(_left(view)))
    return next((each for each in found if each), None)


def _left(view: View) -> tuple[CloneSeen, ...]:
    after = view.after
    return (after.dr_test_clones or ()) if after and after.in_test and view.owned else ()


def _best(clones: tuple[CloneSeen, ...] | None) -> DrTestClone | None:
    """Of several, the one that has an address."""
    known = [each for each in clones or () if each.id]
    chosen = next((each for each in known if each.addresses), known[0] if known else None)
    if chosen is None:
        return None
    return DrTestClone(
        id=chosen.id or "",
        name=chosen.name,
        addresses=chosen.addresses,
        file_systems=tuple(each.name for each in chosen.file_systems if each.name),
    )


def _in_test(view: View) -> float | None:
    start, stop = view.start, view.stop
    return view.clocks.seconds(start.finished_at if start else None, stop.started_at if stop else None)


def _why_not(view: View) -> str:
    seen, session_id = view.drill.seen, view.scoped.session_id
    if any(each.session_id == session_id for each in seen.left_alone):
        return "not executed, as the session is left alone"
    return "held on purpose" if session_id in seen.held else "not executed"


def _new_findings(earlier: SessionSeen | OperationSeen | None, later: OperationSeen | None) -> t.Iterator[Finding]:
    known = {finding.id for finding in earlier.findings} if earlier else set()
    return (finding for finding in (later.findings if later else ()) if finding.id not in known)


def _not_negative(seconds: float | None) -> float | None:
    """A duration; a negative one was not measured."""
    return seconds if seconds is None or seconds >= 0 else None


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
        duration_seconds=_not_negative(entry.duration_seconds),
        snapshot=Snapshot(id=entry.snapshot.id, name=entry.snapshot.name) if entry.snapshot else None,
        end_of_test_snapshot=entry.end_of_test_snapshot,
        failure=entry.failure,
    )


def validation(step: StepSeen, why_not: str = "not executed") -> Validation:
    """A step of the user; one that was only planned could not be looked at."""
    return Validation(
        name=step.name,
        kind=step.kind,
        phase=step.phase,
        expected=step.expected,
        observed=step.observed if step.done else why_not,
        passed=step.passed,
        critical=step.critical,
        started_at=step.started_at,
        seconds=_not_negative(step.seconds),
        timeout_seconds=step.timeout_seconds,
        action=step.action.text if step.action else None,
        attempts=step.attempts,
        output_tail=step.output_tail or None,
        attachments=step.attachments,
        not_attached=step.not_attached,
    )


def _array_says(
    name: str, expected: str, observed: str, result: bool | None, phase: Phase = Phase.VALIDATE
) -> Validation:
    return Validation(name=name, kind="array", phase=phase, expected=expected, observed=observed, passed=result)


def of_array(view: View, point: RecoveryPoint, replication: ReplicationRpo | None) -> list[Validation]:
    """What every drill expects of each session; ``passed`` is None for what could not be observed."""
    if view.scoped.is_nas:
        return [_cloned(view), _within_rpo(point, replication)]
    during, start = view.during, view.start
    flag = during.failover_test_in_progress if during else None
    started = view.adopted or bool(start and start.action == "started")
    return [
        _array_says(
            IN_PROGRESS,
            "true",
            _not_read(view) if during is None else str(flag).lower(),
            None if during is None else started and flag is True,
        ),
        _within_rpo(point, replication),
        _mapped(view),
    ]


def _cloned(view: View) -> Validation:
    """Whether the array showed the clone that this drill started, with its address."""
    during, start = view.during, view.start
    clone = _best(during.dr_test_clones) if during else None
    started = view.adopted or bool(start and start.action == "started")
    shown = "none"
    if clone:
        count = len(clone.file_systems)
        parts = [", ".join(clone.addresses) or "no address", f"{count} file system{'s' * (count != 1)}"]
        shown = f"{clone.name or clone.id} with {' and '.join(parts)}"
    known = during is not None and during.dr_test_clones is not None
    return _array_says(
        CLONED,
        "a clone with an address",
        shown if known else _not_read(view, "the DR-test clones"),
        started and clone is not None and bool(clone.addresses) if known else None,
    )


def _not_read(view: View, what: str = "the session") -> str:
    """That something was not read during the test, and why."""
    look = view.drill.seen.during
    if look is None:
        return "not read: the drill did not look at the array while the test ran"
    if look.sessions is None:
        return f"not read: {(look.msg or 'the array could not be read').rstrip('.')}"
    if view.during is None:
        return "not read: the array did not list the session while the test ran"
    return f"not read: {what} could not be read while the test ran"


def _mapped(view: View) -> Validation:
    volumes = view.during.volumes if view.during else None
    if volumes is None:
        return _array_says(MAPPED, "each volume", _not_read(view, "the volumes"), None)
    if any(volume.hosts is None for volume in volumes):
        return _array_says(MAPPED, "each volume", _not_read(view, "the mappings to hosts"), None)
    unmapped = [volume.name or volume.id or "a volume" for volume in volumes if not volume.hosts]
    observed = f"{len(volumes)} of {len(volumes)} mapped" if volumes else _not_read(view, "the volumes")
    if unmapped:
        observed = f"not mapped: {', '.join(unmapped)}"
    return _array_says(MAPPED, "each volume", observed, not unmapped if volumes else None)


def _within_rpo(point: RecoveryPoint, replication: ReplicationRpo | None) -> Validation:
    """The RPO is that of the replication, also where a snapshot was tested."""
    age = replication.age_seconds if replication else point.age_seconds
    objective = point.objective_seconds
    return _array_says(
        REPLICATED if point.of == "snapshot" else WITHIN_RPO,
        "not set" if objective is None else f"at most {objective} s old",
        "not measured" if age is None else f"{age:.0f} s old",
        replication.met if replication else point.met,
        Phase.START,
    )


def synchronisation_of(seen: Operated) -> Synchronisation:
    """What came of the synchronisation that was asked for."""
    cluster = seen.cluster or Cluster()
    return Synchronisation(
        array=Array(
            host=seen.host,
            name=cluster.name,
            global_id=cluster.global_id,
            release_version=cluster.release_version,
        ),
        sessions=tuple(
            SyncedSession(
                session_id=entry.session_id,
                resource_name=entry.resource_name or entry.selector.asked,
                resource_id=entry.resource_id,
                action=entry.action,
                failed=entry.failed,
                job_id=entry.job_id,
                started_at=entry.started_at,
                finished_at=entry.finished_at,
                duration_seconds=_not_negative(entry.duration_seconds),
                failure=entry.failure,
            )
            for entry in seen.sessions
        ),
    )
