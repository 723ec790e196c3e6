# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Templates of the HTML report that every kind of record has: head, verdict, tables that are alike, sources,
signatures."""

from __future__ import annotations

import typing as t

_ICONS = """
<svg width="0" height="0" aria-hidden="true" style="position:absolute"><defs>
<symbol id="i-passed" viewBox="0 0 24 24"><circle cx="12" cy="12" r="11" fill="currentColor"/>
<path d="M6.5 12.5l3.7 3.7 7.3-8" fill="none" stroke="var(--card)" stroke-width="2.6"/></symbol>
<symbol id="i-passed_with_deviations" viewBox="0 0 24 24"><path d="M12 1.5L23.5 22H.5z" fill="currentColor"/>
<path d="M12 8.5v6.5m0 2v2.4" fill="none" stroke="var(--card)" stroke-width="2.6"/></symbol>
<symbol id="i-failed" viewBox="0 0 24 24"><path d="M7.5 1h9L23 7.5v9L16.5 23h-9L1 16.5v-9z" fill="currentColor"/>
<path d="M8 8l8 8m0-8l-8 8" fill="none" stroke="var(--card)" stroke-width="2.6"/></symbol>
<symbol id="i-aborted" viewBox="0 0 24 24"><circle cx="12" cy="12" r="11" fill="currentColor"/>
<path d="M8.3 8.3h7.4v7.4H8.3z" fill="var(--card)"/></symbol>
<symbol id="i-incomplete" viewBox="0 0 24 24"><circle cx="12" cy="12" r="10" fill="none" stroke="currentColor"
stroke-width="2.4" stroke-dasharray="4.2 3.1"/><path d="M7 12h10" stroke="currentColor" stroke-width="2.6"/></symbol>
<symbol id="i-held" viewBox="0 0 24 24"><circle cx="12" cy="12" r="11" fill="currentColor"/>
<path d="M9 7v10m6-10v10" fill="none" stroke="var(--card)" stroke-width="2.8"/></symbol>
<symbol id="i-not_needed" viewBox="0 0 24 24"><circle cx="12" cy="12" r="10" fill="none" stroke="currentColor"
stroke-width="2.4"/><path d="M8 12h8" stroke="currentColor" stroke-width="2.6"/></symbol>
</defs></svg>
"""

PAGE: t.Final = (
    """{% import "macros" as m with context %}
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{{ verdict_words(record.verdict) }}: {{ record.drill.title }} ({{ record.drill.id }})</title>
<style>{{ style }}</style>
</head>
<body>
"""
    + _ICONS
    + """
<a class="skip" href="#main">To the content</a>
<div class="page">
<header>
<span class="eyebrow">{{ heading }}</span>
<h1>{{ record.drill.title|text }}</h1>
<ul class="meta">
<li>Array <b>{{ (record.array.name or record.array.host)|text }}</b></li>
<li>{{ m.time(record.times.started_at or record.times.written_at) }}{% if took %},
{{ took|duration }}{% endif %}</li>
<li>Record <b>{{ record.drill.id }}</b></li>
{% if record.drill.change_ticket %}<li>Change <b>{{ record.drill.change_ticket|text }}</b></li>{% endif %}
</ul>
<div class="verdicts">
<div class="verdict v-{{ record.verdict }}">{{ m.icon(verdict_icon(record.verdict)) }}<div>
<span class="eyebrow">Verdict</span>
<strong>{{ verdict_words(record.verdict) }}</strong><p>{{ meaning }}</p></div></div>
{% include record.kind ~ "_second" %}
</div>
</header>
<main id="main">
<div class="tiles">
{% for tile in tiles %}
<div class="tile"><span class="label">{{ tile.label }}</span>
<span class="figure">{{ tile.figure }}{% if tile.of is not none %} <small>of {{ tile.of }}</small>{% endif %}</span>
{% if tile.note %}<span class="note{% if tile.missed %} v-missed{% endif %}">{{ tile.note }}</span>{% endif %}</div>
{% endfor %}
</div>
{% if record.reasons %}
<section class="card" aria-labelledby="h-reasons"><h2 id="h-reasons">Why it is not &ldquo;passed&rdquo;</h2>
<ul class="reasons">{% for reason in record.reasons[:shown_reasons] %}<li>{{ reason|text }}</li>{% endfor %}</ul>
{% if record.reasons|length > shown_reasons %}<p class="muted small">{{ record.reasons|length - shown_reasons }} more:
each is among the <a href="#h-deviations">deviations</a> below.</p>{% endif %}
</section>
{% endif %}
{% include record.kind %}
{% if record.deviations %}{{ m.deviations(record.deviations) }}{% endif %}
{% include "sources" %}
</main>
<footer><p>Made from <code>{{ source.file_name }}</code>, SHA-256 <code>{{ source.sha256 }}</code>,
schema version {{ record.schema_version }}. The JSON is the record; this page shows it. All times are UTC.
drdrill.powerstore {{ version }}. This report states what was observed; whether that satisfies a
regulation or standard is for a person to judge.</p></footer>
</div>
</body>
</html>
"""
)

MACROS: t.Final = """
{% macro icon(name) %}<svg class="icon" aria-hidden="true"><use href="#i-{{ name }}"/></svg>{% endmacro %}
{% macro verdict(name) %}<span class="tag v-{{ name }}">{{ icon(verdict_icon(name)) }}
{{- verdict_words(name) }}</span>{% endmacro %}
{% macro time(moment) %}{% if moment %}<time class="nowrap"
datetime="{{ moment }}">{{ moment|utc }}</time>{% else %}not known{% endif %}{% endmacro %}
{% macro result(result) %}
<span class="tag v-{{ result.value }}">{{ icon(result.icon) }}{{ result.word }}</span>
{% endmacro %}
{% macro met(result) %}
{% if result is none %}not measured{% elif result %}met{% else %}<b class="v-failed">missed</b>{% endif %}
{% endmacro %}
{% macro bar(seen) %}{{ seen.actual }} {{ seen.against }}{% if seen.result is not none %} ·
{{ met(seen.result) }}{% endif %}{% endmacro %}
{% macro cell(seen) %}{{ seen.actual }}<br>
<span class="small muted">{{ seen.against }}{% if seen.result is not none %} · {{ met(seen.result) }}{% endif %}</span>
{% endmacro %}
{% macro row(name, picture, value, class="") %}
<div class="row {{ class }}"><span class="name">{{ name }}</span><span class="picture">{{ picture }}</span>
<span class="value">{{ value }}</span></div>
{% endmacro %}
{% macro legend(entries) %}
<ul class="legend">{% for look, words in entries %}<li><svg viewBox="0 0 14 12" aria-hidden="true"><rect
class="{{ look }}"
{% if look == "p-test" %}y="4" height="4"{% else %}height="12"{% endif %} width="14"/></svg>{{ words }}</li>
{% endfor %}</ul>
{% endmacro %}
{% macro validations(entries, caption) %}
<div class="scroll" tabindex="0" role="region" aria-label="{{ caption }}"><table>
<caption class="unseen">{{ caption }}</caption>
<thead><tr><th scope="col">Validation</th><th scope="col">Result</th><th scope="col">Expected</th>
<th scope="col">Observed</th><th scope="col">Phase</th><th scope="col" class="n">Took / limit</th></tr></thead><tbody>
{% for entry in entries %}
<tr><th scope="row">{{ entry.name|text }}<br><span class="muted small">{{ entry.kind|text }}{% if not entry.critical %},
not critical{% endif %}</span></th><td>{{ result(check(entry.passed)) }}</td><td>{{ entry.expected|text }}</td>
<td>{{ entry.observed|text }}</td><td>{{ entry.phase }}</td>
<td class="n">{{ entry.seconds|duration("-") }} / {{ entry.timeout_seconds|duration("-") }}</td></tr>
{% endfor %}
</tbody></table></div>
{% endmacro %}
{% macro findings(entries) %}
<ul class="reasons">{% for finding in entries %}
<li><b class="v-{{ finding.severity }}">{{ finding.severity|capitalize }}</b> <code>{{ finding.id }}</code>:
{{ finding.message|text }} {{ finding.impact|text("") }} <span class="muted">What to do:</span>
{{ finding.resolution|text }}</li>
{% endfor %}</ul>
{% endmacro %}
{% macro deviations(entries) %}
<section class="card" aria-labelledby="h-deviations"><h2 id="h-deviations">Deviations to complete</h2>
<p class="muted small">Owner, due date and comment are for a person to fill in.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Deviations"><table class="wide">
<thead><tr><th scope="col">No.</th><th scope="col" class="text">What was not as it should be</th><th
scope="col">Verdict</th>
<th scope="col" class="fill">Owner</th><th scope="col" class="fill">Due</th><th scope="col"
class="fill">Comment</th></tr>
</thead><tbody>
{% for entry in entries %}
<tr><td>{{ entry.id }}</td><th scope="row" class="text">{{ entry.description|text }}</th>
<td>{{ verdict(entry.severity) }}</td>
<td class="fill">{{ entry.owner|text("") }}</td><td class="fill">{{ entry.due|text("") }}</td>
<td class="fill">{{ entry.comment|text("") }}</td></tr>
{% endfor %}
</tbody></table></div></section>
{% endmacro %}
{% macro condition(seen) %}
{% if seen %}{{ seen.state|text }}, {{ seen.role|text }}<br><span class="muted small">read {{ seen.read_at|clock }},
test {% if seen.failover_test_in_progress %}running{% elif seen.failover_test_in_progress is none %}not
shown{% else %}not
running{% endif %}, last sync
{{ time(seen.last_sync_timestamp) }}</span>{% else %}not read{% endif %}
{% endmacro %}
{% macro problems(entries) %}
<table class="stack"><thead class="unseen"><tr><th scope="col">Session</th><th scope="col">Verdict</th><th
scope="col">Why</th></tr></thead><tbody>
{% for entry in entries %}<tr><th scope="row" class="who"><a href="#s{{ entry.number }}">{{ entry.name|text }}</a></th>
<td class="what">{{ verdict(entry.session.verdict) }}</td>
<td>{{ entry.session.reasons|join(" ")|text("no reason is given") }}</td></tr>{% endfor %}
</tbody></table>
{% endmacro %}
{% macro names(sessions) %}
{% for session in sessions[:20] %}{% if not loop.first %}, {% endif %}{{ session|text }}{% endfor %}
{% if sessions|length > 20 %} and {{ sessions|length - 20 }} more{% endif %}
{% endmacro %}
"""

SOURCES: t.Final = """
<section class="card" aria-labelledby="h-scope"><h2 id="h-scope">Scope</h2>
<dl class="facts">
<dt>Scenario</dt><dd>{{ record.drill.scenario|text("not given") }}</dd>
<dt>Sessions</dt><dd>{{ record.sessions|length }}, chosen by {{ record.scope.selected_by }}
{% if record.scope.filters %}({% for name, value in record.scope.filters.items() %}{% if not loop.first %}, {% endif %}
{{ name|text }}: {{ value|text }}{% endfor %}){% endif %}</dd>
<dt>Success criteria, agreed before</dt><dd>{% if record.drill.success_criteria %}<ul>
{% for criterion in record.drill.success_criteria %}<li>{{ criterion|text }}</li>{% endfor %}</ul>{% else %}none
given{% endif %}</dd>
<dt>Left out on purpose</dt><dd>{% if record.scope.exclusions %}<ul>
{% for left in record.scope.exclusions %}<li>{{ (left.resource_name or left.session_id)|text("not named") }}:
{{ left.reason|text }}</li>
{% endfor %}</ul>{% else %}nothing{% endif %}</dd>
</dl></section>
<section class="card" aria-labelledby="h-who"><h2 id="h-who">Who, where, when</h2>
<div class="columns"><dl class="facts">
<dt>Run by</dt><dd>{{ record.who.controller_user|text }} on {{ record.who.controller_host|text }}</dd>
{% if record.who.awx %}
<dt>AWX job</dt><dd>{{ record.who.awx.job_id|text }}{% if record.who.awx.job_template %},
{{ record.who.awx.job_template|text }}{% endif %}
{% if job_url %}<br><a href="{{ job_url }}" rel="noreferrer">{{ job_url }}</a>{% elif record.who.awx.job_url %}<br>
{{ record.who.awx.job_url|text }}{% endif %}</dd>
<dt>Launched by</dt><dd>{{ record.who.awx.user|text("a schedule, or not known") }}</dd>
{% if record.who.awx.workflow_job_id %}<dt>Workflow job</dt><dd>{{ record.who.awx.workflow_job_id|text }}</dd>
{% endif %}
{% endif %}
<dt>Account on the array</dt><dd>{{ record.who.array_account|text("not known") }}</dd>
<dt>Participants</dt><dd>{{ record.who.participants|join(", ")|text("none given") }}</dd>
<dt>Approvers</dt><dd>{{ record.who.approvers|join(", ")|text("none given") }}</dd>
</dl><dl class="facts">
<dt>Array</dt><dd>{{ record.array.name|text("not known") }} ({{ record.array.host|text("address not known") }})</dd>
<dt>Identity</dt><dd>{{ record.array.global_id|text("not known") }}</dd>
<dt>First look</dt><dd>{{ m.time(record.times.started_at) }}</dd>
<dt>Last look</dt><dd>{{ m.time(record.times.finished_at) }}</dd>
<dt>Record written</dt><dd>{{ m.time(record.times.written_at) }}</dd>
<dt>Clocks</dt><dd>{% if record.times.clock_skew_seconds is none %}not compared{% else %}array less controller:
{{ record.times.clock_skew_seconds|duration }}{% endif %}</dd>
<dt>Versions</dt><dd>drdrill.powerstore {{ record.versions.collection|text }}, ansible-core
{{ record.versions.ansible_core|text("not known") }}, PowerStoreOS
{{ record.versions.powerstoreos|text("not known") }}</dd>
</dl></div></section>
<section class="card" aria-labelledby="h-sign"><h2 id="h-sign">Reviewed</h2>
<p class="muted small">Whether the success criteria were met, and what follows, is for the people below to judge.</p>
<div class="sign"><div>Drill lead: name, signature</div><div>Owner of the service: name, signature</div>
<div>Date, place</div></div></section>
"""
