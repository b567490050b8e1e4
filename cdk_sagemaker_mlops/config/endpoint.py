"""How a model is hosted: what SageMaker runs behind the endpoint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cdk_sagemaker_mlops.config import checks
from cdk_sagemaker_mlops.errors import Problem

VARIANT_NAME = "AllTraffic"
"""Name of the one production variant; guardrails and autoscaling need it to stay the same."""

# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariantServerlessConfig.html
_MEMORY_SIZES_IN_MB = (1024, 2048, 3072, 4096, 5120, 6144)
_MOST_CONCURRENCY = 200


@dataclass(frozen=True, kw_only=True)
class ServerlessEndpoint:
    """Hosts the model without instances: it costs nothing while nobody calls it.

    The first call after a pause waits for the container to start. CDK tokens are accepted and not checked.

    Args:
        memory_size_in_mb: Memory of each worker in MB, 1024 to 6144 in steps of 1024. Default: ``2048``.
        max_concurrency: Most requests served at the same time, 1 to 200. Default: ``5``.

    Raises:
        ValidationError: A value is outside its range.
    """

    memory_size_in_mb: int = 2048
    max_concurrency: int = 5

    def __post_init__(self) -> None:
        checks.raise_problems(
            (
                checks.one_of(
                    "endpoint.memory_size_in_mb",
                    self.memory_size_in_mb,
                    _MEMORY_SIZES_IN_MB,
                    code="InvalidMemorySize",
                    fix="choose the smallest size that holds the model and its framework",
                ),
                _whole_number(
                    "endpoint.max_concurrency",
                    self.max_concurrency,
                    _MOST_CONCURRENCY,
                    code="InvalidMaxConcurrency",
                    fix="host on a RealTimeEndpoint if more requests must run at the same time",
                ),
            )
        )

    def production_variant(self) -> dict[str, Any]:
        """Returns the variant's part of a CreateEndpointConfig request, without the model's name."""
        return {
            "VariantName": VARIANT_NAME,
            "ServerlessConfig": {
                "MemorySizeInMB": self.memory_size_in_mb,
                "MaxConcurrency": self.max_concurrency,
            },
        }


@dataclass(frozen=True, kw_only=True)
class RealTimeEndpoint:
    """Hosts the model on instances that run, and cost, all the time.

    CDK tokens are accepted and not checked.

    Args:
        instance_type: SageMaker instance type, such as ``ml.c7i.xlarge``. Default: ``"ml.m5.large"``.
        initial_instance_count: Instances that each deployment starts with, at least 1. Default: ``1``.

    Raises:
        ValidationError: A value is outside its range.
    """

    instance_type: str = "ml.m5.large"
    initial_instance_count: int = 1

    def __post_init__(self) -> None:
        checks.raise_problems(
            (
                checks.instance_type("endpoint.instance_type", self.instance_type),
                _whole_number(
                    "endpoint.initial_instance_count",
                    self.initial_instance_count,
                    None,
                    code="InvalidInstanceCount",
                    fix="use a ServerlessEndpoint to pay for requests only",
                ),
            )
        )

    def production_variant(self) -> dict[str, Any]:
        """Returns the variant's part of a CreateEndpointConfig request, without the model's name."""
        return {
            "VariantName": VARIANT_NAME,
            "InstanceType": self.instance_type,
            "InitialInstanceCount": self.initial_instance_count,
        }


def _whole_number(parameter: str, value: object, most: int | None, *, code: str, fix: str) -> Problem | None:
    """Checks that ``value`` is a token, or a whole number from 1 to ``most``."""
    if checks.is_token(value):
        return None
    if (
        isinstance(value, int)
        and not isinstance(value, bool)
        and value >= 1
        and (most is None or value <= most)
    ):
        return None
    rule = "be a whole number of at least 1" if most is None else f"be a whole number from 1 to {most}"
    return Problem(code=code, parameter=parameter, rule=rule, value=value, fix=fix)
