# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The folder ``drill-ID.evidence`` beside the record: what checks left, written as soon as it is there.

A drill that is killed later still has it. What cannot be written is said in the record, and stops nothing.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
import typing as t

from .._check.evidence import OUTPUT, attached
from .._check.masking import Masking
from .._json import Json
from .journal import make_folder

_FILE_MODE = 0o640
_MOST_OF_A_NAME = 60  # characters
_NAMESAKES = 1000


def evidence_folder(directory: str, drill_id: str) -> str:
    """The folder of a drill's evidence."""
    return os.path.join(os.path.expanduser(directory), f"drill-{drill_id}.evidence")


def kept(steps: t.Sequence[Json], folder: str) -> list[Json]:
    """The steps with ``attachments`` instead of the content of their evidence, which is in files now."""
    return [_kept(step, folder) for step in steps]


def of_files(paths: t.Sequence[str]) -> Json:
    """The files that a tasks file names as its evidence, in the shape of a result of ``drill_check``."""
    entries, problems = attached(paths, None, Masking(frozenset(), False))
    return {"evidence": entries, "not_attached": problems}


def _kept(step: Json, folder: str) -> Json:
    rest = {name: value for name, value in step.items() if name != "evidence"}
    found = [entry for entry in step.get("evidence") or () if isinstance(entry, dict)]
    if not found:
        return rest
    attachments, problems = [], list(step.get("not_attached") or ())
    for entry in found:
        source = str(entry.get("source") or OUTPUT)
        try:
            content = base64.b64decode(str(entry.get("content") or ""), validate=True)
            name = _written(folder, f"{step.get('name')}.{_base(source)}", content)
        except (OSError, binascii.Error) as error:
            problems.append(f"{source}: {getattr(error, 'strerror', None) or error}")
            continue
        sha256 = hashlib.sha256(content).hexdigest()
        attachments.append({"name": name, "sha256": sha256, "bytes": len(content), "source": source})
    return {**rest, "attachments": attachments, "not_attached": problems}


def _base(source: str) -> str:
    return "output.txt" if source == OUTPUT else re.split(r"[/\\]", source.rstrip("/\\"))[-1]


def _written(folder: str, name: str, content: bytes) -> str:
    """The name of the file that was made; none is overwritten. Raises OSError."""
    make_folder(folder)
    handle, found = _opened(folder, _safe(name))
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return found


def _opened(folder: str, name: str) -> tuple[int, str]:
    stem, dot, end = name.rpartition(".")
    for number in range(1, _NAMESAKES):
        found = name if number == 1 else f"{stem}-{number}.{end}" if dot else f"{name}-{number}"
        try:
            return os.open(os.path.join(folder, found), os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE), found
        except FileExistsError:
            continue
    raise FileExistsError(f"{_NAMESAKES} files of this name are there")


def _safe(name: str) -> str:
    """A name that no file system, shell or browser gives a meaning to; its end, which says what it is, is kept."""
    clean = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".-") or "evidence"
    if len(clean) <= 2 * _MOST_OF_A_NAME:
        return clean
    return f"{clean[:_MOST_OF_A_NAME]}-{clean[-_MOST_OF_A_NAME:]}"
