# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a sweep over an array found and did, as a module's result and for a person. Pure: no I/O, no clock."""

from __future__ import annotations

import textwrap
import typing as t
from dataclasses import dataclass
from datetime import datetime

from .._array.session import Cluster, Target
from .._errors import OperationTimeoutError, PowerStoreError
from .._failover_test.entry import Entry
from .._findings.failover import (
    FailoverReadiness,
    readiness_of,
)
from .._json import Json
from .._time import format_time
from .policy import STOP, Decision, Found

_WIDTH = 120
_BLIND = "  The array's jobs cannot be read: a start that is still under way would not be seen."
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
    attempts: int = 0
    forced: bool = False
    entry: Entry | None = None  # of the last attempt

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

    def as_result(self) -> Json:
        """One entry of ``tests`` in the module's result."""
        session, running, age = self.found.session, self.found.running, self.found.age
        operation = self.entry.as_result() if self.entry else {}
        stop: Json = {name: operation.get(name) for name in _OF_ENTRY}
        times = {f"stop_{name}": stop.pop(name) for name in ("job_id", "started_at", "finished_at", "duration_seconds")}
        return {
            "session_id": session.id,
            "resource_type": session.resource_type,
            "resource_name": session.resource_name,
            "resource_id": session.local_resource_id,
            "started_at": format_time(running.started_at),
            "started_by": running.started_by,
            "age_seconds": None if age is None else round(age.total_seconds(), 3),
            "source": running.source,
            "start_under_way": not session.in_test,
            "decision": self.decision.decision,
            "reason": self.decision.reason,
            "overdue": self.decision.overdue,
            "running": self.runs,
            "forced": self.forced,
            **stop,
            **times,
            "action": stop["action"] or "none",
            "changed": bool(stop["changed"]),
            "request_sent": bool(stop["request_sent"]),
            "before": stop["before"] or session.as_condition(),
            "findings": stop["findings"] or [],
            "failure": self.error.as_failure() if self.error else stop["failure"],
        }


@dataclass(frozen=True)
class Swept:
    """Everything that is known of one array after a sweep."""

    cluster: Cluster | None
    tests: t.Sequence[Test]
    targets: t.Sequence[Target]
    ready_at: tuple[datetime, float] | None
    complete: bool  # whether the last look at the array was
    check_mode: bool

    def as_result(self) -> Json:
        """The module's result; with ``failed`` where a stop that was wanted is not shown to be done."""
        tests = [test.as_result() for test in self.tests]
        ready = readiness_of(self.targets)
        result: Json = {
            "changed": any(test["changed"] for test in tests),
            "cluster": self.cluster.as_result() if self.cluster else None,
            "tests": tests,
            "overdue_left": [_brief(entry) for entry, test in zip(tests, self.tests, strict=True) if test.is_left],
            "jobs_readable": all(target.jobs_readable for target in self.targets),
            "sessions": [_as_readiness(each, self.complete) for each in ready],
            "failover_ready": self._readiness(ready),
            "diff": self._diff(),
        }
        errors = [test.error for test in self.tests if test.error]
        if errors:
            lead = "" if len(errors) == 1 else f"{len(errors)} failover tests could not be stopped. The first: "
            result |= {"failed": True, "msg": lead + errors[0].message, "failure": errors[0].as_failure()}
        return {**result, "summary": self.summary(result), "takeover": self.takeover(result)}

    def _readiness(self, ready: t.Sequence[FailoverReadiness]) -> Json:
        began = self.cluster.system_time if self.cluster else None
        at, elapsed = self.ready_at or (None, None)
        return {
            "all": all(each.ready for each in ready) if self.complete else None,
            "began_at": format_time(began),
            "ready_at": format_time(at),
            "array_seconds": round((at - began).total_seconds(), 3) if at and began else None,
            "controller_seconds": None if elapsed is None else round(elapsed, 3),
        }

    def _diff(self) -> Json:
        name = self.cluster.name if self.cluster else "the array"
        return {
            "before_header": f"failover tests on {name}, before",
            "after_header": f"failover tests on {name}, after",
            "before": {test.found.session.label: {"running": True} for test in self.tests},
            "after": {test.found.session.label: {"running": test.runs} for test in self.tests},
        }

    def summary(self, result: Json) -> list[str]:
        """The sweep for a person at a terminal."""
        if self.cluster is None:
            return []
        count = len(self.tests)
        lines = [f"{self.cluster.name}: {count or 'no'} failover test{'' if count == 1 else 's'} found."]
        if self.tests:
            lines.append(f"  {'Resource':<24}{'Started by':<16}{'Age':>9}  {'Overdue':<8}{'Decision':<9}{'Now':<13}Why")
        lines += [line for entry in result["tests"] for line in _row(entry, self.check_mode)]
        if not result["jobs_readable"]:
            lines.append(_BLIND)
        return lines

    def takeover(self, result: Json) -> list[str]:
        """Whether the site can take over now, for a person in a disaster: the answer, then what stands against it."""
        name = self.cluster.name if self.cluster else "this array"
        sessions = result["sessions"]
        if not self.complete:
            return [f"NOT KNOWN whether {name} can take over."]
        if not sessions:
            return [f"{name} has nothing to take over: it is the destination of no volume and no volume group."]
        obstacles = [session for session in sessions if not session["failover_ready"]]
        if self.check_mode:
            return [f"Check mode: nothing was stopped. Now {len(obstacles)} of {len(sessions)} sessions are not ready."]
        blind = [] if result["jobs_readable"] else [_BLIND]
        if not obstacles:
            times = self._times(result["failover_ready"])
            return [f"{name} CAN TAKE OVER: all {len(sessions)} sessions can be failed over{times}.", *blind]
        lines = [f"{name} CANNOT TAKE OVER YET: {len(obstacles)} of {len(sessions)} sessions cannot be failed over."]
        failures = {test["session_id"]: test["failure"]["message"] for test in result["tests"] if test["failure"]}
        for each in obstacles:
            why = " ".join(filter(None, [each["reason"], failures.get(each["session_id"]), each["to_do"]]))
            lines += _wrapped(f"  {each['resource_name'] or each['session_id']}: {why}")
        return lines + blind

    @staticmethod
    def _times(ready: Json) -> str:
        if ready["array_seconds"] is None:  # PowerStoreOS 1 has no clock to be asked
            return ""
        return (
            f", {ready['controller_seconds']:.1f} s after the begin ({ready['array_seconds']:.1f} s by its own clock)"
        )


def _wrapped(line: str) -> list[str]:
    return textwrap.wrap(line, _WIDTH, subsequent_indent=" " * 6)


def _as_readiness(each: FailoverReadiness, complete: bool) -> Json:
    session = each.session
    return {
        "session_id": session.id,
        "resource_type": session.resource_type,
        "resource_name": session.resource_name,
        "resource_id": session.local_resource_id,
        "remote_system": session.remote_system.get("name"),
        **session.as_condition(),
        "failover_ready": each.ready if complete else None,
        "reason": each.reason,
        "to_do": each.to_do,
    }


def _brief(entry: Json) -> Json:
    return {name: entry[name] for name in ("session_id", "resource_name", "started_by", "age_seconds", "reason")}


_NOW: t.Final[t.Mapping[bool | None, str]] = {True: "RUNNING", False: "over", None: "NOT KNOWN"}


def _row(entry: Json, check_mode: bool) -> list[str]:
    age = "not known" if entry["age_seconds"] is None else f"{entry['age_seconds']:.0f} s"
    now = _NOW[entry["running"]]
    if entry["action"] == "stopped" and entry["running"] is False:
        now = "would stop" if check_mode else "stopped"
    why = entry["failure"]["message"] if entry["failure"] else entry["reason"]
    start = (
        f"  {str(entry['resource_name'] or entry['session_id'])[:23]:<24}"
        f"{str(entry['started_by'] or 'not known')[:15]:<16}{age:>9}  {'yes' if entry['overdue'] else 'no':<8}"
        f"{entry['decision']:<9}{now:<13}"
    )
    return _wrapped(start + why)
