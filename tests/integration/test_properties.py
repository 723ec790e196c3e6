# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Random orders of everything that can happen, compared with a model small enough to be read at a glance.

The model: for each session whether a test runs, which replication state it has, and whether the link is up. The rules
it predicts by are those of the API description, not of the module's code.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ansible_collections.drdrill.powerstore.plugins.module_utils._failover_test.stopping import FAILED_OVER
from tests.lab.faults.table import BUSY, START_PATH, STOP_PATH, at
from tests.lab.simulator import Simulator
from tests.running import Result, run_module

NAMES = ("alpha", "beta", "gamma")
STARTABLE = {"OK", "Synchronizing", "Paused", "System_Paused"}
STATES = ("OK", "Synchronizing", "Paused", "System_Paused", "Failed_Over", "Reprotecting", "Error", "Initializing")
subsets = st.lists(st.sampled_from(NAMES), unique=True, min_size=1)
passing_faults = st.sampled_from(
    [
        at("GET", "/replication_session", "reset_before", count=1),
        at("GET", "/job", "reset_after", count=1),
        at("POST", START_PATH, "reset_after", count=1),
        at("POST", STOP_PATH, "reset_after", count=1),
        at("POST", START_PATH, "answer", status=500, body="<html>", executed=True, count=1),
        at("POST", START_PATH, "answer", status=503, body=BUSY, count=1),
        at("POST", STOP_PATH, "answer", status=503, body=BUSY, count=1),
        at("GET", "/replication_session", "answer", status=503, body=BUSY, count=1),
        at("POST", START_PATH, "expire_session", count=1),
        at("POST", STOP_PATH, "stale_token", count=1),
        at("*", "*", "rotate_token"),
        at("GET", "/job", "truncate", count=1),
        at("GET", "/job", "forbid"),
        at("POST", START_PATH, "ignore_async", mode="immediate"),
        at("POST", STOP_PATH, "flag_late", seconds=0.2),
        at("POST", "/logout", "answer", status=500, body="<html>"),
    ]
)
lasting_faults = st.sampled_from(
    [
        at("POST", START_PATH, "job_fails", phase="Failed"),
        at("POST", STOP_PATH, "job_fails", phase="Unrecoverable_Failed"),
        at("POST", START_PATH, "forbid"),
        at("POST", STOP_PATH, "answer", status=422, body={"messages": []}),
        at("POST", START_PATH, "answer", status=400, body={"messages": []}, count=1),
    ]
)


@dataclass
class Modelled:
    """What the model knows of one session."""

    running: bool = False
    state: str = "OK"


class FailoverTests(RuleBasedStateMachine):
    """The module, the simulated array and the model, driven together."""

    simulator: t.ClassVar[Simulator]

    def __init__(self) -> None:
        super().__init__()
        self.model = {name: Modelled() for name in NAMES}
        self.link_up = True

    @initialize()
    def everything_is_well(self) -> None:
        array = self.simulator.dr
        self.simulator.faults.clear()
        self.simulator.link.restore()
        for name in NAMES:
            array.set_session(name, state="OK")
            if self._shown(name):
                array.stop_failover_test(name)
        array.clear_journal()

    # What people and the world do

    @rule(name=st.sampled_from(NAMES))
    def somebody_starts_a_test(self, name: str) -> None:
        known = self.model[name]
        if not known.running and known.state in STARTABLE:
            self.simulator.dr.start_failover_test(name, user="somebody")
            known.running = True

    @rule(name=st.sampled_from(NAMES))
    def somebody_stops_a_test(self, name: str) -> None:
        if self.model[name].running and self.link_up:
            self.simulator.dr.stop_failover_test(name, user="somebody")
            self.model[name].running = False

    @precondition(lambda self: self.link_up)
    @rule(name=st.sampled_from(NAMES), state=st.sampled_from(STATES))
    def the_state_changes(self, name: str, state: str) -> None:
        self.simulator.dr.set_session(name, state=state)
        self.model[name].state = state

    @precondition(lambda self: self.link_up)
    @rule()
    def the_link_is_cut(self) -> None:
        self.simulator.link.cut()
        self.link_up = False
        self._take_over_states()

    @precondition(lambda self: not self.link_up)
    @rule()
    def the_link_comes_back(self) -> None:
        self.simulator.link.restore()
        self.link_up = True
        self._take_over_states()

    @rule(seconds=st.integers(1, 90_000))
    def time_passes(self, seconds: int) -> None:
        self.simulator.clock.advance(seconds)

    # What the module does

    @rule(names=subsets, check=st.booleans())
    def start(self, names: list[str], check: bool) -> None:
        result = self._run("started", names, check=check)
        blocked = [n for n in names if not self.model[n].running and self.model[n].state not in STARTABLE]
        to_start = [] if blocked else [n for n in names if not self.model[n].running]
        assert bool(result.get("failed")) == bool(blocked), result.get("msg")
        assert _acted(result) == to_start
        self._note(to_start, True, check)

    @rule(names=subsets, check=st.booleans(), force=st.booleans())
    def stop(self, names: list[str], check: bool, force: bool) -> None:
        result = self._run("stopped", names, check=check, force=force)
        # What was failed over is left alone.
        running = [n for n in names if self.model[n].running and self.model[n].state not in FAILED_OVER]
        to_stop = running if self.link_up or force else []
        assert bool(result.get("failed")) == (to_stop != running), result.get("msg")
        assert _acted(result) == to_stop
        self._note(to_stop, False, check)

    @rule(names=subsets, state=st.sampled_from(["started", "stopped"]), fault=passing_faults)
    def a_passing_fault_is_not_noticed(self, names: list[str], state: str, fault: dict[str, t.Any]) -> None:
        self.simulator.faults.add(fault)
        if state == "started":
            self.start(names, check=False)
        else:
            self.stop(names, check=False, force=False)
        self.simulator.faults.clear()

    @rule(names=subsets, fault=lasting_faults, on_failure=st.sampled_from(["keep", "rollback"]))
    def a_lasting_fault_is_told(self, names: list[str], fault: dict[str, t.Any], on_failure: str) -> None:
        self.simulator.faults.add(fault)
        for state in ("started", "stopped"):
            result = self._run(state, names, on_failure=on_failure)
            for name in names:  # what became of it is what the array shows; the model takes it over
                self.model[name].running = self._shown(name)
            for entry in result["sessions"]:
                reached = self._shown(entry["resource_name"]) == (state == "started")
                left = "session.failed_over" in [finding["id"] for finding in entry["findings"]]
                assert entry["failed"] or reached or left or entry["action"] in ("not_attempted", "rolled_back")
        self.simulator.faults.clear()

    # What always holds

    @invariant()
    def the_array_is_as_the_model_says(self) -> None:
        for name, known in self.model.items():
            assert self._shown(name) == known.running

    def _run(self, state: str, names: list[str], *, check: bool = False, **options: t.Any) -> Result:
        """Run the module; whatever comes of it, the rules of the design hold."""
        array = self.simulator.dr
        before = {name: self._shown(name) for name in names}
        executed = {op: len(array.executed(op)) for op in ("start_failover_test", "stop_failover_test")}
        logins = array.logins
        array.clear_journal()
        sessions = [{"volume": name} for name in names]
        result = run_module(
            self.simulator, "replication_failover_test", state=state, sessions=sessions, check=check, diff=True,
            wait_timeout=10, poll_interval=0.05, timeout=5, **options,
        )  # fmt: skip
        changing = [e.path for e in array.journal() if e.method != "GET" and e.path != "/logout"]
        if check:  # rule 3
            assert changing == []
        after = before if check else {name: self._shown(name) for name in names}
        for entry in result["sessions"]:
            name = entry["resource_name"]
            if not check:  # rules 1 and 4
                assert bool(entry["after"]["failover_test_in_progress"]) == after[name], entry
                assert entry["changed"] == (before[name] != after[name]), entry
        assert [entry["resource_name"] for entry in result["sessions"]] == names
        for operation, count in executed.items():  # rule 2
            done = array.executed(operation)[count:]
            assert len(done) == len(set(done)), "the same operation was executed twice"
        assert array.logins == logins + 1 or self.simulator.faults.report()  # rule 9
        assert array.journal()[-1].path == "/logout"
        if not result.get("failed") and not check:
            again = run_module(
                self.simulator, "replication_failover_test", state=state, sessions=sessions, check=True, timeout=5
            )
            assert again["changed"] is False
            assert not again.get("failed") or state == "started"
        return result

    def _note(self, names: list[str], running: bool, check: bool) -> None:
        for name in [] if check else names:
            self.model[name].running = running

    def _take_over_states(self) -> None:
        for name in NAMES:
            self.model[name].state = self.simulator.dr.session(name).state

    def _shown(self, name: str) -> bool:
        return self.simulator.dr.session(name).failover_test_in_progress is True


def _acted(result: Result) -> list[str]:
    """The sessions that the result says were (or in check mode would be) started or stopped."""
    return [s["resource_name"] for s in result["sessions"] if s["action"] in ("started", "stopped")]


ESTATE = {
    "operation_seconds": {"default": 0},
    "rules": {"rpo-5min": "Five_Minutes"},
    "sessions": [{"volume": name, "rule": "rpo-5min"} for name in NAMES],
}


@pytest.mark.uncounted
@pytest.mark.parametrize("half", [1, 2])
def test_any_order_of_events(half: int) -> None:
    """Two halves, so that two workers share them; `make properties EXAMPLES=5000` runs longer."""
    with Simulator.from_dict(ESTATE) as simulator:
        machine = type(f"FailoverTests{half}", (FailoverTests,), {"simulator": simulator})
        run_state_machine_as_test(
            machine,
            settings=settings(
                settings.get_profile("properties"),
                deadline=None,
                stateful_step_count=5,
                suppress_health_check=list(HealthCheck),
                print_blob=True,
            ),
        )
