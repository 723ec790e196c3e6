# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook preflight as a user runs it, by its name, against the simulated arrays."""

from __future__ import annotations

import json
import os
import re
import subprocess
import typing as t
from pathlib import Path

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._drill.replay import CUT_OFF
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.reading import problems
from ansible_collections.drdrill.powerstore.plugins.module_utils._words import Kind
from tests.conftest import journal_problems
from tests.contract.checker import Contract
from tests.lab.simulator import Simulator
from tests.prepared import run_ansible
from tests.running import run_module
from tests.unit.makers.journals import cut_off

ROOT = Path(__file__).parents[2]
PROBLEMS = ROOT / "tests/lab/simulator/scenarios/problems.yml"
Variables = dict[str, t.Any]


def preflight(
    simulator: Simulator, folder: Path, hosts: dict[str, Variables], *arguments: str, result_format: str = "json"
) -> subprocess.CompletedProcess[str]:
    """Run it on some hosts, each of which is the simulated DR array unless its variables say otherwise."""
    shared = {
        "ansible_host": simulator.dr.host,
        "failover_drill_port": simulator.dr.port,
        "failover_drill_username": simulator.username,
        "failover_drill_ca_path": simulator.ca_path,
        "failover_drill_records_directory": str(folder / "records"),
    }
    inventory = folder / "inventory.json"
    inventory.write_text(json.dumps({"all": {"hosts": {name: {**shared, **own} for name, own in hosts.items()}}}))
    done = run_ansible(
        ["ansible-playbook", "-i", str(inventory), "drdrill.powerstore.preflight", *arguments],
        cwd=folder,
        env={
            **os.environ,
            "ANSIBLE_CONFIG": str(ROOT / "tests/ansible.cfg"),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_CALLBACK_RESULT_FORMAT": result_format,
            "POWERSTORE_PASSWORD": simulator.password,
        },
        timeout=1200,
    )
    assert simulator.password not in done.stdout + done.stderr
    methods = {exchange.method for exchange in simulator.dr.journal() if exchange.path != "/logout"}
    assert methods == {"GET"}, done.stdout + done.stderr
    return done


def report_of(folder: Path, name: str) -> dict[str, t.Any]:
    """The report of the host with this name, as the schema has it."""
    for path in (folder / "records").glob("readiness-*.json"):
        report: dict[str, t.Any] = json.loads(path.read_text(encoding="utf-8"))
        if report["drill"]["title"] == f"Readiness of {name}":
            assert problems(report, Kind.READINESS) == []
            return report
    raise AssertionError(f"no report of {name}")


def recap(done: subprocess.CompletedProcess[str]) -> dict[str, int]:
    """Failed tasks by host."""
    return {name: int(count) for name, count in re.findall(r"^(\S+) +: ok=.*? failed=(\d+)", done.stdout, re.MULTILINE)}


@pytest.mark.parametrize("result_format", ["json", "yaml"])
def test_twelve_sessions(tmp_path: Path, contract: Contract, result_format: str) -> None:
    with Simulator.from_file(PROBLEMS) as simulator:
        hosts = {"dr": {"failover_drill_filters": {"role": "any"}}}
        done = preflight(simulator, tmp_path, hosts, result_format=result_format)
        read = run_module(simulator, "replication_session_info")
        assert not journal_problems(contract, simulator)
    assert done.returncode == 2, done.stdout + done.stderr
    report = report_of(tmp_path, "dr")
    assert (report["verdict"], report["scope"]["selected_by"], len(report["sessions"])) == ("failed", "all", 12)
    # Its findings are those of the module: the same, in the same words, but for what grows older.
    assert [[_timeless(f) for f in s["findings"]] for s in report["sessions"]] == [
        [_timeless(f) for f in s["findings"]] for s in read["sessions"]
    ]
    assert [session["ready"] for session in report["sessions"]] == [session["ready"] for session in read["sessions"]]

    shown = done.stdout.partition("TASK [Readiness]")[2].partition("TASK [")[0].splitlines()[1:]
    assert max(len(line) for line in shown if "Record: " not in line) <= 120  # a path is never broken
    text = " ".join(line.strip(""" "',-""") for line in shown)
    for session in report["sessions"]:
        rows = [line.strip(' "') for line in shown if f" {session['session_id'][:8]} " in line]
        assert len(rows) == 1 and rows[0].startswith("NO ") is not session["ready"]
        for finding in session["findings"]:
            assert f"{finding['severity'].upper()} {finding['id']}" in text
            for part in ("message", "impact", "resolution"):
                assert " ".join(finding[part].split()) in " ".join(text.split())


def _timeless(finding: dict[str, str]) -> dict[str, str]:
    return {key: re.sub(r"\d+ s \(", "N s (", text) for key, text in finding.items()}


def test_one_array_that_is_gone_hides_nothing_in_check_mode(simulator: Simulator, tmp_path: Path) -> None:
    hosts: dict[str, Variables] = {
        "a-gone": {"failover_drill_port": 1, "failover_drill_timeout": 2},
        "b-ready": {},
        "c-named": {"failover_drill_sessions": [{"volume": "nope", "wave": 2}, {"volume_group": "erp-db"}]},
        "d-typo": {"failover_drill_filters": {"resource-type": "volume"}},
        "e-nothing": {"failover_drill_filters": {"name": "payroll-*"}},
        "f-source": {"failover_drill_port": simulator.production.port},
    }
    journal = cut_off(tmp_path / "records", "an-array-that-is-not-in-the-inventory-any-more")
    done = preflight(simulator, tmp_path, hosts, "--check")
    assert done.returncode == 2, done.stdout + done.stderr
    # A drill that was killed gets its record, once, though all arrays share the folder; also in a job of type Check.
    (record,) = (json.loads(path.read_text()) for path in journal.parent.glob("drill-*.json"))
    assert record["interruption"]["message"] == CUT_OFF and record["cleanup"]["verdict"] == "failed"
    assert "File exists" not in done.stdout + done.stderr
    assert recap(done) == {"a-gone": 1, "b-ready": 0, "c-named": 1, "d-typo": 1, "e-nothing": 1, "f-source": 1}
    said = " ".join(line.strip(' ",') for line in done.stdout.splitlines())
    for words in (
        "Readiness of a-gone: incomplete. Nothing was looked at: Logging in to 127.0.0.1",
        "Verdict: passed. Ready for a failover test: 3 of 3 sessions.",
        "Verdict: failed. Ready for a failover test: 1 of 2 sessions.",
        "No volume 'nope' on ps-dr",
        "failover_drill_filters has 'resource-type': expected only role, resource_type",
        "No replication session on ps-dr matches failover_drill_filters",
        "No replication session on ps-production matches failover_drill_filters",
    ):
        assert words in said
    # The report is what a job of type Check is for, so it is written in check mode, too.
    reports = [json.loads(path.read_text()) for path in (tmp_path / "records").glob("readiness-*.json")]
    assert sorted(r["verdict"] for r in reports) == ["failed", *["incomplete"] * 4, "passed"]


def test_warnings_fail_it_only_when_asked_to(tmp_path: Path) -> None:
    only_warned = {"failover_drill_filters": {"name": "paused"}}
    (tmp_path / "file").write_text("")
    hosts = {
        "lenient": only_warned,
        "strict": {**only_warned, "failover_drill_preflight_fail_on_warnings": "true"},
        "unwritable": {**only_warned, "failover_drill_records_directory": str(tmp_path / "file")},
    }
    with Simulator.from_file(PROBLEMS) as simulator:
        done = preflight(simulator, tmp_path, hosts)
    assert done.returncode == 2
    assert recap(done) == {"lenient": 0, "strict": 1, "unwritable": 1}
    assert done.stdout.count("Verdict: passed_with_deviations.") == 3
    assert "The record could not be written to" in done.stdout
    for name in ("lenient", "strict"):
        report = report_of(tmp_path, name)
        assert report["verdict"] == "passed_with_deviations"
        assert [d["severity"] for d in report["deviations"]] == ["passed_with_deviations"] * 2
        assert report["array"] == {
            "host": "127.0.0.1", "name": "ps-dr", "global_id": "PS0a1b2c3d4e02", "release_version": "4.1.0.0",
        }  # fmt: skip


def test_a_survey_is_understood_and_refused_as_in_a_drill(simulator: Simulator, tmp_path: Path) -> None:
    """Lists as texts, a number of 0, "off" for false; and what a drill would refuse is refused here."""
    survey = {
        "failover_drill_filters": '{"name": "*"}',
        "failover_drill_exclusions": '[{"volume": "FILES-archive", "reason": "holds nothing"}]',
        "failover_drill_checks": '[{"name": "c", "command": ["true"], "critical": "off", "timeout": "7"}]',
        "failover_drill_success_criteria": "Payroll runs, with all data\nNobody was asked",
        "failover_drill_participants": "A. Storage, B. Database",
        "failover_drill_rpo_seconds": 0,
    }
    refused: dict[str, Variables] = {
        "witness": {"failover_drill_witness": "perhaps"},
        "frameworks": {"failover_drill_frameworks": ["soc3"], "failover_drill_approvers": "C. Manager"},
        "regression": {"failover_drill_rto_regression_percent": "much"},
    }
    done = preflight(simulator, tmp_path, {"survey": survey, **refused})
    assert recap(done) == {"survey": 0, "witness": 1, "frameworks": 1, "regression": 1}, done.stdout

    report = report_of(tmp_path, "survey")
    assert sorted(session["resource_name"] for session in report["sessions"]) == ["erp-data", "erp-db"]
    assert [each["resource_name"] for each in report["scope"]["exclusions"]] == ["FILES-archive"]
    (step,) = report["planned_steps"]
    assert (step["kind"], step["critical"], step["timeout_seconds"]) == ("command", False, 7.0)
    assert report["drill"]["success_criteria"] == ["Payroll runs, with all data", "Nobody was asked"]
    assert report["who"]["participants"] == ["A. Storage", "B. Database"]
    # No copy is 0 s old.
    assert report["objectives"]["rpo_seconds"] == 0 and report["would_be"]["verdict"] == "failed"

    for name, words in (
        ("witness", "failover_drill_witness is 'perhaps'"),
        ("frameworks", "failover_drill_frameworks is 'soc3'"),
        ("regression", "failover_drill_rto_regression_percent is 'much'"),
    ):
        assert words in done.stdout and report_of(tmp_path, name)["verdict"] == "incomplete"
    assert report_of(tmp_path, "frameworks")["who"]["approvers"] == ["C. Manager"]
