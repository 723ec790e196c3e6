# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""replication_session_info by its real main() over HTTPS: what it finds, in how many requests, and what it refuses."""

from __future__ import annotations

import typing as t
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._array import transport
from tests.conftest import ModuleRunner, journal_problems
from tests.contract.checker import Contract
from tests.lab.faults.table import at
from tests.lab.simulator import Simulator
from tests.lab.simulator.journal import Exchange
from tests.running import Result, run_module

PROBLEMS = Path(__file__).parents[1] / "lab/simulator/scenarios/problems.yml"
Session = dict[str, t.Any]


@pytest.fixture(scope="module")
def problems(contract: Contract) -> Iterator[Simulator]:
    """Twelve sessions, nine of which have something; nobody changes them."""
    with Simulator.from_file(PROBLEMS) as simulator:
        yield simulator
        assert not journal_problems(contract, simulator)


def info(simulator: Simulator, **options: t.Any) -> Result:
    return run_module(simulator, "replication_session_info", **options)


def by_name(result: Result) -> dict[str, Session]:
    return {session["resource_name"]: session for session in result["sessions"]}


def ids(session: Session) -> list[str]:
    return [finding["id"] for finding in session["findings"]]


FOUND = {
    "ready-data": (True, []),
    "ready-db": (True, []),
    "paused": (True, ["replication.paused", "rpo.exceeded"]),
    "unmapped": (True, ["host.not_mapped"]),
    "old-recovery-point": (True, ["rpo.exceeded", "alert.active"]),
    "in-test": (False, ["test.already_running"]),
    "failed-over": (False, ["role.not_destination", "state.not_allowed"]),
    "broken": (False, ["state.not_allowed", "session.error", "link.degraded"]),
    "upgrading": (False, ["state.not_allowed"]),
    "metro": (False, ["type.not_asynchronous", "role.not_destination", "state.not_allowed", "rpo.not_measured"]),
    "nas-home": (False, ["nas.use_clone"]),
    "vvol-apps": (False, ["vvol.use_vsphere"]),
}


def test_each_problem_is_found(problems: Simulator) -> None:
    sessions = by_name(info(problems))
    assert {name: (session["ready"], ids(session)) for name, session in sessions.items()} == FOUND


@pytest.mark.parametrize("name", [n for n, (_ready, found) in FOUND.items() if n not in ("ready-data", "ready-db")])
def test_ready_is_what_a_start_refuses(problems: Simulator, name: str) -> None:
    """The same session, asked of both modules: what makes it not ready refuses the start, and nothing else does."""
    session = by_name(info(problems))[name]
    started = run_module(
        problems, "replication_failover_test", state="started", session_id=session["session_id"], check=True
    )
    [entry] = started["sessions"]
    if name == "in-test":  # it is as wanted already, so nothing is refused and nothing done; a drill does not begin
        assert entry["action"] == "none" and not started.get("failed")
        return
    assert session["ready"] is not bool(started.get("failed"))
    blockers = [finding for finding in session["findings"] if finding["severity"] == "blocker"]
    assert [finding for finding in entry["findings"] if finding["severity"] == "blocker"] == blockers
    if not session["ready"]:
        real = run_module(problems, "replication_failover_test", state="started", session_id=session["session_id"])
        assert real["sessions"] == started["sessions"] and real["msg"] == started["msg"]
        assert all(finding["message"] in real["msg"] for finding in blockers)
        assert not problems.dr.executed("start_failover_test")


def test_an_alert_is_told_whole(problems: Simulator) -> None:
    sessions = by_name(info(problems))
    [alert] = sessions["old-recovery-point"]["alerts"]
    assert alert["severity"] == "Major" and alert["event_code"] == "0x01800A01" and not alert["is_acknowledged"]
    assert alert["description"] == "The recovery point objective is not met."
    assert sessions["ready-data"]["alerts"] == []


def test_an_account_that_may_not_read_alerts_is_told_so(simulator: Simulator, run: ModuleRunner) -> None:
    simulator.faults.add(array="dr", method="GET", path="/alert", action="forbid")
    for session in run("replication_session_info")["sessions"]:
        assert session["alerts"] is None and session["ready"]
        assert ids(session) == ["alerts.not_readable"]


@pytest.mark.parametrize(
    ("forbidden", "source"),
    [([], "job"), (["/job"], "audit_event"), (["/job", "/audit_event"], "unavailable")],
    ids=["jobs", "audit log", "neither"],
)
def test_who_started_a_running_test(simulator: Simulator, run: ModuleRunner, forbidden: list[str], source: str) -> None:
    simulator.dr.start_failover_test("erp-db", user="an earlier one")
    simulator.dr.stop_failover_test("erp-db", user="an earlier one")
    simulator.clock.advance(60)
    simulator.dr.start_failover_test("erp-db", user="colleague")
    simulator.clock.advance(7200)
    for path in forbidden:
        simulator.faults.add(array="dr", method="GET", path=path, action="forbid")
    sessions = by_name(run("replication_session_info"))
    test, [finding] = sessions["erp-db"]["failover_test"], sessions["erp-db"]["findings"]

    assert (test["in_progress"], test["source"]) == (True, source)
    assert finding["id"] == "test.already_running" and finding["severity"] == "blocker"
    if source == "unavailable":
        assert test["started_by"] is test["started_at"] is test["age_seconds"] is None
        assert "cannot see who started it" in finding["message"]
    else:
        assert test["started_by"] == "colleague" and 7200 <= test["age_seconds"] < 7300
        assert "started by colleague at 20" in finding["message"] and "2 h ago" in finding["message"]
    assert set(sessions["erp-data"]["failover_test"].values()) == {False, None}
    assert test["own"] is (None if source == "unavailable" else False)


def test_the_audit_log_tells_where_jobs_are_no_longer_kept(simulator: Simulator, run: ModuleRunner) -> None:
    simulator.dr.start_failover_test("erp-db", user="colleague")
    for job_id in list(simulator.dr.array.jobs.ids()):
        simulator.dr.array.jobs.remove(job_id)
    test = by_name(run("replication_session_info"))["erp-db"]["failover_test"]
    assert (test["started_by"], test["source"]) == ("colleague", "audit_event")


@pytest.mark.parametrize("by", ["everything", "session"])
def test_a_second_session_of_the_same_resource(simulator: Simulator, run: ModuleRunner, by: str) -> None:
    first, second = simulator.dr.session("erp-data"), simulator.dr.session("files-archive")
    simulator.dr.array.sessions.remove(second.id)
    second.local_resource_id, second.role, second.resource_name = first.local_resource_id, "Source", "erp-data"
    simulator.dr.array.sessions.add(second.id, second)
    options = {} if by == "everything" else {"session_id": first.id}
    result = run("replication_session_info", **options)
    [session] = [s for s in result["sessions"] if s["session_id"] == first.id]
    assert ids(session) == ["resource.replicated_twice"]
    assert f"{second.id} (Source, OK)" in session["findings"][0]["message"]


def test_members_that_differ_from_the_pairs(simulator: Simulator, run: ModuleRunner) -> None:
    session = simulator.dr.session("erp-db")
    group = simulator.dr.array.tables["volume_group"].get(session.local_resource_id)
    extra = simulator.dr.session("files-archive").local_resource_id
    group["_volumes"] = [*group["_volumes"][1:], extra]
    found = by_name(run("replication_session_info"))["erp-db"]
    assert ids(found) == ["members.differ"]
    assert "in the group but not replicated: files-archive" in found["findings"][0]["message"]
    assert extra in [volume["id"] for volume in found["volumes"]]


def vanish(simulator: Simulator, table: str, key: str, after: str) -> None:
    """Something is gone once another collection has been read."""

    def look(exchange: Exchange) -> None:
        if exchange.path == after and key in simulator.dr.array.tables[table].ids():
            simulator.dr.array.tables[table].remove(key)

    simulator.observers.append(look)


@pytest.mark.parametrize("what", ["volume", "member", "volume_group", "replication_rule"])
def test_what_vanishes_between_two_queries(simulator: Simulator, run: ModuleRunner, what: str) -> None:
    data, group = simulator.dr.session("erp-data"), simulator.dr.session("erp-db")
    key = {
        "volume": data.local_resource_id,
        "member": group.element_pairs[0][0],
        "volume_group": group.local_resource_id,
        "replication_rule": data.replication_rule_id,
    }[what]
    after = "/volume_group" if what == "member" else "/replication_session"
    vanish(simulator, "volume" if what == "member" else what, str(key), after)
    sessions = by_name(run("replication_session_info"))
    expected = {
        "volume": {"erp-data": ["volume.not_found"]},
        "member": {"erp-db": ["volume.not_found"]},
        "volume_group": {},  # the pairs of the session tell the volumes
        "replication_rule": {"erp-data": ["rpo.not_measured"], "erp-db": ["rpo.not_measured"]},
    }[what]
    named = {name or "erp-data": ids(session) for name, session in sessions.items() if session["findings"]}
    assert named == expected
    assert len(sessions["erp-db"]["volumes"]) == (2 if what == "member" else 3)


def test_every_name_that_leads_to_nothing_is_told_with_the_others(simulator: Simulator, run: ModuleRunner) -> None:
    sessions = [{"volume": "nope"}, {"volume": "erp-data"}, {"session_id": "a,b)"}, {"volume_group": "none"}]
    result = run("replication_session_info", sessions=sessions)
    assert result["failed"] and result["failure"]["kind"] == "not_found" and not result["changed"]
    for name in ("nope", "a,b)", "none"):
        assert f"'{name}'" in result["msg"]
    assert [session["ready"] for session in result["sessions"]] == [False, True, False, False]
    assert [ids(session) for session in result["sessions"]] == [["session.not_found"], []] + [["session.not_found"]] * 2
    twice = run("replication_session_info", sessions=[{"volume": "erp-data"}] * 2)
    assert [ids(session) for session in twice["sessions"]] == [["session.ambiguous"]] * 2


def test_the_snapshot_that_a_drill_would_show(run: ModuleRunner) -> None:
    wanted = {"files-archive-monday": [], "nope": ["snapshot.not_found"], "erp-data": ["snapshot.wrong_resource"]}
    for snapshot, expected in wanted.items():
        sessions = [{"volume": "files-archive", "snapshot": snapshot}]
        [session] = run("replication_session_info", sessions=sessions)["sessions"]
        assert ids(session) == expected and session["ready"] is not bool(expected)
        assert bool(run.start(sessions=sessions, check=True).get("failed")) is bool(expected)


@pytest.mark.parametrize("release", ["1.0.4.0", "2.1.1.1", "3.6.1.0"])
def test_older_releases(simulator: Simulator, run: ModuleRunner, release: str) -> None:
    simulator.dr.set_release_version(release)
    for session in run("replication_session_info")["sessions"]:
        if release < "2":
            assert ids(session) == ["version.not_supported", "rpo.not_measured"] and not session["ready"]
        else:
            assert session["ready"] and session["findings"] == []


ODD_NAMES = [
    "two words", "comma, comma", "(parentheses)", "a)b(c", 'double "quotes"', "single 'quote'", '"quoted"', "100 %",
    "per%20cent", "größer-als-Übung", "数据库", "back\\slash", "and&or=1", "plus+sign#hash", "in.(x,y)", "star*",
    "what?", "[brackets]", "semi;colon", "is.null",
]  # fmt: skip


@pytest.fixture(scope="module")
def odd(contract: Contract) -> Iterator[Simulator]:
    """A volume and a volume group with each odd name, behind a remote system with another."""
    sessions = [{kind: name, "hosts": ["host (1), 100%"]} for name in ODD_NAMES for kind in ("volume", "volume_group")]
    arrays = {"production": {"name": "Prod (Süd), 100%"}, "dr": {"hosts": ["host (1), 100%"]}}
    with Simulator.from_dict({"arrays": arrays, "sessions": sessions}) as simulator:
        yield simulator
        assert not journal_problems(contract, simulator)


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_names_select_and_filter(odd: Simulator, name: str) -> None:
    for kind in ("volume", "volume_group"):
        [selected] = info(odd, **{kind: name})["sessions"]
        assert (selected["resource_type"], selected["resource_name"]) == (kind, name)
        assert selected["ready"] and selected["hosts"] == ["host (1), 100%"]
    filtered = info(odd, name=name, remote_system="Prod (Süd), 100%")["sessions"]
    assert [session["resource_name"] for session in filtered] == [name] * 2


def test_odd_names_in_one_task_and_as_patterns(odd: Simulator) -> None:
    sessions = [{"volume": name} for name in ODD_NAMES]
    assert [s["resource_name"] for s in info(odd, sessions=sessions)["sessions"]] == ODD_NAMES
    for pattern, expected in (("*%*", ["100 %", "per%20cent"]), ("GRÖSSER*übung", ["größer-als-Übung"]), ("?数*", [])):
        found = {session["resource_name"] for session in info(odd, name=pattern, resource_type="volume")["sessions"]}
        assert sorted(found) == expected
    assert info(odd, remote_system="Prod")["sessions"] == []


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"role": "Source"}, {"failed-over"}),
        ({"resource_type": "volume_group"}, {"ready-db"}),
        ({"state": "paused"}, {"paused"}),
        ({"failover_test_in_progress": True}, {"in-test"}),
        ({"name": "READY-*"}, {"ready-data", "ready-db"}),
        ({"remote_system": "PS-production", "role": "Metro_Non_Preferred"}, {"metro"}),
        ({"remote_system": "elsewhere"}, set()),
    ],
)
def test_filters(problems: Simulator, filters: dict[str, t.Any], expected: set[str]) -> None:
    assert set(by_name(info(problems, **filters))) == expected


@pytest.mark.uncounted
def test_one_thousand_sessions_in_at_most_25_requests(contract: Contract) -> None:
    estate = {
        "arrays": {"dr": {"hosts": ["dr-host-1"]}},
        "generate": {"volumes": 500, "volume_groups": 500, "session": {"hosts": ["dr-host-1"]}},
        "alerts": [{"description": "Look here.", "session": "vol-0007"}],
    }
    with Simulator.from_dict(estate) as simulator:
        for name in ("vol-0001", "vg-0500"):
            simulator.dr.start_failover_test(name, user="colleague")
        named = [{"volume": f"vol-{n:04}"} for n in range(1, 501)] + [
            {"volume_group": f"vg-{n:04}"} for n in range(1, 501)
        ]
        for release, options in (
            ("4.1.0.0", {}), ("4.1.0.0", {"sessions": named}), ("3.6.1.0", {}), ("3.6.1.0", {"sessions": named}),
        ):  # fmt: skip
            simulator.dr.set_release_version(release)
            simulator.clear_journal()
            result = info(simulator, **options)
            requests = [exchange.path for exchange in simulator.dr.journal()]
            assert len(requests) <= 25, requests
            assert len(result["sessions"]) == 1000
            sessions = by_name(result)
            for name, session in sessions.items():
                assert session["hosts"] == ["dr-host-1"] and session["rpo_objective_seconds"] == 300, name
                assert session["remote_system"]["name"] == "ps-production" and session["rpo_met"] is True
                assert len(session["volumes"]) == (3 if name.startswith("vg") else 1)
            assert sessions["vg-0500"]["failover_test"]["started_by"] == "colleague"
            assert {name: ids(session) for name, session in sessions.items() if session["findings"]} == {
                "vol-0001": ["test.already_running"],
                "vg-0500": ["test.already_running"],
                "vol-0007": ["alert.active"],
            }
        assert not journal_problems(contract, simulator)


def test_a_full_appliance_is_a_warning_of_each_session_on_it(run: ModuleRunner, simulator: Simulator) -> None:
    assert not {f["id"] for s in run("replication_session_info")["sessions"] for f in s["findings"]}
    simulator.dr.set_write_protected()
    sessions = run("replication_session_info", role="Destination")["sessions"]
    assert len(sessions) == 3
    for session in sessions:
        [finding] = [finding for finding in session["findings"] if finding["id"] == "appliance.alert"]
        assert finding["severity"] == "warning" and "0x00200701" in finding["message"]


@pytest.mark.parametrize(
    ("snapshot", "rule", "ready"),
    [
        ({"expires_in": "30d"}, None, True),
        ({"expires_in": "5m"}, "snapshot.expires_soon", True),
        ({"state": "Initializing"}, "snapshot.not_ready", False),
        ({"expiration": -3600}, "snapshot.expired", False),
    ],
)
def test_a_snapshot_that_may_not_last_is_named_with_its_time(
    snapshot: dict[str, t.Any], rule: str | None, ready: bool
) -> None:
    state, expiration = snapshot.pop("state", None), snapshot.pop("expiration", None)
    estate = {"sessions": [{"volume": "erp-data", "hosts": ["dr-host-1"], "snapshots": [
        {"name": "monday", "age": "20d", **snapshot}]}], "arrays": {"dr": {"hosts": ["dr-host-1"]}}}  # fmt: skip
    with Simulator.from_dict(estate) as simulator:
        [row] = [row for row in simulator.dr.array.tables["volume"] if row["name"] == "monday"]
        if state:
            row["state"] = state
        if expiration:  # the array has not come round to deleting it
            moment = simulator.dr.array.now() + timedelta(seconds=expiration)
            t.cast(dict[str, t.Any], row["protection_data"])["expiration_timestamp"] = moment.isoformat()
        wanted = [{"volume": "erp-data", "snapshot": "monday"}]
        [session] = run_module(simulator, "replication_session_info", sessions=wanted)["sessions"]
    assert session["ready"] is ready
    assert [finding["id"] for finding in session["findings"]] == ([rule] if rule else [])
    point = session["recovery_point"]
    assert point["of"] == "snapshot" and abs(point["age_seconds"] - 20 * 86400) < 300
    # The replication's own recovery point is another question, and has its own answer.
    assert session["rpo_met"] is True and session["recovery_point_age_seconds"] < 300


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read again after such an answer is read as often as always, but sooner."""
    monkeypatch.setattr(transport, "_LONGEST_PAUSE", 0.1)


@pytest.mark.usefixtures("soon")
def test_what_only_surrounds_the_sessions_may_be_missing(run: ModuleRunner, simulator: Simulator) -> None:
    simulator.dr.start_failover_test("erp-data", user=simulator.username)
    for path in ("/software_installed", "/replication_rule", "/host_volume_mapping", "/alert"):
        simulator.faults.add(array="dr", method="GET", path=path, action="answer", status=502, body="<html>no</html>")
    result = run("replication_session_info")
    assert not result.get("failed") and len(result["unread"]) >= 3
    flags = {s["resource_name"]: s["failover_test_in_progress"] for s in result["sessions"]}
    assert flags == {"erp-data": True, "erp-db": False, "files-archive": False}
    for session in result["sessions"]:
        ids = {finding["id"] for finding in session["findings"]}
        assert "reading.incomplete" in ids and "host.not_mapped" not in ids
        assert session["hosts"] is None and session["volumes"] and all(v["hosts"] is None for v in session["volumes"])


@pytest.mark.usefixtures("soon")
def test_volumes_that_cannot_be_read_are_not_said_to_be_missing(run: ModuleRunner, simulator: Simulator) -> None:
    simulator.faults.add(at("GET", "/volume", "answer", status=502, body="<html>no</html>"))
    for session in run("replication_session_info", volume_group="erp-db")["sessions"]:
        ids = {finding["id"] for finding in session["findings"]}
        assert "reading.incomplete" in ids and not ids & {"volume.not_found", "host.not_mapped"}
        assert (session["volumes"], session["hosts"]) == (None, None)


def test_a_flag_that_cannot_be_read_fails_and_hides_no_other(run: ModuleRunner, simulator: Simulator) -> None:
    simulator.dr.set_session("erp-db", mirror=False, failover_test_in_progress="perhaps")
    simulator.faults.add(array="dr", method="GET", path="/none", action="forbid")  # rows need not be as described
    result = run("replication_session_info")
    assert result["failed"] and result["failure"]["kind"] == "protocol"
    assert sorted(session["resource_name"] for session in result["sessions"]) == ["erp-data", "files-archive"]
    assert result["unread"][0]["session_id"] == simulator.dr.session("erp-db").id


def test_how_much_there_is_no_matter_what_is_selected(problems: Simulator) -> None:
    for selection in ({"volume": "ready-data"}, {"name": "ready-*"}, {}):
        result = info(problems, population=True, **selection)
        found = {entry["resource_name"]: entry for entry in result["population"]}

        assert all(entry["role"] == "Destination" for entry in found.values())
        assert {"ready-data", "ready-db", "paused", "nas-home", "vvol-apps"} <= set(found)
        assert not {"failed-over", "metro"} & set(found)  # of another role
        assert found["ready-db"]["resource_type"] == "volume_group" and found["ready-db"]["session_id"]
    assert "population" not in info(problems, volume="ready-data")


def test_a_population_that_cannot_be_read_fails_nothing(run: ModuleRunner, simulator: Simulator) -> None:
    body = {"messages": [{"code": "0xE0", "severity": "Error", "message_l10n": "no"}]}
    simulator.faults.add(at("GET", "/replication_session", "answer", nth=3, status=400, body=body))
    result = run("replication_session_info", population=True, volume="erp-data")

    assert not result.get("failed") and result["population"] is None
    assert [session["ready"] for session in result["sessions"]] == [True]
    assert any("how many sessions" in each["what"] for each in result["unread"])
