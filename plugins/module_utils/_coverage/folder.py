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
from dataclasses import dataclass

from .._chain.chain import hashes_in_the_chain
from .._drill.journal import SUFFIX
from .._errors import InvalidInputError
from .._json import once
from .._record.clean import cleaned
from .._record.files import read_plain
from .._record.reading import checked_record, not_readable, read_record
from .._record.sign_offs import read_sign_off
from .._record.typed import fields_of, read
from .._record.types import WitnessRecord
from .._words import Kind, Verdict
from .policies import Policy
from .policy_file import parse_policy
from .tested import FromRecord, Later, RecordRead, SessionRead, from_record, with_later

if t.TYPE_CHECKING:
    import yaml

_DRILL: t.Final = re.compile(r"drill-.+\.json")
_WITNESS: t.Final = re.compile(r"witness-.+\.json")
_SIGN_OFF: t.Final = re.compile(r"signoff-.+\.json")
_SHOWN = 10  # files in a message

OnFile = t.Callable[[int, int], None]  # how many files of the folder were read, of how many


@dataclass(frozen=True)
class Folder:
    """What a folder tells: records of drills, journals without a record, and records that its chain does not name."""

    records: tuple[FromRecord, ...]
    unfinished: tuple[str, ...]
    not_in_the_chain: tuple[str, ...]  # empty, too, where there is no chain
    has_chain: bool


def read_folder(directory: str, on_file: OnFile | None = None) -> Folder:
    """What the records in a folder tell of drills, and what witnesses and persons said of these records later.

    Raises InvalidInputError, which names every file, for one that cannot be read or is not as the chain of the folder
    has it, and for two records with one id: with one that is missing or was changed, a session would look untested, or
    a test of it that failed would be hidden.
    """
    folder = os.path.expanduser(directory)
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        raise InvalidInputError(
            f"The folder of the records, {directory}, could not be read: {error.strerror or error}. Expected the "
            "folder that the drills write to. Nothing was written."
        ) from error
    reading = _Reading(folder, names, on_file)
    found = tuple(with_later(each, reading.later) for each in reading.records)
    problems = [*reading.problems, *_doubles(found), *reading.not_as_in_the_chain()]
    if problems:
        more = f" And {len(problems) - _SHOWN} more." if len(problems) > _SHOWN else ""
        raise InvalidInputError(
            f"The records in {directory} are refused, and nothing was written. {' '.join(problems[:_SHOWN])}{more}"
        )
    journals = (name for name in names if name.startswith("drill-") and name.endswith(SUFFIX))
    return Folder(
        records=found,
        unfinished=tuple(name for name in journals if f"{name.removesuffix(SUFFIX)}.json" not in names),
        not_in_the_chain=tuple(name for name in reading.hashes if reading.chain and name not in reading.chain),
        has_chain=bool(reading.chain),
    )


class _Reading:
    """One reading of a folder: what is in its files, their hashes, and what is wrong with them."""

    def __init__(self, folder: str, names: t.Sequence[str], on_file: OnFile | None) -> None:
        self.records: list[FromRecord] = []
        self.later: dict[str, Later] = {}  # by the hash of the record
        self.hashes: dict[str, str] = {}
        self.problems: list[str] = []
        self.chain: t.Mapping[str, str] = {}
        try:
            self.chain = hashes_in_the_chain(folder)
        except (InvalidInputError, OSError) as error:
            self.problems.append(str(error))
        to_read = [name for name in names if _is_read(name)]
        for number, name in enumerate(to_read):
            if on_file:
                on_file(number, len(to_read))
            try:
                self._read(os.path.join(folder, name), name)
            except InvalidInputError as error:
                self.problems.append(error.message)
            except OSError as error:
                self.problems.append(f"{name} could not be read: {error.strerror or error}.")

    def _read(self, path: str, name: str) -> None:
        if _DRILL.fullmatch(name):
            record, self.hashes[name] = _read(path, name)
            self.records.append(record)
        elif _WITNESS.fullmatch(name):
            witness, self.hashes[name] = _read_witness(path, name)
            later = self._of(witness.record_sha256)
            if witness.verdict is Verdict.FAILED:
                later.contradictions.append(f"{name} says: {(*witness.reasons, 'the logs contradict it.')[0]}")
        elif _SIGN_OFF.fullmatch(name):
            said, self.hashes[name] = read_sign_off(path)
            self._of(said.record_sha256).sign_offs.append(said)

    def _of(self, record_sha256: str) -> Later:
        return self.later.setdefault(record_sha256, Later())

    def not_as_in_the_chain(self) -> t.Iterator[str]:
        """What was changed or taken away since it was added."""
        for name, digest in self.chain.items():
            if not _is_read(name):
                continue
            found = self.hashes.get(name)
            if found is None and not any(name in problem for problem in self.problems):
                yield f"{name} is in the chain of the folder, and the file is missing: put it back as it was."
            elif found not in (None, digest):
                yield (
                    f"{name} was changed: the chain of the folder has it with SHA-256 {digest}, the file has {found}. "
                    "Find out who changed it, and put it back as it was."
                )


def _is_read(name: str) -> bool:
    return any(kind.fullmatch(name) for kind in (_DRILL, _WITNESS, _SIGN_OFF))


def _content(path: str, name: str) -> tuple[object, str]:
    """The JSON of a file, and its SHA-256. Raises InvalidInputError and OSError."""
    content = read_plain(path)
    try:
        data: object = json.loads(content.decode("utf-8"), object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(f"{name} is no record: {error}.") from error
    return data, hashlib.sha256(content).hexdigest()


def _read(path: str, name: str) -> tuple[FromRecord, str]:
    data, digest = _content(path, name)
    checked = checked_record(data, name)
    if checked["kind"] != Kind.DRILL:
        raise InvalidInputError(f"{name} is a record of kind {checked['kind']}: expected the record of a drill.")
    needed: dict[str, t.Any] = {key: value for key, value in checked.items() if key in _NEEDED}
    needed["sessions"] = [{key: each[key] for key in _OF_A_SESSION if key in each} for each in needed["sessions"]]
    notes: list[str] = []
    record = read(RecordRead, cleaned(needed), "record", notes)
    if record is None or notes:  # what the schema allows and no type holds, a time in the year 1 for example
        raise not_readable(name, "; ".join(notes))
    return from_record(record, name, digest), digest


def _read_witness(path: str, name: str) -> tuple[WitnessRecord, str]:
    data, digest = _content(path, name)
    found = read_record(cleaned(data), name)
    if not isinstance(found, WitnessRecord):
        raise InvalidInputError(f"{name} is a record of kind {found.kind}: expected the record of a witness.")
    return found, digest


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
    """YAML in which a key that is there twice is an error: the first would be ignored silently."""
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
