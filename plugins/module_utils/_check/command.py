# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looking with a command: run without a shell, read while it runs, ended with its process group in the end."""

from __future__ import annotations

import contextlib
import hashlib
import os
import selectors
import shutil
import signal
import stat
import subprocess
import threading
import time
import typing as t

from .look import Observation, left_until, out_of_time
from .options import Command

# Kept of the output: more than is shown, so that a secret is masked before the end is cut off.
KEPT_BYTES: t.Final = 64 * 1024
HASHED_BYTES: t.Final = 16 * 1024 * 1024
_SECONDS_TO_END: t.Final = 2.0
_PIECE: t.Final = 65536


class Running:
    """The commands under way, so that a task that is ended from outside takes them along."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._processes: set[subprocess.Popen[bytes]] = set()
        self._over = False

    def start(self, probe: Command) -> subprocess.Popen[bytes]:
        """Start it in a process group of its own. Raises OSError where it cannot be started."""
        with self._lock:
            if self._over:
                raise OSError("the task has ended")
            process = subprocess.Popen(  # noqa: S603  # what the task names is what is run
                probe.argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=probe.chdir,
                env={**os.environ, **probe.environment},
                start_new_session=True,
            )
            self._processes.add(process)
            return process

    def ended(self, process: subprocess.Popen[bytes]) -> None:
        with self._lock:
            self._processes.discard(process)

    def kill_all(self) -> None:
        """Kill what still runs; nothing is started any more."""
        with self._lock:
            self._over = True
            for process in self._processes:
                _signal_group(process, signal.SIGKILL)


class _Output:
    """The end of what a command wrote, and whether the text was in its standard output, however long that is."""

    def __init__(self, contains: str | None) -> None:
        self._wanted = (contains or "").encode("utf-8")
        self._seam = b""
        self._end = bytearray()
        self.found = not self._wanted

    def add(self, data: bytes, *, standard: bool) -> None:
        if standard and not self.found:
            piece = self._seam + data
            self.found = self._wanted in piece
            self._seam = piece[-(len(self._wanted) - 1) :] if len(self._wanted) > 1 else b""
        self._end += data
        del self._end[:-KEPT_BYTES]

    @property
    def text(self) -> str:
        return self._end.decode("utf-8", "replace")


def look_with_command(probe: Command, running: Running, deadline: float) -> Observation:
    """Run it once. What it leaves in the background after it ended in time stays; it is not waited for."""
    output = _Output(probe.contains)
    try:
        process = running.start(probe)
    except (OSError, ValueError) as error:
        return Observation(False, f"not started: {error}")
    try:
        code = _read_until_it_ends(process, output, deadline)
    finally:
        for pipe in (process.stdout, process.stderr):
            if pipe:
                pipe.close()
        running.ended(process)
    if code is None:
        return Observation(False, out_of_time().text, output.text, out_of_time=True)
    if code != 0:
        return Observation(False, f"exit code {code}" if code > 0 else f"ended by signal {-code}", output.text)
    return Observation(output.found, "exit code 0" + ("" if output.found else ", not in its output"), output.text)


def _read_until_it_ends(process: subprocess.Popen[bytes], output: _Output, deadline: float) -> int | None:
    """Its exit code; None where it was ended because its time is over."""
    with selectors.DefaultSelector() as selector:
        for pipe in (process.stdout, process.stderr):
            if pipe:
                selector.register(pipe, selectors.EVENT_READ, pipe is process.stdout)
        while time.monotonic() < deadline:
            _read(selector, output, min(0.05, left_until(deadline)))
            if process.poll() is not None:
                # What it wrote is in the pipes by now; a child of its own may write on for ever.
                limit = time.monotonic() + _SECONDS_TO_END
                while _read(selector, output, 0) and time.monotonic() < limit:
                    pass
                return process.returncode
            if not selector.get_map():  # it closed its output and goes on
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(min(0.05, left_until(deadline)))
        _end(process)
        _read(selector, output, 0)
    return None


def _read(selector: selectors.BaseSelector, output: _Output, seconds: float) -> bool:
    """Read what is there, waiting for it as long; whether there was anything."""
    if not selector.get_map():
        return False
    ready = selector.select(seconds)
    for key, _events in ready:
        data = os.read(key.fd, _PIECE)
        if data:
            output.add(data, standard=key.data)
        else:
            selector.unregister(key.fileobj)
    return bool(ready)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process group: asked first, then killed. A process that hangs in the kernel is not waited for."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        _signal_group(process, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_SECONDS_TO_END)
            break
    _signal_group(process, signal.SIGKILL)


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def files_of(probe: Command) -> list[dict[str, str | None]]:
    """The files among the command's words, the program first, each as ``{path, sha256}``.

    ``sha256`` is null for a file that is larger than 16 MiB or cannot be read.
    """
    program = probe.argv[0]
    path = probe.environment.get("PATH", os.environ.get("PATH"))
    first = program if "/" in program else shutil.which(program, path=path) or program
    found = []
    for word in dict.fromkeys([first, *probe.argv[1:]]):
        place = os.path.join(probe.chdir or "", word)
        try:
            described = os.stat(place)
        except (OSError, ValueError):
            continue
        if stat.S_ISREG(described.st_mode):
            found.append({"path": os.path.abspath(place), "sha256": _sha256(place, described.st_size)})
    return found


def _sha256(path: str, size: int) -> str | None:
    if size > HASHED_BYTES:
        return None
    try:
        with open(path, "rb") as file:
            return hashlib.sha256(file.read(HASHED_BYTES)).hexdigest()
    except OSError:
        return None
