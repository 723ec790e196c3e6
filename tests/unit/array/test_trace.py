# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Recording: what is written, what never is, and that nothing of it ever holds a task up."""

from __future__ import annotations

import base64
import html
import json
import os
import re
import stat
import threading
import typing as t
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote, quote_plus

import jsonschema
import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._array import trace as module
from ansible_collections.drdrill.powerstore.plugins.module_utils._array.connection import Connection
from ansible_collections.drdrill.powerstore.plugins.module_utils._array.standins import StandIns
from ansible_collections.drdrill.powerstore.plugins.module_utils._array.trace import Exchange, Trace
from tests.lab.simulator import Simulator
from tests.running import run_module

PASSWORD = 'S3cret "with" \\ signs/é'
CONNECTION = Connection("powerstore-dr.bank.example", 443, "CORP\\drill", PASSWORD, True, 60.0)
NAME = "payroll"  # a plain word, so that only knowing it to be a name hides it


def exchange(**values: t.Any) -> Exchange:
    given: dict[str, t.Any] = {
        "began": datetime(2026, 11, 26, tzinfo=UTC), "seconds": 0.25, "method": "GET", "path": "/volume", "query": [],
        "headers": {}, "body": None, "doing": "Reading volumes", "status": 200,
    }  # fmt: skip
    return Exchange(**{**given, **values})


def entries_of(folder: Path) -> list[dict[str, t.Any]]:
    (path,) = folder.glob("*.har")
    found: list[dict[str, t.Any]] = json.loads(path.read_text())["log"]["entries"]
    return found


def recorded(folder: Path, *exchanges: Exchange, keep_names: bool = False) -> str:
    trace = Trace(str(folder), CONNECTION, keep_names=keep_names)
    for each in exchanges:
        trace.note(each)
    trace.close()
    assert trace.problem is None
    (path,) = folder.glob("*.har")
    return path.read_text()


# Where a name may be: what is sent and what comes back.
NAMED = {
    "a row": {"raw": json.dumps([{"id": "1", "name": NAME}]).encode()},
    "a filter": {"query": [("name", f"in.({NAME},other)")]},
    "a pattern": {"query": [("name", f"ilike.{NAME}*")]},
    "a path": {"path": f"/volume/name:{NAME}"},
    "a body": {"method": "POST", "body": {"name": NAME}},
    "what is done": {"doing": f"Starting the failover test on the volume '{NAME}' (session 1)"},
    "an attribute that nobody knows": {"raw": json.dumps({"shown_as": NAME}).encode()},
    "an attribute's name": {"raw": json.dumps({"by name": {f"{NAME} 1": 2}}).encode()},
    "the arguments of a message": {
        "status": 422,
        "raw": json.dumps({"messages": [{"message_l10n": f"{NAME} is odd", "arguments": [NAME]}]}).encode(),
    },
    "a message without arguments, of a name that was asked for": {
        "query": [("name", f"eq.{NAME}")],
        "status": 422,
        "raw": json.dumps({"messages": [{"code": "0xE1", "message_l10n": f"Volume {NAME} is odd"}]}).encode(),
    },
    "a message that nobody knows": {"raw": json.dumps({"message": f"The host {NAME} is not reachable"}).encode()},
    "a message in other letters": {
        "raw": json.dumps({"name": NAME, "message": f"{NAME.title()} is odd, {NAME.upper()} is, too"}).encode()
    },
    "a message of a name in other letters": {
        "raw": json.dumps({"name": f"ERP {NAME.title()}", "message": f"volume erp {NAME} is odd"}).encode()
    },
    "a type of content": {"answer_headers": [("Content-Type", f"text/html; name={NAME}.html")]},
    "an error": {"error": f"certificate is for '{NAME}'", "status": 0},
    "what is not JSON": {"raw": f"<html>{NAME}</html>".encode()},
}  # fmt: skip


@pytest.mark.parametrize("where", NAMED)
def test_a_name_is_nowhere_and_kept_where_that_is_asked_for(where: str, tmp_path: Path) -> None:
    text = recorded(tmp_path / "replaced", exchange(**NAMED[where]))
    assert NAME not in text.lower()
    for part in ("powerstore-dr", "bank.example", "drill", "CORP"):
        assert part not in text.replace("drdrill", "")
    kept = recorded(tmp_path / "kept", exchange(**NAMED[where]), keep_names=True)
    assert (NAME in kept) is (where not in ("what is not JSON", "a type of content"))


_PAIR = base64.b64encode(f"CORP\\drill:{PASSWORD}".encode()).decode()
SECRETS = {
    "headers": {
        "headers": {"Authorization": f"Basic {_PAIR}", "Cookie": "auth_cookie=c00kie-value",
                    "DELL-EMC-TOKEN": "t0ken-value"},
        "answer_headers": [("Set-Cookie", "auth_cookie=c00kie-value; Path=/"), ("DELL-EMC-TOKEN", "t0ken-value")],
    },
    "an echo of the headers": {
        "headers": {"Cookie": "auth_cookie=c00kie-value", "DELL-EMC-TOKEN": "t0ken-value"},
        "raw": json.dumps({"state": "c00kie-value t0ken-value"}).encode(),
    },
    "an echo of the password": {"raw": json.dumps({"state": "x", "detail": f"you sent {PASSWORD}"}).encode()},
    "attributes": {"body": {"password": PASSWORD, "new_password": [PASSWORD], "bind_credentials": {"a": PASSWORD}}},
    "a query": {"query": [("password", f"eq.{PASSWORD}")]},
    "JSON in a text": {"raw": json.dumps({"detail": json.dumps({"a": [{"password": "t0ken-value"}]})}).encode()},
    "an echo in JSON in a text": {"raw": json.dumps({"detail": json.dumps({"a": PASSWORD})}).encode()},
    "keys of other kinds": {"raw": json.dumps({"access_key": "t0ken-value", "apiKey": "c00kie-value"}).encode()},
    "the pair": {"raw": json.dumps({"type": _PAIR}).encode()},
}  # fmt: skip


@pytest.mark.parametrize("keep_names", [False, True], ids=["names replaced", "names kept"])
@pytest.mark.parametrize("where", SECRETS)
def test_a_secret_is_never_written(where: str, keep_names: bool, tmp_path: Path) -> None:
    text = recorded(tmp_path, exchange(**SECRETS[where]), keep_names=keep_names)
    everything = text + json.dumps(json.loads(text), ensure_ascii=False) + json.loads(json.dumps(text))
    for secret in (PASSWORD, json.dumps(PASSWORD)[1:-1], _PAIR, "c00kie-value", "t0ken-value", "S3cret"):
        assert secret not in everything


@pytest.mark.parametrize("keep_names", [False, True], ids=["names replaced", "names kept"])
@pytest.mark.parametrize(
    "written",
    [
        quote(PASSWORD, safe=""),
        re.sub("%..", lambda found: found[0].lower(), quote(PASSWORD)),
        quote_plus(PASSWORD),
        html.escape(PASSWORD),
        base64.b64encode(PASSWORD.encode()).decode(),
        base64.urlsafe_b64encode(PASSWORD.encode()).decode().rstrip("="),
    ],
)
def test_a_secret_is_written_in_no_other_form(written: str, keep_names: bool, tmp_path: Path) -> None:
    said = json.dumps({"messages": [{"code": "0xE1", "message_l10n": f"You sent {written}."}]})
    text = recorded(tmp_path, exchange(status=422, raw=said.encode()), keep_names=keep_names)
    assert written not in text and written not in json.loads(json.dumps(text)) and "S3cret" not in text


def test_what_tells_something_and_names_nothing_stays(tmp_path: Path) -> None:
    row = {
        "id": "0f3b8a52-0000-4000-8000-000000000001", "state": "OK",
        "last_sync_timestamp": "2026-11-26T06:00:00.12+00:00",
        "failover_test_in_progress": None, "release_version": "4.1.0.0", "size": 8192, "role": "Destination",
        "name": "failover_test_STOPPED_2026-11-26T06:46:48.009Z",
    }  # fmt: skip
    refused = {"code": "0xE02", "message_l10n": "Session 0f3b8a52-0000-4000-8000-000000000001 is in state Failed_Over."}
    recorded(
        tmp_path,
        exchange(raw=json.dumps([row]).encode(), query=[("select", "id,state"), ("id", f"in.({row['id']})")]),
        exchange(status=422, raw=json.dumps({"messages": [{**refused, "arguments": [row["id"]]}]}).encode()),
    )
    first, second = entries_of(tmp_path)
    assert json.loads(first["response"]["content"]["text"]) == [row]
    assert first["request"]["url"].endswith(f"/volume?select=id,state&id=in.({row['id']})")
    assert first["time"] == 250
    assert json.loads(second["response"]["content"]["text"])["messages"][0]["message_l10n"] == refused["message_l10n"]


def test_one_name_has_one_stand_in_in_all_files_of_a_folder_and_another_elsewhere(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    row = exchange(raw=json.dumps([{"name": "ERP-Data"}]).encode())
    asked = exchange(query=[("name", "eq.erp-data")])
    recorded(one, row)
    (first,) = one.glob("*.har")
    made = json.loads(entries_of(one)[0]["response"]["content"]["text"])[0]["name"]
    first.unlink()
    assert f"eq.{made}" in recorded(one, asked)
    assert made not in recorded(other, row)
    listed = json.loads(recorded(tmp_path / "third", row))["log"]["_replaced"]
    assert {"name", "address"} == {each["for"] for each in listed}


def test_only_the_user_can_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    recorded(folder, exchange())
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_the_file_is_whole_after_each_entry(tmp_path: Path) -> None:
    trace = Trace(str(tmp_path), CONNECTION, keep_names=False)
    for number in range(1, 4):
        trace.note(exchange())
        while trace._queue.qsize():
            threading.Event().wait(0.01)
        for _try in range(500):  # the thread has taken it, and is about to write it
            if len(list(tmp_path.glob("*.har"))) and len(entries_of(tmp_path)) == number:
                break
            threading.Event().wait(0.01)
        assert len(entries_of(tmp_path)) == number
    trace.close()


def test_a_disk_that_is_full_leaves_a_whole_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = os.pwrite, []

    def pwrite(file: int, data: bytes, at: int) -> int:
        calls.append(at)
        if len(calls) == 3:
            real(file, data[:40], at)
            raise OSError(28, "No space left on device")
        return real(file, data, at)

    monkeypatch.setattr(module, "_AT_ONCE", 1)
    monkeypatch.setattr(module.os, "pwrite", pwrite)
    trace = Trace(str(tmp_path), CONNECTION, keep_names=False)
    trace.note(exchange())
    trace.note(exchange())
    trace.close()
    assert "No space left on device" in str(trace.problem)
    assert len(entries_of(tmp_path)) == 1


CANNOT_BE_WRITTEN: dict[str, t.Callable[[Path], object]] = {
    "a file in its place": lambda path: path.write_text(""),
    "a folder that is not there and cannot be made": lambda path: path.symlink_to("/proc/none/here"),
    "a key that is none": lambda path: (path.mkdir(), (path / "stand-ins.key").mkdir()),
}


@pytest.mark.parametrize("how", CANNOT_BE_WRITTEN)
def test_a_trace_that_cannot_be_written_is_a_warning(
    how: str, simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "trace"
    CANNOT_BE_WRITTEN[how](folder)
    simulator.dr.start_failover_test("erp-data", user=simulator.username)
    monkeypatch.setenv("POWERSTORE_TRACE", str(folder))
    stopped = run_module(simulator, "replication_failover_test", volume="erp-data", state="stopped", poll_interval=0.1)
    assert stopped["sessions"][0]["action"] == "stopped"
    (warning,) = stopped["warnings"]
    assert "The task is not affected" in json.dumps(warning)


def test_a_disk_that_hangs_holds_nothing_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hanging = threading.Event()
    monkeypatch.setattr(module, "_LAST_PATIENCE", 0.2)
    monkeypatch.setattr(module.os, "pwrite", lambda *_given: hanging.wait(60))
    trace = Trace(str(tmp_path), CONNECTION, keep_names=False)
    trace.note(exchange())
    trace.close()
    assert "too slowly" in str(trace.problem)
    hanging.set()


def test_a_request_waits_for_room_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hanging = threading.Event()
    monkeypatch.setattr(module, "_LAST_PATIENCE", 0.1)
    monkeypatch.setattr(module, "_WAITING", 3)
    monkeypatch.setattr(module, "_PATIENCE", 0.2)
    monkeypatch.setattr(module.os, "pwrite", lambda *_given: hanging.wait(60))
    trace = Trace(str(tmp_path), CONNECTION, keep_names=False)
    for _number in range(100):
        trace.note(exchange())
    assert "too slowly" in str(trace.problem)
    assert trace._queue.qsize() < 10
    trace.close()
    hanging.set()


def test_without_a_thread_there_is_no_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def start(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    trace = Trace(str(tmp_path), CONNECTION, keep_names=False)
    trace.note(exchange())
    trace.note(exchange())
    assert "can't start new thread" in str(trace.problem)


def test_an_answer_that_is_too_deep_ends_the_trace_and_nothing_else(tmp_path: Path) -> None:
    deep = b"[" * 5000 + b"]" * 5000
    trace = Trace(str(tmp_path), CONNECTION, keep_names=False)
    trace.note(exchange(raw=deep))
    trace.close()
    assert trace.problem is None or "RecursionError" in trace.problem


def test_off_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("POWERSTORE_TRACE", raising=False)
    assert Trace.from_environment(CONNECTION) is None
    monkeypatch.setenv("POWERSTORE_TRACE", " ")
    assert Trace.from_environment(CONNECTION) is None


def test_a_relative_folder_is_relative_to_where_ansible_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "playbooks").mkdir()
    monkeypatch.chdir(tmp_path / "playbooks")
    monkeypatch.setenv("PWD", str(tmp_path))
    trace = Trace("trace", CONNECTION, keep_names=False)
    trace.note(exchange())
    trace.close()
    assert len(entries_of(tmp_path / "trace")) == 1


def test_a_failed_login_is_recorded(simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERSTORE_TRACE", str(tmp_path))
    failed = run_module(simulator, "replication_session_info", password="wrong-but-a-secret")
    assert failed["failure"]["kind"] == "authentication"
    (entry,) = entries_of(tmp_path)
    assert entry["response"]["status"] == 401
    (path,) = tmp_path.glob("*.har")
    assert "wrong-but-a-secret" not in path.read_text()


def test_a_volume_that_is_called_like_a_word_of_the_api_is_replaced_where_that_is_its_name() -> None:
    """Keys, values that are words by their place, and words of messages are every array's: they tell nothing."""
    made = StandIns(b"key")
    row = {"id": "7", "name": "Primary", "type": "Primary", "state": "OK", "remote_system": {"name": "OK"}}
    shown = made.json([row, {"resource_name": "volume_group", "resource_type": "volume_group", "name": ""}])
    own, other, group = shown[0]["name"], shown[0]["remote_system"]["name"], shown[1]["resource_name"]
    assert all(re.fullmatch(r"name-[0-9a-f]{10}", each) for each in (own, other, group)) and own != other != group
    assert {**shown[0], "name": None, "remote_system": None} == {**row, "name": None, "remote_system": None}
    assert shown[1] == {"resource_name": group, "resource_type": "volume_group", "name": ""}
    assert made.query([("select", "id,name"), ("name", "eq.Primary"), ("type", "eq.Primary")]) == [
        ("select", "id,name"), ("name", f"eq.{own}"), ("type", "eq.Primary"),
    ]  # fmt: skip
    assert made.text("Volume is Primary") == "Volume is Primary"
    assert set(made.replaced) == {own, other, group}
    assert StandIns(b"key", keep=True).json(row) == row


def test_plain_words_learned_late_are_hidden_from_then_on() -> None:
    made = StandIns(b"key")
    assert made.text("Volume data is odd") == "Volume data is odd"
    made.name("Data")
    assert "data" not in made.text("Volume data is odd")
    assert made.text("Data is odd").endswith(" is odd") and "Data" not in made.text("Data is odd")


@pytest.mark.parametrize(
    "address",
    ["2001:10:20::5", "fd00:10:20::7%eth0", "::1", "::ffff:10.1.2.3", "00:60:16:AA:BB:CC", "50:00:09:73:00:01:02:03"],
)
def test_an_address_with_colons_is_hidden(address: str) -> None:
    made = StandIns(b"key")
    for text in (f"No route to {address} at 10:20:30.", f"No route to [{address}]:443.", f"{address}: refused"):
        shown = made.text(text).replace("10:20:30", "")
        assert not {part for part in address.split(":") if len(part) > 1} & set(re.split(r"[^\w.%]", shown)), shown
    assert "at 10:20:30." in made.text(f"No route to {address} at 10:20:30.")


def test_what_the_collection_says_that_it_does_can_be_read() -> None:
    """A word that is missing in the list would be a stand-in in each recording."""
    sources = [path.read_text("utf-8") for path in Path(module.__file__).parents[1].rglob("*.py")]
    said = {text for source in sources for text in re.findall(r'doing="([^"]+)"', source)}
    assert len(said) > 10
    assert {text: made for text in said if (made := StandIns(b"key").text(text)) != text} == {}


_NAMED = {"type": "array", "items": {"type": "object", "required": ["name", "value"]}}
_COMMON = ["httpVersion", "cookies", "headers", "headersSize", "bodySize"]
# What http://www.softwareishard.com/blog/har-12-spec/ requires.
HAR = {
    "required": ["log"],
    "properties": {"log": {
        "required": ["version", "creator", "entries"],
        "properties": {
            "version": {"const": "1.2"},
            "creator": {"required": ["name", "version"]},
            "entries": {"items": {
                "required": ["startedDateTime", "time", "request", "response", "cache", "timings"],
                "properties": {
                    "startedDateTime": {"pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"},
                    "time": {"type": "number", "minimum": 0},
                    "request": {
                        "required": ["method", "url", "queryString", *_COMMON],
                        "properties": {"headers": _NAMED, "queryString": _NAMED, "url": {"pattern": "^https://"},
                                       "postData": {"required": ["mimeType", "text"]}},
                    },
                    "response": {
                        "required": ["status", "statusText", "content", "redirectURL", *_COMMON],
                        "properties": {"headers": _NAMED, "content": {"required": ["size", "mimeType"]},
                                       "status": {"type": "integer"}},
                    },
                    "timings": {"required": ["send", "wait", "receive"]},
                },
            }},
        },
    }},
}  # fmt: skip


def test_each_entry_is_as_har_has_it(tmp_path: Path) -> None:
    odd = Connection("192.0.2.1", 443, "drill", "nabcd", True, 60.0)  # cut out of "\\nabcd" it leaves half an escape
    trace = Trace(str(tmp_path), odd, keep_names=True)
    for each in (
        exchange(method="POST", body={"snapshot_id": "1"}, headers={"Accept": "x", "Cookie": "auth_cookie=c00kie"}),
        exchange(raw=b"<html>", answer_headers=[("Content-Type", "text/html")]),
        exchange(status=0, error="timed out"),
        exchange(doing="Reading\nabcd"),
    ):
        trace.note(each)
    trace.close()
    (path,) = tmp_path.glob("*.har")
    text = path.read_text()
    jsonschema.validate(json.loads(text), HAR)
    assert "nabcd" not in text
    assert [entry["comment"] for entry in entries_of(tmp_path)][-1].startswith("Left out")
    assert len(entries_of(tmp_path)) == 4
