"""The evaluation as one HTML file: metrics, the comparison with the version before, and plots.

It needs nothing else: no network, no script, no other file. It follows the reader's light or dark scheme.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

from model_utils import Schema
from previous_version import Comparison
from quality_metrics import Answers
from report_plots import Plot, classification_plots, regression_plots
from report_style import style_sheet
from svg_charts import swatch

# Metrics of which less is better; of all others more is.
_LESS_IS_BETTER = frozenset({"mae", "mse", "rmse", "false_positive_rate", "false_negative_rate"})
_MARKS = {"better": "▲", "worse": "▼", "about the same": "≈"}


def evaluation_report(
    document: Mapping[str, Any], answers: Answers, schema: Schema, comparison: Comparison
) -> str:
    """Returns the report as HTML.

    Args:
        document: The model-quality document.
        answers: What the model said about the test set.
        schema: What the model was trained on.
        comparison: The version before, or why there is none.
    """
    group = next(iter(document))
    metrics, before = document[group], _group_of(comparison, group)
    is_regression = schema.problem_type == "Regression"
    plots = regression_plots(answers) if is_regression else classification_plots(answers, before)
    note = comparison.note
    if comparison.version is not None and not before:
        note = f"Not compared: version {comparison.version} solves another kind of problem than this model."
    return "\n".join(
        [
            *_head(schema),
            *_facts(schema, answers),
            "<h2>Metrics</h2>",
            f'<p class="note">{escape(note)}</p>',
            *_table(metrics, before, comparison.version),
            "<h2>Plots</h2>",
            '<div class="plots">',
            *(line for plot in plots for line in _figure(plot)),
            "</div>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _group_of(comparison: Comparison, group: str) -> Mapping[str, Any]:
    found = {} if comparison.document is None else comparison.document.get(group, {})
    return found if isinstance(found, Mapping) else {}


def _head(schema: Schema) -> Iterator[str]:
    yield from ("<!DOCTYPE html>", '<html lang="en">', "<head>", '<meta charset="utf-8">')
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    # Says to the browser what is promised to the reader: nothing is loaded and nothing is run.
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    yield f"<title>Evaluation: {escape(schema.target)}</title>"
    yield f"<style>{style_sheet()}</style>"
    yield from ("</head>", "<body>")
    yield f"<h1>Evaluation of a model that predicts <em>{escape(schema.target)}</em></h1>"
    yield '<p class="lead">Measured on the test set, which the model has not seen in training.</p>'


def _facts(schema: Schema, answers: Answers) -> Iterator[str]:
    facts = {
        "Problem": _words(schema.problem_type),
        "Rows tested": f"{len(answers.actual):,}",
        "Features": f"{len(schema.feature_names):,}",
        "Trained with": f"scikit-learn {schema.scikit_learn_version}",
    }
    if schema.classes:
        shown = ", ".join(map(str, schema.classes[:8])) + (", …" if len(schema.classes) > 8 else "")
        facts["Classes"] = f"{len(schema.classes)}: {shown}"
    yield "<dl>"
    for term, fact in facts.items():
        yield f"<div><dt>{term}</dt><dd>{escape(fact)}</dd></div>"
    yield "</dl>"


def _words(name: str) -> str:
    """``BinaryClassification`` as two words."""
    return (
        "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip().capitalize()
    )


def _table(metrics: Mapping[str, Any], before: Mapping[str, Any], version: int | None) -> Iterator[str]:
    compared = bool(before)
    heads = ["Metric", "This model", "± standard deviation"]
    heads += [f"Version {version}", "Change", "Verdict"] if compared else []
    yield '<div class="scroll"><table><thead><tr>'
    yield "".join(f'<th scope="col">{escape(head)}</th>' for head in heads).replace(
        '"col">Verdict', '"col" class="verdict">Verdict'
    )
    yield "</tr></thead><tbody>"
    for name, metric in metrics.items():
        if "value" not in metric:
            continue
        cells = [_shown(metric["value"]), _shown(metric.get("standard_deviation"))]
        cells += _change(name, metric, before.get(name)) if compared else []
        row = "".join(
            f'<td class="verdict">{cell}</td>' if place == 4 else f"<td>{cell}</td>"
            for place, cell in enumerate(cells)
        )
        yield f'<tr><th scope="row">{escape(_metric_name(name))}</th>{row}</tr>'
    yield "</tbody></table></div>"


def _metric_name(name: str) -> str:
    return "f0.5".join(part.replace("_", " ") for part in name.split("f0_5"))


def _change(name: str, metric: Mapping[str, Any], old: object) -> list[str]:
    value, deviation = _numbers(old)
    if value is None:
        return ["", "", "not measured then"]
    difference = metric["value"] - value
    noise = math.hypot(metric.get("standard_deviation", 0.0), 0.0 if deviation is None else deviation)
    verdict = "about the same"
    if abs(difference) > noise:
        verdict = "better" if (difference < 0) == (name in _LESS_IS_BETTER) else "worse"
    css = {"better": ' class="good"', "worse": ' class="bad"'}.get(verdict, "")
    shown = f"{difference:+.4g}" if difference else "0"
    return [_shown(value), shown, f"<span{css}>{_MARKS[verdict]} {verdict}</span>"]


def _numbers(metric: object) -> tuple[float | None, float | None]:
    """Value and deviation of a metric, as far as there are any: another script may have written it."""
    found: list[float | None] = []
    for key in ("value", "standard_deviation"):
        number = metric.get(key) if isinstance(metric, Mapping) else None
        is_number = isinstance(number, int | float) and not isinstance(number, bool)
        found.append(float(number) if is_number and math.isfinite(number) else None)
    return found[0], found[1]


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _figure(plot: Plot) -> Iterator[str]:
    yield f"<figure><h3>{escape(plot.title)}</h3>"
    yield plot.svg
    yield from _legend(plot.legend)
    yield f"<figcaption>{escape(plot.caption)}</figcaption></figure>"


def _legend(series: Sequence[Any]) -> Iterable[str]:
    if not series:
        return []
    entries = "".join(f"<li>{swatch(each)}{escape(each.name)}</li>" for each in series)
    return [f'<ul class="legend">{entries}</ul>']
