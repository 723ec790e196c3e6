# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record of a sweep: which failover tests were running on an array, and what became of them. Pure.

``stops`` holds the results of ``replication_failover_test_sweep``; the last one counts for what is left.
"""

from __future__ import annotations

import typing as t
from datetime import datetime, timedelta

from .._json import Json
from .._words import Cause, Verdict
from .abort import each_once, ids_of, operation_of
from .causes import Judgement, Reason, of_input
from .clocks import Clocks
from .common import Context, condition, envelope, of_clocks
from .objectives import recovery_point
from .results import Cluster, SessionSeen
from .scope import population_of_sweep
from .stop_results import Aborted, FailoverReadySeen, Swept, TestSeen
from .types import SweepRecord, SweepSession

_A_DAY: t.Final = timedelta(days=1)


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
            population=population_of_sweep(seen.stops, ids_of(seen.stops)),
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
        message = sweeps[-1].msg if sweeps else None
        text = f"Not known whether failover tests are running: {message or 'the array was not asked.'}"
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
    read = seen.after.by_id.get(session_id) if seen.after else _as_read(shown[-1]) if shown else None
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
        still_running=test.running if test else _not_in_test(seen.stops),
        forced=test is not None and test.forced,
        stop=operation_of(test),
    )


def _not_in_test(sweeps: t.Sequence[Swept]) -> bool | None:
    """Whether a session without a test was in one at the last look; None where that look did not see every flag."""
    return False if sweeps and sweeps[-1].all_ready is not None else None


def _as_read(shown: FailoverReadySeen) -> SessionSeen:
    """As much of a reading as a sweep makes: the age of the copy. It reads no replication rule, so no RPO."""
    return SessionSeen(
        session_id=shown.session_id,
        recovery_point_timestamp=shown.recovery_point_timestamp,
        recovery_point_age_seconds=shown.recovery_point_age_seconds,
    )


def of_same_array(record: SweepRecord) -> t.Callable[[Json], bool]:
    """Whether a record, as JSON that was not validated yet, is of a sweep over the same array, by address and title.

    An array that cannot be reached does not say its identity.
    """

    def fits(data: Json) -> bool:
        array, drill = data.get("array"), data.get("drill")
        return (
            isinstance(array, dict)
            and isinstance(drill, dict)
            and array.get("host") == record.array.host
            and drill.get("title") == record.drill.title
        )

    return fits


def is_news(record: SweepRecord, last: SweepRecord | None) -> bool:
    """Whether a sweep has anything to say that the last record of this array does not.

    Nothing found and nothing failed is no news. Neither is what the last one said less than a day ago: the same tests,
    of the same starts, with the same outcome.
    """
    if record.verdict is Verdict.PASSED and not record.tests_found:
        return False
    if last is None or _outcome(record) != _outcome(last):
        return True
    now, then = record.times.written_at, last.times.written_at
    # One of tomorrow is of a clock that was set since.
    return now is None or then is None or abs(now - then) >= _A_DAY


def _outcome(record: SweepRecord) -> object:
    return (
        record.verdict,
        sorted(group.cause for group in record.causes),
        sorted(
            (
                str(session.session_id),
                str(session.test_started_at),
                str(session.decision),
                str(session.still_running),
                str(session.stop.action if session.stop else None),
                str(session.stop.failure.kind if session.stop and session.stop.failure else None),
            )
            for session in record.sessions
            if session.test_found
        ),
    )
