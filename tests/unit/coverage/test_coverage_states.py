# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every state of a row, each brought about by what an array, the records, a log or the policy says."""

from __future__ import annotations

import typing as t
from datetime import timedelta
from pathlib import Path

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._json import Json
from ansible_collections.drdrill.powerstore.plugins.module_utils._words import Coverage
from tests.unit.makers.covered import (
    NOW,
    POLICY,
    ago,
    array,
    covered,
    document,
    logged,
    now_on,
    record,
    rows,
    stamp,
    volume,
)

UNTIL = f"{NOW + timedelta(days=30):%Y-%m-%d}"
PAST = f"{ago(3):%Y-%m-%d}"
NAS: Json = {"resource_type": "nas_server", "volumes": []}
NO_VOLUMES: Json = {"volumes": []}
LEFT: Json = {
    "id": "clone-9",
    "name": "left",
    "source_id": "v-a",
    "started_by": "colleague",
    "started_at": stamp(ago(200)),
    "job_id": "job-of-a-clone",
}
CLONED: Json = {"dr_test_clone": {"id": "clone-of-record", "name": "drtest", "addresses": [], "file_systems": []}}
OLD: Json = {
    "name": "powerstore-dr",
    "global_id": "PS0123456789ab",
    "release_version": "3.5.0.0",
    "system_time": stamp(NOW),
}
SET_BACK: Json = {**OLD, "release_version": "4.1.0.0", "system_time": stamp(ago(60))}  # its clock
EXCLUDE: Json = {"volume": "a", "reason": "Decommissioned in spring.", "owner": "A. Osei", "expires": UNTIL}
EXCLUDE_NAS: Json = {**EXCLUDE, "nas_server": "a", "alternative": "A clone is mounted each quarter."}
del EXCLUDE_NAS["volume"]
WHOLE: Json = {
    **dict.fromkeys(("owner", "due", "comment", "cause", "subject", "fingerprint")),
    "id": "D1",
    "session_id": None,
    "severity": "failed",
    "description": "The witness contradicts it.",
    "consequences": [],
}


class Case(t.NamedTuple):
    """What there is about session a, its state, and words of its first source."""

    state: str
    words: str
    now: tuple[Json, ...] = (now_on("a"),)
    records: tuple[Json, ...] = (record("a", at=ago(10)),)
    policy: Json = POLICY
    log: tuple[Json, ...] | None = ()
    read: Json = {}  # noqa: RUF012  (not changed)


def before(**changes: t.Any) -> Json:
    return {"before": {"volumes": [volume("a", **changes)]}}


def left_out_until(day: str) -> Json:
    exclusion = {"session_id": None, "resource_name": "a", "reason": "Too big.", "owner": "me", "expires": day}
    base = record("b", at=ago(5))
    return {**base, "scope": {**base["scope"], "exclusions": [exclusion]}}


CASES = {
    "an array that failed": Case(
        "not_read", "array dr was not read: no route", read={"failed": True, "msg": "no route"}
    ),
    "an array without its identity": Case(
        "not_read", "global_id", read={"cluster": {"name": "x", "global_id": "unknown", "system_time": stamp(NOW)}}
    ),
    "a log that was not read": Case("not_read", "log of failover tests was not read", log=None),
    "volumes that were not read": Case("not_read", "not read: volumes", read={"unread": [{"what": "volumes"}]}),
    "an odd row of its volume": Case("not_read", "volume v-a", read={"unread": [{"what": "volume v-a"}]}),
    "an odd row of another volume": Case("tested", "Tested", read={"unread": [{"what": "volume v-z"}]}),
    "a role that was not read": Case("not_read", "role", now=(now_on("a", role="unknown"),)),
    "in no record": Case("never", "No record has", records=()),
    "named by a record that started nothing": Case(
        "never",
        "no test was started",
        records=(record("a", at=ago(1), start=None, test_owned=False, verdict="failed"),),
    ),
    "a NAS server that nobody tested": Case("never", "No record has", now=(now_on("a", **NAS),), records=()),
    "a clone that is on the array": Case(
        "unrecorded_test",
        "The DR-test clone 'left' is on the array, and in no record: made",
        now=(now_on("a", **NAS),),
        read={"dr_test_clones": [LEFT]},
    ),
    "a clone that is older than the period, made by nobody known": Case(
        "unrecorded_test",
        "made at a time that is not known by an account that is not known. The playbook stop_tests finds it.",
        now=(now_on("a", **NAS),),
        read={"dr_test_clones": [{**LEFT, "started_by": None, "started_at": None, "job_id": None}]},
    ),
    "a clone that its record has": Case(
        "tested",
        "Tested",
        now=(now_on("a", **NAS),),
        records=(record("a", at=ago(10), **CLONED),),
        read={"dr_test_clones": [{**LEFT, "id": "clone-of-record", "job_id": None}]},
    ),
    "another clone than that of the record": Case(
        "unrecorded_test",
        "'left'",
        now=(now_on("a", **NAS),),
        records=(record("a", at=ago(10), **CLONED),),
        read={"dr_test_clones": [LEFT]},
    ),
    "a clone of a drill that is known by its job": Case(
        "tested",
        "Tested",
        now=(now_on("a", **NAS),),
        read={"dr_test_clones": [{**LEFT, "job_id": record("a", at=ago(10))["sessions"][0]["start"]["job_id"]}]},
    ),
    "a clone that the policy knows of": Case(
        "tested",
        "Tested",
        now=(now_on("a", **NAS),),
        policy={**POLICY, "known_tests": [{"job_id": "clone-9", "reason": "Of the upgrade.", "owner": "me"}]},
        read={"dr_test_clones": [LEFT]},
    ),
    "a NAS server whose clones were not read": Case(
        "not_read",
        "DR-test clones were not read",
        now=(now_on("a", **NAS),),
        read={"dr_test_clones": None},
    ),
    "a NAS server whose clones were read in part": Case(
        "not_read",
        "not read: the file systems of DR-test clones",
        now=(now_on("a", **NAS),),
        read={"unread": [{"what": "the file systems of DR-test clones"}]},
    ),
    "a volume, where clones were not read": Case(
        "tested",
        "Tested",
        read={"dr_test_clones": None, "unread": [{"what": "the DR-test clones of NAS servers"}]},
    ),
    "a NAS server of a release without DR tests": Case(
        "never", "needs an exclusion", now=(now_on("a", **NAS),), read={"cluster": OLD}, records=()
    ),
    "a NAS server without an alternative": Case(
        "never",
        "names no alternative",
        now=(now_on("a", **NAS),),
        read={"cluster": OLD},
        records=(),
        policy={**POLICY, "exclusions": [{**EXCLUDE_NAS, "alternative": None}]},
    ),
    "a vVol session": Case(
        "never", "cannot be tested", now=(now_on("a", resource_type="replication_group"),), records=()
    ),
    "a metro session": Case(
        "never", "cannot be tested", now=(now_on("a", role="Metro_Preferred", type="Metro_Active_Active"),), records=()
    ),
    "a test stamped in the future": Case("never", "lies in the future", records=(record("a", at=ago(-30)),)),
    "failed, beside a test stamped in the future": Case(
        "failed_last",
        "ended as failed. ERP is down.",
        records=(
            record("a", at=ago(20)),
            record("a", at=ago(1), verdict="failed", reasons=["ERP is down."]),
            record("a", at=ago(-30)),
        ),
    ),
    "failed in the future, beside a test that passed": Case(
        "failed_last",
        "ended as failed. ERP is down.",
        records=(record("a", at=ago(1)), record("a", at=ago(-30), verdict="failed", reasons=["ERP is down."])),
    ),
    "overdue, on an array whose clock was set back": Case(
        "overdue", "due", records=(record("a", at=ago(100)),), read={"cluster": SET_BACK}
    ),
    "an exclusion that expired, on an array whose clock was set back": Case(
        "exclusion_expired",
        "expired",
        policy={**POLICY, "on_expired": "show", "exclusions": [{**EXCLUDE, "expires": PAST}]},
        read={"cluster": SET_BACK},
    ),
    "an array whose clock nobody can judge by": Case(
        "not_read", "its clock shows 9999-12-31", read={"cluster": {**OLD, "system_time": "9999-12-31T23:59:59.000Z"}}
    ),
    "failed last": Case(
        "failed_last",
        "ended as failed. ERP is down.",
        records=(record("a", at=ago(20)), record("a", at=ago(1), verdict="failed", reasons=["ERP is down."])),
    ),
    "incomplete last": Case("failed_last", "incomplete", records=(record("a", at=ago(1), verdict="incomplete"),)),
    "failed by what is about the whole drill": Case(
        "failed_last",
        "The witness contradicts it.",
        records=(
            record(
                "a",
                at=ago(1),
                of_record={
                    "verdict": "failed",
                    "deviations": [WHOLE],
                },
            ),
        ),
    ),
    "overdue": Case("overdue", "10 d ago", records=(record("a", at=ago(100)),)),
    "another volume": Case(
        "changed",
        "members changed since: a; now a, a-log",
        now=(now_on("a", volumes=[volume("a"), volume("a-log")]),),
    ),
    "grown": Case(
        "changed",
        "size changed since: a: 100 GiB; now a: 200 GiB",
        now=(now_on("a", volumes=[volume("a", size=200 * 2**30)]),),
    ),
    "another rule": Case(
        "changed",
        "rule changed since: five-minutes; now hourly",
        now=(now_on("a", replication_rule={"id": "rule-2", "name": "hourly"}),),
    ),
    "the rule has another RPO": Case(
        "changed", "RPO 300 s; now RPO 3600 s", now=(now_on("a", rpo_objective_seconds=3600),)
    ),
    "another host": Case("changed", "hosts changed", now=(now_on("a", volumes=[volume("a", hosts=["dr-host-2"])]),)),
    "another wwn": Case("changed", "wwn changed", now=(now_on("a", volumes=[volume("a", wwn="naa.other")]),)),
    "another remote system": Case(
        "changed", "remote system", now=(now_on("a", remote_system={"id": "x", "name": "new"}),)
    ),
    "another release": Case(
        "changed",
        "release changed since: 4.1.0.0; now 4.3.0.0",
        read={
            "cluster": {
                "name": "powerstore-dr",
                "global_id": "PS0123456789ab",
                "release_version": "4.3.0.0",
                "system_time": stamp(NOW),
            }
        },
    ),
    "no destination any more": Case("changed", "Its role is Source", now=(now_on("a", role="Source"),)),
    "a record without volumes": Case(
        "changed", "nothing can be compared", records=(record("a", at=ago(10), before={"volumes": []}),)
    ),
    "an exclusion of the policy has expired": Case(
        "exclusion_expired",
        f"expired: {PAST}",
        policy={**POLICY, "on_expired": "show", "exclusions": [{**EXCLUDE, "expires": PAST}]},
    ),
    "an exclusion of the last drill has expired": Case(
        "exclusion_expired", "Left out of the last drill", records=(record("a", at=ago(10)), left_out_until(PAST))
    ),
    "an exclusion of a drill that has not expired": Case(
        "tested", "Tested", records=(record("a", at=ago(10)), left_out_until(UNTIL))
    ),
    "an exclusion of a drill, and tested since": Case(
        "tested", "Tested", records=(left_out_until(PAST), record("a", at=ago(1)))
    ),
    "a test that no record claims": Case(
        "unrecorded_test", "by colleague, job job-of-nobody", log=(logged("a", ago(2)),)
    ),
    "a test before the recorded one": Case("unrecorded_test", "job-of-nobody", log=(logged("a", ago(20)),)),
    "a test on an excluded session": Case(
        "unrecorded_test", "job-of-nobody", log=(logged("a", ago(2)),), policy={**POLICY, "exclusions": [EXCLUDE]}
    ),
    "a start that failed is no test": Case("tested", "Tested", log=(logged("a", ago(2), phase="Failed"),)),
    "a test that is older than the period": Case("tested", "Tested", log=(logged("a", ago(91)),)),
    "the test of the record": Case(
        "tested", "Tested", log=(logged("a", ago(10), record("a", at=ago(10))["sessions"][0]["start"]["job_id"]),)
    ),
    "the test of a record without its job": Case(
        "tested",
        "Tested",
        records=(record("a", at=ago(10), start={"job_id": None}),),
        log=(logged("a", ago(10) + timedelta(seconds=2)),),
    ),
    "a test that is known of": Case(
        "tested",
        "Tested",
        log=(logged("a", ago(2)),),
        policy={**POLICY, "known_tests": [{"job_id": "job-of-nobody", "reason": "Training.", "owner": "A. Osei"}]},
    ),
    "due soon": Case("due_soon", "in 9 d", records=(record("a", at=ago(80.5)),)),
    "tested with deviations": Case(
        "tested_with_deviations",
        "with deviations",
        records=(record("a", at=ago(10), verdict="passed_with_deviations"),),
    ),
    "tested": Case("tested", f"Tested {ago(10):%Y-%m-%d}"),
    "grown by less than what matters": Case(
        "tested", "Tested", now=(now_on("a", volumes=[volume("a", size=105 * 2**30)]),)
    ),
    "another release that does not matter": Case(
        "tested",
        "Tested",
        policy={**POLICY, "significant": {"release": "none"}},
        read={
            "cluster": {
                "name": "powerstore-dr",
                "global_id": "PS0123456789ab",
                "release_version": "5.0.0.0",
                "system_time": stamp(NOW),
            }
        },
    ),
    "a session that was made again": Case("tested", "Tested", now=(now_on("a", session_id="s-new"),)),
    "a volume that was made again with its wwn": Case(
        "tested", "Tested", now=(now_on("a", resource_id="v-new", volumes=[volume("a", id="v-new")]),)
    ),
    "excluded": Case("excluded", "Decommissioned in spring", records=(), policy={**POLICY, "exclusions": [EXCLUDE]}),
    "excluded, and overdue": Case(
        "excluded", "Excluded until", records=(record("a", at=ago(200)),), policy={**POLICY, "exclusions": [EXCLUDE]}
    ),
    "a NAS server with an alternative": Case(
        "not_testable",
        "Instead: A clone is mounted",
        now=(now_on("a", **NAS),),
        read={"cluster": OLD},
        records=(),
        policy={**POLICY, "exclusions": [EXCLUDE_NAS]},
    ),
    "a NAS server that is excluded": Case(
        "excluded",
        "Excluded until",
        now=(now_on("a", **NAS),),
        records=(),
        policy={**POLICY, "exclusions": [EXCLUDE_NAS]},
    ),
    "a NAS server that was tested": Case(
        "tested_with_deviations",
        "with deviations; due",
        now=(now_on("a", **NAS),),
        records=(
            record("a", at=ago(1), verdict="passed_with_deviations", resource_type="nas_server", before=NO_VOLUMES),
        ),
    ),
    "gone": Case("gone", "does not have this session", now=(now_on("b"),)),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_row(case: Case, tmp_path: Path) -> None:
    given = array(*case.now, log=case.log, **case.read)
    found = rows(covered(tmp_path, [given], case.records, case.policy))
    row = found.get("dr") or found["a"]  # of an array that was not read, a row stands for all of it
    assert (row["state"], row["because"][0]["state"]) == (case.state, case.state)
    assert case.words in row["because"][0]["text"].replace("Array", "array").replace("Not read", "not read")


def test_there_is_a_case_for_every_state() -> None:
    assert {case.state for case in CASES.values()} == {state.value for state in Coverage}


def test_what_the_record_lacks_is_said(tmp_path: Path) -> None:
    old = record(
        "a", at=ago(10), replication_rule=None, recovery_point={"objective_from": None, "objective_seconds": None}
    )
    row = rows(covered(tmp_path, [array(now_on("a"))], [old]))["a"]
    assert row["state"] == "tested" and row["not_compared"] == ["rule"]


def test_a_test_from_a_snapshot_counts_with_the_rpo_of_its_replication(tmp_path: Path) -> None:
    snapshot = record(
        "a",
        at=ago(10),
        recovery_point={"of": "snapshot", "age_seconds": 72000.0, "met": None},
        replication_rpo={"objective_seconds": 300, "timestamp": None, "age_seconds": 40.0, "met": True},
    )
    last = rows(covered(tmp_path, [array(now_on("a"))], [snapshot]))["a"]["last"]
    assert (last["rpo_seconds"], last["rpo_objective_seconds"], last["rpo_met"]) == (40.0, 300, True)


def test_an_exclusion_that_hardly_ends_is_noted(tmp_path: Path) -> None:
    policy = {**POLICY, "exclusions": [{**EXCLUDE, "expires": "2999-12-31"}]}
    found = document(covered(tmp_path, [array(now_on("a"))], [], policy))
    assert found["notes"][0].startswith("exclusions[0] (volume a) expires only 2999-12-31")
    assert [row["state"] for row in found["rows"]] == ["excluded"]


def test_what_the_array_lacks_is_said(tmp_path: Path) -> None:
    unknown = now_on("a", volumes=[volume("a", size=None)])
    row = rows(covered(tmp_path, [array(unknown)], [record("a", at=ago(10))]))["a"]
    assert row["state"] == "tested" and row["not_compared"] == ["size"]


def test_an_array_that_is_not_read_hides_no_session_of_its_records(tmp_path: Path) -> None:
    gone = {"name": "dr", "read": {"failed": True, "msg": "no route"}}
    found = rows(covered(tmp_path, [gone], [record("a", "b", at=ago(10))]))
    assert {name: row["state"] for name, row in found.items()} == dict.fromkeys(("a", "b", "dr"), "not_read")


def test_an_array_that_is_in_no_inventory_is_not_read_until_it_is_retired(tmp_path: Path) -> None:
    other = record(
        "z", at=ago(10), of_record={"array": {**record("z", at=NOW)["array"], "global_id": "PSold", "name": "old"}}
    )
    arrays, records = [array(now_on("a"))], [record("a", at=ago(10)), other]
    assert rows(covered(tmp_path, arrays, records))["z"]["state"] == "not_read"
    retired = {"array": "old", "reason": "Sold.", "owner": "A. Osei"}
    assert rows(covered(tmp_path, arrays, records, {**POLICY, "retired_arrays": [retired]}))["z"]["state"] == "gone"


def test_a_test_of_a_session_that_nobody_knows_is_a_row(tmp_path: Path) -> None:
    result = covered(tmp_path, [array(now_on("a"), log=[logged("ghost", ago(1))])], [record("a", at=ago(10))])
    assert [(row["session_id"], row["state"]) for row in document(result)["rows"]] == [
        ("s-ghost", "unrecorded_test"), ("s-a", "tested"),
    ]  # fmt: skip


def test_an_array_under_two_names_is_counted_once(tmp_path: Path) -> None:
    result = covered(tmp_path, [array(now_on("a")), array(now_on("a"), name="dr-alias")], [record("a", at=ago(10))])
    found = document(result)
    assert [row["state"] for row in found["rows"]] == ["tested"]
    assert [(each["host"], each["read"], each["sessions"]) for each in found["arrays"]] == [
        ("dr", True, 1), ("dr-alias", True, 0),
    ]  # fmt: skip
    assert "same array as dr" in found["arrays"][1]["why_not"]


def test_a_source_session_is_no_row(tmp_path: Path) -> None:
    assert list(rows(covered(tmp_path, [array(now_on("a"), now_on("b", role="Source"))]))) == ["a"]


FAILED_START: Json = {"action": "failed", "failed": True, "job_id": None, "finished_at": None}


def test_a_start_that_the_array_refused_is_the_last_attempt(tmp_path: Path) -> None:
    """An older test that passed says nothing of today's site."""
    refused = record("a", at=ago(1), start=FAILED_START, test_owned=False, verdict="failed", reasons=["Refused."])
    row = rows(covered(tmp_path, [array(now_on("a"))], [record("a", at=ago(20)), refused]))["a"]
    assert (row["state"], row["because"][0]["text"].partition(", ")[0]) == ("failed_last", "Its last test")
    assert row["last"]["reasons"] == ["Refused."] and row["tests"] == 1
    assert row["last_good"]["record_id"] != row["last"]["record_id"]


def test_a_clone_of_which_nobody_knows_what_it_is_of_is_a_row_of_its_own(tmp_path: Path) -> None:
    given = array(now_on("a"), dr_test_clones=[{**LEFT, "source_id": None}])
    found = rows(covered(tmp_path, [given], [record("a", at=ago(10))]))
    row = found["dr"]  # it has no name
    assert (row["state"], row["session_id"], found["a"]["state"]) == ("unrecorded_test", "clone-9", "tested")
    texts = [each["text"] for each in row["because"]]
    assert "'left' is on the array" in texts[0]
    assert texts[1] == "The array shows no replicated NAS server here that it is a clone of."
    assert row["unrecorded"][0]["clone_id"] == "clone-9"
