# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the benchmark measures: one function for each kind of figure, one round at a time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import timeit
import typing as t
from dataclasses import dataclass
from pathlib import Path

import requests

from ansible_collections.drdrill.powerstore.plugins.module_utils._array.connection import Connection
from ansible_collections.drdrill.powerstore.plugins.module_utils._array.trace import Trace
from tests.lab.benchmark.array import Figures, QuickArrayProcess
from tests.lab.benchmark.cpu import TreeCpu, cpu_seconds

MANY, PARALLEL, LOOP = 1000, 64, 50


def run(command: list[str], given: object = None, environment: t.Mapping[str, str] | None = None) -> tuple[float, str]:
    """CPU seconds of a command with its children, and its output. Raises RuntimeError where it fails."""
    before = cpu_seconds()
    done = subprocess.run(
        command, input=json.dumps(given), capture_output=True, text=True, check=False,
        env={**os.environ, **(environment or {})},
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{command} ended with {done.returncode}: {done.stderr[-2000:]}")
    return cpu_seconds() - before, done.stdout


def volumes(count: int, of: int) -> list[Figures]:
    """The first volumes of an array that has so many."""
    return [{"volume": f"vol-{number:0{max(4, len(str(of)))}}"} for number in range(1, count + 1)]


def _given(array: QuickArrayProcess, state: str, sessions: list[Figures], parallel: int, speed: float) -> Figures:
    options = {"state": state, "sessions": sessions, "max_parallel": parallel, "wait_timeout": 3600}
    return {"connection": array.connection, "name": "replication_failover_test", "options": options, "speed": speed}


def module(
    array: QuickArrayProcess,
    state: str,
    sessions: list[Figures],
    parallel: int,
    speed: float = 1,
    environment: t.Mapping[str, str] | None = None,
) -> Figures:
    """One task in a process of its own; its figures and its ``cpu``. Raises RuntimeError where it did not do it all."""
    given = _given(array, state, sessions, parallel, speed)
    cpu, output = run([sys.executable, "-m", "tests.lab.benchmark.module_process"], given, environment)
    figures: Figures = json.loads(output)
    if figures["actions"] != [state] * len(sessions):
        raise RuntimeError(f"{state}: {figures['msg']}")
    return {**figures, "cpu": cpu}


# CPU for one more session


def one_more(work: Path) -> dict[str, float]:
    """Milliseconds of CPU for a session more: ours with all that belongs to it, others with the POST alone."""
    found: dict[str, float] = {}
    with QuickArrayProcess(MANY, work) as array:
        for name, state in (("start", "started"), ("stop", "stopped")):
            one = module(array, state, volumes(1, MANY), 1)["cpu"]
            # One is in that state already, and is found so.
            found[name] = (_others(array, state) - one) / (MANY - 1) * 1000
        for library in ("requests", "urllib3"):
            found[library] = _floor(array, library) * 1000
        found["curl -Z"] = _curl_together(array, work) * 1000
    return found


def _others(array: QuickArrayProcess, state: str) -> float:
    sessions = volumes(MANY, MANY)[1:]
    return float(module(array, state, sessions, PARALLEL)["cpu"])


def _paths(array: QuickArrayProcess, action: str, count: int = MANY) -> list[str]:
    known = array.connection
    rows = requests.get(
        f"{array.base}/api/rest/replication_session?limit={count}",
        auth=(known["username"], known["password"]), verify=known["ca_path"], timeout=30,
    ).json()  # fmt: skip
    return [f"/api/rest/replication_session/{row['id']}/{action}" for row in rows]


def _floor(array: QuickArrayProcess, library: str) -> float:
    used = 0.0
    for action in ("start_failover_test", "stop_failover_test"):
        paths = [f"{path}?is_async=true" for path in _paths(array, action)]
        given = {"connection": array.connection, "parallel": PARALLEL, "paths": paths}
        _cpu, output = run([sys.executable, "-m", "tests.lab.benchmark.floors", library], given)
        used += json.loads(output)["cpu_seconds"]
    return used / MANY / 2


def _curl_config(array: QuickArrayProcess, paths: list[str]) -> str:
    known = array.connection
    lines = [f'user = "{known["username"]}:{known["password"]}"', f'cacert = "{known["ca_path"]}"', 'data = "{}"']
    lines += ['header = "Content-Type: application/json"', "silent", "fail"]
    return "\n".join([*lines, *(f'url = "{array.base}{path}"' for path in paths)]) + "\n"


def _curl_together(array: QuickArrayProcess, work: Path) -> float:
    used = 0.0
    for action in ("start_failover_test", "stop_failover_test"):
        config = work / "curl.conf"
        config.write_text(_curl_config(array, _paths(array, action)))
        used += run(["curl", "-Z", "--parallel-max", str(PARALLEL), "-K", str(config)])[0]
    return used / MANY / 2


# Requests a session


@dataclass(frozen=True)
class Policy:
    """``mean``, ``deviation``: seconds of an operation, as the client sees them by a clock ``speed`` times as fast."""

    mean: float
    deviation: float
    parallel: int
    sessions: int
    speed: float


def requests_a_session(policy: Policy, work: Path) -> float:
    """Of a start, with login, look-up and all."""
    mean, deviation = policy.mean / policy.speed, policy.deviation / policy.speed
    with QuickArrayProcess(policy.sessions, work, mean=mean, deviation=deviation) as array:
        array.since_last()
        sessions = volumes(policy.sessions, policy.sessions)
        module(array, "started", sessions, policy.parallel, policy.speed)
        return float(array.since_last()["requests"]) / policy.sessions


# One more task


def a_task(work: Path, count: int = 10) -> dict[str, float]:
    """CPU seconds of one more task in a playbook: with a module in a fork of Ansible's worker, sent, and with none."""
    figures: dict[str, float] = {}
    # The same Python by another name: what Ansible's own is not known to be is sent.
    other = Path(sys.executable).with_name("python3")
    with QuickArrayProcess(10, work) as array:
        for way, python in (("fork", sys.executable), ("sent", str(other))):
            used = []
            for number in (1, 1 + count):
                tasks = [{"drdrill.powerstore.replication_session_info": array.connection}] * number
                used.append(play(work, tasks, {"ansible_python_interpreter": python}))
            figures[way] = (used[1] - used[0]) / count
    figures["nothing"] = (play(work, [NOTHING] * (1 + count)) - play(work, [NOTHING])) / count
    return figures


NOTHING: t.Final[Figures] = {"ansible.builtin.debug": {"msg": "nothing"}}


def play(work: Path, tasks: list[Figures], variables: Figures | None = None) -> float:
    """CPU seconds of a playbook with these tasks on localhost."""
    (work / "tasks.json").write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    return playbook(work / "tasks.json", variables or {})[0]


def playbook(path: Path, variables: Figures) -> tuple[float, str]:
    """One run of a playbook on localhost."""
    return run(["ansible-playbook", "-i", "localhost,", "-c", "local", str(path), "-e", json.dumps(variables)])


# Peers


_LOOP = {
    "ansible.builtin.uri": {
        "url": "{{ base }}{{ item }}",
        "method": "POST",
        "body_format": "json",
        "body": {},
        "url_username": "{{ username }}",
        "url_password": "{{ password }}",
        "force_basic_auth": True,
        "ca_path": "{{ ca_path }}",
        "status_code": [204],
    },
    "loop": "{{ paths }}",
}


def uri_loop(work: Path) -> float:
    """Milliseconds of CPU for one POST in a loop of ansible.builtin.uri: nothing looked up, nothing confirmed."""
    with QuickArrayProcess(LOOP, work) as array:
        variables = {**array.connection, "base": array.base, "paths": _paths(array, "start_failover_test", LOOP)}
        return play(work, [_LOOP], {**variables, "ansible_python_interpreter": sys.executable}) / LOOP * 1000


def curl(work: Path) -> float:
    """Milliseconds of CPU for one POST by curl, a process for each."""
    with QuickArrayProcess(LOOP, work) as array:
        config = work / "curl.conf"
        config.write_text(_curl_config(array, []))
        urls = work / "urls.txt"
        urls.write_text("".join(f"{array.base}{path}\n" for path in _paths(array, "start_failover_test", LOOP)))
        cpu, _output = run(["xargs", "-a", str(urls), "-P", "16", "-n", "1", "curl", "-K", str(config)])
    return cpu / LOOP * 1000


# The first stop of an abort


def first_post(work: Path, sessions: int = 100) -> dict[str, float]:
    """Seconds from the start of a program to the first stop that the array gets; one test runs among many sessions."""
    found: dict[str, float] = {}

    def timed(name: str, start: t.Callable[[QuickArrayProcess], tuple[list[str], object]]) -> None:
        with QuickArrayProcess(sessions, work, running=1) as array:
            command, given = start(array)
            array.since_last()
            began = time.time()
            found[name] = _seen_first(array, command, given) - began

    floors = [sys.executable, "-m", "tests.lab.benchmark.floors", "first"]
    timed("urllib3", lambda array: (floors, {"connection": array.connection}))
    timed("module", _sweep)
    timed("ad hoc", _ad_hoc)
    timed("playbook", lambda array: (_abort(array, work), None))
    began = time.monotonic()
    play(work, [NOTHING])
    found["nothing"] = time.monotonic() - began
    return found


def _seen_first(array: QuickArrayProcess, command: list[str], given: object) -> float:
    """The time of the first stop; what the program does afterwards is not waited for."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        if process.stdin is not None:
            process.stdin.write(json.dumps(given))
            process.stdin.close()
        first: float | None = None
        for _attempt in range(1200):
            first = array.since_last()["first_stop"]
            if first is not None:
                break
            time.sleep(0.1)
        process.terminate()
    if first is None:
        raise RuntimeError(f"{command} sent no stop")
    return first


_SWEEP: t.Final = "replication_failover_test_sweep"
_STOP_ALL: t.Final[Figures] = {"policy": "stop", "started_by": "anyone", "settle_time": 0}


def _sweep(array: QuickArrayProcess) -> tuple[list[str], object]:
    given = {"connection": array.connection, "name": _SWEEP, "options": _STOP_ALL}
    return [sys.executable, "-m", "tests.lab.benchmark.module_process"], given


def _ad_hoc(array: QuickArrayProcess) -> tuple[list[str], object]:
    """On the localhost that needs no inventory, as its interpreter is Ansible's own."""
    arguments = json.dumps({**array.connection, **_STOP_ALL})
    return ["ansible", "localhost", "-m", f"drdrill.powerstore.{_SWEEP}", "-a", arguments], None


def _abort(array: QuickArrayProcess, work: Path) -> list[str]:
    variables = {f"failover_drill_{name}": value for name, value in array.connection.items()}
    variables |= {"abort_settle_time": 0, "failover_drill_records_directory": str(work / "records")}
    command = ["ansible-playbook", "-i", "localhost,", "-c", "local", "drdrill.powerstore.abort"]
    return [*command, "-e", json.dumps(variables)]


def before_the_first_stop(work: Path, sessions: int) -> float:
    """CPU seconds of the stop's module alone until the array gets the first stop: Python and its imports are not in."""
    used = []
    for count in (1, sessions):
        with QuickArrayProcess(sessions, work, running=sessions) as array:
            array.since_last()
            given = _given(array, "stopped", volumes(count, sessions), PARALLEL, 1)
            command = [sys.executable, "-m", "tests.lab.benchmark.module_process"]
            with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
                began = time.time()
                with TreeCpu(process.pid) as tree:
                    process.communicate(json.dumps(given))
            used.append(tree.between(began, array.since_last()["first_stop"]))
    return used[1] - used[0]


# What recording costs


def recording(work: Path, round_: int, sessions: int = 200) -> dict[str, float]:
    """How many times the time and the CPU of a start and a stop POWERSTORE_TRACE takes; operations of 200 ms."""
    took: dict[bool, tuple[float, float]] = {}
    with QuickArrayProcess(sessions, work, mean=0.2) as array, tempfile.TemporaryDirectory(dir=work) as folder:
        # By turns, so that a machine that gets slower slows both.
        for is_on in (False, True) if round_ % 2 else (True, False):
            environment = {"POWERSTORE_TRACE": folder} if is_on else {}
            began, cpu = time.monotonic(), 0.0
            for state in ("started", "stopped"):
                cpu += module(array, state, volumes(sessions, sessions), 16, environment=environment)["cpu"]
            took[is_on] = (time.monotonic() - began, cpu)
    return {"time": took[True][0] / took[False][0], "cpu": took[True][1] / took[False][1]}


def not_recording(exchanges: int) -> float:
    """CPU seconds that a task spends on recording where none is wanted: one look at its environment, a test each."""
    connection = Connection("array.example.com", 443, "drill", "not asked", verify=True, timeout=60)
    trace = Trace.from_environment(connection)
    once = timeit.timeit(lambda: Trace.from_environment(connection), number=1000) / 1000
    each = timeit.timeit(lambda: trace is None, number=100_000) / 100_000
    return once + each * exchanges


# The result, and the array


def result_sizes(work: Path) -> dict[str, float]:
    """Bytes of JSON for one session in the result of a start: ``all``, and what they are of."""
    with QuickArrayProcess(MANY, work) as array:
        figures = module(array, "started", volumes(MANY, MANY), PARALLEL)
    return {name: size / MANY for name, size in figures["result_bytes"].items()}


def array_alone(work: Path, threads: int = 16, seconds: float = 3.0) -> dict[str, float]:
    """What the array serves while nothing but requests.get asks it, and what a request costs it."""
    with QuickArrayProcess(MANY, work) as array:
        known, end = array.connection, time.monotonic() + seconds
        array.since_last()

        def ask() -> None:
            with requests.Session() as session:
                session.auth = (known["username"], known["password"])
                while time.monotonic() < end:
                    session.get(f"{array.base}/api/rest/volume?limit=1", verify=known["ca_path"], timeout=30)

        asking = [threading.Thread(target=ask) for _number in range(threads)]
        for thread in asking:
            thread.start()
        for thread in asking:
            thread.join()
        seen = array.since_last()
    return {
        "served": seen["requests"] / seconds,
        "cpu": seen["cpu_seconds"] / seen["requests"] * 1000,
    }
