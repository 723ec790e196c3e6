# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which running test is stopped: what wins over what, and that in doubt it is left and reported."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from datetime import timedelta

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._array.related import RunningTest
from ansible_collections.drdrill.powerstore.plugins.module_utils._array.session import PendingStart, Selector, Target
from ansible_collections.drdrill.powerstore.plugins.module_utils._errors import InvalidInputError
from ansible_collections.drdrill.powerstore.plugins.module_utils._sweep.policy import Found, Policy, decide
from ansible_collections.drdrill.powerstore.plugins.module_utils._time import format_time
from tests.unit.makers.samples import NOW, Row, a_cluster, a_session

HOUR = timedelta(hours=1)
PARAMS: Row = {
    "policy": "stop",
    "max_age": "0",
    "started_by": "own",
    "accounts": [],
    "own_starts": [],
    "only_own_starts": False,
    "started_before": None,
    "allow": [],
    "deny": [],
    "force": "never",
    "settle_time": 30,
    "max_parallel": 16,
    "wait_timeout": 600,
    "poll_interval": 1,
}


def is_own(user: str) -> bool:
    """The account of the task is called drill."""
    return user.casefold() == "drill"


def found(
    account: str | None = "drill",
    age: timedelta | None = HOUR,
    pending: PendingStart | None = None,
    **attributes: t.Any,
) -> Found:
    """A test on volume erp-data (session s-1), an hour old and the task's own, unless said otherwise."""
    session = a_session(failover_test_in_progress=pending is None, **attributes)
    started_at = None if age is None else NOW - age
    source = "unavailable" if account is None else "job"
    target = Target(Selector("session_id", session.id), session, pending_start=pending)
    return Found(target, RunningTest(started_at, account, source), age)


def decided(test: Found, **params: t.Any) -> tuple[str, bool]:
    """The decision and whether the test is overdue."""
    decision = decide(test, Policy.from_params(PARAMS | params), a_cluster(), is_own)
    assert decision.reason
    return decision.decision, decision.overdue


@pytest.mark.parametrize(
    ("test", "params", "expected"),
    [
        # Whose
        (found(), {}, ("stop", True)),
        (found("DRILL"), {}, ("stop", True)),
        (found("colleague"), {}, ("leave", True)),
        (found(None), {}, ("leave", True)),
        (found(), {"policy": "report"}, ("report", True)),
        (found("colleague"), {"policy": "report"}, ("leave", True)),
        (found("colleague"), {"started_by": "anyone"}, ("stop", True)),
        (found(None, None), {"started_by": "anyone"}, ("stop", True)),
        (found("colleague"), {"started_by": "listed", "accounts": ["Colleague"]}, ("stop", True)),
        (found(), {"started_by": "listed", "accounts": ["colleague"]}, ("leave", True)),
        (found(None), {"started_by": "listed", "accounts": ["colleague"]}, ("leave", True)),
        # How old
        (found(), {"max_age": "2h"}, ("leave", False)),
        (found(), {"max_age": "60m"}, ("stop", True)),
        (found(), {"max_age": "59m"}, ("stop", True)),
        (found("colleague"), {"max_age": "2h"}, ("leave", False)),
        (found("colleague"), {"max_age": "30m"}, ("leave", True)),
        (found(age=None), {"max_age": "2h"}, ("leave", True)),
        (found(age=None), {"max_age": "2h", "started_by": "anyone"}, ("leave", True)),
        (found(age=None), {}, ("stop", True)),
        (found(age=timedelta(), pending=PendingStart("j-1", False)), {"max_age": "1s"}, ("leave", False)),
        (found(age=timedelta(), pending=PendingStart("j-1", False)), {}, ("stop", True)),
        # The lists: allow, then deny, then age and account
        (found(), {"allow": ["ERP-*"]}, ("leave", False)),
        (found(), {"allow": ["S-1"]}, ("leave", False)),
        (found(), {"allow": ["erp"]}, ("stop", True)),
        (found("colleague"), {"deny": ["erp-data"]}, ("stop", True)),
        (found(None, None), {"deny": ["s-1"], "max_age": "2h"}, ("stop", True)),
        (found(), {"deny": ["erp-?ata"], "policy": "report"}, ("report", True)),
        (found(), {"deny": ["erp-data"], "allow": ["erp-*"]}, ("leave", True)),
        (found(volumes=[{"id": "v-1", "name": "erp[1]"}]), {"allow": ["erp[1]"]}, ("leave", False)),
        (found(volumes=[]), {"allow": ["erp-*"]}, ("leave", True)),
        (found(volumes=[]), {"allow": ["erp-*"], "deny": ["s-1"]}, ("leave", True)),
        (found(volumes=[]), {"deny": ["erp-*"]}, ("stop", True)),
        # What this array cannot stop
        (found(role="Source"), {}, ("leave", True)),
        (found(None, None, role="Source"), {"max_age": "4h"}, ("leave", False)),
        (found(role="Source"), {"deny": ["s-1"], "max_age": "4h"}, ("leave", True)),
        (found(role="Source"), {"allow": ["s-1"]}, ("leave", False)),
        (found(resource_type="replication_group"), {"started_by": "anyone"}, ("leave", True)),
        (found(None, None, resource_type="replication_group"), {"max_age": "4h"}, ("leave", True)),
    ],
)
def test_what_is_done(test: Found, params: Row, expected: tuple[str, bool]) -> None:
    assert decided(test, **params) == expected


OURS = [{"session_id": "s-1"}]
ENDED = {"started_before": format_time(NOW - HOUR)}  # when the drill ended
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("test", "params", "expected"),
    [
        # Where the drill that ended says what it had started
        (found(), {"only_own_starts": True}, ("leave", False)),
        (found("colleague"), {"only_own_starts": True}, ("leave", False)),
        (found(), {"only_own_starts": True, "own_starts": OURS}, ("stop", True)),
        (found("colleague"), {"only_own_starts": True, "own_starts": OURS}, ("leave", True)),
        (found(age=HOUR - 3 * SECOND), {"only_own_starts": True, "own_starts": OURS, **ENDED}, ("leave", False)),
        (found(), {"only_own_starts": True, "deny": ["erp-data"]}, ("stop", True)),
        # Where only the time is known at which it ended
        (found(age=HOUR), ENDED, ("stop", True)),
        (found(age=HOUR + SECOND), ENDED, ("stop", True)),
        (found(age=HOUR - 2 * SECOND), ENDED, ("stop", True)),
        (found(age=HOUR - 3 * SECOND), ENDED, ("leave", False)),
        (found(age=SECOND), {**ENDED, "started_by": "anyone"}, ("leave", False)),
        (found("colleague", age=SECOND), ENDED, ("leave", False)),
        (found(age=timedelta(), pending=PendingStart("j-1", False)), ENDED, ("leave", False)),
        (found(age=SECOND, role="Source"), ENDED, ("leave", False)),
        # Where nothing says when the test began, what the drill had started counts as its own
        (found(age=None), ENDED, ("leave", True)),
        (found(None, None), ENDED, ("leave", True)),
        (found(age=None), {**ENDED, "own_starts": OURS}, ("stop", True)),
        (found(None, None), {**ENDED, "own_starts": OURS}, ("stop", True)),
    ],
)
def test_only_what_one_drill_started_is_stopped(test: Found, params: Row, expected: tuple[str, bool]) -> None:
    assert decided(test, **params) == expected


@pytest.mark.parametrize(("skew", "expected"), [(None, "stop"), (-10, "leave"), (10, "stop")])
def test_the_end_of_a_drill_is_compared_with_the_arrays_clock(skew: float | None, expected: str) -> None:
    policy = Policy.from_params(PARAMS | ENDED)
    cluster = replace(a_cluster(), clock_skew_seconds=skew)
    assert decide(found(age=HOUR + 5 * SECOND), policy, cluster, is_own).decision == expected


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"started_before": "yesterday"}, "started_before is 'yesterday'"),
        ({"max_age": "soon"}, "max_age is 'soon'"),
        ({"max_age": "-1h"}, "max_age"),
        ({"max_age": "never"}, "max_age"),
        ({"max_age": "99999999999w"}, "max_age"),
        ({"settle_time": -1}, "settle_time is -1"),
        ({"settle_time": 3601}, "settle_time"),
        ({"max_parallel": 0}, "max_parallel"),
        ({"wait_timeout": 0}, "wait_timeout"),
        ({"poll_interval": 0}, "poll_interval"),
        ({"started_by": "listed"}, "accounts has 0 entries"),
        ({"accounts": ["colleague"]}, "started_by is own"),
        ({"accounts": ["colleague"], "started_by": "anyone"}, "started_by is anyone"),
        ({"allow": ["erp", " "]}, "allow has an empty entry"),
        ({"deny": [""]}, "deny has an empty entry"),
        ({"accounts": [""], "started_by": "listed"}, "accounts has an empty entry"),
    ],
)
def test_options_that_cannot_be_meant(params: Row, says: str) -> None:
    with pytest.raises(InvalidInputError, match=says):
        Policy.from_params({**PARAMS, **params})


def test_one_test_and_the_next_on_the_same_session_are_two() -> None:
    assert found().is_same_as(found())
    assert found().is_same_as(found(age=None))
    assert not found().is_same_as(found(age=HOUR / 2))
    assert not found().is_same_as(found(id="s-2"))


def in_doubt(_user: str) -> None:
    """The array writes accounts in a way that cannot be compared."""


SENT = (NOW - HOUR).isoformat()


@pytest.mark.parametrize(
    ("account", "own_starts", "expected"),
    [
        (None, [{"session_id": "s-1"}], "stop"),
        ("jdoe", [{"session_id": "s-1"}], "stop"),
        ("jdoe", [{"session_id": "s-1", "at": SENT}], "stop"),
        ("jdoe", [{"session_id": "s-1", "at": (NOW - HOUR / 2).isoformat()}], "leave"),  # began before our start
        ("jdoe", [{"session_id": "s-2"}], "leave"),
        ("jdoe", [], "leave"),
        (None, [], "leave"),
    ],
)
def test_doubt_counts_as_ours_only_after_a_start_of_our_own(
    account: str | None, own_starts: list[Row], expected: str
) -> None:
    policy = Policy.from_params({**PARAMS, "own_starts": own_starts})
    decision = decide(found(account), policy, a_cluster(), in_doubt)
    assert (decision.decision, decision.overdue) == (expected, True)


def test_a_start_of_ours_does_not_make_another_accounts_test_ours() -> None:
    assert decided(found("colleague"), own_starts=[{"session_id": "s-1"}]) == ("leave", True)


@pytest.mark.parametrize("option", ["allow", "deny"])
def test_a_name_that_no_session_has_is_refused_with_the_nearest(option: str) -> None:
    sessions = [a_session(), a_session(id="s-2", volumes=[{"id": "v-1", "name": "erp-db"}])]
    policy = Policy.from_params({**PARAMS, option: ["erp-dta"]})
    refusal = policy.refusal(sessions, "powerstore-dr")
    assert refusal is not None and f"{option} names 'erp-dta'" in refusal.message
    assert "The nearest name is 'erp-data'." in refusal.message
    for entries in (["ERP-DATA"], ["S-2"], ["training-*"], []):
        assert Policy.from_params({**PARAMS, option: entries}).refusal(sessions, "powerstore-dr") is None
    # Where a name could not be read, the entry may be that name.
    assert policy.refusal([a_session(volumes=[])], "powerstore-dr") is None


def test_a_time_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="at in own_starts is 'yesterday'"):
        Policy.from_params({**PARAMS, "own_starts": [{"session_id": "s-1", "at": "yesterday"}]})
