# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""DR tests of NAS servers by the real module over HTTPS: what the simulated array then has, and what is left alone."""

from __future__ import annotations

import signal
import typing as t
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._nas_tests.mark import clone_name
from tests.conftest import journal_problems
from tests.contract.checker import Contract
from tests.lab.faults.nas import ROWS, NasRow, run_row
from tests.lab.kill.nas import ROWS as KILLS
from tests.lab.kill.nas import NasRow as KillRow
from tests.lab.kill.nas import run_row as kill_row
from tests.lab.simulator import Simulator
from tests.running import Result, run_module

HOMES: dict[str, t.Any] = {
    "nas_server": "homes",
    "file_systems": ["home-a", "home-b"],
    "interfaces": [{"ip_address": "198.51.100.5", "gateway": "198.51.100.1"}],
}
# Documentation networks: nothing answers there, and what is isolated is not asked.
INTERFACE = {"ip_address": "192.0.2.20", "prefix_length": 24, "gateway": "192.0.2.1", "vlan_id": 412}
DELETIONS = ["delete_file_interface", "delete_file_system", "delete_file_system", "delete_nas_server"]


class Site:
    """The DR array, and the module that works on it."""

    def __init__(self, simulator: Simulator) -> None:
        self.sim = simulator
        self.dr = simulator.dr

    def run(self, state: str, **options: t.Any) -> Result:
        given = {"poll_interval": 0.1, "wait_timeout": 60, "isolated": True, **options}
        return run_module(self.sim, "nas_dr_test", state=state, **given)

    def start(self, **options: t.Any) -> Result:
        return self.run("started", **{"nas_server": "homes", "interface": INTERFACE, **options})

    def stop(self, **options: t.Any) -> Result:
        named = {} if {"clone_id", "nas_servers"} & options.keys() else {"nas_server": "homes"}
        return self.run("stopped", **{**named, **options})

    @property
    def tests(self) -> list[str]:
        """The names of the DR-test clones."""
        return sorted(str(row["name"]) for row in self.dr.nas_servers(dr_test=True))

    def name(self, label: str = "admin", server: str = "homes") -> str:
        return clone_name(label, str(self.dr.nas_server(server)["id"]), server)

    def executed(self) -> list[str]:
        return [operation for operation, _id in self.dr.array.executed]


@contextmanager
def a_site(options: dict[str, t.Any] | None = None, **session: t.Any) -> Iterator[Site]:
    sessions = [{**HOMES, **session}, {"nas_server": "finance"}, {"volume": "erp-data"}]
    with Simulator.from_dict({"options": options or {}, "sessions": sessions}) as simulator:
        yield Site(simulator)


@pytest.fixture
def site(contract: Contract) -> Iterator[Site]:
    with a_site() as made:
        yield made
        assert not journal_problems(contract, made.sim)


def ok(result: Result) -> Result:
    assert not result.get("failed"), result.get("msg")
    return t.cast(Result, result["nas_servers"][0])


def refused(result: Result, kind: str, text: str) -> Result:
    entry = t.cast(Result, result["nas_servers"][0])
    assert result.get("failed"), result
    assert entry["failure"]["kind"] == kind, entry["failure"]
    assert text in result["msg"], result["msg"]
    assert entry["request_sent"] is False
    return entry


def findings(entry: Result) -> list[str]:
    return [finding["id"] for finding in entry["findings"]]


# A test, from start to stop


def test_a_test_is_started_and_stopped(site: Site) -> None:
    entry = ok(site.start())
    assert (entry["action"], entry["changed"], entry["before"]["dr_test_clones"]) == ("started", True, [])
    assert site.tests == [site.name()] == [entry["clone"]["name"]]
    assert sorted(each["name"] for each in entry["clone"]["file_systems"]) == ["home-a", "home-b"]
    shown = site.dr.file_interfaces(site.name())[0]
    assert {key: shown[key] for key in INTERFACE} == INTERFACE
    assert entry["after"]["dr_test_clones"] == [entry["clone"]]
    assert entry["duration_seconds"] >= 0
    assert entry["job_id"]

    again = ok(site.start())
    assert (again["action"], again["changed"], findings(again)) == ("none", False, ["nas.already_started"])
    assert again["clone"]["id"] == entry["clone"]["id"]

    stopped = ok(site.stop())
    assert (stopped["action"], stopped["changed"], stopped["after"]["dr_test_clones"]) == ("stopped", True, [])
    assert site.tests == []
    assert site.executed() == ["clone", "create_file_interface", *DELETIONS]
    assert len(stopped["removed"]) == 4
    last = ok(site.stop())
    assert (last["action"], last["changed"]) == ("none", False)
    assert len(site.dr.file_systems("homes")) == 2
    assert len(site.dr.file_interfaces("homes")) == 1


def test_check_mode_only_reads_and_predicts(site: Site) -> None:
    predicted = site.start(check=True, diff=True)
    real = site.start(diff=True)
    assert ok(predicted)["action"] == ok(real)["action"] == "started"
    assert predicted["diff"] == real["diff"]
    predicted, real = site.stop(check=True, diff=True), site.stop(diff=True)
    assert predicted["diff"] == real["diff"]
    assert [ok(each)["action"] for each in (predicted, real)] == ["stopped", "stopped"]
    site.sim.clear_journal()
    site.start(check=True)
    assert {each.method for each in site.dr.journal() if each.path != "/logout"} == {"GET"}


@pytest.mark.parametrize("is_session", [True, False])
def test_named_by_its_session_or_id_and_file_systems_by_name_or_id(site: Site, is_session: bool) -> None:
    session = site.dr.session("homes")
    named = {"session_id": session.id} if is_session else {"nas_server": session.local_resource_id}
    one = site.dr.file_systems("homes")[1]
    wanted = [one["id"] if is_session else one["name"]]
    entry = ok(site.run("started", **named, file_systems=wanted))
    assert [each["name"] for each in entry["clone"]["file_systems"]] == ["home-b"]
    assert findings(entry) == ["nas.no_interface"]
    assert (entry["session_id"], entry["resource_name"]) == (session.id, "homes")
    assert ok(site.run("stopped", **named))["action"] == "stopped"


def test_many_at_once(site: Site) -> None:
    servers = [
        {"nas_server": "homes", "interface": INTERFACE},
        {"nas_server": "finance", "interface": {**INTERFACE, "ip_address": "192.0.2.21"}},
    ]
    result = site.run("started", nas_servers=servers)
    assert [each["action"] for each in result["nas_servers"]] == ["started", "started"]
    assert site.tests == sorted([site.name(), site.name(server="finance")])
    result = site.run("stopped", nas_servers=servers)
    assert [each["action"] for each in result["nas_servers"]] == ["stopped", "stopped"]
    assert site.tests == []


def test_an_interface_is_added_to_a_clone_that_has_none(site: Site) -> None:
    made = ok(site.run("started", nas_server="homes"))["clone"]["id"]
    entry = ok(site.start())
    assert (entry["action"], entry["clone"]["id"]) == ("started", made)
    assert entry["clone"]["interfaces"][0]["ip_address"] == "192.0.2.20"
    other = site.start(interface={**INTERFACE, "ip_address": "192.0.2.99"})
    refused(other, "not_ready", "has the file interface 192.0.2.20, not 192.0.2.99")


# What refuses a start


def test_a_blocker_on_one_refuses_all(site: Site) -> None:
    site.dr.set_session("finance", role="Source")
    result = site.run("started", nas_servers=[{"nas_server": "homes"}, {"nas_server": "finance"}])
    assert [each["action"] for each in result["nas_servers"]] == ["not_attempted", "failed"]
    assert "has the role Source" in result["msg"]
    assert site.tests == []


def test_before_3_6_it_is_refused(site: Site) -> None:
    site.dr.set_release_version("3.5.0.0")
    refused(site.start(), "not_ready", "runs PowerStoreOS 3.5.0.0: expected 3.6 or later")
    assert ok(site.stop())["action"] == "none"


def test_what_is_named_wrong(site: Site) -> None:
    refused(site.start(nas_server="home"), "not_found", "No NAS server 'home'")
    refused(site.start(file_systems=["home-c"]), "not_ready", "no file system 'home-c': it has 'home-a', 'home-b'")
    volume = site.dr.session("erp-data").id
    refused(site.run("started", session_id=volume), "not_found", "expected the session of a NAS server")
    refused(site.run("started", session_id="none"), "not_found", "No replication session 'none'")
    twice = [{"nas_server": "homes"}, {"session_id": site.dr.session("homes").id}]
    assert site.run("started", nas_servers=twice)["failure"]["kind"] == "ambiguous"
    site.dr.remove_session("finance")
    refused(site.run("started", nas_server="finance"), "not_ready", "has no replication session")
    clone = site.dr.clone_nas_server("homes", "test")
    refused(site.run("started", nas_server=clone["name"]), "not_ready", "is a DR-test clone itself")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"interface": {**INTERFACE, "ip_address": "home"}}, "interface.ip_address is 'home'"),
        ({"interface": {**INTERFACE, "prefix_length": 33}}, "expected 1 to 32"),
        ({"interface": {**INTERFACE, "gateway": "192.0.3.1"}}, "expected another address in 192.0.2.0/24"),
        ({"interface": {**INTERFACE, "vlan_id": 4095}}, "expected 0 (none) to 4094"),
        ({"interface": {**INTERFACE, "ip_address": "0.0.0.0"}}, "expected the address of one interface"),
        ({"file_systems": []}, "None means all"),
        ({"clone_id": "x"}, "leave it out of a start"),
        ({"label": " "}, "label is empty"),
        ({"nas_server": " "}, "nas_server of the task is empty"),
        ({"wait_timeout": 0}, "wait_timeout is 0"),
    ],
)
def test_options_that_make_no_sense_are_refused_before_anything_is_asked(
    site: Site, options: dict[str, t.Any], text: str
) -> None:
    result = site.start(**options)
    assert result["failure"]["kind"] == "invalid_input"
    assert text in result["msg"]
    assert site.dr.journal() == []


def test_an_address_that_production_has_is_refused(site: Site) -> None:
    used = {"ip_address": "198.51.100.5", "prefix_length": 24}
    entry = refused(site.start(interface=used, isolated=False), "not_ready", "is that of the file interface")
    assert findings(entry) == ["nas.address_in_use"]
    assert ok(site.start(interface=used))["action"] == "started"


def test_an_address_that_answers_is_refused(site: Site) -> None:
    """The simulated array is at 127.0.0.1, where each port answers, also by a refusal."""
    here = {"ip_address": "127.0.0.1", "prefix_length": 8}
    for check in (True, False):
        entry = refused(site.start(interface=here, isolated=False, check=check), "not_ready", "answers on this")
        assert findings(entry) == ["nas.address_answers"]
    silent = ok(site.start(isolated=False))
    assert silent["action"] == "started"


def test_a_name_that_is_taken_is_refused_in_check_mode_too(site: Site) -> None:
    site.dr.clone_nas_server("finance", site.name(), is_dr_test=False)
    for check in (True, False):
        refused(site.start(check=check), "not_ready", "is taken by a NAS server that is no DR test")


# What a stop leaves alone


def test_only_clones_of_the_named_server_and_label_are_removed(site: Site) -> None:
    ok(site.start())
    site.dr.clone_nas_server("homes", "by-hand", "jdoe")
    site.dr.clone_nas_server("homes", site.name("other-drill"), "admin")
    site.dr.clone_nas_server("finance", "of-finance", "admin")
    site.dr.clone_nas_server("homes", "no-test", "admin", is_dr_test=False)
    entry = ok(site.stop())
    assert entry["action"] == "stopped"
    assert site.tests == sorted(["by-hand", site.name("other-drill"), "of-finance"])
    assert findings(entry) == ["nas.of_somebody_else", "nas.of_somebody_else"]
    assert [each["name"] for each in entry["after"]["dr_test_clones"]]
    ok(site.stop(label="other-drill"))
    assert site.tests == ["by-hand", "of-finance"]
    ok(site.stop(clones="all"))
    assert site.tests == ["of-finance"]
    assert {str(row["name"]) for row in site.dr.nas_servers(dr_test=False)} == {"homes", "finance", "no-test"}


def test_a_name_alone_proves_nothing() -> None:
    """The name of this task's clone on a clone of another NAS server, and on one of which nothing is shown."""
    with a_site() as site:
        site.dr.clone_nas_server("finance", site.name())
        assert ok(site.stop())["action"] == "none"
        assert site.tests == [site.name()]
    with a_site({"clone_parent": "hidden", "clone_job_tells_id": False}) as site:
        made = ok(site.start())["clone"]["id"]
        left = ok(site.stop())
        assert (left["action"], findings(left)) == ("none", ["nas.source_unknown"])
        assert site.tests == [site.name()]
        assert findings(ok(site.stop(clones="all"))) == ["nas.source_unknown"]
        assert ok(site.stop(nas_server="homes", clone_id=made))["action"] == "stopped"
        assert site.tests == []


def test_one_clone_by_its_id(site: Site) -> None:
    mine = ok(site.start())["clone"]["id"]
    other = site.dr.clone_nas_server("homes", "by-hand", "jdoe")["id"]
    finance = str(site.dr.nas_server("finance")["id"])
    result = site.stop(nas_server="finance", clone_id=mine)
    assert result["failure"]["kind"] == "rejected"
    assert "is not one of the NAS server 'finance'" in result["msg"]
    result = site.stop(clone_id=finance)
    assert "is not marked as a DR test" in result["msg"]
    assert ok(site.stop(clone_id=str(other)))["action"] == "stopped"
    assert site.tests == [site.name()]
    for action in ("stopped", "none"):
        assert ok(site.stop(nas_server="homes", clone_id=mine))["action"] == action
    assert len(site.dr.nas_servers()) == 2


def test_after_a_failover_the_clone_is_removed_all_the_same(site: Site) -> None:
    ok(site.start())
    site.dr.operate("homes", "failover", is_planned=False)
    assert ok(site.stop())["action"] == "stopped"
    assert site.tests == []


def test_a_clone_that_lost_its_mark_is_left() -> None:
    with a_site() as site:
        made = ok(site.start())["clone"]["id"]
        # Between the reading and the deletion somebody makes it a production server.
        site.sim.faults.add(action="odd_row", path="/nas_server", attribute="is_dr_test", value=False, after=2)
        result = site.stop()
        assert "is not marked as a DR test any more" in result["msg"]
        assert [row["id"] for row in site.dr.nas_servers(dr_test=True)] == [made]
        assert len(site.dr.file_systems(made)) == 2


# Domains and secrets


def test_no_domain_is_unjoined_unless_asked() -> None:
    with a_site(domain="corp.example") as site:
        ok(site.start())
        ok(site.stop())
        assert "domain_unjoin" not in site.executed()
        made = ok(site.start())["clone"]["id"]
        account = {"username": "CORP\\joiner", "password": "Secret-of-the-domain-1"}
        result = site.stop(domain_unjoin=account)
        assert "Secret-of-the-domain-1" not in str(result)
        assert ok(result)["action"] == "stopped"
        assert site.dr.executed("domain_unjoin") == [made]


# What ends it before its time


OUTRIGHT = [row for row in KILLS if row.signal is signal.SIGKILL]  # `make kill-matrix` has the others


@pytest.mark.parametrize("row", OUTRIGHT, ids=[row.label for row in OUTRIGHT])
def test_a_killed_module_leaves_what_the_stop_finds(row: KillRow) -> None:
    assert kill_row(row) == []


# What goes wrong on the way


@pytest.mark.parametrize("row", ROWS, ids=[row.fault for row in ROWS])
def test_the_result_is_what_the_array_shows(row: NasRow) -> None:
    seen = run_row(row)
    assert seen.problems == []
    assert "Traceback" not in str(seen.result)


def test_a_request_that_is_delivered_twice_makes_one_clone() -> None:
    with a_site() as site:
        site.sim.operation_seconds.update(clone=0.3)
        site.sim.faults.add(action="twice", method="POST", path="*/clone")
        assert ok(site.start())["action"] == "started"
        assert site.tests == [site.name()]


@pytest.mark.parametrize(
    "options",
    [
        {"clone_shows_early": True},
        {"clone_without_list": "none"},
        {"clone_parent": "snapshot"},
        {"clone_parent": "hidden"},
        {"clone_job_names": "clone"},
        {"clone_job_tells_id": False},
        {"nas_flag_at_rest": False},
        {"nas_delete_takes_interfaces": True},
    ],
    ids=str,
)
def test_however_the_array_answers_what_is_not_known(options: dict[str, t.Any]) -> None:
    with a_site(options) as site:
        site.sim.operation_seconds.update(clone=0.3, nas_server_start=0.3)
        made = ok(site.start())
        assert made["clone"]["operational_status"] == "Started"
        assert len(made["clone"]["file_systems"]) == 2
        assert findings(made) == []
        assert ok(site.stop())["action"] == "stopped"
        assert site.tests == []


@pytest.mark.parametrize("mode", ["immediate", "blocking"])
def test_an_array_that_makes_no_job_of_it(mode: str) -> None:
    with a_site() as site:
        site.sim.operation_seconds.update(clone=0.3)
        site.sim.faults.add(action="ignore_async", mode=mode)
        assert ok(site.start())["action"] == "started"
        assert ok(site.stop())["action"] == "stopped"
        assert site.tests == []


def test_a_refused_interface_takes_the_clone_back() -> None:
    with a_site({"dr_test_may_reuse_address": False}) as site:
        result = site.start(interface={"ip_address": "198.51.100.5", "prefix_length": 24})
        entry = result["nas_servers"][0]
        assert (entry["action"], entry["changed"], entry["failure"]["kind"]) == ("failed", False, "rejected")
        assert "is already in use" in result["msg"]
        assert entry["request_sent"] is True
        assert [each.split(" (")[0] for each in entry["made"]] == [f"DR-test clone '{site.name()}'"]
        assert len(entry["removed"]) == 3
        assert entry["rollback"]["duration_seconds"] >= 0
        half = next(each for each in entry["findings"] if each["id"] == "nas.half_done")
        assert "which was removed again" in half["message"]
        assert site.tests == []


def test_what_cannot_be_taken_back_is_said() -> None:
    with a_site({"dr_test_may_reuse_address": False}) as site:
        site.sim.faults.add(action="forbid", method="DELETE", path="/file_system/*")
        result = site.start(interface={"ip_address": "198.51.100.5", "prefix_length": 24})
        entry = result["nas_servers"][0]
        assert (entry["action"], entry["changed"]) == ("failed", True)
        half = next(each for each in entry["findings"] if each["id"] == "nas.half_done")
        assert "taking that back failed" in half["message"]
        assert [each["name"] for each in entry["after"]["dr_test_clones"]] == site.tests == [site.name()]
        site.sim.faults.clear()
        assert ok(site.stop())["action"] == "stopped"


def test_a_clone_job_that_fails() -> None:
    for executed in (False, True):
        with a_site() as site:
            site.sim.faults.add(action="job_fails", path="*/clone", executed=executed)
            result = site.start()
            assert bool(result.get("failed")) is not executed
            assert site.tests == ([site.name()] if executed else [])


def test_a_clone_that_does_not_end_in_time_is_said_and_found_by_the_stop() -> None:
    with a_site() as site:
        site.sim.operation_seconds.update(clone=4)
        result = site.start(wait_timeout=1)
        entry = result["nas_servers"][0]
        assert (entry["failure"]["kind"], entry["request_sent"], entry["after"]) == ("timeout", True, None)
        assert entry["changed"] is True
        predicted = ok(site.stop(check=True))
        assert (predicted["action"], findings(predicted)) == ("stopped", ["nas.start_under_way"])
        stopped = ok(site.stop())
        assert stopped["action"] == "stopped"
        assert site.tests == []


def test_a_clone_that_goes_on_after_the_stop_fails_it() -> None:
    with a_site() as site:
        site.sim.operation_seconds.update(clone=600)
        site.start(wait_timeout=1)
        result = site.stop(wait_timeout=1)
        entry = result["nas_servers"][0]
        assert (entry["action"], entry["failure"]["kind"], entry["changed"]) == ("failed", "timeout", False)
        assert "run the stop again" in result["msg"]


def test_snapshots_that_were_taken_of_the_clone_go_with_it(site: Site) -> None:
    made = ok(site.start())["clone"]["id"]
    site.dr.add_file_snapshot(made, "during-the-test")
    assert ok(site.stop())["action"] == "stopped"
    assert site.tests == []


def test_a_clone_that_somebody_else_removes_meanwhile_is_no_change() -> None:
    with a_site() as site:
        ok(site.start())
        site.sim.faults.add(action="answer", status=200, body=[], method="GET", path="/nas_server", after=2)
        entry = ok(site.stop())
        assert (entry["action"], entry["changed"], entry["request_sent"]) == ("none", False, False)


def test_a_clone_that_does_not_start_is_taken_back() -> None:
    with a_site() as site:
        site.sim.operation_seconds.update(nas_server_start=60)
        result = site.start(wait_timeout=1)
        assert "is Starting after wait_timeout (1 s)" in result["msg"]
        assert site.tests == []


def test_rollback_takes_back_the_others_too() -> None:
    with a_site({"dr_test_may_reuse_address": False}) as site:
        servers = [
            {"nas_server": "finance"},
            {"nas_server": "homes", "interface": {"ip_address": "198.51.100.5", "prefix_length": 24}},
        ]
        result = site.run("started", nas_servers=servers)
        assert [each["action"] for each in result["nas_servers"]] == ["started", "failed"]
        assert len(site.tests) == 1
        site.stop(nas_server="finance")
        result = site.run("started", nas_servers=servers, on_failure="rollback")
        assert [each["action"] for each in result["nas_servers"]] == ["rolled_back", "failed"]
        assert [each["changed"] for each in result["nas_servers"]] == [False, False]
        assert site.tests == []


def test_a_stop_is_tried_again() -> None:
    with a_site() as site:
        ok(site.start())
        site.sim.faults.add(action="answer", status=422, body={"messages": []}, method="DELETE", nth=2)
        failed = site.stop()
        assert failed["failure"]["kind"] == "rejected"
        assert site.tests == [site.name()]
        site.sim.faults.clear()
        site.sim.faults.add(action="answer", status=422, body={"messages": []}, method="DELETE", nth=1)
        entry = ok(site.stop(attempts=2, attempt_delay=0))
        assert (entry["action"], entry["attempts"]) == ("stopped", 2)
        assert site.tests == []


def test_a_stop_needs_no_names_jobs_or_clock() -> None:
    with a_site() as site:
        ok(site.start())
        for path in ("/software_installed", "/cluster", "/job*", "/replication_session"):
            site.sim.faults.add(action="forbid", method="GET", path=path)
        entry = ok(site.stop())
        assert entry["action"] == "stopped"
        assert set(findings(entry)) == {"reading.incomplete"}
        assert site.tests == []


def test_what_the_clone_lacks_is_said() -> None:
    with a_site() as site:
        site.sim.faults.add(action="odd_row", path="/file_system", attribute="parent_id", value="none", after=1)
        entry = ok(site.start())
        assert "nas.file_systems_missing" in findings(entry)


def test_an_account_that_may_not_is_refused() -> None:
    with a_site() as site:
        site.sim.faults.add(action="forbid", method="POST", path="*/clone")
        result = site.start()
        assert result["failure"]["kind"] == "authorization"
        assert result["nas_servers"][0]["request_sent"] is False
        assert result["nas_servers"][0]["changed"] is False
        result = site.run("started", nas_server="homes", username="nobody")
        assert result["failure"]["kind"] == "authentication"
        assert result["nas_servers"][0]["action"] == "not_attempted"


def test_a_recording_has_no_secret_and_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERSTORE_TRACE", str(tmp_path))
    with a_site(domain="corp.example") as site:
        ok(site.start())
        account = {"username": "CORP\\joiner", "password": "Secret-of-the-domain-1"}
        ok(site.stop(domain_unjoin=account))
    text = "".join(path.read_text() for path in tmp_path.rglob("*.har"))
    assert "/clone" in text
    assert [word for word in ("Secret-of-the-domain-1", "homes", "home-a", "192.0.2.20") if word in text] == []


@pytest.mark.parametrize("named", [None, ["home-a", "home-b"]])
@pytest.mark.parametrize("given", ["refused", "skipped"])
def test_a_file_system_that_is_locked_is_said_to_be_missing(named: list[str] | None, given: str) -> None:
    """Whichever the array does with one that is named; without names it is left out from the beginning."""
    document = {"sessions": [{**HOMES, "flr": {"home-b": "Compliance"}}], "options": {"clone_of_compliance": given}}
    with Simulator.from_dict(document) as simulator:
        options = {"nas_server": "homes", "isolated": True, "interface": INTERFACE, "file_systems": named}
        result = run_module(simulator, "nas_dr_test", state="started", **options)
        [entry] = result["nas_servers"]
        left = [str(row["name"]) for row in simulator.dr.nas_servers(dr_test=True)]
    if named and given == "refused":
        assert result["failed"] and "FLR in compliance mode" in result["msg"] and left == []
        return
    assert entry["action"] == "started" and [each["name"] for each in entry["clone"]["file_systems"]] == ["home-a"]
    [finding] = [each for each in entry["findings"] if each["id"] == "nas.file_systems_missing"]
    assert "'home-b'" in finding["message"]
