# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JUnit XML and Markdown, and how single values read."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._record.clean import cleaned
from ansible_collections.drdrill.powerstore.plugins.module_utils._report.html.page import render_html
from ansible_collections.drdrill.powerstore.plugins.module_utils._report.junit import OUTCOMES, render_junit
from ansible_collections.drdrill.powerstore.plugins.module_utils._report.markdown import markdown_text, render_markdown
from ansible_collections.drdrill.powerstore.plugins.module_utils._report.text import (
    clock,
    duration,
    size,
)
from ansible_collections.drdrill.powerstore.plugins.module_utils._text import one_line
from tests.unit.makers.records import (
    SAMPLES,
    Filling,
    drill_record,
    failed_record,
    filled,
    large_record,
    step,
    validation,
)
from tests.unit.makers.reporting import hostile, many_causes, newest_record, source_of
from tests.unit.makers.spoils import check, spoiled

KINDS = ("drill", "readiness", "abort")
# What junit-10.xsd of the Jenkins xUnit plugin allows: element, its attributes, its children.
_ATTRIBUTES = {
    "testsuites": {"name", "time", "tests", "failures", "errors"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time", "timestamp", "hostname"},
    "properties": set(),
    "property": {"name", "value"},
    "testcase": {"name", "classname", "time"},
    "skipped": {"message"},
    "failure": {"message", "type"},
    "error": {"message", "type"},
}
_CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"properties", "testcase"},
    "properties": {"property"},
    "testcase": {"skipped", "failure", "error"},
}
_TIME = re.compile(r"\d{1,9}\.\d{3}")


def junit_problems(xml: str) -> list[str]:
    """What in a JUnit file is not as the schema has it, or does not add up."""
    root = ET.fromstring(xml)
    found = [] if root.tag == "testsuites" else [f"the root is {root.tag}"]
    for element in root.iter():
        found += [f"{element.tag} has {name}" for name in set(element.keys()) - _ATTRIBUTES.get(element.tag, set())]
        found += [
            f"{child.tag} in {element.tag}" for child in element if child.tag not in _CHILDREN.get(element.tag, ())
        ]
        if "time" in element.attrib and not _TIME.fullmatch(element.attrib["time"]):
            found.append(f"time {element.attrib['time']}")
    for suite in root:
        cases = suite.findall("testcase")
        count = {"tests": len(cases)}
        count |= {
            f"{name}s".replace("skippeds", "skipped"): len(suite.findall(f"testcase/{name}")) for name in OUTCOMES
        }
        found += [
            f"{suite.get('name')}: {name} {suite.get(name)}" for name in count if suite.get(name) != str(count[name])
        ]
        found += [f"{case.get('name')} has several outcomes" for case in cases if len(case) > 1]
        if not re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)?", suite.get("timestamp", "")):
            found.append(f"timestamp {suite.get('timestamp')}")
    for name in ("tests", "failures", "errors"):
        if int(root.attrib[name]) != sum(int(suite.attrib[name]) for suite in root):
            found.append(f"{name} of all suites")
    return found


@pytest.mark.parametrize("name", SAMPLES)
def test_junit_is_as_the_schema_has_it(tmp_path: Path, name: str) -> None:
    record = SAMPLES[name]()
    xml = render_junit(source_of(tmp_path, record))

    assert junit_problems(xml) == []
    assert len(ET.fromstring(xml)) == 1 + len(record["sessions"])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "filling",
    [
        Filling(nulls=True, items=1, boolean=False),
        Filling(number=1e308, text="", items=2),
        Filling(number=-1e308, items=0),
    ],
    ids=["nulls", "largest", "smallest"],
)
def test_junit_of_whatever_the_schema_allows(tmp_path: Path, kind: str, filling: Filling) -> None:
    assert junit_problems(render_junit(source_of(tmp_path, filled(kind, filling)))) == []


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_texts_stay_texts_in_junit(tmp_path: Path, kind: str) -> None:
    xml = render_junit(hostile(tmp_path, kind))

    assert junit_problems(xml) == []
    assert "\\x1b[31m" in xml and "\\ufffe\\u202eevil" in xml


def outcomes(xml: str, suite: str) -> dict[str, str]:
    found = next(element for element in ET.fromstring(xml) if suite in element.attrib["name"])
    return {case.attrib["name"]: case[0].tag if len(case) else "passed" for case in found.findall("testcase")}


def test_what_happened_to_each_session_in_junit(tmp_path: Path) -> None:
    """One fault is one failure, where it happened; what follows from it is skipped."""
    xml = render_junit(source_of(tmp_path, failed_record()))

    assert outcomes(xml, "erp-data") == {
        "verdict": "skipped", "start": "passed", "array: the array shows the test": "passed", "RPO": "failure",
        "RTO": "failure", "stop": "passed", "return to normal": "passed",
    }  # fmt: skip
    assert outcomes(xml, "erp-db") | {"RPO": "", "RTO": ""} == {
        "verdict": "skipped", "start": "passed", "array: the array shows the test": "passed", "RPO": "", "RTO": "",
        "stop": "skipped", "return to normal": "skipped",
    }  # fmt: skip
    assert outcomes(xml, "files-archive") == {
        "verdict": "skipped", "start": "error", "array: the array shows the test": "skipped", "RPO": "passed",
        "RTO": "skipped", "stop": "skipped", "return to normal": "skipped",
    }  # fmt: skip
    own = outcomes(xml, "drill")
    assert own["verdict"] == "skipped"
    assert own["clean-up"] == own["http: ERP answers"] == "failure"
    assert own["step release: Unmount on dr-host-1"] == "error"
    assert own["step report: Tell the service desk"] == "skipped"


def test_the_times_in_junit_are_those_of_the_drill_and_of_each_session(tmp_path: Path) -> None:
    root = ET.fromstring(render_junit(source_of(tmp_path, failed_record())))

    assert (root.get("time"), [suite.get("time") for suite in root]) == (
        "194.000", ["194.000", "173.100", "173.100", "2.000"],
    )  # fmt: skip


def test_no_class_name_has_the_place_in_a_list(tmp_path: Path) -> None:
    record = drill_record()
    record["sessions"].reverse()
    record["sessions"][1]["resource_name"] = record["sessions"][0]["resource_name"]
    root = ET.fromstring(render_junit(source_of(tmp_path, record)))

    assert [case.get("classname") for case in root.iterfind("testsuite/testcase[@name='start']")] == [
        "drdrill.drill.files-archive (volume)",
        "drdrill.drill.files-archive (volume group)",
        "drdrill.drill.erp-data",
    ]
    assert {case.get("classname") for case in root[0].findall("testcase")} == {"drdrill.drill"}


def test_what_is_not_critical_is_not_red(tmp_path: Path) -> None:
    record = drill_record(1)
    record["validations"].append(validation("nice to have", False, critical=False))
    record["sessions"][0]["return_to_normal"]["differences"] = [{"what": "hosts", "before": "a", "after": "none"}]
    xml = render_junit(source_of(tmp_path, record))

    assert ET.fromstring(xml).get("failures") == "0"
    assert outcomes(xml, "drill")["http: nice to have"] == "skipped"
    assert outcomes(xml, "erp-data")["return to normal"] == "skipped"


def test_attempts_have_names_of_their_own_in_junit(tmp_path: Path) -> None:
    record = drill_record(1)
    record["steps"] += [
        step("stop", "Stop the failover tests", 200, 11),
        validated := step("validate", "ERP answers", 9),
    ]
    record["steps"].append(
        {**step("stop", "Stop erp-data", 200, 1), "session_ids": [record["sessions"][0]["session_id"]]}
    )
    own = outcomes(render_junit(source_of(tmp_path, record)), "drill")

    assert "step stop: Stop the failover tests" in own and "step stop, attempt 2: Stop the failover tests" in own
    assert not [name for name in own if validated["name"] in name and name.startswith("step")]
    assert not [name for name in own if "Stop erp-data" in name]
    assert "http: ERP answers (3 attempts)" in outcomes(render_junit(source_of(tmp_path, newest_record())), "drill")


@pytest.mark.parametrize("verdict", ["failed", "incomplete", "aborted"])
def test_a_verdict_that_no_case_explains_is_red_itself(tmp_path: Path, verdict: str) -> None:
    root = ET.fromstring(render_junit(source_of(tmp_path, {**drill_record(), "verdict": verdict})))

    assert (root.get("failures"), root.get("errors"), root[0][1][0].tag) == ("1", "0", "failure")


def test_an_interruption_is_one_error(tmp_path: Path) -> None:
    record = {**drill_record(), "verdict": "incomplete", "interruption": {"task": "Attach", "message": "No route."}}
    root = ET.fromstring(render_junit(source_of(tmp_path, record)))

    assert (root.get("failures"), root.get("errors")) == ("0", "1")
    assert outcomes(ET.tostring(root, encoding="unicode"), "drill")["ran to its end"] == "error"


def test_a_session_that_is_left_alone_is_no_stop_that_failed(tmp_path: Path) -> None:
    record = drill_record()
    session = record["sessions"][0]
    session["stop"].update(action="none", started_at=None, finished_at=None, duration_seconds=None)
    session["return_to_normal"].update(stop_confirmed=False, left_alone="it was failed over during the drill")
    record["verdict"] = session["verdict"] = "incomplete"
    xml = render_junit(source_of(tmp_path, record))

    cases = outcomes(xml, session["resource_name"])
    assert (cases["stop"], cases["return to normal"]) == ("skipped", "skipped")
    assert outcomes(xml, "drill")["verdict"] == "failure"


def test_a_drill_that_passed_is_green_in_junit(tmp_path: Path) -> None:
    root = ET.fromstring(render_junit(source_of(tmp_path, drill_record())))

    assert (root.get("failures"), root.get("errors")) == ("0", "0")
    assert not list(root.iter("skipped"))


@pytest.mark.parametrize("name", SAMPLES)
def test_markdown_is_at_most_40_lines(tmp_path: Path, name: str) -> None:
    assert len(render_markdown(source_of(tmp_path, SAMPLES[name]())).splitlines()) <= 40


@pytest.mark.uncounted
def test_markdown_of_500_sessions_counts_the_causes(tmp_path: Path) -> None:
    text = render_markdown(source_of(tmp_path, many_causes()))

    assert len(text.splitlines()) <= 40
    assert "- **63 of 500 sessions:** not mapped to a host (vol-0004, vol-0012, vol-0020 and 60 more)" in text
    assert "- **vol-0251:** The array did not confirm that the failover test is stopped." in text
    assert "491 more sessions" in text


@pytest.mark.uncounted
def test_markdown_with_many_reasons(tmp_path: Path) -> None:
    record = large_record(500)
    record["reasons"] = [f"Reason {number}" for number in range(400)]
    text = render_markdown(source_of(tmp_path, record))

    assert len(text.splitlines()) <= 40 and "more, see the report" in text


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_texts_stay_texts_in_markdown(tmp_path: Path, kind: str) -> None:
    text = render_markdown(hostile(tmp_path, kind))

    assert len(text.splitlines()) <= 40
    assert {line[:2] for line in text.splitlines()} <= {
        "",
        "##",
        "- ",
        "| ",
        "**",
        *("Th", "Ev", "No", "Re", "So", "A ", "At", "1 ", "2 "),
    }
    assert not re.search(r"(?<!\\)[<`\[]", text)
    assert "@all" not in text and "http://" not in text


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "filling", [Filling(nulls=True, boolean=False), Filling(text="", items=0), Filling(number=1e308)]
)
def test_markdown_of_whatever_the_schema_allows(tmp_path: Path, kind: str, filling: Filling) -> None:
    assert "None" not in render_markdown(source_of(tmp_path, filled(kind, filling)))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("erp-db", "erp-db"),
        ("a|b", r"a\|b"),
        ("a\nb", "a b"),
        ("@team", "@\u200bteam"),
        ("www.evil.example", "www.\u200bevil.example"),
        ("*a* _b_ `c`", r"\*a\* \_b\_ \`c\`"),
        ("\\|", r"\\\|"),
    ],
)
def test_markdown_text(value: str, text: str) -> None:
    assert markdown_text(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "not measured"), (0, "0 s"), (0.04, "0 s"), (0.25, "0.2 s"), (42, "42 s"), (59.97, "1 min"),
        (60, "1 min"), (119.6, "2 min"), (303, "5 min 3 s"), (3599.9, "1 h"), (3600, "1 h"),
        (7859, "2 h 10 min"), (86399.9, "1 d"),
        (352800, "4 d 2 h"), (-0.8, "-0.8 s"), (1e300, "1e+300 s"), (10**400, "more than 100 years"),
    ],
)  # fmt: skip
def test_durations(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"), [(None, "-"), (0, "0 B"), (1536, "1.5 KiB"), (107374182400, "100 GiB"), (2**60, "1024 PiB")]
)
def test_sizes(count: int | None, text: str) -> None:
    assert size(count) == text


def test_times() -> None:
    assert [clock(None), clock(datetime(2026, 11, 23, 20, 2, 11, 160000, tzinfo=UTC))] == ["-", "20:02:11.1"]


def test_what_cannot_be_shown_is_told_by_its_number() -> None:
    assert cleaned({"a\x00": ["\x1b[0m", "\ud800", "\u202e", 1, None, "größe\t\n"]}) == {
        "a\\x00": ["\\x1b[0m", "\\ud800", "\\u202e", 1, None, "größe\t\n"]
    }


def test_long_texts_are_cut_where_they_have_to_be() -> None:
    assert [one_line("a\n  b"), one_line("abcdef", 4)] == ["a b", "abc…"]


def test_a_check_of_the_drill_as_a_whole_is_said_once(tmp_path: Path) -> None:
    """It keeps every session from having passed, and is a cause of none of them."""
    source = source_of(tmp_path, spoiled(check(passed=False, observed="503")))
    text, html = render_markdown(source), render_html(source)
    why = html[html.index('aria-labelledby="h-why"') : html.index('aria-labelledby="h-objectives"')]

    assert text.count("ledger answers: expected 200, found 503.") == 1
    assert "2 of 2 sessions did not pass. 1 check of the drill failed: ledger answers." in text
    assert why.count("<li>") == 1 and "expected 200, found 503." in why
