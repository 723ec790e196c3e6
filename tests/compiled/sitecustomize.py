# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeps what Python compiles anew each time, for every Python that the tests start (PYTHONPATH, see conftest.py).

Ansible runs a module out of a zip, and imports the plugins of a collection by a loader of its own. For neither are
compiled files kept: each run compiles all anew, which is a third of what a module costs and of what it costs to start a
playbook. What runs is the same code. ``make demo``, ``make kill-matrix`` and ansible-test run without this.
"""

from __future__ import annotations

import marshal
import os
import sys
import zipimport
from collections.abc import Callable
from types import CodeType, ModuleType

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
KEPT = os.path.join(ROOT, "build/cache/compiled", sys.implementation.cache_tag or "python")
COLLECTION_LOADER = "ansible.utils.collection_loader._collection_finder"


def kept(name: str, source: bytes, compiled: Callable[[], CodeType]) -> CodeType:
    """What was kept of this source, which is compiled where it is not known yet."""
    # What an import here needs, Ansible needs, too; above, it would cost every Python's start.
    from hashlib import sha256
    from pathlib import Path

    path = Path(KEPT, sha256(name.encode() + source).hexdigest())
    if path.exists():
        code: CodeType = marshal.loads(path.read_bytes())
        return code
    code = compiled()
    path.parent.mkdir(parents=True, exist_ok=True)
    half_done = path.with_suffix(f".{os.getpid()}")
    half_done.write_bytes(marshal.dumps(code))
    half_done.replace(path)  # at once, as other processes read it meanwhile
    return code


_compile_source = zipimport._compile_source
zipimport._compile_source = lambda path, source: kept(
    path.rpartition(".zip")[2], source, lambda: _compile_source(path, source)
)


def _compile(source: bytes, filename: str, mode: str, *, flags: int, dont_inherit: bool) -> CodeType:
    """The built-in compile, as the loader of collections calls it."""
    given = source.encode() if isinstance(source, str) else source
    return kept(filename, given, lambda: compile(source, filename, mode, flags, dont_inherit))


class _LoaderOfCollections:
    """Finds the module that has it, once, and gives it another `compile`."""

    def find_spec(self, name: str, path: object, target: object = None) -> object:
        if name != COLLECTION_LOADER:
            return None
        import importlib.util

        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def exec_module(module: ModuleType) -> None:
                execute(module)
                module.compile = _compile

            spec.loader.exec_module = exec_module
        return spec


sys.meta_path.insert(0, _LoaderOfCollections())
