# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the folder of records outlives the job: one before it left its mark there, or the folder is mounted.

AWX runs each job in a container of its own, as root where nothing else is said: a folder that is not mounted can be
made and written, and is thrown away with the container.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import typing as t
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from .._drill.journal import make_folder
from .._json import Json, once
from .._time import format_time

MARK: t.Final = ".drdrill-outlives-the-job.json"
_VOLATILE: t.Final = ("tmpfs", "ramfs", "devtmpfs", "overlay", "proc", "sysfs")
# How AWX names what it gives to one job only, and Kubernetes what a pod takes along.
_OF_THE_JOB = re.compile(r"/awx_\d+_|kubernetes\.io~empty-dir")
_PRIVATE: t.Final = "/runner"
_ESCAPED = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True)
class Folder:
    """``outlives``: whether it is proven that the next job finds what this one writes; ``why`` says by what."""

    path: str
    outlives: bool
    why: str
    marked: bool = False  # whether the folder got its mark now, or in check mode would have

    def as_result(self) -> Json:
        """The ``folder`` of the module's result."""
        return {"path": self.path, "outlives": self.outlives, "why": self.why}


def look_at_folder(path: str, run: str, job_id: str, *, write: bool) -> Folder:
    """Whether what is written there is kept. ``run`` is the id of this run of Ansible, which a mark of its own names.

    With ``write`` the folder is made where it is not there, and marked where it has no mark.
    """
    real = os.path.realpath(os.path.expanduser(path))
    try:
        if write:
            make_folder(real)
        mark = _mark(real)
        if mark is None and write:
            _write_mark(real, run, job_id)
    except OSError as error:
        return Folder(real, False, f"it cannot be used: {error.strerror or error}")
    # A mark that cannot be understood may be of this job, whose disk was full.
    if mark is not None and mark.get("run") not in (None, run):
        return Folder(real, True, f"an earlier job ({mark.get('job_id') or 'of no id'}) left its mark there")
    found = replace(_by_mount(real), marked=mark is None)
    if mark is None or mark.get("run") is not None or found.outlives:
        return found
    return replace(found, why=f"the mark there ({MARK}) cannot be understood: remove it, and the next job leaves one")


def _by_mount(real: str) -> Folder:
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
            mounts = file.read().splitlines()
    except OSError:
        return Folder(real, False, "no earlier job left a mark there, and its mount cannot be read on this system")
    return of_mounts(real, mounts, os.environ.get("AWX_PRIVATE_DATA_DIR"))


def of_mounts(path: str, lines: t.Iterable[str], private: str | None = None) -> Folder:
    """What the mount of a folder says, from the lines of /proc/self/mountinfo (proc(5)). Pure."""
    found: tuple[str, str, str] | None = None
    for line in lines:
        left, _dash, right = line.partition(" - ")
        fields, kinds = left.split(), right.split()
        if len(fields) < 5 or not kinds:
            continue
        root, point = (_ESCAPED.sub(lambda code: chr(int(code[1], 8)), text) for text in fields[3:5])
        # Of two mounts on one point the later one is seen.
        if _is_in(path, point) and (found is None or len(point) >= len(found[1])):
            found = root, point, kinds[0]
    no_mark = "no earlier job left a mark there"
    if found is None or found[1] == "/":
        return Folder(path, False, f"{no_mark}, and it is not mounted: it is in the container's own file system")
    root, point, kind = found
    of_the_job = _OF_THE_JOB.search(root + "/") or any(_is_in(path, each) for each in (_PRIVATE, private) if each)
    if kind in _VOLATILE or of_the_job:
        return Folder(path, False, f"{no_mark}, and {point} ({kind}) is thrown away with the container")
    return Folder(path, True, f"it is on a mount of its own, {point} ({kind})")


def _is_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _mark(folder: str) -> Json | None:
    """The mark in a folder, {} if it cannot be understood, None if there is none. Raises OSError."""
    try:
        with open(os.path.join(folder, MARK), "rb") as file:
            content = file.read(4096)
    except FileNotFoundError:
        return None
    with contextlib.suppress(ValueError):
        found = json.loads(content, object_pairs_hook=once)
        if isinstance(found, dict):
            return found
    return {}


def _write_mark(folder: str, run: str, job_id: str) -> None:
    mark = {"run": run, "job_id": job_id, "written_at": format_time(datetime.now(UTC))}
    with contextlib.suppress(FileExistsError):
        handle = os.open(os.path.join(folder, MARK), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
        try:
            os.write(handle, json.dumps(mark).encode("utf-8") + b"\n")
        finally:
            os.close(handle)
