# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Running the host's commands, each within its time: storage that is gone hangs whatever touches it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import typing as t
from dataclasses import dataclass

# A user without a login shell has these not in PATH.
_SYSTEM_COMMANDS: t.Final = ("/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin")
_SECONDS_TO_END: t.Final = 2.0


@dataclass(frozen=True)
class Done:
    """What came of a command. ``code`` is None where it did not start or did not end; ``error`` then says why."""

    argv: tuple[str, ...]
    code: int | None
    output: str = ""
    error: str = ""

    @property
    def problem(self) -> str:
        """What went wrong, in one line, empty where nothing did."""
        if self.code == 0:
            return ""
        said = " ".join((self.error or self.output).split())
        ended = f"exit code {self.code}" if self.code is not None else ""
        return f"{self.argv[0]}: " + ": ".join(filter(None, [ended, said]))


class Runner(t.Protocol):
    """Runs one command; tests put their own in its place."""

    def __call__(self, argv: t.Sequence[str], seconds: float, given: str = "") -> Done:
        """Run it for at most so many seconds, with that on its standard input. Raises nothing."""


def run(argv: t.Sequence[str], seconds: float, given: str = "") -> Done:
    """Run a command of this host. One that hangs in the kernel cannot be killed, and is not waited for."""
    words = tuple(argv)
    path = os.pathsep.join([os.environ.get("PATH", ""), *_SYSTEM_COMMANDS])
    try:
        process = subprocess.Popen(  # noqa: S603  # the words are this package's own
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PATH": path, "LC_ALL": "C", "LANGUAGE": "C"},
            start_new_session=True,
        )
    except FileNotFoundError:
        return Done(words, None, error="this host has no such command")
    except OSError as error:
        return Done(words, None, error=str(error))
    try:
        output, errors = process.communicate(given.encode("utf-8"), timeout=seconds)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=_SECONDS_TO_END)
        return Done(words, None, error=f"did not end within {seconds:g} s")
    return Done(words, process.returncode, output.decode("utf-8", "replace"), errors.decode("utf-8", "replace"))
