# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does the simulator speak like a PowerStore array of each release, whatever it is asked?

What it answers is compared with the description of the API, not with what other tests expect of it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.contract.checker import Contract
from tests.contract.description import Operation, is_newer
from tests.lab.simulator import Exchange, Simulator

RELEASES = ("2.1.0.0", "3.0.0.0", "3.6.0.0", "4.1.0.0")
REFUSED = range(400, 600)
# The request bodies to try for each action, in an order that lets each be done for some session.
SESSION_ACTIONS: dict[str, tuple[dict[str, Any] | None, ...]] = {
    "start_failover_test": (None, {}, {"snapshot_id": "none-such"}),
    "stop_failover_test": (None, {"create_end_of_test_snapshot": True}, {"force": True}),
    "pause": (None, {}),
    "promote": (None, {}),
    "demote": (None, {}),
    "resume": (None,),
    "sync": (None,),
    "failover": ({"is_planned": True}, {"is_planned": False, "force": True}, {"is_planned": False, "reverse": True}),
    "reprotect": (None,),
}


# Sessions of each kind, ready and not, with the release that has the kind.
SESSIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("2.0.0.0", {"volume": "erp", "rule": "rpo", "hosts": ["dr-host-1"], "snapshots": ["monday", "tuesday"]}),
    ("2.0.0.0", {"volume": "erp log", "rule": "rpo", "state": "Paused"}),
    ("2.0.0.0", {"volume": "source", "rule": "rpo", "role": "Source", "source_hosts": ["prod-host-1"]}),
    ("2.0.0.0", {"volume": "failed-over", "rule": "rpo", "state": "Failed_Over"}),
    ("2.0.0.0", {"volume": "in-test", "rule": "rpo", "test": {"user": "someone"}}),
    ("2.0.0.0", {"volume_group": "db", "members": 2, "rule": "rpo", "hosts": ["dr-cluster"], "snapshots": ["sunday"]}),
    ("3.0.0.0", {"volume": "metro", "type": "Metro_Active_Active"}),
    ("3.0.0.0", {"volume": "fractured", "type": "Metro_Active_Active", "state": "Fractured"}),
    (
        "3.0.0.0",
        {"nas_server": "nas", "rule": "rpo", "interfaces": [{"ip_address": "10.9.0.5", "gateway": "10.9.0.1"}]},
    ),
    ("3.0.0.0", {"replication_group": "vvols", "rule": "rpo"}),
    ("3.6.0.0", {"file_system": "home", "rule": "rpo"}),
    ("4.0.0.0", {"volume": "zero", "rule": "zero", "type": "Synchronous"}),
)


def estate(release: str) -> dict[str, Any]:
    """A scenario of the simulator with all that the release can replicate."""
    rules = {"rpo": "Five_Minutes"} | ({} if is_newer("4.0.0.0", release) else {"zero": "Zero"})
    return {
        "arrays": {
            "dr": {"release_version": release, "hosts": ["dr-host-1"], "host_groups": {"dr-cluster": ["dr-host-2"]}},
            "production": {"release_version": release, "hosts": ["prod-host-1"]},
        },
        "rules": rules,
        "sessions": [session for added, session in SESSIONS if not is_newer(added, release)],
        "alerts": [{"description": "RPO exceeded", "session": "erp"}, {"description": "Fan failed"}],
    }


class Driver:
    """A client that asks one array anything, and remembers what was said."""

    def __init__(self, simulator: Simulator, contract: Contract, release: str) -> None:
        self.contract = contract
        self.release = release
        self.exchanges: list[Exchange] = []
        self._base = simulator.dr.url
        self._session = requests.Session()
        # REQUESTS_CA_BUNDLE would win over the session's own.
        self._session.trust_env = False
        self._session.verify = str(simulator.ca_path)
        self._login = (simulator.username, simulator.password)
        simulator.observers.append(self.exchanges.append)

    def login(self) -> None:
        answer = self._session.get(f"{self._base}/login_session", params={"select": "*"}, auth=self._login, timeout=30)
        assert answer.status_code == 200
        self._session.headers["DELL-EMC-TOKEN"] = answer.headers["DELL-EMC-TOKEN"]

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> requests.Response:
        answer = self._session.request(method, self._base + path, json=body, timeout=30, **options)
        assert not answer.content or answer.headers["Content-Type"] == "application/json"
        return answer

    def get(self, path: str, **query: str) -> requests.Response:
        return self.call("GET", path, params=query)

    def rows(self, resource: str, **query: str) -> list[dict[str, Any]]:
        answer = self.get(f"/{resource}", **query)
        assert answer.status_code in (200, 206), answer.text
        rows: list[dict[str, Any]] = answer.json()
        return rows

    def send(self, method: str, path: str, body: Any = None, is_async: bool = False) -> requests.Response:
        """A change; of one that runs as a job, the job is followed to its end."""
        answer = self.call(method, path, body, params={"is_async": "true"} if is_async else None)
        if answer.status_code == 202:
            self._follow(answer.json()["id"])
        return answer

    def _follow(self, job: str) -> None:
        for _attempt in range(200):
            if self.get(f"/job/{job}", select="*").json()["phase"] in ("Completed", "Failed", "Unrecoverable_Failed"):
                return
            time.sleep(0.02)
        pytest.fail(f"job {job} does not end")

    def problems(self) -> list[str]:
        """What is wrong with the exchanges so far. A request that was refused may itself be wrong."""
        found: dict[str, None] = {}
        for exchange in self.exchanges:
            check = self.contract.check_response if exchange.status in REFUSED else self.contract.check_exchange
            for problem in check(exchange, self.release):
                found[f"{exchange.method} {exchange.path} {exchange.query} {exchange.status}: {problem}"] = None
        return list(found)


@pytest.fixture(params=RELEASES)
def driver(request: pytest.FixtureRequest, contract: Contract) -> Iterator[Driver]:
    with Simulator.from_dict(estate(request.param)) as simulator:
        driver = Driver(simulator, contract, request.param)
        driver.login()
        yield driver


def collections(driver: Driver) -> list[Operation]:
    """The collections that the release has, besides the one that logs in."""
    return [
        operation
        for operation in driver.contract.description.operations.values()
        if operation.is_collection
        and operation.resource != "login_session"
        and not is_newer(operation.added, driver.release)
    ]


def references(driver: Driver, resource: str) -> list[str]:
    attributes = driver.contract.description.attributes(f"{resource}_instance").values()
    return [each.name for each in attributes if each.is_reference and not is_newer(each.added, driver.release)]


def test_every_collection_and_every_instance(driver: Driver) -> None:
    for operation in collections(driver):
        rows = driver.rows(operation.resource, select="*")
        for row in rows:
            row.pop("system_time", None)  # moves on
            if driver.contract.description.operation("get", f"/{operation.resource}/x") is not None:
                assert row.items() <= driver.get(f"/{operation.resource}/{row['id']}", select="*").json().items()
                assert driver.get(f"/{operation.resource}/{row['id']}").json() == {"id": row["id"]}
        driver.rows(operation.resource)
    assert driver.problems() == []


def test_the_scenario_shows_something_of_each_resource(driver: Driver) -> None:
    """Otherwise the other tests would check empty lists."""
    empty = {each.resource for each in collections(driver) if not driver.rows(each.resource)}
    file = {"nas_server", "file_system", "file_interface"} if is_newer("3.0.0.0", driver.release) else set()
    assert empty <= {"job", "audit_event", "alert", "replication_group"} | file


def test_own_attributes_are_complete(driver: Driver) -> None:
    """select=* brings what the release has of the resource, no more and no less."""
    for operation in collections(driver):
        attributes = driver.contract.description.attributes(f"{operation.resource}_instance").values()
        expected = {
            each.name for each in attributes if not each.is_reference and not is_newer(each.added, driver.release)
        }
        for row in driver.rows(operation.resource, select="*"):
            assert set(row) == expected, operation.resource


def test_references_can_be_gone_into(driver: Driver) -> None:
    for operation in collections(driver):
        for name in references(driver, operation.resource):
            driver.rows(operation.resource, select=f"id,{name}")
            driver.rows(operation.resource, select=f"id,{name}(*)")
    driver.rows(
        "replication_session", select="id,remote_system(id,name),replication_rule(id,policies(id,volumes(name)))"
    )
    assert driver.problems() == []


def test_rows_can_be_filtered_and_sorted_by_each_attribute(driver: Driver) -> None:
    for operation in collections(driver):
        if operation.is_simple:
            continue
        for row in driver.rows(operation.resource, select="*")[:3]:
            for name, attribute in driver.contract.description.attributes(f"{operation.resource}_instance").items():
                if attribute.no_filter or attribute.inside or isinstance(row.get(name, []), list):
                    continue
                value = row[name]
                text = f"eq.{str(value).lower() if isinstance(value, bool) else value}"
                rows = driver.rows(operation.resource, **{name: "is.null" if value is None else text, "order": name})
                assert row["id"] in [each["id"] for each in rows], (operation.resource, name)
    assert driver.problems() == []


def test_pages(driver: Driver) -> None:
    for operation in collections(driver):
        total = len(driver.rows(operation.resource))
        if operation.is_simple or total < 2:
            continue
        first = driver.get(f"/{operation.resource}", limit="1", order="id")
        last = driver.get(f"/{operation.resource}", limit="1", order="id", offset=str(total - 1))
        assert (first.status_code, first.headers["Content-Range"]) == (206, f"0-0/{total}")
        assert last.status_code == 206
        assert first.json() != last.json()
        assert driver.get(f"/{operation.resource}", offset=str(total)).status_code == 416
    assert driver.problems() == []


def test_names_instead_of_ids(driver: Driver) -> None:
    for resource in ("volume", "volume_group", "host", "remote_system", "replication_rule", "policy", "appliance"):
        for row in driver.rows(resource, select="id,name")[:2]:
            assert driver.get(f"/{resource}/name:{row['name']}").json() == {"id": row["id"]}
    assert driver.problems() == []


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_session_actions(driver: Driver, is_async: bool) -> None:
    """Every action on every session: some are done, some are refused."""
    statuses: dict[str, set[int]] = {action: set() for action in SESSION_ACTIONS}
    sessions = [row["id"] for row in driver.rows("replication_session")]
    for action, bodies in SESSION_ACTIONS.items():
        for session in [*sessions, "none-such"]:
            for body in bodies:
                answer = driver.send("POST", f"/replication_session/{session}/{action}", body, is_async)
                statuses[action].add(answer.status_code)
                driver.get(f"/replication_session/{session}", select="*")
    assert driver.problems() == []
    done = {202} if is_async else {200, 204}
    assert all(404 in seen for seen in statuses.values())
    metro = {"promote", "demote"} if is_newer("3.0.0.0", driver.release) else set()
    assert [action for action, seen in statuses.items() if not seen & done and action not in metro] == []


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("kind", ["volume", "volume_group"])
def test_a_drill(driver: Driver, kind: str, is_async: bool) -> None:
    """Start, snapshot at the end, keep the snapshot, delete it: each is done."""
    done = 202 if is_async else 204
    session = next(
        row
        for row in driver.rows("replication_session", select="*")
        if (row["role"], row["state"], row["resource_type"]) == ("Destination", "OK", kind)
        and row.get("type", "Asynchronous") == "Asynchronous"
    )
    path = f"/replication_session/{session['id']}"
    assert driver.send("POST", f"{path}/start_failover_test", {}, is_async).status_code == done
    assert driver.get(path, select="*").json()["failover_test_in_progress"] is True
    assert driver.send("POST", f"{path}/start_failover_test", {}, is_async).status_code in REFUSED
    answer = driver.send("POST", f"{path}/stop_failover_test", {"create_end_of_test_snapshot": True}, is_async)
    assert answer.status_code == (202 if is_async else 200)
    snapshot = _snapshot(driver, answer.json(), is_async)
    assert driver.get(f"/{kind}/{snapshot}", select="*").json()["type"] == "Snapshot"
    assert driver.send("PATCH", f"/{kind}/{snapshot}", {"expiration_timestamp": None}, is_async).status_code == done
    assert driver.send("DELETE", f"/{kind}/{snapshot}", None, is_async).status_code == done
    assert driver.get(f"/{kind}/{snapshot}").status_code == 404
    for resource in ("job", "audit_event"):
        assert driver.rows(resource, select="*", resource_action="eq.start_failover_test")
    assert driver.problems() == []


def _snapshot(driver: Driver, answer: dict[str, Any], is_async: bool) -> str:
    body = driver.get(f"/job/{answer['id']}", select="response_body").json()["response_body"] if is_async else answer
    return str(body["snapshot_id"])


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_volumes_and_groups(driver: Driver, is_async: bool) -> None:
    volumes, hosts = driver.rows("volume"), driver.rows("host")
    statuses = set()
    for volume in [*(row["id"] for row in volumes[:20]), "none-such"]:
        for host in (hosts[0]["id"], "none-such"):
            for action in ("attach", "attach", "detach", "detach"):
                answer = driver.send("POST", f"/volume/{volume}/{action}", {"host_id": host}, is_async)
                statuses.add(answer.status_code)
        driver.send("POST", f"/volume/{volume}/attach", {}, is_async)
        driver.send("POST", f"/volume/{volume}/snapshot", {"name": f"contract-{volume}"}, is_async)
        driver.send("PATCH", f"/volume/{volume}", {"description": "contract"}, is_async)
        driver.send("DELETE", f"/volume/{volume}", None, is_async)
    for group in [*(row["id"] for row in driver.rows("volume_group")[:20]), "none-such"]:
        driver.send("POST", f"/volume_group/{group}/snapshot", {"name": f"contract-{group}"}, is_async)
        driver.send("PATCH", f"/volume_group/{group}", {"description": "contract"}, is_async)
        driver.send("DELETE", f"/volume_group/{group}", {"delete_members": False}, is_async)
    for resource in ("volume", "volume_group", "host_volume_mapping", "job", "audit_event"):
        driver.rows(resource, select="*", limit="2000")
    assert driver.problems() == []
    assert statuses & {202, 204}
    assert statuses & set(REFUSED)


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_a_test_of_a_nas_server(driver: Driver, is_async: bool) -> None:
    """Clone, interface, deletion in the order that the array asks for; what is out of order is refused."""
    if is_newer("3.0.0.0", driver.release):
        assert driver.send("POST", "/nas_server/none-such/clone", {"name": "x"}).status_code in REFUSED
        return
    mark = {} if is_newer("3.6.0.0", driver.release) else {"is_dr_test": True}
    source = driver.rows("nas_server", name="eq.nas")[0]["id"]
    statuses = []

    def send(method: str, path: str, body: Any = None) -> None:
        statuses.append(driver.send(method, path, body, is_async).status_code)

    send("POST", f"/nas_server/{source}/clone", {"name": "nas-test", **mark})
    clone = driver.rows("nas_server", name="eq.nas-test")[0]["id"]
    assert len(driver.rows("file_system", nas_server_id=f"eq.{clone}")) == 1
    address = {"ip_address": "10.9.1.5", "prefix_length": 24, "gateway": "10.9.1.1", "vlan_id": 12}
    send("POST", "/file_interface", {"nas_server_id": clone, **address})
    refused = [
        ("POST", f"/nas_server/{source}/clone", {"name": "nas-test"}),
        ("POST", f"/nas_server/{source}/clone", {"name": "nas-other", "file_systems": ["none-such"]}),
        ("POST", "/file_interface", {"nas_server_id": clone, **address, "gateway": "10.9.2.1"}),
        ("DELETE", f"/nas_server/{clone}", {"is_skip_domain_unjoin": True}),
        ("DELETE", f"/nas_server/{source}", None),
    ]
    for method, path, body in refused:
        assert driver.send(method, path, body, is_async).status_code in REFUSED
    for kind in ("file_interface", "file_system"):
        send("DELETE", f"/{kind}/{driver.rows(kind, nas_server_id=f'eq.{clone}')[0]['id']}")
    send("DELETE", f"/nas_server/{clone}", {"is_skip_domain_unjoin": True})
    assert driver.rows("nas_server", name="eq.nas-test") == []
    assert statuses == ([202] * 5 if is_async else [200, 201, 204, 204, 204])
    assert driver.problems() == []


def test_alerts_can_be_acknowledged(driver: Driver) -> None:
    for alert in [*(row["id"] for row in driver.rows("alert")), "none-such"]:
        driver.send("PATCH", f"/alert/{alert}", {"is_acknowledged": True})
    driver.rows("alert", select="*")
    assert driver.problems() == []


# Requests that are wrong in themselves: the description says so, and the array refuses them.
WRONG: dict[str, tuple[str, str, dict[str, str], Any]] = {
    "path": ("GET", "/none_such", {}, None),
    "verb": ("DELETE", "/replication_session/{session}", {}, None),
    "action": ("POST", "/replication_session/{session}/none_such", {}, {}),
    "session by name": ("GET", "/replication_session/name:x", {}, None),
    "select": ("GET", "/replication_session", {"select": "id,none_such"}, None),
    "select in a reference": ("GET", "/replication_session", {"select": "remote_system(none_such)"}, None),
    "select into an object": ("GET", "/volume", {"select": "protection_data(source_id)"}, None),
    "filter": ("GET", "/replication_session", {"none_such": "eq.1"}, None),
    "operator": ("GET", "/replication_session", {"state": "none_such.OK"}, None),
    "no operator": ("GET", "/replication_session", {"state": "OK"}, None),
    "group": ("GET", "/replication_session", {"or": "(none_such.eq.1,state.eq.OK)"}, None),
    "order": ("GET", "/replication_session", {"order": "none_such"}, None),
    "limit": ("GET", "/replication_session", {"limit": "0"}, None),
    "filter of a simple resource": ("GET", "/cluster", {"name": "eq.x"}, None),
    "limit of a simple resource": ("GET", "/cluster", {"limit": "1"}, None),
    "is_async on a GET": ("GET", "/replication_session", {"is_async": "true"}, None),
    "unknown attribute": ("POST", "/replication_session/{session}/start_failover_test", {}, {"snapshot": "1"}),
    "type": ("POST", "/replication_session/{session}/stop_failover_test", {}, {"force": "yes"}),
    "missing attribute": ("POST", "/volume_group/{group}/snapshot", {}, {}),
    "missing body": ("POST", "/volume/{volume}/attach", {}, None),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_refused(driver: Driver, name: str) -> None:
    method, path, query, body = WRONG[name]
    ids = {kind: driver.rows(kind)[0]["id"] for kind in ("replication_session", "volume", "volume_group")}
    path = path.format(session=ids["replication_session"], volume=ids["volume"], group=ids["volume_group"])
    answer = driver.call(method, path, body, params=query)
    assert driver.contract.check_request(driver.exchanges[-1], driver.release)
    assert answer.status_code in REFUSED
    assert driver.problems() == []


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_who_is_not_logged_in_is_refused(driver: Driver, method: str) -> None:
    session = driver.rows("replication_session")[0]["id"]
    path = f"/replication_session/{session}" + ("/start_failover_test" if method == "POST" else "")
    answer = driver.call(method, path, headers={"Cookie": "auth_cookie=wrong"})
    assert answer.status_code == 401
    assert driver.problems() == []


@pytest.mark.parametrize("token", [None, "wrong"])
def test_a_change_without_the_token_is_refused(driver: Driver, token: str | None) -> None:
    session = driver.rows("replication_session")[0]["id"]
    path = f"/replication_session/{session}/start_failover_test"
    assert driver.call("POST", path, {}, headers={"DELL-EMC-TOKEN": token}).status_code == 403
    assert bool(driver.contract.check_request(driver.exchanges[-1])) == (token is None)
    assert driver.problems() == []


def test_what_is_newer_is_refused(driver: Driver) -> None:
    """Paths and attributes that came after the release."""
    for operation in driver.contract.description.operations.values():
        path = operation.template.replace("{id}", "1")
        if is_newer(operation.added, driver.release):
            assert driver.call(operation.method.upper(), path, {}).status_code in REFUSED, path
    for operation in collections(driver):
        for name, attribute in driver.contract.description.attributes(f"{operation.resource}_instance").items():
            if is_newer(attribute.added, driver.release):
                answer = driver.get(f"/{operation.resource}", select=f"id,{name}")
                assert answer.status_code in REFUSED, (operation.resource, name)
    assert driver.problems() == []


def test_logout(driver: Driver) -> None:
    assert driver.send("POST", "/logout").status_code == 204
    assert driver.get("/volume").status_code == 401
    assert driver.problems() == []
