# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of the module drill_check as AnsibleModule hands them over, defaults filled in."""

from __future__ import annotations

import typing as t

Options = dict[str, t.Any]
HTTP: Options = {
    "method": "GET",
    "status": [200],
    "contains": None,
    "headers": None,
    "validate_certs": True,
    "ca_path": None,
}
CHECK: Options = {
    "name": "one",
    "critical": True,
    "timeout": 30.0,
    "session": None,
    "retry": None,
    "no_log": False,
    "tcp": None,
    "http": None,
    "command": None,
    "contains": None,
    "chdir": None,
    "environment": None,
    "evidence": [],
}


def a_check(**options: t.Any) -> Options:
    """A check; without another kind it is a command that is true."""
    given = {**CHECK, **options}
    if given["http"]:
        given["http"] = {**HTTP, **given["http"]}
    elif not given["tcp"] and "command" not in options:
        given["command"] = ["true"]
    return given
