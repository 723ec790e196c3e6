# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record as JUnit XML: one suite for the drill itself, one for each session. AWX, Jenkins and GitLab show it.

The structure is that of the widely used schema junit-10.xsd (Jenkins xUnit plugin): ``testsuites`` with ``testsuite``
with ``properties`` and ``testcase``, which holds ``skipped``, ``error`` or ``failure``. What was looked at and was not
as it had to be is a ``failure``; an operation that the array refused or did not answer is an ``error``; what was not
measured, not executed or is not critical is ``skipped``.

One fault is one failure. What follows from it, the verdict included, is ``skipped`` and says so. The verdict is a
failure where nothing else is one: a record with only skipped cases is not green. Tests that may still be running are a
failure of the clean-up, which says why each was not stopped: one place shows whether a failover is possible.
"""

from __future__ import annotations

import typing as t
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import dataclass, replace

from .._record.types import (
    AbortRecord,
    AbortSession,
    AnyRecord,
    DrillRecord,
    DrillSession,
    Operation,
    ReadinessSession,
    RecoveryPoint,
    ReturnToNormal,
    Rto,
    Session,
    Step,
    SweepSession,
    Validation,
    WitnessRecord,
)
from .._record.witness import of_unclaimed
from .._record.witness_types import Claim, Witness
from .._text import one_line
from .._words import Cause as CauseId
from .._words import CheckResult, CleanUp, Outcome, Phase, Verdict
from .causes import counting_sentence
from .source import Source
from .text import between, duration, meaning, took, words

OUTCOMES: t.Final = tuple(outcome.value for outcome in Outcome)
_COUNTED: t.Final = (("failures", Outcome.FAILURE), ("errors", Outcome.ERROR), ("skipped", Outcome.SKIPPED))
_RED: t.Final = (Outcome.FAILURE, Outcome.ERROR)
_LONGEST_MESSAGE = 500
_MOST_SECONDS = 999_999_999.0


@dataclass(frozen=True)
class Case:
    """One test case; ``outcome`` is None where it passed. ``phase``: the phase of the drill that it is about."""

    name: str
    outcome: Outcome | None = None
    message: str = ""
    seconds: float | None = None
    phase: Phase | None = None

    @property
    def red(self) -> bool:
        """Whether it is a failure or an error."""
        return self.outcome in _RED

    def skipped(self, why: str) -> Case:
        """The same, reported elsewhere."""
        return replace(self, outcome=Outcome.SKIPPED, message=f"{why} {self.message}".strip())


@dataclass(frozen=True)
class Suite:
    """The cases of the drill or of one session."""

    name: str
    verdict: Verdict
    cases: t.Sequence[Case]
    seconds: float | None = None
    of_session: bool = True

    @property
    def red(self) -> bool:
        """Whether one of its cases is."""
        return any(case.red for case in self.cases)

    def count(self, outcome: Outcome) -> int:
        """How many cases have that outcome."""
        return sum(case.outcome is outcome for case in self.cases)


def render_junit(source: Source) -> str:
    """The report of a record. The same record gives the same bytes."""
    record = source.record
    suites = _suites(record)
    root = ET.Element("testsuites", name=f"{record.kind}: {one_line(record.drill.title)}")
    root.set("tests", str(sum(len(suite.cases) for suite in suites)))
    root.set("failures", str(sum(suite.count(Outcome.FAILURE) for suite in suites)))
    root.set("errors", str(sum(suite.count(Outcome.ERROR) for suite in suites)))
    root.set("time", _time(suites[0].seconds))
    for suite in suites:
        _add_suite(root, source, suite)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _add_suite(root: ET.Element, source: Source, suite: Suite) -> None:
    record = source.record
    started = record.times.started_at or record.times.written_at
    element = ET.SubElement(root, "testsuite", name=one_line(suite.name), tests=str(len(suite.cases)))
    for attribute, outcome in _COUNTED:
        element.set(attribute, str(suite.count(outcome)))
    element.set("time", _time(suite.seconds))
    element.set("hostname", one_line(record.array.name or record.array.host or "not known"))
    if started:
        element.set("timestamp", f"{started:%Y-%m-%dT%H:%M:%S}")
    properties = ET.SubElement(element, "properties")
    for key, value in (("record", source.file_name), ("sha256", source.sha256), ("verdict", suite.verdict.value)):
        ET.SubElement(properties, "property", name=key, value=value)
    class_name = f"drdrill.{record.kind}" + (f".{one_line(suite.name)}" if suite.of_session else "")
    for case in _numbered(suite.cases):
        _add_case(element, class_name, case)


def _numbered(cases: t.Iterable[Case]) -> t.Iterator[Case]:
    """Cases of one name get numbers, so that none hides another."""
    seen: Counter[str] = Counter()
    for case in cases:
        seen[case.name] += 1
        yield case if seen[case.name] == 1 else replace(case, name=f"{case.name} ({seen[case.name]})")


def _add_case(suite: ET.Element, class_name: str, case: Case) -> None:
    element = ET.SubElement(suite, "testcase", name=one_line(case.name), classname=class_name, time=_time(case.seconds))
    if case.outcome:
        found = ET.SubElement(element, case.outcome.value, message=one_line(case.message, _LONGEST_MESSAGE))
        if case.red:
            found.set("type", case.outcome.value)
            found.text = case.message


def _time(seconds: float | None) -> str:
    return f"{min(max(seconds or 0.0, 0.0), _MOST_SECONDS):.3f}"


def _suites(record: AnyRecord) -> list[Suite]:
    """The suite of the record itself, then one for each session."""
    labels = _labels(record.sessions)
    left = {*record.cleanup.not_confirmed_stopped, *record.cleanup.held} if isinstance(record, DrillRecord) else set()
    shared = frozenset(_of_all(record)) if isinstance(record, DrillRecord) else frozenset()
    sessions = [
        Suite(
            label, session.verdict, _session_cases(session, session.session_id in left, shared),
            _session_seconds(session),
        )
        for label, session in zip(labels, record.sessions, strict=True)
    ]  # fmt: skip
    own = _own_cases(record, sessions)
    red = any(case.red for case in own) or any(suite.red for suite in sessions)
    said = " ".join(filter(None, [f"{record.verdict.word}.", counting_sentence(record) or meaning(record)]))
    verdict = Case("verdict", record.verdict.outcome, "\n".join([said, *record.reasons]))
    if red and verdict.red:
        verdict = Case("verdict", Outcome.SKIPPED, f"{said} Each fault is a case of its own.")
    return [Suite(record.kind.value, record.verdict, [verdict, *own], took(record), of_session=False), *sessions]


def _of_all(record: DrillRecord) -> t.Iterator[str]:
    """The reasons of failed checks of the drill as a whole, which are its cases, and what follows from them."""
    for deviation in record.deviations:
        if deviation.session_id is None and deviation.cause in (CauseId.CHECK_FAILED, CauseId.STEP_FAILED):
            yield deviation.description
            yield from deviation.consequences


def _labels(sessions: t.Sequence[Session]) -> list[str]:
    """What the suites of sessions are called: their names, with more only where two have the same."""
    names = Counter(session.called for session in sessions)
    longer = [
        session.called if names[session.called] == 1 else f"{session.called} ({words(session.resource_type)})"
        for session in sessions
    ]
    same = Counter(longer)
    return [
        label if same[label] == 1 else f"{label} {session.session_id or number}"
        for number, (label, session) in enumerate(zip(longer, sessions, strict=True), start=1)
    ]


def _own_cases(record: AnyRecord, sessions: t.Sequence[Suite]) -> list[Case]:
    """What is about the record as a whole."""
    if isinstance(record, AbortRecord):
        return [_ready_case(record, sessions)]
    if isinstance(record, WitnessRecord):
        return [_claim_case(claim) for claim in record.witness.claims]
    if not isinstance(record, DrillRecord):
        return []
    cases = [_cleanup_case(record), *([_witness_case(record.witness)] if record.witness else [])]
    if record.interruption:
        message = f"In \u201c{record.interruption.task}\u201d: {record.interruption.message}"
        cases.append(Case("ran to its end", Outcome.ERROR, message))
    else:
        cases.append(Case("ran to its end"))
    cases += [_validation_case(validation) for validation in record.validations]
    explained = {case.phase for case in (*cases, *(case for suite in sessions for case in suite.cases)) if case.outcome}
    return cases + [_step_case(step, attempt, explained) for step, attempt in _own_steps(record)]


def _claim_case(claim: Claim) -> Case:
    name = f"{claim.operation.partition('_')[0]} of {claim.resource_name or claim.session_id}"
    return Case(name, claim.verdict.outcome, " ".join(claim.differences))


def _witness_case(witness: Witness) -> Case:
    said = [witness.why_unavailable or "", *(" ".join(claim.differences) for claim in witness.claims)]
    said += [of_unclaimed(each) for each in witness.contradictions]
    message = "\n".join(filter(None, said)) if witness.verdict.outcome else ""
    return Case("array's own logs", witness.verdict.outcome, message, phase=Phase.WITNESS)


def _ready_case(record: AbortRecord, sessions: t.Sequence[Suite]) -> Case:
    if record.all_ready:
        return Case("failover ready", seconds=record.seconds_to_failover_ready)
    case = Case("failover ready", Outcome.FAILURE, "Not every session shows that it can be failed over.")
    return case.skipped("See the sessions:") if any(suite.red for suite in sessions) else case


def _cleanup_case(record: DrillRecord) -> Case:
    cleanup = record.cleanup
    said = {
        CleanUp.FAILED: f"Failover tests may still be running: {_left(record, cleanup.not_confirmed_stopped)}",
        CleanUp.HELD: f"Failover tests were left running on purpose, so no failover is possible: "
        f"{_left(record, cleanup.held)}",
        CleanUp.NOT_NEEDED: "No failover test was started.",
    }
    return Case("clean-up", cleanup.verdict.outcome, said.get(cleanup.verdict, ""), phase=Phase.STOP)


def _left(record: DrillRecord, ids: t.Sequence[str]) -> str:
    """Sessions whose test may be running, each with what its stop came to."""
    by_id = {session.session_id: session for session in record.sessions}
    return "; ".join(_left_session(each, by_id.get(each)) for each in ids) or "see the record"


def _left_session(session_id: str, session: DrillSession | None) -> str:
    if session is None:
        return session_id
    failure = session.stop.failure if session.stop else None
    return f"{session.called} ({session_id})" + (f": {failure.kind}: {failure.message}" if failure else "")


def _own_steps(record: DrillRecord) -> t.Iterator[tuple[Step, int]]:
    """The steps that are no case yet, each with its attempt: operations are the sessions', checks are validations."""
    checks = {(check.phase, check.name) for check in record.all_validations}
    attempts: Counter[tuple[Phase, str, int | None]] = Counter()
    for step in record.steps:
        operation = step.session_ids and step.phase in (Phase.START, Phase.STOP)
        if operation or (step.phase, step.name) in checks:
            continue
        attempts[step.phase, step.name, step.wave] += 1
        yield step, attempts[step.phase, step.name, step.wave]


def _step_case(step: Step, attempt: int, explained: t.Container[Phase | None]) -> Case:
    wave = "" if step.wave is None else f", wave {step.wave}"
    again = "" if attempt == 1 else f", attempt {attempt}"
    seconds = between(step.started_at, step.finished_at)
    name = f"step {step.phase}{wave}{again}: {step.name}"
    case = Case(name, step.result.outcome, step.reason or "No reason is known.", seconds, step.phase)
    return case.skipped("See the cases of this phase.") if case.red and step.phase in explained else case


def _validation_case(check: Validation) -> Case:
    expected, observed = check.expected or "not given", check.observed or "nothing"
    again = f" ({check.attempts} attempts)" if (check.attempts or 1) > 1 else ""
    case = Case(f"{check.kind}: {check.name}{again}", None, "", check.seconds, check.phase)
    if check.passed:
        return case
    if check.passed is None:
        result = CheckResult.of(None, check.kind, check.observed)
        return case.skipped(observed if observed.startswith("not ") else f"{result.word.lower()}: {observed}")
    case = replace(case, outcome=Outcome.FAILURE, message=f"Expected {expected}, found {observed}")
    return case if check.critical else case.skipped("Failed, but not critical:")


def _session_cases(session: Session, left: bool, shared: t.Container[str]) -> list[Case]:
    """The cases of a session. Where it failed and no case says why, its verdict does.

    ``left``: whether its test may still be running, which is the clean-up's failure; ``shared``: the reasons that are
    failures of the drill as a whole.
    """
    if isinstance(session, DrillSession):
        cases = _drill_cases(session, left)
    elif isinstance(session, AbortSession):
        cases = _abort_cases(session)
    elif isinstance(session, ReadinessSession):
        cases = _readiness_cases(session)
    elif isinstance(session, SweepSession):
        cases = _sweep_cases(session)
    else:
        cases = []
    case = Case("verdict", session.verdict.outcome, "\n".join([f"{session.verdict.word}.", *session.reasons]))
    said = left or any(each.red for each in cases) or all(reason in shared for reason in session.reasons)
    if case.red and (said or session.verdict is not Verdict.FAILED):
        case = case.skipped("")
    return [case, *cases]


def _session_seconds(session: Session) -> float | None:
    """How long the drill was at work on a session: from its start being sent to its stop being confirmed."""
    if isinstance(session, DrillSession):
        first, last = session.start or session.stop, session.stop or session.start
        return between(first.started_at, last.finished_at) if first and last else None
    if isinstance(session, AbortSession) and session.stop:
        return session.stop.duration_seconds
    return None


def _drill_cases(session: DrillSession, left: bool) -> list[Case]:
    stop = _operation_case("stop", session.stop, session.test_owned, Phase.STOP)
    cases = [_operation_case("start", session.start, True, Phase.START)]
    cases += [_validation_case(check) for check in session.validations]
    if not any(check.kind == "array" and "RPO" in check.name for check in session.validations):
        cases.append(_objective_case("RPO", session.recovery_point))
    normal = session.return_to_normal
    if normal and normal.left_alone and not stop.red:
        stop = stop.skipped("Left alone.")
    ends = [stop, _normal_case(normal, stop)]
    if left:
        ends = [case.skipped("See the clean-up of the drill.") if case.red else case for case in ends]
    return [*cases, _objective_case("RTO", session.rto), *ends]


def _operation_case(name: str, operation: Operation | None, wanted: bool, phase: Phase) -> Case:
    """``wanted``: whether there was something to operate on; where not, that nothing was done is as it should be."""
    case = Case(name, phase=phase)
    if operation is None:
        return case.skipped("Not attempted." if wanted else "There was nothing to do.")
    case = replace(case, seconds=operation.duration_seconds)
    if operation.failed:
        failure = operation.failure
        said = f"{failure.kind}: {failure.message}" if failure else "No reason is known."
        return replace(case, outcome=Outcome.ERROR, message=said)
    return case.skipped("Not attempted.") if operation.action == "not_attempted" else case


def _objective_case(name: str, measured: RecoveryPoint | Rto) -> Case:
    actual = measured.age_seconds if isinstance(measured, RecoveryPoint) else measured.actual_seconds
    said = f"{duration(actual)}, objective {duration(measured.objective_seconds, 'none given')}"
    if measured.met is None:
        return Case(name, Outcome.SKIPPED, said)
    if actual is None and not measured.met:  # the check that failed is a case of its own
        return Case(name, Outcome.SKIPPED, f"Missed. {measured.reason or said}")
    return Case(name) if measured.met else Case(name, Outcome.FAILURE, said)


def _normal_case(normal: ReturnToNormal | None, stop: Case) -> Case:
    case = Case("return to normal", phase=Phase.STOP)
    if normal is None:
        return case.skipped("The drill started nothing on this session.")
    if normal.held:
        return replace(case, outcome=Outcome.FAILURE, message="The failover test was left running on purpose.")
    if normal.left_alone:
        return case.skipped(f"Left alone: {normal.left_alone}.")
    if not normal.stop_confirmed:
        said = "The array did not confirm that the failover test is stopped."
        case = replace(case, outcome=Outcome.FAILURE, message=said)
        return case.skipped("See the stop.") if stop.red else case
    differences = [f"{each.what}: {each.before} before, {each.after} after" for each in normal.differences]
    case = replace(case, phase=Phase.PROVE, message="\n".join(differences))
    if normal.not_compared:
        return case.skipped(f"Not read: {', '.join(normal.not_compared)}.")
    return case.skipped("A deviation:") if differences else case


def _readiness_cases(session: ReadinessSession) -> list[Case]:
    point = _objective_case("RPO", session.recovery_point)
    if point.red and session.verdict is not Verdict.FAILED:
        point = point.skipped("A warning:")
    if session.ready:
        return [Case("ready"), point]
    said = session.reasons or tuple(finding.message for finding in session.findings)
    return [Case("ready", Outcome.FAILURE, "\n".join(said) or "Not ready."), point]


def _sweep_cases(session: SweepSession) -> list[Case]:
    """A test that the policy lets run is no fault; one that is overdue and left is."""
    left = session.overdue and session.still_running is not False
    message = "\n".join(session.reasons) or "The array does not show that it has ended."
    case = Case("no overdue test", Outcome.FAILURE, message) if left else Case("no overdue test")
    return [case]


def _abort_cases(session: AbortSession) -> list[Case]:
    stop = _operation_case("stop", session.stop, session.test_found, Phase.STOP)
    ready = Case("failover ready")
    if not session.failover_ready:
        message = "\n".join(session.reasons) or "The array does not show it."
        ready = replace(ready, outcome=Outcome.FAILURE, message=message)
        ready = ready.skipped("See the stop.") if stop.red else ready
    return [stop, ready]
