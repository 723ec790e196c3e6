# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""drill_check against real ports, servers and processes, and on the Pythons that managed hosts have."""

from __future__ import annotations

import ast
import contextlib
import hashlib
import http.server
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import typing as t
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from tests.lab.simulator import Simulator
from tests.prepared import run_ansible
from tests.running import Result, connection_to, older_pythons, run_module

ROOT = Path(__file__).parents[2]
# What the module takes along to a managed host.
TRAVELS = [
    ROOT / "plugins/modules/drill_check.py",
    *sorted((ROOT / "plugins/module_utils/_check").glob("*.py")),
    ROOT / "plugins/module_utils/_errors.py",
]
Check = dict[str, t.Any]


def drill_check(simulator: Simulator, *checks: Check, check: bool = False, **options: t.Any) -> Result:
    nothing = dict.fromkeys(connection_to(simulator))  # it asks no array
    given = {"fail_on_critical": False, **options}
    return run_module(simulator, "drill_check", check=check, **nothing, checks=list(checks), **given)


def one(simulator: Simulator, **options: t.Any) -> Result:
    """The entry of the only check."""
    result = drill_check(simulator, {"name": "one", **options})
    assert not result.get("failed"), result["msg"]
    [entry] = result["checks"]
    return t.cast(Result, entry)


class Answers(http.server.BaseHTTPRequestHandler):
    """Answers by the path: /CODE, /slow, /drops, /huge, /back (to /200), /away, /round, /echo, /later."""

    later = 0
    asked: t.ClassVar[list[str]] = []

    def log_message(self, *_args: object) -> None:
        """Nothing on the terminal."""

    def do_GET(self) -> None:
        self.asked.append(f"{self.command} {self.path}")
        getattr(self, "answer_" + self.path[1:].split("?")[0], self.answer_code)()

    def do_POST(self) -> None:
        self.do_GET()

    def do_HEAD(self) -> None:
        self.do_GET()

    def send(self, code: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(OSError):
            self.wfile.write(body)

    def answer_code(self) -> None:
        code = int(self.path[1:].split("?")[0])
        self.send(code, b'{"status": "ready"}' if code == 200 else b"not yet")

    def answer_slow(self) -> None:
        time.sleep(3)

    def answer_drops(self) -> None:
        self.send_response(200)
        self.end_headers()
        with contextlib.suppress(OSError):
            for _drop in range(200):
                self.wfile.write(b".")
                time.sleep(0.1)

    def answer_huge(self) -> None:
        self.send(200, b"x" * (3 * 1024 * 1024) + b"needle")

    def answer_back(self) -> None:
        self.send(302, Location="/200")

    def answer_away(self) -> None:
        self.send(302, Location=f"http://127.0.0.2:{self.server.server_address[1]}/200")

    def answer_round(self) -> None:
        self.send(302, Location="/round")

    def answer_echo(self) -> None:
        self.send(200, str(self.headers).encode())

    def answer_later(self) -> None:
        type(self).later += 1
        self.send(200 if self.later > 3 else 503)


@contextlib.contextmanager
def serving(context: ssl.SSLContext | None = None) -> Iterator[str]:
    """The URL of a web server, without its path."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"{'https' if context else 'http'}://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def web() -> Iterator[str]:
    Answers.later, Answers.asked[:] = 0, []
    with serving() as url:
        yield url


def closed_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def test_a_port_that_opens_later_is_seen_when_it_opens(simulator: Simulator) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        host, port = listener.getsockname()
        threading.Timer(2, listener.listen).start()
        entry = one(simulator, tcp={"host": host, "port": port}, timeout=60, session="erp-data")

    assert entry["passed"] is True and entry["observed"] == "accepts connections"
    assert entry["attempts"] > 1 and entry["already_true_when_first_looked"] is False
    assert entry["became_true_at"] == entry["finished_at"] > entry["started_at"]
    assert 0 < entry["seconds"] < 60
    assert entry["action"] == {"host": host, "port": port}
    assert (entry["kind"], entry["session"], entry["timeout_seconds"]) == ("tcp", "erp-data", 60)
    assert entry["expected"] == f"{host}:{port} accepts connections"


def test_a_closed_port_and_a_name_that_does_not_exist(simulator: Simulator) -> None:
    closed = one(simulator, tcp={"host": "127.0.0.1", "port": closed_port()}, timeout=60, retry=False)
    assert (closed["passed"], closed["observed"]) == (False, "no connection: Connection refused")
    assert closed["became_true_at"] is None
    nowhere = one(simulator, tcp={"host": "no-such-host.invalid", "port": 1}, timeout=60, retry=False)
    assert nowhere["passed"] is False


@pytest.mark.parametrize(
    ("http", "passed", "observed"),
    [
        ({"url": "/200"}, True, "HTTP 200"),
        ({"url": "/200", "contains": "ready"}, True, "HTTP 200"),
        ({"url": "/200", "contains": "finished"}, False, "HTTP 200 without it"),
        ({"url": "/503"}, False, "HTTP 503"),
        ({"url": "/401", "status": [200, 401]}, True, "HTTP 401"),
        ({"url": "/200", "status": [401]}, False, "HTTP 200"),
        ({"url": "/200", "method": "HEAD"}, True, "HTTP 200"),
        ({"url": "/slow"}, False, "no answer within"),
        ({"url": "/drops"}, False, "no answer within"),
        ({"url": "/huge", "contains": "needle"}, False, "HTTP 200 without it in the first MiB"),
        ({"url": "/back"}, True, "HTTP 200"),
        ({"url": "/back", "status": [302]}, True, "HTTP 302"),
        ({"url": "/back", "method": "POST"}, False, "HTTP 302 to "),
        ({"url": "/away"}, False, "HTTP 302 to http://127.0.0.2:"),
        ({"url": "/round"}, False, "more than 5 redirects"),
    ],
)
def test_what_a_url_shows(simulator: Simulator, web: str, http: Check, passed: bool, observed: str) -> None:
    timeout = 1 if observed == "no answer within" else 60
    entry = one(simulator, http={**http, "url": web + http["url"]}, timeout=timeout, retry=passed)
    assert entry["passed"] is passed
    assert entry["observed"].startswith(observed)
    assert entry["seconds"] < 60
    assert len(entry["output_tail"].encode()) <= 4096


def test_a_url_is_asked_until_it_answers(simulator: Simulator, web: str) -> None:
    entry = one(simulator, http={"url": f"{web}/later"}, timeout=60)
    assert (entry["passed"], entry["attempts"], entry["observed"]) == (True, 4, "HTTP 200")


def test_what_may_change_something_is_sent_once(simulator: Simulator, web: str) -> None:
    assert one(simulator, http={"url": f"{web}/503", "method": "POST"}, timeout=60)["attempts"] == 1
    assert Answers.asked == ["POST /503"]


def test_a_server_that_closes_without_an_answer(simulator: Simulator) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=lambda: listener.accept()[0].close(), daemon=True).start()
        port = listener.getsockname()[1]
        entry = one(simulator, http={"url": f"http://127.0.0.1:{port}/"}, timeout=60, retry=False)
    assert entry["passed"] is False and entry["observed"].startswith("no answer: ")


def test_each_check_has_its_own_trust(simulator: Simulator, tmp_path: Path) -> None:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trusted = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(trusted))
    with serving(context) as url:
        checks: list[Check] = [
            {"name": "private", "http": {"url": f"{url}/200", "ca_path": str(trusted)}},
            {"name": "nobody's", "http": {"url": f"{url}/200"}},
            {"name": "whoever", "http": {"url": f"{url}/200", "validate_certs": False}},
        ]
        # Many side by side: none may take the trust of its neighbour.
        result = drill_check(
            simulator,
            *({**each, "name": f"{each['name']} {number}", "retry": False} for number in range(8) for each in checks),
        )
    by_name: dict[str, set[bool]] = {}
    for entry in result["checks"]:
        by_name.setdefault(entry["name"].rsplit(" ", 1)[0], set()).add(entry["passed"])
        if entry["name"].startswith("nobody"):
            assert "certificate" in entry["observed"] or "issuer" in entry["observed"], entry["observed"]
    assert by_name == {"private": {True}, "nobody's": {False}, "whoever": {True}}


def test_an_authority_that_cannot_be_read_is_refused_before_anything_runs(simulator: Simulator, tmp_path: Path) -> None:
    mark, bad, fifo = tmp_path / "ran", tmp_path / "bad.pem", tmp_path / "fifo.pem"
    bad.write_text("no certificate")
    os.mkfifo(fifo)
    for path in (tmp_path / "none.pem", bad, fifo):
        result = drill_check(
            simulator,
            {"name": "touch", "command": ["touch", str(mark)]},
            {"name": "one", "http": {"url": "https://127.0.0.1:1/", "ca_path": str(path)}},
        )
        assert result["failed"] and f"Check 'one': http.ca_path {path}" in result["msg"]
    assert not mark.exists()


def test_secrets_of_a_request_are_sent_and_not_shown(simulator: Simulator, web: str) -> None:
    entry = one(
        simulator,
        http={
            "url": f"{web}/echo?token=fragezeichen".replace("//", "//me:geheim12@", 1),
            "headers": {"X-Note": "wert-1234"},
            "contains": "Basic bWU6Z2VoZWltMTI=",  # me:geheim12
        },
    )
    assert entry["passed"] is True
    assert "X-Note: ********" in entry["output_tail"]
    assert entry["action"]["headers"] == ["X-Note"]
    assert "//me:********@" in entry["action"]["url"] and entry["action"]["url"].endswith("?token=********")
    for secret in ("geheim12", "bWU6Z2VoZWltMTI", "wert-1234", "fragezeichen"):
        assert secret not in json.dumps({**entry, "expected": ""})


@pytest.mark.parametrize(
    ("options", "passed", "observed", "tail"),
    [
        ({"command": ["echo", "0 gaps"], "contains": "0 gaps"}, True, "exit code 0", "0 gaps\n"),
        ({"command": "echo gaps", "contains": "0 gaps"}, False, "exit code 0, not in its output", "gaps\n"),
        ({"command": "sh -c 'echo 0 gaps >&2'", "contains": "0 gaps"}, False, "exit code 0, not in", "0 gaps\n"),
        ({"command": "sh -c 'echo no >&2; exit 3'"}, False, "exit code 3", "no\n"),
        ({"command": "sh -c 'kill -9 $$'"}, False, "ended by signal 9", ""),
        ({"command": "/no/such/program"}, False, "not started: ", ""),
        ({"command": "true", "chdir": "/no/such/folder"}, False, "not started: ", ""),
        ({"command": "pwd", "chdir": "/usr", "contains": "/usr"}, True, "exit code 0", "/usr\n"),
        ({"command": "sh -c 'echo [$A]'", "environment": {"A": 5}}, True, "exit code 0", "[5]\n"),
        # Read to its end, with the text in the middle of it and over the seam of two pieces; the end is kept.
        ({"command": "sh -c 'yes | head -c 131066; echo needle; yes | head -c 9000000'", "contains": "needle"}, True,
         "exit code 0", "y\n" * 2048),
        ({"command": "sh -c 'printf \"\\377\\033[31mred\"'"}, True, "exit code 0", "\ufffdred"),
    ],
)  # fmt: skip
def test_what_a_command_shows(simulator: Simulator, options: Check, passed: bool, observed: str, tail: str) -> None:
    entry = one(simulator, **options, timeout=60, retry=False)
    assert entry["passed"] is passed, entry
    assert entry["observed"].startswith(observed)
    assert entry["output_tail"] == tail


def test_a_command_leaves_what_ran_as_evidence(simulator: Simulator, tmp_path: Path) -> None:
    script = tmp_path / "check.sh"
    script.write_text("echo fine\n")
    entry = one(simulator, command=["sh", "check.sh", "--password", "hunter2x"], chdir=str(tmp_path))
    program, file = entry["action"]["files"]
    assert program["path"].endswith("/sh")
    assert file == {"path": str(script), "sha256": hashlib.sha256(b"echo fine\n").hexdigest()}
    assert entry["action"]["argv"] == ["sh", "check.sh", "--password", "********"]


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def until_gone(pid: int) -> None:
    for _attempt in range(600):
        if not is_running(pid):
            return
        time.sleep(0.1)
    os.kill(pid, signal.SIGKILL)
    pytest.fail("the command's child runs on")


def test_the_end_of_the_time_ends_the_whole_process_group(simulator: Simulator, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    # Deaf to SIGTERM, and with a child that holds the output open.
    script = f"trap '' TERM; sleep 300 & echo $! > {pid}; echo begun; wait; wait"
    entry = one(simulator, command=["sh", "-c", script], timeout=4.0)
    assert entry["passed"] is False
    assert entry["observed"].startswith("no answer within ")
    assert entry["output_tail"] == "begun\n"
    assert entry["seconds"] < 60
    until_gone(int(pid.read_text()))


def test_what_a_command_leaves_in_the_background_is_not_waited_for(simulator: Simulator, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    entry = one(simulator, command=["sh", "-c", f"sleep 300 & echo $! > {pid}"], timeout=200)
    assert entry["passed"] is True and entry["seconds"] < 100
    assert is_running(int(pid.read_text()))
    os.kill(int(pid.read_text()), signal.SIGKILL)


def test_side_by_side_and_not_one_after_the_other(simulator: Simulator, tmp_path: Path) -> None:
    """Each waits for all the others, which would last for ever if they waited for its end."""
    waits = f"touch {tmp_path}/$0; until [ $(ls {tmp_path} | wc -l) -eq 12 ]; do sleep 0.1; done"
    checks = ({"name": str(n), "command": ["sh", "-c", waits, str(n)], "timeout": 100} for n in range(12))
    result = drill_check(simulator, *checks)
    assert [entry["name"] for entry in result["checks"]] == [str(number) for number in range(12)]
    assert result["passed"] is True
    assert result["started_at"] < result["finished_at"]


def test_what_fails_the_task(simulator: Simulator) -> None:
    minor: Check = {"name": "minor", "command": "false", "critical": "off", "retry": False}
    major: Check = {"name": "major", "command": "false", "retry": False}
    good: Check = {"name": "good", "command": "true"}

    fine = drill_check(simulator, good, minor, fail_on_critical=True)
    assert not fine.get("failed") and fine["passed"] is True
    assert [entry["critical"] for entry in fine["checks"]] == [True, False]
    bad = drill_check(simulator, good, minor, major, fail_on_critical=True)
    assert bad["failed"] is True and bad["passed"] is False and len(bad["checks"]) == 3
    assert bad["msg"] == "1 of 3 checks failed that are critical: major: exit code 1 (expected: exit code 0)"
    judged = drill_check(simulator, major)
    assert not judged.get("failed") and judged["passed"] is False
    # What was not looked at has not passed.
    assert drill_check(simulator, minor)["passed"] is None
    assert drill_check(simulator)["passed"] is None


def test_check_mode_runs_nothing_and_refuses_the_same(simulator: Simulator, web: str, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    checks: list[Check] = [
        {"name": "touch", "command": ["touch", str(mark)], "session": "erp-data"},
        {"name": "ask", "http": {"url": f"{web}/200"}},
        {"name": "connect", "tcp": {"host": "127.0.0.1", "port": closed_port()}},
    ]
    result = drill_check(simulator, *checks, check=True, fail_on_critical=True)
    assert not result.get("failed") and result["changed"] is False and result["passed"] is None
    assert [entry["passed"] for entry in result["checks"]] == [None, None, None]
    assert result["checks"][0]["action"]["argv"] == ["touch", str(mark)]
    assert result["checks"][0]["session"] == "erp-data"
    assert not mark.exists() and Answers.asked == []
    refused = drill_check(simulator, *checks, {"name": "odd", "command": "true", "contains": True}, check=True)
    assert refused["failed"] and "contains is not a text but a boolean" in refused["msg"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"command": "true", "contains": True}, "contains is not a text but a boolean"),
        ({"command": "true", "contains": 5}, "contains is not a text but a number"),
        ({"command": "true", "critical": "maybe"}, "critical"),
        ({"command": "true", "timeout": 0}, "timeout is 0"),
        ({"command": "true", "tcp": {"host": "a"}}, "port"),
        ({"command": "true", "wave": 1}, "wave"),
    ],
)
def test_one_odd_check_refuses_all_before_anything_runs(
    simulator: Simulator, tmp_path: Path, options: Check, message: str
) -> None:
    mark = tmp_path / "ran"
    result = drill_check(simulator, {"name": "touch", "command": ["touch", str(mark)]}, {"name": "odd", **options})
    assert result["failed"] is True and message in result["msg"]
    assert not mark.exists()


def test_a_hidden_check_shows_nothing_of_itself(simulator: Simulator) -> None:
    result = drill_check(
        simulator,
        {"name": "quiet", "command": "echo geheim12", "contains": "geheim12", "no_log": True},
        {"name": "loud", "command": "sh -c 'echo $A'", "environment": {"A": "wert-1234", "B": "0"}},
    )
    quiet, loud = result["checks"]
    assert (quiet["passed"], quiet["expected"], quiet["observed"]) == (True, "hidden by no_log", "hidden by no_log")
    assert (quiet["action"], quiet["output_tail"]) == ({"hidden": "hidden by no_log"}, "")
    assert loud["output_tail"] == "********\n"
    assert loud["finished_at"].startswith("20")  # a value of one digit masks no time
    assert "geheim12" not in json.dumps(result) and "wert-1234" not in json.dumps(result)
    refused = drill_check(simulator, {"name": "quiet", "command": "echo geheim12", "no_log": True, "timeout": "soon"})
    assert refused["failed"] and "geheim12" not in json.dumps(refused)


def playbook(folder: Path, task: Check, *, python: str, **variables: t.Any) -> subprocess.CompletedProcess[str]:
    """Run a play with one task of the module, as a user does. What it registers is written to result.json."""
    play = {
        "hosts": "all",
        "gather_facts": False,
        "tasks": [
            {"drdrill.powerstore.drill_check": task, "register": "seen"},
            {
                "ansible.builtin.copy": {"content": "{{ seen | to_json }}", "dest": str(folder / "result.json")},
                "vars": {"ansible_python_interpreter": sys.executable},
            },
        ],
    }
    (folder / "play.yml").write_text(json.dumps([play]))
    command = [Path(sys.executable).with_name("ansible-playbook"), "-i", "localhost,", "-c", "local", "play.yml"]
    return run_ansible(
        [*command, "-e", json.dumps({"ansible_python_interpreter": python, **variables})],
        cwd=folder,
        env={**os.environ, "ANSIBLE_CONFIG": str(ROOT / "tests/ansible.cfg"), "ANSIBLE_NOCOLOR": "1"},
        timeout=600,
    )


def test_no_variable_answers_for_a_check(tmp_path: Path) -> None:
    names = ("passed", "observed", "checks", "failover_drill_check_observed", "already_true_when_first_looked")
    checks = [{"name": "one", "command": "false", "retry": False}]
    process = playbook(
        tmp_path,
        {"checks": checks, "fail_on_critical": False},
        python=sys.executable,
        **dict.fromkeys(names, "ok"),
    )
    assert process.returncode == 0, process.stdout + process.stderr
    [entry] = json.loads((tmp_path / "result.json").read_text())["checks"]
    assert (entry["passed"], entry["observed"]) == (False, "exit code 1")


@pytest.mark.parametrize("path", TRAVELS, ids=lambda path: path.name)
def test_what_travels_is_written_for_python_3_8(path: Path) -> None:
    ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 8))


@pytest.mark.skipif(not older_pythons(), reason="this machine has no Python from 3.8 to 3.10")
def test_it_runs_on_the_oldest_python_of_a_managed_host(tmp_path: Path) -> None:
    with serving() as url:
        checks = [
            {"name": "command", "command": "echo ok", "contains": "ok"},
            {"name": "http", "http": {"url": f"{url}/200"}},
            {"name": "tcp", "tcp": {"host": "127.0.0.1", "port": int(url.rsplit(":", 1)[1])}},
            {"name": "slow", "command": "sleep 300", "timeout": 0.5, "critical": False},
        ]
        process = playbook(tmp_path, {"checks": checks}, python=older_pythons()[0])
    assert process.returncode == 0, process.stdout + process.stderr
    entries = json.loads((tmp_path / "result.json").read_text())["checks"]
    assert [entry["passed"] for entry in entries] == [True, True, True, False]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_task_that_is_ended_takes_its_commands_along(tmp_path: Path, number: int) -> None:
    pid = tmp_path / "pid"
    arguments = {"checks": [{"name": "one", "command": ["sh", "-c", f"echo $$ > {pid}; sleep 300"], "timeout": 300}]}
    code = (
        "from ansible.module_utils.testing import patch_module_args\n"
        "from ansible_collections.drdrill.powerstore.plugins.modules import drill_check\n"
        f"with patch_module_args({arguments!r}): drill_check.main()"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / ".ansible/collections")}
    with subprocess.Popen([sys.executable, "-c", code], env=environment, stderr=subprocess.DEVNULL) as process:
        for _attempt in range(600):
            if pid.exists() and pid.read_text().strip():
                break
            time.sleep(0.1)
        process.send_signal(number)
        process.wait(60)
    until_gone(int(pid.read_text()))
