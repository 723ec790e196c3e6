# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What powerstore-openapi.yml says, in the words that the checks need: resources, attributes, releases.

Knows nothing of HTTP exchanges; checker.py does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import yaml

Schema = Mapping[str, Any]

FILE = Path(__file__).with_name("powerstore-openapi.yml")

# Releases before which the description has no marks.
FIRST_RELEASE = "1.0.0.0"


@cache
def release_key(release: str) -> tuple[int, ...]:
    """ "4.1.0.0" and "1.0.2" as something that can be compared."""
    return tuple(int(part) for part in release.split("."))


def is_newer(added: str, release: str | None) -> bool:
    return release is not None and release_key(added) > release_key(release)


@dataclass(frozen=True)
class Attribute:
    """One attribute of a resource, or of an object inside one.

    schema: what the value looks like, null aside, with all `$ref`s of its own resolved.
    inside: the attributes of the object, or of each object in the list, that the value is; None for anything else.
    is_reference: the value is another resource, which `select` may go into.
    is_open: the object may have more attributes than are known.
    """

    name: str
    added: str
    schema: Schema
    inside: str | None
    is_reference: bool
    is_open: bool
    no_filter: bool


@dataclass(frozen=True)
class Operation:
    """One verb on one path. template: "/volume/{id}/attach". resource: "volume"."""

    method: str
    template: str
    schema: Schema
    parameters: tuple[Schema, ...]

    @property
    def resource(self) -> str:
        return self.template.split("/")[1]

    @property
    def is_collection(self) -> bool:
        return self.method == "get" and self.template.count("/") == 1

    @property
    def is_simple(self) -> bool:
        return bool(self.schema.get("x-simple_get"))

    @property
    def added(self) -> str:
        return str(self.schema.get("x-added", FIRST_RELEASE))


class Description:
    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self._attributes: dict[str, Mapping[str, Attribute]] = {}

    @classmethod
    def from_file(cls, path: Path = FILE) -> Description:
        return cls(yaml.safe_load(path.read_text(encoding="utf-8")))

    @property
    def schemas(self) -> Mapping[str, Schema]:
        schemas: Mapping[str, Schema] = self.document["components"]["schemas"]
        return schemas

    @cached_property
    def operations(self) -> Mapping[tuple[str, str], Operation]:
        found = {}
        for template, item in self.document["paths"].items():
            common = item.get("parameters", [])
            for method, schema in item.items():
                if method != "parameters":
                    parameters = tuple(self.resolve(entry) for entry in [*common, *schema.get("parameters", [])])
                    found[method, template] = Operation(method, template, schema, parameters)
        return found

    def operation(self, method: str, path: str) -> Operation | None:
        """The operation that a request to this path means. Every path is /resource[/id[/action]]."""
        parts = path.strip("/").split("/")
        if len(parts) > 1:
            parts[1] = "{id}"
        return self.operations.get((method.lower(), "/" + "/".join(parts)))

    def has_path(self, path: str) -> bool:
        return any(self.operation(method, path) for method in ("get", "post", "patch", "delete"))

    def attributes(self, name: str) -> Mapping[str, Attribute]:
        """The attributes of a schema, by name: "volume_instance", "protection_data_instance"."""
        if name not in self._attributes:
            properties = self.schemas[name].get("properties", {})
            self._attributes[name] = {key: self._attribute(key, schema) for key, schema in properties.items()}
        return self._attributes[name]

    def resolve(self, schema: Schema) -> Schema:
        """The schema itself, where this one is a `$ref` or "that or null"."""
        if "anyOf" in schema:
            schema = schema["anyOf"][0]
        while "$ref" in schema:
            target: Any = self.document
            for step in schema["$ref"].removeprefix("#/").split("/"):
                target = target[step]
            schema = target
        return schema

    def _attribute(self, name: str, schema: Schema) -> Attribute:
        each = schema.get("items", schema)
        target = each["anyOf"][0] if "anyOf" in each else each
        resolved = self.resolve(each)
        is_object = resolved.get("type") == "object"
        return Attribute(
            name=name,
            added=schema.get("x-added", FIRST_RELEASE),
            schema=resolved,
            inside=target["$ref"].rpartition("/")[2] if is_object else None,
            is_reference=is_object and "x-ref" in {**schema, **each},
            is_open=bool(resolved.get("additionalProperties")),
            no_filter=bool(schema.get("x-no_filter") or resolved.get("x-no_filter")),
        )

    def newer(self, value: Any, schema: Schema, release: str, where: str = "") -> Iterator[str]:
        """What in a request or answer the release does not have yet: attributes and values of enums."""
        resolved = self.resolve(schema)
        if isinstance(value, list):
            for entry in value:
                yield from self.newer(entry, resolved.get("items", {}), release, where)
        elif isinstance(value, dict):
            for key, entry in value.items():
                attribute = resolved.get("properties", {}).get(key, {})
                added = attribute.get("x-added", FIRST_RELEASE)
                if is_newer(added, release):
                    yield f"{where}{key} came with {added}"
                yield from self.newer(entry, attribute, release, f"{where}{key}.")
        else:
            for added, values in resolved.get("x-added_value", {}).items():
                if value in values and is_newer(added, release):
                    yield f"{where[:-1]}: {value} came with {added}"
