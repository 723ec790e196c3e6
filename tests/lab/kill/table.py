# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ends a drill before its time, in which phase, and what a user runs next: for tests and `make kill-matrix`."""

from __future__ import annotations

from dataclasses import dataclass

PREFLIGHT = "preflight"
ON_ITS_WAY = "start on its way"  # sent, and carried out by the array only later: there is no job yet
STARTING = "start in flight"  # the array's job runs
VALIDATING = "validate"
STOPPING = "stop in flight"
PROVING = "prove"
REPORTING = "report"

WORKER_KILLED = "a worker is killed (out of memory)"
STOP_TESTS, ABORT, DRILL, NOTHING = "stop_tests", "abort", "drill again", "nothing"


@dataclass(frozen=True)
class Row:
    """One end of a drill. ``left``: whether a test runs on, or comes, once the drill is over."""

    event: str
    phase: str
    left: bool
    then: str = STOP_TESTS

    @property
    def label(self) -> str:
        """How the row is called."""
        return f"{self.event}, {self.phase}"


_SIGNALS = (
    "Ctrl-C to the whole group",
    "SIGHUP to the whole group",  # the terminal is closed, the connection to it lost
    "SIGTERM to the playbook",
    "SIGKILL to the playbook",
    WORKER_KILLED,
)
_PHASES = ((PREFLIGHT, False), (ON_ITS_WAY, True), (STARTING, True), (VALIDATING, True), (STOPPING, False))

ROWS: tuple[Row, ...] = (
    Row("none", VALIDATING, False, NOTHING),
    *(Row(event, phase, left) for event in _SIGNALS for phase, left in _PHASES),
    *(Row("SIGKILL to the playbook", phase, False) for phase in (PROVING, REPORTING)),
    Row("SIGKILL to the playbook", VALIDATING, True, DRILL),
    Row("SIGKILL to the playbook", STARTING, True, DRILL),
    Row("SIGKILL to the playbook, production lost", VALIDATING, True, ABORT),
    Row("SIGKILL to the playbook", ON_ITS_WAY, True, ABORT),
    *(
        Row(f"{signal} to the module", phase, False, NOTHING)
        for signal in ("SIGTERM", "SIGKILL")
        for phase in (PREFLIGHT, ON_ITS_WAY, STARTING, STOPPING)
    ),
    *(Row("cancel of ansible-runner", phase, left) for phase, left in _PHASES[1:]),
    Row("job timeout of ansible-runner", VALIDATING, True),
    *(Row("the array restarts", phase, False, NOTHING) for phase in (PREFLIGHT, STARTING, VALIDATING, STOPPING)),
    *(Row("the controller's disk is full", phase, True) for phase in (VALIDATING,)),
    Row("the records' disk is full", PREFLIGHT, False, NOTHING),
)
