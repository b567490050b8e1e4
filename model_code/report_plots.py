"""The plots of an evaluation: which there are for a kind of problem, and what each shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from quality_metrics import Answers
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve
from svg_charts import MOST_SERIES, Axis, Bar, Chart, Matrix, Point, Series

_SHARE = {"low": 0.0, "high": 1.0}
_BINS = 10
_MOST_CLASSES = 40
_MOST_DOTS = 1500

Pair = tuple[str, np.ndarray, np.ndarray]
"""A class: its name, which rows are of it, and its probabilities."""


@dataclass(frozen=True, kw_only=True)
class Plot:
    """A drawing and the words around it.

    Args:
        title: Its heading.
        caption: How to read it.
        svg: The drawing.
        legend: The series to name. Default: none.
    """

    title: str
    caption: str
    svg: str
    legend: Sequence[Series] = ()


def classification_plots(answers: Answers, previous: Mapping[str, Any]) -> list[Plot]:
    """Returns the plots of a classification.

    Args:
        answers: What the model said about the test set.
        previous: Metrics of the version to compare with; empty for none.
    """
    return [
        *_curves(answers, previous),
        _confusion(answers),
        _calibration(answers),
    ]


def regression_plots(answers: Answers) -> list[Plot]:
    """Returns the plots of a regression."""
    actual, predicted = answers.actual, answers.predicted
    # Of halves and clipped: the difference of the largest numbers is not finite.
    residuals = np.clip(actual / 2 - predicted / 2, -8e307, 8e307) * 2
    places = _sample(len(actual))
    note = "" if len(places) == len(actual) else f" {len(places):,} of {len(actual):,} rows are drawn."
    values = Axis.around("actual", [*_ends(actual), *_ends(predicted)])
    dots = {"color": 0, "line": False, "markers": True, "faint": True}
    against = Chart(
        title="Predicted against actual",
        description=f"{len(actual)} rows; a perfect model's lie on the diagonal.",
        x=values,
        y=Axis(label="predicted", low=values.low, high=values.high),
        series=[Series(name="rows", points=_points(actual[places], predicted[places]), **dots)],
        reference=((values.low, values.low), (values.high, values.high)),
    )
    across = Axis.around("predicted", _ends(predicted))
    over = Chart(
        title="Residuals",
        description=f"Residuals of {len(actual)} rows over their predictions.",
        x=across,
        y=Axis.around("actual - predicted", [*_ends(residuals), 0.0]),
        series=[Series(name="rows", points=_points(predicted[places], residuals[places]), **dots)],
        reference=((across.low, 0.0), (across.high, 0.0)),
    )
    return [
        Plot(
            title="Predicted against actual",
            caption=f"On the line, a prediction is exact.{note}",
            svg=against.svg(),
        ),
        Plot(
            title="Residuals",
            caption=f"A slope, a bend or a funnel means that the model misses something.{note}",
            svg=over.svg(),
        ),
        _residual_histogram(residuals),
    ]


def _curves(answers: Answers, previous: Mapping[str, Any]) -> list[Plot]:
    """The curves of each class that has rows in it and rows outside."""
    pairs = [pair for pair in _drawn_classes(answers) if pair[1].any() and not pair[1].all()]
    if not pairs:
        return []
    few = len(pairs) < len(_positives(answers))
    left_out = f" Drawn: the {len(pairs)} most frequent classes of the test set." if few else ""
    base = float(pairs[0][1].mean()) if answers.is_binary else None
    return [_roc_plot(pairs, previous, left_out), _recall_plot(pairs, previous, left_out, base)]


def _roc_plot(pairs: Sequence[Pair], previous: Mapping[str, Any], left_out: str) -> Plot:
    series = [
        Series(
            name=f"{name}, area {roc_auc_score(is_class, score):.4f}",
            points=_points(*roc_curve(is_class, score)[:2]),
            color=place,
        )
        for place, (name, is_class, score) in enumerate(pairs)
    ]
    before = _previous_curve(
        previous, "receiver_operating_characteristic_curve", "false_positive_rates", "true_positive_rates"
    )
    return _curve_plot(
        "ROC curve",
        f"The nearer to the upper left corner, the better; the thin line is guessing.{left_out}",
        (Axis(label="false positive rate", **_SHARE), Axis(label="true positive rate", **_SHARE)),
        [*before, *series],
        reference=((0.0, 0.0), (1.0, 1.0)),
    )


def _recall_plot(
    pairs: Sequence[Pair], previous: Mapping[str, Any], left_out: str, base: float | None
) -> Plot:
    """``base`` is the precision of guessing, if there is one for all."""
    series = [
        Series(
            name=f"{name}, average precision {average_precision_score(is_class, score):.4f}",
            points=_points(*precision_recall_curve(is_class, score)[1::-1]),
            color=place,
        )
        for place, (name, is_class, score) in enumerate(pairs)
    ]
    before = _previous_curve(previous, "precision_recall_curve", "recalls", "precisions")
    guess = "" if base is None else "; the thin line is guessing"
    return _curve_plot(
        "Precision and recall",
        f"The nearer to the upper right corner, the better{guess}.{left_out}",
        (Axis(label="recall", **_SHARE), Axis(label="precision", **_SHARE)),
        [*before, *series],
        reference=None if base is None else ((0.0, base), (1.0, base)),
    )


def _curve_plot(
    title: str,
    caption: str,
    axes: tuple[Axis, Axis],
    series: list[Series],
    *,
    reference: tuple[Point, Point] | None,
) -> Plot:
    description = "; ".join(each.name for each in series)
    chart = Chart(
        title=title, description=description, x=axes[0], y=axes[1], series=series, reference=reference
    )
    return Plot(title=title, caption=caption, svg=chart.svg(), legend=series)


def _positives(answers: Answers) -> list[Pair]:
    """Each class that has a curve of its own."""
    labels, probabilities = answers.classes, answers.probabilities
    if probabilities is None:
        return []
    places = [1] if answers.is_binary else range(len(labels))
    return [(f"class {labels[at]}", answers.actual == labels[at], probabilities[:, at]) for at in places]


def _drawn_classes(answers: Answers) -> list[Pair]:
    """The most frequent classes, as many as there are colours, in the model's order."""
    positives = _positives(answers)
    by_rows = sorted(range(len(positives)), key=lambda place: -int(positives[place][1].sum()))
    return [positives[place] for place in sorted(by_rows[:MOST_SERIES])]


def _previous_curve(previous: Mapping[str, Any], curve: str, x: str, y: str) -> list[Series]:
    """The same curve of the version to compare with, if its evaluation has it; what is there is not ours."""
    found = previous.get(curve)
    if not isinstance(found, Mapping):
        return []
    try:
        columns = [np.asarray(found[name], dtype=float) for name in (x, y)]
    except (KeyError, TypeError, ValueError):
        return []
    if columns[0].shape != columns[1].shape or columns[0].ndim != 1 or not np.isfinite(columns).all():
        return []
    return [Series(name="previous version", points=_points(*np.clip(columns, 0, 1)), color=None)]


def _confusion(answers: Answers) -> Plot:
    labels = np.asarray(answers.classes)
    rows = np.array([np.sum(answers.actual == label) for label in labels])
    shown = np.sort(np.argsort(-rows, kind="stable")[:_MOST_CLASSES])
    counts = [
        [int(np.sum((answers.actual == labels[a]) & (answers.predicted == labels[p]))) for p in shown]
        for a in shown
    ]
    note = "" if len(shown) == len(labels) else f" The {len(shown)} most frequent of {len(labels)} classes."
    right, total = int(np.sum(answers.actual == answers.predicted)), len(answers.actual)
    matrix = Matrix(
        title="Confusion matrix",
        description=f"{right} of {total} rows are predicted right.",
        classes=[str(labels[place]) for place in shown],
        counts=counts,
    )
    caption = (
        f"{right:,} of {total:,} rows are predicted right. Shade and percentage are shares of the actual "
        f"class's rows; right ones lie on the diagonal.{note}"
    )
    return Plot(title="Confusion matrix", caption=caption, svg=matrix.svg())


def _calibration(answers: Answers) -> Plot:
    """For two classes how often the positive one is right, for several the predicted one."""
    assert answers.probabilities is not None  # noqa: S101 - only classifications come here
    if answers.is_binary:
        said, happened = answers.probabilities[:, 1], answers.actual == answers.classes[1]
        whose = f"class {answers.classes[1]}"
    else:
        said, happened = answers.probabilities.max(axis=1), answers.actual == answers.predicted
        whose = "the predicted class"
    bins = np.clip((said * _BINS).astype(int), 0, _BINS - 1)
    points, bars = [], []
    for number in range(_BINS):
        inside = bins == number
        rows = int(inside.sum())
        start, end = number / _BINS, (number + 1) / _BINS
        title = f"{rows} rows with a probability of {start:.1f} to {end:.1f}"
        if rows:
            points.append((float(said[inside].mean()), float(happened[inside].mean())))
            title += f": {points[-1][0]:.1%} predicted, {points[-1][1]:.1%} observed"
        bars.append(Bar(start=start, end=end, height=rows / len(said), title=title))
    model = Series(name="this model", points=points, color=0, markers=True)
    chart = Chart(
        title="Calibration",
        description="; ".join(bar.title for bar in bars),
        x=Axis(label=f"predicted probability of {whose}", **_SHARE),
        y=Axis(label="observed share", **_SHARE),
        series=[model],
        bars=bars,
        reference=((0.0, 0.0), (1.0, 1.0)),
    )
    caption = (
        "On the thin line, what is said to happen in 70 % of the cases does. The bars are the share of the "
        "test set with such a probability: a point over a low bar says little."
    )
    return Plot(title="Calibration", caption=caption, svg=chart.svg())


def _residual_histogram(residuals: np.ndarray) -> Plot:
    axis = Axis.around("actual - predicted", _ends(residuals))
    # Of halves, so that the ends of the largest numbers have a finite difference.
    edges = np.linspace(axis.low / 2, axis.high / 2, 26) * 2
    counts = np.bincount(np.clip(np.searchsorted(edges, residuals, side="right") - 1, 0, 24), minlength=25)
    bars = [
        Bar(
            start=float(start),
            end=float(end),
            height=float(count),
            title=f"{count} rows from {start:.4g} to {end:.4g}",
        )
        for start, end, count in zip(edges, edges[1:], counts, strict=False)
    ]
    chart = Chart(
        title="Distribution of the residuals",
        description=f"{len(residuals)} residuals from {residuals.min():.4g} to {residuals.max():.4g}.",
        x=axis,
        y=Axis(label="rows", low=0.0, high=float(counts.max()) * 1.05),
        bars=bars,
    )
    return Plot(
        title="Distribution of the residuals",
        caption="Centred on 0 if the model is right on average.",
        svg=chart.svg(),
    )


def _sample(rows: int) -> np.ndarray:
    """Places of at most so many rows as a picture can show, the same ones every time."""
    if rows <= _MOST_DOTS:
        return np.arange(rows)
    return np.sort(np.random.default_rng(0).choice(rows, _MOST_DOTS, replace=False))


def _ends(values: np.ndarray) -> list[float]:
    return [float(values.min()), float(values.max())]


def _points(x: np.ndarray, y: np.ndarray) -> list[Point]:
    return list(zip(np.asarray(x).tolist(), np.asarray(y).tolist(), strict=True))
