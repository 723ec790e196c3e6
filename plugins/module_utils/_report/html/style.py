# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The style sheet of the HTML report: screen, telephone, dark and paper. Contrast is held against WCAG AA by a test."""

from __future__ import annotations

import typing as t

# Name: (light and paper, dark). A test computes the contrast of every text colour on every ground it stands on.
COLOURS: t.Final[t.Mapping[str, tuple[str, str]]] = {
    "ground": ("#f4f5f7", "#12161c"),
    "card": ("#ffffff", "#1a2028"),
    "raised": ("#f7f8fa", "#222a34"),
    "line": ("#d5dae1", "#36414e"),
    "text": ("#1a2230", "#e7ebf0"),
    "muted": ("#566072", "#a5b0be"),
    "link": ("#0b57a4", "#7db8f5"),
    "passed": ("#0f6b3c", "#56c98c"),
    "passed-ground": ("#e8f5ed", "#14301f"),
    "deviations": ("#8a5200", "#efb452"),
    "deviations-ground": ("#fdf3e1", "#35280f"),
    "failed": ("#b3151f", "#ff8f8f"),
    "failed-ground": ("#fdecec", "#3d1a1c"),
    "incomplete": ("#4b4f9e", "#b0b4f5"),
    "incomplete-ground": ("#eeeffa", "#24264a"),
    "track": ("#e6e9ee", "#2c3642"),
}
# Parts of pictures; the words beside them say the same.
PICTURES: t.Final[t.Mapping[str, tuple[str, str]]] = {
    "preflight": ("#6f7b88", "#8d99a8"),
    "synchronise": ("#56707f", "#86a3b3"),
    "start": ("#0b57a4", "#5aa2ee"),
    "test": ("#3d8bd0", "#3a7cbd"),
    "attach": ("#00857c", "#35c2b6"),
    "validate": ("#7a4fb5", "#b593ea"),
    "release": ("#b07a00", "#e0b04a"),
    "stop": ("#1f2d3d", "#d5dde6"),
    "prove": ("#2e7d4f", "#62c48d"),
    "report": ("#7f8894", "#6f7b88"),
    "bad": ("#b3151f", "#ff7b7b"),
}


def _variables(theme: int) -> str:
    colours = [f"--{name}:{pair[theme]}" for name, pair in COLOURS.items()]
    pictures = [f"--p-{name}:{pair[theme]}" for name, pair in PICTURES.items()]
    return ";".join([*colours, *pictures])


_LOOKS = "".join(f".p-{name}{{fill:var(--p-{name})}}" for name in PICTURES)

_BASE = """
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-behavior:smooth}
body{margin:0;background:var(--ground);color:var(--text);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,
"Helvetica Neue",Arial,"Noto Sans","Liberation Sans",sans-serif;overflow-wrap:anywhere}
.page{max-width:1120px;margin:0 auto;padding:24px 20px 48px}
a{color:var(--link)}
h1{font-size:1.75rem;line-height:1.2;margin:.15em 0 .3em;font-weight:680;letter-spacing:-.012em}
h2{font-size:1.2rem;line-height:1.3;margin:0 0 12px;font-weight:660;letter-spacing:-.005em}
h3{font-size:1rem;margin:20px 0 8px;font-weight:650}
p{margin:0 0 10px}
ul{margin:0 0 10px;padding-left:1.2em}
code{font:.88em ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
.skip{position:absolute;left:-9999px}
.skip:focus{left:12px;top:12px;background:var(--card);padding:8px 12px;z-index:9}
.eyebrow{font-size:.78rem;letter-spacing:.09em;text-transform:uppercase;color:var(--muted);font-weight:650}
.muted{color:var(--muted)}
.small{font-size:.87em;font-weight:400}
b .small,.bad.small{font-weight:600}
.nowrap{white-space:nowrap}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:20px 22px;margin:0 0 16px}
.icon{width:1.05em;height:1.05em;vertical-align:-.16em;flex:none}
"""

_HEAD = """
.meta{display:flex;flex-wrap:wrap;gap:2px 22px;margin:0 0 18px;padding:0;list-style:none;color:var(--muted)}
.meta b{color:var(--text);font-weight:600}
.verdicts{display:grid;grid-template-columns:minmax(0,2fr) minmax(0,1fr);gap:16px;margin:0 0 16px}
.verdict{border:1px solid;border-left-width:8px;border-radius:10px;padding:16px 20px;display:flex;gap:16px;
align-items:center}
.verdict .icon{width:46px;height:46px}
.verdict strong{display:block;font-size:1.85rem;line-height:1.15;font-weight:720;letter-spacing:-.015em}
.verdict.second .icon{width:28px;height:28px}
.verdict.second strong{font-size:1.2rem}
.verdict p{margin:3px 0 0;color:var(--text)}
.verdict .eyebrow{display:block;color:inherit}
.v-passed{color:var(--passed)}
.v-passed_with_deviations,.v-warning{color:var(--deviations)}
.v-failed,.v-held,.v-blocker,.v-missed{color:var(--failed)}
.v-incomplete,.v-aborted{color:var(--incomplete)}
.v-not_needed,.v-not_executed,.v-info{color:var(--muted)}
.verdict.v-passed{background:var(--passed-ground)}
.verdict.v-passed_with_deviations{background:var(--deviations-ground)}
.verdict.v-failed,.verdict.v-held{background:var(--failed-ground)}
.verdict.v-incomplete,.verdict.v-aborted{background:var(--incomplete-ground)}
.verdict.v-not_needed{background:var(--card)}
.tag{display:inline-flex;gap:.4em;align-items:center;font-weight:620;white-space:nowrap}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:1px;background:var(--line);
border:1px solid var(--line);border-radius:10px;overflow:hidden;margin:0 0 16px}
.tile{background:var(--card);padding:14px 16px}
.tile .label{display:block;font-size:.82rem;color:var(--muted)}
.tile .figure{display:block;font-size:1.45rem;font-weight:680;line-height:1.25;font-variant-numeric:tabular-nums}
.tile .figure small{font-size:.62em;font-weight:500;color:var(--muted)}
.tile .note{display:block;font-size:.82rem;color:var(--muted)}
.tile .note.v-missed{color:var(--failed);font-weight:600}
.reasons{list-style:none;margin:0;padding:0}
.reasons li{padding:7px 0;border-top:1px solid var(--line)}
.reasons li:first-child{border-top:0;padding-top:0}
"""

_PICTURES = """
.row{display:grid;grid-template:"n p v"/24% minmax(0,1fr) 200px;gap:3px 14px;align-items:center;
padding:3px 0}
.row .name{grid-area:n;min-width:0;font-size:.92rem}
.row .picture{grid-area:p;min-width:0}
.row .value{grid-area:v;text-align:right;font-variant-numeric:tabular-nums;font-size:.87rem}
.row.under{border-top:1px solid var(--line);margin-top:6px;padding-top:8px}
.gantt .row{grid-template-columns:24% minmax(0,1fr) 150px}
.axis{display:flex;justify-content:space-between;font-size:.78rem;color:var(--muted)}
.axis.share{position:relative}
.axis.share span:nth-child(2){position:absolute;left:66.667%;transform:translateX(-50%)}
.strip{display:block;width:100%;height:16px;border-radius:3px}
.strip.l2{height:34px}
.track{fill:var(--track)}
.mark{stroke:var(--text);stroke-width:2;vector-effect:non-scaling-stroke}
.q-met{fill:var(--passed)}
.q-missed{fill:var(--failed)}
.r-storage{fill:var(--p-start)}
.r-hosts{fill:var(--p-attach)}
.r-application{fill:var(--p-validate)}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;list-style:none;padding:0;margin:12px 0 0;font-size:.84rem;
color:var(--muted)}
.legend li{display:inline-flex;align-items:center;gap:6px}
.legend svg{width:14px;height:12px;border-radius:2px}
.pair{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:16px}
.pair .row{grid-template:"n v" "p p"/minmax(0,1fr) auto;padding:5px 0}
"""

_TABLES = """
.scroll{overflow-x:auto;margin:0 -22px;padding:0 22px}
table{border-collapse:collapse;width:100%;font-size:.88rem;overflow-wrap:normal}
bdi,code{overflow-wrap:anywhere}
caption{text-align:left;color:var(--muted);font-size:.87rem;padding:0 0 8px}
th,td{text-align:left;padding:6px 10px 6px 0;border-bottom:1px solid var(--line);vertical-align:top}
th.n,td.n{text-align:right;padding-right:18px}
section>h3:first-child,.pair h3{margin-top:0}
td:last-child,th:last-child{padding-right:0}
thead th{color:var(--muted);font-weight:620;font-size:.82rem;vertical-align:bottom;border-bottom-color:var(--muted)}
tbody th{font-weight:600}
.wide td,.wide th{min-width:84px}
.wide th[scope=row]{min-width:150px}
.wide .text{min-width:210px}
.who{width:22%}
.what{width:190px}
.wide .fill{min-width:110px;border:1px solid var(--line)}
.wide td.fill{padding:6px 8px;height:2.6em}
dl.facts{display:grid;grid-template-columns:minmax(130px,auto) 1fr;gap:4px 18px;margin:0}
dl.facts dt{color:var(--muted)}
dl.facts dd{margin:0}
details{border-top:1px solid var(--line);content-visibility:auto;contain-intrinsic-size:auto 48px}
details:last-of-type{border-bottom:1px solid var(--line)}
summary{cursor:pointer;padding:10px 2px;display:flex;flex-wrap:wrap;gap:2px 14px;align-items:baseline;list-style:none}
summary::-webkit-details-marker{display:none}
summary::before{content:"▸";color:var(--muted)}
details[open]>summary::before{content:"▾"}
summary .name{font-weight:640;flex:1 1 220px}
summary:focus-visible,a:focus-visible,.scroll:focus-visible{outline:3px solid var(--link);outline-offset:2px}
.inside{padding:2px 0 18px}
.columns{display:grid;grid-template-columns:1fr 1fr;gap:0 28px}
.sign{display:grid;grid-template-columns:repeat(3,1fr);gap:38px 26px;margin:28px 0 4px}
.sign div{border-top:1px solid var(--text);padding-top:4px;font-size:.85rem;color:var(--muted)}
footer{color:var(--muted);font-size:.85rem;margin:22px 2px 0}
.bad{color:var(--failed);font-weight:620}
.only-print{display:none}
"""

_PHONE = """
@media (max-width:720px){
.page{padding:16px 12px 32px}
.card{padding:16px 14px;border-radius:8px}
.scroll{margin:0 -14px;padding:0 14px}
h1{font-size:1.4rem}
.verdicts,.pair,.columns{grid-template-columns:minmax(0,1fr)}
.columns{gap:14px}
.verdicts{gap:10px}
.verdict strong{font-size:1.5rem}
.tiles{grid-template-columns:1fr 1fr}
.row,.gantt .row{grid-template:"n v" "p p"/minmax(0,1fr) auto;padding:5px 0}
dl.facts{grid-template-columns:1fr;gap:0}
dl.facts dd{margin:0 0 8px}
.sign{grid-template-columns:1fr}
.stack tr{display:flex;flex-wrap:wrap;gap:0 12px;border-bottom:1px solid var(--line);padding:6px 0}
.stack th,.stack td{border:0;padding:2px 0;width:auto}
.stack td:last-child{flex-basis:100%}
}
"""

_PAPER = """
@page{size:A4;margin:14mm 13mm 15mm}
@media print{
:root{color-scheme:light}
html{font-size:13px}
body{background:none;font-size:10pt;line-height:1.42}
.page{max-width:none;padding:0}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}
.card{border:0;border-top:1.5pt solid var(--line);border-radius:0;padding:10pt 0 4pt;margin:0 0 8pt}
.scroll{overflow:visible;margin:0;padding:0}
.verdicts,.pair,.columns{grid-template-columns:minmax(0,1fr) minmax(0,1fr)}
.verdicts{grid-template-columns:minmax(0,2fr) minmax(0,1fr)}
.tiles{grid-template-columns:repeat(3,1fr)}
.sign{grid-template-columns:repeat(3,1fr)}
table{font-size:8.4pt}
th,td{padding:3pt 6pt 3pt 0}
.wide td,.wide th{min-width:0}
.wide td.n,.wide th.n{min-width:0}
.wide th[scope=row]{min-width:32mm}
.wide .text{min-width:40mm}
.wide .fill{min-width:22mm}
th.n,td.n{padding-right:8pt}
thead{display:table-header-group}
tr,.verdict,.tile,.row,.sign,.legend,.reasons li,dl.facts dt,dl.facts dd{break-inside:avoid}
.what{width:36mm}
.tag{white-space:normal}
h2,h3,caption,summary{break-after:avoid}
.skip{display:none}
.only-print{display:block}
a{color:inherit;text-decoration:none}
details{content-visibility:visible;break-inside:auto}
details.print::details-content{content-visibility:visible;display:block;height:auto}
summary::before{content:""!important}
details:not(.print){display:none}
}
"""

STYLE: t.Final = (
    f":root{{color-scheme:light dark;{_variables(0)}}}\n"
    f"@media screen and (prefers-color-scheme:dark){{:root{{{_variables(1)}}}}}"
    + _BASE
    + _HEAD
    + _PICTURES
    + _LOOKS
    + _TABLES
    + _PHONE
    + _PAPER
)
