#!/usr/bin/python
# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: drill_check
short_description: Check ports, URLs and commands side by side
version_added: 0.1.0
description:
  - Looks at TCP ports, at URLs and with commands until each check passes or its time is over, all in one process and
    side by side, and says of each what was expected, what was observed and when it became true.
  - The time at which a check became true is taken beside the look itself. What Ansible needs to start a task is not in
    it.
  - It runs on the host of the task; with C(delegate_to) on another. It asks no array.
  - All options are validated before the first check runs. A check whose options are ambiguous refuses the task.
author:
  - drdrill.powerstore contributors (@drdrill)
requirements:
  - Python 3.8 or later on the host where it runs
extends_documentation_fragment:
  - drdrill.powerstore.attributes
attributes:
  check_mode:
    support: full
    details: Validates the options and runs nothing, as a command may change something. RV(checks[].passed) is null.
  diff_mode:
    support: none
    details: The module changes nothing itself.
options:
  checks:
    description: The checks. The result has them in the same order.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the check, unique among them.
        type: str
        required: true
      critical:
        description: Whether the task fails with this check, see O(fail_on_critical).
        type: bool
        default: true
      timeout:
        description:
          - Seconds from the first look at which the check ends. More than 0, at most 86400.
          - It bounds everything in the check, with some seconds more for a command to end, and for the look-up of a
            name, which nothing can interrupt.
        type: float
        default: 30
      session:
        description: The replication session that the check is about. It is passed on to the result.
        type: str
      retry:
        description:
          - Whether the check is looked at again, until it is true or its time is over. The pauses grow from 0.1 to 2
            seconds.
          - The default is V(true), but V(false) for a URL that is asked with another method than GET or HEAD, which may
            change something. Give V(false) for a command that must not run twice.
        type: bool
      no_log:
        description:
          - Whether action, observation and output of this check are kept out of the result and of every log. What it
            expected is hidden, too; name, times and whether it passed are not.
        type: bool
        default: false
      tcp:
        description:
          - A port that has to accept connections.
          - Exactly one of O(checks[].tcp), O(checks[].http) and O(checks[].command) is given.
        type: dict
        suboptions:
          host:
            description: Name or address.
            type: str
            required: true
          port:
            description: TCP port.
            type: int
            required: true
      http:
        description:
          - A URL that has to answer. Proxies are those of the environment.
          - A redirect is followed only where it stays on the same host and port, or leads from its port 80 to its port
            443. An answer of another host, such as that of the production site, says nothing of this one.
        type: dict
        suboptions:
          url:
            description: The URL. A name and a password in it are sent as basic authentication, and are masked.
            type: str
            required: true
          method:
            description: HTTP method.
            type: str
            default: GET
          status:
            description: Status codes that are good.
            type: list
            elements: int
            default: [200]
          contains:
            description:
              - Text that has to be in the first MiB of the answer. A boolean or a number is refused; put it in quotes.
            type: raw
          headers:
            description: More headers of the request. Their values are kept out of every output.
            type: dict
          validate_certs:
            description: Whether the certificate must be trusted.
            type: bool
            default: true
          ca_path:
            description: PEM file of a private authority, on the host where the check runs. No other is trusted then.
            type: path
      command:
        description:
          - A program with its arguments, as a list of words or as a text that is split into words. There is no shell.
          - It has to end with exit code 0 in its time. When that is over, its whole process group is ended, first asked
            by SIGTERM, then by SIGKILL. What a command that ended leaves in the background is left alone.
        type: raw
      contains:
        description:
          - Text that has to be in the standard output of O(checks[].command), however long that is. A boolean or a
            number is refused; put it in quotes.
        type: raw
      chdir:
        description: Folder in which O(checks[].command) runs.
        type: path
      environment:
        description: More environment variables for O(checks[].command). Their values are kept out of every output.
        type: dict
      evidence:
        description:
          - Files that the check leaves as evidence, on the host where it runs, such as a log or a picture of a screen.
            At most 16, each of at most 1 MiB. A relative path is relative to O(checks[].chdir).
          - They are in RV(checks[].evidence). Secrets are masked in a text in UTF-8; any other file is kept as it is.
        type: list
        elements: str
        default: []
  parallel:
    description: How many checks run at once, 1 to 128. A check's time begins when it begins.
    type: int
    default: 16
  time_limit:
    description:
      - Seconds for all checks together, more than 0, at most 86400. After them those under way end, and those that
        still wait because of O(parallel) are not begun. Their RV(checks[].passed) is null, and RV(passed) is not true.
    type: float
  fail_on_critical:
    description:
      - Whether the task fails where a critical check did not pass. Without it the caller judges by RV(passed) and
        RV(checks). Ambiguous options always fail the task.
    type: bool
    default: true
  keep_output:
    description:
      - Whether RV(checks[].evidence) has all of an output that is longer than the 4 KiB of RV(checks[].output_tail).
        That is at most the last 64 KiB that a command wrote, or the first MiB of an answer.
    type: bool
    default: false
notes:
  - A password is masked where what is before it gives it away, such as C(--password), C(TOKEN=) or the user name in a
    URL. Where that does not suffice, use O(checks[].no_log).
  - The result comes from this process alone; no variable of Ansible answers for a check.
seealso:
  - module: ansible.builtin.wait_for
  - module: ansible.builtin.uri
"""

EXAMPLES = r"""
- name: See that the application answers at the DR site
  drdrill.powerstore.drill_check:
    checks:
      - name: database port
        tcp: {host: erp-db-dr.example.com, port: 5432}
        timeout: 120
      - name: application answers
        http: {url: https://erp-dr.example.com/health, contains: "ok"}
        timeout: 300
      - name: reports
        http: {url: https://reports-dr.example.com/, status: [200, 401]}
        critical: false

- name: Ask the database on its own host, and judge later
  drdrill.powerstore.drill_check:
    checks:
      - name: ledger is complete
        command: [/usr/local/bin/check-ledger, --since, yesterday]
        contains: "0 gaps"
        environment: {PGPASSWORD: "{{ vault_ledger_password }}"}
    fail_on_critical: false
  delegate_to: erp-db-dr.example.com
  register: ledger
"""

RETURN = r"""
checks:
  description: One entry for each check, in the order asked.
  returned: always, except when the options themselves are refused
  type: list
  elements: dict
  contains:
    name:
      description: Name of the check.
      type: str
      sample: application answers
    kind:
      description: One of V(tcp), V(http) and V(command).
      type: str
      sample: http
    critical:
      description: Whether it is critical.
      type: bool
      sample: true
    session:
      description: What O(checks[].session) gave.
      type: str
      sample: erp-data
    timeout_seconds:
      description: What O(checks[].timeout) gave.
      type: float
      sample: 300.0
    expected:
      description: What would have passed.
      type: str
      sample: HTTP 200 with ok
    observed:
      description: What the last look showed.
      type: str
      sample: HTTP 503
    passed:
      description: Whether it was true in its time. C(null) in check mode, and where O(time_limit) was over before it.
      type: bool
      sample: false
    action:
      description: What was done, without secrets. With O(checks[].no_log) it says only that it is hidden.
      type: dict
      sample:
        method: GET
        url: https://erp-dr.example.com/health
        headers: []
        validate_certs: true
        ca_path:
      contains:
        host:
          description: For a port, its host.
          type: str
        port:
          description: The port.
          type: int
        method:
          description: For a URL, the method.
          type: str
        url:
          description: The URL, with a password masked.
          type: str
        headers:
          description: The names of further headers.
          type: list
          elements: str
        validate_certs:
          description: Whether the certificate had to be trusted.
          type: bool
        ca_path:
          description: PEM file of a private authority.
          type: str
        argv:
          description: For a command, its words, with passwords masked.
          type: list
          elements: str
        chdir:
          description: The folder in which it ran.
          type: str
        environment:
          description: The names of further environment variables.
          type: list
          elements: str
        files:
          description: The program and each argument that is a file. Empty in check mode.
          type: list
          elements: dict
          contains:
            path:
              description: Path of the file.
              type: str
            sha256:
              description: SHA-256 of its content, C(null) above 16 MiB or where it cannot be read.
              type: str
        hidden:
          description: Why nothing is shown.
          type: str
    output_tail:
      description:
        - The last 4 KiB of the answer or of the command's output and error output, with secrets masked and without
          control characters.
      type: str
      sample: '{"status": "starting"}'
    evidence:
      description:
        - What is to be kept in files. The C(source), V(output) or the path of the file, its C(bytes), and its
          C(content) in base64.
      type: list
      elements: dict
      sample: []
    not_attached:
      description: Files of O(checks[].evidence) that could not be read, and why.
      type: list
      elements: str
      sample: ["/var/log/app.log: No such file or directory"]
    started_at:
      description: When the first look began, by the clock of the host where it ran, UTC.
      type: str
      sample: "2026-11-23T20:02:11.120Z"
    finished_at:
      description: When the last look ended.
      type: str
      sample: "2026-11-23T20:07:10.480Z"
    became_true_at:
      description: When the look ended that was true, C(null) where none was.
      type: str
      sample: "2026-11-23T20:07:10.480Z"
    seconds:
      description:
        - From the first look to the end of the last, by a clock that nobody sets.
      type: float
      sample: 299.36
    attempts:
      description: How many looks there were.
      type: int
      sample: 154
    already_true_when_first_looked:
      description: Whether the first look was true, so that it became true some time before.
      type: bool
      sample: false
passed:
  description: Whether all critical checks passed. C(null) in check mode, and where no check is critical.
  returned: always, except when the options themselves are refused
  type: bool
  sample: false
started_at:
  description: When the first check began, C(null) in check mode.
  returned: always, except when the options themselves are refused
  type: str
  sample: "2026-11-23T20:02:11.118Z"
finished_at:
  description: When the last check ended.
  returned: always, except when the options themselves are refused
  type: str
  sample: "2026-11-23T20:07:10.482Z"
seconds:
  description: From one to the other.
  returned: always, except when the options themselves are refused
  type: float
  sample: 299.364
"""

from ..module_utils._check.module import CheckModule
from ..module_utils._check.task import run_checks
from ..module_utils._errors import InvalidInputError

TCP = {"host": {"type": "str", "required": True}, "port": {"type": "int", "required": True}}
HTTP = {
    "url": {"type": "str", "required": True},
    "method": {"type": "str", "default": "GET"},
    "status": {"type": "list", "elements": "int", "default": [200]},
    "contains": {"type": "raw"},
    "headers": {"type": "dict", "no_log": True},
    "validate_certs": {"type": "bool", "default": True},
    "ca_path": {"type": "path"},
}
CHECK = {
    "name": {"type": "str", "required": True},
    "critical": {"type": "bool", "default": True},
    "timeout": {"type": "float", "default": 30},
    "session": {"type": "str"},
    "retry": {"type": "bool"},
    "no_log": {"type": "bool", "default": False},
    "tcp": {"type": "dict", "options": TCP},
    "http": {"type": "dict", "options": HTTP},
    "command": {"type": "raw"},
    "contains": {"type": "raw"},
    "chdir": {"type": "path"},
    "environment": {"type": "dict", "no_log": True},
    "evidence": {"type": "list", "elements": "str", "default": []},
}
OPTIONS = {
    "checks": {"type": "list", "elements": "dict", "required": True, "options": CHECK},
    "parallel": {"type": "int", "default": 16},
    "time_limit": {"type": "float"},
    "fail_on_critical": {"type": "bool", "default": True},
    "keep_output": {"type": "bool", "default": False},
}


def main() -> None:
    module = CheckModule(argument_spec=OPTIONS, supports_check_mode=True)
    try:
        result = run_checks(module.params, check_mode=module.check_mode)
    except InvalidInputError as error:
        module.fail_json(msg=error.message)
    if result.pop("failed", False):
        module.fail_json(**result)
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
