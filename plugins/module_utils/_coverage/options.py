# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of drill_coverage: which arrays, records and policy, and where the outputs go."""

from __future__ import annotations

import typing as t

from .._words import Coverage

FORMATS: t.Final = ("csv", "html", "ics", "prom", "trend_html", "trend_csv")
NOTHING: t.Final = "nothing"  # "never" is a state

OPTIONS: t.Final[dict[str, dict[str, t.Any]]] = {
    "directory": {"type": "path", "required": True},
    "policy": {"type": "path", "required": True},
    "arrays": {"type": "list", "elements": "dict", "required": True},
    "output_directory": {"type": "path"},
    "formats": {"type": "list", "elements": "str", "choices": list(FORMATS), "default": list(FORMATS)},
    "calendar": {"type": "path"},
    "textfile": {"type": "path"},
    "fail_on": {
        "type": "str",
        "choices": [*(state.value for state in Coverage), NOTHING],
        "default": Coverage.UNRECORDED_TEST.value,
    },
    "regression_percent": {"type": "float", "default": 20.0},
    "title": {"type": "str", "default": "Coverage of failover drills"},
}
