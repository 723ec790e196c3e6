# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scenario file: which estate the two arrays have. The format is described in README.md beside this file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from .auth import ROLE_IDS, Account
from .faults import Fault, read_fault
from .strict import ScenarioError, duration, mapping, read, sequence, size
from .world import ARRAYS, RPO_SECONDS, Options

RESOURCE_KEYS = ("volume", "volume_group", "nas_server", "file_system", "replication_group")
METRO = "Metro_Active_Active"


@dataclass(frozen=True)
class ArraySpec:
    """One cluster."""

    name: str
    management_address: str
    global_id: str
    release_version: str = "4.1.0.0"
    clock_skew: float = 0.0
    write_protected: bool = False
    hosts: tuple[str, ...] = ()
    host_groups: Mapping[str, Any] = field(default_factory=dict)  # group -> its hosts


@dataclass(frozen=True)
class ClockSpec:
    """start: default now; frozen: only advance() moves it."""

    start: datetime | None = None
    frozen: bool = False


@dataclass(frozen=True)
class SnapshotEntry:
    """A snapshot of the session's resource on the DR array, and on production too if replicated."""

    name: str
    age: float = 3600.0
    creator_type: str = "User"
    expires_in: float | None = None
    replicated: bool = True
    description: str = ""


@dataclass(frozen=True)
class TestEntry:
    """A failover test that was started before."""

    __test__ = False  # not a test class of pytest
    user: str = "admin"
    age: float = 3600.0
    snapshot: str | None = None


@dataclass(frozen=True)
class SessionSpec:
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
    size: int = 100 * 2**30
    hosts: tuple[str, ...] = ()
    source_hosts: tuple[str, ...] = ()
    recovery_point_age: float = 60.0
    stalled: bool | None = None
    sync_duration: float = 8.0
    test: TestEntry | None = None
    snapshots: tuple[SnapshotEntry, ...] = ()
    data_transfer_state: str | None = None
    data_connection_state: str | None = None
    error_code: str | None = None
    id: str | None = None
    source_id: str | None = None
    description: str = ""

    @property
    def resource(self) -> tuple[str, str]:
        """(resource type, name)"""
        return next((key, str(getattr(self, key))) for key in RESOURCE_KEYS if getattr(self, key) is not None)


@dataclass(frozen=True)
class AlertEntry:
    """An alert on the DR array (or array), about a session's resource name or about nothing."""

    description: str
    session: str | None = None
    array: str = "dr"
    resource_type: str = "cluster"  # without a session: cluster | appliance
    severity: str = "Major"
    state: str = "ACTIVE"
    event_code: str = "0x01800A01"
    is_acknowledged: bool = False


@dataclass(frozen=True)
class Scenario:
    """The whole estate."""

    arrays: Mapping[str, ArraySpec]
    accounts: tuple[Account, ...]
    rules: Mapping[str, Any]  # rule name -> RPO enum value
    sessions: tuple[SessionSpec, ...] = ()
    clock: ClockSpec = field(default_factory=ClockSpec)
    options: Options = field(default_factory=Options)
    operation_seconds: Mapping[str, Any] = field(default_factory=dict)
    alerts: tuple[AlertEntry, ...] = ()
    faults: tuple[Fault, ...] = ()
    link: str = "up"
    description: str = ""


_DEFAULT_ARRAYS: Mapping[str, Mapping[str, object]] = {
    "production": {"name": "ps-production", "management_address": "10.10.0.10", "global_id": "PS0a1b2c3d4e01"},
    "dr": {"name": "ps-dr", "management_address": "10.20.0.10", "global_id": "PS0a1b2c3d4e02"},
}
_DEFAULT_ACCOUNTS = ({"username": "admin", "password": "Drdrill-Simulator-1!", "role": "administrator"},)
_DEFAULT_RULES = {"rpo-5min": "Five_Minutes", "rpo-1h": "One_Hour"}


def _arrays(value: object, where: str) -> object:
    given = mapping(value, where)
    unknown = [str(name) for name in given if name not in ARRAYS]
    if unknown:
        raise ScenarioError(f"{where}: unknown key {', '.join(unknown)} (known: production, dr)")
    return {
        name: read(
            ArraySpec,
            {**_DEFAULT_ARRAYS[name], **mapping(given.get(name, {}), f"{where}.{name}")},
            f"{where}.{name}",
            {"clock_skew": duration, "release_version": lambda item, _where: str(item)},
        )
        for name in ARRAYS
    }


def _accounts(value: object, where: str) -> object:
    accounts = []
    for number, item in enumerate(sequence(value, where)):
        account = read(Account, item, f"{where}[{number}]")
        if account.role not in ROLE_IDS:
            raise ScenarioError(f"{where}[{number}].role: {account.role!r} is not one of {', '.join(ROLE_IDS)}")
        accounts.append(account)
    return accounts


def _rules(value: object, where: str) -> object:
    for name, rpo in mapping(value, where).items():
        if rpo not in RPO_SECONDS:
            raise ScenarioError(f"{where}.{name}: {rpo!r} is not one of {', '.join(RPO_SECONDS)}")
    return value


def _clock(value: object, where: str) -> object:
    return read(ClockSpec, value, where, {"start": _moment})


def _moment(value: object, where: str) -> object:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError as error:
        raise ScenarioError(f"{where}: {value!r} is not a time") from error
    if isinstance(moment, datetime) and moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    return moment


def _snapshots(value: object, where: str) -> object:
    entries = []
    for number, item in enumerate(sequence(value, where)):
        given = {"name": item} if isinstance(item, str) else item
        entries.append(read(SnapshotEntry, given, f"{where}[{number}]", {"age": duration, "expires_in": duration}))
    return entries


def _test(value: object, where: str) -> object:
    if value is None or value is False:
        return None
    return read(TestEntry, {} if value is True else value, where, {"age": duration})


_SESSION_KEYS = {
    "size": size,
    "recovery_point_age": duration,
    "sync_duration": duration,
    "test": _test,
    "snapshots": _snapshots,
}


def read_session(value: object, where: str, defaults: Mapping[str, object]) -> SessionSpec:
    given = {**defaults, **mapping(value, where)}
    spec = read(SessionSpec, given, where, _SESSION_KEYS)
    named = [key for key in RESOURCE_KEYS if getattr(spec, key) is not None]
    if len(named) != 1:
        raise ScenarioError(f"{where}: exactly one of {', '.join(RESOURCE_KEYS)} is needed")
    if spec.role is None:
        spec = replace(spec, role="Metro_Non_Preferred" if spec.type == METRO else "Destination")
    return spec


@dataclass(frozen=True)
class Generate:
    """Many alike sessions."""

    volumes: int = 0
    volume_groups: int = 0
    prefix: str = "vol-"
    group_prefix: str = "vg-"
    session: Mapping[str, Any] = field(default_factory=dict)  # the keys of a session

    def entries(self) -> list[dict[str, object]]:
        width = max(4, len(str(max(self.volumes, self.volume_groups))))
        volumes = [{**self.session, "volume": f"{self.prefix}{n:0{width}}"} for n in range(1, self.volumes + 1)]
        groups = [
            {**self.session, "volume_group": f"{self.group_prefix}{n:0{width}}"}
            for n in range(1, self.volume_groups + 1)
        ]
        return volumes + groups


def _sessions(document: Mapping[str, Any]) -> list[SessionSpec]:
    defaults = mapping(document.get("defaults", {}), "defaults")
    entries = [
        (item, f"sessions[{number}]") for number, item in enumerate(sequence(document.get("sessions", []), "sessions"))
    ]
    blocks = document.get("generate", [])
    for number, block in enumerate([blocks] if isinstance(blocks, Mapping) else sequence(blocks, "generate")):
        where = f"generate[{number}]"
        entries += [(item, f"{where}.session") for item in read(Generate, block, where).entries()]
    return [read_session(item, where, defaults) for item, where in entries]


def _alerts(value: object, where: str) -> object:
    alerts = []
    for number, item in enumerate(sequence(value, where)):
        alert = read(AlertEntry, item, f"{where}[{number}]")
        if alert.resource_type not in {"cluster", "appliance"}:
            raise ScenarioError(f"{where}[{number}].resource_type: either cluster or appliance")
        alerts.append(alert)
    return alerts


def _faults(value: object, where: str) -> object:
    return [read_fault(item, f"{where}[{number}]") for number, item in enumerate(sequence(value, where))]


def _seconds(value: object, where: str) -> object:
    return {name: duration(item, f"{where}.{name}") for name, item in mapping(value, where).items()}


def _options(value: object, where: str) -> object:
    options = read(Options, value, where, {"idle_timeout": duration})
    if options.recovery_point_clock not in {"own", "source"}:
        raise ScenarioError(f"{where}.recovery_point_clock: either own or source")
    return options


def from_dict(document: object) -> Scenario:
    """A scenario from what the YAML file holds; raises ScenarioError naming the key that is wrong."""
    given = dict(mapping(document, "scenario"))
    taken: dict[str, object] = {"arrays": {}, "accounts": _DEFAULT_ACCOUNTS, "rules": _DEFAULT_RULES, **given}
    taken["sessions"] = _sessions(given)
    for name in ("defaults", "generate"):
        taken.pop(name, None)
    scenario = read(
        Scenario,
        taken,
        "scenario",
        {
            "arrays": _arrays,
            "accounts": _accounts,
            "rules": _rules,
            "clock": _clock,
            "options": _options,
            "operation_seconds": _seconds,
            "alerts": _alerts,
            "faults": _faults,
        },
    )
    if scenario.link not in {"up", "cut"}:
        raise ScenarioError("scenario.link: either up or cut")
    return scenario


def from_file(path: Path) -> Scenario:
    return from_dict(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
