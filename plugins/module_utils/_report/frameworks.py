# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a record supports a framework: reference, our words, pointers into the record, what a person must add. Data.

The references are ours, from our own reading of the published texts, and no text of a framework is quoted. They are to
be checked by the reader. A pointer is a JSON Pointer (RFC 6901) into a record, in which ``*`` is every entry of a list.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reference:
    """One place in a framework. Without ``pointers`` a record supports nothing of it: all of it is for a person."""

    reference: str
    words: str  # what it asks for, in our words
    pointers: tuple[str, ...]
    person: str  # what a person must add


@dataclass(frozen=True, slots=True)
class Framework:
    """A framework in one version of it."""

    name: str
    version: str
    references: tuple[Reference, ...]


_TESTED = ("/times/started_at", "/sessions/*/verdict", "/sessions/*/start/finished_at", "/steps/*/result", "/verdict")
_OBJECTIVES = (
    "/sessions/*/recovery_point/objective_seconds",
    "/sessions/*/recovery_point/met",
    "/sessions/*/rto/objective_seconds",
    "/sessions/*/rto/met",
)
_APPLICATIONS = ("/sessions/*/application", "/sessions/*/tier", "/sessions/*/owner")
_VALIDATED = ("/sessions/*/validations/*/passed", "/validations/*/passed")
_POPULATION = ("/scope/population/destinations", "/scope/population/in_scope", "/scope/population/not_selected")
_RETURNED = ("/cleanup/verdict", "/sessions/*/return_to_normal/stop_confirmed")
_FOLLOWED = ("/deviations/*/description", "/deviations/*/fingerprint", "/carried_over/*/status")
_AGREED = ("/drill/scenario", "/drill/success_criteria", "/drill/change_ticket", "/who/approvers")
_WHO = ("/who/controller_user", "/who/array_account", "/who/participants", "/who/approvers")
_PROTECTED = ("/chain_before/sha256", "/witness/verdict", "/versions/collection")
_COPY = ("/sessions/*/recovery_point/timestamp", "/sessions/*/during/volumes")

_SIGN_OFF = "Judge each success criterion and sign: drill_sign_off."
_ACTIONS = "Owner, due date and closing of each action: drill_action."
_BIA = "The business impact analysis that the objectives come from, and its approval."
_SCOPE = "Why what was not selected is tested elsewhere or not at all: the coverage and its policy."
_PLAN = "The plan itself, with people, sites and communication; a drill of storage shows a part of it."

FRAMEWORKS: t.Final[t.Mapping[str, Framework]] = {
    "soc2": Framework(
        "SOC 2",
        "AICPA Trust Services Criteria 2017, points of focus 2022",
        (
            Reference("A1.2", "Recovery infrastructure and copies of data are there and are watched", _COPY, _SCOPE),
            Reference("A1.3", "The recovery plan is tested", (*_TESTED, *_OBJECTIVES), _SIGN_OFF),
            Reference("CC4.1", "Controls are evaluated, on all that they apply to", _POPULATION, _SCOPE),
            Reference("CC4.2", "Deficiencies are reported and corrected", _FOLLOWED, _ACTIONS),
            Reference(
                "CC8.1", "Changes are authorised and documented", _AGREED, "The change record with its approval."
            ),
            Reference("CC9.1", "Risks of a business disruption are mitigated", _OBJECTIVES, _BIA),
        ),
    ),
    "iso27001": Framework(
        "ISO/IEC 27001",
        "2022, Annex A",
        (
            Reference("A.5.28", "Evidence is collected and preserved", _PROTECTED, "How long, and where, it is kept."),
            Reference(
                "A.5.29", "Information security holds during a disruption", (), "Access and protection at the DR site."
            ),
            Reference("A.5.30", "ICT readiness is planned, kept and tested", (*_TESTED, *_OBJECTIVES), _BIA),
            Reference("A.8.13", "Copies of data are kept and tested", _COPY, "Backups: replication is none."),
            Reference("A.8.14", "Redundant facilities meet the need for availability", _VALIDATED, _SCOPE),
            Reference("A.5.3", "Conflicting duties are segregated", ("/who/awx/approvals",), _SIGN_OFF),
        ),
    ),
    "iso22301": Framework(
        "ISO 22301",
        "2019",
        (
            Reference("8.2.2", "The business impact analysis gives time frames for recovery", _OBJECTIVES, _BIA),
            Reference("8.4.5", "There are documented processes to recover and to return", _RETURNED, _PLAN),
            Reference(
                "8.5", "Exercises and tests have a programme, scenarios and reports", (*_AGREED, *_TESTED), _SIGN_OFF
            ),
            Reference("8.6", "Capabilities are evaluated, and gaps are followed up", _FOLLOWED, _ACTIONS),
            Reference("10.1", "Nonconformities are corrected, and the correction is reviewed", _FOLLOWED, _ACTIONS),
            Reference("9.3", "Management reviews the results", (), "The minutes of the management review."),
        ),
    ),
    "dora": Framework(
        "DORA",
        "Regulation (EU) 2022/2554",
        (
            Reference("Art. 11(6)", "Continuity and recovery plans are tested at least yearly", _TESTED, _PLAN),
            Reference(
                "Art. 12(4)", "Redundant capacities are adequate to the needs of the business", _VALIDATED, _SCOPE
            ),
            Reference(
                "Art. 12(6)",
                "Each function has objectives for recovery time and point",
                (*_APPLICATIONS, *_OBJECTIVES),
                _BIA,
            ),
            Reference(
                "Art. 12(7)",
                "Recovered data is checked for its integrity",
                _VALIDATED,
                "Reconciliation by the application's owner.",
            ),
            Reference("Art. 13(3)", "Lessons of tests go into the assessment of risks", _FOLLOWED, _ACTIONS),
            Reference("Art. 24(4)", "Testers are independent", ("/who/awx/approvals", "/witness/verdict"), _SIGN_OFF),
            Reference("Art. 24(5)", "Issues found are prioritised and remedied", _FOLLOWED, _ACTIONS),
        ),
    ),
    "nis2": Framework(
        "NIS2",
        "Directive (EU) 2022/2555",
        (
            Reference(
                "Art. 20(1)", "Management approves the measures and oversees them", (), "The approval by management."
            ),
            Reference("Art. 21(2)(c)", "Business continuity and disaster recovery", (*_TESTED, *_OBJECTIVES), _PLAN),
            Reference("Art. 21(2)(f)", "The effectiveness of measures is assessed", (*_POPULATION, *_FOLLOWED), _SCOPE),
        ),
    ),
    "nist_800_34": Framework(
        "NIST SP 800-34",
        "Revision 1",
        (
            Reference(
                "3.2",
                "Business impact analysis: what matters, and by when it is back",
                (*_APPLICATIONS, *_OBJECTIVES),
                _BIA,
            ),
            Reference("3.4", "Contingency strategies: copies and an alternate site", _COPY, _SCOPE),
            Reference(
                "3.5.1",
                "Testing: each test has objectives and criteria, and leaves a report",
                (*_AGREED, *_TESTED),
                _SIGN_OFF,
            ),
            Reference("3.6", "The plan is maintained after tests", _FOLLOWED, _ACTIONS),
            Reference("4.3", "Recovery follows a sequence, by priority", ("/sessions/*/wave", *_VALIDATED), _PLAN),
            Reference("4.4", "Reconstitution: normal operation is validated", _RETURNED, _SIGN_OFF),
        ),
    ),
    "nist_csf": Framework(
        "NIST CSF",
        "2.0",
        (
            Reference("ID.IM-02", "Improvements come from tests and exercises", _FOLLOWED, _ACTIONS),
            Reference(
                "PR.DS-11", "Copies of data are made, protected and tested", _COPY, "Backups: replication is none."
            ),
            Reference("PR.IR-03", "Resilience is achieved in normal and adverse situations", _OBJECTIVES, _BIA),
            Reference(
                "RC.RP-02",
                "Recovery actions are selected, scoped, prioritised and performed",
                (*_TESTED, "/sessions/*/wave"),
                _PLAN,
            ),
            Reference(
                "RC.RP-05",
                "Restored assets are verified, and normal operation is confirmed",
                (*_VALIDATED, *_RETURNED),
                _SIGN_OFF,
            ),
        ),
    ),
    "pci_dss": Framework(
        "PCI DSS",
        "4.0.1",
        (
            Reference(
                "6.5.1",
                "Changes are approved, and can be undone",
                (*_AGREED, *_RETURNED),
                "The change record with its approval.",
            ),
            Reference("12.10.1", "The plan for incidents has recovery and continuity of the business", (), _PLAN),
            Reference("12.10.2", "That plan is reviewed and tested at least yearly", _TESTED, _SIGN_OFF),
        ),
    ),
    "hipaa": Framework(
        "HIPAA Security Rule",
        "45 CFR Part 164, Subpart C",
        (
            Reference("164.308(a)(7)(ii)(B)", "Disaster recovery plan: lost data can be restored", _COPY, _PLAN),
            Reference(
                "164.308(a)(7)(ii)(D)", "Contingency plans are tested and revised", (*_TESTED, *_FOLLOWED), _SIGN_OFF
            ),
            Reference(
                "164.308(a)(7)(ii)(E)", "Applications and data are ranked by how critical they are", _APPLICATIONS, _BIA
            ),
            Reference(
                "164.312(b)",
                "Activity in systems is recorded and examined",
                (*_WHO, "/witness/verdict"),
                "The review of the records.",
            ),
            Reference(
                "164.316(b)(2)",
                "Documentation is kept for six years",
                _PROTECTED,
                "Where the folder of records is kept, and how long.",
            ),
        ),
    ),
}
