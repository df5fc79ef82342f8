"""The report of a run: one HTML file that needs nothing else, and the trace beside it.

Verdict first, failures open, what passed folded; then the plots, what happened, the consoles, and
the scenario's own text.
"""

import json
from html import escape
from pathlib import Path

from sim import plot, trace
from sim.run import Outcome

_STYLE = """
:root{color-scheme:light}
body{font:15px/1.45 system-ui,sans-serif;margin:0 auto;max-width:1000px;padding:16px 20px;
color:#222;background:#fff}
h1{font-size:22px;margin:0 0 4px} h2{font-size:16px;margin:24px 0 6px}
.verdict{display:inline-block;padding:2px 12px;border:2px solid #222;font-weight:700;
margin-right:10px}
.verdict.fail{background:#222;color:#fff}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
td,th{border-bottom:1px solid #ddd;padding:4px 8px;text-align:left;vertical-align:top}
tr.bad td{font-weight:600;background:#f4e3e0}
pre{background:#f5f5f5;padding:8px 10px;overflow:auto;font-size:12.5px;margin:6px 0}
dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 14px;margin:8px 0} dt{color:#555}
dd{margin:0;overflow-wrap:anywhere}
svg{width:100%;height:auto;margin:6px 0 14px;font:11px system-ui,sans-serif}
svg .title{font-size:13px;font-weight:600} svg .legend{fill:#555}
svg .axis{stroke:#333;fill:none} svg .grid{stroke:#e6e6e6}
svg .shown{fill:none;stroke:#1d4f91;stroke-width:1.6}
svg .true{fill:none;stroke:#888;stroke-width:1.2;stroke-dasharray:5 3}
svg line.limit{stroke:#b00020;stroke-dasharray:2 3;stroke-width:1.3} svg text.limit{fill:#b00020}
svg .alarm{fill:#b00020;fill-opacity:.16} svg .predicted{fill:#c98a00;fill-opacity:.15}
svg rect.fault{fill:url(#hatch);stroke:#777} svg text.fault{fill:#333}
svg .band{font-weight:600;fill:#333} svg line.mark{stroke:#333;stroke-dasharray:1 3}
@media print{body{max-width:none} details{display:block}}
"""


def write(outcome: Outcome, folder: Path) -> Path:
    """Write `<scenario>.html` and `<scenario>.json` into `folder`; path of the page."""
    folder.mkdir(parents=True, exist_ok=True)
    name = outcome.scenario.name
    (folder / f"{name}.json").write_text(
        json.dumps(outcome.summary(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    page = folder / f"{name}.html"
    page.write_text(render(outcome), encoding="utf-8")
    return page


def render(outcome: Outcome) -> str:
    """The page."""
    found, end_s = plot.channels(trace.read(outcome.trace))
    word = "PASS" if outcome.ok else "FAIL"
    name = outcome.scenario.name
    return "".join(
        (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width">',
            f"<title>{word} {escape(name)}</title><style>{_STYLE}</style></head><body>",
            f'<h1><span class="verdict {word.lower()}">{word}</span>{escape(name)}</h1>',
            f"<p>{escape(outcome.scenario.purpose)}</p>",
            _facts(outcome),
            "<h2>Expectations</h2>",
            _findings(outcome),
            "".join(f"<pre>{escape(text)}</pre>" for text in outcome.failures),
            "<h2>Plots</h2>",
            *(plot.svg(one, end_s) for one in found),
            _folded("What happened", _happened(outcome)),
            _folded("Consoles", _lines(outcome, "console")),
            _folded("Scenario", outcome.scenario.path.read_text(encoding="utf-8")),
            "</body></html>\n",
        )
    )


def _facts(outcome: Outcome) -> str:
    rows = (
        ("repeat with", outcome.again),
        ("seed", str(outcome.seed)),
        ("requirements", ", ".join(outcome.scenario.requirements) or "none named"),
        ("time", f"{outcome.virtual_s:.1f} s of the world in {outcome.wall_s:.1f} s"),
        ("runtime", outcome.runtime),
        ("trace", f"sha256 {outcome.trace_sha256}"),
    )
    return f"<dl>{''.join(f'<dt>{key}</dt><dd>{escape(value)}</dd>' for key, value in rows)}</dl>"


def _findings(outcome: Outcome) -> str:
    head = "<tr><th>verdict</th><th>expected</th><th>seen</th></tr>"
    rows = {True: "", False: ""}
    for one in outcome.findings:
        cells = ("ok" if one.ok else "FAILED", one.expected, one.seen)
        style = "" if one.ok else ' class="bad"'
        row = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
        rows[one.ok] += f"<tr{style}>{row}</tr>"
    passed = sum(one.ok for one in outcome.findings)
    bad = f"<table>{head}{rows[False]}</table>" if rows[False] else ""
    opened = "" if rows[False] else " open"
    return (
        f"{bad}<details{opened}><summary>{passed} as expected</summary>"
        f"<table>{head}{rows[True]}</table></details>"
    )


def _happened(outcome: Outcome) -> str:
    return "\n".join(outcome.happened)


def _lines(outcome: Outcome, kind: str) -> str:
    return "\n".join(
        f"{line['t']:8.2f} s  {line['node']:6} {line['line']}"
        for line in trace.read(outcome.trace)
        if line["k"] == kind
    )


def _folded(title: str, text: str) -> str:
    summary = f"<summary>{escape(title)}</summary>"
    return f"<details>{summary}<pre>{escape(text) or '(nothing)'}</pre></details>"
