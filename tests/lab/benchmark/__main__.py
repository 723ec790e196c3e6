# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``make bench``: what a task on many sessions costs beside the array's own time and beside a loop of tasks.

Times hold for one machine and one run; what counts are the ratios. A combination whose array alone would need longer
than ``--longest`` seconds is left out and named.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests

from tests.lab.benchmark.array import ArrayProcess, Figures

WORK = Path("build/bench").absolute()
LOOP_SIZE = 50
COLUMNS = (
    "N", "op ms", "parallel", "step", "seconds", "array's own", "ratio", "ms/session", "requests", "POST", "TLS",
    "logins", "logouts", "peak MiB",
)  # fmt: skip
WIDTHS = (6, 7, 9, 6, 9, 12, 7, 11, 9, 6, 5, 7, 8, 9)


def main() -> int:
    """Run everything, print the table, write build/bench/bench.json."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab.benchmark", description=__doc__)
    parser.add_argument("--sessions", type=int, nargs="+", default=[1, 10, 100, 1000, 5000])
    parser.add_argument("--operation-ms", type=int, nargs="+", default=[0, 200])
    parser.add_argument("--parallel", type=int, nargs="+", default=[1, 16, 64])
    parser.add_argument("--longest", type=float, default=60, help="seconds of the array's own time, at most")
    options = parser.parse_args()
    rows: list[Figures] = []
    left_out = []
    print(line(COLUMNS), flush=True)
    for sessions in options.sessions:
        for milliseconds in options.operation_ms:
            with ArrayProcess(sessions, milliseconds / 1000, WORK) as array:
                for parallel in options.parallel:
                    own = math.ceil(sessions / parallel) * milliseconds / 1000
                    # One after the other, the requests alone take their time, too.
                    if max(own, math.ceil(sessions / parallel) * 0.02) > options.longest:
                        left_out.append(
                            f"{sessions} sessions, {milliseconds} ms, {parallel} parallel (array: {own:g} s)"
                        )
                        continue
                    for step in ("start", "stop"):
                        rows.append(task(array, sessions, milliseconds, parallel, step, own))
                        print(line(rows[-1].values()), flush=True)
    others = {"uri_loop": uri_loop(), "simulator": simulator_alone()}
    print_others(rows, others, left_out)
    WORK.mkdir(parents=True, exist_ok=True)
    report = {"cores": os.cpu_count(), "rows": rows, **others, "left_out": left_out}
    (WORK / "bench.json").write_text(json.dumps(report, indent=2), encoding="utf-8")
    print(f"Written: {WORK / 'bench.json'}")
    return int(any(row["wrong"] for row in rows))


def task(array: ArrayProcess, sessions: int, milliseconds: int, parallel: int, step: str, own: float) -> Figures:
    """One task on all sessions, in a process of its own, its start included."""
    given = {
        "connection": array.connection,
        "name": "replication_failover_test",
        "options": {
            "state": "started" if step == "start" else "stopped",
            "sessions": [
                {"volume": f"vol-{number:0{max(4, len(str(sessions)))}}"} for number in range(1, sessions + 1)
            ],
            "max_parallel": parallel,
        },
    }
    array.since_last()
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "tests.lab.benchmark.module_process"],
        input=json.dumps(given), capture_output=True, text=True, check=True,
    )  # fmt: skip
    seconds = time.monotonic() - began
    figures = json.loads(done.stdout)
    wanted = "started" if step == "start" else "stopped"
    seen = array.since_last()
    return {
        "N": sessions,
        "op ms": milliseconds,
        "parallel": parallel,
        "step": step,
        "seconds": round(seconds, 2),
        "array's own": round(own, 2),
        "ratio": round(seconds / own, 2) if own else "-",
        "ms/session": round(seconds / sessions * 1000, 2),
        "requests": seen["requests"],
        "POST": seen["posts"],
        "TLS": seen["connections"],
        "logins": seen["logins"],
        "logouts": seen["logouts"],
        "peak MiB": round(figures["peak_mib"]),
        "wrong": figures["actions"] != [wanted] * sessions and figures["msg"],
    }


PLAYBOOK = """
- hosts: localhost
  gather_facts: false
  tasks:
    - ansible.builtin.uri:
        url: "{{ base }}/replication_session/{{ item }}/start_failover_test"
        method: POST
        body_format: json
        body: {}
        url_username: "{{ username }}"
        url_password: "{{ password }}"
        force_basic_auth: true
        ca_path: "{{ ca_path }}"
        status_code: [204]
      loop: "{{ ids }}"
"""


def uri_loop() -> Figures:
    """The same start as a loop of ansible.builtin.uri: one POST a session, nothing looked up, nothing confirmed."""
    with ArrayProcess(LOOP_SIZE, 0.0, WORK) as array:
        known = array.connection
        base = f"https://{known['host']}:{known['port']}/api/rest"
        account = (known["username"], known["password"])
        rows = requests.get(f"{base}/replication_session", auth=account, verify=known["ca_path"], timeout=30).json()
        variables = {**known, "base": base, "ids": [row["id"] for row in rows]}
        (WORK / "uri.yml").write_text(PLAYBOOK, encoding="utf-8")
        (WORK / "uri.json").write_text(json.dumps({**variables, "ansible_python_interpreter": sys.executable}))
        array.since_last()
        began = time.monotonic()
        command = ["ansible-playbook", "-i", "localhost,", "-c", "local", str(WORK / "uri.yml")]
        subprocess.run(
            [*command, "-e", f"@{WORK / 'uri.json'}"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT
        )
        seconds = time.monotonic() - began
        seen = array.since_last()
    return {
        "N": LOOP_SIZE,
        "seconds": round(seconds, 2),
        "ms/session": round(seconds / LOOP_SIZE * 1000, 2),
        "requests": seen["requests"],
        "TLS": seen["connections"],
    }


def simulator_alone(threads: int = 16, seconds: float = 3.0) -> Figures:
    """What the simulator serves when nothing but requests.get asks it: reads of one session a second."""
    with ArrayProcess(1000, 0.0, WORK) as array:
        known = array.connection
        base = f"https://{known['host']}:{known['port']}/api/rest"
        end = time.monotonic() + seconds

        def ask(_number: int) -> int:
            count = 0
            with requests.Session() as session:
                session.auth = (known["username"], known["password"])
                while time.monotonic() < end:
                    session.get(f"{base}/replication_session?limit=1", verify=known["ca_path"], timeout=30)
                    count += 1
            return count

        with ThreadPoolExecutor(threads) as pool:
            served = sum(pool.map(ask, range(threads)))
    return {"requests_per_second": round(served / seconds), "connections": threads}


def line(values: object) -> str:
    """One line of the table."""
    return "".join(f"{value!s:>{width}}" for value, width in zip(list(values), WIDTHS, strict=False))  # type: ignore[call-overload]


def print_others(rows: list[Figures], others: Figures, left_out: list[str]) -> None:
    """What stands beside the table."""
    loop, alone = others["uri_loop"], others["simulator"]
    print(f"\nA loop of ansible.builtin.uri over {loop['N']} sessions, start only: {loop['seconds']} s, "
          f"{loop['ms/session']} ms for each session, {loop['TLS']} TLS connections.")  # fmt: skip
    for row in rows:
        if row["N"] == 1000 and row["op ms"] == 0 and row["step"] == "start":
            times = loop["ms/session"] / row["ms/session"]
            print(f"1,000 sessions, no latency, {row['parallel']} parallel: {times:.0f} times faster a session.")
    served = f"{alone['requests_per_second']} requests a second"
    print(f"The simulator alone serves {served} ({alone['connections']} connections).")
    for name in left_out:
        print(f"Left out: {name}.")
    for row in rows:
        if row["wrong"]:
            print(f"WRONG: {row}")


if __name__ == "__main__":
    sys.exit(main())
