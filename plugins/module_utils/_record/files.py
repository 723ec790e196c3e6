# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Opening plain files and nothing else: a FIFO or a device would make a task wait without end, or lose what is written.

A link is followed; what it leads to has to be a plain file.
"""

from __future__ import annotations

import contextlib
import os
import stat
import typing as t

from .._errors import InvalidInputError

_KINDS: t.Final = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a FIFO"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)


def read_plain(path: str) -> bytes:
    """The content of a plain file. Raises InvalidInputError for anything else, and OSError."""
    with _opened(path, os.O_RDONLY) as file:
        return file.read()


def open_plain(path: str, mode: int) -> t.BinaryIO:
    """A plain file to read and write, made with that mode where it is not there. Raises as `read_plain` does."""
    return _opened(path, os.O_RDWR | os.O_CREAT, mode)


def _opened(path: str, flags: int, mode: int = 0) -> t.BinaryIO:
    with contextlib.suppress(FileNotFoundError):
        _refuse_special(path, os.stat(path).st_mode)  # opening a device may already do something
    # Something else may have come in its place: what is open is looked at again, and opening it does not wait.
    handle = os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC, mode)
    try:
        _refuse_special(path, os.fstat(handle).st_mode)
    except InvalidInputError:
        os.close(handle)
        raise
    return open(handle, "r+b" if flags & os.O_RDWR else "rb")


def _refuse_special(path: str, mode: int) -> None:
    if not stat.S_ISREG(mode):
        found = next((words for is_kind, words in _KINDS if is_kind(mode)), "no plain file")
        raise InvalidInputError(
            f"{path} is {found} or a link to one: expected a plain file. Give another path. Nothing was written."
        )
