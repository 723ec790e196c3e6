"""Writes what the documentation has from the schema: PYTHONPATH=.ansible/collections python tools/record_docs.py

The JSON Schema itself, and the tables of fields in the guide, between its two markers. A test holds both against it.
"""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

from ansible_collections.drdrill.powerstore.plugins.module_utils._record.schema import (
    BY_KIND,
    SCHEMA_VERSION,
    published,
)

ROOT = Path(__file__).resolve().parent.parent
SCHEMA_FILE = ROOT / f"docs/record-{SCHEMA_VERSION}.schema.json"
GUIDE = ROOT / "docs/docsite/rst/guide_record.rst"
BEGIN, END = ".. fields: begin", ".. fields: end"
TITLES = {"drill": "A drill", "readiness": "A readiness report", "abort": "An abort"}


def schema_text() -> str:
    """The published schema as it is in its file."""
    return json.dumps(published(), indent=2) + "\n"


def fields_text() -> str:
    """A table of every field, for each kind of record; what a drill has, too, is not said again."""
    parts: list[str] = []
    seen: set[tuple[str, str]] = set()
    for kind, schema in BY_KIND.items():
        rows = [row for row in _rows(schema, "") if row[:2] not in seen or row[0] == "kind"]
        seen |= {row[:2] for row in rows}
        parts += ["", TITLES[kind], "-" * len(TITLES[kind]), ""]
        parts += [
            schema["description"] + ("" if kind == "drill" else " Besides the fields of a drill of the same name:"),
            "",
        ]
        parts += [".. list-table::", "   :header-rows: 1", "   :widths: 38 18 44", ""]
        for row in [("Field", "Type", "Meaning"), *((f"``{name}``", kind, text) for name, kind, text in rows)]:
            parts += [f"   * - {row[0]}", f"     - {row[1]}", f"     - {row[2]}"]
    return "\n".join([*parts, ""])


def _rows(schema: dict[str, t.Any], path: str) -> t.Iterator[tuple[str, str, str]]:
    for name, field in schema.get("properties", {}).items():
        place = f"{path}.{name}" if path else name
        yield place, _kind(field), field["description"]
        inner = field.get("items", field)
        if "items" in field and "properties" in inner:
            place += "[]"
        yield from _rows(inner, place)


def _kind(field: dict[str, t.Any]) -> str:
    kinds = field["type"] if isinstance(field["type"], list) else [field["type"]]
    said = ["time" if kind == "string" and field.get("format") == "date-time" else kind for kind in kinds]
    if "enum" in field:
        said = [f"``{value}``" for value in field["enum"] if value is not None] + ["null"] * ("null" in kinds)
    return " or ".join(said)


def guide_text(current: str) -> str:
    """The guide with the tables that the schema gives."""
    before, rest = current.split(BEGIN + "\n")
    _old, after = rest.split(END)
    return f"{before}{BEGIN}\n{fields_text()}\n{END}{after}"


if __name__ == "__main__":
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
    GUIDE.write_text(guide_text(GUIDE.read_text(encoding="utf-8")), encoding="utf-8")
