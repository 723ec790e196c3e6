# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ..module_utils._chain.on_reports import OPTIONS as OF_THE_CHAIN
from ..module_utils._chain.on_reports import with_chain
from ..module_utils._json import Json
from ..module_utils._report.options import OPTIONS
from ..module_utils._report.task import write_report
from ..plugin_utils._on_controller import ControllerAction

_OPTIONS: t.Final = {**OPTIONS, **OF_THE_CHAIN}


class ActionModule(ControllerAction):
    """Makes reports from a record; documented in plugins/modules/drill_report.py."""

    options = _OPTIONS

    def work(self, params: Json, *, write: bool) -> Json:
        """The result of drill_report."""
        return with_chain(write_report(params, write=write), params, write=write)
