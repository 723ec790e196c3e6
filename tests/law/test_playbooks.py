# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all playbooks have in common."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

PLAYBOOKS = sorted((Path(__file__).parents[2] / "playbooks").glob("*.yml"))
GUARD = "| drdrill.powerstore.drill_arrays(groups, ansible_limit | default(''))"


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.stem)
def test_a_playbook_that_reaches_nothing_fails(path: Path) -> None:
    """By its first play, which refuses a pattern without hosts, --tags, --skip-tags and --start-at-task."""
    first, *_others = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert GUARD in first["hosts"]
