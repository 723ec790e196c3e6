# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many operations of one task at once: one clock, one wait for all of them, at most so many under way."""

from __future__ import annotations

import threading
import typing as t

from .._array.client import Client
from .._array.lookup import session_select
from .._array.session import Cluster
from .clock import ArrayClock
from .goal import Goal, Outcome
from .limits import Limits
from .operation import Means, Operation
from .throttle import Throttle
from .waiting import Waiting
from .workers import side_by_side

JOB_SELECT = ("select", "id,phase,user,response_body")
Item = t.TypeVar("Item")
Result = t.TypeVar("Result")
OnProgress = t.Callable[[int, int, int, int], None]  # done, failed, under way, total


class Batch:
    """Carries out goals side by side. Use it as a context manager."""

    def __init__(
        self,
        client: Client,
        cluster: Cluster,
        limits: Limits,
        operation: type[Operation] = Operation,
        on_progress: OnProgress | None = None,
    ) -> None:
        """``operation``: the kind of operation that reaches these goals.

        ``on_progress``: called whenever one begins or ends.
        """
        self.clock = ArrayClock(cluster)
        self._client = client
        self._operation = operation
        selects = {"job": (JOB_SELECT,), "replication_session": (session_select(cluster.release),)}
        self._waiting = Waiting(client, selects, limits.poll_interval)
        self._throttle = Throttle(limits.max_parallel)
        self._means = Means(client, self._waiting, self.clock, self._throttle, limits.wait_timeout)
        # Twice as many threads as may be under way: while some read back what the array shows, others keep it at work.
        self._threads = 2 * limits.max_parallel
        self._most = limits.max_parallel
        self._on_progress = on_progress
        self._counting = threading.Lock()
        self.ended: list[Outcome] = []  # of all goals so far, in the order in which they ended

    def __enter__(self) -> Batch:
        self._waiting.__enter__()
        self._client.on_busy = self._throttle.slow_down
        return self

    def __exit__(self, *_exc: object) -> None:
        self._waiting.__exit__()

    def carry_out(self, goals: t.Iterable[Goal]) -> dict[str, Outcome]:
        """What became of each goal, by session id. A failure on one session does not stop the others."""
        wanted = list(goals)
        begun = done = failed = 0

        def tell() -> None:
            if self._on_progress:
                self._on_progress(done, failed, min(begun - done - failed, self._most), len(wanted))

        def one(goal: Goal) -> Outcome:
            nonlocal begun, done, failed
            with self._counting:
                begun += 1
                tell()
            outcome = self._operation(self._means, goal).run()
            with self._counting:
                self.ended.append(outcome)
                failed += outcome.error is not None
                done += outcome.error is None
                tell()
            return outcome

        return {outcome.goal.session.id: outcome for outcome in self.each(one, wanted)}

    def each(self, work: t.Callable[[Item], Result], items: t.Iterable[Item]) -> list[Result]:
        """The results of ``work``, side by side, in the order of the items."""
        return side_by_side(work, items, self._threads)
