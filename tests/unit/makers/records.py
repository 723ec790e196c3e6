# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records of every kind as the schema has them, for the tests of what is made from a record. All times are fixed."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime, timedelta

from ansible_collections.drdrill.powerstore.plugins.module_utils._json import Json
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.published import NEWEST, published, schema_of
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.reading import problems
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.types import record_from_json
from ansible_collections.drdrill.powerstore.plugins.module_utils._words import Kind

BEGIN = datetime(2026, 11, 23, 20, 1, tzinfo=UTC)
NAMES = ("erp-data", "erp-db", "files-archive")
RTO_FORMULA = (
    "From the start being sent, by the array's clock, to the end of the last check that is critical, by the "
    "controller's clock moved by the skew between the two."
)
POINT_FORMULA = "The last successful synchronisation before the start, by the array's clock."


def at(seconds: float) -> str:
    """A time that many seconds after the begin."""
    return (BEGIN + timedelta(seconds=seconds)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _name(number: int) -> str:
    return NAMES[number - 1] if number <= len(NAMES) else f"vol-{number:04d}"


def finding(session_id: str, severity: str = "warning", **changes: t.Any) -> Json:
    """A finding of a session."""
    return {
        "id": "host.not_mapped",
        "session_id": session_id,
        "severity": severity,
        "message": f"The destination volume of {session_id} is mapped to no host.",
        "impact": "No host of the DR site would see the data.",
        "resolution": "Map it to a host, in the array or in the drill's attach step.",
        **changes,
    }


def _condition(number: int, seconds: float, *, running: bool = False) -> Json:
    volume = {
        "id": f"v-{number}",
        "name": _name(number),
        "state": "Ready",
        "wwn": f"naa.68ccf09800{number:022x}",
        "size": 107374182400,
        "hosts": ["dr-host-1", "dr-host-2"],
    }
    return {
        "read_at": at(seconds),
        "state": "OK",
        "role": "Destination",
        "failover_test_in_progress": running,
        "last_sync_timestamp": at(-60),
        "volumes": [volume],
    }


def operation(action: str, begin: float, seconds: float, **changes: t.Any) -> Json:
    """A start or a stop that went well."""
    return {
        "action": action,
        "failed": False,
        "job_id": f"3b0c-{action}",
        "started_at": at(begin),
        "finished_at": at(begin + seconds),
        "duration_seconds": seconds,
        "snapshot": None,
        "end_of_test_snapshot": None,
        "failure": None,
        **changes,
    }


FAILURE: Json = {
    "kind": "rejected",
    "http_status": 422,
    "code": "0xE0A080010014",
    "message": "The operation is refused: the remote system cannot be reached.",
}


def validation(name: str, passed: bool | None = True, **changes: t.Any) -> Json:
    """A check of the DR site."""
    return {
        "name": name,
        "kind": "http",
        "phase": "validate",
        "expected": "200 and 'open for business'",
        "observed": "not executed: the start failed" if passed is None else "200 and 'open for business'",
        "passed": passed,
        "critical": True,
        "started_at": at(95),
        "seconds": None if passed is None else 0.4,
        "timeout_seconds": 30,
        "action": None,
        "attempts": None,
        "output_tail": None,
        "attachments": [],
        "not_attached": [],
        **changes,
    }


def _common(number: int, verdict: str = "passed", reasons: t.Sequence[str] = ()) -> Json:
    age = 60.0 + 7 * (number % 19)
    return {
        "session_id": f"5f1e{number:04d}-0f2e-4d10-9a6e-9d1a8f3f{number:04d}",
        "resource_type": "volume_group" if number == 2 else "volume",
        "resource_name": _name(number),
        "resource_id": f"v-{number}",
        "remote_system": "powerstore-prod",
        "verdict": verdict,
        "reasons": list(reasons),
        "recovery_point": {
            "objective_seconds": 300,
            "objective_from": "replication rule",
            "timestamp": at(-60),
            "age_seconds": age,
            "met": True,
        },
        "before": _condition(number, 2),
        "findings": [],
    }


def drill_session(number: int) -> Json:
    """A session that went well, in waves of 50."""
    shift = (number % 50) * 0.15
    storage = 4.0 + (number % 7) * 0.9
    return {
        **_common(number),
        "wave": 1 + (number - 1) // 50,
        "test_owned": True,
        "adopted": False,
        "start": operation("started", 10 + shift, storage),
        "stop": operation("stopped", 180 + shift, 3.1),
        "seconds_in_test": 170 - storage,
        "rto": {
            "objective_seconds": 120,
            "objective_from": "drill",
            "storage_accessible_seconds": storage,
            "hosts_see_it_seconds": storage + 38,
            "application_validated_seconds": storage + 79,
            "actual_seconds": storage + 79,
            "met": True,
        },
        "validations": [
            validation("the array shows the test", kind="array", expected="in progress", observed="in progress")
        ],
        "during": _condition(number, 100, running=True),
        "after": _condition(number, 190),
        "return_to_normal": {"stop_confirmed": True, "held": False, "differences": []},
    }


def step(phase: str, name: str, begin: float | None, seconds: float = 0.0, **changes: t.Any) -> Json:
    """A step of a drill; without a begin it was not executed."""
    return {
        "phase": phase,
        "name": name,
        "wave": None,
        "session_ids": [],
        "clock": "array" if phase in ("preflight", "start", "stop", "prove") else "controller",
        "started_at": None if begin is None else at(begin),
        "finished_at": None if begin is None else at(begin + seconds),
        "result": "not_executed" if begin is None else "passed",
        "reason": None,
        **changes,
    }


def _steps() -> list[Json]:
    return [
        step("preflight", "Read the sessions", 0, 3),
        step("start", "Start the failover tests", 10, 14, wave=1),
        step("attach", "Rescan and mount on dr-host-1", 24, 38),
        step("validate", "Checks of the application", 62, 60),
        step("release", "Unmount on dr-host-1", 150, 22),
        step("stop", "Stop the failover tests", 180, 11),
        step("prove", "Read the sessions again", 191, 3),
    ]


def _envelope(kind: str, title: str, sessions: t.Sequence[Json]) -> Json:
    return {
        "schema_version": NEWEST,
        "kind": kind,
        "drill": {
            "id": "20261123T200100Z-powerstore-dr-1f2e3d4c",
            "title": title,
            "scenario": "Loss of the production site in Frankfurt",
            "change_ticket": "CHG0041877",
            "success_criteria": ["The ERP answers from the DR site.", "Orders of the last five minutes are there."],
        },
        "array": {
            "host": "dr.example.com",
            "name": "powerstore-dr",
            "global_id": "PS0123456789ab",
            "release_version": "4.1.0.0",
        },
        "times": {"started_at": at(0), "finished_at": at(194), "written_at": at(195), "clock_skew_seconds": -0.8},
        "who": {
            "controller_user": "awx",
            "controller_host": "awx-task-0",
            "awx": {
                "job_id": "4711",
                "job_url": "https://awx.example.com/#/jobs/playbook/4711",
                "job_template": "DR drill: ERP",
                "user": "m.keller",
                "workflow_job_id": "4709",
            },
            "array_account": "svc-drdrill",
            "participants": ["M. Keller (storage)", "A. Osei (ERP)"],
            "approvers": ["J. Lindqvist"],
        },
        "scope": {
            "selected_by": "sessions",
            "filters": None,
            "exclusions": [{"session_id": None, "resource_name": "test-lab", "reason": "No production data."}],
        },
        "verdict": "passed",
        "reasons": [],
        "deviations": [],
        "versions": {"collection": "0.1.0", "ansible_core": "2.19.14", "powerstoreos": "4.1.0.0"},
        "sessions": list(sessions),
    }


def deviation(number: int, severity: str, description: str, session_id: str | None = None) -> Json:
    """A deviation that nobody has completed yet."""
    return {
        "id": f"D{number}",
        "session_id": session_id,
        "severity": severity,
        "description": description,
        "owner": None,
        "due": None,
        "comment": None,
        "cause": None,
        "subject": None,
        "fingerprint": None,
        "consequences": [],
    }


def completed(record: Json) -> Json:
    """The record with the fields that were added since version 1.0, all of them empty."""
    return record_from_json(record).as_json()


def drill_record(count: int = 3) -> Json:
    """A drill that passed."""
    record: Json = {
        **_envelope("drill", "Quarterly drill of the ERP system", [drill_session(n) for n in range(1, count + 1)]),
        "policy": {
            "on_partial_failure": "continue",
            "end_of_test_snapshot": "failed",
            "synchronise_first": False,
            "adopt_running": False,
        },
        "objectives": {
            "rpo_seconds": None,
            "rto_seconds": 120,
            "rto_formula": RTO_FORMULA,
            "recovery_point_formula": POINT_FORMULA,
        },
        "cleanup": {"verdict": "passed", "not_confirmed_stopped": [], "held": [], "not_as_before": []},
        "validations": [
            validation("ERP answers"),
            validation("port of the ERP", kind="tcp", expected="open", observed="open"),
        ],
        "steps": _steps(),
        "interruption": None,
    }
    return completed(record)


def failed_record(count: int = 3) -> Json:
    """The first session exceeded its objectives, the second could not be stopped, the third not started."""
    record = drill_record(count)
    slow, stuck, refused = record["sessions"][:3]
    slow["recovery_point"].update(age_seconds=612.0, met=False)
    slow["rto"].update(application_validated_seconds=171.0, actual_seconds=171.0, met=False)
    slow.update(
        verdict="failed", reasons=["erp-data: RTO 171 s, objective 120 s.", "erp-data: RPO exceeded, 612 s of 300 s."]
    )
    stuck["stop"].update(action="failed", failed=True, failure=FAILURE)
    stuck["return_to_normal"].update(stop_confirmed=False)
    stuck.update(verdict="failed", after=None)
    stuck["reasons"] = ["The array did not confirm that the failover test of erp-db is stopped."]
    refused.update(start=operation("failed", 11, 2.0, failed=True, failure=FAILURE), stop=None, test_owned=False)
    refused.update(seconds_in_test=None, during=None, return_to_normal=None, verdict="incomplete")
    refused["reasons"] = ["files-archive: no failover test of this drill."]
    refused["rto"] = {**dict.fromkeys(refused["rto"]), "objective_seconds": 120, "objective_from": "drill"}
    refused["validations"] = [validation("the array shows the test", None, kind="array")]
    refused["findings"] = [finding(refused["session_id"])]
    observed = "503 and 'closed for repairs'"
    record["validations"][0].update(passed=False, observed=observed)
    record["validations"].append(validation("ledger can be read", None))
    record["steps"][4].update(result="failed", reason="dr-host-1 did not unmount /mnt/erp: target is busy")
    record["steps"].append(step("report", "Tell the service desk", None, reason="The drill failed before it."))
    reasons = [reason for session in (slow, stuck, refused) for reason in session["reasons"]]
    reasons.append(f"ERP answers: expected 200 and 'open for business', found {observed}.")
    record.update(verdict="failed", reasons=reasons)
    record["deviations"] = [deviation(n, "failed", reason) for n, reason in enumerate(reasons, start=1)]
    record["cleanup"].update(verdict="failed", not_confirmed_stopped=[stuck["session_id"]])
    return completed(record)


def readiness_record(count: int = 6) -> Json:
    """A readiness report with a blocker on the second session and a warning on the third."""
    sessions = [{**_common(number), "ready": True} for number in range(1, count + 1)]
    blocked, warned = sessions[1:3]
    message = "The session is Paused: a failover test starts from OK, Synchronizing or System_Paused."
    blocked["findings"] = [finding(blocked["session_id"], "blocker", id="state.not_allowed", message=message)]
    blocked.update(ready=False, verdict="failed", reasons=[message])
    warned["findings"] = [finding(warned["session_id"])]
    warned.update(verdict="passed_with_deviations", reasons=[warned["findings"][0]["message"]])
    sessions[0]["recovery_point"].update(age_seconds=None, met=None, timestamp=None)
    reasons = [*blocked["reasons"], *warned["reasons"]]
    return completed(
        {
            **_envelope("readiness", "Readiness of the ERP system", sessions),
            "verdict": "failed",
            "reasons": reasons,
            "deviations": [deviation(n, "failed", reason) for n, reason in enumerate(reasons, start=1)],
        }
    )


def abort_record(count: int = 4) -> Json:
    """An abort that found a test on two sessions, stopped one by force, and could not stop the other."""
    ready = {"failover_ready": True, "failover_ready_at": at(30), "test_found": False, "started_by": None}
    rest: Json = {"test_started_at": None, "forced": False, "stop": None}
    sessions = [{**_common(n), **ready, **rest, "after": _condition(n, 30)} for n in range(1, count + 1)]
    stopped, stuck = sessions[:2]
    stopped.update(test_found=True, started_by="svc-drdrill", test_started_at=at(-3600), forced=True)
    stopped.update(stop=operation("stopped", 4, 6.5))
    stuck.update(test_found=True, test_started_at=at(-200), failover_ready=False, failover_ready_at=None)
    stuck.update(stop=operation("failed", 4, 20, failed=True, failure=FAILURE), verdict="failed")
    stuck["reasons"] = [f"erp-db: {FAILURE['message']}"]
    return completed(
        {
            **_envelope("abort", "Production is lost: give the DR site back", sessions),
            "verdict": "failed",
            "reasons": list(stuck["reasons"]),
            "deviations": [deviation(1, "failed", stuck["reasons"][0], stuck["session_id"])],
            "seconds_to_failover_ready": None,
        }
    )


def sweep_record(count: int = 4) -> Json:
    """A sweep that found a test on two sessions, stopped one, and could not stop the other."""
    no_test: Json = {
        "test_found": False, "started_by": None, "test_started_at": None, "age_seconds": None, "overdue": False,
        "decision": None, "decision_reason": None, "still_running": False, "forced": False, "stop": None,
    }  # fmt: skip
    sessions = [{**_common(n), **no_test} for n in range(1, count + 1)]
    stopped, stuck = sessions[:2]
    found = {
        "test_found": True,
        "started_by": "svc-drdrill",
        "age_seconds": 7200.0,
        "overdue": True,
        "decision": "stop",
    }
    stopped.update(found, stop=operation("stopped", 4, 6.5))
    stuck.update(
        found, still_running=True, stop=operation("failed", 4, 20, failed=True, failure=FAILURE), verdict="failed"
    )
    stuck["reasons"] = [f"The failover test of erp-db is overdue: {FAILURE['message']}"]
    return completed(
        {
            **_envelope("sweep", "Failover tests of powerstore-dr", sessions),
            "verdict": "failed",
            "reasons": list(stuck["reasons"]),
            "deviations": [deviation(1, "failed", stuck["reasons"][0], stuck["session_id"])],
            "tests_found": 2,
            "overdue_left": [stuck["session_id"]],
        }
    )


def run_record(count: int = 3) -> Json:
    """A run over two arrays, of which one failed."""
    names = ("powerstore-dr", "powerstore-dr2")
    sessions = [
        {
            **_common(n),
            "array": names[n % 2],
            "record_id": f"r-{n % 2}",
            "application": "ERP",
            "tier": "1",
            "owner": "ERP",
        }
        for n in range(1, count + 1)
    ]
    sessions[0].update(verdict="failed", reasons=["erp-data: RTO 171 s, objective 120 s."])
    members = [
        {
            "id": f"r-{n}", "kind": "drill", "array": name, "verdict": ("passed", "failed")[n], "cleanup": "passed",
            "file": f"drill-r-{n}.json", "sha256": f"{n}" * 64,
        }
        for n, name in enumerate(names)
    ]  # fmt: skip
    reason = "powerstore-dr2: failed. erp-data: RTO 171 s, objective 120 s."
    erp = {
        "application": "ERP", "tier": "1", "owner": "ERP", "sessions": count, "arrays": list(names),
        "verdict": "failed",
    }  # fmt: skip
    return completed(
        {
            **_envelope("run", "Quarterly drill of both sites", sessions),
            "verdict": "failed",
            "reasons": [reason],
            "deviations": [deviation(1, "failed", reason)],
            "members": members,
            "applications": [erp],
        }
    )


def a_witness(record: Json, verdict: str = "corroborated") -> Json:
    """What the array's own logs say of the drill of `drill_record`."""
    claims = [
        {
            "session_id": session["session_id"],
            "resource_name": session["resource_name"],
            "operation": f"{name}_failover_test",
            "job_id": session[name]["job_id"],
            "verdict": "corroborated",
            "by": ["job", "audit_event"],
            "array": {
                "start": session[name]["started_at"],
                "end": session[name]["finished_at"],
                "phase": "Completed",
                "user": "svc-drdrill",
                "client_address": "10.1.2.3",
                "event_id": "41",
            },
            "differences": [],
        }
        for session in record["sessions"]
        for name in ("start", "stop")
        if session[name]
    ]
    others: list[Json] = []
    if verdict == "contradicted":
        claims[0].update(verdict="contradicted", differences=["The account is mallory."])
        logged = {**claims[0]["array"], "user": "mallory"}
        for number, contradicts in enumerate((True, False)):
            others.append(
                {
                    "operation": "stop_failover_test", "session_id": f"s-{number}", "job_id": f"j-{number}",
                    "array": logged, "claimed_by": None, "contradicts": contradicts, "reason": "It was in the test.",
                }
            )  # fmt: skip
    why = "The account may not read the array's jobs." if verdict == "unavailable" else None
    return {
        "verdict": verdict,
        "by": [] if why else ["job", "audit_event"],
        "read_at": at(193),
        "account": "auditor",
        "second_account": True,
        "host": "dr.example.com",
        "window": {"from": at(-2), "until": at(196)},
        "tolerance_seconds": 2.0,
        "claims": [] if why else claims,
        "not_in_the_record": others,
        "why_unavailable": why,
    }


def witness_record(verdict: str = "contradicted") -> Json:
    """A witness of the drill of `drill_record`."""
    drill = drill_record()
    come_to = {"contradicted": "failed", "unavailable": "incomplete", "corroborated": "passed"}[verdict]
    return completed(
        {
            **_envelope("witness", "Witness of the quarterly drill", []),
            "verdict": come_to,
            "record_id": drill["drill"]["id"],
            "record_file": f"drill-{drill['drill']['id']}.json",
            "record_sha256": "7" * 64,
            "record_verdict": "passed",
            "witness": a_witness(drill, verdict),
        }
    )


def witnessed_record() -> Json:
    """A drill whose witness contradicted it."""
    record = drill_record()
    return completed({**record, "verdict": "failed", "witness": a_witness(record, "contradicted")})


def large_record(count: int = 500) -> Json:
    """A drill of many sessions of which some failed, with the steps of every wave."""
    record = failed_record(count)
    record["steps"] = [
        {**each, "wave": wave, "session_ids": [s["session_id"] for s in record["sessions"] if s["wave"] == wave]}
        for wave in range(1, record["sessions"][-1]["wave"] + 1)
        for each in record["steps"]
    ]
    for session in record["sessions"][9::10]:
        session["findings"] = [finding(session["session_id"])]
        session.update(verdict="passed_with_deviations", reasons=[session["findings"][0]["message"]])
    return completed(record)


SAMPLES: t.Final[dict[str, t.Callable[[], Json]]] = {
    "drill": drill_record,
    "failed": failed_record,
    "large": large_record,
    "readiness": readiness_record,
    "abort": abort_record,
    "sweep": sweep_record,
    "run": run_record,
    "witness": witness_record,
    "witnessed": witnessed_record,
}


def invalid(record: Json) -> list[str]:
    """What in a record is not as the schema has it."""
    return problems(record, Kind(record["kind"]))


class Filling(t.NamedTuple):
    """What `filled` puts where the schema leaves a choice."""

    text: str = "text"
    number: float = 1.0
    moment: str = "2026-11-23T20:01:00.000Z"
    boolean: bool = True
    items: int = 1
    nulls: bool = False


def filled(kind: str, filling: Filling) -> Json:
    """A record of that kind made from the schema alone: the same value wherever one of its type may stand."""
    record = t.cast(Json, _filled(schema_of(Kind(kind)), filling))
    record["drill"]["id"] = "20261123T200100Z-powerstore-dr-1f2e3d4c"
    return record


def _filled(schema: Json, filling: Filling) -> t.Any:
    if "anyOf" in schema:
        return None if filling.nulls else _filled(schema["anyOf"][0], filling)
    if "$ref" in schema:
        return _filled(published()["$defs"][schema["$ref"].removeprefix("#/$defs/")], filling)
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if filling.nulls and "null" in kinds:
        return None
    if "enum" in schema:
        return schema["enum"][0]
    if kinds[0] == "object":
        entries = {name: _filled(each, filling) for name, each in schema.get("properties", {}).items()}
        return entries if "properties" in schema else {filling.text: filling.text}
    if kinds[0] == "array":
        return [_filled(schema["items"], filling) for _item in range(filling.items)]
    if kinds[0] == "string":
        return filling.moment if schema.get("format") == "date-time" else filling.text
    if kinds[0] == "boolean":
        return filling.boolean
    return int(filling.number) if kinds[0] == "integer" else filling.number
