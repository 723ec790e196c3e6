# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many operations of one task at once: one clock, one wait for all of them, at most so many under way."""

from __future__ import annotations

import typing as t
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from .._array.client import Client
from .._array.lookup import session_select
from .._array.session import Cluster
from .clock import ArrayClock
from .goal import Goal, Outcome
from .limits import Limits
from .operation import Means, Operation
from .throttle import Throttle
from .waiting import Waiting

JOB_SELECT = ("select", "id,phase,user,response_body")
Item = t.TypeVar("Item")
Result = t.TypeVar("Result")


class Batch:
    """Carries out goals side by side. Use it as a context manager."""

    def __init__(
        self, client: Client, cluster: Cluster, limits: Limits, operation: type[Operation] = Operation
    ) -> None:
        """``operation``: the kind of operation that reaches these goals."""
        clock = ArrayClock(cluster)
        self._client = client
        self._operation = operation
        selects = {"job": (JOB_SELECT,), "replication_session": (session_select(cluster.release),)}
        self._waiting = Waiting(client, selects, limits.poll_interval)
        self._throttle = Throttle(limits.max_parallel)
        self._means = Means(client, self._waiting, clock, self._throttle, limits.wait_timeout)
        # Twice as many threads as may be under way: while some read back what the array shows, others keep it at work.
        self._pool = ThreadPoolExecutor(2 * limits.max_parallel, thread_name_prefix="operation")
        self._open = ExitStack()

    def __enter__(self) -> Batch:
        self._open.enter_context(self._waiting)
        self._open.enter_context(self._pool)
        self._client.on_busy = self._throttle.slow_down
        return self

    def __exit__(self, *_exc: object) -> None:
        self._open.close()

    def carry_out(self, goals: t.Iterable[Goal]) -> dict[str, Outcome]:
        """What became of each goal, by session id. A failure on one session does not stop the others."""
        return {outcome.goal.session.id: outcome for outcome in self.each(self._one, goals)}

    def each(self, work: t.Callable[[Item], Result], items: t.Iterable[Item]) -> list[Result]:
        """The results of ``work``, side by side, in the order of the items."""
        return list(self._pool.map(work, items))

    def _one(self, goal: Goal) -> Outcome:
        return self._operation(self._means, goal).run()
