# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A sample of the table over HTTPS: the module's real main() in check mode, then what the array really does.

Many sessions in one task. What check mode would start or stop is started and stopped by a real run of the module. What
it refuses, or leaves alone, is then asked of the array itself, past the module: it has to refuse it, too.
"""

from __future__ import annotations

import random
import typing as t
from collections.abc import Iterator

import pytest
import requests

from ansible_collections.drdrill.powerstore.plugins.module_utils._failover_test.stopping import FAILED_OVER
from tests.agreement.table import RELEASES, Condition, conditions
from tests.conftest import journal_problems
from tests.contract.checker import Contract
from tests.lab.simulator import Simulator
from tests.running import Result, run_module

SIZE = 90  # conditions of each release: 8 releases, start and stop
QUICK: t.Final = {"wait_timeout": 60, "poll_interval": 0.05}
STARTABLE = ("OK", "Synchronizing", "Paused", "System_Paused")


def sample(release: str) -> list[Condition]:
    """The same at every run. Few of all conditions can be started or stopped, so a third of the sample is of those
    with a failover test at all, and a third of those that a start is allowed on."""
    existing = [condition for condition in conditions(release) if condition.exists]
    possible = [c for c in existing if c.role == "Destination" and c.resource_type in ("volume", "volume_group")]
    allowed = [c for c in possible if c.type == "Asynchronous" and c.state in STARTABLE]
    chosen = random.Random(release)
    return [condition for kind in (existing, possible, allowed) for condition in chosen.choices(kind, k=SIZE // 3)]


@pytest.fixture(scope="module")
def array() -> Iterator[Simulator]:
    """As many volumes as there are conditions in a sample."""
    with Simulator.from_dict({"operation_seconds": {"default": 0}, "generate": {"volumes": SIZE}}) as simulator:
        yield simulator


class Sampled:
    """The sessions of the simulated array, each in one condition of a release's sample."""

    def __init__(self, simulator: Simulator, release: str) -> None:
        self.simulator = simulator
        array = simulator.dr.array
        simulator.dr.set_release_version(release)
        self.ids = [side.id for side in array.sessions]
        for condition, session_id in zip(sample(release), self.ids, strict=True):
            simulator.dr.set_session(session_id, failover_test_in_progress=None)
            simulator.dr.set_session(session_id, **condition.attributes)
        # The release before has left starts of this minute, for whose tests a stop would wait.
        for job_id in list(array.jobs.ids()):
            array.jobs.remove(job_id)

    def run(self, state: str, ids: t.Iterable[str], *, check: bool) -> Result:
        sessions = [{"session_id": session_id} for session_id in ids]
        return run_module(
            self.simulator, "replication_failover_test", state=state, sessions=sessions, check=check, **QUICK
        )

    def asked_directly(self, operation: str, ids: t.Iterable[str]) -> dict[str, int]:
        """The array's own answers to the operation, past the module: the HTTP status by session."""
        with requests.Session() as http:
            http.trust_env = False  # a REQUESTS_CA_BUNDLE would win over the simulator's own
            http.verify = self.simulator.ca_path
            url = self.simulator.dr.url
            login = http.get(f"{url}/login_session", auth=(self.simulator.username, self.simulator.password))
            token = {"DELL-EMC-TOKEN": login.headers["DELL-EMC-TOKEN"]}
            return {
                i: http.post(f"{url}/replication_session/{i}/{operation}", json={}, headers=token).status_code
                for i in ids
            }


def by_verdict(result: Result) -> dict[str, list[str]]:
    """Session ids by what check mode says of each. One refusal refuses a start for all; that is no verdict on them."""
    found: dict[str, list[str]] = {"refused": [], "none": [], "acts": []}
    for entry in result["sessions"]:
        verdict = {"failed": "refused", "none": "none"}.get(entry["action"], "acts")
        assert entry["action"] in ("failed", "none", "not_attempted", "started", "stopped")
        found[verdict].append(entry["session_id"])
    return found


@pytest.mark.parametrize("state", ["started", "stopped"])
@pytest.mark.parametrize("release", RELEASES)
def test_check_mode_says_what_the_array_does(array: Simulator, contract: Contract, release: str, state: str) -> None:
    sessions = Sampled(array, release)
    operation = "start_failover_test" if state == "started" else "stop_failover_test"
    array.dr.clear_journal()
    verdicts = by_verdict(sessions.run(state, sessions.ids, check=True))
    assert {e.method for e in array.dr.journal() if e.path != "/logout"} == {"GET"}
    executed = len(array.dr.executed(operation))

    if verdicts["acts"]:
        done = sessions.run(state, verdicts["acts"], check=False)
        assert [entry["action"] for entry in done["sessions"]] == [state] * len(verdicts["acts"]), done.get("msg")
        assert sorted(array.dr.executed(operation)[executed:]) == sorted(verdicts["acts"])
    for group in ("refused", "none"):
        told = sessions.run(state, verdicts[group], check=False) if verdicts[group] else {"sessions": []}
        expected = "failed" if group == "refused" else "none"
        assert {entry["action"] for entry in told["sessions"]} <= {expected}
        assert not any(entry["request_sent"] for entry in told["sessions"])
        # A stop leaves alone what is failed over, whatever the array would do.
        left = {e["session_id"] for e in told["sessions"] if group == "none" and e["before"]["state"] in FAILED_OVER}
        answers = sessions.asked_directly(operation, set(verdicts[group]) - left)
        assert set(answers.values()) <= {400, 404, 422}, answers
    assert len(array.dr.executed(operation)) == executed + len(verdicts["acts"])
    assert bool(verdicts["acts"]) is (release >= "2") and verdicts["refused"]
    assert not journal_problems(contract, array)


def test_the_sample_is_large_enough() -> None:
    assert sum(len(sample(release)) for release in RELEASES) >= 500
