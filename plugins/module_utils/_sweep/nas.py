# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The DR tests of NAS servers in a sweep: every clone that the array marks as one, by the same policy.

They come after the failover tests, which keep sessions from being failed over; a clone keeps none (API description of
``clone``). A clone that the array is still at, as of a task that was killed, is waited for.
"""

from __future__ import annotations

import time
import typing as t
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from .._array import fields
from .._array.client import Client
from .._array.jobs import FINAL_PHASES
from .._array.related import RunningTest
from .._array.rows import read_by
from .._array.session import UNKNOWN, ReplicationSession, Selector, Target
from .._errors import OperationTimeoutError, PowerStoreError
from .._json import Json
from .._nas_dr_test.act import apply
from .._nas_dr_test.entry import Entry, predicted
from .._nas_dr_test.plan import Array, Desired, Found, Plan, plan
from .._nas_dr_test.wish import ALL, CLONE, Wish
from .._nas_tests.clone import FIRST_RELEASE, Clone
from .._nas_tests.mark import label_of
from .._nas_tests.reading import read_clone_jobs, read_clones
from .._operation.limits import Limits
from .._time import format_time
from .._words import NAS_SERVER
from . import policy as policies
from .look import DR_TESTS, SERVERS, Reader
from .policy import STOP, Decision, Policy

_ATTEMPTS, _ROUNDS = 3, 20
_PAUSE = 10.0  # seconds between two attempts to delete a clone: a start that was cut off may still be at it
_LOOK_BACK = timedelta(days=1)  # how old a clone may be that the array is still at
_AHEAD = timedelta(seconds=10)
_UNJOINED_FROM_NOTHING: t.Final[Json] = {"is_skip_domain_unjoin": True}


@dataclass
class NasTest:
    """One DR-test clone that was found, and what became of it."""

    clone: Clone
    session: ReplicationSession | None  # of the NAS server that it is a clone of
    found: policies.Found
    decision: Decision
    runs: bool | None = True  # as last seen; None: not known
    attempts: int = 0
    entry: Entry | None = None  # of the last attempt

    @property
    def label(self) -> str:
        """How the diff calls it."""
        return self.clone.label

    @property
    def is_left(self) -> bool:
        """Whether it is not shown to be gone, although it should not be there any more."""
        return self.decision.overdue and self.runs is not False

    @property
    def error(self) -> PowerStoreError | None:
        """Why a stop that was wanted is not shown to be done."""
        if self.decision.decision != STOP or self.runs is False:
            return None
        if self.entry and self.entry.error:
            return self.entry.error
        what = "is still on the array" if self.runs else "could not be looked at any more"
        return OperationTimeoutError(f"The {self.clone.label} {what}.")

    def as_result(self, _clock_skew_seconds: float | None = None) -> Json:
        """One entry of ``tests`` in the module's result."""
        clone, session, age = self.clone, self.session, self.found.age
        did = self.entry.as_result(None) if self.entry else {}
        state = session.as_condition() if session else {}
        over = self.runs is False
        timing = {f"stop_{name}": did.get(name) for name in ("job_id", "started_at", "finished_at", "duration_seconds")}
        return {
            "session_id": session.id if session else clone.id,
            "resource_type": NAS_SERVER,
            "resource_name": clone.source_name or (session.resource_name if session else None) or clone.server.name,
            "resource_id": clone.source_id,
            "clone": {"id": clone.id, "name": clone.server.name},
            "started_at": format_time(clone.started_at),
            "started_by": clone.started_by,
            "age_seconds": None if age is None else round(age.total_seconds(), 3),
            "source": "job" if clone.started_by else "unavailable",
            "start_under_way": False,
            "decision": self.decision.decision,
            "reason": self.decision.reason,
            "overdue": self.decision.overdue,
            "running": self.runs,
            "became": None,
            "forced": False,
            "action": "none" if over and did.get("action") == "failed" else did.get("action", "none"),
            "changed": bool(did.get("changed")),
            "request_sent": bool(did.get("request_sent")),
            "before": {**state, "failover_test_in_progress": True},
            "after": {**state, "failover_test_in_progress": False} if over else None,
            "findings": did.get("findings") or [],
            "failure": self.error.as_failure() if self.error else None,
            **timing,
        }


@dataclass
class NasSweep:
    """The DR tests of one array; ``tests`` is what is known of them so far."""

    client: Client
    policy: Policy
    reader: Reader
    check_mode: bool
    tests: list[NasTest] = field(default_factory=list)

    def run(self, targets: Sequence[Target]) -> None:
        """Look, delete what is due, and look again. What cannot be read is in the reader's ``unread``."""
        if not self.reader.now().release >= FIRST_RELEASE:
            return
        sessions = {each.session.local_resource_id: each.session for each in targets}
        may_come = any(each.session.resource_type == NAS_SERVER for each in targets)  # else nobody starts one
        give_up_at = time.monotonic() + self.policy.wait_timeout
        for _round in range(_ROUNDS):
            clones = self._look(sessions)
            due = [test for test in self.tests if self._is_due(test)]
            if clones is None or self.check_mode or not self.policy.stop:
                if due and clones is not None:
                    self._predict(due, clones)
                return
            if due:
                self._remove(due, clones)
            elif not may_come or not self._wait_for_starts(give_up_at):
                return

    def servers(self, targets: Sequence[Target]) -> dict[str, str]:
        """The operational status of the NAS servers that are replicated to here, as far as it can be read."""
        ids = [
            each.session.local_resource_id
            for each in targets
            if each.session.resource_type == NAS_SERVER and each.session.role == "Destination"
        ]
        query = [("select", "id,operational_status")]
        doing = "Reading NAS servers"
        rows = self.reader.attempt(SERVERS, lambda: read_by(self.client, NAS_SERVER, "id", ids, query, doing=doing))
        known = {str(row["id"]): row.get("operational_status") for row in rows or ()}
        return {server_id: status for server_id, status in known.items() if isinstance(status, str)}

    def _look(self, sessions: t.Mapping[str, ReplicationSession]) -> list[Clone] | None:
        for test in self.tests:
            test.runs = None if test.runs else test.runs
        notes: list[fields.Unread] = []
        clones = self.reader.attempt(DR_TESTS, lambda: read_clones(self.client, self.reader.now(), unread=notes))
        if clones is None:
            return None
        self.reader.note(DR_TESTS, [note.error for note in notes])
        known = {test.clone.id: test for test in self.tests}
        for clone in clones:
            self._keep(clone, self._session_of(clone, sessions), known.get(clone.id))
        for clone_id in known.keys() - {clone.id for clone in clones}:
            known[clone_id].runs = False
        return clones

    def _session_of(self, clone: Clone, sessions: t.Mapping[str, ReplicationSession]) -> ReplicationSession | None:
        """Of the NAS server that it is a clone of; where the array does not show that, as this account's name says."""
        mark = clone.mark
        if clone.source_id is not None or mark is None:
            return sessions.get(clone.source_id or "")
        label = label_of(self.client.account)
        return next((session for server_id, session in sessions.items() if mark.is_of(label, server_id)), None)

    def _keep(self, clone: Clone, session: ReplicationSession | None, test: NasTest | None) -> None:
        if test is not None:
            test.runs = True
            return
        now = self.reader.now()
        age = clone.age(self.reader.carried_clock())
        age = None if age is None or age < -_AHEAD else max(age, timedelta())
        named = (session or _stand_in(clone)).named(clone.source_name or clone.server.name)
        running = RunningTest(clone.started_at, clone.started_by, "job" if clone.started_by else "unavailable")
        found = policies.Found(target=Target(Selector("session_id", named.id), named), running=running, age=age)
        decision = policies.decide_clone(found, self.policy, now, self.client.is_own)
        self.tests.append(NasTest(clone, session, found, decision))

    @staticmethod
    def _is_due(test: NasTest) -> bool:
        return test.runs is True and test.decision.decision == STOP and test.attempts < _ATTEMPTS

    def _predict(self, due: Sequence[NasTest], clones: Sequence[Clone]) -> None:
        planned = self._plan(due, clones)
        for test, step in zip(due, planned.steps, strict=True):
            test.entry = predicted(step, planned)
            test.runs = test.entry.action == "failed"

    def _remove(self, due: Sequence[NasTest], clones: Sequence[Clone]) -> None:
        entries = apply(self._plan(due, clones), self.client).entries
        for test, entry in zip(due, entries, strict=True):
            test.attempts, test.entry = test.attempts + 1, entry
        if any(entry.error for entry in entries):
            time.sleep(min(self.policy.poll_interval * 2 ** max(test.attempts for test in due), _PAUSE))

    def _plan(self, due: Sequence[NasTest], clones: Sequence[Clone]) -> Plan:
        desired = Desired(
            running=False,
            label=label_of(self.client.account),
            clones=ALL,
            delete_body=_UNJOINED_FROM_NOTHING,
            limits=Limits(self.policy.max_parallel, self.policy.wait_timeout, self.policy.poll_interval),
        )
        wishes = [Wish(selector=Selector(CLONE, test.clone.id), clone_id=test.clone.id) for test in due]
        return plan(
            Array(cluster=self.reader.now(), clones=tuple(clones)), [Found(wish=wish) for wish in wishes], desired
        )

    def _wait_for_starts(self, give_up_at: float) -> bool:
        """Whether a clone was under way that is to be looked for again."""
        now, own = self.reader.now().system_time, self.policy.started_by == "own"
        jobs = self.reader.attempt(DR_TESTS, lambda: read_clone_jobs(self.client, open_only=True)) or []
        awaited = [
            job
            for job in jobs
            if job.phase not in FINAL_PHASES
            and (job.start_time is None or now is None or now - job.start_time <= _LOOK_BACK)
            and not (own and self.client.is_own(job.user) is False)
        ]
        if not awaited or time.monotonic() >= give_up_at:
            return False
        time.sleep(min(max(self.policy.poll_interval, 1.0), _PAUSE))
        return True


def _stand_in(clone: Clone) -> ReplicationSession:
    """What takes the place of the session for a clone whose source is not known."""
    return ReplicationSession(
        id=clone.id,
        role="Destination",
        state=UNKNOWN,
        resource_type=NAS_SERVER,
        type=None,
        failover_test_in_progress=None,
        last_sync_timestamp=None,
        last_sync_duration=None,
        local_resource_id=clone.source_id or "",
        remote_resource_id=None,
        remote_system_id=None,
        replication_rule_id=None,
        remote_system={},
        local_element_ids=(),
        error_code=None,
        data_connection_state=None,
    )
