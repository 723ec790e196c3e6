# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What lies beside the record that a witness looks at: a file that cannot be read claims nothing, and stops nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._errors import InvalidInputError
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.store import write_drill
from ansible_collections.drdrill.powerstore.plugins.module_utils._witness.differences import TOLERANCE
from ansible_collections.drdrill.powerstore.plugins.module_utils._witness.source import of_record
from tests.unit.makers.drills import CONTEXT, a_drill

INTENT = '{"event": "intent", "began_at": "2026-11-23T20:00:00Z", "sessions": %s}\n'


def record_in(folder: Path) -> Path:
    params = {"kind": "drill", **CONTEXT, **a_drill(), "directory": str(folder)}
    return Path(write_drill(params, write=True)["path"])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("drill-20269999T999999Z-x.json", "{}"),
        ("drill-20261123T200000Z-x.journal.jsonl", INTENT % '["s-1"]'),
        ("drill-20261123T200000Z-x.journal.jsonl", INTENT % "5"),
        ("drill-20261123T200000Z-x.journal.jsonl", INTENT % "[]" + '{"event": "started", "result": {"sessions": 5}}\n'),
        ("drill-20261123T200000Z-x.json", "[" * 100_000),
        ("abort-20261123T200000Z-x.json", "[1]"),
    ],
    ids=["no day", "sessions are names", "sessions are a number", "a result without sessions", "deep", "no record"],
)
def test_a_file_that_is_not_understood_claims_nothing(tmp_path: Path, name: str, text: str) -> None:
    path = record_in(tmp_path)
    (tmp_path / name).write_text(text)
    assert of_record(str(path)).elsewhere == ()


def test_a_time_that_no_log_can_have_is_refused(tmp_path: Path) -> None:
    path = record_in(tmp_path)
    record = json.loads(path.read_text())
    record["sessions"][0]["stop"]["finished_at"] = "9999-12-31T23:59:59.999Z"
    path.write_text(json.dumps(record))
    statement = of_record(str(path))
    with pytest.raises(InvalidInputError, match="has no time of the array's clock"):
        statement.window(TOLERANCE)
