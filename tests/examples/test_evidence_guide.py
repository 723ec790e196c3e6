# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every command of the page "Show it to an auditor" works as printed, and sees what it is for, on records of a drill.

Only the folder, the head and the record that the reader puts in are replaced.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import typing as t
from pathlib import Path

import pytest

from tests.lab.simulator import Simulator

from .found import ROOT, commands, on_page
from .test_examples import Site

PAGE = ROOT / "docs/docsite/rst/guide_evidence.rst"
COMMANDS = [command for example in on_page(PAGE) if example.language == "bash" for command in commands(example)]
SIGN = {"method": "ssh", "principal": "drills@example.com"}
TSA = """[tsa]
serial = serial
default_policy = 1.2.3.4
digests = sha256
signer_digest = sha256
"""


class Auditor:
    """What the auditor has: a copy of the folder, the heads that were published, and who may sign."""

    def __init__(self, site: Site) -> None:
        self.site, self.cwd = site, site.folder
        self.drills = site.folder / "drills"
        self.head = hashlib.sha256((self.drills / "chain.jsonl").read_bytes().splitlines()[-1]).hexdigest()
        self.record = max(self.drills.glob("drill-*.json"))

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the page; ``cd`` stays."""
        text = self.site.here(re.sub(r"\bHEAD\b", self.head, command))
        text = re.sub(r"\bRECORD\b", self.record.name, text)
        if text.startswith("cd "):
            self.cwd = Path(text.removeprefix("cd "))
        return subprocess.run(
            ["bash", "-o", "pipefail", "-c", text], cwd=self.cwd, env=self.site.environment, capture_output=True,
            text=True, check=False, timeout=300,
        )  # fmt: skip

    def stamp(self) -> None:
        """What a time stamping authority answers to the query."""
        folder = self.site.folder
        (folder / "tsa.cnf").write_text(TSA)
        (folder / "serial").write_text("01\n")
        use = ["-addext", "extendedKeyUsage=critical,timeStamping"]
        made = [
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-keyout",
            "tsa.key",
            "-out",
            "tsa-ca.pem",
            "-subj",
            "/CN=tsa",
        ]
        for words in (
            ["req", *made, *use],
            ["ts", "-reply", "-config", "tsa.cnf", "-section", "tsa", "-queryfile", str(self.cwd / "head.tsq"),
             "-inkey", "tsa.key", "-signer", "tsa-ca.pem", "-out", str(self.cwd / "head.tsr")],
        ):  # fmt: skip
            subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def auditor(simulator: Simulator, tmp_path: Path) -> Auditor:
    """After a preflight and a drill that signed what they wrote."""
    site = Site(simulator, tmp_path)
    drills = tmp_path / "drills"
    key = f"{(drills / 'signing_key.pub').read_text()}"
    (tmp_path / "allowed_signers").write_text(f'drills@example.com namespaces="drdrill" {key}')
    variables = {
        "failover_drill_records_directory": str(drills),
        "failover_drill_sessions": [{"volume": "erp-data"}],
        "failover_drill_sign": {**SIGN, "key": str(drills / "signing_key")},
        "ansible_host": simulator.dr.host,
    }
    for playbook in ("preflight", "drill"):
        command = ["ansible-playbook", "-i", "powerstore-dr,", f"drdrill.powerstore.{playbook}"]
        done = site.run(*command, "-e", json.dumps(variables))
        assert done.returncode == 0, done.stdout + done.stderr
    shutil.copy(ROOT / "docs/evidence/drdrill_verify.py", tmp_path)
    return Auditor(site)


def one(words: str) -> str:
    """The command of the page that has these words."""
    (found,) = (command for command in COMMANDS if words in command)
    return found


def test_each_command_says_that_all_is_well_and_then_what_is_not(auditor: Auditor) -> None:
    said: dict[str, str] = {}
    for command in COMMANDS:
        if "ts -verify" in command:
            auditor.stamp()
        done = auditor.run(command)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        said[command] = done.stdout
    head = auditor.head
    assert "signed by drills@example.com" in said[one("-m drdrill.powerstore.drill_chain")]
    assert said[one("drdrill_verify.py")] == f"OK: 2 records, head 2 {head}, signed by drills@example.com\n"
    assert said[one("prev=")] == f"{head}\n"
    assert said[one("grep -n")].split() == [f"2:{head}", "-"]
    assert said[one("--check")] == said[one("while read -r bytes")] == said[one("for file in")] == ""
    assert "Good" in said[one("chain.jsonl.sig")] and "Good" in said[one("RECORD.sig")]
    _spoil(auditor)


def _spoil(auditor: Auditor) -> None:
    """Each of the commands that need no program of ours sees what it is for."""
    chain, record = auditor.drills / "chain.jsonl", auditor.record
    journal = record.with_name(f"{record.stem}.journal.jsonl")
    actions = auditor.drills / "actions.jsonl"  # of the drill's one deviation: nobody checked an application
    sound = {path: path.read_bytes() for path in (chain, record, journal, actions)}

    def seen(words: str, path: Path, change: t.Callable[[bytes], bytes]) -> tuple[int, str]:
        path.write_bytes(change(sound[path]))
        done = auditor.run(one(words))
        path.write_bytes(sound[path])
        return done.returncode, done.stdout

    def verdict(data: bytes) -> bytes:
        return data.replace(b'"passed', b'"failed', 1)

    assert seen("--check", record, verdict) == (1, f"{record.name}: FAILED\n")
    assert seen("while read -r bytes", journal, lambda data: data[1:]) == (0, f"CHANGED: {journal.name}\n")
    assert seen("while read -r bytes", actions, lambda data: data[1:]) == (0, f"CHANGED: {actions.name}\n")
    assert seen("prev=", chain, verdict)[1].startswith("BROKEN: ")
    assert seen("grep -n", chain, lambda data: data.split(b"\n")[0] + b"\n") == (1, "")
    assert seen("for file in", chain, lambda data: data.split(b"\n")[0] + b"\n")[1].count("NOT IN THE CHAIN") == 1
    assert seen("chain.jsonl.sig", chain, verdict)[0] != 0
    assert seen("RECORD.sig", record, verdict)[0] != 0
