# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of lies: what is done to a record or to the array's logs, and what the witness has to say of it."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.lab.witness.drilled import drilled
from tests.lab.witness.lab import START, STOP, Lab, other_account

CORROBORATED, CONTRADICTED, UNAVAILABLE, REFUSED = "corroborated", "contradicted", "unavailable", "refused"


@dataclass(frozen=True)
class Row:
    """A row of the table. ``says``: words that have to be in what the witness says."""

    name: str
    verdict: str
    do: t.Callable[[Lab], object]
    says: str = ""
    by: tuple[str, ...] = ("job", "audit_event")
    own: bool = False  # a drill of its own, as another drill on the same array comes after it
    clock_ahead: float = 0.0
    pages: int = 1  # requests for each log that is read in full


def nothing(_lab: Lab) -> None:
    """The record is true."""


def invented_job(lab: Lab) -> None:
    lab.session("erp-data")["start"]["job_id"] = "invented"


def backdated_stop(lab: Lab) -> None:
    lab.shift(lab.session("erp-data")["stop"], -3600)


def postdated_start(lab: Lab) -> None:
    lab.shift(lab.session("erp-data")["start"], 60)


def account(name: str | None) -> t.Callable[[Lab], None]:
    def say(lab: Lab) -> None:
        lab.record["who"]["array_account"] = name

    return say


def foreign_stop(lab: Lab) -> None:
    lab.log("erp-data", STOP, "colleague")


def foreign_stop_beside_the_start(seconds: float) -> t.Callable[[Lab], None]:
    """So long after the array began the start of the record."""

    def stop(lab: Lab) -> None:
        began = lab.job(lab.session("erp-data")["start"]).start_time
        lab.log("erp-data", STOP, "colleague", began + timedelta(seconds=seconds))

    return stop


def first_look(lab: Lab) -> datetime:
    return datetime.fromisoformat(lab.record["times"]["started_at"])


def taken_over(lab: Lab) -> None:
    """The test ran when the drill came, since a moment ago."""
    session = lab.session("erp-data")
    lab.array.jobs.remove(session["start"]["job_id"])
    session.update(adopted=True, start=None)
    lab.log("erp-data", START, lab.record["who"]["array_account"], first_look(lab) + timedelta(seconds=0.1))


def by_hand_before(lab: Lab) -> None:
    """The drill's account stopped something else, and then the drill began."""
    lab.log("files-archive", STOP, lab.record["who"]["array_account"], first_look(lab) - timedelta(seconds=0.5))


def foreign_stop_by_a_sweep(lab: Lab) -> None:
    """A sweep of the same folder has it in its record."""
    job = lab.log("erp-data", STOP, "colleague")
    stop = {"job_id": job.id}
    name = lab.path.name.replace("drill-", "sweep-")
    lab.path.with_name(name).write_text(json.dumps({"kind": "sweep", "sessions": [{"stop": stop}]}))


def foreign_test_elsewhere(lab: Lab) -> None:
    lab.log("files-archive", START, "colleague")


def left_out(lab: Lab) -> None:
    lab.record["sessions"] = [each for each in lab.record["sessions"] if each["resource_name"] != "erp-db"]


def by_another_controller(lab: Lab) -> None:
    """Another controller with the same account tests another session in the time of the drill."""
    job = lab.log("files-archive", START, "admin")
    next(row for row in lab.events() if row["job_id"] == job.id)["client_address"] = "10.9.9.9"


def swapped(lab: Lab) -> None:
    one, other = lab.session("erp-data")["start"], lab.session("erp-db")["start"]
    one["job_id"], other["job_id"] = other["job_id"], one["job_id"]


def exchanged(lab: Lab) -> None:
    session = lab.session("erp-data")
    session["start"]["job_id"], session["stop"]["job_id"] = session["stop"]["job_id"], session["start"]["job_id"]


def used_twice(lab: Lab) -> None:
    lab.session("erp-db")["start"]["job_id"] = lab.session("erp-data")["start"]["job_id"]


def longer_than_its_times(lab: Lab) -> None:
    lab.session("erp-data")["start"]["duration_seconds"] += 600


def shorter_than_the_job(lab: Lab) -> None:
    stop = lab.session("erp-data")["stop"]
    job = lab.job(stop)
    job.end_time = job.start_time + timedelta(seconds=60)


def longer_than_the_test(lab: Lab) -> None:
    """The start is said to have been done after the array had begun the stop."""
    start = lab.session("erp-data")["start"]
    start["finished_at"], start["duration_seconds"] = lab.later(start["finished_at"], 60), None


def shown_late(lab: Lab) -> None:
    """The array had ended it long before the record says so: that is when the array showed it."""
    stop = lab.session("erp-data")["stop"]
    job = lab.job(stop)
    stop["finished_at"], stop["duration_seconds"] = lab.later(stop["finished_at"], 90), None
    lab.record["times"]["finished_at"] = lab.later(lab.record["times"]["finished_at"], 90)
    job.end_time = job.start_time


def failed_job(lab: Lab) -> None:
    lab.job(lab.session("erp-data")["start"]).phase = "Failed"


def two_drills(lab: Lab, *, folder: str = "", user: str = "") -> None:
    """Another drill in the time of this one: this record is said to have begun before it and to have ended after."""
    account_of = other_account(lab.simulator, user) if user else {}
    path = drilled(lab.simulator, lab.folder / folder, ({"volume": "files-archive"},), **account_of)
    other = json.loads(path.read_text())
    lab.record["times"]["finished_at"] = other["times"]["finished_at"]
    if folder:
        path.unlink()
        path.parent.rmdir()


def a_drill_under_way(lab: Lab) -> None:
    """Its journal has the intent alone, as its start is not taken down yet."""
    lab.log("files-archive", START, "admin")
    session = {"session_id": lab.array.session("files-archive").id}
    begun = lab.later(lab.record["times"]["started_at"], -5)
    intent = {"event": "intent", "at": begun, "began_at": begun, "sessions": [session]}
    name = lab.path.name.replace("drill-", "drill-other-").replace(".json", ".journal.jsonl")
    lab.path.with_name(name).write_text(json.dumps(intent) + "\n")


def forbidden(*paths: str, then: t.Callable[[Lab], object] = nothing) -> t.Callable[[Lab], None]:
    def forbid(lab: Lab) -> None:
        lab.forbid(*paths)
        then(lab)

    return forbid


def invented_and_silent(lab: Lab) -> None:
    """The jobs may not be read, and the audit log has no starts and stops at all."""
    invented_job(lab)
    for row in lab.events():
        row["resource_action"] = None


def many(lab: Lab) -> None:
    for number in range(2100):
        lab.log("files-archive", START, "colleague", lab.middle + timedelta(milliseconds=number % 100))


def of_last_year(lab: Lab) -> None:
    """The logs have let go of the drill; what they have is younger."""
    later = lab.middle + timedelta(days=300)
    lab.log("files-archive", START, "colleague", later)
    for name in ("job", "audit_event"):
        lab.simulator.dr.forget_log(name, later)


def jobs_forgotten(lab: Lab) -> None:
    lab.log("files-archive", START, "colleague", lab.middle + timedelta(days=30))
    lab.simulator.dr.forget_log("job", lab.middle + timedelta(days=1))


def left_out_and_jobs_forgotten(lab: Lab) -> None:
    left_out(lab)
    jobs_forgotten(lab)


def left_out_and_events_without_jobs(lab: Lab) -> None:
    left_out(lab)
    events_without_jobs(lab)


def under_way_and_events_without_jobs(lab: Lab) -> None:
    a_drill_under_way(lab)
    events_without_jobs(lab)


def refused_attempt(lab: Lab) -> None:
    """A stop of the drill that the array refused, before the one that is in the record."""
    lab.log("erp-data", STOP, "admin").phase = "Failed"


def no_job_named(lab: Lab) -> None:
    for session in lab.record["sessions"]:
        session["start"]["job_id"] = session["stop"]["job_id"] = None


def no_job_at_all(lab: Lab) -> None:
    """The record names no job for a start, and the logs have none: what was done at once may leave none."""
    start = lab.session("erp-data")["start"]
    lab.array.jobs.remove(start["job_id"])
    for row in lab.events():
        if row["job_id"] == start["job_id"]:
            lab.array.tables["audit_event"].remove(str(row["id"]))
    start["job_id"] = None


def other_array(lab: Lab) -> None:
    lab.record["array"]["global_id"] = "PS00000000ffff"


def clock_set(lab: Lab) -> None:
    """The array's clock was set forward by an hour during the drill, so times of before are of another clock."""
    lab.shift(lab.session("erp-data")["start"], -3600)
    lab.record["times"]["clock_step_seconds"] = 3600.0


def accounts_not_named(lab: Lab) -> None:
    for job in lab.array.jobs:
        job.user = t.cast(str, None)
    for row in lab.events():
        row["username"] = None


def events_without_jobs(lab: Lab) -> None:
    for row in lab.events():
        lab.array.tables["audit_event"].change(str(row["id"]), "job_id", None)


def says_nothing(lab: Lab) -> None:
    """The record says that nothing was started."""
    for session in lab.record["sessions"]:
        session["start"] = session["stop"] = None


ROWS: t.Final[tuple[Row, ...]] = (
    Row("a true record", CORROBORATED, nothing),
    Row("an invented job", CONTRADICTED, invented_job, "is not in the array's jobs"),
    Row("a backdated stop", CONTRADICTED, backdated_stop, "The array began it at"),
    Row("a start that is said to be later", CONTRADICTED, postdated_start, "The record says that it was sent at"),
    Row("another account", CONTRADICTED, account("somebody"), "says account somebody"),
    Row("the account with its domain", CORROBORATED, account("CORP\\admin")),
    Row("no account in the record", CORROBORATED, account(None)),
    Row("no account in the array's logs", CORROBORATED, accounts_not_named),
    Row("a foreign stop in the window", CONTRADICTED, foreign_stop, "while the record has this session"),
    Row("a foreign stop just before the start", CORROBORATED, foreign_stop_beside_the_start(-0.5), "Another account"),
    Row("a foreign stop just after the start", CONTRADICTED, foreign_stop_beside_the_start(0.01), "in its own test"),
    Row("a test that was taken over", CORROBORATED, taken_over, "the test that the drill took over"),
    Row("by hand right before the drill", CORROBORATED, by_hand_before, "before the drill looked at the array"),
    Row("a stop by a sweep of the same folder", CORROBORATED, foreign_stop_by_a_sweep),
    Row("a foreign test of another session", CORROBORATED, foreign_test_elsewhere),
    Row("a session left out", CONTRADICTED, left_out, "no other record or journal"),
    Row(
        "another session, from another address", CORROBORATED, by_another_controller,
        "from 10.9.9.9, the drill asked from 127.0.0.1",
    ),
    Row("a drill that is said to have started nothing", CONTRADICTED, says_nothing, "no other record or journal"),
    Row("swapped sessions", CONTRADICTED, swapped, "is of session"),
    Row("start and stop exchanged", CONTRADICTED, exchanged, "not a start"),
    Row("one job for two sessions", CONTRADICTED, used_twice, "2 times"),
    Row("a duration longer than its times", CONTRADICTED, longer_than_its_times, "s apart"),
    Row("a duration shorter than the job", CONTRADICTED, shorter_than_the_job, "The array ended it at"),
    Row("a start longer than its test", CONTRADICTED, longer_than_the_test, "The array began the stop at"),
    Row("a stop that the array showed late", CORROBORATED, shown_late),
    Row("a start whose job failed", CONTRADICTED, failed_job, "ended as Failed"),
    Row("two drills in one window", CORROBORATED, two_drills, own=True),
    Row(
        "the other one's record elsewhere", CONTRADICTED, lambda lab: two_drills(lab, folder="elsewhere"),
        "no other record or journal", own=True,
    ),
    Row(
        "the other one by another account", CORROBORATED,
        lambda lab: two_drills(lab, folder="elsewhere", user="colleague"), own=True,
    ),
    Row("another drill under way in the folder", CORROBORATED, a_drill_under_way),
    Row("403 on the jobs", CORROBORATED, forbidden("/job*"), by=("audit_event",)),
    Row("403 on the audit events", CORROBORATED, forbidden("/audit_event*"), by=("job",)),
    Row("403 on both", UNAVAILABLE, forbidden("/job*", "/audit_event*"), "Not read: the array's jobs", by=()),
    Row(
        "an invented job and 403 on the jobs", CONTRADICTED, forbidden("/job*", then=invented_job),
        "is not in the array's audit events", by=("audit_event",),
    ),
    Row(
        "the same, with an audit log without such entries", UNAVAILABLE, forbidden("/job*", then=invented_and_silent),
        "has no start or stop", by=("audit_event",),
    ),
    Row("more than 2,000 events", CORROBORATED, many, pages=2),
    Row("an hour of skew", CORROBORATED, nothing, own=True, clock_ahead=3600),
    Row("a clock that was set during the drill", UNAVAILABLE, clock_set, "a clock was set"),
    Row("a record of last year", UNAVAILABLE, of_last_year, "begin at"),
    Row("jobs forgotten, audit events kept", CORROBORATED, jobs_forgotten),
    Row("a session left out, jobs forgotten", CONTRADICTED, left_out_and_jobs_forgotten, "no other record or journal"),
    Row(
        "a session left out and 403 on the jobs", CONTRADICTED, forbidden("/job*", then=left_out),
        "no other record or journal", by=("audit_event",),
    ),
    Row(
        "the same, with audit events that name no jobs", CONTRADICTED,
        forbidden("/job*", then=left_out_and_events_without_jobs), "no other record or journal", by=("audit_event",),
    ),
    Row(
        "another drill under way and 403 on the jobs", CORROBORATED, forbidden("/job*", then=a_drill_under_way),
        by=("audit_event",),
    ),
    Row(
        "the same, and audit events that name no jobs", CORROBORATED,
        forbidden("/job*", then=under_way_and_events_without_jobs), by=("audit_event",),
    ),
    Row("a refused attempt before the stop", CORROBORATED, refused_attempt),
    Row("a record that names no jobs", CORROBORATED, no_job_named),
    Row("the same, and no such job", UNAVAILABLE, no_job_at_all, "names no job"),
    Row("audit events that name no jobs", CORROBORATED, events_without_jobs),
    Row("a record of another array", REFUSED, other_array, "Ask the array of the record."),
)  # fmt: skip
