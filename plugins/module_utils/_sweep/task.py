# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finding every failover test that runs on an array, and stopping those that the policy names.

Where everything is to be stopped, the first stops are sent after a login and one list of the sessions in test; all that
only makes the answer better is read afterwards. Then the array is looked at again and again for ``settle_time``: a
module that was in flight when its playbook was killed runs on, and its starts reach the array after a first look. A
test that appears begins that time anew.
"""

from __future__ import annotations

import contextlib
import time
import typing as t
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from .._array.client import Client
from .._array.related import RunningTest
from .._array.session import Cluster, ReplicationSession, Target
from .._errors import PowerStoreError
from .._findings.failover import is_failed_over, readiness_of
from .._json import Json
from .._operation.batch import OnProgress
from .look import DR_TESTS, FLAGS, Reader
from .policy import (
    STOP,
    Found,
    Policy,
    decide,
)
from .result import Swept, Test, ended_early
from .stop import desired_stop, stop

if t.TYPE_CHECKING:
    from .nas import NasSweep

_ATTEMPTS = 3  # stops of one test: the array runs one operation at a time, and the link may be lost just now
_LONGEST_PAUSE = 10.0  # seconds before a stop that failed is tried again
_ROUNDS = 100  # of stops, however many tests go on appearing
_AHEAD = timedelta(seconds=10)  # a start that lies further in the future than this was logged by another clock


@dataclass
class Sweep:
    """One sweep over one array; what it knows so far is its result, also where an error ends it."""

    client: Client
    policy: Policy
    check_mode: bool
    began: float  # on the controller's monotonic clock
    on_progress: OnProgress | None = None
    tests: list[Test] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)  # all sessions of the array as last seen
    ready_at: tuple[datetime | None, float] | None = None  # array's clock, and seconds since the task began
    complete: bool = False  # whether the last look saw the flag of every session
    rounds: int = 0  # of stops

    dr_tests_read: bool = False
    nas: NasSweep | None = None  # while it is not their turn
    servers: t.Mapping[str, str] = field(default_factory=dict)  # operational status of NAS servers by id

    def __post_init__(self) -> None:
        self.reader = Reader(self.client)

    def run(self) -> None:
        """The failover tests, which keep sessions from being failed over, and then the DR tests of NAS servers."""
        self._run()
        if self.policy.dr_tests:
            from .nas import NasSweep  # here, as nothing is imported before the first stop that it does not need

            self.nas = NasSweep(self.client, self.policy, self.reader, self.check_mode)
            self.nas.run(self.targets)
            self.servers = self.nas.servers(self.targets)
            self.dr_tests_read = not self.reader.is_unread(DR_TESTS)

    def _run(self) -> None:
        """Stop, look, and look until nothing has appeared for ``settle_time``."""
        if self.policy.is_urgent and not self.check_mode:
            self._stop_at_once()
        self.reader.read_array()
        if not self.reader.has_tests:  # nor a clock to be asked
            self.targets = self.reader.sessions()
            self.complete = not self.reader.is_unread(FLAGS)
            return
        # For looking; the time of the stops comes on top.
        settled_at = self._elapsed() + self.policy.settle_time
        give_up_at = settled_at + self.policy.wait_timeout
        while True:
            looked_at, known = self._elapsed(), len(self.tests)
            due = self._look()
            if len(self.tests) > known:
                settled_at = looked_at + self.policy.settle_time
            # The first round is sent, however long the look took.
            if due and (not self.rounds or (self.rounds < _ROUNDS and self._elapsed() < give_up_at)):
                began = self._elapsed()
                self._stop(due)
                if not self.check_mode:
                    give_up_at += self._elapsed() - began
                    continue  # the array shows what came of it
            if self.check_mode or self._elapsed() >= min(settled_at, give_up_at):
                break
            # An array that takes its time to list everything is not kept busy with it.
            time.sleep(max(self.policy.poll_interval, 2 * (self._elapsed() - looked_at)))
        self._ask_at_last()

    def result(self) -> Json:
        """What is known, in the shape of the module's result."""
        return Swept(
            host=self.client.host,
            account=self.client.account,
            cluster=self.reader.cluster,
            began_at=self._began_at(),
            tests=[*self.tests, *(self.nas.tests if self.nas else ())],
            dr_tests_read=self.dr_tests_read,
            servers=self.servers,
            targets=self.targets,
            unread=self.reader.unread,
            ready_at=self.ready_at,
            complete=self.complete,
            check_mode=self.check_mode,
            policy=self.policy,
        ).as_result()

    def _elapsed(self) -> float:
        return time.monotonic() - self.began

    def _began_at(self) -> datetime | None:
        """When the task began, by the array's clock."""
        shown = self.reader.carried_clock()
        return None if shown is None else shown - timedelta(seconds=self._elapsed())

    # Looking

    def _stop_at_once(self) -> None:
        """The first round, after one request. What keeps it from being sent, the look that follows says."""
        with contextlib.suppress(PowerStoreError):
            for target in self.reader.running_now():
                self._keep(Found(target, RunningTest(), None), self.reader.now())
        if due := [test for test in self.tests if self._is_due(test)]:
            self._stop(due)

    def _look(self) -> list[Test]:
        """Read everything, and return the tests that are to be stopped and have not been given up.

        Raises PowerStoreError where no flag could be read, and InvalidInputError where allow or deny names nothing.
        """
        for test in self.tests:
            test.ended = test.runs is False
            test.runs = False if test.ended else None
        self.complete = False  # what was seen before counts no more
        self.targets = self.reader.with_starts(self.reader.sessions())
        self.complete = not self.reader.is_unread(FLAGS)
        self._check_lists()
        now = self.reader.now()
        found = self._identify([each for each in self.targets if each.session.in_test or each.pending_start], now)
        self._note_ends()
        for each in found:
            self._keep(each, now)
        self._note_readiness()
        return [test for test in self.tests if test.runs and self._is_due(test)]

    def _check_lists(self) -> None:
        """allow and deny have to be understood before the first stop."""
        if not self.rounds and (self.policy.allow or self.policy.deny):
            self.targets = self.reader.named(self.targets)
            if refusal := self.policy.refusal([each.session for each in self.targets], self.reader.now().name):
                raise refusal

    def _identify(self, running: t.Sequence[Target], now: Cluster) -> list[Found]:
        """Whose each test is. Asked at every look, so that a test of somebody else is never taken for one before it."""
        if not running:
            return []
        named = self.reader.named(running)
        who = self.reader.who(named) if self.policy.asks_who else {}
        return [_found(target, who, now, clock_is_known=self._clock_is_known) for target in named]

    @property
    def _clock_is_known(self) -> bool:
        return self.reader.carried_clock() is not None

    def _note_ends(self) -> None:
        """Which tests are not shown any more, and why: the session may be gone, or failed over meanwhile."""
        seen = {each.session.id: each.session for each in self.targets}
        odd = {each.session_id for each in self.reader.unread if each.what == FLAGS}
        for test in self.tests:
            session = seen.get(test.found.session.id)
            if not test.ended and test.found.session.id not in odd:
                test.note_end(_became(session))

    def _keep(self, found: Found, now: Cluster) -> None:
        decision = decide(found, self.policy, now, self.client.is_own)
        test = next((test for test in self.tests if not test.ended and test.found.is_same_as(found)), None)
        if test is None:
            test = Test(found, decision)
            self.tests.append(test)
        test.found, test.decision, test.runs, test.became = found, decision, True, None

    def _is_due(self, test: Test) -> bool:
        # A start that the array logged as done and does not show is waited for once; then only its test counts.
        awaited_in_vain = test.attempts and test.entry and test.entry.error is None and not test.found.session.in_test
        return test.decision.decision == STOP and test.attempts < _ATTEMPTS and not awaited_in_vain

    def _note_readiness(self) -> None:
        """When everything was first seen ready, and has been since, by the array's clock as read afterwards."""
        if not self.complete or any(not each.ready for each in readiness_of(self.targets)):
            self.ready_at = None
        elif self.ready_at is None:
            elapsed = self._elapsed()
            self.ready_at = (self.reader.clock(), elapsed)

    def _ask_at_last(self) -> None:
        """Names, where sessions do not come with them, and who started the tests: worth no delay, so asked last."""
        count = len(self.targets)  # a session that is gone is none of them, but its resource has a name
        named = self.reader.named([*self.targets, *(test.found.target for test in self.tests)])
        self.targets = named[:count]
        for test, target in zip(self.tests, named[count:], strict=True):
            test.found = replace(test.found, target=target)
        if self.tests and not self.policy.asks_who:
            now = self.reader.now()
            who = self.reader.who([test.found.target for test in self.tests])
            for test in self.tests:
                known = _found(test.found.target, who, now, clock_is_known=self._clock_is_known)
                test.found = replace(test.found, running=known.running, age=known.age)

    # Stopping

    def _stop(self, due: t.Sequence[Test]) -> None:
        desired, now, timed = desired_stop(self.policy), self.reader.now(), self._clock_is_known
        self.rounds += 1
        targets = [test.found.target for test in due]
        entries = stop(self.client, now, targets, desired, self.on_progress, check_mode=self.check_mode)
        for test, entry in zip(due, entries, strict=True):
            test.attempts += 1
            test.entry, test.forced, test.timed_by_array = entry, desired.forces(test.found.session), timed
            test.runs = entry.action == "failed" if self.check_mode else None
        tries = max(test.attempts for test in due)
        if not self.check_mode and any(entry.error for entry in entries):
            time.sleep(min(self.policy.poll_interval * 2**tries, _LONGEST_PAUSE))


def _became(session: ReplicationSession | None) -> str | None:
    if session is None:
        return "gone"
    return "failed_over" if is_failed_over(session) else None


def _found(target: Target, who: t.Mapping[str, RunningTest], now: Cluster, *, clock_is_known: bool) -> Found:
    pending = target.pending_start
    if pending and not target.session.in_test:
        running = RunningTest(pending.started_at, pending.started_by, "job")
        return Found(target, running, timedelta() if pending.started_at is None else _age(running, now))
    running = who.get(target.session.id, RunningTest())
    return Found(target, running, _age(running, now) if clock_is_known else None)


def _age(running: RunningTest, now: Cluster) -> timedelta | None:
    """None where the start is not known, or lies in the future: then a clock was stepped, and the age is not known."""
    if running.started_at is None or now.system_time is None:
        return None
    age = now.system_time - running.started_at
    return None if age < -_AHEAD else max(age, timedelta())


def run_sweep(
    client: Client, policy: Policy, *, check_mode: bool, began: float, on_progress: OnProgress | None = None
) -> Json:
    """The module's result. An error that ends the sweep early comes with what was known until then.

    ``began``: when the task did, before its login, on the controller's monotonic clock. ``on_progress``: called in any
    thread, one call at a time, whenever a stop has ended.
    """
    sweep = Sweep(client, policy, check_mode, began, on_progress)
    try:
        sweep.run()
    except PowerStoreError as error:
        return ended_early(sweep.result(), error)
    return sweep.result()


def unread(error: PowerStoreError) -> Json:
    """The result where the array could not even be logged in to."""
    return ended_early(Swept().as_result(), error)
