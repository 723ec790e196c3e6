# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NAS servers of the simulated arrays: what a clone has, what is refused, and where the scenario decides."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import requests

from tests.lab.simulator import Simulator

HOMES: dict[str, Any] = {
    "nas_server": "homes",
    "file_systems": ["home-a", "home-b"],
    "interfaces": [{"ip_address": "10.9.0.5", "gateway": "10.9.0.1"}],
}


class Caller:
    """Asks the DR array, by Basic, and synchronously."""

    def __init__(self, simulator: Simulator) -> None:
        self.sim = simulator
        self._login = (simulator.username, simulator.password)

    def send(self, method: str, path: str, body: object = None, **query: str) -> requests.Response:
        verify = str(self.sim.ca_path)
        url = f"{self.sim.dr.url}{path}"
        return requests.request(method, url, json=body, params=query, auth=self._login, verify=verify, timeout=30)

    def rows(self, collection: str, **query: str) -> list[dict[str, Any]]:
        answer = self.send("GET", f"/{collection}", **{"select": "*", **query})
        assert answer.status_code == 200, answer.text
        rows: list[dict[str, Any]] = answer.json()
        return rows

    def clone(self, **body: object) -> requests.Response:
        source = self.sim.dr.nas_server("homes")["id"]
        return self.send("POST", f"/nas_server/{source}/clone", {"name": "test", "is_dr_test": True, **body})


@contextmanager
def arrays(options: dict[str, Any] | None = None, **session: Any) -> Iterator[Caller]:
    with Simulator.from_dict({"options": options or {}, "sessions": [{**HOMES, **session}]}) as simulator:
        yield Caller(simulator)


def test_a_clone_has_the_file_systems_and_no_interface_and_does_not_replicate() -> None:
    with arrays() as array:
        made = array.clone().json()["id"]
        row = array.rows("nas_server", id=f"eq.{made}")[0]
        assert row["is_dr_test"] is True
        assert (row["is_replication_destination"], row["operational_status"]) == (False, "Started")
        source = {each["name"]: each["id"] for each in array.sim.dr.file_systems("homes")}
        copies = array.rows("file_system", nas_server_id=f"eq.{made}")
        assert {each["name"]: each["parent_id"] for each in copies} == source
        assert array.rows("file_interface", nas_server_id=f"eq.{made}") == []
        job = array.rows("job", resource_action="eq.clone")[0]
        assert job["resource_id"] == array.sim.dr.nas_server("homes")["id"]
        assert job["response_body"]["id"] == made
        session = array.rows("replication_session")[0]
        assert (session["failover_test_in_progress"], session["last_sync_timestamp"]) == (None, None)


@pytest.mark.parametrize(("given", "count"), [("all", 2), ("none", 0)])
def test_without_a_list_all_or_none_are_cloned(given: str, count: int) -> None:
    with arrays({"clone_without_list": given}) as array:
        assert array.clone().status_code == 200
        assert len(array.sim.dr.file_systems("test")) == count
        ids = [array.sim.dr.file_systems("homes")[1]["id"]]
        assert array.clone(name="one", file_systems=ids).status_code == 200
        assert [each["name"] for each in array.sim.dr.file_systems("one")] == ["home-b"]


def test_where_a_clone_comes_from_is_shown_as_the_scenario_has_it() -> None:
    with arrays({"clone_parent": "hidden", "clone_job_names": "clone", "clone_job_tells_id": False}) as array:
        made = array.clone().json()["id"]
        assert {each["parent_id"] for each in array.sim.dr.file_systems("test")} == {None}
        job = array.rows("job", resource_action="eq.clone")[0]
        assert (job["resource_id"], job["response_body"]) == (made, None)
    with arrays({"clone_parent": "snapshot"}) as array:
        array.clone()
        parents = {str(each["parent_id"]) for each in array.sim.dr.file_systems("test")}
        rows = array.rows("file_system", filesystem_type="eq.Snapshot")
        assert parents == {each["id"] for each in rows}
        assert {each["nas_server_id"] for each in rows} == {array.sim.dr.nas_server("homes")["id"]}


def test_a_clone_starts_by_itself_and_may_be_listed_before_its_job_has_ended() -> None:
    with arrays({"clone_shows_early": True}) as array:
        array.sim.operation_seconds.update(clone=0.3, nas_server_start=0.3)
        source = array.sim.dr.nas_server("homes")["id"]
        array.send("POST", f"/nas_server/{source}/clone?is_async=true", {"name": "test", "is_dr_test": True})
        assert array.sim.dr.nas_server("test")["operational_status"] == "Stopped"
        seen = []
        while not seen or seen[-1] != "Started":
            seen.append(str(array.sim.dr.nas_server("test")["operational_status"]))
        assert list(dict.fromkeys(seen)) == ["Stopped", "Starting", "Started"]


def test_a_clone_that_fails_is_gone_again() -> None:
    with arrays({"clone_shows_early": True}) as array:
        array.sim.operation_seconds.update(clone=0.2)
        array.sim.faults.add(action="job_fails", array="dr", path="*/clone")
        assert array.clone().status_code == 500
        assert array.sim.dr.nas_servers(dr_test=True) == []


def test_a_name_that_is_taken_is_refused() -> None:
    with arrays() as array:
        assert array.clone().status_code == 200
        assert array.clone(name="TEST").status_code == 422
        assert array.clone(name="homes").status_code == 422
        assert len(array.sim.dr.nas_servers(dr_test=True)) == 1


@pytest.mark.parametrize(("may_reuse", "status"), [(True, 201), (False, 422)])
def test_an_address_that_is_in_use(may_reuse: bool, status: int) -> None:
    with arrays({"dr_test_may_reuse_address": may_reuse}) as array:
        made = array.clone().json()["id"]
        body = {"nas_server_id": made, "ip_address": "10.9.0.5", "prefix_length": 24}
        assert array.send("POST", "/file_interface", body).status_code == status
        assert array.send("POST", "/file_interface", {**body, "gateway": "10.9.7.1"}).status_code == 400
        assert array.send("POST", "/file_interface", {**body, "ip_port_id": "none"}).status_code == 404
        assert array.send("POST", "/file_interface", {**body, "nas_server_id": "none"}).status_code == 404


def test_a_nas_server_is_deleted_once_it_is_empty() -> None:
    with arrays() as array:
        made = array.clone().json()["id"]
        interface = array.sim.dr.add_file_interface(made, "10.9.1.5")
        refused = []
        for kind, each in [
            *(("file_system", row["id"]) for row in array.sim.dr.file_systems(made)),
            ("file_interface", interface["id"]),
        ]:
            refused.append(array.send("DELETE", f"/nas_server/{made}").status_code)
            assert array.send("DELETE", f"/{kind}/{each}").status_code == 204
        assert refused == [422, 422, 422]
        assert array.send("DELETE", f"/nas_server/{made}").status_code == 204
        assert array.send("DELETE", f"/nas_server/{made}").status_code == 404


def test_what_replicates_is_not_deleted() -> None:
    with arrays() as array:
        source = array.sim.dr.nas_server("homes")["id"]
        for each in array.sim.dr.file_systems("homes"):
            assert array.send("DELETE", f"/file_system/{each['id']}").status_code == 422
        assert array.send("DELETE", f"/nas_server/{source}").status_code == 422


def test_a_domain_is_left_with_an_account_or_skipped() -> None:
    with arrays(domain="corp.example", file_systems=[]) as array:
        made = array.clone().json()["id"]
        path = f"/nas_server/{made}"
        assert array.send("DELETE", path).status_code == 422
        assert array.send("DELETE", path, {"is_skip_domain_unjoin": True}).status_code == 204
        assert array.sim.dr.executed("domain_unjoin") == []
        made = array.clone().json()["id"]
        account = {"domain_user_name": "CORP\\admin", "domain_password": "secret"}
        assert array.send("DELETE", f"/nas_server/{made}", account).status_code == 204
        assert array.sim.dr.executed("domain_unjoin") == [made]


def test_clones_of_earlier_tests_are_part_of_a_scenario() -> None:
    test = {"name": "old-test", "user": "jdoe", "age": "3d", "interfaces": [{"ip_address": "10.9.3.5"}]}
    with arrays(dr_tests=[test]) as array:
        row = array.rows("nas_server", is_dr_test="is.true")[0]
        assert row["name"] == "old-test"
        job = array.rows("job", resource_action="eq.clone")[0]
        assert (job["user"], job["response_body"]["id"]) == ("jdoe", row["id"])
        assert array.rows("file_interface", is_dr_test="is.true")[0]["ip_address"] == "10.9.3.5"


def test_a_failover_is_taken_while_a_clone_exists() -> None:
    with arrays(dr_tests=[{"name": "old-test"}]) as array:
        array.sim.dr.operate("homes", "failover", is_planned=False)
        assert array.sim.dr.session("homes").state == "Failed_Over"


def test_before_3_6_there_is_no_mark_and_before_3_0_no_clone() -> None:
    for release, status in (("3.5.0.0", 400), ("2.1.0.0", 404)):
        with arrays() as array:
            array.sim.dr.set_release_version(release)
            assert array.clone().status_code == status
