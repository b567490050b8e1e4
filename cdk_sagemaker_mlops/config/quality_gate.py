"""What decides whether a model of the built-in pipeline is registered, and with which approval status."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from cdk_sagemaker_mlops.config import checks
from cdk_sagemaker_mlops.errors import Problem

ProblemType = Literal["BinaryClassification", "MulticlassClassification", "Regression"]
MetricObjective = Literal["Maximize", "Minimize"]
ApprovalStatus = Literal["PendingManualApproval", "Approved", "Rejected"]

# Top-level keys of SageMaker's model-quality JSON:
# https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-metrics.html
METRIC_GROUPS: Mapping[str, str] = {
    "BinaryClassification": "binary_classification_metrics",
    "MulticlassClassification": "multiclass_classification_metrics",
    "Regression": "regression_metrics",
}
_OBJECTIVES = ("Maximize", "Minimize")
# botocore's sagemaker model, ModelApprovalStatus.
_APPROVAL_STATUSES = ("PendingManualApproval", "Approved", "Rejected")


def quality_gate_problems(
    *,
    problem_type: str,
    metric_name: str,
    metric_threshold: float,
    metric_objective: str,
    approval_status: str,
) -> Iterator[Problem | None]:
    """Checks the options that the gate is made of."""
    yield checks.one_of(
        "problem_type",
        problem_type,
        tuple(METRIC_GROUPS),
        code="InvalidProblemType",
        fix="choose the one that says what the model predicts",
    )
    yield checks.matches(
        "metric_name",
        metric_name,
        r"[A-Za-z0-9_]+",
        code="InvalidMetricName",
        rule="be letters, digits and '_'",
        fix="use the key that the evaluation writes, such as 'accuracy', 'auc' or 'rmse'",
    )
    yield checks.finite(
        "metric_threshold",
        metric_threshold,
        code="InvalidMetricThreshold",
        fix="give the value that a model must reach to be registered",
    )
    yield checks.one_of(
        "metric_objective",
        metric_objective,
        _OBJECTIVES,
        code="InvalidMetricObjective",
        fix="use 'Maximize' if more is better",
    )
    yield checks.one_of(
        "approval_status",
        approval_status,
        _APPROVAL_STATUSES,
        code="InvalidApprovalStatus",
        fix="use 'PendingManualApproval' unless every passing model may go live unseen",
    )
