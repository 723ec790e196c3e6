# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far a module is, where it is sent on the controller itself: into a file that its action plugin reads meanwhile

Ansible reads what a module prints only when it has ended. The file is there already, empty, and the action's own.
"""

from __future__ import annotations

import contextlib
import os
import stat
import typing as t

from .._operation.batch import OnProgress

FILE: t.Final = "POWERSTORE_PROGRESS_FILE"  # in the environment, by the action plugin
_WIDTH = 64  # every line is as long, so that it is replaced by the next


def to_file() -> OnProgress | None:
    """What writes progress into the file that the environment names; None where there is none that can be written.

    Another user, whom the action's folder is closed to, writes nothing: the task is not affected.
    """
    path = os.environ.get(FILE)
    if not path:
        return None
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        found = os.fstat(descriptor)
        if stat.S_ISREG(found.st_mode) and found.st_size == 0:
            return lambda *numbers: _write(descriptor, numbers)
        os.close(descriptor)
    return None


def _write(descriptor: int, numbers: t.Sequence[int]) -> None:
    line = " ".join(map(str, numbers)).ljust(_WIDTH)
    with contextlib.suppress(OSError):
        os.pwrite(descriptor, line.encode("ascii"), 0)
