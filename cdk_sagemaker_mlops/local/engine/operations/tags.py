"""Tags of any SageMaker resource that exists."""

from __future__ import annotations

from typing import Any

from cdk_sagemaker_mlops.local.engine.api_error import invalid
from cdk_sagemaker_mlops.local.engine.context import Context
from cdk_sagemaker_mlops.local.engine.operations.operation import Operation
from cdk_sagemaker_mlops.local.engine.store import Record

# Table by the key of its records' ARN.
_ARN_KEYS = {
    "endpoint": "EndpointArn",
    "endpoint-config": "EndpointConfigArn",
    "model": "ModelArn",
    "model-package": "ModelPackageArn",
    "model-package-group": "ModelPackageGroupArn",
    "pipeline": "PipelineArn",
    "pipeline-execution": "PipelineExecutionArn",
}


def _checked_arn(context: Context, params: dict[str, Any]) -> str:
    arn: str = params["ResourceArn"]
    for kind, key in _ARN_KEYS.items():
        if any(record[key] == arn.lower() for record in context.table(kind).values()):
            return arn.lower()
    raise invalid(f"Resource {arn} does not exist.")


def _as_list(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def add_tags(context: Context, params: dict[str, Any]) -> Record:
    """Sets tags; other tags stay."""
    tags = context.services.store.tags(_checked_arn(context, params))
    tags.update({tag["Key"]: tag["Value"] for tag in params["Tags"]})
    return {"Tags": _as_list(tags)}


def list_tags(context: Context, params: dict[str, Any]) -> Record:
    """Every tag, on one page: a resource has at most 50."""
    return {"Tags": _as_list(context.services.store.tags(_checked_arn(context, params)))}


def delete_tags(context: Context, params: dict[str, Any]) -> Record:
    """Removes tags; keys that are not there are ignored."""
    tags = context.services.store.tags(_checked_arn(context, params))
    for key in params["TagKeys"]:
        tags.pop(key, None)
    return {}


OPERATIONS: dict[str, Operation] = {
    "AddTags": add_tags,
    "ListTags": list_tags,
    "DeleteTags": delete_tags,
}
