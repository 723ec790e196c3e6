# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings: replayed they give the modules the same results; compared they say where an array differs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from tests.lab.simulator import ScenarioError, Simulator, learn, scenario
from tests.lab.simulator.__main__ import main
from tests.lab.simulator.message import Request
from tests.lab.simulator.pace import Pace
from tests.lab.simulator.recorded import Recorded
from tests.lab.simulator.replay import Player, Replay
from tests.running import Result, run_module

# What depends on the moment, not on the answers.
_OF_THE_MOMENT = {
    "duration_seconds", "started_at", "finished_at", "clock_skew_seconds", "age_seconds", "invocation", "host",
    "attempts", "recovery_point_age_seconds", "at", "after_seconds", "findings", "read_at",
}  # fmt: skip
_STARTED = {"sessions": [{"volume": "erp-data"}, {"volume_group": "erp-db"}], "state": "started", "poll_interval": 0.1}
TASKS: tuple[tuple[str, Mapping[str, Any]], ...] = (
    ("replication_session_info", {}),
    ("replication_failover_test", _STARTED),
    ("replication_session_info", {"volume": "erp-data"}),
    ("replication_failover_test", {**_STARTED, "state": "stopped", "create_end_of_test_snapshot": True}),
    ("replication_failover_test", {"volume": "nowhere", "state": "started"}),
    ("replication_session_info", {}),
)


def lasting(value: Any) -> Any:
    """Without what depends on the moment."""
    if isinstance(value, dict):
        return {name: lasting(each) for name, each in value.items() if name not in _OF_THE_MOMENT}
    return [lasting(each) for each in value] if isinstance(value, list) else value


def recorded(simulator: Simulator, folder: Path, monkeypatch: pytest.MonkeyPatch, names: str) -> list[Result]:
    """What the tasks returned while they were recorded."""
    monkeypatch.setenv("POWERSTORE_TRACE", str(folder))
    monkeypatch.setenv("POWERSTORE_TRACE_NAMES", names)
    results = [run_module(simulator, name, **options) for name, options in TASKS]
    monkeypatch.delenv("POWERSTORE_TRACE")
    assert not [each for each in results if "warnings" in each]
    return results


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.har"))


@pytest.mark.parametrize("names", ["keep", ""], ids=["names kept", "names replaced"])
def test_a_replay_gives_the_modules_the_same_results(
    names: str, simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = recorded(simulator, tmp_path, monkeypatch, names)
    shown = stand_ins(simulator, tmp_path) if not names else {}
    with Replay(files(tmp_path)) as array:
        replayed = [run_module(array, name, **replaced(options, shown)) for name, options in TASKS]  # type: ignore[arg-type]
        assert array.misses == []
    for result, again in zip(results, replayed, strict=True):
        assert lasting(again) == replaced(lasting(result), shown)


def stand_ins(simulator: Simulator, folder: Path) -> dict[str, str]:
    """name -> stand-in, of all that can be in a result."""
    from ansible_collections.drdrill.powerstore.plugins.module_utils._array.standins import StandIns

    made = StandIns((folder / "stand-ins.key").read_bytes())
    tables = simulator.dr.array.tables
    names = {str(row["name"]) for kind in tables for row in tables[kind] if row.get("name")}
    names |= {str(row[key]) for kind in ("volume", "cluster") for row in tables[kind] for key in ("wwn", "global_id")
              if row.get(key)}  # fmt: skip
    names |= {simulator.username, "nowhere"}
    return {name: made.name(name) for name in sorted(names, key=len, reverse=True)}


def replaced(value: Any, shown: Mapping[str, str]) -> Any:
    """The same with stand-ins for names."""
    if not shown:
        return value
    words = re.compile("|".join(rf"(?<![\w-]){re.escape(name)}(?![\w-])" for name in shown))
    return json.loads(words.sub(lambda found: shown[found[0]], json.dumps(value)))


def test_a_lost_answer_is_lost_again(simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    simulator.faults.add(action="reset_after", array="dr", method="POST", path="*/start_failover_test", nth=1)
    monkeypatch.setenv("POWERSTORE_TRACE", str(tmp_path))
    monkeypatch.setenv("POWERSTORE_TRACE_NAMES", "keep")
    result = run_module(simulator, "replication_failover_test", volume="erp-data", state="started", poll_interval=0.1)
    monkeypatch.delenv("POWERSTORE_TRACE")
    with Replay(files(tmp_path)) as array:
        again = run_module(
            array, "replication_failover_test", volume="erp-data", state="started", poll_interval=0.1  # type: ignore[arg-type]
        )  # fmt: skip
    assert result["sessions"][0]["action"] == again["sessions"][0]["action"] == "started"
    # Whether the job is known depends on the pace: one that began before the request was sent is not its own, and the
    # recorded clock stands still while a slower replay gets to that request.
    for each in (result, again):
        each["sessions"][0].pop("job_id")
    assert lasting(again) == lasting(result)


def test_what_was_not_recorded_is_said(simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded(simulator, tmp_path, monkeypatch, "keep")
    with Replay(files(tmp_path)) as array:
        failed = run_module(array, "replication_session_info", volume="another")  # type: ignore[arg-type]
        assert "not in the recording" in failed["msg"]
        assert any("another" in miss for miss in array.misses)


def entry(method: str, target: str, status: int, answer: Any = None, body: Any = None) -> dict[str, Any]:
    """An exchange as POWERSTORE_TRACE writes it."""
    request = {"method": method, "url": f"https://x/api/rest{target}"}
    return {
        "startedDateTime": "2026-11-26T06:00:00Z",
        "time": 1,
        "request": {**request, **({"postData": {"text": json.dumps(body)}} if body else {})},
        "response": {"status": status, "headers": [], "content": {"text": json.dumps(answer) if answer else ""}},
    }


def player(folder: Path, *entries: dict[str, Any], clock_goes_on: bool = False) -> Callable[..., Any]:
    """What a replay of these exchanges answers: the rows of a request."""
    (folder / "x.har").write_text(json.dumps({"log": {"entries": entries}}))
    plays = Player([folder / "x.har"], slowly=False, clock_goes_on=clock_goes_on)

    def answer(method: str, target: str, body: Any = None) -> Any:
        sent = json.dumps(body).encode() if body else b""
        reply = plays.handle(Request(method, f"/api/rest{target}", {}, sent, 1)).reply
        return json.loads(reply.payload) if reply.payload else None

    return answer


def looks(*shown: tuple[str, bool]) -> dict[str, Any]:
    """A look at sessions, and which of them are in test."""
    rows = [{"id": session, "in_test": in_test} for session, in_test in shown]
    return entry(
        "GET", f"/sessions?select=id,in_test&id=in.({','.join(session for session, _in_test in shown)})", 200, rows
    )


def start(session: str) -> dict[str, Any]:
    return entry("POST", f"/sessions/{session}/start", 202, {"id": f"job-{session}"})


def ask(answer: Callable[..., Any], *sessions: str) -> dict[str, bool]:
    rows = answer("GET", f"/sessions?select=id,in_test&id=in.({','.join(sessions)})")
    return {row["id"]: row["in_test"] for row in rows}


def test_sessions_that_were_confirmed_one_by_one_can_be_asked_for_together(tmp_path: Path) -> None:
    """Together they were recorded before the start only, and that is not how they are now."""
    answer = player(
        tmp_path, looks(("a", False), ("b", False)), start("a"), start("b"), looks(("b", True)), looks(("a", True))
    )
    assert ask(answer, "a", "b") == {"a": False, "b": False}
    answer("POST", "/sessions/a/start")
    answer("POST", "/sessions/b/start")
    assert ask(answer, "a", "b") == {"a": True, "b": True}


def test_who_asks_for_the_same_more_often_sees_the_end(tmp_path: Path) -> None:
    entries = (looks(("a", False), ("b", False)), start("a"), start("b"), looks(("a", False), ("b", False)))
    answer = player(tmp_path, *entries, looks(("a", True)), looks(("b", True)))
    for _twice in range(2):  # nothing that was recorded after the start is shown before it
        assert ask(answer, "a", "b") == {"a": False, "b": False}
        assert ask(answer, "a") == {"a": False}
    answer("POST", "/sessions/a/start")
    answer("POST", "/sessions/b/start")
    assert ask(answer, "a", "b") == {"a": False, "b": False}
    assert ask(answer, "a", "b") == {"a": True, "b": True}


def test_an_expiration_is_shown_as_it_is_set_now(tmp_path: Path) -> None:
    """Of two that were set to the same moment, each is set to one of its own now."""
    then, now = "2026-12-03T06:00:00Z", {"v": "2027-01-01T00:00:00Z", "w": "2027-01-01T00:00:01Z"}
    shown = {"end": "2026-12-03T06:00:00.000+00:00"}
    changes = [entry("PATCH", f"/volume/{each}", 204, body={"policy": {"expiration_timestamp": then}}) for each in "vw"]
    answer = player(
        tmp_path,
        *changes,
        *(entry("GET", f"/volume/{each}?select=end", 200, shown) for each in "vw"),
        entry("GET", "/volume?select=end", 200, [shown]),
        clock_goes_on=True,
    )
    first = entry("GET", "/volume/w?select=end", 200, {"end": None})
    again = player(tmp_path, *changes[:1], first, changes[1], entry("GET", "/volume/w?select=end", 200, shown))
    assert again("GET", "/volume/w?select=end") == {"end": None}  # before the change of another one, now
    for each in "vw":
        answer("PATCH", f"/volume/{each}", {"policy": {"expiration_timestamp": now[each]}})
    assert answer("GET", "/volume/v?select=end") == {"end": "2027-01-01T00:00:00.000+00:00"}
    assert answer("GET", "/volume/w?select=end") == {"end": "2027-01-01T00:00:01.000+00:00"}
    assert answer("GET", "/volume?select=end") == [{"end": "2027-01-01T00:00:00.000+00:00"}]


WITHOUT_ZONE = {
    "startedDateTime": "2026-11-26T06:00:00",
    "time": 1,
    "request": {"method": "GET", "url": "https://x/api/rest/cluster"},
    "response": {"status": 200, "headers": [], "content": {"text": "[]"}},
}


@pytest.mark.parametrize(
    "text",
    [
        '{"log": {"entries": [{"request": {}}]}}',
        '{"log": {"entries": [{"request',
        json.dumps({"log": {"entries": [WITHOUT_ZONE]}}),
    ],
    ids=["of nothing", "torn", "without a time zone"],
)
def test_a_file_that_is_no_recording_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "x.har").write_text(text)
    with pytest.raises(ScenarioError, match="no recording"):
        learn.report(files(tmp_path))


def _flag_of_the_other_kind(document: dict[str, Any]) -> None:
    document["faults"] = [
        {"action": "odd_row", "array": "dr", "path": path, "attribute": attribute, "value": value, "row": None}
        for path, attribute, value in (
            ("/replication_session", "storage_element_pairs", None),
            ("/cluster", "system_time", "2026-11-26T06:00:00Z"),
            ("/job", "phase_of_moon", 3),
        )
    ]


_AT_ONCE = {"action": "ignore_async", "array": "dr", "method": "POST", "mode": "blocking"}
# How an array departs from the default -> what is printed of it: lines, and parts of the scenario.
DEPARTURES: dict[str, tuple[Callable[[dict[str, Any]], object], tuple[str, ...], dict[str, Any]]] = {
    "another release": (
        lambda document: document["arrays"]["dr"].update(release_version="3.6.0.0"),
        ("PowerStoreOS 3.6.0.0",),
        {"arrays": {"dr": {"release_version": "3.6.0.0"}, "production": {"release_version": "3.6.0.0"}}},
    ),
    "odd attributes": (
        _flag_of_the_other_kind,
        (
            "storage_element_pairs is null, simulated a list",
            "system_time is a time with 0 digits and Z, simulated a time with 3 digits and an offset",
            "the recorded array has phase_of_moon",
        ),
        {},
    ),
    "another retention": (
        lambda document: document.update(options={"stopped_snapshot_days": 7}),
        (),
        {"options": {"stopped_snapshot_days": 7.0}},
    ),
    "no user in the login": (
        lambda document: document["accounts"][0].update(shows_user=False),
        (),
        {"accounts": [{"username": "admin", "password": "Drdrill-Simulator-1!", "role": "administrator",
                       "shows_user": False}]},
    ),
    "no jobs": (
        lambda document: document.update(faults=[{"action": "ignore_async", "method": "POST", "mode": "immediate"}]),
        ("POST start_failover_test: 204 instead of a job (202)",),
        {"faults": [{**_AT_ONCE, "path": "*/start_failover_test"}, {**_AT_ONCE, "path": "*/stop_failover_test"}]},
    ),
    "slow reads": (
        lambda document: document.update(faults=[{"action": "delay", "method": "GET", "seconds": 0.2}]),
        ("A read took 0.2",),
        {},
    ),
    "an account that may not read alerts": (
        lambda document: document["accounts"][0].update(forbidden=["/alert*"]),
        ("GET /alert: 403 0xE09040050001, simulated 200",),
        {},
    ),
}  # fmt: skip


@pytest.mark.parametrize("how", DEPARTURES)
def test_where_a_recorded_array_differs_is_printed(how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    depart, says, wanted = DEPARTURES[how]
    document = yaml.safe_load((Path(learn.__file__).parent / "scenarios/default.yml").read_text())
    document["operation_seconds"] = {"start_failover_test": 0.1, "stop_failover_test": 0.1}
    depart(document)
    monkeypatch.setenv("POWERSTORE_TRACE", str(tmp_path))
    with Simulator.from_dict(document) as simulator:
        for state in ("started", "stopped"):
            options = {"create_end_of_test_snapshot": True} if state == "stopped" else {}
            run_module(
                simulator, "replication_failover_test", volume="erp-data", state=state, poll_interval=0.1, **options
            )
        run_module(simulator, "replication_session_info")
    text = learn.report(files(tmp_path))
    for line in says:
        assert line in text
    printed = yaml.safe_load(text)
    for name, value in wanted.items():
        assert (
            {key: printed[name][key] for key in value} == value if isinstance(value, dict) else printed[name] == value
        )
    scenario.from_dict(printed)


def test_refusals_and_the_other_side_are_learned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refusals = {
        "test_in_progress": {"status": 409, "code": "0xE0201005AAAA"},
        "no_test": {"status": 400, "code": "0xE1"},
    }
    options = {"source_shows_test": False, "source_flag_at_rest": False, "same_session_id": False, "refusals": refusals}
    document = {"sessions": [{"volume": "erp-data"}], "options": options}
    with Simulator.from_dict(document) as simulator:
        side = simulator.dr.session("erp-data")
        monkeypatch.setenv("POWERSTORE_TRACE", str(tmp_path))
        run_module(simulator, "first_contact", volume="erp-data", step="second_stop")
        simulator.dr.start_failover_test("erp-data")
        run_module(simulator, "first_contact", volume="erp-data", step="second_start")
        production = {"port": simulator.production.port, "resource_id": side.remote_resource_id}
        run_module(simulator, "first_contact", step="read", **production)
    printed = yaml.safe_load(learn.report(files(tmp_path)))
    assert printed["options"] == options


def test_the_command_line_replays_one_of_two_arrays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Simulator.from_dict({"sessions": [{"volume": "erp-data"}]}) as simulator:
        monkeypatch.setenv("POWERSTORE_TRACE", str(tmp_path))
        monkeypatch.setenv("POWERSTORE_TRACE_NAMES", "keep")
        read = run_module(simulator, "replication_session_info")
        run_module(simulator, "replication_session_info", port=simulator.production.port)
        monkeypatch.delenv("POWERSTORE_TRACE")
    ready = tmp_path / "ready.json"
    command = [sys.executable, "-m", "tests.lab.simulator", "--replay", *map(str, files(tmp_path))]
    process = subprocess.Popen(
        [*command, "--recorded-times", "--recorded-clock", "--ready-file", str(ready)], cwd=Path(__file__).parents[3],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 240
        while not ready.exists():
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.05)
        known = json.loads(ready.read_text())
        array = SimpleNamespace(**{**known, "dr": SimpleNamespace(**known["dr"])})
        again = run_module(array, "replication_session_info")  # type: ignore[arg-type]  # only read from
    finally:
        process.terminate()
        said, _nothing = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "of another array" in said
    assert lasting(again) == lasting(read)


def test_the_command_line_learns_and_names_a_wrong_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.json").write_text("{}")
    assert main(["--facts", str(tmp_path / "x.json")]) == 2
    assert "is not a file of first_contact" in capsys.readouterr().err
    assert main(["--learn", str(tmp_path / "none.har")]) == 2
    assert "none.har" in capsys.readouterr().err
    har = {"log": {"entries": []}}
    (tmp_path / "empty.har").write_text(json.dumps(har))
    assert main(["--learn", str(tmp_path / "empty.har")]) == 0
    assert "0 exchanges" in capsys.readouterr().out
    assert main(["--replay", str(tmp_path / "empty.har")]) == 2
    assert "no exchange" in capsys.readouterr().err


def exchange(began: datetime, seconds: float, system_time: str | None = None) -> Recorded:
    raw = json.dumps([{"system_time": system_time}]).encode() if system_time else b"[]"
    return Recorded(began + timedelta(seconds=seconds), 0.0, "GET", "/cluster", (), None, 200, {}, raw, None)


def test_the_recorded_clock_goes_at_the_pace_of_now() -> None:
    """Recorded in 20 s on an array an hour ahead; answered in 200 s, a year later."""
    then, now = datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
    first, last = exchange(then, 0, "2025-01-01T01:00:00.000Z"), exchange(then, 20, "2025-01-01T01:00:20.000Z")
    pace = Pace([first, last])
    pace.answered(first, now)
    body = b'["2025-01-01T01:00:00.250Z", "2025-01-01T00:59:00+00:00", "9999-12-31T00:00:00Z"]'
    assert json.loads(pace.text(first, body)) == [
        "2026-01-01T01:00:00.250Z", "2026-01-01T00:59:00+00:00", "9999-12-31T00:00:00Z",
    ]  # fmt: skip
    pace.answered(first, now + timedelta(seconds=150))  # asked once more: its clock has gone on
    assert b"2026-01-01T01:02:30.250Z" in pace.text(first, body)
    pace.answered(last, now + timedelta(seconds=200))
    body = b'["2025-01-01T01:00:10.00Z", "2025-01-01T01:00:20.000000Z", "2025-01-02T01:00:20Z", "2025-01-01"]'
    # What lay between two answers does so again, and keeps its distance from the first as far as that goes.
    assert json.loads(pace.text(last, body)) == [
        "2026-01-01T01:02:40.00Z", "2026-01-01T01:03:20.000000Z", "2026-01-02T01:03:20Z", "2025-01-01",
    ]  # fmt: skip


def test_an_odd_clock_is_left_as_it_was_recorded() -> None:
    then, now = datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
    for shown in ("yesterday", "2025-01-01T00:00:00"):
        pace = Pace([exchange(then, 0, shown)])
        pace.answered(exchange(then, 0, shown), now)
        assert pace.text(exchange(then, 0, shown), f'"{shown}"'.encode()) == f'"{shown}"'.encode()


def test_a_clock_that_was_set_while_it_was_recorded_is_set_again() -> None:
    then, now = datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
    first, last = exchange(then, 0, "2025-01-01T00:00:00Z"), exchange(then, 20, "2025-01-01T02:00:20Z")
    pace = Pace([first, last])
    pace.answered(first, now)
    pace.answered(last, now + timedelta(seconds=5))
    assert pace.text(last, b'"2025-01-01T02:00:20Z"') == b'"2026-01-01T02:00:05Z"'
