# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module drill_check does: read the checks, run them side by side, and say what each showed."""

from __future__ import annotations

import contextlib
import functools
import signal
import threading
import time
import types
import typing as t

from .command import Running, files_of, look_with_command
from .evidence import attached, output_of
from .look import Look, Observation
from .masking import HIDDEN, Masking, masked_argv, masked_text, masking_of
from .options import Check, Command, Http, Options, Tcp, parse_checks, parse_parallel, parse_time_limit
from .polling import Clock, Outcome, Task, poll_all
from .tcp import look_at_port
from .web import prepare_look_at_url

Result = t.Dict[str, t.Any]
Files = t.List[t.Dict[str, t.Optional[str]]]


def run_checks(params: Options, *, check_mode: bool) -> Result:
    """The result of the module; ``failed`` and ``msg`` are in it where a critical check failed and that counts.

    Raises InvalidInputError where the options have no one meaning. Nothing has run then.
    """
    parallel, checks = parse_parallel(params["parallel"]), parse_checks(params["checks"])
    limit = parse_time_limit(params["time_limit"])
    running = Running()
    looks = [_prepare(check, running) for check in checks]
    if check_mode:
        return {
            "checks": [_not_run(check, "not run in check mode") for check in checks],
            "passed": None,
            **_times(None, None),
        }
    clock, started = Clock(), time.monotonic()
    files: dict[str, Files] = {}
    pairs = [(check, _with_files(check, look, files)) for check, look in zip(checks, looks)]
    tasks = [Task(look, check.timeout, check.retry) for check, look in pairs]
    with _ended_with_the_task(running):
        outcomes = poll_all(tasks, parallel, limit)
    entries = [
        {
            **_entry(check, outcome, clock, files.get(check.name, [])),
            **_evidence(check, outcome, keep_output=params["keep_output"]),
        }
        if outcome
        else _not_run(check, f"not looked at: all checks together had {limit:g} s")
        for check, outcome in zip(checks, outcomes)
    ]
    result = {"checks": entries, "passed": _passed(entries), **_times(clock.text(started), time.monotonic() - started)}
    result["finished_at"] = clock.text(time.monotonic())
    bad = [entry for entry in entries if entry["critical"] and not entry["passed"]]
    if bad and params["fail_on_critical"]:
        result.update(failed=True, msg=_message(bad, len(entries)))
    return result


def _passed(entries: t.Sequence[Result]) -> bool | None:
    """Whether all critical ones passed; null where there is none, as what was not looked at has not passed."""
    critical = [entry["passed"] for entry in entries if entry["critical"]]
    return all(critical) if critical else None


def _message(bad: t.Sequence[Result], count: int) -> str:
    what = "; ".join(f"{entry['name']}: {entry['observed']} (expected: {entry['expected']})" for entry in bad)
    return f"{len(bad)} of {count} checks failed that are critical: {what}"


def _times(started: str | None, seconds: float | None) -> Result:
    return {"started_at": started, "finished_at": None, "seconds": None if seconds is None else round(seconds, 3)}


def _prepare(check: Check, running: Running) -> Look:
    probe = check.probe
    if isinstance(probe, Tcp):
        return functools.partial(look_at_port, probe)
    if isinstance(probe, Http):
        return prepare_look_at_url(check.name, probe)
    return functools.partial(look_with_command, probe, running)


def _with_files(check: Check, look: Look, files: dict[str, Files]) -> Look:
    """The same look, and what files it uses is read before the first one, in its own time."""
    probe = check.probe
    if not isinstance(probe, Command):
        return look
    command = probe

    def first_read_the_files(deadline: float) -> Observation:
        if check.name not in files:
            files[check.name] = files_of(command)
        return look(deadline)

    return first_read_the_files


def _same_of(check: Check, masking: Masking) -> Result:
    """What is known of a check before it runs."""
    return {
        "name": check.name,
        "kind": check.probe.kind,
        "critical": check.critical,
        "session": check.session,
        "timeout_seconds": check.timeout,
        "expected": masking.shown(check.probe.expected),
    }


def _not_run(check: Check, why: str) -> Result:
    masking = masking_of(check)
    return {
        **_same_of(check, masking),
        "observed": why,
        "passed": None,
        "action": _action(check, masking, []),
        "output_tail": "",
        "became_true_at": None,
        "attempts": 0,
        "already_true_when_first_looked": None,
        "evidence": [],
        "not_attached": [],
        **_times(None, None),
    }


def _entry(check: Check, outcome: Outcome, clock: Clock, files: Files) -> Result:
    masking, finished = masking_of(check), clock.text(outcome.finished)
    return {
        **_same_of(check, masking),
        "observed": masking.shown(outcome.observed),
        "passed": outcome.passed,
        "action": _action(check, masking, files),
        "output_tail": masking.tail(outcome.seen.output),
        "started_at": clock.text(outcome.started),
        "finished_at": finished,
        "became_true_at": finished if outcome.passed else None,
        "seconds": round(outcome.finished - outcome.started, 3),
        "attempts": outcome.attempts,
        "already_true_when_first_looked": outcome.passed and outcome.attempts == 1,
    }


def _evidence(check: Check, outcome: Outcome, *, keep_output: bool) -> Result:
    """What it leaves to be kept in files: read when all checks are over, so that none of their times has it."""
    masking = masking_of(check)
    folder = check.probe.chdir if isinstance(check.probe, Command) else None
    entries, problems = attached(check.evidence, folder, masking)
    output = output_of(outcome.seen.output, check.probe, masking) if keep_output else []
    return {"evidence": [*output, *entries], "not_attached": problems}


def _action(check: Check, masking: Masking, files: Files) -> Result:
    """What was done, so that a reader of the record could do the same, but for its secrets."""
    probe = check.probe
    if check.no_log:
        return {"hidden": HIDDEN}
    if isinstance(probe, Tcp):
        return {"host": probe.host, "port": probe.port}
    if isinstance(probe, Http):
        return {
            "method": probe.method,
            "url": masked_text(probe.url)[0],
            "headers": sorted(probe.headers),
            "validate_certs": probe.validate_certs,
            "ca_path": probe.ca_path,
        }
    return {
        "argv": [masking.shown(word) for word in masked_argv(probe.argv)[0]],
        "chdir": probe.chdir,
        "environment": sorted(probe.environment),
        "files": files,
    }


@contextlib.contextmanager
def _ended_with_the_task(running: Running) -> t.Iterator[None]:
    """While it lasts, a signal that ends this process ends the commands, too: they are in groups of their own."""
    before: dict[int, t.Any] = {}
    if threading.current_thread() is threading.main_thread():
        before = {number: signal.signal(number, _leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        running.kill_all()
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)


def _leave(number: int, _frame: types.FrameType | None) -> None:
    raise SystemExit(128 + number)
