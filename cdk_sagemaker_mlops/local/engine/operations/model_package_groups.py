"""Model package groups."""

from __future__ import annotations

import json
from typing import Any

from cdk_sagemaker_mlops.local.engine.api_error import ApiError, invalid
from cdk_sagemaker_mlops.local.engine.context import Context, now
from cdk_sagemaker_mlops.local.engine.listing import list_records
from cdk_sagemaker_mlops.local.engine.operations.operation import Operation
from cdk_sagemaker_mlops.local.engine.scope import name_of
from cdk_sagemaker_mlops.local.engine.store import Record

KIND = "model-package-group"


def find_group(context: Context, reference: str) -> Record:
    """The group with a name or ARN.

    Raises:
        ApiError: There is none.
    """
    name = name_of(reference)
    for record in context.table(KIND).values():
        # An ARN carries the name in lower case.
        if record["ModelPackageGroupName"] == name or record["ModelPackageGroupArn"] == reference:
            return record
    raise invalid(f"ModelPackageGroup {context.scope.arn(f'{KIND}/{name}')} does not exist.")


def create_model_package_group(context: Context, params: dict[str, Any]) -> Record:
    """Registers a group."""
    name = params["ModelPackageGroupName"]
    arn = context.scope.arn(f"{KIND}/{name}")
    if name in context.table(KIND):
        raise invalid(f"Model Package Group already exists: {arn}")
    context.table(KIND)[name] = {
        **params,
        "ModelPackageGroupArn": arn,
        "ModelPackageGroupStatus": "Completed",
        "CreationTime": now(),
        # Versions are numbered from 1 and a deleted version's number is not used again.
        "_LastVersion": 0,
    }
    context.remember_tags(arn, params)
    return {"ModelPackageGroupArn": arn}


def describe_model_package_group(context: Context, params: dict[str, Any]) -> Record:
    """A group."""
    return find_group(context, params["ModelPackageGroupName"])


def delete_model_package_group(context: Context, params: dict[str, Any]) -> Record:
    """Forgets a group, which must be empty."""
    group = find_group(context, params["ModelPackageGroupName"])
    name = group["ModelPackageGroupName"]
    if any(
        package.get("ModelPackageGroupName") == name for package in context.table("model-package").values()
    ):
        raise ApiError(
            "ConflictException",
            f"Model Package Group {group['ModelPackageGroupArn']} cannot be deleted "
            "because it still contains Model Packages.",
        )
    del context.table(KIND)[name]
    context.services.store.forget_tags(group["ModelPackageGroupArn"])
    return {}


def list_model_package_groups(context: Context, params: dict[str, Any]) -> Record:
    """Groups."""
    if params.get("CrossAccountFilterOption", "SameAccount") != "SameAccount":
        raise invalid("CrossAccountFilterOption is not emulated: the engine has one account.")
    records = context.table(KIND).values()
    return list_records("ListModelPackageGroups", params, records, name="ModelPackageGroupName")


def put_model_package_group_policy(context: Context, params: dict[str, Any]) -> Record:
    """Keeps a group's resource policy; the engine does not enforce it."""
    group = find_group(context, params["ModelPackageGroupName"])
    try:
        json.loads(params["ResourcePolicy"])
    except ValueError as error:
        raise invalid(f"Invalid resource policy: {error}") from error
    group["ResourcePolicy"] = params["ResourcePolicy"]
    return {"ModelPackageGroupArn": group["ModelPackageGroupArn"]}


def get_model_package_group_policy(context: Context, params: dict[str, Any]) -> Record:
    """A group's resource policy."""
    group = find_group(context, params["ModelPackageGroupName"])
    if "ResourcePolicy" not in group:
        raise invalid(f"Cannot find resource policy for: {group['ModelPackageGroupArn']}")
    return {"ResourcePolicy": group["ResourcePolicy"]}


def delete_model_package_group_policy(context: Context, params: dict[str, Any]) -> Record:
    """Forgets a group's resource policy."""
    find_group(context, params["ModelPackageGroupName"]).pop("ResourcePolicy", None)
    return {}


OPERATIONS: dict[str, Operation] = {
    "CreateModelPackageGroup": create_model_package_group,
    "DescribeModelPackageGroup": describe_model_package_group,
    "DeleteModelPackageGroup": delete_model_package_group,
    "ListModelPackageGroups": list_model_package_groups,
    "PutModelPackageGroupPolicy": put_model_package_group_policy,
    "GetModelPackageGroupPolicy": get_model_package_group_policy,
    "DeleteModelPackageGroupPolicy": delete_model_package_group_policy,
}
