# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the world looks as REST resources on one array."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import cache, partial
from operator import attrgetter
from typing import Any

from .clock import stamp
from .jobs import Job
from .schema import Attribute, Reference, Resource, resources
from .tables import Row, Table, stored_value
from .world import Array, Side

Getter = Callable[[Any], object]
# [S] path parameter texts: these take name:{name} instead of an id; replication_session and cluster do not.
NAMED = frozenset(
    {
        "volume",
        "volume_group",
        "nas_server",
        "file_system",
        "remote_system",
        "host",
        "host_group",
        "replication_rule",
        "policy",
        "replication_group",
        "appliance",
    }
)
# Embedded collections: (resource, reference) -> (table, attribute that points back).
_BACK: Mapping[tuple[str, str], tuple[str, str]] = {
    ("appliance", "software_installed"): ("software_installed", "appliance_id"),
    ("appliance", "volumes"): ("volume", "appliance_id"),
    ("host", "mapped_hosts"): ("host_volume_mapping", "host_id"),
    ("host_group", "hosts"): ("host", "host_group_id"),
    ("host_group", "mapped_host_groups"): ("host_volume_mapping", "host_group_id"),
    ("job", "children"): ("job", "parent_id"),
    ("nas_server", "file_interfaces"): ("file_interface", "nas_server_id"),
    ("nas_server", "file_systems"): ("file_system", "nas_server_id"),
    ("policy", "nas_servers"): ("nas_server", "protection_policy_id"),
    ("policy", "volume_groups"): ("volume_group", "protection_policy_id"),
    ("policy", "volumes"): ("volume", "protection_policy_id"),
    ("remote_system", "replication_rules"): ("replication_rule", "remote_system_id"),
    ("remote_system", "replication_sessions"): ("replication_session", "remote_system_id"),
    ("replication_rule", "replication_sessions"): ("replication_session", "replication_rule_id"),
    ("volume", "mapped_volumes"): ("host_volume_mapping", "volume_id"),
}


def _next_sync(side: Side) -> str | None:
    """From 4.0 on the array computes it as if cycles still ran at 50 % of the RPO; mended in 4.2 [api-facts 10]."""
    period, last, rpo = side.period, side.last_sync, side.replication.rpo_seconds
    if not period or not rpo or last is None or side.type != "Asynchronous" or not side.is_replicating():
        return None
    wrong = (4, 0, 0, 0) <= side.array.version < (4, 2, 0, 0)
    return stamp(last + timedelta(seconds=rpo / 2 if wrong else period))


def _progress(side: Side) -> int | None:
    """[S] only the source knows it, and not for NAS."""
    if side.role != "Source" or side.resource_type in {"nas_server", "file_system"}:
        return None
    return int(100 * (side.cycle_share() or 0))


def _data_transfer_state(side: Side) -> str | None:
    if side.data_transfer_state is not None or side.resource_type == "nas_server":
        return side.data_transfer_state
    if side.state in {"Paused", "System_Paused", "Paused_For_NDU", "Paused_For_Migration"}:
        return "Paused"
    return {"Metro_Active_Active": "Active_Active", "Synchronous": "Synchronous"}.get(side.type, "Asynchronous")


def _data_connection_state(side: Side) -> str:
    if side.data_connection_state is not None:
        return side.data_connection_state
    return "OK" if side.array.world.link_up else "Complete_Data_Connection_Loss"


def _pairs(side: Side) -> list[Row] | None:
    # [S] may be null; file systems are storage elements since 3.5.
    if side.resource_type == "replication_group" or (
        side.element_type == "file_system" and side.array.version < (3, 5, 0, 0)
    ):
        return None
    return [
        {
            "local_storage_element_id": local,
            "remote_storage_element_id": remote,
            "storage_element_type": side.element_type,
            "replication_shadow_id": None,
        }
        for local, remote in side.element_pairs
    ]


def _metro_state(side: Side) -> str | None:
    return side.local_resource_state or ("System_Defined" if side.type == "Metro_Active_Active" else None)


def _duration(side: Side) -> int | None:
    return None if side.replication.last_sync is None else int(side.replication.sync_duration * 1000)


_SESSION: Mapping[str, Callable[[Side], object]] = {
    "state": lambda side: side.shown_state,
    "failover_test_in_progress": lambda side: None if side.array.flag_null else side.failover_test_in_progress,
    "last_sync_timestamp": lambda side: stamp(side.last_sync),
    "last_sync_duration": _duration,
    "next_sync_timestamp": _next_sync,
    "progress_percentage": _progress,
    "data_transfer_state": _data_transfer_state,
    "data_connection_state": _data_connection_state,
    "local_resource_state": _metro_state,
    "storage_element_pairs": _pairs,
}

_JOB: Mapping[str, Callable[[Job], object]] = {
    "description_l10n": lambda job: f"{job.resource_action} {job.resource_name}",
    "state": lambda job: job.phase.upper(),
    "start_time": lambda job: stamp(job.start_time),
    "end_time": lambda job: stamp(job.end_time),
    "estimated_completion_time": lambda job: stamp(job.start_time + timedelta(seconds=job.due - job.started)),
    "progress_percentage": Job.progress,
    "response_status": lambda job: str(job.status) if job.status else None,
    "response_body": Job.response_body,
    "step_order": lambda job: 0,
}


def _attribute_of(kind: type, name: str) -> Getter:
    """What the class does not know is null; migration sessions, for instance, are not simulated."""
    known = name in kind.__dataclass_fields__ or hasattr(kind, name)  # type: ignore[attr-defined]
    return attrgetter(name) if known else lambda _item: None


def _localizing(plain: Getter) -> Getter:
    return lambda item: localized(plain(item))


@cache
def _words(value: str) -> str:
    return value.replace("_", " ")


def localized(value: object) -> object:
    """'System_Paused' -> 'System Paused'; the real texts are not published in full."""
    if isinstance(value, list):
        return [localized(each) for each in value]
    return _words(value) if isinstance(value, str) else None


class Reader:
    """Reads one array's resources as its version shows them."""

    def __init__(self, array: Array) -> None:
        self.array = array
        self.resources: Mapping[str, Resource] = resources(array.version)
        self._getters: dict[tuple[type, str], Getter] = {}

    def table(self, resource: str) -> Table[object] | None:
        if resource == "replication_session":
            return self.array.sessions  # type: ignore[return-value]
        if resource in ("job", "audit_event"):
            self.array.keep_to_retention()
        if resource == "job":
            return self.array.jobs  # type: ignore[return-value]
        return self.array.tables.get(resource)  # type: ignore[return-value]

    def value(self, item: object, attribute: Attribute) -> object:
        """The value of an own attribute, ready for JSON."""
        return self.getter(type(item), attribute)(item)

    def getter(self, kind: type, attribute: Attribute) -> Getter:
        """How to read an attribute of a Side, a Job or a row; made once, because answers have thousands of values."""
        key = kind, attribute.name
        found = self._getters.get(key)
        if found is None:
            plain = self._plain(kind, attribute.l10n_of or attribute.name)
            found = self._getters[key] = plain if attribute.l10n_of is None else _localizing(plain)
        return found

    def _plain(self, kind: type, name: str) -> Getter:
        if kind is Side:
            return _SESSION.get(name) or _attribute_of(Side, name)
        if kind is Job:
            return _JOB.get(name) or _attribute_of(Job, name)
        return partial(self._of_row, name)

    def _of_row(self, name: str, row: Row) -> object:
        value = row.get(name)
        if callable(value):
            return value()
        if isinstance(value, dict):
            return self._protection_data(value) if name == "protection_data" else dict(value)
        return list(value) if isinstance(value, list) else value

    def _protection_data(self, value: Row) -> Row:
        """A copy, because it changes later; is_secure came with 3.5 [S]."""
        return {**value, "is_secure": False} if self.array.version >= (3, 5, 0, 0) else dict(value)

    def referenced(self, resource: str, item: object, reference: Reference) -> Sequence[object]:
        """The items an embedded reference leads to, none if it is empty or its resource is not simulated."""
        table = self.table(reference.resource)
        if table is None:
            return ()
        if isinstance(item, dict) and isinstance(ids := item.get(f"_{reference.name}"), list):
            return table.lookup("id", ids)
        if not reference.many:
            key = f"{reference.name}_id"
            return table.lookup("id", [item.get(key) if isinstance(item, dict) else getattr(item, key, None)])
        if isinstance(item, Side):  # volumes or volume_groups: the session's resource
            return table.lookup("id", [item.local_resource_id]) if item.resource_type == reference.resource else ()
        if resource == "volume" and reference.name in {"host", "host_group"}:
            mappings = self._pointing_back(item, "host_volume_mapping", "volume_id")
            return table.lookup("id", [stored_value(each, f"{reference.name}_id") for each in mappings])
        back = _BACK.get((resource, reference.name))
        if back is None:
            if reference.name == "replication_sessions" and isinstance(item, dict):
                return self.array.sessions.lookup("local_resource_id", [item["id"]])
            return ()
        return self._pointing_back(item, *back)

    def _pointing_back(self, item: object, resource: str, attribute: str) -> Sequence[object]:
        table = self.table(resource)
        own_id = item.get("id") if isinstance(item, dict) else getattr(item, "id", None)
        if table is None:
            return ()
        if table.is_indexed(attribute):
            return table.lookup(attribute, [own_id])
        return [each for each in table if isinstance(each, dict) and each.get(attribute) == own_id]

    def find(self, resource: str, key: str) -> object | None:
        """By id, or by name:{name} where the array takes it."""
        table = self.table(resource)
        if table is None:
            return None
        if resource in NAMED and key.startswith("name:"):
            wanted = key.removeprefix("name:").lower()
            for item in table:
                if isinstance(item, dict) and str(item.get("name")).lower() == wanted:
                    return item
            return None
        return table.get(key)
