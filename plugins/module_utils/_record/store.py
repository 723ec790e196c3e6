# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writing the record of a drill: one file for each drill, complete or not there, never overwritten."""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import re
import socket
import tempfile
import typing as t
import uuid
from datetime import UTC, datetime

from .._json import Json
from .._words import CleanUp, Kind
from .abort import abort_summary, build_abort
from .common import Context
from .drill import build_record
from .observed import Observations
from .readiness import (
    build_readiness,
    readiness_summary,
)
from .schema import BY_KIND
from .terminal import summary
from .validation import problems

_FOLDER_MODE, _FILE_MODE = 0o750, 0o640


class Making(t.NamedTuple):
    """How one kind of record is built from the module's options, and how a person at a terminal reads it."""

    build: t.Callable[[Json, Context, str, datetime], Json]
    summary: t.Callable[[Json, str], list[str]]


def _build_drill(params: Json, context: Context, record_id: str, written_at: datetime) -> Json:
    given = {name: params[name] for name in Observations.__dataclass_fields__ if name in params}
    return build_record(
        Observations(**{**given, "clock_skew_seconds": context.clock_skew_seconds}), context, record_id, written_at
    )


KINDS: t.Final[t.Mapping[Kind, Making]] = {
    Kind.DRILL: Making(_build_drill, summary),
    Kind.READINESS: Making(build_readiness, readiness_summary),
    Kind.ABORT: Making(build_abort, abort_summary),
}


def write_drill(params: Json, *, write: bool) -> Json:
    """Judge the drill and write its record; the result of the module drill_record."""
    now = datetime.now(UTC)
    kind = KINDS[Kind(params["kind"])]
    record_id = f"{now:%Y%m%dT%H%M%SZ}-{_safe(_array_name(params))}-{uuid.uuid4().hex[:8]}"
    record = kind.build(params, _context(params), record_id, now)
    path = os.path.join(os.path.expanduser(params["directory"]), f"{params['kind']}-{record_id}.json")
    problem = _faults(record)
    try:
        if write:
            write_once(path, json.dumps(record, indent=2, sort_keys=True, ensure_ascii=False) + "\n")
    except OSError as error:  # the verdict is known and has to be told all the same
        problem = {"failed": True, "msg": f"The record could not be written to {path}: {error.strerror or error}."}
        path = "none, it could not be written"
    return {
        **problem,
        "changed": not problem,
        "verdict": record["verdict"],
        "cleanup_verdict": record.get("cleanup", {}).get("verdict", CleanUp.NOT_NEEDED.value),
        "path": path,
        "record": record,
        "summary": kind.summary(record, path),
    }


def _array_name(params: Json) -> str:
    phases = [params.get("before"), *(params.get("starts") or ()), *(params.get("stops") or ())]
    names = [(phase.get("cluster") or {}).get("name") for phase in phases if phase]
    return next((str(name) for name in names if name), "array")


def _faults(record: Json) -> Json:
    """A record that is not as its schema has it is written all the same, so that nothing is lost, and told."""
    found = problems(record, BY_KIND[record["kind"]])
    if not found:
        return {}
    told = "; ".join(found[:5])
    return {
        "failed": True,
        "msg": f"The record is not as its schema has it. This is a fault of the collection: {told}.",
    }


def _context(params: Json) -> Context:
    """What was given, and what the first look at the array says of the login and the clocks."""
    given = {name: params[name] for name in Context.__dataclass_fields__ if params.get(name) is not None}
    given["exclusions"] = [
        {
            "session_id": left_out.get("session_id"),
            "resource_name": left_out.get("volume") or left_out.get("volume_group"),
            "reason": left_out["reason"],
        }
        for left_out in params.get("exclusions") or ()
    ]
    before = params.get("before") or {}
    learned = {
        "array_host": before.get("host"),
        "array_account": before.get("account"),
        "clock_skew_seconds": (before.get("cluster") or {}).get("clock_skew_seconds"),
    }
    return Context(controller_user=_user(), controller_host=socket.gethostname(), **{**learned, **given})


def write_once(path: str, text: str) -> None:
    """Write a new file that is complete from the first moment anyone sees it. Raises FileExistsError and OSError."""
    folder = os.path.dirname(path)
    _make_folder(folder)
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".writing-")
    try:
        # What is no text (the output of a command, say) is kept as an escape that JSON knows.
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, _FILE_MODE)
        os.link(temporary, path)  # unlike a rename, refuses to replace what is there
    finally:
        os.unlink(temporary)


def _make_folder(folder: str) -> None:
    """Make the folder and those above it, each with the mode of a record's folder."""
    if os.path.isdir(folder):
        return
    _make_folder(os.path.dirname(os.path.abspath(folder)))
    with contextlib.suppress(FileExistsError):
        os.mkdir(folder, _FOLDER_MODE)


def _safe(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9-]+", "-", name)[:40].strip("-") or "array"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without an entry in passwd
        return str(os.getuid())
