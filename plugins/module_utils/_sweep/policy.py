# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which of the failover tests that run on an array are stopped. Pure: no I/O, no clock.

What is stopped loses what was written during the test; what is left keeps the session from being failed over. Where it
is not clear which of the two is meant, the test is left and counted as overdue, so that somebody is told.
"""

from __future__ import annotations

import fnmatch
import typing as t
from dataclasses import dataclass
from datetime import timedelta

from .._array.related import RunningTest
from .._array.session import (
    Cluster,
    ReplicationSession,
    Row,
    Target,
)
from .._errors import InvalidInputError
from .._findings.start_stop import assess_stop
from .._module.options import check_bounds
from .._time import parse_duration

STOP, LEAVE, REPORT = "stop", "leave", "report"


@dataclass(frozen=True, slots=True)
class Found:
    """A failover test that runs, or whose start the array is still at, and whose it is as far as can be known."""

    target: Target
    running: RunningTest
    age: timedelta | None  # by the array's clock; None where it is not known

    @property
    def session(self) -> ReplicationSession:
        """The session under test."""
        return self.target.session

    def is_same_as(self, other: Found) -> bool:
        """Whether both are one test, and not one test and the next on the same session."""
        begins = {found.running.started_at for found in (self, other)} - {None}
        return self.session.id == other.session.id and len(begins) <= 1


@dataclass(frozen=True, slots=True)
class Decision:
    """What is done with a test and why. ``overdue``: it should not be running any more, whatever is done with it."""

    decision: str  # STOP, LEAVE or REPORT
    reason: str
    overdue: bool


@dataclass(frozen=True, slots=True)
class Policy:
    """What a task says about the tests that it may find."""

    stop: bool = False
    max_age: timedelta = timedelta()
    started_by: str = "own"  # own, listed or anyone
    accounts: frozenset[str] = frozenset()  # casefolded
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    force: str = "never"  # never, when_unreachable or always
    settle_time: float = 30
    max_parallel: int = 16
    wait_timeout: float = 600
    poll_interval: float = 1

    @classmethod
    def from_params(cls, params: Row) -> Policy:
        """From the module's options. Raises InvalidInputError for what is out of bounds or contradicts itself."""
        check_bounds(params)
        for name in ("accounts", "allow", "deny"):
            if any(not entry.strip() for entry in params[name]):
                raise InvalidInputError(f"{name} has an empty entry: leave it out, as it could only be meant wrongly.")
        if (params["started_by"] == "listed") != bool(params["accounts"]):
            raise InvalidInputError(
                f"started_by is {params['started_by']} and accounts has {len(params['accounts'])} entries: expected "
                "accounts together with started_by=listed, and without it none. Nothing was asked of the array."
            )
        return cls(
            stop=params["policy"] == "stop",
            max_age=_max_age(params["max_age"]),
            started_by=params["started_by"],
            accounts=frozenset(account.casefold() for account in params["accounts"]),
            allow=tuple(params["allow"]),
            deny=tuple(params["deny"]),
            force=params["force"],
            settle_time=params["settle_time"],
            max_parallel=params["max_parallel"],
            wait_timeout=params["wait_timeout"],
            poll_interval=params["poll_interval"],
        )

    @property
    def asks_who(self) -> bool:
        """Whether anything depends on who started a test, or when."""
        return self.started_by != "anyone" or self.max_age > timedelta()


def _max_age(text: str) -> timedelta:
    try:
        age = timedelta() if text.strip() == "0" else parse_duration(text)
    except OverflowError:
        age = None
    if age is None:
        raise InvalidInputError(f"max_age is '{text}': expected a duration such as 4h or 90m (s, m, h, d, w), or 0.")
    return age


def decide(found: Found, policy: Policy, cluster: Cluster, is_own: t.Callable[[str], bool | None]) -> Decision:
    """What to do with one running test. ``is_own``: whether the array means this task's account by a name."""
    allowed, denied = _names(found.session, policy.allow), _names(found.session, policy.deny)
    if obstacle := _obstacle(found.target, cluster):
        # The other array knows how old its tests are; here that is never known.
        elsewhere = found.session.role != "Destination" and policy.max_age > timedelta()
        late = denied or not (allowed or elsewhere or _is_young(found, policy))
        return Decision(LEAVE, f"it cannot be stopped from here: {obstacle}", late)
    if allowed and denied:
        return Decision(LEAVE, "allow and deny both name it; allow wins, so it is left, but told", True)
    if allowed:
        return Decision(LEAVE, "allow names it", False)
    if policy.allow and found.session.resource_name is None:
        return Decision(LEAVE, "the resource's name could not be read and held against allow", True)
    if denied:
        return _acted_on(policy, "deny names it")
    return _by_age_and_account(found, policy, is_own)


def _by_age_and_account(found: Found, policy: Policy, is_own: t.Callable[[str], bool | None]) -> Decision:
    account = found.running.started_by
    if _is_young(found, policy):
        return Decision(LEAVE, f"younger than max_age ({_seconds(policy.max_age)})", False)
    if found.age is None and policy.max_age:
        return Decision(LEAVE, "its age is not known, so it may be younger than max_age; count it as overdue", True)
    if policy.started_by == "anyone":
        return _acted_on(policy, "whoever started it")
    if account is None:
        return Decision(LEAVE, "who started it is not known to this account, so it counts as somebody else's", True)
    if policy.started_by == "own" and not is_own(account):
        return Decision(LEAVE, f"started by {account}, not by this task's account", True)
    if policy.started_by == "listed" and account.casefold() not in policy.accounts:
        return Decision(LEAVE, f"started by {account}, whom accounts does not list", True)
    return _acted_on(policy, f"started by {account}")


def _acted_on(policy: Policy, reason: str) -> Decision:
    return Decision(STOP if policy.stop else REPORT, reason, True)


def _is_young(found: Found, policy: Policy) -> bool:
    return found.age is not None and found.age < policy.max_age


def _seconds(age: timedelta) -> str:
    return f"{age.total_seconds():g} s"


def _obstacle(target: Target, cluster: Cluster) -> str | None:
    """Why this array cannot stop the test: it is the other array's, or not of a kind that this API starts."""
    blockers = [finding for finding in assess_stop(target, cluster) if finding.is_blocker]
    return " ".join(f"{blocker.message} {blocker.rule.resolution}" for blocker in blockers) or None


def _names(session: ReplicationSession, patterns: t.Iterable[str]) -> bool:
    """Whether one of the patterns is the session's id, or fits the name of its resource, in any case."""
    name = None if session.resource_name is None else session.resource_name.casefold()
    return any(
        pattern.casefold() == session.id.casefold()
        or (name is not None and (pattern.casefold() == name or fnmatch.fnmatchcase(name, pattern.casefold())))
        for pattern in patterns
    )
