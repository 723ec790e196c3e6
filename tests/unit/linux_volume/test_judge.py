# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which block device may be touched, from a device that is right in everything and each way of being wrong."""

from __future__ import annotations

import typing as t
from dataclasses import replace
from pathlib import Path

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._linux_volume.host import (
    Device,
    Mount,
    Places,
    find_by_identity,
    find_by_link,
    parse_mounts,
    parse_swaps,
    read_device,
)
from ansible_collections.drdrill.powerstore.plugins.module_utils._linux_volume.judge import (
    Release,
    is_idle,
    is_mounted,
    plan_release,
    refuses_content,
    refuses_mount,
    refuses_release,
)
from ansible_collections.drdrill.powerstore.plugins.module_utils._linux_volume.options import Volume
from tests.unit.makers.linux_host import GIB, HEX, OTHER, LinuxHost

VOLUME = Volume("erp-data", HEX, 4096, "/mnt/erp", "xfs", (), False)
DISK = Device(
    node="/dev/sdx",
    kernel="sdx",
    identity=f"naa.{HEX}",
    number="8:16",
    size=4096,
    write_protected=False,
    map_name=None,
    paths={},
    holders=(),
    partitions=(),
    is_swap=False,
    mounts=(),
)
MAP = replace(
    DISK,
    node="/dev/dm-7",
    kernel="dm-7",
    identity=f"mpath-3{HEX}",
    number="253:7",
    map_name="mpatha",
    paths={"sdb": f"naa.{HEX}", "sda": ""},
)
USED: list[tuple[dict[str, t.Any], str]] = [
    ({"identity": f"naa.{OTHER}"}, f"the kernel calls it 'naa.{OTHER}', expected 'naa.{HEX}'"),
    ({"identity": ""}, "the kernel calls it ''"),
    ({"identity": "naa.6fffffffffffffffffffffffffffffff"}, "the kernel calls it 'naa.6fff"),
    ({"identity": f"mpath-3{HEX}"}, "the kernel calls it 'mpath-3"),
    ({"number": ""}, "has no device number in sysfs"),
    ({"partitions": ("sdx1",)}, "has partitions (sdx1)"),
    ({"holders": ("dm-3", "dm-4")}, "is held by dm-3, dm-4"),
    ({"is_swap": True}, "is swapped to"),
    ({"mounts": ("/",)}, "is mounted on / and holds this host's own system"),
    ({"mounts": ("/mnt/erp", "/boot")}, "holds this host's own system"),
]


@pytest.mark.parametrize(("unlike", "message"), USED)
def test_what_is_another_device_or_used_otherwise_is_neither_mounted_nor_released(
    unlike: dict[str, t.Any], message: str
) -> None:
    device = replace(DISK, **unlike)
    for refusal in (
        refuses_mount(VOLUME, device, [], multipath=False),
        refuses_release(VOLUME, device, multipath=False),
    ):
        assert refusal and message in refusal.message and not refusal.passing


def test_the_right_device_is_not_refused() -> None:
    others = [Mount("8:1", target) for target in ("/", "/mnt", "/mnt/erp/below", "/mnt/z")]
    assert refuses_mount(VOLUME, DISK, others, multipath=False) is None
    assert refuses_mount(VOLUME, MAP, [], multipath=True) is None
    assert refuses_release(VOLUME, DISK, multipath=False) is None
    assert refuses_release(VOLUME, replace(MAP, mounts=("/mnt/erp", "/mnt/b")), multipath=True) is None
    assert refuses_content(VOLUME, DISK, "".join(["x", "fs"])) is None
    at_its_place = replace(DISK, mounts=("/mnt/" + "".join(["e", "rp"]),))
    assert refuses_mount(VOLUME, at_its_place, [Mount("8:16", "/mnt/erp")], multipath=False) is None


@pytest.mark.parametrize("foreign", [f"naa.{OTHER}", "naa.6fffffffffffffffffffffffffffffff"])
def test_a_map_has_paths_of_its_own_volume_only(foreign: str) -> None:
    mixed = replace(MAP, paths={"sda": f"naa.{HEX}", "sdb": foreign})
    for refusal in (refuses_mount(VOLUME, mixed, [], multipath=True), refuses_release(VOLUME, mixed, multipath=True)):
        assert refusal and f"holds sdb ({foreign}), expected only paths of naa.{HEX}" in refusal.message
    assert refuses_release(VOLUME, replace(MAP, identity=f"naa.{HEX}"), multipath=True)


def test_what_is_mounted_elsewhere_is_not_mounted_again() -> None:
    refusal = refuses_mount(VOLUME, replace(DISK, mounts=("/mnt/erp", "/mnt/production")), [], multipath=False)
    assert refusal and "is mounted on /mnt/production already" in refusal.message and not refusal.passing


def test_a_mount_point_that_something_else_has_is_refused() -> None:
    here = Mount("8:16", "/mnt/erp")
    for mounts in ([Mount("8:99", "/mnt/erp")], [here, Mount("8:99", "/mnt/erp")]):
        refusal = refuses_mount(VOLUME, DISK, mounts, multipath=False)
        assert refusal and "/mnt/erp is in use: device 8:99 is mounted there" in refusal.message
        assert not refusal.passing
    mounted = replace(DISK, mounts=("/mnt/erp",))
    assert refuses_mount(VOLUME, mounted, [Mount("8:99", "/mnt/erp"), here], multipath=False) is None
    assert is_mounted(VOLUME, mounted) and not is_mounted(VOLUME, DISK)
    assert not is_mounted(VOLUME, replace(DISK, mounts=("/mnt/erp2",)))


def test_size_and_write_protection_may_change_when_the_host_reads_them_anew() -> None:
    for size in (4095, 4097):
        refusal = refuses_mount(VOLUME, replace(DISK, size=size), [], multipath=False)
        assert refusal and f"it has {size} bytes, expected 4096" in refusal.message and refusal.passing
    protected = replace(DISK, write_protected=True)
    refusal = refuses_mount(VOLUME, protected, [], multipath=False)
    assert refusal and "can only be read" in refusal.message and refusal.passing
    assert refuses_mount(replace(VOLUME, read_only=True), protected, [], multipath=False) is None
    assert refuses_mount(replace(VOLUME, size=None), replace(DISK, size=1), [], multipath=False) is None
    # Neither keeps a volume from being released.
    assert refuses_release(VOLUME, replace(protected, size=1), multipath=False) is None


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ("ext4", "holds 'ext4', expected 'xfs'"),
        ("zfs_member", "holds 'zfs_member', expected 'xfs'"),
        ("", "holds 'nothing that blkid knows'"),
        ("LVM2_member", "need tasks of your own (vgimportclone)"),
    ],
)
def test_another_content_is_refused(found: str, message: str) -> None:
    refusal = refuses_content(VOLUME, DISK, found)
    assert refusal and message in refusal.message and "Nothing was mounted." in refusal.message


def test_a_release_unmounts_in_reverse_and_removes_the_map_before_its_paths() -> None:
    mounts = ("/mnt/erp", "/mnt/erp/b", "/mnt/c")
    reverse = ("/mnt/c", "/mnt/erp/b", "/mnt/erp")
    mapped, disk = replace(MAP, mounts=mounts), replace(DISK, mounts=mounts)

    def plan(device: Device | None, orphans: tuple[str, ...] = (), *, multipath: bool, remove: bool = True) -> Release:
        return plan_release(device, orphans, multipath=multipath, remove_devices=remove)

    assert plan(mapped, multipath=True) == Release(reverse, "/dev/dm-7", "mpatha", ("sda", "sdb"))
    assert plan(replace(MAP, map_name=None), multipath=True) == Release((), "/dev/dm-7", "dm-7", ("sda", "sdb"))
    assert plan(disk, multipath=False) == Release(reverse, "/dev/sdx", None, ("sdx",))
    assert plan(disk, multipath=False, remove=False) == Release(reverse, "/dev/sdx")
    assert plan(DISK, multipath=False, remove=False) == Release()
    assert plan(None, ("sda",), multipath=True) == Release(delete=("sda",))
    assert plan(None, ("sda",), multipath=True, remove=False) == Release()
    assert plan(None, multipath=False) == Release()
    assert [release.removes for release in (Release(), Release(("/a",), "b"), Release(remove_map="a"))] == [
        False,
        False,
        True,
    ]
    assert Release(delete=("sda",)).removes


@pytest.mark.parametrize(
    ("unlike", "idle"),
    [
        ({}, True),
        ({"number": ""}, False),
        ({"partitions": ("sdx1",)}, False),
        ({"holders": ("dm-1",)}, False),
        ({"is_swap": True}, False),
        ({"mounts": ("/mnt",)}, False),
    ],
)
def test_only_a_disk_that_nothing_uses_is_idle(unlike: dict[str, t.Any], idle: bool) -> None:
    assert is_idle(replace(DISK, **unlike)) is idle


def test_mountinfo_and_swaps_are_read_with_their_escapes() -> None:
    mountinfo = (
        "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue\n"
        "37 35 253:7 / /mnt/with\\040space\\134 rw - xfs /dev/mapper/mpatha rw\n\nshort line\n"
    )
    assert parse_mounts(mountinfo) == [Mount("98:0", "/mnt2"), Mount("253:7", "/mnt/with space\\")]
    swaps = "Filename\t\t\tType\n/dev/dm-1        partition\t8\t0\t-2\n/swap\\040file file\t8\t0\t-3\n"
    assert parse_swaps(swaps) == ["/dev/dm-1", "/swap file"]
    assert parse_swaps("") == []


def test_a_device_is_read_as_the_kernel_shows_it(tmp_path: Path) -> None:
    host = LinuxHost(tmp_path)
    host.disk("sda", "8:0", HEX.upper(), linked=False)
    host.map(paths=["sda"])
    host.attribute("dm-7", "ro", "1")
    host.attribute("sda", "sda1/partition", "1")
    host.mounted("dm-7", "/mnt/erp")
    places = Places(**host.options)
    node = str(tmp_path / "dev/dm-7")
    with (tmp_path / "proc/swaps").open("a") as file:
        file.write(f"{node}\tpartition\t1\t0\t-2\n")

    assert find_by_link(places, VOLUME, multipath=True) == node
    assert find_by_link(places, VOLUME, multipath=False) is None
    assert find_by_identity(places, VOLUME, multipath=True) == "/dev/dm-7"
    assert find_by_identity(places, VOLUME, multipath=False) == "/dev/sda"
    mapped = read_device(places, node, multipath=True)
    assert mapped == Device(
        node, "dm-7", f"mpath-3{HEX}", "253:7", GIB, True, f"3{HEX}", {"sda": f"naa.{HEX}"}, (), (), True, ("/mnt/erp",)
    )
    disk = read_device(places, "/dev/sda", multipath=False)
    assert (disk.identity, disk.holders, disk.partitions, disk.is_swap) == (f"naa.{HEX}", ("dm-7",), ("sda1",), False)
    gone = read_device(places, "/dev/sdq", multipath=False)
    assert (gone.identity, gone.number, gone.size, gone.mounts) == ("", "", None, ())
