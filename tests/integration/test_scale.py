# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many sessions in one task: what it asks of the array, in which order it reports, and how it yields to a busy one."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._operation.throttle import Throttle
from tests.lab.faults.table import BUSY, START_PATH, at
from tests.lab.simulator import Simulator
from tests.running import run_module

COUNT = 300
VOLUMES = [{"volume": f"vol-{number:04}"} for number in range(1, COUNT + 1)]


@pytest.fixture
def many() -> Iterator[Simulator]:
    """A few hundred volumes whose operations take 50 ms."""
    scenario = {
        "operation_seconds": {"default": 0.05},
        "rules": {"rpo-5min": "Five_Minutes"},
        "defaults": {"rule": "rpo-5min"},
        "generate": {"volumes": COUNT, "prefix": "vol-"},
    }
    with Simulator.from_dict(scenario) as simulator:
        yield simulator


def test_one_login_few_connections_one_post_each(many: Simulator) -> None:
    result = run_module(many, "replication_failover_test", state="started", sessions=VOLUMES[::-1], max_parallel=16)
    assert [s["resource_name"] for s in result["sessions"]] == [v["volume"] for v in VOLUMES[::-1]]
    assert {s["action"] for s in result["sessions"]} == {"started"}
    posts = [e for e in many.dr.journal() if e.path.endswith("/start_failover_test")]
    reads = [e for e in many.dr.journal() if e.method == "GET"]
    assert len(posts) == len({e.path for e in posts}) == COUNT
    assert many.dr.connections <= 17
    assert (many.dr.logins, many.dr.logouts) == (1, 1)
    assert len(reads) < COUNT, "reads are shared between sessions"


def test_one_session_by_its_id_costs_six_requests(many: Simulator) -> None:
    many.operation_seconds["start_failover_test"] = 0
    session = many.dr.session("vol-0001")
    result = run_module(many, "replication_failover_test", state="started", session_id=session.id)
    assert result["changed"]
    asked = [e.path for e in many.dr.journal() if e.path not in ("/login_session", "/logout")]
    assert len(asked) <= 6, asked
    assert many.dr.connections == 1


def test_at_most_max_parallel_at_once(many: Simulator) -> None:
    many.operation_seconds["start_failover_test"] = 0.3
    most = 0
    ended = threading.Event()

    def look() -> None:
        nonlocal most
        while not ended.is_set():
            most = max(most, sum(job.phase not in ("Completed", "Failed") for job in list(many.dr.array.jobs)))
            time.sleep(0.01)

    watcher = threading.Thread(target=look)
    watcher.start()
    run_module(many, "replication_failover_test", state="started", sessions=VOLUMES[:40], max_parallel=8)
    ended.set()
    watcher.join()
    assert 4 <= most <= 8


def test_a_rollback_of_many_reports_both(many: Simulator) -> None:
    refused = many.dr.session("vol-0007").id
    path = f"/replication_session/{refused}/start_failover_test"
    many.faults.add(at("POST", path, "answer", status=422, body={"messages": []}))
    result = run_module(
        many, "replication_failover_test", state="started", sessions=VOLUMES[:50], on_failure="rollback"
    )
    actions = [s["action"] for s in result["sessions"]]
    assert actions.count("rolled_back") == 49
    assert actions[6] == "failed"
    assert all(s["rollback"]["job_id"] for s in result["sessions"] if s["action"] == "rolled_back")
    assert len(many.dr.executed("stop_failover_test")) == 49


def test_a_busy_array_is_given_time_by_the_whole_task(many: Simulator) -> None:
    many.faults.add(at("POST", START_PATH, "answer", status=503, body=BUSY, count=20))
    result = run_module(many, "replication_failover_test", state="started", sessions=VOLUMES[:60], max_parallel=32)
    assert {s["action"] for s in result["sessions"]} == {"started"}
    assert len(many.dr.executed("start_failover_test")) == 60


def test_a_resource_with_two_sessions_is_ambiguous_and_both_are_named(many: Simulator) -> None:
    first, second = many.dr.session("vol-0001"), many.dr.session("vol-0002")
    sessions = many.dr.array.sessions
    sessions.remove(second.id)
    second.local_resource_id = first.local_resource_id
    sessions.add(second.id, second)
    result = run_module(many, "replication_failover_test", state="started", volume="vol-0001")
    assert result["failure"]["kind"] == "ambiguous"
    assert first.id in result["msg"]
    assert second.id in result["msg"]


def test_the_throttle_is_halved_once_a_second_and_comes_back() -> None:
    throttle = Throttle(16)
    throttle.slow_down()
    throttle.slow_down()
    assert throttle.limit == 8
    for _operation in range(200):
        with throttle:
            pass
    assert throttle.limit == 16


def test_the_throttle_never_comes_to_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    throttle = Throttle(2)
    now = iter(range(10, 100, 10))
    monkeypatch.setattr(time, "monotonic", lambda: next(now))
    for _busy in range(5):
        throttle.slow_down()
    assert throttle.limit == 1
