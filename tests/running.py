# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running a module of the collection as Ansible does: its real main(), its options as JSON, its result from stdout."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import typing as t

from ansible.module_utils.testing import patch_module_args

from tests.lab.simulator import Simulator

Result = dict[str, t.Any]


def connection_to(simulator: Simulator) -> Result:
    """The connection options for the simulated DR array."""
    return {
        "host": simulator.dr.host,
        "port": simulator.dr.port,
        "username": simulator.username,
        "password": simulator.password,
        "ca_path": str(simulator.ca_path),
    }


def run_module(
    simulator: Simulator, name: str, /, *, check: bool = False, diff: bool = False, **options: t.Any
) -> Result:
    """The result of the module; an option that is None is left out, the connection is filled in."""
    given = {key: value for key, value in {**connection_to(simulator), **options}.items() if value is not None}
    given |= {"_ansible_check_mode": check, "_ansible_diff": diff}
    module = importlib.import_module(f"ansible_collections.drdrill.powerstore.plugins.modules.{name}")
    stdout = io.StringIO()
    code: object = "main() returned"
    with patch_module_args(given), contextlib.redirect_stdout(stdout):
        try:
            module.main()
        except SystemExit as ended:
            code = ended.code
    result: Result = json.loads(stdout.getvalue())
    if code != (1 if result.get("failed") else 0):
        raise AssertionError(f"{name} ended with {code}, its result says failed={result.get('failed')}")
    if simulator.password in stdout.getvalue():
        raise AssertionError(f"{name} shows the password")
    return result
