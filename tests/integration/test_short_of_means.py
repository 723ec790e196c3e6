# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A machine that gives fewer threads than asked for, or runs out of memory: the work is done, or what was is said."""

from __future__ import annotations

import threading
import typing as t

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._array.client import Client
from ansible_collections.drdrill.powerstore.plugins.module_utils._failover_test.task import run as run_task
from ansible_collections.drdrill.powerstore.plugins.module_utils._operation import workers
from tests.conftest import ModuleRunner
from tests.lab.simulator import Simulator
from tests.running import connection_to

ALL = [{"volume": "erp-data"}, {"volume_group": "erp-db"}, {"volume": "files-archive"}]


class Scarce:
    """Threads for the module alone: so many, then none. The simulated array, in this process, has its own."""

    def __init__(self, count: int) -> None:
        self.left = count

    def __call__(self, **options: t.Any) -> threading.Thread:
        if self.left == 0:
            raise RuntimeError("can't start new thread")
        self.left -= 1
        return threading.Thread(**options)


@pytest.mark.parametrize("threads", [0, 1])
def test_it_works_with_the_threads_that_can_be_had(
    simulator: Simulator, run: ModuleRunner, monkeypatch: pytest.MonkeyPatch, threads: int
) -> None:
    for state in ("started", "stopped"):
        monkeypatch.setattr(workers, "Thread", Scarce(threads))
        result = run("replication_failover_test", state=state, sessions=ALL, create_end_of_test_snapshot=True)
        assert [entry["action"] for entry in result["sessions"]] == [state] * 3, result.get("msg")
    assert len(simulator.dr.executed("stop_failover_test")) == 3


def test_memory_that_runs_out_at_the_request_is_a_lost_answer(
    simulator: Simulator, run: ModuleRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    operate, short = Client.operate, iter([True])

    def out_of_memory(self: Client, *arguments: t.Any, **options: t.Any) -> t.Any:
        receipt = operate(self, *arguments, **options)
        if next(short, False):
            raise MemoryError
        return receipt

    monkeypatch.setattr(Client, "operate", out_of_memory)
    result = run.start(sessions=ALL)

    assert [entry["action"] for entry in result["sessions"]] == ["started"] * 3
    assert sum("answer.lost" in str(entry["findings"]) for entry in result["sessions"]) == 1
    assert len(simulator.dr.executed("start_failover_test")) == 3


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("can't start new thread"), OSError(24, "files")])
def test_when_nothing_can_be_read_any_more_it_is_said_what_was_sent(
    simulator: Simulator, run: ModuleRunner, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def broken(*_arguments: object, **_options: object) -> t.Any:
        raise error

    operate = Client.operate

    def last_act(self: Client, *arguments: t.Any, **options: t.Any) -> t.Any:
        monkeypatch.setattr(Client, "get_by", broken)
        return operate(self, *arguments, **options)

    monkeypatch.setattr(Client, "operate", last_act)
    result = run.start(sessions=ALL, wait_timeout=5)

    assert result["failed"] and result["changed"] is True  # not known counts as changed
    assert [entry["action"] for entry in result["sessions"]] == ["failed"] * 3
    assert all(entry["request_sent"] and entry["after"] is None for entry in result["sessions"])
    assert "this computer could not go on" in result["msg"]
    assert result["failure"]["kind"] == "unreachable"


def test_when_nothing_can_be_read_at_all(run: ModuleRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_arguments: object, **_options: object) -> t.Any:
        raise MemoryError

    monkeypatch.setattr(Client, "get", broken)
    for result in (run.start(sessions=ALL), run("replication_session_info")):
        assert result["failed"] and result["failure"]["kind"] == "unreachable"
        assert "this computer could not go on" in result["msg"]


def test_progress_is_told_as_operations_end(simulator: Simulator) -> None:
    told: list[tuple[int, int, int, int]] = []
    path = f"/replication_session/{simulator.dr.session('erp-db').id}/start_failover_test"
    simulator.faults.add(array="dr", method="POST", path=path, action="answer", status=422, body={"messages": []})
    params = {
        **dict.fromkeys(("session_id", "volume", "volume_group", "snapshot", "end_of_test_snapshot_expiration")),
        **connection_to(simulator),
        "sessions": ALL,
        "state": "started",
        "on_failure": "keep",
        "create_end_of_test_snapshot": False,
        "force": False,
        "max_parallel": 16,
        "wait_timeout": 60,
        "poll_interval": 1,
        "settle_time": 0,
        "attempts": 1,
        "attempt_delay": 0,
        "validate_certs": True,
        "timeout": 60,
    }
    run_task(params, check_mode=False, on_progress=lambda *numbers: told.append(numbers))

    ended = [done + failed for done, failed, _under_way, _total in told]
    assert ended == sorted(ended) and set(ended) == {0, 1, 2, 3}
    assert told[-1][:2] == (2, 1) and {total for *_others, total in told} == {3}
    assert {under_way for _done, _failed, under_way, _total in told} <= {0, 1, 2, 3} and told[0][2] == 1
