# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plain HTTPS client for the simulator: no code of the collection takes part in these tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.lab.simulator import ArrayHandle, Simulator


class Client:
    """A logged-in session with one array."""

    def __init__(self, simulator: Simulator, array: ArrayHandle, username: str = "", password: str = "") -> None:
        self.array = array
        self.credentials = (username or simulator.username, password or simulator.password)
        self.http = requests.Session()
        self.http.trust_env = False  # REQUESTS_CA_BUNDLE would win over verify
        self.http.verify = simulator.ca_path
        self.token = ""

    def login(self) -> requests.Response:
        answer = self.http.get(f"{self.array.url}/login_session", auth=self.credentials)
        self.token = answer.headers.get("DELL-EMC-TOKEN", "")
        return answer

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {"DELL-EMC-TOKEN": self.token, **options.pop("headers", {})}
        return self.http.request(method, f"{self.array.url}{path}", headers=headers, timeout=20, **options)

    def get(self, path: str, **params: str) -> Any:
        """The JSON of a successful GET."""
        answer = self.send("GET", path, params=params)
        assert answer.status_code in {200, 206}, answer.text
        return answer.json()

    def post(self, path: str, body: object = None, **params: str) -> requests.Response:
        return self.send("POST", path, json=body, params=params)


QUICK = {"operation_seconds": {"default": 0}}
ESTATE: dict[str, Any] = {
    **QUICK,
    "arrays": {"dr": {"hosts": ["h1", "h2"], "host_groups": {"cluster": ["h3"]}}},
    "accounts": [
        {"username": "admin", "password": "secret", "role": "administrator"},
        {"username": "drill", "password": "secret", "role": "storage_operator"},
        {"username": "reader", "password": "secret", "role": "operator", "forbidden": ["/audit_event*"]},
    ],
    "sessions": [
        {"volume": "erp-data", "hosts": ["h1"], "snapshots": ["monday", {"name": "engine", "creator_type": "System"}]},
        {"volume_group": "erp-db", "members": ["db,data", "db(log)"], "hosts": ["cluster"], "snapshots": ["tuesday"]},
        {"volume": "old", "rule": "rpo-1h", "recovery_point_age": "3h"},
        {"nas_server": "nas-1"},
        {"volume": "metro-1", "type": "Metro_Active_Active"},
    ],
}


@pytest.fixture
def sim() -> Iterator[Simulator]:
    with Simulator.from_dict(ESTATE) as simulator:
        yield simulator


@pytest.fixture
def dr(sim: Simulator) -> Client:
    client = Client(sim, sim.dr)
    client.login()
    return client


@pytest.fixture
def production(sim: Simulator) -> Client:
    client = Client(sim, sim.production)
    client.login()
    return client
