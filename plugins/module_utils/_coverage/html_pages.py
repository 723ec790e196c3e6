# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The coverage and the trend as HTML: each is one file without script, made with the pieces of the reports."""

from __future__ import annotations

import functools
import hashlib
import re
import typing as t
from collections import defaultdict
from pathlib import Path

from .._report.html.page import TEMPLATES, environment
from .._report.text import duration
from .._version import VERSION
from .._words import Coverage
from .chart import charts_of
from .cover import NOT_COUNTED
from .document import CoverageDocument, Row
from .trend import Series

if t.TYPE_CHECKING:
    from jinja2 import Environment

_HERE: t.Final = Path(__file__).parent / "templates"
_DAY: t.Final = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
_SHOWN: t.Final = 500  # rows of one table; the CSV has all


@functools.cache
def _environment() -> Environment:
    """The reports' templates, and beside them the two of this package."""
    from jinja2 import FileSystemLoader
    from markupsafe import Markup

    def dated(value: str) -> Markup:
        """A text whose days are not broken at their hyphens."""
        text = str(Markup("<bdi>{}</bdi>").format(value))
        return Markup(_DAY.sub(r'<span class="nowrap">\g<0></span>', text))  # noqa: S704  (escaped by now)

    made = environment().overlay(loader=FileSystemLoader([_HERE, TEMPLATES]))
    made.globals = {**made.globals}
    made.globals["own_style"] = Markup((_HERE / "coverage.css").read_text(encoding="utf-8"))  # noqa: S704  (ours)
    made.globals["version"] = VERSION
    made.filters = {
        **made.filters,
        "dated": dated,
        "day": lambda moment: "-" if moment is None else f"{moment:%Y-%m-%d}",
    }
    return made


def coverage_page(document: CoverageDocument, trend: t.Sequence[Series], content: str) -> str:
    """The report of a coverage. ``content``: its JSON, whose hash the page shows."""
    counted = [row for row in document.rows if row.state not in NOT_COUNTED]
    problems = [row for row in counted if row.state.weight < Coverage.DUE_SOON.weight]
    return _rendered(
        "coverage.html.j2",
        document=document,
        states=[(each, document.totals[each.value]) for each in Coverage if document.totals[each.value]],
        counted=len(counted),
        covered=len(counted) - len(problems),
        problems=problems,
        shown=_SHOWN,
        groups=_groups(document.rows),
        regressed=[each for each in trend if each.regressed],
        sha256=hashlib.sha256(content.encode("utf-8")).hexdigest(),
    )


def _groups(rows: t.Sequence[Row]) -> list[tuple[str, str, Coverage, list[Row]]]:
    """The rows by application and array, the worst group first."""
    found: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        found[row.application or "", row.on].append(row)
    made = [
        (application, array, Coverage.worst((row.state for row in own), otherwise=Coverage.TESTED), own)
        for (application, array), own in found.items()
    ]
    return sorted(made, key=lambda each: (each[2].weight, each[0] or "\uffff", each[1]))


def trend_page(document: CoverageDocument, trend: t.Sequence[Series]) -> str:
    """The trend of all applications as small multiples."""
    shown = [
        {
            "series": each,
            "charts": charts_of(each),
            "slope": None if each.slope is None else _signed(each.slope),
            "change": each.change(len(each.points) - 1),
        }
        for each in trend
    ]
    return _rendered("trend.html.j2", document=document, shown=shown)


def _signed(seconds: float) -> str:
    return f"{'+' if seconds >= 0 else ''}{duration(round(seconds, 1))} a quarter"


def _rendered(template: str, **values: t.Any) -> str:
    text = _environment().get_template(template).render(**values)
    return "\n".join(line.strip() for line in text.splitlines() if line.strip()) + "\n"
