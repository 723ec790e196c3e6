# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`quick_array` in a process of its own, so that it does not share a Python with what is measured."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import typing as t
from pathlib import Path

import requests

Figures = dict[str, t.Any]


class QuickArrayProcess:
    """`quick_array` with N volumes, for the time of a ``with`` block."""

    def __init__(
        self,
        sessions: int,
        folder: Path,
        *,
        running: int = 0,
        mean: float = 0.0,
        deviation: float = 0.0,
        arrays: int = 1,
    ) -> None:
        """``running``: sessions that are in test already; ``mean``, ``deviation``: seconds of an operation.

        ``arrays``: how many there are, each on a port of its own; what was seen is that of the first.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = tempfile.TemporaryDirectory(dir=folder)  # another run has its own authority
        self._ready = Path(self._folder.name, "quick.json")
        self._command = [sys.executable, "-m", "tests.lab.benchmark.quick_array", "--ready-file", str(self._ready)]
        given = {"sessions": sessions, "running": running, "mean": mean, "deviation": deviation, "arrays": arrays}
        self._command += [f"--{name}={value}" for name, value in given.items()]

    def __enter__(self) -> QuickArrayProcess:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, start_new_session=True)
        for _attempt in range(600):
            if self._ready.exists():
                break
            time.sleep(0.1)
        self.connection: Figures = json.loads(self._ready.read_text(encoding="utf-8"))
        self.ports: list[int] = self.connection.pop("ports")
        self._seen = self._asked()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._process.terminate()
        self._process.wait(10)
        self._folder.cleanup()

    @property
    def base(self) -> str:
        """Its URL, without a path."""
        return f"https://{self.connection['host']}:{self.connection['port']}"

    def _asked(self) -> Figures:
        answer = requests.get(f"{self.base}/bench", verify=self.connection["ca_path"], timeout=30)
        return t.cast(Figures, answer.json())

    def since_last(self) -> Figures:
        """What it saw and used since the last call."""
        now, before = self._asked(), self._seen
        self._seen = now
        by_kind = {kind: count - before["requests"].get(kind, 0) for kind, count in now["requests"].items()}
        counts = {name: now[name] - before[name] for name in ("connections", "logins", "logouts", "cpu_seconds")}
        return {"requests": sum(by_kind.values()), "first_stop": now["first_stop"], **counts}
