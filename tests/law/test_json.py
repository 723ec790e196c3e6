# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is ours and written as JSON is read in one way: a key that is there twice has no one meaning."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PLUGINS = Path(__file__).parents[2] / "plugins"
# What an array or AWX answers is not ours: there the last one counts, as for everybody who reads their answers.
OF_OTHERS = ("module_utils/_array/", "module_utils/_awx/access.py")
FILES = sorted(str(path.relative_to(PLUGINS)) for path in PLUGINS.rglob("*.py"))
READING = [name for name in FILES if "json.load" in (PLUGINS / name).read_text(encoding="utf-8")]


@pytest.mark.parametrize("name", [name for name in READING if not name.startswith(OF_OTHERS)])
def test_json_of_ours_is_refused_where_a_key_is_there_twice(name: str) -> None:
    calls = [
        node
        for node in ast.walk(ast.parse((PLUGINS / name).read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("json.load", "json.loads")
    ]
    careless = [call.lineno for call in calls if "object_pairs_hook" not in {each.arg for each in call.keywords}]
    assert not careless, f"plugins/{name}, lines {careless}: expected object_pairs_hook=once"


def test_there_is_json_to_read() -> None:
    assert len(READING) > len(OF_OTHERS)
