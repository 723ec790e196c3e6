# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The journal of a drill on disk: one line of JSON for each thing that happened, flushed before anything else happens.

The first line is the intent. A line is ``{event, at, t, ...}``: ``at`` by the controller's clock (UTC), ``t`` by its
monotonic clock, which nobody sets, so that durations hold also where the other is set meanwhile.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
import time
import typing as t
from dataclasses import dataclass
from datetime import UTC, datetime

from .._errors import MALFORMED, InvalidInputError
from .._json import Json, once
from .._time import format_time
from .values import shown

INTENT, END, REMADE = "intent", "end", "remade"
# What Python raises where a value has another shape or size than it should.
ODD: t.Final = (*MALFORMED, RecursionError)
_KINDS: t.Final[t.Mapping[str, t.Mapping[str, type | tuple[type, ...]]]] = {
    INTENT: {
        "id": str, "array": str, "real": bool, "ansible_version": str, "title": str, "process": dict, "who": dict,
        "asked": dict, "objectives": dict, "policy": dict, "how": dict, "steps": list, "sessions": list,
    },
    "read": {"what": str, "result": dict},
    "synchronised": {"result": dict},
    "starting": {"wave": int},
    "started": {"wave": int, "result": dict},
    "stopped": {"wave": int, "result": dict},
    "steps": {"phase": str, "steps": list},
    "beside": {"names": list, "phase": str, "path": str, "seconds": (int, float)},
    "looking": {"path": str, "seconds": (int, float)},
    "pause": {"seconds": (int, float)},
    "interrupted": {"task": str, "message": str},
    "remade": {"message": str},
}  # fmt: skip
SUFFIX = ".journal.jsonl"
_FOLDER_MODE, _FILE_MODE = 0o750, 0o640


@dataclass(frozen=True, slots=True)
class Journal:
    """What a file holds. ``torn``: its last line breaks off, as of a drill that was killed while it wrote."""

    path: str
    events: tuple[Json, ...]
    torn: bool = False

    @property
    def intent(self) -> Json:
        """The first line."""
        return self.events[0]

    @property
    def ended(self) -> bool:
        """Whether the drill came to its end."""
        return any(event["event"] == END for event in self.events)


def event_of(kind: str, **data: t.Any) -> Json:
    """One thing that happened, now."""
    return {"event": kind, "at": format_time(datetime.now(UTC)), "t": round(time.monotonic(), 3), **data}


def journal_path(directory: str, drill_id: str) -> str:
    """The file of a drill's journal."""
    return os.path.join(os.path.expanduser(directory), f"drill-{drill_id}{SUFFIX}")


def create(path: str, events: t.Sequence[Json]) -> None:
    """Make the file, the intent first, so that it survives the end of this machine. Raises OSError, FileExistsError."""
    make_folder(os.path.dirname(path))
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, _FILE_MODE)
    try:
        _write(handle, events)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(path)  # an intent that is not whole is none
        raise
    finally:
        os.close(handle)
    folder = os.open(os.path.dirname(path), os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def append(path: str, events: t.Sequence[Json]) -> None:
    """Add what happened, whole or not at all: a line that breaks off would spoil the next one. Raises OSError."""
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK)  # a FIFO in its place keeps no stop waiting
    try:
        size = os.fstat(handle).st_size
        try:
            _write(handle, events)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(handle, size)
            raise
    finally:
        os.close(handle)


def _write(handle: int, events: t.Sequence[Json]) -> None:
    left = "".join(_line(event) for event in events).encode("utf-8", "backslashreplace")
    while left:
        left = left[os.write(handle, left) :]
    os.fsync(handle)


def _line(event: Json) -> str:
    return json.dumps(event, ensure_ascii=False, sort_keys=True, default=str) + "\n"


def read(path: str) -> Journal:
    """The journal in a file. Raises InvalidInputError, which names the line, for what no drill wrote; OSError."""
    with _opened(path) as file:
        lines = file.read().split(b"\n")
    torn = lines.pop() != b""
    events = [_event(line, f"{path}, line {number}") for number, line in enumerate(lines, start=1)]
    if not events or events[0]["event"] != INTENT:
        raise InvalidInputError(f"{path} is not the journal of a drill: expected the intent in its first line.")
    return Journal(path, tuple(events), torn)


def _opened(path: str) -> t.BinaryIO:
    """A plain file. A FIFO or a device of that name would keep a stop waiting without end. Raises InvalidInputError."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise InvalidInputError(f"{path} is not the journal of a drill: expected a plain file, found something else.")
    return open(handle, "rb")


def _event(line: bytes, where: str) -> Json:
    try:
        found = json.loads(line.decode("utf-8"), object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(f"{where}: expected an object in JSON, found none ({error}).") from error
    if not isinstance(found, dict) or not all(isinstance(found.get(key), str) for key in ("event", "at")):
        raise InvalidInputError(f"{where}: expected an object with event and at. The journal was changed by somebody.")
    for key, kind in _KINDS.get(found["event"], {}).items():
        if not isinstance(found.get(key), kind):
            raise InvalidInputError(
                f"{where}: '{key}' of the event '{found['event']}' is {shown(found.get(key))}, expected it as "
                "drill_journal wrote it. The journal was changed by somebody."
            )
    return found


def make_folder(folder: str) -> None:
    """Make the folder and those above it, each with the mode of a folder of records. Raises OSError."""
    if not folder or os.path.isdir(folder):
        return
    make_folder(os.path.dirname(os.path.abspath(folder)))
    with contextlib.suppress(FileExistsError):
        os.mkdir(folder, _FOLDER_MODE)
