# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs: work that takes time on the array. No thread per job: what is due is settled before each read."""

from __future__ import annotations

import heapq
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from .errors import ApiError
from .tables import Row

TERMINAL = frozenset({"Completed", "Failed", "Unrecoverable_Failed", "Skipped"})
Outcome = tuple[int, "dict[str, object] | None"]  # HTTP status and body of the synchronous answer
Effect = Callable[[], Outcome]


@dataclass(frozen=True)
class JobPlan:
    """How a job departs from the normal, for fault injection; the default is a good job."""

    never_ends: bool = False
    fail_phase: str | None = None  # Failed | Unrecoverable_Failed
    fail_kind: str = "internal"  # key of the error table
    fail_body: dict[str, object] | None = None  # an error_response instead of fail_kind
    execute: bool = True  # whether the work is done although the job ends badly or never
    flag_late: float = 0.0  # seconds between the job's end and failover_test_in_progress following


GOOD_JOB = JobPlan()


@dataclass
class Job:
    """A job as the array keeps it [S job_instance]; due is time.monotonic()."""

    id: str
    resource_action: str
    resource_type: str
    resource_id: str | None
    resource_name: str | None
    user: str
    start_time: datetime
    started: float
    due: float
    plan: JobPlan = GOOD_JOB
    phase: str = "In_Progress"
    end_time: datetime | None = None
    status: int | None = None
    body: dict[str, object] | None = None
    parent_id: str | None = None
    executed: bool = False
    shows_body: bool = True  # false: the job does not show its response_body
    finishers: list[Callable[[Job], None]] = field(default_factory=list)

    @property
    def ended(self) -> bool:
        return self.phase in TERMINAL

    @property
    def root_id(self) -> str:
        return self.id

    def progress(self) -> int:
        """Percent, from the time that has passed."""
        if self.ended:
            return 100
        length = self.due - self.started
        done = (time.monotonic() - self.started) / length if length > 0 else 0.0
        return max(0, min(99, int(done * 100)))

    def response_body(self) -> Row | None:
        """[S] an error_response on failure, else an object with its discriminator, or null."""
        if not self.shows_body or self.body is None or "messages" in self.body:
            return self.body if self.shows_body else None
        return {"response_type": f"job_{self.resource_type}_{self.resource_action}_response", **self.body}


class Agenda:
    """What happens later in real time, executed in order of its deadline by whoever reads next."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._counter = count()

    def at(self, due: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._heap, (due, next(self._counter), action))

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        self.at(time.monotonic() + seconds, action)

    def settle(self) -> None:
        """Run everything that is due; what becomes due by running it, too."""
        while self._heap and self._heap[0][0] <= time.monotonic():
            heapq.heappop(self._heap)[2]()


def new_job_id() -> str:
    return str(uuid.uuid4())


def run(job: Job, effect: Effect, now: Callable[[], datetime]) -> None:
    """The end of a job: do the work, unless the plan says otherwise, and record how it ended."""
    plan = job.plan
    if plan.never_ends and not plan.execute:
        return
    status, body, phase = 0, None, "Completed"
    if plan.execute or plan.fail_phase is None:
        try:
            status, body = effect()
            job.executed = True
        except ApiError as error:
            status, body, phase = error.status, dict(error.body), "Failed"
    if plan.never_ends:
        return
    if plan.fail_phase is not None:
        failure = ApiError(plan.fail_kind, job.resource_id or "")
        phase, status, body = plan.fail_phase, failure.status, plan.fail_body or dict(failure.body)
    # Settled late or not, the job has ended when it was due; a frozen clock has not moved.
    ended = min(now(), job.start_time + timedelta(seconds=job.due - job.started))
    job.phase, job.status, job.body, job.end_time = phase, status, body, ended
    for finisher in job.finishers:
        finisher(job)
