# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running a module's main() in a fork of Ansible's worker, which has Python and all imports ready.

A process of its own keeps what a module's process gives: nothing that the module does to its environment, its folder,
signals, threads, warnings or output reaches the worker or the next task; and it runs on where the worker is killed.
"""

from __future__ import annotations

import contextlib
import io
import os
import selectors
import signal
import sys
import time
import traceback
import typing as t
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from ..module_utils._operation.batch import OnProgress
from ._hand_over import GOOD

NAME: t.Final = "powerstore-task"  # as `ps -e` and `top` show the process, whose command line is Ansible's
_PIECE = 1 << 16
_TAKE_FIRST: t.Final = "500"  # of 1000; any process may say so of itself


@dataclass(frozen=True)
class Ended:
    """What a process left: its output, and its code as a shell has it, 128 + N after signal N."""

    stdout: str
    stderr: str
    code: int


@dataclass(frozen=True)
class Work:
    """What is to be done in the fork.

    ``main`` is called with a function that takes progress. ``detached``: signals for Ansible's processes (Ctrl-C, the
    SIGTERM of a cancelled job) do not reach it, and it runs on to its end.
    """

    main: Callable[[OnProgress], None]
    folder: str
    environment: Mapping[str, str] = field(default_factory=dict)
    detached: bool = False


class _Pipe:
    def __init__(self) -> None:
        self.reads, self.writes = os.pipe()

    def close(self) -> None:
        for descriptor in (self.reads, self.writes):
            with contextlib.suppress(OSError):
                os.close(descriptor)


def run(work: Work, hear: OnProgress, pause: float = 0.5) -> Ended:
    """What came of the work. ``hear`` gets its latest progress, every ``pause`` seconds, as long as there is one.

    What ends the waiting early, as the time-out of Ansible's task does, leaves the process to itself, as it leaves the
    process of a module. Raises OSError where this computer has no process or no descriptor left.
    """
    output, progress = _Pipe(), _Pipe()
    try:
        # So that no line of progress keeps the work waiting where nobody reads any more.
        os.set_blocking(progress.writes, False)
        child = os.fork()
        if child == 0:
            _in_the_fork(work, output.writes, progress.writes)
        os.close(output.writes)
        os.close(progress.writes)
        output.writes = progress.writes = -1
        texts = _listen(output.reads, progress.reads, hear, pause).decode("utf-8", "surrogateescape")
        _pid, status = os.waitpid(child, 0)
    finally:
        output.close()
        progress.close()
    code = os.waitstatus_to_exitcode(status)
    stdout, _separator, stderr = texts.partition("\0")
    return Ended(stdout, stderr, code if code >= 0 else 128 - code)


def leave(work: Work, path: str) -> None:
    """Begin the work and let it run on by itself, also past the end of Ansible. Its output is in the file once it ends.

    Beside it is one of the name PATH.good then, where it did not fail. Raises OSError where this computer has no
    process left.
    """
    if os.fork() > 0:
        return
    try:
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):  # whoever reads Ansible's output would wait for this process
            os.dup2(nothing, descriptor)
        sys.stdout = stdout = io.StringIO()
        sys.stderr = io.StringIO()
        code = _exit_code(replace(work, detached=True), {nothing}, nothing)
        with open(f"{path}.part", "x", encoding="utf-8", errors="surrogateescape") as file:
            file.write(stdout.getvalue())
        if code == 0:
            os.close(os.open(path + GOOD, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        os.rename(f"{path}.part", path)
    finally:
        os._exit(0)


def _listen(output: int, progress: int, hear: OnProgress, pause: float) -> bytes:
    """All of the output, until the fork has closed it."""
    pieces, heard_so_far = [], b""
    heard = time.monotonic()
    with selectors.DefaultSelector() as selector:
        selector.register(output, selectors.EVENT_READ)
        selector.register(progress, selectors.EVENT_READ)
        while True:
            ready = {key.fd for key, _events in selector.select(pause)}
            if progress in ready:
                piece = os.read(progress, _PIECE)
                heard_so_far = (heard_so_far + piece)[-_PIECE:]
                if not piece:
                    selector.unregister(progress)
            if heard_so_far and time.monotonic() - heard >= pause:
                heard = time.monotonic()
                _pass_on(heard_so_far, hear)
            if output in ready:
                piece = os.read(output, _PIECE)
                pieces.append(piece)
                if not piece:
                    return b"".join(pieces)


def _pass_on(heard_so_far: bytes, hear: OnProgress) -> None:
    """The last whole line: one that was cut off at the beginning is not the last."""
    lines = heard_so_far.split(b"\n")
    if len(lines) > 1:
        done, failed, under_way, total = map(int, lines[-2].split())
        hear(done, failed, under_way, total)


def _in_the_fork(work: Work, output: int, progress: int) -> t.NoReturn:
    """Never comes back: what is above on the stack belongs to the worker."""
    code = 1
    try:
        stdout, stderr = io.StringIO(), io.StringIO()
        sys.stdout, sys.stderr = stdout, stderr
        code = _exit_code(work, {output, progress}, progress)
        texts = f"{stdout.getvalue()}\0{stderr.getvalue()}".encode("utf-8", "surrogateescape")
        with contextlib.suppress(OSError), open(output, "wb") as stream:  # where nobody reads any more
            stream.write(texts)
    finally:
        os._exit(code)


def _exit_code(work: Work, kept: set[int], progress: int) -> int:
    """Of the main(), as Python would end with it."""

    def tell(done: int, failed: int, under_way: int, total: int) -> None:
        with contextlib.suppress(OSError):
            os.write(progress, f"{done} {failed} {under_way} {total}\n".encode())

    try:
        _leave_the_worker(work, kept)
        work.main(tell)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # noqa: BLE001  # what ends a module ends it here, with its traceback in stderr
        traceback.print_exc()
        return 1
    return 0


def _leave_the_worker(work: Work, kept: set[int]) -> None:
    """As a process that was started anew: signals, descriptors, environment, folder."""
    signal.set_wakeup_fd(-1)
    for number in signal.valid_signals():
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    if work.detached:
        os.setsid()
    # Among them are Ansible's queue, and the pipe by which it sees that the worker has ended.
    for descriptor in _descriptors() - kept:
        with contextlib.suppress(OSError):
            os.close(descriptor)
    with contextlib.suppress(OSError), open("/proc/self/comm", "w", encoding="ascii") as comm:
        comm.write(NAME)
    # Where memory runs out, the kernel is to take this process, whose end the worker notices: the task fails, and what
    # was started is stopped. Not one that stops, and neither Ansible nor its worker.
    if not work.detached:
        with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as score:
            score.write(_TAKE_FIRST)
    # Where Ansible was started: a relative path of the environment is meant from there. It is stale where a program
    # started Ansible in another directory than its own.
    with contextlib.suppress(OSError):
        if os.path.realpath(os.environ.get("PWD", "")) != os.getcwd():
            os.environ["PWD"] = os.getcwd()
    os.environ.update(work.environment)
    time.tzset()
    os.chdir(work.folder)


def _descriptors() -> set[int]:
    """Those that may be open, but for input, output and errors."""
    try:
        return {int(name) for name in os.listdir("/dev/fd")} - {0, 1, 2}  # on Linux, BSD and macOS
    except OSError:
        return set(range(3, os.sysconf("SC_OPEN_MAX")))
