# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The records of an abort and of a sweep as types: which tests were found, and what became of each. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated as Said

from .._words import Kind, Verdict
from .envelope_types import Record, Texts
from .session_types import Condition, Operation, Session
from .typed import Says


@dataclass(frozen=True, kw_only=True)
class AbortSession(Session):
    """One session of an abort."""

    test_found: Said[bool, "Whether a failover test ran, or was about to."]
    started_by: Said[str | None, "Account that started it; null where not known."]
    test_started_at: Said[datetime | None, "When it was started."]
    forced: Said[bool, "Whether the stop was forced because the remote system is not reachable."]
    stop: Operation | None
    after: Condition | None
    failover_ready: Said[bool, "Whether the array shows nothing that refuses a failover now."]
    failover_ready_at: Said[datetime | None, "When the array showed that, by its clock."]

    @property
    def known_ready(self) -> bool | None:
        """Whether it can be failed over; None where the last look does not say."""
        return None if not self.failover_ready and self.verdict is Verdict.INCOMPLETE else self.failover_ready


@dataclass(frozen=True, kw_only=True)
class NotJudged:
    """A replication of which it is not said whether it can be failed over."""

    session_id: Said[str | None, Says("Its id.", since="1.1")]
    resource_type: Said[str | None, Says("Kind of resource.", since="1.1")]
    resource_name: Said[str | None, Says("Its name on this array.", since="1.1")]
    state: Said[str | None, Says("Its state.", since="1.1")]
    why: Said[str, Says("Why it was not judged.", since="1.1")]


@dataclass(frozen=True, kw_only=True)
class AbortRecord(Record):
    """An abort: every running failover test was stopped so that the site can take over."""

    kind: Said[t.Literal[Kind.ABORT], "Kind of record."] = Kind.ABORT
    seconds_to_failover_ready: Said[
        float | None,
        "From the beginning to the last session being ready, by the controller's clock; null where one is not.",
    ]
    sessions: Said[tuple[AbortSession, ...], "Every session of which this array is the destination."]
    not_judged: Said[
        tuple[NotJudged, ...], Says("What else is replicated to this array, and was not judged.", since="1.1")
    ] = ()

    @property
    def all_ready(self) -> bool:
        """Whether every session is shown to be ready; how long that took need not have been measured."""
        shown = bool(self.sessions) and all(session.failover_ready for session in self.sessions)
        return shown or self.seconds_to_failover_ready is not None


@dataclass(frozen=True, kw_only=True)
class SweepSession(Session):
    """One session of a sweep over an array."""

    test_found: Said[bool, Says("Whether a failover test ran, or was about to.", since="1.1")]
    started_by: Said[str | None, Says("Account that started it; null where not known.", since="1.1")]
    test_started_at: Said[datetime | None, Says("When it was started.", since="1.1")]
    age_seconds: Said[float | None, Says("How long it had been running; null where not known.", since="1.1")]
    overdue: Said[bool, Says("Whether it should not have been running any more, by the sweep's policy.", since="1.1")]
    decision: Said[str | None, Says("What the policy said of it; null where no test was found.", since="1.1")]
    decision_reason: Said[str | None, Says("Why.", since="1.1")]
    still_running: Said[bool | None, Says("Whether it ran at the last look; null where not known.", since="1.1")]
    forced: Said[bool, Says("Whether the stop was forced.", since="1.1")]
    stop: Said[Operation | None, Says("", since="1.1")]


@dataclass(frozen=True, kw_only=True)
class SweepRecord(Record):
    """A sweep: every running failover test of an array, and what became of it by a policy."""

    kind: Said[t.Literal[Kind.SWEEP], Says("Kind of record.", since="1.1")] = Kind.SWEEP
    tests_found: Said[int, Says("How many failover tests were found.", since="1.1")]
    overdue_left: Said[
        Texts, Says("Ids of sessions with an overdue test that is not shown to have ended.", since="1.1")
    ]
    sessions: Said[tuple[SweepSession, ...], Says("Every session that was looked at.", since="1.1")]
