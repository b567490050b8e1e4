"""Endpoint configs."""

from __future__ import annotations

from typing import Any

from cdk_sagemaker_mlops.local.engine.api_error import invalid
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
