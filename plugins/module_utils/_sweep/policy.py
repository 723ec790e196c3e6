# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which of the failover tests that run on an array are stopped. Pure: no I/O, no clock.

A stop loses what was written during the test; a test that is left keeps its session from being failed over. Where it
is not clear what the policy wants, the test is left and counts as overdue, so that somebody hears of it.
"""

from __future__ import annotations

import difflib
import enum
import fnmatch
import typing as t
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .._array.related import RunningTest
from .._array.session import Cluster, ReplicationSession, Row, Target
from .._errors import InvalidInputError, ProtocolError
from .._findings.start_stop import assess_stop
from .._module.options import check_bounds
from .._time import format_time, parse_duration, parse_time

STOP, LEAVE, REPORT = "stop", "leave", "report"
# Whether the array means this task's account by a name; None: not clear.
IsOwn: t.TypeAlias = "t.Callable[[str], bool | None]"

_CUT = timedelta(seconds=60)  # a start is logged in whole seconds or by a clock that is set now and then
_ON_ITS_WAY = timedelta(seconds=2)  # how long after the end of a drill the array may log a start that it had sent


@dataclass(frozen=True, slots=True)
class Found:
    """A failover test that runs, or whose start is under way, and whose it is as far as the array says."""

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


class Way(enum.StrEnum):
    """What would have to be another way for a test that is left to be stopped."""

    ANYONE = "a policy that does not ask who started it, or when"
    ALLOW = "the entries of allow"
    ELSEWHERE = "the array that is asked"


@dataclass(frozen=True, slots=True)
class Decision:
    """What is done with a test and why. ``overdue``: it should not be running any more, stopped or not."""

    decision: str  # STOP, LEAVE or REPORT
    reason: str
    overdue: bool
    way: Way = Way.ANYONE  # of a test that is left


@dataclass(frozen=True, slots=True)
class Policy:
    """What a task says about the tests that it may find."""

    stop: bool = False
    max_age: timedelta = timedelta()
    started_by: str = "own"  # own, listed or anyone
    accounts: frozenset[str] = frozenset()  # casefolded
    own_starts: t.Mapping[str, datetime | None] = field(default_factory=dict)  # by session id; None: time not known
    only_own_starts: bool = False
    started_before: datetime | None = None  # by the controller's clock
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    force: str = "never"  # never, when_unreachable or always
    dr_tests: bool = True  # whether DR-test clones of NAS servers are looked for, too
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
                raise InvalidInputError(f"{name} has an empty entry: expected names. Leave the entry out.")
        if (params["started_by"] == "listed") != bool(params["accounts"]):
            raise InvalidInputError(
                f"started_by is {params['started_by']} and accounts has {len(params['accounts'])} entries: expected "
                "accounts with started_by=listed, and none without it. Nothing was sent to the array."
            )
        return cls(
            stop=params["policy"] == "stop",
            max_age=_max_age(params["max_age"]),
            started_by=params["started_by"],
            accounts=frozenset(account.casefold() for account in params["accounts"]),
            own_starts={
                start["session_id"]: _moment(start.get("at"), "at in own_starts") for start in params["own_starts"]
            },
            only_own_starts=params["only_own_starts"],
            started_before=_moment(params["started_before"], "started_before"),
            allow=tuple(params["allow"]),
            deny=tuple(params["deny"]),
            force=params["force"],
            dr_tests=params.get("dr_tests", True),
            settle_time=params["settle_time"],
            max_parallel=params["max_parallel"],
            wait_timeout=params["wait_timeout"],
            poll_interval=params["poll_interval"],
        )

    @property
    def asks_who(self) -> bool:
        """Whether anything depends on who started a test, or when."""
        return self.started_by != "anyone" or self.max_age > timedelta() or self.is_of_one_drill

    @property
    def is_of_one_drill(self) -> bool:
        """Whether only what a certain drill started is stopped."""
        return self.only_own_starts or self.started_before is not None

    @property
    def is_urgent(self) -> bool:
        """Whether every test is stopped, so that an id and the flag are enough to begin."""
        return self.stop and not self.asks_who and not self.allow and not self.deny

    def refusal(self, sessions: t.Iterable[ReplicationSession], array: str) -> InvalidInputError | None:
        """What is wrong with allow and deny on this array: a name that no session has is a typing error.

        A pattern may fit nothing: it stands for names that may come. Where a resource's name could not be read, the
        entry may be its name, so nothing is refused.
        """
        known = list(sessions)
        names = {s.resource_name.casefold() for s in known if s.resource_name} | {s.id.casefold() for s in known}
        if any(s.resource_name is None for s in known):
            return None
        for option, entries in (("allow", self.allow), ("deny", self.deny)):
            for entry in entries:
                if entry.casefold() in names or any(letter in entry for letter in "*?["):
                    continue
                near = difflib.get_close_matches(entry.casefold(), sorted(names), n=1)
                hint = f" The nearest name is '{near[0]}'." if near else ""
                return InvalidInputError(
                    f"{option} names '{entry}': expected a session id or the name of a replicated resource on {array}, "
                    f"found none.{hint} Nothing was stopped. A pattern such as '{entry}*' may match nothing."
                )
        return None


def _max_age(text: str) -> timedelta:
    try:
        age = timedelta() if text.strip() == "0" else parse_duration(text)
    except OverflowError:
        age = None
    if age is None:
        raise InvalidInputError(f"max_age is '{text}': expected a duration such as 4h or 90m (s, m, h, d, w), or 0.")
    return age


def _moment(text: str | None, option: str) -> datetime | None:
    try:
        return parse_time(text)
    except ProtocolError as error:
        raise InvalidInputError(f"{option} is '{text}': expected a time such as 2026-12-31T10:00:00Z.") from error


def decide(found: Found, policy: Policy, cluster: Cluster, is_own: IsOwn) -> Decision:
    """What to do with one running test."""
    allowed, denied = _names(found.session, policy.allow), _names(found.session, policy.deny)
    if obstacle := _obstacle(found.target, cluster):
        # The other array knows how old its tests are; here that is never known.
        elsewhere = found.session.role != "Destination" and policy.max_age > timedelta()
        other = _of_another_drill(found, policy, cluster) is not None
        late = denied or not (allowed or elsewhere or other or _is_young(found, policy))
        return Decision(LEAVE, f"it cannot be stopped from here: {obstacle}", late, Way.ELSEWHERE)
    return _by_policy(found, policy, cluster, is_own, allowed, denied)


def decide_clone(found: Found, policy: Policy, cluster: Cluster, is_own: IsOwn) -> Decision:
    """What to do with one DR-test clone of a NAS server: it can be deleted from here, whatever its session is."""
    allowed, denied = _names(found.session, policy.allow), _names(found.session, policy.deny)
    return _by_policy(found, policy, cluster, is_own, allowed, denied)


def _by_policy(found: Found, policy: Policy, cluster: Cluster, is_own: IsOwn, allowed: bool, denied: bool) -> Decision:
    if allowed and denied:
        return Decision(LEAVE, "allow and deny both name it: allow wins, and it counts as overdue", True, Way.ALLOW)
    if allowed:
        return Decision(LEAVE, "allow names it", False)
    if policy.allow and found.session.resource_name is None:
        return Decision(LEAVE, "its name could not be read, so allow may name it", True, Way.ALLOW)
    if denied:
        return _acted_on(policy, "deny names it")
    if whose := _of_another_drill(found, policy, cluster):
        return Decision(LEAVE, whose, False)
    return _by_age_and_account(found, policy, is_own)


def _of_another_drill(found: Found, policy: Policy, cluster: Cluster) -> str | None:
    """Why a test is not one of the drill whose tests are to be stopped; None where it is, or may be, one of them."""
    if policy.only_own_starts and found.session.id not in policy.own_starts:
        return "own_starts does not name its session, so it is not a test of that drill"
    if policy.started_before is None:
        return None
    began = found.running.started_at
    if began is None and found.age is not None and cluster.system_time is not None:
        began = cluster.system_time - found.age  # a start that the array has not begun with
    ended = policy.started_before + timedelta(seconds=cluster.clock_skew_seconds or 0)
    if began is None or began <= ended + _ON_ITS_WAY:
        return None
    return f"it began after that drill had ended ({format_time(ended)} by the array's clock)"


def _by_age_and_account(found: Found, policy: Policy, is_own: IsOwn) -> Decision:
    if _is_young(found, policy):
        return Decision(LEAVE, f"younger than max_age ({_seconds(policy.max_age)})", False)
    if found.running.started_at is None and found.age is None and _may_be_of_another_drill(found, policy):
        return Decision(LEAVE, "its age is not known, so it may be a later drill's; it counts as overdue", True)
    if found.age is None and policy.max_age:
        return Decision(LEAVE, "its age is not known, so it may be younger than max_age; it counts as overdue", True)
    if policy.started_by == "anyone":
        return _acted_on(policy, "started_by is anyone")
    if policy.started_by == "listed":
        return _by_list(found.running.started_by, policy)
    return _by_ownership(found, policy, is_own)


def _may_be_of_another_drill(found: Found, policy: Policy) -> bool:
    """Where nothing says when a test began, one on a session that the drill had started counts as the drill's."""
    return policy.started_before is not None and found.session.id not in policy.own_starts


def _by_list(account: str | None, policy: Policy) -> Decision:
    if account is None:
        return Decision(LEAVE, "the array does not say who started it, so accounts cannot be applied", True)
    if account.casefold() not in policy.accounts:
        return Decision(LEAVE, f"started by {account}, whom accounts does not list", True)
    return _acted_on(policy, f"started by {account}")


def _by_ownership(found: Found, policy: Policy, is_own: IsOwn) -> Decision:
    """A test of unknown origin that appeared after a start of our own is ours; without such a start it is left."""
    account = found.running.started_by
    own = None if account is None else is_own(account)
    if own:
        return _acted_on(policy, f"started by {account}")
    if own is None and _follows_own_start(found, policy):
        return _acted_on(policy, f"a drill of this controller sent a start; the array has {account or 'no account'}")
    if account is None:
        return Decision(LEAVE, "the array does not say who started it, so it may be somebody else's", True)
    if own is None:
        return Decision(LEAVE, f"started by {account}, which may or may not be this task's account", True)
    return Decision(LEAVE, f"started by {account}, not by this task's account", True)


def _follows_own_start(found: Found, policy: Policy) -> bool:
    if found.session.id not in policy.own_starts:
        return False
    sent, began = policy.own_starts[found.session.id], found.running.started_at
    return sent is None or began is None or began >= sent - _CUT


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
