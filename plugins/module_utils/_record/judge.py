# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verdict of a drill: not measured is never a pass, and a drill passes only when every stop was confirmed. Pure."""

from __future__ import annotations

import typing as t

from .._words import CleanUp, Verdict
from .common import Judgement, Reason, of_input
from .results import Observations
from .types import Cleanup, DrillSession, NotPassed, Texts, Validation


def judge_cleanup(sessions: t.Sequence[DrillSession]) -> Cleanup:
    """Whether everything that was started is stopped and as before, whatever the drill itself came to."""
    owned = [(each.session_id or "", each.return_to_normal) for each in sessions if each.test_owned]
    held = tuple(session_id for session_id, normal in owned if normal and normal.held)
    left = tuple(session_id for session_id, normal in owned if not normal or not (normal.stop_confirmed or normal.held))
    changed = tuple(session_id for session_id, normal in owned if normal and normal.differences)
    worst_first: tuple[tuple[t.Sequence[object], CleanUp], ...] = (
        (left, CleanUp.FAILED),
        (held, CleanUp.HELD),
        (changed, CleanUp.PASSED_WITH_DEVIATIONS),
        (owned, CleanUp.PASSED),
    )
    return Cleanup(
        verdict=next((verdict for found, verdict in worst_first if found), CleanUp.NOT_NEEDED),
        not_confirmed_stopped=left,
        held=held,
        not_as_before=changed,
    )


def judge(
    sessions: t.Sequence[DrillSession], validations: t.Sequence[Validation], cleanup: Cleanup, seen: Observations
) -> Judgement:
    """All that keeps the drill from having passed, each with the verdict that it allows at best."""
    started = any(session.test_owned for session in sessions)
    return Judgement(
        (
            *_of_cleanup(sessions, cleanup),
            *([] if started else [Reason(Verdict.ABORTED, "No failover test was started.")]),
            *_of_interruption(seen),
            *of_input(seen.notes),
            *(reason for session in sessions for reason in _of_session(session, seen, started=started)),
            *(_of_validations(validations, "", None) if started else ()),
        )
    )


def _of_cleanup(sessions: t.Sequence[DrillSession], cleanup: Cleanup) -> t.Iterator[Reason]:
    names = {session.session_id: session.called for session in sessions}

    def reasons(verdict: NotPassed, ids: Texts, text: str) -> t.Iterator[Reason]:
        return (Reason(verdict, text.format(names[each]), each) for each in ids)

    left = "The array did not confirm that the failover test of {} is stopped."
    held = "The failover test of {} was left running on purpose; it cannot be failed over."
    yield from reasons(Verdict.FAILED, cleanup.not_confirmed_stopped, left)
    yield from reasons(Verdict.FAILED, cleanup.held, held)
    yield from reasons(Verdict.PASSED_WITH_DEVIATIONS, cleanup.not_as_before, "{} is not as it was before the drill.")


def _of_interruption(seen: Observations) -> t.Iterator[Reason]:
    if seen.interruption:
        text = f"Interrupted in '{seen.interruption.task}': {seen.interruption.message}"
        yield Reason(Verdict.INCOMPLETE, text)


def _of_session(session: DrillSession, seen: Observations, *, started: bool) -> t.Iterator[Reason]:
    name, session_id, start = session.called, session.session_id, session.start
    if not session.test_owned:
        if started:
            yield Reason(Verdict.INCOMPLETE, f"{name}: no failover test of this drill.", session_id)
        else:
            yield Reason(Verdict.ABORTED, f"{name}: no failover test was started.", session_id)
    if start and start.failed:
        message = start.failure.message if start.failure else "the start failed without a reason."
        yield Reason(Verdict.FAILED, f"{name}: {message}", session_id)
    yield from _of_kept_data(session, seen)
    yield from _of_validations(session.validations, f"{name}: ", session_id)
    if session.test_owned:
        yield from _of_rto(session)


def _of_kept_data(session: DrillSession, seen: Observations) -> t.Iterator[Reason]:
    name, stop, normal = session.called, session.stop, session.return_to_normal
    wanted = seen.policy.end_of_test_snapshot
    failed = any(validation.passed is False for validation in session.validations)
    if stop and stop.action == "stopped" and stop.failure:
        text = f"{name}: the test was stopped, but: {stop.failure.message}"
        yield Reason(Verdict.PASSED_WITH_DEVIATIONS, text, session.session_id)
    elif not session.test_owned or (stop and stop.end_of_test_snapshot) or (normal and normal.held):
        return
    elif wanted == "all" or (wanted == "failed" and failed):
        text = f"{name}: no end-of-test snapshot is known, although one was wanted."
        yield Reason(Verdict.PASSED_WITH_DEVIATIONS, text, session.session_id)


def _of_rto(session: DrillSession) -> t.Iterator[Reason]:
    rto, name = session.rto, session.called
    if rto.objective_seconds is not None and rto.met is None:
        text = f"{name}: RTO not measured, objective {rto.objective_seconds} s."
        yield Reason(Verdict.INCOMPLETE, text, session.session_id)
    elif rto.met is False:
        text = f"{name}: RTO {rto.actual_seconds:.0f} s, objective {rto.objective_seconds} s."
        yield Reason(Verdict.FAILED, text, session.session_id)


def _of_validations(validations: t.Iterable[Validation], of: str, session_id: str | None) -> t.Iterator[Reason]:
    for validation in validations:
        if validation.passed is None:
            yield Reason(Verdict.INCOMPLETE, f"{of}{validation.name}: {validation.observed}.", session_id)
        elif not validation.passed:
            weight: NotPassed = Verdict.FAILED if validation.critical else Verdict.PASSED_WITH_DEVIATIONS
            found = f"expected {validation.expected}, found {validation.observed}."
            yield Reason(weight, f"{of}{validation.name}: {found}", session_id)
