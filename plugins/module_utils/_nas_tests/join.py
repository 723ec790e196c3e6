# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which DR-test clones are on an array: of which NAS server, whose, since when. Pure: it joins what was read."""

from __future__ import annotations

import typing as t
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta

from .clone import BY_FILE_SYSTEMS, BY_JOB, FROM_FILE_SYSTEMS, FROM_JOB, Clone, CloneJob, FileSystem

_FAILED = ("Failed", "Unrecoverable_Failed")  # phases of jobs that made nothing
_NEAR = timedelta(seconds=2)  # between the end of a job and the creation time of what it made


def with_sources(clones: t.Iterable[Clone], parents: t.Iterable[FileSystem]) -> list[Clone]:
    """The clones, each with the NAS server that its file systems are copies of.

    ``parents``: what the file systems of the clones have as ``parent_id``, a file system or a snapshot of one. Where
    they lead to two NAS servers, it is not known of which it is a clone.
    """
    owner = {each.id: each.nas_server_id for each in parents}
    return [_with_source(clone, owner) for clone in clones]


def _with_source(clone: Clone, owner: t.Mapping[str, str | None]) -> Clone:
    found = {owner.get(each.parent_id) for each in clone.file_systems or () if each.parent_id}
    found -= {None, clone.id}  # a snapshot that was taken of the clone during the test
    if len(found) != 1:
        return clone
    return replace(clone, source_id=found.pop(), source_by=BY_FILE_SYSTEMS)


def with_jobs(clones: t.Sequence[Clone], jobs: t.Iterable[CloneJob]) -> list[Clone]:
    """The clones, each with the job that made it, where the log has it: account, time, and the source if need be."""
    by_id: dict[str, CloneJob] = {}
    by_source: dict[str, list[CloneJob]] = defaultdict(list)
    for job in jobs:
        if job.phase in _FAILED:
            continue
        if job.made_id is not None:
            by_id.setdefault(job.made_id, job)
        elif job.resource_id is not None:  # of the source, or of the clone: which is not known
            by_id.setdefault(job.resource_id, job)
            by_source[job.resource_id].append(job)
    return [_with_job(clone, by_id, by_source) for clone in clones]


def _with_job(clone: Clone, by_id: t.Mapping[str, CloneJob], by_source: t.Mapping[str, t.Sequence[CloneJob]]) -> Clone:
    created = min((each.created_at for each in clone.file_systems or () if each.created_at), default=None)
    job = by_id.get(clone.id) or _job_at(by_source.get(clone.source_id or "", ()), created)
    if job is None:
        return replace(clone, started_at=created, started_from=FROM_FILE_SYSTEMS if created else None)
    made = replace(
        clone,
        started_by=job.user,
        job_id=job.id,
        started_at=job.start_time or created,
        started_from=FROM_JOB if job.start_time else FROM_FILE_SYSTEMS if created else None,
    )
    if made.source_id is None and job.made_id == clone.id and job.resource_id not in (None, clone.id):
        return replace(made, source_id=job.resource_id, source_by=BY_JOB)
    return made


def _job_at(jobs: t.Sequence[CloneJob], created: t.Any) -> CloneJob | None:
    """The only job during which the clone was made; None where there is none, or more than one."""
    if created is None:
        return None
    fitting = [
        job
        for job in jobs
        if job.start_time
        and job.start_time - _NEAR <= created
        and (job.end_time is None or created <= job.end_time + _NEAR)
    ]
    return fitting[0] if len(fitting) == 1 else None


def of_server(clones: t.Iterable[Clone], source_id: str) -> list[Clone]:
    """Those that the array shows as clones of that NAS server."""
    return [clone for clone in clones if clone.is_of(source_id)]


def of_unknown_source(clones: t.Iterable[Clone]) -> list[Clone]:
    """Those whose source the array does not show."""
    return [clone for clone in clones if clone.source_id is None]
