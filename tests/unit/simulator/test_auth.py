# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Login, token, roles, ceiling, idle timeout."""

from __future__ import annotations

import pytest

from tests.lab.simulator import Simulator

from .conftest import ESTATE, Client


def test_login_gives_cookie_and_token(sim: Simulator) -> None:
    client = Client(sim, sim.dr)
    answer = client.login()
    assert answer.status_code == 200
    assert answer.json() == [{"id": answer.json()[0]["id"]}]
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("auth_cookie=")
    assert "Secure" in cookie
    assert "HttpOnly" in cookie
    assert "Path=/" in cookie
    assert client.get("/login_session", select="user,role_ids,idle_timeout") == [
        {"user": "admin", "role_ids": ["1"], "idle_timeout": 3600}
    ]
    assert (sim.dr.logins, sim.dr.open_sessions, sim.production.logins) == (1, 1, 0)


def test_wrong_password_is_an_empty_401(sim: Simulator) -> None:
    answer = Client(sim, sim.dr, "admin", "wrong").login()
    assert (answer.status_code, answer.content) == (401, b"")
    assert (sim.dr.logins, sim.dr.failed_logins) == (0, 1)


def test_logout_kills_the_cookie(dr: Client, sim: Simulator) -> None:
    assert dr.post("/logout").status_code == 204
    assert dr.send("GET", "/volume").status_code == 401
    assert (sim.dr.logouts, sim.dr.open_sessions) == (1, 0)


@pytest.mark.parametrize("token", ["", "wrong"])
def test_changes_need_the_token(dr: Client, sim: Simulator, token: str) -> None:
    session = sim.dr.session("erp-data").id
    answer = dr.send("POST", f"/replication_session/{session}/pause", headers={"DELL-EMC-TOKEN": token})
    assert answer.status_code == 403
    assert answer.json()["messages"][0]["severity"] == "Error"
    assert sim.dr.executed("pause") == []


def test_every_get_of_a_session_repeats_the_token(dr: Client) -> None:
    assert dr.send("GET", "/volume").headers["DELL-EMC-TOKEN"] == dr.token


def test_basic_works_on_any_request_and_opens_no_session(sim: Simulator) -> None:
    client = Client(sim, sim.dr)
    session = sim.dr.session("erp-data").id
    url = f"/replication_session/{session}"
    assert client.send("GET", url, auth=client.credentials).json() == {"id": session}
    assert client.send("POST", f"{url}/pause", auth=client.credentials).status_code == 204
    assert (sim.dr.logins, sim.dr.open_sessions) == (0, 0)


@pytest.mark.parametrize(
    ("user", "path", "status"),
    [
        ("drill", "/replication_session/{session}/start_failover_test", 204),
        ("drill", "/volume/{volume}/detach", 204),
        ("reader", "/replication_session/{session}/start_failover_test", 403),
        ("reader", "/logout", 204),
    ],
)
def test_what_roles_may_do(sim: Simulator, user: str, path: str, status: int) -> None:
    client = Client(sim, sim.dr, user, "secret")
    client.login()
    side = sim.dr.session("erp-data")
    body = {"host_id": "name:h1"} if path.endswith("detach") else None
    answer = client.post(path.format(session=side.id, volume=side.local_resource_id), body)
    assert answer.status_code == status, answer.text


def test_a_path_can_be_forbidden_to_an_account(sim: Simulator) -> None:
    client = Client(sim, sim.dr, "reader", "secret")
    client.login()
    assert client.send("GET", "/audit_event").status_code == 403
    assert client.send("GET", "/job").status_code == 200


def test_sessions_die_of_idleness_only(sim: Simulator, dr: Client) -> None:
    for _hour in range(3):
        sim.clock.advance(3000)
        assert dr.send("GET", "/volume").status_code == 200
    sim.clock.advance(3601)
    assert dr.send("GET", "/volume").status_code == 401


def test_above_the_ceiling_the_oldest_session_goes() -> None:
    with Simulator.from_dict({**ESTATE, "options": {"session_ceiling": 3}}) as sim:
        clients = [Client(sim, sim.dr) for _number in range(4)]
        for client in clients:
            client.login()
        assert [client.send("GET", "/volume").status_code for client in clients] == [401, 200, 200, 200]
        assert (sim.dr.logins, sim.dr.open_sessions) == (4, 3)


def test_the_journal_holds_no_secret(sim: Simulator, dr: Client) -> None:
    dr.post("/logout")
    text = repr(sim.dr.journal())
    for secret in (sim.password, dr.token, "YWRtaW4"):
        assert secret not in text
    assert "'***'" in text


def test_connections_are_counted_and_kept_alive(sim: Simulator, dr: Client) -> None:
    for _number in range(5):
        dr.get("/volume")
    assert sim.dr.connections == 1
    assert {each.connection for each in sim.dr.journal()} == {1}
    assert Client(sim, sim.dr).login().status_code == 200
    assert sim.dr.connections == 2


DOMAIN = {"username": "CORP\\drill", "password": "secret", "role": "administrator", "recorded_as": "drill"}


@pytest.mark.parametrize("login", ["CORP\\drill", "corp\\DRILL"])
def test_an_account_is_recorded_under_another_name(login: str) -> None:
    with Simulator.from_dict({**ESTATE, "accounts": [{**DOMAIN, "shows_user": False}]}) as sim:
        client = Client(sim, sim.dr, login, "secret")
        client.login()
        (shown,) = client.get("/login_session", select="*")
        assert (shown["user"], shown["is_built_in_user"]) == (None, False)
        (hidden,) = client.get("/login_session", select="user_id,user_type")
        assert hidden == {"user_id": "corp\\drill_id", "user_type": "LDAP_User"}
        session = sim.dr.session("erp-data").id
        assert client.post(f"/replication_session/{session}/start_failover_test").status_code == 204
        assert client.get("/job", select="user") == [{"user": "drill"}]
        assert client.get("/audit_event", select="username") == [{"username": "drill"}]


def test_user_names_are_blind_to_case(sim: Simulator) -> None:
    client = Client(sim, sim.dr, "ADMIN", "secret")
    assert client.login().status_code == 200
    assert client.get("/login_session", select="user") == [{"user": "admin"}]


def test_a_required_change_of_the_password_comes_before_everything() -> None:
    account = {"username": "new", "password": "secret", "role": "administrator", "password_change_required": True}
    with Simulator.from_dict({**ESTATE, "accounts": [account]}) as sim:
        client = Client(sim, sim.dr)
        assert client.login().status_code == 200
        assert client.get("/login_session", select="is_password_change_required") == [
            {"is_password_change_required": True}
        ]
        assert client.send("GET", "/replication_session").status_code == 403
        assert client.post("/logout").status_code == 204


def test_a_changed_password_ends_the_users_sessions(sim: Simulator, dr: Client) -> None:
    other = Client(sim, sim.dr, "drill", "secret")
    other.login()
    sim.dr.set_password("Admin", "changed")
    assert dr.send("GET", "/volume").status_code == 401
    assert dr.login().status_code == 401
    assert Client(sim, sim.dr, "admin", "changed").login().status_code == 200
    assert other.send("GET", "/volume").status_code == 200
    assert Client(sim, sim.production).login().status_code == 200
    with pytest.raises(LookupError, match="nobody"):
        sim.dr.set_password("nobody", "x")
