# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a coverage writes, read by the programs that others read it with."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import typing as t
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import icalendar
import prometheus_client.openmetrics.parser
import prometheus_client.parser
import promql_parser
import pytest
import yaml

from ansible_collections.drdrill.powerstore.plugins.module_utils._json import Json
from ansible_collections.drdrill.powerstore.plugins.plugin_utils import _on_controller, _progress
from tests.unit.makers.covered import (
    ARRAY,
    NOW,
    POLICY,
    ago,
    array,
    covered,
    document,
    logged,
    now_on,
    published,
    record,
    stamp,
)
from tests.unit.makers.reporting import HOSTILE
from tools import record_docs

RULES = Path(__file__).parents[3] / "docs/monitoring/drdrill.rules.yml"
ERP: Json = {"match": {"name": "erp-*"}, "application": 'ERP "gold"\\', "tier": "1", "owner": "A. Osei"}
CRM: Json = {"match": {"name": "crm"}, "application": "CRM", "owner": "B. Roy"}
Sample = tuple[str, dict[str, str]]


@pytest.fixture
def made(tmp_path: Path) -> Json:
    """Two sessions of the ERP, one of which was not measured; the CRM is due in 50 days; one was never tested."""
    arrays = [array(now_on("erp-a"), now_on("erp-b"), now_on("crm"), now_on("none"), log=[logged("crm", ago(1))])]
    records = [
        record("erp-a", at=ago(10)),
        record("erp-b", at=ago(5), rto={"actual_seconds": None, "met": None}),
        record("crm", at=ago(40), number=2),
    ]
    return covered(tmp_path, arrays, records, {**POLICY, "rules": [ERP, CRM]})


def text_of(result: Json, name: str) -> str:
    return Path(result["files"][name]).read_text(encoding="utf-8")


def test_a_long_reading_shows_how_far_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    monkeypatch.setattr(_progress, "EVERY", 0)
    monkeypatch.setattr(_on_controller.display, "display", lambda text, stderr: shown.append(text))
    records = [record("erp", at=ago(day), number=day) for day in (1, 2, 3)]
    monkeypatch.delenv("POWERSTORE_PROGRESS", raising=False)
    covered(tmp_path, [array(now_on("erp"))], records)
    assert [line.partition(": ")[2].partition(",")[0] for line in shown] == [f"read {n} of 3" for n in range(3)]

    monkeypatch.setenv("POWERSTORE_PROGRESS", "0")
    covered(tmp_path, [array(now_on("erp"))], records)
    assert len(shown) == 3


def test_json_has_all_of_it(made: Json) -> None:
    found = document(made)
    assert (found["kind"], found["schema_version"], found["id"]) == ("coverage", "1.0", made["id"])
    assert [row["state"] for row in found["rows"]] == ["never", "unrecorded_test", "tested", "tested"]
    assert found["totals"] == made["totals"] and sum(found["totals"].values()) == 4
    assert [row["resource_name"] for row in found["next_due"]] == ["crm", "erp-a", "erp-b"]
    applications = {each["application"]: each for each in found["applications"]}
    erp = applications[ERP["application"]]
    assert (erp["sessions"], erp["covered"], erp["verdict"], erp["owner"]) == (2, 2, "passed", "A. Osei")
    assert (erp["rto_seconds"], erp["rto_objective_seconds"], erp["rto_met"]) == (
        None,
        600,
        None,
    )  # not measured on one
    assert (erp["rpo_seconds"], erp["rpo_met"]) == (120.0, True)
    assert applications[None]["state"] == "never" and applications[None]["verdict"] is None
    assert oct(os.stat(made["files"]["json"]).st_mode & 0o777) == "0o640"


def samples(
    text: str, parser: t.Callable[[str], t.Iterable[t.Any]]
) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    found = [sample for family in parser(text) for sample in family.samples]
    assert all(sample.timestamp is None for sample in found)
    return {(sample.name, frozenset(sample.labels.items())): sample.value for sample in found}


def test_prometheus_reads_the_metrics_in_both_forms(made: Json) -> None:
    text = text_of(made, "prom")
    classic = samples(text, prometheus_client.parser.text_string_to_metric_families)
    assert classic == samples(text, prometheus_client.openmetrics.parser.text_string_to_metric_families)
    assert classic["drdrill_coverage_sessions", frozenset({("state", "never")})] == 1
    assert classic["drdrill_coverage_sessions", frozenset({("state", "overdue")})] == 0
    assert classic["drdrill_coverage_array_read", frozenset({("array", "dr")})] == 1
    erp = frozenset({("application", ERP["application"]), ("tier", "1")})
    assert classic["drdrill_application_sessions_covered", erp] == 2
    assert classic["drdrill_application_rto_objective_seconds", erp] == 600
    assert classic["drdrill_application_due_timestamp_seconds", erp] == pytest.approx(
        (ago(10) + timedelta(days=90)).timestamp()
    )
    assert abs(classic["drdrill_coverage_written_timestamp_seconds", frozenset()] - NOW.timestamp()) < 3600


def test_what_was_not_measured_is_left_out_and_never_0(made: Json) -> None:
    """One of the ERP's sessions has no recovery time, so the ERP has none; the CRM has."""
    lines = [line for line in text_of(made, "prom").splitlines() if line.startswith("drdrill_application_rto")]
    assert not [line for line in lines if "ERP" in line and not line.startswith("drdrill_application_rto_objective")]
    assert 'drdrill_application_rto_seconds{application="CRM"} 240' in lines
    assert "null" not in text_of(made, "prom").casefold() and "nan" not in text_of(made, "prom").casefold()


def test_one_application_is_one_however_its_name_is_spaced(tmp_path: Path) -> None:
    """Two samples with the same labels would make the collector refuse the whole file."""
    rules = [
        {"match": {"name": name}, "owner": "o", "application": called}
        for name, called in (("a", "ERP\nx"), ("b", " ERP  x\u202e"), ("c", None))
    ]
    drills = [record("a", "b", at=ago(1)), record("c", at=ago(1), number=2, application="ERP \u00a0 x")]
    found = covered(tmp_path, [array(*map(now_on, "abc"))], drills, {**POLICY, "rules": rules})
    families = prometheus_client.parser.text_string_to_metric_families(Path(found["files"]["prom"]).read_text("utf-8"))
    sampled = [(one.name, tuple(one.labels.items())) for family in families for one in family.samples]
    assert len(sampled) == len(set(sampled))
    assert sorted(each["application"] for each in document(found)["applications"]) == ["ERP x", "ERP x\\u202e"]
    assert "\u202e" not in "".join(Path(path).read_text("utf-8") for path in found["files"].values())


def test_a_reader_meets_no_half_of_a_file(made: Json, tmp_path: Path) -> None:
    path = Path(made["files"]["prom"])
    before = path.stat().st_ino
    again = covered(tmp_path, [array(now_on("erp-a"))], [record("erp-a", at=ago(10))])
    assert path.stat().st_ino != before and again["files"]["prom"] == str(path)
    assert oct(path.stat().st_mode & 0o777) == "0o644"  # node_exporter is another user
    assert not [each for each in path.parent.iterdir() if each.name.startswith(".")]


def test_the_calendar_has_the_due_dates(made: Json) -> None:
    text = Path(made["files"]["ics"]).read_bytes()
    assert text.count(b"\n") == text.count(b"\r\n") and max(map(len, text.split(b"\r\n"))) <= 75
    events = {str(each["SUMMARY"]): each for each in icalendar.Calendar.from_ical(text).walk("VEVENT")}
    due = {summary.removeprefix("Failover drill due: "): event["DTSTART"].dt for summary, event in events.items()}
    assert due == {
        f"{ERP['application']} on powerstore-dr": (ago(10) + timedelta(days=90)).date(),
        "CRM on powerstore-dr": (ago(40) + timedelta(days=90)).date(),
        "sessions of no application on powerstore-dr": NOW.date(),
    }
    assert len({str(event["UID"]) for event in events.values()}) == 3


def test_the_event_of_an_application_moves_when_it_was_drilled(made: Json, tmp_path: Path) -> None:
    def event(result: Json) -> tuple[str, object]:
        events = icalendar.Calendar.from_ical(Path(result["files"]["ics"]).read_bytes()).walk("VEVENT")
        return next((str(each["UID"]), each["DTSTART"].dt) for each in events if "CRM" in each["SUMMARY"])

    before = event(made)
    after = event(covered(tmp_path, [array(now_on("crm"))], [record("crm", at=ago(1))], {**POLICY, "rules": [CRM]}))
    assert after[0] == before[0] and after[1] == (ago(1) + timedelta(days=90)).date()


def test_the_population_as_csv(made: Json) -> None:
    assert text_of(made, "csv").startswith("\ufeff")
    lines = list(csv.DictReader(text_of(made, "csv").lstrip("\ufeff").splitlines()))
    assert [(line["state"], line["resource_name"]) for line in lines] == [
        ("never", "none"), ("unrecorded_test", "crm"), ("tested", "erp-a"), ("tested", "erp-b"),
    ]  # fmt: skip
    assert lines[1]["unrecorded_jobs"] == "job-of-nobody" and lines[1]["array_global_id"] == ARRAY
    assert (lines[3]["rto_seconds"], lines[3]["rto_met"], lines[2]["rto_met"]) == ("", "", "yes")


class Page(HTMLParser):
    """Its text, its tags, and what it would fetch."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs


@pytest.mark.parametrize("name", ["html", "trend_html"])
def test_a_page_shows_it_without_anything_from_outside(name: str, made: Json) -> None:
    page = Page(text_of(made, name))
    text = " ".join(" ".join(page.words).split())
    for words in ("CRM", ERP["application"], made["id"]):
        assert words in text
    assert "script" not in page.tags and "link" not in page.tags
    assert "&lt;" not in text_of(made, name)  # of a tag of our own that is shown as text
    assert not [value for key, value in page.attributes if key in ("src", "href") and not str(value).startswith("#")]
    if name == "html":
        for words in ("Never tested", "Next due", "2 of 2", "2 of 4 sessions that need a test are not covered"):
            assert words in text
        assert re.search(r"SHA-256 [0-9a-f ]{64,}", text)


def test_names_of_an_array_stay_text(tmp_path: Path) -> None:
    name = HOSTILE.encode("utf-8", "replace").decode("utf-8")
    session = now_on("a", resource_name=name, remote_system={"id": "1", "name": name})
    made = record("a", at=ago(200), resource_name=name, application=name, owner=name)
    policy = {**POLICY, "rules": [{"match": {"array": "dr"}, "owner": "<b>me</b>", "tier": "=1+1"}]}
    result = covered(tmp_path, [array(session)], [made], policy)
    for kind in ("html", "trend_html"):
        page = Page(text_of(result, kind))
        assert (
            "script" not in page.tags
            and "img" not in page.tags
            and not [k for k, _v in page.attributes if k == "onload"]
        )
    icalendar.Calendar.from_ical(Path(result["files"]["ics"]).read_bytes())
    samples(text_of(result, "prom"), prometheus_client.parser.text_string_to_metric_families)
    for line in csv.reader(text_of(result, "csv").lstrip("\ufeff").splitlines()):
        assert not [cell for cell in line if cell.startswith(("=", "+", "@"))]
    assert all("\x1b" not in line for line in result["summary"])


def test_only_the_wanted_outputs(tmp_path: Path) -> None:
    calendar, metrics = tmp_path / "site/due.ics", tmp_path / "node/drdrill.prom"
    result = covered(
        tmp_path, [array(now_on("a"))], formats=["ics", "prom"], calendar=str(calendar), textfile=str(metrics)
    )
    assert sorted(result["files"]) == ["ics", "json", "prom"] and calendar.exists() and metrics.exists()
    assert [each.suffix for each in (tmp_path / "out").iterdir()] == [".json"]


def test_an_output_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("")
    result = covered(tmp_path, [array(now_on("a"))])
    assert (
        result["failed"] is True and "could not be written" in result["msg"] and str(tmp_path / "out") in result["msg"]
    )


def test_the_alerting_rules_are_expressions_on_metrics_that_are_written(made: Json) -> None:
    rules = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"][0]["rules"]
    names = {
        name
        for name, _labels in samples(text_of(made, "prom"), prometheus_client.parser.text_string_to_metric_families)
    }
    names |= {"drdrill_application_rto_met", "drdrill_application_rto_regressed"}  # of drills that measured it twice
    assert [rule["alert"] for rule in rules] == ["DrdrillNotCovered", "DrdrillCoverageStale", "DrdrillRecoveryTooSlow"]
    for rule in rules:
        promql_parser.parse(rule["expr"])
        assert set(re.findall(r"drdrill_\w+", rule["expr"])) <= names
        assert rule["annotations"]["summary"] and rule["labels"]["severity"]
    states = re.search(r'state=~"([^"]+)"', rules[0]["expr"])
    assert states and states[1].split("|") == list(made["totals"])[:7]  # all that are worse than due_soon


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool (Debian package prometheus) is not installed")
def test_promtool_accepts_rules_and_metrics(made: Json) -> None:
    done = subprocess.run(["promtool", "check", "rules", str(RULES)], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "3 rules found" in done.stdout + done.stderr
    metrics = text_of(made, "prom").removesuffix("# EOF\n")
    checked = subprocess.run(
        ["promtool", "check", "metrics"], input=metrics, capture_output=True, text=True, check=False
    )
    assert checked.returncode in (0, 3), checked.stderr  # 3: only advice about names


def test_what_is_open_from_drills_is_shown(tmp_path: Path) -> None:
    opened = {
        "event": "opened",
        "at": stamp(ago(20)),
        "by": "me",
        "cause": "check.failed",
        "subject": "erp-a",
        "array": ARRAY,
    }
    late = {"event": "due", "at": stamp(ago(19)), "by": "me", "due": f"{ago(3):%Y-%m-%d}"}
    keys = {name: {"fingerprint": name * 64} for name in "abc"}
    closed = {"event": "closed", "at": stamp(ago(1))}
    events = [*({**opened, **key} for key in keys.values()), {**late, **keys["b"]}, {**closed, **keys["c"]}]
    (tmp_path / "actions.jsonl").write_text("".join(json.dumps(each) + "\n" for each in events))
    result = covered(tmp_path, [array(now_on("a"))], [record("a", at=ago(1))])
    found = [(each["fingerprint"][0], each["status"]) for each in document(result)["actions"]]
    assert found == [("b", "overdue"), ("a", "open")]
    assert "Open from drills: 1 overdue, 1 open." in result["summary"]
    assert 'drdrill_actions{status="overdue"} 1' in text_of(result, "prom").splitlines()
    assert "Open from drills" in text_of(result, "html") and "bbbbbbbbbbbb" in text_of(result, "html")
    (tmp_path / "actions.jsonl").write_text("{")
    assert "Line 1 of" in covered(tmp_path, [array(now_on("a"))])["msg"]


def test_the_newest_of_two_attempts_is_the_last(tmp_path: Path) -> None:
    records = [record("a", at=ago(3), verdict="failed", number=1), record("a", at=ago(2), number=2)]
    row = document(covered(tmp_path, [array(now_on("a"))], records))["rows"][0]
    assert (row["state"], row["tests"], row["last"]["record_id"]) == ("tested", 2, records[1]["drill"]["id"])
    assert row["due"] == stamp(ago(2) + timedelta(days=90))
    assert json.dumps(row["last"]) == json.dumps(row["last_good"])


def test_the_published_schema_is_that_of_the_types() -> None:
    assert record_docs.COVERAGE_FILE.read_text(encoding="utf-8") == record_docs.coverage_text(), "make docs-pages"


def test_what_is_no_coverage_does_not_fit_the_schema(made: Json) -> None:
    """Every document that a test reads is compared with it."""
    for spoilt in ({"state": "fine"}, {"rows": None}, {"more": 1}):
        assert list(published().iter_errors({**document(made), **spoilt})) != []
