# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Login, cookie sessions, the CSRF token and what roles may do [api-facts 1]."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from http.cookies import CookieError, SimpleCookie
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from .errors import ApiError
from .message import Request
from .tables import Row
from .world import Array

Role = Literal["administrator", "storage_administrator", "storage_operator", "operator"]
# 1 and 3 are known from public traces and Dell's examples, the others are INF.
ROLE_IDS: Mapping[str, str] = {"administrator": "1", "storage_administrator": "2", "operator": "3"} | {
    "storage_operator": "4"
}
# What a role may change (first word of the path); BELIEF: operators only read.
_MAY_CHANGE: Mapping[str, frozenset[str] | None] = {
    "administrator": None,
    "storage_administrator": None,
    "storage_operator": frozenset(
        {
            "replication_session",
            "volume",
            "volume_group",
            "host",
            "host_group",
            "nas_server",
            "file_system",
            "file_interface",
        }
    ),
    "operator": frozenset(),
}


class UnauthorizedError(Exception):
    """401, with an empty body."""


class Account(Struct, frozen=True, forbid_unknown_fields=True):
    """Who may log in.

    forbidden: globs of paths ('/audit_event*') that answer 403 to this account.
    recorded_as: the name in jobs and audit events, where it is not the one that logs in ('CORP\\drill' and 'drill').
    shows_user: false where login_session answers a null user, as newer releases may [api-facts 10].
    """

    username: str
    password: str
    role: Role
    forbidden: tuple[str, ...] = ()
    built_in: bool = False
    recorded_as: str | None = None
    shows_user: bool = True
    password_change_required: bool = False

    @property
    def recorded(self) -> str:
        """The name that the array's own log has."""
        return self.username if self.recorded_as is None else self.recorded_as


@dataclass
class LoginSession:
    """A cookie session."""

    id: str
    cookie: str
    token: str
    account: Account
    last_used: datetime


@dataclass(frozen=True)
class Identity:
    """Who sends a request; session is None for Basic without a live cookie."""

    account: Account
    session: LoginSession | None


class Logins:
    """The accounts and login sessions of one array, and how often what happened."""

    def __init__(self, array: Array, accounts: Mapping[str, Account]) -> None:
        self.array = array
        # Local user names are compared without regard to case [api-facts 10].
        self.accounts = {name.lower(): account for name, account in accounts.items()}
        self.sessions: OrderedDict[str, LoginSession] = OrderedDict()
        self.logins = 0
        self.logouts = 0
        self.failed_logins = 0

    @property
    def open_sessions(self) -> int:
        self._expire()
        return len(self.sessions)

    def authenticate(self, request: Request) -> Identity:
        """By Basic if it is sent, else by cookie. GET /login_session with Basic opens a session.

        No other request opens one (INF: Cinder's driver keeps none). A live cookie of the same account sent along
        with Basic stays in use, so that its token is asked for.
        """
        headers = request.lower_headers
        session = self._by_cookie(headers.get("cookie"))
        account = self._by_basic(headers.get("authorization"))
        if account is None:
            if session is None:
                raise UnauthorizedError
            return Identity(session.account, session)
        if session is not None and session.account != account:
            session = None
        if session is None and request.method == "GET" and request.segments == ("login_session",):
            session = self._open(account)
        return Identity(account, session)

    def check_token(self, request: Request, identity: Identity) -> None:
        """A cookie session must send its token with everything but GET; Basic alone needs none (INF, from Cinder)."""
        if request.method == "GET" or identity.session is None:
            return
        sent = request.lower_headers.get("dell-emc-token", "")
        if not secrets.compare_digest(sent.encode(), identity.session.token.encode()):
            raise ApiError("token")

    def check_role(self, request: Request, account: Account) -> None:
        """A 403 that stays; until a required change of the password everything but login and logout gets one."""
        wanted = f"{request.method} {request.path}"
        if account.password_change_required and request.segments[0] not in {"login_session", "logout"}:
            raise ApiError("password_change", account.username)
        if any(fnmatchcase(request.path, pattern) for pattern in account.forbidden):
            raise ApiError("forbidden", account.username, wanted)
        may = _MAY_CHANGE[account.role]
        if request.method != "GET" and may is not None and request.segments[0] not in may | {"logout"}:
            raise ApiError("forbidden", account.username, wanted)

    def close(self, session: LoginSession | None) -> None:
        """Log out."""
        if session is not None and self.sessions.pop(session.cookie, None) is not None:
            self.logouts += 1

    def set_password(self, username: str, password: str) -> None:
        """Changing a password ends all login sessions of that user at once [api-facts 10]."""
        account = self.accounts.get(username.lower())
        if account is None:
            raise LookupError(f"array {self.array.name} has no account {username!r}")
        self.accounts[username.lower()] = replace(account, password=password, password_change_required=False)
        for session in [each for each in self.sessions.values() if each.account.username == account.username]:
            del self.sessions[session.cookie]

    def kill(self, cookie_header: str | None) -> None:
        """A fault: the session dies without a logout."""
        session = self._by_cookie(cookie_header)
        if session is not None:
            self.sessions.pop(session.cookie, None)

    def rotate_token(self, cookie_header: str | None) -> None:
        """A fault: the session gets another token."""
        session = self._by_cookie(cookie_header)
        if session is not None:
            session.token = _secret()

    def row(self, identity: Identity) -> Row:
        """[S login_session_instance]"""
        session, account = identity.session, identity.account
        return {
            "id": session.id if session else "0",
            "user": account.username if account.shows_user else None,
            "user_id": f"{account.username.lower()}_id",
            "user_type": "LDAP_User" if "\\" in account.username or "@" in account.username else "Local_User",
            "role_ids": [ROLE_IDS[account.role]],
            "idle_timeout": int(self.array.world.options.idle_timeout),
            "is_password_change_required": account.password_change_required,
            "is_built_in_user": account.built_in,
        }

    def _open(self, account: Account) -> LoginSession:
        self._expire()
        while len(self.sessions) >= self.array.world.options.session_ceiling:
            self.sessions.popitem(last=False)  # the array drops the oldest instead of refusing
        session = LoginSession(self.array.next_id(), _secret(), _secret(), account, self.array.world.clock.now())
        self.sessions[session.cookie] = session
        self.logins += 1
        return session

    def _alive(self, session: LoginSession) -> bool:
        idle = (self.array.world.clock.now() - session.last_used).total_seconds()
        return idle < self.array.world.options.idle_timeout

    def _expire(self) -> None:
        for session in [each for each in self.sessions.values() if not self._alive(each)]:
            del self.sessions[session.cookie]

    def _by_cookie(self, header: str | None) -> LoginSession | None:
        session = self.sessions.get(_auth_cookie(header)) if header else None
        if session is None:
            return None
        if not self._alive(session):
            del self.sessions[session.cookie]
            return None
        session.last_used = self.array.world.clock.now()
        return session

    def _by_basic(self, header: str | None) -> Account | None:
        if header is None or not header.lower().startswith("basic "):
            return None
        try:
            username, _colon, password = base64.b64decode(header[6:], validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            username, password = "", ""
        account = self.accounts.get(username.lower())
        if account is None or not secrets.compare_digest(account.password.encode(), password.encode()):
            self.failed_logins += 1
            raise UnauthorizedError
        return account


def _secret() -> str:
    return secrets.token_urlsafe(32)


def _auth_cookie(header: str) -> str:
    try:
        morsel = SimpleCookie(header).get("auth_cookie")
    except CookieError:
        return ""
    return morsel.value if morsel else ""
