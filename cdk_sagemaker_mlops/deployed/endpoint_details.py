"""An endpoint as a person wants to know it: the version served, since when, and a rollout's progress."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

# Model and config names of the deployer: ...-v<version>-<hash>.
_VERSION_IN_NAME = re.compile(r"-v(\d+)-[0-9a-f]+$")


@dataclass(frozen=True, kw_only=True)
class Rollout:
    """A deployment that is going on.

    Args:
        version: The version it brings. Default: ``None``, its model is not from the registry.
        config: Name of the endpoint config.
        started: When it began. Default: not told.
        strategy: How traffic moves, such as ``canary of 10 %, then the rest``. Default: all at once.
        progress: What the service says of each variant, such as ``AllTraffic: Baking``.
    """

    version: int | None = None
    config: str
    started: datetime | None = None
    strategy: str = "all at once"
    progress: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class EndpointDetails:
    """An endpoint.

    Args:
        name: Its name.
        status: SageMaker's word.
        version: The version it serves. Default: ``None``, its model is not from the registry.
        package_arn: ARN of that version. Default: not known.
        config: Name of its endpoint config.
        since: When it last changed.
        kind: ``serverless``, ``real-time`` or ``asynchronous``.
        rollout: The deployment that is going on. Default: ``None``.
        alarms: Names of the alarms that would roll it back.
        failure_reason: Why it failed. Default: ``None``.
    """

    name: str
    status: str
    version: int | None = None
    package_arn: str | None = None
    config: str
    since: datetime
    kind: str
    rollout: Rollout | None = None
    alarms: tuple[str, ...] = ()
    failure_reason: str | None = None

    @property
    def is_settled(self) -> bool:
        """Whether it serves, and nothing is going on."""
        return self.status == "InService" and self.rollout is None


def endpoint_details(sagemaker: Any, name: str) -> EndpointDetails | None:
    """Reads an endpoint and what it serves.

    Returns:
        ``None`` when there is no such endpoint.
    """
    endpoint = _if_exists(sagemaker.describe_endpoint, EndpointName=name)
    if endpoint is None:
        return None
    config = endpoint["EndpointConfigName"]
    package = _served_package(sagemaker, config)
    deployment = endpoint.get("LastDeploymentConfig", {})
    alarms = deployment.get("AutoRollbackConfiguration", {}).get("Alarms", [])
    return EndpointDetails(
        name=name,
        status=endpoint["EndpointStatus"],
        version=_version(package, config),
        package_arn=package,
        config=config,
        since=endpoint["LastModifiedTime"],
        kind=_kind(endpoint),
        rollout=_rollout(sagemaker, endpoint, deployment),
        alarms=tuple(alarm["AlarmName"] for alarm in alarms),
        failure_reason=endpoint.get("FailureReason"),
    )


def _if_exists(call: Any, **names: str) -> Mapping[str, Any] | None:
    try:
        found: Mapping[str, Any] = call(**names)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationException":
            return None
        raise
    return found


def _served_package(sagemaker: Any, config_name: str) -> str | None:
    """ARN of the package that an endpoint config serves; what it names may be gone at this moment."""
    config = _if_exists(sagemaker.describe_endpoint_config, EndpointConfigName=config_name)
    model_name = None if config is None else config["ProductionVariants"][0].get("ModelName")
    model = None if model_name is None else _if_exists(sagemaker.describe_model, ModelName=model_name)
    if model is None:
        return None
    containers = [model.get("PrimaryContainer", {}), *model.get("Containers", [])]
    return next((each["ModelPackageName"] for each in containers if "ModelPackageName" in each), None)


def _version(package_arn: str | None, config_name: str) -> int | None:
    if package_arn is not None and package_arn.rsplit("/", 1)[-1].isdigit():
        return int(package_arn.rsplit("/", 1)[-1])
    # A model of a registry in another region is made of a copy, and its name is all that tells the version.
    named = _VERSION_IN_NAME.search(config_name)
    return None if named is None else int(named[1])


def _kind(endpoint: Mapping[str, Any]) -> str:
    if endpoint.get("AsyncInferenceConfig"):
        return "asynchronous"
    variants = endpoint.get("ProductionVariants", [])
    return "serverless" if any("CurrentServerlessConfig" in each for each in variants) else "real-time"


def _rollout(sagemaker: Any, endpoint: Mapping[str, Any], deployment: Mapping[str, Any]) -> Rollout | None:
    pending = endpoint.get("PendingDeploymentSummary")
    if pending is None:
        if endpoint["EndpointStatus"] != "Creating":
            return None
        pending = {"EndpointConfigName": endpoint["EndpointConfigName"]}
    config = pending["EndpointConfigName"]
    return Rollout(
        version=_version(_served_package(sagemaker, config), config),
        config=config,
        started=pending.get("StartTime"),
        strategy=strategy_text(deployment),
        progress=tuple(
            text for variant in pending.get("ProductionVariants", []) for text in _variant_texts(variant)
        ),
    )


def _variant_texts(variant: Mapping[str, Any]) -> list[str]:
    name = variant.get("VariantName", "variant")
    counts = ""
    if "CurrentInstanceCount" in variant and "DesiredInstanceCount" in variant:
        counts = f", {variant['CurrentInstanceCount']} of {variant['DesiredInstanceCount']} instances"
    told = [f"{status['Status']} {status.get('StatusMessage', '')}".strip() for status in _states(variant)]
    return [f"{name}: {text}{counts}" for text in told or ["preparing"]]


def _states(variant: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    states: list[Mapping[str, Any]] = variant.get("VariantStatus", [])
    return states


def strategy_text(deployment: Mapping[str, Any]) -> str:
    """Words how traffic moves.

    Args:
        deployment: A ``DeploymentConfig``.
    """
    rolling = deployment.get("RollingUpdatePolicy")
    if rolling is not None:
        return f"rolling, {_size(rolling['MaximumBatchSize'])} at a time"
    routing = deployment.get("BlueGreenUpdatePolicy", {}).get("TrafficRoutingConfiguration", {})
    wait = f" after {routing.get('WaitIntervalInSeconds', 0)} s"
    if routing.get("Type") == "CANARY":
        return f"canary of {_size(routing['CanarySize'])}, then the rest{wait}"
    if routing.get("Type") == "LINEAR":
        return f"linear, {_size(routing['LinearStepSize'])} more{wait}"
    return "all at once"


def _size(size: Mapping[str, Any]) -> str:
    return f"{size['Value']} %" if size["Type"] == "CAPACITY_PERCENT" else f"{size['Value']} instances"
