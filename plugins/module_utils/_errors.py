# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One family of errors; each knows how it reads as the ``failure`` of a module's result.

``failure`` has the shape ``{kind: str, http_status: int | None, code: str | None, message: str}``.
``code`` is the array's own message code (``0xE…``), passed through whole.
"""

from __future__ import annotations

import typing as t

# What reading an answer of another shape than the description's raises: a number where a text should be, a null list.
MALFORMED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


class PowerStoreError(Exception):
    """Something did not go as asked. Subclasses differ in ``kind`` only, unless they say otherwise."""

    kind: t.ClassVar[str] = "protocol"

    def __init__(self, message: str, *, http_status: int | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.http_status = http_status
        self.code = code

    def as_failure(self) -> dict[str, t.Any]:
        """The error as the ``failure`` of a result."""
        return {"kind": self.kind, "http_status": self.http_status, "code": self.code, "message": self.message}


class InvalidInputError(PowerStoreError):
    """The task's options cannot be meant; nothing was asked of the array."""

    kind = "invalid_input"


class AuthenticationError(PowerStoreError):
    """The array does not know this user, password or login session (401)."""

    kind = "authentication"


class AuthorizationError(PowerStoreError):
    """The account may not do this (a 403 that stays after a fresh login)."""

    kind = "authorization"


class NotFoundError(PowerStoreError):
    """The array has no such session, volume, volume group or snapshot."""

    kind = "not_found"


class AmbiguousError(PowerStoreError):
    """A selector fits more than one session, or two selectors name the same one."""

    kind = "ambiguous"


class NotReadyError(PowerStoreError):
    """A finding of severity ``blocker`` refuses the operation before it is sent."""

    kind = "not_ready"


class RejectedError(PowerStoreError):
    """The array refused the operation (4xx), or its job failed."""

    kind = "rejected"


class BusyError(PowerStoreError):
    """The array said wait and try again (503, 429), longer than this task was willing to."""

    kind = "busy"

    def __init__(self, message: str, *, retry_after: float | None = None, **kwargs: t.Any) -> None:
        super().__init__(message, **kwargs)
        self.retry_after = retry_after


class OperationTimeoutError(PowerStoreError):
    """The wanted state was not shown within ``wait_timeout``."""

    kind = "timeout"


class UnreachableError(PowerStoreError):
    """No answer: the name does not resolve, the port refuses, TLS fails, the connection broke or stayed silent."""

    kind = "unreachable"


class OutcomeUnknownError(UnreachableError):
    """The request may have been executed although no usable answer came back. It must not be sent again blindly."""


class ProtocolError(PowerStoreError):
    """What answered does not speak the PowerStore REST API the way it is described."""

    kind = "protocol"


class ServerFaultError(ProtocolError, OutcomeUnknownError):
    """The array failed inside (5xx other than 503): for an operation it is not known whether it was executed."""

    kind = "protocol"


_HINTS = {
    403: ". The account may not do this: give it a role on the array that may, or use another account.",
    429: ". The array asks for fewer requests: try again later, or with a smaller max_parallel.",
    503: ". The array is busy: try again later.",
}


def error_from_answer(status: int, payload: object, doing: str, retry_after: float | None = None) -> PowerStoreError:
    """The error that an answer outside 2xx stands for.

    ``payload`` is the decoded body, of the shape ``{"messages": [{"code", "severity", "message_l10n", "arguments"}]}``
    where the array keeps to its description; anything else is tolerated, as 401 may come with an empty body and
    a front end may answer HTML (api-facts 2: error_response).
    """
    code, text = _first_message(payload)
    message = f"{doing}: the array answered {status}" + (f": {text}" if text else "") + (f" ({code})" if code else "")
    message += _HINTS.get(status, "")
    if status in (429, 503):
        return BusyError(message, http_status=status, code=code, retry_after=retry_after)
    if status >= 500:
        return ServerFaultError(message, http_status=status, code=code)
    family: dict[int, type[PowerStoreError]] = {
        401: AuthenticationError,
        403: AuthorizationError,
        404: NotFoundError,
    }
    default = RejectedError if 400 <= status < 500 else ProtocolError
    return family.get(status, default)(message, http_status=status, code=code)


def error_text(payload: object) -> str:
    """The messages of an ``error_response`` as one line, empty where there are none."""
    code, text = _first_message(payload)
    return f"{text} ({code})" if text and code else text or code or ""


def _first_message(payload: object) -> tuple[str | None, str | None]:
    messages = payload.get("messages") if isinstance(payload, dict) else None
    if isinstance(messages, str):
        return None, messages
    entries = [entry for entry in messages if isinstance(entry, dict)] if isinstance(messages, list) else []
    if not entries:
        return None, None
    texts = [str(entry["message_l10n"]) for entry in entries if entry.get("message_l10n")]
    code = entries[0].get("code")
    return (str(code) if code else None), "; ".join(texts) or None
