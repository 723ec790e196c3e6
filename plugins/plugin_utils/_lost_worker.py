# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A play of several arrays ends although one of Ansible's workers was killed, as the kernel does where memory runs out.

Of Ansible's strategies only linear notices that, and it ends the run for all arrays. With free and host_pinned Ansible
waits for the worker without an end. So where the arrays go their own ways, this process is told by the system of every
worker that ended. One that was killed is said at once; the other arrays go on; and when no worker is left, the play is
ended as by ``meta: end_play``. The playbook drill then finishes what was cut off, as its second play does in any case.

A worker that is killed while it writes its result leaves half of it in the queue that all workers share, with the lock.
Ansible then waits in that queue, and so do the other workers: nothing here ends that, but what to do was said.

Known only where the system has /proc, that is on Linux. Elsewhere it is as without this.
"""

from __future__ import annotations

import atexit
import contextlib
import glob
import multiprocessing
import os
import signal
import threading
import time
import typing as t
from types import FrameType

from ansible.executor.task_queue_manager import AnsibleEndPlay, TaskQueueManager

IDLE: t.Final = 10.0  # seconds without any worker before the play is ended; between two tasks it is far less
_LOOK = 1.0
_ASKED_TO_END: t.Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # as Ansible does itself


class _Watch:
    """What this process knows of its workers. All of it happens in signal handlers, between two steps of Python."""

    def __init__(self) -> None:
        self.advice = ""
        self._lost: set[int] = set()
        self._last_worker = 0.0

    def begin(self) -> None:
        """Listen from here on; in this process alone, not in the workers that it starts."""
        signal.signal(signal.SIGCHLD, self._child_ended)
        signal.siginterrupt(signal.SIGCHLD, False)  # no library that waits for the system has to know of it
        os.register_at_fork(after_in_child=_do_not_listen)
        # At its end, Python gives the signal back to the system, which would end the process by it.
        atexit.register(signal.setitimer, signal.ITIMER_REAL, 0)

    def _child_ended(self, _number: int, _frame: FrameType | None) -> None:
        for pid in _children() - self._lost:
            killed_by = _killed_by(pid)
            if killed_by is not None:
                self._lost.add(pid)
                self._last_worker = time.monotonic()
                _say(
                    f"A worker of Ansible was killed by signal {killed_by}, as the kernel does where memory runs out. "
                    "Failover tests of its array may run on, and while they do, those sessions cannot be failed over. "
                    "The other arrays go on; after them this play is ended. To stop the tests at once: "
                    f"{self.advice}"
                )
                signal.signal(signal.SIGALRM, self._look)
                signal.setitimer(signal.ITIMER_REAL, _LOOK, _LOOK)

    def _look(self, _number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if multiprocessing.active_children() or not _is_in_a_play(frame):
            self._last_worker = now
        elif now - self._last_worker >= IDLE:
            signal.setitimer(signal.ITIMER_REAL, 0)
            self._lost.clear()
            _say("No other array is under way any more. The play is ended: the worker that was killed answers nothing.")
            raise AnsibleEndPlay(TaskQueueManager.RUN_FAILED_HOSTS)


_watch = _Watch()


def watch(advice: str) -> None:
    """Take care that the plays of this run of Ansible end. ``advice``: how tests are stopped at once."""
    is_main = multiprocessing.parent_process() is None and threading.current_thread() is threading.main_thread()
    if not is_main or not os.path.isdir("/proc/self/task"):
        return
    is_new = not _watch.advice
    _watch.advice = advice
    if is_new and signal.getsignal(signal.SIGCHLD) == signal.SIG_DFL:
        _watch.begin()


def _do_not_listen() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)


def _children() -> set[int]:
    """The processes that this one started, those included that have ended and are not waited for yet."""
    found: set[int] = set()
    for path in glob.glob("/proc/self/task/*/children"):
        # As bytes: an encoding is imported when it is first used, and the next signal would come in the midst of that.
        with contextlib.suppress(OSError), open(path, "rb") as file:
            found.update(map(int, file.read().split()))
    return found


def _killed_by(pid: int) -> int | None:
    """The signal that ended a child, which Ansible still has to wait for; None where it runs or ended otherwise."""
    with contextlib.suppress(ChildProcessError):
        ended = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if ended is not None and ended.si_code in (os.CLD_KILLED, os.CLD_DUMPED):
            return None if ended.si_status in _ASKED_TO_END else ended.si_status
    return None


def _is_in_a_play(frame: FrameType | None) -> bool:
    """Whether Ansible runs a play, which is where it takes the end of one."""
    while frame is not None:
        if frame.f_code is TaskQueueManager.run.__code__:
            return True
        frame = frame.f_back
    return False


def _say(text: str) -> None:
    """Past Ansible's own display, which the interrupted code may be using just now."""
    with contextlib.suppress(OSError):
        os.write(2, f"[WARNING]: {text}\n".encode())
