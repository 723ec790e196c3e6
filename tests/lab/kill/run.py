# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running one row of the kill matrix: a drill with real processes, its end, what it left, and what found that."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
import typing as t
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from ansible_collections.drdrill.powerstore.plugins.plugin_utils._fork import NAME
from tests.lab.faults.table import START_PATH
from tests.lab.kill.table import (
    ABORT,
    DRILL,
    NOTHING,
    ON_ITS_WAY,
    PREFLIGHT,
    PROVING,
    REPORTING,
    STARTING,
    STOP_TESTS,
    STOPPING,
    VALIDATING,
    WORKER_KILLED,
    Row,
)
from tests.lab.simulator import Simulator

ROOT = Path(__file__).parents[3]
LATE = 8.0  # seconds until the array carries out a start that is on its way: by then stop_tests has looked
PATIENCE = 240.0  # seconds for everything that is waited for; a loaded machine may need them


@dataclass
class Observed:
    """What came of a row."""

    left: list[str] = field(default_factory=list)  # resources in a test, or about to be, when the drill was over
    found_by: str = "-"
    seconds: float | None = None  # from the event until the array was failover-ready for good
    codes: list[int] = field(default_factory=list)  # of the drill and of what was run next
    problems: list[str] = field(default_factory=list)
    output: str = ""


def until(what: str, condition: Callable[[], object], patience: float = PATIENCE) -> None:
    """Wait for something to be so. Raises AssertionError where it does not come."""
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {patience:g} s")
        time.sleep(0.02)


def in_the_way(simulator: Simulator) -> list[str]:
    """Names of what cannot be failed over on the DR array: a test runs there, or its start is under way."""
    with simulator.world.lock:
        simulator.world.settle()
        return [
            side.resource_name
            for side in simulator.dr.array.sessions
            if side.in_test() or (side.replication.busy and "test" in side.replication.busy.resource_action)
        ]


class Readiness(threading.Thread):
    """Looks at the array itself, and keeps the last moment at which it was not failover-ready."""

    def __init__(self, simulator: Simulator) -> None:
        super().__init__(daemon=True)
        self._simulator = simulator
        self._over = threading.Event()
        self.last_obstacle: float | None = None

    def run(self) -> None:
        while not self._over.wait(0.02):
            if in_the_way(self._simulator):
                self.last_obstacle = time.monotonic()

    def stop(self) -> None:
        """No more looks."""
        self._over.set()
        self.join()


def descendants(pid: int) -> dict[int, str]:
    """The processes under a process, with their command lines."""
    found: dict[int, str] = {}
    with contextlib.suppress(psutil.NoSuchProcess):
        for process in psutil.Process(pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):  # it has ended meanwhile
                found[process.pid] = " ".join(process.cmdline())
    return found


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and was not waited for does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class Controller:
    """The host where Ansible runs: starts playbooks by their names, and keeps what they print."""

    def __init__(self, simulator: Simulator, folder: Path) -> None:
        self.simulator = simulator
        self.folder = folder
        self.marker = folder / "validating"
        self.cancel = folder / "cancel"
        self.variables: dict[str, t.Any] = {
            "ansible_host": simulator.dr.host,
            "failover_drill_port": simulator.dr.port,
            "failover_drill_username": simulator.username,
            "failover_drill_ca_path": str(simulator.ca_path),
            "failover_drill_records_directory": str(folder / "records"),
            "failover_drill_sessions": [{"volume": "erp-data"}, {"volume_group": "erp-db"}],
            "failover_drill_poll_interval": 0.2,
            "failover_drill_stop_retry_delay": 1,
            "failover_drill_stop_retries": 1,
            "failover_drill_checks": [],
        }

    def begin(self, playbook: str, log: str, **variables: t.Any) -> subprocess.Popen[bytes]:
        """ansible-playbook, in a process group of its own as in a terminal."""
        file = self.folder / f"{log}.json"
        file.write_text(json.dumps(self.variables | variables))
        name = f"drdrill.powerstore.{playbook}"
        return self._process(["ansible-playbook", "-i", "powerstore-dr,", name, "-e", f"@{file}"], log)

    def begin_runner(self, playbook: str, log: str, timeout: int | None) -> subprocess.Popen[bytes]:
        """The same under ansible-runner."""
        private = self.folder / "runner"
        private.mkdir()
        given = {
            "folder": str(private),
            "playbook": f"drdrill.powerstore.{playbook}",
            "inventory": "powerstore-dr",
            "variables": self.variables,
            "cancel": str(self.cancel),
            "timeout": timeout,
        }
        return self._process([sys.executable, str(Path(__file__).with_name("runner.py")), json.dumps(given)], log)

    def output(self, log: str) -> str:
        """What a playbook has printed so far."""
        path = self.folder / f"{log}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def _process(self, command: list[str], log: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            command,
            cwd=self.folder,
            env={
                **os.environ,
                "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
                "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".ansible/collections"),
                "ANSIBLE_NOCOLOR": "1",
                "POWERSTORE_PASSWORD": self.simulator.password,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        # Through a pipe, as a full disk is not to keep the playbook from saying so.
        threading.Thread(target=self._copy, args=(process.stdout, self.folder / f"{log}.log"), daemon=True).start()
        return process

    @staticmethod
    def _copy(stream: t.IO[bytes], path: Path) -> None:
        with path.open("wb", buffering=0) as file:
            for line in stream:
                file.write(line)


# The phases: prepared before the drill, recognised while it runs


def prepare(row: Row, controller: Controller) -> Callable[[], object]:
    """Make a phase last long enough to be met, and give what tells that it has come."""
    simulator = controller.simulator
    faults, jobs, seconds = simulator.faults, simulator.dr.array.jobs, simulator.operation_seconds
    if row.phase == PREFLIGHT:
        faults.add(array="dr", method="GET", path="/replication_session", action="delay", seconds=2, nth=1)
        return lambda: faults.fired("delay")
    if row.phase == ON_ITS_WAY:
        faults.add(array="dr", method="POST", path=START_PATH, action="delay", seconds=LATE, count=2)
        return lambda: faults.fired("delay") == 2
    if row.phase == VALIDATING:
        wait = f"touch {controller.marker}; " + (
            "sleep 3" if row.then == NOTHING or "disk" in row.event else "exec sleep 120"
        )
        # What runs on after the drill and is ended then is not to be tried again until its time-out.
        check = {"name": "application", "command": ["sh", "-c", wait], "timeout": 120, "retry": False}
        controller.variables["failover_drill_checks"] = [check]
        return controller.marker.exists
    if row.phase == PROVING:  # a drill logs in to read, start, look, stop and prove
        faults.add(array="dr", method="GET", path="/login_session", action="delay", seconds=3, nth=5)
        return lambda: faults.fired("delay")
    if row.phase == REPORTING:
        records = Path(controller.variables["failover_drill_records_directory"])
        return lambda: any('"event": "end"' in path.read_text() for path in records.glob("*.journal.jsonl"))
    operation = "start_failover_test" if row.phase == STARTING else "stop_failover_test"
    seconds[operation] = 4.0
    return lambda: any(job.resource_action == operation for job in list(jobs))


def strike(row: Row, controller: Controller, drill: subprocess.Popen[bytes]) -> None:
    """What ends the drill, or tries to."""
    event, simulator = row.event, controller.simulator
    if event.endswith("to the whole group"):
        os.killpg(drill.pid, _signal(event))  # as a terminal does: Ctrl-C is SIGINT, a closed window SIGHUP
    elif "to the playbook" in event:
        os.kill(drill.pid, _signal(event))
        if "production lost" in event:
            simulator.link.cut()
    elif "to the module" in event:
        _kill_modules(drill.pid, _signal(event))
    elif event == WORKER_KILLED:
        _kill_workers(drill.pid)
    elif event.startswith("cancel"):
        controller.cancel.touch()
    elif event == "the array restarts":
        simulator.faults.add(array="dr", action="refuse", seconds=5, nth=1)
    elif event == "the controller's disk is full":
        # No file can be written any more, by Ansible and by all that it starts; as ENOSPC, but without privileges.
        for pid in (drill.pid, *descendants(drill.pid)):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, 0))


def _signal(event: str) -> signal.Signals:
    """SIGTERM of 'SIGTERM to the module'."""
    return signal.Signals["SIGINT" if event.startswith("Ctrl-C") else event.split()[0]]


def _kill_modules(drill: int, number: signal.Signals) -> None:
    modules = [pid for pid, line in descendants(drill).items() if _is_module(pid, line)]
    if not modules:
        raise AssertionError("no process of a module was found")
    for pid in modules:
        os.kill(pid, number)


def _is_module(pid: int, line: str) -> bool:
    """Whether a process is a module of this collection: one that was sent, or a fork of Ansible's worker."""
    try:
        return "AnsiballZ_replication" in line or psutil.Process(pid).name() == NAME
    except psutil.NoSuchProcess:
        return False


def _kill_workers(drill: int) -> None:
    """The kernel takes what has most memory: the forks of ansible-playbook, not the small modules that they start."""
    workers = [
        pid for pid, line in descendants(drill).items() if "ansible-playbook" in line and not _is_module(pid, line)
    ]
    if not workers:
        raise AssertionError("no worker of ansible-playbook was found")
    for pid in workers:
        os.kill(pid, signal.SIGKILL)


def run_row(row: Row, folder: Path) -> Observed:
    """Run the drill, strike, run what a user would, and look at the array itself."""
    seen = Observed()
    with Simulator() as simulator:
        simulator.operation_seconds.update(dict.fromkeys(simulator.operation_seconds, 0.2))
        controller = Controller(simulator, folder)
        if row.event == "the records' disk is full":
            controller.variables["failover_drill_records_directory"] = "/dev/full/records"
        try:
            _run(row, controller, seen)
        except AssertionError as error:
            seen.problems.append(str(error))
        seen.output = "".join(
            f"--- {log.name}\n{log.read_text(errors='replace')}" for log in sorted(folder.glob("*.log"))
        )
    return seen


def _run(row: Row, controller: Controller, seen: Observed) -> None:
    simulator = controller.simulator
    has_come = prepare(row, controller)
    under_runner = "ansible-runner" in row.event
    timeout = 45 if row.event.startswith("job timeout") else None
    drill = (
        controller.begin_runner("drill", "1-drill", timeout) if under_runner else controller.begin("drill", "1-drill")
    )
    readiness = Readiness(simulator)
    readiness.start()
    orphans: dict[int, str] = {}
    try:
        until(f"phase {row.phase}", lambda: has_come() or drill.poll() is not None)
        if drill.poll() is not None:
            raise AssertionError(f"the drill ended with {drill.returncode} before the phase {row.phase}")
        orphans = descendants(drill.pid)
        struck_at = time.monotonic()
        strike(row, controller, drill)
        until("end of the drill", lambda: drill.poll() is not None)
        seen.codes.append(drill.returncode)
        seen.left = in_the_way(simulator)
        _go_on(row, controller, seen)
        # What ran on (a check that waits, too) comes to its end: only then is the array looked at for the last time.
        _end([pid for pid, line in orphans.items() if "sleep " in line])  # a shell may be about to become one
        until("end of what ran on", lambda: not any(map(is_alive, orphans)))
        time.sleep(1)
        _judge(row, controller, seen)
    finally:
        _end([drill.pid, *orphans])
        readiness.stop()
    if readiness.last_obstacle:
        seen.seconds = max(0.0, readiness.last_obstacle - struck_at)


def _end(pids: list[int]) -> None:
    """End what this row has started and is still there."""
    for pid in pids:
        if is_alive(pid):
            os.kill(pid, signal.SIGKILL)


def _go_on(row: Row, controller: Controller, seen: Observed) -> None:
    """What a user runs next, and again where it says that something is left."""
    late = row.phase in (ON_ITS_WAY, STARTING)
    settle = {"stop_tests_settle_time": LATE + 4 if late else 1, "abort_settle_time": LATE + 4 if late else 1}
    if row.then in (STOP_TESTS, ABORT):
        before = _stops_sent(controller.simulator)
        code = _next(row.then, controller, seen, **settle)
        if code != 0:
            seen.problems.append(f"{row.then} ended with {code}")
        seen.found_by = row.then if _stops_sent(controller.simulator) > before else "nothing to find"
    elif row.then == DRILL:
        code = _next("drill", controller, seen, failover_drill_checks=[])
        told = controller.output("2-drill")
        if code == 0 or controller.simulator.username not in told:
            seen.problems.append(f"a drill over a running test ended with {code}, or does not say whose it is")
        if in_the_way(controller.simulator):
            _next("stop_tests", controller, seen, stop_tests_settle_time=2)
            seen.found_by = "drill (refused), stop_tests"
        else:
            seen.found_by = "drill (refused, stopped it)"
    else:
        seen.found_by = "the drill itself"


def _stops_sent(simulator: Simulator) -> int:
    return sum(exchange.path.endswith("/stop_failover_test") for exchange in simulator.dr.journal())


def _next(playbook: str, controller: Controller, seen: Observed, **variables: t.Any) -> int:
    log = f"{len(seen.codes) + 1}-{playbook}"
    process = controller.begin(playbook, log, **variables)
    try:
        until(f"end of {playbook}", lambda: process.poll() is not None)
    finally:
        _end([process.pid])
    seen.codes.append(process.returncode)
    return process.returncode


def _judge(row: Row, controller: Controller, seen: Observed) -> None:
    """In what the row is not as it has to be: the array is ready at its end, and nothing was silent."""
    output = controller.output("1-drill")
    if left := in_the_way(controller.simulator):
        seen.problems.append(f"left running, and nothing stopped it: {', '.join(left)}")
    if row.left and not seen.left and row.phase not in (ON_ITS_WAY,):
        seen.problems.append("nothing was left running: the event did not come in time")
    if not row.left and row.then != NOTHING and row.phase != STOPPING and seen.left:
        seen.problems.append(f"left running: {', '.join(seen.left)}")
    starts, stops = (controller.simulator.dr.executed(f"{name}_failover_test") for name in ("start", "stop"))
    if sorted(starts) != sorted(stops):
        seen.problems.append(f"{len(starts)} starts and {len(stops)} stops were executed")
    if (row.left and seen.codes[0] == 0) or (row.event == "none" and seen.codes[0] != 0):
        seen.problems.append(f"the drill ended with {seen.codes[0]}")
    if row.event == "the records' disk is full" and "could not be written" not in output:
        seen.problems.append("the drill does not say that its record could not be written")
    if controller.simulator.password in output:
        seen.problems.append("the password is shown")
