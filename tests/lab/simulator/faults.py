# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults: what goes wrong, at which request. A deterministic list; nothing here is random."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any, Literal

from msgspec import UNSET, Struct

from .jobs import GOOD_JOB, JobPlan
from .journal import template
from .message import NO_TWEAKS, Request, Tweaks
from .reading import Duration, ScenarioError, Size, read

# action -> the parameters it takes besides those of the match
ACTIONS: Mapping[str, frozenset[str]] = {
    "refuse": frozenset({"seconds"}),
    "reset_before": frozenset(),
    "reset_after": frozenset(),
    "delay": frozenset({"seconds", "executed"}),
    "truncate": frozenset(),
    "answer": frozenset({"status", "body", "headers", "executed"}),
    "twice": frozenset(),
    "headers": frozenset({"headers"}),
    "odd_row": frozenset({"attribute", "value", "row"}),
    "drip": frozenset({"seconds", "part"}),
    "endless": frozenset({"seconds", "executed"}),
    "huge": frozenset({"bytes", "executed"}),
    "gzip_bomb": frozenset({"bytes", "executed"}),
    "nested": frozenset({"depth", "executed"}),
    "expire_session": frozenset(),
    "stale_token": frozenset(),
    "rotate_token": frozenset(),
    "no_token": frozenset(),
    "change_password": frozenset({"user", "password"}),
    "remove_session": frozenset({"session"}),
    "forbid": frozenset(),
    "missing_path": frozenset(),
    "job_never_ends": frozenset({"executed"}),
    "job_fails": frozenset({"phase", "body", "executed"}),
    "flag_late": frozenset({"seconds"}),
    "flag_null": frozenset(),
    "ignore_async": frozenset({"mode"}),
    "foreign": frozenset({"operation", "session", "user", "state"}),
    "page_shrinks": frozenset({"rows"}),
    "short_pages": frozenset({"rows"}),
    "rows_move": frozenset({"rows"}),
    "no_total": frozenset(),
    "no_range": frozenset(),
    "cut_link": frozenset(),
    "restore_link": frozenset(),
    "clock_skew": frozenset({"seconds"}),
    "clock_step": frozenset({"seconds"}),
    "write_protect": frozenset(),
}
_MATCH = frozenset({"action", "array", "method", "path", "when", "nth", "after", "count"})
ABSENT = UNSET  # odd_row without a value: the attribute is left out


class Fault(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One fault. It fires at the matching requests number after+1 … after+count, or only at number nth.

    when: what the request's body has to hold besides; null stands for an attribute that is not there, too.
    path: a glob over '/replication_session/1234/sync' or over its template '/replication_session/{id}/sync'.
    """

    action: str
    array: Literal["production", "dr"] | None = None
    method: str | None = None
    path: str = "*"
    when: dict[str, Any] = {}
    nth: int | None = None
    after: int = 0
    count: int | None = None
    seconds: Duration = Duration(0)
    executed: bool | None = None  # None: the action's own default
    status: int = 500
    body: Any = None
    headers: dict[str, Any] = {}
    phase: str = "Failed"
    mode: Literal["immediate", "blocking"] = "immediate"  # ignore_async
    operation: str | None = None  # foreign: start_failover_test, stop_failover_test, pause, …
    session: str | None = None  # foreign: id or resource name; default: the session in the request's path
    user: str = "someone"  # foreign: who does it; change_password: whose
    password: str = ""
    state: str | None = None
    rows: int = 0
    attribute: str = ""  # odd_row: 'name', 'storage_element_pairs.0.local_storage_element_id'
    value: Any = ABSENT
    row: int | None = 0  # odd_row: which one; None: each
    part: Literal["headers", "body"] = "body"  # drip
    bytes: Size = Size(100 * 2**20)  # of the body, unpacked
    depth: int = 100_000

    def matches(self, array: str, request: Request) -> bool:
        return (
            self.array in (None, array)
            and self.method in (None, "*", request.method)
            and (fnmatchcase(request.path, self.path) or template(request.path) == self.path)
            and (not self.when or self._fits(request.json_or_none))
        )

    def _fits(self, body: object) -> bool:
        sent = body if isinstance(body, dict) else {}
        return all(sent.get(name) == value for name, value in self.when.items())


def read_fault(value: object, where: str = "fault") -> Fault:
    """A fault from a mapping, strictly."""
    fault = read(Fault, value, where)
    if fault.action not in ACTIONS:
        raise ScenarioError(f"{where}.action: {fault.action!r} is not one of {', '.join(ACTIONS)}")
    given = set(value) if isinstance(value, Mapping) else set()
    unused = given - _MATCH - ACTIONS[fault.action]
    if unused:
        raise ScenarioError(f"{where}: action {fault.action} does not take {', '.join(sorted(map(str, unused)))}")
    return fault


@dataclass
class _Armed:
    fault: Fault
    matched: int = 0
    fired: int = 0

    def fires(self) -> bool:
        """Called at each match."""
        self.matched += 1
        fault = self.fault
        if fault.nth is not None:
            fire = self.matched == fault.nth
        else:
            fire = self.matched > fault.after and (fault.count is None or self.fired < fault.count)
        self.fired += fire
        return fire


class Faults:
    """The armed faults, thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._armed: list[_Armed] = []

    def add(self, fault: Fault | Mapping[str, Any] | None = None, **keys: Any) -> Fault:
        """add(action='reset_after', array='dr', method='POST', path='/replication_session/*', nth=1)"""
        made = fault if isinstance(fault, Fault) else read_fault({**(fault or {}), **keys})
        with self._lock:
            self._armed.append(_Armed(made))
        return made

    def clear(self) -> None:
        with self._lock:
            self._armed.clear()

    def report(self) -> list[dict[str, Any]]:
        """What is armed, how often it matched and fired."""
        with self._lock:
            return [
                {"action": each.fault.action, "path": each.fault.path, "matched": each.matched, "fired": each.fired}
                for each in self._armed
            ]

    def fired(self, action: str | None = None) -> int:
        with self._lock:
            return sum(each.fired for each in self._armed if action in (None, each.fault.action))

    def select(self, array: str, request: Request) -> list[Fault]:
        """The faults of this request, in the order they were added."""
        if not self._armed:
            return []
        with self._lock:
            return [each.fault for each in self._armed if each.fault.matches(array, request) and each.fires()]


def tweaks(faults: list[Fault]) -> Tweaks:
    """What the faults of one request change in its processing."""
    result = NO_TWEAKS
    for fault in faults:
        if fault.action == "flag_null":
            result = replace(result, flag_null=True)
        elif fault.action == "rotate_token":
            result = replace(result, rotate_token=True)
        elif fault.action == "no_token":
            result = replace(result, no_token=True)
        elif fault.action == "ignore_async":
            result = replace(result, async_mode=fault.mode)
        elif fault.action == "page_shrinks":
            result = replace(result, rows_left=fault.rows)
        elif fault.action == "short_pages":
            result = replace(result, page_rows=fault.rows)
        elif fault.action == "rows_move":
            result = replace(result, rows_moved=fault.rows)
        elif fault.action in {"no_total", "no_range"}:
            result = replace(result, content_range=fault.action)
    plan = GOOD_JOB
    for fault in faults:
        plan = _plan(plan, fault)
    return replace(result, plan=plan) if plan is not GOOD_JOB else result


def _plan(plan: JobPlan, fault: Fault) -> JobPlan:
    if fault.action == "job_never_ends":
        return replace(plan, never_ends=True, execute=fault.executed is not False)
    if fault.action == "job_fails":
        return replace(plan, fail_phase=fault.phase, fail_body=fault.body, execute=fault.executed is True)
    if fault.action == "flag_late":
        return replace(plan, flag_late=fault.seconds)
    return plan
