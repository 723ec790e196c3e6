# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an array has besides sessions: the cluster, its peer, rules, hosts and alerts."""

from __future__ import annotations

from datetime import timedelta

from .clock import stamp
from .reading import ScenarioError
from .scenario import Scenario
from .tables import Row
from .world import APPLIANCE, RPO_SECONDS, Array, World
from .writes import add_mapping

_CAPABILITIES = [
    "Asynchronous_Block_Replication",
    "Synchronous_Block_Replication",
    "Asynchronous_File_Replication",
    "Asynchronous_Vvol_Replication",
    "Block_Metro_Active_Active",
]


def add_cluster(array: Array, scenario: Scenario) -> None:
    spec, peer = scenario.arrays[array.name], scenario.arrays[array.peer.name]
    installed = stamp(array.now() - timedelta(days=90))
    common: Row = {"name": spec.name, "id": "0", "global_id": spec.global_id, "state": "Configured"}
    array.tables["cluster"].add(
        "0",
        {
            **common,
            "management_address": spec.management_address,
            "appliance_count": 1,
            "compatibility_level": 15,
            "is_encryption_enabled": True,
            "master_appliance_id": APPLIANCE,
            "primary_appliance_id": APPLIANCE,
            "physical_mtu": 1500,
            "nvm_subsystem_nqn": f"nqn.1988-11.com.dell:powerstore:00:{spec.global_id}",
            "system_time": lambda: stamp(array.now()),
        },
    )
    array.tables["appliance"].add(
        APPLIANCE,
        {
            "id": APPLIANCE,
            "name": f"{spec.name}-appliance-1",
            "model": "PowerStore 1200T",
            "service_tag": spec.global_id[-7:].upper(),
            "express_service_code": "12345678901",
            "mode": "Unified",
            "node_count": 2,
            "storage_class": "TLC_Based_Flash",
            "drive_failure_tolerance_level": "Single",
            "is_hyper_converged": False,
        },
    )
    for number, (whole, appliance) in enumerate(((True, None), (False, APPLIANCE)), start=1):
        array.tables["software_installed"].add(
            str(number),
            {
                "id": str(number),
                "is_cluster": whole,
                "appliance_id": appliance,
                "release_version": lambda: array.release_version,
                "build_version": lambda: array.release_version,
                "build_id": "20260101000000",
                "build_type": "Release",
                "build_flavor": "Retail",
                "installed_date": installed,
                "release_timestamp": installed,
            },
        )
    remote_id = array.make_id("remote_system", peer.name)
    array.tables["remote_system"].add(
        remote_id,
        {
            "id": remote_id,
            "name": peer.name,
            "description": "",
            "serial_number": peer.global_id,
            "management_address": peer.management_address,
            "type": "PowerStore",
            "version": lambda: array.peer.release_version,
            "state": lambda: "OK" if array.world.link_up else "Management_Connection_Lost",
            "data_connection_state": lambda: "OK" if array.world.link_up else "Complete_Data_Connection_Loss",
            "data_connection_type": "iSCSI",
            "data_network_latency": "Low",
            "file_connection_state": "OK",
            "discovery_chap_mode": "Disabled",
            "session_chap_mode": "Disabled",
            "capabilities": list(_CAPABILITIES),
            "iscsi_addresses": [],
            "fc_target_wwns": [],
            "data_connections": [],
            "appliance_details": [],
        },
    )


def add_rules(array: Array, scenario: Scenario) -> None:
    """The rule and its policy belong to production; the DR array has read-only replicas (INF)."""
    replica = array.name == "dr"
    for name, rpo in scenario.rules.items():
        rule_id, policy_id = array.make_id("rule", name), array.make_id("policy", name)
        shared: Row = {
            "is_replica": replica,
            "is_read_only": replica,
            "managed_by": "Replication" if replica else "User",
        }
        array.tables["replication_rule"].add(
            rule_id,
            {
                "id": rule_id,
                "name": name,
                "rpo": rpo,
                "alert_threshold": RPO_SECONDS[rpo] // 60,
                "remote_system_id": array.remote_system["id"],
                "_policies": [policy_id],
                **shared,
            },
        )
        array.tables["policy"].add(
            policy_id,
            {
                "id": policy_id,
                "name": f"policy-{name}",
                "type": "Protection",
                "_replication_rules": [rule_id],
                **shared,
            },
        )


def add_hosts(array: Array, scenario: Scenario) -> None:
    spec = scenario.arrays[array.name]
    for group, members in spec.host_groups.items():
        group_id = array.make_id("host_group", group)
        row: Row = {"id": group_id, "name": group, "description": "", "host_connectivity": "Local_Only"}
        array.tables["host_group"].add(group_id, row)
        for host in members:
            _host(array, host, group_id)
    for host in spec.hosts:
        _host(array, host, None)


def _host(array: Array, name: str, group_id: str | None) -> None:
    host_id = array.make_id("host", name)
    array.tables["host"].add(
        host_id,
        {
            "id": host_id,
            "name": name,
            "description": "",
            "host_group_id": group_id,
            "os_type": "Linux",
            "type": "External",
            "host_connectivity": "Local_Only",
            "host_initiators": [
                {
                    "port_name": f"iqn.2026-01.example:{name}",
                    "port_type": "iSCSI",
                    "chap_single_username": None,
                    "chap_mutual_username": None,
                    "active_sessions": [],
                }
            ],
        },
    )


def map_hosts(array: Array, names: tuple[str, ...], volumes: list[Row]) -> None:
    for name in names:
        for kind in ("host", "host_group"):
            row = array.tables[kind].get(array.make_id(kind, name))
            if row is not None:
                break
        else:
            raise ScenarioError(f"hosts: array {array.name} has no host or host group {name!r}")
        for volume in volumes:
            add_mapping(array, volume, f"{kind}_id", row)


def add_alerts(world: World, scenario: Scenario) -> None:
    for entry in scenario.alerts:
        array = world.arrays[entry.array]
        side = array.session(entry.session) if entry.session else None
        if side:
            target = ("replication_session", side.id, side.resource_name)
        elif entry.resource_type == "appliance":
            target = ("appliance", APPLIANCE, f"{array.cluster_name}-appliance-1")
        else:
            target = ("cluster", "0", array.cluster_name)
        raised = stamp(array.now() - timedelta(minutes=10))
        array.alert(
            entry.event_code,
            entry.severity,
            entry.description,
            target,
            state=entry.state,
            is_acknowledged=entry.is_acknowledged,
            raised_timestamp=raised,
            generated_timestamp=raised,
        )
