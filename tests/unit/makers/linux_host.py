# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A made-up Linux host: /sys, /proc and udev's links as files, and commands in a folder for PATH that change them.

Real mounting takes a device and root. What is written to a mount point lands in the folder itself.
"""

from __future__ import annotations

import typing as t
from pathlib import Path

HEX = "68ccf09800aabbccddeeff0011223344"
OTHER = "68ccf09800000000000000000000ffff"
GIB = 2**30
COMMANDS = {
    "mount": """
        for word in "$@"; do node=$path; path=$word; done
        [ -e ROOT/refuse-mount ] && { echo "mount: wrong fs type" >&2; exit 32; }
        echo "99 1 $(cat ROOT/sys/block/$(basename "$node")/dev) / $path rw - ext4 $node rw" >> ROOT/proc/self/mountinfo
        echo "$*" >> ROOT/mounted
    """,
    "umount": """
        [ -e ROOT/busy ] && { echo "umount: $2: target is busy." >&2; exit 32; }
        grep -v " / $2 " ROOT/proc/self/mountinfo > ROOT/proc/rest
        mv ROOT/proc/rest ROOT/proc/self/mountinfo
        echo "$2" >> ROOT/unmounted
    """,
    "blkid": """
        for word in "$@"; do node=$word; done
        [ -e ROOT/type ] || exit 2
        cat ROOT/type
    """,
    "blockdev": 'echo "$2" >> ROOT/flushed',
    "multipath": """
        for block in ROOT/sys/block/*; do
            [ "$(cat "$block/dm/name" 2> ROOT/null)" = "$2" ] || continue
            [ -e ROOT/map-in-use ] && { echo "map in use" >&2; exit 1; }
            for path in "$block"/slaves/*; do rm -rf "ROOT/sys/block/${path##*/}/holders"; done
            rm -rf "$block" "ROOT/dev/${block##*/}" ROOT/by-id/dm-uuid-mpath-*
        done
    """,
    "multipathd": 'echo "$*" >> ROOT/multipathd-asked',
    "iscsiadm": 'echo "$*" >> ROOT/iscsiadm-asked',
    "tee": """
        cat > "$1"
        case $1 in
            */device/delete)
                block=${1%/device/delete}
                rm -rf "$block" "ROOT/dev/${block##*/}"
                find ROOT/by-id -xtype l -delete;;
        esac
    """,
}


class LinuxHost:
    """A host without devices; `root` has its sys, proc, by-id, dev, mnt and the commands in bin."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.links = root / "by-id"
        for name in ("by-id", "dev", "mnt", "bin", "sys/block", "sys/class/scsi_host/host0", "proc/self"):
            (root / name).mkdir(parents=True, exist_ok=True)
        (root / "sys/class/scsi_host/host0/scan").touch()
        (root / "proc/self/mountinfo").write_text("23 1 259:1 / / rw - ext4 /dev/nvme0n1p1 rw\n")
        (root / "proc/swaps").write_text("Filename\tType\tSize\tUsed\tPriority\n")
        (root / "type").write_text("ext4\n")
        for name, script in COMMANDS.items():
            command = root / "bin" / name
            command.write_text("#!/bin/sh\n" + script.replace("ROOT", str(root)))
            command.chmod(0o755)

    @property
    def options(self) -> dict[str, t.Any]:
        """The options of linux_volume that make it see this host."""
        return {"sys": f"{self.root}/sys", "proc": f"{self.root}/proc", "by_id": str(self.links)}

    @property
    def path(self) -> str:
        """Its commands, for PATH."""
        return str(self.root / "bin")

    def attribute(self, device: str, name: str, text: str) -> None:
        """Let the kernel say that of a device."""
        place = self.root / "sys/block" / device / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text + "\n")

    def link(self, name: str, device: str) -> None:
        (self.links / name).unlink(missing_ok=True)
        (self.links / name).symlink_to(self.root / "dev" / device)

    def disk(self, device: str = "sdx", number: str = "8:16", digits: str = HEX, *, linked: bool = True) -> None:
        """A SCSI disk with udev's link to it."""
        (self.root / "dev" / device).write_bytes(b"")
        for name, text in (("dev", number), ("size", str(GIB // 512)), ("ro", "0"), ("device/wwid", f"naa.{digits}")):
            self.attribute(device, name, text)
        for name in ("rescan", "delete"):
            self.attribute(device, f"device/{name}", "")
        if linked:
            self.link(f"wwn-0x{digits}", device)

    def map(self, device: str = "dm-7", number: str = "253:7", digits: str = HEX, paths: t.Sequence[str] = ()) -> None:
        """A multipath map over disks, with udev's link to it."""
        (self.root / "dev" / device).write_bytes(b"")
        for name, text in (("dev", number), ("size", str(GIB // 512)), ("ro", "0")):
            self.attribute(device, name, text)
        self.attribute(device, "dm/uuid", f"mpath-3{digits}")
        self.attribute(device, "dm/name", f"3{digits}")
        for path in paths:
            (self.root / f"sys/block/{device}/slaves").mkdir(exist_ok=True)
            (self.root / f"sys/block/{device}/slaves/{path}").symlink_to(self.root / "sys/block" / path)
            self.attribute(path, f"holders/{device}/dev", number)
        self.link(f"dm-uuid-mpath-3{digits}", device)

    def mounted(self, device: str, target: object) -> None:
        """Let it be mounted there."""
        number = (self.root / "sys/block" / device / "dev").read_text().strip()
        with (self.root / "proc/self/mountinfo").open("a") as file:
            file.write(f"98 1 {number} / {target} rw - ext4 /dev/{device} rw\n")

    def said(self, name: str) -> list[str]:
        """The lines of a file of the host, or of what one of its commands was asked."""
        path = self.root / name
        return path.read_text().splitlines() if path.exists() else []
