"""The colours of a report, in light and in dark, and how it is laid out."""

from __future__ import annotations

# Each colour has a contrast of at least 3 to its background as a line, 4.5 as text (WCAG 2.2, AA).
LIGHT = {
    "page": "#ffffff", "panel": "#f5f6f8", "ink": "#1b2027", "muted": "#5b6470", "grid": "#d9dde3",
    "accent": "#0b5cad", "good": "#0a6b3d", "bad": "#a8321a",
    "series-0": "#0b5cad", "series-1": "#b54708", "series-2": "#0f766e", "series-3": "#8a3ffc",
    "series-4": "#8a6100", "series-5": "#be185d", "series-6": "#3f6212", "series-7": "#475569",
}  # fmt: skip
DARK = {
    "page": "#14171c", "panel": "#1d2128", "ink": "#e8ebf0", "muted": "#a3acb9", "grid": "#343a44",
    "accent": "#74b4ff", "good": "#5fd39a", "bad": "#ff9b80",
    "series-0": "#74b4ff", "series-1": "#ffa45c", "series-2": "#4fd1c5", "series-3": "#c4a7ff",
    "series-4": "#e8c04a", "series-5": "#ff8fb8", "series-6": "#a3d65c", "series-7": "#cbd5e1",
}  # fmt: skip

_STYLE = """
:root { color-scheme: light dark; LIGHT }
@media (prefers-color-scheme: dark) { :root { DARK } }
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 2rem 1.25rem 3rem; max-width: 1060px;
  background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif;
}
h1 { font-size: 1.6rem; margin: 0 0 .25rem; }
h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
h3 { font-size: 1rem; margin: 0 0 .5rem; }
p { margin: .25rem 0; }
.lead, figcaption, .note { color: var(--muted); }
dl {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(170px, 1fr)); gap: .75rem; margin: 1rem 0;
}
dl div, figure {
  background: var(--panel); border-radius: 8px; padding: .75rem 1rem; overflow-wrap: anywhere;
}
dt { color: var(--muted); font-size: .85rem; }
dd { margin: 0; font-weight: 600; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td {
  padding: .3rem 1.1rem .3rem 0; text-align: right; border-bottom: 1px solid var(--grid); white-space: nowrap;
}
th:first-child, .verdict { text-align: left; }
thead th { color: var(--muted); font-weight: 600; }
tbody th { font-weight: 500; }
.good { color: var(--good); }
.bad { color: var(--bad); }
.plots {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); gap: 1rem;
}
figure { margin: 0; }
figcaption { font-size: .9rem; margin-top: .5rem; }
figure > svg { display: block; max-width: 100%; height: auto; margin: 0 auto; }
.legend {
  list-style: none; margin: .5rem 0 0; padding: 0; display: flex; flex-wrap: wrap; gap: .1rem 1.1rem;
  font-size: .88rem;
}
.legend li { display: flex; align-items: center; gap: .4rem; }
.swatch { flex: none; }
svg text { fill: var(--ink); font-size: 12px; }
svg .tick { fill: var(--muted); font-size: 11.5px; }
svg .label { font-size: 12.5px; }
svg .count { font-size: 14px; font-weight: 600; }
svg .share { font-size: 11px; }
svg .grid { stroke: var(--grid); }
svg .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
svg .reference { stroke: var(--muted); stroke-width: 1; stroke-dasharray: 3 3; }
svg .bar { fill: var(--accent); fill-opacity: .22; }
svg .cloud { fill-opacity: .45; }
svg .cell { fill: none; stroke: var(--grid); }
svg .right { fill: var(--accent); }
svg .wrong { fill: var(--bad); }
@media print { figure, tr { break-inside: avoid; } body { padding: 0; } }
"""


def style_sheet() -> str:
    """Returns the CSS of a report."""
    style = _STYLE
    for name, colors in (("LIGHT", LIGHT), ("DARK", DARK)):
        style = style.replace(name, " ".join(f"--{key}: {value};" for key, value in colors.items()))
    return style
