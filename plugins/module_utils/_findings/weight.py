# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a session's findings weigh before a drill: the one judge of preflight, check mode and drill. Pure.

A single start or stop weighs them itself: what is information there, such as a running test, may block a drill.
"""

from __future__ import annotations

import typing as t

from .._array.related import Related
from .._array.session import Cluster, ReplicationSession, Target
from .._time import format_time, in_words
from .finding import Finding, Findings
from .related import assess_related
from .start_stop import assess_start


def before_drill(target: Target, related: Related, cluster: Cluster, missing: t.Iterable[str] = ()) -> Findings:
    """Everything that a person should know before a drill of this session; a blocker refuses the drill.

    ``missing``: what could not be read of the array as a whole, a sentence each.
    """
    session = target.session
    raised = (_raised(finding, session, related, cluster) for finding in assess_start(target, cluster))
    return (*raised, *assess_related(session, related, cluster), *_gaps(session, missing))


def _raised(finding: Finding, session: ReplicationSession, related: Related, cluster: Cluster) -> Finding:
    """The finding as it weighs before a drill; a running test with who started it and when."""
    weight = finding.rule.before_drill
    if weight is None:
        return finding
    running = related.running_test(session)
    age = running.age(cluster)
    if running.started_by:
        known = f"It was started by {running.started_by}"
        known += f" at {format_time(running.started_at)}" if running.started_at else ""
        known += f", {in_words(age)} ago." if age is not None else "."
    else:
        known = "This account cannot see who started it."
    return Finding.of(finding.rule.id, session, f"{finding.message} {known}", weight)


def _gaps(session: ReplicationSession, missing: t.Iterable[str]) -> t.Iterator[Finding]:
    own = [f"The {session.label}: {'; '.join(session.problems.values())}."] if session.problems else []
    for text in (*own, *missing):
        yield Finding.of("reading.incomplete", session, text)
