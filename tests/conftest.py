# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What tests share: a simulated pair of arrays, and modules run by their real main() against it over HTTPS."""

from __future__ import annotations

import contextlib
import os
import signal
import typing as t
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import coverage
import pytest
import yaml
from hypothesis import settings
from xdist.scheduler.loadscope import LoadScopeScheduling

from tests.contract.checker import Contract
from tests.lab.simulator import Simulator
from tests.running import Result, run_module

# Two tests share the examples of the state machine, so that together they come to this number: few of them with each
# change, as they are others each time, and thousands in `make properties`.
settings.register_profile("properties", max_examples=int(os.environ.get("EXAMPLES", "80")) // 2)

# Ansible's modules that the tests start find what Python compiled of them before (tests/compiled/sitecustomize.py).
os.environ["PYTHONPATH"] = str(Path(__file__).parent / "compiled")

# What tests and simulators read themselves; Ansible reads YAML in this way, too.
yaml.SafeLoader = yaml.CSafeLoader  # type: ignore[misc]

# Started in the background by a shell, this process ignores Ctrl-C, and so would everything that the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).parents[1]
OF_THE_SIMULATOR = ("tests/contract/", "tests/unit/simulator/")


# What takes half a minute and more begins first, the longest of all before the others; a file whose tests stay together
# counts as one. Nobody is to wait for it at the end. tests/law/test_order.py compares the names.
LONGEST = (
    "tests/integration/test_awx_setup.py::test_one_run_makes_everything",
    "tests/integration/test_session_info.py",
    "tests/integration/test_drill_guards.py::test_a_drill_that_takes_too_long",
    "tests/law/test_in_worker.py",
    "tests/law/test_tarball.py",
    "tests/integration/test_drill_meanwhile.py",
    "tests/integration/test_drill_odd_input.py::test_odd_input",
    "tests/integration/test_drill_playbook.py::test_what_became_of_each_drill",
    "tests/integration/test_progress.py",
    "tests/integration/test_nas_killed.py",
    "tests/integration/test_drill_killed.py::test_each_drill",
    "tests/examples/test_examples.py::test_the_commands",
    "tests/integration/test_chain_playbooks.py",
    "tests/integration/test_witness.py",
)
# Then whole playbooks, and what takes milliseconds fills the workers at the end.
ORDER = (
    *LONGEST,
    *("tests/examples/", "tests/integration/", "tests/law/", "tests/agreement/", "tests/contract/", "tests/unit/"),
)


@contextlib.contextmanager
def not_counted(if_: bool) -> Iterator[None]:
    """Coverage, which makes Python half as fast, does not look on."""
    counting = []
    # A worker of xdist has two, of which the first goes on once the second stops.
    while if_ and (one := coverage.Coverage.current()) is not None:
        one.stop()
        counting.append(one)
    try:
        yield
    finally:
        for one in reversed(counting):
            one.start()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> t.Generator[None, object, object]:
    """Every worker of xdist imports everything; one that counts is enough."""
    with not_counted(os.environ.get("PYTEST_XDIST_WORKER", "gw0") != "gw0"):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> t.Generator[None, object, object]:
    """Not counted is where nothing new would be seen: what runs the same lines hundreds of times, and what tests the
    simulated array. The lines are those of other tests."""
    repeats = any(item.get_closest_marker(name) for name in ("uncounted", "hypothesis")) or "[large]" in item.nodeid
    with not_counted(repeats or item.nodeid.startswith(OF_THE_SIMULATOR)):
        return (yield)


def pytest_addoption(parser: pytest.Parser) -> None:
    """For `make other-python`."""
    parser.addoption(
        "--first-cases", action="append", default=[], help="a folder; of each test there, only the first case is run"
    )


@pytest.hookimpl(trylast=True)  # what -k and -m take away is no first case
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The tests that are run, and their order."""
    folders = tuple(f"{folder.rstrip('/')}/" for folder in config.getoption("first_cases", default=[]))
    first: dict[str, pytest.Item] = {}
    for item in items:
        test = item.nodeid.partition("[")[0] if item.nodeid.startswith(folders) else item.nodeid
        first.setdefault(test, item)
    kept = {item.nodeid for item in first.values()}
    config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in kept])
    items[:] = [item for item in items if item.nodeid in kept]
    items.sort(key=lambda item: next((place for place, name in enumerate(ORDER) if item.nodeid.startswith(name)), 0))


class _Scheduling(LoadScopeScheduling):
    """One test after the other to whoever is free, but those of a file together where its tests are short or share
    something. Not by xdist's marks: xdist 3.8 writes them into a part of a test's id that pytest 9.2 does not have."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return file if _stays_together(file) else nodeid


@cache
def _stays_together(file: str) -> bool:
    return file.startswith("tests/unit/") or 'scope="module"' in (ROOT / file).read_text(encoding="utf-8")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: t.Any) -> _Scheduling | None:
    """Where the Makefile asks for it."""
    return _Scheduling(config, log) if config.getoption("dist") == "loadgroup" else None


@pytest.fixture(scope="session")
def contract() -> Contract:
    """The description of the API that every exchange is compared with."""
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
        pair.operation_seconds.update(dict.fromkeys(pair.operation_seconds, 0.1))
        yield pair
        assert not journal_problems(contract, pair)


class ModuleRunner:
    """Runs a module of the collection with the connection to the simulated DR array filled in."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator

    def __call__(self, name: str, /, **options: t.Any) -> Result:
        return run_module(self._simulator, name, **options)

    def start(self, **options: t.Any) -> Result:
        """replication_failover_test, state=started."""
        return self("replication_failover_test", state="started", **options)

    def stop(self, **options: t.Any) -> Result:
        """replication_failover_test, state=stopped."""
        return self("replication_failover_test", state="stopped", **options)


@pytest.fixture
def run(simulator: Simulator) -> ModuleRunner:
    """The modules of the collection, run against the default estate."""
    return ModuleRunner(simulator)
