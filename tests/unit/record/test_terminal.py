# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The summary of a drill on the screen: its lines, and that they fit whatever the names."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ansible_collections.drdrill.powerstore.plugins.module_utils._record.terminal import summary
from tests.unit.makers.drills import a_drill
from tests.unit.makers.spoils import (
    Spoil,
    check,
    put,
    record_of,
    spoiled,
    stop_failed,
)


def test_summary() -> None:
    lines = summary(spoiled(put("rto_seconds", 600)), "/var/lib/drills/drill-1.json")
    text = "\n".join(lines)

    assert lines[0] == "Quarterly drill  (powerstore-dr, PowerStoreOS 4.1.0.0)"
    assert "[passed] ledger answers: 200" in lines
    assert "RTO objective: 600 s" in lines
    assert "Verdict: passed   Clean-up: passed" in lines
    assert lines[-1] == "Record: /var/lib/drills/drill-1.json"
    [row] = [line for line in lines if line.startswith("erp-data")]
    assert row.split() == [
        "erp-data",
        "volume",
        "3.0",
        "s",
        "177.0",
        "s",
        "60",
        "s",
        "/",
        "300",
        "s",
        "120.0",
        "s",
        "yes",
    ]
    assert max(map(len, lines)) <= 120
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
    assert line in summary(spoiled(*spoils), "path")


@pytest.mark.parametrize(
    ("spoils", "word"),
    [([], "yes"), ([stop_failed], "NOT CONFIRMED"), ([put("starts", []), put("steps", [])], "not started")],
)
def test_the_summary_says_whether_each_session_is_stopped(spoils: list[Spoil], word: str) -> None:
    [row] = [line for line in summary(spoiled(*spoils), "path") if line.startswith("erp-data ")]

    assert row.endswith(f"  {word}")


@settings(max_examples=50, deadline=None)
@given(
    st.text(st.sampled_from("aZ9-_ ü€"), min_size=1, max_size=200),
    st.sampled_from(["volume", "volume_group", "replication_group", "nas_server", "file_system"]),
)
@example("n" * 200, "replication_group")
def test_the_table_stays_within_120_columns(name: str, resource_type: str) -> None:
    lines = summary(
        spoiled(put("before.sessions.0.resource_name", name), put("before.sessions.0.resource_type", resource_type)),
        "path",
    )
    table = lines[2:5]

    assert table[0].startswith("Session") and table[2].startswith("erp-db")
    assert max(map(len, table)) <= 120
    assert table[1].startswith(name[:25])


def test_every_line_of_the_summary_fits_whatever_the_names() -> None:
    seen = a_drill()
    seen["steps"][0].update(name="c" * 200, passed=False, observed="two\nlines")
    seen["planned_steps"] = []
    seen["before"]["sessions"][0]["resource_name"] = "n" * 200
    lines = summary(record_of(seen, title="x" * 200), "/records/x.json")
    assert [line for line in lines if len(line) > 120 or "\n" in line] == []
