# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the kernel says of block devices and mounts, read from /sys and /proc. No command is run."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
import typing as t
from dataclasses import dataclass

from .options import Volume, valid_path

_SECTOR: t.Final = 512  # the unit of /sys/block/*/size, no matter what the device's own is
_OCTAL: t.Final = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True)
class Places:
    """Where the kernel and udev show devices."""

    sys: str
    proc: str
    by_id: str

    def block(self, *names: str) -> str:
        return os.path.join(self.sys, "block", *names)


@dataclass(frozen=True)
class Mount:
    """A line of mountinfo: the device's number such as ``253:7``, and where it is mounted."""

    number: str
    target: str


@dataclass(frozen=True)
class Device:
    """A block device, as the kernel describes it. ``size`` is in bytes, None where it is not known."""

    node: str
    kernel: str
    identity: str
    number: str
    size: int | None
    write_protected: bool
    map_name: str | None
    paths: t.Mapping[str, str]  # of a multipath map: each path's kernel name and identity, empty where it has none
    holders: tuple[str, ...]
    partitions: tuple[str, ...]
    is_swap: bool
    mounts: tuple[str, ...]  # where it is mounted, in the order of mounting


def resolved(volume: Volume) -> Volume:
    """The volume with the path that its mount point has without links, which is what the kernel shows.

    Raises InvalidInputError where the links lead to a folder of the system.
    """
    path = valid_path(f"Volume {volume.name}", os.path.realpath(volume.path))
    return dataclasses.replace(volume, path=path)


def identity_of(volume: Volume, *, multipath: bool) -> str:
    """What the kernel calls the volume: the UUID of its multipath map, or the WWID of its SCSI disk."""
    return f"mpath-3{volume.digits}" if multipath else volume.wwn


def link_to(places: Places, volume: Volume, *, multipath: bool) -> str:
    """udev's link to the volume: dm-uuid-mpath-368ccf098… or wwn-0x68ccf098…"""
    return os.path.join(places.by_id, ("dm-uuid-mpath-3" if multipath else "wwn-0x") + volume.digits)


def parse_mounts(mountinfo: str) -> list[Mount]:
    """The mounts of a /proc/PID/mountinfo, in their order (proc_pid_mountinfo(5)); its octal escapes are resolved."""
    mounts = []
    for line in mountinfo.splitlines():
        fields = line.split(" ")
        if len(fields) > 4:
            mounts.append(Mount(fields[2], _OCTAL.sub(lambda match: chr(int(match[1], 8)), fields[4])))
    return mounts


def parse_swaps(swaps: str) -> list[str]:
    """The files and devices of a /proc/swaps."""
    return [_OCTAL.sub(lambda match: chr(int(match[1], 8)), line.split()[0]) for line in swaps.splitlines()[1:] if line]


def read_mounts(places: Places) -> list[Mount]:
    """What is mounted now. Raises OSError: without it nothing is known of what is in use."""
    with open(os.path.join(places.proc, "self/mountinfo"), encoding="utf-8", errors="surrogateescape") as file:
        return parse_mounts(file.read())


def read_device(places: Places, node: str, *, multipath: bool) -> Device:
    """What the kernel says of the device. Raises OSError where it does not know which are mounted or swapped to."""
    kernel = os.path.basename(node)
    number = _read(places.block(kernel, "dev"))
    size = _read(places.block(kernel, "size"))
    with open(os.path.join(places.proc, "swaps"), encoding="utf-8", errors="surrogateescape") as file:
        swaps = {os.path.realpath(name) for name in parse_swaps(file.read())}
    return Device(
        node=node,
        kernel=kernel,
        identity=_identity(places, kernel, multipath=multipath),
        number=number,
        size=int(size) * _SECTOR if size.isdigit() else None,
        write_protected=_read(places.block(kernel, "ro")) == "1",
        map_name=_read(places.block(kernel, "dm/name")) or None,
        paths={name: _identity(places, name, multipath=False) for name in _names(places.block(kernel, "slaves"))},
        holders=tuple(_names(places.block(kernel, "holders"))),
        partitions=tuple(
            n for n in _names(places.block(kernel)) if os.path.exists(places.block(kernel, n, "partition"))
        ),
        is_swap=node in swaps,
        mounts=tuple(mount.target for mount in read_mounts(places) if number and mount.number == number),
    )


def find_by_link(places: Places, volume: Volume, *, multipath: bool) -> str | None:
    """The node that udev's link leads to, None where there is no link or it leads nowhere."""
    node = os.path.realpath(link_to(places, volume, multipath=multipath))
    return node if os.path.exists(node) and os.path.islink(link_to(places, volume, multipath=multipath)) else None


def find_by_identity(places: Places, volume: Volume, *, multipath: bool) -> str | None:
    """The node of the device that the kernel calls so, for one that has lost its link."""
    wanted = identity_of(volume, multipath=multipath)
    for name in names_of(places, volume):
        if _identity(places, name, multipath=multipath) == wanted:
            return f"/dev/{name}"
    return None


def names_of(places: Places, volume: Volume) -> list[str]:
    """The kernel names of everything that is the volume: its multipath map, and its SCSI disks."""
    wanted = {identity_of(volume, multipath=True), identity_of(volume, multipath=False)}
    return [
        name
        for name in _names(places.block())
        if wanted & {_identity(places, name, multipath=multipath) for multipath in (True, False)}
    ]


def disks_of(places: Places, volume: Volume) -> list[Device]:
    """Its SCSI disks, whether a multipath map has them or not."""
    return [
        read_device(places, f"/dev/{name}", multipath=False)
        for name in names_of(places, volume)
        if _identity(places, name, multipath=False) == volume.wwn
    ]


def shown(device: Device | None) -> str:
    """Where a device is mounted, as one side of the diff."""
    if device is None:
        return "no device"
    return "mounted on " + ", ".join(device.mounts) if device.mounts else "not mounted"


def _identity(places: Places, name: str, *, multipath: bool) -> str:
    return _read(places.block(name, "dm/uuid" if multipath else "device/wwid")).lower()


def _read(path: str) -> str:
    """The one line of an attribute; empty if it cannot be read, for example because its path is failing."""
    with contextlib.suppress(OSError), open(path, encoding="utf-8", errors="replace") as file:
        return file.read().strip().strip("\0")
    return ""


def _names(folder: str) -> list[str]:
    with contextlib.suppress(OSError):
        return sorted(os.listdir(folder))
    return []
