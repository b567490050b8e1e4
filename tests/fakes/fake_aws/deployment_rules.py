"""What CreateEndpointConfig, CreateEndpoint and UpdateEndpoint refuse, as pure functions.

Sources: botocore's documentation of the members, and
https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-exclusions.html . Texts without a public example
are ours; a handler must not tell them apart by more than their code.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import invalid

_SERVERLESS_HAS_NO = ("DataCaptureConfig", "AsyncInferenceConfig", "ShadowProductionVariants")
_INSTANCES_ONLY = (
    "InstanceType",
    "InitialInstanceCount",
    "ContainerStartupHealthCheckTimeoutInSeconds",
    "ModelDataDownloadTimeoutInSeconds",
    "ManagedInstanceScaling",
    "VolumeSizeInGB",
)


def kind_of(config: Mapping[str, Any]) -> str:
    """Tells which of the kinds that no update leads between an endpoint config is of."""
    if "ServerlessConfig" in config["ProductionVariants"][0]:
        return "Serverless"
    return "Async" if "AsyncInferenceConfig" in config else "RealTime"


def check_config(params: Mapping[str, Any], models: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuses an endpoint config that contradicts itself."""
    for variant in params["ProductionVariants"]:
        if "ServerlessConfig" in variant:
            _check_serverless(params, variant, models[variant["ModelName"]])
        elif "InstanceType" not in variant or "InitialInstanceCount" not in variant:
            raise invalid("InstanceType and InitialInstanceCount are required for a production variant.")
        elif variant["InitialInstanceCount"] < 1:
            raise invalid("InitialInstanceCount must be at least 1.")


def _check_serverless(
    params: Mapping[str, Any], variant: Mapping[str, Any], model: Mapping[str, Any]
) -> None:
    serverless = variant["ServerlessConfig"]
    if serverless["MemorySizeInMB"] % 1024:
        raise invalid("MemorySizeInMB must be a multiple of 1024.")
    if serverless.get("ProvisionedConcurrency", 0) > serverless["MaxConcurrency"]:
        raise invalid("ProvisionedConcurrency must not be greater than MaxConcurrency.")
    given = [key for key in _INSTANCES_ONLY if key in variant] + [
        key for key in _SERVERLESS_HAS_NO if key in params
    ]
    if model.get("EnableNetworkIsolation"):
        given.append("EnableNetworkIsolation")
    if "VpcConfig" in model:
        given.append("VpcConfig")
    if given:
        raise invalid(f"Serverless endpoints do not support {', '.join(given)}.")


def check_move(old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """Refuses an update between endpoint configs that no update leads between."""
    if kind_of(old) != kind_of(new):
        raise invalid(f"An endpoint cannot be updated from {kind_of(old)} to {kind_of(new)}.")
    names = [sorted(each["VariantName"] for each in config["ProductionVariants"]) for config in (old, new)]
    if names[0] != names[1]:
        raise invalid(f"The variant names must stay the same: {names[0]}, got {names[1]}.")


def check_deployment(
    deployment: Mapping[str, Any], config: Mapping[str, Any], alarms: Mapping[str, Any]
) -> None:
    """Refuses a ``DeploymentConfig`` that does not fit the endpoint config it deploys, or itself."""
    if kind_of(config) == "Serverless":
        raise invalid("DeploymentConfig is not supported for serverless endpoints.")
    blue_green = deployment.get("BlueGreenUpdatePolicy")
    rolling = deployment.get("RollingUpdatePolicy")
    if (blue_green is None) == (rolling is None):
        raise invalid("Exactly one of BlueGreenUpdatePolicy and RollingUpdatePolicy must be specified.")
    count = sum(variant["InitialInstanceCount"] for variant in config["ProductionVariants"])
    if blue_green is not None:
        _check_blue_green(blue_green, count)
    if rolling is not None:
        _check_rolling(rolling, count, len(config["ProductionVariants"]))
    for alarm in deployment.get("AutoRollbackConfiguration", {}).get("Alarms", []):
        # Stricter than known: what the service says to an alarm that does not exist is not documented.
        if alarm.get("AlarmName") not in alarms:
            raise invalid(f"Alarm {alarm.get('AlarmName')} does not exist.")


def _check_blue_green(policy: Mapping[str, Any], count: int) -> None:
    routing = policy["TrafficRoutingConfiguration"]
    sizes = {"CANARY": "CanarySize", "LINEAR": "LinearStepSize"}
    wanted = sizes.get(routing["Type"])
    for key in sizes.values():
        if (key in routing) != (key == wanted):
            raise invalid(f"{key} and traffic routing type {routing['Type']} do not go together.")
    steps = 1
    if wanted is not None:
        least, most = (1, 50) if wanted == "CanarySize" else (10, 50)
        share = _check_size(wanted, routing[wanted], count, least=least, most=most)
        steps = 1 if wanted == "CanarySize" else -(-100 // share)
    waits = routing["WaitIntervalInSeconds"] * steps + policy.get("TerminationWaitInSeconds", 0)
    _check_timeout(policy, waits)


def _check_rolling(policy: Mapping[str, Any], count: int, variants: int) -> None:
    if variants > 1:
        raise invalid("Rolling deployments do not support endpoints with several variants.")
    _check_size("MaximumBatchSize", policy["MaximumBatchSize"], count, least=5, most=50)
    if "RollbackMaximumBatchSize" in policy:
        _check_size("RollbackMaximumBatchSize", policy["RollbackMaximumBatchSize"], count, least=5, most=100)
    _check_timeout(policy, policy["WaitIntervalInSeconds"])


def _check_size(name: str, size: Mapping[str, Any], count: int, *, least: int, most: int) -> int:
    """Returns the share of the fleet in per cent."""
    share = size["Value"] if size["Type"] == "CAPACITY_PERCENT" else -(-size["Value"] * 100 // count)
    if not least <= share <= most:
        raise invalid(
            f"{name} must be {least} to {most} percent of the {count} instances, got {share} percent."
        )
    return int(share)


def _check_timeout(policy: Mapping[str, Any], waits: int) -> None:
    timeout = policy.get("MaximumExecutionTimeoutInSeconds")
    if timeout is not None and timeout <= waits:
        raise invalid(f"MaximumExecutionTimeoutInSeconds must be larger than the waits of {waits} seconds.")
