# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signing the chain and its records by ssh-keygen, gpg or a command of the user. The key never passes through here."""

from __future__ import annotations

import os
import subprocess
import tempfile
import typing as t
from dataclasses import dataclass

from .._errors import InvalidInputError
from .verify import NAMESPACE

METHODS: t.Final = ("ssh", "gpg", "command")
_SECONDS = 60
_MODE = 0o640


@dataclass(frozen=True, slots=True)
class Signing:
    """How to sign. ``key``: a file for ssh (or its public part, if an agent holds it), a key id for gpg."""

    method: str
    key: str | None = None
    command: tuple[str, ...] = ()

    @classmethod
    def from_params(cls, params: t.Mapping[str, t.Any] | None) -> Signing | None:
        """From the option ``sign``; None where it is not set. Raises InvalidInputError for what is not complete."""
        if not params:
            return None
        method, key, command = params["method"], params.get("key"), tuple(params.get("command") or ())
        if method == "command" and not command:
            raise InvalidInputError("sign.method is command: expected sign.command, the program and its arguments.")
        if method == "ssh" and not (key and os.path.isfile(os.path.expanduser(key))):
            raise InvalidInputError(
                f"sign.key is {key!r}: expected the file of an SSH key, or its .pub file if an agent holds the key. "
                "Nothing was written."
            )
        return cls(method, os.path.expanduser(key) if key and method == "ssh" else key, command)

    @property
    def suffix(self) -> str:
        """What is added to the name of a file for that of its signature."""
        return ".asc" if self.method == "gpg" else ".sig"

    def _argv(self) -> list[str]:
        if self.method == "ssh":
            return ["ssh-keygen", "-q", "-Y", "sign", "-n", NAMESPACE, "-f", self.key or ""]
        if self.method == "gpg":
            return [
                "gpg",
                "--batch",
                "--yes",
                "--armor",
                "--detach-sign",
                *(["--local-user", self.key] if self.key else []),
            ]
        return list(self.command)

    def sign(self, path: str) -> str | None:
        """Write the signature of a file beside it; why that failed, or None. The old signature stays until then."""
        try:
            with open(path, "rb") as file:
                done = subprocess.run(
                    self._argv(), stdin=file, capture_output=True, timeout=_SECONDS, check=False
                )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"{os.path.basename(path)} was not signed: {self._argv()[0]}: {error}"
        if done.returncode or not done.stdout:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            why = said[-1] if said else f"it ended with {done.returncode} and gave no signature"
            return f"{os.path.basename(path)} was not signed: {self._argv()[0]}: {why}"
        try:
            _replace(path + self.suffix, done.stdout)
        except OSError as error:
            return f"The signature of {os.path.basename(path)} could not be written: {error.strerror}"
        return None


def _replace(path: str, data: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".writing-")
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        os.fchmod(file.fileno(), _MODE)
    os.replace(temporary, path)
