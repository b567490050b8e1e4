"""The model package that an execution registered: its metrics, and its approval."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from cdk_sagemaker_mlops.deployed.outcomes import Outcome, read_outcomes
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
        metrics_error: Why its metrics cannot be read. Default: ``None``, they were, or it has none.
        created: When it was registered. Default: not known.
        approval_description: What was said with the last decision. Default: ``None``.
        outcomes: How it did on each endpoint that it was deployed to. Default: none is known.
    """

    arn: str
    version: int
    approval_status: str
    metrics: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    metrics_error: str | None = None
    created: datetime | None = None
    approval_description: str | None = None
    outcomes: tuple[Outcome, ...] = ()


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
    metrics: dict[str, dict[str, float]] = {}
    metrics_error = None
    if "S3Uri" in quality:
        try:
            metrics = read_metrics(_json_at(s3, quality["S3Uri"]))
        except (BotoCoreError, ClientError, ValueError) as error:
            # A version whose metrics are gone can still be looked at, approved and rejected.
            metrics_error = str(error)
    return RegisteredModel(
        arn=arn,
        version=package["ModelPackageVersion"],
        approval_status=package["ModelApprovalStatus"],
        metrics=metrics,
        metrics_error=metrics_error,
        created=package.get("CreationTime"),
        approval_description=package.get("ApprovalDescription"),
        outcomes=read_outcomes(package.get("CustomerMetadataProperties", {})),
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
