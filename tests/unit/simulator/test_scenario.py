# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenario files, the command line and the control interface."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.lab.simulator import ScenarioError, Simulator
from tests.lab.simulator.control import ControlServer

from .conftest import ESTATE, Client

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"colour": 1}, "scenario: unknown key colour (known: accounts, alerts, arrays, clock, "),
        (
            {"sessions": [{"volume": "a", "colour": 1}]},
            "sessions[0]: unknown key colour (known: data_connection_state, ",
        ),
        ({"sessions": [{"state": "OK"}]}, "sessions[0]: exactly one of volume, volume_group, "),
        ({"sessions": [{"volume": "a", "volume_group": "b"}]}, "is needed, found ['volume', 'volume_group']"),
        ({"sessions": [{"volume": "a", "rule": "nope"}]}, "session a: there is no rule 'nope'"),
        ({"sessions": [{"volume": "a", "hosts": ["nope"]}]}, "array dr has no host or host group 'nope'"),
        (
            {"sessions": [{"volume": "a", "size": "big"}]},
            "sessions[0].size: Expected a size: bytes, or 100 GiB, found 'big'",
        ),
        (
            {"sessions": [{"volume": "a", "size": True}]},
            "sessions[0].size: Expected a size: bytes, or 100 GiB, found True",
        ),
        ({"sessions": [{"volume": "a", "members": 1.5}]}, "sessions[0].members: Expected `int | array`, got `float`"),
        ({"sessions": [{"volume": "a", "hosts": "h1"}]}, "sessions[0].hosts: Expected `array`, got `str`, found 'h1'"),
        ({"sessions": [{"volume": 5}]}, "sessions[0].volume: Expected `str | null`, got `int`, found 5"),
        ({"sessions": [{"volume": "a", "test": {"colour": 1}}]}, "sessions[0].test: unknown key colour (known: age, "),
        (
            {"sessions": [{"volume": "a", "test": {"age": "old"}}]},
            "sessions[0].test.age: Expected a duration: a number of ",
        ),
        (
            {"sessions": [{"volume": "a", "snapshots": [{"age": 1}]}]},
            "sessions[0].snapshots[0]: Object missing required ",
        ),
        ({"sessions": "none"}, "scenario.sessions: Expected `array`, got `str`, found 'none'"),
        ({"rules": {"good": "One_Day", "r": "Two_Minutes"}}, "scenario.rules.r: Expected one of Fifteen_Minutes, "),
        ({"operation_seconds": {"sync": 1, "stop": "soon"}}, "scenario.operation_seconds.stop: Expected a duration: "),
        ({"arrays": {"third": {}}}, "scenario.arrays: unknown key third (known: dr, production)"),
        (
            {"arrays": {"dr": {"host_groups": {"a": ["h"], "b": [1]}}}},
            "arrays.dr.host_groups.b[0]: Expected `str`, got `int`",
        ),
        (
            {"accounts": [{"username": "a", "password": "b", "role": "king"}]},
            "scenario.accounts[0].role: Expected one of ",
        ),
        ({"clock": {"start": "noon"}}, "scenario.clock.start: Invalid RFC3339 encoded datetime, found 'noon'"),
        (
            {"options": {"colour": 1}},
            "scenario.options: unknown key colour (known: accepts_second_start, ",
        ),
        (
            {"options": {"recovery_point_clock": "sundial"}},
            "recovery_point_clock: Expected one of own, source, found 'sun",
        ),
        (
            {"alerts": [{"description": "x", "resource_type": "moon"}]},
            "alerts[0].resource_type: Expected one of appliance, ",
        ),
        ({"link": "broken"}, "scenario.link: Expected one of cut, up, found 'broken'"),
        ({"generate": {"colour": 1}}, "scenario.generate: unknown key colour (known: group_prefix, "),
        ({"generate": {"volumes": 1, "session": {"colour": 1}}}, "generate[0].session: unknown key colour"),
        ({"faults": [{"action": "delay", "seconds": "soon"}]}, "faults[0].seconds: Expected a duration: "),
        (
            {"faults": [{"action": "drip", "part": "tail"}]},
            "faults[0].part: Expected one of body, headers, found 'tail'",
        ),
    ],
)
def test_mistakes_are_named(change: dict[str, Any], complaint: str) -> None:
    """The place, what was expected there, and what was found."""
    with pytest.raises(ScenarioError, match=re.escape(complaint)):
        Simulator.from_dict({**ESTATE, **change})


def test_what_yaml_takes_for_something_else() -> None:
    """A release that looks like a number, a time without a zone, a list in one block."""
    arrays = {"dr": {"release_version": 3.6}}
    clock = {"start": datetime(2026, 3, 1, 12), "frozen": True}
    sim = Simulator.from_dict({"arrays": arrays, "clock": clock, "generate": [{"volumes": 1}, {"volume_groups": 1}]})
    assert sim.dr.array.version == (3, 6, 0, 0)
    assert sim.clock.now() == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert len(sim.dr.array.sessions) == 2
    sim.stop()


def test_an_estate_with_problems() -> None:
    sim = Simulator.from_dict(
        {
            "defaults": {"rule": "rpo-1h", "hosts": ["h"]},
            "arrays": {"dr": {"hosts": ["h"], "release_version": "3.6.0.0", "clock_skew": "5m"}},
            "generate": {"volumes": 3, "volume_groups": 2, "session": {"state": "Paused"}},
            "sessions": [
                {"volume": "failed-over", "role": "Source", "state": "Failed_Over"},
                {"volume": "unmapped", "hosts": []},
                {"volume": "in-test", "test": {"user": "jdoe", "age": "2h", "snapshot": "s"}, "snapshots": ["s"]},
                {"nas_server": "nas"},
                {"replication_group": "vvols"},
            ],
            "alerts": [
                {"description": "RPO exceeded", "session": "unmapped"},
                {"description": "Getting full", "resource_type": "appliance", "severity": "Minor"},
            ],
            "link": "cut",
        }
    )
    with sim:
        client = Client(sim, sim.dr)
        client.login()
        assert len(client.get("/replication_session")) == 10
        (job,) = client.get("/job", select="user,resource_action,start_time,phase")
        assert (job["user"], job["resource_action"]) == ("jdoe", "start_failover_test")
        (alert,) = client.get("/alert", resource_id=f"eq.{sim.dr.session('unmapped').id}", select="description_l10n")
        assert alert["description_l10n"] == "RPO exceeded"
        assert len(client.get("/alert", resource_type="eq.appliance", resource_id="eq.A1")) == 1
        assert sim.dr.session("in-test").in_test()
        assert sim.dr.session("vol-0002").state == "Paused"
        assert sim.dr.session("nas").failover_test_in_progress is None
        assert sim.production.session("failed-over").role == "Destination"
        assert sim.dr.session("unmapped").state == "System_Paused"


def test_ids_are_the_same_each_time() -> None:
    ids = set()
    for _number in range(2):
        sim = Simulator.from_dict(ESTATE)
        ids.add(sim.dr.session("erp-data").id)
        sim.stop()
    assert len(ids) == 1


def test_stopping_is_quick_and_cleans_up(sim: Simulator, dr: Client) -> None:
    dr.get("/volume")
    began = time.monotonic()
    sim.stop()
    assert time.monotonic() - began < 10
    assert not Path(sim.ca_path).exists()


def test_observers_see_every_exchange(sim: Simulator, dr: Client, production: Client) -> None:
    seen: list[tuple[str, str]] = []
    sim.observers.append(lambda exchange: seen.append((exchange.array, exchange.path)))
    dr.get("/volume")
    production.get("/host")
    assert seen == [("dr", "/volume"), ("production", "/host")]


def test_control_interface(sim: Simulator, dr: Client) -> None:
    control = ControlServer(sim).start()

    def call(method: str, path: str, body: object = None) -> Any:
        answer = requests.request(method, f"{control.url}{path}", json=body, timeout=10)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    dr.get("/volume")
    assert [each["path"] for each in call("GET", "/journal?array=dr")] == ["/login_session", "/volume"]
    assert call("GET", "/summary")["dr"]["requests"] == {"GET /login_session": 1, "GET /volume": 1}
    call("DELETE", "/journal")
    assert call("GET", "/journal") == []
    call("POST", "/arrays/dr/sessions/erp-data/start_failover_test", {"user": "jdoe"})
    call("PATCH", "/arrays/dr/sessions/erp-db", {"state": "Paused"})
    call("POST", "/link", {"up": False})
    state = call("GET", "/state")
    sessions = {each["resource_name"]: each for each in state["arrays"]["dr"]["sessions"]}
    assert sessions["erp-data"]["failover_test"]["user"] == "jdoe"
    assert sessions["erp-data"]["state"] == "System_Paused"
    assert sessions["erp-db"]["state"] == "Paused"
    call("POST", "/clock", {"advance": "1h"})
    call("PUT", "/arrays/dr/software", {"release_version": "2.1.0.0"})
    call("PUT", "/arrays/dr/clock", {"step": 90})
    assert call("PUT", "/arrays/dr/clock", {"skew": "1h"}) == {"clock_skew": 3600}
    call("PUT", "/arrays/dr/write_protected", {"on": True})
    assert call("GET", "/state")["arrays"]["dr"]["write_protected"] is True
    call("PUT", "/arrays/production/accounts/admin/password", {"password": "new"})
    assert Client(sim, sim.production, "admin", "new").login().status_code == 200
    call("DELETE", "/arrays/dr/sessions/old")
    assert len(sim.dr.array.sessions) == 4
    call("PUT", "/operation_seconds", {"start_failover_test": 2})
    call("POST", "/faults", {"action": "forbid", "path": "/volume"})
    assert sim.operation_seconds["start_failover_test"] == 2
    assert dr.send("GET", "/volume").status_code == 403
    assert call("GET", "/faults")[0]["fired"] == 1
    call("DELETE", "/faults")
    for method, path, body in (
        ("PATCH", "/arrays/dr/sessions/nope", {"state": "OK"}),
        ("PATCH", "/arrays/dr/sessions/erp-db", {"colour": 1}),
        ("POST", "/arrays/dr/sessions/erp-data/start_failover_test", {}),
    ):
        assert requests.request(method, f"{control.url}{path}", json=body, timeout=10).status_code in {400, 404, 422}
    control.stop()


def test_command_line(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    command = [sys.executable, "-m", "tests.lab.simulator", "--ready-file", str(ready), "--state-dir", str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            deadline = time.monotonic() + 240
            while not ready.exists():
                assert time.monotonic() < deadline and process.poll() is None
                time.sleep(0.1)
            told = json.loads(ready.read_text(encoding="utf-8"))
            url = f"https://{told['dr']['host']}:{told['dr']['port']}/api/rest/login_session"
            http = requests.Session()
            http.trust_env = False
            answer = http.get(url, auth=(told["username"], told["password"]), verify=told["ca_path"], timeout=60)
            assert answer.status_code == 200
            assert requests.get(f"{told['control']}/summary", timeout=60).json()["dr"]["logins"] == 1
            assert told["pid"] == process.pid
        finally:
            process.send_signal(signal.SIGTERM)
        output, _errors = process.communicate(timeout=10)
        assert process.returncode == 0
        assert "control" in output


def test_a_wrong_scenario_ends_the_command_line(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yml"
    wrong.write_text("colour: red\n", encoding="utf-8")
    command = [sys.executable, "-m", "tests.lab.simulator", str(wrong)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 2
    assert "unknown key colour" in done.stderr


@pytest.mark.parametrize("name", ["default", "problems"])
def test_the_scenarios_that_come_with_it(name: str) -> None:
    with Simulator.from_file(ROOT / "tests" / "lab" / "simulator" / "scenarios" / f"{name}.yml") as sim:
        client = Client(sim, sim.dr)
        assert client.login().status_code == 200
        sessions = client.get("/replication_session", select="*")
    assert len(sessions) == {"default": 3, "problems": 12}[name]
