# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The law of the packages: imports run downward only. A new package fails here until the table has it."""

from __future__ import annotations

import ast
import typing as t
from pathlib import Path

import pytest

from tools.architecture_page import PAGE, page_text

UTILS = Path(__file__).parents[2] / "plugins/module_utils"
GROUND = {"_errors", "_json", "_terminal", "_text", "_time", "_version", "_words"}
OPERATING = GROUND | {"_array", "_findings", "_operation", "_module"}
MAY_IMPORT: t.Final[t.Mapping[str, set[str]]] = {
    "_errors": set(),
    "_json": set(),
    "_python": set(),
    "_text": set(),
    "_terminal": {"_text", "_time", "_words"},
    "_version": set(),
    "_words": set(),
    "_time": {"_errors"},
    "_array": GROUND,
    "_findings": GROUND | {"_array"},
    "_nas_tests": GROUND | {"_array"},
    "_operation": GROUND | {"_array"},
    "_module": GROUND | {"_array", "_operation"},
    "_failover_test": OPERATING | {"_nas_dr_test"},
    "_nas_dr_test": OPERATING | {"_nas_tests"},
    "_session_info": OPERATING | {"_nas_tests", "_nas_dr_test"},
    "_session_sync": OPERATING,
    "_sweep": OPERATING | {"_failover_test", "_nas_dr_test", "_nas_tests"},
    "_first_contact": OPERATING | {"_nas_tests", "_record"},
    "_check": {"_errors"},
    "_linux_volume": {"_errors"},
    "_drill": GROUND | {"_check", "_findings"},
    "_awx": GROUND | {"_check", "_drill"},
    "_chain": GROUND | {"_record"},
    "_record": GROUND | {"_drill"},
    "_report": GROUND | {"_record"},
    "_witness": OPERATING | {"_drill", "_record", "_report"},
    "_sign_off": GROUND | {"_awx", "_chain", "_record", "_report"},
    "_action": GROUND | {"_record"},
    "_coverage": GROUND | {"_array", "_chain", "_drill", "_record", "_report"},
}
FILES = sorted(path.relative_to(UTILS) for path in UTILS.rglob("*.py"))


def package_of(parts: t.Sequence[str]) -> str:
    return parts[0].removesuffix(".py")


def imported_packages(path: Path) -> set[str]:
    """The packages that a file imports. Inside module_utils imports are relative, so each names its package."""
    here = path.parts[:-1]
    found = set()
    for node in ast.walk(ast.parse((UTILS / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            assert not any("drdrill" in each.name for each in node.names), f"{path}: an import that is not relative"
        if isinstance(node, ast.ImportFrom):
            assert "drdrill" not in (node.module or ""), f"{path}: an import that is not relative"
            if node.level:
                base = here[: len(here) - node.level + 1]
                target = (*base, *(node.module or "").split("."))
                found.update(package_of([*filter(None, target), each.name]) for each in node.names)
    return found


@pytest.mark.parametrize("path", FILES, ids=str)
def test_imports_run_downward(path: Path) -> None:
    package = package_of(path.parts)
    assert package in MAY_IMPORT, f"{package} is not in the table: say which packages it may import"
    upward = imported_packages(path) - MAY_IMPORT[package] - {package}
    assert not upward, f"{path} imports {sorted(upward)}: expected one of {sorted(MAY_IMPORT[package])}"


def test_the_table_names_no_package_that_is_gone() -> None:
    assert set(MAY_IMPORT) == {package_of(path.parts) for path in FILES}


def test_the_table_has_no_circle() -> None:
    for package, below in MAY_IMPORT.items():
        assert not any(package in MAY_IMPORT[other] for other in below), package


def test_contributing_lists_the_files_as_they_say_themselves() -> None:
    current = PAGE.read_text(encoding="utf-8")
    assert current == page_text(current), "make docs-pages writes it anew"
