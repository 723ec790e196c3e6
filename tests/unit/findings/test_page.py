# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation's page of findings is what the code gives, and the code uses no finding and no kind besides."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._findings.rules import RULES, Rule
from tools.findings_page import LABEL, PAGE, failure_kinds, page

ROOT = Path(__file__).parents[3]
CODE = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "plugins/module_utils").rglob("*.py"))


def test_the_page_is_what_the_code_gives() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "the page is older than the code: make docs-pages"


@pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))
def test_each_finding_has_its_entry(rule: Rule) -> None:
    entry = page().partition(f".. _{LABEL}.{rule.id}:\n")[2].partition("\n.. _")[0]
    shown = " ".join(entry.split())
    for text in (rule.severity, rule.meaning, rule.impact, rule.resolution, rule.source):
        assert " ".join(text.split()) in shown


def test_each_kind_of_failure_has_its_entry() -> None:
    documented = (ROOT / "plugins/modules/replication_failover_test.py").read_text(encoding="utf-8")
    kinds = re.search(r"Its C\(kind\) is one of (.*?)\.\n", documented, re.DOTALL)
    assert kinds and set(re.findall(r"V\((\w+)\)", kinds[1])) == failure_kinds().keys()
    for kind in failure_kinds():
        assert f".. _{LABEL}.failure.{kind}:\n" in page()


@pytest.mark.parametrize("rule_id", RULES)
def test_each_finding_is_used(rule_id: str) -> None:
    assert CODE.count(f'"{rule_id}"') > 1


def test_no_label_is_there_twice() -> None:
    labels = re.findall(r"^\.\. _(.*):$", page(), re.MULTILINE)
    assert len(labels) == len(set(labels)) > len(RULES)
