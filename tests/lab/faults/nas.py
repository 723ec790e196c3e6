# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes wrong in a DR test of a NAS server, and what the module makes of it: rows for tests and `make faults`.

There is never a second clone, what is left is said, and nothing but the clone is deleted.
"""

from __future__ import annotations

import time
import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.lab.faults.run import Observed
from tests.lab.faults.table import BUSY, HTML, REFUSAL, SOFTWARE, Fault, at
from tests.lab.simulator import Simulator
from tests.running import Result, run_module

CLONE, ADD = ("POST", "/nas_server/{id}/clone"), ("POST", "/file_interface")
OFF_INTERFACE, OFF_FILES, OFF_SERVER = (
    ("DELETE", f"/{kind}/{{id}}") for kind in ("file_interface", "file_system", "nas_server")
)
HIDDEN = ("/job*", "/replication_session", "/cluster", SOFTWARE)
SERVERS, FILES, INTERFACES = "/nas_server", "/file_system", "/file_interface"
ADDRESS = {"ip_address": "192.0.2.20", "prefix_length": 24}
HOMES = {"nas_server": "homes", "file_systems": ["home-a", "home-b"], "interfaces": [{"ip_address": "198.51.100.5"}]}
NAME = "homes"
SHORT = {"wait_timeout": 2}
QUICK = {"timeout": 2, "wait_timeout": 5}


@dataclass(frozen=True)
class NasRow:
    """One fault, or several together, and what the module has to report and to leave on the array."""

    fault: str
    faults: tuple[Fault, ...] = ()
    action: str = "started"
    kind: str | None = None  # failure.kind; None where the task succeeds
    left: int | None = None  # DR-test clones afterwards; None: one after a start that succeeds, none otherwise
    state: str = "started"
    options: Mapping[str, t.Any] = field(default_factory=dict)
    estate: Mapping[str, t.Any] = field(default_factory=dict)  # options of the scenario
    seconds: Mapping[str, float] = field(default_factory=dict)  # of operations
    findings: tuple[str, ...] = ()
    says: str = ""
    longest: float = 30.0  # seconds that it may take

    @property
    def clones(self) -> int:
        """How many are to be on the array afterwards."""
        if self.left is not None:
            return self.left
        return int(self.state == "started" and self.kind is None)


def stop(fault: str, *faults: Fault, **rest: t.Any) -> NasRow:
    """A row of a stop."""
    return NasRow(f"stop: {fault}", faults, **{"action": "stopped", **rest}, state="stopped")


def _at_each_start(request: tuple[str, str], what: str) -> t.Iterator[NasRow]:
    lost = ("answer.lost",)
    yield NasRow(f"{what} reset before it was read, once", (at(*request, "reset_before", count=1),), findings=lost)
    yield NasRow(f"{what} executed, answer lost", (at(*request, "reset_after", count=1),), findings=lost)
    yield NasRow(f"{what} executed, half an answer", (at(*request, "truncate", count=1),), findings=lost)
    yield NasRow(f"{what} delivered twice", (at(*request, "twice", count=1),))
    yield NasRow(f"{what} busy once", (at(*request, "answer", status=503, body=BUSY, count=1),))
    for status, body in ((200, HTML), (302, HTML), (404, HTML), (422, None), (502, HTML), (504, None)):
        fault = at(*request, "answer", status=status, body=body, executed=True, count=1)
        yield NasRow(f"{what} executed, a proxy answers {status}", (fault,), findings=lost)
    always_busy = at(*request, "answer", status=503, body=BUSY)
    yield NasRow(f"{what} always busy", (always_busy,), "failed", "busy", options=SHORT)
    yield NasRow(
        f"{what} refused", (at(*request, "answer", status=422, body=REFUSAL),), "failed", "rejected", says="No."
    )
    yield NasRow(f"{what} forbidden", (at(*request, "forbid"),), "failed", "authorization")
    yield NasRow(f"{what}: its job fails", (at(*request, "job_fails"),), "failed", "rejected")
    yield NasRow(f"{what}: its job fails, it is done", (at(*request, "job_fails", executed=True),))
    yield NasRow(f"{what}: no job, answered at once", (at(*request, "ignore_async"),))
    yield NasRow(
        f"{what}: its job never ends",
        (at(*request, "job_never_ends"),),
        "failed",
        "timeout",
        options=SHORT,
        says="still",
    )


def _at_each_stop(request: tuple[str, str], what: str) -> t.Iterator[NasRow]:
    no = {"status": 422, "body": REFUSAL}
    failed: dict[str, t.Any] = {"action": "failed", "left": 1}
    by_proxy = at(*request, "answer", status=502, body=HTML, executed=True, count=1)
    yield stop(f"{what} reset before it was read, once", at(*request, "reset_before", count=1))
    yield stop(f"{what} deleted, answer lost", at(*request, "reset_after", count=1))
    yield stop(f"{what} delivered twice", at(*request, "twice", count=1))
    yield stop(f"{what} busy once", at(*request, "answer", status=503, body=BUSY, count=1))
    yield stop(f"{what} deleted, a proxy answers 502", by_proxy)
    yield stop(f"{what}: no job, answered at once", at(*request, "ignore_async"))
    again = {"attempts": 2, "attempt_delay": 0}
    yield stop(f"{what} refused once, tried again", at(*request, "answer", **no, count=1), options=again)
    yield stop(f"{what} refused", at(*request, "answer", **no), kind="rejected", says="No.", **failed)
    yield stop(f"{what} forbidden", at(*request, "forbid"), kind="authorization", **failed)
    yield stop(f"{what}: its job fails", at(*request, "job_fails"), kind="rejected", **failed)


ROWS: tuple[NasRow, ...] = (
    NasRow("none"),
    stop("none"),
    *_at_each_start(CLONE, "clone"),
    *_at_each_start(ADD, "interface"),
    NasRow("clone always lost", (at(*CLONE, "reset_before"),), "failed", "unreachable", options={"wait_timeout": 20}),
    NasRow("clone lost, jobs hidden", (at(*CLONE, "reset_after", count=1), at("GET", "/job*", "forbid"))),
    NasRow(
        "interface lost, jobs hidden: not sent again",
        (at(*ADD, "reset_before", count=1), at("GET", "/job", "forbid")),
        "failed",
        "unreachable",
    ),
    # Reading
    NasRow("NAS servers reset, once", (at("GET", SERVERS, "reset_before", count=1),)),
    NasRow("NAS servers forbidden", (at("GET", SERVERS, "forbid"),), "not_attempted", "authorization"),
    NasRow("file systems forbidden", (at("GET", FILES, "forbid"),), "not_attempted", "authorization"),
    NasRow("NAS servers page by page", (at("GET", SERVERS, "short_pages", rows=1),)),
    NasRow("no total", (at("GET", FILES, "short_pages", rows=1), at("GET", FILES, "no_total"))),
    NasRow("the release answers 500", (at("GET", SOFTWARE, "answer", status=500),), "not_attempted", "protocol"),
    NasRow(
        "the clone is not marked as a DR test",
        (at("GET", SERVERS, "odd_row", attribute="is_dr_test", value=False),),
        "failed",
        "protocol",
        left=1,
        says="does not mark it as a DR test",
        findings=("nas.half_done",),
    ),
    NasRow(
        "the clone does not start",
        (),
        "failed",
        "not_ready",
        seconds={"nas_server_start": 60},
        options=SHORT,
        findings=("nas.half_done",),
    ),
    NasRow("a slow clone, listed before it is there", estate={"clone_shows_early": True}, seconds={"clone": 1}),
    NasRow("the array restarts after the clone", (at(*ADD, "refuse", seconds=2, count=1),), findings=("answer.lost",)),
    NasRow("the login session ends at the clone", (at(*CLONE, "expire_session", count=1),)),
    # Stopping
    *_at_each_stop(OFF_INTERFACE, "interface"),
    *_at_each_stop(OFF_FILES, "file system"),
    *_at_each_stop(OFF_SERVER, "clone"),
    stop("jobs, sessions, clock and release are hidden", *(at("GET", path, "forbid") for path in HIDDEN)),
    stop("NAS servers reset, once", at("GET", SERVERS, "reset_before", count=1)),
    stop("NAS servers forbidden", at("GET", SERVERS, "forbid"), action="not_attempted", kind="authorization", left=1),
    stop("interfaces hidden", at("GET", INTERFACES, "forbid"), action="failed", kind="authorization", left=1),
    stop("production lost", at("GET", "/software_installed", "cut_link")),
)


Contents = dict[str, list[str]]  # of each DR-test clone, by its id: file systems and addresses


@dataclass(frozen=True)
class NasObserved(Observed):
    """With what the array had before."""

    before: Contents = field(default_factory=dict)


def _contents(simulator: Simulator) -> Contents:
    found = {}
    for row in simulator.dr.nas_servers(dr_test=True):
        key = str(row["id"])
        files = [str(each["name"]) for each in simulator.dr.file_systems(key)]
        found[key] = sorted([*files, *(str(each["ip_address"]) for each in simulator.dr.file_interfaces(key))])
    return found


def _shown(clones: list[Result]) -> Contents:
    return {
        each["id"]: sorted([*(f["name"] for f in each["file_systems"]), *(i["ip_address"] for i in each["interfaces"])])
        for each in clones
    }


def run_row(row: NasRow) -> NasObserved:
    """Build the estate, inject the faults, run the module, and look at the array itself."""
    with Simulator.from_dict({"sessions": [HOMES], "options": dict(row.estate)}) as simulator:
        simulator.operation_seconds.update({"default": 0.1, **row.seconds})
        options = {"nas_server": NAME, "isolated": True, "poll_interval": 0.2, "wait_timeout": 30, **row.options}
        if row.state == "stopped":
            made = run_module(simulator, "nas_dr_test", **{**options, "state": "started", "interface": ADDRESS})
            assert not made.get("failed"), made
        simulator.dr.array.executed.clear()
        for fault in row.faults:
            simulator.faults.add(dict(fault))
        simulator.clear_journal()
        before = _contents(simulator)
        began = time.monotonic()
        interface = ADDRESS if row.state == "started" else None
        result = run_module(simulator, "nas_dr_test", state=row.state, interface=interface, **options)
        seconds = time.monotonic() - began
        time.sleep(0.3)  # what is on its way to the array arrives before it is looked at
        result["sessions"] = result.pop("nas_servers")
        seen = NasObserved(result, seconds, len(simulator.dr.journal()), [], before)
        seen.problems.extend(_problems(row, seen, simulator))
        return seen


def _problems(row: NasRow, seen: NasObserved, simulator: Simulator) -> list[str]:
    entry, failure = seen.entry, seen.entry.get("failure") or {}
    tests = simulator.dr.nas_servers(dr_test=True)
    kept = sorted(str(each["name"]) for each in simulator.dr.file_systems(NAME))
    expected = {
        "action": (entry["action"], row.action),
        "failure.kind": (failure.get("kind"), row.kind),
        "failed": (bool(seen.result.get("failed")), row.kind is not None),
        "clones on the array": (len(tests), row.clones),
        "of production": ((kept, len(simulator.dr.file_interfaces(NAME))), (["home-a", "home-b"], 1)),
        "changed": (seen.result["changed"], _contents(simulator) != seen.before),
    }
    if entry["after"] is not None:
        expected["shown afterwards"] = (_shown(entry["after"]["dr_test_clones"]), _contents(simulator))
    if row.kind is None:
        expected["clones executed"] = (len(simulator.dr.executed("clone")), int(row.state == "started"))
        addresses = [each["ip_address"] for each in tests for each in simulator.dr.file_interfaces(str(each["id"]))]
        expected["addresses"] = (addresses, [ADDRESS["ip_address"]] if tests else [])
    problems = [
        f"{what}: {found!r}, expected {wanted!r}" for what, (found, wanted) in expected.items() if found != wanted
    ]
    if row.says not in str(failure.get("message")):
        problems.append(f"message: {failure.get('message')!r} does not say {row.says!r}")
    found = [finding["id"] for finding in entry["findings"]]
    if not set(row.findings) <= set(found):
        problems.append(f"findings: {found}, expected {row.findings}")
    if row.kind and row.state == "started" and tests and "nas.half_done" not in found:
        problems.append("a clone is left, and no finding says so")
    if seen.seconds > row.longest:
        problems.append(f"took {seen.seconds:.1f} s, at most {row.longest} s")
    return problems
