# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Mounting volumes: let the host look for them, wait for each, judge all, mount, and prove that they can be written."""

from __future__ import annotations

import os
import time
import typing as t
from dataclasses import dataclass

from .context import Context
from .host import Device, find_by_link, link_to, read_mounts
from .judge import Refusal, is_mounted, refuses_content, refuses_mount
from .options import Volume

CANARY: t.Final = ".failover_drill_canary"
_RESCAN_SECONDS: t.Final = 10.0
_FIRST_PAUSE: t.Final = 0.1
_LONGEST_PAUSE: t.Final = 1.0
# A file of that name on the volume may be a link to one of the host's; it is replaced, never written through.
_WRITE: t.Final = 'rm -f -- "$1" && umask 077 && exec dd of="$1" conv=excl,fsync status=none'


@dataclass(frozen=True)
class Ready:
    """A volume before it is mounted: its device, where there is one that may be touched, or why not."""

    volume: Volume
    device: Device | None
    problem: str = ""

    @property
    def mounted(self) -> bool:
        return self.device is not None and is_mounted(self.volume, self.device)


def prepare(context: Context, volumes: t.Sequence[Volume], *, may_act: bool) -> list[Ready]:
    """Find and judge the device of each. With ``may_act`` the host rescans, and a device is waited for."""
    deadline = time.monotonic() + (context.seconds if may_act else 0)
    nodes = {volume.digits: find_by_link(context.places, volume, multipath=context.multipath) for volume in volumes}
    if may_act:
        # One that was mapped all the time is there already, as one that could only be read: those are read anew.
        for node in filter(None, nodes.values()):
            _read_anew(context, node)
        _wait_for_all(context, volumes, nodes, deadline)
    return [_judged(context, volume, nodes[volume.digits], deadline, may_act=may_act) for volume in volumes]


def _wait_for_all(context: Context, volumes: t.Sequence[Volume], nodes: dict[str, str | None], deadline: float) -> None:
    """Let the host look for the devices that are missing, and enter each when it is there."""
    pause, rescan_at = _FIRST_PAUSE, time.monotonic()
    while True:
        missing = [volume for volume in volumes if nodes[volume.digits] is None]
        for volume in missing:
            node = find_by_link(context.places, volume, multipath=context.multipath)
            if node is not None:
                nodes[volume.digits] = node
                _read_anew(context, node)
        now = time.monotonic()
        if None not in nodes.values() or now >= deadline:
            return
        if now >= rescan_at:
            _look_for_devices(context, deadline)
            rescan_at = time.monotonic() + _RESCAN_SECONDS
        time.sleep(min(pause, max(0.0, deadline - time.monotonic())))
        pause = min(pause * 2, _LONGEST_PAUSE)


def _look_for_devices(context: Context, deadline: float) -> None:
    """Scan every SCSI host and iSCSI session. One that fails is no failure: the device may come by another."""
    hosts = os.path.join(context.places.sys, "class/scsi_host")
    for name in sorted(os.listdir(hosts)) if os.path.isdir(hosts) else []:
        context.write(os.path.join(hosts, name, "scan"), "- - -\n", max(1.0, deadline - time.monotonic()))
    context.run(["iscsiadm", "--mode", "session", "--rescan"], max(1.0, deadline - time.monotonic()))


def _read_anew(context: Context, node: str) -> None:
    """Let the kernel read size and write protection of a device and of its paths anew."""
    block = context.places.block(os.path.basename(node))
    paths = os.path.join(block, "slaves")
    names = sorted(os.listdir(paths)) if os.path.isdir(paths) else []
    for device in (block, *(os.path.join(paths, name) for name in names)):
        context.write(os.path.join(device, "device/rescan"), "1\n")
    name = os.path.join(block, "dm/name")
    if os.path.exists(name):
        with open(name, encoding="utf-8") as file:
            context.run(["multipathd", "resize", "map", file.read().strip()], context.seconds)


def _judged(context: Context, volume: Volume, node: str | None, deadline: float, *, may_act: bool) -> Ready:
    if node is None:
        return Ready(volume, None, _not_there(context, volume) if may_act else "")
    while True:
        device = context.device(node)
        refusal = refuses_mount(volume, device, read_mounts(context.places), multipath=context.multipath)
        if refusal is None or not refusal.passing or time.monotonic() >= deadline:
            break
        time.sleep(_FIRST_PAUSE)
    if refusal is None and not is_mounted(volume, device):
        refusal = _content(context, volume, device)
    return Ready(volume, device, refusal.message if refusal else "")


def _not_there(context: Context, volume: Volume) -> str:
    multipath = "multipathd running" if context.multipath else "no multipath map over it"
    return (
        f"{link_to(context.places, volume, multipath=context.multipath)} did not appear within {context.seconds:g} s: "
        f"expected volume {volume.name} mapped to this host on the array, its paths zoned, and {multipath} "
        f"(multipath is {str(context.multipath).lower()})."
    )


def _content(context: Context, volume: Volume, device: Device) -> Refusal | None:
    argv = ["blkid", "--probe", "--output", "value", "--match-tag", "TYPE", device.node]
    done = context.run(argv, context.seconds)
    if done.code not in (0, 2):  # 2: nothing that it knows
        return Refusal(f"{volume.name} ({device.node}) could not be read: {done.problem}. Nothing was mounted.")
    return refuses_content(volume, device, done.output.strip())


def mount(context: Context, ready: Ready) -> str:
    """Mount it where it is not yet; what went wrong, empty where nothing did."""
    volume, device = ready.volume, ready.device
    if device is None or ready.mounted:
        return ""
    made = context.run(["mkdir", "-p", "--", volume.path], context.seconds)
    if made.problem:
        return f"{volume.name}: the mount point {volume.path} could not be made: {made.problem}"
    argv = ["mount", "--types", volume.fstype, "--options", volume.mount_options, "--", device.node, volume.path]
    done = context.run(argv, context.seconds)
    if done.problem:
        return f"{volume.name} ({device.node}) was not mounted on {volume.path}: {done.problem}"
    if not any(m.number == device.number and m.target == volume.path for m in read_mounts(context.places)):
        return f"{volume.name} ({device.node}): mount reported no error, but nothing shows it on {volume.path}."
    return ""


def write_canary(context: Context, volume: Volume) -> str:
    """Write a file through to the device and read it back; what went wrong, empty where nothing did."""
    path = os.path.join(volume.path, CANARY)
    written = context.run(["sh", "-c", _WRITE, "sh", path], context.seconds, _canary_of(volume))
    if written.problem:
        return f"{volume.name}: {path} could not be written: {written.problem}"
    return read_canary(context, volume)


def read_canary(context: Context, volume: Volume) -> str:
    """Read the file back from the device, not from memory; what went wrong, empty where nothing did."""
    path = os.path.join(volume.path, CANARY)
    read = context.run(["dd", f"if={path}", "iflag=nocache", "status=none"], context.seconds)
    if read.problem:
        return f"{volume.name}: {path} could not be read: {read.problem}"
    if read.output != _canary_of(volume):
        return f"{volume.name}: {path} was read back as {read.output[:80]!r}, expected {_canary_of(volume)!r}."
    return ""


def _canary_of(volume: Volume) -> str:
    return f"Written during a failover test on volume {volume.name}.\n"
