# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run of the module in a process of its own, as Ansible starts it: options on stdin, figures on stdout.

``speed``: how many times faster the clock of this process runs, so that an operation of two minutes is seen in some
seconds by an array that is as many times faster. What a request takes is then as many times longer as it seems.
"""

from __future__ import annotations

import json
import resource
import sys
import threading
import time
import typing as t
from collections import Counter
from types import SimpleNamespace


def main() -> None:
    """Read {connection, name, options, speed}, run the module, print what it did and what it used."""
    given = json.load(sys.stdin)
    connection = given["connection"]
    array = SimpleNamespace(host=connection["host"], port=connection["port"])
    simulator = SimpleNamespace(**{**connection, "dr": array})
    if given.get("speed", 1) != 1:
        run_faster(given["speed"])
    from tests.running import run_module  # what it imports may keep the clock that it finds

    result = run_module(simulator, given["name"], **given["options"])  # type: ignore[arg-type]  # only read from
    used = resource.getrusage(resource.RUSAGE_SELF)
    figures = {
        "failed": bool(result.get("failed")),
        "msg": result.get("msg"),
        "actions": [entry.get("action") for entry in result.get("sessions", [])],
        "result_bytes": sizes(result),
        "cpu_seconds": used.ru_utime + used.ru_stime,
    }
    print(json.dumps(figures))


def sizes(result: dict[str, t.Any]) -> dict[str, int]:
    """Bytes of JSON: of ``all``, of each value of the sessions, and of what stands beside these."""
    found: Counter[str] = Counter({"all": len(json.dumps(result))})
    for entry in result.get("sessions", []):
        for name, value in entry.items():
            found[name] += len(json.dumps({name: value}))
    for name, value in result.items():
        if name != "sessions":
            found[name] += len(json.dumps({name: value}))
    return dict(found)


def run_faster(speed: float) -> None:
    """Let the clock of this process run so many times faster, and every wait end as many times sooner."""
    monotonic, sleep, wait = time.monotonic, time.sleep, threading.Condition.wait

    def sooner(self: threading.Condition, timeout: float | None = None) -> bool:
        return wait(self, min(timeout / speed, threading.TIMEOUT_MAX) if timeout is not None else None)

    time.monotonic = lambda: monotonic() * speed
    time.sleep = lambda seconds: sleep(seconds / speed)
    threading.Condition.wait = sooner  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
