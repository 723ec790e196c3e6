# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The summary of a drill on the screen: its lines, and that they fit whatever the names."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ansible_collections.drdrill.powerstore.plugins.module_utils._record.summaries import summary
from tests.unit.makers.drills import a_drill
from tests.unit.makers.spoils import (
    Spoil,
    built,
    check,
    put,
    spoiled_record,
    stop_failed,
)


def test_summary() -> None:
    lines = summary(spoiled_record(put("rto_seconds", 600)), "/var/lib/drills/drill-1.json")
    text = "\n".join(lines)

    assert lines[0] == "Quarterly drill (powerstore-dr, PowerStoreOS 4.1.0.0, 2026-11-23T20:01:00.000Z)"
    assert lines[2:5] == [
        "Verdict Session         Storage after In test Recovery point / RPO RTO / objective Stop",
        "------- --------------- ------------- ------- -------------------- --------------- ---------",
        "passed  volume erp-data 3.0 s         2 min   2 min / 5 min        2 min / 10 min  confirmed",
    ]
    assert "[passed] ledger answers: 200" in lines
    assert "RTO objective: 10 min" in lines
    assert "Verdict: passed   Clean-up: passed" in lines
    assert lines[-1] == "Record: /var/lib/drills/drill-1.json"
    assert max(map(len, lines)) <= 108
    assert "None" not in text


@pytest.mark.parametrize(
    ("spoils", "line"),
    [
        ([check(passed=False, observed="503")], "[FAILED] ledger answers: 503"),
        ([put("steps", [])], "[not executed] ledger answers: not executed"),
        ([stop_failed], "Verdict: failed   Clean-up: failed"),
        ([], "RTO objective: none given"),
        ([put("interruption", {"task": "Checks", "message": "Killed."})], "  - Interrupted in 'Checks': Killed."),
    ],
)
def test_lines_of_the_summary(spoils: list[Spoil], line: str) -> None:
    assert line in summary(spoiled_record(*spoils), "path")


@pytest.mark.parametrize(
    ("spoils", "word"),
    [([], "confirmed"), ([stop_failed], "NOT CONFIRMED"), ([put("starts", []), put("steps", [])], "not started")],
)
def test_the_summary_says_whether_each_session_is_stopped(spoils: list[Spoil], word: str) -> None:
    [row] = [line for line in summary(spoiled_record(*spoils), "path") if "volume erp-data " in line]

    assert row.endswith(f" {word}")


@settings(max_examples=50, deadline=None)
@given(
    st.text(st.sampled_from("aZ9-_ ü€"), min_size=1, max_size=200),
    st.sampled_from(["volume", "volume_group", "replication_group", "nas_server", "file_system"]),
)
@example("n" * 200, "replication_group")
def test_the_table_stays_within_its_columns(name: str, resource_type: str) -> None:
    lines = summary(
        spoiled_record(
            put("before.sessions.0.resource_name", name), put("before.sessions.0.resource_type", resource_type)
        ),
        "path",
    )
    table = lines[2:5]

    assert table[0].startswith("Verdict") and table[1].startswith("----")
    assert max(map(len, table)) <= 108
    # Of a NAS server no clone was seen.
    assert table[2].startswith("incomplete " if resource_type == "nas_server" else "passed  ")


def test_every_line_of_the_summary_fits_whatever_the_names() -> None:
    seen = a_drill()
    seen["steps"][0].update(name="c" * 200, passed=False, observed="two\nlines")
    seen["planned_steps"] = []
    seen["before"]["sessions"][0]["resource_name"] = "n" * 200
    lines = summary(built(seen, title="x" * 200), "/records/x.json")
    assert [line for line in lines if len(line) > 108 or "\n" in line] == []
