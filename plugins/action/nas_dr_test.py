# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ..module_utils._json import Json
from ..module_utils._operation.batch import OnProgress
from ..modules import nas_dr_test
from ..plugin_utils._in_worker import ModuleAction


class ActionModule(ModuleAction):
    """Runs the module of that name, where its documentation is."""

    def main(self, tell: OnProgress) -> None:
        """The module's."""
        nas_dr_test.main(tell)

    def progress_word(self, args: Json) -> str:
        """The word of its progress."""
        return "stopped" if self.is_to_end(args) else "started"

    def is_to_end(self, args: Json) -> bool:
        """A stop is; a start that is interrupted starts nothing more."""
        return str(args.get("state")) == "stopped"
