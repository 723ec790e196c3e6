# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record of a run over several arrays: the worst of them, per array and per application."""

from __future__ import annotations

import hashlib
import json
import typing as t
from pathlib import Path

from ansible_collections.drdrill.powerstore.plugins.module_utils._record.store import write_drill
from tests.unit.makers.drills import CONTEXT, Json, a_drill
from tests.unit.makers.spoils import VALID, Spoil, check, put


def drilled(folder: Path, array: str, *spoils: Spoil) -> str:
    """The record of one array's drill, of which the first session belongs to the ERP."""
    drill = a_drill()
    for phase in (drill["before"], *drill["starts"], drill["during"], *drill["stops"], drill["after"]):
        phase["cluster"]["name"] = array
    drill["wishes"][0].update(application="ERP", tier="1", owner="ERP team")
    for spoil in spoils:
        spoil(drill)
    return str(write_drill({"kind": "drill", **CONTEXT, **drill, "directory": str(folder)}, write=True)["path"])


def run_of(folder: Path, *paths: str) -> Json:
    given: Json = {"kind": "run", "title": "Both sites", "directory": str(folder), "records": list(paths)}
    return write_drill(given, write=True)


def record_of(result: Json) -> Json:
    assert "failed" not in result, result.get("msg")
    VALID.validate(result["record"])
    return t.cast(Json, result["record"])


def test_a_run_is_no_better_than_the_worst_of_its_arrays(tmp_path: Path) -> None:
    good, bad = drilled(tmp_path, "dr-1"), drilled(tmp_path, "dr-2", check(passed=False))
    record = record_of(run_of(tmp_path, good, bad))

    assert record["verdict"] == "failed" and record["reasons"][0].startswith("dr-2: failed. ledger answers")
    assert [(m["array"], m["verdict"], m["cleanup"]) for m in record["members"]] == [
        ("dr-1", "passed", "passed"),
        ("dr-2", "failed", "passed"),
    ]
    assert [m["sha256"] for m in record["members"]] == [
        hashlib.sha256(Path(path).read_bytes()).hexdigest() for path in (good, bad)
    ]
    assert [(s["array"], s["resource_name"]) for s in record["sessions"]] == [
        ("dr-1", "erp-data"), ("dr-1", "erp-db"), ("dr-2", "erp-data"), ("dr-2", "erp-db"),
    ]  # fmt: skip


def test_an_application_is_judged_over_all_arrays(tmp_path: Path) -> None:
    record = record_of(run_of(tmp_path, drilled(tmp_path, "dr-1"), drilled(tmp_path, "dr-2", put("after", None))))

    assert record["applications"] == [
        {"application": "ERP", "tier": "1", "owner": "ERP team", "sessions": 2, "arrays": ["dr-1", "dr-2"],
         "verdict": "failed", "rpo_seconds": 120.0, "rpo_objective_seconds": 300, "rpo_met": True,
         "rto_seconds": 120.0, "rto_objective_seconds": None, "rto_met": None}
    ]  # fmt: skip


def test_arrays_that_passed_make_a_run_that_passed(tmp_path: Path) -> None:
    result = run_of(tmp_path, drilled(tmp_path, "dr-1"), drilled(tmp_path, "dr-2"))

    assert record_of(result)["verdict"] == "passed" and "Verdict: passed" in result["summary"]
    assert Path(result["path"]).name.startswith("run-")


def test_an_array_without_a_record_leaves_a_run_incomplete(tmp_path: Path) -> None:
    given: Json = {"kind": "run", "title": "Both", "directory": str(tmp_path), "records": [drilled(tmp_path, "dr-1")]}
    record = record_of(write_drill({**given, "without_record": ["dr-2"]}, write=True))

    assert record["verdict"] == "incomplete" and record["reasons"][0].startswith("dr-2: there is no record of its")


def test_what_all_arrays_say_is_said_of_the_run(tmp_path: Path) -> None:
    paths = [drilled(tmp_path, array) for array in ("dr-1", "dr-2")]
    for path, ticket in zip(paths, ("CHG1", "CHG2"), strict=True):
        record = json.loads(Path(path).read_text())
        record |= {"run_id": "r"}
        record["drill"] |= {"scenario": "Fire", "change_ticket": ticket}
        Path(path).write_text(json.dumps(record))
    run = record_of(run_of(tmp_path, *paths))

    assert (run["run_id"], run["drill"]["scenario"], run["drill"]["change_ticket"]) == ("r", "Fire", None)


def test_a_record_in_which_a_key_is_there_twice_is_refused(tmp_path: Path) -> None:
    path = Path(drilled(tmp_path, "dr-1"))
    path.write_text(path.read_text().replace('"verdict":', '"verdict": "passed", "verdict":', 1))
    result = run_of(tmp_path, str(path))

    assert result["failed"] and "the key verdict is there more than once" in result["msg"]


def test_a_run_without_a_record_is_no_pass(tmp_path: Path) -> None:
    assert record_of(run_of(tmp_path))["verdict"] == "incomplete"


def test_what_is_no_record_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("no record")
    for path in (str(tmp_path / "x.json"), str(tmp_path / "gone.json")):
        result = run_of(tmp_path, path)
        assert result["failed"] is True and path in result["msg"]
    assert not [file for file in tmp_path.iterdir() if file.name.startswith("run-")]


def test_a_run_can_hold_records_of_version_1_0(tmp_path: Path) -> None:
    written = sorted((Path(__file__).parent / "written_by_1_0").glob("drill-*.json"))
    record = record_of(run_of(tmp_path, *map(str, written)))

    assert [member["verdict"] for member in record["members"]] == [
        json.loads(path.read_text())["verdict"] for path in written
    ]


def with_skew(seconds: float | None) -> Spoil:
    """The array's clock less the controller's, as every look measured it."""

    def spoil(drill: Json) -> None:
        for look in ("before", "during", "after"):
            drill[look]["cluster"]["clock_skew_seconds"] = seconds

    return spoil


def test_a_run_is_on_the_clock_of_the_controller_whatever_its_arrays_have(tmp_path: Path) -> None:
    """Both drills were done at the same time; the second array's clock is an hour ahead."""

    def an_hour_ahead(drill: Json) -> None:
        for look in ("before", "during", "after"):
            cluster = drill[look]["cluster"]
            cluster["system_time"] = cluster["system_time"].replace("T20:", "T21:")

    good = drilled(tmp_path, "dr-1", with_skew(0.0))
    ahead = drilled(tmp_path, "dr-2", with_skew(3600.0), an_hour_ahead)
    alone, together = (record_of(run_of(tmp_path, *paths))["times"] for paths in ((good,), (good, ahead)))

    assert together["started_at"] == alone["started_at"] and together["finished_at"] == alone["finished_at"]
    assert together["duration_seconds"] == alone["duration_seconds"] > 0


def test_a_run_whose_clocks_were_not_compared_has_no_length(tmp_path: Path) -> None:
    paths = [drilled(tmp_path, "dr-1", with_skew(0.0)), drilled(tmp_path, "dr-2", put("clock_skew_seconds", None))]

    assert record_of(run_of(tmp_path, *paths))["times"]["duration_seconds"] is None
