# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The arrays of one run together, from what the role left of each."""

from __future__ import annotations

from ansible_collections.drdrill.powerstore.plugins.module_utils._drill.together import Drilled, together

PASSED = {"verdict": "passed", "cleanup_verdict": "passed", "path": "/records/drill-1.json"}
REPORT = {"files": {"html": "/records/drill-1.html", "csv": "/records/register.csv"}}
BEFORE_ANY = {"verdict": "", "cleanup_verdict": "", "path": ""}
NOT_WRITTEN = {"verdict": "aborted", "cleanup_verdict": "not_needed", "path": "none, it could not be written"}


def test_a_run_is_recorded_where_its_first_record_is_with_its_reports() -> None:
    other = {**PASSED, "path": "/elsewhere/drill-2.json"}
    found = together(
        [Drilled.of("a", PASSED, REPORT), Drilled.of("b", other, {"files": {"csv": "x", "markdown": "y"}})]
    )
    assert (found["is_run"], found["directory"], found["without_record"]) == (True, "/records", [])
    assert found["records"] == ["/records/drill-1.json", "/elsewhere/drill-2.json"]
    assert found["formats"] == ["html", "csv", "markdown"]


def test_arrays_without_a_record_are_named() -> None:
    results = {"a": PASSED, "b": None, "c": BEFORE_ANY, "d": NOT_WRITTEN, "e": {"failed": True, "msg": "no"}}
    found = together([Drilled.of(array, result, {"skipped": True}) for array, result in results.items()])
    assert (found["is_run"], found["without_record"]) == (True, ["b", "c", "d", "e"])
    assert [" ".join(line.split()) for line in found["lines"]] == [
        "Array Verdict Clean-up", "a passed passed", "b no record not known", "c no record not known",
        "d aborted not_needed", "e no record not known",
    ]  # fmt: skip


def test_a_run_is_in_the_chain_where_its_arrays_are() -> None:
    chained = {**REPORT, "chain": {}}  # one that was not added is one that was to be added
    assert together([Drilled.of("a", PASSED, REPORT), Drilled.of("b", PASSED, chained)])["chain"]
    assert not together([Drilled.of("a", PASSED, REPORT), Drilled.of("b", None, None)])["chain"]


def test_one_array_or_none_with_a_record_makes_no_run() -> None:
    assert not together([Drilled.of("a", PASSED, REPORT)])["is_run"]
    assert not together([Drilled.of("a", None, None), Drilled.of("b", None, None)])["is_run"]
