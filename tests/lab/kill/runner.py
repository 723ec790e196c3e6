# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A playbook under ansible-runner as AWX runs it: cancelled when a file appears, or after a time. For `run.py`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import ansible_runner


def main() -> int:
    """The argument is a JSON object: folder, playbook, inventory, variables, cancel (a path) and timeout (or null)."""
    given = json.loads(sys.argv[1])
    done = ansible_runner.run(
        private_data_dir=given["folder"],
        playbook=given["playbook"],
        inventory=given["inventory"],
        extravars=given["variables"],
        settings={"job_timeout": given["timeout"]} if given["timeout"] else {},
        cancel_callback=Path(given["cancel"]).exists,
    )
    print(f"ansible-runner: {done.status}", flush=True)
    return 0 if done.status == "successful" else 1


if __name__ == "__main__":
    sys.exit(main())
