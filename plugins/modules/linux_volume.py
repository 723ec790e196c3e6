#!/usr/bin/python
# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: linux_volume
short_description: Mount volumes of a PowerStore array on a Linux host, and release them
version_added: 0.1.0
description:
  - Finds the block device of a volume by its WWN, mounts the file system on it, and writes and reads a canary file.
    Before the array takes the data away again, it unmounts the volume and removes its devices from the kernel.
  - It runs on the host that is to see the data, so with C(delegate_to) and C(become) from a play on an array. It asks
    no array.
  - A device is touched only if the kernel itself calls it by the volume's WWN. It is refused if its size differs,
    if it has partitions, if LVM or another map holds it, if it is swapped to, mounted elsewhere, or holds the host's
    own system.
  - With O(state=mounted) all volumes are judged before the first is mounted, and one that is refused refuses all. With
    O(state=unmounted) one that cannot be released keeps no other from being released.
  - It uses SCSI devices (Fibre Channel, iSCSI), with multipath maps or without, and C(xfs), C(ext4) or C(ext3) on the
    whole volume. LVM needs tasks of your own.
author:
  - drdrill.powerstore contributors (@drdrill)
requirements:
  - Python 3.8 or later on the host
  - C(mount), C(umount), C(blkid), C(blockdev) of util-linux, and GNU C(dd), C(mkdir), C(tee)
  - C(multipath) and C(multipathd), for O(multipath=true)
extends_documentation_fragment:
  - drdrill.powerstore.attributes
attributes:
  check_mode:
    support: full
    details: >-
      Only reads. The host does not look for new devices, so what is not there yet is predicted to be mounted.
  diff_mode:
    support: full
    details: One line for each volume, with where it is mounted.
options:
  state:
    description:
      - V(mounted) lets the host look for new devices, waits for each volume, mounts it, and tries the canary file.
      - V(unmounted) unmounts each wherever it is mounted, never lazily, flushes its buffers, and removes its multipath
        map and its disks from the kernel. A volume that is not there any more is released.
    type: str
    choices: [mounted, unmounted]
    required: true
  volumes:
    description: The volumes, mounted in this order and released in reverse.
    type: list
    elements: dict
    required: true
    suboptions:
      volume:
        description: Name of the volume. Without O(volumes[].wwn) it is looked up in O(allowed).
        type: str
      wwn:
        description: Its WWN, as the array shows it, such as V(naa.68ccf09800a1b2c3d4e5f60718293a4b).
        type: str
      size:
        description: The size in bytes that the device must have. The default is that in O(allowed), where it has one.
        type: int
      path:
        description:
          - Mount point, made if it is not there. Needed for O(state=mounted).
          - No folder of the system such as V(/home), and nothing else may be mounted there.
        type: str
      fstype:
        description: The file system that is expected on the volume.
        type: str
        default: xfs
        choices: [xfs, ext4, ext3]
      options:
        description: More options for C(mount). C(rw) or C(ro), and for XFS C(nouuid), are always given.
        type: list
        elements: str
        default: []
      read_only:
        description: Whether it is mounted so that it can only be read. There is no canary file then.
        type: bool
        default: false
  allowed:
    description:
      - The volumes that may be touched, each with C(name), C(wwn) and, where the device's size is to be compared,
        C(size) in bytes; other keys are ignored. A volume that is not among them refuses the task.
      - The entries of RV(drdrill.powerstore.replication_session_info#module:sessions[].volumes) fit.
      - If not set, every volume in O(volumes) may be touched. If empty, none may.
    type: list
    elements: dict
  multipath:
    description: Whether the volumes are reached through multipath maps.
    type: bool
    default: true
  timeout:
    description: Seconds for all devices to appear, and for each command. More than 0, at most 3600.
    type: float
    default: 60
  canary:
    description:
      - Whether a file C(.failover_drill_canary) is written to a volume when it is mounted, through to the device, and
        read back from it. On a volume that is mounted already it is only read, and written where it is not there.
    type: bool
    default: true
  remove_devices:
    description: Whether multipath maps and SCSI disks are removed from the kernel after the unmount.
    type: bool
    default: true
  sys:
    description: Where sysfs is mounted.
    type: str
    default: /sys
  proc:
    description: Where procfs is mounted.
    type: str
    default: /proc
  by_id:
    description: Folder with udev's links to disks by their identity.
    type: str
    default: /dev/disk/by-id
seealso:
  - module: drdrill.powerstore.replication_failover_test
  - module: drdrill.powerstore.replication_session_info
"""

EXAMPLES = r"""
- name: Mount what the failover test shows
  drdrill.powerstore.linux_volume:
    state: mounted
    volumes:
      - wwn: naa.68ccf09800a1b2c3d4e5f60718293a4b
        volume: erp-data
        path: /mnt/drill/erp-data
        fstype: xfs
  delegate_to: erp-db-dr.example.com
  become: true

- name: Read the sessions of the drill
  drdrill.powerstore.replication_session_info:
    sessions: [{volume: erp-data}]
  register: drill_sessions

- name: Unmount it before the stop, named as on the array
  drdrill.powerstore.linux_volume:
    state: unmounted
    volumes:
      - volume: erp-data
    allowed: "{{ drill_sessions.sessions | map(attribute='volumes') | flatten }}"
  delegate_to: erp-db-dr.example.com
  become: true
"""

RETURN = r"""
volumes:
  description: One entry for each volume, in the order asked, also when the task fails.
  returned: always, except when the options themselves are refused
  type: list
  elements: dict
  contains:
    name:
      description: Name of the volume, or else its WWN.
      type: str
      sample: erp-data
    wwn:
      description: Its WWN.
      type: str
      sample: naa.68ccf09800a1b2c3d4e5f60718293a4b
    path:
      description: The mount point, without links. Empty where none was given.
      type: str
      sample: /mnt/drill/erp-data
    device:
      description: The block device, C(null) where there is none.
      type: str
      sample: /dev/dm-7
    size:
      description: Size of the device in bytes.
      type: int
      sample: 107374182400
    action:
      description:
        - What was done, in check mode what would be done. One of V(mounted), V(unmounted), V(none), V(failed) and
          V(not_attempted).
        - V(not_attempted) where another volume refused the task.
      type: str
      sample: mounted
    changed:
      description: Whether something about it was changed, also where it then failed.
      type: bool
      sample: true
    failed:
      description: Whether it was refused, or something went wrong.
      type: bool
      sample: false
    message:
      description: Why it failed, or what check mode cannot know; C(null) otherwise.
      type: str
      sample: "erp-data was not unmounted from /mnt/drill/erp-data: umount: exit code 32: target is busy."
    before:
      description: Where it was mounted.
      type: str
      sample: not mounted
    after:
      description: Where it is mounted.
      type: str
      sample: mounted on /mnt/drill/erp-data
    observed:
      description: What was seen, in words; empty where it failed.
      type: str
      sample: mounted read-write, canary file written and read
observed:
  description: What was seen of all volumes, as the observation of a drill's step; C(null) after a failure.
  returned: always, except when the options themselves are refused
  type: str
  sample: "mounted read-write, canary file written and read: erp-data on /mnt/drill/erp-data"
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils._errors import InvalidInputError
from ..module_utils._linux_volume.options import FILE_SYSTEMS
from ..module_utils._linux_volume.task import run_linux_volume

VOLUME = {
    "volume": {"type": "str"},
    "wwn": {"type": "str"},
    "size": {"type": "int"},
    "path": {"type": "str"},
    "fstype": {"type": "str", "default": "xfs", "choices": list(FILE_SYSTEMS)},
    "options": {"type": "list", "elements": "str", "default": []},
    "read_only": {"type": "bool", "default": False},
}
OPTIONS = {
    "state": {"type": "str", "choices": ["mounted", "unmounted"], "required": True},
    "volumes": {"type": "list", "elements": "dict", "required": True, "options": VOLUME},
    "allowed": {"type": "list", "elements": "dict"},
    "multipath": {"type": "bool", "default": True},
    "timeout": {"type": "float", "default": 60},
    "canary": {"type": "bool", "default": True},
    "remove_devices": {"type": "bool", "default": True},
    "sys": {"type": "str", "default": "/sys"},
    "proc": {"type": "str", "default": "/proc"},
    "by_id": {"type": "str", "default": "/dev/disk/by-id"},
}


def main() -> None:
    module = AnsibleModule(argument_spec=OPTIONS, supports_check_mode=True)
    try:
        result = run_linux_volume(module.params, check_mode=module.check_mode)
    except InvalidInputError as error:
        module.fail_json(msg=error.message)
    except OSError as error:
        module.fail_json(msg=f"What the host has mounted could not be read: {error}. No further device was touched.")
    if result.pop("failed", False):
        module.fail_json(**result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
