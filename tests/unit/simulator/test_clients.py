# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What clients of real arrays send (Cinder's driver, gopowerstore, dellemc.powerstore), and our own doesn't."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lab.simulator import Simulator

from .conftest import ESTATE, Client


@pytest.mark.parametrize("value", ["true", "True", "TRUE"])
def test_booleans_as_python_writes_them(dr: Client, value: str) -> None:
    assert len(dr.get("/software_installed", is_cluster=f"eq.{value}")) == 1


@pytest.mark.parametrize(("value", "status"), [("true", 202), ("True", 202), ("False", 204), ("maybe", 400)])
def test_is_async_as_python_writes_it(sim: Simulator, dr: Client, value: str, status: int) -> None:
    path = f"/replication_session/{sim.dr.session('erp-data').id}/pause"
    assert dr.post(path, is_async=value).status_code == status


def test_a_filter_on_one_instance(sim: Simulator, dr: Client) -> None:
    (snapshot,) = dr.get("/volume", name="eq.monday")
    assert dr.get(f"/volume/{snapshot['id']}", type="eq.Snapshot", select="name") == {"name": "monday"}
    volume = sim.dr.session("erp-data").local_resource_id
    assert dr.send("GET", f"/volume/{volume}", params={"type": "eq.Snapshot"}).status_code == 404
    assert dr.send("GET", f"/volume/{volume}", params={"colour": "eq.red"}).status_code == 400
    assert dr.send("GET", "/cluster/0", params={"name": "eq.ps-dr"}).status_code == 400


@pytest.mark.parametrize(("kind", "found"), [("iSCSI", ["h1", "h2", "h3"]), ("FC", [])])
def test_a_path_into_a_list(dr: Client, kind: str, found: list[str]) -> None:
    wanted = {"select": "name,host_initiators", "host_initiators->0->>port_type": f"eq.{kind}"}
    assert sorted(row["name"] for row in dr.get("/host", **wanted)) == found


@pytest.mark.parametrize("path", ["host_initiators->7->>port_type", "host_initiators->0->>nothing"])
def test_a_path_to_nothing(dr: Client, path: str) -> None:
    assert dr.get("/host", **{path: "eq.iSCSI"}) == []
    assert dr.send("GET", "/host", params={path.replace("->>", "->"): "eq.iSCSI"}).status_code == 400


HIDDEN = (
    "failover_test_commonbase_copy_signature,sync_request_id,sync_request_recoverable,rpo_snapshot_id,"
    "is_ready_for_failback,system_demoted_reason,auto_failover_state,polarization_timestamp,"
    "last_witness_update_timestamp,previous_state_l10n"
)


def test_attributes_that_are_in_no_description(dr: Client) -> None:
    (row,) = dr.get("/replication_session", select=HIDDEN, limit="1")
    assert list(row) == HIDDEN.split(",")
    (row,) = dr.get("/replication_session", select="*", limit="1")
    assert not set(row) & set(HIDDEN.split(","))


def test_and_everything_shows_them_if_asked_for() -> None:
    with Simulator.from_dict({**ESTATE, "options": {"show_hidden": True}}) as sim:
        client = Client(sim, sim.dr)
        client.login()
        row = client.get("/replication_session", select="*")[0]
    assert set(HIDDEN.split(",")) <= set(row)


@pytest.mark.parametrize("kind", ["host", "host_group"])
def test_mapping_from_the_hosts_side(sim: Simulator, dr: Client, kind: str) -> None:
    name = {"host": "h2", "host_group": "cluster"}[kind]
    volume = sim.dr.session("old").local_resource_id
    assert dr.post(f"/{kind}/name:{name}/attach", {}).status_code == 400
    assert dr.post(f"/{kind}/name:{name}/attach", {"volume_id": "nope"}).status_code == 404
    assert dr.post(f"/{kind}/name:{name}/attach", {"volume_id": volume, "logical_unit_number": 9}).status_code == 204
    (row,) = dr.get("/host_volume_mapping", volume_id=f"eq.{volume}", select=f"{kind}(name),logical_unit_number")
    assert row == {kind: {"name": name}, "logical_unit_number": 9}
    assert dr.post(f"/{kind}/name:{name}/attach", {"volume_id": "name:old"}).status_code == 422
    assert dr.post(f"/{kind}/name:{name}/detach", {"volume_id": "name:old"}).status_code == 204
    assert dr.post(f"/{kind}/name:{name}/detach", {"volume_id": volume}).status_code == 422


def set_policy(client: Client, path: str, policy: Any) -> int:
    answer = client.send("PATCH", path, json={"protection_policy_id": policy})
    return answer.status_code


@pytest.mark.parametrize("none", ["", None])
@pytest.mark.parametrize(("kind", "name"), [("volume", "erp-data"), ("volume_group", "erp-db")])
def test_no_policy_no_replication(sim: Simulator, production: Client, kind: str, name: str, none: str | None) -> None:
    before = len(sim.dr.array.sessions)
    sim.dr.start_failover_test(name)
    assert set_policy(production, f"/{kind}/name:{name}", none) == 422
    sim.dr.stop_failover_test(name)
    assert set_policy(production, f"/{kind}/name:{name}", none) == 204
    assert len(sim.dr.array.sessions) == len(sim.production.array.sessions) == before - 1
    row = production.get(f"/{kind}/name:{name}", select="protection_policy(name)")
    assert row == {"protection_policy": None}
    assert set_policy(production, f"/{kind}/name:{name}", none) == 204
    assert set_policy(production, f"/{kind}/name:{name}", "name:policy-rpo-1h") == 422  # a new session


def test_another_policy_is_another_rule(sim: Simulator, dr: Client, production: Client) -> None:
    path = "/volume/name:erp-data"
    assert set_policy(production, path, "nope") == 404
    assert set_policy(production, path, "name:policy-rpo-5min") == 204
    assert sim.dr.session("erp-data").replication.rpo_seconds == 300
    assert set_policy(production, path, "name:policy-rpo-1h") == 204
    assert sim.dr.session("erp-data").replication.rpo_seconds == 3600
    for client in (production, dr):
        (row,) = client.get(
            "/replication_session",
            select="replication_rule(rpo)",
            id=f"eq.{sim.dr.session('erp-data').id}",
        )
        assert row["replication_rule"]["rpo"] == "One_Hour"
        assert client.get(path, select="protection_policy(name)")["protection_policy"]["name"] == "policy-rpo-1h"


def test_policies_where_they_do_not_belong(dr: Client, production: Client) -> None:
    assert set_policy(production, "/volume/name:db%2Cdata", "") == 422  # its group has the policy
    assert set_policy(dr, "/volume/name:erp-data", "") == 422  # the destination


@pytest.mark.parametrize("action", ["add_members", "remove_members"])
def test_members_of_a_group(sim: Simulator, dr: Client, production: Client, action: str) -> None:
    path = f"/volume_group/name:erp-db/{action}"
    body = {"volume_ids": [sim.dr.session("old").local_resource_id]}
    assert dr.post(path, {}).status_code == 400
    assert dr.post(path, body).status_code == 422
    sim.dr.start_failover_test("erp-db")
    answer = dr.post(path, body)
    assert (answer.status_code, "failover test" in answer.text) == (422, True)
    assert "simulated array" in production.post(path, body).text
