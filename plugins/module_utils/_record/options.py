# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of the module drill_record: what a record is made from."""

from __future__ import annotations

import typing as t

from .._words import Kind, Phase

Options = dict[str, dict[str, t.Any]]
USERS_PHASES = [phase.value for phase in (Phase.ATTACH, Phase.VALIDATE, Phase.RELEASE)]

STEP: Options = {
    **{text: {"type": "str", "required": True} for text in ("name", "kind")},
    "phase": {"type": "str", "choices": USERS_PHASES, "default": Phase.VALIDATE.value},
    "wave": {"type": "int"},
    **{text: {"type": "str"} for text in ("session", "expected", "observed", "started_at", "finished_at")},
    "action": {"type": "dict"},
    "output_tail": {"type": "str"},
    "attempts": {"type": "int"},
    "attachments": {"type": "list", "elements": "dict", "default": []},
    "not_attached": {"type": "list", "elements": "str", "default": []},
    "passed": {"type": "bool", "required": True},
    "critical": {"type": "bool", "default": True},
    "seconds": {"type": "float"},
    "timeout_seconds": {"type": "float"},
}
WISH: Options = {
    **{text: {"type": "str"} for text in ("session_id", "volume", "volume_group", "nas_server", "snapshot")},
    "interface": {"type": "dict"},
    "file_systems": {"type": "list", "elements": "str"},
    "isolated": {"type": "bool"},
    **{text: {"type": "str"} for text in ("application", "tier", "owner")},
    **{number: {"type": "int"} for number in ("wave", "rpo_seconds", "rto_seconds")},
}
POLICY: Options = {
    "on_partial_failure": {"type": "str", "choices": ["stop_all", "continue", "hold"], "default": "stop_all"},
    "end_of_test_snapshot": {"type": "str", "choices": ["none", "all", "failed"], "default": "none"},
    "synchronise_first": {"type": "bool", "default": False},
    "adopt_running": {"type": "bool", "default": False},
    "storage_only": {"type": "bool", "default": False},
    "witness": {"type": "str", "choices": ["off", "optional", "required"]},
}
AWX = (
    *("job_id", "job_url", "job_template", "user", "workflow_job_id", "workflow"),
    *("launch_type", "schedule", "project_revision", "image"),
)
AWX_APPROVAL = ("name", "decision", "by", "at")
EXCLUSION: Options = {
    **{name: {"type": "str"} for name in ("session_id", "volume", "volume_group", "nas_server")},
    "reason": {"type": "str", "required": True},
    **{name: {"type": "str"} for name in ("owner", "expires")},
}
DICTS = ("before", "as_found", "synchronised", "during", "after", "interruption", "filters", "witness", "guards")
TEXTS = ("run_id", "scenario", "change_ticket", "array_host", "array_account")
LISTS_OF_TEXTS = ("owned", "adopted", "held", "success_criteria", "participants", "approvers")
LISTS_OF_DICTS = ("starts", "stops", "phases", "waits", "planned_steps", "left_alone")
OPTIONS: Options = {
    "kind": {"type": "str", "choices": [kind.value for kind in Kind], "default": Kind.DRILL.value},
    "directory": {"type": "path", "required": True},
    "title": {"type": "str"},
    "journal": {"type": "path"},
    "records": {"type": "list", "elements": "path", "default": []},
    "without_record": {"type": "list", "elements": "str", "default": []},
    "events": {"type": "list", "elements": "dict", "default": []},
    "found": {"type": "dict"},
    **{name: {"type": "dict"} for name in DICTS},
    **{name: {"type": "str"} for name in TEXTS},
    **{name: {"type": "list", "elements": "str", "default": []} for name in LISTS_OF_TEXTS},
    **{name: {"type": "list", "elements": "dict", "default": []} for name in LISTS_OF_DICTS},
    "wishes": {"type": "list", "elements": "dict", "default": [], "options": WISH},
    "policy": {"type": "dict", "default": {}, "options": POLICY},
    "steps": {"type": "list", "elements": "dict", "default": [], "options": STEP},
    "rpo_seconds": {"type": "int"},
    "rto_seconds": {"type": "int"},
    "rto_regression_percent": {"type": "int"},
    "population": {"type": "dict"},
    "only_news": {"type": "bool", "default": False},
    "return_sessions": {"type": "int"},
    "clock_skew_seconds": {"type": "float"},
    "awx": {
        "type": "dict",
        "options": {
            **{name: {"type": "str"} for name in AWX},
            "approvals": {
                "type": "list",
                "elements": "dict",
                "options": {name: {"type": "str"} for name in AWX_APPROVAL},
            },
        },
    },
    "exclusions": {"type": "list", "elements": "dict", "default": [], "options": EXCLUSION},
    "ansible_version": {"type": "str", "default": ""},
}
