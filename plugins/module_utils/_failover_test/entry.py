# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the result says of each session: its entry, and its line of the diff. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._array.session import Cluster, ReplicationSession, Snapshot
from .._errors import PowerStoreError
from .._findings.finding import Finding, Findings
from .._json import Json
from .._module import result
from .._operation.goal import Outcome, as_timing
from .end_of_test import EndOfTest
from .stopping import SNAPSHOT, is_gone


@dataclass(frozen=True, slots=True)
class Step(result.Step):
    """What is to be done for one selector, with what was found."""

    snapshot: Snapshot | None = None
    findings: Findings = ()
    expected_refusal: PowerStoreError | None = None  # by the array, as far as its own state tells

    @property
    def wants_snapshot(self) -> bool:
        """Whether the stop was to keep what was written."""
        return bool(self.goal and self.goal.body.get(SNAPSHOT))


@dataclass(frozen=True, slots=True)
class Entry(result.Entry):
    """What one selector's result says."""

    step: Step
    rollback: Outcome | None = None
    findings: Findings = ()
    end_of_test: EndOfTest | None = None

    @property
    def changed(self) -> bool:
        """Whether the array's state is (in check mode: would be) another than before, by this task."""
        if self.action == "rolled_back":
            return False
        return self.outcome.changed if self.outcome else self.action in result.CHANGING

    def as_result(self) -> Json:
        """One entry of ``sessions`` in the module's result."""
        return {
            **self.in_common(),
            "attempts": self.outcome.attempts if self.outcome else 0,
            "findings": [finding.as_result() for finding in (*self.step.findings, *self.findings)],
            **as_timing(self.outcome),
            **self._what_there_is(),
            **self.failure(),
        }

    def _what_there_is(self) -> Json:
        """What most sessions have not, and is left out there: a result of thousands is read, sent and kept."""
        kept = self.end_of_test.as_result() if self.end_of_test else None
        return {
            **({"snapshot": self.step.snapshot.as_result()} if self.step.snapshot else {}),
            **({"end_of_test_snapshot": kept} if kept else {}),
            **({"rollback": as_timing(self.rollback)} if self.rollback else {}),
        }


@dataclass(frozen=True, slots=True)
class Results:
    """What was (or would be) done and what the array shows, for each selector in the order asked."""

    cluster: Cluster
    entries: tuple[Entry, ...]

    def as_result(self) -> Json:
        """The return values of the module."""
        header = f"failover tests on {self.cluster.name}"
        diff = {
            "before_header": header,
            "after_header": header,
            "before": dict(self._shown(before=True)),
            "after": dict(self._shown(before=False)),
        }
        return result.result_of(self.cluster, self.entries, diff)

    def _shown(self, *, before: bool) -> t.Iterator[tuple[str, str]]:
        """One line of the diff for each session."""
        for entry in self.entries:
            if entry.step.session:
                shown = entry.session if before else entry.after
                yield entry.step.session.label, _in_words(shown, None if before else entry)


def _in_words(session: ReplicationSession | None, entry: Entry | None) -> str:
    if session is None:
        return "not known: the array could not be read"
    chosen = entry.step.snapshot if entry and entry.action == "started" else None
    snapshot = f" from snapshot '{chosen.name}'" if chosen else ""
    return f"failover test in progress{snapshot}" if session.in_test else "no failover test"


def entry_of(
    step: Step, outcome: Outcome, rollback: Outcome | None, end: EndOfTest | None, left_alone: Finding | None = None
) -> Entry:
    """The entry of a step that was carried out; what the array showed last counts."""
    session = outcome.goal.session
    findings = _learned(step, outcome) + (end.findings(session) if end else ())
    findings += (left_alone,) if left_alone else ()
    error = outcome.error or (end.error if end else None)
    if error is not None and not outcome.done:
        action = "failed"
    elif outcome.done:
        action = "started" if outcome.goal.running else "stopped"
    else:
        action = "none"
    after = outcome.after
    if rollback is not None:
        after = rollback.after
        error = error or rollback.error
        action = "failed" if rollback.error else "rolled_back"
    return Entry(step, action, outcome, after, error, rollback, findings, end)


def _learned(step: Step, outcome: Outcome) -> Findings:
    session = outcome.goal.session
    findings: list[Finding] = []
    if outcome.answer_lost:
        message = f"The answer to {outcome.goal.action} on the {session.label} was lost; the array was read instead."
        findings.append(Finding.of("answer.lost", session, message))
    if outcome.unaccounted:
        message = f"The array logged a start on the {session.label} as done, but shows no test."
        findings.append(Finding.of("start.unaccounted", session, message))
    if is_gone(outcome):
        message = f"The {session.label} vanished from the array while this task was at it."
        findings.append(Finding.of("session.gone", session, message))
    if outcome.done and outcome.earlier and step.wants_snapshot and SNAPSHOT not in outcome.goal.body:
        message = f"The failover test on the {session.label} was stopped without its end-of-test snapshot: "
        findings.append(Finding.of("snapshot.not_kept", session, message + outcome.earlier.message))
    elif outcome.earlier:
        message = f"Attempt {outcome.attempts} on the {session.label} followed one that failed: "
        findings.append(Finding.of("operation.repeated", session, message + outcome.earlier.message))
    if outcome.error is None and not outcome.done and outcome.goal.running:
        message = f"Someone else started a failover test on the {session.label} at the same moment."
        findings.append(Finding.of("test.already_running", session, message, "warning"))
    return tuple(findings)
