# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbooks add what they write to the chain of its folder, sign it, publish its head; collect adds the rest."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.arrays import ROOT, Arrays, Case, Json, Prepare, Run
from tests.lab.tamper.table import make_key
from tests.running import run_action

SCRIPT = ROOT / "docs/evidence/drdrill_verify.py"
HEAD = re.compile(r"Chain head (\d+) ([0-9a-f]{64})")


def verified(folder: Path, *options: str) -> tuple[int, str]:
    """Exit code and output of the script that an auditor has."""
    command = [sys.executable, "-I", "-S", str(SCRIPT), str(folder), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    return done.returncode, done.stdout


def chain(folder: Path) -> list[Json]:
    return [json.loads(line) for line in (folder / "chain.jsonl").read_text().splitlines()]


def heads(done: Run) -> list[tuple[str, ...]]:
    """The published heads, each once, in their order."""
    return list(dict.fromkeys(HEAD.findall(done.output)))


def run_collect(arrays: Arrays, folder: Path, **variables: object) -> Run:
    given = json.dumps({"collect_directory": str(folder), **{f"collect_{k}": v for k, v in variables.items()}})
    return arrays.run("-e", given, playbook="drdrill.powerstore.collect")


def test_preflight_drill_and_abort_are_one_chain_whose_heads_are_published(
    arrays: Prepare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signed by a key whose name an auditor knows; the head is in the output, in the stats and in a notification."""
    monkeypatch.setenv("ANSIBLE_SHOW_CUSTOM_STATS", "1")
    public = make_key(tmp_path, "key")
    (tmp_path / "allowed").write_text(f'drills@example.com namespaces="drdrill" {public}')
    told = {"name": "tell", "command": ["sh", "-c", 'echo "$HEAD" >> "$TOLD"']}
    told |= {"environment": {"HEAD": "{{ failover_drill_chain_head.sha256 }}", "TOLD": str(tmp_path / "told")}}
    case = Case("powerstore-dr", {"notify": [told], "report_formats": ["html", "markdown"]})
    case.variables["sign"] = {"method": "ssh", "key": str(tmp_path / "key"), "principal": "drills@example.com"}
    site = arrays(case)
    published = []
    for playbook in ("preflight", "drill", "abort"):
        done = site.run(playbook=f"drdrill.powerstore.{playbook}")
        assert done.code == 0, done.output
        [head] = heads(done)
        published.append(head)
        assert f'"chain_head": "{head[1]}"' in done.output, done.output
    assert [number for number, _digest in published] == ["1", "2", "3"]

    lines = chain(case.records)
    assert [line["kind"] for line in lines] == ["readiness", "drill", "abort"]
    assert {line["signer"] for line in lines} == {"drills@example.com"}
    assert [len(line["reports"]) for line in lines] == [2, 3, 2]  # the drill has a journal, which has grown since
    # What tells of the start knows of no head yet, what tells of the end knows the one with the drill's own record.
    assert (tmp_path / "told").read_text().splitlines() == ["", published[1][1]]

    record = json.loads(next(case.records.glob("drill-*.json")).read_text())
    assert record["chain_before"] == {"seq": 1, "sha256": published[0][1]}
    before = f"Chain head before this record: 1 {published[0][1]}"
    assert before in next(case.records.glob("drill-*.md")).read_text()
    page = re.sub("<[^>]+>", "", next(case.records.glob("drill-*.html")).read_text())
    assert before in page

    signers = ["--allowed-signers", str(tmp_path / "allowed"), "--principal", "drills@example.com"]
    code, said = verified(case.records, "--known-head", published[0][1], *signers)
    assert (code, said) == (0, f"OK: 3 records, head 3 {published[2][1]}, signed by drills@example.com\n")
    for path in case.records.glob("*-*.json"):
        signature = ["-n", "drdrill", "-s", f"{path}.sig", "-I", "drills@example.com", "-f", str(tmp_path / "allowed")]
        subprocess.run(["ssh-keygen", "-Y", "verify", *signature], input=path.read_bytes(), check=True)


def test_what_fails_here_is_loud_and_fails_no_drill(arrays: Prepare, tmp_path: Path) -> None:
    """A key that is not there, a chain that is torn, a sign that is misspelt; and none wanted."""
    key = {"sign": {"method": "ssh", "key": str(tmp_path / "none")}}
    cases = [Case("unsigned", key), Case("torn"), Case("off", {"chain": False})]
    refused = Case("refused", {"sign": {"method": "pgp"}})
    site = arrays(*cases, refused)
    site["torn"].records.mkdir(parents=True)
    (site["torn"].records / "chain.jsonl").write_text('{"seq": 1')
    done = site.run("-e", "failover_drill_records_mode=0604")

    assert done.code == 2 and [case.running() for case in (*cases, refused)] == [[]] * 4
    assert refused.simulator.dr.executed("start_failover_test") == []
    assert done.says("value of method must be one of: ssh, gpg, command, got: pgp found in failover_drill_sign")
    drills = {case.name: json.loads(next(case.records.glob("drill-*.json")).read_text()) for case in cases}
    assert {name: drill["verdict"] for name, drill in drills.items()} == {
        "unsigned": "passed_with_deviations", "torn": "passed_with_deviations", "off": "passed",
    }  # fmt: skip
    [deviation] = drills["torn"]["deviations"]
    assert deviation["cause"] == "record.not_chained" and "no line end, as after" in deviation["description"]
    [deviation] = drills["unsigned"]["deviations"]
    assert deviation["cause"] == "record.not_signed" and "expected the file of an SSH key" in deviation["description"]
    # The record of all arrays is in the chain of the first one's folder, and has its way of signing.
    assert [line["kind"] for line in chain(site["unsigned"].records)] == ["drill", "run"]
    of_run = next(site["unsigned"].records.glob("run-*.json"))
    assert {path.stat().st_mode & 0o777 for path in of_run.parent.glob(f"{of_run.stem}.*")} == {0o604}
    run = json.loads(of_run.read_text())
    assert "record.not_signed" in [each["cause"] for each in run["deviations"]]
    assert verified(site["unsigned"].records)[0] == 0
    assert done.says("DEVIATION: The chain was not signed: sign.key is")
    assert done.says("WARNING: The record was not added to the chain.")
    assert done.says("no line end, as after a crash")
    assert not (site["off"].records / "chain.jsonl").exists()
    assert "has its verdict" not in done.output


def test_a_drill_that_was_killed_gets_its_record_reports_and_line_by_stop_tests(arrays: Prepare) -> None:
    case = Case("powerstore-dr", {"report_formats": ["html"]})
    site = arrays(case)
    assert site.run().code == 0
    record = next(case.records.glob("drill-*.json"))
    journal = record.with_name(f"{record.stem}.journal.jsonl")
    cut = [line for line in journal.read_text().splitlines(keepends=True) if '"event": "end"' not in line]
    for path in (record, record.with_suffix(".html"), case.records / "chain.jsonl"):
        path.unlink()
    journal.write_text("".join(cut).replace('"pid": ', '"pid": 9999'))
    done = site.run("-e", "stop_tests_settle_time=0", playbook="drdrill.powerstore.stop_tests")

    assert record.exists() and record.with_suffix(".html").exists(), done.output
    assert [line["file"] for line in chain(case.records) if line["kind"] == "drill"] == [record.name]
    assert heads(done) and verified(case.records)[0] == 0


def test_collect_adds_what_arrived_and_names_what_is_no_record(arrays: Prepare, tmp_path: Path) -> None:
    """As from containers that lose their disk, each of which has made a chain of its own."""
    case = Case("powerstore-dr", {"report_formats": ["html"]})
    site = arrays(case)
    kept, gone = tmp_path / "kept", case.records
    kept.mkdir()
    for number in range(2):
        assert site.run(playbook="drdrill.powerstore.preflight").code == 0
        for path in [*gone.glob("*-*.json"), *gone.glob("*.html")]:
            shutil.move(path, kept)
        shutil.rmtree(gone)
        done = run_collect(site, kept)
        assert done.code == (2 if number == 0 else 0), done.output
        if number == 0:  # nobody has said yet that this is a new chain
            assert done.says("has no chain.jsonl") and not (kept / "chain.jsonl").exists()
            done = run_collect(site, kept, new_chain=True)
        assert done.code == 0 and len(heads(done)) == 1, done.output
    lines = chain(kept)
    assert [line["late"] for line in lines] == [True, True] and [len(line["reports"]) for line in lines] == [1, 1]
    code, said = verified(kept, "--known-head", lines[1]["prev"])
    assert code == 0 and "NOTE: 2 added after their drill" in said
    assert '"changed": false' in run_collect(site, kept).output.lower() or chain(kept) == lines

    (kept / "notes.txt").write_text("a person's notes")
    broken = kept / "drill-20261126T030000Z-powerstore-dr-00000001.json"
    broken.write_text('{"kind": "drill"')  # the upload broke off
    done = run_collect(site, kept)
    assert done.code == 2 and done.says(f"NOT A RECORD {broken.name}") and done.says("NOT A RECORD notes.txt")
    assert chain(kept) == lines
    broken.unlink()

    def refused() -> str:
        result = run_action("drill_chain", state="collected", directory=str(kept))
        assert result["failed"] and chain(kept) == lines
        return " ".join([result["msg"], *result.get("summary", [])])

    (kept / "chain (1).jsonl").write_text("")
    said = refused()
    assert "expected one chain" in said and "Nothing was written" in said
    (kept / "chain (1).jsonl").unlink()

    record = kept / lines[0]["file"]
    record.write_text(record.read_text() + " ")
    said = refused()
    assert "does not match its chain, so nothing is added" in said and "CHANGED" in said
