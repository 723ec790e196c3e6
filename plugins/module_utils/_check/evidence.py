# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a check leaves as evidence: its output where that is longer than what is shown, and files that it names."""

from __future__ import annotations

import base64
import os
import stat
import typing as t

from .command import KEPT_BYTES
from .masking import HIDDEN, TAIL_BYTES, Masking
from .options import Command, Http, Probe
from .web import BODY_BYTES

LARGEST: t.Final = 1024 * 1024  # bytes of a file, and of an output
OUTPUT: t.Final = "output"
_MARGIN: t.Final = 1024  # characters
Entry = t.Dict[str, t.Any]


def entry_of(source: str, content: bytes) -> Entry:
    """One piece of evidence as it travels to the controller: ``{source, bytes, content}``, the last in base64."""
    return {"source": source, "bytes": len(content), "content": base64.b64encode(content).decode("ascii")}


def output_of(text: str, probe: Probe, masking: Masking) -> list[Entry]:
    """All of an output that was kept, masked; nothing where the tail in the result has all of it.

    Where it was cut (a command's at its beginning, a URL's at its end) there may be half a secret: that part is
    left out.
    """
    size, margin = len(text.encode("utf-8", "replace")), max([_MARGIN, *map(len, masking.secrets)])
    if isinstance(probe, Command) and size >= KEPT_BYTES:
        text = text[margin:]
    elif isinstance(probe, Http) and size >= BODY_BYTES:
        text = text[:-margin]
    content = masking.whole(text).encode("utf-8")[-LARGEST:]
    return [entry_of(OUTPUT, content)] if len(content) > TAIL_BYTES else []


def attached(paths: t.Iterable[str], folder: str | None, masking: Masking) -> tuple[list[Entry], list[str]]:
    """The files, and why others could not be kept. ``folder``: what a relative path is relative to.

    A text is masked. A file that is no text in UTF-8, a picture say, is kept as it is.
    """
    entries: list[Entry] = []
    problems: list[str] = []
    for path in paths:
        if masking.all_of_it:
            problems.append(f"{path}: {HIDDEN}")
            continue
        try:
            content = _read(os.path.join(folder or "", path))
        except (OSError, ValueError) as error:
            problems.append(f"{path}: {getattr(error, 'strerror', None) or error}")
            continue
        entries.append(entry_of(path, _masked(content, masking)))
    return entries, problems


def _read(path: str) -> bytes:
    """Raises ValueError for what is no plain file or too large, and OSError. Nothing else is opened: it could wait."""
    described = os.stat(path)
    if not stat.S_ISREG(described.st_mode):
        raise ValueError("it is no plain file")
    if described.st_size > LARGEST:
        raise ValueError(f"it has {described.st_size} bytes, more than {LARGEST}")
    with open(path, "rb") as file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise ValueError(f"it grew to more than {LARGEST} bytes")
    return content


def _masked(content: bytes, masking: Masking) -> bytes:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return content
    return content if "\0" in text else masking.without_secrets(text).encode("utf-8")
