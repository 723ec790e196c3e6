# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """What the modules support, in the words that all of them share."""

    DOCUMENTATION = r"""
attributes:
  check_mode:
    description: Can run in C(check_mode) and return the changed status prediction without modifying the array.
  diff_mode:
    description: Will return details on what has changed (or possibly needs changing in C(check_mode)).
"""

    ACTION_GROUP = r"""
attributes:
  action_group:
    description: Use C(group/drdrill.powerstore.all) in C(module_defaults) to set the connection options once.
    support: full
    membership:
      - drdrill.powerstore.all
"""

    INFO_MODULE = r"""
attributes:
  check_mode:
    support: full
    details: The module changes nothing.
  diff_mode:
    support: N/A
    details: The module changes nothing.
"""

    CONTROLLER = r"""
attributes:
  action:
    description: Has an action plugin, which works on the controller.
    support: full
  async:
    description: Can be run with the keyword C(async).
    support: none
  become:
    description: Can be run as another user, with the keyword C(become).
    support: none
    details: What is written is written by the user who runs Ansible.
  check_mode:
    support: full
  delegation:
    description: Can be run on another host, with the keyword C(delegate_to).
    support: none
    details: Works on the controller; the connection of the host is not used. C(delegate_to) takes C(localhost) only.
  diff_mode:
    support: none
"""
