# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The user's steps: what each means, in which turns they are done, and which session each is about. Pure.

Everything is validated before the start. What a step looks at (ports, URLs, commands) is validated by the code that
later does it, so that it has one meaning.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, replace

from .._check.options import KINDS as CHECK_KINDS
from .._check.options import LONGEST_TIMEOUT, MOST_FILES, parse_checks
from .._errors import InvalidInputError
from .._json import Json
from .values import ExpectedError, a_bool, a_list, a_mapping, a_number, a_text, known_keys

VARIABLES: t.Final[t.Mapping[str, str]] = {
    "attach": "failover_drill_attach",
    "validate": "failover_drill_checks",
    "release": "failover_drill_release",
    "notify": "failover_drill_notify",
}
KINDS = (*CHECK_KINDS, "tasks")
_OF_COMMAND = ("contains", "chdir", "environment")
_KEYS = ("name", *KINDS, *_OF_COMMAND, "session", "wave", "on", "timeout", "critical", "retry", "no_log", "evidence")
_EXAMPLE = "[{name: application port, tcp: {host: app.example.com, port: 443}}]"
# What is done, in contrast to what is looked at: one after the other, and each once.
DONE_ONCE = ("attach", "release", "notify")


@dataclass(frozen=True, slots=True)
class Step:
    """One step. ``options`` are those of ``drill_check``; a tasks file has none."""

    name: str
    phase: str  # attach, validate, release or notify
    kind: str
    critical: bool
    timeout: float  # seconds; of a tasks file for each of its tasks
    options: Json
    session: str | None = None  # as the user names it; once it is resolved, its id
    wave: int | None = None
    on: str | None = None  # an inventory host; None for the controller
    file: str | None = None  # of kind tasks
    evidence: tuple[str, ...] = ()  # paths of files that it leaves
    no_log: bool = False  # whether what it does and sees is kept out of record, journal and output

    def as_planned(self, sha256: str | None = None) -> Json:
        """As intent and record have it; nothing in it is a secret."""
        return {
            "name": self.name,
            "phase": self.phase,
            "kind": self.kind,
            "critical": self.critical,
            "timeout_seconds": self.timeout,
            "session": self.session,
            "wave": self.wave,
            "on": self.on,
            "file": self.file,
            "sha256": sha256,
            "evidence": list(self.evidence),
            "no_log": self.no_log,
        }

    @classmethod
    def from_planned(cls, planned: Json) -> Step:
        """What ``as_planned`` gave, without the options."""
        names = ("name", "phase", "kind", "critical", "session", "wave", "on", "file")
        evidence = tuple(planned.get("evidence") or ())
        return cls(
            **{name: planned[name] for name in names},
            timeout=planned["timeout_seconds"],
            options={},
            evidence=evidence,
            no_log=planned.get("no_log") is True,
        )


def plan_steps(given: t.Mapping[str, object], step_timeout: object, tasks_timeout: object) -> tuple[Step, ...]:
    """The steps of all phases; ``given`` has a list for each phase.

    Raises InvalidInputError, which names the step, for anything that has no one meaning.
    """
    timeouts = {
        True: a_number(tasks_timeout, "failover_drill_tasks_timeout", lowest=1, highest=int(LONGEST_TIMEOUT)),
        False: a_number(step_timeout, "failover_drill_step_timeout", lowest=1, highest=int(LONGEST_TIMEOUT)),
    }
    steps = [
        _step(entry, phase, f"{variable}[{number}]", timeouts)
        for phase, variable in VARIABLES.items()
        for number, entry in enumerate(a_list(given.get(phase), variable, _EXAMPLE))
    ]
    names = [step.name for step in steps]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InvalidInputError(f"Two steps are called '{twice[0]}': expected a name of its own for each step.")
    parse_checks([step.options for step in steps if step.kind != "tasks"])
    return tuple(steps)


def _step(value: object, phase: str, where: str, timeouts: t.Mapping[bool, float]) -> Step:
    named = {_key(key): each for key, each in value.items()} if isinstance(value, dict) else value
    entry = {key: each for key, each in a_mapping(named, where, _EXAMPLE[1:-1]).items() if each is not None}
    name = a_text(entry.get("name"), f"{where}.name")
    here = f"Step '{name}'"
    known_keys(entry, here, _KEYS)
    kinds = [kind for kind in KINDS if kind in entry]
    if len(kinds) != 1:
        found = " and ".join(kinds) or "none"
        raise InvalidInputError(f"{here}: expected exactly one of {', '.join(KINDS)}, found {found}.")
    kind = kinds[0]
    misplaced = [key for key in _OF_COMMAND if key in entry and kind != "command"]
    if misplaced:
        inside = ", and inside http to http" if "contains" in misplaced else ""
        raise InvalidInputError(f"{here}: {misplaced[0]} belongs to command{inside}.")
    session, wave, on = entry.get("session"), entry.get("wave"), entry.get("on")
    if kind == "tasks" and (on is not None or "retry" in entry):
        raise InvalidInputError(f"{here}: on and retry are not for tasks: in the file, say delegate_to and until.")
    timeout = _timeout(entry["timeout"], here) if "timeout" in entry else timeouts[kind == "tasks"]
    critical = a_bool(entry.get("critical", True), f"{here}, critical")
    no_log = a_bool(entry.get("no_log", False), f"{here}, no_log")
    evidence = _evidence(entry, here)
    if evidence and phase == "notify":
        raise InvalidInputError(f"{here}: evidence is not for notify: the record is written before it.")
    return Step(
        name=name,
        phase=phase,
        kind=kind,
        critical=critical,
        timeout=timeout,
        options={} if kind == "tasks" else _check(entry, name, phase, kind, critical, timeout, evidence),
        session=None if session is None else a_text(session, f"{here}, session"),
        wave=None if wave is None else a_number(wave, f"{here}, wave", lowest=1),
        on=None if on is None else a_text(on, f"{here}, on"),
        file=a_text(entry["tasks"], f"{here}, tasks") if kind == "tasks" else None,
        evidence=evidence,
        no_log=no_log,
    )


def _evidence(entry: Json, here: str) -> tuple[str, ...]:
    """The paths of files that a step leaves as evidence."""
    found = a_list(entry.get("evidence") or [], f"{here}, evidence", "[/var/log/app.log]")
    if len(found) > MOST_FILES:
        raise ExpectedError(f"{here}, evidence", f"at most {MOST_FILES} paths", len(found))
    return tuple(a_text(path, f"{here}, evidence[{number}]") for number, path in enumerate(found))


def _key(key: object) -> object:
    """YAML 1.1 reads the key ``on`` as true, of which Ansible makes a text on its way."""
    return "on" if key is True or key == "True" else key


def _timeout(value: object, here: str) -> float:
    try:
        seconds = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else 0.0
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= LONGEST_TIMEOUT:
        raise ExpectedError(f"{here}, timeout", f"seconds, more than 0 and at most {LONGEST_TIMEOUT:g}", value)
    return seconds


def _check(
    entry: Json, name: str, phase: str, kind: str, critical: bool, timeout: float, evidence: t.Sequence[str]
) -> Json:
    """The options of ``drill_check``, each of the type that its argument spec makes of it."""
    here = f"Step '{name}'"
    probe = {"tcp": _tcp, "http": _http, "command": _command}[kind](entry[kind], f"{here}, {kind}")
    options: Json = {
        "name": name,
        "critical": critical,
        "timeout": timeout,
        "no_log": a_bool(entry.get("no_log", False), f"{here}, no_log"),
        kind: probe,
        **{key: entry[key] for key in ("contains", "chdir") if key in entry},
        **({"evidence": list(evidence)} if evidence else {}),
    }
    if "environment" in entry:
        options["environment"] = a_mapping(entry["environment"], f"{here}, environment", "{LANG: C}")
    if "retry" in entry:
        options["retry"] = a_bool(entry["retry"], f"{here}, retry")
    elif phase in DONE_ONCE and kind != "tcp":
        options["retry"] = False
    return options


def _tcp(value: object, where: str) -> Json:
    given = a_mapping(value, where, "{host: app.example.com, port: 443}")
    known_keys(given, where, ("host", "port"))
    port = a_number(given.get("port"), f"{where}.port", lowest=1, highest=65535)
    return {"host": a_text(given.get("host"), f"{where}.host"), "port": port}


def _http(value: object, where: str) -> Json:
    given = a_mapping(value, where, "{url: https://app.example.com/health}")
    known_keys(given, where, ("url", "method", "status", "contains", "headers", "validate_certs", "ca_path"))
    status = given.get("status", 200)
    codes = [status] if isinstance(status, int | str) else a_list(status, f"{where}.status", "[200, 204]")
    found: Json = {
        "url": a_text(given.get("url"), f"{where}.url"),
        "method": a_text(given.get("method", "GET"), f"{where}.method"),
        "status": [a_number(code, f"{where}.status", lowest=200, highest=599) for code in codes],
        "validate_certs": a_bool(given.get("validate_certs", True), f"{where}.validate_certs"),
        **{key: given[key] for key in ("contains", "ca_path") if given.get(key) is not None},
    }
    if given.get("headers") is not None:
        found["headers"] = a_mapping(given["headers"], f"{where}.headers", "{Accept: text/html}")
    return found


def _command(value: object, _where: str) -> t.Any:
    return value


def resolved(steps: t.Sequence[Step], sessions: t.Sequence[Json]) -> tuple[Step, ...]:
    """The steps, each with the id of the session that it is about.

    ``sessions`` as ``replication_session_info`` returns them. Raises InvalidInputError for a name that leads to no
    session of the drill, or to more than one.
    """
    return tuple(replace(step, session=_session_id(step, sessions)) if step.session else step for step in steps)


def _session_id(step: Step, sessions: t.Sequence[Json]) -> str:
    wanted = str(step.session).casefold()
    keys = ("session_id", "resource_id", "resource_name")
    found = [s for s in sessions if wanted in {str(s[key]).casefold() for key in keys if s.get(key)}]
    exact = [s for s in found if s["session_id"] == step.session]
    if len(exact or found) == 1:
        return str((exact or found)[0]["session_id"])
    if found:
        ids = ", ".join(f"{s['session_id']} ({str(s['resource_type']).replace('_', ' ')})" for s in found)
        raise InvalidInputError(
            f"Step '{step.name}' is about session '{step.session}', which is ambiguous: use the id of one of {ids}."
        )
    names = ", ".join(str(s["resource_name"]) for s in sessions)
    raise InvalidInputError(
        f"Step '{step.name}' is about session '{step.session}': expected the name or id of a resource of this drill, "
        f"or the id of its session ({names if len(names) < 300 else names[:300] + '…'})."
    )


def in_waves(steps: t.Sequence[Step], waves: t.Sequence[int]) -> tuple[Step, ...]:
    """The steps with the wave that each is done in: an attach step that names none waits for the last one.

    Raises InvalidInputError for a step that would never come, as no session is started in its wave.
    """
    return tuple(replace(step, wave=_wave(step, waves)) for step in steps)


def _wave(step: Step, waves: t.Sequence[int]) -> int | None:
    if step.phase not in ("attach", "validate"):
        return None
    if step.wave is not None and step.wave not in waves:
        raise InvalidInputError(
            f"Step '{step.name}' belongs to wave {step.wave}, in which no session is started: expected one of "
            f"{', '.join(map(str, waves))}."
        )
    return max(waves) if step.wave is None and step.phase == "attach" else step.wave
