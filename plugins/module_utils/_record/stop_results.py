# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a sweep or an abort hands to its record, as types: which tests were found, stopped, and what can be failed over.

It is read as tolerantly as what a drill hands over (`results`).
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace
from datetime import datetime

from .._json import Json
from .results import Cluster, ConditionSeen, Look
from .typed import read_all
from .types import Failure, Finding, Texts


@dataclass(frozen=True, kw_only=True)
class FailoverReadySeen(ConditionSeen):
    """One entry of ``sessions`` of replication_failover_test_sweep."""

    session_id: str | None = None
    resource_type: str | None = None
    resource_name: str | None = None
    resource_id: str | None = None
    remote_system: str | None = None
    type: str | None = None
    recovery_point_age_seconds: float | None = None
    failover_ready: bool | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class TestSeen:
    """One entry of ``tests`` of replication_failover_test_sweep."""

    __test__: t.ClassVar[bool] = False  # for pytest

    session_id: str | None = None
    resource_type: str | None = None
    resource_name: str | None = None
    resource_id: str | None = None
    started_at: datetime | None = None
    started_by: str | None = None
    age_seconds: float | None = None
    decision: str | None = None
    reason: str | None = None
    overdue: bool = False
    running: bool | None = None
    forced: bool = False
    action: str = "failed"
    request_sent: bool = False
    before: ConditionSeen | None = None
    findings: tuple[Finding, ...] = ()
    failure: Failure | None = None
    stop_job_id: str | None = None
    stop_started_at: datetime | None = None
    stop_finished_at: datetime | None = None
    stop_duration_seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class FailoverReady:
    """``failover_ready`` of a sweep; ``all`` is None where it is not known."""

    all: bool | None = None
    began_at: datetime | None = None
    ready_at: datetime | None = None
    controller_seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class Swept:
    """The result of replication_failover_test_sweep."""

    cluster: Cluster | None = None
    msg: str | None = None
    jobs_readable: bool = False
    failover_ready: FailoverReady | None = None
    sessions: tuple[FailoverReadySeen, ...] = ()
    not_judged: tuple[FailoverReadySeen, ...] = ()
    tests: tuple[TestSeen, ...] = ()

    @property
    def all_ready(self) -> bool | None:
        """Whether every session can be failed over; None where that is not known."""
        return self.failover_ready.all if self.failover_ready else None

    def tests_of(self, session_id: str) -> list[TestSeen]:
        """The tests that were found on a session."""
        return [test for test in self.tests if test.session_id == session_id]

    def session(self, session_id: str) -> FailoverReadySeen | None:
        """What it says of a session."""
        return next((entry for entry in self.sessions if entry.session_id == session_id), None)


@dataclass(frozen=True, kw_only=True)
class Aborted:
    """What an abort hands in: the sweep that stopped, those that looked again, and the sessions as read afterwards."""

    stops: tuple[Swept, ...] = ()
    after: Look | None = None
    notes: Texts = ()

    @classmethod
    def from_params(cls, params: Json) -> Aborted:
        """From the options of the action drill_record."""
        notes: list[str] = []
        stops = [sweep for sweep in params.get("stops") or () if sweep]
        seen = read_all(cls, {"stops": stops, "after": params.get("after") or None}, notes)
        return replace(seen, notes=tuple(notes))
