# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""python -m tests.lab.simulator [SCENARIO.yml] — two arrays until SIGTERM or SIGINT.

With --facts they behave as the array on which the playbook first_contact was run. With --replay one array answers as
recorded by POWERSTORE_TRACE. --learn prints where a recorded array and the simulated one differ, and ends.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from pathlib import Path

import yaml

from . import ScenarioError, Simulator, facts, learn, scenario
from .control import ControlServer
from .replay import Replay
from .simulator import DEFAULT_SCENARIO


def arguments(words: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.lab.simulator", description=__doc__)
    parser.add_argument("scenario", nargs="?", type=Path, default=DEFAULT_SCENARIO)
    parser.add_argument("--facts", type=Path, metavar="FILE", help="JSON of the playbook first_contact")
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--replay", type=Path, nargs="+", metavar="FILE.har", help="one array that answers as recorded")
    only.add_argument("--learn", type=Path, nargs="+", metavar="FILE.har", help="where a recorded array differs")
    parser.add_argument("--recorded-clock", action="store_true", help="with --replay: leave all times as recorded")
    parser.add_argument("--recorded-times", action="store_true", help="with --replay: answer as slowly as recorded")
    parser.add_argument("--bind", default="127.0.0.1", help="address the arrays listen on (%(default)s)")
    parser.add_argument("--production-port", type=int, default=0, help="0: any free port")
    parser.add_argument("--dr-port", type=int, default=0, help="0: any free port")
    parser.add_argument("--control-port", type=int, default=0, help="0: any free port, always on loopback")
    parser.add_argument("--state-dir", type=Path, help="where ca.pem is written (default: a temporary directory)")
    parser.add_argument("--ready-file", type=Path, help="JSON, written once everything listens")
    return parser.parse_args(words)


def describe(simulator: Simulator, control: ControlServer) -> dict[str, object]:
    """What --ready-file holds."""
    return {
        **{name: {"host": handle.host, "port": handle.port} for name, handle in simulator.arrays.items()},
        "control": control.url,
        "ca_path": simulator.ca_path,
        "username": simulator.username,
        "password": simulator.password,
        "pid": os.getpid(),
    }


def announce(simulator: Simulator, control: ControlServer, ready_file: Path | None) -> None:
    """Say where everything is; the file appears whole or not at all."""
    for name, handle in simulator.arrays.items():
        cluster = handle.array.cluster_name
        print(f"{name:<11} {handle.url}  ({cluster}, PowerStoreOS {handle.array.release_version})")
    print(f"{'user':<11} {simulator.username}  password {simulator.password}")
    print(f"{'CA':<11} {simulator.ca_path}")
    print(f"{'control':<11} {control.url}", flush=True)
    if ready_file is not None:
        write_whole(ready_file, describe(simulator, control))


def write_whole(path: Path, data: dict[str, object]) -> None:
    """JSON that is there whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(json.dumps(data, indent=2), encoding="utf-8")
    temporary.replace(path)


def read_estate(options: argparse.Namespace) -> scenario.Scenario:
    """The scenario, with the facts in it. Raises ScenarioError and OSError."""
    document = yaml.safe_load(options.scenario.read_text(encoding="utf-8")) or {}
    if options.facts is not None:
        found = facts.overlay(facts.read_facts(options.facts))
        document = found.over(document)
        print("\n".join(facts.lines_of(found)), end="", file=sys.stderr)
    return scenario.from_dict(document)


def ending() -> threading.Event:
    """Set at SIGTERM and SIGINT."""
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: ended.set())
    return ended


def serve(options: argparse.Namespace, estate: scenario.Scenario) -> None:
    """Two arrays and their control interface."""
    ended = ending()
    ports = {"production": options.production_port, "dr": options.dr_port}
    with Simulator(estate, bind=options.bind, ports=ports, state_dir=options.state_dir) as simulator:
        control = ControlServer(simulator, options.control_port).start()
        try:
            announce(simulator, control, options.ready_file)
            ended.wait()
        finally:
            control.stop()


def replay(options: argparse.Namespace) -> None:
    """One array that answers as recorded."""
    ended = ending()
    with Replay(
        options.replay,
        bind=options.bind,
        port=options.dr_port,
        state_dir=options.state_dir,
        slowly=options.recorded_times,
        clock_goes_on=not options.recorded_clock,
    ) as array:
        known = {"dr": {"host": array.dr.host, "port": array.dr.port}, "ca_path": array.ca_path,
                 "username": array.username, "password": array.password, "pid": os.getpid()}  # fmt: skip
        print(f"{'replay':<11} https://{array.dr.host}:{array.dr.port}/api/rest  ({array.exchanges} exchanges)")
        for name in array.left_out:
            print(f"{'left out':<11} {name}: of another array")
        print(f"{'user':<11} {array.username}  password {array.password} (any is taken)")
        print(f"{'CA':<11} {array.ca_path}", flush=True)
        if options.ready_file is not None:
            write_whole(options.ready_file, known)
        ended.wait()


def main(words: list[str] | None = None) -> int:
    options = arguments(words)
    try:
        if options.learn:
            print(learn.report(options.learn), end="")
        elif options.replay:
            replay(options)
        else:
            serve(options, read_estate(options))
    except (ScenarioError, OSError) as error:
        given = options.learn or options.replay or options.facts
        print(f"{error}" if given else f"{options.scenario}: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
