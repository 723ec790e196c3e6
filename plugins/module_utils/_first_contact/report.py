# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What first_contact_report does: the table of questions and answers, as lines, as JSON and as HTML, without names"""

from __future__ import annotations

import hashlib
import json
import os
import typing as t
from datetime import UTC, datetime
from pathlib import Path

from .._json import Json
from .._record.store import write_once
from .._terminal import fitted
from .._time import format_time
from .._version import VERSION
from .answers import ANSWERED, Answer, answers

FORMAT: t.Final = "drdrill.powerstore first contact 1.0"
STEPS: t.Final = (
    "before", "source_before", "start", "during", "source_during", "second_start", "stop", "after", "source_after",
    "second_stop", "nas",
)  # fmt: skip
OPTIONS: t.Final[t.Mapping[str, Json]] = {
    "directory": {"type": "path", "required": True},
    **{name: {"type": "dict"} for name in STEPS},
}
_TEMPLATES: t.Final = Path(__file__).parent / "templates"


def run_report(params: Json, *, write: bool) -> Json:
    """The result of first_contact_report; in check mode no file is written."""
    found = answers({name: params.get(name) for name in STEPS})
    now = datetime.now(UTC)
    data: Json = {
        "format": FORMAT,
        "collection_version": VERSION,
        "made_at": format_time(now),
        "answers": [answer.as_json() for answer in found],
    }
    text = json.dumps(data, indent=2, ensure_ascii=False) + "\n"
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    base = os.path.join(os.path.expanduser(params["directory"]), f"first-contact-{now:%Y%m%dT%H%M%SZ}-{digest}")
    problem: Json = {}
    paths = {"path": f"{base}.json", "html_path": f"{base}.html"}
    try:
        if write:
            write_once(paths["path"], text)
            write_once(paths["html_path"], _html(found, data))
    except OSError as error:
        problem = {"failed": True, "msg": f"The answers could not be written to {base}.*: {error.strerror or error}."}
    return {**problem, "changed": not problem, **paths, "facts": data, "summary": _lines(found)}


def _lines(found: t.Sequence[Answer]) -> list[str]:
    """The table for a terminal: a question, and below it what this array says, where that needs more room."""
    lines = []
    for answer in found:
        said = answer.answer if answer.status == ANSWERED else f"({answer.status}: {answer.answer})"
        lines += [answer.question, f"    {said}"]
    counted = sum(answer.status == ANSWERED for answer in found)
    return fitted([*lines, f"{counted} of {len(found)} questions answered."])


def _html(found: t.Sequence[Answer], data: Json) -> str:
    # Here, as Ansible's own test imports every file of module_utils where there is no Jinja2. On a controller it is.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined)
    return environment.get_template("answers.html.j2").render(answers=found, data=data)
