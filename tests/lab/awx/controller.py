"""A small AWX in memory: as much of /api/v2/ as the modules of awx.awx 24.6.1 ask for, over HTTP on loopback.

It knows the objects that the playbook awx_setup makes, keeps links between them, and refuses what AWX refuses: a field
that an object does not have, a missing required one, an edge that makes a cycle or joins two nodes twice, an rrule
without DTSTART or INTERVAL or with a number in BYDAY, two credentials of one type in a job template, an answer that no
question asked for, the removal of what something else needs. Like AWX it never gives a secret back: $encrypted$ stands
for it. A project is updated when it is made; `next_update` says how that and the updates after it end.
"""

from __future__ import annotations

import re
import threading
import typing as t
from types import TracebackType

from flask import Flask, Response, jsonify, request
from werkzeug.serving import make_server

Object = dict[str, t.Any]
Answer = tuple[Response, int] | Response

ENCRYPTED = "$encrypted$"
NODES = ("success_nodes", "failure_nodes", "always_nodes")
NOTIFICATIONS = tuple(f"notification_templates_{event}" for event in ("started", "success", "error", "approvals"))

# Collection: its fields with the value of one that is not given. None of a name in REQUIRED means that it has to be.
FIELDS: dict[str, Object] = {
    "organizations": {"description": "", "default_environment": None, "max_hosts": 0},
    "credential_types": {"description": "", "kind": None, "inputs": {}, "injectors": {}, "managed": False},
    "credentials": {"description": "", "organization": None, "credential_type": None, "inputs": {}},
    "execution_environments": {"description": "", "organization": None, "image": None, "credential": None, "pull": ""},
    "projects": {
        **dict.fromkeys(("description", "scm_type", "scm_url", "scm_branch"), ""),
        **dict.fromkeys(("organization", "credential", "default_environment")),
        **dict.fromkeys(("scm_update_on_launch", "allow_override"), False),
        "timeout": 0,
    },
    "inventories": {"description": "", "organization": None, "kind": "", "host_filter": None, "variables": ""},
    "hosts": {"description": "", "inventory": None, "enabled": True, "variables": ""},
    "notification_templates": {
        **dict.fromkeys(("organization", "notification_type", "messages")),
        "description": "",
        "notification_configuration": {},
    },
    "teams": {"description": "", "organization": None},
    "job_templates": {
        **dict.fromkeys(("description", "playbook", "extra_vars", "limit", "job_tags", "skip_tags"), ""),
        **dict.fromkeys(("organization", "inventory", "project", "execution_environment")),
        **dict.fromkeys(("ask_variables_on_launch", "ask_limit_on_launch"), False),
        **dict.fromkeys(("survey_enabled", "allow_simultaneous"), False),
        "job_type": "run",
        "job_slice_count": 1,
        "timeout": 0,
    },
    "workflow_job_templates": {
        **dict.fromkeys(("description", "extra_vars"), ""),
        **dict.fromkeys(("organization", "inventory")),
        **dict.fromkeys(("survey_enabled", "allow_simultaneous", "ask_variables_on_launch"), False),
    },
    "workflow_job_template_nodes": {
        **dict.fromkeys(("workflow_job_template", "unified_job_template"), None),
        "identifier": "",
        "extra_data": {},
        "all_parents_must_converge": False,
    },
    "workflow_approval_templates": {"description": "", "organization": None, "timeout": 0},
    "schedules": {"description": "", "rrule": None, "unified_job_template": None, "enabled": True, "extra_data": {}},
}
REQUIRED = {
    "credential_types": ("kind",),
    "credentials": ("credential_type", "organization"),
    "execution_environments": ("image",),
    "hosts": ("inventory",),
    "inventories": ("organization",),
    "job_templates": ("project", "inventory", "playbook"),
    "workflow_job_template_nodes": ("workflow_job_template",),
    "schedules": ("rrule", "unified_job_template"),
}
SINGULAR = {"inventories": "inventory"}
# What a template's roles allow; each has an id, by which teams get it.
ROLES = {
    "job_templates": ("admin_role", "execute_role", "read_role"),
    "workflow_job_templates": ("admin_role", "execute_role", "read_role", "approval_role"),
}
# An object of the first kind is needed by those of the second, in that field or link.
NEEDED = (
    ("credential_types", "credentials", "credential_type"),
    ("inventories", "job_templates", "inventory"),
    ("projects", "job_templates", "project"),
    ("execution_environments", "job_templates", "execution_environment"),
)
UNIFIED = ("job_templates", "workflow_job_templates", "projects", "workflow_approval_templates")


ME, UNIFIED_JOBS = "/api/v2/me/", "/api/v2/unified_jobs/"


def page(*rows: Object, **row: t.Any) -> Object:
    """A list as AWX answers with it, of rows or of the one row that has these fields."""
    results = [*rows, *([row] if row else [])]
    return {"count": len(results), "next": None, "previous": None, "results": results}


class RefusedError(Exception):
    """AWX's answer 400, with what it says."""


def rrule_problems(rrule: str) -> list[str]:
    """What AWX says against a schedule's rule (awx/api/serializers.py, SchedulePreviewSerializer)."""
    problems = []
    if not re.match(r"DTSTART(;TZID=[A-Za-z_/]+:\d{8}T\d{6}|:\d{8}T\d{6}Z)\s", rrule):
        problems.append("Valid DTSTART required in rrule. Value should start with: DTSTART:YYYYMMDDTHHMMSSZ")
    rules = re.findall(r"RRULE:(\S+)", rrule)
    if not rules:
        problems.append("One or more rule required in rrule.")
    for rule in rules:
        if "INTERVAL=" not in rule:
            problems.append(f"INTERVAL required in rrule: {rule}")
        if re.search(r"BYDAY=\d", rule):
            problems.append(f"BYDAY with numeric prefix not supported: {rule}")
        if "SECONDLY" in rule:
            problems.append(f"SECONDLY is not supported: {rule}")
    return problems


class Controller:
    """The server: `with Controller() as awx`, then awx.url, awx.objects(...), awx.writes."""

    def __init__(self) -> None:
        self.token = "token-of-the-controller"
        self.writes: list[str] = []
        self.secrets: dict[int, Object] = {}
        self.next_update = "successful"
        # Answers by their paths, of what is only read.
        self.pages: dict[str, Object] = {ME: page(username="admin", is_superuser=True), UNIFIED_JOBS: page()}
        self._teams_of: dict[int, list[int]] = {}  # by the id of the role
        self._updates: dict[int, Object] = {}
        self._rows: dict[str, dict[int, Object]] = {name: {} for name in FIELDS}
        self._links: dict[tuple[str, int, str], list[int]] = {}
        self._surveys: dict[tuple[str, int], Object] = {}
        self._lock = threading.Lock()
        self._last_id = 0
        self.add("organizations", name="Default")
        self._server = make_server("127.0.0.1", 0, self._app(), threaded=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Controller:
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    # What is there -------------------------------------------------------------------------------------------------

    def objects(self, collection: str) -> list[Object]:
        """All objects of a collection, oldest first."""
        return list(self._rows[collection].values())

    def named(self, collection: str, name: str) -> Object:
        """The object of that name (or identifier)."""
        return next(row for row in self.objects(collection) if name in (row.get("name"), row.get("identifier")))

    def linked(self, collection: str, row: Object, relation: str) -> list[str]:
        """Names of what an object is linked with."""
        target = "workflow_job_template_nodes" if relation in NODES else relation
        target = "notification_templates" if relation in NOTIFICATIONS else target
        found = [self._rows[target][number] for number in self._links.get((collection, row["id"], relation), [])]
        return sorted(one.get("name") or one["identifier"] for one in found)

    def survey(self, collection: str, name: str) -> Object:
        """The survey of a template, {} without one."""
        return self._surveys.get((collection, self.named(collection, name)["id"]), {})

    def add(self, collection: str, **fields: t.Any) -> Object:
        """Make an object as a POST would."""
        self._check(collection, fields)
        missing = [name for name in REQUIRED.get(collection, ()) if fields.get(name) in (None, "")]
        if missing:
            raise RefusedError({name: ["This field is required."] for name in missing})
        self._last_id += 1
        row: Object = {"id": self._last_id, "url": f"/api/v2/{collection}/{self._last_id}/", "related": {}}
        row["type"] = SINGULAR.get(collection, collection[:-1])
        row["summary_fields"] = {}
        row |= {**FIELDS[collection], **fields}
        if collection.endswith("job_templates"):
            row["related"]["survey_spec"] = f"{row['url']}survey_spec/"
        if collection == "projects":
            row["related"]["update"] = f"{row['url']}update/"
            self._update_project(row)
        row["summary_fields"]["object_roles"] = {
            name: {"id": row["id"] * 100 + number} for number, name in enumerate(ROLES.get(collection, ()))
        }
        self._rows[collection][row["id"]] = row
        self._keep_secrets(collection, row)
        return row

    def change(self, collection: str, row: Object, **fields: t.Any) -> Object:
        """Change an object as a PATCH would."""
        self._check(collection, {**row, **fields}, set(fields))
        if collection == "credentials" and "inputs" in fields:
            kept = self.secrets.get(row["id"], {})
            given = fields["inputs"].items()
            fields["inputs"] = {key: kept.get(key) if value == ENCRYPTED else value for key, value in given}
        row |= fields
        self._keep_secrets(collection, row)
        return row

    def remove(self, collection: str, row: Object) -> None:
        """Remove an object as a DELETE would, with what is a part of it."""
        for kind, other, field in NEEDED:
            users = [each["name"] for each in self.objects(other) if kind == collection and each[field] == row["id"]]
            if users and kind == "credential_types":
                raise RefusedError({"detail": f"used by {', '.join(users)}"})
            for each in self.objects(other):
                if kind == collection and each[field] == row["id"]:
                    each[field] = None
        del self._rows[collection][row["id"]]
        if collection == "workflow_job_template_nodes":
            self._rows["workflow_approval_templates"].pop(row["unified_job_template"], None)
        parts = (("workflow_job_template_nodes", "workflow_job_template"), ("hosts", "inventory"))
        for part, field in (*parts, ("schedules", "unified_job_template")):
            for each in self.objects(part):
                if each[field] == row["id"] and collection in ("inventories", *UNIFIED):
                    self.remove(part, each)
        for links in self._links.values():
            while row["id"] in links:
                links.remove(row["id"])

    def has_run(self, workflow: int, approval: Object, drill: Object) -> None:
        """A workflow job whose approval and drill ended as said; and a job 90 of it, which may ask."""
        nodes = [
            {"identifier": "approval", "summary_fields": {"job": {"id": 88, "type": "workflow_approval"}}},
            {"identifier": "drill", "summary_fields": {"job": {"id": 89, "type": "job"} if drill else None}},
        ]
        image = {"summary_fields": {"execution_environment": {"image": "registry.example.com/drills:1"}}}
        self.pages |= {
            f"/api/v2/workflow_jobs/{workflow}/workflow_nodes/": {"count": 2, "next": None, "results": nodes},
            "/api/v2/workflow_approvals/88/": {"id": 88, "name": "may start", "finished": None, **approval},
            "/api/v2/jobs/89/": {"id": 89, "started": None, "finished": None, **drill},
            "/api/v2/jobs/90/": image,
        }

    def teams_with(self, collection: str, name: str, role: str) -> list[str]:
        """The names of the teams that have a role on an object."""
        number = self.named(collection, name)["summary_fields"]["object_roles"][role]["id"]
        return sorted(self._rows["teams"][team]["name"] for team in self._teams_of.get(number, []))

    def _update_project(self, project: Object) -> Object:
        self._last_id += 1
        good = self.next_update == "successful"
        project |= {"status": self.next_update, "scm_revision": f"revision-{self._last_id}" if good else ""}
        update = {
            "id": self._last_id,
            "url": f"/api/v2/project_updates/{self._last_id}/",
            "status": self.next_update,
            "failed": not good,
            "finished": "2026-11-23T20:00:00Z",
            "event_processing_finished": True,
            "scm_revision": project["scm_revision"],
        }
        self._updates[self._last_id] = update
        return update

    # What AWX refuses ----------------------------------------------------------------------------------------------

    def _check(self, collection: str, fields: Object, given: set[str] | None = None) -> None:
        allowed = {*FIELDS[collection], "name", "type"}
        unknown = (given if given is not None else set(fields)) - allowed
        if unknown:
            raise RefusedError({name: [f"{collection} have no such field"] for name in sorted(unknown)})
        if collection == "schedules":
            problems = rrule_problems(fields["rrule"])
            if problems:
                raise RefusedError({"rrule": problems})
            self._check_answers(fields["unified_job_template"], fields.get("extra_data", {}), required=True)
        if collection == "workflow_job_template_nodes" and fields.get("unified_job_template"):
            # What a node does not answer may come from its workflow.
            self._check_answers(fields["unified_job_template"], fields.get("extra_data", {}), required=False)
        if collection == "credentials":
            self._check_inputs(fields)
        if collection == "job_templates" and fields.get("project"):
            project = self._rows["projects"][fields["project"]]
            if project["status"] != "successful":
                raise RefusedError({"playbook": ["Playbook not found for project."]})

    def _check_inputs(self, fields: Object) -> None:
        inputs = self._rows["credential_types"][fields["credential_type"]]["inputs"]
        known = {field["id"]: field["type"] for field in inputs["fields"]}
        for name, value in fields.get("inputs", {}).items():
            if name not in known or isinstance(value, bool) != (known[name] == "boolean"):
                raise RefusedError({"inputs": {name: [f"not an input of this type, or not {known.get(name)}"]}})
        missing = [name for name in inputs.get("required", []) if not fields.get("inputs", {}).get(name)]
        if missing:
            raise RefusedError({"inputs": {name: ["required for this type"] for name in missing}})

    def _check_answers(self, template_id: int, answers: Object, *, required: bool) -> None:
        collection, template = self.unified(template_id)
        survey = self._surveys.get((collection, template_id), {}) if template.get("survey_enabled") else {}
        questions = {question["variable"]: question for question in survey.get("spec", [])}
        if not template.get("ask_variables_on_launch"):
            unasked = sorted(set(answers) - set(questions))
            if unasked:
                raise RefusedError({"extra_data": [f"Variables {', '.join(unasked)} are not allowed on launch."]})
        for name, question in questions.items():
            value = answers.get(name, "")
            if required and question["required"] and not value:
                raise RefusedError({"extra_data": [f"'{name}' value missing"]})
            if value and question["type"] == "multiplechoice" and value not in question["choices"]:
                raise RefusedError({"extra_data": [f"Value {value} for '{name}' expected to be one of the choices."]})
            if not isinstance(value, str):
                raise RefusedError({"extra_data": [f"Value {value} for '{name}' expected to be a string."]})

    def unified(self, number: int) -> tuple[str, Object]:
        """The collection and the object of something that a node or schedule can start."""
        for collection in UNIFIED:
            if number in self._rows[collection]:
                return collection, self._rows[collection][number]
        raise RefusedError({"unified_job_template": [f"Invalid pk {number}"]})

    def _check_link(self, collection: str, row: Object, relation: str, other: int) -> None:
        if relation == "credentials":
            types = [self._rows["credentials"][number]["credential_type"] for number in self._linked_ids(row, relation)]
            if self._rows["credentials"][other]["credential_type"] in types:
                raise RefusedError({"error": "Cannot assign multiple credentials of one type."})
        if relation in NODES:
            if any(other in self._linked_ids(row, name) for name in NODES):
                raise RefusedError({"Error": "Relationship not allowed."})
            if row["id"] in self._reachable(other):
                raise RefusedError({"Error": "Cycle detected."})

    def _linked_ids(self, row: Object, relation: str) -> list[int]:
        collection = next(name for name, rows in self._rows.items() if rows.get(row["id"]) is row)
        return self._links.setdefault((collection, row["id"], relation), [])

    def _reachable(self, number: int) -> set[int]:
        """The node and all after it."""
        row = self._rows["workflow_job_template_nodes"][number]
        after = [self._reachable(child) for name in NODES for child in self._linked_ids(row, name)]
        return {number}.union(*after)

    def _keep_secrets(self, collection: str, row: Object) -> None:
        if collection == "notification_templates":
            given, kept = row["notification_configuration"], self.secrets.get(row["id"], {})
            self.secrets[row["id"]] = {k: kept.get(k) if v == ENCRYPTED else v for k, v in given.items()}
            secret = {"password", "token"}
            row["notification_configuration"] = {k: ENCRYPTED if k in secret else v for k, v in given.items()}
        if collection != "credentials":
            return
        self.secrets[row["id"]] = dict(row["inputs"])
        fields = self._rows["credential_types"][row["credential_type"]]["inputs"]["fields"]
        secret = {field["id"] for field in fields if field.get("secret")}
        row["inputs"] = {key: ENCRYPTED if key in secret else value for key, value in row["inputs"].items()}

    # HTTP ----------------------------------------------------------------------------------------------------------

    def _app(self) -> Flask:
        app = Flask(__name__)

        @app.before_request
        def authenticate() -> Answer | None:
            if request.headers.get("Authorization") != f"Bearer {self.token}":
                return jsonify(detail="Authentication credentials were not provided."), 401
            if request.method != "GET":
                self.writes.append(f"{request.method} {request.path}")
            if request.path in self.pages:
                return jsonify(self.pages[request.path])
            self._lock.acquire()
            return None

        @app.teardown_request
        def release(_error: BaseException | None) -> None:
            if self._lock.locked():
                self._lock.release()

        @app.after_request
        def name_the_product(response: Response) -> Response:
            response.headers |= {"X-API-Product-Name": "AWX", "X-API-Product-Version": "24.6.1"}
            return response

        @app.errorhandler(RefusedError)
        def refuse(error: RefusedError) -> Answer:
            return jsonify(error.args[0]), 400

        app.add_url_rule("/api/v2/<collection>/", view_func=self._list, methods=["GET", "POST"])
        app.add_url_rule("/api/v2/<collection>/<int:number>/", view_func=self._one, methods=["GET", "PATCH", "DELETE"])
        app.add_url_rule("/api/v2/roles/<int:number>/teams/", view_func=self._role_teams, methods=["GET", "POST"])
        app.add_url_rule("/api/v2/project_updates/<int:number>/", view_func=self._project_update)
        app.add_url_rule(
            "/api/v2/<collection>/<int:number>/<relation>/", view_func=self._related, methods=["GET", "POST"]
        )
        return app

    def _list(self, collection: str) -> Answer:
        if request.method == "POST":
            return jsonify(self.add(collection, **request.get_json())), 201
        names = UNIFIED if collection == "unified_job_templates" else (collection,)
        rows = [row for name in names for row in self.objects(name)]
        return self._page([row for row in rows if self._matches(row)])

    def _matches(self, row: Object) -> bool:
        wanted = dict(request.args)
        for name, collection in (("organization", "organizations"), ("inventory", "inventories")):
            if (value := wanted.pop(f"{name}__name", None)) is not None:
                wanted[name] = str(next((row["id"] for row in self.objects(collection) if row["name"] == value), 0))
        wanted.pop("page_size", None)
        either = {key.removeprefix("or__"): wanted.pop(key) for key in list(wanted) if key.startswith("or__")}
        unknown = [key for key in (*wanted, *either) if key not in row]
        if unknown:
            raise RefusedError({"detail": f"{row['type']} has no field named '{unknown[0]}'"})
        found = all(str(row[key]) == value for key, value in wanted.items())
        return found and (not either or any(str(row[key]) == value for key, value in either.items()))

    @staticmethod
    def _page(rows: list[Object]) -> Answer:
        return jsonify(count=len(rows), next=None, previous=None, results=rows)

    def _one(self, collection: str, number: int) -> Answer:
        row = self._rows.get(collection, {}).get(number)
        if row is None:
            return jsonify(detail="Not found."), 404
        if request.method == "DELETE":
            self.remove(collection, row)
            return Response(status=204)
        return jsonify(self.change(collection, row, **request.get_json()) if request.method == "PATCH" else row)

    def _project_update(self, number: int) -> Answer:
        return jsonify(self._updates[number])

    def _role_teams(self, number: int) -> Answer:
        holders = self._teams_of.setdefault(number, [])
        if request.method == "POST":
            holders.append(request.get_json()["id"])
            return Response(status=204)
        return self._page([self._rows["teams"][team] for team in holders])

    def _related(self, collection: str, number: int, relation: str) -> Answer:
        row = self._rows.get(collection, {}).get(number)
        if relation == "update" and collection == "projects" and row is not None:
            return jsonify(self._update_project(row)), 202
        known = relation in (*NODES, *NOTIFICATIONS, "credentials", "survey_spec", "create_approval_template")
        if row is None or not known or (relation in NODES and collection != "workflow_job_template_nodes"):
            return jsonify(detail="Not found."), 404
        if relation == "survey_spec":
            return self._survey_spec(collection, number)
        if relation == "create_approval_template":
            return self._approval(row)
        if request.method == "POST":
            return self._link(collection, row, relation)
        target = "workflow_job_template_nodes" if relation in NODES else relation
        target = "notification_templates" if relation in NOTIFICATIONS else target
        return self._page([self._rows[target][other] for other in self._linked_ids(row, relation)])

    def _link(self, collection: str, row: Object, relation: str) -> Answer:
        given = request.get_json()
        linked = self._linked_ids(row, relation)
        if given.get("disassociate"):
            linked.remove(given["id"])
        else:
            self._check_link(collection, row, relation, given["id"])
            linked.append(given["id"])
        return Response(status=204)

    def _survey_spec(self, collection: str, number: int) -> Answer:
        if request.method == "POST":
            spec = request.get_json()
            wanted = {"question_name", "variable", "type", "required", "default"}
            for question in spec["spec"]:
                if not wanted <= set(question) or not isinstance(question["default"], str):
                    raise RefusedError({"error": f"survey question {question} lacks one of {sorted(wanted)}"})
                if question["type"] == "multiplechoice" and question["default"] not in question["choices"]:
                    raise RefusedError({"error": f"default of {question} is none of its choices"})
            self._surveys[collection, number] = spec
        return jsonify(self._surveys.get((collection, number), {}))

    def _approval(self, node: Object) -> Answer:
        template = self.add("workflow_approval_templates", **request.get_json())
        node["unified_job_template"] = template["id"]
        node["related"]["unified_job_template"] = template["url"]
        return jsonify(template), 201
