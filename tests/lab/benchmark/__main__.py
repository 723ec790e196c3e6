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
import resource
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
    "N", "op ms", "parallel", "step", "seconds", "array's own", "ratio", "ms/session", "CPU ms", "requests", "POST",
    "TLS", "logins", "logouts", "peak MiB",
)  # fmt: skip
WIDTHS = (6, 7, 9, 6, 9, 12, 7, 11, 8, 9, 6, 5, 7, 8, 9)


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
    others = {"tasks": a_task(), "uri_loop": uri_loop(), "curl": curl(), "simulator": simulator_alone()}
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
    began, cpu = time.monotonic(), cpu_seconds()
    done = subprocess.run(
        [sys.executable, "-m", "tests.lab.benchmark.module_process"],
        input=json.dumps(given), capture_output=True, text=True, check=True,
    )  # fmt: skip
    seconds, cpu = time.monotonic() - began, cpu_seconds() - cpu
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
        "CPU ms": round(cpu / sessions * 1000, 2),
        "requests": seen["requests"],
        "POST": seen["posts"],
        "TLS": seen["connections"],
        "logins": seen["logins"],
        "logouts": seen["logouts"],
        "peak MiB": round(figures["peak_mib"]),
        "wrong": figures["actions"] != [wanted] * sessions and figures["msg"],
    }


def cpu_seconds() -> float:
    """Of all processes that this one has started and that have ended, with those that they have started."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def a_task(count: int = 20) -> Figures:
    """What one more task with a module costs in a playbook: in a fork of Ansible's worker, and sent."""
    figures: Figures = {}
    # The same Python by another name: what Ansible's own is not known to be is sent.
    other = Path(sys.executable).with_name("python3")
    with ArrayProcess(10, 0.0, WORK) as array:
        for way, python in (("fork", sys.executable), ("sent", str(other))):
            used = []
            for tasks in (1, 1 + count):
                play = {
                    "hosts": "localhost",
                    "gather_facts": False,
                    "tasks": [{"drdrill.powerstore.replication_session_info": array.connection}] * tasks,
                }
                (WORK / "tasks.json").write_text(json.dumps([play]))
                before, began = cpu_seconds(), time.monotonic()
                subprocess.run(
                    ["ansible-playbook", "-i", "localhost,", "-c", "local", str(WORK / "tasks.json"),
                     "-e", f"ansible_python_interpreter={python}"], check=True, stdout=subprocess.DEVNULL,
                )  # fmt: skip
                used.append((cpu_seconds() - before, time.monotonic() - began))
            (cpu_one, wall_one), (cpu_all, wall_all) = used
            figures[way] = {
                "CPU seconds": round((cpu_all - cpu_one) / count, 3),
                "seconds": round((wall_all - wall_one) / count, 3),
            }
    return figures


def curl() -> Figures:
    """The same start by curl, a process for each session and 16 at once: nothing looked up, nothing confirmed."""
    with ArrayProcess(LOOP_SIZE, 0.0, WORK) as array:
        known = array.connection
        base = f"https://{known['host']}:{known['port']}/api/rest/replication_session"
        account = (known["username"], known["password"])
        rows = requests.get(base, auth=account, verify=known["ca_path"], timeout=30).json()
        config = WORK / "curl.conf"
        config.write_text(f'user = "{":".join(account)}"\ncacert = "{known["ca_path"]}"\nsilent\nfail\ndata = "{{}}"\n')
        urls = "".join(f"{base}/{row['id']}/start_failover_test\n" for row in rows)
        command = ["xargs", "-P", "16", "-n", "1", "curl", "-K", str(config), "-H", "Content-Type: application/json"]
        array.since_last()
        cpu, began = cpu_seconds(), time.monotonic()
        done = subprocess.run(command, input=urls, text=True, check=False, stdout=subprocess.DEVNULL)
        seconds, cpu = time.monotonic() - began, cpu_seconds() - cpu
    return {
        "N": LOOP_SIZE,
        "ms/session": round(seconds / LOOP_SIZE * 1000, 2),
        "CPU ms": round(cpu / LOOP_SIZE * 1000, 2),
        "all started": done.returncode == 0,
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
        began, cpu = time.monotonic(), cpu_seconds()
        command = ["ansible-playbook", "-i", "localhost,", "-c", "local", str(WORK / "uri.yml")]
        subprocess.run(
            [*command, "-e", f"@{WORK / 'uri.json'}"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT
        )
        seconds, cpu = time.monotonic() - began, cpu_seconds() - cpu
        seen = array.since_last()
    return {
        "N": LOOP_SIZE,
        "CPU ms": round(cpu / LOOP_SIZE * 1000, 2),
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


def print_goals(rows: list[Figures], others: Figures) -> None:
    """Goal beside now; what this machine could not measure is not said."""
    print(f"\n{'What':<78}{'goal':>8}{'now':>8}")
    for way, goal in (("fork", "0.1"), ("sent", "-")):
        now = others["tasks"][way]["CPU seconds"]
        print(f"{f'One more task with a module in a playbook ({way}), CPU seconds':<78}{goal:>8}{now:>8}")
    starts = [row for row in rows if row["step"] == "start" and row["N"] == 1000 and row["parallel"] == 64]
    for row in starts:
        if row["op ms"] == 0:
            print(f"{'CPU for one session, start, 1,000 sessions, 64 at once, ms':<78}{'1.6':>8}{row['CPU ms']:>8}")
        if row["op ms"] == 200:
            each = round(row["requests"] / row["N"], 2)
            print(f"{'Requests for one session, operations of 200 ms, 64 at once':<78}{'1.12':>8}{each:>8}")


def print_others(rows: list[Figures], others: Figures, left_out: list[str]) -> None:
    """What stands beside the table."""
    loop, alone = others["uri_loop"], others["simulator"]
    each = f"{loop['ms/session']} ms and {loop['CPU ms']} CPU ms for each session"
    print(
        f"\nA loop of ansible.builtin.uri over {loop['N']} sessions, start only: {loop['seconds']} s, {each}, "
        f"{loop['TLS']} TLS connections."
    )
    peer = others["curl"]
    print(
        f"curl by xargs, 16 at once, start only: {peer['ms/session']} ms and {peer['CPU ms']} CPU ms for each session."
    )
    print_goals(rows, others)
    for row in rows:
        if row["N"] == 1000 and row["op ms"] == 0 and row["step"] == "start":
            times = loop["ms/session"] / row["ms/session"]
            print(f"1,000 sessions, no latency, {row['parallel']} parallel: {times:.0f} times faster a session.")
    served = f"{alone['requests_per_second']} requests a second"
    print(f"The simulator alone serves {served} ({alone['connections']} connections).")
    print(
        f"Load of this machine now, {os.cpu_count()} cores: {os.getloadavg()[0]:.1f}. Only ratios hold on a loaded one."
    )
    for name in left_out:
        print(f"Left out: {name}.")
    for row in rows:
        if row["wrong"]:
            print(f"WRONG: {row}")


if __name__ == "__main__":
    sys.exit(main())
