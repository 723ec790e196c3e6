# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The options that say which array is asked and by whom."""

    DOCUMENTATION = r"""
options:
  host:
    description:
      - Name or address of the array's management interface, without scheme, port or credentials.
      - For a drill this is the destination array, the one at the DR site.
      - If not set, the environment variable E(POWERSTORE_HOST) is used.
    type: str
    required: true
    aliases: [array_ip]
  port:
    description:
      - TCP port of the management interface.
      - An environment variable that is empty counts as not set, here and below.
      - If not set, the environment variable E(POWERSTORE_PORT) is used.
    type: int
    default: 443
  username:
    description:
      - Account on the array. Letter case does not matter. C(CORP\drill), C(drill@corp.example) and C(drill) count as
        one when the module looks for its own jobs.
      - If not set, the environment variable E(POWERSTORE_USERNAME) is used.
    type: str
    required: true
    aliases: [user]
  password:
    description:
      - Password of the account. It is sent once for a task, when logging in; refused credentials are not tried again.
      - If not set, the environment variable E(POWERSTORE_PASSWORD) is used.
    type: str
    required: true
  validate_certs:
    description:
      - Whether the array's certificate must be signed by a trusted authority.
      - If not set, the environment variable E(POWERSTORE_VALIDATE_CERTS) is used.
    type: bool
    default: true
    aliases: [verifycert]
  ca_path:
    description:
      - PEM file with the certificate of the private authority that signed the array's certificate.
      - If not set, the environment variable E(POWERSTORE_CA_PATH) is used.
      - Not used when O(validate_certs=false).
    type: path
  timeout:
    description:
      - Seconds for one request as a whole, from connecting to the last byte of the answer.
      - An array that does not answer is waited for twice this time, so for two minutes where nothing is set. Its
        management may be away for so long when it moves to the array's other node. Within this time, reads and
        connections that could not be made are tried again, with pauses that grow to 5 seconds. The time counts once for
        all requests of a task. Within a wait, such as that for an operation, the wait's own end is the bound.
      - If connections are refused and nothing was ever answered in the task, host or port are more likely wrong. This
        is reported after 30 seconds at most.
      - A read that an array answers 429, 500, 502, 503 or 504, while it answers others, is tried again up to 8 times,
        for about 20 seconds.
      - What was sent and not answered by the array itself is never sent again before the array was read.
      - If not set, the environment variable E(POWERSTORE_TIMEOUT) is used.
    type: int
    default: 60
requirements:
  - Python >= 3.11 (where the module runs)
  - requests >= 2.25.1 (Python library, where the module runs)
  - urllib3 >= 1.26.5 (Python library that requests brings along)
notes:
  - The module logs in once and logs out at its end. Run it on the controller, with C(connection=local) or
    C(delegate_to=localhost).
  - Where the environment variable E(POWERSTORE_TRACE) names a folder, each task writes there what it and the array say
    to each other, as a HAR file that the developer tools of a browser open. Passwords, cookies and tokens are never
    written. Names and addresses are replaced by stand-ins, unless E(POWERSTORE_TRACE_NAMES) is V(keep). A file that
    cannot be written is a warning, and changes nothing for the task.
"""
