# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""AnsibleModule for checks, whose options hold secrets in places that only their own reading finds."""

from __future__ import annotations

import shlex
import typing as t

from ansible.module_utils.basic import AnsibleModule

from .masking import HIDDEN, MASK, masked_argv, masked_text

_SHOWN_OF_HIDDEN: t.Final = ("name", "critical", "timeout", "session", "no_log", "retry")
_SHORTEST: t.Final = 4


class CheckModule(AnsibleModule):  # type: ignore[misc]  # ansible-core ships no types
    """What it shows of its options, to Ansible and to the log of the host, has no secret of a check in it."""

    def log(self, msg: str, log_args: t.Mapping[str, str] | None = None) -> None:
        """Write to the host's log that the module ran; not with which options, as Ansible would."""
        super().log("Invoked" if log_args is not None else msg)

    def exit_json(self, **kwargs: t.Any) -> t.NoReturn:
        """End with a result."""
        super().exit_json(**self._without_secrets(kwargs))
        raise SystemExit(0)

    def fail_json(self, msg: str, **kwargs: t.Any) -> t.NoReturn:
        """End with a failure, of the argument spec, too."""
        super().fail_json(msg, **self._without_secrets(kwargs))
        raise SystemExit(1)

    def _without_secrets(self, result: dict[str, t.Any]) -> dict[str, t.Any]:
        """The result with the options as they may be shown, where Ansible would add them as they are."""
        given = self.params.get("checks")
        checks = [each for each in given if isinstance(each, dict)] if isinstance(given, list) else []
        names = " ".join(str(each.get("name")) for each in checks)
        # Ansible masks these in numbers and names, too: a value of one digit would leave no time of the result whole.
        values: t.Iterable[str] = vars(self)["no_log_values"]
        self.no_log_values = {text for text in values if len(text) >= _SHORTEST and text not in names}
        shown = {**self.params, "checks": [shown_options(check) for check in checks]}
        return {**result, "invocation": {"module_args": shown}}


def shown_options(check: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The options of a check as they may be shown, whether they are valid or not."""
    if check.get("no_log") not in (None, False):
        return {key: value if key in _SHOWN_OF_HIDDEN else HIDDEN for key, value in check.items() if value is not None}
    return {key: _shown(key, value) for key, value in check.items()}


def _shown(key: str, value: object) -> object:
    """A value of the options without its secrets."""
    if key in ("headers", "environment"):
        return dict.fromkeys(value, MASK) if isinstance(value, dict) else value and MASK
    if isinstance(value, dict):
        return {name: _shown(name, each) for name, each in value.items()}
    if key == "command" and isinstance(value, (list, tuple)) and value:
        return masked_argv([str(word) for word in value])[0]
    if key == "command" and isinstance(value, str):
        try:
            return " ".join(masked_argv(shlex.split(value) or [""])[0])
        except ValueError:
            return HIDDEN
    return masked_text(value)[0] if isinstance(value, str) else value
