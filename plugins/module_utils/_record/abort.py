# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record of an abort: which tests were stopped, and whether and when each session could be failed over. Pure.

``stops`` holds the results of ``replication_failover_test_sweep``, the one that stopped and those that looked again,
``after`` that of ``replication_session_info`` where the sessions could still be read for the record.
"""

from __future__ import annotations

import typing as t
from datetime import datetime

from .._time import in_words, length
from .._words import Cause, Verdict, kind_in_words
from .causes import Judgement, Reason, of_input
from .clocks import Clocks
from .common import Context, condition, envelope, of_clocks
from .objectives import recovery_point
from .results import Cluster, SessionSeen
from .scope import population_of, population_of_sweep
from .stop_results import Aborted, FailoverReadySeen, Swept, TestSeen
from .types import AbortRecord, AbortSession, Condition, Finding, NotJudged, Operation, Population


def build_abort(seen: Aborted, context: Context, record_id: str, written_at: datetime) -> AbortRecord:
    """The record. ``written_at`` is the controller's time."""
    clocks = Clocks.of([seen.after], context.clock_skew_seconds)
    not_judged = tuple(_not_judged(seen))
    judgement = Judgement(
        (
            *_reasons(seen.stops),
            *of_input(seen.notes),
            *_of_old_copies(seen),
            *map(_of_not_judged, not_judged),
            *of_clocks(clocks),
        )
    )
    ready = [sweep.failover_ready for sweep in seen.stops if sweep.failover_ready]
    clusters = [each.cluster for each in (*seen.stops, seen.after) if each and each.cluster]
    looks = [
        *(look for each in ready for look in (each.began_at, each.ready_at)),
        seen.after.at if seen.after else None,
    ]
    own = judgement.by_session()
    return AbortRecord(
        **envelope(
            record_id,
            context,
            clusters[0] if clusters else Cluster(),
            looks,
            judgement,
            written_at,
            clocks=clocks,
            selected_by="all",
            population=_population(seen),
        ),
        seconds_to_failover_ready=_seconds_to_ready(seen.stops),
        sessions=tuple(
            _session(session_id, seen, own.get(session_id, Judgement())) for session_id in ids_of(seen.stops)
        ),
        not_judged=not_judged,
    )


def _population(seen: Aborted) -> Population | None:
    """Of all sessions as they were read for the record; where they were not, as the last sweep saw them."""
    judged = ids_of(seen.stops)
    if seen.after and seen.after.sessions is not None:
        return population_of(seen.after.sessions, judged, ())
    return population_of_sweep(seen.stops, judged)


def _reasons(sweeps: t.Sequence[Swept]) -> t.Iterator[Reason]:
    if not sweeps:
        yield Reason(Verdict.INCOMPLETE, Cause.NOT_READ, "The array was not asked.")
        return
    last = sweeps[-1]
    if last.all_ready is None:
        text = f"Not known whether everything can be failed over: {last.msg or 'no message'}"
        yield Reason(Verdict.INCOMPLETE, Cause.READINESS_NOT_KNOWN, text)
    elif not last.jobs_readable:
        text = "The array's jobs cannot be read, so a start under way would not be seen."
        yield Reason(Verdict.INCOMPLETE, Cause.READINESS_NOT_KNOWN, text)
    for session in last.sessions:
        if session.failover_ready is False and session.session_id:
            tests = last.tests_of(session.session_id)
            failure = tests[-1].failure if tests else None
            said = " ".join(filter(None, [session.reason, failure.message if failure else None]))
            name = session.resource_name or session.session_id
            text = f"{name} cannot be failed over: {said}"
            yield Reason(
                Verdict.FAILED, Cause.NOT_READY, text, session.session_id, name, session.resource_id, of_all=False
            )


def _of_old_copies(seen: Aborted) -> t.Iterator[Reason]:
    """A copy that is older than its RPO can be failed over; whoever does it has to know what is lost."""
    for entry in (seen.after.sessions if seen.after else None) or ():
        point = recovery_point(entry)
        if point.met is False and point.age_seconds is not None and entry.session_id in ids_of(seen.stops):
            age, objective = (in_words(length(each or 0)) for each in (point.age_seconds, point.objective_seconds))
            text = f"{entry.resource_name or entry.session_id}: its copy is {age} old, RPO {objective}."
            yield Reason(
                Verdict.PASSED_WITH_DEVIATIONS, Cause.RPO_MISSED, text, entry.session_id, entry.resource_name,
                entry.resource_id, of_all=False,
            )  # fmt: skip


def _not_judged(seen: Aborted) -> t.Iterator[NotJudged]:
    """What else is replicated to this array: of these, nothing was said."""
    judged = set(ids_of(seen.stops))
    for entry in (seen.after.sessions if seen.after else None) or ():
        if entry.session_id not in judged and entry.role != "Source":
            kind = kind_in_words(entry.resource_type or "session")
            yield NotJudged(
                session_id=entry.session_id,
                resource_type=entry.resource_type,
                resource_name=entry.resource_name,
                state=entry.state,
                why=f"Whether a {kind} of role {entry.role} can be failed over is not judged: look at the array.",
            )


def _of_not_judged(entry: NotJudged) -> Reason:
    name = entry.resource_name or entry.session_id
    text = f"{name} ({kind_in_words(entry.resource_type or 'session')}, {entry.state}) was not judged. {entry.why}"
    return Reason(Verdict.PASSED_WITH_DEVIATIONS, Cause.NOT_JUDGED, text, None, name, None, entry.session_id)


def ids_of(sweeps: t.Sequence[Swept]) -> list[str]:
    """Every session that one of the looks found, in their order."""
    found = [
        session_id
        for sweep in sweeps
        for session_id in (*(each.session_id for each in sweep.sessions), *(test.session_id for test in sweep.tests))
    ]
    return [session_id for session_id in dict.fromkeys(found) if session_id]


def _seconds_to_ready(sweeps: t.Sequence[Swept]) -> float | None:
    """From the first beginning to the last time that something was still in the way."""
    first = sweeps[0].failover_ready if sweeps else None
    last = sweeps[-1].failover_ready if sweeps else None
    if first is None or last is None or not last.all:
        return None
    if first.all and first.controller_seconds is not None and not any(sweep.tests for sweep in sweeps[1:]):
        return first.controller_seconds
    # Each look has a beginning of its own on the controller; the array's clock is one for all.
    return Clocks().seconds(first.began_at, last.ready_at)


def _session(session_id: str, seen: Aborted, own: Judgement) -> AbortSession:
    sweeps = seen.stops
    tests = [test for sweep in sweeps for test in sweep.tests_of(session_id)]
    shown = [found for sweep in sweeps if (found := sweep.session(session_id))]
    test, read = tests[-1] if tests else None, seen.after.by_id.get(session_id) if seen.after else None
    known: FailoverReadySeen | TestSeen = (shown or tests)[-1]
    ready = bool(shown and shown[-1].failover_ready and sweeps[-1].all_ready is not None)
    began = next((each.failover_ready.began_at for each in sweeps if each.failover_ready), None)
    return AbortSession(
        session_id=session_id,
        resource_type=known.resource_type,
        resource_name=known.resource_name,
        resource_id=known.resource_id,
        remote_system=known.remote_system if isinstance(known, FailoverReadySeen) else None,
        verdict=Verdict.INCOMPLETE if not ready and not own.reasons else own.verdict,
        reasons=own.texts,
        recovery_point=recovery_point(read),
        before=condition(test.before if test else shown[0], began),
        findings=each_once((*(test.findings if test else ()), *(read.findings if read else ()))),
        test_found=test is not None,
        started_by=test.started_by if test else None,
        test_started_at=test.started_at if test else None,
        forced=test is not None and test.forced,
        stop=operation_of(test),
        after=_after(seen, read, shown[-1] if shown else None),
        failover_ready=ready,
        failover_ready_at=(test.stop_finished_at if test and test.stop_finished_at else began) if ready else None,
    )


def each_once(findings: t.Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple({finding.id: finding for finding in reversed(tuple(findings))}.values())[::-1]


def _after(seen: Aborted, read: SessionSeen | None, shown: FailoverReadySeen | None) -> Condition | None:
    if read and seen.after:
        return condition(read, seen.after.at)
    looks = (sweep.failover_ready.ready_at for sweep in reversed(seen.stops) if sweep.failover_ready)
    return condition(shown, next(looks, None))


def operation_of(test: TestSeen | None) -> Operation | None:
    if test is None or (test.action == "none" and not test.request_sent and not test.failure):
        return None
    return Operation(
        action=test.action,
        failed=test.failure is not None,
        job_id=test.stop_job_id,
        started_at=test.stop_started_at,
        finished_at=test.stop_finished_at,
        duration_seconds=test.stop_duration_seconds,
        snapshot=None,
        end_of_test_snapshot=None,
        failure=test.failure,
    )
