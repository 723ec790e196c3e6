# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finding every failover test that runs on an array, and stopping those that the policy names.

The array is looked at again and again for ``settle_time``: a module that was in flight when its playbook was killed
runs on, and its starts land on the array after a first look. A test that appears begins that time anew.
"""

from __future__ import annotations

import contextlib
import textwrap
import time
import typing as t
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from .._array.client import Client
from .._array.jobs import with_pending_starts
from .._array.lookup import (
    name_resources,
    read_cluster,
    read_sessions,
)
from .._array.read_related import read_running
from .._array.related import RunningTest
from .._array.session import (
    Cluster,
    ReplicationSession,
    Selector,
    Target,
)
from .._errors import (
    PowerStoreError,
    UnreachableError,
)
from .._failover_test.act import apply
from .._failover_test.plan import Desired, plan, predict
from .._findings.failover import readiness_of
from .._json import Json
from .._operation.clock import ArrayClock
from .._operation.limits import Limits
from .policy import (
    STOP,
    Found,
    Policy,
    decide,
)
from .result import Swept, Test

_ATTEMPTS = 3  # stops of one test: the array runs one operation at a time, and the link may be lost just now
_LONGEST_PAUSE = 10.0  # seconds before a stop that failed is tried again
_ROUNDS = 100  # of stops, however many tests go on appearing


@dataclass
class Sweep:
    """One sweep over one array; what it knows so far is its result, also where an error ends it."""

    client: Client
    policy: Policy
    check_mode: bool
    began: float  # on the controller's monotonic clock
    cluster: Cluster | None = None
    tests: list[Test] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)  # all sessions of the array as last seen
    ready_at: tuple[datetime, float] | None = None  # array's clock, and seconds since the begin
    complete: bool = False  # whether the last look was

    def run(self) -> None:
        """Look, stop, and look until nothing has appeared for ``settle_time``."""
        self.cluster = read_cluster(self.client)
        if not self.cluster.release >= (2, 0):  # which has neither failover tests nor a clock to be asked
            self.targets = [_target(session) for session in read_sessions(self.client, self.cluster.release)]
            self.complete = True
            return
        clock = ArrayClock(self.cluster)
        # For looking; the time of the stops comes on top.
        settled_at = self._elapsed() + self.policy.settle_time
        give_up_at = settled_at + self.policy.wait_timeout
        rounds = 0
        while True:
            looked_at, known = self._elapsed(), len(self.tests)
            now = replace(self.cluster, system_time=clock.now(), read_at=time.monotonic())
            due = self._look(now)
            if len(self.tests) > known:
                settled_at = looked_at + self.policy.settle_time
            if due and rounds < _ROUNDS and self._elapsed() < give_up_at:
                began, rounds = self._elapsed(), rounds + 1
                self._stop(now, due)
                if not self.check_mode:
                    give_up_at += self._elapsed() - began
                    continue  # the array shows what came of it
            if self.check_mode or self._elapsed() >= min(settled_at, give_up_at):
                break
            # An array that takes its time to list everything is not kept busy with it.
            time.sleep(max(self.policy.poll_interval, 2 * (self._elapsed() - looked_at)))
        self._name_at_last()
        self._ask_who_at_last()

    def result(self) -> Json:
        """What is known, in the shape of the module's result."""
        return Swept(self.cluster, self.tests, self.targets, self.ready_at, self.complete, self.check_mode).as_result()

    def _elapsed(self) -> float:
        return time.monotonic() - self.began

    # Looking

    def _look(self, now: Cluster) -> list[Test]:
        """Read everything, and return the tests that are to be stopped and have not been given up."""
        for test in self.tests:
            test.ended = test.runs is False
            test.runs = False if test.ended else None
        self.complete = False  # what was seen before counts no more
        sessions = read_sessions(self.client, now.release)
        targets = [_target(session) for session in sessions]
        self.targets = [each for each in with_pending_starts(self.client, now, targets) if isinstance(each, Target)]
        running = [target for target in self.targets if target.session.in_test or target.pending_start]
        found = self._identify(running, now)
        for test in self.tests:
            test.runs = False
        for each in found:
            self._keep(each, now)
        self._note_readiness()
        self.complete = True
        return [test for test in self.tests if test.runs and self._is_due(test)]

    def _identify(self, running: list[Target], now: Cluster) -> list[Found]:
        """Whose each test is. Asked at every look, so that a test of somebody else is never taken for one before it."""
        if not running:
            return []
        named = name_resources(self.client, [target.session for target in running])
        running = [
            replace(target, session=session)
            for target, session in zip(running, named, strict=True)
            if isinstance(session, ReplicationSession)
        ]
        who = self._who([target.session for target in running]) if self.policy.asks_who else {}
        return [_found(target, who, now) for target in running]

    def _who(self, sessions: t.Sequence[ReplicationSession]) -> t.Mapping[str, RunningTest]:
        try:
            return read_running(self.client, [session for session in sessions if session.in_test])
        except UnreachableError:
            raise
        except PowerStoreError:  # not readable for this account: nobody's, openly
            return {}

    def _keep(self, found: Found, now: Cluster) -> None:
        decision = decide(found, self.policy, now, self.client.is_own)
        test = next((test for test in self.tests if not test.ended and test.found.is_same_as(found)), None)
        if test is None:
            test = Test(found, decision)
            self.tests.append(test)
        test.found, test.decision, test.runs = found, decision, True

    def _is_due(self, test: Test) -> bool:
        # A start that the array logged as done and does not show is waited for once; then only its test counts.
        awaited_in_vain = test.attempts and test.entry and test.entry.error is None and not test.found.session.in_test
        return test.decision.decision == STOP and test.attempts < _ATTEMPTS and not awaited_in_vain

    def _note_readiness(self) -> None:
        """When everything was first seen ready, and has been since, by the array's clock as read afterwards."""
        if any(not each.ready for each in readiness_of(self.targets)):
            self.ready_at = None
        elif self.ready_at is None:
            elapsed = self._elapsed()
            shown = read_cluster(self.client).system_time
            self.ready_at = (shown, elapsed) if shown else None

    def _name_at_last(self) -> None:
        """Names of resources where sessions do not come with them (before 4.0); a failure costs no more than names."""
        with contextlib.suppress(PowerStoreError):
            named = name_resources(self.client, [each.session for each in readiness_of(self.targets)])
            sessions = {each.id: each for each in named if isinstance(each, ReplicationSession)}
            self.targets = [replace(each, session=sessions.get(each.session.id, each.session)) for each in self.targets]

    def _ask_who_at_last(self) -> None:
        """Where nothing depended on it, who started the tests is asked once they are stopped; it is worth no delay."""
        if self.policy.asks_who or not self.tests or self.cluster is None:
            return
        with contextlib.suppress(PowerStoreError):
            who = self._who([test.found.session for test in self.tests])
            for test in self.tests:
                found = _found(test.found.target, who, self.cluster)
                test.found = replace(test.found, running=found.running, age=found.age)

    # Stopping

    def _stop(self, now: Cluster, due: t.Sequence[Test]) -> None:
        desired = Desired(
            running=False,
            force=self.policy.force == "always",
            force_when_unreachable=self.policy.force == "when_unreachable",
            limits=Limits(self.policy.max_parallel, self.policy.wait_timeout, self.policy.poll_interval),
        )
        planned = plan(now, [test.found.target for test in due], desired)
        results = predict(planned) if self.check_mode else apply(planned, self.client)
        for test, entry in zip(due, results.entries, strict=True):
            test.attempts += 1
            test.entry, test.forced = entry, desired.forces(test.found.session)
            test.runs = entry.action == "failed" if self.check_mode else None
        tries = max(test.attempts for test in due)
        if not self.check_mode and any(entry.error for entry in results.entries):
            time.sleep(min(self.policy.poll_interval * 2**tries, _LONGEST_PAUSE))


def _target(session: ReplicationSession) -> Target:
    return Target(Selector("session_id", session.id), session)


def _found(target: Target, who: t.Mapping[str, RunningTest], now: Cluster) -> Found:
    pending = target.pending_start
    if pending and not target.session.in_test:
        running = RunningTest(pending.started_at, pending.started_by, "job")
        return Found(target, running, timedelta() if pending.started_at is None else _age(running, now))
    running = who.get(target.session.id, RunningTest())
    return Found(target, running, _age(running, now))


def _age(running: RunningTest, now: Cluster) -> timedelta | None:
    if running.started_at is None or now.system_time is None:
        return None
    return max(now.system_time - running.started_at, timedelta())


def run_sweep(client: Client, policy: Policy, *, check_mode: bool, began: float) -> Json:
    """The module's result. An error that ends the sweep early comes with what was known until then.

    ``began``: when the task did, before its login, on the controller's monotonic clock.
    """
    sweep = Sweep(client, policy, check_mode, began)
    try:
        sweep.run()
    except PowerStoreError as error:
        return _ended(sweep.result(), error)
    return sweep.result()


def unread(error: PowerStoreError) -> Json:
    """The result where the array could not even be logged in to."""
    return _ended(Swept(None, (), (), None, complete=False, check_mode=False).as_result(), error)


def _ended(known: Json, error: PowerStoreError) -> Json:
    said = f"NOT KNOWN whether failover tests are running: {error.message}"
    return {
        **known,
        "failed": True,
        "msg": error.message,
        "failure": error.as_failure(),
        "summary": [*known["summary"], *textwrap.wrap(said, 120, subsequent_indent="    ")],
        "takeover": [*known["takeover"], *textwrap.wrap(error.message, 120)],
    }
