# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The benchmark's table: goal beside now, what was measured beside it, and what limits a figure that misses its goal.

For a terminal, and between two markers for the README.
"""

from __future__ import annotations

import statistics
import textwrap
import typing as t
from dataclasses import dataclass, field
from pathlib import Path

README = Path(__file__).resolve().parents[3] / "README.md"
BEGIN, END = "<!-- benchmark: begin -->", "<!-- benchmark: end -->"
_WIDTHS = (62, 10, 24)


@dataclass(frozen=True)
class Row:
    """One line. ``goal``: None where there is none; a figure meets it that, rounded as it is shown, is not above it.

    ``beside``: what was measured in the same run, for comparison. ``limit``: what keeps the figure from its goal, by a
    measurement; only shown where it misses it.
    """

    what: str
    unit: str
    goal: float | None
    rounds: t.Sequence[float]
    beside: str = ""
    limit: str = ""

    @property
    def now(self) -> float:
        """The median."""
        return statistics.median(self.rounds)

    @property
    def is_missed(self) -> bool:
        """Whether there is a goal, and it is not met."""
        return self.goal is not None and float(number(self.now)) > self.goal

    @property
    def verdict(self) -> str:
        """In a word; empty where there is no goal."""
        return "" if self.goal is None else "missed" if self.is_missed else "met"

    @property
    def shown_goal(self) -> str:
        """The goal with its unit."""
        return "" if self.goal is None else f"{self.goal:g} {self.unit}".strip()

    @property
    def shown(self) -> str:
        """The figure with its unit, and the lowest and highest of several rounds."""
        text = f"{number(self.now)} {self.unit}".strip()
        if len(self.rounds) == 1:
            return text
        return f"{text} ({number(min(self.rounds))} to {number(max(self.rounds))})"


def number(value: float) -> str:
    """With two digits after the point below 10, one below 100, else none; below a hundredth with one that counts."""
    if 0 < abs(value) < 0.01:
        return f"{value:.1g}" if abs(value) >= 1e-4 else "0"
    digits = 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(frozen=True)
class Report:
    """All rows, and on what they were measured."""

    rows: t.Sequence[Row]
    about: str
    warning: str = ""
    missed: list[Row] = field(init=False)

    def __post_init__(self) -> None:
        """Pick out the rows that miss their goals."""
        object.__setattr__(self, "missed", [row for row in self.rows if row.is_missed])

    def as_text(self) -> str:
        """For a terminal of 120 columns."""
        lines = [_line("What", "Goal", "Now", ""), "-" * 105]
        for row in self.rows:
            first, *more = textwrap.wrap(row.what, _WIDTHS[0] - 1)
            lines.append(_line(first, row.shown_goal, row.shown, row.verdict.upper() if row.is_missed else row.verdict))
            lines += more
            lines += textwrap.wrap(row.beside, 116, initial_indent="    ", subsequent_indent="    ")
        goals = [row for row in self.rows if row.goal is not None]
        lines += ["", f"{len(goals) - len(self.missed)} of {len(goals)} goals are met. {self.about}"]
        lines += [f"WARNING: {self.warning}"] * bool(self.warning)
        for row in self.missed:
            lines += textwrap.wrap(_missed(row), 116, initial_indent="- ", subsequent_indent="  ")
        return "\n".join(lines)

    def as_markdown(self) -> str:
        """For the README."""
        lines = [*textwrap.wrap(self.about, 120), ""]
        lines += [*textwrap.wrap(f"**Not on an idle machine:** {self.warning}", 120), ""] if self.warning else []
        lines += ["| What | Goal | Now | | Beside it, in the same run |", "| --- | --- | --- | --- | --- |"]
        for row in self.rows:
            verdict = "**missed**" if row.is_missed else row.verdict
            lines.append(f"| {row.what} | {row.shown_goal} | {row.shown} | {verdict} | {row.beside} |")
        if self.missed:
            lines += ["", "What keeps a figure from its goal:", ""]
            for row in self.missed:
                lines += textwrap.wrap(_missed(row), 120, initial_indent="- ", subsequent_indent="  ")
        return "\n".join(lines)


def _line(what: str, goal: str, now: str, verdict: str) -> str:
    return f"{what:<{_WIDTHS[0]}}{goal:>{_WIDTHS[1]}}  {now:<{_WIDTHS[2]}}  {verdict}".rstrip()


def _missed(row: Row) -> str:
    return f"{row.what}: {row.shown}, goal {row.shown_goal}. {row.limit}".strip()


def readme_text(current: str, report: Report) -> str:
    """The README with this table between its markers."""
    before, rest = current.split(BEGIN)
    _old, after = rest.split(END)
    return f"{before}{BEGIN}\n{report.as_markdown()}\n{END}{after}"
