# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AWX's API says of a workflow: who approved it, what became of its drill; nothing of it is indispensable."""

from __future__ import annotations

import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._awx.access import Access
from ansible_collections.drdrill.powerstore.plugins.module_utils._awx.task import OPTIONS, Job, run_awx
from ansible_collections.drdrill.powerstore.plugins.module_utils._awx.workflow import Read, read_workflow
from ansible_collections.drdrill.powerstore.plugins.module_utils._errors import ProtocolError
from ansible_collections.drdrill.powerstore.plugins.module_utils._json import Json

NODES = "/api/v2/workflow_jobs/7/workflow_nodes/?page_size=200"
IMAGE = {"summary_fields": {"execution_environment": {"image": "drills:1"}}}


def a_node(identifier: str, job: int, kind: str = "job") -> Json:
    return {"identifier": identifier, "summary_fields": {"job": {"id": job, "type": kind}}}


def an_approval(**fields: object) -> Json:
    by = {"approved_or_denied_by": {"id": 4, "username": "anna"}}
    at = "2026-11-23T20:00:00Z"
    return {"name": "may start", "status": "successful", "finished": at, "summary_fields": by, **fields}


def pages(approval: Json, drill: Json) -> dict[str, Json]:
    nodes = [a_node("approval", 88, "workflow_approval"), a_node("drill", 89), {"identifier": "not_passed"}]
    return {
        NODES: {"next": None, "results": nodes},
        "/api/v2/workflow_approvals/88/": approval,
        "/api/v2/jobs/89/": {"id": 89, "status": "canceled", "started": None, "finished": None, **drill},
        "/api/v2/jobs/90/": IMAGE,
    }


def reader(found: dict[str, Json]) -> Read:
    def read(path: str) -> Json:
        if path not in found:
            raise ProtocolError(f"GET {path}: HTTP 403, expected HTTP 200.")
        return found[path]

    return read


@pytest.mark.parametrize(
    ("approval", "expected"),
    [
        (an_approval(), ("approved", "anna")),
        (an_approval(status="failed"), ("denied", "anna")),
        (an_approval(status="failed", timed_out=True, summary_fields={}), ("timed out", None)),
        (an_approval(status="canceled", summary_fields={"approved_or_denied_by": None}), ("canceled", None)),
        (an_approval(status="pending", summary_fields={}, finished=None), ("not answered", None)),
    ],
)
def test_who_decided_and_how(approval: Json, expected: tuple[str, str | None]) -> None:
    found = read_workflow(reader(pages(approval, {})), "7", "90")
    assert found.approvals and (found.approvals[0].decision, found.approvals[0].by) == expected
    assert (found.image, found.why_not) == ("drills:1", None)


def test_what_became_of_the_drill() -> None:
    ended = {"finished": "2026-11-23T20:02:11Z", "job_explanation": "Job terminated due to timeout"}
    drill = read_workflow(reader(pages(an_approval(), ended)), "7", "90").drill
    assert drill and (drill.job_id, drill.status, drill.timed_out) == ("89", "canceled", True)
    assert drill.finished_at == "2026-11-23T20:02:11Z"


@pytest.mark.parametrize("gone", [NODES, "/api/v2/workflow_approvals/88/", "/api/v2/jobs/89/", "/api/v2/jobs/90/"])
def test_what_may_not_be_read_is_said_and_takes_nothing_along(gone: str) -> None:
    allowed = pages(an_approval(), {})
    del allowed[gone]
    found = read_workflow(reader(allowed), "7", "90")
    assert found.why_not == f"GET {gone}: HTTP 403, expected HTTP 200."
    missing = [name for name in ("approvals", "drill", "image") if getattr(found, name) is None]
    assert missing == (["approvals", "drill"] if gone == NODES else missing[:1])


def test_an_answer_of_another_shape_is_said() -> None:
    odd = {**pages(an_approval(), {}), "/api/v2/jobs/89/": {"id": 89}}
    assert "not as its version 24.6 has it" in str(read_workflow(reader(odd), "7", "90").why_not)


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, None),
        ({"CONTROLLER_HOST": "awx.example.com"}, None),
        (
            {"CONTROLLER_HOST": "awx.example.com", "CONTROLLER_OAUTH_TOKEN": "t"},
            ("https://awx.example.com", "Bearer t"),
        ),
        ({"TOWER_HOST": "http://awx/", "TOWER_USERNAME": "u", "TOWER_PASSWORD": "p"}, ("http://awx", "Basic dTpw")),
    ],
)
def test_the_account_of_a_job(environment: dict[str, str], expected: tuple[str, str] | None) -> None:
    access = Access.of(environment)
    assert (access and (access.url, access.authorization)) == expected
    assert access is None or access.authorization not in repr(access)


def test_a_job_without_an_account_says_so(tmp_path: object) -> None:
    params: Json = {name: option.get("default") for name, option in OPTIONS.items()}
    result = run_awx({**params, "directory": str(tmp_path), "job_id": "90"}, Job("dr", 1, {}), write=False)
    assert "Red Hat Ansible Automation Platform" in result["workflow"]["why_not"]
    assert result["workflow"]["approvals"] is None
