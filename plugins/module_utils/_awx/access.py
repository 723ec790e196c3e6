# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading AWX's own API from inside a job, with the account that a credential of AWX gives to the job.

The credential type "Red Hat Ansible Automation Platform", which every AWX has, sets the environment variables that are
read here; the modules of ``awx.awx`` know the same.
"""

from __future__ import annotations

import base64
import json
import time
import typing as t
from dataclasses import dataclass, field

from .._check.options import Http
from .._check.web import prepare_look_at_url
from .._errors import ProtocolError
from .._json import Json

_OFF = ("0", "false", "no", "off", "n", "f")
_SECONDS = 15.0  # for all requests of one reading together


@dataclass(frozen=True)
class Access:
    """Where AWX is, and what the requests carry to be let in."""

    url: str
    authorization: str = field(repr=False)
    validate_certs: bool = True
    ca_path: str | None = None

    @classmethod
    def of(cls, environment: t.Mapping[str, str]) -> Access | None:
        """From the job's environment; None where no credential gave it an account."""

        def given(name: str) -> str:
            return environment.get(f"CONTROLLER_{name}") or environment.get(f"TOWER_{name}") or ""

        host, token, username = given("HOST").rstrip("/"), given("OAUTH_TOKEN"), given("USERNAME")
        if not host or not (token or username):
            return None
        pair = base64.b64encode(f"{username}:{given('PASSWORD')}".encode()).decode("ascii")
        return cls(
            url=host if "://" in host else f"https://{host}",
            authorization=f"Bearer {token}" if token else f"Basic {pair}",
            validate_certs=given("VERIFY_SSL").lower() not in _OFF,
            ca_path=environment.get("REQUESTS_CA_BUNDLE") or environment.get("SSL_CERT_FILE") or None,
        )

    def reader(self) -> t.Callable[[str], Json]:
        """What reads a path of the API as JSON, all its readings together within a time.

        It raises ProtocolError for an answer that is none, InvalidInputError for an authority that cannot be read.
        """
        deadline = time.monotonic() + _SECONDS
        headers = {"Authorization": self.authorization, "Accept": "application/json"}

        def read(path: str) -> Json:
            probe = Http(f"{self.url}{path}", "GET", (200,), None, headers, self.validate_certs, self.ca_path)
            seen = prepare_look_at_url("AWX", probe)(deadline)
            if not seen.true:
                raise ProtocolError(f"GET {self.url}{path}: {seen.text}, expected HTTP 200.")
            try:
                found = json.loads(seen.output)
            except ValueError as error:
                raise ProtocolError(f"GET {self.url}{path}: expected JSON, found {seen.output[:60]!r}.") from error
            if not isinstance(found, dict):
                raise ProtocolError(f"GET {self.url}{path}: expected an object, found {type(found).__name__}.")
            return found

        return read
