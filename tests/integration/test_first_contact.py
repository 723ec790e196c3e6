# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook first_contact: it finds what an array does, and leaves no test behind, whatever happens."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
import typing as t
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import journal_problems
from tests.contract.checker import Contract
from tests.lab.kill.run import in_the_way
from tests.lab.simulator import Simulator, facts
from tests.unit.simulator.test_facts import ARRAYS, answers_of, document_of

ROOT = Path(__file__).parents[2]
VOLUME = "playground"
ONE = {"sessions": [{"volume": VOLUME}], "operation_seconds": {"start_failover_test": 0.2, "stop_failover_test": 0.2}}


class Lab:
    """Simulated pairs, each a host of one inventory."""

    def __init__(self, simulators: dict[str, Simulator], folder: Path) -> None:
        self.simulators, self.folder = simulators, folder
        hosts = {
            name: {
                "ansible_host": each.dr.host,
                "failover_drill_port": each.dr.port,
                "failover_drill_ca_path": each.ca_path,
                "failover_drill_production_host": each.production.host,
                "failover_drill_production_port": each.production.port,
                "failover_drill_production_ca_path": each.ca_path,
                "first_contact_session": VOLUME,
                "first_contact_seconds": 0,
                "first_contact_directory": str(folder / name),
            }
            for name, each in simulators.items()
        }
        (folder / "inventory.json").write_text(json.dumps({"all": {"hosts": hosts}}))
        # No configuration keeps it from its work, or cuts off its stop.
        hostile = {"STRATEGY": "free", "BECOME": "true", "BECOME_EXE": "/nonexistent/sudo", "TASK_TIMEOUT": "2",
                   "ANY_ERRORS_FATAL": "true"}  # fmt: skip
        account = {"USERNAME": "admin", "PASSWORD": "Drdrill-Simulator-1!"}
        self.environment = {
            **os.environ,
            "PWD": str(self.folder),
            "ANSIBLE_CONFIG": str(ROOT / "tests/ansible.cfg"),
            "ANSIBLE_NOCOLOR": "1",
            **{f"ANSIBLE_{name}": value for name, value in hostile.items()},
            **{f"POWERSTORE_{name}": value for name, value in account.items()},
            **{f"POWERSTORE_PRODUCTION_{name}": value for name, value in account.items()},
        }

    def begin(self, playbook: str, **variables: object) -> subprocess.Popen[str]:
        """ansible-playbook in a process group of its own."""
        command = ["ansible-playbook", "-i", "inventory.json", f"drdrill.powerstore.{playbook}", "--forks", "8"]
        if variables.pop("check", False):
            command.append("--check")
        return subprocess.Popen(
            [*command, "-e", json.dumps(variables)],
            cwd=self.folder, env=self.environment, text=True, start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def run(self, playbook: str = "first_contact", **variables: object) -> tuple[int, str]:
        """The exit code, and what was printed."""
        process = self.begin(playbook, **variables)
        output, _nothing = process.communicate(timeout=600)
        assert "Drdrill-Simulator-1!" not in output
        return process.returncode, " ".join(output.split())

    def facts_of(self, name: str) -> dict[str, t.Any]:
        """The answers that were written for a host."""
        (path,) = (self.folder / name).glob("*.json")
        return answers_of({"facts": facts.read_facts(path)})

    def __getitem__(self, name: str) -> Simulator:
        return self.simulators[name]


Prepare = t.Callable[..., Lab]


@pytest.fixture
def lab(contract: Contract, tmp_path: Path) -> Iterator[Prepare]:
    """Makes a lab of scenarios by names."""
    with contextlib.ExitStack() as stack:
        made: list[Simulator] = []

        def prepare(**documents: dict[str, t.Any]) -> Lab:
            simulators = {name: stack.enter_context(Simulator.from_dict(each)) for name, each in documents.items()}
            made.extend(simulators.values())
            return Lab(simulators, tmp_path)

        yield prepare
        assert [problem for simulator in made for problem in journal_problems(contract, simulator)] == []


def operations(simulator: Simulator) -> tuple[int, int]:
    """How many starts and stops were executed."""
    return tuple(len(simulator.dr.executed(f"{name}_failover_test")) for name in ("start", "stop"))  # type: ignore[return-value]


def test_it_finds_what_three_different_arrays_do(lab: Prepare) -> None:
    made = lab(**{f"release-{release[0]}": document_of(release) for release in ARRAYS})
    code, output = made.run(first_contact_second_stop=True)
    assert code == 0, output
    for release in ARRAYS:
        host = f"release-{release[0]}"
        options = ARRAYS[release]["options"]
        found = made.facts_of(host)
        assert found["release"]["destination"].startswith(release)
        assert found["flag_at_source"]["during"] is (options["source_shows_test"] or options["source_flag_at_rest"])
        assert found["same_session_id"] is options.get("same_session_id", True)
        if wanted := options.get("refusals"):
            assert found["second_start"]["code"] == wanted["test_in_progress"]["code"]
            assert found["second_start"]["http_status"] == wanted["test_in_progress"]["status"]
        assert found["end_of_test_snapshot"]["expires_days"] == options.get("stopped_snapshot_days", 3)
        assert operations(made[host]) == (1, 1)
        assert in_the_way(made[host]) == []
        assert "How is a second start refused?" in output


def test_it_stops_what_it_started_whatever_fails(lab: Prepare) -> None:
    taken = {**ONE, "options": {"accepts_second_start": True}}
    made = lab(
        second_start=ONE, jobs=ONE, start=ONE, lost=ONE, colleague=ONE, nothing_named=ONE, production=ONE, taken=taken
    )
    path = "*/start_failover_test"
    made["second_start"].faults.add(array="dr", method="POST", path=path, action="answer", status=500, nth=2)
    made["jobs"].faults.add(array="dr", method="GET", path="/job*", action="forbid")
    made["start"].faults.add(array="dr", method="POST", path=path, action="job_fails", executed=True, nth=1)
    made["lost"].operation_seconds["stop_failover_test"] = 4
    made["lost"].faults.add(array="dr", method="POST", path=path, action="reset_after", nth=1)
    made["colleague"].dr.start_failover_test(VOLUME, user="colleague")
    inventory = json.loads((made.folder / "inventory.json").read_text())
    inventory["all"]["hosts"]["production"]["failover_drill_production_host"] = "production.invalid"
    del inventory["all"]["hosts"]["nothing_named"]["first_contact_session"]
    (made.folder / "inventory.json").write_text(json.dumps(inventory))
    code, output = made.run()
    assert code != 0
    for name in ("second_start", "jobs", "start", "lost", "production"):
        assert operations(made[name]) == (1, 1), name
        assert in_the_way(made[name]) == [], name
        assert made.facts_of(name)["release"]
    assert made.facts_of("second_start")["second_start"]["answered"] == "not clear"
    # The running test is of the second start then, and is stopped all the same.
    assert (operations(made["taken"]), in_the_way(made["taken"])) == ((2, 1), [])
    assert made.facts_of("taken")["second_start"]["answered"] == "accepted"
    assert "jobs" not in made.facts_of("jobs")
    assert "flag_at_source" not in made.facts_of("production")
    # Not its own, so left alone; and nobody is asked about a session that is not named.
    assert operations(made["colleague"]) == (1, 0)
    assert "A failover test runs on this session already" in output
    assert made["nothing_named"].journal() == []
    assert "first_contact_session is not set" in output


def test_killed_in_the_middle_stop_tests_finishes_it(lab: Prepare) -> None:
    made = lab(array=ONE)
    process = made.begin("first_contact", first_contact_seconds=300)
    deadline = time.monotonic() + 240
    while not in_the_way(made["array"]):
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert in_the_way(made["array"]) == [VOLUME]
    code, output = made.run("stop_tests", stop_tests_settle_time=0)
    assert code == 0, output
    assert in_the_way(made["array"]) == []


def test_check_mode_only_reads(lab: Prepare) -> None:
    made = lab(array=ONE)
    code, output = made.run(check=True)
    assert code == 0, output
    assert {each.method for each in made["array"].journal() if each.path != "/logout"} == {"GET"}
    assert "What may this account read?" in output
    assert not (made.folder / "array").exists()
