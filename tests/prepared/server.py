# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Imports what ansible-playbook needs, then forks for each run that is asked for (see __init__.py).

    python server.py DESCRIPTOR

The descriptor is a socket. Each message has four descriptors: a socket with the order as JSON, and stdin, stdout and
stderr of the command. To the first goes the process id, and in a second line, once it has ended, its wait status.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import importlib.util
import json
import os
import pkgutil
import secrets
import socket
import sys
import time
import typing as t

NAMESPACE = "ansible_collections"
COLLECTION = f"{NAMESPACE}.drdrill.powerstore"
# Of Ansible what every run imports sooner or later; no version has all of them.
PARTS = (
    "cli.adhoc", "cli.playbook", "executor.module_common", "executor.powershell.module_manifest",
    "executor.process.worker", "executor.task_queue_manager",
    "module_utils._internal._json._profiles._module_legacy_c2m",
    "module_utils._internal._json._profiles._module_legacy_m2c", "plugins.action.assert", "plugins.action.debug",
    "plugins.action.fail", "plugins.action.include_vars", "plugins.action.normal", "plugins.action.set_fact",
    "plugins.action.set_stats", "plugins.action.validate_argument_spec", "plugins.become.sudo", "plugins.cache.memory",
    "plugins.callback.default", "plugins.connection.local", "plugins.inventory.advanced_host_list",
    "plugins.inventory.auto", "plugins.inventory.constructed", "plugins.inventory.host_list", "plugins.inventory.ini",
    "plugins.inventory.script", "plugins.inventory.toml", "plugins.inventory.yaml", "plugins.lookup.config",
    "plugins.lookup.env", "plugins.lookup.fileglob", "plugins.shell.sh", "plugins.strategy.linear",
)  # fmt: skip
OF_PYTHON = ("_strptime", "requests", "ssl")


class Order(t.TypedDict):
    """What is to be run."""

    command: list[str]
    folder: str
    environment: dict[str, str]
    umask: int


def main() -> t.NoReturn:
    """Serve until nobody asks any more; in a fork, be the command."""
    asked = socket.socket(fileno=int(sys.argv[1]))
    prepare()
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (1, 2):  # whoever started this one waits for that
        os.dup2(nothing, descriptor)
    order = serve(asked)
    if order is None:
        sys.exit(0)
    name = os.path.basename(order["command"][0]).partition("-")[2] or "adhoc"
    sys.exit(importlib.import_module(f"ansible.cli.{name}").main())


def prepare() -> None:
    """Import, and leave Ansible as it is before its start."""
    for name in (*OF_PYTHON, *(f"ansible.{part}" for part in PARTS)):
        if importlib.util.find_spec(name) is not None:
            importlib.import_module(name)
    from ansible import _internal
    from ansible import constants as C  # noqa: N812  # as everywhere in Ansible
    from ansible.utils.collection_loader import _collection_finder as finder

    own = os.path.dirname(_internal.__file__)
    finder._AnsibleCollectionFinder([own, *C.COLLECTIONS_PATHS], C.COLLECTIONS_SCAN_SYS_PATH)._install()
    if importlib.util.find_spec(COLLECTION) is not None:
        _import_all(f"{COLLECTION}.plugins")
    finder._AnsibleCollectionFinder._remove()
    # These look at the configuration, at what the collection says of itself, and tell Ansible that it is loaded.
    for name in [n for n in sys.modules if n.startswith(NAMESPACE)]:
        if not name.startswith(f"{COLLECTION}.plugins"):
            del sys.modules[name]
    gc.collect()
    gc.freeze()


def _import_all(package: str) -> None:
    """The plugins that run on the controller, and what they import."""
    for kind in ("action", "filter"):
        parent = importlib.import_module(f"{package}.{kind}")
        for module in pkgutil.iter_modules(parent.__path__):
            importlib.import_module(f"{package}.{kind}.{module.name}")


def serve(asked: socket.socket) -> Order | None:
    """Returns in the process that is to be the command, and with None where there is none to come."""
    while True:
        _bury()
        message, given, _flags, _address = socket.recv_fds(asked, 1, 4)
        if not message:
            return None
        if os.fork() == 0:
            asked.close()
            return _watched(*given)
        for descriptor in given:
            os.close(descriptor)


def _bury() -> None:
    """Those that watched and have ended."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass


def _watched(told: int, *streams: int) -> Order:
    """Fork again: the one that stays behind tells how the other has ended, whichever way that was."""
    with socket.socket(fileno=told) as caller:
        pieces = []
        while piece := caller.recv(1 << 16):
            pieces.append(piece)
        child = os.fork()
        if child > 0:
            for stream in streams:
                os.close(stream)
            caller.sendall(b"%d\n" % child)
            _pid, status = os.waitpid(child, 0)
            caller.sendall(b"%d" % status)
            os._exit(0)
    order: Order = json.loads(b"".join(pieces))
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.closerange(3, os.sysconf("SC_OPEN_MAX"))
    _become(order)
    return order


def _become(order: Order) -> None:
    """What a process has from who started it, and what Ansible makes anew in each."""
    os.environ.clear()
    os.environ.update(order["environment"])
    time.tzset()
    os.umask(order["umask"])
    os.chdir(order["folder"])
    script = order["command"][0]
    sys.argv[:] = order["command"]
    sys.orig_argv[:] = [sys.executable, *order["command"]]
    sys.path[0] = os.path.dirname(script)
    with open("/proc/self/comm", "w", encoding="utf-8") as comm:
        comm.write(os.path.basename(script))

    import atexit

    from ansible import cli
    from ansible import constants as C  # noqa: N812
    from ansible.config import manager
    from ansible.utils import vars as of_variables

    # Made, and removed at the end, by each process.
    atexit.unregister(manager.cleanup_tmp_file)
    C.DEFAULT_LOCAL_TMP = C.config.get_config_value("DEFAULT_LOCAL_TMP")
    of_variables.random_int = f"{secrets.randbelow(1 << 32):08x}"[:8]
    cli.check_blocking_io()


if __name__ == "__main__":
    main()
