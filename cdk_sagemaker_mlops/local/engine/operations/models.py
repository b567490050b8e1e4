"""Models."""

from __future__ import annotations

from typing import Any

from cdk_sagemaker_mlops.local.engine.api_error import invalid
from cdk_sagemaker_mlops.local.engine.context import Context, now
from cdk_sagemaker_mlops.local.engine.listing import list_records
from cdk_sagemaker_mlops.local.engine.operations.model_packages import find_package
from cdk_sagemaker_mlops.local.engine.operations.operation import Operation, existing, taken
from cdk_sagemaker_mlops.local.engine.store import Record

KIND = "model"


def create_model(context: Context, params: dict[str, Any]) -> Record:
    """Registers a model; a model package it is made of must exist and be approved."""
    name = params["ModelName"]
    refusal = taken(context, KIND, name, "model")
    if refusal is not None:
        raise refusal
    if ("PrimaryContainer" in params) == ("Containers" in params):
        raise invalid("Exactly one of PrimaryContainer and Containers must be specified.")
    for container in containers_of(params):
        _check_container(context, container)
    arn = context.scope.arn(f"{KIND}/{name}")
    context.table(KIND)[name] = {
        "EnableNetworkIsolation": False,
        **params,
        "ModelArn": arn,
        "CreationTime": now(),
    }
    context.remember_tags(arn, params)
    return {"ModelArn": arn}


def containers_of(model: dict[str, Any]) -> list[dict[str, Any]]:
    """The container definitions of a model: one, or the steps of an inference pipeline."""
    if "PrimaryContainer" in model:
        return [model["PrimaryContainer"]]
    return list(model["Containers"])


def _check_container(context: Context, container: dict[str, Any]) -> None:
    package_name = container.get("ModelPackageName")
    if package_name is None:
        if "Image" not in container:
            raise invalid("A container definition must specify either Image or ModelPackageName.")
        return
    package = find_package(context, package_name)
    status = package.get("ModelApprovalStatus")
    if status is not None and status != "Approved":
        # CreateModelPackage's reference: the status "must be set to Approved to deploy the model".
        raise invalid(
            f"Cannot create a model from model package {package['ModelPackageArn']}: "
            f"its approval status is {status}, and must be Approved."
        )


def describe_model(context: Context, params: dict[str, Any]) -> Record:
    """A model."""
    return existing(context, KIND, params["ModelName"], "model")


def delete_model(context: Context, params: dict[str, Any]) -> Record:
    """Forgets a model; endpoints that serve it go on."""
    record = existing(context, KIND, params["ModelName"], "model")
    del context.table(KIND)[params["ModelName"]]
    context.services.store.forget_tags(record["ModelArn"])
    return {}


def list_models(context: Context, params: dict[str, Any]) -> Record:
    """Models."""
    return list_records("ListModels", params, context.table(KIND).values(), name="ModelName")


OPERATIONS: dict[str, Operation] = {
    "CreateModel": create_model,
    "DescribeModel": describe_model,
    "DeleteModel": delete_model,
    "ListModels": list_models,
}
