# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Releasing volumes: unmount, flush and remove their devices, before the array takes the data away."""

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass

from .context import Context
from .host import Device, disks_of, find_by_identity, find_by_link, names_of, read_mounts, shown
from .judge import Release, is_idle, plan_release, refuses_release
from .options import Volume

_PAUSE: t.Final = 0.1


@dataclass(frozen=True)
class Held:
    """A volume before its release: its device, where it is there, and what is to be done, or why nothing may be."""

    volume: Volume
    device: Device | None
    plan: Release
    problem: str = ""
    disks: tuple[Device, ...] = ()  # of a volume whose multipath map has gone

    @property
    def shown(self) -> str:
        """What the host shows of it, as one side of the diff."""
        if self.device is None:
            left = ", ".join(disk.node for disk in self.disks)
            return f"no device but its paths {left}" if left else "no device"
        return shown(self.device)


def look_at(context: Context, volume: Volume, *, remove_devices: bool) -> Held:
    """Find the device, by udev's link or else by what the kernel calls it, judge it, and plan its release."""
    places, multipath = context.places, context.multipath
    node = find_by_link(places, volume, multipath=multipath) or find_by_identity(places, volume, multipath=multipath)
    if node is None:
        disks = tuple(disks_of(places, volume)) if multipath else ()
        busy = [disk.node for disk in disks if not is_idle(disk)]
        problem = ""
        if busy:
            problem = (
                f"{volume.name}: it has no multipath map, but {', '.join(busy)} of it is in use: expected multipath: "
                "false for a volume without a map. Nothing was unmounted."
            )
        orphans = [disk.kernel for disk in disks] if not busy else []
        plan = plan_release(None, orphans, multipath=multipath, remove_devices=remove_devices)
        return Held(volume, None, plan, problem, disks)
    device = context.device(node)
    refusal = refuses_release(volume, device, multipath=multipath)
    if refusal:
        return Held(volume, device, Release(), refusal.message)
    return Held(volume, device, plan_release(device, [], multipath=multipath, remove_devices=remove_devices))


def release(context: Context, held: Held) -> str:
    """Do what is planned; what went wrong, empty where nothing did."""
    plan, name = held.plan, held.volume.name
    for target in plan.unmount:
        # Not lazily: a file system that is still in use would write to a device that the stop takes away.
        done = context.run(["umount", "--", target], context.seconds)
        if done.problem:
            return f"{name} was not unmounted from {target}: {done.problem}. See who uses it: fuser -vm {target}"
    if held.device and any(mount.number == held.device.number for mount in read_mounts(context.places)):
        return f"{name}: umount reported no error, but {held.device.node} is mounted all the same."
    problem = _flush_and_remove(context, plan) or (_is_left(context, held.volume) if plan.removes else "")
    return f"{name} is unmounted, but its devices are left: {problem}" if problem else ""


def _is_left(context: Context, volume: Volume) -> str:
    """What the kernel still shows of a volume whose devices were removed. It may take a moment to forget them."""
    deadline = time.monotonic() + context.seconds
    while True:
        left = [f"/dev/{name}" for name in names_of(context.places, volume)]
        if not left or time.monotonic() >= deadline:
            return f"the kernel still shows {', '.join(left)}" if left else ""
        time.sleep(_PAUSE)


def _flush_and_remove(context: Context, plan: Release) -> str:
    """The buffers, the multipath map, then its paths; the first problem ends it."""
    commands = []
    if plan.flush:
        commands.append(["blockdev", "--flushbufs", plan.flush])
    if plan.remove_map:
        commands.append(["multipath", "-f", plan.remove_map])
    for command in commands:
        done = context.run(command, context.seconds)
        if done.problem:
            return done.problem
    for disk in plan.delete:
        deleted = context.write(context.places.block(disk, "device/delete"), "1\n")
        if deleted is not None and deleted.problem:
            return deleted.problem
    return ""
