# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook coverage as a user runs it, over arrays that are drilled, never drilled, tested by others, and gone."""

from __future__ import annotations

import csv
import json
import typing as t

from tests.integration.arrays import Arrays, Case, Prepare, Run
from tests.unit.makers.covered import ago, record

POLICY = """
period: 90d
warn: 14d
rules:
  - match: {name: erp-*, array: dr}
    application: ERP
    tier: 1
    owner: A. Osei
"""
EXCLUDED = """
exclusions:
  - {volume: files-archive, reason: Is rebuilt from tape., owner: A. Osei, approved_by: The board, expires: 2999-12-31}
"""


def coverage(case: Case, arrays: Arrays, policy: str, *more: str) -> tuple[Run, dict[str, t.Any]]:
    """Run it; what ansible-playbook said, and the newest coverage."""
    path = case.records.parent / "policy.yml"
    path.write_text(policy)
    arguments = ["-e", f"coverage_policy={path}", *more]
    case.simulator.clear_journal()
    ran = arrays.run(*arguments, playbook="drdrill.powerstore.coverage")
    assert {each.method for each in case.simulator.dr.journal() if each.path != "/logout"} <= {"GET"}
    found = sorted(case.records.glob("coverage-*.json"), key=lambda path: path.stat().st_mtime_ns)
    return ran, json.loads(found[-1].read_text(encoding="utf-8")) if found else {}


def states(found: dict[str, t.Any]) -> dict[str, str]:
    return {row["resource_name"]: row["state"] for row in found["rows"]}


def test_from_never_to_tested_to_a_test_of_somebody_else(arrays: Prepare) -> None:
    ready = arrays(Case("dr", {"checks": [{"name": "erp answers", "command": ["true"]}]}))
    case = ready["dr"]
    case.records.mkdir(parents=True)

    ran, found = coverage(case, ready, POLICY)
    assert ran.code == 2, ran.output
    assert found, ran.output
    assert set(states(found).values()) == {"never"} and found["policy"]["rules"] == 1
    assert ran.says("NEVER TESTED erp-data on") and ran.says("3 of 3 sessions are not covered")

    drilled = ready.run()
    assert drilled.code == 0, drilled.output
    ran, found = coverage(case, ready, POLICY + EXCLUDED)
    assert ran.code == 0, ran.output
    assert states(found) == {"erp-data": "tested", "erp-db": "tested", "files-archive": "excluded"}
    application = found["applications"][0]
    assert (application["application"], application["sessions"], application["covered"]) == ("ERP", 2, 2)
    assert application["verdict"] == "passed" and application["rpo_met"] is True
    assert {path.suffix for path in case.records.iterdir()} >= {".ics", ".prom", ".csv", ".html"}

    seven_quarters(case)
    for operation in ("start_failover_test", "stop_failover_test"):
        case.simulator.dr.operate("erp-db", operation, "colleague")
    ran, found = coverage(case, ready, POLICY + EXCLUDED, "--check")  # a job of type Check writes the report, too
    assert ran.code == 2 and states(found)["erp-db"] == "unrecorded_test", ran.output
    assert ran.says("a failover test that is in no record")
    trend = list(csv.DictReader((case.records / "trend.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert [line["application"] for line in trend] == ["ERP"] * 8
    # The real drill on the simulator is faster than what was made up, and the slope says so.
    assert float(trend[-1]["rto_slope_seconds_per_quarter"]) < 0 and trend[-1]["rto_regressed"] == "no"
    assert [line["rto_regressed"] for line in trend[:-1]] == ["", *["no"] * 5, "yes"]


def seven_quarters(case: Case) -> None:
    """Records of earlier drills of the ERP on this array; the last of them was slower than the one before."""
    drilled = json.loads(next(case.records.glob("drill-*.json")).read_text(encoding="utf-8"))
    (erp,) = (each for each in drilled["sessions"] if each["resource_name"] == "erp-data")
    for number, seconds in enumerate((300, 310, 305, 315, 320, 318, 450)):
        made = record(
            "erp-data", at=ago(91 * (7 - number)), number=number, rto={"actual_seconds": float(seconds), "met": True},
            session_id=erp["session_id"], resource_id=erp["resource_id"],
        )  # fmt: skip
        made["array"]["global_id"] = drilled["array"]["global_id"]
        (case.records / f"drill-{made['drill']['id']}.json").write_text(json.dumps(made))


def test_what_is_not_read_or_refused(arrays: Prepare) -> None:
    far = {"port": 1, "timeout": 2}
    ready = arrays(Case("dr"), Case("far", far))
    case = ready["dr"]
    case.records.mkdir(parents=True)

    same = ["-e", f"failover_drill_records_directory={case.records}"]
    ran, found = coverage(case, ready, "period: 90d", *same, "-e", "coverage_fail_on=not_read")
    assert ran.code == 2, ran.output
    assert {each["host"]: each["read"] for each in found["arrays"]} == {"dr": True, "far": False}
    assert found["state"] == "not_read" and ran.says("NOT READ every session on far")

    ran, found = coverage(case, ready, "period: 90d", *same, "--limit", "dr", "-e", "coverage_fail_on=not_read")
    assert ran.code == 2 and ran.says("it was left out of this run, by --limit for example"), ran.output

    before = sorted(case.records.iterdir())
    ran, _found = coverage(case, ready, "period: 90d\nruls: []", *same)
    assert ran.code == 2 and ran.says("has the unknown key 'ruls'"), ran.output
    assert sorted(case.records.iterdir()) == before
