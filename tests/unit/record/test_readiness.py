# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The readiness report: its verdict, its schema, and a table that fits on a screen whatever the names are."""

from __future__ import annotations

import json
import typing as t

import jsonschema
import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._findings.finding import Finding
from ansible_collections.drdrill.powerstore.plugins.module_utils._findings.rules import RULES
from ansible_collections.drdrill.powerstore.plugins.module_utils._json import Json
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.common import Context
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.published import published
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.readiness import build_readiness
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.reading import problems
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.results import Preflight
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.summaries import summary
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.types import record_from_json
from ansible_collections.drdrill.powerstore.plugins.module_utils._words import Kind
from tests.unit.makers.samples import NOW, a_session

CLUSTER = {
    "name": "ps-dr",
    "global_id": "PS1",
    "release_version": "4.1.0.0",
    "system_time": "2026-11-23T20:00:00.000Z",
}


def entry(*rules: str, **values: t.Any) -> Json:
    """A session as replication_session_info returns it."""
    findings = [Finding.of(rule, a_session(), f"Words of {rule}.").as_result() for rule in rules]
    given: Json = {
        "session_id": "0987c10e-b750-5a1a-9869-8a767b85af0f",
        "selector": {"volume": "erp-data"},
        "state": "OK",
        "role": "Destination",
        "failover_test_in_progress": False,
        "last_sync_timestamp": "2026-11-23T19:58:00.000Z",
        "type": "Asynchronous",
        "resource_type": "volume",
        "resource_name": "erp-data",
        "resource_id": "v-1",
        "remote_system": {"id": "r-1", "name": "ps-production"},
        "rpo_objective_seconds": 300,
        "recovery_point_timestamp": "2026-11-23T19:57:52.000Z",
        "recovery_point_age_seconds": 128.0,
        "volumes": [{"id": "v-1", "name": "erp-data", "state": "Ready", "wwn": None, "size": 1, "hosts": ["h"]}],
        "ready": not any(finding["severity"] == "blocker" for finding in findings),
        "findings": findings,
    }
    return given | values


NEVER: Json = {"recovery_point_age_seconds": None, "recovery_point_timestamp": None, "last_sync_timestamp": None}


def unresolved(name: str = "nope") -> Json:
    finding = Finding.of("session.not_found", None, f"No volume '{name}'.").as_result()
    return {
        "session_id": None, "selector": {"volume": name}, "resource_type": "volume", "resource_name": name,
        "resource_id": None, "ready": False, "findings": [finding],
    }  # fmt: skip


def record(*entries: Json, filters: Json | None = None, **before: t.Any) -> Json:
    context = Context("Readiness", "me", "here", filters=filters, array_host="dr.example.com")
    seen = before or {"cluster": CLUSTER, "sessions": list(entries)}
    built = build_readiness(Preflight.from_params({"before": seen}), context, "an-id", NOW).as_json()
    assert problems(built, Kind.READINESS) == []
    jsonschema.Draft202012Validator(published()).validate(json.loads(json.dumps(built)))
    return built


def shown_of(built: Json, path: str = "-") -> list[str]:
    return summary(record_from_json(built), path)


@pytest.mark.parametrize(
    ("entries", "verdict", "of_sessions"),
    [
        ([entry()], "passed", ["passed"]),
        ([entry("alerts.not_readable")], "passed", ["passed"]),
        ([entry("rpo.exceeded"), entry()], "passed_with_deviations", ["passed_with_deviations", "passed"]),
        ([entry("rpo.exceeded", "nas.use_clone"), entry()], "failed", ["failed", "passed"]),
        ([entry(), unresolved()], "failed", ["passed", "failed"]),
        ([], "incomplete", []),
    ],
)
def test_verdicts(entries: list[Json], verdict: str, of_sessions: list[str]) -> None:
    built = record(*entries)
    assert built["verdict"] == verdict
    assert [session["verdict"] for session in built["sessions"]] == of_sessions
    assert [session["ready"] for session in built["sessions"]] == [given["ready"] for given in entries]
    assert [session["findings"] for session in built["sessions"]] == [given["findings"] for given in entries]
    assert bool(built["reasons"]) == (verdict != "passed")


def test_an_array_that_could_not_be_read() -> None:
    built = record(msg="no connection to dr:443", failure={"kind": "unreachable"}, changed=False)
    assert (built["verdict"], built["sessions"]) == ("incomplete", [])
    assert built["reasons"] == ["Nothing was looked at: no connection to dr:443"]
    shown = shown_of(built, "/x.json")
    asked = {"before": {"msg": "no connection to dr:443"}, "wishes": [{"volume": "erp-data", "wave": 1}]}
    built = build_readiness(Preflight.from_params(asked), Context("Check", "me", "here"), "an-id", NOW).as_json()
    assert (built["verdict"], built["sessions"]) == ("incomplete", [])  # what was asked for is no session that was read
    assert any("no connection to dr:443" in line for line in shown) and "dr.example.com" in shown[0]
    assert "Verdict: incomplete. Ready for a failover test: 0 of 0 sessions." in shown


@pytest.mark.parametrize(
    ("filters", "selected_by"), [(None, "sessions"), ({}, "all"), ({"role": "Destination"}, "filters")]
)
def test_how_the_sessions_were_chosen(filters: Json | None, selected_by: str) -> None:
    scope = record(entry(), filters=filters)["scope"]
    assert (scope["selected_by"], scope["filters"]) == (selected_by, filters)


def test_the_table() -> None:
    built = record(
        entry("rpo.exceeded", recovery_point_age_seconds=7260.0, recovery_point_timestamp="2026-11-23T17:59:00Z"),
        entry("state.not_allowed", "session.error", state="Error", resource_name="broken", session_id="0987c10e-2"),
        entry(resource_type="volume_group", resource_name="erp-db", session_id="0987c10e-3", **NEVER),
        unresolved(),
    )
    shown = shown_of(built, "/records/x.json")
    assert shown[2:8] == [
        "Ready Would be   Session  Resource            Role        State Age / RPO         First blocker",
        "----- ---------- -------- ------------------- ----------- ----- ----------------- ----------------",
        "yes   failed     0987c10e volume erp-data     Destination OK    2 h 1 min / 5 min (1 warning)",
        "NO    failed     0987c10e volume broken       Destination Error 2 min / 5 min     state.not_allow…",
        "yes   incomplete 0987c10e volume group erp-db Destination OK    - / 5 min         -",
        "NO    aborted    -        volume nope         -           -     - / -             session.not_fou…",
    ]
    assert shown[-2:] == [
        "Verdict: failed. Ready for a failover test: 2 of 4 sessions.", "Record: /records/x.json",
    ]  # fmt: skip


def test_findings_are_told_in_full_the_heaviest_first() -> None:
    shown = "\n".join(shown_of(record(entry("rpo.exceeded"), entry("nas.use_clone", "rpo.exceeded"))))
    assert shown.count("WARNING rpo.exceeded") == 1 and shown.count("- Words of rpo.exceeded.") == 2
    assert shown.index("BLOCKER nas.use_clone") < shown.index("WARNING rpo.exceeded")
    for rule in ("nas.use_clone", "rpo.exceeded"):
        assert RULES[rule].impact in " ".join(shown.split()) and RULES[rule].resolution in " ".join(shown.split())


@pytest.mark.parametrize("name", ["x" * 300, "two  words\nand a line", "数据库" * 50, "\x1b[31mred", "per%20cent"])
def test_every_line_fits_whatever_the_names_are(name: str) -> None:
    values = {"state": "Switching_To_Metro_Sync", "role": "Metro_Non_Preferred", "resource_type": "replication_group"}
    odd = entry("type.not_asynchronous", "snapshot.expiration_not_set", resource_name=name, **values)
    odd["recovery_point_age_seconds"] = 4_000_000.0
    odd["findings"][0]["message"] = f"The volume '{name}' is not asynchronous."
    shown = shown_of(record(odd), "/" + "y" * 200)
    assert max(map(len, shown[:-1])) <= 108  # and 120 with what Ansible puts round it
    assert shown[-1] == "Record: /" + "y" * 200  # a path that is broken cannot be copied
    assert len([line for line in shown if "0987c10e" in line]) == 1
    assert not any("\n" in line or "\x1b" in line for line in shown)


def test_by_name_unless_the_order_was_given() -> None:
    entries = [entry(resource_name=name) for name in ("b", "C", "a")]
    for filters, expected in ((None, "b C a"), ({}, "a b C")):
        shown = shown_of(record(*entries, filters=filters))
        assert " ".join(line.split()[4] for line in shown if "0987c10e" in line) == expected


def test_what_is_excluded_is_not_judged() -> None:
    blocked = entry("nas.use_clone", session_id="s-2", resource_name="home", resource_type="nas_server")
    group = entry("state.not_allowed", session_id="s-3", resource_name="erp-db", resource_type="volume_group")
    out = [{"session_id": "s-2", "reason": "a"}, {"volume_group": "ERP-DB", "reason": "b"}, {"volume": "v-9"}]
    params: Json = {"before": {"cluster": CLUSTER, "sessions": [blocked, group, entry()]}, "exclusions": out}
    built = build_readiness(Preflight.from_params(params), Context("Readiness", "me", "here"), "an-id", NOW)
    assert [session.resource_name for session in built.sessions] == ["erp-data"]
    assert built.verdict == "passed"
    params["exclusions"] = [{"volume": "erp-db"}, {"volume": "home"}]  # of another kind: nothing is left out
    built = build_readiness(Preflight.from_params(params), Context("Readiness", "me", "here"), "an-id", NOW)
    assert len(built.sessions) == 3
