# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Adding to a file that several drills may add to at once: locked from reading to writing, and all or nothing."""

from __future__ import annotations

import fcntl
import os
import time
import typing as t

from .._errors import OperationTimeoutError

_LOCK_SECONDS, _LOCK_PAUSE = 60.0, 0.05


def lock(handle: int, what: str) -> None:
    """Lock an open file. Raises OperationTimeoutError, which says ``what``, where another process keeps the lock."""
    deadline = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > deadline:
                raise OperationTimeoutError(
                    f"{what} is locked by another process for more than {_LOCK_SECONDS:g} s: expected it to be free "
                    "after an instant. Find out which (lsof), then run the task again."
                ) from error
            time.sleep(_LOCK_PAUSE)
        else:
            return


def append(file: t.BinaryIO, end: int, data: bytes) -> None:
    """Append at the end of a file, all or nothing: a full disk leaves it as it was. Raises OSError."""
    try:
        file.seek(end)
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    except OSError:
        os.ftruncate(file.fileno(), end)
        raise
