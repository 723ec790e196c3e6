# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The line that says how far a long task is."""

from __future__ import annotations

import pytest

from ansible_collections.drdrill.powerstore.plugins.plugin_utils._progress import Progress, is_wanted, line


@pytest.mark.parametrize(
    ("numbers", "seconds", "said"),
    [
        ((312, 2, 16, 1000), 6.4, "started 312 of 1,000, 2 failed, 16 under way, about 14 s left"),
        ((0, 0, 16, 1000), 5.0, "started 0 of 1,000, 16 under way"),
        ((1, 0, 16, 5000), 5.0, "started 1 of 5,000, 16 under way, about 417 min left"),
        ((0, 3, 1, 4), 9.0, "started 0 of 4, 3 failed, 1 under way, about 3 s left"),
    ],
)
def test_the_line(numbers: tuple[int, int, int, int], seconds: float, said: str) -> None:
    assert line("started", *numbers, seconds) == said


@pytest.mark.parametrize(
    ("value", "wanted"), [(None, True), ("1", True), ("", True), ("0", False), ("No", False), ("false", False)]
)
def test_the_environment_keeps_it_quiet(value: str | None, wanted: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("POWERSTORE_PROGRESS", raising=False)
    if value is not None:
        monkeypatch.setenv("POWERSTORE_PROGRESS", value)
    assert is_wanted({}) is wanted
    assert is_wanted({"POWERSTORE_PROGRESS": "0"}) is False  # the task's own counts more
    assert is_wanted({"POWERSTORE_PROGRESS": "1"}) is True


def test_nothing_for_five_seconds_then_a_line_every_five_and_none_at_the_end() -> None:
    shown: list[str] = []
    now = [0.0]
    progress = Progress("powerstore-dr", "stopped", shown.append, lambda: now[0])
    for second in range(1, 13):
        now[0] = float(second)
        progress(second, 0, 4, 12)
    assert shown == [
        "powerstore-dr: stopped 5 of 12, 4 under way, about 6 s left",
        "powerstore-dr: stopped 10 of 12, 4 under way, about 2 s left",
    ]
