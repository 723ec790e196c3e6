# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which block device may be touched: what refuses one, and what has to be done with one that is right. Pure."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .host import Device, Mount, identity_of
from .options import Volume

_SYSTEM: t.Final = ("/", "/boot", "/boot/efi", "/etc", "/home", "/opt", "/root", "/srv", "/usr", "/var")


@dataclass(frozen=True)
class Refusal:
    """Why a device is left alone. A ``passing`` one may end when the host has read the device anew."""

    message: str
    passing: bool = False


@dataclass(frozen=True)
class Release:
    """What is left to do to release a device; empty where nothing is."""

    unmount: tuple[str, ...] = ()  # in this order
    flush: str | None = None
    remove_map: str | None = None
    delete: tuple[str, ...] = ()  # kernel names of SCSI disks

    @property
    def removes(self) -> bool:
        return bool(self.remove_map or self.delete)


def is_other_device(volume: Volume, device: Device, *, multipath: bool) -> Refusal | None:
    """A link of udev can be stale, or older than the device behind it; the kernel says whose the device is."""
    wanted = identity_of(volume, multipath=multipath)
    if device.identity != wanted:
        return Refusal(
            f"{device.node} is refused: udev's link of {volume.name} leads to it, but the kernel calls it "
            f"'{device.identity}', expected '{wanted}'. Rescan the host, and look for a link that is left over from "
            "another device."
        )
    foreign = {name: wwid for name, wwid in device.paths.items() if wwid and wwid != volume.wwn}
    if multipath and foreign:
        what = ", ".join(f"{name} ({wwid})" for name, wwid in sorted(foreign.items()))
        return Refusal(
            f"{device.node} is refused: it is the multipath map of {volume.name}, but holds {what}, expected only "
            f"paths of {volume.wwn}. Reconfigure multipathd."
        )
    return None


def is_used_otherwise(volume: Volume, device: Device) -> Refusal | None:
    """What else has the device: it would be damaged, or the host would."""
    what = None
    if not device.number:
        what = "has no device number in sysfs, so that it is not known where it is mounted"
    elif device.partitions:
        what = f"has partitions ({', '.join(device.partitions)}), expected a file system on the whole volume"
    elif device.holders:
        what = (
            f"is held by {', '.join(device.holders)}, expected no LVM, RAID or other map over it. With a multipath map "
            "over it, the task needs multipath: true"
        )
    elif device.is_swap:
        what = "is swapped to"
    elif any(target in _SYSTEM for target in device.mounts):
        what = f"is mounted on {', '.join(device.mounts)} and holds this host's own system"
    return Refusal(f"{device.node} ({volume.name}) is refused: it {what}.") if what else None


def refuses_mount(volume: Volume, device: Device, mounts: t.Sequence[Mount], *, multipath: bool) -> Refusal | None:
    """What refuses to mount the device on the volume's path."""
    refusal = is_other_device(volume, device, multipath=multipath) or is_used_otherwise(volume, device)
    if refusal:
        return refusal
    elsewhere = [target for target in device.mounts if target != volume.path]
    if elsewhere:
        return Refusal(
            f"{device.node} ({volume.name}) is refused: it is mounted on {', '.join(elsewhere)} already, expected not "
            f"at all or on {volume.path}. Unmount it there."
        )
    on_top = [mount.number for mount in mounts if mount.target == volume.path][-1:]
    if on_top and on_top != [device.number]:
        return Refusal(
            f"{volume.path} is in use: device {on_top[0]} is mounted there, expected nothing or {device.node} "
            f"({device.number}). Give {volume.name} a mount point of its own."
        )
    if volume.size is not None and device.size is not None and device.size != volume.size:
        return Refusal(
            f"{device.node} ({volume.name}) is refused: it has {device.size} bytes, expected {volume.size}. Rescan the "
            "host, or correct the size.",
            passing=True,
        )
    if device.write_protected and not volume.read_only:
        return Refusal(
            f"{device.node} ({volume.name}) can only be read: expected a failover test that runs, and a host that has "
            "rescanned since. Rescan the host, or give read_only.",
            passing=True,
        )
    return None


def refuses_content(volume: Volume, device: Device, found: str) -> Refusal | None:
    """What refuses to mount a device with that on it; ``found`` is blkid's TYPE, empty where it knows none."""
    if found == volume.fstype:
        return None
    return Refusal(
        f"{volume.name} ({device.node}) holds '{found or 'nothing that blkid knows'}', expected '{volume.fstype}'. "
        "LVM2_member: volume groups with the identity of another need tasks of your own (vgimportclone). "
        "Nothing was mounted."
    )


def is_mounted(volume: Volume, device: Device) -> bool:
    """Whether nothing has to be mounted."""
    return volume.path in device.mounts


def refuses_release(volume: Volume, device: Device, *, multipath: bool) -> Refusal | None:
    """What refuses to unmount and remove the device."""
    return is_other_device(volume, device, multipath=multipath) or is_used_otherwise(volume, device)


def is_idle(device: Device) -> bool:
    """Whether nothing at all uses it, so that it can be removed without being flushed."""
    return bool(device.number) and not (device.partitions or device.holders or device.is_swap or device.mounts)


def plan_release(device: Device | None, orphans: t.Sequence[str], *, multipath: bool, remove_devices: bool) -> Release:
    """Unmount all in reverse, flush, then the multipath map, then its paths: what is left would show errors as soon as
    the array takes the volume back. ``orphans`` are paths whose map has gone already."""
    if device is None:
        return Release(delete=tuple(orphans) if remove_devices else ())
    unmount = tuple(reversed(device.mounts))
    if not remove_devices:
        return Release(unmount, device.node if unmount else None)
    if multipath:
        return Release(unmount, device.node, device.map_name or device.kernel, tuple(sorted(device.paths)))
    return Release(unmount, device.node, None, (device.kernel,))
