# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``python -m tests.lab.benchmark.floors LIBRARY``: what the POSTs alone cost, the least that Python can do.

``requests`` and ``urllib3`` send one POST for each session over connections that are kept open, so many at once, and
nothing else: nothing is looked up, followed or confirmed. ``first`` is a whole program that stops the one test that
runs: start of Python, login, list, POST. Options come as JSON on stdin; CPU seconds go to stdout.
"""

from __future__ import annotations

import base64
import json
import sys
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor

import urllib3

Send = t.Callable[[str, dict[str, str]], object]


def main() -> int:
    """Send the POSTs and print their CPU seconds."""
    given = json.load(sys.stdin)
    known = given["connection"]
    pool = urllib3.HTTPSConnectionPool(known["host"], known["port"], maxsize=given.get("parallel", 1), block=True,
                                       ca_certs=known["ca_path"])  # fmt: skip
    basic = base64.b64encode(f"{known['username']}:{known['password']}".encode()).decode()
    login = pool.request("GET", "/api/rest/login_session", headers={"Authorization": f"Basic {basic}"})
    headers = {
        "Cookie": login.headers["Set-Cookie"].partition(";")[0],
        "DELL-EMC-TOKEN": login.headers["DELL-EMC-TOKEN"],
        "Content-Type": "application/json",
    }
    if sys.argv[1] == "first":
        stop_the_first(pool, headers)
        return 0
    send = by_urllib3(pool) if sys.argv[1] == "urllib3" else by_requests(known, given["parallel"])
    began = time.process_time()
    with ThreadPoolExecutor(given["parallel"]) as workers:
        list(workers.map(lambda path: send(path, headers), given["paths"]))
    print(json.dumps({"cpu_seconds": time.process_time() - began}))
    return 0


def stop_the_first(pool: urllib3.HTTPSConnectionPool, headers: dict[str, str]) -> None:
    """Login was before; the list of the sessions in test, and one stop."""
    query = "select=id&failover_test_in_progress=eq.true"
    rows = json.loads(pool.request("GET", f"/api/rest/replication_session?{query}", headers=headers).data)
    path = f"/api/rest/replication_session/{rows[0]['id']}/stop_failover_test?is_async=true"
    pool.request("POST", path, body=b"{}", headers=headers)


def by_urllib3(pool: urllib3.HTTPSConnectionPool) -> Send:
    """One POST by urllib3."""

    def send(path: str, headers: dict[str, str]) -> object:
        answer = pool.request("POST", path, body=b"{}", headers=headers)
        if answer.status != 202:
            raise RuntimeError(f"{path}: {answer.status}")
        return json.loads(answer.data)

    return send


def by_requests(known: dict[str, t.Any], parallel: int) -> Send:
    """One POST by a session of requests."""
    import requests

    session = requests.Session()
    session.mount("https://", requests.adapters.HTTPAdapter(pool_maxsize=parallel))
    base = f"https://{known['host']}:{known['port']}"

    def send(path: str, headers: dict[str, str]) -> object:
        answer = session.post(base + path, json={}, headers=headers, verify=known["ca_path"], timeout=60)
        answer.raise_for_status()
        return answer.json()

    return send


if __name__ == "__main__":
    sys.exit(main())
