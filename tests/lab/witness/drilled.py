# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real drill against the simulated DR array, by the modules that the role uses, and its record."""

from __future__ import annotations

from pathlib import Path

from tests.lab.simulator import Simulator
from tests.running import Result, connection_to, run_module

SESSIONS: tuple[Result, ...] = ({"volume": "erp-data"}, {"volume_group": "erp-db"})


def drilled(simulator: Simulator, folder: Path, sessions: tuple[Result, ...] = SESSIONS, **account: str) -> Path:
    """The file of the record. ``account``: username and password of the drill, else the simulator's own."""
    asked: Result = {"sessions": list(sessions), **account}
    before = run_module(simulator, "replication_session_info", **asked)
    start = _operate(simulator, asked, "started")
    during = run_module(simulator, "replication_session_info", **asked)
    stop = _operate(simulator, asked, "stopped")
    after = run_module(simulator, "replication_session_info", **asked)
    record = run_module(
        simulator,
        "drill_record",
        **dict.fromkeys(connection_to(simulator)),
        directory=str(folder),
        title="Quarterly drill of the ERP system",
        before=before,
        starts=[start],
        during=during,
        stops=[stop],
        after=after,
        wishes=list(sessions),
        owned=[each["session_id"] for each in start["sessions"]],
        policy={"storage_only": True},
    )
    if record["verdict"] not in ("passed", "passed_with_deviations"):
        raise AssertionError(f"the drill has the verdict {record['verdict']}: {record['record']['reasons']}")
    return Path(record["path"])


def _operate(simulator: Simulator, asked: Result, state: str) -> Result:
    result = run_module(simulator, "replication_failover_test", state=state, poll_interval=0.05, **asked)
    if result.get("failed"):
        raise AssertionError(f"{state}: {result['msg']}")
    return result
