# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ..module_utils._json import Json
from ..module_utils._sign_off.task import OPTIONS, run_sign_off
from ..plugin_utils._on_controller import ControllerAction


class ActionModule(ControllerAction):
    """Writes what a person says of a record; documented in plugins/modules/drill_sign_off.py."""

    options = OPTIONS

    def work(self, params: Json, *, write: bool) -> Json:
        """The result of drill_sign_off."""
        return run_sign_off(params, write=write)
