# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All of an output that is longer than what is shown of it, without its secrets and without halves of them."""

from __future__ import annotations

import base64
import typing as t

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._check.command import KEPT_BYTES
from ansible_collections.drdrill.powerstore.plugins.module_utils._check.evidence import output_of
from ansible_collections.drdrill.powerstore.plugins.module_utils._check.masking import masking_of
from ansible_collections.drdrill.powerstore.plugins.module_utils._check.options import parse_checks
from ansible_collections.drdrill.powerstore.plugins.module_utils._check.web import BODY_BYTES
from ansible_collections.drdrill.powerstore.plugins.module_utils._errors import InvalidInputError
from tests.unit.makers.checks import a_check

SECRET = "0123456789" * 200


def kept(output: str, **options: t.Any) -> str | None:
    """What is kept of an output; None where its tail has all of it."""
    [check] = parse_checks([a_check(**options)])
    entries = output_of(output, check.probe, masking_of(check))
    if not entries:
        return None
    [entry] = entries
    content = base64.b64decode(entry["content"])
    assert (entry["source"], entry["bytes"]) == ("output", len(content))
    return content.decode()


def test_what_fits_the_tail_is_not_kept_twice() -> None:
    assert kept("x" * 4096) is None
    assert kept("x" * 4097) == "x" * 4097
    assert kept("x" * 9999, no_log=True) is None


def test_secrets_are_masked() -> None:
    text = "password=hunter22\n" + "x" * 5000
    assert kept(text) == text.replace("hunter22", "********")


def test_half_a_secret_at_the_begin_of_what_a_command_wrote() -> None:
    cut = SECRET[-1500:] + "\n" + "x" * KEPT_BYTES
    assert "6789" not in (kept(cut, command=["true"], environment={"KEY": SECRET}) or "")


def test_half_a_secret_at_the_end_of_an_answer() -> None:
    cut = "begin " + "x" * BODY_BYTES + SECRET[:1500]
    found = kept(cut, http={"url": "http://x", "headers": {"X-Key": SECRET}}) or ""
    assert found.startswith("begin x") and "0123" not in found


@pytest.mark.parametrize("evidence", [[""], ["a\0b"], ["a"] * 17])
def test_what_names_no_files_is_refused(evidence: list[str]) -> None:
    with pytest.raises(InvalidInputError, match="evidence"):
        parse_checks([a_check(evidence=evidence)])
