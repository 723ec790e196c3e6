# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ..module_utils._first_contact.report import OPTIONS, run_report
from ..module_utils._json import Json
from ..plugin_utils._on_controller import ControllerAction


class ActionModule(ControllerAction):
    """Says what an array answered to each question; documented in plugins/modules/first_contact_report.py."""

    options = OPTIONS

    def work(self, params: Json, *, write: bool) -> Json:
        """The result of first_contact_report."""
        return run_report(params, write=write)
