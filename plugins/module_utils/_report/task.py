# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What drill_report does: read a record, make the reports of it, write those that are not there yet."""

from __future__ import annotations

import os
import typing as t

from .._errors import InvalidInputError, PowerStoreError
from .._json import Json
from .._record.files import read_plain
from .._record.store import write_once
from .html.page import render_pages
from .junit import render_junit
from .markdown import render_markdown
from .register import Row, add_to_register, is_registered, register_row
from .source import Source, read_source

# Format: what makes its files, by the ends of their names, the main one first. The register is one file for all.
_FILES: t.Final[t.Mapping[str, t.Callable[[Source], t.Mapping[str, str]]]] = {
    "html": render_pages,
    "junit": lambda source: {".junit.xml": render_junit(source)},
    "markdown": lambda source: {".md": render_markdown(source)},
}


def write_report(params: Json, *, write: bool) -> Json:
    """Make the reports of a record; the result of drill_report. All are made before the first is written."""
    files: dict[str, str] = {}
    try:
        source = read_source(params["record"], params["frameworks"])
        folder = params["directory"] or os.path.dirname(os.path.abspath(params["record"]))
        made = {name: render(source) for name, render in _FILES.items() if name in params["formats"]}
        stem = os.path.join(folder, source.stem)
        texts = {stem + end: text for each in made.values() for end, text in each.items()}
        missing = [path for path, text in texts.items() if not _is_there(path, text)]
        changed = bool(missing)
        for path in reversed(missing):  # what a page leads to is there before it
            if write:
                _write(path, texts[path])
        files = {name: stem + next(iter(each)) for name, each in made.items()}
        if "csv" in params["formats"]:
            register = params["register"] or os.path.join(folder, "register.csv")
            changed = _registered(register, register_row(source), write=write) or changed
            files["csv"] = register
    except PowerStoreError as error:
        return {"failed": True, "msg": error.message, "files": files}
    except OSError as error:
        return {"failed": True, "msg": _not_written(error), "files": files}
    return {"changed": changed, "files": files}


def _is_there(path: str, text: str) -> bool:
    """Whether that report is there. Raises InvalidInputError where something else has its name."""
    try:
        same = read_plain(path) == text.encode("utf-8")
    except FileNotFoundError:
        return False
    if not same:
        raise InvalidInputError(
            f"{path} is there already with another content, and a report is never overwritten. It was made by another "
            "version of the collection, or changed since. Move it away, or give another directory."
        )
    return True


def _write(path: str, text: str) -> None:
    """Write a report; one that another process has written at the same moment is as good."""
    try:
        write_once(path, text)
    except FileExistsError:
        _is_there(path, text)


def _registered(path: str, row: Row, *, write: bool) -> bool:
    """Whether the register changes, and changing it."""
    if not write:
        return not is_registered(path, row)
    folder = os.path.dirname(os.path.abspath(path))
    os.makedirs(folder, mode=0o750, exist_ok=True)
    return add_to_register(path, row)


def _not_written(error: OSError) -> str:
    where = f" {error.filename}" if error.filename else ""
    return (
        f"The report could not be written:{where} {error.strerror or error}. The record is not touched; fix this and "
        "run the task again."
    )
