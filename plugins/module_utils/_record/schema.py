# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The JSON Schema of records: one envelope, and what a drill, a readiness report and an abort add to it.

Every property is always there; null says that something was not measured, is not known or does not apply. Durations
are seconds, sizes bytes, times UTC. ``schema_version`` goes up by a whole number where a reader of an older record
would misunderstand a new one, and behind the point where something was only added.
"""

from __future__ import annotations

import typing as t

from .._words import CleanUp, Kind, Phase, Severity, StepResult, Verdict
from .validation import (
    Schema,
    list_of,
    moment,
    nullable,
    obj,
    of,
    one_of,
)

SCHEMA_VERSION = "1.0"
# The order in which version 1.0 was published.
_BEST_FIRST = (Verdict.PASSED, Verdict.PASSED_WITH_DEVIATIONS, Verdict.FAILED, Verdict.ABORTED, Verdict.INCOMPLETE)
_CLEANED_FIRST = (
    CleanUp.PASSED,
    CleanUp.PASSED_WITH_DEVIATIONS,
    CleanUp.FAILED,
    CleanUp.HELD,
    CleanUp.NOT_NEEDED,
)
KINDS = tuple(kind.value for kind in Kind)
VERDICTS = tuple(verdict.value for verdict in _BEST_FIRST)
CLEANUP_VERDICTS = tuple(verdict.value for verdict in _CLEANED_FIRST)
PHASES = tuple(phase.value for phase in Phase)
STEP_RESULTS = tuple(result.value for result in (StepResult.PASSED, StepResult.FAILED, StepResult.NOT_EXECUTED))

_TEXT = of("string", "A text.")
_SECONDS = "number"


def _maybe(kind: str, description: str) -> Schema:
    return nullable(of(kind, description))


_AWX = nullable(
    obj(
        "The AWX or Automation Controller job that wrote the record; null where it was run by hand.",
        job_id=_maybe("string", "Id of the job."),
        job_url=_maybe("string", "Address of the job's page."),
        job_template=_maybe("string", "Name of the job template."),
        user=_maybe("string", "Who launched it; null for a schedule."),
        workflow_job_id=_maybe("string", "Id of the workflow job it is a part of."),
    )
)

_WHO = obj(
    "Who ran it, and with which account.",
    controller_user=of("string", "Account on the host where Ansible ran."),
    controller_host=of("string", "That host."),
    awx=_AWX,
    array_account=_maybe("string", "Account on the array."),
    participants=list_of(_TEXT, "Who took part, as given before the run."),
    approvers=list_of(_TEXT, "Who approved it, as given before the run."),
)

_IDENTITY = obj(
    "What this is a record of.",
    id=of("string", "Unique id; the names of all files of the drill come from it."),
    title=of("string", "What it is called."),
    scenario=_maybe("string", "What is rehearsed, for example the loss of the production site."),
    change_ticket=_maybe("string", "Reference of the change."),
    success_criteria=list_of(_TEXT, "What was agreed before the run to mean success; a person holds it against this."),
)

_ARRAY = obj(
    "The array that was asked: the destination.",
    host=_maybe("string", "The name or address it was asked at."),
    name=_maybe("string", "Name of the cluster."),
    global_id=_maybe("string", "Identity of the cluster."),
    release_version=_maybe("string", "Version of PowerStoreOS."),
)

_TIMES = obj(
    "When. The array's clock counts; the controller's is used where the array was not asked.",
    started_at=moment("First look at the array, by its clock."),
    finished_at=moment("Last look at the array, by its clock."),
    written_at=moment("When the record was written, by the controller's clock."),
    clock_skew_seconds=_maybe(_SECONDS, "The array's clock less the controller's; null where it was not measured."),
)

_SCOPE = obj(
    "What was meant to be covered.",
    selected_by=one_of(("sessions", "filters", "all"), "How the sessions were chosen."),
    filters=nullable(of("object", "The filters, where there were any.")),
    exclusions=list_of(
        obj(
            "One session that was left out on purpose.",
            session_id=_maybe("string", "Its id."),
            resource_name=_maybe("string", "The resource it replicates."),
            reason=of("string", "Why it was left out."),
        ),
        "What was left out, and why.",
    ),
)

_FINDING = obj(
    "Something that stands against a drill or should be known.",
    id=of("string", "Stable id, see the list of findings in the documentation."),
    session_id=_maybe("string", "The session it is about."),
    severity=one_of(tuple(severity.value for severity in Severity), "A blocker refuses a start."),
    message=of("string", "What was found."),
    impact=of("string", "What it means."),
    resolution=of("string", "What to do."),
)

_FAILURE = nullable(
    obj(
        "Why an operation failed.",
        kind=of("string", "Kind of failure, see the documentation."),
        http_status=_maybe("integer", "Status of the array's answer."),
        code=_maybe("string", "The array's own code."),
        message=of("string", "The array's words, or what happened instead of an answer."),
    )
)

_VOLUME = obj(
    "A destination volume.",
    id=of("string", "Its id."),
    name=of("string", "Its name."),
    state=_maybe("string", "Its state."),
    wwn=_maybe("string", "What a host knows it by."),
    size=_maybe("integer", "Bytes."),
    hosts=list_of(_TEXT, "Hosts and host groups it is mapped to."),
)

_CONDITION = nullable(
    obj(
        "The session as the array showed it.",
        read_at=moment("When, by the array's clock."),
        state=of("string", "Replication state."),
        role=of("string", "Role on this array."),
        failover_test_in_progress=_maybe("boolean", "The flag as the array shows it."),
        last_sync_timestamp=moment("Last successful synchronisation."),
        volumes=list_of(_VOLUME, "Destination volumes; for a volume group its members."),
    )
)

_SNAPSHOT = nullable(
    obj("A snapshot.", id=of("string", "Its id."), name=_maybe("string", "Its name.")),
)

_OPERATION = nullable(
    obj(
        "A start or a stop of the failover test; null where none was attempted.",
        action=of("string", "started, stopped, none, failed, not_attempted or rolled_back."),
        failed=of("boolean", "Whether it failed."),
        job_id=_maybe("string", "The array's job."),
        started_at=moment("By the array's clock."),
        finished_at=moment("When the array showed the result, by its clock."),
        duration_seconds=_maybe(_SECONDS, "Between the two."),
        snapshot=_SNAPSHOT,
        end_of_test_snapshot=nullable(
            obj(
                "The snapshot that keeps what was written during the test.",
                id=of("string", "Its id."),
                name=_maybe("string", "Its name."),
                expiration_timestamp=moment("When the array deletes it."),
            )
        ),
        failure=_FAILURE,
    )
)

_RECOVERY_POINT = obj(
    "How old the data at the destination was before the start.",
    objective_seconds=_maybe("integer", "RPO."),
    objective_from=nullable(one_of(("drill", "replication rule"), "Where the objective comes from.")),
    timestamp=moment("The recovery point."),
    age_seconds=_maybe(_SECONDS, "Its age by the array's clock."),
    met=_maybe("boolean", "Null where not measured; that is never met."),
)

_RTO = obj(
    "How long it took until the DR site could work.",
    objective_seconds=_maybe("integer", "RTO."),
    objective_from=nullable(one_of(("drill", "session"), "Where the objective comes from.")),
    storage_accessible_seconds=_maybe(_SECONDS, "Until the array showed the test: storage is accessible."),
    hosts_see_it_seconds=_maybe(_SECONDS, "Until the attach steps were done: hosts see it."),
    application_validated_seconds=_maybe(_SECONDS, "Until the last check was done: the application is validated."),
    actual_seconds=_maybe(_SECONDS, "The part that is held against the objective."),
    met=_maybe("boolean", "Null where not measured; that is never met."),
)

_VALIDATION = obj(
    "One thing that was looked at.",
    name=of("string", "What it is called."),
    kind=of("string", "array, tcp, http, command or tasks."),
    phase=one_of(PHASES, "When it was looked at."),
    expected=_maybe("string", "What was expected."),
    observed=_maybe("string", "What was found."),
    passed=_maybe("boolean", "Null where it could not be looked at; that is never passed."),
    critical=of("boolean", "Whether the drill fails with it."),
    started_at=moment("By the controller's clock."),
    seconds=_maybe(_SECONDS, "How long it took."),
    timeout_seconds=_maybe(_SECONDS, "How long it might have taken."),
)

_RETURN_TO_NORMAL = nullable(
    obj(
        "Whether the array shows the session as it was; null where the drill started nothing on it.",
        stop_confirmed=of("boolean", "Whether the array confirmed that the test is over."),
        held=of("boolean", "Whether it was left running on purpose, as the drill's policy declared."),
        differences=list_of(
            obj(
                "Something that is not as before.",
                what=of("string", "State, role, hosts, members or size."),
                before=of("string", "Before the drill."),
                after=of("string", "After it."),
            ),
            "What is not as before.",
        ),
    )
)

_STEP = obj(
    "One step, done or not.",
    phase=one_of(PHASES, "The phase it belongs to."),
    name=of("string", "What was done."),
    wave=_maybe("integer", "The wave it belongs to, from 1."),
    session_ids=list_of(_TEXT, "The sessions it is about; empty for all of the drill."),
    clock=one_of(("array", "controller"), "Whose clock the times are from."),
    started_at=moment("Begin."),
    finished_at=moment("End."),
    result=one_of(STEP_RESULTS, "What came of it."),
    reason=_maybe("string", "Why it failed or was not executed."),
)

_DEVIATION = obj(
    "Something that was not as it should be. A person completes it.",
    id=of("string", "Unique in the record: D1, D2, …"),
    session_id=_maybe("string", "The session it is about."),
    severity=one_of(("failed", "incomplete", "aborted", "passed_with_deviations"), "The verdict that it allows."),
    description=of("string", "What was not as it should be."),
    owner=_maybe("string", "Who sees to it; for a person to fill in."),
    due=_maybe("string", "Until when; for a person to fill in."),
    comment=_maybe("string", "For a person to fill in."),
)

_CLEANUP = obj(
    "Whether everything returned to normal, whatever the drill itself came to.",
    verdict=one_of(CLEANUP_VERDICTS, "held: left running on purpose; not_needed: no test was started."),
    not_confirmed_stopped=list_of(_TEXT, "Ids of sessions whose stop the array did not confirm."),
    held=list_of(_TEXT, "Ids of sessions that were left running on purpose."),
    not_as_before=list_of(_TEXT, "Ids of sessions that are not as before."),
)

_POLICY = obj(
    "What was declared before the run.",
    on_partial_failure=one_of(("stop_all", "continue", "hold"), "When something cannot be started or fails."),
    end_of_test_snapshot=one_of(("none", "all", "failed"), "For which sessions what was written is kept."),
    synchronise_first=of("boolean", "Whether a fresh synchronisation was asked for before the start."),
    adopt_running=of("boolean", "Whether tests of the same account that ran already were taken over."),
)

_VERSIONS = obj(
    "What it was made with.",
    collection=of("string", "Version of drdrill.powerstore."),
    ansible_core=of("string", "Version of ansible-core."),
    powerstoreos=_maybe("string", "Version of PowerStoreOS."),
)

# How one session reads, in every kind of record.
_SESSION = {
    "session_id": _maybe("string", "Id of the replication session; null where a name leads to none."),
    "resource_type": _maybe("string", "Kind of resource."),
    "resource_name": _maybe("string", "Its name on this array; where it was not found, the name asked for."),
    "resource_id": _maybe("string", "Its id on this array."),
    "remote_system": _maybe("string", "Name of the array at the other end."),
    "verdict": one_of(VERDICTS, "The verdict of this session."),
    "reasons": list_of(_TEXT, "Why it is not passed."),
    "recovery_point": _RECOVERY_POINT,
    "before": _CONDITION,
    "findings": list_of(_FINDING, "What stood against it or should be known."),
}

DRILL_SESSION = obj(
    "One session of a drill.",
    **_SESSION,
    wave=of("integer", "The wave it was started in, from 1."),
    test_owned=of("boolean", "Whether the drill started (or took over) a failover test on it."),
    adopted=of("boolean", "Whether the test ran before and was taken over."),
    start=_OPERATION,
    stop=_OPERATION,
    seconds_in_test=_maybe(_SECONDS, "From the start being confirmed to the stop being sent."),
    rto=_RTO,
    validations=list_of(_VALIDATION, "What the array showed of this session, and the checks that are about it."),
    during=_CONDITION,
    after=_CONDITION,
    return_to_normal=_RETURN_TO_NORMAL,
)

READINESS_SESSION = obj(
    "One session of a readiness report.",
    **_SESSION,
    ready=of("boolean", "Whether a failover test could be started now."),
)

ABORT_SESSION = obj(
    "One session of an abort.",
    **_SESSION,
    test_found=of("boolean", "Whether a failover test ran, or was about to."),
    started_by=_maybe("string", "Account that started it; null where not known."),
    test_started_at=moment("When it was started."),
    forced=of("boolean", "Whether the stop was forced because the remote system is not reachable."),
    stop=_OPERATION,
    after=_CONDITION,
    failover_ready=of("boolean", "Whether the array shows nothing that refuses a failover now."),
    failover_ready_at=moment("When the array showed that, by its clock."),
)

_ENVELOPE = {
    "schema_version": one_of((SCHEMA_VERSION,), "Version of this schema."),
    "drill": _IDENTITY,
    "array": _ARRAY,
    "times": _TIMES,
    "who": _WHO,
    "scope": _SCOPE,
    "verdict": one_of(VERDICTS, "The verdict."),
    "reasons": list_of(_TEXT, "Why it is not passed."),
    "deviations": list_of(_DEVIATION, "What has to be seen to."),
    "versions": _VERSIONS,
}

DRILL = obj(
    "A drill.",
    **_ENVELOPE,
    kind=one_of((Kind.DRILL.value,), "Kind of record."),
    policy=_POLICY,
    objectives=obj(
        "The objectives of the drill as a whole; each session has its own.",
        rpo_seconds=_maybe("integer", "RPO instead of the replication rules'."),
        rto_seconds=_maybe("integer", "RTO."),
        rto_formula=of("string", "What is measured as the RTO, and by which clocks."),
        recovery_point_formula=of("string", "What is taken for the recovery point."),
    ),
    cleanup=_CLEANUP,
    sessions=list_of(DRILL_SESSION, "The sessions, in the order asked."),
    validations=list_of(_VALIDATION, "The checks that are about the drill as a whole."),
    steps=list_of(_STEP, "Everything that was done, and what was not, in order."),
    interruption=nullable(
        obj(
            "The failure that ended the drill early.",
            task=of("string", "The task."),
            message=of("string", "What it said."),
        )
    ),
)

READINESS = obj(
    "A readiness report: what would stand against a drill. passed: all ready; passed_with_deviations: ready with "
    "warnings; failed: something blocks; incomplete: not everything could be read.",
    **_ENVELOPE,
    kind=one_of((Kind.READINESS.value,), "Kind of record."),
    sessions=list_of(READINESS_SESSION, "The sessions."),
)

ABORT = obj(
    "An abort: every running failover test was stopped so that the site can take over.",
    **_ENVELOPE,
    kind=one_of((Kind.ABORT.value,), "Kind of record."),
    seconds_to_failover_ready=_maybe(
        _SECONDS, "From the begin to the last session being ready, by the controller's clock; null where one is not."
    ),
    sessions=list_of(ABORT_SESSION, "Every session of which this array is the destination."),
)

BY_KIND: t.Final[t.Mapping[str, Schema]] = {
    Kind.DRILL.value: DRILL,
    Kind.READINESS.value: READINESS,
    Kind.ABORT.value: ABORT,
}


def published() -> Schema:
    """The schema of all kinds as one document, as it is in the documentation."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Record of drdrill.powerstore, version {SCHEMA_VERSION}",
        "oneOf": [BY_KIND[kind] for kind in KINDS],
    }
