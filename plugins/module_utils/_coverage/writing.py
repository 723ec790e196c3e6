# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writing files that others read at any moment: complete, or as they were before."""

from __future__ import annotations

import os
import tempfile

from .._errors import InvalidInputError

MODE = 0o640
READABLE = 0o644  # node_exporter and calendars run as others


def replace_file(path: str, text: str, mode: int = MODE) -> None:
    """Write a file by a rename, so that no reader meets a half of it. Raises InvalidInputError and OSError."""
    folder = os.path.dirname(os.path.abspath(path))
    if os.path.lexists(path) and not os.path.isfile(path):
        raise InvalidInputError(f"{path} is there and no plain file: expected a file, or none. Give another path.")
    os.makedirs(folder, mode=0o750, exist_ok=True)
    # The textfile collector reads *.prom only, so what is being written has another end.
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".writing-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, mode)
        os.replace(temporary, path)
    except OSError:
        os.unlink(temporary)
        raise
