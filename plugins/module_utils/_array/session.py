# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a cluster, a replication session and a snapshot are, as the array describes them; and how a task names them."""

from __future__ import annotations

import re
import time
import typing as t
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from .._errors import InvalidInputError, PowerStoreError, ProtocolError
from .._time import format_time
from .._words import NAS_SERVER, RESOURCE_ID, SELECTORS, kind_in_words
from .fields import Fields, shown

Row = t.Mapping[str, t.Any]

# The RPO objective of a replication rule, in seconds (RPOEnum of the API description; Zero is synchronous, from 4.0).
RPO_SECONDS: t.Final[t.Mapping[str, int]] = {
    "Zero": 0,
    "Five_Minutes": 300,
    "Fifteen_Minutes": 900,
    "Thirty_Minutes": 1800,
    "One_Hour": 3600,
    "Six_Hours": 21600,
    "Twelve_Hours": 43200,
    "One_Day": 86400,
}
_KINDS = {
    "session_id": "replication session",
    "volume_group": "volume group",
    "nas_server": "NAS server",
    "resource_id": "replicated resource",
}
RESOURCE_TYPES = ("volume", "volume_group", "replication_group", "nas_server", "file_system")
UNKNOWN = "unknown"  # a role, state or resource type that the array does not give as described
_OF_REMOTE_SYSTEM = ("id", "name", "state", "data_connection_state")
FILE_RESOURCE_TYPES = frozenset({"nas_server", "file_system"})


@dataclass(frozen=True, slots=True)
class Release:
    """A PowerStoreOS version, comparable: ``Release.parse("4.1.0.0") >= (3, 0)``.

    A text that is not understood is an unknown release, which is never taken for an old one: it would otherwise hide
    a running test, as releases before 2.0 have none.
    """

    numbers: tuple[int, ...]

    @classmethod
    def parse(cls, text: str) -> Release:
        """From ``release_version``; what follows the digits is left out. Without a major and a minor it is unknown."""
        digits = re.match(r"\d{1,9}(\.\d{1,9})+", text.strip(), re.ASCII)
        return cls(tuple(map(int, digits[0].split("."))) if digits else ())

    @property
    def is_known(self) -> bool:
        """Whether the array's text was understood."""
        return bool(self.numbers)

    def __ge__(self, other: tuple[int, ...]) -> bool:
        return not self.is_known or self.numbers + (0,) * (len(other) - len(self.numbers)) >= other


@dataclass(frozen=True, slots=True)
class Cluster:
    """The array that was asked, and the time on its clock when it answered."""

    name: str
    global_id: str
    release_version: str
    system_time: datetime | None  # absent before PowerStoreOS 2.0
    read_at: float = field(default_factory=time.monotonic)  # on the controller's monotonic clock
    read_within: float = 0.0  # seconds by which that moment may be wrong, either way
    clock_skew_seconds: float | None = None  # the array's clock less the controller's

    @property
    def release(self) -> Release:
        """``release_version``, comparable."""
        return Release.parse(self.release_version)

    def as_result(self) -> dict[str, t.Any]:
        """The ``cluster`` of a module's result."""
        return {"name": self.name, "global_id": self.global_id, "release_version": self.release_version}


@dataclass(frozen=True, slots=True)
class Selector:
    """How a task names one replication session: by its id, or by the resource on this array that it replicates."""

    by: str
    value: str
    snapshot: str | None = None
    create_end_of_test_snapshot: bool | None = None  # None: as the task says for all
    started_by_job: str | None = None

    def __str__(self) -> str:
        kind = _KINDS.get(self.by, self.by)
        return f"{kind} '{self.value}'"


def selectors_from_params(params: Row) -> tuple[Selector, ...]:
    """The sessions that a module's options ask for, in their order; the task's ``snapshot`` where an entry has none.

    Raises InvalidInputError for an empty list and an empty name.
    """
    entries = params.get("sessions")
    if entries is None:
        entries = [params] if any(params.get(by) is not None for by in (*SELECTORS, NAS_SERVER)) else []
    elif not entries:
        raise InvalidInputError(
            "sessions is an empty list: expected at least one entry with session_id, volume or volume_group. "
            "Nothing was asked of the array."
        )
    return tuple(_selector(entry, params.get("snapshot")) for entry in entries)


def _selector(entry: Row, snapshot: str | None) -> Selector:
    by = next((by for by in (*SELECTORS, NAS_SERVER, RESOURCE_ID) if entry.get(by) is not None), None)
    if by is None:
        raise InvalidInputError(
            "An entry of sessions names no session: expected session_id, volume or volume_group, found none or null."
        )
    own = entry.get("snapshot")
    selector = Selector(
        by,
        entry[by],
        own if own is not None else snapshot,
        entry.get("create_end_of_test_snapshot"),
        entry.get("started_by_job"),
    )
    if not selector.value.strip() or (selector.snapshot is not None and not selector.snapshot.strip()):
        raise InvalidInputError(
            f"{by} is '{selector.value}' and its snapshot is '{selector.snapshot or ''}': expected names or ids, "
            "found an empty one. Leave the option out instead."
        )
    return selector


@dataclass(frozen=True, slots=True)
class ReplicationSession:
    """One row of ``/replication_session`` on the array that was asked (api-facts 3.1)."""

    id: str
    role: str
    state: str
    resource_type: str
    type: str | None  # absent before PowerStoreOS 3.0, where every session is asynchronous
    failover_test_in_progress: bool | None
    last_sync_timestamp: datetime | None
    last_sync_duration: timedelta | None
    local_resource_id: str
    remote_resource_id: str | None
    remote_system_id: str | None
    replication_rule_id: str | None
    remote_system: t.Mapping[str, t.Any]
    local_element_ids: tuple[str, ...]
    error_code: str | None
    data_connection_state: str | None
    resource_name: str | None = None
    problems: t.Mapping[str, str] = field(default_factory=dict)  # attribute -> why it could not be read

    @classmethod
    def from_row(cls, row: object) -> ReplicationSession:
        """From a row as the array answers it; attributes that this release does not have are None.

        What is not as described is None, too, or ``unknown`` for role, state and resource type, and is in
        ``problems``: a session that is in test can be stopped all the same. Raises ProtocolError for a row whose id
        or flag is not as described.
        """
        fields = Fields(row, _label_of_row(row))
        remote = fields.inner("remote_system")
        local_id = fields.id_or_none("local_resource_id") or ""
        return cls(
            id=fields.identity(),
            role=fields.needed_text("role", UNKNOWN),
            state=fields.needed_text("state", UNKNOWN),
            resource_type=_resource_type(fields.needed_text("resource_type", UNKNOWN)),
            type=fields.text("type"),
            failover_test_in_progress=flag_of(t.cast(Row, row)),
            last_sync_timestamp=fields.time("last_sync_timestamp"),
            last_sync_duration=fields.milliseconds("last_sync_duration"),
            local_resource_id=local_id,
            remote_resource_id=fields.id_or_none("remote_resource_id"),
            remote_system_id=fields.id_or_none("remote_system_id"),
            replication_rule_id=fields.id_or_none("replication_rule_id"),
            remote_system={name: remote.text(name) for name in _OF_REMOTE_SYSTEM} if remote else {},
            local_element_ids=tuple(_element_ids(fields)),
            error_code=fields.text("error_code"),
            data_connection_state=fields.text("data_connection_state"),
            resource_name=_embedded_name(fields, local_id),
            problems=fields.problems,
        )

    @property
    def in_test(self) -> bool:
        """Whether a failover test runs. null means no test (api-facts 3.1: samples show it for sessions at rest)."""
        return self.failover_test_in_progress is True

    @property
    def is_file(self) -> bool:
        """A NAS server's or file system's session, for which the flag is not supported at all."""
        return self.resource_type in FILE_RESOURCE_TYPES

    @property
    def recovery_point(self) -> datetime | None:
        """The time of the data at the destination; None where it was never synchronised.

        A cycle delivers the source as it was when the cycle began (API description of ``sync``). Whether
        ``last_sync_timestamp`` is the beginning or the end of the cycle is not documented: the older reading is taken.
        """
        if self.last_sync_timestamp is None:
            return None
        try:
            return self.last_sync_timestamp - (self.last_sync_duration or timedelta())
        except OverflowError:  # before the year 1: no time at all
            return None

    def named(self, name: str | None) -> ReplicationSession:
        """The same session with the name of its local resource."""
        return replace(self, resource_name=name)

    @property
    def label(self) -> str:
        """How messages call it: ``volume 'erp-data' (session 0f3…)``."""
        kind = kind_in_words(self.resource_type)
        return f"{kind} '{self.resource_name or self.local_resource_id}' (session {self.id})"

    def as_condition(self) -> dict[str, t.Any]:
        """The ``before`` and ``after`` of a result."""
        return {
            "state": self.state,
            "role": self.role,
            "failover_test_in_progress": self.failover_test_in_progress,
            "last_sync_timestamp": format_time(self.last_sync_timestamp),
            "recovery_point_timestamp": format_time(self.recovery_point),
        }


_MISSING: t.Final = object()


def flag_of(row: Row) -> bool | None:
    """``failover_test_in_progress`` of a row that was asked for it. Raises ProtocolError where it is no such flag.

    A flag that is missing says nothing, so it is not taken for "no test"; null is (api-facts 3.1).
    """
    flag = row.get("failover_test_in_progress", _MISSING)
    if flag is None or isinstance(flag, bool):
        return flag
    found = "missing" if flag is _MISSING else shown(flag)
    raise ProtocolError(
        f"failover_test_in_progress of replication session {row.get('id')} is {found}: expected true, false or null."
    )


def _label_of_row(row: object) -> str:
    return f"replication session {str(row.get('id'))[:60]}" if isinstance(row, dict) else "a replication session"


def _resource_type(written: str) -> str:
    # Dell's own samples write "Volume" and "filesystem" as well (api-facts 3.2).
    lower = written.lower()
    return next((known for known in RESOURCE_TYPES if known.replace("_", "") == lower.replace("_", "")), lower)


def _element_ids(fields: Fields) -> t.Iterator[str]:
    for pair in fields.each("storage_element_pairs"):
        if element_id := pair.needed_text("local_storage_element_id", ""):
            yield element_id


def _embedded_name(fields: Fields, local_id: str) -> str | None:
    for reference in ("volumes", "volume_groups"):
        for resource in fields.each(reference):
            if resource.id_or_none("id") == local_id and (name := resource.text("name")):
                return name
    return None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A volume snapshot, or the snapshot set of a volume group."""

    id: str
    name: str
    source_ids: frozenset[str]
    creator_type: str | None
    expiration_timestamp: datetime | None
    is_snapshot: bool = True
    source_timestamp: datetime | None = None  # of which moment of the source its data is
    state: str | None = None  # of a volume's snapshot: Ready, Initializing, Offline, Destroying

    @classmethod
    def from_row(cls, row: object) -> Snapshot:
        """From a row of ``/volume`` or ``/volume_group`` with its ``protection_data``. Raises ProtocolError."""
        fields = Fields(row, "a snapshot")
        snapshot_id = fields.identity()
        fields.what = f"snapshot {snapshot_id}"
        data = fields.inner("protection_data")
        source_ids = [data.id_or_none(name) for name in ("source_id", "parent_id")] if data else []
        made = cls(
            id=snapshot_id,
            name=fields.text("name") or snapshot_id,
            source_ids=frozenset(filter(None, source_ids)),
            creator_type=data.text("creator_type") if data else None,
            expiration_timestamp=data.time("expiration_timestamp") if data else None,
            is_snapshot=fields.text("type") == "Snapshot",
            source_timestamp=data.time("source_timestamp") if data else None,
            state=fields.text("state"),
        )
        if fields.problems:
            raise ProtocolError(f"{'; '.join(fields.problems.values())}.")
        return made

    def as_result(self) -> dict[str, t.Any]:
        """The ``snapshot`` of a result."""
        return {"id": self.id, "name": self.name, "source_timestamp": format_time(self.source_timestamp)}


@dataclass(frozen=True, slots=True)
class SnapshotChoice:
    """What was found for the snapshot that a task names: exactly one usable row, or what there is instead."""

    wanted: str
    of_resource: tuple[Snapshot, ...] = ()
    of_others: tuple[Snapshot, ...] = ()

    @property
    def chosen(self) -> Snapshot | None:
        """The snapshot, where the choice is clear."""
        return self.of_resource[0] if len(self.of_resource) == 1 else None


@dataclass(frozen=True, slots=True)
class PendingStart:
    """A start in the array's log that the session does not show."""

    job_id: str
    has_ended: bool
    started_by: str | None = field(default=None, compare=False)
    started_at: datetime | None = field(default=None, compare=False)  # None: still queued


@dataclass(frozen=True, slots=True)
class Target:
    """One session that a task asks for, found on the array."""

    selector: Selector
    session: ReplicationSession
    snapshot: SnapshotChoice | None = None
    pending_start: PendingStart | None = None
    jobs_readable: bool = True


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A selector that does not lead to exactly one session, and why."""

    selector: Selector
    error: PowerStoreError
