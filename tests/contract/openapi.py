# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The part of a check that plain OpenAPI can say: parameters, bodies, statuses and headers of one HTTP exchange.

openapi-core needs 2.5 to 20 ms for an exchange, and the suites make thousands. It therefore judges each *shape* until
one of that shape is right: operation, status, which headers, query keys and attributes are there. What makes it slow
is finding its way through the description anew each time, and that has the same end for each exchange of one shape.
Only values can then still be wrong, and those are checked, each time, by the same JSON schemas, compiled once.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

from jsonschema import FormatChecker
from jsonschema.exceptions import ValidationError
from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.validation.response.exceptions import MissingData
from openapi_core.validation.schemas.exceptions import InvalidSchemaValue
from openapi_schema_validator import OAS31Validator, oas31_format_checker
from referencing import Registry
from referencing.jsonschema import DRAFT202012
from werkzeug.datastructures import Headers, ImmutableMultiDict

from tests.contract.description import Description, Operation, Schema

BASE = "/api/rest"
_URN = "urn:powerstore"
# What a journal writes in place of a secret.
_MASK = "***"


class Exchange(Protocol):
    """One HTTP request and its answer. path is the one below /api/rest; bodies are parsed, None if there is none.

    Secrets in headers may be masked: their values do not matter. status is 0 if no answer came.
    """

    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def query(self) -> Sequence[tuple[str, str]]: ...
    @property
    def request_headers(self) -> Mapping[str, str]: ...
    @property
    def request_body(self) -> Any: ...
    @property
    def status(self) -> int: ...
    @property
    def response_headers(self) -> Mapping[str, str]: ...
    @property
    def response_body(self) -> Any: ...


def is_ip_address(value: object) -> bool:
    """For the format "ip-address", which only Dell has. A format says nothing about what is no text."""
    if isinstance(value, str):
        try:
            ipaddress.ip_address(value)
        except ValueError:
            return False
    return True


def _cookies(header: str) -> frozenset[str]:
    """The names of the cookies that are sent."""
    if header == _MASK:
        return frozenset({"auth_cookie"})
    return frozenset(part.partition("=")[0].strip() for part in header.split(";"))


def _encode(body: Any) -> bytes:
    return b"" if body is None else json.dumps(body).encode()


@dataclass
class _Request:
    """An exchange's request, as openapi-core wants to see it."""

    exchange: Exchange
    parameters: RequestParameters
    host_url: str = "https://powerstore.invalid"
    content_type: str = "application/json"

    @property
    def path(self) -> str:
        return BASE + quote(self.exchange.path, safe="/:")

    @property
    def method(self) -> str:
        return self.exchange.method.lower()

    @property
    def body(self) -> bytes:
        return _encode(self.exchange.request_body)

    @classmethod
    def of(cls, exchange: Exchange) -> _Request:
        headers = Headers(list(exchange.request_headers.items()))
        # A masked login was there, and nothing more is asked of it; the same goes for a cookie.
        if headers.get("Authorization") == _MASK:
            headers["Authorization"] = f"Basic {_MASK}"
        return cls(
            exchange=exchange,
            parameters=RequestParameters(
                query=ImmutableMultiDict(list(exchange.query)),
                header=headers,
                cookie=ImmutableMultiDict(dict.fromkeys(_cookies(headers.get("Cookie", "")), _MASK)),
            ),
            content_type=headers.get("Content-Type", "application/json"),
        )


@dataclass
class _Response:
    """An exchange's answer, as openapi-core wants to see it."""

    data: bytes
    status_code: int
    headers: Headers
    content_type: str

    @classmethod
    def of(cls, exchange: Exchange) -> _Response:
        headers = Headers(list(exchange.response_headers.items()))
        # A journal may leave out what its server adds to each answer; the body has been parsed as JSON, after all.
        kind = headers.get("Content-Type", "application/json")
        return cls(_encode(exchange.response_body), exchange.status, headers, kind)


def explain(error: ValidationError, where: str) -> str:
    """A schema's complaint in one line. Of "this or null" (see the description) only "this" is worth telling."""
    while error.context:
        error = error.context[0]
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path)
    return f"{where}{path}: {error.message[:240]}"


def _explain_core(error: Exception, where: str) -> Iterator[str]:
    cause = error.__cause__
    if isinstance(cause, InvalidSchemaValue):
        name = getattr(error, "name", "")
        yield from (explain(inner, f"{where} {name}".strip()) for inner in cause.schema_errors)
    else:
        yield f"{where}: {error}" + (f": {cause}" if cause else "")


def _keys(body: Any) -> frozenset[str]:
    rows = body if isinstance(body, list) else [body]
    return frozenset(key for row in rows if isinstance(row, dict) for key in row)


def _names(pairs: Iterable[str]) -> frozenset[str]:
    return frozenset(name.lower() for name in pairs)


def _cast(text: str, schema: Schema) -> Any:
    """A parameter's text as what its schema wants; the text itself, for the schema to refuse, if it is not that."""
    if schema.get("type") == "integer" and text.removeprefix("-").isdecimal():
        return int(text)
    return text


class OpenAPICheck:
    def __init__(self, description: Description) -> None:
        self._description = description
        # test_description.py validates the description itself; doing so for each Contract takes most of a second.
        config = Config(spec_validator_cls=None, extra_format_validators={"ip-address": is_ip_address})
        self._core = OpenAPI.from_dict(dict(description.document), config=config)
        self._right: set[object] = set()
        self._validators: dict[object, OAS31Validator] = {}
        resource = DRAFT202012.create_resource(dict(description.document))
        self._registry: Registry[Any] = Registry().with_resource(_URN, resource)
        self._formats = FormatChecker(formats=())
        self._formats.checkers = {**oas31_format_checker.checkers, "ip-address": (is_ip_address, ())}

    def request(self, operation: Operation, exchange: Exchange) -> list[str]:
        headers = {name.lower(): value for name, value in exchange.request_headers.items()}
        login = (headers.get("authorization", "").partition(" ")[0], _cookies(headers.get("cookie", "")))
        shape = (
            "request",
            operation.method,
            operation.template,
            frozenset(headers),
            login,
            headers.get("content-type"),
            frozenset(key for key, _value in exchange.query),
            type(exchange.request_body),
            _keys(exchange.request_body),
        )
        return self._judge(shape, lambda: self._core_request(exchange), lambda: self._values_sent(operation, exchange))

    def response(self, operation: Operation, exchange: Exchange) -> list[str]:
        body, headers = exchange.response_body, exchange.response_headers
        kind = {name.lower(): value for name, value in headers.items()}.get("content-type")
        shape = (
            "response",
            operation.method,
            operation.template,
            exchange.status,
            _names(headers),
            kind,
            type(body),
            _keys(body),
        )
        return self._judge(shape, lambda: self._core_response(exchange), lambda: self._values_got(operation, exchange))

    def _judge(self, shape: object, core: Callable[[], list[str]], values: Callable[[], list[str]]) -> list[str]:
        if shape in self._right:
            return values()
        problems = core()
        if not problems:
            self._right.add(shape)
        return problems

    def _core_request(self, exchange: Exchange) -> list[str]:
        errors = self._core.iter_request_errors(_Request.of(exchange))
        return [line for error in errors for line in _explain_core(error, "request")]

    def _core_response(self, exchange: Exchange) -> list[str]:
        errors = self._core.iter_response_errors(_Request.of(exchange), _Response.of(exchange))
        # The answer to a request that is not logged in may be empty; everything else that is refused says why.
        told = (error for error in errors if not (exchange.status == 401 and isinstance(error, MissingData)))
        return [line for error in told for line in _explain_core(error, "answer")]

    def _values_sent(self, operation: Operation, exchange: Exchange) -> list[str]:
        given = {("query", key): value for key, value in exchange.query}
        given |= {("header", key.lower()): value for key, value in exchange.request_headers.items()}
        given["path", "id"] = "/".join(exchange.path.strip("/").split("/")[1:2])
        problems = []
        for parameter in operation.parameters:
            name = parameter["name"]
            text = given.get((parameter["in"], name.lower() if parameter["in"] == "header" else name))
            if text is not None:
                value = _cast(text, parameter["schema"])
                problems += self._errors(
                    ("parameter", name, id(parameter)), parameter["schema"], value, f"request {name}"
                )
        schema = _body_schema(operation.schema.get("requestBody", {}))
        if schema is not None and exchange.request_body is not None:
            problems += self._errors(
                ("body", operation.method, operation.template), schema, exchange.request_body, "request"
            )
        return problems

    def _values_got(self, operation: Operation, exchange: Exchange) -> list[str]:
        answer = self.answer(operation, exchange.status)
        problems = []
        headers = {name.lower(): value for name, value in exchange.response_headers.items()}
        for name, entry in answer.get("headers", {}).items():
            header = self._description.resolve(entry)
            problems += self._errors(("header", name), header["schema"], headers[name.lower()], f"answer {name}")
        schema = _body_schema(answer)
        if schema is not None and exchange.response_body is not None:
            key = (operation.template, operation.method, exchange.status)
            problems += self._errors(key, schema, exchange.response_body, "answer")
        return problems

    def answer(self, operation: Operation, status: int) -> Schema:
        """What the description says about this status of the operation; nothing if it has no such status."""
        responses = operation.schema["responses"]
        return self._description.resolve(responses.get(str(status), responses.get(f"{status // 100}XX", {})))

    def _errors(self, key: object, schema: Schema, value: Any, where: str) -> list[str]:
        validator = self._validators.get(key)
        if validator is None:
            validator = OAS31Validator(_absolute(schema), registry=self._registry, format_checker=self._formats)
            self._validators[key] = validator
        return [explain(error, where) for error in validator.iter_errors(value)]


def _body_schema(holder: Schema) -> Schema | None:
    for media in holder.get("content", {}).values():
        schema: Schema = media["schema"]
        return schema
    return None


def _absolute(schema: Any) -> Any:
    """The schema with references that are found from outside the description, too."""
    if isinstance(schema, dict):
        return {key: _URN + value if key == "$ref" else _absolute(value) for key, value in schema.items()}
    return schema
