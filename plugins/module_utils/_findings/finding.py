# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A finding: one rule that applies to one session, in the words of this session."""

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .._array.session import ReplicationSession
from .._words import BLOCKER
from .rules import RULES, Rule


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that applies to one session, in the words of this session; no id where a name leads to no session."""

    rule: Rule
    session_id: str | None
    message: str
    severity: str

    @classmethod
    def of(cls, rule_id: str, session: ReplicationSession | None, message: str, severity: str | None = None) -> Finding:
        """The finding of a rule, which must be one of `RULES`; ``severity`` where the question makes it another."""
        rule = RULES[rule_id]
        return cls(rule, session.id if session else None, message, severity or rule.severity)

    @property
    def is_blocker(self) -> bool:
        """Whether it refuses the operation."""
        return self.severity == BLOCKER

    def as_result(self) -> dict[str, t.Any]:
        """The finding as results and records have it."""
        return {
            "id": self.rule.id,
            "session_id": self.session_id,
            "severity": self.severity,
            "message": self.message,
            "impact": self.rule.impact,
            "resolution": self.rule.resolution,
        }


Findings = tuple[Finding, ...]
