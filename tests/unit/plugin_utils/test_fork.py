# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module in a fork of Ansible's worker: what it leaves is its output, and it runs on where the worker is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SCRIPT = Path(__file__).with_name("fork_cases.py")
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / '.ansible/collections'}"}


def python(*arguments: str) -> list[str]:
    return [sys.executable, str(SCRIPT), *arguments]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, t.Any]:
    """Of all cases, in one process."""
    folder = tmp_path_factory.mktemp("cases")
    done = subprocess.run(
        python(str(folder)), cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return t.cast(dict[str, t.Any], json.loads(done.stdout))


def test_nothing_is_left_in_the_worker(results: dict[str, t.Any]) -> None:
    seen = results["leaves_traces"]
    assert json.loads(seen["stdout"]) == {"folder": "/", "given": "by the task"}
    assert (seen["stderr"], seen["code"]) == ("to stderr\n", 3)
    for each in results.values():
        left = (each["left"], each["same_folder"], each["threads"], each["terminates"])
        assert left == (None, True, 1, True)


def test_an_error_is_a_traceback_on_stderr(results: dict[str, t.Any]) -> None:
    seen = results["fails"]
    assert (seen["stdout"], seen["code"]) == ("said before\n", 1)
    assert seen["stderr"].rstrip().endswith("ValueError: what went wrong")


def test_a_kill_is_a_code_as_of_a_shell(results: dict[str, t.Any]) -> None:
    assert (results["is_killed"]["stdout"], results["is_killed"]["code"]) == ("", 128 + signal.SIGKILL)


def test_output_may_be_larger_than_a_pipe(results: dict[str, t.Any]) -> None:
    assert len(results["says_much"]["stdout"]) == 5_000_001


def test_the_latest_progress_is_heard(results: dict[str, t.Any]) -> None:
    assert results["tells"]["stdout"] == "done\n"
    ((done, failed, under_way, total),) = results["tells"]["heard"]
    # What the pipe had no room for was dropped: the work does not wait for who looks on.
    assert done > 0 and (failed, under_way, total) == (1, 2, 5000)


def test_it_starts_as_a_new_process_does(results: dict[str, t.Any]) -> None:
    assert int(results["shows_its_descriptors"]["stdout"]) == 2  # its output and its progress
    assert results["has_the_signals_of_a_new_process"]["stdout"] == "True True\n"


def _wait_for(condition: t.Callable[[], object], seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def _is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    # One that nobody has waited for has ended, too.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


@pytest.mark.parametrize(
    ("number", "how", "goes_on"),
    [
        (signal.SIGKILL, "attached", True),  # as a module of its own process: nobody passes it on
        (signal.SIGTERM, "attached", False),
        (signal.SIGTERM, "detached", True),
        (signal.SIGINT, "detached", True),
        (signal.SIGKILL, "detached", True),
    ],
)
def test_what_becomes_of_it_when_the_worker_gets_a_signal(
    number: signal.Signals, how: str, goes_on: bool, tmp_path: Path
) -> None:
    with subprocess.Popen(
        python(str(tmp_path), how), env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as worker:
        begun, ended = tmp_path / "begun", tmp_path / "ended"
        assert _wait_for(lambda: begun.exists() and begun.read_text())
        fork = int(begun.read_text())
        worker.send_signal(number)
        worker.wait(60)
    assert _wait_for(lambda: _is_gone(fork))
    assert ended.exists() is goes_on
