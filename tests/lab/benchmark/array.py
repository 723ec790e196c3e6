# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Arrays in a process of their own, so that they do not share a Python with what is measured.

`ArrayProcess` is the simulator; `QuickArrayProcess` knows less and costs next to nothing.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import time
import typing as t
from pathlib import Path

import requests
import yaml

Figures = dict[str, t.Any]


class ArrayProcess:
    """The simulator with N volumes, for the time of a ``with`` block."""

    def __init__(self, sessions: int, operation_seconds: float, folder: Path) -> None:
        scenario = {
            "operation_seconds": {"default": operation_seconds},
            "rules": {"rpo-5min": "Five_Minutes"},
            "defaults": {"rule": "rpo-5min"},
            "generate": {"volumes": sessions, "prefix": "vol-"},
        }
        folder.mkdir(parents=True, exist_ok=True)
        self._scenario = folder / "scenario.yml"
        self._scenario.write_text(yaml.safe_dump(scenario), encoding="utf-8")
        self._ready = folder / "ready.json"
        self._folder = folder

    def __enter__(self) -> ArrayProcess:
        self._ready.unlink(missing_ok=True)
        command = [sys.executable, "-m", "tests.lab.simulator", str(self._scenario), "--ready-file", str(self._ready)]
        self._process = subprocess.Popen(
            [*command, "--state-dir", str(self._folder)], stdout=subprocess.DEVNULL, start_new_session=True
        )
        for _attempt in range(600):
            if self._ready.exists():
                break
            time.sleep(0.1)
        self._known = json.loads(self._ready.read_text(encoding="utf-8"))
        self._seen = self._summary()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(10)

    @property
    def connection(self) -> Figures:
        """Host, port, account and CA of the DR array."""
        dr = self._known["dr"]
        return {**dr, **{key: self._known[key] for key in ("username", "password", "ca_path")}}

    def _summary(self) -> Figures:
        summary: Figures = requests.get(f"{self._known['control']}/summary", timeout=30).json()
        return t.cast(Figures, summary["dr"] if "dr" in summary else summary["arrays"]["dr"])

    def since_last(self) -> Figures:
        """What the array saw since the last call: requests by kind, connections, logins, logouts."""
        now, before = self._summary(), self._seen
        self._seen = now
        requests_now, requests_before = now["requests"], before["requests"]
        by_kind = {kind: count - requests_before.get(kind, 0) for kind, count in requests_now.items()}
        return {
            "requests": sum(by_kind.values()),
            "posts": sum(count for kind, count in by_kind.items() if "failover_test" in kind),
            **{name: now[name] - before[name] for name in ("connections", "logins", "logouts")},
        }


class QuickArrayProcess:
    """`quick_array` with N volumes, for the time of a ``with`` block."""

    def __init__(
        self, sessions: int, folder: Path, *, running: int = 0, mean: float = 0.0, deviation: float = 0.0
    ) -> None:
        """``running``: sessions that are in test already; ``mean``, ``deviation``: seconds of an operation."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = tempfile.TemporaryDirectory(dir=folder)  # another run has its own authority
        self._ready = Path(self._folder.name, "quick.json")
        self._command = [sys.executable, "-m", "tests.lab.benchmark.quick_array", "--ready-file", str(self._ready)]
        given = {"sessions": sessions, "running": running, "mean": mean, "deviation": deviation}
        self._command += [f"--{name}={value}" for name, value in given.items()]

    def __enter__(self) -> QuickArrayProcess:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, start_new_session=True)
        for _attempt in range(600):
            if self._ready.exists():
                break
            time.sleep(0.1)
        self.connection: Figures = json.loads(self._ready.read_text(encoding="utf-8"))
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
        return {"requests": sum(by_kind.values()), "first_post": now["first_post"], **counts}
