# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""linux_volume on a made-up host: its real main(), and real processes that change what /sys and /proc show."""

from __future__ import annotations

import ast
import os
import stat
import threading
import typing as t
from pathlib import Path

import pytest

from tests.lab.simulator import Simulator
from tests.running import Result, connection_to, run_module
from tests.unit.makers.linux_host import GIB, HEX, OTHER, LinuxHost

ROOT = Path(__file__).parents[2]
TRAVELS = [
    ROOT / "plugins/modules/linux_volume.py",
    *sorted((ROOT / "plugins/module_utils/_linux_volume").glob("*.py")),
]
WWN = f"naa.{HEX}"
CANARY = ".failover_drill_canary"


class Task:
    """Runs linux_volume on the host, for one volume unless others are given."""

    def __init__(self, simulator: Simulator, host: LinuxHost) -> None:
        self.simulator, self.host = simulator, host

    def volume(self, **options: t.Any) -> dict[str, t.Any]:
        path = str(self.host.root / "mnt/erp")
        return {"volume": "erp-data", "wwn": WWN, "path": path, "fstype": "ext4", **options}

    def __call__(self, state: str, *volumes: dict[str, t.Any], **options: t.Any) -> Result:
        nothing = dict.fromkeys(connection_to(self.simulator))  # it asks no array
        given = {"multipath": False, "timeout": 20, **self.host.options, **options}
        return run_module(
            self.simulator,
            "linux_volume",
            diff=True,
            **nothing,
            state=state,
            volumes=list(volumes) or [self.volume()],
            **given,
        )


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LinuxHost:
    made = LinuxHost(tmp_path)
    monkeypatch.setenv("PATH", f"{made.path}{os.pathsep}{os.environ['PATH']}")
    return made


@pytest.fixture
def task(simulator: Simulator, host: LinuxHost) -> Task:
    return Task(simulator, host)


def good(result: Result) -> Result:
    assert not result.get("failed"), result["msg"]
    return t.cast(Result, result["volumes"][0])


def test_a_disk_is_mounted_written_released_and_gone(task: Task, host: LinuxHost) -> None:
    host.disk()
    target = host.root / "mnt/erp"
    result = task("mounted")
    entry = good(result)
    assert result["changed"] is True
    assert entry["action"] == "mounted" and entry["device"] == str(host.root / "dev/sdx") and entry["size"] == GIB
    assert result["observed"] == f"mounted read-write, canary file written and read: erp-data on {target}"
    assert result["diff"] == {"before": {"erp-data": "not mounted"}, "after": {"erp-data": f"mounted on {target}"}}
    assert host.said("mounted") == [f"--types ext4 --options rw -- {host.root}/dev/sdx {target}"]
    assert host.said("sys/block/sdx/device/rescan") == ["1"]
    canary = target / CANARY
    assert canary.read_text() == "Written during a failover test on volume erp-data.\n"
    assert stat.S_IMODE(canary.stat().st_mode) == 0o600

    again = task("mounted")
    assert good(again)["action"] == "none" and again["changed"] is False
    assert again["observed"] == f"mounted read-write, canary file read: erp-data on {target}"
    assert len(host.said("mounted")) == 1

    released = task("unmounted")
    assert good(released)["action"] == "unmounted" and released["changed"] is True
    assert released["observed"] == "unmounted, devices removed: erp-data"
    assert released["diff"]["after"] == {"erp-data": "no device"}
    assert host.said("unmounted") == [str(target)] and host.said("flushed") == [f"{host.root}/dev/sdx"]
    assert not (host.root / "sys/block/sdx").exists()

    over = task("unmounted")
    assert good(over)["action"] == "none" and over["changed"] is False


def test_a_multipath_map_goes_before_its_paths(task: Task, host: LinuxHost) -> None:
    host.disk("sda", "8:0", linked=False)
    host.disk("sdb", "8:32", linked=False)
    host.map(paths=["sda", "sdb"])
    host.mounted("dm-7", "/mnt/elsewhere")
    result = task("unmounted", multipath=True)
    assert good(result)["action"] == "unmounted"
    assert list((host.root / "sys/block").iterdir()) == []


def test_a_map_is_resized_and_all_of_its_paths_are_read_anew(task: Task, host: LinuxHost) -> None:
    host.disk("sda", "8:0", linked=False)
    host.map(paths=["sda"])
    good(task("mounted", multipath=True))
    assert host.said("multipathd-asked") == [f"resize map 3{HEX}"]
    assert host.said("sys/block/sda/device/rescan") == ["1"]


def test_paths_whose_map_was_removed_before_are_removed_too(task: Task, host: LinuxHost) -> None:
    host.disk("sda", "8:0", linked=False)
    entry = good(task("unmounted", multipath=True))
    assert entry["before"].startswith("no device but its paths /dev/sda") and entry["after"] == "no device"
    assert entry["changed"] is True
    assert not (host.root / "sys/block/sda").exists()


def test_a_disk_in_use_is_no_left_over_path(task: Task, host: LinuxHost) -> None:
    host.disk("sda", "8:0", linked=False)
    host.mounted("sda", "/mnt/erp")
    result = task("unmounted", multipath=True)
    assert result["failed"] is True and "expected multipath: false" in result["msg"]
    assert (host.root / "sys/block/sda").exists() and host.said("unmounted") == []


def test_a_device_that_lost_its_link_is_released(task: Task, host: LinuxHost) -> None:
    host.disk(linked=False)
    assert good(task("unmounted"))["action"] == "unmounted"
    assert not (host.root / "sys/block/sdx").exists()


def test_devices_may_be_kept(task: Task, host: LinuxHost) -> None:
    host.disk()
    host.mounted("sdx", "/mnt/a")
    host.mounted("sdx", "/mnt/a/b")
    result = task("unmounted", remove_devices=False)
    assert result["observed"] == "unmounted: erp-data" and result["diff"]["after"] == {"erp-data": "not mounted"}
    assert host.said("unmounted") == ["/mnt/a/b", "/mnt/a"]
    assert task("unmounted", remove_devices=False)["changed"] is False


def test_a_device_that_comes_late_is_waited_for(task: Task, host: LinuxHost) -> None:
    host.disk()
    (host.links / f"wwn-0x{HEX}").unlink()
    link, node = host.links / f"wwn-0x{HEX}", host.root / "dev/sdx"
    late = threading.Timer(0.7, lambda: link.symlink_to(node))
    late.start()
    good(task("mounted", timeout=100))
    late.join()
    assert host.said("sys/class/scsi_host/host0/scan") == ["- - -"]
    assert "--mode session --rescan" in host.said("iscsiadm-asked")


def test_a_device_that_does_not_come_says_what_to_look_for(task: Task, host: LinuxHost) -> None:
    result = task("mounted", timeout=3)
    assert result["failed"] is True and result["changed"] is False and result["observed"] is None
    assert f"wwn-0x{HEX} did not appear within 3 s: expected volume erp-data mapped to this host" in result["msg"]


def test_what_can_only_be_read_is_waited_for_until_it_can_be_written(task: Task, host: LinuxHost) -> None:
    host.disk()
    host.attribute("sdx", "ro", "1")
    late = threading.Timer(0.7, lambda: host.attribute("sdx", "ro", "0"))
    late.start()
    good(task("mounted", timeout=100))
    late.join()
    host.attribute("sdx", "ro", "1")
    (host.root / "proc/self/mountinfo").write_text("")
    refused = task("mounted", timeout=3)
    assert refused["failed"] is True and "can only be read" in refused["msg"]
    read_only = task("mounted", task.volume(read_only=True), timeout=100)
    assert good(read_only)["action"] == "mounted" and "read-only: erp-data" in read_only["observed"]
    assert host.said("mounted")[-1].startswith("--types ext4 --options ro -- ")


def test_one_refused_volume_refuses_all_before_any_is_mounted(task: Task, host: LinuxHost) -> None:
    host.disk()
    host.disk("sdy", "8:48", OTHER)
    host.mounted("sdy", "/mnt/production")
    other = {"volume": "hr", "wwn": f"naa.{OTHER}", "path": str(host.root / "mnt/hr"), "fstype": "ext4"}
    result = task("mounted", task.volume(), other)
    assert result["failed"] is True and "mounted on /mnt/production already" in result["msg"]
    assert [entry["action"] for entry in result["volumes"]] == ["not_attempted", "failed"]
    assert host.said("mounted") == []


def test_one_volume_that_cannot_be_released_keeps_no_other(task: Task, host: LinuxHost) -> None:
    host.disk()
    host.disk("sdy", "8:48", OTHER)
    host.attribute("sdy", "holders/dm-9/dev", "253:9")
    other = {"volume": "hr", "wwn": f"naa.{OTHER}"}
    result = task("unmounted", task.volume(), other)
    assert result["failed"] is True and "held by dm-9" in result["msg"]
    assert [entry["action"] for entry in result["volumes"]] == ["unmounted", "failed"]
    assert result["changed"] is True
    assert (host.root / "sys/block/sdy").exists() and not (host.root / "sys/block/sdx").exists()


def test_a_busy_file_system_stays_and_says_how_to_find_its_user(task: Task, host: LinuxHost) -> None:
    host.disk()
    host.mounted("sdx", "/mnt/erp")
    (host.root / "busy").touch()
    result = task("unmounted")
    assert result["failed"] is True and result["changed"] is False
    assert "target is busy" in result["msg"] and "fuser -vm /mnt/erp" in result["msg"]
    assert result["diff"]["after"] == {"erp-data": "mounted on /mnt/erp"}
    assert (host.root / "sys/block/sdx").exists()


def test_a_map_that_stays_is_a_failure_and_the_unmount_a_change(task: Task, host: LinuxHost) -> None:
    host.disk("sda", "8:0", linked=False)
    host.map(paths=["sda"])
    host.mounted("dm-7", "/mnt/erp")
    (host.root / "map-in-use").touch()
    result = task("unmounted", multipath=True)
    assert result["failed"] is True and result["changed"] is True
    assert "is unmounted, but its devices are left: multipath: exit code 1: map in use" in result["msg"]
    assert (host.root / "sys/block/sda").exists()


def test_a_device_that_the_kernel_keeps_is_said(task: Task, host: LinuxHost) -> None:
    host.disk()
    (host.root / "sys/block/sdx/device/delete").unlink()  # nobody may write there
    result = task("unmounted", timeout=3)
    assert result["failed"] is True and "the kernel still shows /dev/sdx" in result["msg"]


def test_what_mount_says_is_in_the_message(task: Task, host: LinuxHost) -> None:
    host.disk()
    (host.root / "refuse-mount").touch()
    result = task("mounted")
    assert result["failed"] is True and result["changed"] is False
    assert "was not mounted on" in result["msg"] and "mount: exit code 32: mount: wrong fs type" in result["msg"]


@pytest.mark.parametrize(
    ("found", "message"),
    [("LVM2_member\n", "holds 'LVM2_member', expected 'ext4'"), (None, "nothing that blkid knows")],
)
def test_another_content_is_not_mounted(task: Task, host: LinuxHost, found: str | None, message: str) -> None:
    host.disk()
    if found:
        (host.root / "type").write_text(found)
    else:
        (host.root / "type").unlink()
    result = task("mounted")
    assert result["failed"] is True and message in result["msg"]
    assert host.said("mounted") == []


def test_a_canary_that_is_a_link_on_the_volume_is_not_written_through(task: Task, host: LinuxHost) -> None:
    host.disk()
    precious = host.root / "precious"
    precious.write_text("of the host")
    (host.root / "mnt/erp").mkdir()
    (host.root / "mnt/erp" / CANARY).symlink_to(precious)
    good(task("mounted"))
    assert precious.read_text() == "of the host"
    assert not (host.root / "mnt/erp" / CANARY).is_symlink()


def test_a_canary_that_does_not_come_back_fails_and_is_mended(task: Task, host: LinuxHost) -> None:
    host.disk()
    dd = host.root / "bin/dd"
    dd.write_text("#!/bin/sh\ncase $1 in if=*) echo something else;; *) cat > /dev/null;; esac\n")
    dd.chmod(0o755)
    result = task("mounted")
    assert result["failed"] is True and result["changed"] is True
    assert "was read back as 'something else" in result["msg"]
    without = task("mounted", canary=False)
    assert good(without)["action"] == "none"
    assert without["observed"].startswith("mounted read-write: erp-data on ")
    dd.unlink()
    mended = task("mounted")
    assert mended["changed"] is True and "canary file written and read" in mended["observed"]
    assert "without a canary file" in mended["diff"]["before"]["erp-data"]
    assert task("mounted")["changed"] is False


def test_a_command_that_hangs_is_ended(task: Task, host: LinuxHost) -> None:
    host.disk()
    (host.root / "bin/blkid").write_text("#!/bin/sh\nsleep 300\n")
    result = task("mounted", timeout=4)
    assert result["failed"] is True and "blkid: did not end within 4 s" in result["msg"]


def test_a_mount_point_that_is_a_link_is_known_by_where_it_leads(task: Task, host: LinuxHost) -> None:
    host.disk()
    (host.root / "media").mkdir()
    (host.root / "short").symlink_to(host.root / "media")
    entry = good(task("mounted", task.volume(path=str(host.root / "short/erp"))))
    assert entry["path"] == str(host.root / "media/erp")
    (host.root / "system").symlink_to("/usr")
    refused = task("mounted", task.volume(path=str(host.root / "system")))
    assert refused["failed"] is True and "is a folder of the system" in refused["msg"]


def test_volumes_are_named_as_the_array_shows_them(task: Task, host: LinuxHost) -> None:
    host.disk()
    row = {"id": "1", "name": "erp-data", "wwn": WWN.upper(), "size": GIB, "state": "Ready"}
    good(task("mounted", {"volume": "erp-data", "path": str(host.root / "mnt/erp"), "fstype": "ext4"}, allowed=[row]))
    size = task("mounted", {**task.volume(), "size": GIB + 512}, allowed=[row], timeout=3)
    assert size["failed"] is True and f"has {GIB} bytes, expected {GIB + 512}" in size["msg"]
    for allowed in ([], [{**row, "wwn": f"naa.{OTHER}"}]):
        foreign = task("unmounted", task.volume(), allowed=allowed)
        assert foreign["failed"] is True and foreign["msg"].startswith(f"Refused: erp-data (WWN {WWN})")
    assert host.said("unmounted") == []


def test_without_proc_nothing_is_touched(task: Task, host: LinuxHost) -> None:
    host.disk()
    (host.root / "proc/swaps").unlink()
    for state in ("mounted", "unmounted"):
        result = task(state)
        assert result["failed"] is True and "could not be read" in result["msg"]
    assert host.said("mounted") == [] and (host.root / "sys/block/sdx").exists()


@pytest.mark.parametrize("path", TRAVELS, ids=lambda path: path.name)
def test_what_travels_is_written_for_python_3_8(path: Path) -> None:
    ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 8))
