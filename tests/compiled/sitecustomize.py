# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeps what Python compiles out of zip files, for every Python that the tests start (PYTHONPATH, see conftest.py).

Ansible runs a module out of a zip, and for a zip Python keeps no compiled files: it compiles each of the module's files
anew in each run, twice, which is a third of what a task with a module costs. What runs is the same code. ``make demo``,
``make kill-matrix`` and ansible-test run without this.
"""

from __future__ import annotations

import marshal
import os
import sys
import zipimport
from types import CodeType

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
KEPT = os.path.join(ROOT, "build/cache/compiled", sys.implementation.cache_tag or "python")
_compile = zipimport._compile_source


def _compile_once(path: str, source: bytes) -> CodeType:
    # What is imported here costs nothing, as the module needs it, too; above, it would cost every Python's start.
    from hashlib import sha256
    from pathlib import Path

    kept = Path(KEPT, sha256(path.rpartition(".zip")[2].encode() + source).hexdigest())
    if kept.exists():
        code: CodeType = marshal.loads(kept.read_bytes())
        return code
    code = _compile(path, source)
    kept.parent.mkdir(parents=True, exist_ok=True)
    half_done = kept.with_suffix(f".{os.getpid()}")
    half_done.write_bytes(marshal.dumps(code))
    half_done.replace(kept)  # at once, as other modules read it meanwhile
    return code


zipimport._compile_source = _compile_once
