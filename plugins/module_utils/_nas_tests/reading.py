# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading the DR-test clones of an array and what belongs to them: requests grow with pages, not with clones."""

from __future__ import annotations

import typing as t
from collections import defaultdict
from dataclasses import replace

from .._array.client import Client, Query
from .._array.fields import Unread
from .._array.jobs import FINAL_PHASES
from .._array.rows import read_by
from .._array.session import Cluster, Release
from .._errors import PowerStoreError
from .._json import Json
from .clone import FIRST_RELEASE, Clone, CloneJob, FileInterface, FileSystem, NasServer
from .join import with_jobs, with_sources

JOB_SELECT: t.Final = ("select", "id,resource_id,phase,user,start_time,end_time,response_body")
# As notes of what was not read call them.
LOG: t.Final = "the log of clones of NAS servers"
CLONES: t.Final = "the DR-test clones of NAS servers"
_Part = t.TypeVar("_Part")


def server_select(release: Release) -> tuple[str, str]:
    """The ``select`` for NAS servers: an attribute that a release does not have fails the whole query."""
    if not release.is_known:
        return ("select", "*")
    names = "id,name,operational_status"
    names += ",is_replication_destination,is_production_mode_enabled" if release >= (3, 0) else ""
    return ("select", names + (",is_dr_test" if release >= FIRST_RELEASE else ""))


def file_system_select(release: Release) -> tuple[str, str]:
    """The ``select`` for file systems."""
    names = "id,name,nas_server_id,parent_id,filesystem_type,creation_timestamp"
    return ("select", names + (",flr_attributes" if release.is_known and release >= (3, 0) else ""))


def interface_select(release: Release) -> tuple[str, str]:
    """The ``select`` for file interfaces."""
    if not release.is_known:
        return ("select", "*")
    names = "id,nas_server_id,ip_address,prefix_length,gateway,vlan_id,role,is_disabled"
    names += ",ip_port_id,source_parameters" if release >= (3, 0) else ""
    return ("select", names + (",is_dr_test" if release >= FIRST_RELEASE else ""))


def read_clones(
    client: Client, cluster: Cluster, *, deadline: float | None = None, unread: list[Unread] | None = None
) -> list[Clone]:
    """Every NAS server on the array that it marks as a DR test, with all that is known of it, in the order of ids.

    Releases before 3.6 have none. ``unread``: where given, what makes a clone better known (its parts, its source, its
    job) and cannot be read is noted there; else that is raised. Raises PowerStoreError where the clones themselves
    cannot be read. Seven sets of rows are read at most, and none of them but the first where there is no clone.
    """
    if not cluster.release >= FIRST_RELEASE:
        return []
    rows = client.get_all(
        "nas_server",
        [server_select(cluster.release), ("is_dr_test", "is.true")],
        doing="Reading DR-test clones of NAS servers",
        deadline=deadline,
        unread=unread,
    )
    servers = [server for server in map(NasServer.from_row, rows) if server.is_dr_test]
    if not servers:
        return []
    reading = _Reading(client, cluster, deadline, unread)
    clones = reading.with_parts([Clone(server) for server in servers])
    clones = with_sources(clones, reading.parents_of(clones))
    clones = with_jobs(clones, reading.jobs())
    return reading.named(clones)


class _Reading:
    """The parts of a reading, each of which may be missing where that is noted."""

    def __init__(self, client: Client, cluster: Cluster, deadline: float | None, unread: list[Unread] | None) -> None:
        self._client, self._release = client, cluster.release
        self._deadline, self._unread = deadline, unread

    def with_parts(self, clones: t.Sequence[Clone]) -> list[Clone]:
        """With their file systems and interfaces."""
        ids = [clone.id for clone in clones]
        files = self._by(FileSystem.from_row, "file_system", "nas_server_id", ids, file_system_select(self._release))
        select = interface_select(self._release)
        interfaces = self._by(FileInterface.from_row, "file_interface", "nas_server_id", ids, select)
        files_of, interfaces_of = _grouped(files), _grouped(interfaces)
        return [
            replace(
                clone,
                file_systems=None if files_of is None else tuple(files_of[clone.id]),
                interfaces=None if interfaces_of is None else tuple(interfaces_of[clone.id]),
            )
            for clone in clones
        ]

    def parents_of(self, clones: t.Iterable[Clone]) -> list[FileSystem]:
        """What the file systems of the clones are copies of."""
        ids = {each.parent_id for clone in clones for each in clone.file_systems or () if each.parent_id}
        return self._by(FileSystem.from_row, "file_system", "id", sorted(ids), file_system_select(self._release)) or []

    def jobs(self) -> list[CloneJob]:
        """Every clone of a NAS server that the array's log still has, newest first."""
        try:
            return read_clone_jobs(self._client, deadline=self._deadline)
        except PowerStoreError as error:
            if self._unread is None:
                raise
            self._unread.append(Unread(LOG, error))
            return []

    def named(self, clones: t.Sequence[Clone]) -> list[Clone]:
        """With the names of the NAS servers that they are clones of."""
        ids = sorted({clone.source_id for clone in clones if clone.source_id})
        found = self._by(NasServer.from_row, "nas_server", "id", ids, server_select(self._release)) or []
        names = {server.id: server.name for server in found}
        return [replace(clone, source_name=names.get(clone.source_id or "")) for clone in clones]

    def _by(
        self,
        make: t.Callable[[object], _Part],
        collection: str,
        attribute: str,
        values: t.Sequence[str],
        select: tuple[str, str],
    ) -> list[_Part] | None:
        query: Query = [select]
        what = f"{collection.replace('_', ' ')}s of DR-test clones"

        def read() -> list[Json]:
            doing = f"Reading {what}"
            return read_by(self._client, collection, attribute, values, query, doing=doing, deadline=self._deadline)

        return self._tried(f"the {what}", make, read) if values else []

    def _tried(
        self, what: str, make: t.Callable[[object], _Part], read: t.Callable[[], list[Json]]
    ) -> list[_Part] | None:
        """What was read; None where it could not be and that is noted."""
        try:
            return [make(row) for row in read()]
        except PowerStoreError as error:
            if self._unread is None:
                raise
            self._unread.append(Unread(what, error))
            return None


def read_clone_jobs(client: Client, *, deadline: float | None = None, open_only: bool = False) -> list[CloneJob]:
    """Every clone of a NAS server that the array's log has, newest first. Raises PowerStoreError.

    ``open_only``: those that have not ended.
    """
    query = [JOB_SELECT, ("resource_type", "eq.nas_server"), ("resource_action", "eq.clone")]
    query += [("phase", f"not.in.({','.join(FINAL_PHASES)})")] if open_only else []
    jobs = [CloneJob.from_row(row) for row in client.get_all("job", query, doing=f"Reading {LOG}", deadline=deadline)]
    return sorted(jobs, key=lambda job: (job.start_time is None, job.start_time), reverse=True)


class _OfServer(t.Protocol):
    @property
    def nas_server_id(self) -> str | None: ...


_Owned = t.TypeVar("_Owned", bound=_OfServer)


def _grouped(parts: t.Sequence[_Owned] | None) -> dict[str, list[_Owned]] | None:
    if parts is None:
        return None
    grouped: dict[str, list[_Owned]] = defaultdict(list)
    for part in parts:
        grouped[part.nas_server_id or ""].append(part)
    return grouped


def read_interfaces(client: Client, cluster: Cluster, *, deadline: float | None = None) -> list[FileInterface]:
    """All file interfaces of the array. Raises PowerStoreError."""
    query = [interface_select(cluster.release)]
    rows = client.get_all("file_interface", query, doing="Reading file interfaces", deadline=deadline)
    return [FileInterface.from_row(row) for row in rows]


def read_file_systems(client: Client, cluster: Cluster, server_ids: t.Iterable[str]) -> list[FileSystem]:
    """The file systems and their snapshots of these NAS servers. Raises PowerStoreError."""
    doing = "Reading file systems of NAS servers"
    rows = read_by(
        client, "file_system", "nas_server_id", server_ids, [file_system_select(cluster.release)], doing=doing
    )
    return [FileSystem.from_row(row) for row in rows]
