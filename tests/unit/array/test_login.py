# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The login session as a flow: which requests go out around one, and what is kept of the answers. No I/O."""

from __future__ import annotations

import base64
import threading
import typing as t
from dataclasses import dataclass, field, replace

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._array.connection import Connection
from ansible_collections.drdrill.powerstore.plugins.module_utils._array.login import Account, Flow, Login
from ansible_collections.drdrill.powerstore.plugins.module_utils._array.transport import UNREADABLE, Answer, Request
from ansible_collections.drdrill.powerstore.plugins.module_utils._errors import (
    AuthenticationError,
    AuthorizationError,
    PowerStoreError,
    ProtocolError,
)

COOKIE = ("auth_cookie=c-1; Path=/; Secure; HttpOnly",)
OWN_WORDS = {"messages": [{"code": "0xE1", "message_l10n": "No."}]}
READ = Request("GET", "/volume", "Reading volumes")
START = Request("POST", "/replication_session/s-1/start_failover_test", "Starting", body={})


def logged_in(token: str | None = "t-1", **attributes: t.Any) -> Answer:
    row = {"id": "7", "user": "drill", "is_password_change_required": False, **attributes}
    return Answer(200, [row], headers={"dell-emc-token": token} if token else {}, cookies=COOKIE)


def ok(token: str | None = None) -> Answer:
    return Answer(200, [], headers={"dell-emc-token": token} if token else {})


def no(status: int, payload: object = OWN_WORDS) -> Answer:
    return Answer(status, payload)


@dataclass
class Driver:
    """Drives flows with a script of answers, and keeps what went out."""

    login: Login
    sent: list[Request] = field(default_factory=list)

    def run(self, flow: Flow, *answers: Answer) -> Answer:
        script = list(answers)
        try:
            request = next(flow)
            while True:
                self.sent.append(request)
                request = flow.send(script.pop(0))
        except StopIteration as ended:
            assert not script, "answers were left over"
            answer: Answer = ended.value
            return answer

    @property
    def said(self) -> list[str]:
        return [f"{request.method} {request.path.rpartition('/')[2]}" for request in self.sent]


def a_driver(password: str = "secret", slept: list[float] | None = None) -> Driver:
    connection = Connection("powerstore-dr", 443, "drill", password, True, 60.0)
    return Driver(Login(connection, (slept if slept is not None else []).append))


def a_login(**attributes: t.Any) -> Driver:
    """A driver that is logged in, and whose session the array has answered."""
    driver = a_driver()
    driver.run(driver.login.open(), logged_in(**attributes))
    driver.run(driver.login.authenticated(READ), ok())
    driver.sent.clear()
    return driver


def test_logging_in_reading_operating_and_logging_out() -> None:
    driver = a_driver()
    driver.run(driver.login.open(), logged_in())
    driver.run(driver.login.authenticated(READ), ok("t-2"))
    driver.run(driver.login.authenticated(START), Answer(202, {"id": "j-1"}))
    driver.run(driver.login.close(), Answer(204))

    assert driver.said == ["GET login_session", "GET volume", "POST start_failover_test", "POST logout"]
    basic = f"Basic {base64.b64encode(b'drill:secret').decode()}"
    assert [dict(request.headers) for request in driver.sent] == [
        {"Authorization": basic},
        {"Cookie": "auth_cookie=c-1"},
        {"Cookie": "auth_cookie=c-1", "DELL-EMC-TOKEN": "t-2"},  # the newest token
        {"Cookie": "auth_cookie=c-1", "DELL-EMC-TOKEN": "t-2"},
    ]
    assert dict(driver.sent[0].query)["select"].startswith("id,user,")
    assert "secret" not in repr(driver.sent) and basic[6:] not in repr(driver.sent) and "c-1" not in repr(driver.sent)
    assert driver.run(driver.login.close()).status == 204  # nothing to log out of any more


def test_a_new_login_ends_with_the_wait_that_needs_it() -> None:
    driver = a_login()
    read = replace(READ, deadline=123.0)
    driver.run(driver.login.authenticated(read), no(401), logged_in(), ok())

    assert driver.said == ["GET volume", "GET login_session", "GET volume"]
    assert [request.deadline for request in driver.sent] == [123.0] * 3


@pytest.mark.parametrize(
    ("password", "hint"),
    [("secret", None), ("secret\n", "ends in a line end"), ("secret\r\n", "ends in a line end"), (" x", "a space")],
)
def test_credentials_that_were_refused_are_never_sent_again(password: str, hint: str | None) -> None:
    driver = a_driver(password)
    for _time in range(2):
        flow = driver.login.open()
        with pytest.raises(AuthenticationError, match=r"refused.*not again") as raised:
            driver.run(flow, *([no(401, None)] if not driver.sent else []))
        assert (hint or "refused") in raised.value.message
        assert ("line end" in raised.value.message) is (hint == "ends in a line end")
        assert "secret" not in raised.value.message

    assert driver.said == ["GET login_session"]


def test_a_password_that_was_changed_meanwhile_is_not_tried_twice() -> None:
    driver = a_login()
    for number in range(2):
        with pytest.raises(AuthenticationError):
            driver.run(driver.login.authenticated(READ), *([no(401), no(401)] if number == 0 else []))

    assert driver.said == ["GET volume", "GET login_session"]


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        (no(404, UNREADABLE), PowerStoreError, "Is this the management address of a PowerStore?"),
        (no(403), AuthorizationError, "No. (0xE1)"),
        (no(500, None), ProtocolError, "answered 500"),
        (no(302, None), ProtocolError, "redirects"),
        (Answer(200, UNREADABLE, cookies=COOKIE), ProtocolError, "not that of a PowerStore"),
        (Answer(200, [{"id": "7"}]), ProtocolError, "not that of a PowerStore"),  # no cookie
        (Answer(200, [{"id": "7"}], cookies=("", "=", "auth_cookie=; Path=/")), ProtocolError, "not that of a"),
    ],
)
def test_what_is_no_login(answer: Answer, error: type[PowerStoreError], says: str) -> None:
    driver = a_driver()
    with pytest.raises(error) as raised:
        driver.run(driver.login.open(), answer)

    assert says in raised.value.message


@pytest.mark.parametrize("payload", [None, {}, [], [None], ["drill"], [{}], [{"user": 7}], "text"])
def test_a_login_whose_row_says_nothing(payload: object) -> None:
    driver = a_driver()
    driver.run(driver.login.open(), Answer(200, payload, cookies=COOKIE))

    assert driver.login.account.name == "drill" and not driver.login.must_change_password
    assert driver.login.account.is_own("colleague") is None


# Renewal


def test_a_login_without_a_token_gets_one_before_an_operation() -> None:
    driver = a_login(token=None)
    driver.run(driver.login.authenticated(START), ok("t-9"), Answer(204))

    assert driver.said == ["GET login_session", "POST start_failover_test"]
    assert driver.sent[-1].headers["DELL-EMC-TOKEN"] == "t-9"
    assert "Authorization" not in driver.sent[0].headers


def test_an_array_that_gives_no_token_at_all() -> None:
    driver = a_login(token=None)

    assert driver.run(driver.login.authenticated(START), ok(), Answer(204)).status == 204


def test_a_stale_token_is_renewed() -> None:
    driver = a_login()
    driver.run(driver.login.authenticated(START), no(403), ok("t-2"), Answer(204))

    assert driver.said == ["POST start_failover_test", "GET login_session", "POST start_failover_test"]
    assert driver.sent[-1].headers["DELL-EMC-TOKEN"] == "t-2"


def test_a_role_that_may_not_is_asked_once_for_each_kind() -> None:
    driver = a_login()
    answers = [no(403), ok(), no(403), Answer(204), logged_in(), no(403)]
    assert driver.run(driver.login.authenticated(START), *answers).status == 403
    driver.sent.clear()

    assert driver.run(driver.login.authenticated(START), no(403)).status == 403
    assert driver.said == ["POST start_failover_test"]


def test_a_session_that_died_is_replaced() -> None:
    driver = a_login()
    answer = driver.run(driver.login.authenticated(READ), no(401, None), logged_in(), ok())

    assert answer.status == 200 and driver.said == ["GET volume", "GET login_session", "GET volume"]


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("payload", [None, UNREADABLE, {}, "no"])
def test_an_operation_is_not_sent_again_after_words_that_are_not_the_arrays(status: int, payload: object) -> None:
    driver = a_login()
    driver.run(driver.login.authenticated(START), no(status, payload))

    assert driver.said == ["POST start_failover_test"]


def test_a_session_that_keeps_dying_is_reported() -> None:
    driver = a_login()
    for _time in range(5):
        driver.run(driver.login.authenticated(READ), no(401), logged_in(), ok())
    with pytest.raises(AuthenticationError):
        driver.run(driver.login.authenticated(READ), no(401))
    assert driver.said.count("GET login_session") == 5  # and the first login


def test_just_after_a_login_the_array_may_not_know_it_yet() -> None:
    slept: list[float] = []
    driver = a_driver(slept=slept)
    driver.run(driver.login.open(), logged_in())
    answer = driver.run(driver.login.authenticated(READ), no(401, None), no(403), ok())

    assert answer.status == 200 and driver.said == ["GET login_session", "GET volume", "GET volume", "GET volume"]
    assert slept == [0.5, 1.0]
    # Once it has answered, it does; then a 401 is a session that died, whose successor may not be known either.
    driver.run(driver.login.authenticated(READ), no(401), logged_in(), no(401), ok())
    assert slept == [0.5, 1.0, 0.5]


def test_a_password_that_has_to_be_changed_first() -> None:
    driver = a_driver()
    driver.run(driver.login.open(), logged_in(is_password_change_required=True))
    answer = driver.run(driver.login.authenticated(READ), no(403))

    assert answer.status == 403 and driver.said == ["GET login_session", "GET volume"]
    assert "Change the password of the account drill in PowerStore first" in str(driver.login.hint)


def test_threads_that_meet_a_dead_session_log_in_once() -> None:
    driver = a_login()
    flows = [driver.login.authenticated(READ) for _thread in range(2)]
    for flow in flows:
        next(flow)
    first = flows[0].send(no(401))
    assert first.path == "/login_session"
    held: list[Request] = []
    waiting = threading.Thread(target=lambda: held.append(flows[1].send(no(401))))
    waiting.start()
    assert flows[0].send(logged_in()).path == "/volume"
    waiting.join(10)

    assert [request.path for request in held] == ["/volume"]


def test_a_flow_that_is_given_up_holds_no_lock() -> None:
    driver = a_login()
    flow = driver.login.authenticated(READ)
    next(flow)
    flow.send(no(401))
    flow.close()  # as `Client` does where no answer came

    # No request goes out without a login session.
    assert driver.run(driver.login.authenticated(READ), logged_in(), ok()).status == 200


# Whose


@pytest.mark.parametrize(
    ("login", "shown", "user", "own"),
    [
        ("drill", "drill", "drill", True),
        ("drill", "drill", "Drill", True),
        ("Drill", None, "drill", True),
        ("CORP\\drill", None, "drill", True),
        ("CORP\\drill", "drill", "drill@corp.example", True),
        ("drill@corp.example", None, "CORP\\drill", True),
        ("drill@corp.example", "jdoe", "jdoe", True),
        ("drill@corp.example", "jdoe", "drill", True),
        ("CORP\\drill", None, "corp\\DRILL", True),
        ("CORP\\drill", "drill", "OTHER\\drill", True),  # one of our names, without a domain
        ("CORP\\drill", None, "OTHER\\drill", None),
        ("drill", "drill", None, None),
        ("drill", "drill", "", None),
        ("drill", "drill", 7, None),
        ("drill", "drill", "colleague", False),
        ("drill", None, "colleague", None),  # the array has not shown how it writes ours
        ("drill", "drill", "drill2", False),
    ],
)
def test_whose_a_job_is(login: str, shown: str | None, user: object, own: bool | None) -> None:
    account = Account(login)
    account.learn(shown)

    assert account.is_own(user) is own


def test_the_arrays_word_is_learned_from_a_job_of_our_own() -> None:
    account = Account("drill@corp.example")
    assert account.is_own("svc-4711") is None

    account.learn("svc-4711")

    assert account.is_own("SVC-4711") is True and account.is_own("colleague") is False
    assert account.is_own("CORP\\drill") is True and account.name == "svc-4711"


@pytest.mark.parametrize("nothing", [None, "", "  ", 7, ["drill"]])
def test_nothing_is_learned_from_nothing(nothing: object) -> None:
    account = Account("drill")
    account.learn(nothing)

    assert account.name == "drill" and account.is_own("colleague") is None
