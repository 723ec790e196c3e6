# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Variables and tasks files that could leave a test running, lose the record, or pass for what was not measured."""

from __future__ import annotations

import json
from pathlib import Path

from tests.integration.arrays import SCHEMA, SESSIONS, Case, Json, Prepare
from tests.lab.simulator import Simulator

SAW = "failover_drill_check_observed: seen"
GOOD = {"name": "good", "command": ["true"]}

# What a tasks file says that it saw, and whether that is something.
SEEN = {"null": False, "false": False, "''": False, "0": True, "[a, b]": True}
# Facts that a tasks file sets for hosts of its own: with them no module would find its way to the array.
TAKEN = [
    "ansible_connection: ssh, ansible_host: nowhere.invalid",
    "ansible_python_interpreter: /no/such/python, ansible_remote_tmp: /proc/none",
    "ansible_become: true, ansible_become_user: nobody, ansible_shell_executable: /no/such/shell",
]
# What becomes of the journal while the tests run; its folder is in the variables of each array.
SPOILS = {
    "removed": "rm {{ failover_drill_records_directory }}/*.journal.jsonl",
    "taken-over": 'for i in {{ failover_drill_records_directory }}/*.journal.jsonl; do rm "$i" && mkdir "$i"; done',
}
EVERYTHING: Json = {"sessions": [], "filters": {"name": "*"}}

# Refused once the sessions are read; tests/integration/test_drill_playbook.py has what is refused before, and
# tests/unit/drill/test_scope.py the others.
REFUSED: dict[str, tuple[Json, str]] = {
    # An exclusion protects: one that leaves nothing out is refused.
    "group": (
        {**EVERYTHING, "exclusions": [{"volume": "erp-db", "reason": "production uses it"}]},
        "erp-db is a volume group. Write volume_group: erp-db.",
    ),
}
# Refused by Ansible itself, which knows the role's variables from its argument specs.
NOT_BEGUN: dict[str, tuple[Json, str]] = {
    "filter-text": ({"sessions": [], "filters": "erp-d*"}, "unable to convert to dict"),
    "filter-key": ({"sessions": [], "filters": {"names": "erp-d*"}}, "failover_drill_filters.names"),
}
LEFT_OUT: dict[str, tuple[Json, list[str]]] = {
    # From a survey, or -e: a text is never widened.
    "by-filter": (
        {
            "sessions": [],
            "filters": '{"role": "any", "failover_test_in_progress": false, "name": "*-d*"}',
            "exclusions": [{"volume": "ERP-Data", "reason": "x"}],
        },
        ["erp-db"],
    ),
    "by-list": (
        {
            "sessions": [{"volume": "erp-data"}, {"volume": "files-archive", "application": "Files", "tier": 2}],
            "exclusions": [{"volume": "ERP-DATA", "reason": "x", "owner": "B. Manager", "expires": "2999-12-31"}],
            "report_formats": ["csv", "html"],
        },
        ["files-archive"],
    ),
}


def somebody_meanwhile(simulator: Simulator) -> None:
    """A colleague starts a test after the preflight has read the sessions."""
    simulator.faults.add(
        array="dr", method="GET", path="/replication_session", action="foreign",
        operation="start_failover_test", session="erp-db", user="colleague", nth=2,
    )  # fmt: skip


def test_what_is_left_out_is_not_tested(arrays: Prepare) -> None:
    """And all arrays of the run share an id, and have a record together; a limit leaves out the controller, too."""
    drill = arrays(*(Case(name, variables) for name, (variables, _tested) in LEFT_OUT.items()), Case("not-visited"))
    done = drill.run("--limit", ",".join(LEFT_OUT))
    assert done.code == 0, done.output
    assert drill["not-visited"].simulator.dr.journal() == []
    for name, (_variables, tested) in LEFT_OUT.items():
        array = drill[name].simulator.dr
        started = array.executed("start_failover_test")
        assert sorted(s.resource_name for s in array.array.sessions if s.id in started) == tested, name
        assert sorted(s["resource_name"] for s in drill[name].record()["sessions"]) == tested, name
    (exclusion,) = drill["by-list"].record()["scope"]["exclusions"]
    assert (exclusion["owner"], exclusion["expires"]) == ("B. Manager", "2999-12-31")

    ids = {drill[name].record()["run_id"] for name in LEFT_OUT}
    intents = (next(drill[name].records.glob("*.journal.jsonl")).read_text().splitlines()[0] for name in LEFT_OUT)
    assert {json.loads(line)["run_id"] for line in intents} == ids and len(ids) == 1 and None not in ids
    (written,) = tuple((drill["by-filter"].records).glob("run-*.json"))
    run = json.loads(written.read_text())
    SCHEMA.validate(run)
    assert (run["verdict"], run["run_id"], len(run["members"])) == ("passed", *ids, len(LEFT_OUT))
    (application,) = run["applications"]
    assert (application["application"], application["tier"], application["verdict"]) == ("Files", "2", "passed")
    assert written.with_suffix(".html").exists()
    register = (written.parent / "register.csv").read_text(encoding="utf-8-sig").splitlines()
    assert [line.split(",")[1] for line in register[1:]] == ["run"] and next(iter(ids)) in register[1]
    assert done.says("All arrays together: passed.") and str(written) in done.output


def test_odd_input_leaves_nothing_running_and_passes_for_nothing(arrays: Prepare, tmp_path: Path) -> None:
    def looking(text: str) -> Json:
        file = tmp_path / f"{len(list(tmp_path.iterdir()))}.yml"
        file.write_text(f"- ansible.builtin.set_fact: {{{text}}}\n")
        return {"name": text, "tasks": str(file)}

    # Numbers as they come from a survey.
    objectives = [{"volume": "erp-data", "rto_seconds": "300", "rpo_seconds": "600"}]
    good = {"name": "good", "command": ["true"], "timeout": "5", "critical": "no"}
    seen = [looking(f"failover_drill_check_observed: {value}") for value in SEEN]
    lost = [looking(f"{SAW}, {facts}") for facts in TAKEN]
    drill = arrays(
        Case("seen", {"sessions": objectives, "checks": [*seen, *lost, good]}),
        *(Case(name, variables) for name, (variables, _said) in (REFUSED | NOT_BEGUN).items()),
        Case("meanwhile", {}, somebody_meanwhile),
        # Not even Ansible's own actions can be run any more: what this step saw is lost, what was started is not.
        *(
            Case(name, {"checks": [{"name": "spoils it", "command": ["sh", "-c", shell], "chdir": "/"}]})
            for name, shell in SPOILS.items()
        ),
        Case("lost", {"sessions": SESSIONS[:1], "checks": [looking(f"{SAW}, ansible_connection: no.such.plugin")]}),
    )
    done = drill.run()
    assert done.code == 2, done.output
    everything = [*SEEN.values(), *[True for _facts in TAKEN], True]
    assert [v["passed"] for v in drill["seen"].record()["validations"]] == everything
    assert (drill["seen"].verdicts, drill["seen"].running()) == (("failed", "passed"), [])
    (session,) = drill["seen"].record()["sessions"]
    assert (session["rto"]["objective_seconds"], session["recovery_point"]["objective_seconds"]) == (300, 600)
    # Every stop was confirmed, so nobody is told that a test may still run; without its journal no drill passes.
    assert (drill["removed"].verdicts, drill["removed"].running()) == (("incomplete", "passed_with_deviations"), [])
    assert any("was removed while the drill ran" in reason for reason in drill["removed"].record()["reasons"])
    assert list(drill["taken-over"].records.glob("drill-*.json")) == [] and drill["taken-over"].running() == []
    assert done.says("No record could be made") and not done.says("MAY STILL BE RUNNING ON taken-over")
    assert not done.says("MAY STILL BE RUNNING ON removed")
    for name, (_variables, said) in REFUSED.items():
        assert done.says(said), name
        assert drill[name].verdicts == ("aborted", "not_needed"), name
        assert drill[name].simulator.dr.executed("start_failover_test") == [], name
    for name, (_variables, said) in NOT_BEGUN.items():
        assert done.says(said), name
        assert drill[name].simulator.dr.journal() == [], name
    # Somebody else's test is not taken for the drill's own: neither stopped nor missed by the clean-up.
    assert drill["meanwhile"].running() == ["erp-db"]
    assert drill["meanwhile"].verdicts == ("incomplete", "passed")
    owned = {s["resource_name"]: s["test_owned"] for s in drill["meanwhile"].record()["sessions"]}
    assert owned == {"erp-data": True, "erp-db": False}
    assert (drill["lost"].verdicts, drill["lost"].running()) == (("incomplete", "passed"), [])


def test_what_a_play_and_the_command_line_say_changes_no_refusal(arrays: Prepare, tmp_path: Path) -> None:
    """ignore_errors on the user's play does not start what was refused, and -e answers for no check."""
    play = {"hosts": "all", "connection": "local", "gather_facts": False, "ignore_errors": True, "become": True,
            "roles": [{"role": "drdrill.powerstore.failover_drill"}]}  # fmt: skip
    (tmp_path / "play.yml").write_text(json.dumps([play]))
    (tmp_path / "silent.yml").write_text("- ansible.builtin.debug:\n    msg: nothing is said\n")
    blocked = Case("blocked", {}, lambda s: s.dr.set_session("erp-db", state="Error"))
    answered = Case("answered", {"checks": [{"name": "silent", "tasks": str(tmp_path / "silent.yml")}]})
    drill = arrays(blocked, answered)
    done = drill.run("-e", "failover_drill_check_observed=ok", playbook=str(tmp_path / "play.yml"))
    assert done.code == 2, done.output
    assert done.says("failover_drill_check_observed is given from outside")
    for case in (blocked, answered):
        assert case.verdicts == ("aborted", "not_needed")
        assert case.simulator.dr.executed("start_failover_test") == []
