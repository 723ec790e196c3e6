# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signing the chain and its records by ssh-keygen, gpg or a command of the user. The key never passes through here."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import typing as t
from dataclasses import dataclass

from .._errors import InvalidInputError
from .verify import NAMESPACE

METHODS: t.Final = ("ssh", "gpg", "command")
OPTIONS: t.Final[dict[str, dict[str, t.Any]]] = {
    "sign": {
        "type": "dict",
        "options": {
            "method": {"type": "str", "choices": list(METHODS), "required": True},
            "key": {"type": "str", "no_log": False},
            "principal": {"type": "str"},
            "command": {"type": "list", "elements": "str"},
        },
    },
}
# A drill waits for it after its stop, and others wait for the chain's lock, which is given up after a minute.
_SECONDS = 20
_MODE = 0o640


@dataclass(frozen=True, slots=True)
class Signing:
    """How to sign. ``key``: a file for ssh (or its public part, if an agent holds it), a key id for gpg."""

    method: str
    key: str | None = None
    command: tuple[str, ...] = ()
    principal: str | None = None  # the name of the signer for those who verify

    @classmethod
    def from_params(cls, params: t.Mapping[str, t.Any] | None) -> Signing | None:
        """From the option ``sign``; None where it is not set. Raises InvalidInputError for what is not complete."""
        if not params:
            return None
        method, key, command = params["method"], params.get("key"), tuple(params.get("command") or ())
        if method == "command" and not command:
            raise InvalidInputError("sign.method is command: expected sign.command, the program and its arguments.")
        if method == "ssh":
            key = os.path.expanduser(key or "")
            if not os.path.isfile(key):
                raise InvalidInputError(
                    f"sign.key is {params.get('key')!r}: expected the file of an SSH key, or its .pub file if an agent "
                    "holds the key."
                )
        return cls(method, key, command, params.get("principal"))

    @property
    def suffix(self) -> str:
        """What is added to the name of a file for that of its signature."""
        return suffix_of(self.method)

    def _argv(self) -> list[str]:
        if self.method == "ssh":
            return ["ssh-keygen", "-q", "-Y", "sign", "-n", NAMESPACE, "-f", self.key or ""]
        if self.method == "gpg":
            user = ["--local-user", self.key] if self.key else []
            return ["gpg", "--batch", "--pinentry-mode", "error", "--armor", "--detach-sign", *user]
        return list(self.command)

    def signature(self, data: bytes) -> tuple[bytes | None, str | None]:
        """The signature over these bytes; where it could not be made, None and why, as the end of a sentence.

        Without a terminal of its own the program cannot ask anybody for a passphrase, and wait for the answer.
        """
        argv = self._argv()
        environment = {**os.environ, "SSH_ASKPASS_REQUIRE": "never"}
        try:
            with subprocess.Popen(
                argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                env=environment, start_new_session=True,
            ) as process:  # fmt: skip
                try:
                    out, err = process.communicate(data, timeout=_SECONDS)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    return None, f"{argv[0]} gave no signature within {_SECONDS} s"
        except OSError as error:
            return None, f"{argv[0]}: {error.strerror or error}"
        if process.returncode or not out:
            said = err.decode("utf-8", "replace").strip().splitlines()
            return (
                None,
                f"{argv[0]}: {said[-1] if said else f'it ended with {process.returncode}, without a signature'}",
            )
        return out, None

    def sign(self, path: str) -> str | None:
        """Write the signature of a file beside it; why that failed, or None. The old signature stays until then."""
        name = os.path.basename(path)
        try:
            with open(path, "rb") as file:
                signature, why_not = self.signature(file.read())
            if signature is None:
                return f"{name} was not signed: {why_not}."
            _replace(path + self.suffix, signature)
        except OSError as error:
            return f"{name} was not signed: {error.strerror or error}."
        return None


def suffix_of(method: str) -> str:
    """What is added to the name of a file for that of its signature by this method."""
    return ".asc" if method == "gpg" else ".sig"


def _replace(path: str, data: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".writing-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            os.fchmod(file.fileno(), _MODE)
        os.replace(temporary, path)
    except OSError:
        os.unlink(temporary)
        raise
