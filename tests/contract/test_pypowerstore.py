# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dell's own client, PyPowerStore, speaks to the simulated arrays as it does to real ones.

Whoever rehearses a playbook of dellemc.powerstore on them gets what an array would answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PyPowerStore.powerstore_conn import PowerStoreConn
from PyPowerStore.utils.exception import PowerStoreException

from tests.lab.simulator import ArrayHandle, Simulator

ESTATE: dict[str, Any] = {
    "operation_seconds": {"default": 0},
    "arrays": {"dr": {"hosts": ["host-1"], "host_groups": {"cluster": ["host-2"]}}},
    "sessions": [
        {"volume": "erp", "hosts": ["host-1"], "snapshots": ["monday"]},
        {"volume_group": "db", "members": 2, "hosts": ["cluster"], "snapshots": ["tuesday"]},
        {"nas_server": "nas"},
        {"replication_group": "vvols"},
    ],
}


class Dell:
    """A connection of PyPowerStore to one array, and the ids that its calls want."""

    def __init__(self, simulator: Simulator, array: ArrayHandle) -> None:
        connection = PowerStoreConn(
            simulator.username,
            simulator.password,
            array.host,
            verify=simulator.ca_path,
            application_type="drdrill-tests",
            port_no=array.port,
        )
        self.provisioning, self.protection = connection.provisioning, connection.protection
        self.configuration = connection.config_mgmt
        self.volume = array.session("erp").local_resource_id
        self.group = array.session("db").local_resource_id
        self.session = array.session("erp").id

    @property
    def snapshot(self) -> str:
        """The id of the volume's first snapshot."""
        return str(self.protection.get_volume_snapshots(self.volume)[0]["id"])

    @property
    def host(self) -> str:
        """The id of the one host that is in no group."""
        return str(self.provisioning.get_host_by_name("host-1")[0]["id"])


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator.from_dict(ESTATE) as simulator:
        yield simulator


@pytest.fixture
def dell(sim: Simulator) -> Dell:
    return Dell(sim, sim.dr)


Call = Callable[[Dell], Any]
# What is called, and what of its answer is looked at.
READS: dict[str, tuple[Call, Any]] = {
    "version": (lambda d: d.provisioning.get_array_version(), "4.1.0.0"),
    "cluster": (lambda d: d.provisioning.get_cluster_list()[0]["name"], "ps-dr"),
    "appliance": (lambda d: d.configuration.get_appliance_details("A1")["id"], "A1"),
    "remote system": (lambda d: d.protection.get_remote_system_by_name("ps-production")[0]["state"], "OK"),
    "volumes": (lambda d: len(d.provisioning.get_volumes(all_pages=True)), 6),
    "volume": (lambda d: d.provisioning.get_volume_details(d.volume)["name"], "erp"),
    "volume by name": (lambda d: d.provisioning.get_volume_by_name("erp")[0]["type"], "Primary"),
    "mapping": (lambda d: len(d.provisioning.get_host_volume_mapping(d.volume)), 1),
    "group": (lambda d: d.provisioning.get_volume_group_details(d.group)["name"], "db"),
    "members": (lambda d: len(d.provisioning.get_volumes_from_volume_group("db")[0]["volumes"]), 2),
    "host": (lambda d: d.provisioning.get_host_details(d.host)["host_initiators"][0]["port_type"], "iSCSI"),
    "host group": (lambda d: d.provisioning.get_host_group_by_name("cluster")[0]["hosts"][0]["name"], "host-2"),
    "NAS server": (lambda d: d.provisioning.get_nas_server_by_name("nas")[0]["operational_status"], "Started"),
    "snapshots": (lambda d: d.protection.get_volume_snapshots(d.volume)[0]["name"], "monday"),
    "snapshot": (lambda d: d.protection.get_volume_snapshot_details(d.snapshot)["name"], "monday"),
    "snapshot sets": (lambda d: d.protection.get_volume_group_snapshots(d.group)[0]["name"], "tuesday"),
    "policy": (lambda d: d.protection.get_protection_policy_by_name("policy-rpo-1h")[0]["name"], "policy-rpo-1h"),
    "rules": (lambda d: [each["name"] for each in d.protection.get_replication_rules()], ["rpo-5min", "rpo-1h"]),
    "sessions": (lambda d: len(d.protection.get_replication_sessions()), 4),
    "session": (lambda d: d.protection.get_replication_session_details(d.session)["state"], "OK"),
    "vVol groups": (lambda d: d.protection.get_replication_groups()[0]["name"], "vvols"),
}


@pytest.mark.parametrize("name", READS)
def test_reads(dell: Dell, name: str) -> None:
    call, expected = READS[name]
    assert call(dell) == expected


@pytest.mark.parametrize("release", ["2.1.0.0", "3.6.1.0"])
def test_reads_of_older_arrays(sim: Simulator, dell: Dell, release: str) -> None:
    sim.dr.set_release_version(release)
    assert dell.provisioning.get_array_version() == release
    row = dell.provisioning.get_volume_details(dell.volume)
    assert (row["name"], [each["name"] for each in row["volume_groups"]]) == ("erp", [])
    assert dell.protection.get_replication_session_details(dell.session)["role"] == "Destination"


def test_changes(sim: Simulator, dell: Dell) -> None:
    dell.protection.pause_replication_session(dell.session)
    assert sim.dr.session("erp").state == "Paused"
    dell.protection.resume_replication_session(dell.session)
    dell.protection.sync_replication_session(dell.session)
    assert sim.dr.executed("sync") == [dell.session]
    dell.provisioning.unmap_volume_from_host(dell.volume, dell.host)
    assert dell.provisioning.get_host_volume_mapping(dell.volume) == []
    dell.provisioning.map_volume_to_host(dell.volume, dell.host, 7)
    dell.protection.modify_volume_snapshot(dell.snapshot, description="kept")
    dell.protection.delete_volume_snapshot(dell.snapshot)
    assert dell.protection.get_volume_snapshots(dell.volume) == []


def test_a_policy_that_is_taken_off_the_source_ends_replication(sim: Simulator, dell: Dell) -> None:
    source = Dell(sim, sim.production)
    with pytest.raises(PowerStoreException, match="destination of a replication session"):
        dell.provisioning.remove_protection_policy_for_volume(dell.volume)
    source.provisioning.remove_protection_policy_for_volume(source.volume)
    for each in (source, dell):
        assert len(each.protection.get_replication_sessions()) == 3
        assert each.provisioning.get_volume_details(each.volume)["protection_policy_id"] is None


def test_members_do_not_change_during_a_test(sim: Simulator, dell: Dell) -> None:
    sim.dr.start_failover_test("db")
    with pytest.raises(PowerStoreException, match="in a failover test"):
        dell.provisioning.add_members_to_volume_group(dell.group, [dell.volume])
