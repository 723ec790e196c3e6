# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds the examples: in READMEs, in the guides, and in the modules."""

from __future__ import annotations

import ast
import re
import textwrap
import typing as t
from collections.abc import Iterator
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "roles/failover_drill/README.md",
    ROOT / "docs/awx-project/README.md",
    ROOT / "tests/lab/simulator/README.md",
    *sorted((ROOT / "docs/docsite/rst").glob("*.rst")),
]
_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_DIRECTIVE = re.compile(r"^\.\. code-block:: (\w+)\n(?:   :.*\n)*\n((?:(?:   .*)?\n)+)", re.MULTILINE)
_INDENTED = re.compile(r"(?<=\n\n)((?:    .*\n|\n(?=    ))+)")
_COMMANDS = ("ansible", "git ", "make ", "pip ", "export ", "read ", "python ", "docker ", "podman ")


class Example(t.NamedTuple):
    """Where it stands, ``bash``, ``yaml``, ``python`` or ``text``, and what it says."""

    place: str
    language: str
    text: str

    @property
    def content(self) -> t.Any:
        return yaml.safe_load(self.text)


def on_page(path: Path) -> Iterator[Example]:
    """The examples of one page, in their order."""
    page = path.read_text(encoding="utf-8")
    blocks = _DIRECTIVE.finditer(page) if path.suffix == ".rst" else _FENCED.finditer(page)
    found = [(block.start(), block[1], block[2]) for block in blocks]
    if path.suffix == ".md":
        # Markdown's indented blocks name no language.
        rest = _FENCED.sub(lambda fenced: re.sub(r"[^\n]", "-", fenced[0]), page)
        found += [(block.start(), "", block[1]) for block in _INDENTED.finditer(rest)]
    for start, language, text in sorted(found):
        text = textwrap.dedent(text).strip() + "\n"
        place = f"{path.relative_to(ROOT)}:{page.count(chr(10), 0, start) + 1}"
        yield Example(place, language or _language(text), text)


def _language(text: str) -> str:
    return "bash" if text.startswith(_COMMANDS) else "yaml"


def in_modules() -> dict[str, list[dict[str, t.Any]]]:
    """For each module the tasks of its EXAMPLES."""
    tasks = {}
    for path in sorted((ROOT / "plugins/modules").glob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "EXAMPLES":
                tasks[path.stem] = yaml.safe_load(ast.literal_eval(node.value))
    return tasks


def commands(example: Example) -> list[str]:
    """The commands of a shell example, each on one line."""
    lines = example.text.replace("\\\n", " ").splitlines()
    return [re.sub(r"\s+", " ", line).strip() for line in lines if line.strip()]
