# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The HTML report: well-formed, self-contained, harmless whatever the record holds, readable in both themes."""

from __future__ import annotations

import errno
import os
import re
import tempfile
import typing as t
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import jinja2
import pytest

from ansible_collections.drdrill.powerstore.plugins.module_utils._report.html import view
from ansible_collections.drdrill.powerstore.plugins.module_utils._report.html.page import (
    TEMPLATES,
    environment,
    render_html,
    render_pages,
)
from ansible_collections.drdrill.powerstore.plugins.module_utils._report.markdown import render_markdown
from ansible_collections.drdrill.powerstore.plugins.module_utils._report.register import register_row
from tests.unit.makers.records import (
    SAMPLES,
    Filling,
    Json,
    at,
    drill_record,
    failed_record,
    filled,
    finding,
    large_record,
    validation,
)
from tests.unit.makers.reporting import HOSTILE, hostile, many_causes, newest_record, source_of

KINDS = ("drill", "readiness", "abort")
_VOID = {"meta", "br", "wbr", "img", "input", "hr", "link"}
# HTML's own, and those of SVG that the pictures use.
_TAGS = {
    "html", "head", "meta", "title", "style", "body", "svg", "defs", "symbol", "use", "circle", "path", "rect", "a",
    "div", "header", "main", "footer", "section", "nav", "span", "h1", "h2", "h3", "p", "ul", "li", "dl", "dt",
    "dd", "b", "bdi", "br", "wbr", "strong", "small", "code", "time", "table", "caption", "thead", "tbody", "tr", "th",
    "td", "details", "summary",
}  # fmt: skip


class Page(HTMLParser):
    """What a browser would see: elements, texts, ids, and whether every element is closed in its order."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str, str | None]] = []
        self.problems: list[str] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        self.problems += [f"<{tag}> is not closed" for tag in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.problems.append(f"</{tag}> closes nothing")

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def values(self, name: str) -> list[str | None]:
        return [value for _tag, attribute, value in self.attributes if attribute == name]


STYLE = (TEMPLATES / "style.css").read_text(encoding="utf-8")
# For each theme, light and dark, the colours that the style sheet defines.
_THEMES = re.findall(r":root\{(.*--ground.*)\}", STYLE)
COLOURS = [dict(re.findall(r"--([\w-]+):(#[0-9a-f]{6})", block)) for block in _THEMES]


def words(page: Page) -> str:
    return re.sub(r"\s+", " ", " ".join(page.texts))


class Report(t.NamedTuple):
    html: str
    page: Page


@pytest.fixture(scope="module", params=SAMPLES)
def sample(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Report:
    """The report of one of the samples; made and read once, as the large one takes its time."""
    html = render_html(source_of(tmp_path_factory.mktemp("sample"), SAMPLES[request.param]()))
    return Report(html, Page(html))


def test_well_formed_with_unique_ids_that_links_lead_to(sample: Report) -> None:
    page = sample.page
    ids = page.values("id")

    assert page.problems == []
    assert len(ids) == len(set(ids))
    assert {link.removeprefix("#") for link in page.values("href") if link and link.startswith("#")} <= set(ids)
    assert set(page.values("aria-labelledby")) <= set(ids)


def test_one_file_without_script_or_outside_resource(sample: Report) -> None:
    html, page = sample

    assert page.tags <= _TAGS
    assert not page.values("src") and "url(" not in html and "@import" not in html
    assert not [name for _tag, name, _value in page.attributes if name.startswith("on")]
    assert {tag for tag, name, value in page.attributes if name == "href" and not (value or "").startswith("#")} <= {
        "a"
    }


def test_for_those_who_do_not_see_it(sample: Report) -> None:
    html, page = sample

    assert ("html", "lang", "en") in page.attributes
    assert html.count("<h1") == 1
    assert len(re.findall(r'<svg [^>]*role="img"><title>', html)) == html.count('role="img"')
    assert len(re.findall(r"<th(?=[ >])", html)) == len(re.findall(r"<th scope=", html))
    assert html.count("<svg ") == html.count('role="img"') + html.count("aria-hidden") - html.count(
        '<span class="picture axis share" aria-hidden'
    )


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_texts_stay_texts(tmp_path: Path, kind: str) -> None:
    html = render_html(hostile(tmp_path, kind))
    page = Page(html)

    assert page.problems == []
    assert page.tags <= _TAGS
    assert not [name for _tag, name, _value in page.attributes if name.startswith("on")]
    assert not re.search("[\x00-\x08\x1b\u202a-\u202e\u2066-\u2069\ud800-\udfff]", html)
    assert "{{ 7*7 }}" in html and "alert('x')" in words(page)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "filling",
    [
        Filling(nulls=True, items=0, boolean=False),
        Filling(nulls=True, items=3, boolean=False),
        Filling(text="", number=0.0, items=2),
        Filling(number=-1e308, items=2),
        Filling(number=1e308, text="x" * 20_000, moment="9999-12-31T23:59:59Z", items=2),
        Filling(moment="1970-01-01T00:00:00Z", boolean=False),
    ],
    ids=["nulls", "nulls in lists", "empty", "smallest", "largest", "first day"],
)
def test_whatever_the_schema_allows_makes_a_page(tmp_path: Path, kind: str, filling: Filling) -> None:
    page = Page(render_html(source_of(tmp_path, filled(kind, filling))))

    assert page.problems == []
    assert not {"None", "nan", "inf"} & set(words(page).split())


@pytest.mark.parametrize(("url", "linked"), [("https://awx/#/1", True), ("javascript:alert(1)", False), (None, False)])
def test_only_a_web_address_is_a_link(tmp_path: Path, url: str | None, linked: bool) -> None:
    record = drill_record()
    record["who"]["awx"]["job_url"] = url

    assert (("a", "href", url) in Page(render_html(source_of(tmp_path, record))).attributes) is linked


def test_what_an_auditor_looks_for_is_there(tmp_path: Path) -> None:
    record = failed_record()
    source = source_of(tmp_path, record)
    seen = words(Page(render_html(source)))

    expected = [
        "Failed", "Stop not confirmed: erp-db", "CHG0041877", "svc-drdrill", "M. Keller (storage)", "J. Lindqvist",
        "test-lab : No production data.", "The ERP answers from the DR site.",
        "the array's clock less the controller's: -0.8 s",
        record["objectives"]["rto_formula"], "503 and 'closed for repairs'", "Tell the service desk",
        "The drill failed before it.", "host.not_mapped", "0xE0A080010014", source.file_name, source.sha256,
        "ansible-core 2.19.14", "2026-11-23 20:01:00 UTC", "Owner", "signature", *record["reasons"],
    ]  # fmt: skip
    assert [text for text in expected if text not in seen] == []
    assert "complian" not in seen.lower()


def test_problems_come_first(tmp_path: Path) -> None:
    record = drill_record(6)
    record["sessions"][4].update(verdict="failed", reasons=["vol-0005: It is spoiled."])
    html = render_html(source_of(tmp_path, record))

    first = html.index('<section class="card" aria-labelledby="h-why"')
    assert first < html.index("h-objectives") and html.index("vol-0005", first) < html.index("erp-data", first)
    assert len(re.findall(r"<details id=\"s\d+\"[^>]* open>", html)) == 1


@pytest.mark.uncounted
def test_causes_are_groups_and_a_name_is_once_in_a_row(tmp_path: Path) -> None:
    """Of 500 sessions with four causes nobody reads 500 lines."""
    record = many_causes()
    html = render_html(source_of(tmp_path, record))
    seen = words(Page(html))
    why = html[html.index('aria-labelledby="h-why"') : html.index('aria-labelledby="h-objectives"')]
    rows = html[html.index('aria-labelledby="h-deviations"') :].count('<td data-label="Verdict">')

    assert why.count("<li>") == 4 and rows == 4 < len(record["deviations"])
    assert (
        "117 of 500 sessions did not pass: 63 not mapped to a host, 50 RPO missed, 3 not started, "
        "1 stop not confirmed." in seen
    )
    assert "vol-0251 : The array did not confirm that the failover test is stopped." in seen
    assert "vol-0251: The" not in seen.replace(" :", ":").replace("vol-0251: The array did not confirm that the", "")


@pytest.mark.parametrize(("age", "factor"), [(300, None), (449, None), (613, "2.0"), (86400, "288")])
def test_a_bar_that_does_not_fit_says_how_many_times_the_objective_it_is(
    tmp_path: Path, age: int, factor: str | None
) -> None:
    record = drill_record(1)
    record["sessions"][0]["recovery_point"].update(age_seconds=age, met=age <= 300)
    html = render_html(source_of(tmp_path, record))

    assert re.findall(r'<b class="factor">(\S+) \N{MULTIPLICATION SIGN}</b>', html) == ([factor] if factor else [])


def test_the_axis_of_an_abort_is_the_abort(tmp_path: Path) -> None:
    """A test that had been running for an hour begins at the edge; one that was not stopped goes on to the other."""
    html = render_html(source_of(tmp_path, SAMPLES["abort"]()))
    stuck, stopped = re.findall(r'<svg class="strip l1".*?</svg>', html, re.DOTALL)

    assert '<span class="picture axis"><span>0 s</span><span>30 s</span></span>' in html
    assert re.search(r'class="p-stop" x="133.3" y="0" width="216.7"', stopped)
    assert re.search(r'class="p-test" x="0" y="5" width="133.3"', stopped)
    assert re.search(r'class="p-test" x="0" y="5" width="1000"', stuck)


def test_a_test_that_was_held_is_open_in_the_picture(tmp_path: Path) -> None:
    record = drill_record(1)
    record["sessions"][0].update(stop=None, seconds_in_test=None)
    record["sessions"][0]["return_to_normal"].update(held=True, stop_confirmed=False)
    html = render_html(source_of(tmp_path, record))

    assert '<span class="value">may still be running</span>' in html
    assert re.search(r'class="p-test" x="[\d.]+" y="5" width="[\d.]+" height="6"><title>may still be running', html)


def left_alone(record: Json, why: str, **after: t.Any) -> Json:
    """The first session of a drill was not touched any more."""
    session = record["sessions"][0]
    session["return_to_normal"].update(stop_confirmed=False, left_alone=why)
    session["after"].update(after)
    blocked = {"from": session["start"]["started_at"], "until": None, "seconds": None}
    session.update(verdict="incomplete", seconds_in_test=None, failover_blocked=blocked)
    return record


def test_a_session_that_was_failed_over_is_in_no_test_that_may_still_run(tmp_path: Path) -> None:
    why = "it was failed over during the drill"
    record = left_alone(drill_record(), why, role="Source", state="Failed_Over")
    said = words(Page(render_html(source_of(tmp_path, record))))

    assert "may still be running" not in said and "a failover test may be running" not in said
    assert "the stop was not confirmed" not in said and f"not known: {why}" in said
    assert "LEFT ALONE" in said and "NOT CONFIRMED" not in said and why in said
    assert "time in test not measured" in said


@pytest.mark.parametrize(
    ("changes", "cleanup", "said"),
    [
        ({"left_alone": "it is gone", "stop_confirmed": False}, ["left_alone"], "Left alone: erp-data ."),
        ({"differences": [{"what": "size", "before": "1", "after": "2"}]}, ["not_as_before"], "Changed: erp-data ."),
        ({"not_compared": ["hosts after the drill"]}, [], "Not known to be unchanged: erp-data ."),
    ],
)  # fmt: skip
def test_a_clean_up_with_deviations_says_which(tmp_path: Path, changes: Json, cleanup: list[str], said: str) -> None:
    record = drill_record()
    session = record["sessions"][0]
    session["return_to_normal"].update(changes)
    record["cleanup"].update(verdict="passed_with_deviations", **{name: [session["session_id"]] for name in cleanup})
    shown = words(Page(render_html(source_of(tmp_path, record))))

    assert said in shown and "the array shows the sessions unchanged" not in shown


def test_somebody_elses_test_on_a_session_that_is_left_alone_still_runs(tmp_path: Path) -> None:
    record = left_alone(drill_record(), "somebody else's failover test runs on it", failover_test_in_progress=True)

    assert "a failover test may be running" in words(Page(render_html(source_of(tmp_path, record))))


def test_a_test_that_an_abort_stopped_does_not_run_because_the_session_is_not_ready(tmp_path: Path) -> None:
    record = SAMPLES["abort"]()
    stopped = record["sessions"][0]
    stopped.update(failover_ready=False, failover_ready_at=None, verdict="failed", reasons=["It is paused."])
    record["sessions"] = [stopped, *record["sessions"][2:]]

    assert "may still be running" not in words(Page(render_html(source_of(tmp_path, record))))


def test_what_version_1_1_says_is_shown(tmp_path: Path) -> None:
    seen = words(Page(render_html(source_of(tmp_path, newest_record()))))

    expected = [
        "array 14.2 s", "your steps 1 min 36 s", "waiting 20 s", "Ansible and this collection 40.8 s",
        "14 have this array as their destination, 12 of them can be tested; 3 in scope", "3 attempts", "GET https://erp.dr.example.com/health",
        "Retry-After: 120", "erp-answers.html , 2 KiB", "volume, ERP (tier 1 )",
        "One clock was set by -6.2 s meanwhile.",
        "Before the synchronisation that the drill asked for: 2026-11-23 18:54:20 UTC, age 1 h 6 min",
        "now: the stop was not confirmed", "A critical check failed: ERP answers.",
        "3 of 3 sessions did not pass: 1 stop not confirmed, 1 RTO missed, 1 RPO missed, 1 not started.",
    ]  # fmt: skip
    assert [text for text in expected if text not in seen] == []


def test_the_steps_are_on_one_clock(tmp_path: Path) -> None:
    html = render_html(source_of(tmp_path, drill_record(1)))
    steps = html[html.index('aria-labelledby="h-steps"') :]

    assert "20:01:23.2" in steps and "20:01:24.0" in steps  # attach, by the controller at 24.0; start ended at 24.0
    assert "moved by -0.8 s" in words(Page(html))


def test_every_printed_page_names_record_and_hash(tmp_path: Path) -> None:
    source = source_of(tmp_path, drill_record(1))
    html = render_html(source)

    assert f'@page{{@bottom-left{{content:"Record {source.id}\\a SHA-256 {source.sha256}"}}}}' in html
    assert 'content:"Page " counter(page) " of " counter(pages)' in STYLE


def test_every_value_of_a_table_has_its_heading_beside_it_on_a_telephone(sample: Report) -> None:
    cells = re.findall(r"<td(?: [^>]*)?>", sample.html)

    assert [cell for cell in cells if 'data-label="' not in cell] == []


def test_findings_that_are_the_same_are_told_once(tmp_path: Path) -> None:
    record = SAMPLES["readiness"]()
    for session in record["sessions"]:
        session["findings"] = [finding(session["session_id"], message="No host.")]
    html = render_html(source_of(tmp_path, record))

    assert html.count("No host.") == 1 and "6 of 6 sessions" in words(Page(html))


@pytest.mark.uncounted
def test_a_drill_of_500_sessions_is_under_5_mb_and_shows_each(tmp_path: Path) -> None:
    html = render_html(source_of(tmp_path, large_record(500)))

    assert len(html.encode()) < 5_000_000
    assert len(re.findall(r'<details id="s\d+"', html)) == 500
    assert len(re.findall(r'<details id="s\d+" class="print"', html)) == 12
    # A record of version 1.0 does not name its causes.
    assert "53 of 500 sessions did not pass. " in words(Page(html))
    assert "50 of 500 sessions." in words(Page(html)) and "mapped to no host" in html


def test_the_same_record_gives_the_same_bytes(tmp_path: Path) -> None:
    source = source_of(tmp_path, failed_record())

    assert render_html(source) == render_html(source)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_contrast_of_text_is_wcag_aa(theme: int) -> None:
    plain = ["text", "muted", "link", "passed", "deviations", "failed", "incomplete"]
    pairs = [(name, ground) for name in plain for ground in ("card", "ground")]
    for name in ("passed", "deviations", "failed", "incomplete"):
        pairs += [(name, f"{name}-ground"), ("text", f"{name}-ground")]
    low = {pair: _contrast(*(COLOURS[theme][name] for name in pair)) for pair in pairs}

    assert {pair: contrast for pair, contrast in low.items() if contrast < 4.5} == {}


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_contrast_of_pictures_is_wcag_aa(theme: int) -> None:
    parts = [name for name in COLOURS[theme] if name.startswith("p-")]
    assert len(parts) > 9
    drawn = {name: COLOURS[theme][name] for name in (*parts, "passed", "failed")}
    card = COLOURS[theme]["card"]

    assert {name: c for name, colour in drawn.items() if (c := _contrast(colour, card)) < 3} == {}


def test_both_themes_have_the_same_colours() -> None:
    light, dark = COLOURS
    assert light.keys() == dark.keys()


def test_paper_and_both_themes_have_their_rules() -> None:
    assert "@page{size:A4" in STYLE and "@media print" in STYLE
    # Chromium keeps the foot beside the review only where both are children of one block.
    assert "main{display:contents}" in STYLE.partition("@media print")[2]
    assert "@media screen and (prefers-color-scheme:dark)" in STYLE
    assert STYLE.count("{") == STYLE.count("}")


def test_the_hostile_text_is_hostile() -> None:
    """That the tests above test something: raw, the text is a script."""
    seen: t.Any = Page(f"<p>{HOSTILE}</p>")

    assert {"script", "img"} <= seen.tags


def test_a_session_without_times_has_no_timeline(tmp_path: Path) -> None:
    record: Json = drill_record(1)
    record["steps"] = []
    for name in ("start", "stop"):
        record["sessions"][0][name].update(started_at=None, finished_at=None)

    assert "h-timeline" not in render_html(source_of(tmp_path, record))


def test_what_changed_since_the_drill_before_is_shown(tmp_path: Path) -> None:
    record = failed_record()
    kinds = ("newly_failing", "still_failing", "new")
    for session, what in zip(record["sessions"], kinds, strict=True):
        before = {} if what == "new" else {"rto_seconds_before": 71.0, "rto_delta_seconds": 100.0}
        nothing = dict.fromkeys(("verdict_before", "rto_seconds_before", "rto_delta_seconds", "rto_delta_percent"))
        session["change"] = {"what": what, **nothing, **before}
    record["previous"] = {
        "id": "20260823T200100Z-dr-1", "at": at(-9e6), "verdict": "passed", "cleanup": "passed",
        "file": "drill-20260823T200100Z-dr-1.json", "sha256": "ab" * 32, "in_common": 2, "left_out_now": ["test-lab"],
        "rto_seconds": 71.0, "rto_delta_seconds": None, "rto_delta_percent": None,
    }  # fmt: skip
    record["not_readable"] = [{"file": "drill-x.json", "why": "It is no JSON."}]
    source = source_of(tmp_path, record)
    seen = re.sub(r"(?<=\() | (?=[);])", "", words(Page(render_html(source))))

    assert "1 newly failing (erp-data); 1 still failing (erp-db); 1 new (files-archive); 1 not in this drill" in seen
    assert "RTO +1 min 40 s" in seen and "drill-20260823T200100Z-dr-1.json" in seen
    assert "drill-x.json : It is no JSON." in seen
    assert "1 newly failing, 1 still failing, 1 new" in render_markdown(source)
    assert register_row(source)["drill_before"] == "20260823T200100Z-dr-1"


def test_a_first_drill_is_compared_with_nothing(tmp_path: Path) -> None:
    assert "h-previous" not in render_html(source_of(tmp_path, drill_record()))


@pytest.mark.parametrize("per_page", [pytest.param(view.PER_PAGE, marks=pytest.mark.uncounted), 100])
def test_details_of_more_than_500_sessions_are_pages_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, per_page: int
) -> None:
    monkeypatch.setattr(view, "PER_PAGE", per_page)
    count = 2 * per_page + per_page // 2
    record = large_record(count)
    record["sessions"][per_page + per_page // 2]["validations"] = [
        validation("screen", attachments=[{"name": "a.png", "source": "a.png", "bytes": 1, "sha256": "0" * 64}])
    ]
    pages = render_pages(source_of(tmp_path, record))
    stem = f"drill-{record['drill']['id']}"
    parts = [f".evidence/report-sessions-{number}.html" for number in (1, 2, 3)]
    assert list(pages) == [".html", *parts, ".evidence/report-steps.html"]
    read = {f"{stem}{end}": Page(html) for end, html in pages.items()}
    main = read.pop(f"{stem}.html")
    # What a browser has to read at once grows with the rows of one table.
    assert len(main.attributes) < 6000 + 24 * count and not main.problems
    for name, page in read.items():
        assert page.problems == [] and len(set(page.values("id"))) == len(page.values("id")), name
        assert f"../{stem}.html" in page.values("href") and len(page.texts) > 2 * per_page
    links = [link for link in main.values("href") if link and ".html#s" in link]
    assert len(links) >= count - 40
    anchors = {f"{name}#{each}" for name, page in read.items() for each in page.values("id")}
    assert set(links) - anchors == set()
    ids = [each for name, page in read.items() if "sessions" in name for each in page.values("id") if each]
    assert len([each for each in ids if re.fullmatch(r"s\d+", each)]) == count
    assert all(f"../{stem}.evidence/a.png" not in page.values("href") for page in (main, read[f"{stem}{parts[0]}"]))
    assert any(f"../{stem}.evidence/a.png" in page.values("href") for page in read.values())
    assert list(render_pages(source_of(tmp_path, large_record(per_page)))) == [".html"]


# Compiled templates


@pytest.fixture
def anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for temporary files, and templates that were not read yet."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    environment.cache_clear()
    yield tmp_path
    environment.cache_clear()


def test_templates_are_compiled_once_for_all_reports(anew: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = source_of(anew, newest_record())
    report = render_html(source)
    folder = anew / f"_jinja2-cache-{os.getuid()}"
    assert folder.stat().st_mode & 0o777 == 0o700 and list(folder.iterdir())
    environment.cache_clear()
    monkeypatch.delattr(jinja2.Environment, "compile")
    assert render_html(source) == report


@pytest.mark.parametrize("keeps", ["a file of that name", "no space"])
def test_a_report_comes_where_no_template_can_be_kept(anew: Path, monkeypatch: pytest.MonkeyPatch, keeps: str) -> None:
    def full(**_options: object) -> t.NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    folder = anew / f"_jinja2-cache-{os.getuid()}"
    if keeps == "no space":
        monkeypatch.setattr(tempfile, "NamedTemporaryFile", full)
    else:
        folder.write_text("somebody's")
    assert Page(render_html(source_of(anew, newest_record()))).problems == []
    assert folder.is_file() or list(folder.iterdir()) == []
