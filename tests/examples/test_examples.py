# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every example of the documentation does what its page says, against simulated arrays.

Only addresses, account and folders are replaced. An example of a kind that is not known here fails, so that a new one
cannot be left out.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.drdrill.powerstore.plugins.module_utils._coverage.policy_file import parse_policy
from ansible_collections.drdrill.powerstore.plugins.module_utils._json import Json
from tests.lab.simulator import Simulator, scenario
from tests.lab.tamper.table import make_key
from tests.prepared import run_ansible

from .found import PAGES, ROOT, Example, commands, in_modules, on_page

EXAMPLES = [example for page in PAGES for example in on_page(page)]
SHELL = [example for example in EXAMPLES if example.language == "bash"]
YAML = [example for example in EXAMPLES if example.language == "yaml"]
# What the guide's drill would find at a site that is not there: it fails, and stops its tests.
# The estate has a session that no drill of the guides is about, so the coverage fails, too.
ENDS_WITH = {
    "ansible-playbook -i inventory.yml drdrill.powerstore.drill -e @erp-drill.yml": 2,
    "ansible-playbook -i inventory.yml drdrill.powerstore.coverage -e coverage_policy=coverage-policy.yml": 2,
}
OBSERVED = "- ansible.builtin.set_fact:\n    failover_drill_check_observed: all of it\n"


class Site:
    """A folder with what the pages let the reader write, and the simulated arrays that they name."""

    def __init__(self, simulator: Simulator, folder: Path) -> None:
        self.folder = folder
        self.simulator = simulator
        self.environment = {
            **os.environ,
            "ANSIBLE_CONFIG": str(ROOT / "tests/ansible.cfg"),
            "ANSIBLE_NOCOLOR": "1",
            "PWD": str(folder),
            "POWERSTORE_HOST": simulator.dr.host,
            "POWERSTORE_PORT": str(simulator.dr.port),
            "POWERSTORE_USERNAME": simulator.username,
            "POWERSTORE_PASSWORD": simulator.password,
            "POWERSTORE_CA_PATH": str(simulator.ca_path),
        }
        (folder / "drills").mkdir()
        make_key(folder / "drills", "signing_key")
        (folder / "coverage-policy.yml").write_text("period: 90d")
        for name in ("check-ledger", "mount", "unmount"):
            (folder / f"drills/{name}.yml").write_text(OBSERVED)

    def here(self, text: str) -> str:
        """The text with this site's addresses, account and folders."""
        for there, here in {
            "powerstore-dr.example.com": self.simulator.dr.host,
            "/etc/drills/": f"{self.folder}/drills/",
            "/var/lib/": f"{self.folder}/",
            "volume: erp-scratch": "volume_group: erp-db",  # an exclusion of what the array does not have is refused
            "session=playground": "session=erp-data",
            '"volume": "playground"': '"volume": "erp-data"',
            "username: drill": f"username: {self.simulator.username}",
            '"username": "drill"': f'"username": "{self.simulator.username}"',
            '"username": "auditor"': f'"username": "{self.simulator.username}"',
        }.items():
            text = text.replace(there, here)
        return text

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return run_ansible(words, cwd=self.folder, env=self.environment, timeout=300)

    def play(self, plays: list[Json], *words: str) -> None:
        """Run plays on hosts of the group dr_arrays and expect that nothing fails."""
        for play in plays:  # no drill was killed here, whose start might be on its way
            play["module_defaults"] = {"drdrill.powerstore.replication_failover_test_sweep": {"settle_time": 1}}
        (self.folder / "plays.yml").write_text(json.dumps(plays))
        (self.folder / "hosts.yml").write_text(
            yaml.safe_dump({"dr_arrays": {"hosts": {"powerstore-dr": {"ansible_host": self.simulator.dr.host}}}})
        )
        own = self.simulator.password
        secret = [
            "-e", f"vault_drill_password={own} vault_auditor_password={own} vault_ledger_password=ledger-1"
        ]  # fmt: skip
        done = self.run("ansible-playbook", "-i", "hosts.yml", "plays.yml", *secret, *words)
        assert done.returncode == 0, done.stdout + done.stderr

    def running(self) -> list[str]:
        return [s.resource_name for s in self.simulator.dr.array.sessions if s.failover_test_in_progress]


@pytest.fixture
def site(simulator: Simulator, tmp_path: Path) -> Site:
    return Site(simulator, tmp_path)


def kind_of(example: Example) -> str:
    """What a YAML example is: plays, tasks, an inventory, or variables of something."""
    content = example.content
    if isinstance(content, list):
        return "plays" if "hosts" in content[0] else "tasks"
    first = next(iter(content))
    for kind in ("failover_drill", "awx_setup"):
        if first.startswith(kind):
            return kind
    return {"all": "inventory", "rules": "scenario", "period": "policy"}.get(first, first)


def named(examples: list[Example]) -> t.Any:
    return pytest.mark.parametrize("example", examples, ids=[example.place for example in examples])


def of_kind(kind: str) -> list[Example]:
    return [example for example in YAML if kind_of(example) == kind]


def test_every_example_is_of_a_kind_that_is_run() -> None:
    assert len(SHELL) > 10 and len(YAML) > 10
    assert {kind_of(e) for e in YAML} == {
        "plays",
        "tasks",
        "failover_drill",
        "awx_setup",
        "inventory",
        "scenario",
        "policy",
    }
    assert {e.language for e in EXAMPLES} == {"bash", "yaml", "python", "text"}


@named(of_kind("inventory"))
def test_an_inventory_names_arrays(example: Example, site: Site) -> None:
    (site.folder / "inventory.yml").write_text(example.text)
    listed = json.loads(site.run("ansible-inventory", "-i", "inventory.yml", "--list").stdout)

    assert listed["_meta"]["hostvars"]["powerstore-dr"]["ansible_host"] == "powerstore-dr.example.com"


@named(of_kind("policy"))
def test_a_policy_of_a_coverage_is_understood(example: Example) -> None:
    policy = parse_policy(example.content, example.place)

    assert policy.period and policy.rules and policy.exclusions


@named(of_kind("scenario"))
def test_a_scenario_can_be_simulated(example: Example) -> None:
    with Simulator(scenario.from_dict(example.content)) as simulator:
        assert {s.resource_name for s in simulator.dr.array.sessions} == {"erp-data", "erp-db"}


def packed(examples: list[Json]) -> list[Json]:
    """Few sets of variables that have each example as it is: none of a set says what another of it says."""
    sets: list[Json] = []
    scope = ("failover_drill_sessions", "failover_drill_filters")
    for example in examples:
        for variables in sets:
            both = [name for name in scope if name in example] and [name for name in scope if name in variables]
            if not both and not example.keys() & variables.keys():
                variables |= example
                break
        else:
            sets.append(dict(example))
    return sets


def test_the_variables_of_a_drill(site: Site) -> None:
    """A run in check mode on a few arrays, which judges everything that the examples say."""
    site.simulator.add_session(nas_server="homes", file_systems=["home", "projects"])
    hosts = {}
    for number, variables in enumerate(
        packed([yaml.safe_load(site.here(example.text)) for example in of_kind("failover_drill")])
    ):
        if "failover_drill_filters" not in variables:
            variables.setdefault("failover_drill_sessions", [{"volume": "erp-data"}, {"volume_group": "erp-db"}])
        # The tests run on every day: what is said of days is judged with all the others, but for the days themselves.
        if "failover_drill_window" in variables:
            week = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
            variables["failover_drill_window"] |= {"days": week, "from": "00:00", "to": "24:00"}
        for freeze in variables.get("failover_drill_freeze", ()):
            freeze |= {"from": "2020-12-20", "to": "2021-01-06"}
        hosts[f"array-{number}"] = {"ansible_host": site.simulator.dr.host, **variables}
    (site.folder / "inventory.json").write_text(json.dumps({"all": {"hosts": hosts}}, default=str))
    done = site.run("ansible-playbook", "-i", "inventory.json", "drdrill.powerstore.drill", "--check")

    assert done.returncode == 0, done.stdout + done.stderr
    records = [json.loads(path.read_text()) for path in (site.folder / "drill-records").glob("readiness-*.json")]
    assert [record["verdict"] for record in records] == ["passed"] * len(hosts)
    assert site.running() == []


@named(of_kind("plays"))
def test_plays(example: Example, site: Site) -> None:
    plays = yaml.safe_load(site.here(example.text))
    # The role's checks ask hosts that are not there; in check mode they are judged, and not asked.
    site.play(plays, *(["--check"] if "roles" in plays[0] else []))

    started = "on_failure: rollback" in example.text
    assert sorted(site.running()) == (["erp-data", "erp-db"] if started else [])


def test_the_modules(site: Site) -> None:
    """The EXAMPLES of all modules in one play, in the order of a drill."""
    modules = in_modules()
    erp: Json = {"sessions": [{"volume": "erp-data"}, {"volume_group": "erp-db"}]}
    read: Json = {"drdrill.powerstore.replication_session_info": erp}
    test = "drdrill.powerstore.replication_failover_test"
    drill = [
        {**read, "register": "drill_before"},
        {test: {**erp, "state": "started"}, "register": "drill_start"},
        {**read, "register": "drill_during"},
        {test: {**erp, "state": "stopped"}, "register": "drill_stop"},
        {**read, "register": "drill_after"},
        *modules.pop("drill_record"),
        {"ansible.builtin.set_fact": {"failover_drill_result": "{{ drill }}"}},
        *modules.pop("drill_report"),
        *modules.pop("drill_sign_off"),
        *modules.pop("drill_witness"),
        *modules.pop("drill_coverage"),
        *modules.pop("drill_awx"),
        *modules.pop("drill_action"),
        *modules.pop("drill_chain"),
        {"drdrill.powerstore.replication_session_info": {"sessions": [{"volume": "erp-data"}]}, "register": "sessions"},
        *modules.pop("drill_journal"),
        *modules.pop("first_contact"),
        *modules.pop("first_contact_report"),
    ]
    # They ask hosts that are not there; in check mode they are judged, and not asked.
    asking = [{**task, "check_mode": True} for name in ("drill_check", "linux_volume") for task in modules.pop(name)]
    for task in asking:
        for keyword in ("delegate_to", "become"):
            task.pop(keyword, None)
    order = ["session_info", "session_sync", "failover_test", "failover_test_sweep"]
    tasks = [task for name in order for task in modules.pop(f"replication_{name}")]
    of_nas_servers = [task for task in tasks if "nas_server" in json.dumps(task)] + modules.pop("nas_dr_test")
    tasks = [task for task in tasks if task not in of_nas_servers]
    assert modules == {}
    production = {"host": site.simulator.production.host, "port": site.simulator.production.port}
    tasks = json.loads(site.here(json.dumps([*tasks, *drill, *asking])))
    for task in tasks:
        if "drdrill.powerstore.replication_session_sync" in task:
            task["drdrill.powerstore.replication_session_sync"] |= production
    site.play([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}])

    assert site.running() == []
    assert len(site.simulator.dr.executed("start_failover_test")) == 3
    assert len(list((site.folder / "drills").glob("drill-*"))) >= 3
    assert len(list((site.folder / "ci/results").glob("*.junit.xml"))) == 1

    # The source has no fresh synchronisation of a NAS server to give, so they come after all the others.
    site.simulator.add_session(nas_server="homes", file_systems=["home-a", "home-b"])
    site.simulator.add_session(nas_server="finance", interfaces=[{"ip_address": "198.51.100.5"}])
    site.simulator.add_session(nas_server="erp-files")
    stop = {test: {"sessions": [{"volume_group": "erp-db"}, {"nas_server": "erp-files"}], "state": "stopped"}}
    tasks = json.loads(site.here(json.dumps([*of_nas_servers, stop])))
    site.play([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}])

    assert len(site.simulator.dr.executed("clone")) == 3
    assert site.simulator.dr.nas_servers(dr_test=True) == []
    assert site.running() == []


@named(of_kind("awx_setup"))
def test_the_variables_of_awx_setup_are_known(example: Example) -> None:
    """tests/integration/test_awx_setup.py runs the playbook."""
    known = "".join(path.read_text() for path in ROOT.glob("playbooks/**/awx*.yml"))

    assert [name for name in example.content if name not in known] == []


@named(of_kind("tasks"))
def test_tasks_can_be_loaded(example: Example, site: Site) -> None:
    plays = [{"hosts": "dr_arrays", "gather_facts": False, "tasks": yaml.safe_load(site.here(example.text))}]
    if "amazon.aws" in example.text:  # a collection that is not here: everything but the module's name is judged
        plays = json.loads(json.dumps(plays).replace("amazon.aws.s3_object", "ansible.builtin.debug"))
    site.play(plays, "--syntax-check")


@named([example for example in EXAMPLES if example.language == "python"])
def test_python(example: Example) -> None:
    exec(compile(example.text, example.place, "exec"), {})


def as_few(commands: t.Iterable[str]) -> dict[str, list[str]]:
    """Commands, and those of the pages that each stands for: what differs in its variables alone is one with all."""
    groups: dict[str, list[str]] = {}
    for command in dict.fromkeys(commands):
        groups.setdefault(re.sub(r" -e \S+", "", command), []).append(command)
    return {
        " ".join([command, *dict.fromkeys(given for each in those for given in re.findall(r"-e \S+", each))]): those
        for command, those in groups.items()
    }


def test_the_commands(site: Site) -> None:
    """Each command once, in the order of the pages, in a folder with what the first pages let the reader write."""
    first = {kind: next(e for e in of_kind(kind)) for kind in ("inventory", "failover_drill")}
    inventory = yaml.safe_load(site.here(first["inventory"].text))
    # No drill was killed here, whose start might be on its way; no host that is not there answers later.
    shorter = {"stop_tests_settle_time": 1, "abort_settle_time": 1, "failover_drill_step_timeout": 3}
    inventory["all"].setdefault("vars", {}).update(shorter, first_contact_seconds=2)
    (site.folder / "inventory.yml").write_text(yaml.safe_dump(inventory))
    (site.folder / "erp-drill.yml").write_text(site.here(first["failover_drill"].text))
    # tests/examples/test_evidence_guide.py runs those of its page, which are about records that are there.
    pages = [example for example in SHELL if "guide_evidence" not in example.place]
    wanted = [command for example in pages for command in commands(example)]
    ours = [
        c
        for c in wanted
        if c.startswith(("ansible ", "ansible-playbook -i inventory.yml ", "ansible-playbook drdrill"))
    ]
    as_one = as_few(c.removesuffix(" -e ansible_host=127.0.0.1") for c in ours if "awx_setup" not in c)
    for command, those in as_one.items():
        more = ["-i", "inventory.yml"] if "-i" not in command and "localhost" not in command else []
        ran = site.run(*shlex.split(site.here(command)), *more)
        code = max(ENDS_WITH.get(each, 0) for each in those)
        assert ran.returncode == code, f"{command}\n{ran.stdout}{ran.stderr}"
        assert site.running() == [], command

    assert len(as_one) >= 8 and ENDS_WITH.keys() <= {each for those in as_one.values() for each in those}
    record = json.loads(max((site.folder / "drill-records").glob("drill-*.json")).read_text())
    assert record["cleanup"]["verdict"] == "passed"


@named(SHELL)
def test_what_a_shell_is_told(example: Example) -> None:
    """A shell can read it, and what it names exists: targets of make, playbooks, folders of the collection."""
    checked = subprocess.run(["bash", "-n"], input=example.text, text=True, capture_output=True, check=False)
    assert checked.returncode == 0, checked.stderr
    makefile = (ROOT / "Makefile").read_text()
    for command in commands(example):
        words = command.rpartition("&& ")[2].split()
        if words[0] == "make":
            assert f"\n{words[1]}:" in makefile, command
        if words[:2] == ["python", "-m"]:
            usage = subprocess.run([sys.executable, "-m", words[2], "--help"], cwd=ROOT, capture_output=True, text=True)
            assert [option for option in re.findall(r"--[a-z-]+", command) if option not in usage.stdout] == []
            assert usage.returncode == 0, command
        for name in (
            word.removeprefix("drdrill.powerstore.") for word in words if word.startswith("drdrill.powerstore.")
        ):
            assert list(ROOT.glob(f"playbooks/{name}.yml")) + list(ROOT.glob(f"plugins/modules/{name}.py")), command
            if (playbook := ROOT / f"playbooks/{name}.yml").exists():
                given = [variable.split("=")[0] for variable in re.findall(r" -e (?!ansible_)([a-z_]+=)", command)]
                assert [variable for variable in given if variable not in playbook.read_text()] == [], command
