# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""python -m tests.lab.simulator [SCENARIO.yml] — two arrays until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from pathlib import Path

from . import ScenarioError, Simulator, scenario
from .control import ControlServer
from .simulator import DEFAULT_SCENARIO


def arguments(words: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.lab.simulator", description=__doc__)
    parser.add_argument("scenario", nargs="?", type=Path, default=DEFAULT_SCENARIO)
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
        temporary = ready_file.with_name(f".{ready_file.name}.{os.getpid()}")
        temporary.write_text(json.dumps(describe(simulator, control), indent=2), encoding="utf-8")
        temporary.replace(ready_file)


def main(words: list[str] | None = None) -> int:
    options = arguments(words)
    try:
        estate = scenario.from_file(options.scenario)
    except (ScenarioError, OSError) as error:
        print(f"{options.scenario}: {error}", file=sys.stderr)
        return 2
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: ended.set())
    ports = {"production": options.production_port, "dr": options.dr_port}
    with Simulator(estate, bind=options.bind, ports=ports, state_dir=options.state_dir) as simulator:
        control = ControlServer(simulator, options.control_port).start()
        try:
            announce(simulator, control, options.ready_file)
            ended.wait()
        finally:
            control.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
