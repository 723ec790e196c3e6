# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes wrong, and what the module has to make of it: the same rows for the tests and for `make faults`."""

from __future__ import annotations

import typing as t
from collections.abc import Mapping
from dataclasses import dataclass, field

START_PATH = "/replication_session/{id}/start_failover_test"
STOP_PATH = "/replication_session/{id}/stop_failover_test"
SESSIONS, JOBS = "/replication_session", "/job"
REFUSAL = {"messages": [{"code": "0xE02010050042", "severity": "Error", "message_l10n": "No.", "arguments": []}]}
BUSY = {
    "messages": [{"code": "0xE04040010001", "severity": "Error", "message_l10n": "System is busy.", "arguments": []}]
}
HTML = "<html><body>Internal Server Error</body></html>"

Fault = Mapping[str, t.Any]


def at(method: str, path: str, action: str, **rest: t.Any) -> Fault:
    """A fault of the DR array at the requests to a path."""
    return {"array": "dr", "method": method, "path": path, "action": action, **rest}


@dataclass(frozen=True)
class Row:
    """One fault, or several together, and the result that the module has to report."""

    fault: str
    faults: tuple[Fault, ...]
    action: str = "started"  # of the one session
    kind: str | None = None  # failure.kind; None where the task succeeds
    executed: int = 1  # operations that the array really executed
    running: bool | None = None  # on the array afterwards; None: as wanted exactly if there is no failure
    state: str = "started"
    options: Mapping[str, t.Any] = field(default_factory=dict)
    release: str = "4.1.0.0"
    findings: tuple[str, ...] = ()
    seconds: float = 12.0  # the longest that it may take
    says: str = ""  # part of the message
    logins: int | None = None
    code: str | None = None
    clock_skew: float = 0.0
    own: bool = True  # False: somebody else's operation is executed besides
    account: Mapping[str, t.Any] = field(default_factory=dict)  # what is special about the account that logs in


START = "POST", START_PATH
STOP = "POST", STOP_PATH
QUICK = {"timeout": 2}

DOMAIN = {"username": r"CORP\drill", "recorded_as": "drill", "shows_user": False}
# What something between answers to a start or stop that the array has carried out.
PROXY = (
    *((status, HTML) for status in (199, 206, 299, 302, 307, 400, 401, 403, 404, 408, 422, 499, 502, 504)),
    *((status, None) for status in (200, 302, 401, 408, 422)),
)


SOFTWARE, CLUSTER = "/software_installed", "/cluster"
# What cannot be read, or is not as described, while a test has to be stopped.
UNREAD: dict[str, Fault] = {
    "the release may not be read": at("GET", SOFTWARE, "forbid"),
    "the release answers 500": at("GET", SOFTWARE, "answer", status=500, body=HTML),
    "there is no release": at("GET", SOFTWARE, "answer", status=200, body=[]),
    "the cluster answers 500": at("GET", CLUSTER, "answer", status=500, body=HTML),
    "the clock shows no time": at("GET", CLUSTER, "odd_row", attribute="system_time", value="noon"),
}
ODD: dict[str, Fault] = {
    "a release that is not understood": at("GET", SOFTWARE, "odd_row", attribute="release_version", value="Victory"),
    "a time that is none": at("GET", SESSIONS, "odd_row", attribute="last_sync_timestamp", value="soon"),
    "a pair without a volume": at(
        "GET", SESSIONS, "odd_row", attribute="storage_element_pairs.0.local_storage_element_id", value=None
    ),
    "a remote system that is a text": at("GET", SESSIONS, "odd_row", attribute="remote_system", value="production"),
}
TERMINAL = "\x1b]8;;https://evil.example\x07link\x1b]8;;\x07 \x1b[31mNo.\x1b[0m\nfatal: all is well"


def busy_until(after: str) -> Fault:
    """A busy answer to a read, once, with a Retry-After that need not be a number."""
    return at("GET", SESSIONS, "answer", status=503, body=BUSY, headers={"Retry-After": after}, count=1)


def answered_by_a_proxy(state: str, request: tuple[str, str], status: int, body: str | None) -> Row:
    """The array has done it, and something between answers otherwise."""
    kind = "HTML" if body else "nothing"
    verb = "start" if state == "started" else "stop"
    fault = at(*request, "answer", status=status, body=body, executed=True, count=1)
    return Row(f"{verb} executed, a proxy answers {status} with {kind}", (fault,), state, state=state, seconds=20)


ROWS: tuple[Row, ...] = (
    Row("none", (), logins=1),
    Row("none, at the stop", (), "stopped", state="stopped", logins=1),
    # The network
    Row("read reset before it was read, once", (at("GET", SESSIONS, "reset_before", count=1),)),
    Row("read answered, answer lost, once", (at("GET", SESSIONS, "reset_after", count=1),)),
    Row("login reset, once", (at("GET", "/login_session", "reset_before", count=1),)),
    Row("reads always reset", (at("GET", SESSIONS, "reset_before"),), "not_attempted", "unreachable", 0, options=QUICK),
    Row("start reset before it was read", (at(*START, "reset_before", count=1),), findings=("answer.lost",)),
    Row("start executed, answer lost", (at(*START, "reset_after", count=1),), findings=("answer.lost",)),
    Row("stop reset before it was read", (at(*STOP, "reset_before", count=1),), "stopped", state="stopped"),
    Row("stop executed, answer lost", (at(*STOP, "reset_after", count=1),), "stopped", state="stopped"),
    Row(
        "stop executed, answer lost, snapshot wanted",
        (at(*STOP, "reset_after", count=1),),
        "stopped",
        state="stopped",
        options={"create_end_of_test_snapshot": True, "end_of_test_snapshot_expiration": "2d"},
    ),
    Row(
        "stop refused with its snapshot, taken without",
        (at(*STOP, "answer", status=422, body=REFUSAL, when={"create_end_of_test_snapshot": True}),),
        "stopped",
        state="stopped",
        options={"create_end_of_test_snapshot": True},
        findings=("snapshot.not_kept",),
    ),
    Row(
        "stop refused twice, three attempts",
        (at(*STOP, "answer", status=422, body=REFUSAL, count=2),),
        "stopped",
        state="stopped",
        options={"attempts": 3, "attempt_delay": 0},
        findings=("operation.repeated",),
    ),
    Row(
        "release, clock and jobs cannot be read at the stop",
        (at("GET", "/software_installed", "forbid"), at("GET", "/cluster", "forbid"), at("GET", JOBS, "forbid")),
        "stopped",
        state="stopped",
        findings=("reading.incomplete",),
    ),
    Row("start always reset before it was read", (at(*START, "reset_before"),), "failed", "unreachable", 0, seconds=25),
    Row(
        "start executed, answer too slow",
        (at(*START, "delay", seconds=3, executed=True, count=1),),
        options=QUICK,
        findings=("answer.lost",),
    ),
    Row("start executed late, answer too slow", (at(*START, "delay", seconds=4, count=1),), options=QUICK),
    Row("read too slow, once", (at("GET", SESSIONS, "delay", seconds=3, count=1),), options=QUICK),
    Row("reads cut short, twice", (at("GET", SESSIONS, "truncate", count=2),)),
    Row("reads always cut short", (at("GET", SESSIONS, "truncate"),), "not_attempted", "protocol", 0),
    Row("login cut short, once", (at("GET", "/login_session", "truncate", count=1),)),
    Row("answer to the start cut short", (at(*START, "truncate", count=1),)),
    Row("jobs always cut short", (at("GET", JOBS, "truncate"),), seconds=15),
    Row("array restarts for 3 s before the start", (at(*START, "refuse", seconds=3, count=1),)),
    Row(
        "array restarts for 20 s while the job runs",
        (at("GET", JOBS, "refuse", seconds=20, count=1),),
        seconds=40,
        options={"wait_timeout": 60},
    ),
    Row(
        # It is waited for twice the option timeout, which is 60 s where a task gives none.
        "array restarts for 25 s while sessions are read",
        (at("GET", SESSIONS, "refuse", seconds=25, count=1),),
        seconds=40,
    ),
    # What the array answers
    Row(
        "read answers 500 with HTML",
        (at("GET", SESSIONS, "answer", status=500, body=HTML),),
        "not_attempted",
        "protocol",
        0,
    ),
    Row("start answers 500, not executed, once", (at(*START, "answer", status=500, body=HTML, count=1),)),
    Row("start answers 500, executed", (at(*START, "answer", status=500, body=HTML, executed=True, count=1),)),
    Row(
        "start refused",
        (at(*START, "answer", status=422, body=REFUSAL),),
        "failed",
        "rejected",
        0,
        code="0xE02010050042",
        says="No.",
    ),
    Row("stop refused", (at(*STOP, "answer", status=422, body=REFUSAL),), "failed", "rejected", 0, True, "stopped"),
    Row(
        "read answers 401 with an empty body, once",
        (at("GET", SESSIONS, "answer", status=401, body=None, count=1),),
        logins=2,
    ),
    Row("login session expired before the start", (at(*START, "expire_session", count=1),), logins=2),
    Row("login session expired while the job runs", (at("GET", JOBS, "expire_session", count=1),), logins=2),
    Row("login session always expired", (at("GET", SESSIONS, "expire_session"),), "not_attempted", "authentication", 0),
    Row("stale token", (at(*START, "stale_token", count=1),)),
    Row("token rotates with each answer", (at("*", "*", "rotate_token"),)),
    Row("role may not start tests", (at(*START, "forbid"),), "failed", "authorization", 0, says="may not"),
    Row("role may not read sessions", (at("GET", SESSIONS, "forbid"),), "not_attempted", "authorization", 0),
    Row("read answers busy, 3 times", (at("GET", SESSIONS, "answer", status=503, body=BUSY, count=3),)),
    Row("login answers busy, twice", (at("GET", "/login_session", "answer", status=503, body=BUSY, count=2),)),
    Row("start answers busy, twice", (at(*START, "answer", status=503, body=BUSY, count=2),)),
    Row(
        "start always answers busy",
        (at(*START, "answer", status=503, body=BUSY),),
        "failed",
        "busy",
        0,
        options={"wait_timeout": 4},
        says="times, each time shown not to have been executed",
    ),
    Row("start answers busy, 5 times", (at(*START, "answer", status=503, body=BUSY, count=5),), seconds=20),
    Row(
        "stop answers too many requests, wait 2 s, 3 times",
        (at(*STOP, "answer", status=429, body=BUSY, headers={"Retry-After": "2"}, count=3),),
        "stopped",
        state="stopped",
    ),
    Row(
        "start not executed, answer lost, somebody else starts",
        (at(*START, "foreign", operation="start_failover_test", count=1), at(*START, "reset_before", count=1)),
        "none",
        executed=1,
        running=True,
        findings=("test.already_running",),
        own=False,
    ),
    Row(
        "start answers busy, somebody else starts",
        (
            at(*START, "foreign", operation="start_failover_test", count=1),
            at(*START, "answer", status=503, body=BUSY, count=1),
        ),
        "none",
        executed=1,
        running=True,
        findings=("test.already_running",),
        own=False,
    ),
    Row(
        "session not listed any more after the start",
        (at("GET", SESSIONS, "answer", status=200, body=[{"id": 7, "state": []}], after=1),),
        "failed",
        "not_found",
        executed=1,
        running=True,
        seconds=30,
    ),
    Row(
        "reads always answer busy",
        (at("GET", SESSIONS, "answer", status=503, body=BUSY),),
        "not_attempted",
        "busy",
        0,
        options={"timeout": 3},
    ),
    Row(
        "too many requests, wait 1 s",
        (at("GET", SESSIONS, "answer", status=429, body=BUSY, headers={"Retry-After": "1"}, count=1),),
    ),
    Row(
        "too many requests, wait an hour",
        (at("GET", SESSIONS, "answer", status=429, body=BUSY, headers={"Retry-After": "3600"}),),
        "not_attempted",
        "busy",
        0,
    ),
    Row(
        "start answers too many requests, once",
        (at(*START, "answer", status=429, body=BUSY, headers={"Retry-After": "1"}, count=1),),
    ),
    Row(
        "array redirects",
        (at("GET", SESSIONS, "answer", status=302, headers={"Location": "https://elsewhere.invalid/"}),),
        "not_attempted",
        "protocol",
        0,
        says="redirects",
    ),
    # Others at work
    Row(
        "somebody starts a test just before",
        (at(*START, "foreign", operation="start_failover_test", count=1),),
        "none",
        executed=1,
        running=True,
        findings=("test.already_running",),
        own=False,
    ),
    Row("state changes just before", (at(*START, "foreign", state="Failed_Over", count=1),), "failed", "rejected", 0),
    Row(
        "somebody stops the test just before",
        (at(*STOP, "foreign", operation="stop_failover_test", count=1),),
        "none",
        executed=1,
        running=False,
        state="stopped",
        own=False,
    ),
    # Jobs
    Row(
        "job never ends, nothing happens",
        (at(*START, "job_never_ends", executed=False),),
        "failed",
        "timeout",
        0,
        options={"wait_timeout": 3},
        says="wait_timeout",
    ),
    Row(
        "job never ends, test runs",
        (at(*START, "job_never_ends", executed=True),),
        "failed",
        "timeout",
        1,
        True,
        options={"wait_timeout": 3},
    ),
    Row("job fails", (at(*START, "job_fails", phase="Failed", body=REFUSAL),), "failed", "rejected", 0, says="No."),
    Row(
        "job fails unrecoverably",
        (at(*START, "job_fails", phase="Unrecoverable_Failed", body=REFUSAL),),
        "failed",
        "rejected",
        0,
        says="discrepancies",
    ),
    Row(
        "job fails, test runs all the same",
        (at(*START, "job_fails", phase="Failed", executed=True),),
        "failed",
        "rejected",
        1,
        True,
    ),
    Row("flag shows 2 s after the job", (at(*START, "flag_late", seconds=2),)),
    Row(
        "flag shows too late",
        (at(*START, "flag_late", seconds=30),),
        "failed",
        "timeout",
        1,
        options={"wait_timeout": 3},
    ),
    Row("flag always null", (at("GET", "*", "flag_null"),), "failed", "timeout", 1, True, options={"wait_timeout": 3}),
    Row("array ignores is_async, done at once", (at(*START, "ignore_async", mode="immediate"),)),
    Row("array ignores is_async, blocks", (at(*START, "ignore_async", mode="blocking"),)),
    Row("jobs may not be read", (at("GET", JOBS, "forbid"),)),
    Row("jobs do not exist", (at("GET", JOBS, "missing_path"),)),
    Row("answer lost, jobs may not be read", (at(*START, "reset_after", count=1), at("GET", JOBS, "forbid"))),
    Row(
        "not executed, answer lost, jobs may not be read",
        (at(*START, "reset_before", count=1), at("GET", JOBS, "forbid")),
        "failed",
        "unreachable",
        0,
        options={"wait_timeout": 4},
    ),
    # Arrays
    Row("PowerStoreOS 2.1, no type", (), release="2.1.0.0"),
    Row("clock an hour ahead, answer lost", (at(*START, "reset_after", count=1),), clock_skew=3600.0),
    Row("clock an hour behind, answer lost", (at(*START, "reset_before", count=1),), clock_skew=-3600.0),
    Row(
        "remote system goes away before the stop",
        (at(*STOP, "cut_link", count=1),),
        "failed",
        "rejected",
        0,
        True,
        "stopped",
    ),
    Row(
        "remote system goes away, forced",
        (at(*STOP, "cut_link", count=1),),
        "stopped",
        state="stopped",
        options={"force": True},
    ),
    # The end
    Row("logout answers 500", (at("POST", "/logout", "answer", status=500, body=HTML),)),
    Row("logout reset", (at("POST", "/logout", "reset_before"),)),
    Row("logout too slow", (at("POST", "/logout", "delay", seconds=30),), options=QUICK),
    # Together
    Row(
        "busy, expired, lost and late",
        (
            at("GET", SESSIONS, "answer", status=503, body=BUSY, count=2),
            at("GET", JOBS, "expire_session", count=1),
            at(*START, "reset_after", count=1),
            at(*START, "flag_late", seconds=1),
        ),
    ),
    Row("audit log forbidden", (at("GET", "/audit_event", "forbid"),)),
    # A proxy answers for the array
    *(answered_by_a_proxy("started", START, status, body) for status, body in PROXY),
    *(answered_by_a_proxy("stopped", STOP, status, body) for status, body in PROXY),
    Row("start not executed, a proxy answers 408", (at(*START, "answer", status=408, body=HTML, count=1),), seconds=20),
    Row("start not executed, a proxy answers 302", (at(*START, "answer", status=302, body=HTML, count=1),), seconds=20),
    Row("start delivered twice, the refusal comes back", (at(*START, "twice", count=1),), seconds=20),
    Row("stop delivered twice, the refusal comes back", (at(*STOP, "twice", count=1),), "stopped", state="stopped"),
    *(
        Row(
            f"the release answers {status} at the stop",
            (at("GET", "/software_installed", "answer", status=status, body=body),),
            "stopped",
            state="stopped",
            seconds=25,
        )
        for status, body in ((403, HTML), (500, HTML), (200, []))
    ),
    # Answers without an end
    Row("read drips a byte a second, once", (at("GET", SESSIONS, "drip", count=1),), options=QUICK, seconds=20),
    Row("read drips its headers, once", (at("GET", SESSIONS, "drip", part="headers", count=1),), options=QUICK),
    Row("start drips its answer, once", (at(*START, "drip", count=1),), options=QUICK, seconds=20),
    Row("start executed, its answer never ends", (at(*START, "endless", executed=True, count=1),), seconds=20),
    *(
        Row(f"read answers {said}", (at("GET", SESSIONS, action),), "not_attempted", "protocol", 0, seconds=20)
        for action, said in (
            ("endless", "without an end"),
            ("huge", "100 MiB"),
            ("gzip_bomb", "100 MiB, packed"),
            ("nested", "lists in lists"),
        )
    ),
    # What proxies and broken arrays say of reads
    *(
        Row(f"read answers {status}, once", (at("GET", SESSIONS, "answer", status=status, body=HTML, count=1),))
        for status in (500, 502, 504)
    ),
    *(Row(f"read answers busy, Retry-After {after!r}, once", (busy_until(after),)) for after in ("1.5", "", "-1", "²")),
    Row("jobs answer 500", (at("GET", JOBS, "answer", status=500, body=HTML),), seconds=25),
    Row(
        "jobs answer 500 at the stop",
        (at("GET", JOBS, "answer", status=500, body=HTML),),
        "stopped",
        state="stopped",
        seconds=25,
    ),
    # What a stop can do without, and a start cannot
    *(
        Row(f"{said}, at the stop", (fault,), "stopped", state="stopped", seconds=25)
        for said, fault in {**UNREAD, **ODD}.items()
    ),
    *(
        Row(
            f"{said}, at the start", (fault,), "failed" if fault["path"] == SESSIONS else "not_attempted", "protocol", 0
        )
        for said, fault in ODD.items()
    ),
    # Refusals in other words
    *(
        Row(
            f"start refused, {said}", (at(*START, "answer", status=422, body=body),), "failed", "rejected", 0, says=says
        )
        for said, body, says in (
            ("messages is a text", {"messages": "Not now."}, "422: Not now."),
            ("messages are texts", {"messages": ["Not now.", "No."]}, "422: Not now.; No."),
            ("messages is an object", {"messages": REFUSAL["messages"][0]}, "422: No. (0xE02010050042)"),
            ("with terminal sequences", {"messages": [{"message_l10n": TERMINAL}]}, "422: link No. fatal: all is well"),
        )
    ),
    # Accounts and sessions
    Row("the array writes the account otherwise, answer lost", (at(*START, "reset_after", count=1),), account=DOMAIN),
    Row("the login gives no token", (at("GET", "/login_session", "no_token", count=1),)),
    Row(
        "the password has to be changed first",
        (),
        "not_attempted",
        "authorization",
        0,
        account={"password_change_required": True},
        says="hange the password",
    ),
    Row(
        "the password changes before the stop",
        (at(*STOP, "change_password", user="admin", password="other"),),
        "failed",
        "authentication",
        0,
        True,
        "stopped",
    ),
    Row(
        "the session ends before the stop",
        (at(*STOP, "remove_session", count=1),),
        "failed",
        "not_found",
        0,
        False,
        "stopped",
    ),
)
