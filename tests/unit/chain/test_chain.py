# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The chain of a folder: every manipulation is seen, by module and script; many may add at once; bad input is named."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._chain import sign
from ansible_collections.drdrill.powerstore.plugins.module_utils._chain.chain import append, records_not_in_the_chain
from ansible_collections.drdrill.powerstore.plugins.module_utils._chain.protect import protection
from ansible_collections.drdrill.powerstore.plugins.module_utils._chain.verify import main, verify
from ansible_collections.drdrill.powerstore.plugins.module_utils._errors import InvalidInputError
from tests.lab.tamper.run import SCRIPT, run_row
from tests.lab.tamper.table import NOW, ROWS, Folder, Row, make_key, sound_folder, write_record
from tests.running import older_pythons, run_action

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_every_manipulation_is_seen(row: Row, tmp_path: Path) -> None:
    assert list(run_row(row, tmp_path).problems(row)) == []


def test_the_script_is_the_code_of_the_module() -> None:
    assert SCRIPT.read_text() == (ROOT / "plugins/module_utils/_chain/verify.py").read_text()


def test_the_script_needs_no_more_than_python_3_8() -> None:
    compile(SCRIPT.read_text(), str(SCRIPT), "exec", flags=0, dont_inherit=True)
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(SCRIPT), "--help"], capture_output=True, text=True, check=True
    )
    assert "--known-head" in done.stdout


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1"])
def test_what_is_printed_steers_no_terminal(tmp_path: Path, encoding: str) -> None:
    folder = sound_folder(tmp_path)
    (folder.path / "drill-20261126T000000Z-\x1b[2K\rOK: 5 records.json").write_text("{}")
    (folder.path / "drill-20261126T000000Z-\nOK: \u6771\u202e.json").write_text("{}")
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "PYTHONIOENCODING": encoding}
    done = subprocess.run([sys.executable, str(SCRIPT), str(folder.path)], capture_output=True, env=environment)
    said = done.stdout.decode(encoding)
    assert (done.returncode, done.stderr) == (1, b"")
    assert r"drill-20261126T000000Z-\x1b[2K\rOK: 5 records.json" in said and r"-\nOK: " in said and r"\u202e" in said
    assert not any(line.startswith("OK") for line in said.splitlines()) and "\x1b" not in said


def test_a_folder_that_cannot_be_read_is_no_fault_of_the_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def denied(_path: str) -> list[str]:
        raise PermissionError(13, "Permission denied")

    folder = sound_folder(tmp_path)
    monkeypatch.setattr(os, "listdir", denied)
    assert main([str(folder.path)]) == 2
    assert capsys.readouterr().out == f"COULD NOT CHECK: {folder.path}: Permission denied.\n"


@pytest.mark.parametrize("moment", ["tomorrow", "2026", "2026-11-26"])
def test_a_time_that_is_none_is_no_fault_of_the_signature(
    tmp_path: Path, moment: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = sound_folder(tmp_path)
    assert main([str(folder.path), *folder.options, "--verify-time", moment]) == 2
    assert "expected YYYYMMDD[HHMM[SS]]" in capsys.readouterr().out
    assert main([str(folder.path), *folder.options, "--verify-time", f"{datetime.now(UTC):%Y%m%d%H%M}"]) == 0


def test_only_plain_files_are_what_a_check_left(tmp_path: Path) -> None:
    """A FIFO would keep the end of a drill waiting; a link is what somebody may turn elsewhere later."""
    folder = Folder(tmp_path)
    write_record(folder, 1)
    os.mkfifo(folder.evidence(1).with_name("fifo"))
    folder.evidence(1).with_name("link").symlink_to(folder.evidence(1))
    folder.append()
    named = [each["file"] for each in json.loads(folder.lines()[0])["reports"] if ".evidence/" in each["file"]]
    assert [name.rpartition("/")[2] for name in named] == ["ledger.output.txt"]
    assert verify(str(tmp_path)).ok


def test_what_is_no_text_is_not_added_or_is_escaped(tmp_path: Path) -> None:
    record = {"kind": "drill", "verdict": "passed", "drill": {"id": "\ud800"}, "array": {"name": "dr"}}
    (tmp_path / "drill-20261126T000000Z-dr-1.json").write_text(json.dumps(record))
    assert appended(tmp_path)["head"]["seq"] == 1
    assert not run_action("drill_chain", directory=str(tmp_path)).get("failed")
    (tmp_path / "drill-20261126T000000Z-dr-\udcff.json").write_text(json.dumps(record))
    result = run_action("drill_chain", state="appended", directory=str(tmp_path), records=None)
    assert result["failed"] and "not valid UTF-8" in result["msg"]
    result = run_action("drill_chain", state="collected", directory=str(tmp_path))
    assert result["failed"] and "not valid UTF-8" in result["msg"]


@pytest.mark.parametrize("python", older_pythons(), ids=lambda path: path.rpartition("/")[2])
def test_the_script_runs_on_older_pythons(python: str, tmp_path: Path) -> None:
    folder = sound_folder(tmp_path)
    options = ["--known-head", folder.known_head, *folder.options]
    done = subprocess.run([python, "-I", "-S", str(SCRIPT), str(folder.path), *options], capture_output=True, text=True)
    assert (done.returncode, done.stdout[:14]) == (0, "OK: 5 records,"), done.stderr


def test_where_there_is_no_chain_nothing_is_said_of_the_folder(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-I", "-S", str(SCRIPT), str(tmp_path)], capture_output=True, text=True)
    assert (done.returncode, done.stdout[:15]) == (2, "COULD NOT CHECK")


@pytest.mark.uncounted
def test_two_writers_a_hundred_times(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    for number in range(100):
        write_record(folder, number)
    names = records_not_in_the_chain(str(tmp_path))

    def add(name: str) -> None:
        append(str(tmp_path), [name], by="drill@host", now=NOW, late=False, write=True)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(add, [*names, *names]))
    found = verify(str(tmp_path))
    assert (found.faults, found.records) == ((), 100)


def _cpu_of(command: list[str]) -> tuple[float, str]:
    """Seconds of CPU of a process of its own, and its output."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout


_HASHES = "import hashlib, pathlib, sys; [hashlib.sha256(p.read_bytes()) for p in pathlib.Path(sys.argv[1]).iterdir()]"


@pytest.mark.uncounted
def test_two_thousand_records_cost_little_more_than_their_hashes(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    for number in range(2000):
        folder.record(number).write_text('{"kind": "drill", "verdict": "passed", "drill": {"id": "x"}}' + " " * 30_000)
        folder.record(number).with_suffix(".html").write_text("y" * 60_000)
    folder.append()
    hashes, _nothing = _cpu_of([sys.executable, "-I", "-S", "-c", _HASHES, str(tmp_path)])
    verified, said = _cpu_of([sys.executable, "-I", "-S", str(SCRIPT), str(tmp_path)])
    assert said.startswith("OK: 2000 records")
    assert verified / hashes < 10


def appended(folder: Path, **options: t.Any) -> dict[str, t.Any]:
    return run_action("drill_chain", state="appended", directory=str(folder), **options)


def test_check_mode_predicts_the_head_and_writes_nothing(tmp_path: Path) -> None:
    write_record(Folder(tmp_path), 1)
    predicted = appended(tmp_path, check=True, records=None)
    assert predicted["changed"] and not (tmp_path / "chain.jsonl").exists()
    real = appended(tmp_path)
    assert real["head"]["seq"] == predicted["head"]["seq"] == 1
    assert not appended(tmp_path)["changed"]


def test_new_records_and_the_chain_are_signed(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    public = make_key(tmp_path / "keys", "key")
    allowed = tmp_path / "keys/allowed"
    allowed.write_text(f"a@example.com {public}")
    folder = tmp_path / "records"
    folder.mkdir()
    write_record(Folder(folder), 1)
    result = appended(folder, sign={"method": "ssh", "key": str(tmp_path / "keys/key")})
    assert result["signed"] and result["problems"] == []
    checked = run_action("drill_chain", directory=str(folder), allowed_signers=str(allowed))
    assert (checked["signer"], checked["signature"]) == ("a@example.com", "checked")
    assert sorted(path.suffix for path in folder.glob("*.sig")) == [".sig", ".sig"]


def test_a_signature_that_fails_is_reported_and_the_record_is_added(tmp_path: Path) -> None:
    write_record(Folder(tmp_path), 1)
    result = appended(tmp_path, sign={"method": "command", "command": ["false"]})
    assert (result["changed"], result["signed"], result["head"]["seq"]) == (True, False, 1)
    assert result["problems"] == ["chain.jsonl was not signed: false: it ended with 1, without a signature."]
    assert result["summary"][-1] == f"DEVIATION: {result['problems'][0]}"


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda folder: (folder / "chain-2.jsonl").touch(), "expected one chain"),
        (lambda folder: (folder / "chain.jsonl.1.gz").touch(), "expected one chain"),
        (lambda folder: (folder / "chain.jsonl~").touch(), "expected one chain"),
        (lambda folder: (folder / "chain.jsonl").write_bytes(b'{"seq": 1'), "no line end"),
        (lambda folder: os.mkfifo(folder / "chain.jsonl"), "expected a plain file"),
        (lambda folder: Folder(folder).record(7).write_text("[]"), "no record of drdrill.powerstore"),
    ],
    ids=["two chains", "a rotated one", "one set aside", "a torn line", "a FIFO", "no record"],
)
def test_bad_input_is_named_and_nothing_is_written(
    spoil: t.Callable[[Path], t.Any], words: str, tmp_path: Path
) -> None:
    spoil(tmp_path)
    write_record(Folder(tmp_path), 1)
    before = sorted(tmp_path.iterdir())
    result = run_action("drill_chain", state="appended", directory=str(tmp_path), records=None)
    assert result["failed"] and words in result["msg"] and "Nothing was written" in result["msg"]
    assert sorted(tmp_path.iterdir()) == before


def test_reports_that_are_made_later_get_a_line_of_their_own(tmp_path: Path) -> None:
    folder = sound_folder(tmp_path)
    (folder.path / f"{folder.record(2).stem}.md").write_text("# Passed")
    assert run_action("drill_chain", directory=str(folder.path))["failed"]
    result = appended(folder.path, records=[folder.record(2).name], sign={"method": "ssh", "key": folder.signing.key})
    assert (result["head"]["seq"], result["added"]) == (6, [folder.record(2).name])
    checked = run_action("drill_chain", directory=str(folder.path), known_heads=[f"Chain head 3 {folder.known_head}"])
    assert (checked["records"], checked["late"], checked["faults"]) == (5, [folder.record(2).name], [])


def test_what_is_added_to_a_signed_chain_without_a_signature_is_reported(tmp_path: Path) -> None:
    folder = sound_folder(tmp_path)
    write_record(folder, 6)
    result = appended(folder.path)
    assert (result["changed"], result["signed"]) == (True, False)
    assert result["problems"] == [
        "chain.jsonl was signed until now, and is not any more: sign (failover_drill_sign) is not given."
    ]


def test_a_signature_that_nobody_asked_for_is_compared_with_the_chain_all_the_same(tmp_path: Path) -> None:
    folder = sound_folder(tmp_path)
    checked = run_action("drill_chain", directory=str(folder.path))
    assert (checked["signature"], checked["signer"]) == ("not checked", None)
    assert "Give --allowed-signers FILE" in checked["summary"][-1]
    write_record(folder, 6)
    folder.append()
    checked = run_action("drill_chain", directory=str(folder.path))
    assert [fault["word"] for fault in checked["faults"]] == ["SIGNATURE"]
    (folder.path / "chain.jsonl.sig").write_bytes(b"a token of a time stamping authority")
    checked = run_action("drill_chain", directory=str(folder.path))
    assert checked["signature"] == "not checked" and "not made by ssh-keygen" in checked["summary"][-1]
    asked = run_action("drill_chain", directory=str(folder.path), principal="drills@example.com")
    assert asked["failed"] and "--principal needs --allowed-signers" in asked["msg"]


@pytest.mark.parametrize("tool", ["ssh-keygen", "gpg"])
def test_a_tool_that_is_not_there(tool: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a check of the signature was asked for, nothing is said of the folder; else it is said loudly."""
    folder = sound_folder(tmp_path)
    if tool == "gpg":
        next(row for row in ROWS if row.name == "signed by gpg instead").do(folder)
    monkeypatch.setenv("PATH", str(tmp_path))
    asked = run_action("drill_chain", directory=str(folder.path), allowed_signers=str(folder.keys / "allowed"))
    assert asked["failed"] and f"{tool} is not there" in asked["msg"]
    checked = run_action("drill_chain", directory=str(folder.path))
    assert "failed" not in checked and "NOT CHECKED" in checked["summary"][0]
    assert f"{tool} is not there" in checked["summary"][-1]


def test_an_agent_holds_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a Machine credential of AWX: there is no file of the key, only its public part."""
    folder = sound_folder(tmp_path)
    socket = Path(tempfile.mkdtemp(prefix="agent-", dir="/tmp")) / "socket"
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.DEVNULL)
    try:
        monkeypatch.setenv("SSH_AUTH_SOCK", str(socket))
        eventually(socket.exists)
        key = folder.keys / "key"
        subprocess.run(["ssh-add", "-q", str(key)], check=True)
        key.unlink()
        write_record(folder, 6)
        result = appended(folder.path, sign={"method": "ssh", "key": f"{key}.pub", "principal": "drills@example.com"})
    finally:
        agent.terminate()
        agent.wait()
        shutil.rmtree(socket.parent)
    assert result["signed"] and result["summary"][1] == "Signed as drills@example.com"
    assert verify(str(folder.path), [], str(folder.keys / "allowed"), "drills@example.com").ok
    write_record(folder, 7)
    result = appended(folder.path, sign={"method": "ssh", "key": f"{key}.pub"})
    assert (result["changed"], result["signed"]) == (True, False) and "chain.jsonl was not signed" in result[
        "problems"
    ][0]


def test_a_command_that_hangs_is_ended_with_all_that_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign, "_SECONDS", 0.5)
    write_record(Folder(tmp_path), 1)
    command = ["sh", "-c", f"sleep 1000 & echo $! > {tmp_path}/pid; wait"]
    result = appended(tmp_path, sign={"method": "command", "command": command})
    assert result["problems"] == ["chain.jsonl was not signed: sh gave no signature within 0.5 s."]
    child = int((tmp_path / "pid").read_text())
    eventually(lambda: not Path(f"/proc/{child}").exists())


def eventually(true: t.Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_key_that_is_not_there(tmp_path: Path) -> None:
    write_record(Folder(tmp_path), 1)
    result = appended(tmp_path, sign={"method": "ssh", "key": "/none"})
    assert result["failed"] and "expected the file of an SSH key" in result["msg"]
    assert not (tmp_path / "chain.jsonl").exists()


def test_a_record_that_was_changed_is_not_added_again(tmp_path: Path) -> None:
    folder = sound_folder(tmp_path)
    folder.record(1).write_text(json.dumps({"kind": "drill", "verdict": "failed", "drill": {"id": "x"}}))
    with pytest.raises(InvalidInputError, match="A record never changes"):
        append(str(folder.path), [folder.record(1).name], by="x", now=NOW, late=False, write=True)


def test_the_next_record_says_which_one_could_not_be_added(tmp_path: Path) -> None:
    """The record itself was written before anybody could know."""
    folder = Folder(tmp_path)
    now = datetime.now(UTC)
    assert protection(str(tmp_path / "none"), None, now).not_chained is None
    for number in (1, 2, 3):
        write_record(folder, number)
    assert protection(str(tmp_path), None, now).not_chained is None  # nobody has begun a chain
    assert appended(tmp_path, records=[folder.record(1).name])["head"]["seq"] == 1
    os.utime(folder.record(2), (0, 0))
    said = protection(str(tmp_path), None, now - timedelta(hours=1)).not_chained
    assert said and f"Not in the chain of the folder: {folder.record(2).name}. It" in said, said
    # What was written after this run began may be of another array of the same run, and is about to be added.
    os.utime(folder.record(3), (0, 0))
    said = protection(str(tmp_path), None, now).not_chained
    assert said and f"{folder.record(2).name} and 1 more" in said
    appended(tmp_path)
    assert protection(str(tmp_path), None, now).not_chained is None
    folder.chain.write_bytes(folder.chain.read_bytes()[:-5])
    said = protection(str(tmp_path), None, now).not_chained
    assert said and said.startswith("No record can be added to the chain") and "no line end" in said


def test_a_journal_without_its_record_is_named(tmp_path: Path) -> None:
    """Of a drill that is under way; or what somebody forgot who took a record away, and the end of the chain."""
    folder = Folder(tmp_path)
    for number in (1, 2):
        write_record(folder, number)
        folder.append()
    folder.actions.unlink()
    folder.rewrite(folder.lines()[:1])
    for path in (folder.record(2), folder.record(2).with_suffix(".html")):
        path.unlink()
    done = subprocess.run([sys.executable, "-I", "-S", str(SCRIPT), str(tmp_path)], capture_output=True, text=True)
    note = f"NOTE: 1 journals of drills have no record here: {folder.journal(2).name}"
    assert note in done.stdout.splitlines(), done.stdout
    assert note in run_action("drill_chain", directory=str(tmp_path))["summary"]
