# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes to volumes, groups, snapshots and mappings: what a drill may do besides the test itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from . import policies, snapshots
from .clock import parse_stamp, stamp
from .errors import ApiError
from .jobs import Job, JobPlan, Outcome
from .schema import Version
from .tables import Row
from .world import Array, Side

V1: Version = (1, 0, 0, 0)
V2: Version = (2, 0, 0, 0)
Kinds = tuple[type, ...]
Properties = Mapping[str, tuple[Kinds, Version]]
TEXT: Kinds = (str,)
NULLABLE: Kinds = (str, type(None))

_MODIFY: Properties = {
    "name": (TEXT, V1),
    "description": (TEXT, V1),
    "expiration_timestamp": (NULLABLE, V1),
    "force": ((bool,), V1),
    "is_replication_destination": ((bool,), V1),
    "protection_policy_id": (NULLABLE, V1),
}
_SNAPSHOT: Properties = {
    "name": (TEXT, V1),
    "description": (TEXT, V1),
    "expiration_timestamp": (TEXT, V1),
    "is_secure": ((bool,), (3, 5, 0, 0)),
}
_HOSTS = ("host", "host_group")
_MEMBERS = ("add_members", "remove_members")
_HOST: Properties = {"host_id": (TEXT, V1), "host_group_id": (TEXT, V1)}
PROPERTIES: Mapping[tuple[str, str], Properties] = {
    ("volume", "modify"): {**_MODIFY, "size": ((int,), V1)},
    ("volume_group", "modify"): {**_MODIFY, "expiration_timestamp": (NULLABLE, V2)},
    ("volume", "delete"): {"immediate": ((bool,), (3, 5, 0, 0))},
    ("volume_group", "delete"): {"delete_members": ((bool,), V1), "immediate": ((bool,), (3, 5, 0, 0))},
    ("volume", "snapshot"): {**_SNAPSHOT, "creator_type": (TEXT, V1)},
    ("volume_group", "snapshot"): {**_SNAPSHOT, "expiration_timestamp": (TEXT, V2)},
    **{(kind, "attach"): {"volume_id": (TEXT, V1), "logical_unit_number": ((int,), V1)} for kind in _HOSTS},
    **{(kind, "detach"): {"volume_id": (TEXT, V1)} for kind in _HOSTS},
    **{("volume_group", action): {"volume_ids": ((list,), V1), "force_internal": ((bool,), V1)} for action in _MEMBERS},
    ("volume", "attach"): {**_HOST, "logical_unit_number": ((int,), V1)},
    ("volume", "detach"): {**_HOST, "clear_host_agent_data": ((bool,), (3, 0, 0, 0))},
}


def validated(body: object, properties: Properties, version: Version) -> Mapping[str, object]:
    """The body of a request, or 0xE04040030001: unknown property, or wrong type. No body is an empty one."""
    if body is None:
        return {}
    if not isinstance(body, dict):
        raise ApiError("wrong_type", "body", "object")
    unknown = [name for name in body if name not in properties or properties[name][1] > version]
    if unknown:
        raise ApiError("unknown_property", ", ".join(unknown))
    for name, value in body.items():
        kinds = properties[name][0]
        # A Python bool is an int, a JSON one is not.
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise ApiError("wrong_type", name, kinds[0].__name__)
    return body


@dataclass(frozen=True)
class Change:
    """One change of one volume, volume group, host or host group."""

    array: Array
    kind: str  # volume | volume_group | host | host_group
    row: Row
    body: Mapping[str, object]
    user: str
    plan: JobPlan

    @property
    def name(self) -> str:
        return str(self.row["name"])

    def run(self, action: str, effect: Callable[[], Outcome]) -> Job:
        return self.array.submit(self.user, action, (self.kind, str(self.row["id"]), self.name), effect, self.plan)

    @property
    def data(self) -> Row:
        data = self.row["protection_data"]
        if not isinstance(data, dict):
            raise TypeError(f"{self.kind} {self.name} has no protection_data")
        return data


def _expiration(change: Change) -> str | None:
    text = change.body.get("expiration_timestamp")
    if text is None:
        return None
    try:
        return stamp(parse_stamp(str(text)))
    except ValueError as error:
        raise ApiError("wrong_type", "expiration_timestamp", "date-time") from error


def modify(change: Change) -> Job:
    """PATCH. An active destination takes nothing but a new size during a failover test [S]."""
    row, body, own = change.row, change.body, _own_side(change)
    expires = _expiration(change)
    if "expiration_timestamp" in body and row["type"] != "Snapshot":
        raise ApiError("not_a_snapshot", change.name, "expiration_timestamp")
    if row["type"] != "Snapshot" and row.get("is_replication_destination"):
        sides = _sides(change)
        allowed = {"size"} if any(side.in_test() for side in sides) else set()
        if sides and set(body) - allowed:
            raise ApiError("replication_destination", change.name, "modify")
    size = body.get("size")
    if isinstance(size, int) and (size % 8192 or size < int(str(row["size"]))):
        raise ApiError("size", size)
    protect = policies.change_of(
        change.array, change.kind, row, body.get("protection_policy_id", row["protection_policy_id"]), own
    )

    def effect() -> Outcome:
        protect()
        if "expiration_timestamp" in body:
            change.data["expiration_timestamp"] = expires
        for name, value in body.items():
            if name not in {"expiration_timestamp", "force", "protection_policy_id"}:
                row[name] = value
        return 204, None

    return change.run("modify", effect)


def _own_side(change: Change) -> Side | None:
    return next(iter(change.array.sessions.lookup("local_resource_id", [change.row["id"]])), None)


def _sides(change: Change) -> list[Side]:
    """The sessions that replicate this volume or the group it is a member of."""
    groups = change.row.get("_volume_groups")
    ids = [change.row["id"], *(groups if isinstance(groups, list) else ())]
    return list(change.array.sessions.lookup("local_resource_id", ids))


def delete(change: Change) -> Job:
    """Only snapshots; anything that replicates is refused."""
    array, row = change.array, change.row
    if row["type"] != "Snapshot":
        raise ApiError("not_a_snapshot", change.name, "delete")
    if array.tables["host_volume_mapping"].lookup("volume_id", [row["id"]]):
        raise ApiError("attached", row["id"])

    def effect() -> Outcome:
        snapshots.remove(array, change.kind, row)
        return 204, None

    return change.run("delete", effect)


def snapshot(change: Change) -> Job:
    """A user's snapshot. On an active destination it needs a running test; on a source it is replicated (INF)."""
    array, row, body = change.array, change.row, change.body
    sides = array.sessions.lookup("local_resource_id", [row["id"]])
    if any(side.role == "Destination" and not side.in_test() for side in sides):
        raise ApiError("replication_destination", change.name, "snapshot")
    if change.kind == "volume_group" and "name" not in body:
        raise ApiError("missing_property", "name")
    name = str(body.get("name") or f"{change.name}.{array.next_id()}")
    others = array.tables[change.kind].lookup("type", ["Snapshot"])
    if any(str(each["name"]).lower() == name.lower() for each in others):
        raise ApiError("name_in_use", name)
    expires = _expiration(change)

    def effect() -> Outcome:
        signature = array.make_id("signature", name)
        spec = snapshots.SnapshotSpec(
            name,
            array.now(),
            str(body.get("creator_type", "User")),
            expires,
            str(body.get("description", "")),
            signature,
        )
        created = snapshots.create(array, change.kind, row, spec)
        for side in sides:
            snapshots.replicate(side, created, change.kind, spec)
        return 200, {"id": created["id"]}

    return change.run("snapshot", effect)


def _target(change: Change) -> tuple[str, Row]:
    """('host_id' or 'host_group_id', its row); name:{name} is accepted."""
    given = [name for name in ("host_id", "host_group_id") if name in change.body]
    if len(given) != 1:
        raise ApiError("one_host")
    table = change.array.tables[given[0].removesuffix("_id")]
    key = str(change.body[given[0]])
    row = table.get(key)
    if row is None and key.startswith("name:"):
        row = next((each for each in table if str(each["name"]).lower() == key[5:].lower()), None)
    if row is None:
        raise ApiError("host_not_found", key)
    return given[0], row


def _volume_of(change: Change) -> Row:
    """The volume that a host (group) is attached to or detached from."""
    if "volume_id" not in change.body:
        raise ApiError("missing_property", "volume_id")
    key = str(change.body["volume_id"])
    table = change.array.tables["volume"]
    row = table.get(key)
    if row is None and key.startswith("name:"):
        row = next((each for each in table if str(each["name"]).lower() == key[5:].lower()), None)
    if row is None:
        raise ApiError("volume_not_found", key)
    return row


def _ends(change: Change) -> tuple[Row, str, Row]:
    """(volume, 'host_id' or 'host_group_id', host or host group), whichever of them the request is to."""
    if change.kind in _HOSTS:
        return _volume_of(change), f"{change.kind}_id", change.row
    return (change.row, *_target(change))


def _mapping(array: Array, volume: Row, attribute: str, host: Row) -> Row | None:
    rows = array.tables["host_volume_mapping"].lookup("volume_id", [volume["id"]])
    return next((row for row in rows if row[attribute] == host["id"]), None)


def add_mapping(array: Array, volume: Row, attribute: str, host: Row, lun: int | None = None) -> Row:
    """A row of host_volume_mapping; attribute is host_id or host_group_id. Without a lun, the host's next one."""
    table = array.tables["host_volume_mapping"]
    following = host.get("_next_lun", 0)
    number = lun if lun is not None else following
    host["_next_lun"] = max(int(str(following)), int(str(number)) + 1)
    mapping_id = array.make_id("mapping", f"{volume['id']}:{host['id']}")
    row: Row = {
        "id": mapping_id,
        "host_id": None,
        "host_group_id": None,
        "volume_id": volume["id"],
        "logical_unit_number": number,
        attribute: host["id"],
    }
    return table.add(mapping_id, row)


def attach(change: Change) -> Job:
    """Destination volumes can be mapped, before and during a test (BELIEF)."""
    volume, attribute, host = _ends(change)
    if _mapping(change.array, volume, attribute, host) is not None:
        raise ApiError("already_mapped", volume["id"], host["name"])
    lun = change.body.get("logical_unit_number")

    def effect() -> Outcome:
        add_mapping(change.array, volume, attribute, host, lun if isinstance(lun, int) else None)
        return 204, None

    return change.run("attach", effect)


def detach(change: Change) -> Job:
    volume, attribute, host = _ends(change)
    found = _mapping(change.array, volume, attribute, host)
    if found is None:
        raise ApiError("not_mapped", volume["id"], host["name"])

    def effect() -> Outcome:
        change.array.tables["host_volume_mapping"].remove(str(found["id"]))
        return 204, None

    return change.run("detach", effect)


def change_members(change: Change) -> Job:
    """[S] not during a failover test; a destination takes no changes at all. What is left is not simulated."""
    if "volume_ids" not in change.body:
        raise ApiError("missing_property", "volume_ids")
    side = _own_side(change)
    if side is not None and side.in_test() and side.role == "Destination":
        raise ApiError("members_in_test", change.name)
    if side is not None and side.role == "Destination":
        raise ApiError("replication_destination", change.name, "another membership")
    raise ApiError("not_simulated", "other members of a volume group")


ACTIONS: Mapping[str, Callable[[Change], Job]] = {
    "modify": modify,
    "delete": delete,
    "snapshot": snapshot,
    "attach": attach,
    "detach": detach,
    **dict.fromkeys(_MEMBERS, change_members),
}
