# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ..module_utils._json import Json
from ..module_utils._operation.batch import OnProgress
from ..modules import first_contact
from ..plugin_utils._in_worker import ModuleAction


class ActionModule(ModuleAction):
    """Runs the module of that name, where its documentation is."""

    def main(self, tell: OnProgress) -> None:
        """The module's."""
        first_contact.main(tell)

    def progress_word(self, args: Json) -> str | None:
        """The word of its progress; of what sends one request there is none."""
        return "seconds watched:" if args.get("step") == "watch" else None

    def is_to_end(self, args: Json) -> bool:
        """What was sent is followed to its end: a clone that was made is deleted again."""
        return str(args.get("step")) in ("second_start", "second_stop", "nas_clone")
