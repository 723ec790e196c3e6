# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every shell script is found by its first line, and shellcheck has nothing to say of any of them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHELLCHECK = Path(sys.executable).parent / "shellcheck"
SHEBANG = re.compile(rb"#!.*\b(ba|da)?sh\b")
NOT_OURS = {".git", ".venv", ".ansible", "build"}


def scripts() -> list[Path]:
    """The shell scripts of the project, also those that git does not know yet."""
    files = (path for folder in (".ci", "tools", "tests", "plugins", "roles") for path in (ROOT / folder).rglob("*"))
    return sorted(
        path
        for path in files
        if path.is_file() and not NOT_OURS & set(path.relative_to(ROOT).parts) and SHEBANG.match(path.read_bytes()[:80])
    )


def checked(*paths: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([SHELLCHECK, *paths], capture_output=True, text=True, check=False)


def test_the_scripts_are_found() -> None:
    assert {str(path.relative_to(ROOT)) for path in scripts()} >= {".ci/run", "tools/importer", "tools/venv"}


@pytest.mark.parametrize("path", scripts(), ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_wrong_with_it(path: Path) -> None:
    done = checked(path)
    assert done.returncode == 0, done.stdout


def test_a_broken_redirect_is_seen(tmp_path: Path) -> None:
    """The importer had this one, and nothing noticed."""
    script = tmp_path / "script"
    script.write_text('#!/usr/bin/env bash\necho "first" >    echo "second" >&22\n')
    done = checked(script)
    assert done.returncode == 1
    assert "SC2238" in done.stdout


def test_make_lint_checks_them_too() -> None:
    assert re.search(r"^\tgit grep -lE .* \| xargs shellcheck$", (ROOT / "Makefile").read_text(), re.MULTILINE)
