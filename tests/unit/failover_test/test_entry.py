# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what became of one start or stop, and of its rollback and its snapshot, to its entry in the result."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._array.session import Selector
from ansible_collections.drdrill.powerstore.plugins.module_utils._errors import ProtocolError
from ansible_collections.drdrill.powerstore.plugins.module_utils._failover_test.end_of_test import EndOfTest
from ansible_collections.drdrill.powerstore.plugins.module_utils._failover_test.entry import Entry, Step, entry_of
from ansible_collections.drdrill.powerstore.plugins.module_utils._operation.goal import START, STOP, Goal, Outcome
from tests.unit.makers.samples import NOW, a_session, a_snapshot

BROKEN, REFUSED = ProtocolError("Broken."), ProtocolError("Refused.")


def became(action: str, **what: t.Any) -> Outcome:
    """A request that was sent."""
    return Outcome(Goal(a_session(), action, {}), NOW, request_sent=True, **what)


def entry(outcome: Outcome, rollback: Outcome | None = None, end: EndOfTest | None = None) -> Entry:
    step = Step(Selector("session_id", "s-1"), outcome.goal.session, goal=outcome.goal)
    return entry_of(step, outcome, rollback, end)


@pytest.mark.parametrize(
    ("outcome", "rollback", "action", "error"),
    [
        (became(START, done=True), None, "started", None),
        (became(STOP, done=True), None, "stopped", None),
        (became(START, error=BROKEN), None, "failed", BROKEN),
        (became(STOP, error=BROKEN), None, "failed", BROKEN),
        (became(STOP), None, "none", None),
        (became(START), None, "none", None),
        # What the array shows counts for more than what was answered.
        (became(START, done=True, error=BROKEN), None, "started", BROKEN),
        (became(START, done=True), became(STOP, done=True), "rolled_back", None),
        (became(START, error=BROKEN), became(STOP, done=True), "rolled_back", BROKEN),
        (became(START, done=True), became(STOP, error=REFUSED), "failed", REFUSED),
        (became(START, error=BROKEN), became(STOP, error=REFUSED), "failed", BROKEN),
    ],
)
def test_action_and_error(outcome: Outcome, rollback: Outcome | None, action: str, error: ProtocolError | None) -> None:
    found = entry(outcome, rollback)

    assert (found.action, found.error) == (action, error)


def test_what_the_array_shows_last_is_what_is_told() -> None:
    shown = a_session(failover_test_in_progress=True)
    at_rest = a_session(failover_test_in_progress=False)

    assert entry(became(START, done=True, after=shown)).after is shown
    assert entry(became(START, done=True, after=shown), became(STOP, done=True, after=at_rest)).after is at_rest
    assert entry(became(START, done=True, after=shown), became(STOP, error=REFUSED)).after is None


@pytest.mark.parametrize(
    ("outcome", "found"),
    [
        (became(START, done=True), []),
        (became(START, done=True, answer_lost=True), ["answer.lost"]),
        (became(STOP, done=True, answer_lost=True), ["answer.lost"]),
        (became(START, error=BROKEN, unaccounted=True), ["start.unaccounted"]),
        (became(START), ["test.already_running"]),
        (became(START, error=BROKEN), []),
        (became(STOP), []),
    ],
)
def test_what_was_learned_on_the_way(outcome: Outcome, found: list[str]) -> None:
    assert [finding.rule.id for finding in entry(outcome).findings] == found


def test_a_snapshot_without_its_expiration_is_told_after_the_rest() -> None:
    end = EndOfTest(a_snapshot(), REFUSED)
    found = entry(became(STOP, done=True, answer_lost=True), end=end)

    assert [finding.rule.id for finding in found.findings] == ["answer.lost", "snapshot.expiration_not_set"]
    assert (found.action, found.error, found.end_of_test) == ("stopped", REFUSED, end)
