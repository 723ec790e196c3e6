# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The phase witness of the drill, and the playbook witness that an auditor runs later with an account of his own."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import typing as t
from pathlib import Path

import msgspec
import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._json import Json
from tests.integration.arrays import ROOT, Case, Prepare, Run
from tests.lab.simulator import Simulator
from tests.lab.simulator.auth import Account
from tests.lab.witness.drilled import drilled
from tests.prepared import run_ansible
from tests.running import run_module
from tests.unit.makers.records import readiness_record

AUDITOR = ("auditor", "Read-Only-1!")


def with_auditor(simulator: Simulator, *forbidden: str) -> None:
    """An account that may only read, and not everything."""
    accounts = simulator.dr.logins_state.accounts
    accounts["auditor"] = Account(*AUDITOR, role="operator", forbidden=forbidden)


def forbid(*paths: str) -> t.Callable[[Simulator], None]:
    """The drill's own account may not read these."""

    def spoil(simulator: Simulator) -> None:
        accounts = simulator.dr.logins_state.accounts
        accounts["admin"] = msgspec.structs.replace(accounts["admin"], forbidden=paths)

    return spoil


def foreign_stop(simulator: Simulator) -> None:
    """While the drill reads its sessions in test, somebody stops one of them; it is started anew, so nothing shows."""

    def disturb(exchange: t.Any) -> None:
        running = [s for s in simulator.dr.array.sessions if s.failover_test_in_progress]
        if exchange.method == "GET" and len(running) == 2 and not done:
            done.append(exchange)
            simulator.dr.stop_failover_test("erp-data", user="colleague")
            simulator.dr.start_failover_test("erp-data", user="colleague")

    done: list[t.Any] = []
    simulator.observers.append(disturb)


def ask(case: Case, record: Path | str, **variables: object) -> Run:
    """The playbook, from another directory and with the auditor's own account."""
    given = {"witness_record": str(record), **variables}
    done = run_ansible(
        ["ansible-playbook", "drdrill.powerstore.witness", "-e", json.dumps(given)],
        cwd=case.records,
        env={
            **os.environ,
            "ANSIBLE_CONFIG": str(ROOT / "tests/ansible.cfg"),
            "ANSIBLE_NOCOLOR": "1",
            "PWD": str(case.records),
            "POWERSTORE_PORT": str(case.simulator.dr.port),
            "POWERSTORE_USERNAME": AUDITOR[0],
            "POWERSTORE_PASSWORD": AUDITOR[1],
            "POWERSTORE_CA_PATH": str(case.simulator.ca_path),
        },
        timeout=600,
    )
    return Run(done.returncode, done.stdout + done.stderr)


def drill_of(case: Case) -> Path:
    """The file of the drill's record."""
    (path,) = (each for each in case.records.glob("drill-*.json"))
    return path


def test_each_drill_is_compared_with_the_logs_of_its_array(arrays: Prepare) -> None:
    off = {"witness": False}  # what a bare off is in YAML
    run = arrays(
        Case("off", off),
        Case("one-log", {"witness": "required"}, forbid("/job*")),
        Case("no-log", spoil=forbid("/job*", "/audit_event*")),
        Case("required", {"witness": "required"}, forbid("/job*", "/audit_event*")),
        Case("foreign", spoil=foreign_stop),
    )
    done = run.run()
    assert done.code != 0, done.output

    def seen(name: str) -> tuple[str, str | None]:
        record = run[name].record()
        assert record["cleanup"]["verdict"] == "passed" or name == "foreign"
        return record["verdict"], (record["witness"] or {}).get("verdict")

    assert seen("off") == ("passed", None), done.output
    assert seen("one-log") == ("passed", "corroborated")
    assert seen("no-log") == ("passed_with_deviations", "unavailable")
    assert seen("required") == ("failed", "unavailable")
    assert seen("foreign") == ("failed", "contradicted")
    assert run["one-log"].record()["witness"]["by"] == ["audit_event"]
    assert "witness.unavailable" in {each["cause"] for each in run["no-log"].record()["deviations"]}
    assert "witness.contradicted" in {each["cause"] for each in run["foreign"].record()["deviations"]}


def test_an_auditor_compares_a_record_later(arrays: Prepare) -> None:
    run = arrays(Case("dr"))
    case = run["dr"]
    done = run.run()
    assert done.code == 0, done.output
    assert done.says("Array's own logs (job and audit_event): corroborated, 4 of 4 starts and stops")
    own = case.record()
    assert (own["verdict"], own["witness"]["verdict"]) == ("passed", "corroborated")
    assert [claim["by"] for claim in own["witness"]["claims"]] == [["job", "audit_event"]] * 4
    assert [step["result"] for step in own["steps"] if step["phase"] == "witness"] == ["passed"]
    with_auditor(case.simulator)
    drill, before = drill_of(case), case.simulator.dr.executed("start_failover_test")

    done = ask(case, drill.name)
    assert done.code == 0, done.output
    assert done.says("corroborated, 4 of 4 starts and stops; asked as auditor")
    (witness,) = case.records.glob("witness-*.json")
    record: Json = json.loads(witness.read_text())
    assert record["record_sha256"] == hashlib.sha256(drill.read_bytes()).hexdigest()
    assert (record["verdict"], record["witness"]["second_account"]) == ("passed", True)
    rows = list(csv.DictReader((case.records / "register.csv").read_text("utf-8-sig").splitlines()))
    assert [(row["kind"], row["witness"], row["witness_of"]) for row in rows] == [
        ("witness", "corroborated", record["record_id"])
    ]
    assert witness.with_suffix(".html").exists()
    assert case.simulator.dr.executed("start_failover_test") == before

    # Changed afterwards: the stop is said to have been sent before its own start was.
    changed: Json = json.loads(drill.read_text())
    changed["who"]["array_account"] = "somebody"
    drill.write_text(json.dumps(changed))
    done = ask(case, drill)
    assert done.code == 2 and done.says("says account somebody, job"), done.output
    verdicts = {json.loads(each.read_text())["verdict"] for each in case.records.glob("witness-*.json")}
    assert verdicts == {"passed", "failed"}


def other_array(record: Json) -> None:
    record["array"]["global_id"] = "PS00000000ffff"


def a_year_ago(record: Json) -> None:
    """Of that time the log has no entry any more."""
    text = json.dumps(record).replace("2026-", "2025-")
    for session in record["sessions"]:
        for name in ("start", "stop"):
            text = text.replace(session[name]["job_id"], f"{name}-{session['session_id']}")
    record.update(json.loads(text))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (other_array, "Ask the array of the record."),
        ("no access", "Not read: the array's jobs."),
        ("none", "witness_record is not given"),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)).replace(" ", "-"),
)
def test_what_cannot_be_compared_is_named_and_nothing_is_written(
    drilled_once: Case, spoil: t.Any, said: str, tmp_path: Path
) -> None:
    """By the playbook: where the module refuses the record, where it could read nothing, and where there is none."""
    case = drilled_once
    with_auditor(case.simulator, *(("/job*", "/audit_event*") if spoil == "no access" else ()))
    path = tmp_path / "given" / drill_of(case).name
    path.parent.mkdir()
    record: Json = json.loads(drill_of(case).read_bytes())
    if callable(spoil):
        spoil(record)
    path.write_text(json.dumps(record))

    done = ask(case, "" if spoil == "none" else path)

    assert done.code == 2, done.output
    assert done.says(said), done.output
    assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (a_year_ago, "begin at"),
        ("torn", "is no record"),
        ("not there", "could not be read"),
        ("a readiness report", "expected that of a drill"),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)).replace(" ", "-"),
)
def test_what_is_no_record_of_a_drill_in_the_log_is_named(
    drilled_once: Case, spoil: t.Any, said: str, tmp_path: Path
) -> None:
    case = drilled_once
    path, content = tmp_path / drill_of(case).name, drill_of(case).read_bytes()
    with_auditor(case.simulator)
    if callable(spoil):
        record: Json = json.loads(content)
        spoil(record)
        content = json.dumps(record).encode()
    if spoil == "torn":
        content = content[: len(content) // 2]
    if spoil == "a readiness report":
        content = json.dumps(readiness_record()).encode()
    if spoil != "not there":
        path.write_bytes(content)

    account = dict(zip(("username", "password"), AUDITOR, strict=True))
    done = run_module(case.simulator, "drill_witness", required=True, record=str(path), **account)

    assert done["failed"] and said in f"{done['msg']} {done.get('summary')}"


@pytest.fixture(scope="module")
def drilled_once(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Case]:
    """One drill for all of these tests: they only read."""
    with Simulator() as simulator:
        simulator.operation_seconds.update(dict.fromkeys(simulator.operation_seconds, 0.1))
        case = Case("dr")
        case.simulator, case.records = simulator, tmp_path_factory.mktemp("drilled")
        drilled(simulator, case.records)
        yield case
