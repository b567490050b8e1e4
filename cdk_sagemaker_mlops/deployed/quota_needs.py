"""The quotas of SageMaker that a deployed pipeline needs, and whether the account has them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cdk_sagemaker_mlops.handlers import contract

_SERVERLESS = "Maximum total concurrency that can be allocated across all serverless endpoints"


@dataclass(frozen=True, kw_only=True)
class Need:
    """A quota, and how much of it is needed.

    Args:
        quota: Its name in Service Quotas.
        amount: How much.
        why: What needs it.
    """

    quota: str
    amount: int
    why: str


def pipeline_needs(definition: Mapping[str, Any]) -> Iterator[Need]:
    """Lists what the jobs of a pipeline need, each job by itself.

    Args:
        definition: The pipeline definition; parameters count with their defaults.
    """
    defaults = {each["Name"]: each.get("DefaultValue") for each in definition.get("Parameters", [])}
    for step in _steps(definition.get("Steps", [])):
        arguments = step.get("Arguments", {})
        for resources, use, times in _resources(step.get("Type", ""), arguments):
            instance = _value(resources.get("InstanceType"), defaults)
            count = _value(resources.get("InstanceCount", 1), defaults)
            if isinstance(instance, str) and isinstance(count, int):
                quota = f"{instance} for {use} usage"
                yield Need(quota=quota, amount=count * times, why=f"step {step['Name']}")


def _steps(steps: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for step in steps:
        yield step
        arguments = step.get("Arguments", {})
        for branch in ("IfSteps", "ElseSteps"):
            yield from _steps(arguments.get(branch, []))


def _resources(kind: str, arguments: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], str, int]]:
    if kind == "Processing":
        yield arguments.get("ProcessingResources", {}).get("ClusterConfig", {}), "processing job", 1
    elif kind == "Transform":
        yield arguments.get("TransformResources", {}), "transform job", 1
    elif kind == "Training":
        yield from _training(arguments, 1)
    elif kind == "Tuning":
        limits = arguments.get("HyperParameterTuningJobConfig", {}).get("ResourceLimits", {})
        parallel = limits.get("MaxParallelTrainingJobs", 1)
        jobs = [arguments.get("TrainingJobDefinition", {}), *arguments.get("TrainingJobDefinitions", [])]
        for job in jobs:
            yield from _training(job, parallel if isinstance(parallel, int) else 1)


def _training(arguments: Mapping[str, Any], times: int) -> Iterator[tuple[Mapping[str, Any], str, int]]:
    config = arguments.get("ResourceConfig", {})
    use = "spot training job" if arguments.get("EnableManagedSpotTraining") is True else "training job"
    for resources in config.get("InstanceGroups", [config]):
        yield resources, use, times


def _value(given: object, defaults: Mapping[str, Any]) -> object:
    if isinstance(given, Mapping):
        return defaults.get(str(given.get("Get", "")).removeprefix("Parameters."))
    return given


def hosting_needs(hosting: Mapping[str, Any]) -> Iterator[Need]:
    """Lists what an endpoint needs, with what a rollout needs beside it.

    Args:
        hosting: How models are hosted, as the deployer is told.
    """
    variant = hosting.get(contract.PRODUCTION_VARIANT, {})
    serverless = variant.get("ServerlessConfig")
    if serverless is not None:
        yield Need(quota=_SERVERLESS, amount=serverless.get("MaxConcurrency", 1), why="the endpoint")
        return
    instance = variant.get("InstanceType")
    if instance is None:
        return
    most = max(
        variant.get("InitialInstanceCount", 1),
        hosting.get(contract.SCALING, {}).get(contract.MAX_CAPACITY, 1),
    )
    rolling = hosting.get(contract.DEPLOYMENT_CONFIG, {}).get("RollingUpdatePolicy")
    if rolling is None:
        # https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-blue-green.html
        extra, why = most, "the endpoint, and as much again while blue and green run side by side"
    else:
        extra, why = _batch(rolling["MaximumBatchSize"], most), "the endpoint, and a batch of the rollout"
    yield Need(quota=f"{instance} for endpoint usage", amount=most + extra, why=why)


def _batch(size: Mapping[str, Any], count: int) -> int:
    if size["Type"] == "CAPACITY_PERCENT":
        return math.ceil(count * int(size["Value"]) / 100)
    return int(size["Value"])


def hosting_of(template: Mapping[str, Any], endpoint_name: str | None) -> Mapping[str, Any]:
    """Reads how models are hosted from a stack's template.

    Args:
        template: The template.
        endpoint_name: Name of the endpoint, where the stack has several.

    Returns:
        Nothing where the template does not tell.
    """
    found = [
        resource["Properties"]
        for resource in template.get("Resources", {}).values()
        if resource["Type"] == contract.MODEL_DEPLOYMENT
    ]
    named = contract.PROPERTY_OF[contract.ENDPOINT_NAME]
    ours = [each for each in found if each.get(named) == endpoint_name] or found
    if not ours:
        return {}
    try:
        hosting = json.loads(_joined(ours[0].get(contract.PROPERTY_OF[contract.HOSTING], "{}")))
    except ValueError:
        return {}
    return hosting if isinstance(hosting, Mapping) else {}


def _joined(value: object) -> str:
    """The text of a ``Fn::Join``, with a word in the place of what is known only after deployment."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping) and "Fn::Join" in value:
        return "".join(part if isinstance(part, str) else "unknown" for part in value["Fn::Join"][1])
    return ""


def read_quotas(service_quotas: Any, names: set[str]) -> dict[str, float]:
    """Reads quotas of SageMaker by name; one that the service does not list is left out.

    Args:
        service_quotas: A Service Quotas client.
        names: Their names.
    """
    found: dict[str, float] = {}
    pages = service_quotas.get_paginator("list_service_quotas").paginate(ServiceCode="sagemaker")
    for page in pages:
        found.update(
            {each["QuotaName"]: each["Value"] for each in page["Quotas"] if each["QuotaName"] in names}
        )
        # There are thousands, a hundred a page.
        if len(found) == len(names):
            break
    return found


def largest(needs: Iterable[Need]) -> tuple[Need, ...]:
    """Keeps the largest need of each quota, by the quota's name."""
    most: dict[str, Need] = {}
    for need in needs:
        if need.quota not in most or most[need.quota].amount < need.amount:
            most[need.quota] = need
    return tuple(most[name] for name in sorted(most))
