# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record of a sweep: which failover tests were running on an array, and what became of them. Pure.

``stops`` holds the results of ``replication_failover_test_sweep``; the last one counts for what is left.
"""

from __future__ import annotations

import typing as t
from datetime import datetime

from .._words import Cause, Verdict
from .abort import each_once, ids_of, operation_of
from .causes import Judgement, Reason, of_input
from .clocks import Clocks
from .common import Context, condition, envelope, of_clocks
from .objectives import recovery_point
from .results import Aborted, Cluster, FailoverReadySeen, Swept, TestSeen
from .types import SweepRecord, SweepSession


def build_sweep(seen: Aborted, context: Context, record_id: str, written_at: datetime) -> SweepRecord:
    """The record. ``written_at`` is the controller's time."""
    clocks = Clocks.of([seen.after], context.clock_skew_seconds)
    last = _last_tests(seen.stops)
    judgement = Judgement((*_reasons(seen.stops, last), *of_input(seen.notes), *of_clocks(clocks)))
    ready = [sweep.failover_ready for sweep in seen.stops if sweep.failover_ready]
    own = judgement.by_session()
    return SweepRecord(
        **envelope(
            record_id,
            context,
            next((each.cluster for each in seen.stops if each.cluster), Cluster()),
            [look for each in ready for look in (each.began_at, each.ready_at)],
            judgement,
            written_at,
            clocks=clocks,
            selected_by="all",
        ),
        tests_found=len(last),
        overdue_left=tuple(each for each, test in last.items() if _is_left(test)),
        sessions=tuple(_session(each, seen, last.get(each), own.get(each, Judgement())) for each in ids_of(seen.stops)),
    )


def _last_tests(sweeps: t.Sequence[Swept]) -> dict[str, TestSeen]:
    """The tests that were found, each as it was last seen."""
    return {test.session_id: test for sweep in sweeps for test in sweep.tests if test.session_id}


def _is_left(test: TestSeen) -> bool:
    return test.overdue and test.running is not False


def _reasons(sweeps: t.Sequence[Swept], tests: t.Mapping[str, TestSeen]) -> t.Iterator[Reason]:
    if not sweeps or sweeps[-1].all_ready is None:
        told = sweeps[-1].msg if sweeps else None
        text = f"Not known whether failover tests are running: {told or 'the array was not asked.'}"
        yield Reason(Verdict.INCOMPLETE, Cause.NOT_READ, text)
    elif not sweeps[-1].jobs_readable:
        text = "The array's jobs cannot be read, so a start under way would not be seen."
        yield Reason(Verdict.INCOMPLETE, Cause.NOT_READ, text)
    for session_id, test in tests.items():
        if _is_left(test):
            name = test.resource_name or session_id
            why = test.failure.message if test.failure else test.reason or "it was only reported."
            text = f"The failover test of {name} is overdue and not shown to have ended: {why}"
            yield Reason(Verdict.FAILED, Cause.OVERDUE, text, session_id, name, test.resource_id, of_all=False)


def _session(session_id: str, seen: Aborted, test: TestSeen | None, own: Judgement) -> SweepSession:
    shown = [found for sweep in seen.stops if (found := sweep.session(session_id))]
    read = seen.after.by_id.get(session_id) if seen.after else None
    known: FailoverReadySeen | TestSeen | None = shown[-1] if shown else test
    began = next((each.failover_ready.began_at for each in seen.stops if each.failover_ready), None)
    return SweepSession(
        session_id=session_id,
        resource_type=known.resource_type if known else None,
        resource_name=known.resource_name if known else None,
        resource_id=known.resource_id if known else None,
        remote_system=known.remote_system if isinstance(known, FailoverReadySeen) else None,
        verdict=own.verdict,
        reasons=own.texts,
        recovery_point=recovery_point(read),
        before=condition(test.before if test else shown[0] if shown else None, began),
        findings=each_once((*(test.findings if test else ()), *(read.findings if read else ()))),
        test_found=test is not None,
        started_by=test.started_by if test else None,
        test_started_at=test.started_at if test else None,
        age_seconds=test.age_seconds if test else None,
        overdue=test is not None and test.overdue,
        decision=test.decision if test else None,
        decision_reason=test.reason if test else None,
        still_running=test.running if test else False,
        forced=test is not None and test.forced,
        stop=operation_of(test),
    )
