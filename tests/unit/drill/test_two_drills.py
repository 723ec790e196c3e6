# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two drills of one array at the same time, as far as this host can see them. AWX keeps apart those in containers."""

from __future__ import annotations

import json
import os
from pathlib import Path

from ansible_collections.drdrill.powerstore.plugins.module_utils._drill.task import run_journal
from ansible_collections.drdrill.powerstore.plugins.module_utils._json import Json
from tests.unit.makers.journals import DEFAULTS, READY, SESSIONS, a_reading, surroundings

NOBODY = 2**22 + 1  # higher than any process of Linux


class Drilling:
    """A drill by a certain process, up to its first start."""

    def __init__(self, folder: Path, drill_id: str, pid: int, array: str = "dr") -> None:
        self.around = surroundings(array, pid)
        self.given: Json = {**DEFAULTS, "id": drill_id, "directory": str(folder)}
        self.state: Json = {}
        self("begin", variables={"sessions": SESSIONS})
        self("read", what="before", result=a_reading(*READY))

    def __call__(self, event: str, **options: object) -> str | None:
        """Why it is not to go on."""
        result = run_journal({**self.given, "state": self.state, "event": event, **options}, self.around)
        self.state = result["state"]
        refusal: str | None = result["drill"]["refusal"]
        return refusal


def test_a_drill_of_an_array_that_is_being_drilled_is_refused(tmp_path: Path) -> None:
    first = Drilling(tmp_path, "1", os.getpid())
    assert first("starting", wave=1) is None
    second = Drilling(tmp_path, "2", os.getpid())
    assert "drill-1.journal.jsonl" in str(second("starting", wave=1))
    assert not (tmp_path / "drill-2.journal.jsonl").exists()
    assert Drilling(tmp_path, "3", os.getpid(), array="other")("starting", wave=1) is None
    first("end")
    assert Drilling(tmp_path, "4", os.getpid())("starting", wave=1) is None


def test_a_journal_that_was_changed_by_hand_keeps_no_other_from_starting(tmp_path: Path) -> None:
    """Nor from being found: what it is, `unfinished` says."""
    assert Drilling(tmp_path, "1", os.getpid())("starting", wave=1) is None
    path = tmp_path / "drill-1.journal.jsonl"
    intent, *others = map(json.loads, path.read_text().splitlines())
    for event in others:
        if event["event"] == "read":
            event["result"]["sessions"] = [7]
    path.write_text("".join(json.dumps(event) + "\n" for event in ({**intent, "process": {}}, *others)))
    second = Drilling(tmp_path, "2", os.getpid())
    assert second("starting", wave=1) is None

    found = run_journal({**DEFAULTS, "event": "find", "id": "none", "directory": str(tmp_path)}, second.around)["drill"]
    assert {start["session_id"] for start in found["own_starts"]} == {"s-a"}


def test_a_drill_that_was_killed_keeps_no_other_from_starting(tmp_path: Path) -> None:
    assert Drilling(tmp_path, "1", NOBODY)("starting", wave=1) is None
    assert Drilling(tmp_path, "2", os.getpid())("starting", wave=1) is None
