# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ..module_utils._action.task import OPTIONS, run_action
from ..module_utils._json import Json
from ..plugin_utils._on_controller import ControllerAction


class ActionModule(ControllerAction):
    """Works on what is open from earlier drills; documented in plugins/modules/drill_action.py."""

    options = OPTIONS

    def work(self, params: Json, *, write: bool) -> Json:
        """The result of drill_action."""
        return run_action(params, write=write)
