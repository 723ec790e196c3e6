# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What findings weigh before a drill: a running test blocks it, and what could not be read is a warning."""

from __future__ import annotations

import typing as t
from datetime import timedelta

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._array.related import Related, RunningTest, Volume
from ansible_collections.drdrill.powerstore.plugins.module_utils._findings.start_stop import assess_start
from ansible_collections.drdrill.powerstore.plugins.module_utils._findings.weight import before_drill
from tests.unit.makers.samples import NOW, a_cluster, a_session, a_target

WELL: dict[str, t.Any] = {
    "rpo_seconds": {"rule-1": 86400},
    "volumes": {"v-1": Volume("v-1", "erp-data", "Ready", None, None, ("dr-host-1",))},
}


def test_a_session_without_a_problem_has_no_finding() -> None:
    assert before_drill(a_target(a_session()), Related(**WELL), a_cluster()) == ()


@pytest.mark.parametrize(
    ("running", "says"),
    [
        (
            RunningTest(NOW - timedelta(hours=2), "colleague", "job"),
            "by colleague at 2026-11-23T18:00:00.000Z, 2 h ago.",
        ),
        (RunningTest(None, "colleague", "job"), "It was started by colleague."),
        (RunningTest(), "This account cannot see who started it."),
    ],
)
def test_a_running_test_blocks_a_drill_but_not_a_start(running: RunningTest, says: str) -> None:
    target = a_target(a_session(failover_test_in_progress=True))
    assert [finding.severity for finding in assess_start(target, a_cluster())] == ["info"]
    [finding] = before_drill(target, Related(**WELL, running={"s-1": running}), a_cluster())
    assert (finding.rule.id, finding.severity) == ("test.already_running", "blocker")
    assert finding.message.endswith(says)


def test_what_could_not_be_read_is_a_warning() -> None:
    odd = a_target(a_session(error_code=5))
    findings = before_drill(odd, Related(**WELL), a_cluster(), ["Not read: the PowerStoreOS version. No."])
    assert [(finding.rule.id, finding.severity) for finding in findings] == [("reading.incomplete", "warning")] * 2
    assert "error_code" in findings[0].message and findings[1].message.startswith("Not read: the PowerStoreOS version")
