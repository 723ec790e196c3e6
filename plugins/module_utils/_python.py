# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Refuses a Python that is too old, before the rest of the code fails with an error that nobody understands

A module imports this first. It is written for Python 3.8, the oldest that ansible-core 2.19 runs modules with; Ansible
shows the text of the error as the task's message.
"""

from __future__ import annotations

import sys

OLDEST = (3, 11)


def problem(version: tuple[int, ...], executable: str) -> str | None:
    """Why this Python cannot be used; None where it can."""
    if version[:2] >= OLDEST:
        return None
    needed, found = (".".join(map(str, each[:2])) for each in (OLDEST, version))
    return (
        f"drdrill.powerstore needs Python {needed}, this is {found} ({executable}): set ansible_python_interpreter. "
        "Its modules for arrays run on the controller, so with connection: local set it to "
        "'{{ ansible_playbook_python }}'. Nothing was asked of the array."
    )


_PROBLEM = problem(sys.version_info[:2], sys.executable)
if _PROBLEM:
    raise ImportError(_PROBLEM)
