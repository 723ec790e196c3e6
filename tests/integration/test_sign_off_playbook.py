# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A drill with the crosswalk of two frameworks, signed off by a playbook: the folder is still as its chain has it."""

from __future__ import annotations

import json
from pathlib import Path

from ansible_collections.drdrill.powerstore.plugins.module_utils._chain.verify import verify
from tests.integration.arrays import Arrays, Case, Prepare, Run
from tests.lab.tamper.table import make_key

CRITERION = "The ledger is complete."


def sign_off(site: Arrays, place: Path, record: Path, *arguments: str, criteria: str) -> Run:
    """A playbook of one task, as a person would write it."""
    task = {
        "record": str(record), "name": "B. Manager", "role": "Owner of the ERP", "decision": "accepted",
        "criteria": [{"criterion": criteria, "met": True, "comment": "Counted."}],
        "method": "ssh", "key": str(place / "own_key"),
    }  # fmt: skip
    play = {"hosts": "all", "gather_facts": False, "tasks": [{"drdrill.powerstore.drill_sign_off": task}]}
    (place / "sign_off.yml").write_text(json.dumps([play]))
    return site.run(*arguments, playbook=str(place / "sign_off.yml"))


def test_a_drill_is_signed_off_and_its_report_says_what_it_supports(arrays: Prepare, tmp_path: Path) -> None:
    asked = {"report_formats": ["html", "markdown"], "frameworks": ["dora", "soc2"], "success_criteria": [CRITERION]}
    case = Case("powerstore-dr", asked)
    site = arrays(case)
    done = site.run()
    assert done.code == 0, done.output
    record = next(case.records.glob("drill-*.json"))
    for report in (record.with_suffix(".html"), record.with_suffix(".md")):
        text = report.read_text(encoding="utf-8")
        assert "Regulation" in text and "SOC 2" in text and "HIPAA" not in text
    make_key(tmp_path, "own_key")

    assert sign_off(site, tmp_path, record, "--check", criteria=CRITERION).code == 0
    refused = sign_off(site, tmp_path, record, criteria="It is fast.")
    assert refused.code != 0 and refused.says(CRITERION)
    assert not list(case.records.glob("signoff-*"))

    done = sign_off(site, tmp_path, record, criteria=CRITERION)
    assert done.code == 0, done.output
    (written,) = case.records.glob("signoff-*.json")
    assert json.loads(written.read_text())["criteria"] == [{"criterion": CRITERION, "met": True, "comment": "Counted."}]
    assert written.with_name(written.name + ".sig").exists()
    found = verify(str(case.records))
    assert found.ok and found.records == 2, found


def test_an_unknown_framework_refuses_the_drill(arrays: Prepare) -> None:
    case = Case("powerstore-dr", {"frameworks": ["sox"]})
    done = arrays(case).run()
    assert done.code != 0 and done.says("sox") and done.says("nist_800_34")
    assert not [each for each in case.simulator.journal() if each.method == "POST" and "failover_test" in each.path]
