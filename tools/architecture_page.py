# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes CONTRIBUTING's table of the code from the first line of each file: python tools/architecture_page.py

A file says itself what it is for, so the table cannot disagree with the code. A test compares the two.
"""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "CONTRIBUTING.md"
BEGIN, END = "<!-- packages: begin -->", "<!-- packages: end -->"
# From the ground upwards, as the layers in tests/law/test_layers.py. A package that is not named here comes last.
ORDER = ["", "_array", "_findings", "_operation", "_module"]


def first_sentence(path: Path) -> str:
    """The first line of a file's docstring, without what it says besides. Raises SystemExit where there is none."""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    if not text:
        raise SystemExit(f"{path.relative_to(ROOT)}: expected a docstring whose first line says what the file is for")
    return text.split("\n", 1)[0].split(". ", 1)[0].removesuffix(".").replace("``", "`")


def packages(folder: Path) -> dict[str, list[Path]]:
    """The files of each package, by its name; those of no package under the empty name."""
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.rglob("*.py")):
        inside = path.relative_to(folder).parts[:-1]
        found.setdefault(inside[0] if inside else "", []).append(path)
    rank = {package: place for place, package in enumerate(ORDER)}
    return dict(sorted(found.items(), key=lambda item: rank.get(item[0], len(ORDER))))


def table() -> str:
    """One row for each file below plugins/module_utils, package by package."""
    folder = ROOT / "plugins/module_utils"
    lines = ["| Package | File | What it is for |", "| --- | --- | --- |"]
    for package, files in packages(folder).items():
        for number, path in enumerate(files):
            name = path.relative_to(folder / package).with_suffix("")
            shown = "" if number else f"`{package}`" if package else "(ground)"
            lines.append(f"| {shown} | `{name}` | {first_sentence(path)} |")
    return "\n".join(lines)


def page_text(current: str) -> str:
    """The page with the table that the files give."""
    before, rest = current.split(BEGIN)
    _old, after = rest.split(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page_text(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
