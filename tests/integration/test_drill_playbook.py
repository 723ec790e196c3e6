# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook drill as a user runs it, by its name, against simulated arrays: what it leaves, and what it says."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from ansible_collections.drdrill.powerstore.plugins.module_utils._drill.replay import CUT_OFF
from tests.integration.arrays import SESSIONS, Case, Json, Prepare
from tests.lab.demo.application import Application
from tests.lab.simulator import Simulator
from tests.unit.makers.journals import cut_off

STOP = {"array": "dr", "method": "POST", "path": "*/stop_failover_test"}
NO = {"action": "answer", "status": 422, "body": {"messages": []}}


LEFT_OUT = {"reason": "is migrated this week", "owner": "A. Osei", "expires": "2999-12-31"}


def test_a_drill_passes_and_a_second_one_right_after(arrays: Prepare, tmp_path: Path) -> None:
    (tmp_path / "seen.yml").write_text(
        "- ansible.builtin.set_fact:\n    failover_drill_check_observed: seen\n  delegate_to: localhost\n"
    )
    with Application() as application:
        case = Case(
            "powerstore-dr",
            {
                "title": "Quarterly drill",
                "scenario": "Loss of the production site",
                "change_ticket": "CHG1",
                "success_criteria": ["The ledger is complete."],
                "participants": ["A. Storage"],
                "approvers": ["B. Manager"],
                "sessions": [
                    {"volume": "erp-data", "rto_seconds": 299},
                    {"volume_group": "erp-db", "wave": 2},
                    {"volume": "files-archive", "wave": 2},
                ],
                "exclusions": [{"volume": "files-archive", **LEFT_OUT}],
                "attach": [{"name": "mount", "tasks": str(tmp_path / "seen.yml")}],
                "release": [{"name": "unmount", "command": ["true"]}],
                "notify": [{"name": "tell", "command": ["touch", str(tmp_path / "told")]}],
                "checks": [
                    {"name": "port", "tcp": {"host": "127.0.0.1", "port": application.port}},
                    {"name": "url", "http": {"url": f"{application.url}/health", "contains": "open"}},
                    {"name": "command", "command": ["date", "--utc"], "contains": "UTC", "session": "erp-data"},
                    {"name": "first wave", "command": ["true"], "wave": 1},
                    {
                        "name": "long/output",
                        "command": ["sh", "-c", "echo token=se/cret99 >screen.txt; echo password=hunter22; seq 2000"],
                        "chdir": str(tmp_path),
                        "evidence": ["screen.txt", "missing.png"],
                    },
                ],
                "end_of_test_snapshot": "all",
                "end_of_test_snapshot_expiration": "7d",
            },
        )
        drill = arrays(case)
        production = case.simulator.production
        case.variables |= {
            "sync_first": True,
            "production_host": production.host,
            "production_port": production.port,
            "production_username": case.simulator.username,
            "production_password": case.simulator.password,
            "production_ca_path": str(case.simulator.ca_path),
            "report_formats": ["html", "junit", "csv", "markdown"],
        }
        # Numbers given on the command line are text.
        given = ["-e", "failover_drill_rto_seconds=300", "-e", "failover_drill_stop_retries=3"]
        for _time in range(2):
            done = drill.run(*given)
            assert done.code == 0, done.output
    record = case.record()
    assert (record["verdict"], record["cleanup"]["verdict"], record["reasons"]) == ("passed", "passed", [])
    assert [v["name"] for v in record["validations"]] == [
        "first wave", "mount", "port", "url", "long/output", "unmount",
    ]  # fmt: skip
    left = next(v for v in record["validations"] if v["name"] == "long/output")
    folder = case.records / f"drill-{record['drill']['id']}.evidence"
    names = ["long-output.output.txt", "long-output.screen.txt"]
    assert [(each["name"], each["source"]) for each in left["attachments"]] == [
        (names[0], "output"), (names[1], "screen.txt"),
    ]  # fmt: skip
    for each in left["attachments"]:
        content = (folder / each["name"]).read_bytes()
        assert (each["bytes"], each["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
        assert b"hunter22" not in content and b"se/cret99" not in content
        page = (case.records / f"drill-{record['drill']['id']}.html").read_text()
        assert f'href="drill-{record["drill"]["id"]}.evidence/{each["name"]}"' in page
    assert sorted(path.name for path in folder.iterdir()) == names
    assert (folder / names[0]).read_text().startswith("password=********\n1\n2\n")
    assert left["not_attached"] == ["missing.png: No such file or directory"]
    assert record["scope"]["exclusions"] == [{"session_id": None, "resource_name": "files-archive", **LEFT_OUT}]
    assert record["scope"]["population"] == {
        "destinations": 3, "testable": 3, "in_scope": 2, "excluded": 1, "not_selected": 0,
    }  # fmt: skip
    # The second drill is compared with the first.
    earlier = min(path.name for path in case.records.glob("drill-*.json"))
    assert (record["previous"]["file"], record["previous"]["in_common"]) == (earlier, 2)
    assert {session["change"]["what"] for session in record["sessions"]} == {"still_passing"}
    assert record["objectives"]["rto_regression_percent"] == 50
    # The summary breaks its lines where the terminal would.
    assert done.says("3 of them can be tested. In scope 2, left out") and done.says("2 still passing")
    assert record["drill"]["change_ticket"] == "CHG1" and record["who"]["array_account"] == "admin"
    assert abs(record["times"]["clock_skew_seconds"]) < 60
    first, second = record["sessions"]
    assert (first["rto"]["objective_seconds"], second["rto"]["objective_seconds"]) == (299, 300)
    assert [v["name"] for v in first["validations"] if v["kind"] == "command"] == ["command"]
    for session in (first, second):
        assert session["return_to_normal"] == {
            "stop_confirmed": True,
            "held": False,
            "differences": [],
            "not_compared": [],
            "left_alone": None,
        }
        assert session["rto"]["met"] is True and session["recovery_point"]["met"] is True
        assert 0 < session["rto"]["hosts_see_it_seconds"] <= session["rto"]["application_validated_seconds"]
        assert all(validation["passed"] for validation in session["validations"])
        assert session["stop"]["end_of_test_snapshot"]["expiration_timestamp"]
    # The second wave starts after the first one and stops before it.
    assert first["start"]["finished_at"] <= second["start"]["started_at"]
    assert second["stop"]["finished_at"] <= first["stop"]["started_at"]
    assert [s["phase"] for s in record["steps"]] == sorted(
        (s["phase"] for s in record["steps"]),
        key=["preflight", "synchronise", "start", "attach", "validate", "release", "stop", "prove", "witness"].index,
    )
    assert len(production.executed("sync")) == 4 and record["policy"]["synchronise_first"] is True
    assert first["recovery_point"]["age_seconds"] < 60
    synced = record["synchronisation"]
    assert synced["array"]["global_id"] == "PS0a1b2c3d4e01"
    assert [(each["action"], each["failed"]) for each in synced["sessions"]] == [("synchronised", False)] * 2
    assert all(each["job_id"] and each["started_at"] < each["finished_at"] for each in synced["sessions"])
    assert first["recovery_point"]["as_found"]["timestamp"] < first["recovery_point"]["timestamp"]
    assert {s["result"] for s in record["steps"]} == {"passed"}
    assert (tmp_path / "told").exists() and case.running() == []
    array = case.simulator.dr
    assert len(array.executed("start_failover_test")) == len(array.executed("stop_failover_test")) == 4
    assert array.logins == array.logouts and array.open_sessions == 0
    kinds = [path.name.partition(".")[2] for path in case.records.iterdir()]
    each = ("evidence", "html", "journal.jsonl", "json", "junit.xml", "md")
    assert sorted(kinds) == sorted(["csv", "jsonl", *(kind for kind in each for _time in range(2))])
    assert len((case.records / "register.csv").read_text().splitlines()) == 3
    for output in (done.output, json.dumps(record)):
        assert case.simulator.password not in output


TASKS = {
    "failing": "- ansible.builtin.fail:\n    msg: the tasks say no\n",
    "silent": "- ansible.builtin.debug:\n    msg: nothing is said\n",
    "unreachable": "- ansible.builtin.ping:\n  delegate_to: nowhere.invalid\n  vars: {ansible_connection: ssh}\n",
    # Twice: where a loaded machine cannot begin the first, Ansible calls the host unreachable, and the file goes on.
    "hanging": "- ansible.builtin.command: sleep 60\n" * 2,
    # What cannot be included would mark the array as failed for the plays after it, which decide on the exit code.
    "no-file": "- ansible.builtin.include_tasks: nowhere.yml\n",
    "no-role": "- ansible.builtin.include_role:\n    name: no.such.role\n",
    # A name that only looks like a word of Ansible's.
    "fine": "- ansible.builtin.set_fact:\n    failover_drill_check_observed: '{{ backend_host | default(1) }}'\n",
}
FAILING: dict[str, tuple[Json, str]] = {
    "tcp": ({"tcp": {"host": "127.0.0.1", "port": 1}, "retry": False}, "Connection refused"),
    "http": ({"http": {"url": "http://127.0.0.1:1/"}, "retry": False}, "Connection refused"),
    "command": ({"command": ["sh", "-c", "exit 3"], "retry": False}, "exit code 3"),
    "contains": ({"command": ["echo", "closed"], "contains": "open", "retry": False}, "exit code 0"),
    "hangs": ({"command": ["sleep", "30"], "timeout": 1}, "no answer within"),
    "failing": ({"tasks": "failing"}, "the tasks say no"),
    "silent": ({"tasks": "silent"}, "did not set failover_drill_check_observed"),
    "unreachable": ({"tasks": "unreachable"}, "did not set failover_drill_check_observed"),
    "hanging": ({"tasks": "hanging", "timeout": 1}, "Timed out"),
    "no-file": ({"tasks": "no-file"}, "could not be loaded"),
    "no-role": ({"tasks": "no-role"}, "could not be loaded"),
}
GOOD = {"name": "still done", "command": ["true"]}
FINE = {"name": "fine", "tasks": "fine"}


def test_failed_checks_fail_the_drill_after_the_stop(arrays: Prepare, tmp_path: Path) -> None:
    """Each way to fail; all checks are done; one that is not critical is a deviation; every array keeps its order."""
    for name, text in TASKS.items():
        (tmp_path / f"{name}.yml").write_text(text)
    checks = [*({"name": name, **check} for name, (check, _observed) in FAILING.items()), dict(FINE)]
    for check in checks:
        if "tasks" in check:
            check["tasks"] = str(tmp_path / f"{check['tasks']}.yml")
    one = {"sessions": SESSIONS[:1], "end_of_test_snapshot": "failed"}
    nice = {"name": "nice to have", "command": ["false"], "critical": "off", "session": "ERP-data", "retry": False}
    drill = arrays(
        Case("failing", {**one, "checks": [*checks, GOOD]}),
        Case("deviation", {**one, "sessions": SESSIONS, "checks": [nice, GOOD]}),
    )
    done = drill.run()
    assert done.code == 2, done.output
    record = drill["failing"].record()
    assert (record["verdict"], record["cleanup"]["verdict"]) == ("failed", "passed")
    assert [v["name"] for v in record["validations"]] == [*FAILING, "fine", "still done"]
    assert [v["passed"] for v in record["validations"]] == [*[False] * len(FAILING), True, True]
    for validation, (_check, observed) in zip(record["validations"], FAILING.values(), strict=False):
        assert observed in validation["observed"], (validation, done.output)
    # Something failed, so what was written is kept; where it was about one session, of that one.
    assert record["sessions"][0]["stop"]["end_of_test_snapshot"]
    deviation = drill["deviation"].record()
    assert deviation["verdict"] == "passed_with_deviations"
    assert [bool(s["stop"]["end_of_test_snapshot"]) for s in deviation["sessions"]] == [True, False]
    assert drill["failing"].running() == drill["deviation"].running() == []
    assert done.says("deviation passed_with_deviations passed") and done.says("failing failed passed")


FILES = {
    "ends": "- ansible.builtin.meta: end_host\n",
    # By a name that is in a loop, and beside the file that includes it.
    "hides": "- ansible.builtin.include_tasks: '{{ item }}.yml'\n  loop: [fine, hides-more]\n",
    "fine": "- ansible.builtin.debug:\n    msg: '{{ backend_host | default(1) }}'\n",
    "hides-more": "- ansible.builtin.include_tasks: ends-all.yml\n",
    "ends-all": "- ansible.builtin.meta: end_play\n",
    "no-part": "- ansible.builtin.include_role:\n    name: drdrill.powerstore.failover_drill\n"
    "    tasks_from: linux/nowhere\n",
    "includes-broken": "- block:\n    - ansible.builtin.include_tasks: broken.yml\n",
    "broken": "- no.such.module:\n",
    "own": "- ansible.builtin.include_role:\n    name: drdrill.powerstore.failover_drill\n    tasks_from: stop\n",
    # Ansible looks among the role's own files first.
    "own-file": "- ansible.builtin.include_tasks: stop.yml\n",
}
# One of each kind: the others are in tests/unit/drill/test_steps.py and test_scope.py.
REFUSED: dict[str, tuple[Json, str]] = {
    "no-file": ({"notify": [{"tasks": "/no/such/file.yml"}]}, "/no/such/file.yml"),
    "hidden-end": ({"attach": [{"tasks": "hides.yml"}]}, "meta: end_play in it would end the play"),
    "no-part": ({"release": [{"tasks": "no-part.yml"}]}, "Could not find specified file in role"),
    "misspelt": ({"release": [{"tasks": "includes-broken.yml"}]}, "couldn't resolve module/action 'no.such.module'"),
    "own-part": ({"checks": [{"tasks": "own.yml"}]}, "includes the role drdrill.powerstore.failover_drill (stop)"),
    "own-file": ({"checks": [{"tasks": "own-file.yml"}]}, "a part of the running drill itself"),
    "no-sessions": ({"sessions": []}, "failover_drill_sessions is empty"),
    "sync": ({"sync_first": True, "production_username": "admin"}, "expected failover_drill_production_host"),
    "foreign-adopt": ({"adopt_running": True}, "It was started by colleague"),
}


def test_what_cannot_be_meant_or_is_in_the_way_is_refused_before_the_start(arrays: Prepare, tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / f"{name}.yml").write_text(text)

    def case(name: str, variables: Json) -> Case:
        for steps in ("attach", "checks", "release", "notify"):
            for step in variables.get(steps, ()):
                step["name"] = "odd"

        def somebody_elses(simulator: Simulator) -> None:
            if name.startswith("foreign"):
                simulator.dr.start_failover_test("erp-db", user="colleague")

        return Case(name, variables, somebody_elses)

    drill = arrays(*(case(name, variables) for name, (variables, _said) in REFUSED.items()))
    done = drill.run()
    assert done.code == 2, done.output
    for name, (_variables, said) in REFUSED.items():
        assert done.says(said), name
        assert drill[name].verdicts == ("aborted", "not_needed"), name
        started = drill[name].simulator.dr.executed
        assert started("stop_failover_test") == [], name
        assert drill[name].running() == (["erp-db"] if name.startswith("foreign") else []), name
    assert done.says("no-sessions aborted not_needed")  # told although every array of the run failed
    foreign = drill["foreign-adopt"].record()
    assert [s["resource_name"] for s in foreign["sessions"]] == ["erp-data", "erp-db"]
    assert {s["result"] for s in foreign["steps"]} == {"failed", "not_executed"}
    assert drill["no-sessions"].simulator.dr.journal() == []


def refused_start(simulator: Simulator) -> None:
    path = f"/replication_session/{simulator.dr.session('erp-db').id}/start_failover_test"
    simulator.faults.add(array="dr", method="POST", path=path, **NO)


def refused_once_then_late(simulator: Simulator) -> None:
    simulator.faults.add(**STOP, **NO, count=1)
    simulator.faults.add(**STOP, action="flag_late", seconds=2)


def no_expiration(simulator: Simulator) -> None:
    simulator.faults.add(array="dr", method="PATCH", path="/volume/{id}", action="answer", status=422)


def no_space(simulator: Simulator) -> None:
    simulator.faults.add(**STOP, **NO, when={"create_end_of_test_snapshot": True})


def late_start(simulator: Simulator) -> None:
    simulator.operation_seconds["start_failover_test"] = 6


def gone(seconds: float) -> Callable[[Simulator], object]:
    """The array breaks off when the drill logs in for the third time: to read the sessions while the tests run."""
    fault = {"array": "dr", "method": "GET", "path": "/login_session", "action": "refuse", "nth": 3}
    return lambda simulator: simulator.faults.add(**fault, seconds=seconds)


def restarts_in_own_test(simulator: Simulator) -> None:
    simulator.dr.start_failover_test("erp-data", user=simulator.username)
    gone(4)(simulator)


KEPT = {"end_of_test_snapshot": "all", "end_of_test_snapshot_expiration": "30d"}
FATES: dict[str, tuple[Case, tuple[str, str], list[str]]] = {
    case.name: (case, verdicts, running)
    for case, verdicts, running in (
        # One start is refused, under two of the three policies; under the third in tests/integration/test_nas_drill.py.
        (Case("continue", {"on_partial_failure": "continue"}, refused_start), ("failed", "passed"), []),
        (Case("hold", {"on_partial_failure": "hold"}, refused_start), ("failed", "held"), ["erp-data"]),
        # The stop: refused once and then confirmed late, and after a start that outlived its task.
        (Case("stop-late", {}, refused_once_then_late), ("passed", "passed"), []),
        (Case("start-outlives", {"wait_timeout": 2, "stop_retries": 30}, late_start), ("failed", "passed"), []),
        # The array restarts, in a drill that took over a test that ran; or is gone for good, after a step that failed.
        (
            Case(
                "adopted", {"adopt_running": True, "sessions": [], "filters": {"name": "ERP-*"}}, restarts_in_own_test
            ),
            ("passed", "passed"),
            [],
        ),
        (
            Case(
                "gone", {"timeout": 4, "stop_retries": 0, "attach": [{"name": "a", "command": ["false"]}]}, gone(3600)
            ),
            ("failed", "failed"),
            ["erp-data", "erp-db"],
        ),
        # Around it.
        (
            Case("release-fails", {"release": [{"name": "r", "command": ["false"]}], **KEPT}, no_expiration),
            ("failed", "passed"),
            [],
        ),
        # The production array refuses the login: its own variables are named.
        (Case("no-sync", {"sync_first": True}), ("aborted", "not_needed"), []),
        # The snapshot is worth less than the stop.
        (Case("no-space", KEPT | {"stop_retries": 1}, no_space), ("passed_with_deviations", "passed"), []),
    )
}


def test_what_became_of_each_drill(arrays: Prepare) -> None:
    """Many arrays in one run, each with a fate of its own; one that fails leaves no other's tests running."""
    drill = arrays(*(case for case, _verdicts, _running in FATES.values()))
    site = drill["no-sync"].simulator
    drill["no-sync"].variables |= {
        "production_host": site.production.host,
        "production_port": site.production.port,
        "production_username": site.username,
        "production_password": "wrong",
        "production_ca_path": str(site.ca_path),
    }
    done = drill.run()
    assert done.code == 2, done.output
    for name, (case, verdicts, running) in FATES.items():
        assert case.verdicts == verdicts, (name, case.record()["reasons"])
        assert case.running() == running, name
        array = case.simulator.dr
        if not running:
            assert len(array.executed("stop_failover_test")) >= len(array.executed("start_failover_test")), name
    assert done.says("FAILOVER TESTS MAY STILL BE RUNNING ON gone.") and done.says("CANNOT BE FAILED OVER")
    assert done.says("gone failed failed") and done.says("adopted passed passed")
    assert done.says("FAILOVER TESTS WERE LEFT RUNNING ON PURPOSE ON hold.")
    refused = " ".join(drill["no-sync"].record()["reasons"])
    assert "Check failover_drill_production_username and failover_drill_production_password (POWERSTORE_PROD" in refused
    held = drill["hold"].record()
    assert held["cleanup"]["held"] == [drill["hold"].simulator.dr.session("erp-data").id]
    assert json.dumps(held["cleanup"]["held"][0]) in done.output.replace('\\"', '"')
    went_on = {s["resource_name"]: s for s in drill["continue"].record()["sessions"]}
    assert (went_on["erp-data"]["verdict"], went_on["erp-db"]["verdict"]) == ("passed", "failed")
    late = drill["start-outlives"].simulator.dr
    assert len(late.executed("start_failover_test")) == len(late.executed("stop_failover_test")) == 2
    unkept = drill["no-space"].record()["reasons"]
    assert len([reason for reason in unkept if "no end-of-test snapshot is known" in reason]) == 2
    release = drill["release-fails"].record()
    assert any(s["phase"] == "release" and s["result"] == "failed" for s in release["steps"])
    assert drill["gone"].record()["interruption"]["message"].startswith("Attach: a: exit code 1")
    assert any("the test was stopped, but" in reason for reason in release["reasons"])
    stops = {s["resource_name"]: s["stop"] for s in release["sessions"]}
    assert stops["erp-data"]["end_of_test_snapshot"]["name"].startswith("failover_test_STOPPED_")
    adopted = {s["resource_name"]: s for s in drill["adopted"].record()["sessions"]}
    assert (adopted["erp-data"]["adopted"], adopted["erp-db"]["adopted"]) == (True, False)


def test_check_mode_predicts_and_posts_nothing(arrays: Prepare) -> None:
    case = Case("powerstore-dr", {"checks": [{"name": "never", "command": ["false"]}]})
    blocked = Case("blocked", {}, lambda s: s.dr.set_session("erp-db", state="Error"))
    done = arrays(case, blocked).run("--check", "--diff")
    assert done.code == 2, done.output
    assert done.says("2 failover tests would be started and stopped again")
    for each in (case, blocked):
        assert {e.path for e in each.simulator.dr.journal() if e.method != "GET"} == {"/logout"}
    assert (case.record()["kind"], case.record()["verdict"]) == ("readiness", "passed")
    assert (blocked.record()["kind"], blocked.record()["verdict"]) == ("readiness", "failed")


def test_a_play_that_is_ended_by_a_check_is_finished_by_the_next(arrays: Prepare, tmp_path: Path) -> None:
    """Where its name is known only while the tests run, it cannot be refused before."""
    (tmp_path / "ends.yml").write_text(FILES["ends"])
    (tmp_path / "hides.yml").write_text(
        f"- ansible.builtin.set_fact: {{hidden: {tmp_path}/ends.yml}}\n"
        "- ansible.builtin.include_tasks: '{{ hidden }}'\n"
    )
    case = Case("powerstore-dr", {"checks": [{"name": "hidden end", "tasks": str(tmp_path / "hides.yml")}]})
    done = arrays(case).run()
    assert done.code == 2, done.output
    assert case.running() == []
    assert case.verdicts == ("incomplete", "passed")


def test_a_drill_that_leaves_no_trace_does_not_start(arrays: Prepare, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    case = Case("powerstore-dr", {"records_directory": str(tmp_path / "file")})
    done = arrays(case).run()
    assert done.code == 2
    assert done.says("The journal could not be written") and done.says("Nothing was started.")
    assert done.says("The record could not be written") and done.says("Verdict: aborted"), done.output
    assert case.simulator.dr.executed("start_failover_test") == []


def test_the_parts_of_the_role_alone(arrays: Prepare, tmp_path: Path) -> None:
    """Preflight and stop as entry points: the stop takes what this account has running, and leaves the rest."""
    play = {
        "hosts": "all",
        "connection": "local",
        "gather_facts": False,
        "any_errors_fatal": True,
        "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"},
        "tasks": [
            {
                "name": "A part",
                "ansible.builtin.include_role": {
                    "name": "drdrill.powerstore.failover_drill",
                    "tasks_from": "{{ part }}",
                },
            },
        ],
    }
    (tmp_path / "part.yml").write_text(json.dumps([play]))

    def started(simulator: Simulator) -> None:
        simulator.dr.start_failover_test("erp-data", user=simulator.username)
        simulator.dr.start_failover_test("erp-db", user="colleague")

    # What the inventory has for another use, and an array that is gone, keep no test of another array running.
    of_another_use = {"ansible_connection": "ssh", "ansible_become": True}
    drill = arrays(Case("ready", host=of_another_use), Case("running", {}, started, of_another_use))
    nowhere = {"ansible_host": "127.0.0.1", "failover_drill_port": 1, "failover_drill_timeout": 2}
    gone = {"gone": {**nowhere, "failover_drill_sessions": SESSIONS}}
    journals = {name: cut_off(drill[name].records, name) for name in ("ready", "running")}
    done = drill.run("-e", "part=preflight", playbook=str(tmp_path / "part.yml"))
    assert done.code == 2 and done.says("It was started by colleague"), done.output
    assert "ready                      : ok=" in done.output and done.output.count("failed=0") == 1
    for name, journal in journals.items():  # also where the preflight refuses a drill
        record = drill[name].record()
        assert record["interruption"]["message"] == CUT_OFF and journal.name == "drill-1.journal.jsonl", name
    for others, code in ((gone, 2), ({}, 0)):
        done = drill.run("-e", "part=stop", playbook=str(tmp_path / "part.yml"), others=others)
        assert done.code == code, done.output
        assert done.says("the array does not say who did: erp-db")
        assert drill["running"].running() == ["erp-db"]
    assert "changed=1" not in done.output
    assert len(drill["running"].simulator.dr.executed("stop_failover_test")) == 1
