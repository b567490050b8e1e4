"""The updates that SageMaker refuses when they are asked for.

https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-exclusions.html
https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html
https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cdk_sagemaker_mlops.local.engine.api_error import ApiError, invalid
from cdk_sagemaker_mlops.local.engine.store import Record

# Limits of each size in percent of the fleet.
_LIMITS = {"CanarySize": (0, 50), "LinearStepSize": (10, 50), "MaximumBatchSize": (5, 50)}


def deployment_refusals(deployment: dict[str, Any] | None, config: Record) -> Iterator[ApiError]:
    """Why an endpoint config cannot be rolled out in the way that is asked for.

    Args:
        deployment: The ``DeploymentConfig``. ``None``: no way is asked for.
        config: The endpoint config.
    """
    if deployment is None:
        return
    blue_green, rolling = deployment.get("BlueGreenUpdatePolicy"), deployment.get("RollingUpdatePolicy")
    if (blue_green is None) == (rolling is None):
        yield invalid("Exactly one of BlueGreenUpdatePolicy and RollingUpdatePolicy must be specified.")
        return
    variants = config["ProductionVariants"]
    serverless = any("ServerlessConfig" in variant for variant in variants)
    if rolling is not None:
        if serverless:
            yield invalid("RollingUpdatePolicy is not supported for serverless endpoints.")
        if len(variants) > 1:
            yield invalid("RollingUpdatePolicy is not supported for endpoints with multiple variants.")
        yield from _size_refusals("MaximumBatchSize", rolling["MaximumBatchSize"], variants)
    if blue_green is not None:
        yield from _routing_refusals(blue_green["TrafficRoutingConfiguration"], variants, serverless)
    yield from _timeout_refusals({**(blue_green or {}), **(rolling or {})})


def _routing_refusals(
    routing: dict[str, Any], variants: list[dict[str, Any]], serverless: bool
) -> Iterator[ApiError]:
    kind = routing["Type"]
    member = {"CANARY": "CanarySize", "LINEAR": "LinearStepSize"}.get(kind)
    if member is None:
        return
    if serverless:
        yield invalid(f"Traffic routing of type {kind} is not supported for serverless endpoints.")
    elif member not in routing:
        yield invalid(f"{member} must be specified for traffic routing of type {kind}.")
    else:
        yield from _size_refusals(member, routing[member], variants)


def _size_refusals(member: str, size: dict[str, Any], variants: list[dict[str, Any]]) -> Iterator[ApiError]:
    low, high = _LIMITS[member]
    for variant in variants:
        count = variant.get("InitialInstanceCount")
        if count is None:
            continue
        if count < 2:
            yield invalid(
                f"{member} needs at least 2 instances; variant {variant['VariantName']} has {count}."
            )
            continue
        percent = size["Value"] if size["Type"] == "CAPACITY_PERCENT" else size["Value"] / count * 100
        if not low <= percent <= high:
            yield invalid(
                f"{member} must be from {low} to {high} percent of variant {variant['VariantName']}'s "
                f"capacity, and is {percent:g} percent."
            )


def _timeout_refusals(policy: dict[str, Any]) -> Iterator[ApiError]:
    routing = policy.get("TrafficRoutingConfiguration", policy)
    waits = routing.get("WaitIntervalInSeconds", 0) + policy.get("TerminationWaitInSeconds", 0)
    timeout = policy.get("MaximumExecutionTimeoutInSeconds")
    if timeout is not None and timeout <= waits:
        yield invalid(f"MaximumExecutionTimeoutInSeconds {timeout} must exceed the waits of {waits} seconds.")


def update_refusals(before: Record, after: Record, scaled: set[str]) -> Iterator[ApiError]:
    """Why an endpoint cannot move from one endpoint config to another.

    Args:
        before: The config it serves.
        after: The config it is to serve.
        scaled: Names of its variants that are registered as scalable targets.
    """
    if _kind(before) != _kind(after):
        yield invalid(
            f"Cannot update an endpoint from {_kind(before)} to {_kind(after)}: "
            "delete it and create it with the new endpoint configuration."
        )
    kept = {variant["VariantName"]: variant for variant in after["ProductionVariants"]}
    changed = [
        variant["VariantName"]
        for variant in before["ProductionVariants"]
        if variant["VariantName"] in scaled
        and kept.get(variant["VariantName"], {}).get("InstanceType") != variant.get("InstanceType")
    ]
    if changed:
        yield invalid(
            f"The variant(s) {changed} must be deregistered as scalable targets with Application Auto "
            "Scaling before they can be removed or their instance type be changed."
        )


def _kind(config: Record) -> str:
    if config.get("AsyncInferenceConfig") is not None:
        return "asynchronous"
    if any("ServerlessConfig" in variant for variant in config["ProductionVariants"]):
        return "serverless"
    return "real-time"
