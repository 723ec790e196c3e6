# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a NAS server, its parts and a DR-test clone of it are, as the array describes them. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from .._array.fields import Fields
from .._array.session import UNKNOWN
from .._json import Json
from .._time import format_time
from .mark import Mark, mark_of

FIRST_RELEASE: t.Final = (3, 6)  # that knows is_dr_test (x-added of nas_server_clone.is_dr_test)
STARTED: t.Final = "Started"
# How it is known which NAS server a clone was made from, the surest first.
BY_FILE_SYSTEMS, BY_JOB = "file_systems", "job"
# What shows since when a clone exists.
FROM_JOB, FROM_FILE_SYSTEMS = "job", "file_systems"


@dataclass(frozen=True, slots=True)
class NasServer:
    """One row of ``/nas_server``. What is not as described is None, or ``unknown``, and is in ``problems``."""

    id: str
    name: str
    operational_status: str
    is_dr_test: bool | None = None
    is_replication_destination: bool | None = None
    is_production_mode_enabled: bool | None = None
    problems: t.Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_row(cls, row: object) -> NasServer:
        """From a row with the attributes of `server_select`. Raises ProtocolError for one without an id."""
        fields = Fields(row, "a NAS server")
        server_id = fields.identity()
        fields.what = f"NAS server {server_id}"
        return cls(
            id=server_id,
            name=fields.needed_text("name", server_id),
            operational_status=fields.needed_text("operational_status", UNKNOWN),
            is_dr_test=fields.flag("is_dr_test"),
            is_replication_destination=fields.flag("is_replication_destination"),
            is_production_mode_enabled=fields.flag("is_production_mode_enabled"),
            problems=fields.problems,
        )

    @property
    def label(self) -> str:
        """How messages call it."""
        return f"NAS server '{self.name}' ({self.id})"


@dataclass(frozen=True, slots=True)
class FileSystem:
    """One row of ``/file_system``. ``parent_id``: what a snapshot or a clone was made of."""

    id: str
    name: str
    nas_server_id: str | None
    parent_id: str | None = None
    type: str | None = None  # Primary, Snapshot
    created_at: datetime | None = None
    flr_mode: str | None = None  # Enterprise, Compliance; None, or as text, where nothing is locked

    @classmethod
    def from_row(cls, row: object) -> FileSystem:
        """From a row with the attributes of `file_system_select`. Raises ProtocolError for one without an id."""
        fields = Fields(row, "a file system")
        file_id = fields.identity()
        fields.what = f"file system {file_id}"
        locked = fields.inner("flr_attributes")
        return cls(
            id=file_id,
            name=fields.needed_text("name", file_id),
            nas_server_id=fields.id_or_none("nas_server_id"),
            parent_id=fields.id_or_none("parent_id"),
            type=fields.text("filesystem_type"),
            created_at=fields.time("creation_timestamp"),
            flr_mode=locked.text("mode") if locked else None,
        )

    def as_result(self) -> Json:
        """One entry of ``file_systems`` in a result."""
        return {"id": self.id, "name": self.name, "parent_id": self.parent_id}


@dataclass(frozen=True, slots=True)
class FileInterface:
    """One row of ``/file_interface``."""

    id: str
    nas_server_id: str | None
    ip_address: str | None
    prefix_length: int | None = None
    gateway: str | None = None
    vlan_id: int | None = None
    ip_port_id: str | None = None
    role: str | None = None  # Production, Backup, System
    is_disabled: bool | None = None
    is_dr_test: bool | None = None
    source_address: str | None = None  # of the same interface at the source of the replication

    @classmethod
    def from_row(cls, row: object) -> FileInterface:
        """From a row with the attributes of `interface_select`. Raises ProtocolError for one without an id."""
        fields = Fields(row, "a file interface")
        interface_id = fields.identity()
        fields.what = f"file interface {interface_id}"
        source = fields.inner("source_parameters")
        return cls(
            id=interface_id,
            nas_server_id=fields.id_or_none("nas_server_id"),
            ip_address=fields.text("ip_address"),
            prefix_length=fields.whole("prefix_length"),
            gateway=fields.text("gateway"),
            vlan_id=fields.whole("vlan_id"),
            ip_port_id=fields.id_or_none("ip_port_id"),
            role=fields.text("role"),
            is_disabled=fields.flag("is_disabled"),
            is_dr_test=fields.flag("is_dr_test"),
            source_address=source.text("ip_address") if source else None,
        )

    def as_result(self) -> Json:
        """One entry of ``interfaces`` in a result."""
        names = ("id", "ip_address", "prefix_length", "gateway", "vlan_id", "ip_port_id", "role")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True)
class CloneJob:
    """One clone of a NAS server, as the array logged it. Which ids a job has is not known, so each may be missing."""

    id: str
    resource_id: str | None
    made_id: str | None  # the clone, from the job's response_body
    user: str | None
    phase: str
    start_time: datetime | None
    end_time: datetime | None

    @classmethod
    def from_row(cls, row: object) -> CloneJob:
        """From a row with the attributes of `JOB_SELECT`. Raises ProtocolError for one without an id."""
        fields = Fields(row, "a job")
        job_id = fields.identity()
        fields.what = f"job {job_id}"
        body = fields.inner("response_body")
        return cls(
            id=job_id,
            resource_id=fields.id_or_none("resource_id"),
            made_id=body.id_or_none("id") if body else None,
            user=fields.text("user"),
            phase=fields.needed_text("phase", UNKNOWN),
            start_time=fields.time("start_time"),
            end_time=fields.time("end_time"),
        )


@dataclass(frozen=True, slots=True)
class Clone:
    """A NAS server that the array marks as a DR test (``is_dr_test``), with what is known of it.

    ``source_id``: the NAS server that it is a clone of, as the array shows it, None where it does not; ``source_by``
    says from what. A name is no proof of it: that is in ``mark``. ``file_systems`` and ``interfaces`` are None where
    they could not be read.
    """

    server: NasServer
    file_systems: tuple[FileSystem, ...] | None = ()
    interfaces: tuple[FileInterface, ...] | None = ()
    source_id: str | None = None
    source_by: str | None = None
    source_name: str | None = None
    started_by: str | None = None
    job_id: str | None = None
    started_at: datetime | None = None
    started_from: str | None = None

    @property
    def id(self) -> str:
        """Of the clone itself."""
        return self.server.id

    @property
    def mark(self) -> Mark | None:
        """Whose it is by its name; None where it was not named by this collection."""
        return mark_of(self.server.name)

    @property
    def label(self) -> str:
        """How messages call it: ``DR-test clone 'drtest_…' of the NAS server 'homes'``."""
        of = self.source_name or self.source_id
        return f"DR-test clone '{self.server.name}'" + (f" of the NAS server '{of}'" if of else "")

    def age(self, now: datetime | None) -> timedelta | None:
        """How long it exists by the array's clock; None where either time is not known."""
        return now - self.started_at if now and self.started_at else None

    def is_of(self, source_id: str) -> bool | None:
        """Whether the array shows it as a clone of that NAS server; None if it does not show its source."""
        return None if self.source_id is None else self.source_id == source_id

    def as_result(self, now: datetime | None = None) -> Json:
        """The clone in a result."""
        age = self.age(now)
        return {
            "id": self.id,
            "name": self.server.name,
            "label": self.mark.label if self.mark else None,
            "operational_status": self.server.operational_status,
            "source_id": self.source_id,
            "source_name": self.source_name,
            "source_shown_by": self.source_by,
            "started_by": self.started_by,
            "started_at": format_time(self.started_at),
            "age_seconds": round(age.total_seconds()) if age is not None else None,
            "job_id": self.job_id,
            "file_systems": None if self.file_systems is None else [each.as_result() for each in self.file_systems],
            "interfaces": None if self.interfaces is None else [each.as_result() for each in self.interfaces],
        }
