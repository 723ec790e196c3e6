# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A scenario becomes a world."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from . import nas, snapshots
from .clock import Clock, stamp
from .estate import add_alerts, add_cluster, add_hosts, add_rules, map_hosts
from .reading import ScenarioError
from .scenario import METRO, Scenario, SessionSpec, TestEntry
from .tables import Row
from .world import APPLIANCE, ARRAYS, RPO_SECONDS, Array, FailoverTest, Replication, Side, World

_OTHER_ROLE: Mapping[str, str] = {
    "Destination": "Source",
    "Source": "Destination",
    "Metro_Preferred": "Metro_Non_Preferred",
    "Metro_Non_Preferred": "Metro_Preferred",
}


def build(scenario: Scenario) -> World:
    clock = Clock(scenario.clock.moment, scenario.clock.frozen)
    world = World(clock, scenario.options, scenario.operation_seconds)
    for name in ARRAYS:
        spec = scenario.arrays[name]
        array = world.arrays[name] = Array(world, name, spec.name, spec.release_version)
        array.clock_skew = spec.clock_skew
    for name in ARRAYS:
        add_cluster(world.arrays[name], scenario)
        add_rules(world.arrays[name], scenario)
        add_hosts(world.arrays[name], scenario)
    for session in scenario.sessions:
        add_session(world, scenario, session)
    add_alerts(world, scenario)
    for name in ARRAYS:
        if scenario.arrays[name].write_protected:
            world.set_write_protected(name, True)
    if scenario.link == "cut":
        world.set_link(False)
    return world


def add_session(world: World, scenario: Scenario, spec: SessionSpec) -> None:
    """Both sides of one session, with their resources, mappings, snapshots and a running test."""
    kind, name = spec.resource
    rule = spec.rule or next(iter(scenario.rules), None)
    has_rule = spec.type != METRO and rule is not None
    if has_rule and rule not in scenario.rules:
        raise ScenarioError(f"session {name}: there is no rule {rule!r}")
    rpo = RPO_SECONDS[scenario.rules[rule]] if has_rule and rule else None
    dr_role = spec.own_role
    roles = {"dr": dr_role, "production": _OTHER_ROLE[dr_role]}
    has_sync = kind not in {"nas_server", "file_system"} and spec.type != METRO
    stalled = spec.stalled if spec.stalled is not None else bool(rpo and spec.recovery_point_age > rpo)
    last = world.clock.now() - timedelta(seconds=spec.recovery_point_age) if has_sync else None
    replication = Replication(rpo, last, spec.sync_duration, stalled)
    policy_of = rule if has_rule else None
    resources = {array: _resource(world.arrays[array], spec, policy_of, roles[array]) for array in ARRAYS}
    sides = {}
    for array_name in ARRAYS:
        array, other = world.arrays[array_name], "dr" if array_name == "production" else "production"
        own, theirs = resources[array_name], resources[other]
        sides[array_name] = array.sessions.add(
            _session_id(world, spec, array_name),
            Side(
                array=array,
                id=_session_id(world, spec, array_name),
                resource_type=kind,
                resource_name=name,
                local_resource_id=str(own[0]["id"]),
                remote_resource_id=str(theirs[0]["id"]),
                remote_system_id=str(array.remote_system["id"]),
                replication_rule_id=array.make_id("rule", str(rule)) if has_rule else None,
                role=roles[array_name],
                state=spec.state,
                type=spec.type,
                replication=replication,
                failover_test_in_progress=_flag_at_rest(world, kind),
                element_pairs=[(str(a["id"]), str(b["id"])) for a, b in zip(own[1:], theirs[1:], strict=True)],
                element_type={"nas_server": "file_system", "file_system": "file_system"}.get(kind, "volume"),
                data_transfer_state=spec.data_transfer_state,
                data_connection_state=spec.data_connection_state,
                error_code=spec.error_code,
            ),
        )
    sides["dr"].peer_side, sides["production"].peer_side = sides["production"], sides["dr"]
    if not world.options.source_shows_test:
        sides["production"].failover_test_in_progress = world.options.source_flag_at_rest
    _dress(world, spec, sides, resources)


def _session_id(world: World, spec: SessionSpec, array: str) -> str:
    kind, name = spec.resource
    if array == "production" and spec.source_id is not None:
        return spec.source_id
    if spec.id is not None:
        return spec.id
    same = world.options.same_session_id or array == "dr"
    return world.arrays["dr" if same else array].make_id("session", f"{kind}:{name}")


def _dress(world: World, spec: SessionSpec, sides: Mapping[str, Side], resources: Mapping[str, list[Row]]) -> None:
    kind, name = spec.resource
    for array_name, hosts in (("dr", spec.hosts), ("production", spec.source_hosts)):
        if kind in snapshots.KINDS:
            map_hosts(world.arrays[array_name], hosts, resources[array_name][1:])
    if spec.type == METRO:
        for array_name in ARRAYS:
            resources[array_name][0]["metro_replication_session_id"] = sides[array_name].id
    if kind == "nas_server":
        _dress_nas_server(world, spec, resources)
    now = world.clock.now()
    made: dict[str, str] = {}
    for entry in spec.snapshot_entries if kind in snapshots.KINDS else ():
        signature = world.arrays["production"].make_id("signature", f"{name}:{entry.name}")
        for array_name in ARRAYS if entry.replicated else ("dr",):
            array = world.arrays[array_name]
            skew = timedelta(seconds=array.clock_skew)
            expires = stamp(now + skew + timedelta(seconds=entry.expires_in)) if entry.expires_in else None
            taken: datetime = now + skew - timedelta(seconds=entry.age)
            copy = signature if entry.replicated else None
            made_of = snapshots.SnapshotSpec(entry.name, taken, entry.creator_type, expires, entry.description, copy)
            row = snapshots.create(array, kind, resources[array_name][0], made_of)
            made[entry.name] = str(row["id"])  # the DR array comes last
    if (test := spec.running_test) is not None:
        if test.snapshot is not None and test.snapshot not in made:
            raise ScenarioError(f"session {name}: test.snapshot {test.snapshot!r} is none of its snapshots")
        _running_test(sides["dr"], spec.size, test, made)


def _flag_at_rest(world: World, kind: str) -> bool | None:
    """[S] not supported for NAS sessions: null, or false [api-facts 10]."""
    return world.options.nas_flag_at_rest if kind in {"nas_server", "file_system"} else False


def _dress_nas_server(world: World, spec: SessionSpec, resources: Mapping[str, list[Row]]) -> None:
    """Interfaces on both arrays, where the destination's do not answer, and the clones of earlier DR tests."""
    for name in ARRAYS:
        server = resources[name][0]
        server["_domain"] = spec.domain
        for entry in spec.interfaces:
            values = msgspec.structs.asdict(entry)
            made = nas.add_interface(world.arrays[name], server, values, f"{spec.nas_server}:{entry.ip_address}")
            if server["is_replication_destination"]:
                shown = ("ip_address", "prefix_length", "gateway", "vlan_id", "ip_port_id")
                made["source_parameters"] = {each: values[each] for each in shown}
    for clone in spec.dr_tests:
        dr = world.arrays["dr"]
        row = nas.past_clone(
            dr, resources["dr"][0], clone.name, clone.user, float(clone.age), is_dr_test=clone.is_dr_test
        )
        for entry in clone.interfaces:
            nas.add_interface(dr, row, msgspec.structs.asdict(entry), f"{clone.name}:{entry.ip_address}")


def _running_test(side: Side, size: int, test: TestEntry, made: Mapping[str, str]) -> None:
    """A test started earlier, with the job and the audit event it left."""
    array = side.array
    started = array.now() - timedelta(seconds=test.age)
    sizes = {local: size for local, _remote in side.element_pairs}
    side.replication.test = FailoverTest(test.user, started, made.get(str(test.snapshot)), sizes)
    side.failover_test_in_progress = True
    options = array.world.options
    side.peer.failover_test_in_progress = True if options.source_shows_test else options.source_flag_at_rest
    for _kind, row in side.resources():
        row["is_replication_destination"] = options.destination_flag_in_test
    array.past_job(test.user, "start_failover_test", ("replication_session", side.id, side.resource_name), started)


def _resource(array: Array, spec: SessionSpec, rule: str | None, role: str) -> list[Row]:
    """[the session's resource, then what replicates: its volumes, or its file systems]"""
    kind, name = spec.resource
    policy_id = array.make_id("policy", rule) if rule else None
    destination = role == "Destination"
    base: Row = {
        "name": name,
        "description": spec.description,
        "protection_policy_id": policy_id,
        "is_replication_destination": destination,
        "creation_timestamp": stamp(array.now() - timedelta(days=60)),
    }
    if kind == "volume":
        row = _volume(array, name, spec, base)
        return [row, row]
    resource_id = array.make_id(kind, name)
    base["id"] = resource_id
    if kind == "volume_group":
        given = spec.members
        members = [f"{name}-{n}" for n in range(1, given + 1)] if isinstance(given, int) else list(given)
        volumes = [_volume(array, member, spec, base) for member in members]
        for volume in volumes:
            volume["_volume_groups"] = [resource_id]
        group = {
            **base,
            "type": "Primary",
            "is_importing": False,
            "is_protectable": True,
            "is_write_order_consistent": True,
            "is_host_access_available": False,
            "placement_rule": "Same_Appliance",
            "location_history": None,
            "protection_data": snapshots.protection_data(None, resource_id),
            "_source_id": None,
            "_volumes": [volume["id"] for volume in volumes],
        }
        return [array.tables[kind].add(resource_id, group), *volumes]
    return _other_resource(array, spec, base)


def _volume(array: Array, name: str, spec: SessionSpec, base: Row) -> Row:
    volume_id = array.make_id("volume", name)
    row: Row = {
        **base,
        "id": volume_id,
        "name": name,
        "type": "Primary",
        "state": "Ready",
        "size": spec.size,
        "logical_used": spec.size // 4,
        "wwn": f"naa.68ccf098{volume_id.replace('-', '')[:24]}",
        "nguid": f"nguid.{volume_id.replace('-', '')}",
        "nsid": len(array.tables["volume"]) + 1,
        "appliance_id": APPLIANCE,
        "node_affinity": "System_Select_At_Attach",
        "is_host_access_available": False,
        "location_history": None,
        "protection_data": snapshots.protection_data(None, volume_id),
        "_source_id": None,
        "_volume_groups": [],
    }
    return array.tables["volume"].add(volume_id, row)


def _other_resource(array: Array, spec: SessionSpec, base: Row) -> list[Row]:
    """NAS server with its file systems, file system, or replication group: enough for names to resolve."""
    kind, name = spec.resource
    resource_id = str(base["id"])
    if kind == "replication_group":
        return [array.tables[kind].add(resource_id, {**base, "creator_type": "User"})]
    nas_name = name if kind == "nas_server" else f"nas-of-{name}"
    nas_id = array.make_id("nas_server", nas_name)
    production = not base["is_replication_destination"]
    server: Row = {
        **base,
        "id": nas_id,
        "name": nas_name,
        "operational_status": "Started",
        "is_production_mode_enabled": production,
        "is_dr_test": False,
        "current_node_id": f"{APPLIANCE}-node-A",
    }
    array.tables["nas_server"].add(nas_id, server)
    own = (name,) if kind == "file_system" else spec.file_systems if spec.file_systems is not None else (f"{name}-fs",)
    made = [_file_system(array, each, nas_id, spec, base) for each in own]
    return [server, *made] if kind == "nas_server" else [made[0], made[0]]


def _file_system(array: Array, name: str, nas_id: str, spec: SessionSpec, base: Row) -> Row:
    file_id = array.make_id("file_system", name)
    row: Row = {
        **base,
        "id": file_id,
        "name": name,
        "nas_server_id": nas_id,
        "parent_id": None,
        "filesystem_type": "Primary",
        "size_total": spec.size,
        "size_used": spec.size // 4,
        "config_type": "General",
        "flr_attributes": {"mode": spec.flr[name]} if name in spec.flr else None,
    }
    return array.tables["file_system"].add(file_id, row)
