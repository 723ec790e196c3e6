# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What happens while the tests of a drill run: on the array, to the credentials, on the controller."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.arrays import SESSIONS, Case, Json, Prepare
from tests.lab.simulator import Simulator
from tests.lab.simulator.journal import Exchange

STOP = {"array": "dr", "method": "POST", "path": "*/stop_failover_test"}
REFUSED = {"action": "answer", "status": 422, "body": {"messages": []}}
BAD_GATEWAY = {"array": "dr", "method": "GET", "action": "answer", "status": 502, "body": "<html>"}
LEFT_RUNNING = "FAILOVER TESTS MAY STILL BE RUNNING ON "
PATIENCE = 300


class Meanwhile:
    """Something that happens while the checks of a drill run: a check waits for it to be done."""

    def __init__(self, folder: Path, act: Callable[[Simulator], object]) -> None:
        folder.mkdir()
        self._begun, self._done = folder / "begun", folder / "done"
        self._act = act
        wait = f"touch {self._begun}; while [ ! -e {self._done} ]; do sleep 0.1; done"
        self.check: Json = {"name": "waits", "command": ["sh", "-c", wait], "timeout": PATIENCE}

    def __call__(self, simulator: Simulator) -> None:
        """For `Case`: from now on it is awaited."""
        threading.Thread(target=self._wait, args=[simulator], daemon=True).start()

    def _wait(self, simulator: Simulator) -> None:
        deadline = time.monotonic() + PATIENCE
        while not self._begun.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        self._act(simulator)
        self._done.touch()


def everything_on_the_array(simulator: Simulator) -> None:
    """One test's session is failed over, one is not replicated any more, on one somebody else's test runs."""
    simulator.dr.operate("erp-data", "failover", "colleague", is_planned=False, use_test_copy=True)
    simulator.dr.remove_session("ended")
    simulator.dr.stop_failover_test("another", user="colleague")
    simulator.clock.advance(60)
    simulator.dr.start_failover_test("another", user="colleague")


def changes_the_password(simulator: Simulator) -> None:
    simulator.dr.set_password(simulator.username, "Another-1")


def answers_of_a_proxy(path: str, after_logout: int, count: int | None = None) -> Callable[[Simulator], object]:
    """From the end of a task on: a drill logs in and out for reading, starting, reading, stopping and proving."""

    def spoil(simulator: Simulator) -> None:
        logouts: list[Exchange] = []

        def look(exchange: Exchange) -> None:
            if exchange.path == "/logout":
                logouts.append(exchange)
                if len(logouts) == after_logout:
                    simulator.faults.add(BAD_GATEWAY, path=path, **({"count": count} if count else {}))

        simulator.observers.append(look)

    return spoil


def stops_sent(case: Case, name: str) -> int:
    path = f"/replication_session/{case.simulator.dr.session(name).id}/stop_failover_test"
    return sum(exchange.path == path for exchange in case.simulator.dr.journal())


def release_steps(folder: Path) -> list[Json]:
    about: dict[str, Json] = {"all": {}, "erp-data": {"session": "erp-data"}, "erp-db": {"session": "erp-db"}}
    return [{"name": f"release {n}", "command": ["touch", f"{folder}-{n}"], **more} for n, more in about.items()]


def released(folder: Path) -> list[str]:
    return sorted(path.name.removeprefix(f"{folder.name}-") for path in folder.parent.glob(f"{folder.name}-*"))


def test_what_happens_while_the_tests_run(arrays: Prepare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many arrays in one run, under a setting by which Ansible would end it for all with the first failure."""
    monkeypatch.setenv("ANSIBLE_ANY_ERRORS_FATAL", "true")

    def case(name: str, act: Callable[[Simulator], object], **variables: object) -> Case:
        meanwhile = Meanwhile(tmp_path / name, act)
        given = {"checks": [meanwhile.check], "release": release_steps(tmp_path / f"released-{name}"), **variables}
        return Case(name, given, meanwhile)

    secrets = {name: tmp_path / f"secret-{name}" for name in ("known", "gone", "late")}

    def changes_it_in_the_file(simulator: Simulator) -> None:
        changes_the_password(simulator)
        secrets["known"].write_text("Another-1")

    def password(name: str) -> Json:
        return {"password": f"{{{{ lookup('ansible.builtin.file', '{secrets[name]}') }}}}"}

    def at_the_last_moment(name: str, act: Callable[[Simulator], object], **variables: object) -> Case:
        """After the sessions were looked at, and before the stop."""
        meanwhile = Meanwhile(tmp_path / name, act)
        return Case(name, {"release": [meanwhile.check], **variables}, meanwhile)

    def changes_it_late(simulator: Simulator) -> None:
        changes_the_password(simulator)
        secrets["late"].write_text("Another-1")

    taken = case("taken", everything_on_the_array, sessions=[*SESSIONS, {"volume": "ended"}, {"volume": "another"}])
    taken.more_sessions = [{"volume": "ended"}, {"volume": "another"}]
    # The proof, unreadable itself for a while; what only surrounds it, for good. The password's file is gone by then,
    # and the connection is of another use of the inventory.
    proof = case("proof", lambda _simulator: secrets["gone"].unlink(), **password("gone"), timeout=4, stop_retries=9)
    proof.host = {"ansible_connection": "ssh", "ansible_become": True}
    look_on = proof.spoil
    faults = (answers_of_a_proxy("/alert", 4), answers_of_a_proxy("/replication_session", 4, 7), look_on)
    proof.spoil = lambda simulator: [each(simulator) for each in faults]
    bad_check = {"name": "no", "command": ["false"], "retry": False}
    fifo = Case(
        "fifo",
        {"checks": [bad_check], "report_formats": ["csv"], "stop_retries": 0},
        lambda s: s.faults.add(**STOP, **REFUSED),
    )
    drill = arrays(
        proof,
        taken,
        case("changed", changes_the_password),
        case("known", changes_it_in_the_file, **password("known")),
        at_the_last_moment("late", changes_it_late, **password("late")),
        at_the_last_moment("too-late", changes_the_password),
        Case("hosts", {"timeout": 4}, answers_of_a_proxy("/host_volume_mapping", 4)),
        fifo,
    )
    for path in secrets.values():
        path.write_text(fifo.simulator.password)
    fifo.records.mkdir(parents=True)
    os.mkfifo(fifo.records / "register.csv")
    done = drill.run()
    assert done.code == 2, done.output

    assert (proof.verdicts, proof.running()) == (("passed", "passed"), [])
    fired = {fault["path"]: fault["fired"] for fault in proof.simulator.faults.report()}
    assert fired["/replication_session"] == 7 and fired["/alert"] >= 1 and f"{LEFT_RUNNING}proof" not in done.output
    (run,) = (json.loads(path.read_text()) for path in proof.records.glob("run-*.json"))
    assert run["verdict"] == "failed" and len(run["members"]) == 8 and done.says("All arrays together: failed.")

    record = taken.record()
    for name, why in (
        ("erp-data", "it was failed over during the drill"),
        ("ended", "the array does not list the session any more"),
        ("another", "somebody else's failover test runs on it"),
    ):
        why = f"{name} is left alone, with its steps: {why}"
        assert done.says(why) and any(why in reason for reason in record["reasons"]), name
        assert stops_sent(taken, name) == 0 if name != "ended" else True, name
    assert taken.running() == ["another"] and f"{LEFT_RUNNING}taken" not in done.output
    assert record["verdict"] not in ("passed", "passed_with_deviations")
    assert record["cleanup"]["verdict"] == "passed_with_deviations"
    normal = {s["resource_name"]: s["return_to_normal"]["stop_confirmed"] for s in record["sessions"]}
    assert normal == {"erp-data": False, "ended": False, "another": False, "erp-db": True}
    assert released(tmp_path / "released-taken") == ["erp-db"]

    # A password that the array refuses is sent once; one that is known by then takes its place.
    changed = drill["changed"]
    assert (changed.verdicts, changed.running()) == (("failed", "failed"), ["erp-data", "erp-db"])
    assert changed.simulator.dr.failed_logins == 1 and released(tmp_path / "released-changed") == []
    assert f"{LEFT_RUNNING}changed." in done.output
    for name in ("known", "late"):
        known = drill[name]
        assert (known.verdicts, known.running(), known.simulator.dr.failed_logins) == (("passed", "passed"), [], 1), (
            name
        )
    too_late = drill["too-late"]
    assert (too_late.verdicts, too_late.running()) == (("failed", "failed"), ["erp-data", "erp-db"])
    assert too_late.simulator.dr.failed_logins == 1 and f"{LEFT_RUNNING}too-late." in done.output
    assert "Another-1" not in done.output and known.simulator.password not in done.output

    # No answer of the array is no change; and no proof that there was none.
    hosts = drill["hosts"]
    assert (hosts.verdicts, hosts.running()) == (("incomplete", "passed_with_deviations"), [])
    assert all(session["return_to_normal"]["differences"] == [] for session in hosts.record()["sessions"])

    assert (fifo.verdicts, fifo.running()) == (("failed", "failed"), ["erp-data", "erp-db"])
    assert done.says("CANNOT BE FAILED OVER") and done.says("fifo failed failed")
    assert done.says("expected a plain file")
    assert done.output.index(f"{LEFT_RUNNING}fifo.") < done.output.index("expected a plain")


def on_another_host(folder: Path) -> tuple[Json, list[Json]]:
    """Hosts of the inventory, and checks that are done there; a Python of its own shows where one was done."""
    python = folder / "python-there"
    python.write_text(f'#!/bin/sh\nPLACE=there exec {sys.executable} "$@"\n')
    python.chmod(0o755)
    hosts = {
        "there": {"ansible_connection": "local", "ansible_python_interpreter": str(python)},
        "nowhere": {"ansible_host": "nowhere.invalid", "ansible_connection": "ssh"},
    }
    where = {"command": ["sh", "-c", "echo place=$PLACE."], "retry": False}
    checks = [
        {"name": "here", **where, "contains": "place=."},
        {"name": "there", **where, "contains": "place=there.", "on": "there"},
        {"name": "nowhere", **where, "on": "nowhere"},
        {"name": "not a host", **where, "on": "not-in-the-inventory"},
        {"name": "here again", **where, "contains": "place=."},
    ]
    return hosts, checks


def test_checks_on_other_hosts_and_another_controller(arrays: Prepare, tmp_path: Path) -> None:
    """A host that cannot be reached is a failed check and nothing else. What another controller with the same account
    started between preflight and start is not this drill's."""
    others, checks = on_another_host(tmp_path)

    def awaits(pattern: str, makes: str = "") -> list[str]:
        """A command that makes a file, and ends once there is another one."""
        first = f"touch {tmp_path}/{makes}; " if makes else ""
        return ["sh", "-c", f"{first}until ls {tmp_path}/{pattern}; do sleep 0.2; done"]

    drill = arrays(
        Case(
            "elsewhere",
            {
                "checks": f"{{{{ {checks} + more }}}}",
                "notify": [{"name": "told", "command": ["touch", f"{tmp_path}/told"]}],
            },
        ),
        # The array's audit log tells two controllers with one account apart by their addresses. Here both have one.
        # Each waits for the other: this one's second wave begins after the preflight of the other, and outlasts it.
        Case(
            "first",
            {
                "sessions": [{"volume_group": "erp-db"}, {"volume": "erp-data", "wave": 2}],
                "attach": [{"name": "read", "command": awaits("read"), "wave": 1, "timeout": 300}],
                "checks": [
                    {
                        "name": "in test",
                        "command": awaits("records/second/drill-*.json", makes="in-test"),
                        "timeout": 300,
                    }
                ],
                "witness": "off",
            },
        ),
        Case(
            "second",
            {
                "sessions": [{"volume": "files-archive"}, {"volume": "erp-data", "wave": 2}],
                "attach": [{"name": "in test", "command": awaits("in-test", makes="read"), "wave": 1, "timeout": 300}],
                "witness": "off",
            },
        ),
    )
    first, second = drill["first"], drill["second"]
    second.simulator = first.simulator
    # As a file of variables has it: YAML reads a key on without quotes as true.
    (tmp_path / "more.yml").write_text(
        "more: [{name: unquoted, command: [sh, -c, 'test $PLACE = there'], on: there}]\n"
    )
    done = drill.run("-e", "failover_drill_hosts=arrays", "-e", f"@{tmp_path}/more.yml", others=others)
    assert done.code == 2, done.output

    elsewhere = drill["elsewhere"]
    record = elsewhere.record()
    assert {v["name"]: v["passed"] for v in record["validations"]} == {
        "here": True, "there": True, "nowhere": False, "not a host": False, "here again": True, "unquoted": True
    }  # fmt: skip
    seen = {v["name"]: v["observed"] for v in record["validations"]}
    assert seen["nowhere"].startswith("the host cannot be reached: ")
    assert (elsewhere.verdicts, elsewhere.running()) == (("failed", "passed"), [])
    assert (tmp_path / "told").exists() and record["interruption"] is None

    assert (first.verdicts, second.verdicts, first.running()) == (("passed", "passed"), ("incomplete", "passed"), [])
    array = first.simulator.dr
    tested = {name: array.session(name).id for name in ("erp-data", "erp-db", "files-archive")}
    assert sorted(array.executed("start_failover_test")) == sorted(tested.values())
    assert sorted(array.executed("stop_failover_test")) == sorted(tested.values())
    owned = {s["resource_name"]: s["test_owned"] for s in second.record()["sessions"]}
    assert owned == {"files-archive": True, "erp-data": False}
    assert done.says("Someone else started a failover test between the preflight and the start, on erp-data.")
