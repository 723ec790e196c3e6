# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables and lines for a person at a terminal: the one printer of all summaries. Pure."""

from __future__ import annotations

import textwrap
import typing as t

from ._text import one_line, plain
from ._time import in_words, length
from ._words import StepResult

WIDTH = 108  # with the indentation and the quotes that Ansible puts round a line, 120
_SHORT = 10  # seconds, up to which a tenth matters
_LEAST = 0.05


class Column(t.NamedTuple):
    """A column of a table: its title, and the widest that it may become."""

    title: str
    widest: int


def table(columns: t.Sequence[Column], rows: t.Iterable[t.Sequence[str]]) -> list[str]:
    """A table with titles; each column is as wide as its content, and cut at its widest."""
    cells = [[printable(cell) for cell in row] for row in rows]
    lines = [[column.title for column in columns], *cells]
    widths = [min(column.widest, max(len(line[at]) for line in lines)) for at, column in enumerate(columns)]
    return [
        " ".join(_cut(cell, width).ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in (lines[0], ["-" * width for width in widths], *cells)
    ]


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def printable(text: str) -> str:
    """A text on one line that cannot steer a terminal."""
    return one_line(plain(text))


def fitted(lines: t.Iterable[str]) -> list[str]:
    """The lines, safe for a terminal and broken where they are wider than it."""
    return [part for line in lines for part in _wrapped(line)]


def _wrapped(line: str) -> list[str]:
    indent = len(line) - len(line.lstrip(" "))
    text = " " * indent + printable(line)
    return textwrap.wrap(text, WIDTH, subsequent_indent=" " * (indent + 2)) or [""]


def span(seconds: float | None) -> str:
    """A duration in words: ``4.2 s``, ``45 s``, ``12 min``, ``3 h 20 min``; ``-`` where it is not known."""
    if seconds is None:
        return "-"
    return f"{seconds:.1f} s" if abs(seconds) < _SHORT else in_words(length(seconds))


def compared(actual: float | None, objective: float | None) -> str:
    """What was measured beside its objective: ``61 s / 5 min``."""
    return f"{span(actual)} / {span(objective)}"


def mark(passed: bool | None) -> str:
    """The result of a check in brackets; a failure is loud."""
    result = StepResult.of(passed)
    return f"[{result.word.upper() if result is StepResult.FAILED else result.word.lower()}]"


def longer(seconds: float) -> str:
    """A difference of two durations: ``12 s longer``, ``3.4 s shorter``, ``as long``."""
    if abs(seconds) < _LEAST:
        return "as long"
    return f"{span(abs(seconds))} {'longer' if seconds > 0 else 'shorter'}"
