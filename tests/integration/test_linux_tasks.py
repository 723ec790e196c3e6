# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role's tasks for a Linux host: what they hand to linux_volume, and what a drill's step sees of it.

Run on a made-up host, so nothing is mounted: that takes a device and root.
"""

from __future__ import annotations

import json
import os
import sys
import typing as t
from pathlib import Path

import pytest

from tests.prepared import run_ansible
from tests.running import older_pythons
from tests.unit.makers.linux_host import GIB, HEX, OTHER, LinuxHost

ROOT = Path(__file__).parents[2]
MAPPED = "68ccf09800000000000000000000dddd"
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
ERP = {"volume": "erp-data", "path": "MNT/erp", "fstype": "ext4"}
DB = {"volume": "erp-db", "path": "MNT/db", "fstype": "ext4", "options": ["noatime"]}
MAP = {"volume": "mapped", "path": "MNT/map", "fstype": "ext4"}
CASES: list[tuple[dict[str, t.Any], str]] = [
    ({"tasks": "attach", "volume": {**ERP, "volume": "payroll"}}, "Refused: payroll (WWN not known)"),
    ({"tasks": "attach", "volume": [ERP, {"volume": "gone", "path": "/nowhere/../etc"}]}, "an absolute mount point"),
    ({"tasks": "attach", "volume": {**ERP, "fstype": "xfs"}}, "holds 'ext4', expected 'xfs'"),
    ({"tasks": "release", "volume": {**ERP, "volume": "stale"}}, f"the kernel calls it 'naa.{HEX}'"),
    ({"tasks": "attach", "volume": {**ERP, "size": 4096}}, f"has {GIB} bytes, expected 4096"),
    ({"tasks": "verify", "volume": [ERP, DB]}, "Not mounted: erp-data, erp-db."),
    (
        {"tasks": "attach", "volume": [ERP, DB]},
        "mounted read-write, canary file written and read: erp-data on MNT/erp, erp-db on MNT/db",
    ),
    ({"tasks": "verify", "volume": [ERP, DB]}, "mounted read-write, canary file read: erp-data on MNT/erp"),
    ({"tasks": "attach", "volume": MAP, "multipath": True}, "canary file written and read: mapped on MNT/map"),
    ({"tasks": "release", "volume": MAP, "multipath": True}, "unmounted, devices removed: mapped"),
    ({"tasks": "release", "volume": [ERP, DB]}, "unmounted, devices removed: erp-data, erp-db"),
    ({"tasks": "release", "volume": [ERP, DB]}, "unmounted, devices removed: erp-data, erp-db"),
]


def a_host(folder: Path) -> LinuxHost:
    """Two SCSI disks, a multipath map over a third, and a link that is left over from another device."""
    host = LinuxHost(folder)
    host.disk()
    host.disk("sdz", "8:64", "68ccf09800000000000000000000cccc")
    host.disk("sda", "8:0", MAPPED, linked=False)
    host.map(digits=MAPPED, paths=["sda"])
    host.link(f"wwn-0x{OTHER}", "sdx")
    return host


# A host may have an older Python than the controller.
# The oldest that is here can least; tests/integration/test_linux_volume.py runs on this one.
@pytest.mark.parametrize("python", [*older_pythons(), sys.executable][:1])
def test_only_the_drills_own_devices_are_touched(tmp_path: Path, python: str) -> None:
    host = a_host(tmp_path)
    (tmp_path / "play.yml").write_text(PLAY)
    (tmp_path / "case.yml").write_text(CASE)
    results = tmp_path / "results.json"
    here = json.loads(json.dumps(CASES).replace("MNT", f"{tmp_path}/mnt"))
    variables = {
        "ansible_connection": "local",
        "ansible_python_interpreter": python,
        "cases": [case for case, _expected in here],
        "drill": [
            {"name": "erp-data", "wwn": f"naa.{HEX.upper()}", "size": GIB},
            {"name": "erp-db", "wwn": "naa.68ccf09800000000000000000000cccc", "size": GIB},
            {"name": "mapped", "wwn": f"naa.{MAPPED}"},
            {"name": "stale", "wwn": f"naa.{OTHER}"},
            {"name": "gone", "wwn": "naa.68ccf09800000000000000000000eeee"},
            {"name": "short", "wwn": "naa.68ccf098"},
            {"name": "none", "wwn": None},
        ],
        **{f"failover_drill_linux_{name}": value for name, value in host.options.items()},
        "failover_drill_linux_wait_timeout": 5,
        "results_file": str(results),
    }
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".ansible/collections"),
        "PATH": f"{host.path}{os.pathsep}{os.environ['PATH']}",
    }
    command = [Path(sys.executable).with_name("ansible-playbook"), "-i", "localhost,", "play.yml"]
    process = run_ansible(
        [*command, "-e", json.dumps(variables)],
        cwd=tmp_path,
        env=environment,
        timeout=1200,
    )

    assert process.returncode == 0, process.stdout + process.stderr
    found = json.loads(results.read_text())
    unlike = [(case, seen) for (case, expected), seen in zip(here, found, strict=True) if expected not in seen]
    assert unlike == []
    assert [line.split(" -- ")[0] for line in host.said("mounted")] == [
        "--types ext4 --options rw",
        "--types ext4 --options rw,noatime",
        "--types ext4 --options rw",
    ]
    # The last one mounted goes first.
    assert host.said("unmounted") == [f"{tmp_path}/mnt/{name}" for name in ("map", "db", "erp")]
    assert list((tmp_path / "sys/block").iterdir()) == []
    assert not Path("/nowhere").exists()
