# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A drill of a volume, a group and a NAS server: each is tested by its own means, and nothing is left."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import msgspec

from tests.integration.arrays import Case, Json, Prepare
from tests.lab.demo.application import Application
from tests.lab.simulator import Simulator

HOMES: t.Final[Json] = {
    "nas_server": "homes",
    "rule": "rpo-5min",
    "file_systems": ["home", "projects"],
    "interfaces": [{"ip_address": "192.0.2.7"}],
}
# On this computer a check can reach it; the array, which is simulated, does not serve it.
ASKED: t.Final[Json] = {
    "nas_server": "homes",
    "interface": {"ip_address": "127.0.0.1", "prefix_length": 8},
    "isolated": True,
}
ALL: t.Final[list[Json]] = [{"volume": "erp-data"}, {"volume_group": "erp-db"}, ASKED]


def left(simulator: Simulator) -> list[str]:
    """What a DR test left on the array: clones, and interfaces and file systems of clones that are gone."""
    tables = simulator.dr.array.tables
    known = {row["id"] for row in tables["nas_server"] if not row["is_dr_test"]}
    clones = [str(row["name"]) for row in tables["nas_server"] if row["is_dr_test"]]
    parts = [
        f"{name} {row['name']}"
        for name in ("file_interface", "file_system")
        for row in tables[name]
        if row["nas_server_id"] not in known
    ]
    return clones + parts


def test_a_volume_a_group_and_a_nas_server_in_one_drill(arrays: Prepare) -> None:
    with Application() as application:
        case = Case(
            "mixed",
            {
                "sessions": ALL,
                "checks": [
                    {
                        "name": "NFS of homes",
                        "tcp": {"host": "127.0.0.1", "port": application.port},
                        "session": "homes",
                    }
                ],
                "report_formats": ["html", "junit", "csv", "markdown"],
            },
            more_sessions=[HOMES],
        )
        drill = arrays(case)
        predicted = drill.run("--check")
        assert predicted.code == 0, predicted.output
        assert not left(case.simulator)
        done = drill.run()
    assert done.code == 0, done.output
    assert case.running() == [] and left(case.simulator) == []
    executed = [operation for operation, _id in case.simulator.dr.array.executed]
    assert executed.count("clone") == 1 and executed.count("start_failover_test") == 2
    record = case.record()
    assert (record["verdict"], record["cleanup"]["verdict"]) == ("passed_with_deviations", "passed")
    by_name = {session["resource_name"]: session for session in record["sessions"]}
    assert by_name["erp-data"]["verdict"] == by_name["erp-db"]["verdict"] == "passed"
    homes = by_name["homes"]
    assert homes["verdict"] == "passed_with_deviations" and homes["return_to_normal"]["stop_confirmed"]
    assert homes["dr_test_clone"]["addresses"] == ["127.0.0.1"]
    assert homes["dr_test_clone"]["file_systems"] == ["home", "projects"]
    assert [each["cause"] for each in record["causes"]] == ["rpo.not_measured"]
    assert {each["passed"] for each in homes["validations"]} == {True, None}
    assert record["witness"]["verdict"] == "corroborated" and len(record["witness"]["claims"]) == 6
    [page] = case.records.glob("drill-*.html")
    [unseen] = record["witness"]["not_witnessed"]
    assert "(homes)" in unseen and "<b>Not witnessed:</b>" in page.read_text() and done.says("Not witnessed:")


def hide_sources(simulator: Simulator) -> None:
    """Nothing on the array shows of which NAS server a clone is: neither its file systems nor the jobs."""
    options = simulator.world.options
    simulator.world.options = msgspec.structs.replace(options, clone_parent="hidden", clone_job_tells_id=False)


def test_a_drill_of_a_nas_server_alone_and_what_refuses_one(arrays: Prepare) -> None:
    alone = Case("alone", {"sessions": [ASKED]}, more_sessions=[HOMES])
    hidden = Case("hidden", {"sessions": [ASKED]}, hide_sources, more_sessions=[HOMES])
    taken = Case(
        "taken",
        {"sessions": [{**ASKED, "interface": {"ip_address": "192.0.2.7", "prefix_length": 24}, "isolated": False}]},
        more_sessions=[HOMES],
    )
    there = Case("there", {"sessions": ALL}, more_sessions=[{**HOMES, "dr_tests": [{"name": "of-somebody"}]}])
    done = arrays(alone, hidden, taken, there).run()
    assert done.code != 0
    assert alone.verdicts == ("passed_with_deviations", "passed") and left(alone.simulator) == []
    witness = alone.record()["witness"]
    assert (witness["verdict"], len(witness["claims"])) == ("corroborated", 2) and witness["not_witnessed"]
    assert hidden.verdicts == ("passed_with_deviations", "passed") and left(hidden.simulator) == []
    assert hidden.record()["sessions"][0]["dr_test_clone"]["addresses"] == ["127.0.0.1"]
    assert taken.verdicts[1] == "not_needed" and done.says("The address 192.0.2.7 is that of the file interface")
    assert there.verdicts[1] == "not_needed" and done.says("DR-test clone 'of-somebody' of the NAS server 'homes'")
    assert left(there.simulator)[0] == "of-somebody" and there.running() == []


NO: t.Final[Json] = {"action": "answer", "status": 422, "body": {"messages": []}}


def refused(method: str, path: str) -> t.Callable[[Simulator], object]:
    return lambda simulator: simulator.faults.add(array="dr", method=method, path=path, **NO)


def test_what_goes_wrong_with_a_clone_keeps_no_stop_from_coming(arrays: Prepare) -> None:
    two: Json = {"sessions": [{"volume": "erp-data"}, ASKED], "stop_retries": 1}
    clone = Case("clone", two, refused("POST", "/nas_server/*/clone"), more_sessions=[HOMES])
    onward = {**two, "on_partial_failure": "continue"}
    address = Case("address", onward, refused("POST", "/file_interface"), more_sessions=[HOMES])
    delete = Case("delete", two, refused("DELETE", "/nas_server/*"), more_sessions=[HOMES])
    drill = arrays(clone, address, delete)
    done = drill.run()
    assert done.code != 0
    for case in (clone, address):
        assert case.running() == [] and left(case.simulator) == [], case.name
        record = case.record()
        assert (record["verdict"], record["cleanup"]["verdict"]) == ("failed", "passed"), case.name
        homes = record["sessions"][1]
        assert homes["start"]["failed"] and "start.failed" in [each["cause"] for each in record["deviations"]]
    # A clone that cannot be deleted is said as loudly as a test that cannot be stopped, and what to run next.
    assert delete.running() == [] and len(left(delete.simulator)) == 1
    assert delete.verdicts == ("failed", "failed")
    assert done.says("FAILOVER TESTS MAY STILL BE RUNNING ON delete") and done.says(
        "DR-test clones take space and can be reached; these NAS servers can be failed over:"
    )
    delete.simulator.faults.clear()
    again = drill.run("--limit", "delete", "-e", "stop_tests_settle_time=0", playbook="drdrill.powerstore.stop_tests")
    assert again.code == 0, again.output
    assert left(delete.simulator) == []


def test_the_preflight_and_the_stop_alone_know_nas_servers(arrays: Prepare, tmp_path: Path) -> None:
    ready = Case("ready", {"sessions": ALL}, more_sessions=[HOMES])
    wrong = Case("wrong", {"sessions": [{**ASKED, "file_systems": ["homs"]}]}, more_sessions=[HOMES])
    drill = arrays(ready, wrong)
    done = drill.run(playbook="drdrill.powerstore.preflight")
    assert done.code != 0 and done.says("has no file system 'homs'")
    assert ready.record()["verdict"] == "passed" and wrong.record()["verdict"] == "failed"
    would_be = [session["would_be"]["verdict"] for session in ready.record()["sessions"]]
    assert would_be == ["passed", "passed", "passed_with_deviations"]
    ready.simulator.dr.clone_nas_server("homes", "drtest_admin_homes_x", "admin")
    play = [
        {
            "hosts": "ready",
            "connection": "local",
            "gather_facts": False,
            "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"},
            "tasks": [
                {"ansible.builtin.include_role": {"name": "drdrill.powerstore.failover_drill", "tasks_from": "stop"}}
            ],
        }
    ]
    (tmp_path / "stop.yml").write_text(json.dumps(play))
    stopped = drill.run(playbook=str(tmp_path / "stop.yml"))
    assert stopped.code == 0, stopped.output
    # It has this account's name, but not the one that a task gives: whose it is is not clear by that alone.
    assert left(ready.simulator)[:1] == ["drtest_admin_homes_x"]
