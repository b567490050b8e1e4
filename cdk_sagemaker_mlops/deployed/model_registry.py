"""The model package that an execution registered: its metrics, and its approval."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from cdk_sagemaker_mlops.deployed.pipeline_execution import ExecutionState
from cdk_sagemaker_mlops.errors import OperationError, Problem


@dataclass(frozen=True, kw_only=True)
class RegisteredModel:
    """A version in the model registry.

    Args:
        arn: Its ARN.
        version: Its number in the group.
        approval_status: SageMaker's word.
        metrics: Each metric's ``value`` and, where the evaluation gave one, ``standard_deviation``.
    """

    arn: str
    version: int
    approval_status: str
    metrics: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


def registered_arn(state: ExecutionState) -> str:
    """Finds the ARN of the model package that an execution registered; of several, the last.

    Raises:
        OperationError: It registered none.
    """
    arns = [step.metadata["RegisterModel"]["Arn"] for step in state.steps if "RegisterModel" in step.metadata]
    if not arns:
        raise OperationError(
            Problem(
                code="NoModelPackage",
                parameter="pipeline",
                rule="register a model package",
                value=[step.name for step in state.steps],
                fix="let a RegisterModel step run when the model is good enough",
            ),
            at=state.arn,
        )
    return str(arns[-1])


def describe_model(sagemaker: Any, s3: Any, arn: str) -> RegisteredModel:
    """Reads a model package and its metrics."""
    package = sagemaker.describe_model_package(ModelPackageName=arn)
    quality = package.get("ModelMetrics", {}).get("ModelQuality", {}).get("Statistics", {})
    return RegisteredModel(
        arn=arn,
        version=package["ModelPackageVersion"],
        approval_status=package["ModelApprovalStatus"],
        metrics=read_metrics(_json_at(s3, quality["S3Uri"])) if "S3Uri" in quality else {},
    )


def _json_at(s3: Any, uri: str) -> object:
    parts = urlsplit(uri)
    answer = s3.get_object(Bucket=parts.netloc, Key=parts.path.lstrip("/"))
    return json.loads(answer["Body"].read())


def read_metrics(document: object) -> dict[str, dict[str, float]]:
    """Picks the plain metrics out of SageMaker's model-quality document.

    Args:
        document: Such as ``{"regression_metrics": {"rmse": {"value": 1.5, "standard_deviation": "NaN"}}}``.

    Returns:
        Such as ``{"rmse": {"value": 1.5}}``. What has no single number, such as a confusion matrix or a
        curve, is left out.
    """
    found: dict[str, dict[str, float]] = {}
    if not isinstance(document, Mapping):
        return found
    for group in document.values():
        for name, metric in group.items() if isinstance(group, Mapping) else ():
            numbers = _numbers(metric)
            if "value" in numbers:
                found[name] = numbers
    return found


def _numbers(metric: object) -> dict[str, float]:
    if not isinstance(metric, Mapping):
        return {}
    wanted = ((key, metric.get(key)) for key in ("value", "standard_deviation"))
    return {
        key: value for key, value in wanted if isinstance(value, int | float) and not isinstance(value, bool)
    }


def approve(sagemaker: Any, arn: str) -> None:
    """Approves a model package: the decision that deploys it."""
    sagemaker.update_model_package(
        ModelPackageArn=arn,
        ModelApprovalStatus="Approved",
        ApprovalDescription="Approved by cdk-mlops local run",
    )
