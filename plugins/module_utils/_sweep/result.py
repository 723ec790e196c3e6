# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a sweep over an array found and did, as a module's result. Pure: no I/O, no clock."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from .._array.related import RecoveryPoint
from .._array.session import UNKNOWN, Cluster, Target
from .._errors import InvalidInputError, OperationTimeoutError, PowerStoreError, ProtocolError
from .._findings.failover import (
    FailoverReadiness,
    not_judged,
    readiness_of,
)
from .._json import Json
from .._time import format_time, parse_time
from .._words import Verdict
from .look import DR_TESTS, FLAGS, Unread
from .next_steps import next_steps
from .policy import STOP, Decision, Found, Policy
from .stop import Entry
from .text import summary, takeover, wrapped

if t.TYPE_CHECKING:
    from .nas import NasTest

_OF_ENTRY = ("action", "changed", "before", "after", "request_sent", "job_id", "started_at", "finished_at",
             "duration_seconds", "findings", "failure")  # fmt: skip


@dataclass
class Test:
    """One failover test that was found, and what became of it."""

    __test__ = False  # for pytest

    found: Found
    decision: Decision
    runs: bool | None = True  # as last seen; None: not known, the array could not be read
    ended: bool = False  # a look before the last one showed that it does not run any more
    became: str | None = None  # "gone" or "failed_over": what happened to the session, not by this task
    attempts: int = 0
    forced: bool = False
    timed_by_array: bool = True  # whether the times of the last attempt are by the array's clock
    entry: Entry | None = None  # of the last attempt

    @property
    def label(self) -> str:
        """How the diff calls it."""
        return self.found.session.label

    @property
    def is_stopped(self) -> bool:
        """Whether this task surely stopped it: the array confirmed a job of it, or that nothing else ended the test."""
        return self.entry is not None and self.entry.action == "stopped" and self.became is None

    def note_end(self, became: str | None) -> None:
        """It is not shown any more. ``became``: what happened to the session, unless a job of this task ended it."""
        self.runs = False
        job = self.entry.outcome.job_id if self.entry and self.entry.outcome else None
        self.became = None if self.is_stopped and job else became

    @property
    def is_left(self) -> bool:
        """Whether it is not shown to have ended, although it should not be running any more."""
        return self.decision.overdue and self.runs is not False

    @property
    def error(self) -> PowerStoreError | None:
        """Why a stop that was wanted is not shown to be done."""
        if self.decision.decision != STOP or self.runs is False:
            return None
        if self.entry and self.entry.error:
            return self.entry.error
        what = "is still shown as running" if self.runs else "could not be looked at any more"
        return OperationTimeoutError(f"The failover test on the {self.found.session.label} {what}.")

    def as_result(self, clock_skew_seconds: float | None) -> Json:
        """One entry of ``tests`` in the module's result."""
        session, running, age = self.found.session, self.found.running, self.found.age
        stop = self._stop(clock_skew_seconds)
        times = {f"stop_{name}": stop.pop(name) for name in ("job_id", "started_at", "finished_at", "duration_seconds")}
        return {
            "session_id": session.id,
            "resource_type": session.resource_type,
            "resource_name": session.resource_name,
            "resource_id": session.local_resource_id,
            "clone": None,
            "started_at": format_time(running.started_at),
            "started_by": running.started_by,
            "age_seconds": None if age is None else round(age.total_seconds(), 3),
            "source": running.source,
            "start_under_way": not session.in_test,
            "decision": self.decision.decision,
            "reason": self.decision.reason,
            "overdue": self.decision.overdue,
            "running": self.runs,
            "became": self.became,
            "forced": self.forced,
            **stop,
            **times,
            "request_sent": bool(stop["request_sent"]),
            "before": stop["before"] or session.as_condition(),
            "findings": stop["findings"] or [],
            "failure": self.error.as_failure() if self.error else None,
        }

    def _stop(self, clock_skew_seconds: float | None) -> Json:
        """What the last stop came to. A stop that failed on a test that is over all the same did nothing."""
        operation = self.entry.as_result() if self.entry else {}
        stop: Json = {name: operation.get(name) for name in _OF_ENTRY}
        over = self.runs is False and stop["action"] == "failed"
        stop["action"] = "none" if over or self.became else stop["action"] or "none"
        stop["changed"] = bool(stop["changed"]) and not self.became
        if not self.timed_by_array:
            for name in ("started_at", "finished_at"):
                stop[name] = _by_the_array(stop[name], clock_skew_seconds)
        return stop


def _by_the_array(moment: str | None, clock_skew_seconds: float | None) -> str | None:
    """A time of the controller on the array's clock; None where that was never read."""
    known = parse_time(moment)
    if known is None or clock_skew_seconds is None:
        return None
    return format_time(known + timedelta(seconds=clock_skew_seconds))


@dataclass(frozen=True)
class Swept:
    """Everything that is known of one array after a sweep."""

    host: str | None = None
    account: str | None = None
    cluster: Cluster | None = None
    began_at: datetime | None = None  # by the array's clock
    tests: t.Sequence[Test | NasTest] = ()
    dr_tests_read: bool = False  # whether it is known which DR-test clones of NAS servers are on the array
    targets: t.Sequence[Target] = ()
    servers: t.Mapping[str, str] = field(default_factory=dict)  # operational status of NAS servers by id
    unread: t.Sequence[Unread] = ()
    ready_at: tuple[datetime | None, float] | None = None
    complete: bool = False  # whether the last look at the array saw every flag
    check_mode: bool = False
    policy: Policy = field(default_factory=Policy)

    def as_result(self) -> Json:
        """The module's result; with ``failed`` where a flag was not read or a stop is not shown to be done."""
        skew = self.cluster.clock_skew_seconds if self.cluster else None
        tests = [test.as_result(skew) for test in self.tests]
        ready = readiness_of(self.targets, self.servers)
        result: Json = {
            "changed": any(test["changed"] for test in tests),
            "host": self.host,
            "account": self.account,
            "cluster": self._cluster(),
            "tests": tests,
            "overdue_left": [_brief(entry) for entry, test in zip(tests, self.tests, strict=True) if test.is_left],
            "next_steps": next_steps(self.tests, self.policy, self.account),
            "unread": [each.as_result() for each in self.unread],
            "dr_tests_read": self.dr_tests_read,
            "jobs_readable": all(target.jobs_readable for target in self.targets),
            "sessions": [self._as_readiness(each) for each in ready],
            "not_judged": [each.as_result() for each in not_judged(self.targets)],
            "failover_ready": self._readiness(ready),
            "diff": self._diff(),
            **self._failure(),
        }
        result["verdict"] = self._verdict(result)
        texts = [each.text for each in self.unread]
        name = self._name
        return {
            **result,
            "summary": [] if name is None else summary(result, name, texts, check_mode=self.check_mode),
            "takeover": takeover(result, name or "this array", texts, check_mode=self.check_mode),
        }

    @property
    def _name(self) -> str | None:
        return self.cluster.name if self.cluster else self.host

    def _cluster(self) -> Json | None:
        if self.cluster is None:
            return None
        return {
            **{name: None if text == UNKNOWN else text for name, text in self.cluster.as_result().items()},
            "system_time": format_time(self.cluster.system_time),
            "clock_skew_seconds": self.cluster.clock_skew_seconds,
        }

    def _verdict(self, result: Json) -> str:
        """What a person wants to know first: is anything left running that should not be?"""
        if result["overdue_left"] or any(test.error for test in self.tests):
            return Verdict.FAILED.value
        blind = any(each.what == DR_TESTS for each in self.unread)
        return Verdict.PASSED.value if self.complete and not blind else Verdict.INCOMPLETE.value

    def _failure(self) -> Json:
        blind = [each for each in self.unread if each.what == FLAGS]
        errors = [test.error for test in self.tests if test.error]
        if blind:
            ids = ", ".join(each.session_id for each in blind[:5] if each.session_id)
            error: PowerStoreError = ProtocolError(
                f"NOT KNOWN whether failover tests are running on {self._name}: the flag of {len(blind)} sessions "
                f"({ids}) could not be read. {blind[0].error.message}"
            )
        elif errors:
            error = errors[0]
        else:
            return {}
        lead = "" if blind or len(errors) == 1 else f"{len(errors)} failover tests could not be stopped. The first: "
        return {"failed": True, "msg": lead + error.message, "failure": error.as_failure()}

    def _as_readiness(self, each: FailoverReadiness) -> Json:
        session = each.session
        # Ages are those at the end of the sweep, when a person reads them.
        shown = self.ready_at[0] if self.ready_at else None
        cluster = replace(self.cluster, system_time=shown or self.cluster.system_time) if self.cluster else None
        point = RecoveryPoint.of(session, None, cluster).as_result() if cluster else {}
        return {
            "session_id": session.id,
            "resource_type": session.resource_type,
            "resource_name": session.resource_name,
            "resource_id": session.local_resource_id,
            "remote_system": session.remote_system.get("name"),
            "type": session.type,
            **session.as_condition(),
            **{name: point.get(name) for name in ("recovery_point_timestamp", "recovery_point_age_seconds")},
            "failover_ready": each.ready if self.complete else None,
            "reason": each.reason,
            "to_do": each.to_do,
        }

    def _readiness(self, ready: t.Sequence[FailoverReadiness]) -> Json:
        at, elapsed = self.ready_at or (None, None)
        seconds = (at - self.began_at).total_seconds() if at and self.began_at else None
        return {
            "all": all(each.ready for each in ready) if self.complete else None,
            "began_at": format_time(self.began_at),
            "ready_at": format_time(at),
            # Negative: the array's clock was stepped meanwhile, so nothing was measured by it.
            "array_seconds": None if seconds is None or seconds < 0 else round(seconds, 3),
            "controller_seconds": None if elapsed is None else round(elapsed, 3),
        }

    def _diff(self) -> Json:
        name = self._name or "the array"
        return {
            "before_header": f"failover tests on {name}, before",
            "after_header": f"failover tests on {name}, after",
            "before": {test.label: {"running": True} for test in self.tests},
            "after": {test.label: {"running": test.runs} for test in self.tests},
        }


def _brief(entry: Json) -> Json:
    names = ("session_id", "resource_type", "resource_name", "started_by", "age_seconds", "reason")
    return {name: entry[name] for name in names}


def ended_early(known: Json, error: PowerStoreError) -> Json:
    """The result of a sweep that an error ended: what is known, and that the rest is not."""
    refused = isinstance(error, InvalidInputError)
    lead = "NOTHING WAS STOPPED" if refused else "NOT KNOWN whether failover tests are running"
    return {
        **known,
        "failed": True,
        "msg": error.message,
        "failure": error.as_failure(),
        "summary": [*known["summary"], *wrapped(f"{lead}: {error.message}", 4)],
        "takeover": [*known["takeover"], *wrapped(error.message)],
    }
