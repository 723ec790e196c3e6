# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Is an HTTP exchange with a PowerStore array what powerstore-openapi.yml and the array's conventions allow?

    contract = Contract.from_file()
    contract.check_exchange(exchange)                      # [] if it is
    contract.check_exchange(exchange, release="2.1.0.0")   # and nothing in it is newer than this release

A refused exchange has two sides: a wrong request, and an answer that refuses it properly. check_request and
check_response look at one each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.contract.description import FILE, Attribute, Description, Operation, is_newer
from tests.contract.openapi import Exchange, OpenAPICheck
from tests.contract.query import Filter, QueryError, Selected, parse_filter, parse_order, parse_select

_PAGING = ("order", "limit", "offset")
# Rows of one answer: without a limit, and whatever the limit.
_DEFAULT_LIMIT, _MAXIMUM_LIMIT = 100, 2000


class Contract:
    def __init__(self, description: Description) -> None:
        self.description = description
        self._openapi = OpenAPICheck(description)

    @classmethod
    def from_file(cls, path: Path = FILE) -> Contract:
        return cls(Description.from_file(path))

    def check_exchange(self, exchange: Exchange, release: str | None = None) -> list[str]:
        """The problems of the exchange, one sentence each."""
        return self.check_request(exchange, release) + self.check_response(exchange, release)

    def check_request(self, exchange: Exchange, release: str | None = None) -> list[str]:
        operation = self.description.operation(exchange.method, exchange.path)
        if operation is None:
            known = self.description.has_path(exchange.path)
            return [f"request: {exchange.method} {exchange.path}: no such {'verb' if known else 'path'}"]
        problems = self._openapi.request(operation, exchange)
        problems += self._body_problems(operation, exchange)
        problems += self._query_problems(operation, exchange, release)
        if is_newer(operation.added, release):
            problems.append(f"request: {operation.method.upper()} {operation.template} came with {operation.added}")
        return problems

    def check_response(self, exchange: Exchange, release: str | None = None) -> list[str]:
        if exchange.status == 0:
            return []
        if exchange.status not in self._statuses:
            return [f"answer: {exchange.status} is not a status of this API"]
        operation = self.description.operation(exchange.method, exchange.path)
        if operation is None:
            return (
                [] if exchange.status >= 400 else [f"answer: {exchange.status} from a path or verb that is not there"]
            )
        problems = self._openapi.response(operation, exchange)
        if exchange.status >= 300:
            return problems
        problems += _async_problems(operation, exchange)
        if operation.method == "get":
            problems += self._row_problems(operation, exchange)
        if operation.is_collection:
            problems += _page_problems(exchange)
        answer = self._openapi.answer(operation, exchange.status)
        media = answer.get("content", {}).get("application/json")
        if media is None:
            return problems if exchange.response_body is None else [*problems, f"answer: {exchange.status} has a body"]
        if release is not None:
            newer = self.description.newer(exchange.response_body, media["schema"], release)
            problems += (f"answer: {text}" for text in Counter(newer))
        return problems

    @cached_property
    def _statuses(self) -> set[int]:
        return {int(status) for status in self.description.schemas["HttpStatusEnum"]["enum"]}

    def _body_problems(self, operation: Operation, exchange: Exchange) -> list[str]:
        # `{}` where nothing is expected is what Dell's own clients send.
        if "requestBody" not in operation.schema and exchange.request_body not in (None, {}):
            return [f"request: {operation.method.upper()} {operation.template} takes no body"]
        return []

    def _query_problems(self, operation: Operation, exchange: Exchange, release: str | None) -> Iterator[str]:
        for key, times in Counter(key for key, _value in exchange.query).items():
            if times > 1 and key in ("select", "is_async", *_PAGING):
                yield f"request: {key} is there {times} times"
        if operation.method != "get":
            yield from (
                f"request: {key} has no place on a {operation.method.upper()}"
                for key, _value in exchange.query
                if key != "is_async"
            )
            yield from self._newer_body(operation, exchange, release)
            return
        schema = f"{operation.resource}_instance"
        for key, value in exchange.query:
            try:
                yield from self._parameter_problems(operation, schema, key, value, release)
            except QueryError as error:
                yield f"request: {error}"

    def _parameter_problems(
        self, operation: Operation, schema: str, key: str, value: str, release: str | None
    ) -> Iterator[str]:
        if key == "is_async":
            yield "request: is_async has no place on a GET"
        elif key == "select":
            yield from self._select_problems(parse_select(value), schema, "", release)
        elif not operation.is_collection or operation.is_simple:
            yield f"request: {operation.template} takes select, and no {key}"
        elif key == "order":
            yield from self._order_problems(value, schema, release)
        elif key not in _PAGING:
            for condition in parse_filter(key, value):
                yield from self._filter_problems(condition, schema, release)

    def _newer_body(self, operation: Operation, exchange: Exchange, release: str | None) -> Iterator[str]:
        if release is None or exchange.request_body is None or "requestBody" not in operation.schema:
            return
        body = operation.schema["requestBody"]
        if is_newer(body.get("x-added", "1.0.0.0"), release):
            yield f"request: a body for {operation.template} came with {body['x-added']}"
        schema = body["content"]["application/json"]["schema"]
        yield from (f"request: {text}" for text in self.description.newer(exchange.request_body, schema, release))

    def _find(self, name: str, schema: str, what: str, release: str | None) -> tuple[Attribute | None, list[str]]:
        attribute = self.description.attributes(schema).get(name)
        if attribute is None:
            return None, [f"request: {what}: {name} is not an attribute of {schema.removesuffix('_instance')}"]
        if is_newer(attribute.added, release):
            return attribute, [f"request: {what}: {name} came with {attribute.added}"]
        return attribute, []

    def _select_problems(
        self, selected: Sequence[Selected], schema: str, where: str, release: str | None
    ) -> Iterator[str]:
        for entry in selected:
            if entry.name == "*" and entry.inner is None:
                continue
            attribute, problems = self._find(entry.name, schema, f"select {where}".strip(), release)
            yield from problems
            if attribute is None or entry.inner is None:
                continue
            if not attribute.is_reference or attribute.inside is None:
                yield f"request: select: {where}{entry.name} is not a reference that could be gone into"
            else:
                yield from self._select_problems(entry.inner, attribute.inside, f"{where}{entry.name}.", release)

    def _order_problems(self, text: str, schema: str, release: str | None) -> Iterator[str]:
        for name in parse_order(text):
            attribute, problems = self._find(name, schema, "order", release)
            yield from problems
            if attribute is not None and (attribute.inside is not None or attribute.no_filter):
                yield f"request: order: {name} cannot be sorted by"

    def _filter_problems(self, condition: Filter, schema: str, release: str | None) -> Iterator[str]:
        attribute, problems = self._find(condition.name, schema, "filter", release)
        yield from problems
        if attribute is None:
            return
        # Dell marks embedded objects as not filterable, and filters by JSON paths into them in its own clients.
        for step in condition.path:
            if attribute.inside is None or attribute.is_reference:
                yield f"request: filter: {attribute.name} is not an object with a {step}"
                return
            inner, problems = self._find(step, attribute.inside, "filter", release)
            if inner is None:
                yield from [] if attribute.is_open else problems
                return
            yield from problems
            attribute = inner
        if attribute.inside is not None or (attribute.no_filter and not condition.path):
            yield f"request: filter: {attribute.name} cannot be filtered by"
        yield from _value_problems(attribute, condition)

    def _row_problems(self, operation: Operation, exchange: Exchange) -> Iterator[str]:
        """Are the attributes those that were asked for?"""
        texts = [value for key, value in exchange.query if key == "select"]
        try:
            selected = parse_select(texts[0]) if texts else (Selected("id"),)
        except QueryError as error:
            yield f"answer: {exchange.status}, but {error}"
            return
        body = exchange.response_body
        rows = body if isinstance(body, list) else [body]
        differences = Counter(
            line for row in rows for line in self._differences(row, selected, f"{operation.resource}_instance", "")
        )
        yield from (f"answer: {line}" for line in differences)

    def _differences(self, row: Any, selected: Sequence[Selected], schema: str, where: str) -> Iterator[str]:
        if not isinstance(row, dict):
            return
        attributes = self.description.attributes(schema)
        named = {entry.name: entry for entry in selected if entry.name != "*"}
        allowed = set(named)
        if any(entry.name == "*" for entry in selected):
            allowed |= {name for name, attribute in attributes.items() if not attribute.is_reference}
        yield from (f"{where}{name} was not selected" for name in row if name not in allowed)
        yield from (f"{where}{name} was selected and is missing" for name in named if name not in row)
        for name, entry in named.items():
            attribute = attributes.get(name)
            if attribute is None or not attribute.is_reference or attribute.inside is None:
                continue
            value = row.get(name)
            # A reference that is only named comes as its id.
            inner = (Selected("id"),) if entry.inner is None else entry.inner
            for each in value if isinstance(value, list) else [value]:
                yield from self._differences(each, inner, attribute.inside, f"{where}{name}.")


def _value_problems(attribute: Attribute, condition: Filter) -> Iterator[str]:
    """A comparison with what is not a value of the enum finds nothing, or is refused; nobody can want it."""
    if condition.operator not in ("eq", "neq", "in"):
        return
    known = attribute.schema.get("enum")
    if known is None and attribute.schema.get("type") in ("boolean", ["boolean", "null"]):
        known = ["true", "false"]
    if known is not None:
        unknown = [value for value in condition.values if value not in known]
        yield from (f"request: filter: {value} is not a value of {condition.name}" for value in unknown)


def _async_problems(operation: Operation, exchange: Exchange) -> Iterator[str]:
    wanted = operation.method != "get" and ("is_async", "true") in [tuple(pair) for pair in exchange.query]
    if wanted and exchange.status != 202:
        yield f"answer: {exchange.status} to a request with is_async, instead of 202"
    if not wanted and exchange.status == 202:
        yield "answer: 202 to a request without is_async"


def _page_problems(exchange: Exchange) -> Iterator[str]:
    """Do the number of rows and Content-Range agree with what was asked for?"""
    query = dict(exchange.query)
    rows = exchange.response_body if isinstance(exchange.response_body, list) else []
    limit, offset = query.get("limit", ""), query.get("offset", "0")
    most = min(int(limit), _MAXIMUM_LIMIT) if limit.isdecimal() else _DEFAULT_LIMIT
    ranged = any(name.lower() == "range" for name in exchange.request_headers)
    if len(rows) > most and not ranged:
        yield f"answer: {len(rows)} rows, with a limit of {most}"
    if exchange.status == 206:
        yield from _range_problems(_header(exchange.response_headers, "content-range"), len(rows), offset, ranged)


def _range_problems(text: str, rows: int, offset: str, ranged: bool) -> Iterator[str]:
    numbers = [int(part) for part in text.replace("/", "-").split("-") if part.isdecimal()]
    if len(numbers) != 3:
        return  # The description's pattern has said so.
    first, last, total = numbers
    if last - first + 1 != rows or (not ranged and str(first) != offset):
        yield f"answer: Content-Range {text} for {rows} rows from {offset}"
    if rows >= total:
        yield f"answer: 206, although {text} is everything"


def _header(headers: Mapping[str, str], wanted: str) -> str:
    return next((value for name, value in headers.items() if name.lower() == wanted), "")
