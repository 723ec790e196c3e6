# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A callback for tests: the result of each task, a line of JSON each, in the file that KEEP_RESULTS names."""

from __future__ import annotations

import json
import os
import typing as t

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):  # type: ignore[misc]  # ansible-core ships no types
    """Used with ANSIBLE_CALLBACK_PLUGINS and ANSIBLE_CALLBACKS_ENABLED."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "keep_results"
    CALLBACK_NEEDS_ENABLED = True

    def v2_runner_on_ok(self, result: t.Any) -> None:
        """A task that did not fail."""
        self._keep(result, failed=False)

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:
        """A task that failed."""
        del ignore_errors
        self._keep(result, failed=True)

    @staticmethod
    def _keep(result: t.Any, *, failed: bool) -> None:
        shown = {**json.loads(json.dumps(result.result, default=str)), "failed": failed}
        with open(os.environ["KEEP_RESULTS"], "a", encoding="utf-8") as file:
            file.write(json.dumps({"host": result.host.get_name(), "result": shown}) + "\n")
