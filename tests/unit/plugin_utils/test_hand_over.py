# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Results that go from one task of the role to the next in a file, and a process that runs beside a drill."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from ansible import constants

from ansible_collections.drdrill.powerstore.plugins.plugin_utils import _hand_over
from tests.unit.plugin_utils.test_fork import ENVIRONMENT

RESULT = {
    "changed": True,
    "msg": "no",
    "failure": {"kind": "busy"},
    "warnings": ["w"],
    "diff": [{"before": "a"}],
    "sessions": [{"session_id": "s\udc80"}],
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("diff", [False, True])
def test_a_result_comes_back_as_it_was(folder: Path, diff: bool) -> None:
    short = _hand_over.handed_over(RESULT, diff=diff)
    assert set(short) == {"changed", "msg", "failure", "warnings", "handed_over"} | ({"diff"} if diff else set())
    assert _hand_over.whole(short) == RESULT
    assert [path.stat().st_mode & 0o777 for path in folder.iterdir()] == [0o600]


def test_what_is_no_json_stays_with_ansible() -> None:
    error = ValueError("an object of Ansible's own")
    short = _hand_over.handed_over({**RESULT, "exception": error}, diff=False)
    assert short["exception"] is error and _hand_over.whole(short) == RESULT


def test_a_folder_that_is_gone_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", "/no/such/folder")
    assert _hand_over.handed_over(RESULT, diff=False) == RESULT
    assert _hand_over.whole(RESULT) == RESULT


def test_a_result_that_is_lost_has_failed_and_says_nothing_of_a_session() -> None:
    for text in (None, "", "[1]", '{"sessions": ['):
        short = _hand_over.handed_over({**RESULT, "failed": False}, diff=False)
        path = Path(str(short["handed_over"]))
        path.unlink() if text is None else path.write_text(text)
        found = _hand_over.whole(short)
        assert found["failed"] is True and "sessions" not in found and "could not be read again" in found["msg"]


def test_no_other_file_is_read(tmp_path: Path) -> None:
    other = tmp_path / "deeper" / "x.json"
    other.parent.mkdir()
    other.write_text('{"sessions": []}')
    for path in (str(other), f"{tmp_path}/deeper/../deeper/x.json", 7):
        assert _hand_over.whole({"handed_over": path}) == {"handed_over": path}


LEFT = """
import sys
from ansible_collections.drdrill.powerstore.plugins.plugin_utils._fork import Work, leave

def main(tell):
    import time
    tell(0, 0, 1, 1)
    time.sleep(float(sys.argv[2]))
    print('{"checks": [1]}')
    sys.exit(len(sys.argv) > 3)

leave(Work(main, "/"), sys.argv[1])
print("left")
"""


def test_what_is_left_running_keeps_nobody_waiting_and_leaves_its_result() -> None:
    path = _hand_over.new_path()
    began = time.monotonic()
    # Whoever reads this output would wait for a process that has it open.
    done = subprocess.run(
        [sys.executable, "-c", LEFT, path, "30"], env=ENVIRONMENT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "left\n" and time.monotonic() - began < 30
    assert _hand_over.awaited(path, 0.2) == {"msg": "it did not end within its time, and runs on or was killed"}
    assert not _hand_over.is_left(path, 0.2)
    for failed in ([], ["failed"]):
        path = _hand_over.new_path()
        subprocess.run(
            [sys.executable, "-c", LEFT, path, "0", *failed], env=ENVIRONMENT, capture_output=True, check=True
        )
        assert _hand_over.is_left(path, 60) is not bool(failed)
        assert _hand_over.awaited(path, 0) == {"checks": [1]}


def test_a_result_is_awaited_until_it_is_there() -> None:
    path = _hand_over.new_path()
    Path(f"{path}.part").write_text('{"checks": []}')
    threading.Timer(0.3, os.rename, (f"{path}.part", path)).start()  # all of it at once, as a process leaves it
    assert _hand_over.awaited(path, 60) == {"checks": []}
    Path(path).write_text("no")
    assert "it left no result" in _hand_over.awaited(path, 0)["msg"]
    os.unlink(path)
