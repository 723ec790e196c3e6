# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible.errors import AnsibleActionFail

from ..module_utils._errors import InvalidInputError, PowerStoreError
from ..module_utils._json import Json
from ..module_utils._module.arguments import checked_arguments
from ..module_utils._operation.batch import OnProgress
from ..module_utils._witness.options import OF_CONTROLLER
from ..module_utils._witness.source import of_journal, of_record
from ..module_utils._witness.statement import Statement
from ..modules import drill_witness
from ..plugin_utils._in_worker import ModuleAction


class ActionModule(ModuleAction):
    """Reads the record on the controller, and lets the module ask the array; documented in
    plugins/modules/drill_witness.py."""

    _supports_async = False

    def main(self, tell: OnProgress) -> None:
        """The module's."""
        del tell
        drill_witness.main()

    def run(self, tmp: str | None = None, task_vars: Json | None = None) -> Json:
        """The result of the module. Raises AnsibleActionFail for what is no record of a drill."""
        result = super().run(tmp, task_vars)
        result.pop("invocation", None)  # it would show all claims a second time
        return result

    def module_arguments(self) -> Json:
        """Those that the module has, with the claims of the record."""
        own = {name: value for name, value in self._task.args.items() if name in OF_CONTROLLER}
        rest = {name: value for name, value in self._task.args.items() if name not in OF_CONTROLLER}
        if own or "claims" not in rest:
            rest["claims"] = self._statement(own).as_json()
        return rest

    def _statement(self, given: Json) -> Statement:
        params, problem = checked_arguments(given, OF_CONTROLLER)
        if problem:
            raise AnsibleActionFail(f"{self._task.action}: {problem}")
        try:
            if params["record"] and (params["journal"] or params["events"]):
                raise InvalidInputError("record and journal are both given: expected one of them.")
            if params["record"]:
                return of_record(params["record"])
            return of_journal(params["journal"], params["events"] or [], params["directory"] or ".")
        except (PowerStoreError, OSError) as error:
            raise AnsibleActionFail(f"{self._task.action}: {error} Nothing was asked of the array.") from error
