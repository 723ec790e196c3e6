# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Snapshots of volumes and snapshot sets of volume groups, as rows of `volume` and `volume_group`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from .clock import stamp
from .errors import ApiError
from .tables import Row
from .world import Array, Side

KINDS = ("volume", "volume_group")


@dataclass(frozen=True)
class SnapshotSpec:
    """What a new snapshot shall be."""

    name: str
    taken: datetime  # the point in time of the data
    creator_type: str = "User"
    expires: str | None = None
    description: str = ""
    copy_signature: str | None = None  # the same on the source's snapshot and on its replica
    created: datetime | None = None  # when it came into being on this array; default: taken


def protection_data(source_id: str | None, family_id: str, spec: SnapshotSpec | None = None) -> Row:
    """[S protection_data]; a primary has one too, with nothing in it but its family."""
    creator = spec.creator_type if spec else "User"
    return {
        "creator_type": creator,
        "creator_type_l10n": creator,
        "created_by_rule_id": None,
        "created_by_rule_name": None,
        "source_id": source_id,
        "parent_id": source_id,
        "family_id": family_id,
        "source_timestamp": stamp(spec.taken) if spec else None,
        "expiration_timestamp": spec.expires if spec else None,
        "copy_signature": spec.copy_signature if spec else None,
        "is_app_consistent": False,
    }


def create(array: Array, kind: str, source: Row, spec: SnapshotSpec) -> Row:
    """A snapshot of a volume, or a snapshot set of a volume group with a snapshot of each member."""
    table = array.tables[kind]
    snapshot_id = array.make_id(f"{kind}-snapshot", f"{source['id']}:{spec.name}:{array.next_id()}")
    own = {
        "id": snapshot_id,
        "name": spec.name,
        "description": spec.description,
        "type": "Snapshot",
        "creation_timestamp": stamp(spec.created or spec.taken),
        "protection_data": protection_data(str(source["id"]), str(source["id"]), spec),
        "protection_policy_id": None,
        "is_replication_destination": False,
        "_source_id": source["id"],
    }
    row = table.add(snapshot_id, {**source, **own})
    if kind == "volume":
        row["_volume_groups"] = []
        row["nguid"] = f"nguid.{snapshot_id.replace('-', '')}"
        row["wwn"] = f"naa.68ccf098{snapshot_id.replace('-', '')[:24]}"
        return row
    members = []
    for member in _members(array, source):
        part = create(array, "volume", member, replace(spec, name=f"{spec.name}.{member['name']}"))
        part["_volume_groups"] = [snapshot_id]
        members.append(part["id"])
    row["_volumes"] = members
    return row


def _members(array: Array, group: Row) -> list[Row]:
    ids = group.get("_volumes")
    rows = (array.tables["volume"].get(each) for each in (ids if isinstance(ids, list) else ()))
    return [row for row in rows if row is not None]


def remove(array: Array, kind: str, row: Row) -> None:
    """A snapshot set takes its member snapshots with it; snapshots are gone for good [api-facts 5]."""
    if kind == "volume_group":
        for member in _members(array, row):
            array.tables["volume"].remove(str(member["id"]))
    array.tables[kind].remove(str(row["id"]))


def for_test(side: Side, snapshot_id: object) -> Row | None:
    """The snapshot a test shall start from, or a refusal: a local one, of the session's own resource, not System's."""
    if snapshot_id is None:
        return None
    row = side.array.tables[side.resource_type].get(snapshot_id)
    if row is None:
        other = KINDS[1 - KINDS.index(side.resource_type)]
        if side.array.tables[other].get(snapshot_id) is not None:
            raise ApiError("snapshot_foreign", side.id, snapshot_id, side.local_resource_id)
        raise ApiError("volume_not_found" if side.resource_type == "volume" else "group_not_found", snapshot_id)
    data = row["protection_data"]
    if row["type"] != "Snapshot" or not isinstance(data, dict) or data["source_id"] != side.local_resource_id:
        raise ApiError("snapshot_foreign", side.id, snapshot_id, side.local_resource_id)
    if data["creator_type"] == "System":
        raise ApiError("snapshot_system", side.id, snapshot_id)
    return row


def of_stopped_test(side: Side) -> str:
    """failover_test_STOPPED_<timestamp>, which expires by itself [S]; -> its id."""
    array = side.array
    resource = array.tables[side.resource_type].get(side.local_resource_id)
    if resource is None:
        raise ApiError("internal", f"resource {side.local_resource_id} is missing")
    now = array.now()
    expires = stamp(now + timedelta(days=array.world.options.stopped_snapshot_days))
    name = f"failover_test_STOPPED_{now.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"
    description = f"Created when the failover test of {side.resource_name} was stopped."
    return str(create(array, side.resource_type, resource, SnapshotSpec(name, now, "User", expires, description))["id"])


def replicate(side: Side, snapshot: Row, kind: str, spec: SnapshotSpec) -> Row | None:
    """Copy a snapshot of the source to the other array, if replication runs."""
    if side.role != "Source" or not side.is_replicating() or kind not in KINDS:
        return None
    target = side.peer.array.tables[kind].get(side.peer.local_resource_id)
    return None if target is None else create(side.peer.array, kind, target, spec)
