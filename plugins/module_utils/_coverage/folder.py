# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading what a coverage is made from: the records of a folder, one at a time, and the policy."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import re
import typing as t
from collections.abc import Hashable

from .._drill.journal import SUFFIX
from .._errors import InvalidInputError
from .._json import once
from .._record.clean import cleaned
from .._record.files import read_plain
from .._record.reading import checked_record, not_readable
from .._record.typed import fields_of, read
from .._words import Kind
from .policies import Policy, parse_policy
from .tested import FromRecord, RecordRead, SessionRead, from_record

if t.TYPE_CHECKING:
    import yaml

_DRILL: t.Final = re.compile(r"drill-.+\.json")
_SHOWN = 10  # files in a message


def read_folder(directory: str) -> tuple[list[FromRecord], tuple[str, ...]]:
    """What the records of drills in a folder tell of, and the journals without a record.

    Raises InvalidInputError, which names every file, for records that cannot be read and for two with one id: with
    one that is missing, a session would look untested, or a test of it that failed would be hidden.
    """
    folder = os.path.expanduser(directory)
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        raise InvalidInputError(
            f"The folder of the records, {directory}, could not be read: {error.strerror or error}. Expected the "
            "folder that the drills write to. Nothing was written."
        ) from error
    found: list[FromRecord] = []
    problems: list[str] = []
    for name in names:
        if _DRILL.fullmatch(name):
            try:
                found.append(_read(os.path.join(folder, name), name))
            except InvalidInputError as error:
                problems.append(error.message)
    problems.extend(_doubles(found))
    if problems:
        more = f" And {len(problems) - _SHOWN} more." if len(problems) > _SHOWN else ""
        raise InvalidInputError(
            f"The records in {directory} are refused, and nothing was written. {' '.join(problems[:_SHOWN])}{more}"
        )
    journals = (name for name in names if name.startswith("drill-") and name.endswith(SUFFIX))
    return found, tuple(name for name in journals if f"{name.removesuffix(SUFFIX)}.json" not in names)


def _read(path: str, name: str) -> FromRecord:
    try:
        content = read_plain(path)
        data: object = json.loads(content.decode("utf-8"), object_pairs_hook=once)
    except OSError as error:
        raise InvalidInputError(f"{name} could not be read: {error.strerror or error}.") from error
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(f"{name} is no record: {error}.") from error
    checked = checked_record(data, name)
    if checked["kind"] != Kind.DRILL:
        raise InvalidInputError(f"{name} is a record of kind {checked['kind']}: expected the record of a drill.")
    needed: dict[str, t.Any] = {key: value for key, value in checked.items() if key in _NEEDED}
    needed["sessions"] = [{key: each[key] for key in _OF_A_SESSION if key in each} for each in needed["sessions"]]
    notes: list[str] = []
    record = read(RecordRead, cleaned(needed), "record", notes)
    if record is None or notes:  # what the schema allows and no type holds, a time in the year 1 for example
        raise not_readable(name, "; ".join(notes))
    return from_record(record, name, hashlib.sha256(content).hexdigest())


_NEEDED: t.Final = frozenset(each.key for each in fields_of(RecordRead))
_OF_A_SESSION: t.Final = tuple(each.key for each in fields_of(SessionRead))


def _doubles(records: t.Iterable[FromRecord]) -> t.Iterator[str]:
    by_id: dict[str, str] = {}
    for each in records:
        first = by_id.setdefault(each.id, each.file)
        if first != each.file:
            yield (
                f"{first} and {each.file} both have the id {each.id}: expected each record once. Find out which is the "
                "one that was written (the chain has its hash), and move the other away."
            )


def read_policy(path: str) -> tuple[Policy, str]:
    """The policy in a file of YAML or JSON, and the SHA-256 of the file. Raises InvalidInputError."""
    try:
        content = read_plain(os.path.expanduser(path))
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise InvalidInputError(
            f"The policy {path} could not be read: {error.strerror or error}. Expected a file of YAML or JSON. Nothing "
            "was written."
        ) from error
    except ValueError as error:
        raise InvalidInputError(f"The policy {path} is not UTF-8: {error}. Nothing was written.") from error
    return parse_policy(_loaded(text, path), path), hashlib.sha256(content).hexdigest()


def _loaded(text: str, path: str) -> object:
    import yaml

    try:
        return t.cast(object, yaml.load(text, Loader=_loader()))  # noqa: S506  (a SafeLoader)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise InvalidInputError(
            f"The policy {path} is neither YAML nor JSON: {' '.join(str(error).split())}. Nothing was written."
        ) from error


@functools.cache
def _loader() -> type[yaml.SafeLoader]:
    """YAML of which a key that is there twice is an error: the first would silently not count."""
    # Here, as Ansible's own test imports every file of module_utils where there is no PyYAML. On a controller it is.
    import yaml

    class Loader(yaml.SafeLoader):
        """As SafeLoader."""

        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, t.Any]:
            """Raises ConstructorError for a key that is there twice."""
            seen: set[Hashable] = set()
            for key_node, _value in node.value:
                key = self.construct_object(key_node, deep=True)
                if isinstance(key, Hashable) and key in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"the key '{key}' is there twice", key_node.start_mark
                    )
                seen.add(key)
            return super().construct_mapping(node, deep)

    return Loader
