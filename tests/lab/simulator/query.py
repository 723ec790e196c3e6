# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Queries: select, filters, order and paging [DG p22-30]."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from . import filters
from .errors import ApiError
from .message import NO_TWEAKS, Tweaks
from .resources import Reader
from .schema import Attribute, Reference, Resource
from .tables import Row, stored_value

DEFAULT_LIMIT = 100
MAXIMUM_LIMIT = 2000
_RANGE = re.compile(r"(?:items=)?(\d+)-(\d+)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
Parameters = Sequence[tuple[str, str]]
# What a JSON path filter is indexed by in the tables.
_INDEX_NAMES = {"protection_data->>source_id": "_source_id"}


@dataclass(frozen=True)
class Selection:
    """What to show of a resource: own attributes, and references with what to show of them."""

    attributes: tuple[Attribute, ...]
    references: tuple[tuple[Reference, Selection], ...] = ()


@dataclass(frozen=True)
class Answer:
    """status, rows (or one row) and the headers of a query's answer."""

    status: int
    body: object
    headers: Mapping[str, str]


def _selection(reader: Reader, resource_name: str, text: str) -> Selection:
    """'id,name,remote_system(id,name)'; unknown to this version: the whole query fails (INF)."""
    resource = reader.resources.get(resource_name)
    attributes: dict[str, Attribute] = {}
    references: list[tuple[Reference, Selection]] = []
    for part in (each.strip() for each in filters.split(text)):
        name, bracket, inner = part.partition("(")
        if resource is None:  # a reference to something that is not simulated: it is empty whatever is asked of it
            if not _NAME.fullmatch(name) and name != "*":
                raise ApiError("invalid_request", f"Bad select: {part!r}.")
        elif name == "*":
            shows_hidden = reader.array.world.options.show_hidden
            attributes.update(
                (key, each) for key, each in resource.attributes.items() if shows_hidden or not each.hidden
            )
        elif name in resource.attributes:
            if bracket:
                raise ApiError("invalid_request", f"{name} of {resource_name} has no attributes to select.")
            attributes[name] = resource.attributes[name]
        elif name in resource.references:
            reference = resource.references[name]
            references.append((reference, _selection(reader, reference.resource, inner[:-1] if bracket else "id")))
        else:
            raise ApiError("unknown_attribute", resource_name, name)
    return Selection(tuple(attributes.values()), tuple(references))


def project(reader: Reader, resource: str, items: Sequence[object], selection: Selection) -> list[Row]:
    """The rows of the answer; the items are all of one type."""
    if not items:
        return []
    kind = type(items[0])
    columns = [(attribute.name, reader.getter(kind, attribute)) for attribute in selection.attributes]
    rows: list[Row] = [{name: get(item) for name, get in columns} for item in items]
    for reference, inner in selection.references:
        for item, row in zip(items, rows, strict=True):
            found = project(reader, reference.resource, reader.referenced(resource, item, reference), inner)
            row[reference.name] = found if reference.many else (found[0] if found else None)
    return rows


def _one_select(parameters: Parameters) -> str:
    return next((text for name, text in parameters if name == "select"), "id")


def instance(reader: Reader, resource: Resource, item: object, parameters: Parameters) -> Answer:
    """GET of one instance; one that the filters exclude is not found (Dell's clients ask so for snapshots)."""
    filtering = [each for each in parameters if each[0] != "select"]
    for name, _text in filtering:
        if name in {"order", "limit", "offset"} or resource.simple_get:
            raise ApiError("invalid_request", f"Query parameter {name} is not supported for an instance.")
    if not all(condition.test(item, reader.value) for condition in filters.parse(resource, filtering)):
        raise ApiError("not_found", stored_value(item, "id"), resource.name)
    selection = _selection(reader, resource.name, _one_select(parameters))
    return Answer(200, project(reader, resource.name, [item], selection)[0], {})


def collection(
    reader: Reader,
    resource: Resource,
    parameters: Parameters,
    range_header: str | None,
    tweaks: Tweaks = NO_TWEAKS,
    given_rows: list[Row] | None = None,
) -> Answer:
    """GET of a collection. given_rows: these, not the table's."""
    selection = _selection(reader, resource.name, _one_select(parameters))
    filtering = [each for each in parameters if each[0] not in {"select", "order", "limit", "offset"}]
    given = dict(parameters)
    if resource.simple_get and (filtering or {"order", "limit", "offset"} & given.keys() or range_header):
        raise ApiError("invalid_request", f"Filtering, sorting and paging are not supported for {resource.name}.")
    conditions = filters.parse(resource, filtering)
    first, limit = _page(given, range_header)
    ordering = _ordering(resource, given.get("order"))
    items: list[object] = list(given_rows) if given_rows is not None else _matching(reader, resource.name, conditions)
    items = items[tweaks.rows_moved :] + items[: tweaks.rows_moved]
    for attribute, descending in reversed(ordering):
        items.sort(key=partial(_sort_key, reader, attribute), reverse=descending)
    total = len(items) if tweaks.rows_left is None else min(len(items), tweaks.rows_left)
    if total and first >= total:
        raise ApiError("bad_range", f"{first}-{first + limit - 1}")
    size = limit if tweaks.page_rows is None else min(limit, tweaks.page_rows)
    page = items[first : min(first + size, total)]
    rows = project(reader, resource.name, page, selection)
    if len(page) == total:
        return Answer(200, rows, {})
    if tweaks.content_range == "no_range":
        return Answer(206, rows, {})
    shown = "*" if tweaks.content_range == "no_total" else str(total)
    return Answer(206, rows, {"Content-Range": f"{first}-{first + len(page) - 1}/{shown}"})


def _candidates(reader: Reader, resource: str, conditions: Sequence[filters.Leaf | filters.Group]) -> list[object]:
    """The rows to look at: by index if one of the ANDed conditions allows it."""
    table = reader.table(resource)
    if table is None:
        return []
    for condition in conditions:
        if isinstance(condition, filters.Leaf) and not condition.negated and condition.operation in {"eq", "in"}:
            name = _INDEX_NAMES.get(condition.key, condition.key)
            if table.is_indexed(name):
                operand = condition.operand
                return list(table.lookup(name, operand if isinstance(operand, frozenset) else [operand]))
    return list(table)


def _matching(reader: Reader, resource: str, conditions: Sequence[filters.Leaf | filters.Group]) -> list[object]:
    items = _candidates(reader, resource, conditions)
    for condition in conditions:
        items = [item for item in items if condition.test(item, reader.value)]
    return items


def _sort_key(reader: Reader, attribute: Attribute, item: object) -> tuple[bool, Any]:
    return filters.sort_key(reader.value(item, attribute), attribute)


def _ordering(resource: Resource, text: str | None) -> list[tuple[Attribute, bool]]:
    order: list[tuple[Attribute, bool]] = []
    for part in text.split(",") if text else ():
        name, _dot, direction = part.strip().partition(".")
        attribute = resource.attributes.get(name)
        if attribute is None:
            raise ApiError("unknown_attribute", resource.name, name)
        if direction not in {"", "asc", "desc"} or attribute.kind in {"object", "list"}:
            raise ApiError("invalid_request", f"Cannot order by {part!r}.")
        order.append((attribute, direction == "desc"))
    return order


def _page(given: Mapping[str, str], range_header: str | None) -> tuple[int, int]:
    """(offset, limit); the query parameters win over the Range header (INF)."""
    first, limit = 0, DEFAULT_LIMIT
    if range_header is not None and not {"limit", "offset"} & given.keys():
        match = _RANGE.fullmatch(range_header.strip())
        if match is None or int(match[2]) < int(match[1]):
            raise ApiError("bad_range", range_header)
        first, limit = int(match[1]), int(match[2]) - int(match[1]) + 1
    try:
        first, limit = int(given.get("offset", first)), int(given.get("limit", limit))
    except ValueError as error:
        raise ApiError("invalid_request", "limit and offset must be whole numbers.") from error
    if limit <= 0 or first < 0:
        raise ApiError("bad_range", f"{first}-{first + limit - 1}")
    return first, min(limit, MAXIMUM_LIMIT)
