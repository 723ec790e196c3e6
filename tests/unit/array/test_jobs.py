# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The array's log of starts and stops: which start may still show up after a session looks quiet."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from datetime import timedelta

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._array.jobs import Job, with_pending_starts
from ansible_collections.drdrill.powerstore.plugins.module_utils._array.session import (
    PendingStart,
    Selector,
    Target,
    Unresolved,
)
from ansible_collections.drdrill.powerstore.plugins.module_utils._errors import (
    AuthorizationError,
    NotFoundError,
    UnreachableError,
)
from tests.unit.makers.fake_client import FakeClient
from tests.unit.makers.samples import NOW, Row, a_cluster, a_session, a_target


def row(number: int, action: str, phase: str, began: int | None = 30, ended: int | None = None) -> Row:
    """A row of the array's log; the times are in seconds before now."""
    times = [None if ago is None else (NOW - timedelta(seconds=ago)).isoformat() for ago in (began, ended)]
    return {
        "id": f"j-{number}",
        "resource_id": "s-1",
        "resource_action": f"{action}_failover_test",
        "phase": phase,
        "user": "drill",
        "start_time": times[0],
        "end_time": times[1],
    }


@pytest.mark.parametrize(
    ("rows", "pending"),
    [
        ([], None),
        ([row(1, "start", "In_Progress")], PendingStart("j-1", False)),
        ([row(1, "start", "In_Progress", 7200)], PendingStart("j-1", False)),
        ([row(1, "start", "Queued", None)], PendingStart("j-1", False)),
        ([row(1, "start", "Completed", 30, 10)], PendingStart("j-1", True)),
        ([row(1, "start", "Skipped", 30, 10)], PendingStart("j-1", True)),
        ([row(1, "start", "Completed", 90, 59)], PendingStart("j-1", True)),
        # A minute after its end, a session shows what a job has done.
        ([row(1, "start", "Completed", 90, 60)], None),
        ([row(1, "start", "Failed", 30, 10)], None),
        ([row(1, "start", "Unrecoverable_Failed", 30, 10)], None),
        ([row(1, "start", "Completed", 50, 45), row(2, "stop", "Completed", 30, 10)], None),
        ([row(2, "stop", "Completed", 30, 10), row(1, "start", "Completed", 50, 45)], None),
        ([row(1, "start", "Completed", 50, 45), row(2, "stop", "Failed", 30, 10)], PendingStart("j-1", True)),
        ([row(1, "stop", "Completed", 50, 45), row(2, "start", "Completed", 30, 10)], PendingStart("j-2", True)),
        ([row(1, "stop", "Completed", 50, 45), row(2, "start", "Queued", None)], PendingStart("j-2", False)),
        ([row(1, "stop", "Completed", 50, 45), row(2, "start", "Failed", 30, 10)], None),
    ],
)
def test_the_start_that_may_still_show_up(rows: list[Row], pending: PendingStart | None) -> None:
    client = FakeClient(job_log=[t.cast(t.Any, rows)])
    [entry] = with_pending_starts(client.as_client(), a_cluster(), [a_target()])

    assert isinstance(entry, Target)
    assert (entry.pending_start, entry.jobs_readable) == (pending, True)


def test_what_runs_or_is_unknown_needs_no_look_into_the_log() -> None:
    client = FakeClient(job_log=[AssertionError("asked")])
    running = a_target(a_session(failover_test_in_progress=True))
    unknown = Unresolved(Selector("volume", "v-1"), NotFoundError("No volume."))

    assert with_pending_starts(client.as_client(), a_cluster(), [running, unknown]) == [running, unknown]


def test_a_log_that_may_not_be_read_is_told() -> None:
    client = FakeClient(job_log=[AuthorizationError("no")])

    assert with_pending_starts(client.as_client(), a_cluster(), [a_target()]) == [
        replace(a_target(), jobs_readable=False)
    ]


def test_an_array_that_is_gone_is_an_error() -> None:
    with pytest.raises(UnreachableError):
        with_pending_starts(FakeClient(job_log=[UnreachableError("gone")]).as_client(), a_cluster(), [a_target()])


@pytest.mark.parametrize(
    ("phase", "began", "since"),
    [
        ("Completed", NOW, True),
        ("Completed", NOW + timedelta(milliseconds=301), True),
        ("Completed", NOW + timedelta(milliseconds=299), False),
        ("Completed", NOW - timedelta(seconds=1), False),
        ("Failed", NOW - timedelta(seconds=1), False),
        ("In_Progress", NOW - timedelta(hours=1), True),
        ("Queued", None, True),
        ("Completed", None, True),
    ],
)
def test_a_start_time_may_have_been_cut_to_whole_seconds(phase: str, began: t.Any, since: bool) -> None:
    job = Job("j-1", "s-1", "start_failover_test", phase, None, began, None)

    assert job.began_since(NOW + timedelta(milliseconds=300)) is since
