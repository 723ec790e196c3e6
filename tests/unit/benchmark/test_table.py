# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The benchmark's table says met where a goal is met, and nothing else; the README has a place for it."""

from __future__ import annotations

import pytest

from tests.lab.benchmark.table import README, Report, Row, number, readme_text

MET = Row("A start", "ms", 1.6, [1.2, 1.1, 1.5], "bare 0.5 ms", "never shown")
MISSED = Row("An abort", "x", 5, [12], "bare 1", "Ansible takes 8 of them.")
OPEN = Row("A rate", "", None, [7519])


@pytest.mark.parametrize(
    ("now", "goal", "verdict"),
    [(1.6, 1.6, "met"), (1.604, 1.6, "met"), (1.61, 1.6, "missed"), (0, 0, "met"), (0.004, 0, "missed")],
)
def test_a_figure_is_compared_as_it_is_shown(now: float, goal: float, verdict: str) -> None:
    assert Row("x", "s", goal, [now]).verdict == verdict


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1.237, "1.24"),
        (12.34, "12.3"),
        (485.2, "485"),
        (7519.4, "7519"),
        (0.0042, "0.004"),
        (0.5, "0.5"),
        (-0.3, "-0.3"),
    ],
)
def test_digits_that_count(value: float, shown: str) -> None:
    assert number(value) == shown


def test_the_median_counts_and_the_others_are_beside_it() -> None:
    assert MET.shown == "1.2 ms (1.1 to 1.5)"
    assert MISSED.shown == "12 x"


@pytest.mark.parametrize("form", ["as_text", "as_markdown"])
def test_what_limits_a_figure_is_said_where_it_misses_its_goal(form: str) -> None:
    text = getattr(Report([MET, MISSED, OPEN], "On two cores.", "a warning"), form)()
    assert "An abort: 12 x, goal 5 x. Ansible takes 8 of them." in text
    assert "never shown" not in text
    assert "bare 0.5 ms" in text and "On two cores." in text and "a warning" in text


def test_only_the_table_of_the_readme_changes() -> None:
    current = README.read_text(encoding="utf-8")
    written = readme_text(current, Report([MET, MISSED, OPEN], "On two cores."))
    assert "| A start | 1.6 ms | 1.2 ms (1.1 to 1.5) | met | bare 0.5 ms |" in written
    assert "| An abort | 5 x | 12 x | **missed** | bare 1 |" in written
    assert readme_text(written, Report([MET], "")) == readme_text(current, Report([MET], ""))
    assert written.startswith(current.partition("<!-- benchmark: begin -->")[0])
    assert written.endswith(current.partition("<!-- benchmark: end -->")[2])
