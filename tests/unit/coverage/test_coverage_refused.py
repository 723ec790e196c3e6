# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Input that a coverage refuses: each is named, and nothing is written."""

from __future__ import annotations

import json
import typing as t
from datetime import timedelta
from pathlib import Path

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._json import Json
from tests.unit.makers.covered import NOW, POLICY, ago, array, covered, document, now_on, record

UNTIL = f"{NOW + timedelta(days=30):%Y-%m-%d}"
RULE: Json = {"match": {"volume": "a"}, "application": "ERP", "owner": "A. Osei"}
EXCLUSION: Json = {"volume": "a", "reason": "Old.", "owner": "A. Osei", "expires": UNTIL}


def rule(**changes: t.Any) -> Json:
    return {**POLICY, "rules": [{**RULE, **changes}]}


def exclusion(**changes: t.Any) -> Json:
    return {**POLICY, "exclusions": [{**EXCLUSION, **changes}]}


POLICIES: dict[str, tuple[object, str]] = {
    "a rule that fits nothing": (rule(match={"volume": "zz"}), "rules[0] (ERP) matches no session"),
    "an exclusion that fits nothing": (exclusion(volume="zz"), "exclusions[0] (volume zz) matches no session"),
    "an exclusion of what is gone": (exclusion(volume="gone"), "exclusions[0] (volume gone) matches no session"),
    "a rule without an owner": (rule(owner=None), "rules[0] has no owner"),
    "an exclusion without an owner": (exclusion(owner=" "), "exclusions[0] has no owner"),
    "an exclusion without an expiry": (exclusion(expires=None), "exclusions[0] has no expires"),
    "an exclusion without a reason": (exclusion(reason=None), "exclusions[0] has no reason"),
    "an exclusion that has expired": (
        exclusion(expires=f"{ago(3):%Y-%m-%d}"), f"exclusions[0] (volume a) expired: {ago(3):%Y-%m-%d}",
    ),
    "an expiry that is no day": (exclusion(expires="next spring"), "exclusions[0].expires is 'next spring'"),
    "an expiry without a zone": (exclusion(expires="2027-01-01T00:00:00"), "exclusions[0].expires"),
    "two rules for one session": (
        {**POLICY, "rules": [RULE, {"match": {"name": "*"}, "owner": "B"}]},
        "rules[0] (ERP) and rules[1] (name *) both fit volume 'a' on dr",
    ),
    "two exclusions for one session": (
        {**POLICY, "exclusions": [EXCLUSION, {**EXCLUSION, "volume": "A*"}]}, "exclusions[1] (volume A*) both fit",
    ),
    "an unknown key": ({**POLICY, "exclusion": []}, "the policy has the unknown key 'exclusion'"),
    "an unknown key of a rule": (rule(tiers=1), "rules[0] has the unknown key 'tiers'"),
    "an unknown key of a match": (rule(match={"volumes": "a"}), "rules[0].match has the unknown key 'volumes'"),
    "an unknown key of an exclusion": (exclusion(until="x"), "exclusions[0] has the unknown key 'until'"),
    "an unknown change": ({**POLICY, "significant": {"sice": True}}, "significant has the unknown key 'sice'"),
    "a change that is no switch": ({**POLICY, "significant": {"hosts": "yes"}}, "significant.hosts is 'yes'"),
    "a growth that is no number": ({**POLICY, "significant": {"size_growth_percent": "10 %"}}, "size_growth_percent"),
    "a release that is no word": ({**POLICY, "significant": {"release": "patch"}}, "significant.release is 'patch'"),
    "an empty match": (rule(match={}), "rules[0].match names no session"),
    "a rule that is no mapping": ({**POLICY, "rules": ["all"]}, "rules[0] is 'all': expected a mapping"),
    "rules that are no list": ({**POLICY, "rules": {"a": 1}}, "rules is {'a': 1}: expected a list"),
    "no period": ({"warn": "1d"}, "the policy has no period"),
    "a period without a unit": ({"period": 90}, "period is 90: expected a duration such as 90d"),
    "a period of nothing": ({"period": "0d"}, "period is '0d'"),
    "a period of a rule": (rule(period="quarterly"), "rules[0].period is 'quarterly'"),
    "a warning as long as the period": ({"period": "14d", "warn": "14d"}, "warn is not shorter than period"),
    "no policy at all": ("", "the policy is null: expected a mapping"),
    "a release that is a list": ({**POLICY, "significant": {"release": ["minor"]}}, "significant.release is ['minor']"),
    "a list": ([1], "the policy is [1]: expected a mapping"),
    "no YAML": ("period: [", "neither YAML nor JSON"),
    "a key that is there twice": ("period: 90d\nrules: []\nrules: []\n", "the key 'rules' is there twice"),
    "an alias that never ends": ("&a [*a]", "the policy is"),
    "a test that is in no log": (
        {**POLICY, "known_tests": [{"job_id": "j", "reason": "x", "owner": "y"}]}, "known_tests[0] names job j",
    ),
    "an array that nobody knows": (
        {**POLICY, "retired_arrays": [{"array": "old", "reason": "x", "owner": "y"}]}, "of which no record tells",
    ),
    "an array that is there": (
        {**POLICY, "retired_arrays": [{"array": "dr", "reason": "x", "owner": "y"}]}, "which is in the inventory",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("policy", "words"), POLICIES.values(), ids=POLICIES)
def test_a_policy(policy: object, words: str, tmp_path: Path) -> None:
    result = covered(tmp_path, [array(now_on("a"))], [record("a", "gone", at=ago(1))], policy)
    assert result["failed"] is True and result["changed"] is False
    assert words in result["msg"] and "othing was written" in result["msg"]
    assert not (tmp_path / "out").exists()


def test_everything_that_is_wrong_is_named_at_once(tmp_path: Path) -> None:
    policy = {"period": "x", "rules": [{"match": {"volume": "a"}}], "exclusions": [{"volume": "b"}], "other": 1}
    message = covered(tmp_path, [array(now_on("a"))], [], policy)["msg"]
    for words in ("period is 'x'", "rules[0] has no owner", "exclusions[0] has no expires", "unknown key 'other'"):
        assert words in message


def test_what_fits_nothing_is_a_note_while_an_array_is_not_read(tmp_path: Path) -> None:
    """It may mean a session of that array; the others are still judged."""
    unread = {"name": "far", "read": {"failed": True, "msg": "no route"}}
    result = covered(tmp_path, [array(now_on("a")), unread], [record("a", at=ago(1))], exclusion(volume="zz"))
    assert result["state"] == "not_read" and result["passed"] is False
    assert result["notes"][0] == "exclusions[0] (volume zz) matches no session; not read: far"


def spoil(folder: Path, content: bytes, name: str = "drill-x.json") -> None:
    (folder / name).write_bytes(content)


RECORDS: dict[str, tuple[t.Callable[[Path], object], str]] = {
    "no JSON": (lambda folder: spoil(folder, b"{"), "drill-x.json is no record"),
    "no UTF-8": (lambda folder: spoil(folder, b"\xff"), "drill-x.json is no record"),
    "no record": (lambda folder: spoil(folder, b'{"kind": "drill"}'), "drill-x.json is not a valid record"),
    "of another kind": (lambda folder: spoil(folder, b'{"kind": "x"}'), "drill-x.json is no record: its kind"),
    "a folder": (lambda folder: (folder / "drill-x.json").mkdir(), "is a folder"),
    "of a version to come": (
        lambda folder: spoil(folder, json.dumps({**record("a", at=ago(1)), "schema_version": "7.0"}).encode()),
        "schema version 7.0",
    ),
    "two with one id": (
        lambda folder: spoil(folder, json.dumps(record("a", at=ago(1))).encode(), "drill-copy.json"),
        f"both have the id {record('a', at=ago(1))['drill']['id']}",
    ),
}


@pytest.mark.parametrize(("spoiling", "words"), RECORDS.values(), ids=RECORDS)
def test_a_record(spoiling: t.Callable[[Path], object], words: str, tmp_path: Path) -> None:
    spoiling(tmp_path)
    result = covered(tmp_path, [array(now_on("a"))], [record("a", at=ago(1))])
    assert result["failed"] is True and words in result["msg"] and "othing was written" in result["msg"]
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "policy.yml").write_text("period: 90d")
    result = covered(tmp_path, [array(now_on("a"))], directory=str(tmp_path / "nowhere"))
    assert "nowhere" in result["msg"] and "No such file" in result["msg"]


@pytest.mark.parametrize("arrays", [[], [{"read": {}}], [array(), array()]])
def test_arrays_that_are_not_named(arrays: list[Json], tmp_path: Path) -> None:
    assert covered(tmp_path, arrays)["failed"] is True


@pytest.mark.parametrize("read", [None, {}, {"sessions": None}, {"sessions": [], "cluster": {}}, {"failed": True}])
def test_an_array_without_a_result_is_not_read(read: object, tmp_path: Path) -> None:
    result = covered(tmp_path, [{"name": "dr", "read": read}])
    assert (result["state"], result["passed"], document(result)["rows"][0]["state"]) == ("not_read", False, "not_read")


def test_other_files_of_the_folder_are_left_alone(tmp_path: Path) -> None:
    for name in ("readiness-1.json", "run-1.json", "coverage-1.json", "notes.json", "drill-1.html"):
        (tmp_path / name).write_text("{")
    (tmp_path / "drill-2.journal.jsonl").write_text("")
    found = document(covered(tmp_path, [array(now_on("a"))], [record("a", at=ago(1))]))
    assert found["records"]["drills"] == 1 and found["records"]["unfinished"] == ["drill-2.journal.jsonl"]
    assert "1 journals of drills" in found["notes"][0]


def test_check_mode_judges_and_writes_nothing(tmp_path: Path) -> None:
    result = covered(tmp_path, [array(now_on("a"))], [record("a", at=ago(1))], check=True)
    assert result["state"] == "tested" and not (tmp_path / "out").exists()


def test_a_population_of_nothing_is_not_covered(tmp_path: Path) -> None:
    result = covered(tmp_path, [array()])
    assert (result["passed"], result["state"]) == (False, "not_read")


@pytest.mark.parametrize(("fail_on", "passed"), [("unrecorded_test", True), ("due_soon", False), ("nothing", True)])
def test_what_fails_is_chosen(fail_on: str, passed: bool, tmp_path: Path) -> None:
    result = covered(tmp_path, [array(now_on("a"))], [record("a", at=ago(85))], fail_on=fail_on)
    assert (result["state"], result["passed"]) == ("due_soon", passed)
