# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record as JUnit XML: one suite for each session, one for the drill itself. AWX, Jenkins and GitLab show it.

The structure is that of the widely used schema junit-10.xsd (Jenkins xUnit plugin): ``testsuites`` with ``testsuite``
with ``properties`` and ``testcase``, which holds ``skipped``, ``error`` or ``failure``. Not measured and not executed
are ``skipped``; what was looked at and was not as it had to be is a ``failure``; an operation that the array refused
or did not answer is an ``error``. The verdict itself is a test case: a record with only skipped cases is not green.
"""

from __future__ import annotations

import typing as t
import xml.etree.ElementTree as ET
from dataclasses import dataclass

from .._json import Json
from .._words import CleanUp, Kind, Outcome, StepResult, Verdict
from .source import Source
from .text import (
    NOT_MEASURED,
    between,
    duration,
    meaning,
    one_line,
    parsed,
    session_name,
    verdict_words,
)

OUTCOMES: t.Final = tuple(outcome.value for outcome in Outcome)
_COUNTED: t.Final = (("failures", Outcome.FAILURE), ("errors", Outcome.ERROR), ("skipped", Outcome.SKIPPED))
_LONGEST_MESSAGE = 500
_MOST_SECONDS = 999_999_999.0


@dataclass(frozen=True)
class Case:
    """One test case; ``outcome`` is None where it passed."""

    name: str
    outcome: Outcome | None = None
    message: str = ""
    seconds: float | None = None


def render_junit(source: Source) -> str:
    """The report of a record. The same record gives the same bytes."""
    record = source.record
    root = ET.Element("testsuites", name=f"{record['kind']}: {one_line(record['drill']['title'])}")
    suites = [(record["kind"], _own_cases(record))]
    suites += [
        (f"{number:04d} {session_name(session)}", _CASES[record["kind"]](session))
        for number, session in enumerate(record["sessions"], start=1)
    ]
    totals = [_add_suite(root, source, name, cases) for name, cases in suites]
    for attribute, position in (("tests", 0), ("failures", 1), ("errors", 2)):
        root.set(attribute, str(sum(total[position] for total in totals)))
    root.set("time", f"{min(sum(total[3] for total in totals), _MOST_SECONDS):.3f}")
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _add_suite(root: ET.Element, source: Source, name: str, cases: t.Sequence[Case]) -> tuple[int, int, int, float]:
    record = source.record
    started = parsed(record["times"]["started_at"] or record["times"]["written_at"])
    suite = ET.SubElement(root, "testsuite", name=one_line(name))
    seconds = sum(_bounded(case.seconds) for case in cases)
    for attribute, outcome in _COUNTED:
        suite.set(attribute, str(sum(1 for case in cases if case.outcome == outcome)))
    suite.set("tests", str(len(cases)))
    suite.set("time", f"{min(seconds, _MOST_SECONDS):.3f}")
    suite.set("hostname", one_line(record["array"]["name"] or record["array"]["host"] or "not known"))
    if started:
        suite.set("timestamp", f"{started:%Y-%m-%dT%H:%M:%S}")
    properties = ET.SubElement(suite, "properties")
    for key, value in (("record", source.file_name), ("sha256", source.sha256), ("verdict", record["verdict"])):
        ET.SubElement(properties, "property", name=key, value=value)
    for case in cases:
        _add_case(suite, f"drdrill.{record['kind']}.{one_line(name)}", case)
    return len(cases), int(suite.get("failures", 0)), int(suite.get("errors", 0)), seconds


def _add_case(suite: ET.Element, class_name: str, case: Case) -> None:
    element = ET.SubElement(
        suite, "testcase", name=one_line(case.name), classname=class_name, time=f"{_bounded(case.seconds):.3f}"
    )
    if case.outcome:
        found = ET.SubElement(element, case.outcome.value, message=one_line(case.message, _LONGEST_MESSAGE))
        if case.outcome is not Outcome.SKIPPED:
            found.set("type", case.outcome.value)
            found.text = case.message


def _bounded(seconds: float | None) -> float:
    return min(max(seconds or 0.0, 0.0), _MOST_SECONDS)


def _own_cases(record: Json) -> list[Case]:
    """The verdict, the clean-up, the checks of the drill as a whole, and its steps."""
    cases = [_verdict_case("verdict", record["verdict"], record["reasons"], meaning(record))]
    if record["kind"] == Kind.ABORT:
        ready = record["seconds_to_failover_ready"]
        said = "Not every session shows that it can be failed over."
        cases.append(
            Case("failover ready", None, "", ready)
            if ready is not None
            else Case("failover ready", Outcome.FAILURE, said)
        )
    if "cleanup" in record:
        cases.append(_cleanup_case(record))
    cases += [_validation_case(validation) for validation in record.get("validations", ())]
    return cases + [_step_case(step) for step in record.get("steps", ())]


def _verdict_case(name: str, verdict: str, reasons: t.Sequence[str], said: str = "") -> Case:
    """Deviations do not fail a drill, so they do not fail the case; they are told all the same by their own cases."""
    outcome = Verdict(verdict).outcome
    if outcome is None:
        return Case(name)
    return Case(name, outcome, "\n".join([f"{verdict_words(verdict)}. {said}".strip(), *reasons]))


def _cleanup_case(record: Json) -> Case:
    cleanup = record["cleanup"]
    verdict = CleanUp(cleanup["verdict"])
    left, held = (", ".join(cleanup[name]) or "see the record" for name in ("not_confirmed_stopped", "held"))
    said = {
        CleanUp.FAILED: f"Failover tests may still be running: {left}",
        CleanUp.HELD: f"Failover tests were left running on purpose, so no failover is possible: {held}",
        CleanUp.NOT_NEEDED: "No failover test was started.",
    }
    return Case("clean-up", verdict.outcome, said.get(verdict, ""))


def _validation_case(validation: Json) -> Case:
    name = f"{validation['kind']}: {validation['name']}"
    expected, observed = validation["expected"] or "not given", validation["observed"] or "nothing"
    if validation["passed"]:
        return Case(name, seconds=validation["seconds"])
    if validation["passed"] is None:
        return Case(name, Outcome.SKIPPED, f"Not executed: {observed}", validation["seconds"])
    weight = "" if validation["critical"] else " (not critical)"
    return Case(name, Outcome.FAILURE, f"Expected {expected}, found {observed}{weight}", validation["seconds"])


def _step_case(step: Json) -> Case:
    wave = "" if step["wave"] is None else f", wave {step['wave']}"
    name = f"step {step['phase']}{wave}: {step['name']}"
    seconds = between(step["started_at"], step["finished_at"])
    return Case(name, StepResult(step["result"]).outcome, step["reason"] or "No reason is known.", seconds)


def _operation_case(name: str, operation: Json | None, wanted: bool) -> Case:
    """``wanted``: whether there was something to operate on; where not, that nothing was done is as it should be."""
    if operation is None:
        return Case(name, Outcome.SKIPPED, "Not attempted." if wanted else "There was nothing to do.")
    if operation["failed"]:
        failure = operation["failure"] or {"kind": "not known", "message": "No reason is known."}
        return Case(name, Outcome.ERROR, f"{failure['kind']}: {failure['message']}", operation["duration_seconds"])
    if operation["action"] == "not_attempted":
        return Case(name, Outcome.SKIPPED, "Not attempted.")
    return Case(name, seconds=operation["duration_seconds"])


def _objective_case(name: str, met: bool | None, actual: float | None, objective: float | None) -> Case:
    said = f"{duration(actual)}, objective {duration(objective, 'none given')}"
    if met is None:
        return Case(name, Outcome.SKIPPED, f"{NOT_MEASURED} against an objective: {said}" if actual is None else said)
    return Case(name) if met else Case(name, Outcome.FAILURE, said)


def _recovery_point_case(session: Json) -> Case:
    point = session["recovery_point"]
    return _objective_case("RPO", point["met"], point["age_seconds"], point["objective_seconds"])


def _drill_cases(session: Json) -> list[Case]:
    rto, normal = session["rto"], session["return_to_normal"]
    return [
        _verdict_case("verdict", session["verdict"], session["reasons"]),
        _operation_case("start", session["start"], True),
        *(_validation_case(validation) for validation in session["validations"]),
        _recovery_point_case(session),
        _objective_case("RTO", rto["met"], rto["actual_seconds"], rto["objective_seconds"]),
        _operation_case("stop", session["stop"], session["test_owned"]),
        _normal_case(normal),
    ]


def _normal_case(normal: Json | None) -> Case:
    name = "return to normal"
    if normal is None:
        return Case(name, Outcome.SKIPPED, "The drill started nothing on this session.")
    if normal["held"]:
        return Case(name, Outcome.FAILURE, "The failover test was left running on purpose.")
    if not normal["stop_confirmed"]:
        return Case(name, Outcome.FAILURE, "The array did not confirm that the failover test is stopped.")
    differences = [f"{each['what']}: {each['before']} before, {each['after']} after" for each in normal["differences"]]
    return Case(name, Outcome.FAILURE, "\n".join(differences)) if differences else Case(name)


def _readiness_cases(session: Json) -> list[Case]:
    said = session["reasons"] or [finding["message"] for finding in session["findings"]]
    ready = Case("ready") if session["ready"] else Case("ready", Outcome.FAILURE, "\n".join(said) or "Not ready.")
    return [_verdict_case("verdict", session["verdict"], session["reasons"]), ready, _recovery_point_case(session)]


def _abort_cases(session: Json) -> list[Case]:
    ready = Case("failover ready")
    if not session["failover_ready"]:
        ready = Case("failover ready", Outcome.FAILURE, "\n".join(session["reasons"]) or "The array does not show it.")
    return [
        _verdict_case("verdict", session["verdict"], session["reasons"]),
        _operation_case("stop", session["stop"], session["test_found"]),
        ready,
    ]


_CASES: t.Final[t.Mapping[str, t.Callable[[Json], list[Case]]]] = {
    Kind.DRILL: _drill_cases,
    Kind.READINESS: _readiness_cases,
    Kind.ABORT: _abort_cases,
}
