# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is our description of the API valid, complete in itself, and the same as Dell's?"""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from tests.contract.comparison import Comparison
from tests.contract.description import Description, release_key

SLICE = Path(
    os.environ.get("POWERSTORE_OPENAPI_SLICE")
    or Path(__file__).parents[3] / "shared" / "powerstore" / "openapi-4.1-slice.json"
)

# What a failover drill cannot do without; the rest of the description may grow and shrink.
NEEDED = (
    *(("get", f"/{name}") for name in ("login_session", "cluster", "software_installed", "audit_event")),
    *(("get", f"/{name}") for name in ("replication_session", "volume", "volume_group", "host_volume_mapping", "job")),
    *(("get", f"/{name}/{{id}}") for name in ("replication_session", "volume", "volume_group", "remote_system", "job")),
    *(("post", f"/replication_session/{{id}}/{name}") for name in ("start_failover_test", "stop_failover_test")),
    *(("patch", "/volume/{id}"), ("patch", "/volume_group/{id}"), ("delete", "/volume/{id}"), ("post", "/logout")),
)


@pytest.fixture(scope="module")
def description() -> Description:
    return Description.from_file()


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for each in node.values():
            yield from _references(each)
    elif isinstance(node, list):
        for each in node:
            yield from _references(each)


def _marks(node: Any, mark: str) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get(mark), str):
            yield node[mark]
        for each in node.values():
            yield from _marks(each, mark)


def test_is_valid_openapi(description: Description) -> None:
    validate(dict(description.document))


@pytest.mark.parametrize(("method", "template"), NEEDED)
def test_has_what_a_drill_needs(description: Description, method: str, template: str) -> None:
    assert (method, template) in description.operations


def test_nothing_is_left_over(description: Description) -> None:
    components = {
        f"#/components/{kind}/{name}"
        for kind, entries in description.document["components"].items()
        for name in entries
        if kind != "securitySchemes"
    }
    # HttpStatusEnum is used by job.response_status as well as by the checker.
    assert components == set(_references(description.document))


def test_releases_can_be_compared(description: Description) -> None:
    for release in _marks(description.document, "x-added"):
        assert (1,) < release_key(release) <= (4, 1, 0, 0)


def test_changes_need_the_token_and_may_be_asynchronous(description: Description) -> None:
    for operation in description.operations.values():
        names = {parameter["name"] for parameter in operation.parameters}
        assert ({"DELL-EMC-TOKEN", "is_async"} <= names) == (operation.method != "get"), operation.template
        assert ("202" in operation.schema["responses"]) == (operation.method != "get"), operation.template


def test_requests_have_no_unknown_attributes(description: Description) -> None:
    for operation in description.operations.values():
        body = operation.schema.get("requestBody")
        if body is not None:
            schema = description.resolve(body["content"]["application/json"]["schema"])
            assert schema["additionalProperties"] is False, operation.template


# A small pair of descriptions that agree: one resource, one action, one enum.
OURS: dict[str, Any] = {
    "paths": {
        "/volume/{id}/snapshot": {
            "post": {
                "x-added": "2.0.0.0",
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/volume_snapshot"}}},
                },
                "responses": {
                    "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/volume"}}}},
                    "202": {},
                    "4XX": {},
                },
            }
        }
    },
    "components": {
        "schemas": {
            "volume_snapshot": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string", "maxLength": 128},
                    "kind": {"$ref": "#/components/schemas/E"},
                },
            },
            "volume": {
                "type": "object",
                "properties": {
                    "id": {"type": "string"},
                    "size": {"type": ["integer", "null"], "format": "int64", "minimum": 0},
                    "wwns": {"type": ["array", "null"], "items": {"type": "string"}},
                    "parent": {"anyOf": [{"$ref": "#/components/schemas/volume"}, {"type": "null"}], "x-ref": "volume"},
                },
            },
            "E": {"type": "string", "enum": ["A", "B"], "x-added_value": {"2.0.0.0": ["B"]}},
        }
    },
}
THEIRS: dict[str, Any] = {
    "paths": {
        "/volume/{id}/snapshot": {
            "post": {
                "x-added": "2.0.0.0",
                "parameters": [{"in": "body", "required": True, "schema": {"$ref": "#/definitions/volume_snapshot"}}],
                "responses": {"200": {"schema": {"$ref": "#/definitions/volume"}}, "400": {}},
            }
        }
    },
    "definitions": {
        "volume_snapshot": {
            "required": ["name"],
            "properties": {
                "name": {"type": "string", "minLength": 0, "maxLength": 128},
                "kind": {"$ref": "#/definitions/E", "type": "string"},
            },
        },
        "volume": {
            "properties": {
                "id": {"type": "string"},
                "size": {"type": "integer", "format": "int64", "minimum": 0, "maximum": 2**63 - 1, "default": 0},
                "wwns": {"type": "array", "items": {"type": "string"}},
                "parent": {"type": "object", "$ref": "#/definitions/volume", "x-ref": "volume"},
                "host": {"type": "object", "$ref": "#/definitions/host", "x-ref": "host"},
            }
        },
        "E": {"type": "string", "enum": ["B", "A"], "x-added_value": {"2.0.0.0": ["B"]}},
    },
}
ACTION = ("paths", "/volume/{id}/snapshot", "post")
SENT, GOT = ("definitions", "volume_snapshot"), ("definitions", "volume", "properties")


def test_comparison_accepts_what_agrees() -> None:
    assert Comparison(Description(OURS), THEIRS).differences() == []


@pytest.mark.parametrize(
    ("steps", "value"),
    [
        (ACTION[:2], {}),
        ((*ACTION, "x-added"), "3.0.0.0"),
        ((*ACTION, "parameters"), []),
        ((*ACTION, "parameters", 0, "required"), False),
        ((*ACTION, "parameters", 0, "schema", "$ref"), "#/definitions/volume"),
        ((*ACTION, "parameters", 0, "x-added"), "3.0.0.0"),
        ((*ACTION, "responses", "204"), {}),
        ((*ACTION, "responses", "200"), {}),
        ((*SENT, "required"), []),
        ((*SENT, "x-added"), "2.0.0.0"),
        ((*SENT, "properties", "name", "maxLength"), 64),
        ((*SENT, "properties", "name", "x-pstore-nullable"), True),
        ((*SENT, "properties", "name", "default"), "new"),
        ((*SENT, "properties", "kind"), {"type": "string"}),
        ((*SENT, "properties", "new"), {"type": "string"}),
        ((*GOT, "new"), {"type": "string"}),
        ((*GOT, "size", "type"), "string"),
        ((*GOT, "size", "format"), "int32"),
        ((*GOT, "size", "maximum"), 7),
        ((*GOT, "size", "x-added"), "2.0.0.0"),
        ((*GOT, "wwns", "items", "type"), "integer"),
        ((*GOT, "parent", "x-ref"), "host"),
        ((*GOT, "parent", "$ref"), "#/definitions/E"),
        (GOT, {"id": {"type": "string"}}),
        (("definitions", "E", "enum"), ["A"]),
        (("definitions", "E", "enum"), ["A", "B", "C"]),
        (("definitions", "E", "x-added_value"), {}),
        (("definitions",), {}),
    ],
    ids=str,
)
def test_comparison_finds(steps: tuple[Any, ...], value: Any) -> None:
    theirs = copy.deepcopy(THEIRS)
    node = theirs
    for step in steps[:-1]:
        node = node[step]
    node[steps[-1]] = value
    assert Comparison(Description(OURS), theirs).differences()


def test_agrees_with_dells_description(description: Description) -> None:
    """Skipped where Dell's file is not: it is not ours to pass on."""
    if not SLICE.is_file():
        pytest.skip(f"{SLICE} is not there; POWERSTORE_OPENAPI_SLICE may name it elsewhere")
    theirs = json.loads(SLICE.read_text(encoding="utf-8"))
    assert theirs["info"]["version"] == description.document["info"]["version"]
    assert Comparison(description, theirs).differences() == []
