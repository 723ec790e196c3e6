# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for rows: many wait, one query answers, and nobody waits for ever."""

from __future__ import annotations

import itertools
import threading
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._errors import (
    AuthorizationError,
    BusyError,
    NotFoundError,
    PowerStoreError,
    ProtocolError,
    RejectedError,
    ServerFaultError,
    UnreachableError,
)
from ansible_collections.drdrill.powerstore.plugins.module_utils._operation import waiting
from ansible_collections.drdrill.powerstore.plugins.module_utils._operation.waiting import OverdueError, Waiting
from tests.unit.makers.fake_client import Answer, FakeClient, Row, within

SELECTS = {"job": [("select", "id")], "replication_session": [("select", "id")]}
OPEN: Row = {"id": "j-1", "phase": "In_Progress"}
ENDED: Row = {"id": "j-1", "phase": "Completed"}


def ended(row: Row) -> bool:
    return row["phase"] == "Completed"


def wait(
    client: FakeClient, seconds: float = 5, *, at_once: bool = False, poll_interval: float = 0.05, bound: float = 10
) -> Row:
    def waiting() -> Row:
        with Waiting(client.as_client(), SELECTS, poll_interval) as rows:
            return rows.until("job", "j-1", ended, time.monotonic() + seconds, at_once=at_once)

    return within(bound, waiting)


def test_the_row_as_soon_as_it_is_accepted() -> None:
    client = FakeClient(jobs=[[OPEN], [OPEN], [ENDED]])

    assert wait(client) == ENDED
    assert client.asked == [("job", ("j-1",))] * 3


def test_overdue_at_the_deadline_with_what_was_seen() -> None:
    client = FakeClient(jobs=[[OPEN]])
    began = time.monotonic()
    with pytest.raises(OverdueError) as late:
        wait(client, 0.3)

    assert 0.3 <= time.monotonic() - began < 60
    assert late.value.row == OPEN and late.value.error is None
    assert len(client.asked) >= 2


def test_a_row_that_is_not_there_is_looked_for_three_times() -> None:
    client = FakeClient(jobs=[[]])
    with pytest.raises(NotFoundError, match="j-1"):
        wait(client)

    assert len(client.asked) == 3


def test_misses_count_in_a_row_only() -> None:
    client = FakeClient(jobs=[[], [], [OPEN], [], [], [ENDED]])

    assert wait(client) == ENDED


def test_another_row_is_a_miss() -> None:
    with pytest.raises(NotFoundError):
        wait(FakeClient(jobs=[[{"id": "j-2", "phase": "Completed"}]]))


@pytest.mark.parametrize(
    "error",
    [BusyError("busy"), UnreachableError("gone"), ProtocolError("garbled"), ServerFaultError("500")],
)
def test_what_passes_is_waited_out(error: PowerStoreError) -> None:
    assert wait(FakeClient(jobs=[error, error, error, error, [ENDED]])) == ENDED


def test_what_does_not_pass_until_the_deadline_is_told() -> None:
    error = UnreachableError("gone")
    answers: list[Answer] = [[OPEN], error]
    with pytest.raises(OverdueError) as late:
        wait(FakeClient(jobs=answers), 0.3)

    assert late.value.row == OPEN and late.value.error is error


def test_an_error_that_is_over_is_not_told() -> None:
    with pytest.raises(OverdueError) as late:
        wait(FakeClient(jobs=[UnreachableError("gone"), [OPEN]]), 0.3)

    assert late.value.error is None


def test_garbled_answers_are_not_waited_out_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "_GARBLED", 0.2)
    began = time.monotonic()
    with pytest.raises(ProtocolError):
        wait(FakeClient(jobs=[ProtocolError("garbled")]), 100)

    assert 0.2 <= time.monotonic() - began < 60


@pytest.mark.parametrize("error", [AuthorizationError("no"), NotFoundError("no"), RejectedError("no")])
def test_what_will_not_pass_is_told_at_once(error: PowerStoreError) -> None:
    client = FakeClient(jobs=[error])
    with pytest.raises(type(error)):
        wait(client)

    assert len(client.asked) == 1


def test_one_query_for_many_who_wait() -> None:
    count = 50
    everybody = threading.Barrier(count)
    rows = [{"id": f"j-{number}", "phase": "Completed"} for number in range(count)]
    client = FakeClient(jobs=[t.cast(Answer, rows)])

    def waiting() -> list[Row]:
        with Waiting(client.as_client(), SELECTS, 1) as wait, ThreadPoolExecutor(count) as pool:

            def one(row_id: str) -> Row:
                everybody.wait()
                return wait.until("job", row_id, ended, time.monotonic() + 5)

            return list(pool.map(one, [row["id"] for row in rows]))

    assert within(15, waiting) == rows
    # A loaded machine may spread them over a few looks, but never one each.
    assert len(client.asked) <= 10
    assert sorted(row_id for _collection, ids in client.asked for row_id in ids) == sorted(row["id"] for row in rows)


def test_each_is_answered_by_its_own_row_and_collection() -> None:
    client = FakeClient(jobs=[[ENDED]], sessions=[[{"id": "j-1", "phase": "Completed", "kind": "session"}]])

    def waiting() -> list[Row]:
        with Waiting(client.as_client(), SELECTS, 0.05) as rows, ThreadPoolExecutor(2) as pool:

            def one(collection: str) -> Row:
                return rows.until(collection, "j-1", ended, time.monotonic() + 5)

            return list(pool.map(one, ["job", "replication_session"]))

    job, session = within(10, waiting)

    assert "kind" not in job and session["kind"] == "session"


def test_the_pace_slows_down_to_the_poll_interval() -> None:
    class Timed(FakeClient):
        """Knows when it was asked."""

        def get_by(self, *given: t.Any, **options: t.Any) -> list[Row]:
            times.append(time.monotonic())
            return super().get_by(*given, **options)

    def pauses(looks: int, poll_interval: float) -> list[tuple[float, float]]:
        """Seconds from each look to the next, and a quarter of those from the first look to it."""
        times.clear()
        wait(Timed(jobs=[*[[OPEN]] * (looks - 1), [ENDED]]), 60, poll_interval=poll_interval, bound=90)
        assert len(times) == looks
        return [(following - look, (look - times[0]) / 4) for look, following in itertools.pairwise(times)]

    times: list[float] = []

    # A loaded machine makes pauses longer; these are compared with what they are at the least.
    assert all(pause >= quarter for pause, quarter in pauses(9, 5.0))
    # Not all of these are longer than that: the last would be of seconds.
    assert any(pause < quarter for pause, quarter in pauses(25, 0.05))


def test_the_pace_follows_how_long_operations_take_here() -> None:
    class Slow(FakeClient):
        """Its jobs end a second after they were asked for first."""

        def get_by(
            self, collection: str, attribute: str, values: t.Iterable[str], *_query: object, **_o: object
        ) -> list[Row]:
            wanted = list(values)
            self.asked.append((collection, tuple(wanted)))
            now = time.monotonic()
            return [{"id": i, "phase": "Completed" if now >= due[i] else "In_Progress"} for i in wanted]

    client, due = Slow(), {}

    def waiting() -> list[int]:
        looks = []
        with Waiting(client.as_client(), SELECTS, 0.02) as rows:
            for row_id in ("j-1", "j-2"):
                due[row_id] = time.monotonic() + 1
                before = len(client.asked)
                rows.until("job", row_id, ended, time.monotonic() + 20)
                looks.append(len(client.asked) - before)
        return looks

    unknown, known = within(30, waiting)

    # While nothing is known, poll_interval bounds the pause; then it is a tenth of a second, from 0.8 s on.
    assert 1 <= known <= 4 < unknown


def test_a_look_at_once() -> None:
    class Timed(FakeClient):
        """Remembers when it was asked first."""

        first = 0.0

        def get_by(self, *arguments: t.Any, **options: t.Any) -> list[Row]:
            self.first = self.first or time.monotonic()
            return super().get_by(*arguments, **options)

    def until_asked(at_once: bool) -> float:
        client = Timed(jobs=[[ENDED]])
        began = time.monotonic()
        wait(client, at_once=at_once)
        return client.first - began

    assert until_asked(at_once=False) >= 0.045
    assert min(until_asked(at_once=True) for _time in range(50)) < 0.045


def test_nobody_is_needed_besides_those_who_wait() -> None:
    before = set(threading.enumerate())
    with Waiting(FakeClient(jobs=[[ENDED]]).as_client(), SELECTS, 1) as rows:
        assert rows.until("job", "j-1", ended, time.monotonic() + 5) == ENDED
        assert set(threading.enumerate()) == before


def test_who_has_what_he_waited_for_hands_the_looking_on() -> None:
    count = 20
    rows = {f"j-{number}": number for number in range(count)}

    class OneAfterTheOther(FakeClient):
        """At each look one more row is as wanted, the one of him who looks among the first."""

        looks = 0

        def get_by(
            self, _collection: str, _attribute: str, values: t.Iterable[str], *_query: object, **_o: object
        ) -> t.Any:
            self.looks += 1
            return [{"id": i, "phase": "Completed" if rows[i] < self.looks else "Running"} for i in values]

    client = OneAfterTheOther()

    def waiting() -> list[Row]:
        with Waiting(client.as_client(), SELECTS, 0.05) as wait, ThreadPoolExecutor(count) as pool:
            return list(pool.map(lambda i: wait.until("job", i, ended, time.monotonic() + 30), rows))

    assert [row["id"] for row in within(40, waiting)] == list(rows)
    assert count <= client.looks <= 2 * count


def test_who_still_waits_when_the_wait_ends_is_told() -> None:
    rows = Waiting(FakeClient(jobs=[[OPEN]]).as_client(), SELECTS, 1)

    def waiting() -> None:
        with ThreadPoolExecutor(1) as pool:
            with rows:
                future = pool.submit(rows.until, "job", "j-1", ended, time.monotonic() + 60)
                time.sleep(0.2)
            future.result()

    with pytest.raises(OverdueError):
        within(10, waiting)


def test_nobody_waits_for_ever_for_a_client_that_broke() -> None:
    client = FakeClient(jobs=[RuntimeError("not foreseen")])

    def waiting() -> list[type]:
        with Waiting(client.as_client(), SELECTS, 1) as rows, ThreadPoolExecutor(3) as pool:

            def one(row_id: str) -> type:
                try:
                    rows.until("job", row_id, ended, time.monotonic() + 60)
                except RuntimeError as error:
                    return type(error)
                return type(None)

            return list(pool.map(one, ["j-1"] * 3))

    assert within(10, waiting) == [RuntimeError] * 3


def test_a_client_that_broke_once_costs_only_who_looked() -> None:
    client = FakeClient(jobs=[MemoryError(), [ENDED]])

    def waiting() -> list[object]:
        with Waiting(client.as_client(), SELECTS, 1) as rows, ThreadPoolExecutor(3) as pool:

            def one(row_id: str) -> object:
                try:
                    return rows.until("job", row_id, ended, time.monotonic() + 60)
                except MemoryError as error:
                    return type(error)

            return list(pool.map(one, ["j-1"] * 3))

    found = within(10, waiting)
    assert found.count(MemoryError) == 1 and found.count(ENDED) == 2


def test_nobody_begins_to_wait_for_a_wait_that_has_ended() -> None:
    with Waiting(FakeClient(jobs=[[ENDED]]).as_client(), SELECTS, 1) as rows:
        pass

    with pytest.raises(OverdueError):
        within(10, lambda: rows.until("job", "j-1", ended, time.monotonic() + 60))


def test_a_row_that_is_not_as_described_is_looked_at_again() -> None:
    assert wait(FakeClient(jobs=[[{"id": "j-1"}], [{"id": "j-1"}], [ENDED]])) == ENDED


def test_a_row_that_stays_undescribed_is_told_at_the_deadline() -> None:
    with pytest.raises(OverdueError) as late:
        wait(FakeClient(jobs=[[{"id": "j-1"}]]), 0.3)

    assert isinstance(late.value.error, ProtocolError)
