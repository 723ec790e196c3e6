# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A CA for one simulator, and a certificate for each array."""

from __future__ import annotations

import ssl
from pathlib import Path

import trustme


class Pki:
    """The CA's certificate is written to ca_path; keys stay in memory (trustme's short-lived files aside)."""

    def __init__(self, directory: Path) -> None:
        self._ca = trustme.CA(organization_name="drdrill.powerstore simulator")
        self.ca_path = directory / "ca.pem"
        self._ca.cert_pem.write_to_path(self.ca_path)

    def server_context(self, bind: str) -> ssl.SSLContext:
        """A context with a certificate for the loopback names and for the address the server binds to."""
        names = dict.fromkeys(["127.0.0.1", "localhost", "::1", bind])
        names.pop("0.0.0.0", None)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._ca.issue_cert(*names).configure_cert(context)
        return context
