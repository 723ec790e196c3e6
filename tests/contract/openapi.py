# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The part of a check that plain OpenAPI can say: login, parameters, bodies, statuses and headers of one HTTP exchange.

The values are judged by JSON schemas, each compiled once; what is there and what is missing, here.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from jsonschema import FormatChecker
from jsonschema.exceptions import ValidationError
from openapi_schema_validator import OAS31Validator, oas31_format_checker
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from tests.contract.description import Description, Operation, Schema

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


def explain(error: ValidationError, where: str) -> str:
    """A schema's complaint in one line. Of "this or null" (see the description) only "this" is worth telling."""
    while error.context:
        error = error.context[0]
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path)
    return f"{where}{path}: {error.message[:240]}"


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _media(headers: Mapping[str, str]) -> str:
    """A journal may leave out what its server adds to each answer; bodies have been parsed as JSON, after all."""
    return headers.get("content-type", "application/json").partition(";")[0].strip()


def _cast(text: str, schema: Schema) -> Any:
    """A parameter's text as what its schema wants; the text itself, for the schema to refuse, if it is not that."""
    if schema.get("type") == "integer" and text.removeprefix("-").isdecimal():
        return int(text)
    return text


class OpenAPICheck:
    def __init__(self, description: Description) -> None:
        self._description = description
        self._validators: dict[object, OAS31Validator] = {}
        resource = DRAFT202012.create_resource(dict(description.document))
        self._registry: Registry[Any] = Registry().with_resource(_URN, resource)
        self._formats = FormatChecker(formats=())
        self._formats.checkers = {**oas31_format_checker.checkers, "ip-address": (is_ip_address, ())}

    def request(self, operation: Operation, exchange: Exchange) -> list[str]:
        headers = _lower(exchange.request_headers)
        return [
            *self._login_problems(operation, headers),
            *self._parameter_problems(operation, exchange, headers),
            *self._sent_problems(operation, exchange, headers),
        ]

    def response(self, operation: Operation, exchange: Exchange) -> list[str]:
        answer = self.answer(operation, exchange.status)
        if not answer:
            return [f"answer: {exchange.status} is not a status of {operation.method.upper()} {operation.template}"]
        headers = _lower(exchange.response_headers)
        return [
            *self._header_problems(answer, headers),
            *self._got_problems((operation.template, operation.method, exchange.status), answer, exchange, headers),
        ]

    def answer(self, operation: Operation, status: int) -> Schema:
        """What the description says about this status of the operation; nothing if it has no such status."""
        responses = operation.schema["responses"]
        return self._description.resolve(responses.get(str(status), responses.get(f"{status // 100}XX", {})))

    def _login_problems(self, operation: Operation, headers: Mapping[str, str]) -> Iterator[str]:
        """One of the ways to log in is enough."""
        document = self._description.document
        ways = operation.schema.get("security", document["security"])
        schemes = document["components"]["securitySchemes"]
        if not any(all(self._is_met(schemes[name], headers) for name in way) for way in ways):
            yield f"request: not logged in by {' or '.join(' and '.join(way) for way in ways)}"

    @staticmethod
    def _is_met(scheme: Schema, headers: Mapping[str, str]) -> bool:
        if scheme["type"] == "apiKey":
            return scheme["name"] in _cookies(headers.get("cookie", ""))
        login = headers.get("authorization", "")
        return login == _MASK or login.lower().startswith(f"{scheme['scheme']} ")

    def _parameter_problems(
        self, operation: Operation, exchange: Exchange, headers: Mapping[str, str]
    ) -> Iterator[str]:
        given = {("query", key): value for key, value in exchange.query}
        given |= {("header", key): value for key, value in headers.items()}
        given["path", "id"] = "/".join(exchange.path.strip("/").split("/")[1:2])
        for parameter in operation.parameters:
            place, name = parameter["in"], parameter["name"]
            text = given.get((place, name.lower() if place == "header" else name))
            if text is not None:
                value = _cast(text, parameter["schema"])
                key = ("parameter", name, id(parameter))
                yield from self._errors(key, parameter["schema"], value, f"request {name}")
            elif parameter.get("required"):
                yield f"request {name}: this {place} parameter is missing"

    def _sent_problems(self, operation: Operation, exchange: Exchange, headers: Mapping[str, str]) -> Iterator[str]:
        wanted = operation.schema.get("requestBody")
        if wanted is None:
            return
        if exchange.request_body is None:
            if wanted.get("required"):
                yield f"request: {operation.method.upper()} {operation.template} needs a body"
            return
        media = wanted["content"].get(_media(headers))
        if media is None:
            yield f"request: a body of type {_media(headers)}, instead of {' or '.join(wanted['content'])}"
            return
        key = ("body", operation.method, operation.template)
        yield from self._errors(key, media["schema"], exchange.request_body, "request")

    def _header_problems(self, answer: Schema, headers: Mapping[str, str]) -> Iterator[str]:
        for name, entry in answer.get("headers", {}).items():
            header, text = self._description.resolve(entry), headers.get(name.lower())
            if text is not None:
                yield from self._errors(("header", name), header["schema"], text, f"answer {name}")
            elif header.get("required"):
                yield f"answer {name}: this header is missing"

    def _got_problems(
        self, key: object, answer: Schema, exchange: Exchange, headers: Mapping[str, str]
    ) -> Iterator[str]:
        content = answer.get("content")
        if content is None:
            return  # checker.py looks for a body that should not be there.
        if exchange.response_body is None:
            # The answer to a request that is not logged in may be empty; everything else that is refused says why.
            if exchange.status != 401:
                yield f"answer: {exchange.status} has no body"
            return
        media = content.get(_media(headers))
        if media is None:
            yield f"answer: a body of type {_media(headers)}, instead of {' or '.join(content)}"
            return
        yield from self._errors(key, media["schema"], exchange.response_body, "answer")

    def _errors(self, key: object, schema: Schema, value: Any, where: str) -> list[str]:
        validator = self._validators.get(key)
        if validator is None:
            validator = OAS31Validator(_absolute(schema), registry=self._registry, format_checker=self._formats)
            self._validators[key] = validator
        return [explain(error, where) for error in validator.iter_errors(value)]


def _absolute(schema: Any) -> Any:
    """The schema with references that are found from outside the description, too."""
    if isinstance(schema, dict):
        return {key: _URN + value if key == "$ref" else _absolute(value) for key, value in schema.items()}
    return schema
