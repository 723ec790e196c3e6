# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running one row of the fault table, and saying in what the result is not as it has to be."""

from __future__ import annotations

import time
from dataclasses import dataclass

from tests.lab.faults.table import Row
from tests.lab.simulator import Simulator
from tests.lab.simulator.scenario import from_file, with_account
from tests.lab.simulator.simulator import DEFAULT_SCENARIO
from tests.running import Result, run_module

NAME = "erp-data"
LOADED = 3  # a machine that has much to do takes so many times as long


@dataclass(frozen=True)
class Observed:
    """What the module did under a fault."""

    result: Result
    seconds: float
    requests: int
    problems: list[str]

    @property
    def entry(self) -> Result:
        """The entry of the one session."""
        (entry,) = self.result["sessions"]
        return dict(entry)


def run_row(row: Row) -> Observed:
    """Build the estate, inject the faults, run the module, and look at the array itself."""
    with Simulator(with_account(from_file(DEFAULT_SCENARIO), **row.account)) as simulator:
        simulator.operation_seconds.update(dict.fromkeys(simulator.operation_seconds, 0.2))
        simulator.dr.set_release_version(row.release)
        simulator.dr.set_clock_skew(row.clock_skew)
        if row.state == "stopped":
            simulator.dr.start_failover_test(NAME)
        for fault in row.faults:
            simulator.faults.add(dict(fault))
        options = {"wait_timeout": 30, "poll_interval": 0.2, **row.options}
        began = time.monotonic()
        result = run_module(simulator, "replication_failover_test", state=row.state, volume=NAME, **options)
        seconds = time.monotonic() - began
        time.sleep(0.4)  # what is on its way to the array arrives before it is looked at
        requests = len(simulator.dr.journal())
        observed = Observed(result, seconds, requests, [])
        observed.problems.extend(_problems(row, observed, simulator))
        return observed


def _problems(row: Row, seen: Observed, simulator: Simulator) -> list[str]:
    entry, result = seen.entry, seen.result
    failure = entry.get("failure", {})
    operation = "start_failover_test" if row.state == "started" else "stop_failover_test"
    running = _is_in_test(simulator)
    wanted_running = row.running if row.running is not None else (row.state == "started") == (row.kind is None)
    if row.kind == "timeout" and row.running is None:
        wanted_running = running
    expected = {
        "action": (entry["action"], row.action),
        "failure.kind": (failure.get("kind"), row.kind),
        "failed": (bool(result.get("failed")), row.kind is not None),
        "executed": (len(simulator.dr.executed(operation)), row.executed),
        "running on the array": (running, wanted_running),
        "changed": (result["changed"], (row.own and row.action in ("started", "stopped")) or _changed(row, entry)),
    }
    if row.code:
        expected["failure.code"] = (failure.get("code"), row.code)
    if row.logins is not None:
        expected["logins"] = (simulator.dr.logins, row.logins)
    problems = [
        f"{what}: {found!r}, expected {wanted!r}" for what, (found, wanted) in expected.items() if found != wanted
    ]
    if row.says not in str(failure.get("message")):
        problems.append(f"message: {failure.get('message')!r} does not say {row.says!r}")
    if not set(row.findings) <= {finding["id"] for finding in entry["findings"]}:
        problems.append(f"findings: {[finding['id'] for finding in entry['findings']]}, expected {row.findings}")
    if seen.seconds > LOADED * row.seconds:
        problems.append(f"took {seen.seconds:.1f} s, expected about {row.seconds} s at most")
    shown = (entry["after"] or {}).get("failover_test_in_progress")
    if entry["after"] and shown is not None and shown != running and row.kind != "timeout":
        problems.append(f"after says {shown}, the array is {running}")
    if "end_of_test_snapshot_expiration" in row.options and not entry.get("end_of_test_snapshot"):
        problems.append("the end-of-test snapshot was not found")
    return problems


def _is_in_test(simulator: Simulator) -> bool:
    try:
        return simulator.dr.session(NAME).failover_test_in_progress is True
    except LookupError:  # the fault has ended the session
        return False


def _changed(row: Row, entry: Result) -> bool:
    """For a failure: whether this task's request changed what the array shows."""
    before, after = entry["before"], entry["after"]
    if row.kind is None or not entry["request_sent"] or before is None:
        return False
    if after is None:
        return True
    return bool(before["failover_test_in_progress"]) != bool(after["failover_test_in_progress"])
