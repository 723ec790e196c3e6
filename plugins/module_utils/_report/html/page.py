# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The HTML report: one file without script or outside resource, for the screen, the telephone and paper."""

from __future__ import annotations

import functools
import typing as t

from ..._json import Json
from ..._version import VERSION
from ..._words import Kind, StepResult
from .. import text as words
from ..source import Source
from . import body, frame
from .markup import Markup, environment, text
from .style import STYLE
from .view import view

_SHOWN_REASONS = 12
_TEMPLATES: t.Final[t.Mapping[str, str]] = {
    "page": frame.PAGE,
    "macros": frame.MACROS,
    "sources": frame.SOURCES,
    "drill": body.DRILL,
    "drill_second": body.DRILL_SECOND,
    "session": body.SESSION,
    "steps": body.STEPS,
    "findings": body.FINDINGS,
    "readiness": body.READINESS,
    "readiness_second": body.READINESS_SECOND,
    "abort": body.ABORT,
    "abort_second": body.ABORT_SECOND,
}


@functools.cache
def _page() -> t.Any:
    made = environment(_TEMPLATES)
    made.filters.update(
        {"text": text, "utc": words.utc, "clock": words.clock, "duration": words.duration, "words": words.words}
    )
    made.globals.update(
        verdict_words=words.verdict_words, verdict_icon=words.verdict_icon, step_result=StepResult, check=StepResult.of
    )
    return made.get_template("page")


def render_html(source: Source) -> str:
    """The report of a record. The same record gives the same bytes."""
    record = source.record
    rendered = _page().render(
        record=record,
        source=source,
        heading=Kind(record["kind"]).heading,
        meaning=words.meaning(record),
        style=Markup(STYLE),
        version=VERSION,
        took=words.between(record["times"]["started_at"], record["times"]["finished_at"]),
        shown_reasons=_SHOWN_REASONS,
        job_url=_web_address(record["who"]["awx"]),
        **view(record),
    )
    return "\n".join(line for line in rendered.splitlines() if line.strip()) + "\n"


def _web_address(awx: Json | None) -> str | None:
    """The job's page where it is an address that a browser opens as a page and nothing else."""
    url = (awx or {}).get("job_url") or ""
    return url if url.startswith(("https://", "http://")) else None
