# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan of a drill, from the role's variables: all are validated before anything is asked of the array. Pure.

What the stop needs is among them: an option that only the stop's own task would refuse would leave the tests running.
"""

from __future__ import annotations

import hashlib
import json
import typing as t

from .._json import Json
from .._time import Moment
from .guards import guards_of
from .scope import request
from .steps import Step, plan_steps
from .values import ExpectedError, a_bool, a_choice, a_list, a_mapping, a_number, a_text, known_keys

_PREFIX = "failover_drill_"
ON_PARTIAL_FAILURE = ("stop_all", "continue", "hold")
REGRESSION_PERCENT = 50
KEEP = ("none", "all", "failed")
WITNESS = ("off", "optional", "required")
REPORT_FORMATS = ("html", "junit", "csv", "markdown")
FRAMEWORKS = ("soc2", "iso27001", "iso22301", "dora", "nis2", "nist_800_34", "nist_csf", "pci_dss", "hipaa")
SIGN_BY = ("ssh", "gpg", "command")
_TEXTS = ("scenario", "change_ticket", "end_of_test_snapshot_expiration")
_LISTS: t.Final[t.Mapping[str, str | None]] = {"participants": ",", "approvers": ",", "success_criteria": None}
_BOOLS = ("sync_first", "adopt_running", "storage_only", "force_stop")
# Lowest, highest, and what it is where it is not given; as the modules have them that are given these.
_NUMBERS: t.Final[t.Mapping[str, tuple[int, int, int]]] = {
    "max_parallel": (1, 256, 16),
    "wait_timeout": (1, 86400, 600),
    "stop_retries": (0, 99, 3),
    "stop_retry_delay": (0, 3600, 10),
    "wave_pause": (0, 86400, 0),
    "checks_parallel": (1, 128, 16),
}


class Variables:
    """The role's variables by their names without the prefix. Every reading names the variable where it refuses."""

    def __init__(self, given: t.Mapping[str, object]) -> None:
        self._given = given

    def raw(self, name: str) -> object:
        """As it was given; None where it was not, or is an empty text, which is what a survey gives for no answer."""
        value = self._given.get(name)
        return None if isinstance(value, str) and not value.strip() else value

    def text(self, name: str) -> str | None:
        value = self.raw(name)
        return None if value is None else a_text(value, _PREFIX + name)

    def texts(self, name: str, separator: str | None) -> list[str]:
        """A list of texts, also as JSON or, with ``separator``, as one text."""
        value = self.raw(name)
        if isinstance(value, str) and not value.lstrip().startswith("["):
            value = [part.strip() for part in (value.split(separator) if separator else value.splitlines())]
        found = a_list(value, _PREFIX + name, "[A. Storage, B. Database]")
        return [a_text(each, f"{_PREFIX}{name}[{number}]") for number, each in enumerate(found)]

    def number(self, name: str, lowest: int, highest: int, otherwise: int) -> int:
        value = self.raw(name)
        return otherwise if value is None else a_number(value, _PREFIX + name, lowest=lowest, highest=highest)

    def seconds(self, name: str) -> int | None:
        """An objective; None where there is none."""
        value = self.raw(name)
        return None if value is None else a_number(value, _PREFIX + name, lowest=0)


def plan_of(given: t.Mapping[str, object]) -> tuple[Json, tuple[Step, ...]]:
    """The plan as intent and record have it, without the steps, and the steps. Raises InvalidInputError."""
    of = Variables(given)
    asked = request(given.get("sessions"), given.get("filters"), given.get("exclusions"))
    lists = a_mapping(given.get("steps") or {}, "steps", "{attach: []}")
    steps = plan_steps(lists, given.get("step_timeout", 30), given.get("tasks_timeout", 600))
    numbers = {name: of.number(name, *bounds) for name, bounds in _NUMBERS.items()}
    bools = {name: a_bool(of.raw(name) or False, _PREFIX + name) for name in _BOOLS}
    texts = {name: of.text(name) for name in _TEXTS}
    plan: Json = {
        "title": of.text("title") or "Failover drill",
        "scenario": texts["scenario"],
        "change_ticket": texts["change_ticket"],
        **{name: of.texts(name, separator) for name, separator in _LISTS.items()},
        "asked": asked.as_plan(),
        "objectives": {
            **{name: of.seconds(name) for name in ("rpo_seconds", "rto_seconds")},
            "rto_regression_percent": of.number("rto_regression_percent", 0, 10000, REGRESSION_PERCENT),
        },
        "policy": {
            "on_partial_failure": a_choice(
                of.raw("on_partial_failure") or "stop_all", _PREFIX + "on_partial_failure", ON_PARTIAL_FAILURE
            ),
            "end_of_test_snapshot": a_choice(
                of.raw("end_of_test_snapshot") or "none", _PREFIX + "end_of_test_snapshot", KEEP
            ),
            "end_of_test_snapshot_expiration": _expiration(texts["end_of_test_snapshot_expiration"]),
            "synchronise_first": bools["sync_first"],
            "adopt_running": bools["adopt_running"],
            "storage_only": bools["storage_only"],
            "witness": _witness(of.raw("witness")),
        },
        "how": {
            "force": bools["force_stop"],
            "poll_interval": _poll_interval(of.raw("poll_interval")),
            "report_formats": _formats(of),
            "frameworks": [a_choice(each, _PREFIX + "frameworks", FRAMEWORKS) for each in of.texts("frameworks", ",")],
            "chain": a_bool(True if of.raw("chain") is None else of.raw("chain"), _PREFIX + "chain"),
            "sign": _signing(of),
            **numbers,
        },
        "guards": guards_of(of.raw("window"), of.raw("freeze"), of.raw("max_duration")),
    }
    return plan, steps


def _witness(value: object) -> str:
    """Whether the array's own logs are asked; a bare off or on of YAML is false or true."""
    words = {False: WITNESS[0], True: WITNESS[1]}
    given = words[value] if isinstance(value, bool) else value
    return a_choice(given or "optional", _PREFIX + "witness", WITNESS)


def _expiration(text: str | None) -> str | None:
    if text is not None:
        Moment.parse(text, _PREFIX + "end_of_test_snapshot_expiration")
    return text


def _formats(of: Variables) -> list[str]:
    return [a_choice(each, _PREFIX + "report_formats", REPORT_FORMATS) for each in of.texts("report_formats", ",")]


def _signing(of: Variables) -> Json | None:
    """How record and chain are signed. A key that is not there is found when it is used, and stops nothing."""
    if of.raw("sign") in (None, {}):
        return None
    where = _PREFIX + "sign"
    given = a_mapping(of.raw("sign"), where, "{method: ssh, key: ~/.ssh/id_ed25519}")
    known_keys(given, where, ("method", "key", "principal", "command"))
    texts = {name: a_text(given[name], f"{where}.{name}") for name in ("key", "principal") if given.get(name)}
    method = a_choice(given.get("method"), f"{where}.method", SIGN_BY)
    words = [a_text(word, f"{where}.command") for word in a_list(given.get("command"), f"{where}.command", "[sign]")]
    if bool(words) != (method == "command"):
        raise ExpectedError(f"{where}.command", "the program and its arguments, for the method command alone", words)
    if method == "ssh" and "key" not in texts:
        raise ExpectedError(f"{where}.key", "the file of an SSH key, or its .pub file if an agent holds the key", None)
    return {"method": method, **texts, **({"command": words} if words else {})}


def _poll_interval(value: object) -> float:
    try:
        seconds = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else 0.0
    except ValueError:
        seconds = 0.0
    if value is None:
        return 1.0
    if not 0.05 <= seconds <= 60:
        raise ExpectedError(_PREFIX + "poll_interval", "seconds from 0.05 to 60", value)
    return seconds


def expiration_to_come(plan: Json, system_time: object) -> None:
    """Raises InvalidInputError for an expiration of end-of-test snapshots that has passed by the array's time."""
    text = plan["policy"]["end_of_test_snapshot_expiration"]
    if text is None or plan["policy"]["end_of_test_snapshot"] == "none" or not isinstance(system_time, str):
        return
    now = Moment.parse(system_time, "cluster.system_time").at
    if now is not None:
        Moment.parse(text, _PREFIX + "end_of_test_snapshot_expiration").after(
            now, _PREFIX + "end_of_test_snapshot_expiration"
        )


def sha256_of(plan: Json) -> str:
    """The fingerprint of a plan: two drills with the same one were planned alike."""
    return hashlib.sha256(json.dumps(plan, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
