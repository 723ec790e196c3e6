# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which volumes a task is about, and where each is mounted. Pure.

This package runs on managed hosts: it keeps to Python 3.8, the standard library and ansible-core.
"""

from __future__ import annotations

import os.path
import re
import typing as t
from dataclasses import dataclass

from .._errors import InvalidInputError

FILE_SYSTEMS: t.Final = ("xfs", "ext4", "ext3")
LONGEST_TIMEOUT: t.Final = 3600.0
_HEX: t.Final = re.compile(r"6[0-9a-f]{31}")
_PREFIX: t.Final = re.compile(r"^(naa\.|0x)")
_OPTION: t.Final = re.compile(r"[^\s,\x00-\x1f\x7f][^,\x00-\x1f\x7f]*")
# These would mount something else, or in another way than the task says.
_REFUSED_OPTIONS: t.Final = (
    "bind", "defaults", "fake", "loop", "move", "rbind", "remount", "ro", "rw", "user", "users", "X-mount.mkdir",
)  # fmt: skip
_SYSTEM_FOLDERS: t.Final = (
    "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/lib64", "/opt", "/proc", "/root", "/run", "/sbin", "/srv",
    "/sys", "/tmp", "/usr", "/var",  # noqa: S108  # refused, not used
)  # fmt: skip
Options = t.Mapping[str, t.Any]


@dataclass(frozen=True)
class Volume:
    """A volume of the array, and how it is to be mounted. ``digits`` is its WWN without prefix, ``size`` in bytes."""

    name: str
    digits: str
    size: int | None
    path: str
    fstype: str
    options: tuple[str, ...]
    read_only: bool

    @property
    def wwn(self) -> str:
        return f"naa.{self.digits}"

    @property
    def mount_options(self) -> str:
        """What ``mount`` is given. On XFS the UUID is that of the source, which may be mounted on this host, too."""
        first = ["ro" if self.read_only else "rw", *(["nouuid"] if self.fstype == "xfs" else [])]
        return ",".join([*first, *self.options])


def parse_timeout(value: float) -> float:
    """Seconds. Raises InvalidInputError for what is not more than 0 and at most 3600."""
    if not 0 < value <= LONGEST_TIMEOUT:
        raise InvalidInputError(f"timeout is {value:g}: expected seconds, more than 0 and at most {LONGEST_TIMEOUT:g}.")
    return value


def parse_volumes(given: t.Sequence[Options], allowed: t.Sequence[Options] | None, *, to_mount: bool) -> list[Volume]:
    """The volumes of the option ``volumes``, those named by ``volume`` looked up in ``allowed``.

    Raises InvalidInputError for a volume that is not in ``allowed``, where that is given, and for anything that has no
    one meaning; nothing was looked at then.
    """
    if not given:
        raise InvalidInputError("volumes is empty: expected at least one volume.")
    known = None if allowed is None else [_Known.of(row) for row in allowed if row.get("wwn")]
    found = [(options, _find(options, known)) for options in given]
    if known is not None:
        _refuse_foreign(found, known)
    volumes = [_volume(options, known_as, to_mount=to_mount) for options, known_as in found]
    refuse_twins(volumes)
    return volumes


@dataclass(frozen=True)
class _Known:
    """What is known of a volume before it is validated: a name, a WWN in small letters, a size."""

    name: str
    wwn: str
    size: int | None

    @classmethod
    def of(cls, row: Options) -> _Known:
        return cls(str(row.get("name") or row["wwn"]), str(row["wwn"]).strip().lower(), row.get("size"))

    @property
    def digits(self) -> str:
        return _PREFIX.sub("", self.wwn)


def _find(options: Options, known: t.Sequence[_Known] | None) -> _Known:
    """The volume by its WWN, or else the one of its name; without a WWN where there is not exactly one."""
    name, size = options.get("volume") or "", options.get("size")
    asked = _Known(name, (options.get("wwn") or "").strip().lower(), None)
    fit = [row for row in known or [] if (row.digits == asked.digits if asked.wwn else row.name == name)]
    row = fit[0] if len(fit) == 1 or (fit and asked.wwn) else asked
    return _Known(name or row.name or asked.wwn, asked.wwn or row.wwn, row.size if size is None else size)


def _refuse_foreign(found: t.Sequence[tuple[Options, _Known]], known: t.Sequence[_Known]) -> None:
    foreign = [row for _options, row in found if row.digits not in {each.digits for each in known}]
    if foreign:
        names = ", ".join(row.name or "a volume without a name" for row in foreign)
        wwns = ", ".join(row.wwn or "not known" for row in foreign)
        raise InvalidInputError(
            f"Refused: {names} (WWN {wwns}). Expected the name or the WWN of a volume that may be touched. For a drill "
            "these are the volumes whose failover test it started. Here these are: "
            f"{', '.join(row.name for row in known) or 'none'}. No device was touched."
        )


def _volume(options: Options, known: _Known, *, to_mount: bool) -> Volume:
    where = f"Volume {known.name or 'without a name'}"
    if not _HEX.fullmatch(known.digits):
        raise InvalidInputError(
            f"{where}: WWN '{known.wwn}': expected 32 hexadecimal digits that begin with 6, as the array shows them "
            "(naa.68ccf098…). No device was touched."
        )
    size = known.size
    if size is not None and (isinstance(size, bool) or not isinstance(size, int) or size <= 0):
        raise InvalidInputError(f"{where}: size is {size!r}: expected bytes, more than 0.")
    if options["fstype"] not in FILE_SYSTEMS:
        raise InvalidInputError(
            f"{where}: fstype {options['fstype']}: expected {', '.join(FILE_SYSTEMS)}. LVM and other file systems need "
            "tasks of your own. No device was touched."
        )
    return Volume(
        name=known.name or f"naa.{known.digits}",
        digits=known.digits,
        size=size,
        path=valid_path(where, options["path"] or "") if to_mount or options["path"] else "",
        fstype=options["fstype"],
        options=_mount_options(where, options["options"] or []),
        read_only=bool(options["read_only"]),
    )


def valid_path(where: str, path: str) -> str:
    """A mount point: absolute, without ``..``, not the root and no folder of the system. Raises InvalidInputError."""
    normal = os.path.normpath(path)
    if not re.match(r"/[^/]", path) or ".." in path.split("/") or re.search(r"[\x00-\x1f\x7f]", path):
        raise InvalidInputError(
            f"{where}: path '{path}': expected an absolute mount point of its own. No device was touched."
        )
    if normal in _SYSTEM_FOLDERS:
        raise InvalidInputError(
            f"{where}: path '{path}' is a folder of the system: expected a mount point of its own. "
            "No device was touched."
        )
    return normal


def _mount_options(where: str, given: t.Sequence[str]) -> tuple[str, ...]:
    for option in given:
        if not _OPTION.fullmatch(option) or option.split("=")[0] in _REFUSED_OPTIONS:
            raise InvalidInputError(
                f"{where}: option '{option}': expected one option of mount in each entry, and none of "
                f"{', '.join(_REFUSED_OPTIONS)}; whether it is written to is said by read_only."
            )
    return tuple(given)


def refuse_twins(volumes: t.Sequence[Volume]) -> None:
    """Raises InvalidInputError where two volumes have the same WWN or the same mount point."""
    for what, values in (("path", [v.path for v in volumes if v.path]), ("WWN", [v.wwn for v in volumes])):
        for value in values:
            if values.count(value) > 1:
                raise InvalidInputError(
                    f"Two volumes have the {what} {value}: expected one of its own for each. No device was touched."
                )
