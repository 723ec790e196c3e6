# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An array that is away: for how long it is asked again, on a clock that runs as fast as it is asked to."""

from __future__ import annotations

import time
import typing as t

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._array import absence
from ansible_collections.drdrill.powerstore.plugins.module_utils._array import transport as module
from ansible_collections.drdrill.powerstore.plugins.module_utils._array.transport import Answer, Request, Transport
from ansible_collections.drdrill.powerstore.plugins.module_utils._errors import UnreachableError
from tests.unit.makers.wire import OPERATION, READ, a_connection


class Clock:
    """Time that passes only where somebody sleeps, or a try takes its time."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.time = time.time

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Away(Transport):
    """Says at each moment what a try comes to, without a server. A try takes 10 ms, or what it is allowed."""

    def __init__(self, clock: Clock, at: t.Callable[[float], int | type[OSError]], timeout: float = 60) -> None:
        super().__init__(a_connection(443, timeout=timeout), 1)
        self.clock, self.at = clock, at
        self.tries: list[float] = []  # seconds since the beginning

    def _try(self, request: Request, seconds: float) -> Answer | module._LostError:
        self.tries.append(self.clock.now - 1000)
        result = self.at(self.tries[-1])
        self.clock.now += seconds if result is TimeoutError else 0.01
        if isinstance(result, int):
            return Answer(result, [], request.doing)
        lost = module._LostError(sent=result is not ConnectionRefusedError)
        lost.__cause__ = result("gone")
        return lost


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(module, "time", made)
    monkeypatch.setattr(absence, "time", made)
    return made


def refused_until(back: float, then: int | type[OSError] = 200) -> t.Callable[[float], int | type[OSError]]:
    return lambda now: ConnectionRefusedError if now < back else then


def known(clock: Clock, at: t.Callable[[float], int | type[OSError]], timeout: float = 60) -> Away:
    """One that has answered in this task, just now."""
    array = Away(clock, lambda _now: 200, timeout)
    array.send(READ)
    clock.now, array.at, array.tries = 1000.0, at, []
    return array


@pytest.mark.parametrize("gone", [3, 25, 60, 100])
@pytest.mark.parametrize("request_", [READ, OPERATION], ids=["read", "operation"])
def test_an_array_that_is_away_is_waited_for_twice_the_timeout(clock: Clock, gone: float, request_: Request) -> None:
    array = known(clock, refused_until(gone))

    assert array.send(request_).status == 200
    assert gone <= clock.now - 1000 <= gone + 6  # the pauses grow to 5 s


@pytest.mark.parametrize("timeout", [2, 60, 300])
def test_and_no_longer(clock: Clock, timeout: float) -> None:
    with pytest.raises(UnreachableError, match="gone") as raised:
        known(clock, refused_until(9999), timeout).send(READ)

    assert f"If it needs longer than {2 * timeout} s to restart, give a longer timeout." in raised.value.message
    assert 2 * timeout - 5.1 <= clock.now - 1000 <= 2 * timeout


@pytest.mark.parametrize(("timeout", "seconds"), [(2, 4), (60, 30), (300, 30)])
def test_an_address_that_refuses_from_the_first_is_reported_soon(clock: Clock, timeout: float, seconds: float) -> None:
    array = Away(clock, refused_until(9999), timeout)
    with pytest.raises(UnreachableError, match=r"Check host and port.*reachable from here\.( If|$)"):
        array.send(READ)

    assert seconds - 5.1 <= clock.now - 1000 <= seconds
    assert Away(clock, refused_until(clock.now - 1000 + 20)).send(READ).status == 200


def test_a_deadline_is_earlier(clock: Clock) -> None:
    with pytest.raises(UnreachableError, match=r"reachable from here\.$"):
        known(clock, refused_until(9999)).send(Request("GET", "/volume", "Reading", deadline=clock.now + 10))

    assert clock.now - 1000 <= 10


def test_an_array_that_hangs_has_a_second_chance(clock: Clock) -> None:
    array = Away(clock, lambda now: TimeoutError if now < 60 else 200)
    assert array.send(READ).status == 200 and array.tries == [0, 60]

    with pytest.raises(UnreachableError, match="2 times"):
        Away(clock, lambda _now: TimeoutError).send(READ)


@pytest.mark.parametrize("status", [502, 503, 504])
def test_what_an_array_answers_that_comes_up_counts_as_no_answer(clock: Clock, status: int) -> None:
    # Its front end is back before what is behind it; the login is the first that is asked, and the array as a whole.
    array = known(clock, lambda now: ConnectionRefusedError if now < 30 else status if now < 90 else 200)
    assert array.send(READ).status == 200 and 90 <= clock.now - 1000 <= 96
    clock.now = 1000
    assert Away(clock, lambda now: status if now < 100 else 200).send(READ).status == 200
    assert 100 <= clock.now - 1000 <= 106


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_one_read_that_fails_while_others_are_answered_does_not_wait_as_long(clock: Clock, status: int) -> None:
    array = Away(clock, lambda now: 200 if now == 0 else status)
    assert array.send(READ).status == 200
    assert array.send(READ).status == status

    assert len(array.tries) == 10 and clock.now - 1000 < 25


def test_after_an_array_was_waited_for_in_vain_nobody_waits_as_long_again(clock: Clock) -> None:
    array = known(clock, refused_until(500))
    with pytest.raises(UnreachableError):
        array.send(READ)
    for _request in range(20):
        with pytest.raises(UnreachableError):
            array.send(OPERATION)
    assert clock.now - 1000 < 120 + 20 * 5

    clock.now = 1500
    assert array.send(READ).status == 200
    array.at = refused_until(600)  # it goes away again, so it is waited for again
    assert array.send(READ).status == 200 and clock.now >= 1600
