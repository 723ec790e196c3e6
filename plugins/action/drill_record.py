# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import typing as t

from ..module_utils._chain import sign
from ..module_utils._chain.protect import protection
from ..module_utils._drill.process import began, now_utc, run_id, run_of
from ..module_utils._json import Json
from ..module_utils._record.options import OPTIONS
from ..module_utils._record.store import write_drill
from ..plugin_utils._hand_over import whole
from ..plugin_utils._on_controller import ControllerAction

_OPTIONS: t.Final = {**OPTIONS, **sign.OPTIONS}


class ActionModule(ControllerAction):
    """Judges a drill and writes its record; documented in plugins/modules/drill_record.py."""

    options = _OPTIONS

    def work(self, params: Json, *, write: bool) -> Json:
        """The result of drill_record."""
        if params["journal"] and params["after"]:
            seen = whole(params["after"])
            params = {**params, "after": seen if seen.get("sessions") is not None else None}  # nobody looked
        if not params["run_id"] and not params["journal"] and not params["events"]:  # a journal has that of its own run
            params = {**params, "run_id": run_id(run_of(os.getppid()), now_utc())}  # this is one of its workers
        protected = protection(params["directory"], params["sign"], began(os.getppid(), now_utc()))
        return write_drill(params, write=write, protection=protected)
