# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asking an array for what it refuses, to learn its codes: only where the answer yes would change nothing either."""

from __future__ import annotations

import time
import typing as t

from .._array.client import Client, path_id
from .._array.jobs import FINAL_PHASES, GOOD_PHASES, START, STOP
from .._errors import OutcomeUnknownError, PowerStoreError, error_from_answer
from .._json import Json
from .look import Subject

_PATIENCE = 60.0  # seconds for a job that the array makes of a refused operation
_PAUSE = 0.5


def second_start(subject: Subject) -> Json:
    """A start during a test. If the array carries it out, a test runs all the same, and the stop afterwards ends it."""
    if not subject.session.in_test:
        return _not_sent("no failover test runs, so it would start one")
    return _asked(subject, START)


def second_stop(subject: Subject) -> Json:
    """A stop where no test runs. Would somebody start one at this moment, it would be stopped: the user has agreed."""
    if subject.session.in_test:
        return _not_sent("a failover test runs, which it would stop")
    return _asked(subject, STOP)


def _not_sent(why: str) -> Json:
    return {"sent": False, "why": why, "answered": None, "http_status": None, "code": None}


def _said(answered: str, http_status: int | None = None, code: str | None = None) -> Json:
    return {"sent": True, "why": None, "answered": answered, "http_status": http_status, "code": code}


def _asked(subject: Subject, action: str) -> Json:
    """``answered``: refused at once, refused by a job, accepted, or not clear."""
    client, session_id = subject.client, subject.session.id
    doing = f"Asking for a {action} that the array is expected to refuse"
    try:
        receipt = client.operate(f"/replication_session/{path_id(session_id)}/{action}", {}, doing=doing)
    except OutcomeUnknownError as error:
        return _said("not clear", error.http_status, error.code)
    except PowerStoreError as error:
        return _said("refused at once", error.http_status, error.code)
    if receipt.job_id is None:
        return _said("accepted")
    job = _ended(client, receipt.job_id)
    if job.get("phase") in GOOD_PHASES:
        return _said("accepted")
    if job.get("phase") not in FINAL_PHASES:
        return _said("not clear")
    status = str(job.get("response_status") or "")
    number = int(status) if status.isdigit() else 422
    code = error_from_answer(number, job.get("response_body"), doing).code
    return _said("refused by a job", int(status) if status.isdigit() else None, code)


def _ended(client: Client, job_id: str) -> t.Mapping[str, t.Any]:
    """The job once it has ended, or as it is when patience has."""
    end = time.monotonic() + _PATIENCE
    row: t.Any = {}
    while time.monotonic() < end:
        query = [("select", "id,phase,response_status,response_body")]
        row = client.get(f"/job/{path_id(job_id)}", query, doing="Reading the job")
        if isinstance(row, dict) and row.get("phase") in FINAL_PHASES:
            break
        time.sleep(_PAUSE)
    return row if isinstance(row, dict) else {}
