# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order of the tests: what is named there exists, so that a test with a new name does not lose its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import LONGEST, ORDER

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", LONGEST)
def test_what_comes_first_exists(name: str) -> None:
    file, _colons, test = name.partition("::")
    assert f"\ndef {test or 'test_'}" in (ROOT / file).read_text(encoding="utf-8")


def test_every_folder_of_tests_has_its_place() -> None:
    folders = {f"tests/{path.relative_to(ROOT / 'tests').parts[0]}/" for path in ROOT.glob("tests/*/**/test_*.py")}
    assert folders == set(ORDER) - set(LONGEST)
