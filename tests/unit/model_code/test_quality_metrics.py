"""The metrics equal scikit-learn's own, on random predictions."""

import numpy as np
import pytest
from sklearn import metrics as sk

_GENERATOR = np.random.default_rng(3)


def test_binary_metrics_equal_scikit_learn_s(scripts):
    actual = _GENERATOR.random(300) < 0.4
    probability = np.clip(actual * 0.3 + _GENERATOR.random(300) * 0.7, 0, 1)
    predicted = probability > 0.5
    found = scripts.quality_metrics.binary(actual, predicted, probability)
    assert found == pytest.approx(
        {
            "recall": sk.recall_score(actual, predicted),
            "precision": sk.precision_score(actual, predicted),
            "accuracy": sk.accuracy_score(actual, predicted),
            "true_positive_rate": sk.recall_score(actual, predicted),
            "true_negative_rate": sk.recall_score(~actual, ~predicted),
            "false_positive_rate": 1 - sk.recall_score(~actual, ~predicted),
            "false_negative_rate": 1 - sk.recall_score(actual, predicted),
            "auc": sk.roc_auc_score(actual, probability),
            "f0_5": sk.fbeta_score(actual, predicted, beta=0.5),
            "f1": sk.f1_score(actual, predicted),
            "f2": sk.fbeta_score(actual, predicted, beta=2),
        }
    )


def test_multiclass_metrics_equal_scikit_learn_s_weighted_ones(scripts):
    classes = (2, 5, 9)
    actual = _GENERATOR.choice(classes, 300)
    predicted = np.where(_GENERATOR.random(300) < 0.6, actual, _GENERATOR.choice(classes, 300))
    weighted = {"average": "weighted"}
    assert scripts.quality_metrics.multiclass(actual, predicted, classes) == pytest.approx(
        {
            "accuracy": sk.accuracy_score(actual, predicted),
            "weighted_recall": sk.recall_score(actual, predicted, **weighted),
            "weighted_precision": sk.precision_score(actual, predicted, **weighted),
            "weighted_f0_5": sk.fbeta_score(actual, predicted, beta=0.5, **weighted),
            "weighted_f1": sk.f1_score(actual, predicted, **weighted),
            "weighted_f2": sk.fbeta_score(actual, predicted, beta=2, **weighted),
        }
    )
    matrix = scripts.quality_metrics.confusion_matrix(actual, predicted, classes)
    assert [list(row.values()) for row in matrix.values()] == sk.confusion_matrix(actual, predicted).tolist()
    assert list(matrix) == list(matrix["2"]) == ["2", "5", "9"]


def test_regression_metrics_equal_scikit_learn_s(scripts):
    actual = _GENERATOR.normal(size=200)
    predicted = actual + _GENERATOR.normal(size=200)
    assert scripts.quality_metrics.regression(actual, predicted) == pytest.approx(
        {
            "mae": sk.mean_absolute_error(actual, predicted),
            "mse": sk.mean_squared_error(actual, predicted),
            "rmse": sk.root_mean_squared_error(actual, predicted),
            "r2": sk.r2_score(actual, predicted),
        }
    )


def test_precision_is_left_out_when_nothing_is_predicted_positive(scripts):
    actual, none = np.array([True, False]), np.array([False, False])
    found = scripts.quality_metrics.binary(actual, none, np.array([0.4, 0.3]))
    assert "precision" not in found
    assert found["recall"] == 0
    assert found["f1"] == 0


def test_r2_is_left_out_when_the_target_never_varies(scripts):
    found = scripts.quality_metrics.regression(np.array([3.0, 3.0]), np.array([3.0, 4.0]))
    assert found == {"mae": 0.5, "mse": 0.5, "rmse": pytest.approx(np.sqrt(0.5))}
