# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""NAS servers, their file systems and interfaces: the clone of a DR test, and what an array refuses to delete.

Written from [api-facts 3.3, 5] and the schemas of the 4.1 description; each rule that is not in Dell's text says INF.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from .clock import stamp
from .errors import ApiError
from .jobs import GOOD_JOB, Job, JobPlan, Outcome
from .schema import Version
from .tables import Row
from .world import Array

V1: Version = (1, 0, 0, 0)
V3: Version = (3, 0, 0, 0)
V3_6: Version = (3, 6, 0, 0)
ADDED: Mapping[str, Version] = {"nas_server/{id}/clone": V3}
IP_PORTS = ("IP_PORT1", "IP_PORT2")
# What the array takes in a body: (resource, action) -> attribute -> (types, release that added it).
PROPERTIES: Mapping[tuple[str, str], Mapping[str, tuple[tuple[type, ...], Version]]] = {
    ("nas_server", "clone"): {
        "name": ((str,), V3),
        "file_systems": ((list, type(None)), V3),
        "clone_flr_file_systems": ((bool,), V3),
        "is_dr_test": ((bool,), V3_6),
    },
    ("nas_server", "delete"): {
        "is_skip_domain_unjoin": ((bool,), V1),
        "domain_user_name": ((str,), V1),
        "domain_password": ((str,), V1),
    },
    ("file_interface", "create"): {
        "nas_server_id": ((str,), V1),
        "ip_address": ((str,), V1),
        "prefix_length": ((int,), V1),
        "gateway": ((str,), V1),
        "vlan_id": ((int,), V1),
        "role": ((str,), V1),
        "is_disabled": ((bool,), V1),
        "ip_port_id": ((str,), V3),
    },
    ("file_interface", "delete"): {},
    ("file_system", "delete"): {},
}


@dataclass(frozen=True)
class NasChange:
    """One change of a NAS server, a file system or an interface; a new interface has no row yet."""

    array: Array
    row: Row | None
    body: Mapping[str, object]
    user: str
    plan: JobPlan = GOOD_JOB
    seconds: float | None = None  # None: as long as the world says

    @property
    def known(self) -> Row:
        """The row that is changed."""
        if self.row is None:
            raise TypeError("this change has no row")
        return self.row

    def run(self, kind: str, action: str, target: Row, effect: Callable[[], Outcome]) -> Job:
        named = (kind, str(target["id"]) if "id" in target else None, str(target["name"]))
        return self.array.submit(self.user, action, named, effect, self.plan, seconds=self.seconds)

    def done(self, operation: str, row: Row) -> None:
        self.array.executed.append((operation, str(row["id"])))


# --- what there is --------------------------------------------------------------------------------------------------


def nas_server(array: Array, key: str) -> Row:
    """By id or name. Raises LookupError."""
    table = array.tables["nas_server"]
    row = table.get(key) or next((each for each in table if str(each["name"]).lower() == key.lower()), None)
    if row is None:
        raise LookupError(f"array {array.name} has no NAS server {key!r}")
    return row


def file_systems(array: Array, nas_id: object) -> list[Row]:
    return list(array.tables["file_system"].lookup("nas_server_id", [nas_id]))


def interfaces(array: Array, nas_id: object) -> list[Row]:
    return list(array.tables["file_interface"].lookup("nas_server_id", [nas_id]))


def add_interface(array: Array, server: Row, values: Mapping[str, object], name: str | None = None) -> Row:
    """A row of file_interface; name: for the same id in each run of a scenario."""
    number = array.next_id()
    row_id = array.make_id("file_interface", name or f"{server['id']}:{values['ip_address']}:{number}")
    row: Row = {
        "gateway": None,
        "vlan_id": 0,
        "role": "Production",
        "is_disabled": False,
        "ip_port_id": IP_PORTS[0],
        **values,
        "id": row_id,
        "name": f"{server['name']}-{number}",
        "nas_server_id": server["id"],
        "is_dr_test": bool(server["is_dr_test"]),
        "is_destination_override_enabled": False,
        "source_parameters": None,
    }
    kind = "production_IPv6_interface_id" if ":" in str(row["ip_address"]) else "production_IPv4_interface_id"
    if row["role"] == "Production" and server.get(kind) is None:
        server[kind] = row_id
    return array.tables["file_interface"].add(row_id, row)


# --- clone ----------------------------------------------------------------------------------------------------------


def _wanted_file_systems(change: NasChange) -> list[Row]:
    """[S] file_systems: unique ids, default null; whether null means all is not known, so the scenario says."""
    own, given = file_systems(change.array, change.known["id"]), change.body.get("file_systems")
    own = [row for row in own if row["filesystem_type"] == "Primary"]
    free = [row for row in own if row.get("flr_attributes") != {"mode": "Compliance"}]  # [S] the others are not cloned
    if given is None:
        return free if change.array.world.options.clone_without_list == "all" else []
    ids = [str(each) for each in given] if isinstance(given, list) else []
    if len(set(ids)) < len(ids):
        raise ApiError("wrong_type", "file_systems", "array of unique ids")
    by_id = {str(row["id"]): row for row in own}
    for each in ids:
        if each not in by_id:
            raise ApiError("file_system_foreign", each, change.known["name"])
        if by_id[each] not in free and change.array.world.options.clone_of_compliance == "refused":
            raise ApiError("file_system_locked", by_id[each]["name"])
    return [by_id[each] for each in ids if by_id[each] in free]


def clone(change: NasChange) -> Job:
    """POST /nas_server/{id}/clone: all of the configuration but the interfaces [api-facts 3.3]."""
    array, source, name = change.array, change.known, str(change.body.get("name") or "")
    if not name:
        raise ApiError("missing_property", "name")
    if len(name) > 255:
        raise ApiError("wrong_type", "name", "string of at most 255 characters")
    _refuse_taken_name(array, name)
    wanted = _wanted_file_systems(change)
    options = array.world.options
    early: list[Row] = []

    def effect() -> Outcome:
        if early:
            made = early[0]
        else:
            _refuse_taken_name(array, name)
            made = make_clone(array, source, wanted, name, is_dr_test=change.body.get("is_dr_test") is True)
        _start(array, made)
        change.done("clone", source)
        return 200, {"id": made["id"]}

    job = change.run("nas_server", "clone", source, effect)
    if options.clone_shows_early and not job.ended:
        early.append(make_clone(array, source, wanted, name, is_dr_test=change.body.get("is_dr_test") is True))
        early[0]["operational_status"] = "Stopped"
        job.finishers.append(lambda ended: None if ended.executed else remove(array, early[0]))
    job.finishers.append(lambda ended: _log_as(array, ended))
    if job.ended:
        _log_as(array, job)
    return job


def _refuse_taken_name(array: Array, name: str) -> None:
    if any(str(each["name"]).lower() == name.lower() for each in array.tables["nas_server"]):
        raise ApiError("nas_name_in_use", name)


def _log_as(array: Array, job: Job) -> None:
    """Whose id the job of a clone shows, and whether it keeps the id of what was made, is not known."""
    made, options = (job.body or {}).get("id"), array.world.options
    if made is None or job.phase != "Completed":
        return
    if options.clone_job_names == "clone":
        array.jobs.change(job.id, "resource_id", str(made))
    if not options.clone_job_tells_id:
        job.shows_body = False


def _start(array: Array, made: Row) -> None:
    """A NAS server that was made starts by itself, which takes a while (INF)."""
    world = array.world
    seconds = world.operation_seconds.get("nas_server_start", 0.0)
    made["operational_status"] = "Starting" if seconds else "Started"
    if seconds:

        def started() -> None:
            made["operational_status"] = "Started"

        world.agenda.after(seconds, started)


def make_clone(
    array: Array, source: Row, wanted: list[Row], name: str, *, is_dr_test: bool, made_at: datetime | None = None
) -> Row:
    """The clone with its file systems, as the options show where they come from."""
    moment = stamp(made_at or array.now())
    nas_id = array.make_id("nas_server", f"{name}:{array.next_id()}")
    row: Row = {
        **source,
        "id": nas_id,
        "name": name,
        "description": source.get("description"),
        "protection_policy_id": None,
        "is_replication_destination": False,
        "is_production_mode_enabled": True,
        "is_dr_test": is_dr_test,
        "operational_status": "Started",
        "production_IPv4_interface_id": None,
        "production_IPv6_interface_id": None,
        "creation_timestamp": moment,
    }
    array.tables["nas_server"].add(nas_id, row)
    for each in wanted:
        parent = _parent_of(array, each)
        fs_id = array.make_id("file_system", f"{nas_id}:{each['name']}")
        copy: Row = {
            **each,
            "id": fs_id,
            "nas_server_id": nas_id,
            "parent_id": parent,
            "protection_policy_id": None,
            "is_replication_destination": False,
            "creation_timestamp": moment,
        }
        array.tables["file_system"].add(fs_id, copy)
    return row


def _parent_of(array: Array, source: Row) -> str | None:
    """What a cloned file system shows as its parent: the source, a snapshot of it, or nothing (not known)."""
    shown = array.world.options.clone_parent
    if shown == "hidden":
        return None
    if shown == "file_system":
        return str(source["id"])
    snapshot_id = array.make_id("file_system", f"{source['id']}:clone-base")
    table = array.tables["file_system"]
    if table.get(snapshot_id) is None:
        made: Row = {
            **source,
            "id": snapshot_id,
            "name": f"{source['name']}.clone-base",
            "parent_id": source["id"],
            "filesystem_type": "Snapshot",
            "creator_type": "System",
            "creation_timestamp": stamp(array.now()),
        }
        table.add(snapshot_id, made)
    return snapshot_id


def past_clone(array: Array, source: Row, name: str, user: str, age: float, *, is_dr_test: bool = True) -> Row:
    """A clone of all file systems that was made earlier, with the job and the audit event it left."""
    when = array.now() - timedelta(seconds=age)
    wanted = [each for each in file_systems(array, source["id"]) if each["filesystem_type"] == "Primary"]
    row = make_clone(array, source, wanted, name, is_dr_test=is_dr_test, made_at=when)
    job = array.past_job(user, "clone", ("nas_server", str(source["id"]), str(source["name"])), when)
    job.status, job.body = 200, {"id": row["id"]}
    _log_as(array, job)
    return row


# --- interfaces -----------------------------------------------------------------------------------------------------


def create_interface(change: NasChange) -> Job:
    """POST /file_interface. An address of another NAS server is refused, unless the scenario lets DR tests have it."""
    array, body = change.array, change.body
    for needed in ("nas_server_id", "ip_address", "prefix_length"):
        if body.get(needed) is None:
            raise ApiError("missing_property", needed)
    server = array.tables["nas_server"].get(body["nas_server_id"])
    if server is None:
        raise ApiError("nas_not_found", body["nas_server_id"])
    _check_network(body)
    if body.get("ip_port_id") is not None and body["ip_port_id"] not in IP_PORTS:
        raise ApiError("ip_port_not_found", body["ip_port_id"])
    _refuse_taken_address(array, server, str(body["ip_address"]))

    def effect() -> Outcome:
        _refuse_taken_address(array, server, str(body["ip_address"]))
        values = {name: value for name, value in body.items() if name != "nas_server_id"}
        made = add_interface(array, server, values)
        change.done("create_file_interface", made)
        return 201, {"id": made["id"]}

    return change.run("file_interface", "create", {"name": str(body["ip_address"])}, effect)


def _check_network(body: Mapping[str, object]) -> None:
    address, prefix, gateway = str(body["ip_address"]), body["prefix_length"], body.get("gateway")
    try:
        network = ipaddress.ip_interface(f"{address}/{prefix}").network
        if gateway and ipaddress.ip_address(str(gateway)) not in network:
            raise ApiError("gateway", gateway, network)
    except ValueError as error:
        raise ApiError("wrong_type", "ip_address", "ip-address") from error
    vlan = body.get("vlan_id", 0)
    if isinstance(vlan, int) and not 0 <= vlan <= 4094:
        raise ApiError("wrong_type", "vlan_id", "integer from 0 to 4094")


def _refuse_taken_address(array: Array, server: Row, address: str) -> None:
    may_reuse = server["is_dr_test"] and array.world.options.dr_test_may_reuse_address
    for each in array.tables["file_interface"]:
        counts = not may_reuse or each["nas_server_id"] == server["id"]
        if counts and each["ip_address"] == address and not each["is_disabled"]:
            raise ApiError("address_in_use", address, each["name"])


# --- deletion -------------------------------------------------------------------------------------------------------


def remove(array: Array, server: Row) -> None:
    """The NAS server with all that it has."""
    for table, rows in (("file_interface", interfaces), ("file_system", file_systems)):
        for row in rows(array, server["id"]):
            array.tables[table].remove(str(row["id"]))
    array.tables["nas_server"].remove(str(server["id"]))


def delete_interface(change: NasChange) -> Job:
    array, row = change.array, change.known
    server = array.tables["nas_server"].get(row["nas_server_id"])

    def effect() -> Outcome:
        _still_there(array, "file_interface", row)
        for name in ("production_IPv4_interface_id", "production_IPv6_interface_id"):
            if server is not None and server.get(name) == row["id"]:
                server[name] = None
        array.tables["file_interface"].remove(str(row["id"]))
        change.done("delete_file_interface", row)
        return 204, None

    return change.run("file_interface", "delete", row, effect)


def delete_file_system(change: NasChange) -> Job:
    """What replicates is not deleted."""
    array, row = change.array, change.known
    replicated = any(row["id"] in [local for local, _remote in side.element_pairs] for side in array.sessions)
    if replicated:
        raise ApiError("nas_replicated", row["name"])
    own = file_systems(array, row["nas_server_id"])
    if any(each["parent_id"] == row["id"] and each["filesystem_type"] == "Snapshot" for each in own):
        raise ApiError("file_system_has_snapshots", row["name"])

    def effect() -> Outcome:
        _still_there(array, "file_system", row)
        array.tables["file_system"].remove(str(row["id"]))
        change.done("delete_file_system", row)
        return 204, None

    return change.run("file_system", "delete", row, effect)


def delete_server(change: NasChange) -> Job:
    """Only one that is empty and does not replicate; one that is joined to a domain asks for an account, or a skip."""
    array, row, body = change.array, change.known, change.body

    def refuse() -> None:
        if array.sessions.lookup("local_resource_id", [row["id"]]):
            raise ApiError("nas_replicated", row["name"])
        if file_systems(array, row["id"]):
            raise ApiError("nas_has_file_systems", row["name"])
        if interfaces(array, row["id"]) and not array.world.options.nas_delete_takes_interfaces:
            raise ApiError("nas_has_interfaces", row["name"])
        account = body.get("domain_user_name") and body.get("domain_password")
        if row.get("_domain") and not body.get("is_skip_domain_unjoin") and not account:
            raise ApiError("domain_account", row["name"], row["_domain"])

    refuse()

    def effect() -> Outcome:
        _still_there(array, "nas_server", row)
        refuse()
        if row.get("_domain") and not body.get("is_skip_domain_unjoin"):
            change.done("domain_unjoin", row)
        remove(array, row)
        change.done("delete_nas_server", row)
        return 204, None

    return change.run("nas_server", "delete", row, effect)


def _still_there(array: Array, kind: str, row: Row) -> None:
    if array.tables[kind].get(row["id"]) is None:
        raise ApiError("not_found", row["id"], kind)


ACTIONS: Mapping[tuple[str, str], Callable[[NasChange], Job]] = {
    ("nas_server", "clone"): clone,
    ("nas_server", "delete"): delete_server,
    ("file_interface", "create"): create_interface,
    ("file_interface", "delete"): delete_interface,
    ("file_system", "delete"): delete_file_system,
}
