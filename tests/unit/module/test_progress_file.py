# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A module that is sent writes its progress into the action's own empty file, and into nothing else."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible import constants

from ansible_collections.drdrill.powerstore.plugins.module_utils._module.progress import FILE, to_file
from ansible_collections.drdrill.powerstore.plugins.plugin_utils._tail import Tail


def test_the_action_hears_what_the_module_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))
    heard: list[tuple[int, ...]] = []
    came = threading.Event()

    def hear(*numbers: int) -> None:
        heard.append(numbers)
        came.set()

    with Tail(hear, pause=0.01) as tail:
        monkeypatch.setenv(FILE, tail.path)
        assert os.stat(tail.path).st_mode & 0o777 == 0o600
        tell = to_file()
        assert tell is not None
        for numbers in ((999, 1, 64, 5000), (1000, 1, 63, 5000), (7, 0, 0, 9)):
            came.clear()
            heard.clear()
            tell(*numbers)
            assert came.wait(60)
            came.clear()
            assert came.wait(60)  # once more, whatever was half read before
            assert heard[-1] == numbers
    assert not os.path.exists(tail.path)


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.write_text("something of somebody"),
        lambda path: path.symlink_to(path.with_name("other")),
        lambda path: os.mkfifo(path),
        lambda path: path.mkdir(),
        lambda path: None,
    ],
    ids=["not empty", "a link", "a FIFO", "a folder", "not there"],
)
def test_nothing_else_is_written_to(
    make: Callable[[Path], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "progress"
    (tmp_path / "other").touch()
    make(path)
    monkeypatch.setenv(FILE, str(path))
    assert to_file() is None
    assert (tmp_path / "other").read_bytes() == b""
    assert not path.is_file() or path.is_symlink() or path.read_text() == "something of somebody"


def test_a_module_that_ansible_did_not_give_a_file_is_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FILE, raising=False)
    assert to_file() is None
