"""Model packages: the versions of a group, or packages of their own."""

from __future__ import annotations

from typing import Any

from cdk_sagemaker_mlops.local.engine.api_error import invalid
from cdk_sagemaker_mlops.local.engine.context import Context, now
from cdk_sagemaker_mlops.local.engine.events import model_package_changed
from cdk_sagemaker_mlops.local.engine.listing import list_records
from cdk_sagemaker_mlops.local.engine.operations.model_package_groups import find_group
from cdk_sagemaker_mlops.local.engine.operations.operation import Operation
from cdk_sagemaker_mlops.local.engine.store import Record

KIND = "model-package"
# What an update replaces; what it leaves out stays.
_REPLACED = (
    "ModelApprovalStatus",
    "ModelPackageRegistrationType",
    "ApprovalDescription",
    "InferenceSpecification",
    "SourceUri",
    "ModelCard",
    "ModelLifeCycle",
)


def find_package(context: Context, reference: str) -> Record:
    """The package with an ARN, or with a name when it is not a version of a group.

    Raises:
        ApiError: There is none.
    """
    table = context.table(KIND)
    arn = reference.lower() if reference.startswith("arn:") else context.scope.arn(f"{KIND}/{reference}")
    if arn not in table:
        raise invalid(f"ModelPackage {arn} does not exist.")
    return table[arn]


def create_model_package(context: Context, params: dict[str, Any]) -> Record:
    """Registers a package, as the next version of its group if it names one."""
    if ("ModelPackageName" in params) == ("ModelPackageGroupName" in params):
        raise invalid("Exactly one of ModelPackageName and ModelPackageGroupName must be provided.")
    if "ModelPackageGroupName" in params:
        package = _next_version(context, params["ModelPackageGroupName"])
    else:
        name = params["ModelPackageName"]
        package = {"ModelPackageArn": context.scope.arn(f"{KIND}/{name}")}
        if package["ModelPackageArn"] in context.table(KIND):
            raise invalid(f"Model Package already exists: {package['ModelPackageArn']}")
    moment = now()
    package = {
        "CertifyForMarketplace": False,
        **params,
        **package,
        "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
        "CreationTime": moment,
        "LastModifiedTime": moment,
    }
    if "ModelPackageGroupName" in package:
        package.setdefault("ModelApprovalStatus", "PendingManualApproval")
    context.table(KIND)[package["ModelPackageArn"]] = package
    context.remember_tags(package["ModelPackageArn"], params)
    context.emit(model_package_changed(package))
    return {"ModelPackageArn": package["ModelPackageArn"]}


def _next_version(context: Context, group_reference: str) -> Record:
    group = find_group(context, group_reference)
    group["_LastVersion"] += 1
    name, version = group["ModelPackageGroupName"], group["_LastVersion"]
    return {
        "ModelPackageGroupName": name,
        "ModelPackageVersion": version,
        "ModelPackageArn": context.scope.arn(f"{KIND}/{name}/{version}"),
    }


def update_model_package(context: Context, params: dict[str, Any]) -> Record:
    """Changes what the request names, and keeps the rest: an edit of the metadata is not a decision."""
    package = find_package(context, params["ModelPackageArn"])
    package.update({key: params[key] for key in _REPLACED if key in params})
    metadata = {
        **package.get("CustomerMetadataProperties", {}),
        **params.get("CustomerMetadataProperties", {}),
    }
    for key in params.get("CustomerMetadataPropertiesToRemove", []):
        metadata.pop(key, None)
    package["CustomerMetadataProperties"] = metadata
    added = params.get("AdditionalInferenceSpecificationsToAdd", [])
    if added:
        package.setdefault("AdditionalInferenceSpecifications", []).extend(added)
    package["LastModifiedTime"] = now()
    context.emit(model_package_changed(package))
    return {"ModelPackageArn": package["ModelPackageArn"]}


def describe_model_package(context: Context, params: dict[str, Any]) -> Record:
    """A package."""
    return find_package(context, params["ModelPackageName"])


def delete_model_package(context: Context, params: dict[str, Any]) -> Record:
    """Forgets a package; models made of it go on."""
    package = find_package(context, params["ModelPackageName"])
    del context.table(KIND)[package["ModelPackageArn"]]
    context.services.store.forget_tags(package["ModelPackageArn"])
    return {}


def list_model_packages(context: Context, params: dict[str, Any]) -> Record:
    """Packages: by default those that are not versions of a group, as on AWS."""
    group = None
    if "ModelPackageGroupName" in params:
        group = find_group(context, params["ModelPackageGroupName"])["ModelPackageGroupName"]
    kind = params.get("ModelPackageType", "Unversioned" if group is None else "Versioned")
    decision = params.get("ModelApprovalStatus")
    found = [
        package
        for package in context.table(KIND).values()
        if (kind == "Both" or (kind == "Versioned") == ("ModelPackageVersion" in package))
        and (group is None or package.get("ModelPackageGroupName") == group)
        and (decision is None or package.get("ModelApprovalStatus") == decision)
    ]
    return list_records("ListModelPackages", params, found, name="ModelPackageArn")


OPERATIONS: dict[str, Operation] = {
    "CreateModelPackage": create_model_package,
    "UpdateModelPackage": update_model_package,
    "DescribeModelPackage": describe_model_package,
    "DeleteModelPackage": delete_model_package,
    "ListModelPackages": list_model_packages,
}
