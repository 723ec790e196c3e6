# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of drill_witness: what is compared, and with which array."""

from __future__ import annotations

import typing as t

from .._module.options import CONNECTION, ArgumentSpec

# What the action plugin takes: files on the controller, of which it makes `claims` for the module.
OF_CONTROLLER: t.Final[dict[str, dict[str, t.Any]]] = {
    "record": {"type": "path"},
    "journal": {"type": "path"},
    "events": {"type": "list", "elements": "dict"},
    "directory": {"type": "path"},
}
SPEC = CONNECTION.merged_with(
    ArgumentSpec({**OF_CONTROLLER, "claims": {"type": "dict"}, "required": {"type": "bool", "default": False}})
)
