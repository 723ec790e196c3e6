# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AWX says of the workflow that a job is a part of: who approved it, and what became of its drill.

Fields as AWX 24.6 has them: awx/api/serializers.py, WorkflowJobNodeSerializer and WorkflowApprovalSerializer.
"""

from __future__ import annotations

import typing as t
from dataclasses import asdict, dataclass

from .._errors import MALFORMED, PowerStoreError, ProtocolError
from .._json import Json

DRILL_NODE: t.Final = "drill"  # the identifier that awx_setup gives to it
_PENDING = ("new", "pending", "waiting", "running")
Read = t.Callable[[str], Json]


@dataclass(frozen=True)
class Approval:
    """One approval of the workflow. ``decision``: approved, denied, timed out, canceled or not answered."""

    name: str
    decision: str
    by: str | None
    at: str | None


@dataclass(frozen=True)
class Part:
    """A job of the workflow, as AWX has it. Times by AWX's clock."""

    job_id: str
    status: str
    started_at: str | None
    finished_at: str | None
    timed_out: bool = False


@dataclass(frozen=True)
class Workflow:
    """What was read. ``why_not`` says why something was not; what was not read is None."""

    approvals: tuple[Approval, ...] | None = None
    drill: Part | None = None
    image: str | None = None  # of this job
    why_not: str | None = None

    def as_result(self) -> Json:
        """The ``workflow`` of the module's result."""
        known = asdict(self)
        return {**known, "approvals": None if self.approvals is None else [asdict(each) for each in self.approvals]}


def read_workflow(read: Read, workflow_job_id: str, job_id: str) -> Workflow:
    """Everything that AWX lets this job read. What it does not is in ``why_not``; nothing is raised."""
    problems: list[str] = []
    image = _or_none(lambda: _image(read(f"/api/v2/jobs/{job_id}/")), problems) if job_id else None
    if not workflow_job_id:
        return Workflow(image=image, why_not=_said(problems))
    path = f"/api/v2/workflow_jobs/{workflow_job_id}/workflow_nodes/?page_size=200"
    nodes = _or_none(lambda: _rows(read(path)), problems)
    if nodes is None:
        return Workflow(image=image, why_not=_said(problems))
    approvals = _or_none(lambda: tuple(_approval(read, job) for job in _jobs(nodes, "workflow_approval")), problems)
    drill = _or_none(lambda: _part(read, [node for node in nodes if node.get("identifier") == DRILL_NODE]), problems)
    return Workflow(approvals=approvals, drill=drill, image=image, why_not=_said(problems))


def _said(problems: t.Sequence[str]) -> str | None:
    return " ".join(dict.fromkeys(problems)) or None


Value = t.TypeVar("Value")


def _or_none(read: t.Callable[[], Value], problems: list[str]) -> Value | None:
    try:
        return read()
    except PowerStoreError as error:
        problems.append(error.message)
    except MALFORMED as error:
        problems.append(f"An answer of AWX is not as its version 24.6 has it: {error!r}.")
    return None


def _rows(page: Json) -> list[Json]:
    if page.get("next"):
        raise ProtocolError("The workflow has more than 200 nodes: its approvals and its drill were not read.")
    return list(page["results"])


def _jobs(nodes: t.Iterable[Json], kind: str) -> list[Json]:
    jobs = [(node.get("summary_fields") or {}).get("job") or {} for node in nodes]
    return [job for job in jobs if job.get("type") == kind]


def _approval(read: Read, job: Json) -> Approval:
    found = read(f"/api/v2/workflow_approvals/{int(job['id'])}/")
    by = (found.get("summary_fields") or {}).get("approved_or_denied_by") or {}
    status = str(found["status"])
    decision = {"successful": "approved", "failed": "denied", "canceled": "canceled"}.get(status, "not answered")
    return Approval(
        name=str(found.get("name") or ""),
        decision="timed out" if found.get("timed_out") else decision,
        by=str(by["username"]) if by.get("username") else None,
        at=found.get("finished") if status not in _PENDING else None,
    )


def _part(read: Read, nodes: t.Sequence[Json]) -> Part | None:
    jobs = _jobs(nodes, "job")
    if not jobs:
        return None
    found = read(f"/api/v2/jobs/{int(jobs[0]['id'])}/")
    return Part(
        job_id=str(found["id"]),
        status=str(found["status"]),
        started_at=found.get("started"),
        finished_at=found.get("finished"),
        timed_out="Job terminated due to timeout" in str(found.get("job_explanation") or ""),
    )


def _image(job: Json) -> str | None:
    environment = (job.get("summary_fields") or {}).get("execution_environment") or {}
    return str(environment["image"]) if environment.get("image") else None
