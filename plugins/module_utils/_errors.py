# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One family of errors; each knows how it reads as the ``failure`` of a module's result.

``failure`` has the shape ``{kind: str, http_status: int | None, code: str | None, message: str}``.
``code`` is the array's own message code (``0xE…``), passed through whole. The family, with ``kind``::

    PowerStoreError
    ├── InvalidInputError            invalid_input   options that make no sense; nothing was sent
    ├── AmbiguousError               ambiguous       a selector fits more than one session
    ├── NotReadyError                not_ready       a blocker refuses the operation before it is sent
    ├── AuthenticationError          authentication  401: user, password or login session
    ├── AuthorizationError           authorization   403: the account may not do this
    ├── NotFoundError                not_found       404: no such session, volume, snapshot
    ├── RejectedError                rejected        the array refused (4xx), or its job failed
    ├── BusyError                    busy            429, 503: wait and try again
    ├── OperationTimeoutError        timeout         not shown within wait_timeout
    ├── UnreachableError             unreachable     no answer: name, port, TLS, proxy, silence
    │   └── OutcomeUnknownError      unreachable     a request was sent, and no answer says what became of it
    │       └── UnclearAnswerError   protocol        (also a ProtocolError) what answered is not the array's own word
    └── ProtocolError                protocol        an answer that is not as the API's description has it
        └── ServerFaultError         protocol        5xx to a read: the array failed inside

Who sends an operation catches `BusyError` (the array's own word that it did not take it) and `OutcomeUnknownError` (it
may have been executed: read the session and its jobs before anything is sent again). Every other error is a refusal.
"""

from __future__ import annotations

import typing as t

# What reading an answer of another shape than the description's raises: a number where a text should be, a null list.
MALFORMED = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


class PowerStoreError(Exception):
    """Something did not go as asked. Subclasses differ in ``kind`` only, unless they say otherwise."""

    kind: t.ClassVar[str] = "protocol"

    def __init__(
        self,
        message: str,
        *,
        http_status: int | None = None,
        code: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        """``retry_after``: seconds that the array asks to wait, where it does."""
        super().__init__(message)
        self.message = message
        self.http_status = http_status
        self.code = code
        self.retry_after = retry_after

    def as_failure(self) -> dict[str, t.Any]:
        """The error as the ``failure`` of a result."""
        return {"kind": self.kind, "http_status": self.http_status, "code": self.code, "message": self.message}


class InvalidInputError(PowerStoreError):
    """The task's options make no sense; nothing was asked of the array."""

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


class UnclearAnswerError(ProtocolError, OutcomeUnknownError):
    """An operation was answered, but not with a result and not with the array's own refusal: it may have failed inside
    (5xx), or a proxy or a load balancer answered for it. It is not known whether the operation was executed."""

    kind = "protocol"


class ServerFaultError(ProtocolError):
    """The array failed inside (5xx other than 503) while something was read."""


# The error that a status stands for: by itself, else by its hundred, else ProtocolError.
_BY_STATUS: t.Final[t.Mapping[int, type[PowerStoreError]]] = {
    401: AuthenticationError,
    403: AuthorizationError,
    404: NotFoundError,
    429: BusyError,
    503: BusyError,
}
_BY_HUNDRED: t.Final[t.Mapping[int, type[PowerStoreError]]] = {4: RejectedError, 5: ServerFaultError}

IS_IT_A_POWERSTORE = "Is this the management address of a PowerStore?"
_HINTS: t.Final[t.Mapping[int, str]] = {
    403: "The account may not do this: give it a role on the array that may, or use another account.",
    429: "The array asks for fewer requests: try again later, or with a smaller max_parallel.",
    503: "The array is busy: try again later.",
}


def error_from_answer(
    status: int,
    payload: object,
    doing: str,
    retry_after: float | None = None,
    *,
    operation: bool = False,
    hint: str | None = None,
) -> PowerStoreError:
    """The error that an unwanted answer stands for.

    ``payload`` is the decoded body, of the shape ``{"messages": [{"code", "severity", "message_l10n", "arguments"}]}``
    where the array keeps to its description; anything else is tolerated, as 401 may come with an empty body and
    a front end may answer HTML (api-facts 2: error_response).

    ``operation``: the request changes something. Then only the array's own words count as a refusal (`is_own_word`);
    anything else is an UnclearAnswerError, as something in between may have passed the request on. ``hint``: what to
    do, where the caller knows better than the status.
    """
    code, text = _first_message(payload)
    kind = _BY_STATUS.get(status) or _BY_HUNDRED.get(status // 100, ProtocolError)
    if operation and not is_own_word(status, payload):
        kind = UnclearAnswerError
    message = f"{doing}: the array answered {status}" + (f": {text}" if text else "") + (f" ({code})" if code else "")
    advice = _advice(status, kind, hint)
    return kind(f"{message}. {advice}" if advice else message, http_status=status, code=code, retry_after=retry_after)


def is_own_word(status: int, payload: object) -> bool:
    """Whether the array itself says that it did not take a request: an ``error_response``, which has ``messages``.

    408 is never the array's (HttpStatusEnum does not have it), and a 5xx other than 503 says that it failed inside.
    """
    is_refusal = (400 <= status < 500 and status != 408) or status == 503
    return is_refusal and isinstance(payload, dict) and payload.get("messages") is not None


def _advice(status: int, kind: type[PowerStoreError], hint: str | None) -> str | None:
    if hint:
        return hint
    if status // 100 == 3:  # followed, a redirect would hand the login session to whoever it names
        return f"It redirects, which is not followed. {IS_IT_A_POWERSTORE}"
    if kind is UnclearAnswerError and status // 100 != 5:
        return "These are not the array's own words: something in between may have passed the request on."
    return _HINTS.get(status)


def error_text(payload: object) -> str:
    """The messages of an ``error_response`` as one line, empty where there are none."""
    code, text = _first_message(payload)
    return f"{text} ({code})" if text and code else text or code or ""


def _first_message(payload: object) -> tuple[str | None, str | None]:
    """The first code and all texts. ``messages`` may be a list, one object, a text or a list of texts."""
    messages = payload.get("messages") if isinstance(payload, dict) else None
    entries = messages if isinstance(messages, list) else [messages]
    texts, codes = [], []
    for entry in entries:
        said = entry if isinstance(entry, dict) else {"message_l10n": entry if isinstance(entry, str) else None}
        codes += [_scalar(said.get("code"))]
        texts += [_scalar(said.get("message_l10n")) or _scalar(said.get("message"))]
    return next(filter(None, codes), None), "; ".join(filter(None, texts)) or None


def _scalar(value: object) -> str | None:
    return str(value) if isinstance(value, (str, int, float)) and value != "" else None
