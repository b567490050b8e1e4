"""Endpoint configs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cdk_sagemaker_mlops.local.engine.api_error import ApiError, invalid
from cdk_sagemaker_mlops.local.engine.context import Context, now
from cdk_sagemaker_mlops.local.engine.listing import list_records
from cdk_sagemaker_mlops.local.engine.operations import models
from cdk_sagemaker_mlops.local.engine.operations.operation import Operation, existing, taken
from cdk_sagemaker_mlops.local.engine.store import Record

KIND = "endpoint-config"
NOUN = "endpoint configuration"


def create_endpoint_config(context: Context, params: dict[str, Any]) -> Record:
    """Registers an endpoint config, whose models must exist."""
    name = params["EndpointConfigName"]
    refusal = taken(context, KIND, name, NOUN)
    if refusal is not None:
        raise refusal
    for variant in params["ProductionVariants"]:
        _check_variant(context, variant)
    for refused in _kind_refusals(context, params):
        raise refused
    arn = context.scope.arn(f"{KIND}/{name}")
    variants = [{"InitialVariantWeight": 1.0, **variant} for variant in params["ProductionVariants"]]
    context.table(KIND)[name] = {
        "EnableNetworkIsolation": False,
        **params,
        "ProductionVariants": variants,
        "EndpointConfigArn": arn,
        "CreationTime": now(),
    }
    context.remember_tags(arn, params)
    return {"EndpointConfigArn": arn}


def _check_variant(context: Context, variant: dict[str, Any]) -> None:
    label = f"Production variant {variant['VariantName']}"
    if "ModelName" not in variant:
        raise invalid(f"{label} names no model; inference components are not emulated.")
    existing(context, models.KIND, variant["ModelName"], "model")
    if ("InstanceType" in variant) == ("ServerlessConfig" in variant):
        raise invalid(f"{label} must have exactly one of InstanceType and ServerlessConfig.")
    if "InstanceType" in variant and "InitialInstanceCount" not in variant:
        raise invalid(f"{label} must have an InitialInstanceCount.")


def _kind_refusals(context: Context, params: dict[str, Any]) -> Iterator[ApiError]:
    """What does not go together.

    https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html#serverless-endpoints-how-it-works-exclusions
    """
    output = params.get("AsyncInferenceConfig", {}).get("OutputConfig")
    if output is not None and "S3OutputPath" not in output:
        yield invalid("AsyncInferenceConfig without an S3OutputPath is not emulated.")
    variants = params["ProductionVariants"]
    if not any("ServerlessConfig" in variant for variant in variants):
        return
    if len(variants) > 1:
        yield invalid("A serverless endpoint has one production variant.")
    for member in ("AsyncInferenceConfig", "DataCaptureConfig"):
        if member in params:
            yield invalid(f"{member} is not supported for serverless endpoints.")
    for variant in variants:
        model = existing(context, models.KIND, variant["ModelName"], "model")
        if "VpcConfig" in model or model.get("EnableNetworkIsolation", False):
            yield invalid(
                f"Model {variant['ModelName']} has a VPC or network isolation, which serverless endpoints "
                "do not support."
            )


def describe_endpoint_config(context: Context, params: dict[str, Any]) -> Record:
    """An endpoint config."""
    return existing(context, KIND, params["EndpointConfigName"], NOUN)


def delete_endpoint_config(context: Context, params: dict[str, Any]) -> Record:
    """Forgets an endpoint config; endpoints that use it go on."""
    record = existing(context, KIND, params["EndpointConfigName"], NOUN)
    del context.table(KIND)[params["EndpointConfigName"]]
    context.services.store.forget_tags(record["EndpointConfigArn"])
    return {}


def list_endpoint_configs(context: Context, params: dict[str, Any]) -> Record:
    """Endpoint configs."""
    records = context.table(KIND).values()
    return list_records("ListEndpointConfigs", params, records, name="EndpointConfigName")


OPERATIONS: dict[str, Operation] = {
    "CreateEndpointConfig": create_endpoint_config,
    "DescribeEndpointConfig": describe_endpoint_config,
    "DeleteEndpointConfig": delete_endpoint_config,
    "ListEndpointConfigs": list_endpoint_configs,
}
