# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which run of Ansible drills: its process, so that it is known later whether it still runs, and an id for its arrays.

Only on Linux a process can be told from a later one of the same number; elsewhere the age of the journal decides.
"""

from __future__ import annotations

import contextlib
import getpass
import hashlib
import os
import socket
import time
from datetime import UTC, datetime, timedelta

from .._errors import ProtocolError
from .._json import Json
from .._time import parse_time

STALE = timedelta(hours=1)  # after this without a line, a drill on a host that cannot be asked is taken for over


def user() -> str:
    """The account on this host."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without an entry in passwd
        return str(os.getuid())


def run_of(pid: int) -> Json:
    """The run that a process is: ``{host, pid, started, boot, space}``; null where this system does not say."""
    return {
        "host": socket.gethostname(),
        "pid": pid,
        "started": _started(pid),
        "boot": _first_line("/proc/sys/kernel/random/boot_id"),
        "space": _link("/proc/self/ns/pid"),
    }


def began(pid: int, now: datetime) -> datetime:
    """When a process began; now, where this system does not say."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            ticks = int(file.read().rpartition(")")[2].split()[19])
    except (OSError, ValueError, IndexError):
        return now
    ago = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    return now - timedelta(seconds=max(ago, 0.0))


def run_id(run: Json, now: datetime) -> str:
    """An id that all arrays of one run have in common, and no other run."""
    known = [run[key] for key in ("host", "pid", "started", "boot", "space")]
    if run["started"] is None:
        known.append(f"{now:%Y%m%d}")
    return hashlib.sha256(repr(known).encode()).hexdigest()[:16]


def is_over(run: Json, last_line: str, now: datetime) -> bool:
    """Whether a run that wrote the last line of a journal at that time does not run any more."""
    pid = run.get("pid")
    here = run_of(pid if isinstance(pid, int) else 0)
    if here["started"] is None and run.get("started") is None:
        known = False
    else:
        known = all(run.get(key) == here[key] for key in ("boot", "space")) and run.get("boot") is not None
    if known:
        return bool(here["started"] != run["started"])
    if run.get("boot") is not None and run.get("host") == here["host"] and run["boot"] != here["boot"]:
        return True  # this host was started anew since
    try:
        last = parse_time(last_line)
    except ProtocolError:  # changed by somebody
        return True
    return last is None or now - last > STALE


def is_known_to_run(run: Json) -> bool:
    """Whether this host shows that a run still runs. False for one on another host or in another container."""
    pid = run.get("pid")
    here = run_of(pid if isinstance(pid, int) else 0)
    same = all(run.get(key) == here[key] and here[key] is not None for key in ("boot", "space"))
    return same and here["started"] is not None and here["started"] == run.get("started")


def _started(pid: int) -> str | None:
    """When a process began, in ticks since the start of the host; None where there is none of this number."""
    line = _first_line(f"/proc/{pid}/stat")
    if line is None:
        return None
    fields = line.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else fields[19]


def _first_line(path: str) -> str | None:
    with contextlib.suppress(OSError), open(path, encoding="utf-8", errors="replace") as file:
        return file.readline().strip()
    return None


def _link(path: str) -> str | None:
    with contextlib.suppress(OSError):
        return os.readlink(path)
    return None


def now_utc() -> datetime:
    """The controller's time."""
    return datetime.now(UTC)
