"""Hosting without instances."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from cdk_sagemaker_mlops.config import checks, hosting_checks
from cdk_sagemaker_mlops.config.production_variant import VARIANT_NAME
from cdk_sagemaker_mlops.errors import Problem

# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariantServerlessConfig.html
_MEMORY_SIZES_IN_MB = (1024, 2048, 3072, 4096, 5120, 6144)
_MOST_CONCURRENCY = 200


@dataclass(frozen=True, kw_only=True)
class ServerlessEndpoint:
    """Hosts the model without instances: it costs nothing while nobody calls it.

    The first call after a pause waits for the container to start. SageMaker supports neither deployment
    guardrails, data capture, VPCs nor GPUs on it. CDK tokens are accepted and not checked.

    Args:
        memory_size_in_mb: Memory of each worker in MB, 1024 to 6144 in steps of 1024. Default: ``2048``.
        max_concurrency: Most requests served at the same time, 1 to 200. Default: ``5``.
        provisioned_concurrency: Workers that are kept warm, and cost all the time, 1 to ``max_concurrency``.
            Default: none.
        environment: Variables of the model's container, on top of the model package's, up to 100; names and
            values have up to 1024 characters. Default: none.

    Raises:
        ValidationError: A value is outside its range.
        TypeError: ``environment`` is not a mapping.
    """

    KIND: ClassVar[str] = "Serverless"

    memory_size_in_mb: int = 2048
    max_concurrency: int = 5
    provisioned_concurrency: int | None = None
    environment: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        checks.argument_type("endpoint.environment", self.environment, Mapping)
        checks.raise_problems(
            (
                checks.one_of(
                    "endpoint.memory_size_in_mb",
                    self.memory_size_in_mb,
                    _MEMORY_SIZES_IN_MB,
                    code="InvalidMemorySize",
                    fix="choose the smallest size that holds the model and its framework",
                ),
                hosting_checks.whole_number(
                    "endpoint.max_concurrency",
                    self.max_concurrency,
                    1,
                    _MOST_CONCURRENCY,
                    code="InvalidMaxConcurrency",
                    fix="host on a RealTimeEndpoint if more requests must run at the same time",
                ),
                self._provisioned_problem(),
                *hosting_checks.environment("endpoint.environment", self.environment),
            )
        )

    def production_variant(self) -> dict[str, Any]:
        """Returns the variant's part of a CreateEndpointConfig request, without the model's name."""
        serverless = {"MemorySizeInMB": self.memory_size_in_mb, "MaxConcurrency": self.max_concurrency}
        if self.provisioned_concurrency is not None:
            serverless["ProvisionedConcurrency"] = self.provisioned_concurrency
        return {"VariantName": VARIANT_NAME, "ServerlessConfig": serverless}

    def model(self) -> dict[str, Any]:
        """Returns the further members of a CreateModel request, and the container's ``Environment``."""
        return {"Environment": dict(self.environment)} if self.environment else {}

    def _provisioned_problem(self) -> Problem | None:
        if self.provisioned_concurrency is None:
            return None
        known = isinstance(self.max_concurrency, int) and not isinstance(self.max_concurrency, bool)
        return hosting_checks.whole_number(
            "endpoint.provisioned_concurrency",
            self.provisioned_concurrency,
            1,
            self.max_concurrency if known else _MOST_CONCURRENCY,
            code="InvalidProvisionedConcurrency",
            fix="keep no more workers warm than may run, which is max_concurrency",
        )
