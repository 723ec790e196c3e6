# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """How records and their chain are signed."""

    DOCUMENTATION = r"""
options:
  sign:
    description:
      - Sign what is written. The signature is a file beside it, C(.sig), or C(.asc) for V(gpg).
      - A signature that fails is reported, and stops nothing.
    type: dict
    suboptions:
      method:
        description:
          - V(ssh) runs C(ssh-keygen -Y sign) with the namespace C(drdrill), OpenSSH 8.1 or later.
          - V(gpg) runs C(gpg --detach-sign).
          - V(command) runs O(sign.command), which reads the file from its standard input and writes the signature to
            its standard output.
          - Nobody is asked for a passphrase. A key that has one is held by an agent.
        type: str
        choices: [ssh, gpg, command]
        required: true
      key:
        description:
          - For V(ssh) the file of the key, or its C(.pub) file if an agent holds the key. For V(gpg) the id of the key.
        type: str
      principal:
        description:
          - The name under which the signer is known to whoever verifies, for example C(drills@example.com). It is
            printed, and stands in the line of the chain.
        type: str
      command:
        description: The program and its arguments.
        type: list
        elements: str
"""
