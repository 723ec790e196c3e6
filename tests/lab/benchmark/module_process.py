# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run of the module in a process of its own, as Ansible starts it: options on stdin, figures on stdout."""

from __future__ import annotations

import json
import resource
import sys
from types import SimpleNamespace

from tests.running import run_module


def main() -> None:
    """Read {connection, name, options}, run the module, print {failed, changed, sessions, peak_mib}."""
    given = json.load(sys.stdin)
    connection = given["connection"]
    array = SimpleNamespace(host=connection["host"], port=connection["port"])
    simulator = SimpleNamespace(**{**connection, "dr": array})
    result = run_module(simulator, given["name"], **given["options"])  # type: ignore[arg-type]  # only read from
    figures = {
        "failed": bool(result.get("failed")),
        "msg": result.get("msg"),
        "actions": [entry.get("action") for entry in result.get("sessions", [])],
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
