# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""For each module the tasks that it is held against the law with: one that changes something, and one that fails."""

from __future__ import annotations

import json
import os
import typing as t
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from tests.lab.simulator import Simulator
from tests.lab.tamper.table import make_key
from tests.lab.witness.drilled import drilled
from tests.running import Result, connection_to, run_module
from tests.unit.makers import covered as coverage
from tests.unit.makers.drills import CONTEXT, a_drill
from tests.unit.makers.linux_host import HEX, OTHER, LinuxHost

Options = dict[str, t.Any]


@dataclass(frozen=True)
class Scenario:
    """A task of a module. `prepare` brings about what the task finds, and gives its options."""

    name: str
    prepare: Callable[[Simulator, Path], Options]
    changes: bool = True  # what check mode predicts, and a real run that does not fail does
    fails: bool = False
    unforeseen: bool = False  # the array refuses what by all that can be read it should do
    not_repeatable: str = ""  # why a second run is a change, too
    meanwhile: bool = False  # somebody else changes the array during the task, so that the diff is not all there is


def _both(_simulator: Simulator, _folder: Path) -> Options:
    return {"sessions": [{"volume": "erp-data"}, {"volume_group": "erp-db"}], "poll_interval": 0.1}


def _snapshot(_simulator: Simulator, _folder: Path) -> Options:
    return {"sessions": [{"volume": "files-archive", "snapshot": "files-archive-monday"}], "state": "started"}


def _start(simulator: Simulator, folder: Path) -> Options:
    return {**_both(simulator, folder), "state": "started"}


def _stop(simulator: Simulator, folder: Path) -> Options:
    for name in ("erp-data", "erp-db"):
        simulator.dr.start_failover_test(name, user=simulator.username)
    kept = {"create_end_of_test_snapshot": True, "end_of_test_snapshot_expiration": "30d"}
    return {**_both(simulator, folder), **kept, "state": "stopped"}


def _stop_without_snapshot(simulator: Simulator, folder: Path) -> Options:
    wanted = {"create_end_of_test_snapshot": True}
    path, refusal = "*/stop_failover_test", {"messages": []}
    simulator.faults.add(array="dr", method="POST", path=path, action="answer", status=422, body=refusal, when=wanted)
    return {**_stop(simulator, folder), "attempts": 2, "attempt_delay": 0}


def _stop_of_somebody_elses(simulator: Simulator, folder: Path) -> Options:
    simulator.dr.start_failover_test("erp-data", user="colleague")
    entry = {"volume": "erp-data", "started_by_job": "of-another-test", "create_end_of_test_snapshot": True}
    return {"sessions": [entry], "state": "stopped"}


def _stop_after_a_failover(simulator: Simulator, folder: Path) -> Options:
    simulator.dr.operate("erp-db", "failover", "colleague", is_planned=False)
    return {**_stop_of_one(simulator), "attempts": 3}


def _stop_of_one(simulator: Simulator) -> Options:
    simulator.dr.start_failover_test("erp-data", user=simulator.username)
    return {**_both(simulator, Path()), "state": "stopped"}


def _start_and_roll_back(simulator: Simulator, folder: Path) -> Options:
    path = f"/replication_session/{simulator.dr.session('erp-db').id}/start_failover_test"
    simulator.faults.add(array="dr", method="POST", path=path, action="answer", status=422, body={"messages": []})
    return {**_start(simulator, folder), "on_failure": "rollback"}


def _refused(simulator: Simulator, folder: Path) -> Options:
    simulator.dr.set_session("erp-db", state="Failed_Over")
    return _start(simulator, folder)


def _info(_simulator: Simulator, _folder: Path) -> Options:
    return {"role": "Destination"}


def _info_with_log(simulator: Simulator, folder: Path) -> Options:
    return {**_running_info(simulator, folder), "test_log": True, "population": True}


def _running_info(simulator: Simulator, _folder: Path) -> Options:
    simulator.dr.start_failover_test("erp-data", user="colleague")
    return {"failover_test_in_progress": True}


def _copy_failed(simulator: Simulator, _folder: Path) -> Options:
    simulator.dr.set_session("erp-data", error_code="0xE0201005000F")
    return {"volume": "erp-data"}


def _no_such_volume(_simulator: Simulator, _folder: Path) -> Options:
    return {"volume": "erp"}


def _on_production(simulator: Simulator, sessions: list[Options]) -> Options:
    return {"port": simulator.production.port, "sessions": sessions, "poll_interval": 0.1}


def _sync(simulator: Simulator, _folder: Path) -> Options:
    given = _on_production(simulator, [{"volume": "erp-data"}, {"volume_group": "erp-db"}])
    simulator.clock.advance(
        60
    )  # the last synchronisation is older than what is asked for, and the next one not yet due
    return {**given, "since": (simulator.clock.now() - timedelta(seconds=20)).isoformat()}


def _sync_paused(simulator: Simulator, _folder: Path) -> Options:
    simulator.production.set_session("erp-data", state="Paused")
    return _on_production(simulator, [{"volume": "erp-data"}])


def _sweep(simulator: Simulator, _folder: Path) -> Options:
    simulator.dr.start_failover_test("erp-data", user=simulator.username)
    simulator.dr.start_failover_test("erp-db", user="colleague")
    return {"policy": "stop", "poll_interval": 0.1, "settle_time": 0, "force": "never"}


def _sweep_refused(simulator: Simulator, folder: Path) -> Options:
    simulator.faults.add(
        array="dr", method="POST", path="*/stop_failover_test", action="answer", status=422, body=_NO_REASON
    )
    return _sweep(simulator, folder)


def _sweep_of_a_session_that_goes(simulator: Simulator, folder: Path) -> Options:
    simulator.faults.add(array="dr", method="POST", path="*/stop_failover_test", action="remove_session")
    simulator.dr.start_failover_test("erp-data", user=simulator.username)
    return {"policy": "stop", "poll_interval": 0.1, "settle_time": 0, "own_starts": []}


def _sweep_of_a_stranger(simulator: Simulator, _folder: Path) -> Options:
    return {"username": "nobody", "policy": "stop"}


def _checks(simulator: Simulator, folder: Path, *, good: bool = True) -> Options:
    """One of each kind, a hidden one, and one that nothing answers and that is not critical."""
    folder.mkdir(exist_ok=True)
    port = {"host": simulator.dr.host, "port": simulator.dr.port}
    checks: list[Options] = [
        {"name": "port", "tcp": port, "session": "erp-data"},
        {"name": "command", "command": ["true" if good else "false"], "chdir": str(folder), "retry": False},
        {"name": "hidden", "command": "true", "no_log": True},
        {
            "name": "page",
            "http": {"url": "http://127.0.0.1:1/", "ca_path": str(simulator.ca_path)},
            "critical": False,
            "retry": False,
        },
    ]
    return {**dict.fromkeys(connection_to(simulator)), "checks": checks}


def _check_failed(simulator: Simulator, folder: Path) -> Options:
    return _checks(simulator, folder, good=False)


def _odd_check(simulator: Simulator, folder: Path) -> Options:
    given = _checks(simulator, folder)
    return {**given, "checks": [*given["checks"], {"name": "odd", "command": "true", "contains": True}]}


def _host(folder: Path) -> LinuxHost:
    """A made-up Linux host whose commands are found first, until the test ends."""
    host = LinuxHost(folder)
    os.environ["PATH"] = f"{host.path}{os.pathsep}{os.environ['PATH']}"
    host.disk()
    return host


def _to_mount(simulator: Simulator, folder: Path) -> Options:
    host = _host(folder)
    volume = {"volume": "erp-data", "wwn": f"naa.{HEX}", "path": f"{folder}/mnt/erp", "fstype": "ext4"}
    given = {"state": "mounted", "volumes": [volume], "multipath": False, "timeout": 30, **host.options}
    return {**dict.fromkeys(connection_to(simulator)), **given}


def _to_unmount(simulator: Simulator, folder: Path) -> Options:
    given = _to_mount(simulator, folder)
    LinuxHost(folder).mounted("sdx", f"{folder}/mnt/erp")
    return {**given, "state": "unmounted"}


def _another_disk(simulator: Simulator, folder: Path) -> Options:
    given = _to_mount(simulator, folder)
    LinuxHost(folder).attribute("sdx", "device/wwid", f"naa.{OTHER}")
    return given


def _not_there_yet(simulator: Simulator, folder: Path) -> Options:
    given = _to_mount(simulator, folder)
    (folder / f"by-id/wwn-0x{HEX}").unlink()
    (folder / "bin/iscsiadm").write_text("#!/bin/sh\n")
    return {**given, "timeout": 0.5}


def _journal(_simulator: Simulator, folder: Path) -> Options:
    """The plan of a drill: nothing is written before something is started."""
    nothing = dict.fromkeys(connection_to(_simulator))
    variables = {"sessions": [{"volume": "erp-data"}], "steps": {"validate": [{"name": "x", "command": ["true"]}]}}
    return {**nothing, "event": "begin", "id": "1", "directory": str(folder / "records"), "variables": variables}


def _journal_of_no_event(simulator: Simulator, folder: Path) -> Options:
    return {**_journal(simulator, folder), "event": "none"}


def _record(simulator: Simulator, folder: Path) -> Options:
    nothing = dict.fromkeys(connection_to(simulator))  # it asks no array
    return {**nothing, **CONTEXT, **a_drill(), "kind": "drill", "directory": str(folder / "records")}


def _sign_off(simulator: Simulator, folder: Path) -> Options:
    chained = _chained_report(simulator, folder)
    _result(simulator, name="drill_report", **chained)
    criteria = [{"criterion": text, "met": True} for text in CONTEXT["success_criteria"]]
    person = {"name": "B. Manager", "role": "Owner", "decision": "accepted", "criteria": criteria, "method": "paper"}
    return {**dict.fromkeys(connection_to(simulator)), "record": chained["record"], "sign": chained["sign"], **person}


def _sign_off_by_key(simulator: Simulator, folder: Path) -> Options:
    options = _sign_off(simulator, folder)
    make_key(folder, "own_key")
    return {**options, "method": "ssh", "key": str(folder / "own_key")}


def _sign_off_not_judged(simulator: Simulator, folder: Path) -> Options:
    return {**_sign_off(simulator, folder), "criteria": []}


def _report(simulator: Simulator, folder: Path) -> Options:
    path = _result(simulator, name="drill_record", **_record(simulator, folder))["path"]
    return {**dict.fromkeys(connection_to(simulator)), "record": path}


def _chained_report(simulator: Simulator, folder: Path) -> Options:
    """Signed, too; what the signature of a command looks like is that command's own matter."""
    return {**_report(simulator, folder), "chain": True, "sign": {"method": "command", "command": ["cat"]}}


def _no_record(simulator: Simulator, folder: Path) -> Options:
    return {**dict.fromkeys(connection_to(simulator)), "record": str(folder / "none.json")}


def _witness(simulator: Simulator, folder: Path) -> Options:
    return {"record": str(drilled(simulator, folder / "records"))}


def _witness_of_a_liar(simulator: Simulator, folder: Path) -> Options:
    path = drilled(simulator, folder / "records")
    record = json.loads(path.read_text())
    record["who"]["array_account"] = "somebody"
    path.write_text(json.dumps(record))
    return {"record": str(path)}


def _witness_of_one_log(simulator: Simulator, folder: Path) -> Options:
    options = _witness(simulator, folder)
    simulator.faults.add(array="dr", method="GET", path="/job", action="answer", status=403)
    return options


def _chain(simulator: Simulator, folder: Path) -> Options:
    path = _result(simulator, name="drill_record", **_record(simulator, folder))["path"]
    return {**dict.fromkeys(connection_to(simulator)), "state": "appended", "directory": str(Path(path).parent)}


def _verified(simulator: Simulator, folder: Path) -> Options:
    options = _chain(simulator, folder)
    _result(simulator, name="drill_chain", **options)
    return {**options, "state": "verified"}


def _collected(simulator: Simulator, folder: Path) -> Options:
    options = _chain(simulator, folder)
    (Path(options["directory"]) / "notes.txt").write_text("a person's notes")
    return {**options, "state": "collected", "new_chain": True}


def _signed(simulator: Simulator, folder: Path) -> Options:
    options = _chain(simulator, folder)
    allowed = folder / "allowed_signers"
    allowed.write_text(f"drills@example.com {make_key(folder, 'key')}")
    _result(simulator, name="drill_chain", **options, sign={"method": "ssh", "key": str(folder / "key")})
    return {**options, "state": "verified", "allowed_signers": str(allowed)}


def _changed_record(simulator: Simulator, folder: Path) -> Options:
    options = _verified(simulator, folder)
    (record,) = Path(options["directory"]).glob("drill-*.json")
    record.write_text(record.read_text().replace("passed", "failed"))
    return {**options, "allowed_signers": None}


def _no_chain(simulator: Simulator, folder: Path) -> Options:
    return {**dict.fromkeys(connection_to(simulator)), "directory": str(folder)}


def _result(simulator: Simulator, *, name: str, **options: t.Any) -> Result:
    result = run_module(simulator, name, **options)
    assert not result.get("failed"), result
    return result


def _awx(simulator: Simulator, folder: Path) -> Options:
    return {**dict.fromkeys(connection_to(simulator)), "directory": str(folder / "records"), "workflow_job_id": "7"}


def _odd_drill(simulator: Simulator, folder: Path) -> Options:
    return {**_awx(simulator, folder), "drill": "passed"}


def _contact_read(_simulator: Simulator, _folder: Path) -> Options:
    return {"volume": "erp-data", "step": "read"}


def _contact_watch(simulator: Simulator, _folder: Path) -> Options:
    simulator.dr.start_failover_test("erp-db", user=simulator.username)
    return {"volume_group": "erp-db", "step": "watch", "seconds": 0}


def _contact_second_start(simulator: Simulator, _folder: Path) -> Options:
    simulator.dr.start_failover_test("erp-data", user=simulator.username)
    return {"volume": "erp-data", "step": "second_start"}


def _contact_second_stop(_simulator: Simulator, _folder: Path) -> Options:
    return {"volume": "erp-data", "step": "second_stop"}


def _contact_nowhere(_simulator: Simulator, _folder: Path) -> Options:
    return {"volume": "nowhere", "step": "read"}


def _contact_answers(simulator: Simulator, folder: Path) -> Options:
    before = run_module(simulator, "first_contact", volume="erp-data", step="read")
    return {**dict.fromkeys(connection_to(simulator)), "directory": str(folder / "facts"), "before": before}


def _nas_servers(simulator: Simulator, _folder: Path) -> Options:
    """Two NAS servers; the network of their clones is isolated."""
    address = {"ip_address": "192.0.2.20", "prefix_length": 24, "gateway": "192.0.2.1", "vlan_id": 412}
    simulator.add_session(nas_server="homes", file_systems=["home-a", "home-b"])
    simulator.add_session(nas_server="finance", interfaces=[{"ip_address": "198.51.100.5"}])
    servers = [{"nas_server": "homes", "interface": address}, {"nas_server": "finance", "file_systems": ["finance-fs"]}]
    return {"nas_servers": servers, "isolated": True, "poll_interval": 0.1, "wait_timeout": 60}


def _nas_start(simulator: Simulator, folder: Path) -> Options:
    return {**_nas_servers(simulator, folder), "state": "started"}


def _nas_stop(simulator: Simulator, folder: Path) -> Options:
    """One of them has a clone of somebody else, too."""
    options = _nas_servers(simulator, folder)
    _result(simulator, name="nas_dr_test", **options, state="started")
    simulator.dr.clone_nas_server("homes", "by-hand", "jdoe")
    return {**options, "state": "stopped"}


def _nas_refused(simulator: Simulator, folder: Path) -> Options:
    options = _nas_servers(simulator, folder)
    options["nas_servers"][1]["interface"] = {"ip_address": "198.51.100.5", "prefix_length": 24}
    return {**options, "isolated": False, "state": "started"}


def _nas_half_done(simulator: Simulator, folder: Path) -> Options:
    simulator.faults.add(
        array="dr", method="POST", path="/file_interface", action="answer", status=422, body=_NO_REASON
    )
    return {**_nas_start(simulator, folder), "on_failure": "rollback"}


def _homes(simulator: Simulator) -> Options:
    """A NAS server beside the sessions, and how a task asks for its clone."""
    simulator.add_session(nas_server="homes", file_systems=["home-a", "home-b"])
    return {"nas_server": "homes", "interface": {"ip_address": "192.0.2.20", "prefix_length": 24}, "isolated": True}


def _start_with_nas(simulator: Simulator, _folder: Path) -> Options:
    homes = _homes(simulator)
    return {"sessions": [{"volume": "erp-data"}, homes], "poll_interval": 0.1, "state": "started"}


def _stop_with_nas(simulator: Simulator, folder: Path) -> Options:
    options = _start_with_nas(simulator, folder)
    _result(simulator, name="replication_failover_test", **options)
    return {**options, "sessions": [{"volume": "erp-data"}, {"nas_server": "homes"}], "state": "stopped"}


def _sweep_of_a_clone(simulator: Simulator, folder: Path) -> Options:
    _homes(simulator)
    simulator.dr.clone_nas_server("homes", "by-hand", simulator.username)
    return _sweep(simulator, folder)


def _info_of_a_nas_server(simulator: Simulator, _folder: Path) -> Options:
    homes = _homes(simulator)
    simulator.dr.clone_nas_server("homes", "by-hand", simulator.username)
    return {"sessions": [homes, {"volume": "erp-data"}]}


def _contact_nas_clone(simulator: Simulator, _folder: Path) -> Options:
    _homes(simulator)
    return {"step": "nas_clone", "nas_server": "homes"}


_NO_REASON: Options = {"messages": []}


def _actions(simulator: Simulator, folder: Path) -> Options:
    """One action that a drill opened."""
    folder.mkdir(parents=True, exist_ok=True)
    event = {"event": "opened", "at": "2026-11-23T20:02:11.120Z", "by": "me", "fingerprint": "9f86d081" * 8}
    more = {"cause": "check.failed", "subject": "a", "text": "x", "array": "PS1", "session_id": "s", "record_id": "r"}
    (folder / "actions.jsonl").write_text(json.dumps({**event, **more}) + "\n")
    given = {"directory": str(folder), "fingerprint": "9f86d081"}
    return {**dict.fromkeys(connection_to(simulator)), **given}


def _assign(simulator: Simulator, folder: Path) -> Options:
    return {**_actions(simulator, folder), "state": "assigned", "owner": "A. Osei", "due": "2999-12-31"}


def _accept(simulator: Simulator, folder: Path) -> Options:
    given = {"state": "accepted", "owner": "A. Osei", "until": "2999-12-31", "comment": "Known."}
    return {**_actions(simulator, folder), **given}


def _close(simulator: Simulator, folder: Path) -> Options:
    return {**_actions(simulator, folder), "state": "closed", "comment": "The pool was extended."}


def _no_such_action(simulator: Simulator, folder: Path) -> Options:
    return {**_close(simulator, folder), "fingerprint": "00000000"}


def _coverage(simulator: Simulator, folder: Path) -> Options:
    """A session that was never tested, and one whose last drill was slower than the one before."""
    folder.mkdir(parents=True, exist_ok=True)
    slow = {"application": "ERP", "rto": {"actual_seconds": 600.0}}
    for each in (coverage.record("a", at=coverage.ago(100)), coverage.record("a", at=coverage.ago(10), **slow)):
        (folder / f"drill-{each['drill']['id']}.json").write_text(json.dumps(each))
    (folder / "policy.yml").write_text("period: 90d")
    arrays = [coverage.array(coverage.now_on("a"), coverage.now_on("b"))]
    given = {"directory": str(folder), "policy": str(folder / "policy.yml"), "arrays": arrays}
    return {**dict.fromkeys(connection_to(simulator)), **given}


def _coverage_without_a_policy(simulator: Simulator, folder: Path) -> Options:
    return {**_coverage(simulator, folder), "policy": str(folder / "nowhere.yml")}


SCENARIOS: dict[str, list[Scenario]] = {
    "drill_awx": [
        Scenario("look", _awx),
        Scenario("a drill that is none", _odd_drill, changes=False, fails=True),
    ],
    "drill_check": [
        Scenario("checks", _checks, changes=False),
        Scenario("a critical one failed", _check_failed, changes=False, fails=True, unforeseen=True),
        Scenario("refused", _odd_check, changes=False, fails=True),
    ],
    "drill_chain": [
        Scenario("append", _chain),
        Scenario("collect", _collected),
        Scenario("verify", _verified, changes=False),
        Scenario("verify a signature", _signed, changes=False),
        Scenario("a record that was changed", _changed_record, changes=False, fails=True),
        Scenario("no chain", _no_chain, changes=False, fails=True),
    ],
    "drill_action": [
        Scenario("list", _actions, changes=False),
        Scenario("assign", _assign),
        Scenario("accept", _accept),
        Scenario("close", _close),
        Scenario("no such action", _no_such_action, changes=False, fails=True),
    ],
    "drill_sign_off": [
        Scenario("on paper", _sign_off, not_repeatable="each sign-off has a file of its own, none is overwritten"),
        Scenario(
            "by a key", _sign_off_by_key, not_repeatable="each sign-off has a file of its own, none is overwritten"
        ),
        Scenario("a criterion that is not judged", _sign_off_not_judged, changes=False, fails=True),
    ],
    "drill_coverage": [
        Scenario("coverage", _coverage, not_repeatable="each coverage has files of its own, none is overwritten"),
        Scenario("no policy", _coverage_without_a_policy, changes=False, fails=True),
    ],
    "drill_journal": [
        Scenario("begin", _journal, changes=False),
        Scenario("no such event", _journal_of_no_event, changes=False, fails=True),
    ],
    "drill_record": [
        Scenario("record", _record, not_repeatable="each drill has a record of its own, none is overwritten"),
    ],
    "first_contact": [
        Scenario("read", _contact_read, changes=False),
        Scenario("watch", _contact_watch, changes=False),
        Scenario("a second start", _contact_second_start, changes=False, unforeseen=True),
        Scenario("a second stop", _contact_second_stop, changes=False, unforeseen=True),
        Scenario("no such volume", _contact_nowhere, changes=False, fails=True),
        Scenario("clone of a NAS server", _contact_nas_clone),
    ],
    "first_contact_report": [
        Scenario("answers", _contact_answers, not_repeatable="each call writes files of its own, none is overwritten"),
    ],
    "drill_report": [
        Scenario("reports", _report),
        Scenario("reports in the chain", _chained_report),
        Scenario("no record", _no_record, changes=False, fails=True),
    ],
    "drill_witness": [
        Scenario("corroborated", _witness, changes=False),
        Scenario("corroborated by one log", _witness_of_one_log, changes=False),
        Scenario("contradicted", _witness_of_a_liar, changes=False, fails=True),
        Scenario("no record", _no_record, changes=False, fails=True),
    ],
    "linux_volume": [
        Scenario("mount", _to_mount),
        Scenario("unmount", _to_unmount),
        Scenario("another disk", _another_disk, changes=False, fails=True),
        Scenario("not there", _not_there_yet, fails=True, unforeseen=True),
    ],
    "nas_dr_test": [
        Scenario("start", _nas_start),
        Scenario("stop", _nas_stop),
        Scenario("refused", _nas_refused, changes=False, fails=True),
        Scenario("taken back", _nas_half_done, fails=True, unforeseen=True),
    ],
    "replication_failover_test": [
        Scenario("start", _start),
        Scenario("start from a snapshot", _snapshot),
        Scenario("start with a NAS server", _start_with_nas),
        Scenario("stop with a NAS server", _stop_with_nas),
        Scenario("stop", _stop),
        Scenario("stop without its snapshot", _stop_without_snapshot),
        Scenario("stop of somebody else's test", _stop_of_somebody_elses, changes=False),
        Scenario("stop after a failover", _stop_after_a_failover),
        Scenario("refused", _refused, changes=False, fails=True),
        Scenario("rolled back", _start_and_roll_back, fails=True, unforeseen=True),
    ],
    "replication_failover_test_sweep": [
        Scenario("stop", _sweep),
        Scenario("clone of a NAS server", _sweep_of_a_clone),
        Scenario("stop refused", _sweep_refused, fails=True, unforeseen=True),
        Scenario("login refused", _sweep_of_a_stranger, changes=False, fails=True),
        Scenario("session gone", _sweep_of_a_session_that_goes, unforeseen=True, meanwhile=True),
    ],
    "replication_session_info": [
        Scenario("all", _info, changes=False),
        Scenario("running", _running_info, changes=False),
        Scenario("with the log of tests", _info_with_log, changes=False),
        Scenario("a NAS server", _info_of_a_nas_server, changes=False),
        Scenario("copy failed", _copy_failed, changes=False),
        Scenario("not found", _no_such_volume, changes=False, fails=True),
    ],
    "replication_session_sync": [
        Scenario("sync", _sync),
        Scenario("paused", _sync_paused, changes=False, fails=True),
    ],
}
