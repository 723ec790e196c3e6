# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One DR-test clone of a NAS server, made as no drill makes it: without naming file systems, to learn what comes of it.

It is named as those of nas_dr_test are, whose stop deletes it: by its id, and by its name where the result is lost.
"""

from __future__ import annotations

import time
import typing as t

from .._array.client import Client
from .._array.jobs import FINAL_PHASES
from .._array.lookup import find_named, read_sessions_by
from .._array.read_cluster import read_cluster
from .._array.session import Cluster
from .._errors import AmbiguousError, NotFoundError, NotReadyError
from .._json import Json
from .._nas_tests.clone import FIRST_RELEASE, STARTED, Clone, NasServer
from .._nas_tests.join import of_server
from .._nas_tests.mark import clone_name, label_of
from .._nas_tests.reading import JOB_SELECT, read_clones, read_file_systems, server_select
from .._time import parse_time
from .._words import NAS_SERVER

_PATIENCE, _PAUSE = 600.0, 0.5  # seconds for the clone to be there; between two looks
_PRIMARY = ("Primary", None)


def clone_once(client: Client, wanted: str, *, check_mode: bool) -> tuple[Cluster, Json]:
    """The array, and what came of the clone. Raises the error of a name that leads to no NAS server to be cloned."""
    cluster = read_cluster(client)
    server = _server(client, cluster, wanted)
    sessions = read_sessions_by(client, cluster.release, "local_resource_id", [server.id])
    if not any(session.role == "Destination" for session in sessions):
        raise NotReadyError(
            f"The {server.label} is not the destination of a replication session here: expected one of the DR site."
        )
    if of_server(read_clones(client, cluster), server.id):
        raise NotReadyError(f"A DR-test clone of the {server.label} is there already: stop it first. Nothing was sent.")
    flag = sessions[0].failover_test_in_progress
    if check_mode:
        return cluster, {"sent": False, "why": "check mode sends nothing", "flag": flag}
    return cluster, {"sent": True, "flag": flag, **_cloned(client, cluster, server)}


def _server(client: Client, cluster: Cluster, wanted: str) -> NasServer:
    if not cluster.release >= FIRST_RELEASE:
        raise NotReadyError(f"{cluster.name} runs PowerStoreOS {cluster.release_version}: expected 3.6 or later.")
    rows = find_named(client, NAS_SERVER, [wanted], [server_select(cluster.release)])[wanted]
    if len(rows) != 1:
        family = AmbiguousError if rows else NotFoundError
        raise family(f"{len(rows) or 'No'} NAS server '{wanted}' on {cluster.name}: expected one, by its name or id.")
    return NasServer.from_row(rows[0])


def _cloned(client: Client, cluster: Cluster, server: NasServer) -> Json:
    own = [each for each in read_file_systems(client, cluster, [server.id]) if each.type in _PRIMARY]
    name = clone_name(label_of(client.account), server.id, server.name)
    began = time.monotonic()
    body = {"name": name, "is_dr_test": True}
    receipt = client.operate(f"/nas_server/{server.id}/clone", body, doing=f"Cloning the {server.label} for a DR test")
    listed, serves = _watched(client, cluster, name, began)
    job = _job(client, receipt.job_id)
    clone = next((each for each in read_clones(client, cluster) if each.server.name == name), None)
    return {
        "clone_id": clone and clone.id,
        "as_job": receipt.job_id is not None,
        "job": job and _of_job(job, server, clone),
        "listed_after_seconds": listed,
        "serves_after_seconds": serves,
        "own_file_systems": len(own),
        "cloned_file_systems": None if clone is None or clone.file_systems is None else len(clone.file_systems),
        "parent": clone and _parent(clone, {each.id for each in own}),
        "source_shown_by": clone and clone.source_by,
    }


def _watched(client: Client, cluster: Cluster, name: str, began: float) -> tuple[float | None, float | None]:
    """After how many seconds the clone was listed, and after how many it served."""
    listed = None
    while time.monotonic() - began < _PATIENCE:
        rows = find_named(client, NAS_SERVER, [name], [server_select(cluster.release)])[name]
        passed = round(time.monotonic() - began, 1)
        if rows:
            listed = passed if listed is None else listed
            if NasServer.from_row(rows[0]).operational_status == STARTED:
                return listed, passed
        time.sleep(_PAUSE)
    return listed, None


def _job(client: Client, job_id: str | None) -> Json | None:
    """The job once it has ended."""
    until = time.monotonic() + _PATIENCE
    while job_id is not None:
        row = client.get(f"/job/{job_id}", [JOB_SELECT], doing="Reading the job of the clone")
        if not isinstance(row, dict) or row.get("phase") in FINAL_PHASES or time.monotonic() > until:
            return row if isinstance(row, dict) else None
        time.sleep(_PAUSE)
    return None


def _of_job(job: Json, server: NasServer, clone: Clone | None) -> Json:
    """What the log says of the clone, without ids."""
    ids = {server.id: "source", **({clone.id: "clone"} if clone else {})}
    begin, end = parse_time(job.get("start_time")), parse_time(job.get("end_time"))
    body = job.get("response_body")
    return {
        "phase": job.get("phase"),
        "seconds": round((end - begin).total_seconds(), 3) if begin and end else None,
        "names": ids.get(str(job.get("resource_id")), "other" if job.get("resource_id") else "none"),
        "tells_id": isinstance(body, dict) and clone is not None and body.get("id") == clone.id,
    }


def _parent(clone: Clone, own: t.Collection[str]) -> str:
    """What the file systems of the clone show as their parent."""
    parents = {each.parent_id for each in clone.file_systems or () if each.parent_id}
    if not parents:
        return "hidden"
    return "file_system" if parents <= set(own) else "snapshot"
