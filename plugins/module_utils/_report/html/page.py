# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The HTML report: one file without script or outside resource, for the screen, the telephone and paper."""

from __future__ import annotations

import contextlib
import functools
import typing as t
from pathlib import Path

from ..._record.types import Awx, DrillRecord
from ..._time import format_time
from ..._version import VERSION
from ..._words import CheckResult
from .. import text as words
from ..causes import verdict_sentence
from ..crosswalk import NOTE, crosswalks
from ..source import Source
from .view import put_apart, view

if t.TYPE_CHECKING:
    from jinja2 import BytecodeCache, Environment

TEMPLATES: t.Final = Path(__file__).parent / "templates"
MAIN: t.Final = ".html"
_SESSIONS: t.Final = ".evidence/report-sessions-{}.html"
_STEPS: t.Final = ".evidence/report-steps.html"


@functools.cache
def environment() -> Environment:
    """The templates: all values are escaped, and a name that one misspells is an error, not an empty place."""
    # Here, as Ansible's own test imports every file of module_utils where there is no Jinja2. On a controller it is.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup, escape

    def text(value: object, unknown: str = "-") -> Markup:
        """A value from the array or a user, in a direction of its own, so that it cannot turn what is around it."""
        if value is None or value == "":
            return escape(unknown)
        return Markup("<bdi>{}</bdi>").format(value)

    def lines(value: str) -> Markup:
        """A text of several lines, such as the output of a command."""
        return Markup("<br>").join(text(line, "\N{NO-BREAK SPACE}") for line in value.splitlines())

    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        bytecode_cache=_kept_templates(),
    )
    made.filters.update(
        {
            "text": text,
            "lines": lines,
            "iso": format_time,
            "utc": words.utc,
            "clock": words.clock,
            "duration": words.duration,
            "longer": words.longer,
            "words": words.words,
            "size": words.size,
        }
    )
    made.globals["check"] = CheckResult.of
    made.globals["style"] = Markup((TEMPLATES / "style.css").read_text(encoding="utf-8"))  # noqa: S704  (our own file)
    return made


def _kept_templates() -> BytecodeCache | None:
    """Where Jinja2 keeps the templates compiled, for the next report: that takes longer than to fill them in.

    It is a folder of this user alone, among the temporary files. Where it cannot be made or written, nothing is kept.
    """
    from jinja2 import FileSystemBytecodeCache
    from jinja2.bccache import Bucket

    class Kept(FileSystemBytecodeCache):
        """Keeps what can be kept."""

        def dump_bytecode(self, bucket: Bucket) -> None:
            """Write a template. A full disk does not prevent a report."""
            with contextlib.suppress(OSError):
                super().dump_bytecode(bucket)

    try:
        return Kept()
    except (OSError, RuntimeError):  # by Jinja2: a folder of that name is somebody else's
        return None


def render_html(source: Source) -> str:
    """The report of a record. The same record gives the same bytes."""
    return render_pages(source)[MAIN]


def render_pages(source: Source) -> dict[str, str]:
    """The report, by the ends of the names of its files. The same record gives the same bytes.

    Of a drill of many sessions, their details and the steps are pages of their own, as a browser takes long to read a
    page of hundreds of thousands of elements. They are in the folder of evidence, so that they are in the chain, too.
    """
    record, found = source.record, view(source.record)
    if isinstance(record, DrillRecord):
        put_apart(found, lambda page: f"{source.stem}{_SESSIONS.format(page)}")
    common: dict[str, t.Any] = {"record": record, "source": source, "v": found, "version": VERSION}
    more = {
        "heading": record.kind.heading,
        "said": verdict_sentence(record),
        "took": words.took(record),
        "crosswalk": crosswalks(record, source.frameworks),
        "crosswalk_note": NOTE,
        "job_url": _web_address(record.who.awx),
        "all_steps": f"{source.stem}{_STEPS}",
        "links": [f"{source.stem}{_SESSIONS.format(page)}" for page in range(1, len(found.pages) + 1)],
    }
    pages = {MAIN: _rendered("page.html.j2", **common, **more, up="")}
    for page, entries in enumerate(found.pages, start=1):
        pages[_SESSIONS.format(page)] = _rendered("details.html.j2", **common, up="../", entries=entries, steps=[])
    if found.pages:
        pages[_STEPS] = _rendered("details.html.j2", **common, up="../", entries=[], steps=found.steps)
    return pages


def _rendered(template: str, **variables: object) -> str:
    rendered = environment().get_template(template).render(**variables)
    return "\n".join(line.strip() for line in rendered.splitlines() if line.strip()) + "\n"


def _web_address(awx: Awx | None) -> str | None:
    """The job's page where it is an address that a browser opens as a page and nothing else."""
    url = (awx.job_url if awx else None) or ""
    return url if url.startswith(("https://", "http://")) else None
