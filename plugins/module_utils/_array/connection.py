# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where an array is and how to talk to it, checked before anything is sent."""

from __future__ import annotations

import ipaddress
import os
import re
import typing as t
from dataclasses import dataclass, field

from .._errors import InvalidInputError

BASE_PATH = "/api/rest"
# A name or an address and nothing else: a scheme, a path, a port or credentials in `host` would end up in messages
# and in the URL of every request.
_NAME = re.compile(r"(?!-)[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?")
_LONGEST_NAME, _LONGEST_LABEL = 253, 63  # characters; RFC 1035
# In the environment of a task of this collection that fills the options from variables of its own: whose they are.
OPTIONS_OF: t.Final = "POWERSTORE_OPTIONS_OF"
# How those variables begin, and those of the environment.
_SOURCES: t.Final[t.Mapping[str, tuple[str, str]]] = {
    "production": ("failover_drill_production_", "POWERSTORE_PRODUCTION_"),
    "witness": ("witness_", "POWERSTORE_"),
}


def variable(option: str) -> str:
    """What the user sets for an option of a module: the role has other variables for the production array."""
    return _source()[0] + option


def called(*options: str) -> str:
    """The same with the variables of the environment, as advice has it: ``username (POWERSTORE_USERNAME)``."""
    in_environment = ", ".join(_source()[1] + option.upper() for option in options)
    return f"{' and '.join(map(variable, options))} ({in_environment})"


def _source() -> tuple[str, str]:
    return _SOURCES.get(os.environ.get(OPTIONS_OF, ""), ("", "POWERSTORE_"))


@dataclass(frozen=True)
class Connection:
    """One array's REST endpoint and the account used on it. The password never shows in ``repr``."""

    host: str
    port: int
    username: str
    password: str = field(repr=False)
    verify: bool | str
    timeout: float

    @classmethod
    def from_params(cls, params: t.Mapping[str, t.Any]) -> Connection:
        """The connection that a module's options describe.

        Raises InvalidInputError for a host that is not a bare name or address, a port outside 1 to 65535, a time
        that is not positive and a CA file that cannot be read.
        """
        if not 1 <= params["port"] <= 65535:
            raise InvalidInputError(f"{variable('port')} is {params['port']}: expected a TCP port, 1 to 65535.")
        if params["timeout"] < 1:
            raise InvalidInputError(f"timeout is {params['timeout']}: expected the seconds for one request, 1 or more.")
        return cls(
            host=_checked_host(params["host"]),
            port=params["port"],
            username=params["username"],
            password=params["password"],
            verify=_verification(params["validate_certs"], params.get("ca_path")),
            timeout=float(params["timeout"]),
        )

    @property
    def url_host(self) -> str:
        """The host as a URL has it: an IPv6 address in brackets."""
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def base_url(self) -> str:
        """The URL that all paths of the REST API are under."""
        return f"https://{self.url_host}:{self.port}{BASE_PATH}"


def _checked_host(host: str) -> str:
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if _is_name(bare) or _is_ipv6(bare):
        return bare
    # The value itself is not repeated: what is wrong with it may be a password.
    raise InvalidInputError(
        f"{variable('host')} is not a name or an address: expected for example 'powerstore-dr.example.com' or "
        "'192.0.2.10', without scheme, path or credentials; a port goes into the option port, an account into username "
        "and password."
    )


def _is_name(text: str) -> bool:
    labels_fit = all(len(label) <= _LONGEST_LABEL for label in text.split("."))
    return _NAME.fullmatch(text) is not None and len(text) <= _LONGEST_NAME and labels_fit


def _is_ipv6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True


def _verification(validate_certs: bool, ca_path: str | None) -> bool | str:
    if not validate_certs:
        return False
    if not ca_path:
        return True
    path = os.path.expanduser(ca_path)
    if not (os.path.isfile(path) and os.access(path, os.R_OK)):
        raise InvalidInputError(
            f"{variable('ca_path')} is {ca_path}: expected a PEM file that can be read here, found none. "
            "It holds the certificate of the authority that signed the array's certificate."
        )
    return path
