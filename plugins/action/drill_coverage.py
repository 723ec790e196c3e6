# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ..module_utils._coverage.options import OPTIONS
from ..module_utils._coverage.task import run_coverage
from ..module_utils._json import Json
from ..plugin_utils._on_controller import ControllerAction


class ActionModule(ControllerAction):
    """Says what was tested and what was not; documented in plugins/modules/drill_coverage.py."""

    options = OPTIONS

    def work(self, params: Json, *, write: bool) -> Json:
        """The result of drill_coverage."""
        return run_coverage(params, write=write, on_file=self.progress("read"))
