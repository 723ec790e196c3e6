# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""drill_record and drill_report in real playbooks: on the controller, with what Ansible makes of their arguments."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

from ansible_collections.drdrill.powerstore.plugins.module_utils._record.options import OPTIONS
from tests.integration.arrays import SCHEMA, Case, Prepare
from tests.prepared import run_ansible
from tests.unit.makers.drills import a_drill

ROOT = Path(__file__).parents[2]
PLAY = """
- hosts: array
  gather_facts: false
  vars:
    ansible_connection: ssh
    phase: "{{ lookup('ansible.builtin.file', drill_file) | from_json }}"
    words: {title: "{{ 'Drill of ' ~ inventory_hostname }}"}
  tasks:
    - drdrill.powerstore.drill_record: "{{ {'directory': folder, 'title': words.title} | combine(phase) }}"
      register: predicted
      check_mode: true
    - drdrill.powerstore.drill_record:
        directory: "{{ folder }}"
        title: "{{ words.title }}"
        before: "{{ phase.before }}"
        starts: "{{ phase.starts }}"
        during: "{{ phase.during }}"
        stops: "{{ phase.stops }}"
        after: "{{ phase.after }}"
        wishes: "{{ phase.wishes }}"
        owned: "{{ phase.owned }}"
        policy: "{{ phase.policy }}"
        steps: "{{ phase.steps }}"
        rto_seconds: "{{ phase.rto_seconds }}"
        scenario: "{{ omit }}"
      register: written
      run_once: true
    - drdrill.powerstore.drill_report:
        record: "{{ written.path }}"
      register: reports
    - drdrill.powerstore.drill_report:
        record: "{{ written.path }}"
      delegate_to: elsewhere.invalid
      register: refused
      ignore_errors: true
    - ansible.builtin.copy:
        dest: "{{ folder }}/results.json"
        content: "{{ {'predicted': predicted, 'written': written, 'reports': reports, 'refused': refused} | to_json }}"
      delegate_to: localhost
      vars: {ansible_connection: local, ansible_python_interpreter: "{{ ansible_playbook_python }}"}
"""


def test_a_real_playbook_with_a_host_that_cannot_be_reached(tmp_path: Path) -> None:
    """The host of the play is an array: nothing is sent to it, by any connection."""
    (tmp_path / "play.yml").write_text(PLAY)
    drill = {name: value for name, value in a_drill().items() if name in OPTIONS}
    (tmp_path / "drill.json").write_text(json.dumps(drill))
    command = ["ansible-playbook", "-i", "array,", str(tmp_path / "play.yml")]
    for name, value in {"folder": tmp_path / "records", "drill_file": tmp_path / "drill.json"}.items():
        command += ["-e", f"{name}={value}"]
    environment = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "tests/ansible.cfg"), "ANSIBLE_NOCOLOR": "1"}
    done = run_ansible(command, env=environment, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr

    seen = json.loads((tmp_path / "records/results.json").read_text())
    assert seen["written"]["changed"] and seen["predicted"]["changed"]
    assert seen["written"]["record"]["drill"] | {"id": ""} == seen["predicted"]["record"]["drill"] | {"id": ""}
    assert seen["written"]["record"]["drill"]["title"] == "Drill of array"
    assert json.loads(Path(seen["written"]["path"]).read_text()) == seen["written"]["record"]
    assert sorted(seen["reports"]["files"]) == ["csv", "html", "junit", "markdown"]
    assert all(Path(path).exists() for path in seen["reports"]["files"].values())
    assert seen["refused"]["failed"] and "delegated to elsewhere.invalid" in seen["refused"]["msg"]
    assert seen["predicted"]["path"] != seen["written"]["path"] and not Path(seen["predicted"]["path"]).exists()


def test_readiness_check_mode_and_abort_have_reports_and_a_line_like_a_drill(arrays: Prepare) -> None:
    asked = {
        "report_formats": ["html", "csv"], "rpo_seconds": 7200, "rto_seconds": 900, "approvers": ["B. Manager"],
        "participants": ["A. Storage"], "success_criteria": ["The ledger is complete."], "scenario": "Loss of the site",
        "checks": [{"name": "ledger", "command": ["true"]}],
    }  # fmt: skip
    case = Case("site", asked)
    sites = arrays(case)
    runs = {
        "readiness": sites.run(playbook="drdrill.powerstore.preflight"),
        "check mode": sites.run("--check"),
        "abort": sites.run("-e", "abort_settle_time=0", playbook="drdrill.powerstore.abort"),
    }
    assert {name: run.code for name, run in runs.items()} == dict.fromkeys(runs, 0), runs

    records = {path.stem: json.loads(path.read_text())["kind"] for path in case.records.glob("*.json")}
    assert sorted(records.values()) == ["abort", "readiness", "readiness"]
    # Preflight and check mode know the drill's objectives, people, criteria and steps, and what it would come to.
    for path in case.records.glob("readiness-*.json"):
        record = json.loads(path.read_text())
        SCHEMA.validate(record)
        assert (record["objectives"]["rpo_seconds"], record["objectives"]["rto_seconds"]) == (7200, 900), path
        assert record["who"]["approvers"] == ["B. Manager"] and record["who"]["participants"] == ["A. Storage"]
        assert record["drill"]["success_criteria"] == ["The ledger is complete."]
        assert [step["name"] for step in record["planned_steps"]] == ["ledger"]
        assert {session["recovery_point"]["objective_seconds"] for session in record["sessions"]} == {7200}
        assert record["would_be"]["verdict"] == "passed"
        assert record["scope"]["population"]["testable"] == 3
    assert {path.stem for path in case.records.glob("*.html")} == set(records)
    with (case.records / "register.csv").open(encoding="utf-8-sig", newline="") as file:
        assert {row["record_file"]: row["kind"] for row in csv.DictReader(file)} == {
            f"{stem}.json": kind for stem, kind in records.items()
        }
