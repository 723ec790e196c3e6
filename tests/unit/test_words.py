# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The words of verdicts, phases and kinds: the worst first, each with what every report needs of it."""

from __future__ import annotations

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._words import (
    CheckResult,
    CleanUp,
    Coverage,
    Kind,
    Outcome,
    Phase,
    Severity,
    StepResult,
    Verdict,
)


def test_the_worst_of_some() -> None:
    assert Verdict.worst([Verdict.PASSED, Verdict.INCOMPLETE, Verdict.PASSED_WITH_DEVIATIONS], Verdict.PASSED) is (
        Verdict.INCOMPLETE
    )
    assert Verdict.worst([], Verdict.PASSED) is Verdict.PASSED
    assert [verdict.value for verdict in sorted(Verdict, key=lambda verdict: verdict.weight)] == [
        "failed", "aborted", "incomplete", "passed_with_deviations", "passed",
    ]  # fmt: skip


@pytest.mark.parametrize("words", [Verdict, CleanUp, StepResult, CheckResult, Severity, Coverage])
def test_every_word_can_be_shown(
    words: type[Verdict | CleanUp | StepResult | CheckResult | Severity | Coverage],
) -> None:
    for member in words:
        assert member.word and member.sign and member.icon
        assert type(member.value) is str and words(member.value) is member


def test_only_what_passed_is_green() -> None:
    assert [verdict for verdict in Verdict if verdict.outcome is None] == ["passed_with_deviations", "passed"]
    assert [verdict for verdict in CleanUp if verdict.outcome is None] == ["passed_with_deviations", "passed"]
    assert CleanUp.HELD.outcome is Outcome.FAILURE and CleanUp.NOT_NEEDED.outcome is Outcome.SKIPPED


def test_words_that_a_verdict_and_a_clean_up_share_read_alike() -> None:
    for shared in {member.value for member in Verdict} & {member.value for member in CleanUp}:
        one, other = Verdict(shared), CleanUp(shared)
        assert (one.word, one.sign, one.icon, one.outcome) == (other.word, other.sign, other.icon, other.outcome)


def test_the_result_of_a_check() -> None:
    assert [StepResult.of(passed) for passed in (True, False, None)] == ["passed", "failed", "not_executed"]
    for kind in ("array", "command"):
        assert [CheckResult.of(passed, kind, "true") for passed in (True, False)] == ["passed", "failed"]
    assert CheckResult.of(None, "command", "not executed").word == "Not executed"
    assert CheckResult.of(None, "array", "not read: the array could not be read").word == "Not measured"
    assert CheckResult.of(None, "array", None).word == "Not measured"
    assert CheckResult.of(None, "array", "120 s old").word == "No objective"


def test_phases_stand_in_the_order_of_the_drill() -> None:
    assert [phase.place for phase in Phase] == list(range(len(Phase)))
    assert Phase.START.place < Phase.VALIDATE.place < Phase.STOP.place < Phase.PROVE.place
    assert all(phase.word for phase in Phase) and all(kind.word and kind.heading for kind in Kind)
