# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a person says of a record: written once, every criterion judged, never of a record that was changed."""

from __future__ import annotations

import hashlib
import json
import subprocess
import typing as t
from pathlib import Path

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._chain.verify import verify
from ansible_collections.drdrill.powerstore.plugins.module_utils._json import Json
from ansible_collections.drdrill.powerstore.plugins.module_utils._record.reading import read_record
from tests.lab.awx.controller import Controller
from tests.lab.tamper.table import make_key
from tests.running import run_action
from tests.unit.makers.records import drill_record
from tests.unit.makers.reporting import write_record

AWX = ("job_id", "job_url", "job_template", "user", "workflow_job_id", "workflow", "launch_type", "schedule",
       "project_revision", "image", "approvals")  # fmt: skip


def recorded(folder: Path, *, awx: Json | None = None, chained: bool = True) -> Path:
    """A record of two criteria, in the chain of its folder."""
    record = drill_record(1)
    if awx is not None:
        known = record["who"]["awx"] or {}
        record["who"]["awx"] = {**{name: known.get(name) for name in AWX}, **awx}
        record = newest(record)
    path = write_record(folder, record)
    if chained:
        assert not run_action("drill_chain", state="appended", directory=str(folder)).get("failed")
    return path


def newest(record: Json) -> Json:
    """The same by the newest schema, which has the approvals."""
    who = record["who"]
    older = {**record, "who": {**who, "awx": None}}
    return {**read_record(older, "a record").as_json(), "who": who}


def signed_off(record: Path, *, check: bool = False, **options: t.Any) -> Json:
    """The result of drill_sign_off; by default on paper, with every criterion met."""
    agreed = json.loads(record.read_text())["drill"]["success_criteria"]
    given = {
        "record": str(record), "name": "B. Manager", "role": "Owner", "decision": "accepted", "method": "paper",
        "criteria": [{"criterion": text, "met": True} for text in agreed],
    }  # fmt: skip
    return run_action("drill_sign_off", check=check, **{**given, **options})


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_it_is_written_added_to_the_chain_and_never_overwritten(tmp_path: Path) -> None:
    record = recorded(tmp_path)
    first, second = signed_off(record), signed_off(record, decision="rejected")
    assert [Path(each["path"]).name for each in (first, second)] == [
        record.name.replace("drill-", "signoff-").replace(".json", f"-{number}.json") for number in (1, 2)
    ]
    said = json.loads(Path(first["path"]).read_text())
    assert said == first["sign_off"]
    assert said["record"] == record.name
    assert said["record_sha256"] == hashlib.sha256(record.read_bytes()).hexdigest()
    assert (said["name"], said["role"], said["decision"], said["method"]) == (
        "B. Manager", "Owner", "accepted", "paper",
    )  # fmt: skip
    assert [each["met"] for each in said["criteria"]] == [True, True] and said["signature"] is None
    assert json.loads(Path(second["path"]).read_text())["decision"] == "rejected"
    found = verify(str(tmp_path))
    assert found.ok and found.records == 3, found
    line = json.loads((tmp_path / "chain.jsonl").read_text().splitlines()[-1])
    assert (line["kind"], line["verdict"], line["seq"]) == ("signoff", "rejected", 3) and second["chain"]["head"][
        "seq"
    ] == 3


def test_a_sign_off_that_was_changed_or_is_not_in_the_chain_shows(tmp_path: Path) -> None:
    record = recorded(tmp_path)
    path = Path(signed_off(record, decision="rejected")["path"])
    path.write_text(path.read_text().replace("rejected", "accepted"))
    assert [fault.word for fault in verify(str(tmp_path)).faults] == ["CHANGED"]
    path.write_text(path.read_text().replace("accepted", "rejected"))
    path.with_name(path.name.replace("-1.json", "-2.json")).write_text(path.read_text())
    assert [fault.word for fault in verify(str(tmp_path)).faults] == ["NOT IN THE CHAIN"]


def test_the_persons_own_key_signs_it(tmp_path: Path) -> None:
    keys, folder = tmp_path / "keys", tmp_path / "records"
    keys.mkdir()
    folder.mkdir()
    (keys / "allowed").write_text(f"manager@example.com {make_key(keys, 'own')}")
    result = signed_off(recorded(folder), method="ssh", key=str(keys / "own"))
    path = Path(result["path"])
    assert result["sign_off"]["signature"] == f"{path.name}.sig"
    verifying = ["-f", str(keys / "allowed"), "-n", "drdrill", "-I", "manager@example.com", "-s", f"{path}.sig"]
    subprocess.run(["ssh-keygen", "-Y", "verify", *verifying], input=path.read_bytes(), check=True)
    assert not (folder / "chain.jsonl.sig").exists()  # that is the matter of the drills' key
    assert verify(str(folder)).ok


def test_without_its_signature_nothing_is_written(tmp_path: Path) -> None:
    record = recorded(tmp_path)
    key = tmp_path / "no_key"
    key.write_text("this is no key")
    before = files(tmp_path)
    for given in ({"key": str(key)}, {"key": str(tmp_path / "nowhere")}):
        result = signed_off(record, method="ssh", **given)
        assert result["failed"] and "Nothing was written." in result["msg"], result
    assert "expected ssh or gpg" in signed_off(record, method="paper", key=str(key))["msg"]
    assert files(tmp_path) == before


@pytest.mark.parametrize(
    ("criteria", "words"),
    [
        ([], ["Not judged: ", "The ERP answers from the DR site.", "Orders of the last five minutes are there."]),
        ([{"criterion": "The ERP answers from the DR site.", "met": True}], ["Not judged: 'Orders of the last"]),
        ([{"criterion": "It is fast.", "met": True}], ["It is fast.", "expected the success criteria of the record"]),
        ([{"criterion": "The ERP answers from the DR site.", "met": each} for each in (True, False)], ["twice"]),
    ],
)
def test_every_criterion_is_judged_once(tmp_path: Path, criteria: list[Json], words: list[str]) -> None:
    record = recorded(tmp_path)
    before = files(tmp_path)
    result = signed_off(record, criteria=criteria)
    assert result["failed"] and all(each in result["msg"] for each in words), result
    assert files(tmp_path) == before


def test_a_criterion_that_is_not_met_stays_so_with_its_comment(tmp_path: Path) -> None:
    record = recorded(tmp_path)
    first, second = json.loads(record.read_text())["drill"]["success_criteria"]
    judged = [{"criterion": second, "met": False, "comment": "Six minutes."}, {"criterion": first, "met": True}]
    assert signed_off(record, criteria=judged)["sign_off"]["criteria"] == [
        {"criterion": first, "met": True, "comment": None},
        {"criterion": second, "met": False, "comment": "Six minutes."},
    ]


def test_a_record_that_was_changed_is_refused(tmp_path: Path) -> None:
    record = recorded(tmp_path)
    record.write_text(record.read_text() + "\n")
    before = files(tmp_path)
    result = signed_off(record)
    assert result["failed"] and "was changed" in result["msg"] and "Nothing was written." in result["msg"]
    assert files(tmp_path) == before


def test_a_record_that_is_in_no_chain_is_refused(tmp_path: Path) -> None:
    result = signed_off(recorded(tmp_path, chained=False))
    assert result["failed"] and "is not in the chain" in result["msg"] and "drill_chain" in result["msg"]


def test_what_is_no_record_is_refused(tmp_path: Path) -> None:
    signed = signed_off(recorded(tmp_path))["path"]
    result = run_action(
        "drill_sign_off", record=signed, name="B", role="Owner", decision="accepted", method="paper", criteria=[]
    )
    assert result["failed"] and "signoff" in result["msg"] and "is no record" in result["msg"]


def test_check_mode_writes_nothing_and_says_what_there_would_be(tmp_path: Path) -> None:
    record = recorded(tmp_path)
    before = files(tmp_path)
    predicted = signed_off(record, check=True)
    assert predicted["changed"] and files(tmp_path) == before
    real = signed_off(record)
    assert real["path"] == predicted["path"]
    assert real["sign_off"] | {"at": ""} == predicted["sign_off"] | {"at": ""}


def test_what_no_reader_can_show_is_shown_by_its_number(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    make_key(tmp_path / "keys", "own")
    given = {"name": "B. \udcff Manager", "role": "\u202eOwner", "method": "ssh", "key": str(tmp_path / "keys/own")}
    said = signed_off(recorded(tmp_path), **given)["sign_off"]
    assert (said["name"], said["role"]) == ("B. \\udcff Manager", "\\u202eOwner")
    assert verify(str(tmp_path)).ok


def test_without_name_or_role_it_is_nobodys(tmp_path: Path) -> None:
    record = recorded(tmp_path)
    for name in ("name", "role"):
        assert f"{name} is empty" in signed_off(record, **{name: " "})["msg"]


def test_one_that_arrives_later_is_collected_like_a_record(tmp_path: Path) -> None:
    record = recorded(tmp_path)
    chain = (tmp_path / "chain.jsonl").read_bytes()
    written = Path(signed_off(record)["path"])
    (tmp_path / "chain.jsonl").write_bytes(chain)  # the folder is another one, whose chain does not have it yet
    result = run_action("drill_chain", state="collected", directory=str(tmp_path))
    assert not result.get("failed") and result["added"] == [written.name], result
    assert verify(str(tmp_path)).ok


def test_a_chain_that_was_signed_says_where_it_is_not_any_more(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    make_key(tmp_path / "keys", "drills")
    record, sign = recorded(tmp_path, chained=False), {"method": "ssh", "key": str(tmp_path / "keys/drills")}
    assert run_action("drill_chain", state="appended", directory=str(tmp_path), sign=sign)["signed"]
    assert "was signed until now" in signed_off(record)["warnings"][0]
    assert signed_off(record, sign=sign)["chain"]["signed"] and verify(str(tmp_path)).ok


def approval(by: str | None, decision: str = "approved") -> Json:
    return {"name": "Go?", "decision": decision, "by": by, "at": "2026-11-23T20:00:00Z"}


@pytest.mark.parametrize(
    ("awx", "expected"),
    [
        ({"user": "osei", "approvals": [approval("manager")]}, ("osei", "manager", True, "read")),
        ({"user": "Osei", "approvals": [approval("osei")]}, ("Osei", "osei", False, "read")),
        ({"user": "osei", "approvals": [approval("manager"), approval("osei")]},
         ("osei", "manager, osei", False, "read")),
        ({"user": None, "schedule": None, "approvals": [approval("manager")]}, (None, "manager", None, "read")),
        ({"user": None, "schedule": "weekly", "approvals": [approval("manager")]},
         ("the schedule weekly", "manager", True, "read")),
        ({"user": "osei", "approvals": []}, ("osei", None, None, "none")),
        ({"user": "osei", "approvals": [approval("manager", "denied")]}, ("osei", None, None, "none")),
        ({"user": "osei", "approvals": None}, ("osei", None, None, "not read")),
    ],
)  # fmt: skip
def test_who_started_and_who_approved(tmp_path: Path, awx: Json, expected: tuple[str | bool | None, ...]) -> None:
    said = signed_off(recorded(tmp_path, awx=awx))["sign_off"]["segregation"]
    assert (said["initiator"], said["approver"], said["distinct"], said["approvals"]) == expected


def test_without_awx_the_approver_is_not_read(tmp_path: Path) -> None:
    record = drill_record(1)
    record["who"]["awx"] = None
    path = write_record(tmp_path, record)
    run_action("drill_chain", state="appended", directory=str(tmp_path))
    said = signed_off(path)["sign_off"]["segregation"]
    assert (said["approver"], said["distinct"], said["approvals"]) == (None, None, "not read")


WORKFLOW: Json = {"user": "osei", "workflow_job_id": "7", "approvals": [approval("manager")]}
WRITTEN = "2026-11-23T20:20:00Z"  # before the approval below, and after the one of the start
DECIDED: Json = {"finished": "2026-11-24T08:00:00Z", "name": "Accept the drill?"}


def by_manager(status: str) -> Json:
    return {**DECIDED, "status": status, "summary_fields": {"approved_or_denied_by": {"username": "Manager"}}}


def of_a_workflow(folder: Path, awx: Json) -> Path:
    path = recorded(folder, awx=awx, chained=False)
    record = json.loads(path.read_text())
    record["times"]["written_at"] = WRITTEN
    path.write_text(json.dumps(record))
    assert not run_action("drill_chain", state="appended", directory=str(folder)).get("failed")
    return path


@pytest.mark.parametrize(("status", "decision"), [("successful", "accepted"), ("failed", "rejected")])
def test_an_approval_in_awx_after_the_record_is_one_of_the_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: str, decision: str
) -> None:
    record = of_a_workflow(tmp_path, WORKFLOW)
    with Controller() as controller:
        monkeypatch.setenv("CONTROLLER_HOST", controller.url)
        monkeypatch.setenv("CONTROLLER_OAUTH_TOKEN", controller.token)
        controller.has_run(7, by_manager(status), {"status": "successful"})
        result = signed_off(record, method="awx_approval", name="manager", decision=decision)
        assert result["sign_off"]["approval"] == {
            "name": "Accept the drill?", "by": "Manager", "at": "2026-11-24T08:00:00.000Z",
        }  # fmt: skip
        other = "rejected" if decision == "accepted" else "accepted"
        for given in ({"name": "somebody"}, {"decision": other}):
            refused = signed_off(record, **{"method": "awx_approval", "name": "manager", "decision": decision, **given})
            assert refused["failed"] and "but AWX has " in refused["msg"], refused
        assert controller.token not in json.dumps(result) + json.dumps(refused)


def test_an_approval_of_the_start_is_none_of_the_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody knew then what would come of it."""
    record = of_a_workflow(tmp_path, WORKFLOW)
    before = files(tmp_path)
    with Controller() as controller:
        monkeypatch.setenv("CONTROLLER_HOST", controller.url)
        monkeypatch.setenv("CONTROLLER_OAUTH_TOKEN", controller.token)
        start = {**by_manager("successful"), "finished": "2026-11-23T20:00:00Z", "name": "drill may start"}
        controller.has_run(7, start, {"status": "successful"})
        result = signed_off(record, method="awx_approval", name="manager")
    assert "approved 'drill may start' at 2026-11-23T20:00:00.000Z, which was about the start" in result["msg"]
    assert result["failed"] and files(tmp_path) == before


@pytest.mark.parametrize(
    ("workflow", "host", "says"),
    [("7", "", "CONTROLLER_HOST"), (None, "", "names no workflow"), ("7", "http://127.0.0.1:1", "GET http://127")],
)
def test_an_approval_that_cannot_be_read_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workflow: str | None, host: str, says: str
) -> None:
    monkeypatch.setenv("CONTROLLER_HOST", host)
    monkeypatch.setenv("CONTROLLER_OAUTH_TOKEN", "x")
    record = of_a_workflow(tmp_path, {**WORKFLOW, "workflow_job_id": workflow})
    result = signed_off(record, method="awx_approval", name="manager")
    assert result["failed"] and "AWX did not say who decided" in result["msg"] and says in result["msg"], result


def test_the_signature_of_a_person_is_in_the_chain(tmp_path: Path) -> None:
    keys, folder = tmp_path / "keys", tmp_path / "records"
    keys.mkdir()
    folder.mkdir()
    make_key(keys, "own")
    path = Path(signed_off(recorded(folder), method="ssh", key=str(keys / "own"))["path"])
    signature = path.with_name(f"{path.name}.sig")
    content = signature.read_bytes()
    signature.write_bytes(content.replace(b"A", b"B"))
    assert [(fault.word, fault.about) for fault in verify(str(folder)).faults] == [("CHANGED", signature.name)]
    signature.unlink()
    assert [(fault.word, fault.about) for fault in verify(str(folder)).faults] == [("MISSING", signature.name)]


def test_a_report_that_is_made_again_has_what_persons_said(tmp_path: Path) -> None:
    record = recorded(tmp_path)
    signed_off(record)
    signed_off(record, name="A. <Osei>", decision="rejected")
    made = run_action(
        "drill_report", record=str(record), directory=str(tmp_path / "again"), formats=["html", "markdown"]
    )
    html, markdown = (Path(made["files"][name]).read_text(encoding="utf-8") for name in ("html", "markdown"))
    assert "Accepted by B. Manager (Owner) on " in html and "Rejected by A. &lt;Osei&gt; (Owner) on " in html
    assert "- **Signed off:** Accepted by B. Manager" in markdown and markdown.count("**Signed off:**") == 2
    # Of another record they say nothing.
    record.write_text(record.read_text() + "\n")
    made = run_action("drill_report", record=str(record), directory=str(tmp_path / "third"), formats=["html"])
    assert "B. Manager" not in Path(made["files"]["html"]).read_text(encoding="utf-8")
