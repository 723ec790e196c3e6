# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every format of a report for every kind, verdict, verdict of a clean-up and policy that a record can have."""

from __future__ import annotations

import itertools
import typing as t
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._json import Json
from ansible_collections.drdrill.powerstore.plugins.module_utils._report.html.page import render_html
from ansible_collections.drdrill.powerstore.plugins.module_utils._report.junit import render_junit
from ansible_collections.drdrill.powerstore.plugins.module_utils._report.markdown import render_markdown
from ansible_collections.drdrill.powerstore.plugins.module_utils._report.register import register_row
from ansible_collections.drdrill.powerstore.plugins.module_utils._report.source import Source
from ansible_collections.drdrill.powerstore.plugins.module_utils._words import CleanUp, Kind, Outcome, Verdict
from tests.unit.makers.records import SAMPLES, invalid
from tests.unit.makers.reporting import source_of

POLICIES = tuple(itertools.product(("stop_all", "continue", "hold"), ("none", "all", "failed")))
DRILLS = [
    (Kind.DRILL, verdict, cleanup, policy) for verdict, cleanup, policy in itertools.product(Verdict, CleanUp, POLICIES)
]
OTHERS = [(kind, verdict, None, None) for kind in Kind if kind != Kind.DRILL for verdict in Verdict]
CASES: list[tuple[Kind, Verdict, CleanUp | None, tuple[str, str] | None]] = [*DRILLS, *OTHERS]


def a_record(kind: Kind, verdict: Verdict, cleanup: CleanUp | None, policy: tuple[str, str] | None) -> Json:
    record = SAMPLES[kind]()
    record["verdict"] = verdict.value
    for session in record["sessions"][:1]:  # a witness has none of its own
        session["verdict"] = verdict.value
    if policy:
        record["policy"].update(on_partial_failure=policy[0], end_of_test_snapshot=policy[1])
    if cleanup:
        first = record["sessions"][0]
        record["cleanup"]["verdict"] = cleanup.value
        if cleanup is CleanUp.HELD:
            record["cleanup"]["held"] = [first["session_id"]]
            first["return_to_normal"].update(held=True, stop_confirmed=False)
        if cleanup is CleanUp.FAILED:
            record["cleanup"]["not_confirmed_stopped"] = [first["session_id"]]
            first["return_to_normal"].update(stop_confirmed=False)
    return record


def names(case: t.Any) -> str:
    return str(getattr(case, "value", case))


@pytest.mark.uncounted
@pytest.mark.parametrize(("kind", "verdict", "cleanup", "policy"), CASES, ids=names)
def test_every_format_says_the_verdicts(
    tmp_path: Path, kind: Kind, verdict: Verdict, cleanup: CleanUp | None, policy: tuple[str, str] | None
) -> None:
    record = a_record(kind, verdict, cleanup, policy)
    assert invalid(record) == []
    source = source_of(tmp_path, record)
    html, markdown, row = render_html(source), render_markdown(source), register_row(source)

    assert kind.heading in html and f"<title>{verdict.word}: " in html
    assert markdown.startswith(f"## {verdict.sign} {verdict.word}: ")
    assert row["kind"] == kind and row["verdict"] == verdict
    xml = ET.fromstring(render_junit(source))
    red = any(word.outcome is Outcome.FAILURE for word in (verdict, cleanup) if word)
    assert bool(int(xml.attrib["failures"]) + int(xml.attrib["errors"])) >= red
    assert (outcome_of(source, "verdict") is None) is (verdict.outcome is None)
    if cleanup:
        assert f'class="verdict second v-{cleanup.value}"><svg class="icon" aria-hidden="true">' in html
        assert f'<use href="#i-{cleanup.icon}"/>' in html and f'id="i-{cleanup.icon}"' in html
        assert f"**Clean-up:** {cleanup.sign} {cleanup.word}\n" in markdown
        assert row["cleanup"] == cleanup
        assert outcome_of(source, "clean-up") == cleanup.outcome


def outcome_of(source: Source, name: str) -> str | None:
    suite = ET.fromstring(render_junit(source))[0]
    case = next(case for case in suite.findall("testcase") if case.get("name") == name)
    return case[0].tag if len(case) else None


@pytest.mark.parametrize("cleanup", [CleanUp.HELD, CleanUp.FAILED])
def test_while_a_test_may_run_no_report_calls_the_clean_up_passed(tmp_path: Path, cleanup: CleanUp) -> None:
    source = source_of(tmp_path, a_record(Kind.DRILL, Verdict.FAILED, cleanup, None))
    xml = ET.fromstring(render_junit(source))
    clean_up = next(case for case in xml[0] if case.get("name") == "clean-up")

    assert clean_up[0].tag == "failure" and source.record.sessions[0].called in clean_up[0].attrib["message"]
    assert "Every failover test was stopped" not in render_html(source)
