# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Eight quarters of drills: how recovery times develop, and what got worse."""

from __future__ import annotations

import csv
import typing as t
from pathlib import Path

import prometheus_client.parser
import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._json import Json
from tests.unit.makers.covered import POLICY, ago, array, covered, now_on, record

QUARTER = 365.25 / 4


def quarters(times: t.Sequence[float | None], **changes: t.Any) -> list[Json]:
    """A drill each quarter, the last one a week ago, with these recovery times."""
    return [
        record(
            "a",
            at=ago(7 + QUARTER * (len(times) - 1 - number)),
            number=number,
            application="ERP",
            rto={"actual_seconds": seconds, "met": None if seconds is None else seconds <= 600},
            **changes,
        )
        for number, seconds in enumerate(times)
    ]


def lines(result: Json) -> list[dict[str, str]]:
    text = Path(result["files"]["trend_csv"]).read_text(encoding="utf-8").lstrip("\ufeff")
    return list(csv.DictReader(text.splitlines()))


def metrics(result: Json) -> dict[str, float]:
    text = Path(result["files"]["prom"]).read_text()
    families = prometheus_client.parser.text_string_to_metric_families(text)
    return {each.name: each.value for family in families for each in family.samples if each.labels.get("application")}


def test_eight_quarters_have_a_slope(tmp_path: Path) -> None:
    result = covered(tmp_path, [array(now_on("a"))], quarters([200 + 15 * number for number in range(8)]))
    found = lines(result)
    assert [line["rto_seconds"] for line in found] == [f"{200 + 15 * number:.0f}" for number in range(8)]
    assert float(found[-1]["rto_slope_seconds_per_quarter"]) == pytest.approx(15, abs=0.1)
    assert {line["rto_slope_seconds_per_quarter"] for line in found[:-1]} == {""}
    assert {line["rto_regressed"] for line in found} == {"", "no"} and result["regressed"] == []
    assert metrics(result)["drdrill_application_rto_slope_seconds_per_quarter"] == pytest.approx(15, abs=0.1)
    assert metrics(result)["drdrill_application_rto_regressed"] == 0
    assert "+15 s a quarter" in Path(result["files"]["trend_html"]).read_text()


def test_a_drill_that_is_slower_than_allowed_is_flagged(tmp_path: Path) -> None:
    result = covered(tmp_path, [array(now_on("a"))], quarters([200, 205, 198, 203, 201, 199, 204, 290]))
    assert result["regressed"] == ["ERP"]
    assert [line["rto_regressed"] for line in lines(result)] == ["", *["no"] * 6, "yes"]
    assert float(lines(result)[-1]["rto_change_percent"]) == pytest.approx(42.2, abs=0.1)
    assert metrics(result)["drdrill_application_rto_regressed"] == 1
    assert any(line.startswith("SLOWER ERP: the last drill took 42 % longer") for line in result["summary"])
    assert "slower than allowed" in Path(result["files"]["trend_html"]).read_text()
    assert "Slower than in the drill before: <bdi>ERP</bdi>" in Path(result["files"]["html"]).read_text()


@pytest.mark.parametrize(
    ("times", "percent", "regressed"),
    [
        ([200, 239], 20, False),  # 19.5 %
        ([200, 241], 20, True),
        ([200, 241], 25, False),
        ([4, 20], 20, False),  # five times as long, and only 16 s
        ([200, None, 290], 20, True),  # compared with the last drill that measured it
        ([200, 290, 200], 20, False),
    ],
)
def test_what_is_slower(times: list[float | None], percent: float, regressed: bool, tmp_path: Path) -> None:
    result = covered(tmp_path, [array(now_on("a"))], quarters(times), regression_percent=percent)
    assert result["regressed"] == (["ERP"] if regressed else [])


def test_what_was_not_measured_is_no_0(tmp_path: Path) -> None:
    result = covered(tmp_path, [array(now_on("a"))], quarters([200, None]))
    assert [line["rto_seconds"] for line in lines(result)] == ["200", ""]
    assert lines(result)[1]["rto_change_percent"] == lines(result)[1]["rto_regressed"] == ""
    assert "drdrill_application_rto_regressed" not in metrics(result)
    assert "drdrill_application_rto_slope_seconds_per_quarter" not in metrics(result)
    page = Path(result["files"]["trend_html"]).read_text()
    assert page.count('<circle class="hollow"') == 2  # of the drill, and of the legend


def test_drills_of_one_run_are_one_point(tmp_path: Path) -> None:
    """The recovery time of an application over two arrays is that of the slower one."""
    both = [
        record(
            name,
            at=ago(5),
            number=number,
            application="ERP",
            rto={"actual_seconds": seconds},
            of_record={"run_id": "run-1"},
        )
        for number, (name, seconds) in enumerate([("a", 100.0), ("b", 160.0)])
    ]
    (line,) = lines(covered(tmp_path, [array(now_on("a"), now_on("b"))], both))
    assert (line["run_or_record_id"], line["sessions"], line["rto_seconds"]) == ("run-1", "2", "160.0")


def test_sessions_without_an_application_have_a_trend_of_their_array(tmp_path: Path) -> None:
    records = [record("a", at=ago(5)), record("b", at=ago(5), number=2)]
    policy = {**POLICY, "rules": [{"match": {"name": "b"}, "application": "CRM", "owner": "A. Osei"}]}
    result = covered(tmp_path, [array(now_on("a"), now_on("b"))], records, policy)
    assert [line["application"] for line in lines(result)] == ["CRM", ""]
    assert "Without an application, powerstore-dr" in Path(result["files"]["trend_html"]).read_text()


def test_a_chart_has_a_dot_for_each_drill_and_the_objective_as_a_line(tmp_path: Path) -> None:
    records = quarters([200, 300, 700], verdict="passed")
    records[2]["sessions"][0]["verdict"] = "failed"
    page = Path(covered(tmp_path, [array(now_on("a"))], records)["files"]["trend_html"]).read_text()
    chart = page.partition("<h3>Recovery time</h3>")[2].partition("</svg>")[0]
    assert chart.count('<circle class="d-passed"') == 2 and chart.count('<circle class="d-failed"') == 1
    assert '<path class="aim" d="M0 ' in chart and "11 min 40 s of 10 min, failed" in chart


def test_an_empty_trend_says_so(tmp_path: Path) -> None:
    result = covered(tmp_path, [array(now_on("a"))])
    assert lines(result) == [] and "No record has a test yet." in Path(result["files"]["trend_html"]).read_text()


def test_a_percentage_that_makes_no_sense_is_refused(tmp_path: Path) -> None:
    result = covered(tmp_path, [array(now_on("a"))], regression_percent=-1)
    assert result["failed"] is True and "regression_percent is -1" in result["msg"]
