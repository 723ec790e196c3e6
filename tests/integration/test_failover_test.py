# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""replication_failover_test from end to end: its real main(), real HTTPS, the simulator's journal as the witness."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from tests.conftest import ModuleRunner
from tests.lab.simulator import Simulator
from tests.running import run_module

ALL = [{"volume": "erp-data"}, {"volume_group": "erp-db"}, {"volume": "files-archive"}]


def operations(simulator: Simulator) -> list[tuple[str, str]]:
    """Every request to the DR array that changes something, besides login and logout."""
    return [(e.method, e.path) for e in simulator.dr.journal() if e.method != "GET" and e.path != "/logout"]


def only(result: dict, key: str = "sessions") -> dict:
    """The one entry of the result."""
    (entry,) = result[key]
    return entry


def test_start_and_stop_change_the_array_once(simulator: Simulator, run: ModuleRunner) -> None:
    started = run.start(volume="erp-data")

    session = simulator.dr.session("erp-data")
    entry = only(started)
    assert started["changed"] and entry["action"] == "started"
    assert session.failover_test_in_progress is True
    assert entry["session_id"] == session.id
    assert entry["before"]["failover_test_in_progress"] is not True
    assert entry["after"]["failover_test_in_progress"] is True
    assert entry["job_id"] and not entry.keys() & {"failure", "snapshot", "end_of_test_snapshot", "rollback"}
    assert started["cluster"]["release_version"].startswith("4.1")

    assert run.start(volume="erp-data")["changed"] is False
    assert run.stop(volume="erp-data")["changed"] is True
    assert not simulator.dr.session("erp-data").failover_test_in_progress
    assert run.stop(volume="erp-data")["changed"] is False
    assert simulator.dr.executed("start_failover_test") == [session.id]
    assert simulator.dr.executed("stop_failover_test") == [session.id]
    assert len(operations(simulator)) == 2


def test_one_login_and_one_logout_for_each_task(simulator: Simulator, run: ModuleRunner) -> None:
    run.start(sessions=ALL)
    run.stop(sessions=ALL, check=True)
    run.start(volume="no such volume")
    assert (simulator.dr.logins, simulator.dr.logouts, simulator.dr.open_sessions) == (3, 3, 0)


def test_results_come_in_the_order_asked(run: ModuleRunner) -> None:
    result = run.start(sessions=list(reversed(ALL)))
    assert [s["resource_name"] for s in result["sessions"]] == ["files-archive", "erp-db", "erp-data"]
    assert [s["action"] for s in result["sessions"]] == ["started"] * 3


@pytest.mark.parametrize("release", ["2.1.0.0", "3.0.0.0", "3.6.0.0", "4.1.0.0"])
def test_every_release_with_failover_tests(simulator: Simulator, run: ModuleRunner, release: str) -> None:
    simulator.dr.set_release_version(release)
    assert [s["action"] for s in run.start(sessions=ALL)["sessions"]] == ["started"] * 3
    assert [s["action"] for s in run.stop(sessions=ALL)["sessions"]] == ["stopped"] * 3


@pytest.mark.parametrize("state", ["started", "stopped"])
def test_check_mode_predicts_and_only_reads(simulator: Simulator, run: ModuleRunner, state: str) -> None:
    if state == "stopped":
        simulator.dr.start_failover_test("erp-db")
    predicted = run("replication_failover_test", state=state, sessions=ALL, check=True, diff=True)
    assert operations(simulator) == []
    real = run("replication_failover_test", state=state, sessions=ALL, diff=True)

    assert predicted["changed"] is True and real["changed"] is True
    assert [s["action"] for s in predicted["sessions"]] == [s["action"] for s in real["sessions"]]
    assert predicted["diff"] == real["diff"]


def test_a_diff_is_returned_where_one_is_asked_for(run: ModuleRunner) -> None:
    assert "diff" not in run.start(volume="erp-data", check=True)
    assert "diff" in run.start(volume="erp-data", check=True, diff=True)


def test_the_result_has_the_options_as_the_task_named_them(run: ModuleRunner) -> None:
    named = [{"volume": "erp-data"}, {"volume": "files-archive", "snapshot": "files-archive-monday"}]
    for result in (run.start(sessions=named), run.start(sessions=[*named, {"volume": "no-such"}])):
        options = result["invocation"]["module_args"]
        assert options["sessions"][:2] == named
        assert options["state"] == "started" and options["volume"] is None
        assert options["password"] == "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"


def test_the_times_of_before_are_not_said_again(simulator: Simulator, run: ModuleRunner) -> None:
    entry = only(run.start(volume="erp-data"))
    assert entry["after"] == {"state": "OK", "role": "Destination", "failover_test_in_progress": True}
    assert entry["before"].keys() - entry["after"].keys() == {"last_sync_timestamp", "recovery_point_timestamp"}


def test_a_result_of_many_is_short(simulator: Simulator, run: ModuleRunner) -> None:
    result = run.start(sessions=ALL)
    assert len(json.dumps(result["sessions"])) / len(ALL) < 800
    assert len(json.dumps(result["invocation"]["module_args"]["sessions"])) / len(ALL) < 50


def test_diff_is_what_the_array_shows(simulator: Simulator, run: ModuleRunner) -> None:
    diff = run.start(volume="erp-data", diff=True)["diff"]
    (label,) = diff["after"]
    assert simulator.dr.session("erp-data").id in label
    assert diff["before"][label] == "no failover test"
    assert diff["after"][label] == "failover test in progress"
    assert diff["before_header"] == diff["after_header"] == "failover tests on ps-dr"


def test_the_diff_names_the_snapshot_that_a_test_shows(run: ModuleRunner) -> None:
    for check in (True, False):
        diff = run.start(volume="files-archive", snapshot="files-archive-monday", check=check, diff=True)["diff"]
        assert list(diff["before"].values()) == ["no failover test"]
        assert list(diff["after"].values()) == ["failover test in progress from snapshot 'files-archive-monday'"]


def test_by_id_of_session_volume_and_group(simulator: Simulator, run: ModuleRunner) -> None:
    session = simulator.dr.session("erp-db")
    by_session = run.start(session_id=session.id)
    by_resource = run.stop(volume_group=session.local_resource_id)
    assert only(by_session)["resource_name"] == only(by_resource)["resource_name"] == "erp-db"
    assert only(by_resource)["action"] == "stopped"


def test_names_are_found_whatever_their_case(run: ModuleRunner) -> None:
    assert only(run.start(volume="ERP-Data", check=True))["resource_name"] == "erp-data"


def test_start_from_a_snapshot(simulator: Simulator, run: ModuleRunner) -> None:
    entry = only(run.start(volume="files-archive", snapshot="files-archive-monday"))
    (post,) = [e for e in simulator.dr.journal() if e.path.endswith("/start_failover_test")]
    assert entry["snapshot"]["name"] == "files-archive-monday"
    assert post.request_body == {"snapshot_id": entry["snapshot"]["id"]}


def test_end_of_test_snapshot_with_expiration(simulator: Simulator, run: ModuleRunner) -> None:
    for name, selector in (("volume", "erp-data"), ("volume_group", "erp-db")):
        run.start(**{name: selector})
        entry = only(
            run.stop(**{name: selector}, create_end_of_test_snapshot=True, end_of_test_snapshot_expiration="30d")
        )
        snapshot = entry["end_of_test_snapshot"]
        assert snapshot["name"].startswith("failover_test_STOPPED_")
        expires = datetime.fromisoformat(snapshot["expiration_timestamp"])
        assert abs(expires - (simulator.clock.now() + timedelta(days=30))) < timedelta(minutes=1)
        assert "failure" not in entry and entry["changed"]


def test_end_of_test_snapshot_for_ever_or_as_the_array_decides(run: ModuleRunner) -> None:
    run.start(volume="erp-data")
    kept = only(run.stop(volume="erp-data", create_end_of_test_snapshot=True, end_of_test_snapshot_expiration="never"))
    assert kept["end_of_test_snapshot"]["expiration_timestamp"] is None
    run.start(volume="erp-data")
    default = only(run.stop(volume="erp-data", create_end_of_test_snapshot=True))
    assert default["end_of_test_snapshot"]["expiration_timestamp"] is not None


def test_stop_with_the_link_cut_needs_force(simulator: Simulator, run: ModuleRunner) -> None:
    run.start(volume="erp-data")
    simulator.link.cut()
    predicted = run.stop(volume="erp-data", check=True)
    refused = run.stop(volume="erp-data")
    for result in (predicted, refused):
        assert result["failed"] and result["failure"]["kind"] == "rejected"
        assert result["changed"] is False
        assert [f["id"] for f in only(result)["findings"]] == ["remote.unreachable"]
    assert only(refused)["after"]["failover_test_in_progress"] is True

    forced = run.stop(volume="erp-data", force=True)
    assert forced["changed"] and not forced.get("failed")
    assert not simulator.dr.session("erp-data").failover_test_in_progress


def test_running_test_is_left_alone_and_named(simulator: Simulator, run: ModuleRunner) -> None:
    simulator.dr.start_failover_test("erp-data", user="somebody")
    result = run.start(volume="erp-data")
    assert result["changed"] is False and not result.get("failed")
    assert only(result)["action"] == "none" and only(result)["request_sent"] is False
    assert [f["id"] for f in only(result)["findings"]] == ["test.already_running"]


def test_a_blocker_on_one_session_refuses_the_whole_task(simulator: Simulator, run: ModuleRunner) -> None:
    simulator.dr.set_session("erp-db", state="Failed_Over")
    for check in (True, False):
        result = run.start(sessions=ALL, check=check)
        assert [s["action"] for s in result["sessions"]] == ["not_attempted", "failed", "not_attempted"]
        assert result["failure"]["kind"] == "not_ready"
    assert operations(simulator) == []


def refuse_one(simulator: Simulator, name: str) -> None:
    """The array refuses the start on one session although everything it shows allows it."""
    session_id = simulator.dr.session(name).id
    simulator.faults.add(
        array="dr",
        method="POST",
        path=f"/replication_session/{session_id}/start_failover_test",
        action="answer",
        status=422,
        body={
            "messages": [{"code": "0xE02010050099", "severity": "Error", "message_l10n": "Not now.", "arguments": []}]
        },
    )


def test_a_failure_on_one_session_does_not_stop_the_others(simulator: Simulator, run: ModuleRunner) -> None:
    refuse_one(simulator, "erp-db")
    result = run.start(sessions=ALL)
    assert result["failed"] and result["changed"]
    assert [s["action"] for s in result["sessions"]] == ["started", "failed", "started"]
    failure = result["sessions"][1]["failure"]
    assert (failure["kind"], failure["http_status"], failure["code"]) == ("rejected", 422, "0xE02010050099")
    assert "Not now." in failure["message"]


def test_rollback_stops_what_this_task_started_and_nothing_else(simulator: Simulator, run: ModuleRunner) -> None:
    simulator.dr.start_failover_test("files-archive", user="somebody")
    refuse_one(simulator, "erp-db")
    result = run.start(sessions=ALL, on_failure="rollback")
    assert [s["action"] for s in result["sessions"]] == ["rolled_back", "failed", "none"]
    assert result["failed"] and result["changed"] is False
    assert result["sessions"][0]["rollback"]["job_id"]
    assert simulator.dr.session("files-archive").failover_test_in_progress is True
    assert not simulator.dr.session("erp-data").failover_test_in_progress


BAD_INPUT = {
    "no selector": ({}, "invalid_input", "one of the following is required"),
    "two selectors": ({"volume": "erp-data", "volume_group": "erp-db"}, "invalid_input", "mutually exclusive"),
    "two selectors in an entry": (
        {"sessions": [{"volume": "erp-data", "session_id": "1"}]},
        "invalid_input",
        "mutually exclusive",
    ),
    "empty list": ({"sessions": []}, "invalid_input", "sessions is an empty list"),
    "empty name": ({"volume": " "}, "invalid_input", "found an empty one"),
    "same session twice": (
        {"sessions": [{"volume": "erp-data"}, {"volume": "ERP-DATA"}]},
        "ambiguous",
        "asked for 2 times",
    ),
    "unknown volume": ({"volume": "erp-dat"}, "not_found", "No volume 'erp-dat' on"),
    "unknown group": ({"volume_group": "erp-data"}, "not_found", "No volume group 'erp-data' on"),
    "unknown session": ({"session_id": "nonsense"}, "not_found", "No replication session 'nonsense'"),
    "member of a group": ({"volume": "erp-db-log"}, "not_found", "A member of a volume group is replicated with"),
    "unknown snapshot": ({"volume": "erp-data", "snapshot": "nope"}, "not_found", "No snapshot 'nope' on this array"),
    "snapshot of another resource": (
        {"volume": "erp-data", "snapshot": "files-archive-monday"},
        "not_ready",
        "a snapshot of another resource",
    ),
    "a volume instead of a snapshot": (
        {"volume": "erp-data", "snapshot": "erp-data"},
        "not_ready",
        "not a snapshot at all",
    ),
    "wait_timeout": ({"volume": "erp-data", "wait_timeout": 0}, "invalid_input", "wait_timeout is 0"),
    "expiration without snapshot": (
        {"volume": "erp-data", "end_of_test_snapshot_expiration": "1d"},
        "invalid_input",
        "create_end_of_test_snapshot",
    ),
    "expiration nonsense": (
        {"volume": "erp-data", "create_end_of_test_snapshot": True, "end_of_test_snapshot_expiration": "soon"},
        "invalid_input",
        "expected a duration such as 30d",
    ),
    "expiration in the past": (
        {
            "volume": "erp-data",
            "create_end_of_test_snapshot": True,
            "end_of_test_snapshot_expiration": "2001-01-01T00:00:00Z",
        },
        "invalid_input",
        "which is not after the array's time",
    ),
    "host with a scheme": ({"volume": "erp-data", "host": "https://array"}, "invalid_input", "host is not a name"),
    "host with credentials": (
        {"volume": "erp-data", "host": "me:my-secret@array"},
        "invalid_input",
        "host is not a name",
    ),
    "unknown host": ({"volume": "erp-data", "host": "array.invalid", "timeout": 5}, "unreachable", "array.invalid"),
    "port that refuses": ({"volume": "erp-data", "port": 1, "timeout": 2}, "unreachable", "127.0.0.1:1"),
    "untrusted certificate": ({"volume": "erp-data", "ca_path": None}, "unreachable", "ca_path"),
    "no such ca file": ({"volume": "erp-data", "ca_path": "/no/such.pem"}, "invalid_input", "ca_path is /no/such.pem"),
    "wrong password": ({"volume": "erp-data", "password": "wrong-password"}, "authentication", "refused (401)"),
}


@pytest.mark.parametrize("check", [False, True], ids=["real", "check"])
@pytest.mark.parametrize(("options", "kind", "words"), BAD_INPUT.values(), ids=BAD_INPUT)
def test_bad_input_is_named_before_anything_is_changed(
    simulator: Simulator, run: ModuleRunner, options: dict, kind: str, words: str, check: bool
) -> None:
    result = run.start(**options, check=check)
    assert result["failed"] and result["changed"] is False
    assert result["failure"]["kind"] == kind, result
    assert words in result["msg"]
    assert "my-secret" not in str(result)
    assert operations(simulator) == []


def test_wrong_credentials_are_tried_once(simulator: Simulator, run: ModuleRunner) -> None:
    run.start(volume="erp-data", password="wrong-password")
    assert [e.path for e in simulator.dr.journal()] == ["/login_session"]


def test_session_seen_from_its_source(simulator: Simulator, run: ModuleRunner) -> None:
    for state in ("started", "stopped"):
        result = run("replication_failover_test", state=state, volume="erp-data", port=simulator.production.port)
        assert result["failure"]["kind"] == "not_ready"
        assert [f["id"] for f in only(result)["findings"]] == ["role.not_destination"]


@pytest.mark.parametrize("state", ["started", "stopped"])
def test_nas_session(simulator: Simulator, run: ModuleRunner, state: str) -> None:
    changed = simulator.dr.set_session("erp-data", resource_type="nas_server", failover_test_in_progress=None)
    result = run("replication_failover_test", state=state, session_id=changed.id)
    assert result["failure"]["kind"] == "not_ready"
    assert "nas.use_clone" in [f["id"] for f in only(result)["findings"]]


def test_a_stop_that_is_refused_for_one_stops_the_others(simulator: Simulator, run: ModuleRunner) -> None:
    run.start(sessions=ALL)
    simulator.dr.set_session("erp-db", role="Source")
    result = run.stop(sessions=[*ALL, {"volume": "gone"}])
    assert [s["action"] for s in result["sessions"]] == ["stopped", "failed", "stopped", "failed"]
    assert [s["failure"]["kind"] for s in result["sessions"] if s["failed"]] == ["not_ready", "not_found"]
    assert not simulator.dr.session("erp-data").failover_test_in_progress


def test_a_stop_waits_for_a_start_that_is_under_way(simulator: Simulator, run: ModuleRunner) -> None:
    simulator.operation_seconds["start_failover_test"] = 6
    late = run.start(volume="erp-data", wait_timeout=1)
    assert late["failure"]["kind"] == "timeout" and only(late)["request_sent"] is True
    predicted = run.stop(volume="erp-data", check=True)
    real = run.stop(volume="erp-data")
    assert only(predicted)["action"] == only(real)["action"] == "stopped"
    assert predicted["changed"] is real["changed"] is True
    assert only(real)["before"]["failover_test_in_progress"] is True
    assert not simulator.dr.session("erp-data").failover_test_in_progress


def test_a_start_that_is_logged_but_not_shown_is_told(simulator: Simulator, run: ModuleRunner) -> None:
    run.start(volume="erp-data")
    simulator.dr.set_session("erp-data", failover_test_in_progress=False)
    entry = only(run.stop(volume="erp-data", wait_timeout=2))
    assert entry["action"] == "none" and entry["failed"] is False
    assert [finding["id"] for finding in entry["findings"]] == ["start.unaccounted"]


def test_environment_gives_the_connection(
    simulator: Simulator, run: ModuleRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {
        "HOST": simulator.dr.host,
        "PORT": str(simulator.dr.port),
        "USERNAME": simulator.username,
        "PASSWORD": simulator.password,
        "CA_PATH": str(simulator.ca_path),
    }
    for name, value in values.items():
        monkeypatch.setenv(f"POWERSTORE_{name}", value)
    none = dict.fromkeys(("host", "port", "username", "password", "ca_path"))
    assert run.start(volume="erp-data", **none)["changed"]


def test_names_of_the_dellemc_collection(simulator: Simulator, run: ModuleRunner) -> None:
    result = run.start(
        volume="erp-data", host=None, username=None, ca_path=None,
        array_ip=simulator.dr.host, user=simulator.username, verifycert=False,
    )  # fmt: skip
    assert result["changed"]


def test_environment_for_other_tools_does_not_matter(run: ModuleRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/ssl/certs/ca-certificates.crt")
    assert run.start(volume="erp-data", check=True)["changed"]


@pytest.mark.parametrize("odd", ['a,b("c")', "50% of it", "a'b\\c", "(1,2)", "ü & ß"])
def test_an_id_with_characters_of_the_filter_language(odd: str) -> None:
    scenario = {"operation_seconds": {"default": 0.1}, "sessions": [{"volume": "erp", "id": odd}, {"volume": "crm"}]}
    with Simulator.from_dict(scenario) as simulator:
        other = simulator.dr.session("crm").id
        for state in ("started", "stopped"):
            sessions = [{"session_id": odd}, {"session_id": other}]
            result = run_module(simulator, "replication_failover_test", state=state, sessions=sessions)
            assert [entry["action"] for entry in result["sessions"]] == [state] * 2, result.get("msg")
        named = run_module(simulator, "replication_failover_test", state="started", volume="erp")
        assert only(named)["session_id"] == odd and only(named)["action"] == "started"


@pytest.mark.parametrize("by", ["session_id", "volume", "volume_group"])
def test_a_selector_that_is_a_number_in_yaml_is_taken_as_text(run: ModuleRunner, by: str) -> None:
    for options in ({by: 1234}, {"sessions": [{by: 1234}]}):
        result = run.start(**options)
        assert result["failure"]["kind"] == "not_found" and "'1234'" in result["msg"]
        assert only(result)["selector"] == {by: "1234"}


def test_a_volume_that_is_called_by_a_number() -> None:
    with Simulator.from_dict({"operation_seconds": {"default": 0}, "sessions": [{"volume": "1234"}]}) as simulator:
        assert run_module(simulator, "replication_failover_test", state="started", volume=1234)["changed"]
