# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Templates of the HTML report that belong to one kind of record: drill, readiness, abort."""

from __future__ import annotations

import typing as t

DRILL_SECOND: t.Final = """
<div class="verdict second v-{{ record.cleanup.verdict }}">{{ m.icon(verdict_icon(record.cleanup.verdict)) }}<div>
<span class="eyebrow">Clean-up</span><strong>{{ verdict_words(record.cleanup.verdict) }}</strong>
<p class="small">{% if record.cleanup.not_confirmed_stopped %}<b class="bad">Stop not confirmed:
{{ m.names(cleanup.not_confirmed_stopped) }}</b>{% elif record.cleanup.held %}<b class="bad">Left running on purpose:
{{ m.names(cleanup.held) }}</b>{% elif record.cleanup.not_as_before %}Not as before:
{{ m.names(cleanup.not_as_before) }}{% elif record.cleanup.verdict == "not_needed" %}No failover test was
started.{% else %}
Every failover test was stopped, and the array shows the sessions as before.{% endif %}</p></div></div>
"""

DRILL: t.Final = """
{% if record.interruption %}
<section class="card" aria-labelledby="h-interruption"><h2 id="h-interruption" class="v-failed">The drill was
interrupted</h2>
<p>In &ldquo;{{ record.interruption.task|text }}&rdquo;: {{ record.interruption.message|text }}</p></section>
{% endif %}
{% if problems and record.sessions|length > 3 %}
<section class="card" aria-labelledby="h-problems"><h2 id="h-problems">Sessions that did not pass:
{{ problems|length }} of
{{ record.sessions|length }}</h2>
{{ m.problems(problems[:15]) }}
{% if problems|length > 15 %}<details class="print"><summary><span class="name">{{ problems|length - 15 }}
more</span></summary>
<div class="inside">{{ m.problems(problems[15:]) }}</div></details>{% endif %}</section>
{% endif %}
<section class="card" aria-labelledby="h-objectives"><h2 id="h-objectives">Objectives against actual</h2>
{% if objectives|length < record.sessions|length %}<p class="muted small">The {{ objectives|length }} of
{{ record.sessions|length }} sessions that missed an objective, were not measured or came closest to it; all are in the
table
of sessions.</p>{% endif %}
<div class="pair">
{% for name, words in (("rpo", "Recovery point: age against RPO"), ("rto", "Recovery time: actual against RTO")) %}
<div><h3>{{ words }}</h3>
{% for entry in objectives %}{{ m.row(entry.name|text, entry[name].strip, m.bar(entry[name])) }}{% endfor %}
<div class="row"><span class="picture axis share" aria-hidden="true"><span>0</span><span>objective</span><span>150
%</span></span>
</div></div>
{% endfor %}
</div>
{{ m.legend((("q-met", "RPO met"), ("q-missed", "RPO missed"), ("r-storage", "storage accessible"), ("r-hosts",
"hosts see it"),
("r-application", "application validated"))) }}
<dl class="facts small" style="margin-top:14px"><dt>RPO of the drill</dt>
<dd>{{ record.objectives.rpo_seconds|duration("that of each replication rule") }}</dd>
<dt>RTO of the drill</dt><dd>{{ record.objectives.rto_seconds|duration("none given") }}</dd>
<dt>Recovery point is</dt><dd>{{ record.objectives.recovery_point_formula|text }}</dd>
<dt>RTO is</dt><dd>{{ record.objectives.rto_formula|text }}</dd></dl>
</section>
{% if timeline.seconds is not none %}
<section class="card gantt" aria-labelledby="h-timeline"><h2 id="h-timeline">Timeline</h2>
{% for phase in phases %}{{ m.row(phase.phase|capitalize, phase.strip, phase.seconds|duration) }}{% endfor %}
{% for entry in tests %}{{ m.row(entry.name|text, entry.test, (entry.session.seconds_in_test|duration ~ " in test") if
entry.session.test_owned else "no test",
"under" if loop.first and phases else "") }}{% endfor %}
<div class="row"><span class="picture axis"><span>0 s</span><span>{{ timeline.seconds|duration }}</span></span></div>
{{ m.legend((("p-start", "start"), ("p-test", "failover test running"), ("p-stop", "stop"), ("p-bad",
"failed operation"))) }}
{% if tests|length < run %}<p class="muted small" style="margin-top:8px">{{ tests|length }} of {{ run }} tests are
drawn, the worst first; each session's own timeline is in its details.</p>{% endif %}
</section>
{% endif %}
<section class="card" aria-labelledby="h-sessions"><h2 id="h-sessions">Sessions</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Sessions"><table class="wide">
<caption>{{ record.sessions|length }} sessions, those with problems first. Every session leads to its details.</caption>
<thead><tr><th scope="col">Session</th><th scope="col">Verdict</th><th scope="col" class="n">Wave</th>
<th scope="col" class="n">Storage after</th><th scope="col" class="n">In test</th><th scope="col" class="n">RPO:
age</th>
<th scope="col" class="n">RTO: actual</th><th scope="col">Stop</th><th scope="col">As before</th></tr></thead><tbody>
{% for entry in sessions %}{% set session = entry.session %}
<tr><th scope="row"><a href="#s{{ entry.number }}">{{ entry.name|text }}</a><br><span class="muted small">
{{ session.resource_type|words }}</span></th><td>{{ m.verdict(session.verdict) }}</td><td
class="n">{{ session.wave }}</td>
<td class="n">{{ session.rto.storage_accessible_seconds|duration("-") }}</td>
<td class="n">{{ session.seconds_in_test|duration("-") }}</td>
<td class="n">{{ m.cell(entry.rpo) }}</td><td class="n">{{ m.cell(entry.rto) }}</td>
<td>{{ entry.stop }}</td><td>{{ entry.normal }}</td></tr>
{% endfor %}
</tbody></table></div></section>
{% if groups %}{% include "findings" %}{% endif %}
{% if record.validations %}
<section class="card" aria-labelledby="h-validations"><h2 id="h-validations">Validations of the drill as a whole</h2>
{{ m.validations(record.validations, "Validations of the drill as a whole") }}</section>
{% endif %}
<section class="card" aria-labelledby="h-details"><h2 id="h-details">Each session</h2>
{% if printed < record.sessions|length %}<p class="muted small only-print">On paper: {{ printed }} of
{{ record.sessions|length }}
sessions, the worst of those that did not pass. The details of the others are in the HTML and the JSON.</p>{% endif %}
{% for entry in sessions %}{% include "session" %}{% endfor %}
</section>
{% include "steps" %}
<section class="card" aria-labelledby="h-policy"><h2 id="h-policy">Declared before the run</h2><dl class="facts">
<dt>On partial failure</dt><dd>{{ record.policy.on_partial_failure|words }}</dd>
<dt>End-of-test snapshot</dt><dd>{{ record.policy.end_of_test_snapshot }}</dd>
<dt>Fresh synchronisation first</dt><dd>{{ "yes" if record.policy.synchronise_first else "no" }}</dd>
<dt>Running tests taken over</dt><dd>{{ "yes, those of the same account" if record.policy.adopt_running else
"no" }}</dd>
</dl></section>
"""

SESSION: t.Final = """
{% set session = entry.session %}
<details id="s{{ entry.number }}"{% if entry.printed %} class="print"{% endif %}{% if entry.open %} open{% endif %}>
<summary><span class="name">{{ entry.name|text }}</span>{{ m.verdict(session.verdict) }}<span class="muted small">
{{ session.resource_type|words }}, wave {{ session.wave }}</span></summary><div class="inside">
{% if session.reasons %}<ul>{% for reason in session.reasons %}<li>{{ reason|text }}</li>{% endfor %}</ul>{% endif %}
{% if entry.timeline %}{{ entry.timeline }}{{ m.legend(entry.legend) }}{% endif %}
<div class="columns" style="margin-top:14px"><dl class="facts small">
<dt>Session</dt><dd>{{ session.session_id|text("none was found") }}</dd>
<dt>Resource</dt><dd>{{ session.resource_id|text("not known") }}</dd>
<dt>Replicates from</dt><dd>{{ session.remote_system|text("not known") }}</dd>
<dt>Recovery point</dt><dd>{{ session.recovery_point.timestamp|utc }}, age {{ m.bar(entry.rpo) }}{% if
session.recovery_point.objective_from %} (from the {{ session.recovery_point.objective_from }}){% endif %}</dd>
<dt>RTO</dt><dd>{{ m.bar(entry.rto) }}{% if session.rto.objective_from %} (from the
{{ session.rto.objective_from }}){% endif %}</dd>
<dt>Its parts</dt><dd>storage accessible {{ session.rto.storage_accessible_seconds|duration }}, hosts see it
{{ session.rto.hosts_see_it_seconds|duration }}, application validated
{{ session.rto.application_validated_seconds|duration }}</dd>
</dl><dl class="facts small">
{% for name in ("start", "stop") %}{% set operation = session[name] %}
<dt>{{ name|capitalize }}</dt><dd>{% if operation %}{{ operation.action|words|text }}{% if operation.duration_seconds
is not none %} in
{{ operation.duration_seconds|duration }}{% endif %}, {{ operation.started_at|clock }} to
{{ operation.finished_at|clock }}
{% if operation.job_id %}<br><span class="muted">job {{ operation.job_id|text }}</span>{% endif %}
{% if operation.snapshot %}<br>from snapshot {{ (operation.snapshot.name or operation.snapshot.id)|text }}{% endif %}
{% if operation.end_of_test_snapshot %}<br>written data kept in {{ (operation.end_of_test_snapshot.name or
operation.end_of_test_snapshot.id)|text }}, expires
{{ operation.end_of_test_snapshot.expiration_timestamp|utc }}{% endif %}
{% if operation.failure %}<br><span class="bad">{{ operation.failure.message|text }}</span> <span class="muted">(
{{- operation.failure.kind|text }}{% if operation.failure.http_status is not none %}, HTTP
{{ operation.failure.http_status }}{% endif %}
{%- if operation.failure.code %}, {{ operation.failure.code|text }}{% endif %})</span>{% endif %}
{% else %}not attempted{% endif %}</dd>{% endfor %}
{% if session.adopted %}<dt>Taken over</dt><dd>The test was running before the drill.</dd>{% endif %}
<dt>Return to normal</dt><dd>{{ entry.normal }}{% if session.return_to_normal and
session.return_to_normal.differences %}<ul>
{% for difference in session.return_to_normal.differences %}<li>{{ difference.what|text }}:
{{ difference.before|text }} →
{{ difference.after|text }}</li>{% endfor %}</ul>{% endif %}</dd></dl></div>
<h3>Before, during, after</h3><div class="scroll" tabindex="0" role="region" aria-label="Before, during, after"><table>
<thead><tr>{% for name in ("Before", "During", "After") %}<th scope="col">{{ name }}</th>{% endfor %}</tr></thead>
<tbody><tr>{% for name in ("before", "during", "after") %}<td>{{ m.condition(session[name]) }}</td>
{% endfor %}</tr></tbody>
</table></div>
{% if entry.volumes %}
<div class="scroll" tabindex="0" role="region" aria-label="Volumes"><table><caption class="unseen">Volumes</caption>
<thead><tr><th scope="col">Volume</th><th scope="col">WWN</th><th scope="col" class="n">Size</th><th scope="col">Hosts
before</th>
<th scope="col">during</th><th scope="col">after</th></tr></thead><tbody>
{% for volume in entry.volumes[:40] %}<tr><th scope="row">{{ volume.name|text }}</th>
<td><code>{{ volume.wwn|text }}</code></td>
<td class="n">{{ volume.size }}</td>{% for hosts in volume.hosts %}<td>{{ hosts|text }}</td>{% endfor %}</tr>
{% endfor %}
</tbody></table></div>
{% if entry.volumes|length > 40 %}<p class="muted small">{{ entry.volumes|length - 40 }} more volumes are in the
JSON.</p>{% endif %}
{% endif %}
{% if session.validations %}<h3>Validations</h3>
{{ m.validations(session.validations, "Validations of this session") }}{% endif %}
{% if session.findings %}<h3>Findings</h3>{{ m.findings(session.findings) }}{% endif %}
</div></details>
"""

STEPS: t.Final = """
{% macro rows(entries) %}
<div class="scroll" tabindex="0" role="region" aria-label="Steps"><table class="wide">
<thead><tr><th scope="col">Phase</th><th scope="col" class="text">Step</th><th scope="col">Sessions</th><th
scope="col">Result</th>
<th scope="col" class="n">Begin</th><th scope="col" class="n">End</th><th scope="col">Clock</th></tr></thead><tbody>
{% for step in entries %}
<tr><td>{{ step.phase }}{% if step.wave is not none %}<br><span class="muted small">wave
{{ step.wave }}</span>{% endif %}</td>
<th scope="row" class="text">{{ step.name|text }}{% if step.reason %}<br><span
class="small{% if step.result == 'failed' %} bad{% else %} muted{% endif %}">
{{ step.reason|text }}</span>{% endif %}</th><td>{% if not step.session_ids %}all{% elif step.session_ids|length > 3 %}
{{ step.session_ids|length }}{% else %}{% for id in step.session_ids %}{{ names.get(id, id)|text }}{% if not
loop.last %}, {% endif %}
{% endfor %}{% endif %}</td><td>{{ m.result(step_result(step.result)) }}</td>
<td class="n">{{ step.started_at|clock }}</td><td class="n">{{ step.finished_at|clock }}</td>
<td>{{ step.clock }}</td></tr>
{% endfor %}
</tbody></table></div>
{% endmacro %}
<section class="card" aria-labelledby="h-steps"><h2 id="h-steps">Steps, and those that were not executed</h2>
{% if not record.steps %}<p>The record has no steps.</p>{% elif record.steps|length <=
60 %}{{ rows(record.steps) }}{% else %}
{% set open = record.steps|rejectattr("result", "equalto", "passed")|list %}
<p>{{ record.steps|length }} steps; {{ open|length }} failed or were not executed.</p>
{% if open %}{{ rows(open) }}{% endif %}
<details><summary><span class="name">All {{ record.steps|length }} steps in order</span></summary><div class="inside">
{{ rows(record.steps) }}</div></details>{% endif %}
</section>
"""

FINDINGS: t.Final = """
<section class="card" aria-labelledby="h-findings"><h2 id="h-findings">Findings</h2>
<ul class="reasons">
{% for group in groups %}
<li><b class="v-{{ group.severity }}">{{ group.severity|capitalize }}</b> <code>{{ group.id }}</code>
<span class="muted">{{ group.sessions|length }} of {{ record.sessions|length }} sessions:</span>
{{ m.names(group.sessions) }}
<dl class="facts small"><dt>Found</dt><dd>{% for message in group.messages[:3] %}{{ message|text }}{% if not
loop.last %}<br>
{% endif %}{% endfor %}{% if group.messages|length > 3 %}<br>and {{ group.messages|length - 3 }} more, see the
sessions{% endif %}</dd>
<dt>It means</dt><dd>{{ group.impact|text }}</dd><dt>What to do</dt><dd>{{ group.resolution|text }}</dd></dl></li>
{% endfor %}
</ul></section>
"""

READINESS_SECOND: t.Final = """
<div class="verdict second v-{{ 'passed' if not_ready == 0 and record.sessions else 'failed' }}">
{{ m.icon("passed" if not_ready == 0 and record.sessions else "failed") }}<div><span class="eyebrow">Ready now</span>
<strong>{{ record.sessions|length - not_ready }} of {{ record.sessions|length }}</strong>
<p class="small">Nothing was started; the array was only read.</p></div></div>
"""

READINESS: t.Final = """
{% if groups %}{% include "findings" %}{% endif %}
<section class="card" aria-labelledby="h-objectives"><h2 id="h-objectives">Age of the recovery points against the
RPO</h2>
{% if objectives|length < record.sessions|length %}<p class="muted small">The {{ objectives|length }} of
{{ record.sessions|length }} sessions that exceed it, were not measured or come closest to it.</p>{% endif %}
{% for entry in objectives %}{{ m.row(entry.name|text, entry.rpo.strip, m.bar(entry.rpo)) }}{% endfor %}
<div class="row"><span class="picture axis share" aria-hidden="true"><span>0</span><span>objective</span><span>150
%</span></span>
</div></section>
<section class="card" aria-labelledby="h-sessions"><h2 id="h-sessions">Sessions</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Sessions"><table class="wide">
<caption>{{ record.sessions|length }} sessions, those with problems first.</caption>
<thead><tr><th scope="col">Session</th><th scope="col">Verdict</th><th scope="col">Ready</th><th scope="col">State,
role</th>
<th scope="col" class="n">Age, RPO</th><th scope="col">Hosts</th><th scope="col" class="text">Why
not</th></tr></thead><tbody>
{% for entry in sessions %}{% set session = entry.session %}
<tr><th scope="row">{{ entry.name|text }}<br><span class="muted small">{{ session.resource_type|words }}, from
{{ session.remote_system|text("not known") }}</span></th><td>{{ m.verdict(session.verdict) }}</td>
<td>{{ "yes" if session.ready else "no" }}</td><td>{{ m.condition(session.before) }}</td>
<td class="n">{{ m.cell(entry.rpo) }}</td><td>{{ entry.hosts|text("none") }}</td>
<td class="text">{{ session.reasons|join(" ")|text }}</td></tr>
{% endfor %}
</tbody></table></div></section>
"""

ABORT_SECOND: t.Final = """
<div class="verdict second v-{{ 'passed' if record.seconds_to_failover_ready is not none else 'failed' }}">
{{ m.icon("passed" if record.seconds_to_failover_ready is not none else "failed") }}<div><span class="eyebrow">Failover
ready</span>
<strong>{% if record.seconds_to_failover_ready is none %}Not shown{% else %}after
{{ record.seconds_to_failover_ready|duration }}{% endif %}
</strong><p class="small">{{ ready }} of {{ record.sessions|length }} sessions show nothing that refuses a
failover.</p></div></div>
"""

ABORT: t.Final = """
{% if tests %}
<section class="card gantt" aria-labelledby="h-timeline"><h2 id="h-timeline">Failover tests that were found</h2>
{% for entry in tests %}{{ m.row(entry.name|text, entry.test, entry.stop) }}{% endfor %}
<div class="row"><span class="picture axis"><span>0 s</span><span>{{ timeline.seconds|duration }}</span></span></div>
{{ m.legend((("p-test", "failover test running"), ("p-stop", "stop"), ("p-bad", "failed stop"))) }}
</section>
{% endif %}
<section class="card" aria-labelledby="h-sessions"><h2 id="h-sessions">Sessions</h2>
<div class="scroll" tabindex="0" role="region" aria-label="Sessions"><table class="wide">
<caption>{{ record.sessions|length }} sessions of which this array is the destination, those with problems
first.</caption>
<thead><tr><th scope="col">Session</th><th scope="col">Verdict</th><th scope="col">Test found</th><th
scope="col">Stop</th>
<th scope="col">Failover ready</th><th scope="col">After</th><th scope="col" class="text">Why not
passed</th></tr></thead><tbody>
{% for entry in sessions %}{% set session = entry.session %}
<tr><th scope="row">{{ entry.name|text }}<br><span class="muted small">{{ session.resource_type|words }}</span></th>
<td>{{ m.verdict(session.verdict) }}</td><td>{% if session.test_found %}yes, by
{{ session.started_by|text("an account not known") }}<br>
<span class="muted small">since {{ session.test_started_at|utc }}</span>{% else %}no{% endif %}</td>
<td>{{ entry.stop }}{% if session.forced %}, forced{% endif %}{% if session.stop and session.stop.failure %}<br>
<span class="bad">{{ session.stop.failure.message|text }}</span>{% endif %}</td>
<td>{% if session.failover_ready %}yes, {{ session.failover_ready_at|utc }}{% else %}<b
class="v-failed">no</b>{% endif %}</td>
<td>{{ m.condition(session.after) }}</td><td class="text">{{ session.reasons|join(" ")|text }}</td></tr>
{% endfor %}
</tbody></table></div></section>
{% if groups %}{% include "findings" %}{% endif %}
"""
