# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which attributes and paths a version of PowerStoreOS has."""

from __future__ import annotations

import pytest

from tests.lab.simulator import Simulator

from .conftest import Client

STEPS = {
    "failover_test_in_progress": "2.0.0.0",
    "last_sync_duration": "2.0.0.0",
    "type": "3.0.0.0",
    "data_connection_state": "3.0.0.0",
    "witness_details": "3.6.0.0",
}


@pytest.mark.parametrize("version", ["1.0.3.0", "2.0.0.0", "2.1.1.1", "3.0.0.0", "3.6.0.0", "4.0.0.0", "4.1.0.0"])
def test_attributes_appear_with_their_version(sim: Simulator, dr: Client, version: str) -> None:
    sim.dr.set_release_version(version)
    assert dr.get("/software_installed", select="release_version", is_cluster="eq.true") == [
        {"release_version": version}
    ]
    row = dr.get("/replication_session", select="*")[0]
    for attribute, added in STEPS.items():
        present = added <= version
        assert (attribute in row) == present
        answer = dr.send("GET", "/replication_session", params={"select": f"id,{attribute}"})
        assert answer.status_code == (200 if present else 400)
    assert dr.send("GET", "/replication_session", params={"select": "volumes"}).status_code == (
        200 if version >= "4" else 400
    )
    assert dr.send("GET", "/replication_group").status_code == (200 if version >= "3" else 404)


@pytest.mark.parametrize(("version", "status"), [("1.0.3.0", 404), ("2.0.0.0", 204), ("4.1.0.0", 204)])
def test_failover_test_came_with_2_0(sim: Simulator, dr: Client, version: str, status: int) -> None:
    sim.dr.set_release_version(version)
    session = sim.dr.session("erp-data").id
    assert dr.post(f"/replication_session/{session}/start_failover_test").status_code == status


def test_2_x_has_no_session_types(sim: Simulator, dr: Client) -> None:
    """What is not asynchronous cannot be told there, so nothing is refused for it."""
    side = sim.dr.set_session("erp-data", type="Synchronous")
    path = f"/replication_session/{side.id}/start_failover_test"
    assert dr.post(path).status_code == 422
    sim.dr.set_release_version("2.1.0.0")
    assert dr.post(path).status_code == 204


def test_body_properties_have_versions_too(sim: Simulator, dr: Client) -> None:
    sim.dr.set_release_version("1.0.3.0")
    session = sim.dr.session("erp-data").id
    answer = dr.post(f"/replication_session/{session}/failover", {"is_planned": False, "use_test_copy": True})
    assert (answer.status_code, answer.json()["messages"][0]["code"]) == (400, "0xE04040030001")
