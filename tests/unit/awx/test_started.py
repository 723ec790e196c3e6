# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the stop after a workflow's drill may stop: by its word, by its journal, or by the time of its end."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._awx.started import stop_options
from ansible_collections.drdrill.powerstore.plugins.module_utils._awx.workflow import Part
from ansible_collections.drdrill.powerstore.plugins.module_utils._drill.journal import Journal
from ansible_collections.drdrill.powerstore.plugins.module_utils._json import Json

BEGAN = datetime(2026, 11, 23, 20, 10, tzinfo=UTC)


def a_journal(workflow: str | None, minute: int, *, array: str = "dr", waves: t.Sequence[int] = (1,)) -> Journal:
    """Of a drill of session a in wave 1 and b in wave 2, whose waves were started as said."""
    intent: Json = {
        "event": "intent",
        "at": f"2026-11-23T20:{minute:02}:00.000Z",
        "array": array,
        "who": {"awx": {"workflow_job_id": workflow} if workflow else None},
        "sessions": [{"session_id": "s-a", "wave": 1}, {"session_id": "s-b", "wave": 2}],
        "adopted": ["s-z"],
    }
    starting = tuple({"event": "starting", "at": intent["at"], "wave": wave} for wave in waves)
    return Journal("drill-1.journal.jsonl", (intent, *starting))


def ids(options: Json) -> list[str]:
    return [start["session_id"] for start in options["own_starts"]]


def test_a_drill_that_ended_says_what_it_had_started() -> None:
    said = {"dr": {"started": ["s-a", "s-b"], "ended_at": "2026-11-23T20:05:00.000Z"}}
    options = stop_options("dr", "7", said, [a_journal("7", 1)], None, BEGAN)
    assert (ids(options), options["only_own_starts"]) == (["s-a", "s-b"], True)
    assert options["started_before"] == "2026-11-23T20:05:00.000Z"


@pytest.mark.parametrize("said", [{"other": {"started": ["s-a"]}}, {"dr": {"started": []}}, {"dr": {}}])
def test_a_drill_that_started_nothing_here_leaves_nothing_to_stop(said: dict[str, Json]) -> None:
    options = stop_options("dr", "7", said, [], None, BEGAN)
    assert (ids(options), options["only_own_starts"]) == ([], True)


def test_a_drill_that_does_not_say_when_it_ended_was_over_when_awx_says_so() -> None:
    """Without it a later drill of the same session would be stopped."""
    drill = Part("89", "failed", "2026-11-23T20:01:00Z", "2026-11-23T20:03:00.500000Z")
    options = stop_options("dr", "7", {"dr": {"started": ["s-a"]}}, [], drill, BEGAN)
    assert (ids(options), options["started_before"]) == (["s-a"], "2026-11-23T20:03:00.500Z")


def test_a_drill_that_was_killed_left_its_journal() -> None:
    journals = [a_journal("6", 0, waves=(1, 2)), a_journal("7", 1), a_journal("7", 2, array="other", waves=(1, 2))]
    options = stop_options("dr", "7", {}, journals, None, BEGAN)
    assert (ids(options), options["only_own_starts"]) == (["s-a", "s-z"], True)
    assert options["started_before"] == "2026-11-23T20:10:00.000Z"


def test_a_drill_that_lost_one_of_its_arrays_left_its_journal() -> None:
    """It is no proof that nothing was started there that the other arrays came to their end."""
    said = {"other": {"started": ["s-y"], "ended_at": "2026-11-23T20:05:00.000Z"}}
    options = stop_options("dr", "7", said, [a_journal("6", 0), a_journal("7", 1)], None, BEGAN)
    assert (ids(options), options["only_own_starts"]) == (["s-a", "s-z"], True)
    assert options["started_before"] == "2026-11-23T20:10:00.000Z"
    assert "cut off on dr" in options["because"]


def test_the_next_drills_journal_says_when_the_killed_one_was_over() -> None:
    options = stop_options("dr", "7", {}, [a_journal("7", 1), a_journal(None, 4), a_journal("8", 6)], None, BEGAN)
    assert options["started_before"] == "2026-11-23T20:04:00.000Z"


@pytest.mark.parametrize("journals", [[], [a_journal("7", 1)]])
def test_awx_says_best_when_the_drill_was_over(journals: list[Journal]) -> None:
    drill = Part("89", "canceled", "2026-11-23T20:01:00Z", "2026-11-23T20:03:00.500000Z")
    options = stop_options("dr", "7", {}, journals, drill, BEGAN)
    assert options["started_before"] == "2026-11-23T20:03:00.500Z"
    assert options["only_own_starts"] is bool(journals)


def test_without_journal_and_awx_the_begin_of_the_stop_counts() -> None:
    options = stop_options("dr", "7", {}, [a_journal("6", 1)], Part("89", "running", None, None), BEGAN)
    assert (ids(options), options["only_own_starts"]) == ([], False)
    assert options["started_before"] == "2026-11-23T20:10:00.000Z"


def test_a_drill_that_was_killed_before_its_first_start_leaves_nothing_to_stop() -> None:
    assert ids(stop_options("dr", "7", {}, [a_journal("7", 1, waves=())], None, BEGAN)) == []
