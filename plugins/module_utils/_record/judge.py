# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verdict of a drill: not measured is never a pass, and a drill passes only when every stop was confirmed. Pure.

The one judge: a drill, its check mode and its preflight are judged by `judge`, on the same inputs.
"""

from __future__ import annotations

import typing as t

from .._words import NAS_SERVER, Cause, CleanUp, Phase, Verdict, WitnessVerdict
from .causes import Judgement, Reason, of_input
from .clocks import Clocks
from .common import of_clocks
from .results import Observations
from .sessions import CLONED, IN_PROGRESS, MAPPED, REPLICATED, WITHIN_RPO
from .types import Cleanup, DrillRto, DrillSession, NotPassed, Texts, Validation
from .witness import of_witness
from .witness_types import Witness

# What the array shows: the cause where it is not as it has to be, and where it could not be observed.
_ARRAY: t.Final[t.Mapping[str, tuple[Cause, Cause]]] = {
    IN_PROGRESS: (Cause.NOT_SHOWN, Cause.NOT_OBSERVED),
    CLONED: (Cause.NOT_SHOWN, Cause.NOT_OBSERVED),
    WITHIN_RPO: (Cause.RPO_MISSED, Cause.RPO_NOT_MEASURED),
    REPLICATED: (Cause.RPO_MISSED, Cause.RPO_NOT_MEASURED),
    MAPPED: (Cause.NOT_MAPPED, Cause.NOT_OBSERVED),
}


def judge_cleanup(sessions: t.Sequence[DrillSession]) -> Cleanup:
    """Whether everything that was started is stopped and unchanged, no matter what the verdict of the drill is."""
    owned = [(each.session_id or "", each.return_to_normal) for each in sessions if each.test_owned]
    held = tuple(session_id for session_id, normal in owned if normal and normal.held)
    alone = tuple(session_id for session_id, normal in owned if normal and normal.left_alone)
    left = tuple(each for each, normal in owned if not normal or not (normal.stop_confirmed or normal.held))
    left = tuple(each for each in left if each not in alone)
    changed = tuple(session_id for session_id, normal in owned if normal and normal.differences)
    unknown = tuple(session_id for session_id, normal in owned if normal and normal.not_compared)
    worst_first: tuple[tuple[t.Sequence[object], CleanUp], ...] = (
        (left, CleanUp.FAILED),
        (held, CleanUp.HELD),
        ((*alone, *changed, *unknown), CleanUp.PASSED_WITH_DEVIATIONS),
        (owned, CleanUp.PASSED),
    )
    return Cleanup(
        verdict=next((verdict for found, verdict in worst_first if found), CleanUp.NOT_NEEDED),
        not_confirmed_stopped=left,
        held=held,
        not_as_before=changed,
        left_alone=alone,
    )


class Judged(t.NamedTuple):
    """What is judged: a drill as it was, or as it would be."""

    seen: Observations
    clocks: Clocks
    sessions: t.Sequence[DrillSession]
    validations: t.Sequence[Validation]  # of the drill as a whole
    rto: DrillRto
    cleanup: Cleanup


def judge(drill: Judged) -> Judgement:
    """All that keeps the drill from having passed, each with the verdict that it allows at best."""
    sessions, seen = drill.sessions, drill.seen
    started = any(session.test_owned for session in sessions)
    nothing = Reason(Verdict.ABORTED, Cause.NOTHING_STARTED, "No failover test was started.")
    return Judgement(
        (
            *_of_cleanup(sessions, drill.cleanup),
            *_of_interruption(seen),
            *of_input(seen.notes),
            *([] if started else [nothing]),
            *(reason for session in sessions for reason in _of_session(session, seen, started=started)),
            *(_of_validations(drill.validations, None) if started else ()),
            *(_of_drill_rto(drill.rto) if started else ()),
            *(_of_application(drill) if started else ()),
            *_of_witness(seen, started=started),
            *of_clocks(drill.clocks),
        )
    )


def verdict_of(session: DrillSession, own: Judgement, common: t.Sequence[Validation]) -> tuple[Verdict, Texts]:
    """Verdict and reasons of one session: it is no better than the critical checks of the drill as a whole."""
    if session.session_id is None:
        return Verdict.ABORTED, ()
    shared = Judgement(tuple(_of_validations([each for each in common if each.critical], None)))
    reasons = (*own.reasons, *(shared.reasons if session.test_owned else ()))
    both = Judgement(reasons)
    return both.verdict, both.texts


def _of_cleanup(sessions: t.Sequence[DrillSession], cleanup: Cleanup) -> t.Iterator[Reason]:
    known = {session.session_id: session for session in sessions}

    def reasons(
        verdict: NotPassed, cause: Cause, ids: Texts, text: str, of_nas: str | None = None
    ) -> t.Iterator[Reason]:
        for each in ids:
            words = of_nas if of_nas and known[each].resource_type == NAS_SERVER else text
            yield _about(known[each], verdict, cause, words.format(known[each].called))

    for each in cleanup.left_alone:
        normal = known[each].return_to_normal
        text = f"{known[each].called} is left alone, with its steps: {normal.left_alone if normal else 'see above'}."
        yield _about(known[each], Verdict.INCOMPLETE, Cause.LEFT_ALONE, text)
    for each in cleanup.not_confirmed_stopped:
        yield _about(known[each], Verdict.FAILED, Cause.STOP_NOT_CONFIRMED, _left(known[each]))
    held = "The failover test of {} was left running on purpose; it cannot be failed over."
    clone = "The DR-test clone of {} was left on purpose."
    changed = "{} is not as it was before the drill."
    yield from reasons(Verdict.FAILED, Cause.TEST_HELD, cleanup.held, held, clone)
    yield from reasons(Verdict.PASSED_WITH_DEVIATIONS, Cause.CHANGED, cleanup.not_as_before, changed)
    for session in sessions:
        normal = session.return_to_normal if session.test_owned else None
        if normal and normal.not_compared:
            missing = ", ".join(normal.not_compared)
            text = f"Whether {session.called} is as it was before the drill is not known, as not read: {missing}."
            yield _about(session, Verdict.INCOMPLETE, Cause.NOT_COMPARED, text)


def _left(session: DrillSession) -> str:
    """A test that is not shown to be over. Of a clone the record says which one it is, and who deletes it."""
    name, clone, after = session.called, session.dr_test_clone, session.after
    if session.resource_type != NAS_SERVER:
        return f"The array did not confirm that the failover test of {name} is stopped."
    which = f"DR-test clone '{clone.name or clone.id}' ({clone.id}) of {name}" if clone else f"DR-test clone of {name}"
    if after is not None and after.failover_test_in_progress:
        return f"The {which} is on the array still: run the playbook stop_tests, which deletes it."
    return f"The array did not confirm that the {which} is deleted: run the playbook stop_tests, which looks for it."


def _about(
    session: DrillSession | None, verdict: NotPassed, cause: Cause, text: str, check: str | None = None
) -> Reason:
    """A reason about a session, or about the drill as a whole."""
    if session is None:
        return Reason(verdict, cause, text, subject=check, check=check)
    subject = session.called
    return Reason(verdict, cause, text, session.session_id, subject, session.resource_id, check, of_all=False)


def _of_interruption(seen: Observations) -> t.Iterator[Reason]:
    if seen.interruption:
        text = f"Interrupted in '{seen.interruption.task}': {seen.interruption.message}"
        known = {"cut off": Cause.CUT_OFF, "overrun: ": Cause.OVERRUN}
        message = seen.interruption.message
        cause = next((each for words, each in known.items() if message.startswith(words)), Cause.INTERRUPTED)
        yield Reason(Verdict.INCOMPLETE, cause, text, subject=seen.interruption.task)


def _of_session(session: DrillSession, seen: Observations, *, started: bool) -> t.Iterator[Reason]:
    name, start = session.called, session.start
    if start and start.failed:
        message = start.failure.message if start.failure else "the start failed without a reason."
        yield _about(session, Verdict.FAILED, Cause.START_FAILED, f"{name}: {message}")
    if not session.test_owned:
        text = f"{name}: no failover test of this drill." if started else f"{name}: no failover test was started."
        yield _about(session, Verdict.INCOMPLETE if started else Verdict.ABORTED, Cause.NOT_TESTED, text)
    yield from _of_kept_data(session, seen)
    yield from _of_validations(session.validations, session)
    if session.test_owned:
        yield from _of_rto(session)


def _of_kept_data(session: DrillSession, seen: Observations) -> t.Iterator[Reason]:
    name, stop, normal = session.called, session.stop, session.return_to_normal
    wanted = seen.policy.end_of_test_snapshot
    failed = any(validation.passed is False for validation in session.validations)
    if stop and stop.action == "stopped" and stop.failure:
        text = f"{name}: the test was stopped, but: {stop.failure.message}"
        yield _about(session, Verdict.PASSED_WITH_DEVIATIONS, Cause.SNAPSHOT_NOT_KEPT, text)
    elif not session.test_owned or (stop and stop.end_of_test_snapshot) or (normal and normal.held):
        return
    elif wanted == "all" or (wanted == "failed" and failed):
        text = f"{name}: no end-of-test snapshot is known, although one was wanted."
        yield _about(session, Verdict.PASSED_WITH_DEVIATIONS, Cause.SNAPSHOT_NOT_KEPT, text)


def _of_rto(session: DrillSession) -> t.Iterator[Reason]:
    rto, name = session.rto, session.called
    if rto.objective_seconds is None:
        return
    said = f"{name}: RTO objective {rto.objective_seconds} s"
    if rto.met is None:
        yield _about(
            session, Verdict.INCOMPLETE, Cause.RTO_NOT_MEASURED, f"{said}, not measured. {rto.reason or ''}".rstrip()
        )
    elif rto.met is False and rto.actual_seconds is None:
        yield _about(session, Verdict.FAILED, Cause.RTO_MISSED, f"{said}, missed. {rto.reason}")
    elif rto.met is False:
        text = f"{name}: RTO {rto.actual_seconds:.0f} s, objective {rto.objective_seconds} s."
        yield _about(session, Verdict.FAILED, Cause.RTO_MISSED, text)


def _of_drill_rto(rto: DrillRto) -> t.Iterator[Reason]:
    """The drill as a whole took longer than its objective. What was not measured is said of the sessions."""
    if rto.met is False and rto.actual_seconds is not None:
        text = f"The drill as a whole: RTO {rto.actual_seconds:.0f} s, objective {rto.objective_seconds} s."
        yield Reason(Verdict.FAILED, Cause.RTO_MISSED, text, subject="the drill as a whole")


def _of_application(drill: Judged) -> t.Iterator[Reason]:
    """Storage alone is no application: without a check of one, a drill that was not meant so does not pass."""
    checks = (*drill.validations, *(each for session in drill.sessions for each in session.validations))
    checked = any(check.phase is Phase.VALIDATE and check.kind != "array" for check in checks)
    if not checked and not drill.seen.policy.storage_only:
        text = "No application was checked: the drill shows that the storage is accessible, and nothing more."
        yield Reason(Verdict.PASSED_WITH_DEVIATIONS, Cause.NO_APPLICATION, text)


def _of_witness(seen: Observations, *, started: bool) -> t.Iterator[Reason]:
    """What the array's own logs say; where they had to be asked and were not, the drill fails."""
    required = seen.policy.witness == "required"
    missing = Witness(verdict=WitnessVerdict.UNAVAILABLE, why_unavailable="They were not asked.")
    if seen.witness or (required and started):
        yield from of_witness(seen.witness or missing, required=required)


def _of_validations(validations: t.Iterable[Validation], session: DrillSession | None) -> t.Iterator[Reason]:
    of = f"{session.called}: " if session else ""
    for each in validations:
        failed, missing = _causes(each)
        check = None if each.kind == "array" else each.name
        if each.passed is None and session and _never_measured(each, session):
            text = f"{of}{each.name}: {each.observed}. {session.recovery_point.reason or ''}".rstrip()
            yield _about(session, Verdict.PASSED_WITH_DEVIATIONS, missing, text, check)
        elif each.passed is None:
            yield _about(session, Verdict.INCOMPLETE, missing, f"{of}{each.name}: {each.observed}.", check)
        elif not each.passed:
            weight: NotPassed = Verdict.FAILED if each.critical else Verdict.PASSED_WITH_DEVIATIONS
            found = f"expected {each.expected}, found {each.observed}."
            yield _about(session, weight, failed, f"{of}{each.name}: {found}", check)


def _never_measured(validation: Validation, session: DrillSession) -> bool:
    """Whether no drill can measure it: the recovery point of a NAS server. Never met, and no fault of this drill."""
    return session.resource_type == NAS_SERVER and validation.kind == "array" and validation.name == WITHIN_RPO


def _causes(validation: Validation) -> tuple[Cause, Cause]:
    if validation.kind == "array" and validation.name in _ARRAY:
        return _ARRAY[validation.name]
    if validation.phase is Phase.VALIDATE:
        return Cause.CHECK_FAILED, Cause.CHECK_NOT_EXECUTED
    return Cause.STEP_FAILED, Cause.STEP_NOT_EXECUTED
