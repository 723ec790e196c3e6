# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What checks leave, in files beside the record: each once, by a name that is safe, and never in the drill's way."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._check.evidence import LARGEST, attached, entry_of
from ansible_collections.drdrill.powerstore.plugins.module_utils._check.masking import Masking
from ansible_collections.drdrill.powerstore.plugins.module_utils._drill.evidence import (
    evidence_folder,
    kept,
    of_files,
)
from ansible_collections.drdrill.powerstore.plugins.module_utils._json import Json
from tests.unit.makers.journals import READY, Told, an_operation

NOTHING = Masking(frozenset(), False)


def left(*sources: str, name: str = "ledger answers") -> Json:
    return {"name": name, "evidence": [entry_of(source, source.encode()) for source in sources], "not_attached": []}


def test_a_file_for_each_with_its_hash(tmp_path: Path) -> None:
    folder = evidence_folder(str(tmp_path), "1")
    [step] = kept([left("output", "/var/log/app.log")], folder)

    assert "evidence" not in step
    assert step["attachments"] == [
        {
            "name": name,
            "sha256": hashlib.sha256(source.encode()).hexdigest(),
            "bytes": len(source),
            "source": source,
        }
        for name, source in (
            ("ledger-answers.output.txt", "output"),
            ("ledger-answers.app.log", "/var/log/app.log"),
        )
    ]
    path = Path(folder) / "ledger-answers.app.log"
    assert path.read_text() == "/var/log/app.log" and stat.S_IMODE(path.stat().st_mode) == 0o640
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o750


@pytest.mark.parametrize(
    ("name", "source", "file"),
    [
        ("../../etc/passwd", "output", "etc-passwd.output.txt"),
        ("a", "/x/..", "a"),
        ("a", "C:\\logs\\app.log", "a.app.log"),
        ("gr\u00f6\u00dfe \u2603", "x.png", "gr-e-.x.png"),
        ("..", "\u2603", "evidence"),
        ("n" * 300, "s" * 300 + ".png", "n" * 60 + "-" + "s" * 56 + ".png"),
    ],
)
def test_a_name_means_nothing_to_a_file_system(tmp_path: Path, name: str, source: str, file: str) -> None:
    [step] = kept([left(source, name=name)], str(tmp_path / "e"))

    assert [each["name"] for each in step["attachments"]] == [file]
    assert [path.name for path in (tmp_path / "e").iterdir()] == [file]


def test_namesakes_do_not_replace_each_other(tmp_path: Path) -> None:
    [step] = kept([left("/a/app.log", "/b/app.log")], str(tmp_path))

    assert [each["name"] for each in step["attachments"]] == ["ledger-answers.app.log", "ledger-answers.app-2.log"]
    assert (tmp_path / "ledger-answers.app-2.log").read_text() == "/b/app.log"


def test_a_folder_that_cannot_be_written_is_said_and_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    [step] = kept([left("output")], str(tmp_path / "file"))

    assert step["attachments"] == [] and step["not_attached"][0].startswith("output: ")


def test_a_step_without_evidence_makes_no_folder(tmp_path: Path) -> None:
    assert kept([{"name": "a", "passed": True}], str(tmp_path / "e")) == [{"name": "a", "passed": True}]
    assert not (tmp_path / "e").exists()


def test_what_is_no_plain_file_or_too_large_is_named(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"x" * (LARGEST + 1))
    entries, problems = attached(["large", ".", "missing", "a\0b"], str(tmp_path), NOTHING)

    assert entries == []
    assert [problem.partition(":")[0] for problem in problems] == ["large", ".", "missing", "a\0b"]
    assert "no plain file" in problems[1]


def test_a_text_is_masked_and_a_picture_is_kept_as_it_is(tmp_path: Path) -> None:
    picture = b"\x89PNG password=hunter22 \xff"
    (tmp_path / "a.png").write_bytes(picture)
    (tmp_path / "a.log").write_text("password=hunter22\r\n\x1b[1mdone\n", newline="")
    paths = [str(tmp_path / "a.png"), str(tmp_path / "a.log")]
    [step] = kept([{"name": "n", **of_files(paths)}], str(tmp_path / "e"))

    assert [each["bytes"] for each in step["attachments"]] == [len(picture), 28]
    assert (tmp_path / "e/n.a.png").read_bytes() == picture
    assert (tmp_path / "e/n.a.log").read_bytes() == b"password=********\r\n\x1b[1mdone\n"


def test_nothing_of_a_hidden_check_is_kept(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("secret")
    assert attached([str(tmp_path / "a")], None, Masking(frozenset(), True)) == (
        [], [f"{tmp_path}/a: hidden by no_log"],
    )  # fmt: skip


def test_the_journal_has_the_hash_and_not_the_content(tmp_path: Path) -> None:
    (tmp_path / "seen.yml").write_text("[]")
    (tmp_path / "app.log").write_text("all is well\n")
    step = {"name": "look", "tasks": str(tmp_path / "seen.yml"), "evidence": [str(tmp_path / "app.log")]}
    told = Told(tmp_path, steps={"validate": [step]})
    told("read", what="before", result={"sessions": list(READY)})
    told.started(*(an_operation(name, "started") for name in "ab"))
    told("step", phase="validate", names=["look"], observed="seen", started_at="2026-11-23T20:00:00Z")
    journal = (tmp_path / "drill-1.journal.jsonl").read_text()

    assert (tmp_path / "drill-1.evidence/look.app.log").read_text() == "all is well\n"
    assert hashlib.sha256(b"all is well\n").hexdigest() in journal and '"content"' not in journal


def test_what_a_notification_leaves_is_not_kept(tmp_path: Path) -> None:
    told = Told(tmp_path, steps={"notify": [{"name": "mail", "command": ["seq", "9999"]}]})
    told("read", what="before", result={"sessions": list(READY)})
    told.started(*(an_operation(name, "started") for name in "ab"))
    entry = {"name": "mail", "passed": True, **left("output", name="mail")}
    told("steps", phase="notify", names=["mail"], result={"checks": [entry]})

    assert not (tmp_path / "drill-1.evidence").exists()
    assert '"content"' not in (tmp_path / "drill-1.journal.jsonl").read_text()
    refused = Told(tmp_path, steps={"notify": [{"name": "mail", "command": ["true"], "evidence": ["/tmp/a"]}]})
    assert "evidence is not for notify" in refused.said["refusal"]
