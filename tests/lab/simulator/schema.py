# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the served resources look like in each version of PowerStoreOS; the data is schema.yml beside this file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

Version = tuple[int, int, int, int]


def parse_version(text: str) -> Version:
    """'3.6.0.0' -> (3, 6, 0, 0); missing parts are zero."""
    parts = [int(part) for part in str(text).split(".")]
    if not 1 <= len(parts) <= 4:
        raise ValueError(f"not a release version: {text!r}")
    return (*parts, 0, 0, 0)[:4]  # type: ignore[return-value]


@dataclass(frozen=True)
class Attribute:
    """An attribute of a resource: what it holds and since when."""

    name: str
    added: Version
    kind: str  # text | int | bool | time | list | object
    case_insensitive: bool
    no_filter: bool
    l10n_of: str | None  # the attribute this one is the localized text of
    hidden: bool = False  # in no description


@dataclass(frozen=True)
class Reference:
    """An embedded reference: one other resource, or many."""

    name: str
    added: Version
    many: bool
    resource: str


@dataclass(frozen=True)
class Resource:
    """One resource type as one version has it."""

    name: str
    simple_get: bool  # [S] x-simple_get: no filter, order or paging
    attributes: Mapping[str, Attribute]
    references: Mapping[str, Reference]


def _attributes(lines: Mapping[str, str]) -> list[Attribute]:
    found = []
    for name, line in lines.items():
        added, kind, *flags = str(line).split()
        version = parse_version(added)
        hidden = "hidden" in flags
        found.append(Attribute(name, version, kind, "ci" in flags, "no_filter" in flags, None, hidden))
        if "l10n" in flags:
            found.append(Attribute(f"{name}_l10n", version, kind, False, False, name, hidden))
    return found


def _references(lines: Mapping[str, str]) -> list[Reference]:
    found = []
    for name, line in lines.items():
        added, number, resource = str(line).split()
        found.append(Reference(name, parse_version(added), number == "many", resource))
    return found


@cache
def _all() -> dict[str, tuple[Version, Resource]]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    document = yaml.load(Path(__file__).with_name("schema.yml").read_text(encoding="utf-8"), Loader=loader)
    resources = {}
    for name, entry in document.items():
        resources[name] = (
            parse_version(entry.get("added", "1.0")),
            Resource(
                name,
                entry.get("simple_get", False),
                {attribute.name: attribute for attribute in _attributes(entry["attributes"])},
                {reference.name: reference for reference in _references(entry.get("references", {}))},
            ),
        )
    return resources


@cache
def resources(version: Version) -> Mapping[str, Resource]:
    """The resource types of a version, each with the attributes and references it had by then."""
    known = {}
    for name, (added, resource) in _all().items():
        if added <= version:
            attributes = {key: value for key, value in resource.attributes.items() if value.added <= version}
            references = {key: value for key, value in resource.references.items() if value.added <= version}
            known[name] = Resource(name, resource.simple_get, attributes, references)
    return known


RESOURCE_NAMES = frozenset(_all())
