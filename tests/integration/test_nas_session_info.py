# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""replication_session_info asked for NAS servers: their DR-test clones, and what would refuse to make one."""

from __future__ import annotations

import typing as t

import pytest

from tests.lab.faults.table import at
from tests.lab.simulator import Simulator
from tests.running import Result, run_module

INTERFACE: t.Final = {"ip_address": "192.0.2.20", "prefix_length": 24}
ASKED: t.Final = {"nas_server": "homes", "interface": INTERFACE}
CLONE: t.Final = {"name": "homes-test", "user": "admin", "age": "2h", "interfaces": [{"ip_address": "192.0.2.9"}]}


def array(*sessions: dict[str, t.Any], **more: t.Any) -> Simulator:
    return Simulator.from_dict({"sessions": [{"volume": "erp-data"}, *sessions], **more})


def info(simulator: Simulator, *sessions: dict[str, t.Any]) -> Result:
    return run_module(simulator, "replication_session_info", sessions=list(sessions))


def ids(session: dict[str, t.Any]) -> list[str]:
    return [finding["id"] for finding in session["findings"]]


@pytest.mark.parametrize("flag", [None, False])
def test_a_nas_server_without_a_clone_is_ready(flag: bool | None) -> None:
    with array({"nas_server": "homes"}, options={"nas_flag_at_rest": flag}) as simulator:
        [homes, volume] = info(simulator, ASKED, {"volume": "erp-data"})["sessions"]
        [by_id] = info(simulator, {"session_id": homes["session_id"]})["sessions"]
    assert (homes["resource_type"], homes["resource_name"], homes["selector"]) == (
        "nas_server", "homes", {"nas_server": "homes"},
    )  # fmt: skip
    assert (homes["ready"], homes["findings"], homes["failover_test_in_progress"]) == (True, [], False)
    assert homes["dr_test_clones"] == [] and volume["dr_test_clones"] is None
    assert homes["last_sync_timestamp"] is None and homes["recovery_point_age_seconds"] is None
    assert ids(by_id) == ["nas.use_clone"] and by_id["dr_test_clones"] == []


def test_a_clone_that_is_there_blocks_a_drill_and_is_shown() -> None:
    with array({"nas_server": "homes", "file_systems": ["home", "projects"], "dr_tests": [CLONE]}) as simulator:
        [homes] = info(simulator, ASKED)["sessions"]
    assert homes["failover_test_in_progress"] is True and not homes["ready"]
    [finding] = homes["findings"]
    assert finding["id"] == "test.already_running" and finding["severity"] == "blocker"
    assert "DR-test clone 'homes-test' of the NAS server 'homes'" in finding["message"]
    assert "made by admin" in finding["message"] and "2 h" in finding["message"]
    [clone] = homes["dr_test_clones"]
    assert [each["name"] for each in clone["file_systems"]] == ["home", "projects"]
    assert [each["ip_address"] for each in clone["interfaces"]] == ["192.0.2.9"]
    test = homes["failover_test"]
    assert (test["in_progress"], test["started_by"], test["source"]) == (True, "admin", "job")
    assert 7190 < test["age_seconds"] < 7300 and test["own"] is False  # made by this account, and not as a drill does


def test_a_clone_as_a_drill_makes_it_is_own_and_another_beside_it_is_not() -> None:
    start = {"nas_server": "homes", "isolated": True, "interface": INTERFACE, "state": "started"}
    with array({"nas_server": "homes"}) as simulator:
        run_module(simulator, "nas_dr_test", **start)
        [alone] = info(simulator, {"nas_server": "homes"})["sessions"]
        other = {"ip_address": "192.0.2.21", "prefix_length": 24}
        run_module(simulator, "nas_dr_test", **{**start, "interface": other, "label": "upgrade"})
        [both] = info(simulator, {"nas_server": "homes"})["sessions"]
    assert (alone["failover_test"]["own"], len(alone["dr_test_clones"])) == (True, 1)
    assert (both["failover_test"]["own"], len(both["dr_test_clones"])) == (False, 2)


@pytest.mark.parametrize("asked", [{}, {"sessions": [{"session_id": "homes"}]}, {"name": "homes"}])
def test_a_clone_is_shown_of_a_session_that_was_not_named_as_a_nas_server(asked: dict[str, t.Any]) -> None:
    """Its flag stays the array's own, which has no meaning; what was asked for is the session, not a DR test."""
    with array({"nas_server": "homes", "dr_tests": [CLONE]}) as simulator:
        if "sessions" in asked:
            asked = {"sessions": [{"session_id": simulator.dr.session("homes").id}]}
        result = run_module(simulator, "replication_session_info", **asked)
    homes = next(each for each in result["sessions"] if each["resource_type"] == "nas_server")
    assert [each["name"] for each in homes["dr_test_clones"]] == ["homes-test"]
    assert not homes["failover_test_in_progress"] and homes["failover_test"]["in_progress"] is None
    assert ids(homes) == ["nas.use_clone"] and "dr_test_clones" not in result


def test_clones_that_cannot_be_read_keep_nothing_else_from_being_said() -> None:
    with array({"nas_server": "homes", "dr_tests": [CLONE]}) as simulator:
        simulator.faults.add(at("GET", "/nas_server", "answer", status=403, body="", after=1))
        result = run_module(simulator, "replication_session_info")
    homes = next(each for each in result["sessions"] if each["resource_type"] == "nas_server")
    assert not result.get("failed") and homes["dr_test_clones"] is None
    assert "the DR-test clones of NAS servers" in [each["what"] for each in result["unread"]]


def test_a_name_that_is_no_nas_server_is_said() -> None:
    with array({"nas_server": "homes"}) as simulator:
        result = info(simulator, {**ASKED, "nas_server": "home"})
    assert result["failed"] and "No NAS server 'home' on" in result["msg"]
    assert ids(result["sessions"][0]) == ["session.not_found"]


def test_a_release_before_3_6_knows_no_dr_test() -> None:
    arrays = {name: {"release_version": "3.5.0.0"} for name in ("production", "dr")}
    with array({"nas_server": "homes"}, arrays=arrays) as simulator:
        [homes] = info(simulator, ASKED)["sessions"]
    assert ids(homes) == ["nas.version_not_supported"] and "3.6 or later" in homes["findings"][0]["message"]


def test_nothing_more_is_asked_where_no_nas_server_is_named() -> None:
    with array({"nas_server": "homes"}) as simulator:
        info(simulator, {"volume": "erp-data"})
        before = dict(simulator.dr.requests_by_path())
        info(simulator, ASKED)
        after = simulator.dr.requests_by_path()
    assert not any("nas_server" in path or "file_" in path for path in before)
    assert any(path.endswith("/file_interface") for path in after)  # whether its address is that of another


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"file_systems": ["projekte"]}, "nas.file_system_not_found"),
        ({"interface": {"ip_address": "192.0.2.7", "prefix_length": 24}}, "nas.address_in_use"),
        ({"interface": {"ip_address": "192.0.2.7", "prefix_length": 24}, "isolated": True}, None),
        ({"interface": None}, None),
    ],
)
def test_what_refuses_a_clone_is_known_before_the_drill(asked: dict[str, t.Any], found: str | None) -> None:
    production = {"nas_server": "homes", "interfaces": [{"ip_address": "192.0.2.7"}]}
    with array(production) as simulator:
        [homes] = info(simulator, {**ASKED, **asked})["sessions"]
    assert (ids(homes), homes["ready"]) == ([found] if found else [], found is None)


def test_a_reading_whose_clones_are_refused_says_nothing_of_the_nas_server() -> None:
    with array({"nas_server": "homes"}) as simulator:
        simulator.faults.add(at("GET", "/nas_server", "answer", status=500, body="", after=1))
        result = info(simulator, {"nas_server": "homes"}, {"volume": "erp-data"})
    homes, volume = result["sessions"]
    assert result["failed"] and homes["session_id"] is None and volume["ready"]
