# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The frame of every module: options in, one login, one result out, and each error as a `failure`."""

from __future__ import annotations

import typing as t

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from .._array.client import REQUESTS_IMPORT_ERROR, Client
from .._array.connection import Connection
from .._errors import InvalidInputError, PowerStoreError
from .._operation.workers import OUT_OF_MEANS, out_of_means

Result = dict[str, t.Any]


class PowerStoreModule(AnsibleModule):  # type: ignore[misc]  # ansible-core ships no types
    """AnsibleModule whose failures all carry ``failure.kind``, those of the argument spec included."""

    def fail_json(self, msg: str, **kwargs: t.Any) -> t.NoReturn:
        """Fail with ``msg``; without a ``failure`` of its own it is the options that make no sense."""
        kwargs.setdefault("failure", InvalidInputError(str(msg)).as_failure())
        kwargs.setdefault("changed", False)
        if "@" in str(self.params.get("host")):  # refused, but Ansible would still show it with the task's options
            self.no_log_values.add(str(self.params["host"]))
        super().fail_json(msg, **self._shortened(kwargs))
        raise SystemExit(1)

    def exit_json(self, **kwargs: t.Any) -> t.NoReturn:
        """End with this result."""
        super().exit_json(**self._shortened(kwargs))
        raise SystemExit(0)

    def _shortened(self, result: Result) -> Result:
        """The result without a diff that nobody asked for, and with the task's options as the task named them.

        Of a task on thousands of sessions, each would be a third of the result.
        """
        kept = {name: value for name, value in result.items() if name != "diff" or self._diff}
        return {"invocation": {"module_args": _as_named(self.params)}, **kept}


def _as_named(options: t.Mapping[str, t.Any]) -> Result:
    """The options, without what is not set of each of many sessions."""
    return {
        name: [{key: said for key, said in each.items() if said is not None} for each in value]
        if isinstance(value, list) and all(isinstance(each, dict) for each in value)
        else value
        for name, value in options.items()
    }


def with_client(
    params: t.Mapping[str, t.Any],
    run: t.Callable[[Client], Result],
    *,
    connections: int = 1,
    on_error: t.Callable[[PowerStoreError], Result] | None = None,
) -> Result:
    """Log in, ``run``, log out, and return what came of it.

    ``run`` returns the result. ``on_error`` gives what the result holds besides ``msg`` and ``failure`` where a
    PowerStoreError ended ``run`` early, or a machine that is short of memory or threads did.
    """
    result: Result | None = None
    warnings: list[str] = []
    try:
        client = Client(Connection.from_params(params), connections=connections)
        try:
            with client:
                result = run(client)
        finally:
            warnings += client.warnings
    except PowerStoreError as error:
        result = result or _failed(error, on_error)
    except OUT_OF_MEANS as error:
        result = result or _failed(out_of_means("Running this task", error), on_error)
    return {**result, "warnings": warnings} if warnings else result


def _failed(error: PowerStoreError, on_error: t.Callable[[PowerStoreError], Result] | None) -> Result:
    failed = {"failed": True, "msg": error.message, "failure": error.as_failure()}
    return {**failed, **(on_error(error) if on_error else {})}


def carry_out(module: PowerStoreModule, work: t.Callable[[], Result]) -> t.NoReturn:
    """End the module with the result of ``work``; with ``failed`` in it the module fails with everything it holds."""
    if REQUESTS_IMPORT_ERROR:
        module.fail_json(msg=missing_required_lib("requests"), exception=REQUESTS_IMPORT_ERROR)
    try:
        result = work()
    except InvalidInputError as error:
        module.fail_json(msg=error.message)
    for warning in result.pop("warnings", ()):  # among the results, Ansible calls them deprecated
        module.warn(warning)
    if result.pop("failed", False):
        module.fail_json(**result)
    module.exit_json(**result)


def execute(
    module: PowerStoreModule,
    run: t.Callable[[Client], Result],
    *,
    connections: int = 1,
    on_error: t.Callable[[PowerStoreError], Result] | None = None,
) -> t.NoReturn:
    """`carry_out` with a client: for modules whose task takes one."""
    carry_out(module, lambda: with_client(module.params, run, connections=connections, on_error=on_error))
