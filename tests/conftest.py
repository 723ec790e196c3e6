# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tests share: a simulated pair of arrays, and modules run by their real main() against it over HTTPS."""

from __future__ import annotations

import importlib
import json
import typing as t
from collections import Counter
from collections.abc import Iterator

import pytest
from ansible.module_utils.testing import patch_module_args

from tests.contract.checker import Contract
from tests.simulator import Simulator

Result = dict[str, t.Any]


@pytest.fixture(scope="session")
def contract() -> Contract:
    """The description of the API that every exchange is held against."""
    return Contract.from_file()


def journal_problems(contract: Contract, simulator: Simulator) -> list[str]:
    """What in a simulator's journal is not as the API description has it, each problem once."""
    # What an injected fault made the array answer is not what the description promises; what was asked still is.
    check = contract.check_request if simulator.faults.report() else contract.check_exchange
    problems: Counter[str] = Counter()
    for array in (simulator.dr, simulator.production):
        for exchange in array.journal():
            problems.update(check(exchange))
    return list(problems)


@pytest.fixture
def simulator(contract: Contract) -> Iterator[Simulator]:
    """The default estate: a volume, a volume group and a volume with a replicated snapshot, all ready."""
    with Simulator() as pair:
        yield pair
        assert not journal_problems(contract, pair)


class ModuleRunner:
    """Runs a module of the collection as Ansible does, with the connection to the simulated DR array filled in."""

    def __init__(self, simulator: Simulator, capsys: pytest.CaptureFixture[str]) -> None:
        self._simulator = simulator
        self._capsys = capsys

    def __call__(self, name: str, *, check: bool = False, diff: bool = False, **options: t.Any) -> Result:
        connection = {
            "host": self._simulator.dr.host,
            "port": self._simulator.dr.port,
            "username": self._simulator.username,
            "password": self._simulator.password,
            "ca_path": str(self._simulator.ca_path),
        }
        given = {key: value for key, value in {**connection, **options}.items() if value is not None}
        given |= {"_ansible_check_mode": check, "_ansible_diff": diff}
        module = importlib.import_module(f"ansible_collections.drdrill.powerstore.plugins.modules.{name}")
        self._capsys.readouterr()
        with patch_module_args(given), pytest.raises(SystemExit) as ended:
            module.main()
        result: Result = json.loads(self._capsys.readouterr().out)
        assert ended.value.code == (1 if result.get("failed") else 0)
        assert self._simulator.password not in json.dumps(result)
        return result

    def start(self, **options: t.Any) -> Result:
        """replication_failover_test, state=started."""
        return self("replication_failover_test", state="started", **options)

    def stop(self, **options: t.Any) -> Result:
        """replication_failover_test, state=stopped."""
        return self("replication_failover_test", state="stopped", **options)


@pytest.fixture
def run(simulator: Simulator, capsys: pytest.CaptureFixture[str]) -> ModuleRunner:
    """The modules of the collection, run against the default estate."""
    return ModuleRunner(simulator, capsys)
