# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook coverage over an array with DR-test clones: one that no record tells of is shown as a test is."""

from __future__ import annotations

from tests.integration.arrays import Case, Prepare
from tests.integration.test_coverage_playbook import coverage, states
from tests.integration.test_nas_drill import HOMES
from tests.lab.faults.table import at
from tests.running import run_module

LEFT = {**HOMES, "dr_tests": [{"name": "left-behind", "user": "admin", "age": "200d"}]}


def test_a_clone_that_no_record_tells_of_is_shown(arrays: Prepare) -> None:
    ready = arrays(Case("dr", more_sessions=[LEFT]))
    case = ready["dr"]
    case.records.mkdir(parents=True)

    ran, found = coverage(case, ready, "period: 90d")
    assert ran.code == 2 and states(found)["homes"] == "never", ran.output  # never tested is worse
    [row] = [each for each in found["rows"] if each["resource_name"] == "homes"]
    assert [each["clone"] for each in row["unrecorded"]] == ["left-behind"]
    text = next(each["text"] for each in row["because"] if each["state"] == "unrecorded_test")
    assert "DR-test clone 'left-behind' is on the array, and in no record" in text
    assert text.endswith("by admin. The playbook stop_tests finds it.")

    run_module(case.simulator, "nas_dr_test", nas_server="homes", clones="all", state="stopped")
    _ran, found = coverage(case, ready, "period: 90d")
    assert not any(row["unrecorded"] for row in found["rows"])

    case.simulator.faults.add(at("GET", "/nas_server", "answer", status=403, body={"messages": []}, after=1))
    _ran, found = coverage(case, ready, "period: 90d")
    assert {name: state for name, state in states(found).items() if state == "not_read"} == {"homes": "not_read"}
