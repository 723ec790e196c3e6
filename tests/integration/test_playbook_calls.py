# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How preflight, stop_tests and abort are called: what reaches no array fails, and no configuration cuts a stop."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import typing as t
from pathlib import Path

import pytest

from tests.lab.simulator import Simulator
from tests.prepared import run_ansible

ROOT = Path(__file__).parents[2]
PLAYBOOKS = ("preflight", "stop_tests", "abort")


class Calls:
    """Calls ansible-playbook in a folder whose inventory has two arrays, which are the same simulated one."""

    def __init__(self, simulator: Simulator, folder: Path) -> None:
        self.simulator, self.folder = simulator, folder
        array = {"ansible_host": simulator.dr.host, "failover_drill_port": simulator.dr.port}
        hosts = {"dr-a": array, "dr-b": array, "web": {}}
        inventory = {"all": {"hosts": hosts, "children": {"arrays": {"hosts": {"dr-a": {}, "dr-b": {}}}}}}
        (folder / "inventory.json").write_text(json.dumps(inventory))
        self.environment = {
            **os.environ,
            "ANSIBLE_CONFIG": str(ROOT / "tests/ansible.cfg"),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_SHOW_CUSTOM_STATS": "1",
            "POWERSTORE_USERNAME": simulator.username,
            "POWERSTORE_PASSWORD": simulator.password,
            "POWERSTORE_CA_PATH": simulator.ca_path,
            "PWD": str(folder),
        }

    def __call__(self, playbook: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return self.words(
            ["ansible-playbook", "-i", "inventory.json", f"drdrill.powerstore.{playbook}", *arguments], **environment
        )

    def words(self, words: t.Sequence[str], **environment: str) -> subprocess.CompletedProcess[str]:
        """A whole command line."""
        done = run_ansible(
            words,
            cwd=self.folder,
            env={**self.environment, **environment},
            timeout=600,
        )
        assert self.simulator.password not in done.stdout + done.stderr
        return done


@pytest.fixture
def call(simulator: Simulator, tmp_path: Path) -> Calls:
    """ansible-playbook on the simulated array."""
    return Calls(simulator, tmp_path)


def flat(done: subprocess.CompletedProcess[str]) -> str:
    """What was said, wherever the lines break."""
    return " ".join((done.stdout + done.stderr).split())


NOWHERE: dict[str, tuple[str, tuple[str, ...]]] = {
    "a pattern": ("No array matched: the pattern 'arrrays'", ("-e", "failover_drill_hosts=arrrays")),
    "a limit": ("with the limit 'web'", ("-e", "failover_drill_hosts=arrays", "--limit", "web")),
    "an inventory": ("which has no hosts", ("-i", "missing.yml")),
    "--tags": ("Run it without them", ("--tags", "x")),
    "--skip-tags": ("Run it without them", ("--skip-tags", "all")),
    "--start-at-task": ("without it", ("--start-at-task", "Nothing is left running")),
}


@pytest.mark.parametrize(
    ("playbook", "how"),
    [("stop_tests", how) for how in NOWHERE] + [("drill", "--start-at-task"), ("witness", "a limit")],
)
def test_what_reaches_no_array_fails(call: Calls, playbook: str, how: str) -> None:
    """The same way in every playbook: tests/law/test_playbooks.py."""
    call.simulator.dr.start_failover_test("erp-data", user=call.simulator.username)
    says, arguments = NOWHERE[how]
    words = ["ansible-playbook", "-i", "inventory.json", f"drdrill.powerstore.{playbook}", *arguments]
    if how == "an inventory":
        words[2:3] = []
        words[1:2] = []
    done = call.words(words)
    assert done.returncode not in (0, 2), done.stdout  # not a failure on a host: none was visited
    assert says in flat(done)
    assert call.simulator.dr.journal() == []


def test_only_looking_at_a_playbook_needs_no_array(call: Calls) -> None:
    done = call.words(["ansible-playbook", "--syntax-check", *(f"drdrill.powerstore.{name}" for name in PLAYBOOKS)])
    assert done.returncode == 0, done.stderr


# The strategy, become without sudo, a short task timeout, and a stop that takes longer than that.
CONFIGURED = {
    "ANSIBLE_STRATEGY": "free",
    "ANSIBLE_BECOME": "true",
    "ANSIBLE_BECOME_EXE": "/nonexistent/sudo",
    "ANSIBLE_TASK_TIMEOUT": "2",
    "ANSIBLE_ANY_ERRORS_FATAL": "true",
}


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_no_configuration_keeps_a_playbook_from_its_work(call: Calls, playbook: str) -> None:
    """Nor what the inventory has for another use, nor another array: it refuses the password, which is tried once.

    Relative paths are relative to where Ansible was started.
    """
    simulator = call.simulator
    simulator.operation_seconds["stop_failover_test"] = 3
    if playbook != "preflight":
        simulator.dr.start_failover_test("erp-data", user=simulator.username)
    hosts = json.loads((call.folder / "inventory.json").read_text())
    for host in hosts["all"]["hosts"].values():
        host.update(ansible_connection="ssh", ansible_become=True)
    hosts["all"]["hosts"]["dr-b"]["failover_drill_password"] = "not-the-password"
    (call.folder / "inventory.json").write_text(json.dumps(hosts))
    (call.folder / "ca.pem").write_bytes(Path(simulator.ca_path).read_bytes())
    from_environment = "ca.pem" if playbook == "preflight" else ""
    settings = {"stop_tests_settle_time": 0, "abort_settle_time": 0, "stop_tests_record_always": True}
    settings |= {} if from_environment else {"failover_drill_ca_path": "./ca.pem" if playbook == "abort" else "ca.pem"}
    settings["abort_records_directory" if playbook == "abort" else "failover_drill_records_directory"] = "mine"
    done = call(
        playbook, "--limit", "arrays", "-e", json.dumps(settings), POWERSTORE_CA_PATH=from_environment, **CONFIGURED
    )
    assert done.returncode == 2, done.stdout + done.stderr
    failed = dict(re.findall(r"^(dr-.) .* failed=(\d)", done.stdout, re.MULTILINE))
    assert failed == {"dr-a": "0", "dr-b": "1"}, done.stdout + done.stderr
    assert not [side for side in simulator.dr.array.sessions if side.in_test()]
    assert simulator.dr.failed_logins == 1
    kind = {"preflight": "readiness", "stop_tests": "sweep"}.get(playbook, playbook)
    assert len(list((call.folder / "mine").glob(f"{kind}-*.json"))) == 2


def printed_commands(done: subprocess.CompletedProcess[str]) -> list[list[str]]:
    """The commands that the output names, in its order."""
    lines = dict.fromkeys(re.findall(r'"(ansible-playbook .*?)",?$', done.stdout, re.MULTILINE))
    return [shlex.split(json.loads(f'"{line}"')) for line in lines]


def test_the_command_that_stop_tests_prints_works(call: Calls) -> None:
    """And the results reach the next nodes of a workflow, here and in the next two tests."""
    call.simulator.dr.start_failover_test("erp-data", user="colleague")
    (call.folder / "settle.yml").write_text("stop_tests_settle_time: 0\n")
    done = call("stop_tests", "--limit", "dr-b", "-e", "@settle.yml")
    assert done.returncode == 2
    stats = stats_of(done)["drdrill_powerstore_stop_tests"]["dr-b"]
    assert (stats["verdict"], stats["running"]) == ("failed", ["erp-data"])
    [command] = printed_commands(done)
    again = call.words(command)
    assert again.returncode == 0, again.stdout + again.stderr
    assert not [side for side in call.simulator.dr.array.sessions if side.in_test()]


def test_a_stop_that_the_array_refused_is_not_called_a_matter_of_who_started_it(call: Calls) -> None:
    simulator = call.simulator
    simulator.dr.start_failover_test("erp-data", user=simulator.username)
    path = "/replication_session/{id}/stop_failover_test"
    body = {"messages": [{"code": "0xE1", "severity": "Error", "message_l10n": "A copy runs.", "arguments": []}]}
    simulator.faults.add(array="dr", method="POST", path=path, action="answer", status=422, body=body, count=3)
    (call.folder / "settle.yml").write_text("stop_tests_settle_time: 0\n")
    done = call("stop_tests", "--limit", "dr-b", "-e", "@settle.yml")
    assert done.returncode == 2
    assert "erp-data: the array refused the stop." in done.stdout and "no matter who started it" not in done.stdout
    once_more, forced = printed_commands(done)
    assert forced == [*once_more, "-e", "stop_tests_force=always"]
    again = call.words(once_more)
    assert again.returncode == 0, again.stdout + again.stderr
    assert not [side for side in simulator.dr.array.sessions if side.in_test()]


def test_the_command_that_abort_prints_works(call: Calls) -> None:
    simulator = call.simulator
    simulator.dr.start_failover_test("erp-data", user="colleague")
    simulator.link.cut()
    # The array does not show yet that its remote system is gone.
    (call.folder / "variables.yml").write_text("abort_settle_time: 0\nabort_records_directory: records\n")
    done = call("abort", "--limit", "dr-b", "-e", "@variables.yml", "-e", "abort_force=never")
    assert done.returncode == 2
    again = call.words(next(each for each in printed_commands(done) if "abort_force" in " ".join(each)))
    assert again.returncode == 0, again.stdout + again.stderr
    assert not [side for side in simulator.dr.array.sessions if side.in_test()]
    stats = stats_of(again)["drdrill_powerstore_abort"]["dr-b"]
    assert (stats["verdict"], stats["can_take_over"], stats["running"]) == ("passed", True, [])
    record = json.loads(Path(stats["record_path"]).read_text())
    assert record["who"]["array_account"] == simulator.username
    assert record["times"]["clock_skew_seconds"] is not None


def test_the_results_of_a_preflight_reach_the_next_nodes_of_a_workflow(call: Calls) -> None:
    call.simulator.dr.start_failover_test("erp-data", user="colleague")
    done = call("preflight", "--limit", "dr-a,dr-b")
    stats = stats_of(done)["drdrill_powerstore_preflight"]
    assert sorted(stats) == ["dr-a", "dr-b"]
    assert (stats["dr-a"]["verdict"], stats["dr-a"]["not_ready"], stats["dr-a"]["running"]) == (
        "failed", ["erp-data"], ["erp-data"],
    )  # fmt: skip
    assert Path(stats["dr-a"]["record_path"]).is_file()


def stats_of(done: subprocess.CompletedProcess[str]) -> dict[str, t.Any]:
    """What was given to set_stats, as Ansible shows it."""
    [shown] = re.findall(r"^\s*RUN: (\{.*\})\s*$", done.stdout, re.MULTILINE)
    stats: dict[str, t.Any] = json.loads(shown)
    return stats


def test_a_crash_of_the_module_is_said_in_its_words(call: Calls) -> None:
    crash = call.folder / "crash"
    crash.mkdir()
    (crash / "sitecustomize.py").write_text(
        "import ssl\n"
        "def boom(*a, **k):\n"
        "    raise RuntimeError('boom in the module')\n"
        "ssl.SSLContext.wrap_socket = boom\n"
    )
    for playbook in PLAYBOOKS:
        done = call(
            playbook, "--limit", "dr-a", "-e", "failover_drill_records_directory=records", PYTHONPATH=str(crash)
        )
        assert done.returncode == 2
        assert "boom in the module" in flat(done).partition("PLAY RECAP")[0]
        assert "no reason was given" not in flat(done)
    records = [json.loads(path.read_text()) for path in (call.folder / "records").glob("readiness-*.json")]
    assert ["boom in the module" in record["reasons"][0] for record in records] == [True]


def test_abort_stops_first_and_then_names_what_it_did_not_judge_and_how_old_each_copy_is(tmp_path: Path) -> None:
    estate = {
        "sessions": [
            {"volume": "erp-data", "recovery_point_age": "9d"},
            {"file_system": "home", "state": "Error"},
            {"volume": "metro", "type": "Metro_Active_Active", "role": "Metro_Non_Preferred", "state": "Fractured"},
        ]
    }
    with Simulator.from_dict(estate) as simulator:
        simulator.dr.start_failover_test("erp-data", user="colleague")
        simulator.dr.clear_journal()
        done = Calls(simulator, tmp_path)(
            "abort", "--limit", "dr-a", "-e", "abort_settle_time=0", "-e", "abort_records_directory=records"
        )
    assert done.returncode == 0, done.stdout
    # A login and one list before the first stop.
    assert re.findall(r"TASK \[(.*?)\]", done.stdout)[0] == "Stop every failover test"
    sent = [(exchange.method, exchange.path) for exchange in simulator.dr.journal()]
    first = next(number for number, (method, _path) in enumerate(sent) if method == "POST")
    assert sent[:first] == [("GET", "/login_session"), ("GET", "/replication_session")]

    assert "CAN TAKE OVER: its one session can be failed over" in done.stdout and "9 d         erp-data" in done.stdout
    assert "file system home (Error)" in flat(done) and "metro volume metro (Fractured)" in flat(done)
    [path] = (tmp_path / "records").glob("abort-*.json")
    record = json.loads(path.read_text())
    assert {entry["resource_name"] for entry in record["not_judged"]} == {"home", "metro"}
    for session in record["sessions"]:
        found = [finding["id"] for finding in session["findings"]]
        assert len(found) == len(set(found))
