# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes the documentation's page of findings and kinds of failure from the code: ``make docs-pages``."""

from __future__ import annotations

import inspect
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

from ansible_collections.drdrill.powerstore.plugins.module_utils._errors import PowerStoreError
from ansible_collections.drdrill.powerstore.plugins.module_utils._findings.rules import RULES, Rule
from ansible_collections.drdrill.powerstore.plugins.module_utils._words import BLOCKER, INFO, WARNING

PAGE = Path(__file__).parents[1] / "docs/docsite/rst/findings.rst"
LABEL = "ansible_collections.drdrill.powerstore.docsite.findings"
WIDTH = 110
INTRODUCTION = """
A finding says what refuses to start or stop a failover test on one replication session, or what should be known
before. The modules, the playbooks and the records have the same findings: each with its ``id``, ``severity``, a
``message`` in the words of the session, its ``impact`` and its ``resolution``. The ids are an interface and do not
change.

A **blocker** refuses the operation, in check mode just as in a real run, before anything is sent. A **warning**
refuses nothing: the drill would prove less than is expected of it, or its record would have a deviation. An **info**
is for your information only.

This page is written from the code (``make docs-pages``).
"""
SECTIONS = {
    BLOCKER: ("Blockers", "What has to be fixed before a failover test can be started or stopped."),
    WARNING: ("Warnings", "What refuses nothing, but should be looked at before a drill."),
    INFO: ("Information", "What is good to know."),
}
FAILURES = """
Each module that fails has a ``failure`` with the keys ``kind``, ``http_status``, ``code`` (the array's own) and
``message``; ``replication_failover_test`` has one for each session, too.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([*_lines()]).rstrip() + "\n"


def _lines() -> Iterator[str]:
    yield from _heading("Findings and kinds of failure", "=", LABEL)
    yield from _paragraphs(INTRODUCTION)
    for severity, (title, text) in SECTIONS.items():
        yield from _heading(title, "-", f"{LABEL}.{title.lower()}")
        yield from _paragraphs(text)
        for rule in RULES.values():
            if rule.severity == severity:
                yield from _rule(rule)
    yield from _heading("Kinds of failure", "-", f"{LABEL}.failures")
    yield from _paragraphs(FAILURES)
    for kind, meanings in failure_kinds().items():
        yield from _heading(kind, "~", f"{LABEL}.failure.{kind}")
        for meaning in meanings:
            yield from _paragraphs(meaning)


def _rule(rule: Rule) -> Iterator[str]:
    yield from _heading(rule.id, "~", f"{LABEL}.{rule.id}")
    drill = f" (before a drill: {rule.before_drill})" if rule.before_drill else ""
    for name, text in (
        ("Severity", rule.severity + drill),
        ("Meaning", rule.meaning),
        ("Impact", rule.impact),
        ("What to do", rule.resolution),
        ("Read from", rule.source),
    ):
        yield from textwrap.wrap(f":{name}: {text}", WIDTH, subsequent_indent="    ", break_on_hyphens=False)
    yield ""


def failure_kinds() -> dict[str, list[str]]:
    """What each ``failure.kind`` means, as the errors of the family's own home say it."""
    kinds: dict[str, list[str]] = {}
    pending = list(PowerStoreError.__subclasses__())
    for error in pending:
        if error.__module__ != PowerStoreError.__module__:
            continue
        meaning = inspect.getdoc(error) or ""
        if meaning not in kinds.setdefault(error.kind, []):
            kinds[error.kind].append(meaning)
        pending += [inner for inner in error.__subclasses__() if inner not in pending]
    return kinds


def _heading(title: str, underline: str, label: str) -> Iterator[str]:
    yield from (f".. _{label}:", "", title, underline * len(title), "")


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in text.strip().split("\n\n"):
        yield from textwrap.wrap(paragraph, WIDTH, break_on_hyphens=False)
        yield ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE}: {len(RULES)} findings, {len(failure_kinds())} kinds of failure\n")
