# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Making a DR-test clone with its interface, and removing one: what is sent for one NAS server, in its order.

Before anything is removed, the array is read again: it has to mark the clone as a DR test (``is_dr_test``) still.
"""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass, field, replace
from datetime import datetime

from .._array.client import path_id
from .._array.session import Cluster
from .._errors import MALFORMED, NotReadyError, PowerStoreError, ProtocolError, RejectedError
from .._json import Json
from .._nas_tests.clone import STARTED, Clone, FileInterface, FileSystem, NasServer
from .._nas_tests.reading import file_system_select, interface_select, server_select
from .._operation.waiting import OverdueError
from .._operation.workers import OUT_OF_MEANS, out_of_means
from .sending import Change, Means, Sender, Trail
from .wish import Interface, same_address

_READY = (STARTED, "Degraded")  # in which a NAS server serves its interfaces
_LAST_LOOK = 10.0  # seconds to look for what an unanswered request may have made
_SNAPSHOT = "Snapshot"
_GONE = "gone"


@dataclass
class Work:
    """What became of one NAS server so far. ``removed`` and ``made``: sentences' worth of parts, in their order."""

    started_at: datetime
    finished_at: datetime | None = None
    clone: Clone | None = None  # as it was made, or found
    is_new: bool = False  # this task made the clone
    is_absent: bool = False  # it was asked for, and the array shows that it was not and will not be made
    request_sent: bool = False
    answer_lost: bool = False
    job_id: str | None = None
    made: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)  # ids of clones that the array does not list any more
    left: dict[str, Clone | None] = field(default_factory=dict)  # by id, as read after a failure; None: it could not be
    error: PowerStoreError | None = None
    attempts: int = 1

    def took(self, trail: Trail, *, is_first: bool) -> None:
        """Add what one change left."""
        self.request_sent = self.request_sent or trail.request_sent
        self.answer_lost = self.answer_lost or trail.answer_lost
        if is_first:
            self.job_id = trail.job_id


class Parts:
    """Reads one clone and what it has, fresh."""

    def __init__(self, means: Means, cluster: Cluster) -> None:
        self._client, self._release = means.client, cluster.release

    def server(self, by: str, value: str, deadline: float) -> NasServer | None:
        """The NAS server of that id or name; None where there is none."""
        query = [server_select(self._release), (by, f"eq.{value}")]
        rows = self._client.get_all("nas_server", query, doing="Reading a DR-test clone", deadline=deadline)
        return NasServer.from_row(rows[0]) if rows else None

    def file_systems(self, server_id: str, deadline: float) -> list[FileSystem]:
        """Its file systems and their snapshots."""
        select = file_system_select(self._release)
        return [FileSystem.from_row(row) for row in self._of("file_system", select, server_id, deadline)]

    def interfaces(self, server_id: str, deadline: float) -> list[FileInterface]:
        """Its interfaces."""
        select = interface_select(self._release)
        return [FileInterface.from_row(row) for row in self._of("file_interface", select, server_id, deadline)]

    def exists(self, collection: str, row_id: str, deadline: float) -> bool:
        """Whether there is a row of that id."""
        query = [("select", "id"), ("id", f"eq.{row_id}")]
        return bool(self._client.get_all(collection, query, doing="Looking whether it is deleted", deadline=deadline))

    def clone(self, server: NasServer, known: Clone, deadline: float) -> Clone:
        """The clone with all that it has now."""
        files, interfaces = self.file_systems(server.id, deadline), self.interfaces(server.id, deadline)
        return replace(known, server=server, file_systems=tuple(files), interfaces=tuple(interfaces))

    def _of(self, collection: str, select: tuple[str, str], server_id: str, deadline: float) -> list[Json]:
        what = collection.replace("_", " ")
        query = [select, ("nas_server_id", f"eq.{server_id}")]
        return self._client.get_all(collection, query, doing=f"Reading {what}s of a DR-test clone", deadline=deadline)


@dataclass(frozen=True, slots=True)
class Making:
    """A clone that is to be made of ``source``, or to get its interface."""

    source: NasServer
    name: str
    file_systems: tuple[FileSystem, ...]
    interface: Interface | None
    existing: Clone | None = None


@dataclass(frozen=True, slots=True)
class Removing:
    """Clones that are to be removed."""

    clones: tuple[Clone, ...]
    delete_body: Json = field(repr=False)  # of the NAS server: may hold a password


class Maker:
    """Makes one clone, and waits until the array shows it with all that it is to have."""

    def __init__(self, means: Means, cluster: Cluster, making: Making, work: Work) -> None:
        self._means, self._parts = means, Parts(means, cluster)
        self._making, self._work = making, work
        self._cluster = cluster

    def run(self) -> None:
        """Raises PowerStoreError; ``work`` has what was made until then."""
        making, work = self._making, self._work
        work.clone = making.existing
        if work.clone is None:
            self._clone()
        clone = t.cast(Clone, work.clone)
        if making.interface and not any(
            same_address(i.ip_address, making.interface.ip_address) for i in clone.interfaces or ()
        ):
            self._add_interface(clone.server)
        server = self._wait_for_start(clone.server)
        work.clone = self._parts.clone(server, clone, self._until())

    def look_at_what_is_left(self, error: PowerStoreError) -> None:
        """After an error: the clone as it is now, also one that a request made although no answer said so.

        Raises PowerStoreError where it cannot be read.
        """
        work, until = self._work, time.monotonic() + _LAST_LOOK
        if work.clone is not None:
            work.clone = self._parts.clone(work.clone.server, work.clone, until)
        elif work.request_sent:
            server = self._parts.server("name", self._making.name, until)
            if server is not None and server.is_dr_test:
                self._made(server)
            work.is_absent = server is None and isinstance(error, RejectedError)

    def _until(self) -> float:
        return time.monotonic() + self._means.wait_timeout

    def _clone(self) -> None:
        making, parts = self._making, self._parts
        body: Json = {"name": making.name, "is_dr_test": True}
        if making.file_systems:  # all by their ids: what null means is not described
            body["file_systems"] = [each.id for each in making.file_systems]

        def look(deadline: float) -> str | None:
            server = parts.server("name", making.name, deadline)
            return server.id if server else None

        self._send(
            Change(
                "POST",
                f"/nas_server/{path_id(making.source.id)}/clone",
                body,
                f"Cloning the {making.source.label} for a DR test",
                f"the array does not list the clone '{making.name}'",
                look,
                ("nas_server", "clone"),
                of=making.source.id,
            ),
            is_first=True,
        )
        server = parts.server("name", making.name, self._until())
        if server is None:
            raise ProtocolError(f"The clone '{making.name}' was made, and is not listed any more.")
        self._made(server)
        if server.is_dr_test is not True:
            raise ProtocolError(
                f"The clone '{making.name}' ({server.id}) was made, but the array does not mark it as a DR test: "
                f"expected is_dr_test true, found {server.is_dr_test}. It is left: look at it on the array, and delete "
                "it there."
            )

    def _made(self, server: NasServer) -> None:
        source = self._making.source
        self._work.clone = Clone(
            server,
            source_id=source.id,
            source_by="request",
            source_name=source.name,
            started_by=self._means.client.account,
            job_id=self._work.job_id,
            started_at=self._work.started_at,
            started_from="request",
        )
        self._work.is_new = True
        self._work.made.append(f"DR-test clone '{server.name}' ({server.id})")

    def _add_interface(self, server: NasServer) -> None:
        interface, parts = t.cast(Interface, self._making.interface), self._parts

        def look(deadline: float) -> str | None:
            found = parts.interfaces(server.id, deadline)
            return next((each.id for each in found if same_address(each.ip_address, interface.ip_address)), None)

        change = Change(
            "POST",
            "/file_interface",
            interface.as_body(server.id),
            f"Giving the address {interface.ip_address} to the DR-test clone '{server.name}'",
            f"the array does not list an interface {interface.ip_address} of it",
            look,
            ("file_interface", "create"),
            may_repeat=False,  # whether the array takes one address twice is not known
        )
        try:
            made = self._send(change)
        except RejectedError:
            shown = parts.server("id", server.id, self._until())
            if shown is None or shown.operational_status in _READY:
                raise
            self._wait_for_start(shown)  # refused while it started: that may have been why
            made = self._send(change)
        self._work.made.append(f"file interface {interface.ip_address} ({made})")

    def _send(self, change: Change, *, is_first: bool = False) -> str:
        trail = Trail()
        try:
            return Sender(self._means, change, trail).run()
        finally:
            self._work.took(trail, is_first=is_first)

    def _wait_for_start(self, server: NasServer) -> NasServer:
        """The NAS server once it serves; one without an interface may never come to that, and is not waited for."""
        if self._making.interface is None:
            return self._parts.server("id", server.id, self._until()) or server
        try:
            row = self._means.waiting.until("nas_server", server.id, _is_ready, self._until(), at_once=True)
        except OverdueError as late:
            if late.error is not None:
                raise late.error from late
            shown = (late.row or {}).get("operational_status")
            raise NotReadyError(
                f"The DR-test clone '{server.name}' is {shown} after wait_timeout ({self._means.wait_timeout:g} s): "
                f"expected {STARTED}. Look at it on the array, or set a longer wait_timeout."
            ) from late
        return NasServer.from_row(row)


class Remover:
    """Removes clones: interfaces, file systems, the NAS server, in that order."""

    def __init__(self, means: Means, cluster: Cluster, removing: Removing, work: Work) -> None:
        self._means, self._parts = means, Parts(means, cluster)
        self._removing, self._work = removing, work

    def run(self) -> None:
        """All that can be removed is. Raises the first PowerStoreError."""
        errors = []
        for clone in self._removing.clones:
            try:
                if clone.id not in self._work.gone:
                    self._remove(clone)
            except PowerStoreError as error:
                errors.append(error)
        if errors:
            raise errors[0]

    def look_at_what_is_left(self) -> None:
        """After a failure: each clone as it is now, as parts of it may be gone. Nothing is raised."""
        for clone in self._removing.clones:
            if clone.id in self._work.gone:
                continue
            until, self._work.left[clone.id] = time.monotonic() + _LAST_LOOK, None
            try:
                server = self._parts.server("id", clone.id, until)
                if server is None:
                    self._work.gone.add(clone.id)
                else:
                    self._work.left[clone.id] = self._parts.clone(server, clone, until)
            except (PowerStoreError, *OUT_OF_MEANS):
                continue

    def _remove(self, clone: Clone) -> None:
        until = time.monotonic() + self._means.wait_timeout
        server = self._parts.server("id", clone.id, until)
        if server is None:
            self._work.gone.add(clone.id)
            return
        if server.is_dr_test is not True:
            raise NotReadyError(
                f"The {server.label} is not marked as a DR test any more: expected is_dr_test true, found "
                f"{server.is_dr_test}. Nothing of it was deleted."
            )
        for interface in self._parts.interfaces(clone.id, until):
            self._delete("file_interface", interface.id, f"file interface {interface.ip_address}", clone)
        files = self._parts.file_systems(clone.id, until)
        for each in sorted(files, key=lambda one: one.type != _SNAPSHOT):
            kind = "snapshot" if each.type == _SNAPSHOT else "file system"
            self._delete("file_system", each.id, f"{kind} '{each.name}'", clone)
        self._delete("nas_server", clone.id, f"NAS server '{server.name}'", clone, self._removing.delete_body)
        self._work.gone.add(clone.id)

    def _delete(self, collection: str, row_id: str, what: str, clone: Clone, body: Json | None = None) -> None:
        def look(deadline: float) -> str | None:
            return None if self._parts.exists(collection, row_id, deadline) else _GONE

        trail = Trail()
        change = Change(
            "DELETE",
            f"/{collection}/{path_id(row_id)}",
            body,
            f"Deleting the {what} of the {clone.label}"
            if collection != "nas_server"
            else f"Deleting the {clone.label}",
            "the array lists it still",
            look,
            (collection, "delete"),
            of=row_id,
        )
        try:
            Sender(self._means, change, trail).run()
        finally:
            self._work.took(trail, is_first=collection == "nas_server")
        if trail.request_sent:
            self._work.removed.append(f"{what} ({row_id})")


def carried_out(work: Work, doing: str, run: t.Callable[[], None]) -> None:
    """Run it; what ends it early is the error of the work."""
    work.error = None
    try:
        run()
    except PowerStoreError as error:
        work.error = error
    except MALFORMED as error:
        work.error = ProtocolError(f"{doing}: an answer is not as described: {error!r}.")
    except OUT_OF_MEANS as error:
        work.error = out_of_means(doing, error)


def _is_ready(row: Json) -> bool:
    return row.get("operational_status") in _READY
