# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""replication_failover_test on sessions and NAS servers in one task: one result, in the order asked."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator

import pytest

from tests.lab.faults.table import at
from tests.lab.simulator import Simulator
from tests.running import Result, run_module

HOMES: t.Final = {
    "nas_server": "homes",
    "interface": {"ip_address": "192.0.2.20", "prefix_length": 24},
    "isolated": True,
}
BOTH: t.Final = [{"volume": "erp-data"}, HOMES, {"volume": "erp-logs"}]
NAMES: t.Final = [{"volume": "erp-data"}, {"nas_server": "homes"}, {"volume": "erp-logs"}]


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    sessions = [{"volume": "erp-data"}, {"volume": "erp-logs"}, {"nas_server": "homes", "file_systems": ["a", "b"]}]
    with Simulator.from_dict({"sessions": sessions}) as running:
        yield running


def run(simulator: Simulator, state: str, sessions: t.Sequence[t.Any], **more: t.Any) -> Result:
    options = {"poll_interval": 0.1, "sessions": list(sessions), "state": state, **more}
    return run_module(simulator, "replication_failover_test", **options)


def clones(simulator: Simulator) -> list[str]:
    return [str(row["name"]) for row in simulator.dr.array.tables["nas_server"] if row["is_dr_test"]]


def actions(result: Result) -> list[str]:
    return [entry["action"] for entry in result["sessions"]]


def test_both_kinds_are_started_and_stopped_in_one_task(simulator: Simulator) -> None:
    predicted = run(simulator, "started", BOTH, check=True)
    assert actions(predicted) == ["started"] * 3 and predicted["changed"] and not clones(simulator)

    started = run(simulator, "started", BOTH, diff=True)
    assert actions(started) == ["started"] * 3 and started["changed"]
    names = [entry["resource_name"] for entry in started["sessions"]]
    assert names == ["erp-data", "homes", "erp-logs"]
    homes = started["sessions"][1]
    assert homes["resource_type"] == "nas_server" and homes["session_id"]
    assert homes["before"]["failover_test_in_progress"] is False
    assert homes["after"]["failover_test_in_progress"] is True and homes["clone"]["name"] in clones(simulator)
    assert len(started["diff"]["after"]) == 3

    again = run(simulator, "started", BOTH)
    assert actions(again) == ["none"] * 3 and not again["changed"]

    stopped = run(simulator, "stopped", NAMES)
    assert actions(stopped) == ["stopped"] * 3 and not clones(simulator)
    assert all(entry["after"]["failover_test_in_progress"] is False for entry in stopped["sessions"])
    assert actions(run(simulator, "stopped", NAMES)) == ["none"] * 3


@pytest.mark.parametrize(
    "spoiled", [{"volume": "erp-dta"}, {**HOMES, "nas_server": "homs"}, {**HOMES, "file_systems": ["c"]}]
)
@pytest.mark.parametrize("check", [True, False])
def test_a_blocker_on_one_refuses_all(simulator: Simulator, spoiled: dict[str, t.Any], check: bool) -> None:
    asked = [{"volume": "erp-logs"}, spoiled] + ([HOMES] if "volume" in spoiled else [])
    result = run(simulator, "started", asked, check=check)
    assert result["failed"] and not result["changed"]
    assert actions(result) == ["not_attempted", "failed"] + (["not_attempted"] if "volume" in spoiled else [])
    assert not clones(simulator) and not simulator.dr.session("erp-logs").failover_test_in_progress


def test_a_stop_of_one_kind_that_fails_keeps_no_other_from_it(simulator: Simulator) -> None:
    run(simulator, "started", BOTH)
    simulator.faults.add(at("DELETE", "/nas_server/{id}", "answer", status=422, body={"messages": []}))
    result = run(simulator, "stopped", NAMES)
    assert actions(result) == ["stopped", "failed", "stopped"] and result["failed"]
    assert result["sessions"][1]["after"]["failover_test_in_progress"] is True and clones(simulator)


@pytest.mark.parametrize(
    ("sessions", "more", "said"),
    [
        ([{"volume": "erp-data", "interface": HOMES["interface"]}], {}, "interface is only for nas_server"),
        ([{**HOMES, "snapshot": "monday"}], {}, "names a NAS server with a snapshot"),
        (BOTH, {"on_failure": "rollback"}, "on_failure is rollback"),
    ],
)
def test_what_makes_no_sense_is_refused(
    simulator: Simulator, sessions: list[t.Any], more: dict[str, t.Any], said: str
) -> None:
    result = run(simulator, "started", sessions, **more)
    assert result["failed"] and said in result["msg"]
    assert simulator.dr.logins == 0
