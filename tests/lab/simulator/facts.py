# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what first_contact found on an array to a scenario in which the simulated array behaves as that one did."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .auth import ROLE_IDS
from .reading import ScenarioError

FORMAT = "drdrill.powerstore first contact 1."
_LATE = 2.0  # seconds: what is shown sooner is within the pause between two looks
_ACCOUNT = {"username": "admin", "password": "Drdrill-Simulator-1!", "role": "administrator"}
_RECORDED_AS = {"same, written differently": "CORP\\{}", "other": "account-of-the-log", "none": ""}
Document = dict[str, Any]


@dataclass
class Overlay:
    """What facts change in a scenario, and what of them the simulator cannot show."""

    document: Document = field(default_factory=dict)
    account: Document = field(default_factory=dict)
    recorded_as: str | None = None
    not_simulated: list[str] = field(default_factory=list)

    def option(self, name: str, value: object) -> None:
        """An option of the scenario."""
        self.document.setdefault("options", {})[name] = value

    def refusal(self, kind: str, asked: Mapping[str, Any]) -> None:
        """How a kind of refusal is answered."""
        if asked["answered"] != "refused at once":
            self.not_simulated.append(f"{kind} was {asked['answered']}")
            return
        found = {"status": asked["http_status"], "code": asked["code"]}
        refusals = self.document.setdefault("options", {}).setdefault("refusals", {})
        refusals[kind] = {name: value for name, value in found.items() if value is not None}

    def fault(self, **fault: object) -> None:
        """What the array does at certain requests."""
        self.document.setdefault("faults", []).append(fault)

    def seconds(self, operation: str, seconds: float | None) -> None:
        """How long an operation takes."""
        if seconds is not None:
            self.document.setdefault("operation_seconds", {})[operation] = round(seconds, 3)

    def over(self, scenario: Mapping[str, Any]) -> Document:
        """The scenario with all this in it."""
        made = _merged(scenario, self.document)
        accounts = [dict(each) for each in made.get("accounts") or [_ACCOUNT]]
        accounts[0] |= self.account
        if self.recorded_as is not None:
            accounts[0]["recorded_as"] = self.recorded_as.format(accounts[0]["username"])
        return {**made, "accounts": accounts}


def _merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> Document:
    made = copy.deepcopy(dict(one))
    for name, value in other.items():
        if isinstance(value, Mapping) and isinstance(made.get(name), Mapping):
            made[name] = _merged(made[name], value)
        elif isinstance(value, list) and isinstance(made.get(name), list):
            made[name] = [*made[name], *value]
        else:
            made[name] = copy.deepcopy(value)
    return made


def read_facts(path: Path) -> Document:
    """The file that first_contact wrote. Raises ScenarioError for any other."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ScenarioError(f"{path} is not JSON: {error}") from error
    if not isinstance(data, dict) or not str(data.get("format")).startswith(FORMAT):
        raise ScenarioError(f"{path} is not a file of first_contact: expected the format {FORMAT}x")
    return data


def overlay(facts: Mapping[str, Any]) -> Overlay:
    """What the answers say of a scenario. Raises ScenarioError for answers that first_contact does not write."""
    made, name = Overlay(), "answers"
    try:
        found = {answer["id"]: answer["value"] for answer in facts["answers"] if answer["status"] == "answered"}
        for name, apply in _APPLY.items():
            if name in found:
                apply(made, found[name])
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise ScenarioError(
            f"'{name}' in the file of first_contact is not understood ({error!r}): expected the file as the playbook "
            "wrote it. Run first_contact again, or correct the file."
        ) from error
    return made


def _release(made: Overlay, value: Mapping[str, Any]) -> None:
    for array, key in (("dr", "destination"), ("production", "source")):
        if version := value[key] or value["destination"]:
            made.document.setdefault("arrays", {}).setdefault(array, {})["release_version"] = version


def _role(made: Overlay, value: Mapping[str, Any]) -> None:
    names = {number: name for name, number in ROLE_IDS.items()}
    known = [names[number] for number in value["role_ids"] if number in names]
    if known:
        made.account["role"] = known[0]
    if False in (value["start"], value["stop"]) and known != ["operator"]:
        made.account["forbidden"] = [*made.account.get("forbidden", ()), "/replication_session/*/*_failover_test"]


def _readable(made: Overlay, value: Mapping[str, Any]) -> None:
    denied = [f"/{name}*" for name, status in value.items() if status == 403]
    if denied:
        made.account["forbidden"] = [*made.account.get("forbidden", ()), *denied]
    made.not_simulated += [f"{name} answers {status}" for name, status in value.items() if status not in (200, 403)]


def _login(made: Overlay, value: Mapping[str, Any]) -> None:
    made.account["shows_user"] = value["user_shown"]
    if value["idle_timeout"] is not None:
        made.option("idle_timeout", value["idle_timeout"])
    if value["user_in_jobs"] in _RECORDED_AS:
        made.recorded_as = _RECORDED_AS[value["user_in_jobs"]]


def _clock(made: Overlay, value: Mapping[str, Any]) -> None:
    for array, key in (("dr", "destination"), ("production", "source")):
        if value[key] is not None and abs(value[key]) >= 1:
            made.document.setdefault("arrays", {}).setdefault(array, {})["clock_skew"] = round(value[key])


def _flag_at_source(made: Overlay, value: Mapping[str, Any]) -> None:
    made.option("source_shows_test", value["during"] is True)
    if value["during"] is not True:
        made.option("source_flag_at_rest", value["during"])


def _states(made: Overlay, value: list[str]) -> None:
    if "Synchronizing" in value:
        made.option("show_synchronizing", True)


def _snapshot(made: Overlay, value: Mapping[str, Any]) -> None:
    if value["expires_days"] is not None:
        made.option("stopped_snapshot_days", value["expires_days"])
    if not value["is_named_as_described"]:
        made.not_simulated.append("the end-of-test snapshot is not named failover_test_STOPPED_*")


def _flag_delay(made: Overlay, value: float) -> None:
    if value >= _LATE:
        made.fault(action="flag_late", array="dr", method="POST", path="*/*_failover_test", seconds=round(value, 1))


def _paging(made: Overlay, value: bool) -> None:
    if not value:
        made.fault(action="no_total", method="GET")


def _second_start(made: Overlay, value: Mapping[str, Any]) -> None:
    if value["answered"] == "accepted":
        made.option("accepts_second_start", True)
    else:
        made.refusal("test_in_progress", value)


def _operation(operation: str) -> Any:
    def apply(made: Overlay, value: Mapping[str, Any]) -> None:
        took = value["job_seconds"]
        made.seconds(operation, value["shown_after_seconds"] if took is None else took)

    return apply


def _nas_clone(made: Overlay, value: Mapping[str, Any]) -> None:
    took = value["job_seconds"] if value["job_seconds"] is not None else value["listed_after_seconds"]
    made.seconds("clone", took)
    if took is not None and value["serves_after_seconds"] is not None:
        made.seconds("nas_server_start", max(0.0, value["serves_after_seconds"] - took))
    if not value["as_job"]:
        made.not_simulated.append("a clone of a NAS server is no job")


def _nas_without_list(made: Overlay, value: Mapping[str, Any]) -> None:
    if value["has"] == "some":
        made.not_simulated.append("a clone of a NAS server has some of its file systems")
    else:
        made.option("clone_without_list", value["has"])


def _nas_clone_job(made: Overlay, value: Mapping[str, Any]) -> None:
    made.option("clone_job_tells_id", value["tells_id"])
    if value["names"] in ("source", "clone"):
        made.option("clone_job_names", value["names"])


_APPLY: Mapping[str, Any] = {
    "release": _release,
    "role": _role,
    "readable": _readable,
    "login": _login,
    "clock": _clock,
    "recovery_point_clock": lambda made, value: made.option("recovery_point_clock", value),
    "flag_at_source": _flag_at_source,
    "same_session_id": lambda made, value: made.option("same_session_id", value),
    "resource": lambda made, value: made.option(
        "destination_flag_in_test", value["is_replication_destination"]["during"] is not False
    ),
    "states": _states,
    "start": _operation("start_failover_test"),
    "stop": _operation("stop_failover_test"),
    "flag_delay": _flag_delay,
    "second_start": _second_start,
    "second_stop": lambda made, value: made.refusal("no_test", value),
    "end_of_test_snapshot": _snapshot,
    "paging": _paging,
    "nas_flag": lambda made, value: made.option("nas_flag_at_rest", value),
    "nas_clone": _nas_clone,
    "nas_without_list": _nas_without_list,
    "nas_clone_job": _nas_clone_job,
    "nas_clone_parent": lambda made, value: made.option("clone_parent", value),
    "hidden_attributes": lambda made, value: made.option("show_hidden", bool(value)),
}


def lines_of(made: Overlay) -> Iterator[str]:
    """What could not be taken over, for a person."""
    yield from (f"not simulated: {each}" for each in made.not_simulated)
