# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prints with what the tests run: python tools/versions.py [OTHER_PYTHON]"""

from __future__ import annotations

import platform
import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = [
    *("ruff", "mypy", "yamllint", "ansible-lint", "antsibull-changelog", "antsibull-docs", "reuse"),
    *("pytest", "coverage", "hypothesis", "sphinx"),
]


def pinned(name: str) -> list[str]:
    """The versions of a package that pyproject.toml pins, with their conditions."""
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    lines = {line for group in groups.values() for line in group if isinstance(line, str)}
    return sorted(line.partition("==")[2] for line in lines if re.match(rf"{name}==", line))


def main() -> None:
    other = sys.argv[1] if len(sys.argv) > 1 else ""
    print(f"Python {platform.python_version()} with ansible-core {version('ansible-core')}: everything")
    if other:
        answer = subprocess.run([other, "-V"], capture_output=True, text=True, check=True).stdout.strip()
        newest = pinned("ansible-core")[-1].partition(";")[0]
        print(f"{answer} with ansible-core {newest}: what `make other-python` runs")
    else:
        print("No Python 3.12 or later besides on this machine: only one ansible-core is tested")
    print(", ".join(f"{tool} {version(tool)}" for tool in TOOLS) + f", galaxy-importer {pinned('galaxy-importer')[0]}")


if __name__ == "__main__":
    main()
