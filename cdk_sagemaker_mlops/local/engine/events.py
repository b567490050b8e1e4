"""The EventBridge events SageMaker emits, as documented.

https://docs.aws.amazon.com/sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cdk_sagemaker_mlops.local.engine.store import Record

# What the documented model package event carries; a versioned package has no ModelPackageName in it.
_PACKAGE_MEMBERS = (
    "ModelPackageGroupName",
    "ModelPackageVersion",
    "ModelPackageArn",
    "ModelPackageName",
    "ModelPackageDescription",
    "CreationTime",
    "InferenceSpecification",
    "ModelPackageStatus",
    "ModelPackageStatusDetails",
    "CertifyForMarketplace",
    "ModelApprovalStatus",
    "MetadataProperties",
    "ModelMetrics",
    "LastModifiedTime",
    "ApprovalDescription",
    "CustomerMetadataProperties",
    "ModelLifeCycle",
)
_ENDPOINT_MEMBERS = (
    "EndpointName",
    "EndpointArn",
    "EndpointConfigName",
    "ProductionVariants",
    "EndpointStatus",
    "FailureReason",
    "CreationTime",
    "LastModifiedTime",
)


@dataclass(frozen=True)
class Event:
    """An event from ``aws.sagemaker``.

    Args:
        detail_type: What happened, in SageMaker's words.
        resources: ARNs of what it happened to.
        detail: Body, made of JSON values only.
    """

    detail_type: str
    resources: tuple[str, ...]
    detail: dict[str, Any]


def model_package_changed(package: Record) -> Event:
    """The event of a registration, a decision, or another change of a model package."""
    detail = {key: package[key] for key in _PACKAGE_MEMBERS if package.get(key) is not None}
    return Event(
        "SageMaker Model Package State Change",
        (package["ModelPackageArn"],),
        _with_times(detail, _iso),
    )


def endpoint_changed(endpoint: Record, tags: dict[str, str]) -> Event:
    """The event of an endpoint's new status: the API's word in upper snake case, times in milliseconds."""
    detail = {key: endpoint[key] for key in _ENDPOINT_MEMBERS if endpoint.get(key) is not None}
    detail["EndpointStatus"] = upper_snake(endpoint["EndpointStatus"])
    detail["Tags"] = dict(tags)
    return Event(
        "SageMaker Endpoint State Change",
        (endpoint["EndpointArn"],),
        _with_times(detail, _milliseconds),
    )


def execution_changed(execution: Record, *, previous: str | None, current: str) -> Event:
    """The event of a pipeline execution's new status.

    Args:
        execution: Its record.
        previous: Status before. ``None`` when it has just started.
        current: Status now.
    """
    detail = {
        "pipelineExecutionDisplayName": execution.get("PipelineExecutionDisplayName"),
        "pipelineExecutionDescription": execution.get("PipelineExecutionDescription"),
        "currentPipelineExecutionStatus": current,
        "previousPipelineExecutionStatus": previous,
        "executionStartTime": execution["CreationTime"],
        "executionEndTime": execution["LastModifiedTime"] if current in ENDED else None,
        "pipelineArn": execution["PipelineArn"],
        "pipelineExecutionArn": execution["PipelineExecutionArn"],
    }
    return Event(
        "SageMaker Model Building Pipeline Execution Status Change",
        (execution["PipelineArn"], execution["PipelineExecutionArn"]),
        _with_times({key: value for key, value in detail.items() if value is not None}, _iso),
    )


# Statuses that a pipeline execution does not leave.
ENDED = frozenset({"Stopped", "Failed", "Succeeded"})


def upper_snake(status: str) -> str:
    """The event's form of an API status: ``InService`` is ``IN_SERVICE``."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", status).upper()


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _with_times(value: Any, render: Any) -> Any:
    if isinstance(value, dict):
        return {key: _with_times(item, render) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_times(item, render) for item in value]
    return render(value) if isinstance(value, datetime) else value
