# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook drill on simulated arrays: what is drilled on each, one run of ansible-playbook on all, what came of it.

Starting Ansible costs more than a drill, so cases that do not disturb each other run as several arrays (hosts) of one
inventory, each a simulated pair of its own; that is also what a user with several arrays does.
"""

from __future__ import annotations

import contextlib
import json
import os
import typing as t
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import jsonschema
import pytest
import yaml

from ansible_collections.drdrill.powerstore.plugins.module_utils._json import Json
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.published import published
from tests.conftest import journal_problems
from tests.contract.checker import Contract
from tests.lab.simulator import Simulator
from tests.prepared import run_ansible

ROOT = Path(__file__).parents[2]
DEFAULT = ROOT / "tests/lab/simulator/scenarios/default.yml"
SESSIONS = [{"volume": "erp-data"}, {"volume_group": "erp-db"}]
SCHEMA = jsonschema.Draft202012Validator(published())


@dataclass
class Case:
    """One array of the inventory: what is drilled on it, what is done to it before, and what came of it."""

    name: str
    variables: Json = field(default_factory=dict)
    spoil: Callable[[Simulator], object] = lambda _simulator: None
    host: Json = field(default_factory=dict)  # variables of the host that are not the role's
    more_sessions: list[Json] = field(default_factory=list)  # beside those of the default scenario
    simulator: Simulator = field(init=False)
    records: Path = field(init=False)

    def record(self) -> Json:
        """The newest record; every one is as its schema has it."""
        own = (path for path in self.records.glob("*-*.json") if not path.name.startswith("run-"))
        newest = max(own, key=lambda path: path.stat().st_mtime_ns)
        record: Json = json.loads(newest.read_text(encoding="utf-8"))
        SCHEMA.validate(record)
        return record

    @property
    def verdicts(self) -> tuple[str, str]:
        """Of the drill and of its clean-up."""
        record = self.record()
        return record["verdict"], record["cleanup"]["verdict"]

    def running(self) -> list[str]:
        """Names of what is still in a failover test on the array."""
        return sorted(s.resource_name for s in self.simulator.dr.array.sessions if s.failover_test_in_progress)


class Run(t.NamedTuple):
    """What ansible-playbook said."""

    code: int
    output: str

    def says(self, words: str) -> bool:
        """Whether the words are there, wherever the lines break."""
        return " ".join(words.split()) in " ".join(self.output.split())


class Arrays:
    """Runs the playbook on all cases at once."""

    def __init__(self, cases: list[Case], folder: Path) -> None:
        self._folder = folder
        self._cases = {case.name: case for case in cases}

    def __getitem__(self, name: str) -> Case:
        return self._cases[name]

    def _host(self, case: Case) -> Json:
        given = {"sessions": SESSIONS, "poll_interval": 0.2, "stop_retry_delay": 1, "report_formats": []}
        given |= {"storage_only": True}  # most have no check of an application
        given |= {"records_directory": str(case.records)} | case.variables
        return {
            "ansible_host": case.simulator.dr.host,
            "failover_drill_port": case.simulator.dr.port,
            "failover_drill_username": case.simulator.username,
            "failover_drill_ca_path": str(case.simulator.ca_path),
            **{f"failover_drill_{name}": value for name, value in given.items()},
            **case.host,
        }

    def run(
        self,
        *arguments: str,
        playbook: str = "drdrill.powerstore.drill",
        others: Json | None = None,
        itself: bool = False,
    ) -> Run:
        """One run of ansible-playbook on all of them.

        ``others``: more hosts of the inventory, which are no arrays. ``itself``: as a child of this process.
        """
        inventory = self._folder / "inventory.json"
        hosts = {name: self._host(case) for name, case in self._cases.items()}
        groups = {"arrays": {"hosts": hosts}, "others": {"hosts": others or {}}}
        inventory.write_text(json.dumps({"all": {"children": groups} if others else {"hosts": hosts}}))
        done = run_ansible(
            ["ansible-playbook", "-i", str(inventory), "--forks", str(len(hosts)), playbook, *arguments],
            cwd=self._folder,
            env={
                **os.environ,
                "ANSIBLE_CONFIG": str(ROOT / "tests/ansible.cfg"),
                "ANSIBLE_NOCOLOR": "1",
                "POWERSTORE_PASSWORD": next(iter(self._cases.values())).simulator.password,
            },
            timeout=1200,
            itself=itself,
        )
        return Run(done.returncode, done.stdout + done.stderr)


def simulator_with(more_sessions: list[Json]) -> Simulator:
    """The default scenario with more sessions."""
    if not more_sessions:
        return Simulator()
    scenario = yaml.safe_load(DEFAULT.read_text(encoding="utf-8"))
    return Simulator.from_dict({**scenario, "sessions": [*scenario["sessions"], *more_sessions]})


Prepare = Callable[..., Arrays]


@pytest.fixture
def arrays(contract: Contract, tmp_path: Path) -> Iterator[Prepare]:
    """Makes a simulated pair for each case, spoiled as the case wants it."""
    with contextlib.ExitStack() as stack:
        simulators: list[Simulator] = []

        def prepare(*cases: Case) -> Arrays:
            for case in cases:
                case.simulator = stack.enter_context(simulator_with(case.more_sessions))
                simulators.append(case.simulator)
                seconds = case.simulator.operation_seconds
                seconds.update(dict.fromkeys(seconds, 0.1))
                case.spoil(case.simulator)
                case.records = tmp_path / "records" / case.name
            return Arrays(list(cases), tmp_path)

        yield prepare
        assert [problem for simulator in simulators for problem in journal_problems(contract, simulator)] == []
