# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The law in both ways: a module in a fork of Ansible's worker returns what its main() returns elsewhere.

All scenarios of all modules run as hosts of one playbook, in check mode and for real.
"""

from __future__ import annotations

import contextlib
import difflib
import json
import os
import re
import sys
import typing as t
from pathlib import Path

import pytest

from tests.lab.simulator import Simulator
from tests.prepared import run_ansible
from tests.running import Result, connection_to, is_action, run_module

from .scenarios import SCENARIOS, Scenario

ROOT = Path(__file__).parents[2]
# Where an action does more than to run its module, its own tests look at both.
MODULES = sorted(
    path.stem
    for path in (ROOT / "plugins/action").glob("*.py")
    if "ModuleAction" in path.read_text(encoding="utf-8") and not is_action(path.stem)
)
CASES = {f"{name}-{number}": (name, each) for name in MODULES for number, each in enumerate(SCENARIOS[name])}
# What is another each time: moments, durations, ids that are made up, places.
_OTHER_EACH_TIME = (
    (re.compile(r"\d{4}-\d{2}-\d{2}T[\d:.]+(Z|\+00:00)"), "TIME"),
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}"), "ID"),
    (re.compile(r'("[a-z_]*(seconds|age|minutes)": )-?[\d.]+'), r"\1DURATION"),
    (re.compile(r"\b\d+(\.\d+)? (s|ms|seconds)\b"), "DURATION"),
    (re.compile(r"no answer within DURATION, before that "), ""),  # the last look of a check, where its time ended it
    (re.compile(r'("attempts": )\d+'), r"\1N"),
    (re.compile(r" {2,}"), " "),  # columns that are as wide as what is in them
    (re.compile(r'/[^" ]*/(main|fork|powerstore-simulator-\w+)\b'), "FOLDER"),
    (re.compile(r'(127\.0\.0\.1[: ]|"port": |port )\d+'), r"\1PORT"),
)


def comparable(result: Result) -> list[str]:
    """The lines of a result without what is another each time, and what Ansible adds to the result of a task."""
    added = ("invocation", "exception")
    shown = {key: value for key, value in result.items() if not key.startswith("_ansible_") and key not in added}
    both = {"changed": False, **shown, "failed": bool(result.get("failed"))}
    text = json.dumps(both, sort_keys=True, indent=1)
    for pattern, instead in _OTHER_EACH_TIME:
        text = pattern.sub(instead, text)
    # Sorted, as the ages of copies sort some, and differ by moments.
    return sorted(line.rstrip(",") for line in text.splitlines())


@contextlib.contextmanager
def prepared(scenario: Scenario, folder: Path) -> t.Iterator[tuple[Simulator, Result]]:
    """A pair of arrays of its own, and the options of the task."""
    folder.mkdir(parents=True)
    with Simulator() as simulator:
        simulator.operation_seconds.update(dict.fromkeys(simulator.operation_seconds, 0.1))
        yield simulator, scenario.prepare(simulator, folder)


def playbook(options_of: dict[str, set[str]]) -> list[Result]:
    """A play for each module, whose tasks have every option that a scenario has: in check mode, and for real."""
    arguments = {
        module: {name: f"{{{{ options.{name} | default(omit) }}}}" for name in names}
        for module, names in options_of.items()
    }
    return [
        {
            "hosts": ":".join(host for host, (name, _scenario) in CASES.items() if name == module),
            "gather_facts": False,
            "connection": "local",
            "tasks": [
                {
                    f"drdrill.powerstore.{module}": arguments[module],
                    "check_mode": check_mode,
                    "diff": True,
                    "ignore_errors": True,
                }
                for check_mode in (True, False)
            ],
        }
        for module in MODULES
    ]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[tuple[dict[str, list[Result]], str]]:
    """The results of each scenario, [check mode, real], and the output of ansible-playbook at -vvv."""
    folder = tmp_path_factory.mktemp("both")
    with contextlib.ExitStack() as stack:
        hosts = {}
        options_of: dict[str, set[str]] = {name: set() for name in MODULES}
        for host, (name, scenario) in CASES.items():
            simulator, options = stack.enter_context(prepared(scenario, folder / host / "fork"))
            options = {k: v for k, v in {**connection_to(simulator), **options}.items() if v is not None}
            options_of[name] |= options.keys()
            hosts[host] = {"options": options, "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
            password = simulator.password
        (folder / "inventory.json").write_text(json.dumps({"all": {"hosts": hosts}}))
        (folder / "play.json").write_text(json.dumps(playbook(options_of)))
        done = run_ansible(
            ["ansible-playbook", "-vvv", "-i", "inventory.json", "--forks", "4", "play.json"],
            cwd=folder,
            env={
                **os.environ,
                "ANSIBLE_CONFIG": str(ROOT / "tests/ansible.cfg"),
                "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".ansible/collections"),
                "ANSIBLE_CALLBACK_PLUGINS": str(ROOT / "tests/lab/callbacks"),
                "ANSIBLE_CALLBACKS_ENABLED": "keep_results",
                "KEEP_RESULTS": str(folder / "results.jsonl"),
            },
            timeout=1200,
        )
        output = done.stdout + done.stderr
        assert done.returncode == 0, output[-3000:]
        kept: dict[str, list[Result]] = {host: [] for host in CASES}
        for line in (folder / "results.jsonl").read_text().splitlines():
            entry = json.loads(line)
            kept[entry["host"]].append(entry["result"])
        assert password not in output
        yield kept, output


@pytest.mark.parametrize("host", CASES)
def test_both_ways_return_the_same(host: str, run: tuple[dict[str, list[Result]], str], tmp_path: Path) -> None:
    name, scenario = CASES[host]
    results, output = run
    with prepared(scenario, tmp_path / "main") as (simulator, options):
        for number, check in enumerate((True, False)):
            own = run_module(simulator, name, check=check, diff=True, **options)
            differences = [*difflib.unified_diff(comparable(own), comparable(results[host][number]), "main", "fork")]
            assert not differences, "\n".join(differences)
    assert output.count(f"<{host}> Running drdrill.powerstore.{name} in a fork of Ansible's worker") == 2


def test_what_is_not_the_same_there_is_sent_and_options_come_from_everywhere(
    simulator: Simulator, tmp_path: Path
) -> None:
    """Another interpreter, `async`, an environment that Python reads at its start; connections by group defaults."""
    info = "drdrill.powerstore.replication_session_info"
    given = connection_to(simulator)
    port = {"POWERSTORE_PORT": str(given.pop("port"))}
    other = {"ansible_python_interpreter": str(Path(sys.executable).with_name("python3"))}
    tasks = [
        {"name": "here", info: {}, "environment": port},
        {"name": "another interpreter", info: {}, "environment": port, "vars": other},
        {"name": "async", info: {}, "environment": port, "async": 100, "poll": 1},
        {"name": "read at the start", info: {}, "environment": {**port, "PYTHONWARNINGS": "ignore"}},
        {"name": "timeout", info: {}, "environment": port, "timeout": 100},
        {"name": "without", info: {"timeout": 1}, "ignore_errors": True},
    ]
    play = {
        "hosts": "all",
        "connection": "local",
        "gather_facts": False,
        "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"},
        "module_defaults": {"group/drdrill.powerstore.all": given},
        "tasks": tasks,
    }
    (tmp_path / "play.json").write_text(json.dumps([play]))
    done = run_ansible(
        ["ansible-playbook", "-vvv", "-i", "powerstore-dr,", "play.json"],
        cwd=tmp_path,
        env={
            **os.environ,
            "ANSIBLE_CONFIG": str(ROOT / "tests/ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".ansible/collections"),
            "ANSIBLE_NOCOLOR": "1",
            # Ansible writes there by HOME and reads there by the user's entry in passwd, which make's HOME is not.
            "ANSIBLE_ASYNC_DIR": str(tmp_path / "async"),
        },
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    by_name = dict(part.split("]", 1) for part in done.stdout.split("\nTASK [")[1:])
    here = {name: "in a fork of Ansible's worker" in text for name, text in by_name.items()}
    sent = {name: "Using module file" in text for name, text in by_name.items()}
    assert here == {name: not sent[name] for name in by_name}
    assert [name for name in here if here[name]] == ["here", "timeout", "without"]
    for name in ("here", "another interpreter", "async", "read at the start", "timeout"):
        assert '"resource_name": "erp-data"' in by_name[name], by_name[name]
    assert "127.0.0.1:443" in by_name["without"]  # the environment of one task does not reach the next
    assert simulator.password not in done.stdout + done.stderr
