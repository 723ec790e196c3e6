# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the module drill_journal does: take down one thing that happened, and say what is next.

Before the first start it refuses what cannot be done safely. After it nothing that goes wrong here keeps the stop from
coming: what happened is kept in memory where the file cannot be written, and the result says so.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import time
import typing as t
from dataclasses import dataclass, replace

from .._errors import InvalidInputError, PowerStoreError
from .._json import Json
from .._version import VERSION
from . import evidence, found, guards, ownership, process, schedule, waves
from .drill import AFTER, BEFORE, DONE_PHASES, DURING, Drill
from .journal import END, INTENT, ODD, event_of, journal_path, read
from .nas import is_nas, selector_of
from .plan import REPORT_FORMATS, expiration_to_come, plan_of, sha256_of
from .replay import planned_steps
from .scope import Request, chosen, population
from .state import State
from .steps import Step, in_waves, resolved
from .unfinished import own_starts, under_way, unfinished

SCHEMA_VERSION = "1"
_LARGEST_CALENDAR = 4 * 1024 * 1024  # bytes
Refusal: t.TypeAlias = "str | None"
EVENTS = (
    "begin", "read", "synchronised", "starting", "started", "steps", "step", "interrupted", "stopped", "witness", "end",
    "told", "find",
)  # fmt: skip
OPTIONS: dict[str, dict[str, t.Any]] = {
    "event": {"type": "str", "choices": list(EVENTS), "required": True},
    "id": {"type": "str", "required": True},
    "directory": {"type": "path", "required": True},
    "state": {"type": "dict", "default": {}},
    "variables": {"type": "dict", "default": {}},
    "host": {"type": "str"},
    "awx": {"type": "dict"},
    "answered": {"type": "raw"},
    "what": {"type": "str", "choices": [BEFORE, DURING, AFTER]},
    "present": {"type": "bool", "default": False},
    "wave": {"type": "int"},
    "pause": {"type": "float", "default": 0},
    "phase": {"type": "str", "choices": ["attach", "validate", "release", "notify"]},
    "names": {"type": "list", "elements": "str", "default": []},
    "arrays": {"type": "list", "elements": "str", "default": []},
    "result": {"type": "dict", "default": {}},
    "observed": {"type": "raw"},
    "failed": {"type": "bool", "default": False},
    "started_at": {"type": "str"},
    "task": {"type": "str", "default": "unknown"},
    "reason": {"type": "str", "default": "no message"},
}


@dataclass(frozen=True)
class Surroundings:
    """What the action plugin knows besides its options."""

    array: str  # the name of the array in the inventory
    ansible_version: str
    real: bool  # not in check mode
    pid: int  # of the run of Ansible
    problem_of_file: t.Callable[[str], str | None]  # why a tasks file is refused
    awaited: t.Callable[[str, float], Json]  # the result of what runs beside the drill, within so many seconds
    is_left: t.Callable[[str, float], bool]  # whether what runs beside the drill leaves a good result within that time


def run_journal(params: Json, around: Surroundings) -> Json:
    """The result of the module: ``state`` for the next task, and what the drill decides.

    ``drill.refusal`` says why it is not to go on. The task itself does not fail: Ansible would print all of the result.
    """
    if params["event"] == "find":
        paths, problems = unfinished(params["directory"], process.now_utc(), around.array, params["arrays"])
        starts = own_starts(params["directory"])
        return {
            "changed": False,
            "state": {},
            "drill": {"unfinished": paths, "problems": problems, "own_starts": starts},
        }
    state = _known(params)
    refusal: Refusal = None
    for event in _events(params):
        try:
            after, refusal = _HANDLERS[event](state, params, around)
            _decide_all(after)
            state = after
        except PowerStoreError as error:
            refusal = error.message
        except ODD as error:
            # What is on its way must go on, with what is known; so it is said, and taken down as nothing.
            refusal = (
                f"What was handed over for '{event}' is not as the modules of this collection return it "
                f"({type(error).__name__}: {error}). Expected the result as it was. None of it was recorded."
            )
    if state.is_open and state.pending and not os.path.lexists(state.path):
        state = state.remade(_intent(state))
    state = state.flushed()
    looking = _looking(state.drill) if state.events else None
    if looking and not state.drill.of("looked") and around.is_left(looking["path"], _patience(looking, params, state)):
        state = state.with_event(event_of("looked")).flushed()
    return {"changed": False, "state": state.as_result(), "drill": {**view(state), "refusal": refusal}}


def _events(params: Json) -> tuple[str, ...]:
    """What is taken down, one after the other. A task of its own for each would cost a process of Ansible."""
    return ("witness", END) if params["event"] == END and params["result"] else (params["event"],)


def _known(params: Json) -> State:
    """What the task before returned. Where that is lost, as when Ansible could not run it, the file has it."""
    path = journal_path(params["directory"], params["id"])
    try:
        state = State.of(params["state"])
    except (PowerStoreError, *ODD):  # somebody changed it
        state = State()
    if state.events or params["event"] == "begin" or not os.path.isfile(path):
        return state
    try:
        state = State.recovered(path, read(path).events)
        _decide_all(state)
        return state
    except (PowerStoreError, OSError, *ODD) as error:
        return State(path=path, problem=f"{path} could not be read again: {error}.")


def view(state: State) -> Json:
    """What the drill decides, from what happened so far; as the role's tasks read it."""
    drill = state.drill
    if not state.events:
        return {"running": False, "problem": state.problem}
    return {
        # As the drill understands its variables; for the preflight, which stops here.
        "planned": drill.plan if len(drill.events) == 1 else None,
        "running": state.running,
        "real": drill.real,
        "begun": len(drill.attempted) > 0,
        "id": drill.plan["id"],
        "run_id": drill.plan["run_id"],
        "journal": state.path if state.is_open else None,
        "unwritten": state.unwritten,
        "problem": state.problem,
        "how": drill.plan["how"],
        "keep_for": drill.policy["end_of_test_snapshot_expiration"],
        "turns": schedule.until_validated(drill),
        "releases": schedule.releases(drill),
        "notices": schedule.steps_of(drill, "notify"),
        "stops": schedule.until_stopped(drill),
        # A start task that left no result (killed, timed out) may have sent what the array carries out only later.
        "settle_time": 30 if ownership.unknown_starts(drill) else 0,
        "has_tests": drill.real and bool(ownership.owned(drill)),
        "looking": _looking(drill),
        # What was seen is taken down after the stop then, which looks for itself.
        "looked": bool(drill.of("looked")) and _looking(drill) is not None,
        "hold": ownership.hold(drill),
        "left_alone": ownership.left_alone(drill),
        "login_refused": ownership.login_refused(drill),
        "witness": _asks_witness(drill),
        "uses_present": ownership.uses_present(drill),
        "refused_stop": ownership.refused_stop(drill),
        "would_start": sum(entry.get("action") == "started" for entry in drill.started),
        "untold": [f"{step['name']}: {step['observed']}" for step in drill.notified if not step["passed"]],
        "message": (drill.interruption or {}).get("message"),
        "guards": guards.findings(drill.plan.get("guards") or {}, process.now_utc(), guards.planned_end(drill)),
        "left_seconds": guards.left_seconds(drill, time.monotonic()),
        "over_at": guards.over_at(drill, time.monotonic(), process.now_utc()),
    }


def _looking(drill: Drill) -> Json | None:
    """Where the look is that runs beside the checks, and until when it is awaited, as long as it was not taken down."""
    found = drill.of("looking")
    if not found or any(event["what"] == DURING for event in drill.of("read")):
        return None
    return {"path": found[-1]["path"], "until": float(found[-1]["t"]) + float(found[-1]["seconds"])}


def _patience(looking: Json, params: Json, state: State) -> float:
    """Seconds to wait for the look that runs beside the checks: only where the stop comes next, which waits for it.

    Waited for here, its result is taken down after the stop.
    """
    done = {step["name"] for event in state.drill.of("steps") for step in event["steps"]}
    checks = [step["name"] for step in planned_steps(state.drill) if step["phase"] == "validate"]
    if params["event"] == "interrupted" or (params["event"] in ("steps", "step") and done.issuperset(checks)):
        return max(0.0, float(looking["until"]) - time.monotonic())
    return 0.0


def of_sessions(state: Json, name: str, wave: int = 1) -> t.Any:
    """What the drill decides for each session, by its name: what grows with the sessions is made where it is used.

    ``state``: as the last task returned it. Raises InvalidInputError for another state, KeyError for another name.
    """
    decide, drill = _OF_SESSIONS[name], State.of(state).drill
    return decide(drill, wave) if drill.events else []


def options_of(state: Json, name: str, wave: int = 1) -> Json:
    """The options of the next module that the drill decides: ``selection`` those of the look before the start, else
    ``sessions``, as `of_sessions` has them by that name.

    Raises InvalidInputError for another state or none, KeyError for another name.
    """
    drill = State.of(state).drill
    if not drill.events:
        raise InvalidInputError("Nothing is known of the drill any more: expected what its last task returned.")
    if name == "selection":
        return Request.from_plan(drill.plan["asked"]).selection()
    return {"sessions": _OF_SESSIONS[name](drill, wave)}


def _decide_all(state: State) -> None:
    """Raises what an odd result makes of any decision, before it is taken down."""
    view(state)
    drill = state.drill
    for decide in _OF_SESSIONS.values() if drill.events else ():
        decide(drill, 1)


def _volumes(drill: Drill) -> list[Json]:
    mine = set(ownership.owned(drill))
    return [volume for each in drill.sessions if each["session_id"] in mine for volume in each.get("volumes") or ()]


_OF_SESSIONS: t.Final[t.Mapping[str, t.Callable[[Drill, int], t.Any]]] = {
    "ids": lambda drill, _wave: [selector_of(session) for session in drill.sessions],
    "selectors": lambda drill, _wave: {str(each["session_id"]): selector_of(each) for each in drill.sessions},
    # The recovery point of a NAS server is not known to the array, so no fresh one could be confirmed.
    "remote_ids": lambda drill, _wave: [s.get("remote_resource_id") for s in drill.sessions if not is_nas(s)],
    "resource_names": lambda drill, _wave: {str(s["session_id"]): str(s.get("resource_name")) for s in drill.sessions},
    "owned": lambda drill, _wave: ownership.owned(drill),
    "not_proven": lambda drill, _wave: ownership.not_proven(drill),
    "volumes": lambda drill, _wave: _volumes(drill),
    "to_start": waves.to_start,
    "to_stop": lambda drill, wave: waves.to_stop(drill).get(wave, []),
}


def _asks_witness(drill: Drill) -> str | None:
    """``ask`` the array's own logs, or ``leave`` one that could not be read after the stop; None for no witness."""
    if not drill.real or not drill.attempted or drill.policy.get("witness") == "off":
        return None
    return "ask" if drill.reads(AFTER) else "leave"


def _begin(state: State, params: Json, around: Surroundings) -> tuple[State, Refusal]:
    if state.running:  # the state of the drill that includes this one must survive
        return state, f"A drill of {around.array} is under way, and one of its steps includes a part of its own role."
    now = process.now_utc()
    run = process.run_of(around.pid)
    common: Json = {
        "id": params["id"],
        "run_id": process.run_id(run, now),
        "schema": SCHEMA_VERSION,
        "real": around.real,
        "array": around.array,
        "host": params["host"],
        "ansible_version": around.ansible_version,
        "collection_version": VERSION,
        "process": run,
        "who": {
            "controller_user": process.user(),
            "controller_host": run["host"],
            "awx": params["awx"] or None,
        },
    }
    refusal: Refusal = None
    try:
        if params["answered"]:
            raise InvalidInputError(
                "failover_drill_check_observed is given from outside (-e, or a role's parameter): it would answer for "
                "every tasks file. Leave it out."
            )
        plan, steps = plan_of(_with_calendar(params["variables"]))
        plan["steps"] = _with_files(steps, around)
        plan["guards"] = guards.within_reach(plan["guards"], now)
    except PowerStoreError as error:
        refusal = f"{error.message} Nothing was started."
        plan = _empty_plan(params["variables"], around)
    begun = State(path=journal_path(params["directory"], params["id"]))
    common["began_t"] = round(time.monotonic(), 3)  # what the longest duration is counted from
    return begun.with_event(event_of("begin", **common, **plan)), refusal


def _with_calendar(variables: Json) -> Json:
    """The variables, with the events of the calendar file where the freezes are one. Raises InvalidInputError."""
    freeze = variables.get("freeze")
    if not isinstance(freeze, str) or not freeze.strip() or freeze.lstrip().startswith("["):
        return variables
    path = os.path.realpath(os.path.expanduser(freeze.strip()))
    try:
        content = _calendar(path)
        if len(content) > _LARGEST_CALENDAR:
            raise InvalidInputError(
                f"{guards.FREEZE}: {path} is too large: expected at most {_LARGEST_CALENDAR} bytes."
            )
        return {**variables, "freeze": guards.entries_of_file(content.decode("utf-8"), path)}
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise InvalidInputError(
            f"{guards.FREEZE} is {path}, which cannot be read: {why}. Expected a calendar file (.ics) in UTF-8, or a "
            "list."
        ) from error


def _calendar(path: str) -> bytes:
    """At most one byte more than is taken. Raises InvalidInputError for what is no plain file, which could keep a drill
    waiting without end; OSError."""
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise InvalidInputError(
            f"{guards.FREEZE} is {path}, which is a folder, a FIFO or a device: expected a calendar file (.ics), or a "
            "list."
        )
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:  # should it change just now
        return file.read(_LARGEST_CALENDAR + 1)


def _with_files(steps: t.Sequence[Step], around: Surroundings) -> list[Json]:
    """The steps as planned, with the hash of what each does. Raises InvalidInputError for a file that is refused."""
    found = []
    for step in steps:
        path = os.path.realpath(os.path.expanduser(step.file)) if step.file else None
        problem = around.problem_of_file(path) if path else None
        if problem:
            raise InvalidInputError(f"Step '{step.name}', tasks {path}: {problem}")
        found.append(replace(step, file=path).as_planned(_sha256(path)))
    return found


def _sha256(path: str | None) -> str | None:
    if path is None:
        return None
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def _empty_plan(variables: Json, around: Surroundings) -> Json:
    """The plan where the variables are refused: as much of it as is needed for a record of the refusal."""
    plan, _steps = plan_of({"title": around.array, "sessions": [{"volume": "none"}]})
    for name in ("title", "scenario", "change_ticket", "participants", "approvers", "success_criteria"):
        with contextlib.suppress(PowerStoreError):  # what is understood of them says whose drill was refused
            given = variables.get(name)
            if given not in (None, "", []):
                plan[name] = plan_of({name: given, "sessions": [{"volume": "none"}]})[0][name]
    return {
        **plan,
        "asked": {"wishes": [], "filters": None, "exclusions": [], "already_out": []},
        "steps": [],
        "how": {**plan["how"], "report_formats": list(REPORT_FORMATS)},
    }


def _read(state: State, params: Json, around: Surroundings) -> tuple[State, Refusal]:
    result, what = params["result"], params["what"]
    if beside := result.get("beside"):
        return state.with_event(event_of("looking", **beside)), None
    if result.get("skipped"):  # nothing was read: this only gives the state back
        return state, None
    if what != BEFORE or result.get("failed") or result.get("sessions") is None:
        present = {"present": True} if params["present"] else {}
        state = state.with_event(event_of("read", what=what, **present, result=result))
        return state, ownership.why_no_drill(state.drill) if what == BEFORE else None
    try:
        event = _in_scope(state.drill, result, around.array)
    except PowerStoreError as error:
        return state.with_event(event_of("read", what=what, result=result)), f"{error.message} Nothing was started."
    state = state.with_event(event)
    return state, ownership.why_no_drill(state.drill)


def _same_sessions(drill: Drill, sessions: t.Iterable[Json]) -> None:
    """After a synchronisation filters may fit others: what was synchronised is what is drilled. InvalidInputError."""
    before = {str(each["session_id"]): str(each.get("resource_name")) for each in drill.sessions}
    now = {str(each["session_id"]): str(each.get("resource_name")) for each in sessions}
    if before and before.keys() != now.keys():
        names = sorted({**before, **now}[each] for each in before.keys() ^ now.keys())
        raise InvalidInputError(
            f"After the synchronisation failover_drill_filters fit other sessions than before: {', '.join(names)} came "
            "or went. Expected the same. Name them in failover_drill_sessions, or use filters that stay true."
        )


def _in_scope(drill: Drill, result: Json, array: str) -> Json:
    """The sessions of the drill out of what was read, and the steps with the sessions and waves they are about."""
    cluster = result.get("cluster") or {}
    asked = Request.from_plan(drill.plan["asked"])
    scope = chosen(asked, result["sessions"], str(cluster.get("name") or array))
    _same_sessions(drill, scope.sessions)
    blocking = guards.findings(drill.plan.get("guards") or {}, process.now_utc(), guards.planned_end(drill))
    everything, result = result.get("population"), {**result, "population": None}
    expiration_to_come(drill.plan, cluster.get("system_time"))
    planned = planned_steps(drill)
    steps = in_waves(
        resolved([Step.from_planned(step) for step in planned], scope.sessions),
        sorted({wish.wave for wish in scope.wishes}),
    )
    return event_of(
        "read",
        what=BEFORE,
        result={**result, "sessions": guards.guarded(scope.sessions, blocking)},
        wishes=[wish.as_wish() for wish in scope.wishes],
        excluded=[session["session_id"] for session in scope.excluded],
        population=None if everything is None else population(everything, asked, scope.sessions),
        steps=[step.as_planned(each["sha256"]) for step, each in zip(steps, planned, strict=True)],
    )


def _starting(state: State, params: Json, around: Surroundings) -> tuple[State, Refusal]:
    """A wave is about to be started. Before the first one the journal is made; without it nothing is started."""
    if params["pause"]:
        left = guards.left_seconds(state.drill, time.monotonic())
        pause = params["pause"] if left is None else max(0.0, min(params["pause"], left))
        time.sleep(pause)
        state = state.with_event(event_of("pause", seconds=pause))
    if why := guards.why_no_start_now(state.drill, process.now_utc(), time.monotonic()):
        return state, why
    if around.real and not state.is_open:
        if other := under_way(os.path.dirname(state.path), around.array):
            return state, (
                f"A drill of {around.array} is under way, and its journal is {other}: two drills of one array are kept "
                "apart, as each would take the tests of the other for its own. Wait until it has ended. Nothing was "
                "started."
            )
        try:
            state = state.opened(_intent(state))
        except OSError as error:
            return state, (
                f"The journal could not be written to {state.path}: {error.strerror or error}. A drill that leaves no "
                "trace does not start: expected a folder that can be written in failover_drill_records_directory. "
                "Nothing was started."
            )
    return state.with_event(event_of("starting", wave=params["wave"])), None


def _intent(state: State) -> Json:
    """What is about to be done: the plan with the sessions that were found. It has no secret in it."""
    begin, drill = state.events[0], state.drill
    plan = {key: value for key, value in begin.items() if key not in ("event", "at", "t")}
    names = ("session_id", "resource_type", "resource_name", "resource_id")
    sessions = [
        {**{key: session.get(key) for key in names}, "wave": int(wish["wave"])} for session, wish in drill.pairs
    ]
    planned = {
        **{key: plan[key] for key in ("title", "asked", "objectives", "policy", "how", "success_criteria")},
        # Freezes come and go with the day; two drills under the same rules were planned alike.
        "guards": {name: value for name, value in plan["guards"].items() if name != "freeze"},
        "steps": planned_steps(drill),
        "sessions": sessions,
    }
    return event_of(
        INTENT,
        **{**plan, "steps": planned["steps"]},
        began_at=begin["at"],
        sessions=sessions,
        adopted=drill.adopted,
        plan_sha256=sha256_of(planned),
    )


def _started(state: State, params: Json, _around: Surroundings) -> tuple[State, Refusal]:
    if params["result"].get("skipped"):  # as it was refused: there is nothing to take down
        return state, str(params["reason"])
    state = state.with_event(event_of("started", wave=params["wave"], result=params["result"]))
    return state, ownership.why_no_start(state.drill) or guards.why_over(state.drill, time.monotonic())


def _steps(state: State, params: Json, _around: Surroundings) -> tuple[State, Refusal]:
    """What checks found that one task of drill_check did together, or that they run beside the drill."""
    if beside := params["result"].get("beside"):
        return state.with_event(event_of("beside", names=params["names"], phase=params["phase"], **beside)), None
    return _with_steps(state, params, _kept(params, found.of_checks(_planned(state, params), params["result"])))


def _planned(state: State, params: Json) -> list[Json]:
    names = set(params["names"])
    return [step for step in planned_steps(state.drill) if step["name"] in names]


def _told(state: State, params: Json, around: Surroundings) -> tuple[State, Refusal]:
    """What came of that which runs beside the drill. It is awaited as long as its own time-outs let it run."""
    running = state.drill.of("beside")
    if not running or state.drill.of("told"):
        return state, None
    for event in running:
        mine = {**params, "phase": event["phase"], "names": event["names"], "wave": None}
        left = float(event["seconds"]) - (time.monotonic() - float(event["t"]))
        steps = found.of_checks(_planned(state, mine), around.awaited(str(event["path"]), max(0.0, left)))
        state, _refusal = _with_steps(state, mine, _kept(mine, steps))
    return state.with_event(event_of("told")), None


def _kept(params: Json, steps: t.Sequence[Json]) -> list[Json]:
    """The steps with what they left in files; what a notification leaves comes too late for the record."""
    if params["phase"] not in DONE_PHASES:
        return [{key: value for key, value in step.items() if key != "evidence"} for step in steps]
    return evidence.kept(steps, _evidence_folder(params))


def _evidence_folder(params: Json) -> str:
    return evidence.evidence_folder(params["directory"], params["id"])


def _step(state: State, params: Json, _around: Surroundings) -> tuple[State, Refusal]:
    """What a tasks file saw."""
    planned = next((step for step in planned_steps(state.drill) if step["name"] in params["names"]), None)
    if planned is None:
        return state, None
    failure = {**params["result"], "failed": True} if params["failed"] else {}
    seen = found.of_tasks(planned, params["observed"], failure, str(params["started_at"]), process.now_utc())
    left = evidence.of_files(planned.get("evidence") or ()) if state.drill.real else {}
    return _with_steps(state, params, _kept(params, [{**seen, **left}]))


def _with_steps(state: State, params: Json, steps: t.Sequence[Json]) -> tuple[State, Refusal]:
    """With the steps that were done; after the last one of a phase and wave, whether the drill goes on."""
    phase, wave = params["phase"], params["wave"]
    state = state.with_event(event_of("steps", phase=phase, wave=wave, steps=list(steps)))
    drill = state.drill
    done = {step["name"] for event in drill.of("steps") for step in event["steps"]}
    left = [s for s in planned_steps(drill) if (s["phase"], s["wave"]) == (phase, wave) and s["name"] not in done]
    over = guards.why_over(drill, time.monotonic()) if phase in ("attach", "validate") else None
    return state, over or (None if left else ownership.why_no_further(drill, phase, wave))


def _synchronised(state: State, params: Json, _around: Surroundings) -> tuple[State, Refusal]:
    result = params["result"]
    if result.get("skipped"):
        return state, None
    state = state.with_event(event_of("synchronised", result=result))
    why = str(result.get("msg") or "The synchronisation ended without a result.")
    failed = result.get("failed") or result.get("sessions") is None
    return state, why if failed else guards.why_over(state.drill, time.monotonic())


def _interrupted(state: State, params: Json, _around: Surroundings) -> tuple[State, Refusal]:
    return state.with_event(event_of("interrupted", task=params["task"], message=params["reason"])), None


def _stopped(state: State, params: Json, _around: Surroundings) -> tuple[State, Refusal]:
    if params["result"].get("skipped"):  # as the array refuses the account
        return state, None
    return state.with_event(event_of("stopped", wave=params["wave"], result=params["result"])), None


def _witness(state: State, params: Json, _around: Surroundings) -> tuple[State, Refusal]:
    """What the array's own logs say, or that they were not asked."""
    result = params["result"]
    if not state.events or _asks_witness(state.drill) is None:  # this only gives the state back
        return state, None
    if result.get("skipped"):
        why = "The array could not be read after the stop" if ownership.owned(state.drill) else "Nothing was started"
        result = {"failed": True, "msg": f"{why}, so its logs were not asked."}
    return state.with_event(event_of("witness", result=result)), None


def _end(state: State, _params: Json, _around: Surroundings) -> tuple[State, Refusal]:
    return state.with_event(event_of(END)), None


_HANDLERS: t.Final[t.Mapping[str, t.Callable[[State, Json, Surroundings], tuple[State, Refusal]]]] = {
    "begin": _begin,
    "read": _read,
    "synchronised": _synchronised,
    "starting": _starting,
    "started": _started,
    "steps": _steps,
    "step": _step,
    "interrupted": _interrupted,
    "stopped": _stopped,
    "witness": _witness,
    "end": _end,
    "told": _told,
}
