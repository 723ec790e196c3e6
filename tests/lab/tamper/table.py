# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of manipulations: what somebody with write access does to a folder of records, and what then shows."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import tempfile
import typing as t
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from ansible_collections.drdrill.powerstore.plugins.module_utils._chain.chain import append, records_not_in_the_chain
from ansible_collections.drdrill.powerstore.plugins.module_utils._chain.sign import Signing
from ansible_collections.drdrill.powerstore.plugins.module_utils._chain.verify import CHAIN, FIRST, SIGNATURE

NOW = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)
RECORDS = 5
SIGNER = "drills@example.com"


@dataclass
class Folder:
    """A folder of records whose chain is sound and signed, and what an auditor has from elsewhere."""

    path: Path
    known_head: str = ""
    options: list[str] = field(default_factory=list)  # of the script, besides the known head

    @property
    def chain(self) -> Path:
        return self.path / CHAIN

    @property
    def keys(self) -> Path:
        return self.path.with_name(f"{self.path.name}-keys")

    def record(self, number: int) -> Path:
        return self.path / f"drill-20261126T{30000 + number:06d}Z-powerstore-dr-{number:08x}.json"

    def journal(self, number: int) -> Path:
        record = self.record(number)
        return record.with_name(f"{record.stem}.journal.jsonl")

    def evidence(self, number: int) -> Path:
        record = self.record(number)
        return record.with_name(f"{record.stem}.evidence") / "ledger.output.txt"

    @property
    def actions(self) -> Path:
        return self.path / "actions.jsonl"

    def lines(self) -> list[bytes]:
        return self.chain.read_bytes().splitlines(keepends=True)

    def rewrite(self, lines: t.Sequence[bytes]) -> None:
        self.chain.write_bytes(b"".join(lines))

    def append(self) -> None:
        """What a drill does at its end, the signature left out."""
        names = records_not_in_the_chain(str(self.path))
        append(str(self.path), names, by="drill@host", now=NOW, late=False, write=True)

    def sign(self) -> None:
        assert self.signing.sign(str(self.chain)) is None

    @property
    def signing(self) -> Signing:
        return Signing("ssh", str(self.keys / "key"))

    def head(self) -> str:
        return hashlib.sha256(self.lines()[-1].rstrip(b"\n")).hexdigest()


def write_record(folder: Folder, number: int) -> None:
    """A record, its HTML report, its journal and what a check left; the chain reads no more of them than this."""
    path = folder.record(number)
    record = {"kind": "drill", "verdict": "passed", "drill": {"id": path.stem}, "array": {"name": "powerstore-dr"}}
    path.write_text(json.dumps(record))
    path.with_suffix(".html").write_text(f"<p>report {number}</p>")
    folder.journal(number).write_text(f'{{"event": "intent", "number": {number}}}\n{{"event": "end"}}\n')
    folder.evidence(number).parent.mkdir(exist_ok=True)
    folder.evidence(number).write_text(f"output {number}")
    with folder.actions.open("a") as file:
        file.write(f'{{"event": "opened", "fingerprint": "{number}"}}\n')


def make_key(folder: Path, name: str) -> str:
    """A new SSH key without a passphrase; its public part."""
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(folder / name)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return (folder / f"{name}.pub").read_text()


def sound_folder(place: Path) -> Folder:
    """Five records, each added when it was written, as by five drills; signed; the third head was published."""
    folder = Folder(place / "records")
    folder.path.mkdir(parents=True)
    folder.keys.mkdir()
    (folder.keys / "allowed").write_text(f'{SIGNER} namespaces="drdrill" {make_key(folder.keys, "key")}')
    for number in range(1, RECORDS + 1):
        write_record(folder, number)
        folder.append()
        if number == 3:
            folder.known_head = folder.head()
    folder.sign()
    folder.options = ["--allowed-signers", str(folder.keys / "allowed"), "--principal", SIGNER]
    return folder


def _rechained(folder: Folder, keep: t.Sequence[int]) -> None:
    """The whole chain made anew over some of the records, as by somebody who knows the format."""
    entries = [json.loads(folder.lines()[number - 1]) for number in keep]
    prev, out = FIRST, []
    for seq, entry in enumerate(entries, start=1):
        for named in (entry, *entry["reports"]):
            data = (folder.path / named["file"]).read_bytes()
            named.update(sha256=hashlib.sha256(data).hexdigest(), bytes=len(data))
        raw = json.dumps({**entry, "seq": seq, "prev": prev}).encode()
        prev = hashlib.sha256(raw).hexdigest()
        out.append(raw + b"\n")
    folder.rewrite(out)


def _edit(folder: Folder) -> None:
    path = folder.record(2)
    path.write_text(path.read_text().replace("passed", "failed"))


def _delete(folder: Folder) -> None:
    folder.record(2).unlink()


def _remove(folder: Folder, number: int) -> None:
    folder.record(number).unlink()
    folder.record(number).with_suffix(".html").unlink()
    folder.journal(number).unlink()
    shutil.rmtree(folder.evidence(number).parent)


def _delete_with_its_line(folder: Folder) -> None:
    _remove(folder, 2)
    lines = folder.lines()
    folder.rewrite([*lines[:1], *lines[2:]])


def _cut_tail(folder: Folder) -> None:
    folder.rewrite(folder.lines()[:2])
    for number in (3, 4, 5):
        _remove(folder, number)
    folder.sign()


def _cut_tail_and_keep_files(folder: Folder) -> None:
    folder.rewrite(folder.lines()[:4])
    folder.sign()


def _rewrite_all(folder: Folder) -> None:
    _edit(folder)
    _rechained(folder, range(1, RECORDS + 1))
    folder.sign()


def _rewrite_without_key(folder: Folder) -> None:
    _edit(folder)
    _rechained(folder, range(1, RECORDS + 1))
    folder.known_head = ""


def _insert(folder: Folder) -> None:
    write_record(folder, 9)
    lines = folder.lines()
    folder.append()
    folder.rewrite([*lines[:2], folder.lines()[-1], *lines[2:]])


def _reorder(folder: Folder) -> None:
    lines = folder.lines()
    folder.rewrite([lines[0], lines[2], lines[1], *lines[3:]])


def _swap_html(folder: Folder) -> None:
    one, other = (folder.record(number).with_suffix(".html") for number in (1, 2))
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)


def _old_chain_with_old_signature(folder: Folder) -> None:
    chain, signature = folder.chain.read_bytes(), (folder.path / SIGNATURE).read_bytes()
    write_record(folder, 6)
    folder.append()
    folder.known_head = folder.head()
    folder.chain.write_bytes(chain)
    (folder.path / SIGNATURE).write_bytes(signature)
    _remove(folder, 6)


def _other_namespace(folder: Folder) -> None:
    command = ["ssh-keygen", "-q", "-Y", "sign", "-n", "file", "-f", str(folder.keys / "key")]
    done = subprocess.run(command, input=folder.chain.read_bytes(), capture_output=True, check=True)
    (folder.path / SIGNATURE).write_bytes(done.stdout)


def _expired_key(folder: Folder) -> None:
    public = (folder.keys / "key.pub").read_text()
    (folder.keys / "allowed").write_text(f'{SIGNER} namespaces="drdrill",valid-before="20200101" {public}')


def _other_key(folder: Folder) -> None:
    make_key(folder.keys, "other")
    assert Signing("ssh", str(folder.keys / "other")).sign(str(folder.chain)) is None


def _no_signature(folder: Folder) -> None:
    (folder.path / SIGNATURE).unlink()


def _crlf(folder: Folder) -> None:
    folder.chain.write_bytes(folder.chain.read_bytes().replace(b"\n", b"\r\n"))


def _bom(folder: Folder) -> None:
    folder.chain.write_bytes(b"\xef\xbb\xbf" + folder.chain.read_bytes())


def _symlink(folder: Folder) -> None:
    elsewhere = folder.path.with_name("elsewhere.json")
    shutil.move(folder.record(2), elsewhere)
    folder.record(2).symlink_to(elsewhere)


def _torn(folder: Folder) -> None:
    folder.chain.write_bytes(folder.chain.read_bytes()[:-20])


def _left_out(folder: Folder) -> None:
    write_record(folder, 6)


def _edited_line(folder: Folder) -> None:
    lines = folder.lines()
    folder.rewrite([lines[0], lines[1].replace(b'"passed"', b'"failed"'), *lines[2:]])


def _edited_last_line(folder: Folder) -> None:
    lines = folder.lines()
    folder.rewrite([*lines[:-1], lines[-1].replace(b'"passed"', b'"failed"')])


def _outside(folder: Folder) -> None:
    lines = folder.lines()
    folder.rewrite([*lines[:-1], re.sub(rb'"file": "drill', b'"file": "../drill', lines[-1], count=1)])


def _nothing(_folder: Folder) -> None:
    return None


def _journal_edited(folder: Folder) -> None:
    path = folder.journal(2)
    path.write_text(path.read_text().replace("intent", "intend"))


def _journal_cut(folder: Folder) -> None:
    path = folder.journal(2)
    path.write_text(path.read_text().splitlines(keepends=True)[0])


def _notified(folder: Folder) -> None:
    """What a drill does once its line is in the chain: it tells people, and its journal and evidence say so."""
    with folder.journal(2).open("a") as file:
        file.write('{"event": "steps", "phase": "notify"}\n')
    folder.evidence(2).with_name("tell.output.txt").write_text("told")


def _actions_edited(folder: Folder) -> None:
    folder.actions.write_text(folder.actions.read_text().replace("opened", "closed", 1))


def _actions_cut(folder: Folder) -> None:
    folder.actions.write_text("".join(folder.actions.read_text().splitlines(keepends=True)[:-1]))


def _actions_removed(folder: Folder) -> None:
    folder.actions.unlink()


def _action_closed(folder: Folder) -> None:
    """What drill_action does; the line of the next drill has it."""
    with folder.actions.open("a") as file:
        file.write('{"event": "closed", "fingerprint": "1"}\n')


def _action_closed_and_drilled(folder: Folder) -> None:
    _action_closed(folder)
    write_record(folder, 6)
    folder.append()
    folder.sign()


def _evidence_edited(folder: Folder) -> None:
    folder.evidence(2).write_text("output of another day")


def _report_made_again(folder: Folder) -> None:
    folder.record(2).with_suffix(".md").write_text("# Passed")


def _two_writers(folder: Folder) -> None:
    """A hundred records by two writers at once, each of which signs what it added."""
    numbers = range(10, 110)
    for number in numbers:
        write_record(folder, number)

    def add(number: int) -> None:
        append(str(folder.path), [folder.record(number).name], by="x", now=NOW, late=False, write=True,
               signing=folder.signing)  # fmt: skip

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(add, numbers))


def _key_of_gpg(folder: Folder, *, sign: bool) -> None:
    """Make a key of the signer's that an auditor has from elsewhere, and sign with it or not."""
    with tempfile.TemporaryDirectory(prefix="gpg-", dir="/tmp") as home:  # the agent's socket needs a short path
        gpg = ["gpg", "--batch", "--homedir", home, "--passphrase", "", "--armor"]
        user = [f"Drills <{SIGNER}>", "ed25519", "sign", "1d"]
        try:
            subprocess.run([*gpg, "--quick-gen-key", *user], check=True, capture_output=True)
            subprocess.run([*gpg, "--yes", "--output", str(folder.keys / "allowed"), "--export", SIGNER], check=True)
            if sign:
                subprocess.run([*gpg, "--detach-sign", str(folder.chain)], check=True, capture_output=True)
        finally:
            subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False)


def _by_gpg(folder: Folder) -> None:
    _key_of_gpg(folder, sign=True)
    (folder.path / SIGNATURE).unlink()


def _by_gpg_and_edited(folder: Folder) -> None:
    _by_gpg(folder)
    _edited_last_line(folder)


def _by_another_key_of_gpg(folder: Folder) -> None:
    _by_gpg(folder)
    _key_of_gpg(folder, sign=False)


def _no_chain(folder: Folder) -> None:
    folder.chain.unlink()


def _second_chain(folder: Folder) -> None:
    (folder.path / "chain (1).jsonl").write_bytes(folder.chain.read_bytes())


def _rotated(folder: Folder) -> None:
    """As a tool for log files does it: the next drill begins a new chain."""
    folder.chain.rename(folder.path / "chain.jsonl.1")
    write_record(folder, 6)
    folder.chain.touch()


def _nobody_known(folder: Folder) -> None:
    (folder.keys / "allowed").unlink()


def _signers_in_a_fifo(folder: Folder) -> None:
    """That nobody writes into: opened, it would be waited for."""
    _nobody_known(folder)
    os.mkfifo(folder.keys / "allowed")


def _other_name(folder: Folder) -> None:
    (folder.keys / "allowed").write_text(f"other@example.com {(folder.keys / 'key.pub').read_text()}")


def _forged_without_a_time(folder: Folder) -> None:
    """The collection reads it as a record, whatever its name says of its time."""
    shutil.copy(folder.record(1), folder.path / "drill-of-last-year.json")


def _size_that_is_none(folder: Folder) -> None:
    """What no file can have, and no memory could hold, in the line of the journal of actions."""
    lines = folder.lines()
    size = re.search(rb'"file": "actions.jsonl", "sha256": "[0-9a-f]*", "bytes": ([0-9]+)', lines[-1])
    assert size
    folder.rewrite([*lines[:-1], lines[-1].replace(size[0], size[0].removesuffix(size[1]) + b"9" * 30)])


def _longer_than_it_is(folder: Folder) -> None:
    lines = folder.lines()
    size = re.search(rb'"file": "actions.jsonl", "sha256": "[0-9a-f]*", "bytes": ([0-9]+)', lines[-1])
    assert size
    folder.rewrite([*lines[:-1], lines[-1].replace(size[0], size[0].removesuffix(size[1]) + b"99999")])


def _file_that_no_folder_can_have(folder: Folder) -> None:
    lines = folder.lines()
    folder.rewrite([*lines[:-1], re.sub(rb'"file": "drill', rb'"file": "\\ud800drill', lines[-1], count=1)])


def _signature_that_waits(folder: Folder) -> None:
    (folder.path / SIGNATURE).unlink()
    os.mkfifo(folder.path / SIGNATURE)


def _emptied(folder: Folder) -> None:
    shutil.rmtree(folder.path)
    folder.path.mkdir()
    folder.chain.touch()
    folder.known_head, folder.options = "", []


def _no_head(folder: Folder) -> None:
    folder.known_head = folder.known_head[:12]


@dataclass(frozen=True)
class Row:
    """One manipulation: what is done, and the faults that the check has to print, by their first words.

    ``refused``: the check is not possible, and says so in these words.
    """

    name: str
    do: t.Callable[[Folder], None]
    faults: tuple[str, ...] = ()
    refused: str = ""


ROWS: t.Final = (
    Row("nothing", _nothing, ()),
    Row("a record is edited", _edit, ("CHANGED drill",)),
    Row("a record is deleted", _delete, ("MISSING drill",)),
    Row("a record is deleted with its line", _delete_with_its_line, ("BROKEN at seq 2", "SIGNATURE")),
    Row("the tail is cut, signed anew", _cut_tail, ("HEAD",)),
    Row(
        "the tail is cut, its files stay",
        _cut_tail_and_keep_files,
        ("NOT IN THE CHAIN drill", "NOT IN THE CHAIN drill"),
    ),
    Row("all is written anew, signed anew", _rewrite_all, ("HEAD",)),
    Row("all is written anew, without the key", _rewrite_without_key, ("SIGNATURE",)),
    Row("a line is inserted", _insert, ("BROKEN at seq 3", "BROKEN at seq 7", "SIGNATURE")),
    Row("two lines change places", _reorder, ("BROKEN at seq 2", "BROKEN at seq 4", "BROKEN at seq 3", "SIGNATURE")),
    Row("a line is edited", _edited_line, ("BROKEN at seq 3", "SIGNATURE")),
    Row("the last line is edited", _edited_last_line, ("SIGNATURE",)),
    Row(
        "a line names a file elsewhere",
        _outside,
        ("BROKEN at seq 5", "NOT IN THE CHAIN drill", "NOT IN THE CHAIN drill", "SIGNATURE"),
    ),
    Row("two HTML reports are swapped", _swap_html, ("CHANGED drill", "CHANGED drill")),
    Row("an old chain with its old signature", _old_chain_with_old_signature, ("HEAD",)),
    Row("a signature of another namespace", _other_namespace, ("SIGNATURE",)),
    Row("a signature of an expired key", _expired_key, ("SIGNATURE",)),
    Row("a signature of another key", _other_key, ("SIGNATURE",)),
    Row("the signature is removed", _no_signature, ("SIGNATURE",)),
    Row("line ends become CRLF", _crlf, ("BROKEN at seq 1", "SIGNATURE")),
    Row("a byte order mark is put before it", _bom, ("BROKEN at seq 1", "SIGNATURE")),
    Row("a record becomes a link", _symlink, ("CHANGED drill",)),
    Row(
        "the last line is torn",
        _torn,
        ("BROKEN at seq 5", "NOT IN THE CHAIN drill", "NOT IN THE CHAIN drill", "SIGNATURE"),
    ),
    Row("a record was never added", _left_out, ("NOT IN THE CHAIN drill", "NOT IN THE CHAIN drill")),
    Row("a report is added later", _report_made_again, ("NOT IN THE CHAIN drill",)),
    Row("a journal is edited", _journal_edited, ("CHANGED drill",)),
    Row("a journal is cut", _journal_cut, ("CHANGED drill",)),
    Row("a journal grows by notifications", _notified),
    Row("an action is edited", _actions_edited, ("CHANGED actions.jsonl",)),
    Row("the last action is removed", _actions_cut, ("CHANGED actions.jsonl",)),
    Row("all actions are removed", _actions_removed, ("MISSING actions.jsonl",)),
    Row("an action is closed", _action_closed),
    Row("an action is closed before the next drill", _action_closed_and_drilled),
    Row("what a check left is edited", _evidence_edited, ("CHANGED drill",)),
    Row("two writers add a hundred records", _two_writers),
    Row("signed by gpg instead", _by_gpg),
    Row("signed by gpg, the last line is edited", _by_gpg_and_edited, ("SIGNATURE",)),
    Row("signed by another key of gpg", _by_another_key_of_gpg, ("SIGNATURE",)),
    Row("a forged record without a time in its name", _forged_without_a_time, ("NOT IN THE CHAIN drill-of-last",)),
    Row(
        "a size that is none",
        _size_that_is_none,
        ("BROKEN at seq 5", "NOT IN THE CHAIN drill", "NOT IN THE CHAIN drill", "SIGNATURE"),
    ),
    Row("a size that is longer than the file", _longer_than_it_is, ("CHANGED actions.jsonl", "SIGNATURE")),
    Row(
        "a line names a file that cannot be",
        _file_that_no_folder_can_have,
        ("BROKEN at seq 5", "NOT IN THE CHAIN drill", "NOT IN THE CHAIN drill", "SIGNATURE"),
    ),
    Row("the signature becomes a FIFO", _signature_that_waits, ("SIGNATURE",)),
    Row("everything is removed, the chain emptied", _emptied, refused="is empty"),
    Row("no chain", _no_chain, refused="expected a folder of records with a chain.jsonl, found none"),
    Row("two chains", _second_chain, refused="expected one chain, chain.jsonl"),
    Row("the chain is rotated", _rotated, refused="expected one chain, chain.jsonl"),
    Row("no file of signers", _nobody_known, refused="expected the file of those who may sign"),
    Row("the file of signers is a FIFO", _signers_in_a_fifo, refused="who may sign: it is no plain file"),
    Row("a name that may not sign", _other_name, refused="drills@example.com may not sign"),
    Row("a known head that is none", _no_head, refused="expected 64 hexadecimal digits"),
)
