# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every word of a finding, a verdict and a record, each with one home: what it reads, its sign, icon and JUnit outcome.

A member is a ``str``, so it compares and hashes as its value. Results and files take ``.value``: Ansible 2.19 and later
refuse subclasses of ``str``. The members of each enumeration stand worst first, or in the order in which they happen.
"""

from __future__ import annotations

import typing as t
from enum import StrEnum


class Outcome(StrEnum):
    """What JUnit calls a test case that did not pass."""

    FAILURE = "failure"
    ERROR = "error"
    SKIPPED = "skipped"


class _Word(StrEnum):
    """A word of the record and how a person reads it."""

    word: str  # as it begins a line: "Passed with deviations"
    sign: str  # in a chat or a ticket
    icon: str  # name of the symbol in the HTML report
    outcome: Outcome | None  # None: the test case passes

    def __new__(
        cls, value: str, word: str = "", sign: str = "", icon: str = "", outcome: Outcome | None = None
    ) -> t.Self:  # the defaults are for mypy: Verdict("failed") looks a member up
        member = str.__new__(cls, value)
        member._value_ = value
        member.word, member.sign, member.icon, member.outcome = word, sign, icon, outcome
        return member

    @property
    def weight(self) -> int:
        """0 for the worst; ``min(words, key=lambda word: word.weight)`` is the worst of some."""
        return list(type(self)).index(self)

    @classmethod
    def worst(cls, words: t.Iterable[t.Self], otherwise: t.Self) -> t.Self:
        """The worst of some words; ``otherwise`` where there are none."""
        return min(words, key=lambda word: word.weight, default=otherwise)


class Verdict(_Word):
    """What a record, a session or a deviation comes to."""

    FAILED = "failed", "Failed", "❌", "failed", Outcome.FAILURE
    ABORTED = "aborted", "Aborted", "⏹️", "aborted", Outcome.FAILURE
    INCOMPLETE = "incomplete", "Incomplete", "❔", "incomplete", Outcome.FAILURE
    PASSED_WITH_DEVIATIONS = "passed_with_deviations", "Passed with deviations", "⚠️", "passed_with_deviations", None
    PASSED = "passed", "Passed", "✅", "passed", None


class CleanUp(_Word):
    """What the clean-up of a drill comes to. While a test is held, its session cannot be failed over: not green."""

    FAILED = "failed", "Failed", "❌", "failed", Outcome.FAILURE
    HELD = "held", "Held, still running", "⏸️", "held", Outcome.FAILURE
    PASSED_WITH_DEVIATIONS = "passed_with_deviations", "Passed with deviations", "⚠️", "passed_with_deviations", None
    PASSED = "passed", "Passed", "✅", "passed", None
    NOT_NEEDED = "not_needed", "Not needed", "\u2796", "not_needed", Outcome.SKIPPED


class WitnessVerdict(_Word):
    """What the array's own logs say of what a record claims."""

    CONTRADICTED = "contradicted", "Contradicted", "❌", "failed", Outcome.FAILURE
    UNAVAILABLE = "unavailable", "Unavailable", "❔", "incomplete", Outcome.SKIPPED
    CORROBORATED = "corroborated", "Corroborated", "✅", "passed", None


class StepResult(_Word):
    """What came of a step or a check."""

    FAILED = "failed", "Failed", "❌", "failed", Outcome.ERROR
    HELD = "held", "Held on purpose", "⏸️", "held", Outcome.FAILURE
    NOT_EXECUTED = "not_executed", "Not executed", "❔", "incomplete", Outcome.SKIPPED
    PASSED = "passed", "Passed", "✅", "passed", None

    @classmethod
    def of(cls, passed: bool | None) -> StepResult:
        """From ``passed`` of a check, where null says that it was not executed."""
        if passed is None:
            return cls.NOT_EXECUTED
        return cls.PASSED if passed else cls.FAILED


class CheckResult(_Word):
    """What came of a check as reports call it. What the array is asked for is measured or not, never executed."""

    FAILED = "failed", "Failed", "❌", "failed", Outcome.FAILURE
    NOT_EXECUTED = "not_executed", "Not executed", "❔", "incomplete", Outcome.SKIPPED
    NOT_MEASURED = "not_measured", "Not measured", "❔", "incomplete", Outcome.SKIPPED
    NO_OBJECTIVE = "no_objective", "No objective", "❔", "incomplete", Outcome.SKIPPED
    PASSED = "passed", "Passed", "✅", "passed", None

    @classmethod
    def of(cls, passed: bool | None, kind: str, observed: str | None) -> CheckResult:
        """From ``passed``, ``kind`` and ``observed`` of a check in a record. What was measured and could not be judged
        had nothing to be compared with."""
        if passed is not None:
            return cls.PASSED if passed else cls.FAILED
        if kind != "array":
            return cls.NOT_EXECUTED
        return cls.NOT_MEASURED if (observed or "not ").startswith("not ") else cls.NO_OBJECTIVE


class Severity(_Word):
    """How heavy a finding is. A blocker refuses a start."""

    BLOCKER = "blocker", "Blocker", "⛔", "failed", Outcome.FAILURE
    WARNING = "warning", "Warning", "⚠️", "passed_with_deviations", None
    INFO = "info", "Info", "\u2139\ufe0f", "not_needed", None


class Coverage(_Word):
    """What is known of the test of one replication session: whether the period of its policy is kept."""

    NOT_READ = "not_read", "Not read", "❔", "incomplete", Outcome.ERROR
    NEVER = "never", "Never tested", "❌", "failed", Outcome.FAILURE
    FAILED_LAST = "failed_last", "Failed last", "❌", "failed", Outcome.FAILURE
    OVERDUE = "overdue", "Overdue", "❌", "failed", Outcome.FAILURE
    CHANGED = "changed", "Changed since", "❌", "failed", Outcome.FAILURE
    EXCLUSION_EXPIRED = "exclusion_expired", "Exclusion expired", "❌", "failed", Outcome.FAILURE
    UNRECORDED_TEST = "unrecorded_test", "Test without a record", "❌", "failed", Outcome.FAILURE
    DUE_SOON = "due_soon", "Due soon", "⚠️", "passed_with_deviations", None
    TESTED_WITH_DEVIATIONS = (
        "tested_with_deviations",
        "Tested with deviations",
        "⚠️",
        "passed_with_deviations",
        None,
    )
    TESTED = "tested", "Tested", "✅", "passed", None
    EXCLUDED = "excluded", "Excluded", "\u2796", "not_needed", Outcome.SKIPPED
    NOT_TESTABLE = "not_testable", "Cannot be tested", "\u2796", "not_needed", Outcome.SKIPPED
    GONE = "gone", "Gone", "\u2796", "not_needed", Outcome.SKIPPED


# What the findings are made with; a finding leaves the process, so these are the plain words.
BLOCKER, WARNING, INFO = Severity.BLOCKER.value, Severity.WARNING.value, Severity.INFO.value


class Cause(StrEnum):
    """Why something is not passed: a stable id by which drills are compared, the worst first in each group."""

    word: str  # after a number of sessions: "12 not mapped to a host"

    def __new__(cls, value: str, word: str = "") -> t.Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.word = word
        return member

    STOP_NOT_CONFIRMED = "stop.not_confirmed", "stop not confirmed"
    TEST_HELD = "test.held", "left running on purpose"
    CONTRADICTED = "witness.contradicted", "contradicted by the array's own logs"
    LEFT_ALONE = "session.left_alone", "left alone"
    INTERRUPTED = "drill.interrupted", "interrupted"
    CUT_OFF = "drill.cut_off", "cut off"
    OVERRUN = "drill.overrun", "ended as the drill took too long"
    NOT_READ = "array.not_read", "not read"
    START_FAILED = "start.failed", "not started"
    BLOCKED = "finding.blocker", "blocked"
    NOTHING_STARTED = "drill.nothing_started", "without any test"
    NOT_TESTED = "session.not_tested", "not tested"
    NOT_SHOWN = "test.not_shown", "not shown in test by the array"
    NOT_MAPPED = "host.not_mapped", "not mapped to a host"
    CHECK_FAILED = "check.failed", "failed a check"
    STEP_FAILED = "step.failed", "failed an attach or release step"
    RPO_MISSED = "rpo.missed", "RPO missed"
    RTO_MISSED = "rto.missed", "RTO missed"
    CHECK_NOT_EXECUTED = "check.not_executed", "with a check that was not executed"
    STEP_NOT_EXECUTED = "step.not_executed", "with a step that was not executed"
    NOT_OBSERVED = "array.not_observed", "not observed in test"
    RPO_NOT_MEASURED = "rpo.not_measured", "RPO not measured"
    RTO_NOT_MEASURED = "rto.not_measured", "RTO not measured"
    NOT_COMPARED = "session.not_compared", "not known to be as before the drill"
    INPUT = "input.not_understood", "with input that is not understood"
    OVERDUE = "test.overdue", "overdue and still running"
    MEMBER = "run.member", "of an array that did not pass"
    NOT_READY = "failover.not_ready", "that cannot be failed over"
    READINESS_NOT_KNOWN = "failover.not_known", "not known to be ready"
    NOT_JUDGED = "failover.not_judged", "not judged"
    ACTION_RECURRED = "action.recurred", "seen again after it was closed"
    ACTION_OVERDUE = "action.overdue", "with an overdue action"
    RTO_REGRESSED = "rto.regressed", "slower than last time"
    CHANGED = "session.changed", "changed"
    SNAPSHOT_NOT_KEPT = "snapshot.not_kept", "without the snapshot that was wanted"
    NO_APPLICATION = "application.not_checked", "without a check of an application"
    NOT_WITNESSED = "witness.unavailable", "not compared with the array's own logs"
    CLOCK_STEPPED = "clock.stepped", "with a clock that was set"
    CLOCK_SKEWED = "clock.skewed", "with clocks that differ"
    EXCLUSION_EXPIRED = "exclusion.expired", "left out by an exclusion that has expired"
    NOT_SIGNED = "record.not_signed", "without the signature that was wanted"
    NOT_CHAINED = "record.not_chained", "with an earlier record that is not in the chain"
    WARNING = "finding.warning", "with a warning"


# What follows from a cause on the same session, or, where the cause is about the drill as a whole, on any.
_NOT_DONE: t.Final = frozenset(
    {
        Cause.NOTHING_STARTED, Cause.NOT_TESTED, Cause.NOT_SHOWN, Cause.CHECK_NOT_EXECUTED, Cause.STEP_NOT_EXECUTED,
        Cause.NOT_OBSERVED, Cause.RPO_NOT_MEASURED, Cause.RTO_NOT_MEASURED, Cause.SNAPSHOT_NOT_KEPT,
        Cause.NO_APPLICATION,
    }
)  # fmt: skip
CONSEQUENCES: t.Final[t.Mapping[Cause, frozenset[Cause]]] = {
    Cause.INTERRUPTED: _NOT_DONE,
    Cause.CUT_OFF: _NOT_DONE,
    Cause.OVERRUN: _NOT_DONE,
    Cause.START_FAILED: _NOT_DONE,
    Cause.NOTHING_STARTED: _NOT_DONE - {Cause.NOTHING_STARTED},
    Cause.NOT_TESTED: _NOT_DONE - {Cause.NOTHING_STARTED, Cause.NOT_TESTED},
    Cause.NOT_SHOWN: frozenset({Cause.NOT_OBSERVED, Cause.NOT_MAPPED}),
    Cause.TEST_HELD: frozenset({Cause.STEP_NOT_EXECUTED, Cause.SNAPSHOT_NOT_KEPT, Cause.CHANGED, Cause.NOT_COMPARED}),
    Cause.STOP_NOT_CONFIRMED: frozenset({Cause.SNAPSHOT_NOT_KEPT, Cause.CHANGED, Cause.NOT_COMPARED}),
    Cause.LEFT_ALONE: frozenset(
        {
            Cause.NOT_SHOWN,
            Cause.NOT_OBSERVED,
            Cause.STEP_NOT_EXECUTED,
            Cause.SNAPSHOT_NOT_KEPT,
            Cause.CHANGED,
            Cause.NOT_COMPARED,
        }
    ),
    Cause.CHECK_FAILED: frozenset({Cause.RTO_MISSED, Cause.RTO_NOT_MEASURED}),
    Cause.STEP_FAILED: frozenset({Cause.RTO_MISSED, Cause.RTO_NOT_MEASURED}),
    Cause.CHECK_NOT_EXECUTED: frozenset({Cause.RTO_NOT_MEASURED}),
    Cause.STEP_NOT_EXECUTED: frozenset({Cause.RTO_NOT_MEASURED}),
    Cause.NO_APPLICATION: frozenset({Cause.RTO_NOT_MEASURED}),
    Cause.RTO_MISSED: frozenset({Cause.RTO_REGRESSED}),
    Cause.CLOCK_STEPPED: frozenset({Cause.RTO_NOT_MEASURED, Cause.RPO_NOT_MEASURED}),
}


class Kind(StrEnum):
    """What a record is a record of."""

    word: str  # in a sentence
    heading: str  # of its report

    def __new__(cls, value: str, word: str = "", heading: str = "") -> t.Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.word, member.heading = word, heading
        return member

    DRILL = "drill", "drill", "Record of a disaster-recovery drill"
    READINESS = "readiness", "readiness report", "Readiness for a disaster-recovery drill"
    ABORT = "abort", "abort", "Abort of all failover tests"
    SWEEP = "sweep", "sweep", "Failover tests that were running"
    RUN = "run", "run", "Drills of several arrays"
    WITNESS = "witness", "witness", "The record of a drill, compared with the logs of the array"


class Changed(StrEnum):
    """How a session did compared with the drill before, what needs attention first."""

    word: str  # may follow a number of sessions

    def __new__(cls, value: str, word: str = "") -> t.Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.word = word
        return member

    NEWLY_FAILING = "newly_failing", "newly failing"
    STILL_FAILING = "still_failing", "still failing"
    FIXED = "fixed", "fixed"
    NEW = "new", "new"
    STILL_PASSING = "still_passing", "still passing"


class Phase(StrEnum):
    """A phase of a drill, in the order of the drill."""

    word: str  # what is done in it
    always: bool  # whether it belongs to every drill, and is named also where it did not happen

    def __new__(cls, value: str, word: str = "", always: bool = False) -> t.Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.word, member.always = word, always
        return member

    PREFLIGHT = "preflight", "Read the sessions and look for what refuses a drill", True
    SYNCHRONISE = "synchronise", "Synchronise from the production array", False
    START = "start", "Start the failover tests", True
    ATTACH = "attach", "Attach at the DR site", False
    VALIDATE = "validate", "Validate what the DR site sees", True
    RELEASE = "release", "Release at the DR site", False
    STOP = "stop", "Stop the failover tests", True
    PROVE = "prove", "Read the sessions back and compare", True
    WITNESS = "witness", "Compare with the array's own logs", False
    REPORT = "report", "Write the record and the reports", False

    @property
    def place(self) -> int:
        """Its place in the drill, from 0."""
        return list(type(self)).index(self)


# The options that name one replication session; the last only where a module asks the source array.
SELECTORS = ("session_id", "volume", "volume_group")
RESOURCE_ID = "resource_id"
NAS_SERVER = "nas_server"  # where a module knows the DR test of a NAS server, too


def kind_in_words(resource_type: str) -> str:
    """How sentences call a kind of resource: ``volume_group`` reads ``volume group``."""
    return resource_type.replace("_", " ").replace("nas server", "NAS server")
