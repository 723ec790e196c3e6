# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the user's steps found, in the words of the record."""

from __future__ import annotations

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._drill.found import action_text
from ansible_collections.drdrill.powerstore.plugins.module_utils._json import Json


@pytest.mark.parametrize(
    ("action", "text"),
    [
        ({"host": "erp-db", "port": 5432}, "erp-db, port 5432"),
        ({"method": "GET", "url": "https://erp/health", "headers": []}, "GET https://erp/health"),
        ({"argv": ["psql", "-c", "select 1"], "files": []}, "psql -c 'select 1'"),
        (
            {"argv": ["/opt/check"], "files": [{"path": "/opt/check", "sha256": "ab"}]},
            "/opt/check; /opt/check, SHA-256 ab",
        ),
        ({"path": "/etc/drills/ledger.yml", "sha256": "cd"}, "/etc/drills/ledger.yml, SHA-256 cd"),
        ({"path": "/etc/drills/ledger.yml", "sha256": None}, "/etc/drills/ledger.yml, SHA-256 not read"),
        ({"hidden": "no_log"}, "no_log"),
        ({}, None),
    ],
)
def test_an_action_is_one_line_that_says_what_was_done(action: Json, text: str | None) -> None:
    assert action_text(action) == text
