# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Words of the reports that an auditor could take for more than was shown: of snapshots, recovery times, checks."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._json import Json
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.application import Measured
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.reading import read_record
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.summaries import summary
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.types import DrillSession
from ansible_collections.drdrill.powerstore.plugins.module_utils._report.html.page import render_html
from ansible_collections.drdrill.powerstore.plugins.module_utils._report.html.pictures import recovery_point_bar
from ansible_collections.drdrill.powerstore.plugins.module_utils._report.html.view import view
from ansible_collections.drdrill.powerstore.plugins.module_utils._report.junit import render_junit
from ansible_collections.drdrill.powerstore.plugins.module_utils._report.markdown import render_markdown
from ansible_collections.drdrill.powerstore.plugins.module_utils._report.register import register_row
from ansible_collections.drdrill.powerstore.plugins.module_utils._report.text import duration
from ansible_collections.drdrill.powerstore.plugins.module_utils._time import parse_time
from tests.unit.makers.drills import CHECK
from tests.unit.makers.records import at, completed, drill_record
from tests.unit.makers.reporting import newest_record, source_of
from tests.unit.makers.spoils import put, spoiled

NOT_JUDGED = "20 h of 5 min", "20 h / 5 min", "240.0"


def from_a_snapshot(*, met: bool) -> Json:
    """A drill of which one session was tested from a snapshot of 20 hours ago."""
    record = completed(drill_record(3))
    age = 60.0 if met else 900.0
    session = record["sessions"][2]
    session["recovery_point"] |= {"of": "snapshot", "age_seconds": 72000.0, "met": None}
    session["replication_rpo"] = {"objective_seconds": 300, "timestamp": at(-age), "age_seconds": age, "met": met}
    return record


@pytest.mark.parametrize("met", [True, False])
def test_the_rpo_is_that_of_the_replication(tmp_path: Path, met: bool) -> None:
    source = source_of(tmp_path, from_a_snapshot(met=met))
    row = register_row(source)
    assert (row["rpo_met"], row["rpo_missed"], row["rpo_not_measured"]) == (("3", "0", "0") if met else ("2", "1", "0"))
    assert [Measured.rpo(session).met for session in source.record.sessions] == [True, True, met]


def test_the_age_of_the_snapshot_is_compared_with_nothing(tmp_path: Path) -> None:
    source = source_of(tmp_path, from_a_snapshot(met=True))
    markdown, html = render_markdown(source), render_html(source)
    bar, plain = recovery_point_bar(source.record.sessions[2]), re.sub(r"<[^>]+>", "", html)
    assert "| snapshot 20 h old; replication 1 min / 5 min |" in markdown and "**RPO met:** 3 of 3\n" in markdown
    assert (bar.actual, bar.against, bar.result, bar.factor) == (
        "snapshot 20 h old; replication 1 min", " of 5 min", True, None
    )  # fmt: skip
    lines = summary(source.record, "path")
    assert any("snapshot, 20 h" in line for line in lines)
    assert not [words for words in NOT_JUDGED for text in (markdown, plain, "\n".join(lines)) if words in text]


def test_a_run_that_does_not_know_the_replication_compares_nothing() -> None:
    session = read_record(from_a_snapshot(met=True), "a record").sessions[2]
    assert isinstance(session, DrillSession)
    bar = recovery_point_bar(replace(session, replication_rpo=None))
    assert (bar.actual, bar.against, bar.result, bar.share) == ("snapshot 20 h old", "", None, None)


def test_the_recovery_time_of_the_drill_and_its_parts_are_in_the_markdown(tmp_path: Path) -> None:
    said = "drill:** 2 min 51 s / 2 min, array 14.2 s, steps 1 min 36 s, waiting 20 s, tool 40.8 s\n"
    assert said in render_markdown(source_of(tmp_path, newest_record()))


def test_a_drill_of_the_storage_alone_does_not_say_that_it_validated_anything(tmp_path: Path) -> None:
    record = completed(drill_record(3))
    assert "validated and stopped" in render_markdown(source_of(tmp_path, record))
    record["validations"] = []
    for session in record["sessions"]:
        session["validations"] = [each for each in session["validations"] if each["kind"] == "array"]
    (tmp_path / "storage").mkdir()
    said = render_markdown(source_of(tmp_path / "storage", record))
    assert "No application was checked" in said and "validated and stopped" not in said
    assert duration(-0.02) == duration(0.0) == "0 s"


@pytest.mark.parametrize("session", [None, "erp-data"], ids=["of the drill", "of a session"])
def test_a_check_that_failed_is_one_failure_and_no_recovery(tmp_path: Path, session: str | None) -> None:
    failed = (put("steps.0.passed", False), put("steps.0.session", session), put("rto_seconds", 600))
    source = source_of(tmp_path, spoiled(*failed, put("planned_steps.0.session", session)))
    root = ET.fromstring(render_junit(source))
    skipped = [case[0].attrib["message"] for case in root.iter("testcase") if len(case) and case[0].tag == "skipped"]
    assert (root.attrib["failures"], root.attrib["errors"]) == ("1", "0")
    failures = [case.attrib["name"] for case in root.iter("testcase") if case.find("failure") is not None]
    assert failures == [f"http: {CHECK['name']}"]
    said = "Missed. 'ledger answers' failed, so there is no recovery."
    assert skipped.count(said) == (2 if session is None else 1)
    assert "| no recovery / 10 min |" in render_markdown(source)
    assert "no recovery, <span" in render_html(source)
    assert any("failed / 10 min" in line for line in summary(source.record, "path"))


def test_a_step_is_moved_by_the_skew_that_was_measured_last_before_it(tmp_path: Path) -> None:
    record = completed(drill_record(1))
    step = next(each for each in record["steps"] if each["name"] == "Checks of the application")
    assert (step["clock"], step["started_at"]) == ("controller", at(62))
    record["times"] |= {"clock_skew_seconds": 0.0, "clock_step_seconds": 3600.0}
    record["times"]["clocks"] = [
        {"at": at(0), "skew_seconds": 0.0}, {"at": at(3600 + 50), "skew_seconds": 3600.0},
    ]  # fmt: skip
    shown = {row.step.name: row.begin for row in view(source_of(tmp_path, record).record).steps}
    assert shown["Checks of the application"] == parse_time(at(3600 + 62))
    assert shown["Rescan and mount on dr-host-1"] == parse_time(at(24))


def test_what_the_array_did_not_show_is_not_measured_and_says_why(tmp_path: Path) -> None:
    record = spoiled(put("during.sessions", None), put("during.msg", "Reading replication sessions: no answer."))
    source = source_of(tmp_path, record)
    html, junit = re.sub(r"<[^>]+>", " ", render_html(source)), render_junit(source)
    why = "not read: Reading replication sessions: no answer"
    # In HTML a row of the table; in JUnit a case that is skipped for this reason.
    shown = " ".join(html.split())
    assert f"Not measured true {why}" in shown and f"Not executed true {why}" not in shown
    assert why in junit and f"not executed: {why}" not in junit
