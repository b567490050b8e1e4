"""The metrics of SageMaker's model-quality layout, as functions of true and predicted values.

Each function leaves out the metrics that are undefined for its values, such as the precision of a model
that never says "positive". Definitions:
https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-metrics.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import precision_recall_curve, roc_auc_score, roc_curve

_BETAS = {"f0_5": 0.5, "f1": 1.0, "f2": 2.0}


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What a model said about rows whose truth is known.

    Args:
        actual: The true value or class of each row.
        predicted: What the model said.
        probabilities: For classification the probability of each class, in the order of ``classes``.
            Default: ``None``.
        classes: The classes; empty for regression. Default: empty.
    """

    actual: np.ndarray
    predicted: np.ndarray
    probabilities: np.ndarray | None = None
    classes: tuple[int, ...] = ()

    @property
    def is_binary(self) -> bool:
        """Whether there are two classes, of which the second is the positive one."""
        return len(self.classes) == 2


def confusion_matrix(
    actual: np.ndarray, predicted: np.ndarray, classes: Sequence[int]
) -> dict[str, dict[str, int]]:
    """Counts the rows of each actual class (outer key) and predicted class (inner key)."""
    counts = _counts(actual, predicted, classes)
    return {
        str(label): dict(zip(map(str, classes), row.tolist(), strict=True))
        for label, row in zip(classes, counts, strict=True)
    }


def binary(actual: np.ndarray, predicted: np.ndarray, probability: np.ndarray) -> dict[str, float]:
    """Returns the metrics of a binary classification.

    Args:
        actual: Whether each row is positive.
        predicted: Whether the model says so.
        probability: The model's probability that it is.
    """
    true_positive, false_positive = np.sum(actual & predicted), np.sum(~actual & predicted)
    false_negative, true_negative = np.sum(actual & ~predicted), np.sum(~actual & ~predicted)
    positive, negative = true_positive + false_negative, true_negative + false_positive
    metrics = {
        "recall": _ratio(true_positive, positive),
        "precision": _ratio(true_positive, true_positive + false_positive),
        "accuracy": _ratio(true_positive + true_negative, len(actual)),
        "true_positive_rate": _ratio(true_positive, positive),
        "true_negative_rate": _ratio(true_negative, negative),
        "false_positive_rate": _ratio(false_positive, negative),
        "false_negative_rate": _ratio(false_negative, positive),
        "auc": float(roc_auc_score(actual, probability)) if positive and negative else None,
    }
    for name, beta in _BETAS.items():
        weighted = (1 + beta**2) * true_positive
        metrics[name] = _ratio(weighted, weighted + beta**2 * false_negative + false_positive)
    return _defined(metrics)


def binary_curves(actual: np.ndarray, probability: np.ndarray) -> dict[str, dict[str, list[float]]]:
    """Returns the two curves of a binary classification; none if the rows have one class only."""
    if actual.all() or not actual.any():
        return {}
    false_positive_rates, true_positive_rates, _ = roc_curve(actual, probability)
    precisions, recalls, _ = precision_recall_curve(actual, probability)
    return {
        "receiver_operating_characteristic_curve": {
            "false_positive_rates": false_positive_rates.tolist(),
            "true_positive_rates": true_positive_rates.tolist(),
        },
        # scikit-learn lists the points by falling recall, SageMaker by rising recall.
        "precision_recall_curve": {
            "precisions": precisions[::-1].tolist(),
            "recalls": recalls[::-1].tolist(),
        },
    }


def multiclass(actual: np.ndarray, predicted: np.ndarray, classes: Sequence[int]) -> dict[str, float]:
    """Returns the metrics of a multiclass classification, weighted by the actual rows of each class.

    A class that is never predicted counts with a precision of 0.
    """
    counts = _counts(actual, predicted, classes).astype(float)
    hits, of_class, said = counts.diagonal(), counts.sum(axis=1), counts.sum(axis=0)
    weights = of_class / of_class.sum()

    def weighted(part: np.ndarray, whole: np.ndarray) -> float:
        return float(weights @ np.divide(part, whole, out=np.zeros_like(part), where=whole > 0))

    metrics = {
        "accuracy": float(hits.sum() / counts.sum()),
        "weighted_recall": weighted(hits, of_class),
        "weighted_precision": weighted(hits, said),
    }
    for name, beta in _BETAS.items():
        metrics[f"weighted_{name}"] = weighted((1 + beta**2) * hits, beta**2 * of_class + said)
    return metrics


def regression(actual: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Returns the metrics of a regression."""
    errors = actual - predicted
    mse = float(np.mean(errors**2))
    spread = np.sum((actual - actual.mean()) ** 2)
    unexplained = _ratio(np.sum(errors**2), spread)
    return _defined(
        {
            "mae": float(np.mean(np.abs(errors))),
            "mse": mse,
            "rmse": float(np.sqrt(mse)),
            "r2": None if unexplained is None else 1 - unexplained,
        }
    )


def _counts(actual: np.ndarray, predicted: np.ndarray, classes: Sequence[int]) -> np.ndarray:
    size = len(classes)
    places = np.searchsorted(classes, actual) * size + np.searchsorted(classes, predicted)
    return np.bincount(places, minlength=size * size).reshape(size, size)


def _ratio(part: float, whole: float) -> float | None:
    return float(part / whole) if whole else None


def _defined(metrics: Mapping[str, float | None]) -> dict[str, float]:
    return {name: value for name, value in metrics.items() if value is not None and np.isfinite(value)}
