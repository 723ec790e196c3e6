# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The attach and release tasks for a Linux host: whose device they find, and whose they refuse.

Run on a made-up /sys and /dev/disk/by-id whose devices are files, so nothing is mounted: that takes a device and root.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEX = "68ccf09800aabbccddeeff0011223344"
OTHER = "68ccf09800000000000000000000ffff"
PLAY = """
- name: Linux tasks
  hosts: localhost
  gather_facts: false
  tasks:
    - name: One after the other
      ansible.builtin.include_tasks: case.yml
      loop: "{{ cases }}"
      loop_control: {loop_var: case}
    - name: What came of each
      ansible.builtin.copy:
        dest: "{{ results_file }}"
        content: "{{ results | to_json }}"
        mode: "0600"
"""
CASE = """
- name: Case
  vars:
    failover_drill_linux_volumes: "{{ [case.volume] | flatten }}"
    failover_drill_linux_multipath: "{{ case.multipath | default(false) }}"
    failover_drill_linux_drill_volumes: "{{ drill }}"
  block:
    - name: Run
      ansible.builtin.include_role:
        name: drdrill.powerstore.failover_drill
        tasks_from: "linux/{{ case.tasks }}"
    - name: Keep
      ansible.builtin.set_fact:
        results: "{{ results | default([]) + [failover_drill_check_observed] }}"
  rescue:
    - name: Keep the failure
      ansible.builtin.set_fact:
        results: "{{ results | default([]) + [ansible_failed_result.msg] }}"
"""
ERP = {"volume": "erp-data", "path": "/nowhere/erp", "fstype": "ext4"}
CASES: list[tuple[dict[str, t.Any], str]] = [
    ({"tasks": "attach", "volume": {**ERP, "volume": "payroll"}}, "Refused: payroll (WWN not known)"),
    (
        {"tasks": "release", "volume": {"wwn": "naa.60000000000000000000000000000001", "path": "/nowhere/x"}},
        "Refused: naa.6000",
    ),
    (
        {"tasks": "attach", "volume": [ERP, {**ERP, "volume": "short"}, {"volume": "gone", "path": "/nowhere/../etc"}]},
        "an absolute mount point of its own",
    ),
    ({"tasks": "attach", "volume": {**ERP, "fstype": "btrfs"}}, "fstype"),
    # The right device: the next thing is what it holds, and the empty file holds nothing.
    ({"tasks": "attach", "volume": ERP}, "holds 'nothing that blkid knows', expected 'ext4'"),
    ({"tasks": "attach", "volume": ERP, "multipath": True}, "holds 'nothing that blkid knows', expected 'ext4'"),
    ({"tasks": "attach", "volume": {**ERP, "volume": "stale"}}, f"the kernel calls it 'naa.{HEX}'"),
    ({"tasks": "release", "volume": {**ERP, "volume": "stale"}}, f"the kernel calls it 'naa.{HEX}'"),
    ({"tasks": "release", "volume": {**ERP, "volume": "gone"}}, "unmounted, devices removed: gone"),
]


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """A host with one SCSI disk, a multipath map over it, and a link that is left over from another device."""
    links, system = tmp_path / "by-id", tmp_path / "sys"
    links.mkdir()
    for device, said, content in (("sdx", "device/wwid", f"naa.{HEX}"), ("dm-7", "dm/uuid", f"mpath-3{HEX}")):
        (tmp_path / device).write_bytes(b"\0" * 65536)
        place = system / "block" / device / said
        place.parent.mkdir(parents=True)
        place.write_text(content + "\n")
    scan = system / "class/scsi_host/host0/scan"
    scan.parent.mkdir(parents=True)
    scan.touch()
    (links / f"wwn-0x{HEX}").symlink_to(tmp_path / "sdx")
    (links / f"wwn-0x{OTHER}").symlink_to(tmp_path / "sdx")
    (links / f"dm-uuid-mpath-3{HEX}").symlink_to(tmp_path / "dm-7")
    return tmp_path


def test_only_the_drills_own_devices_are_touched(host: Path) -> None:
    (host / "play.yml").write_text(PLAY)
    (host / "case.yml").write_text(CASE)
    results = host / "results.json"
    variables = {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "cases": [case for case, _expected in CASES],
        "drill": [
            {"name": "erp-data", "wwn": f"naa.{HEX.upper()}"},
            {"name": "stale", "wwn": f"naa.{OTHER}"},
            {"name": "gone", "wwn": "naa.68ccf09800000000000000000000eeee"},
            {"name": "short", "wwn": "naa.68ccf098"},
        ],
        "failover_drill_linux_by_id": str(host / "by-id"),
        "failover_drill_linux_sys": str(host / "sys"),
        "results_file": str(results),
    }
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".ansible/collections")}
    command = [Path(sys.executable).with_name("ansible-playbook"), "-i", "localhost,", "play.yml"]
    process = subprocess.run(
        [*command, "-e", json.dumps(variables)],
        cwd=host,
        env=environment,
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )

    assert process.returncode == 0, process.stdout + process.stderr
    found = json.loads(results.read_text())
    unlike = [(case, seen) for (case, expected), seen in zip(CASES, found, strict=True) if expected not in seen]
    assert unlike == []
    assert (host / "sys/class/scsi_host/host0/scan").read_text() == "- - -\n"
    assert not Path("/nowhere").exists()
