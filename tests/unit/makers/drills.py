# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A drill that went well, as its modules returned it, for tests that spoil one thing in it."""

from __future__ import annotations

import copy

from ansible_collections.drdrill.powerstore.plugins.module_utils._json import Json

NAMES = {"s-1": "erp-data", "s-2": "erp-db"}


def _at(minute: int, second: int = 0) -> str:
    return f"2026-11-23T20:{minute:02d}:{second:02d}.000Z"


def _read(minute: int, *, running: bool) -> Json:
    """replication_session_info."""
    return {
        "changed": False,
        "cluster": {
            "name": "powerstore-dr",
            "global_id": "PS0123456789ab",
            "release_version": "4.1.0.0",
            "system_time": _at(minute),
        },
        "sessions": [
            {
                "session_id": session_id,
                "state": "OK",
                "role": "Destination",
                "failover_test_in_progress": running,
                "last_sync_timestamp": _at(0),
                "type": "Asynchronous",
                "resource_type": "volume",
                "resource_name": name,
                "resource_id": f"v-of-{session_id}",
                "rpo_objective_seconds": 300,
                "recovery_point_timestamp": _at(0),
                "recovery_point_age_seconds": 60.0,
                "rpo_met": True,
                "volumes": [
                    {
                        "id": f"v-of-{session_id}",
                        "name": name,
                        "state": "Ready",
                        "wwn": f"naa.68ccf098{session_id}",
                        "size": 1073741824,
                        "hosts": ["dr-host-1"],
                    }
                ],
                "hosts": ["dr-host-1"],
                "ready": True,
                "findings": [],
            }
            for session_id, name in NAMES.items()
        ],
    }


def _operated(action: str, minute: int, *, running: bool) -> Json:
    """replication_failover_test."""
    shown = {
        "state": "OK",
        "role": "Destination",
        "last_sync_timestamp": _at(0),
        "recovery_point_timestamp": _at(0),
    }
    return {
        "changed": True,
        "cluster": {"name": "powerstore-dr", "global_id": "PS0123456789ab", "release_version": "4.1.0.0"},
        "sessions": [
            {
                "session_id": session_id,
                "selector": {"session_id": session_id},
                "resource_type": "volume",
                "resource_name": name,
                "resource_id": f"v-of-{session_id}",
                "action": action,
                "changed": True,
                "failed": False,
                "before": {**shown, "failover_test_in_progress": not running},
                "after": {**shown, "failover_test_in_progress": running},
                "request_sent": True,
                "job_id": f"{action}-{session_id}",
                "started_at": _at(minute),
                "finished_at": _at(minute, 3),
                "duration_seconds": 3.0,
                "snapshot": None,
                "end_of_test_snapshot": None,
                "findings": [],
                "failure": None,
                "rollback": None,
            }
            for session_id, name in NAMES.items()
        ],
    }


PLANNED: Json = {"name": "ledger answers", "http": {"url": "http://x"}, "phase": "validate"}
CHECK: Json = {
    "name": "ledger answers",
    "kind": "http",
    "phase": "validate",
    "critical": True,
    "expected": "200",
    "observed": "200",
    "passed": True,
    "started_at": _at(3, 59),
    "finished_at": _at(4),
    "seconds": 1.0,
    "timeout_seconds": 30.0,
}
PHASES = ("preflight", "start", "validate", "stop", "prove")

_GOOD: Json = {
    "before": _read(1, running=False),
    "starts": [_operated("started", 2, running=True)],
    "during": _read(4, running=True),
    "stops": [_operated("stopped", 5, running=False)],
    "after": _read(6, running=False),
    "steps": [CHECK],
    "planned_steps": [PLANNED],
    "phases": [
        {"phase": phase, "started_at": _at(minute), "finished_at": _at(minute, 30)}
        for minute, phase in enumerate(PHASES, start=1)
    ],
    "wishes": [{"session_id": "s-1"}, {"volume_group": "erp-db"}],
    "owned": [],
    "adopted": [],
    "held": [],
    "policy": {},
    "rpo_seconds": None,
    "rto_seconds": None,
    "interruption": None,
    "clock_skew_seconds": 0.0,
}
CONTEXT: Json = {
    "title": "Quarterly drill",
    "scenario": "Loss of the production site",
    "change_ticket": "CHG1",
    "success_criteria": ["The ledger is complete."],
    "participants": ["A. Storage"],
    "approvers": ["B. Manager"],
    "array_host": "powerstore-dr.example.com",
    "array_account": "drill",
    "ansible_version": "2.19.14",
}


def a_drill() -> Json:
    """The observations of a drill on two sessions: started at 20:02:00, validated at 20:04:00, stopped at 20:05:00."""
    return copy.deepcopy(_GOOD)
