"""Writes what the documentation has from the schema: PYTHONPATH=.ansible/collections python tools/record_docs.py

The JSON Schema itself, and the tables of fields in the guide, between its two markers. A test holds both against it.
"""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

from ansible_collections.drdrill.powerstore.plugins.module_utils._coverage.document import (
    SCHEMA_VERSION,
    CoverageDocument,
)
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.published import (
    NEWEST,
    described,
    fields_at,
    published,
    published_of,
    said_of,
)
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.typed import Shape
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.types import BY_KIND
from ansible_collections.drdrill.powerstore.plugins.module_utils._words import Kind

ROOT = Path(__file__).resolve().parent.parent
SCHEMA_FILE = ROOT / f"docs/record-{NEWEST}.schema.json"
COVERAGE_FILE = ROOT / f"docs/coverage-{SCHEMA_VERSION}.schema.json"
GUIDE = ROOT / "docs/docsite/rst/guide_record.rst"
BEGIN, END = ".. fields: begin", ".. fields: end"


def schema_text() -> str:
    """The published schema as it is in its file."""
    return json.dumps(published(), indent=2) + "\n"


def coverage_text() -> str:
    """The schema of a coverage as it is in its file."""
    return json.dumps(published_of(CoverageDocument, "Coverage", SCHEMA_VERSION), indent=2) + "\n"


def fields_text() -> str:
    """A table of every field, for each kind of record; what a drill has, too, is not said again."""
    parts: list[str] = []
    seen: set[tuple[str, str]] = set()
    for kind, cls in BY_KIND.items():
        rows = [row for row in _rows(cls, "") if row[:2] not in seen or row[0] == "kind"]
        seen |= {row[:2] for row in rows}
        title = f"Kind {kind.value}"
        more = "" if kind is Kind.DRILL else " Besides the fields of a drill of the same name:"
        parts += ["", title, "-" * len(title), "", described(cls) + more, ""]
        parts += [".. list-table::", "   :header-rows: 1", "   :widths: 38 18 44", ""]
        for row in [("Field", "Type", "Meaning"), *((f"``{name}``", type_, text) for name, type_, text in rows)]:
            parts += [f"   * - {row[0]}", f"     - {row[1]}", f"     - {row[2]}"]
    return "\n".join([*parts, ""])


def _rows(cls: type, path: str) -> t.Iterator[tuple[str, str, str]]:
    for field in fields_at(cls, NEWEST):
        place = f"{path}.{field.key}" if path else field.key
        since = "" if field.says.since == "1.0" else f" Since {field.says.since}."
        yield place, _type(field.shape), said_of(field) + since
        item = field.shape.item
        if item and item.of:
            yield from _rows(item.of, f"{place}[]")
        elif field.shape.of:
            yield from _rows(field.shape.of, place)


def _type(shape: Shape) -> str:
    if shape.words:
        said = " or ".join(f"``{word}``" for word in shape.words)
    else:
        said = {"free": "object", "list": "array"}.get(shape.kind, shape.kind)
    return f"{said} or null" if shape.nullable else said


def guide_text(current: str) -> str:
    """The guide with the tables that the schema gives."""
    before, rest = current.split(BEGIN + "\n")
    _old, after = rest.split(END)
    return f"{before}{BEGIN}\n{fields_text()}\n{END}{after}"


if __name__ == "__main__":
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
    COVERAGE_FILE.write_text(coverage_text(), encoding="utf-8")
    GUIDE.write_text(guide_text(GUIDE.read_text(encoding="utf-8")), encoding="utf-8")
