# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ansible-playbook without its start: the command runs in a fork of a process that has imported what it needs.

Most of what a short playbook costs is the start of Python and some hundred imports; here they are paid once for each
worker of pytest. What runs is the command's own main(), to the end of its Python, with its arguments, environment,
folder and streams; tests/agreement/test_prepared.py compares. A test that kills Ansible, looks at its processes from
outside or at how it starts calls the command itself.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import json
import os
import selectors
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import typing as t
from collections.abc import Mapping, Sequence
from pathlib import Path

SERVER = Path(__file__).with_name("server.py")
COMMANDS = ("ansible", "ansible-playbook")
# Neither Python nor Ansible reads them while it imports. Processes that differ in nothing else start from one server.
NOT_READ_AT_THE_START = ("POWERSTORE_", "CONTROLLER_", "PYTEST_CURRENT_TEST", "PWD", "OLDPWD")
KEPT = 3  # servers, each of the size of an Ansible


def run_ansible(
    words: Sequence[str | Path],
    *,
    env: Mapping[str, str | Path],
    timeout: float,
    cwd: str | Path = ".",
    itself: bool = False,
) -> subprocess.CompletedProcess[str]:
    """What ``subprocess.run(words, cwd=…, env=…, timeout=…, capture_output=True, text=True)`` returns.

    ``itself``: the command, as a child of this process. Raises subprocess.TimeoutExpired where it takes longer, once it
    was killed.
    """
    command, environment = [str(word) for word in words], {name: str(value) for name, value in env.items()}
    if itself or not _is_known_before(command[0], environment):
        return subprocess.run(
            command, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=timeout
        )
    script = shutil.which(command[0], path=environment.get("PATH"))
    if script is None:
        raise FileNotFoundError(f"{command[0]} is not in the PATH of this run")
    order = {
        "command": [script, *command[1:]],
        "folder": os.path.abspath(cwd),
        "environment": environment,
        "umask": _umask(),
    }
    return _Process(_server(environment), order).ended(command, timeout)


def _is_known_before(command: str, environment: Mapping[str, str]) -> bool:
    """Whether the folder where Ansible is started changes nothing in its configuration."""
    return (
        os.path.basename(command) in COMMANDS
        and os.path.isabs(environment.get("ANSIBLE_CONFIG", ""))
        and not any(_is_relative(name, value) for name, value in environment.items() if name.startswith("ANSIBLE_"))
    )


def _is_relative(name: str, value: str) -> bool:
    """Whether a setting is a path, or several, that Ansible takes from where it is started."""
    is_path = (
        "/" in value or "{{" in value or name.endswith(("PATH", "PATHS", "PLUGINS", "FILE", "DIR", "HOME", "TEMP"))
    )
    return is_path and not all(os.path.isabs(path) for path in value.replace(",", ":").split(":"))


def _umask() -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    return int(status.partition("Umask:")[2].split()[0], 8)


class _Process:
    """One run of a command, begun."""

    def __init__(self, server: socket.socket, order: Mapping[str, object]) -> None:
        self._pipes: list[int] = []
        given = []
        for _stream in ("stdout", "stderr"):
            reads, writes = os.pipe()
            self._pipes.append(reads)
            given.append(writes)
        self._told, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(server, [b"\0"], [theirs.fileno(), 0, *given])
        for descriptor in given:
            os.close(descriptor)
        self._told.sendall(json.dumps(order).encode())
        self._told.shutdown(socket.SHUT_WR)

    def ended(self, command: list[str], timeout: float) -> subprocess.CompletedProcess[str]:
        """Its output and code."""
        told, out, err = self._read(command, timeout)
        _pid, _newline, status = told.decode().partition("\n")
        if not status:
            raise AssertionError(f"the server of {command[0]} has ended before the command: {err.decode()}")
        return subprocess.CompletedProcess(command, os.waitstatus_to_exitcode(int(status)), _text(out), _text(err))

    def _read(self, command: list[str], timeout: float) -> list[bytes]:
        """All of what it tells, of stdout and of stderr, as soon as all three have ended."""
        end = time.monotonic() + timeout
        texts = {self._told.fileno(): b"", **dict.fromkeys(self._pipes, b"")}
        try:
            with selectors.DefaultSelector() as selector:
                for descriptor in texts:
                    selector.register(descriptor, selectors.EVENT_READ)
                while selector.get_map():
                    if (left := end - time.monotonic()) <= 0:
                        self._kill(texts[self._told.fileno()])
                        raise subprocess.TimeoutExpired(command, timeout, *(texts[pipe] for pipe in self._pipes))
                    for key, _events in selector.select(left):
                        piece = os.read(key.fd, 1 << 16)
                        texts[key.fd] += piece
                        if not piece:
                            selector.unregister(key.fd)
            return list(texts.values())
        finally:
            self._told.close()
            for pipe in self._pipes:
                os.close(pipe)

    @staticmethod
    def _kill(told: bytes) -> None:
        with contextlib.suppress(ProcessLookupError, ValueError):
            os.kill(int(told.partition(b"\n")[0]), signal.SIGKILL)


def _text(output: bytes) -> str:
    return output.decode().replace("\r\n", "\n").replace("\r", "\n")


_servers: dict[str, tuple[socket.socket, subprocess.Popen[bytes]]] = {}
_lock = threading.Lock()


def _server(environment: Mapping[str, str]) -> socket.socket:
    """Where to ask for a process: a server that was started with the same environment and configuration."""
    start = {name: value for name, value in environment.items() if not name.startswith(NOT_READ_AT_THE_START)}
    configuration = Path(environment["ANSIBLE_CONFIG"])
    content = configuration.read_bytes() if configuration.is_file() else b""
    key = hashlib.sha256(json.dumps(start, sort_keys=True).encode() + content).hexdigest()
    with _lock:
        known = _servers.pop(key, None) or _started(start)
        _servers[key] = known  # now the last one
        while len(_servers) > KEPT:
            _end(*_servers.pop(next(iter(_servers))))
        return known[0]


def _started(environment: Mapping[str, str]) -> tuple[socket.socket, subprocess.Popen[bytes]]:
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, str(SERVER), str(theirs.fileno())],
            # What would come at a start comes once, and nobody would see it.
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            pass_fds=[theirs.fileno()], env=environment,
        )  # fmt: skip
    assert process.stdout is not None
    said = process.stdout.read()  # the server closes it when it is ready
    if said != b"":
        _end(ours, process)
        raise AssertionError(f"Ansible says something when it is imported, call the command itself: {said.decode()}")
    return ours, process


def _end(connection: socket.socket, process: subprocess.Popen[bytes]) -> None:
    connection.close()
    process.wait(60)
    if process.stdout is not None:
        process.stdout.close()


@atexit.register
def _end_all() -> None:
    while _servers:
        _end(*_servers.popitem()[1])


__all__: t.Final = ["run_ansible"]
