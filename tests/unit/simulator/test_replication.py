# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Failover tests and what surrounds them, over REST and in process."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import product
from typing import Any

import pytest

from tests.lab.simulator import ApiError, Simulator

from .conftest import ESTATE, Client

STATES = [
    "Deleting",
    "Error",
    "Failed_Over",
    "Failing_Over",
    "Failing_Over_For_DR",
    "Fractured",
    "Initializing",
    "Modify_Role_In_Progress",
    "OK",
    "Partial_Failed_Back",
    "Partial_Failed_Over",
    "Partial_OK",
    "Partial_Paused",
    "Partial_Reprotected",
    "Paused",
    "Paused_For_Migration",
    "Paused_For_NDU",
    "Pausing",
    "Reprotecting",
    "Resuming",
    "Switching_To_Metro_Sync",
    "Switching_To_Synchronous",
    "Synchronizing",
    "System_Paused",
]
ROLES = ("Source", "Destination", "Metro_Preferred", "Metro_Non_Preferred")
TYPES = ("Asynchronous", "Metro_Active_Active", "Synchronous")
RESOURCES = ("volume", "volume_group", "replication_group", "nas_server", "file_system")
ALLOWED = {
    ("Destination", "Asynchronous", resource, state)
    for resource in ("volume", "volume_group")
    for state in ("OK", "Synchronizing", "Paused", "System_Paused")
}


def test_start_is_taken_in_exactly_eight_of_1440_combinations() -> None:
    assert len(STATES) == 24
    sim = Simulator.from_dict(ESTATE)
    taken, refusals = set(), set()
    for combination in product(ROLES, TYPES, RESOURCES, STATES):
        role, kind, resource, state = combination
        sim.dr.set_session(
            "erp-data", role=role, type=kind, resource_type=resource, state=state, failover_test_in_progress=False
        )
        try:
            sim.dr.start_failover_test("erp-data")
        except ApiError as error:
            refusals.add(error.status)
        else:
            taken.add(combination)
            with pytest.raises(ApiError, match="in progress"):
                sim.dr.start_failover_test("erp-data")
            assert sim.dr.session("erp-data").state == state
            sim.dr.stop_failover_test("erp-data")
    sim.stop()
    assert taken == ALLOWED
    assert refusals == {400, 422}


def path(sim: Simulator, name: str, action: str) -> str:
    return f"/replication_session/{sim.dr.session(name).id}/{action}"


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["messages"][0]["code"]


def test_start_and_stop_leave_jobs_and_audit_events(sim: Simulator, dr: Client) -> None:
    session = sim.dr.session("erp-db")
    assert dr.post(path(sim, "erp-db", "start_failover_test"), {}).status_code == 204
    assert session.failover_test_in_progress is True
    assert dr.post(path(sim, "erp-db", "stop_failover_test")).status_code == 204
    assert session.failover_test_in_progress is False
    jobs = dr.get("/job", select="*", resource_id=f"eq.{session.id}", order="start_time")
    assert [job["resource_action"] for job in jobs] == ["start_failover_test", "stop_failover_test"]
    for job in jobs:
        assert job["phase"] == "Completed"
        assert job["state"] == "COMPLETED"
        assert job["response_status"] == "204"
        assert job["user"] == "admin"
        assert job["resource_type"] == "replication_session"
        assert job["progress_percentage"] == 100
        (event,) = dr.get("/audit_event", select="*", job_id=f"eq.{job['id']}")
        assert (event["is_successful"], event["username"]) == (True, "admin")
    assert sim.dr.executed("start_failover_test") == sim.dr.executed("stop_failover_test") == [session.id]


def test_refusals_leave_no_job_and_change_nothing(sim: Simulator, dr: Client, production: Client) -> None:
    stop, start = path(sim, "erp-data", "stop_failover_test"), path(sim, "erp-data", "start_failover_test")
    assert dr.post(stop).status_code == 422
    assert code(dr.post(start, {"snapshot": "x"})) == (400, "0xE04040030001")
    assert code(dr.post(start, {"snapshot_id": None})) == (400, "0xE04040030001")
    assert code(dr.post(start, {"snapshot_id": "nope"})) == (404, "0xE0A08001000E")
    assert production.post(start).status_code == 400
    assert code(dr.post("/replication_session/nope/start_failover_test")) == (404, "0xE04040020009")
    assert code(dr.post(start, {"snapshot_id": "nope"}, is_async="true")) == (404, "0xE0A08001000E")
    assert dr.get("/job") == []
    assert sim.dr.executed("start_failover_test") == []
    assert {row["is_successful"] for row in dr.get("/audit_event", select="is_successful")} == {False}


def test_async_job_runs_for_its_time_and_then_the_flag_changes(sim: Simulator, dr: Client) -> None:
    sim.operation_seconds["start_failover_test"] = 0.3
    answer = dr.post(path(sim, "erp-data", "start_failover_test"), is_async="true")
    assert answer.status_code == 202
    job_path = f"/job/{answer.json()['id']}"
    job = dr.get(job_path, select="phase,end_time,response_status")
    assert job == {"phase": "In_Progress", "end_time": None, "response_status": None}
    assert sim.dr.session("erp-data").failover_test_in_progress is False
    busy = dr.post(path(sim, "erp-data", "pause"))
    assert busy.status_code == 422  # one operation at a time
    sim.world.closing.wait(0.35)
    job = dr.get(job_path, select="phase,start_time,end_time")
    length = datetime.fromisoformat(job["end_time"]) - datetime.fromisoformat(job["start_time"])
    assert job["phase"] == "Completed"
    assert timedelta(seconds=0.29) < length < timedelta(seconds=0.31)
    assert sim.dr.session("erp-data").failover_test_in_progress is True


def test_snapshot_of_the_right_resource_only(sim: Simulator, dr: Client) -> None:
    volumes = {row["name"]: row["id"] for row in dr.get("/volume", select="id,name", type="eq.Snapshot")}
    groups = {row["name"]: row["id"] for row in dr.get("/volume_group", select="id,name", type="eq.Snapshot")}
    assert volumes.keys() == {"monday", "engine", "tuesday.db,data", "tuesday.db(log)"}
    start = path(sim, "erp-db", "start_failover_test")
    for wrong in (volumes["monday"], volumes["tuesday.db,data"]):
        assert dr.post(start, {"snapshot_id": wrong}).status_code == 422
    assert dr.post(start, {"snapshot_id": groups["tuesday"]}).status_code == 204
    start = path(sim, "erp-data", "start_failover_test")
    assert dr.post(start, {"snapshot_id": groups["tuesday"]}).status_code == 422
    assert dr.post(start, {"snapshot_id": volumes["engine"]}).status_code == 422  # the system's
    assert dr.post(start, {"snapshot_id": volumes["monday"]}).status_code == 204


@pytest.mark.parametrize(("name", "kind"), [("erp-data", "volume"), ("erp-db", "volume_group")])
@pytest.mark.parametrize("is_async", ["true", "false"])
def test_end_of_test_snapshot(sim: Simulator, dr: Client, name: str, kind: str, is_async: str) -> None:
    sim.dr.start_failover_test(name)
    body = {"create_end_of_test_snapshot": True}
    answer = dr.post(path(sim, name, "stop_failover_test"), body, is_async=is_async)
    if is_async == "true":
        job = dr.get(f"/job/{answer.json()['id']}", select="response_body,response_status")
        assert job["response_status"] == "200"
        snapshot = job["response_body"].pop("snapshot_id")
        assert job["response_body"] == {"response_type": "job_replication_session_stop_failover_test_response"}
    else:
        assert answer.status_code == 200
        snapshot = answer.json()["snapshot_id"]
    row = dr.get(f"/{kind}/{snapshot}", select="name,type,protection_data")
    assert row["name"].startswith("failover_test_STOPPED_")
    assert row["type"] == "Snapshot"
    data = row["protection_data"]
    assert data["source_id"] == sim.dr.session(name).local_resource_id
    expires = datetime.fromisoformat(data["expiration_timestamp"])
    assert timedelta(days=2.9) < expires - sim.clock.now() < timedelta(days=3.1)
    assert dr.send("PATCH", f"/{kind}/{snapshot}", json={"expiration_timestamp": None}).status_code == 204
    sim.clock.advance(10 * 86400)
    dr.login()
    assert dr.get(f"/{kind}/{snapshot}", select="protection_data")["protection_data"]["expiration_timestamp"] is None
    assert dr.send("DELETE", f"/{kind}/{snapshot}").status_code == 204
    assert dr.send("GET", f"/{kind}/{snapshot}").status_code == 404


def test_snapshots_expire(sim: Simulator, dr: Client) -> None:
    sim.dr.start_failover_test("erp-data")
    job = sim.dr.stop_failover_test("erp-data", create_end_of_test_snapshot=True)
    assert job.body is not None
    sim.clock.advance(4 * 86400)
    dr.login()
    assert dr.send("GET", f"/volume/{job.body['snapshot_id']}").status_code == 404


def test_stop_needs_the_remote_system_or_force(sim: Simulator, dr: Client) -> None:
    sim.dr.start_failover_test("erp-data")
    sim.link.cut()
    (remote,) = dr.get("/remote_system", select="state,data_connection_state")
    assert remote == {"state": "Management_Connection_Lost", "data_connection_state": "Complete_Data_Connection_Loss"}
    assert sim.dr.session("erp-data").state == sim.production.session("erp-data").state == "System_Paused"
    assert dr.post(path(sim, "erp-data", "stop_failover_test")).status_code == 422
    assert dr.post(path(sim, "erp-data", "stop_failover_test"), {"force": True}).status_code == 204
    assert dr.post(path(sim, "erp-data", "start_failover_test")).status_code == 204
    sim.link.restore()
    assert sim.dr.session("erp-data").state == sim.production.session("erp-data").state == "OK"


def test_a_resize_during_the_test_is_undone(sim: Simulator, dr: Client) -> None:
    volume = sim.dr.session("erp-data").local_resource_id
    size = dr.get(f"/volume/{volume}", select="size")["size"]
    assert dr.send("PATCH", f"/volume/{volume}", json={"size": 2 * size}).status_code == 422
    sim.dr.start_failover_test("erp-data")
    assert dr.send("PATCH", f"/volume/{volume}", json={"size": 2 * size}).status_code == 204
    sim.dr.stop_failover_test("erp-data")
    assert dr.get(f"/volume/{volume}", select="size")["size"] == size


def test_both_sides_show_one_session(sim: Simulator, dr: Client, production: Client) -> None:
    select = "id,role,state,local_resource_id,remote_resource_id,progress_percentage,failover_test_in_progress"
    sim.dr.start_failover_test("erp-data")
    ours = dr.get(path(sim, "erp-data", "").rstrip("/"), select=select)
    theirs = production.get(path(sim, "erp-data", "").rstrip("/"), select=select)
    assert (ours["role"], theirs["role"]) == ("Destination", "Source")
    assert ours["local_resource_id"] == theirs["remote_resource_id"]
    assert ours["remote_resource_id"] == theirs["local_resource_id"]
    assert (ours["progress_percentage"], theirs["progress_percentage"]) == (None, 0)
    assert ours["failover_test_in_progress"] is theirs["failover_test_in_progress"] is True


def test_options_for_what_is_not_known_of_the_source() -> None:
    options = {"source_shows_test": False, "same_session_id": False}
    sim = Simulator.from_dict({**ESTATE, "options": options})
    sim.dr.start_failover_test("erp-data")
    ours, theirs = sim.dr.session("erp-data"), sim.production.session("erp-data")
    sim.stop()
    assert ours.id != theirs.id
    assert ours.failover_test_in_progress is True
    assert theirs.failover_test_in_progress is None


def test_recovery_points_advance_by_cycles_and_during_a_test(sim: Simulator) -> None:
    def age(name: str) -> float:
        last = sim.dr.session(name).last_sync
        assert last is not None
        return (sim.clock.now() - last).total_seconds()

    sim.dr.start_failover_test("erp-data")
    sim.clock.advance(3600)
    assert age("erp-data") < 241
    sim.dr.set_session("erp-db", state="Paused")
    before = age("erp-db")
    sim.clock.advance(600)
    assert age("erp-db") > before + 599
    assert age("old") > 3 * 3600  # older than its RPO: it does not replicate
    sim.production.operate("old", "sync")
    assert age("old") < 5


def test_synchronizing_is_shown_if_asked_for() -> None:
    estate = {**ESTATE, "options": {"show_synchronizing": True}, "clock": {"frozen": True}}
    with Simulator.from_dict(estate) as sim:
        client = Client(sim, sim.production)
        client.login()
        sim.clock.advance(240 - 60 - 4)  # half of the cycle's 8 seconds
        row = client.get(path(sim, "erp-data", "").rstrip("/"), select="state,progress_percentage")
    assert row == {"state": "Synchronizing", "progress_percentage": 50}


@pytest.mark.parametrize(
    ("release", "cycle", "shown"),
    [("3.6.1.0", 150, 150), ("4.0.0.0", 240, 150), ("4.1.0.0", 240, 150), ("4.2.0.0", 240, 240)],
)
def test_cycles_and_what_is_said_of_the_next_one(release: str, cycle: int, shown: int) -> None:
    arrays = {name: {"release_version": release} for name in ("production", "dr")}
    sim = Simulator.from_dict({"arrays": arrays, "clock": {"frozen": True}, "sessions": [{"volume": "erp"}]})
    with sim:
        client = Client(sim, sim.production)
        client.login()
        ages = set()
        for _second in range(cycle + 60):
            sim.clock.advance(1)
            last = sim.dr.session("erp").last_sync
            assert last is not None
            ages.add((sim.clock.now() - last).total_seconds())
        assert max(ages) == cycle - 1
        (row,) = client.get("/replication_session", select="last_sync_timestamp,next_sync_timestamp")
    said, last = (datetime.fromisoformat(row[f"{name}_sync_timestamp"]) for name in ("next", "last"))
    assert said - last == timedelta(seconds=shown)


@pytest.mark.parametrize(("stamper", "ahead"), [("own", 60), ("source", 600)])
def test_whose_clock_stamps_the_recovery_point(stamper: str, ahead: int) -> None:
    estate = {
        "arrays": {"dr": {"clock_skew": 60}, "production": {"clock_skew": 600}},
        "clock": {"frozen": True},
        "options": {"recovery_point_clock": stamper},
        "sessions": [{"volume": "erp", "recovery_point_age": 100}],
    }
    with Simulator.from_dict(estate) as sim:

        def stamped() -> float:
            last = sim.dr.session("erp").last_sync
            assert last is not None
            return (last - sim.clock.now()).total_seconds()

        assert stamped() == ahead - 100
        sim.dr.step_clock(1000)
        sim.production.step_clock(-2000)
        assert sim.dr.array.now() - sim.clock.now() == timedelta(seconds=1060)
        assert stamped() == ahead - 100  # what was stamped stays
        sim.production.operate("erp", "sync")
        assert stamped() == (1060 if stamper == "own" else -1400)


def test_a_full_appliance_makes_its_volumes_read_only(sim: Simulator, dr: Client) -> None:
    sim.dr.start_failover_test("erp-data")
    writable = {name: sim.dr.session(name).is_writable() for name in ("erp-data", "erp-db")}
    assert writable == {"erp-data": True, "erp-db": False}
    last = sim.dr.session("erp-data").last_sync
    sim.dr.set_write_protected()
    sim.clock.advance(1000)
    assert not sim.dr.session("erp-data").is_writable()
    assert sim.dr.session("erp-data").last_sync == last
    (alert,) = dr.get("/alert", select="*")
    assert (alert["severity"], alert["event_code"], alert["state"]) == ("Critical", "0x00200701", "ACTIVE")
    assert (alert["resource_type"], alert["resource_id"]) == ("appliance", "A1")
    assert dr.get("/appliance/A1", select="name") == {"name": alert["resource_name"]}
    sim.dr.set_write_protected(False)
    (alert,) = dr.get("/alert", select="state,cleared_timestamp")
    assert (alert["state"], alert["cleared_timestamp"] is not None) == ("CLEARED", True)
    assert sim.dr.session("erp-data").is_writable()


def test_planned_failover_waits_for_the_test_to_end(sim: Simulator, production: Client, dr: Client) -> None:
    failover = path(sim, "erp-data", "failover")
    sim.dr.start_failover_test("erp-data")
    assert production.post(failover, {"is_planned": True}).status_code == 422
    assert dr.post(failover, {"is_planned": False}).status_code == 422
    sim.dr.stop_failover_test("erp-data")
    assert dr.post(failover).status_code == 400  # planned, at the destination
    assert production.post(failover).status_code == 204
    assert (sim.dr.session("erp-data").role, sim.dr.session("erp-data").state) == ("Source", "Failed_Over")
    assert code(dr.post(failover, {"is_planned": False})) == (422, "0xE0201005000C")
    assert dr.post(path(sim, "erp-data", "reprotect")).status_code == 204
    assert (sim.production.session("erp-data").role, sim.dr.session("erp-data").state) == ("Destination", "OK")


def test_unplanned_failover_with_the_test_copy(sim: Simulator, dr: Client) -> None:
    sim.dr.start_failover_test("erp-data")
    sim.link.cut()
    answer = dr.post(path(sim, "erp-data", "failover"), {"is_planned": False, "use_test_copy": True})
    assert answer.status_code == 204
    session = sim.dr.session("erp-data")
    assert (session.role, session.state, session.failover_test_in_progress) == ("Source", "Failed_Over", False)
    assert sim.production.session("erp-data").role == "Source"
    sim.link.restore()
    assert sim.production.session("erp-data").role == "Destination"


def test_pause_resume_and_metro(sim: Simulator, dr: Client) -> None:
    for action, state in (("pause", "Paused"), ("resume", "OK")):
        assert dr.post(path(sim, "erp-data", action)).status_code == 204
        assert sim.production.session("erp-data").state == state
    assert dr.post(path(sim, "metro-1", "promote")).status_code == 422
    sim.dr.set_session("metro-1", state="Fractured")
    assert dr.post(path(sim, "metro-1", "promote")).status_code == 204
    assert dr.post(path(sim, "erp-data", "promote")).status_code == 422


def test_mappings(sim: Simulator, dr: Client) -> None:
    volume = sim.dr.session("old").local_resource_id
    attach, detach = f"/volume/{volume}/attach", f"/volume/{volume}/detach"
    assert dr.post(attach, {"host_id": "name:h2", "host_group_id": "x"}).status_code == 400
    assert dr.post(attach, {"host_id": "name:nobody"}).status_code == 404
    assert dr.post(attach, {"host_id": "name:h2", "logical_unit_number": 7}).status_code == 204
    assert dr.post(attach, {"host_id": "name:h2"}).status_code == 422
    rows = dr.get("/host_volume_mapping", volume_id=f"eq.{volume}", select="host(name),logical_unit_number,host_group")
    assert rows == [{"host": {"name": "h2"}, "logical_unit_number": 7, "host_group": None}]
    assert dr.post(detach, {"host_id": "name:h2"}).status_code == 204
    assert code(dr.post(detach, {"host_id": "name:h2"})) == (422, "0xE0A08001000F")


def test_a_snapshot_of_the_source_is_replicated(sim: Simulator, dr: Client, production: Client) -> None:
    source = sim.production.session("erp-db").local_resource_id
    answer = production.post(f"/volume_group/{source}/snapshot", {"name": "friday"})
    assert answer.status_code == 200
    theirs = production.get(f"/volume_group/{answer.json()['id']}", select="protection_data")
    ours = dr.get("/volume_group/name:friday", select="protection_data,volumes(name)")
    assert ours["protection_data"]["copy_signature"] is not None
    assert ours["protection_data"]["copy_signature"] == theirs["protection_data"]["copy_signature"]
    assert len(ours["volumes"]) == 2
    destination = sim.dr.session("erp-db").local_resource_id
    assert dr.post(f"/volume_group/{destination}/snapshot", {"name": "no"}).status_code == 422
