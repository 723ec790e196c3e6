# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hearing the progress of a module that is sent on this computer, from a file, while Ansible waits for its result."""

from __future__ import annotations

import contextlib
import os
import threading
import uuid

from ansible import constants

from ..module_utils._operation.batch import OnProgress

_PATIENCE = 5.0  # seconds for a last line to be shown


class Tail:
    """Hears the latest progress every ``pause`` seconds, for the time of a ``with`` block."""

    def __init__(self, hear: OnProgress, pause: float = 0.5) -> None:
        # In the folder of this run of Ansible, which is for this user alone; root writes there, too.
        self.path = os.path.join(constants.DEFAULT_LOCAL_TMP, f"powerstore-{uuid.uuid4().hex}.progress")
        self._hear, self._pause = hear, pause
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="powerstore-progress", daemon=True)

    def __enter__(self) -> Tail:
        with contextlib.suppress(OSError):  # then the module is quiet
            os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._ended.set()
        self._thread.join(_PATIENCE)
        with contextlib.suppress(OSError):
            os.unlink(self.path)

    def _listen(self) -> None:
        while not self._ended.wait(self._pause):
            with contextlib.suppress(OSError, ValueError), open(self.path, encoding="ascii") as file:
                done, failed, under_way, total = map(int, file.readline().split())
                self._hear(done, failed, under_way, total)
