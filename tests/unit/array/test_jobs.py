# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The array's log of starts and stops: which start may still show up after a session looks quiet."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from datetime import timedelta

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._array.jobs import Job, read_jobs, with_pending_starts
from ansible_collections.drdrill.powerstore.plugins.module_utils._array.session import (
    PendingStart,
    Selector,
    Target,
    Unresolved,
)
from ansible_collections.drdrill.powerstore.plugins.module_utils._errors import (
    AuthorizationError,
    NotFoundError,
    PowerStoreError,
    ProtocolError,
    ServerFaultError,
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


@pytest.mark.parametrize("error", [UnreachableError("slow"), ServerFaultError("500"), ProtocolError("not JSON")])
def test_a_log_that_cannot_be_read_keeps_no_stop_from_being_sent(error: PowerStoreError) -> None:
    [entry] = with_pending_starts(FakeClient(job_log=[error]).as_client(), a_cluster(), [a_target()])

    assert isinstance(entry, Target) and not entry.jobs_readable


def test_without_a_time_of_the_array_the_log_is_read_all_the_same() -> None:
    client = FakeClient(job_log=[t.cast(t.Any, [row(1, "start", "In_Progress")])])
    [entry] = with_pending_starts(client.as_client(), replace(a_cluster(), system_time=None), [a_target()])

    assert isinstance(entry, Target) and entry.pending_start == PendingStart("j-1", False)


ODD_JOBS: dict[str, t.Any] = {
    "phase null": {"phase": None},
    "phase a number": {"phase": 7},
    "user an object": {"user": {"name": "drill"}},
    "start time a word": {"start_time": "soon"},
    "start in the year 1": {"start_time": "0001-01-01T00:00:00Z"},
    "end after the calendar": {"end_time": "9999-12-31T23:59:59-10:00"},
    "of nobody": {"resource_id": None},
    "of a list": {"resource_id": ["s-1"]},
}


@pytest.mark.parametrize("odd", ODD_JOBS.values(), ids=ODD_JOBS)
def test_one_odd_job_hides_no_other(odd: dict[str, t.Any]) -> None:
    rows = [row(1, "start", "In_Progress"), {**row(2, "stop", "Completed", 60, 50), **odd}]
    jobs = read_jobs(FakeClient(job_log=[t.cast(t.Any, rows)]).as_client(), ["s-1"], ["start_failover_test"])

    assert {job.id for job in jobs} == {"j-1", "j-2"}
    assert next(job for job in jobs if job.id == "j-1").session_id == "s-1"


def test_a_phase_that_is_not_understood_counts_as_not_ended() -> None:
    assert not Job.from_row({**row(1, "start", "Completed"), "phase": {}}).has_ended
