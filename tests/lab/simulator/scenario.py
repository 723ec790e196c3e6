# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scenario file: which estate the two arrays have. The format is described in README.md beside this file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import msgspec
import yaml
from msgspec import Struct, field

from .auth import Account
from .faults import Fault, read_fault
from .reading import Duration, Release, ScenarioError, Size, read
from .world import Options, Rpo

RESOURCE_KEYS = ("volume", "volume_group", "nas_server", "file_system", "replication_group")
METRO = "Metro_Active_Active"


class ArraySpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One cluster."""

    name: str
    management_address: str
    global_id: str
    release_version: Release = Release("4.1.0.0")
    clock_skew: Duration = Duration(0)
    write_protected: bool = False
    hosts: tuple[str, ...] = ()
    host_groups: dict[str, tuple[str, ...]] = {}  # group -> its hosts


class _Production(ArraySpec, frozen=True, kw_only=True):
    name: str = "ps-production"
    management_address: str = "10.10.0.10"
    global_id: str = "PS0a1b2c3d4e01"


class _Dr(ArraySpec, frozen=True, kw_only=True):
    name: str = "ps-dr"
    management_address: str = "10.20.0.10"
    global_id: str = "PS0a1b2c3d4e02"


class _Arrays(Struct, frozen=True, forbid_unknown_fields=True):
    production: _Production = _Production()
    dr: _Dr = _Dr()


class ClockSpec(Struct, frozen=True, forbid_unknown_fields=True):
    """start: default now, UTC unless it says otherwise; frozen: only advance() moves it."""

    start: datetime | None = None
    frozen: bool = False

    @property
    def moment(self) -> datetime | None:
        """The start, with a time zone."""
        naive = self.start is not None and self.start.tzinfo is None
        return self.start.replace(tzinfo=UTC) if self.start is not None and naive else self.start


class SnapshotEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """A snapshot of the session's resource on the DR array, and on production too if replicated."""

    name: str
    age: Duration = Duration(3600)
    creator_type: str = "User"
    expires_in: Duration | None = None
    replicated: bool = True
    description: str = ""


class TestEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """A failover test that was started before."""

    user: str = "admin"
    age: Duration = Duration(3600)
    snapshot: str | None = None


class InterfaceEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """An interface of a NAS server: on both arrays, or of one of its DR-test clones."""

    ip_address: str
    prefix_length: int = 24
    gateway: str | None = None
    vlan_id: int = 0
    role: Literal["Production", "Backup", "System"] = "Production"
    is_disabled: bool = False
    ip_port_id: str = "IP_PORT1"


class DrTestEntry(Struct, frozen=True, forbid_unknown_fields=True):
    """A DR-test clone of the NAS server on the DR array that was made before."""

    name: str
    user: str = "admin"
    age: Duration = Duration(3600)
    interfaces: tuple[InterfaceEntry, ...] = ()
    is_dr_test: bool = True


class SessionSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One replication session, as the DR array has it. Exactly one of the five resource keys."""

    volume: str | None = None
    volume_group: str | None = None
    nas_server: str | None = None
    file_system: str | None = None
    replication_group: str | None = None
    members: tuple[str, ...] | int = 3
    rule: str | None = None
    state: str = "OK"
    role: str | None = None
    type: str = "Asynchronous"
    size: Size = Size(100 * 2**30)
    hosts: tuple[str, ...] = ()
    source_hosts: tuple[str, ...] = ()
    recovery_point_age: Duration = Duration(60)
    stalled: bool | None = None
    sync_duration: Duration = Duration(8)
    test: TestEntry | bool | None = None
    snapshots: tuple[SnapshotEntry | str, ...] = ()
    data_transfer_state: str | None = None
    data_connection_state: str | None = None
    error_code: str | None = None
    id: str | None = None
    source_id: str | None = None
    description: str = ""
    file_systems: tuple[str, ...] | None = None  # of a NAS server; None: one, <name>-fs
    flr: dict[str, Literal["Enterprise", "Compliance"]] = {}  # what of its file systems is locked, by their names
    interfaces: tuple[InterfaceEntry, ...] = ()
    domain: str | None = None  # that the NAS server's SMB server is joined to
    dr_tests: tuple[DrTestEntry, ...] = ()

    @property
    def resource(self) -> tuple[str, str]:
        """(resource type, name)"""
        return next((key, str(getattr(self, key))) for key in RESOURCE_KEYS if getattr(self, key) is not None)

    @property
    def own_role(self) -> str:
        """The role on the DR array."""
        return self.role or ("Metro_Non_Preferred" if self.type == METRO else "Destination")

    @property
    def running_test(self) -> TestEntry | None:
        """The test that runs; `true` is one with nothing special about it."""
        if isinstance(self.test, bool):
            return TestEntry() if self.test else None
        return self.test

    @property
    def snapshot_entries(self) -> tuple[SnapshotEntry, ...]:
        """The snapshots, those that are only named, too."""
        return tuple(SnapshotEntry(each) if isinstance(each, str) else each for each in self.snapshots)


class AlertEntry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An alert on the DR array (or array), about a session's resource name or about the array or its appliance."""

    description: str
    session: str | None = None
    array: Literal["production", "dr"] = "dr"
    resource_type: Literal["cluster", "appliance"] = "cluster"
    severity: str = "Major"
    state: str = "ACTIVE"
    event_code: str = "0x01800A01"
    is_acknowledged: bool = False


class Generate(Struct, frozen=True, forbid_unknown_fields=True):
    """Many alike sessions."""

    volumes: int = 0
    volume_groups: int = 0
    prefix: str = "vol-"
    group_prefix: str = "vg-"
    session: dict[str, Any] = {}  # the keys of a session

    def entries(self) -> list[dict[str, object]]:
        width = max(4, len(str(max(self.volumes, self.volume_groups))))
        volumes = [{**self.session, "volume": f"{self.prefix}{n:0{width}}"} for n in range(1, self.volumes + 1)]
        groups = [
            {**self.session, "volume_group": f"{self.group_prefix}{n:0{width}}"}
            for n in range(1, self.volume_groups + 1)
        ]
        return volumes + groups


class _Common(Struct, frozen=True, kw_only=True):
    """What is taken from the file as it is."""

    accounts: tuple[Account, ...] = (Account("admin", "Drdrill-Simulator-1!", "administrator"),)
    rules: dict[str, Rpo] = field(default_factory=lambda: {"rpo-5min": "Five_Minutes", "rpo-1h": "One_Hour"})
    clock: ClockSpec = ClockSpec()
    options: Options = Options()
    operation_seconds: dict[str, Duration] = {}
    alerts: tuple[AlertEntry, ...] = ()
    link: Literal["up", "cut"] = "up"
    description: str = ""


class _Document(_Common, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The file."""

    arrays: _Arrays = _Arrays()
    defaults: dict[str, Any] = {}
    sessions: tuple[dict[str, Any], ...] = ()
    generate: Generate | tuple[Generate, ...] = ()
    faults: tuple[dict[str, Any], ...] = ()


class Scenario(_Common, frozen=True, kw_only=True):
    """The whole estate."""

    arrays: dict[str, ArraySpec]
    sessions: tuple[SessionSpec, ...] = ()
    faults: tuple[Fault, ...] = ()


def read_session(value: Mapping[str, object], where: str, defaults: Mapping[str, object]) -> SessionSpec:
    """One session with the defaults of all; where is the place that an error names."""
    spec = read(SessionSpec, {**defaults, **value}, where)
    named = [key for key in RESOURCE_KEYS if getattr(spec, key) is not None]
    if len(named) != 1:
        raise ScenarioError(f"{where}: exactly one of {', '.join(RESOURCE_KEYS)} is needed, found {named}")
    return spec


def _sessions(document: _Document) -> list[SessionSpec]:
    entries = [(item, f"sessions[{number}]") for number, item in enumerate(document.sessions)]
    blocks = (document.generate,) if isinstance(document.generate, Generate) else document.generate
    for number, block in enumerate(blocks):
        entries += [(item, f"generate[{number}].session") for item in block.entries()]
    return [read_session(item, where, document.defaults) for item, where in entries]


def from_dict(document: object) -> Scenario:
    """A scenario from what the YAML file holds; raises ScenarioError naming the key that is wrong."""
    read_one = read(_Document, document, "scenario")
    common = {name: getattr(read_one, name) for name in _Common.__struct_fields__}
    return Scenario(
        **common,
        arrays={"production": read_one.arrays.production, "dr": read_one.arrays.dr},
        sessions=tuple(_sessions(read_one)),
        faults=tuple(read_fault(item, f"faults[{number}]") for number, item in enumerate(read_one.faults)),
    )


def from_file(path: Path) -> Scenario:
    return from_dict(yaml.safe_load(path.read_text(encoding="utf-8")) or {})


def with_account(estate: Scenario, **values: Any) -> Scenario:
    """The estate with something else about its first account."""
    first, *others = estate.accounts
    return msgspec.structs.replace(estate, accounts=(msgspec.structs.replace(first, **values), *others))
