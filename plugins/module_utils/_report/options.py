# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of drill_report: which record, which formats and frameworks, and where the files go."""

from __future__ import annotations

import typing as t

from .frameworks import FRAMEWORKS

FORMATS: t.Final = ("html", "junit", "csv", "markdown")
OPTIONS: t.Final[dict[str, dict[str, t.Any]]] = {
    "record": {"type": "path", "required": True},
    "directory": {"type": "path"},
    "formats": {"type": "list", "elements": "str", "choices": list(FORMATS), "default": list(FORMATS)},
    "register": {"type": "path"},
    "frameworks": {"type": "list", "elements": "str", "choices": list(FRAMEWORKS), "default": []},
}
