# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What test_fork.py runs in a process with a single thread, as Ansible's worker is one: prints what came of it."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
import typing as t
from collections.abc import Callable

from ansible_collections.drdrill.powerstore.plugins.plugin_utils._fork import Ended, Work, run

Tell = t.Callable[[int, int, int, int], None]


def leaves_traces(_tell: Tell) -> None:
    os.environ["LEFT"] = "behind"
    os.chdir("/")
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    print(json.dumps({"folder": os.getcwd(), "given": os.environ["GIVEN"]}))
    print("to stderr", file=sys.stderr)
    raise SystemExit(3)


def fails(_tell: Tell) -> None:
    print("said before")
    raise ValueError("what went wrong")


def is_killed(_tell: Tell) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def says_much(_tell: Tell) -> None:
    print("x" * 5_000_000)


def tells(tell: Tell) -> None:
    for number in range(5000):
        tell(number, 1, 2, 5000)
    time.sleep(0.5)
    print("done")


def shows_its_descriptors(_tell: Tell) -> None:
    # The listing itself has one.
    print(len([name for name in os.listdir("/dev/fd") if int(name) > 2]) - 1)


def has_the_signals_of_a_new_process(_tell: Tell) -> None:
    print(signal.getsignal(signal.SIGTERM) is signal.SIG_DFL, signal.getsignal(signal.SIGALRM) is signal.SIG_DFL)


CASES: dict[str, Callable[[Tell], None]] = {
    case.__name__: case
    for case in (
        leaves_traces,
        fails,
        is_killed,
        says_much,
        tells,
        shows_its_descriptors,
        has_the_signals_of_a_new_process,
    )
}


def _shown(ended: Ended, heard: list[tuple[int, ...]]) -> dict[str, t.Any]:
    return {
        "stdout": ended.stdout,
        "stderr": ended.stderr,
        "code": ended.code,
        "heard": heard[-1:],
        "left": os.environ.get("LEFT"),
        "same_folder": os.getcwd() == sys.argv[1],
        "threads": threading.active_count(),
        "terminates": signal.getsignal(signal.SIGTERM) is not signal.SIG_IGN,
    }


def run_cases() -> None:
    """All of them, one after the other, in this process."""
    for number in (signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, lambda _number, _frame: None)
    kept_open = os.open(os.devnull, os.O_RDONLY)
    results = {}
    for name, case in CASES.items():
        heard: list[tuple[int, ...]] = []
        work = Work(case, sys.argv[1], {"GIVEN": "by the task"})
        results[name] = _shown(run(work, lambda *numbers, to=heard: to.append(numbers), 0.1), heard)
    os.close(kept_open)
    print(json.dumps(results))


def waits(_tell: Tell) -> None:
    with open(f"{sys.argv[1]}/begun", "w") as file:
        file.write(str(os.getpid()))
    time.sleep(2)
    with open(f"{sys.argv[1]}/ended", "w") as file:
        file.write("to its end")
    print("{}")


def wait_for_a_signal() -> None:
    """As a worker: a group of its own, to which it passes on what Ansible sends."""
    os.setsid()

    def term(number: int, _frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        os.killpg(os.getpid(), number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, term)
    run(Work(waits, sys.argv[1], detached=sys.argv[2] == "detached"), lambda *_numbers: None)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        wait_for_a_signal()
    else:
        run_cases()
