"""What every job of the built-in pipeline has in common: network, keys, tags, caching, retries."""

from __future__ import annotations

from collections.abc import Mapping

from sagemaker.core.network import NetworkConfig
from sagemaker.core.shapes import Tag
from sagemaker.core.training.configs import Networking
from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import Join
from sagemaker.mlops.workflow.retry import (
    RetryPolicy,
    SageMakerJobExceptionTypeEnum,
    SageMakerJobStepRetryPolicy,
    StepExceptionTypeEnum,
    StepRetryPolicy,
)
from sagemaker.mlops.workflow.steps import CacheConfig

from cdk_sagemaker_mlops.config import checks
from cdk_sagemaker_mlops.config.standard_pipeline import StandardPipeline
from cdk_sagemaker_mlops.definition.pipeline_context import PipelineContext

_KEYS = ("volume_kms_key_id", "output_kms_key_id")


class JobSettings:
    """The pipeline's options in the words of the SDK, with a placeholder for every CDK token.

    Args:
        config: The pipeline's options.
        ctx: Stands for the stack.
    """

    def __init__(self, config: StandardPipeline, ctx: PipelineContext) -> None:
        self.config = config
        self.ctx = ctx
        self.cache = (
            None
            if config.cache_expire_after is None
            else CacheConfig(enable_caching=True, expire_after=config.cache_expire_after)
        )
        self.volume_kms_key, self.output_kms_key = (
            None if config.encryption is None else self.optional(getattr(config.encryption, name))
            for name in _KEYS
        )

    def text(self, value: str) -> str:
        """Returns ``value``, or a placeholder that is safe inside the SDK if it is a CDK token."""
        return self.ctx.placeholder(value) if checks.is_token(value) else value

    def optional(self, value: str | None) -> str | None:
        """Returns :meth:`text` of a value that may be missing."""
        return None if value is None else self.text(value)

    def environment(self, variables: Mapping[str, str]) -> dict[str, str]:
        """Returns environment variables, sorted by name."""
        return {name: self.text(value) for name, value in sorted(variables.items())}

    @property
    def tag_list(self) -> list[dict[str, str]] | None:
        """Tags as the API words them, or ``None`` without any."""
        pairs = [
            {"Key": self.text(key), "Value": self.text(value)}
            for key, value in sorted(self.config.tags.items())
        ]
        return pairs if pairs else None

    @property
    def tag_shapes(self) -> list[Tag] | None:
        """Tags as ``ModelTrainer`` takes them, or ``None`` without any."""
        pairs = self.tag_list
        return None if pairs is None else [Tag(key=pair["Key"], value=pair["Value"]) for pair in pairs]

    @property
    def is_isolated(self) -> bool:
        """Whether containers may make no network call, not even for their own code."""
        return self.config.network is not None and self.config.network.enable_network_isolation

    @property
    def processing_network(self) -> NetworkConfig | None:
        """Network of a processing job."""
        network = self.config.network
        if network is None:
            return None
        subnets, security_groups = self._vpc()
        return NetworkConfig(
            enable_network_isolation=network.enable_network_isolation,
            encrypt_inter_container_traffic=network.enable_inter_container_traffic_encryption,
            subnets=subnets,
            security_group_ids=security_groups,
        )

    @property
    def training_network(self) -> Networking | None:
        """Network of a training job."""
        network = self.config.network
        if network is None:
            return None
        subnets, security_groups = self._vpc()
        return Networking(
            subnets=subnets,
            security_group_ids=security_groups,
            enable_network_isolation=network.enable_network_isolation,
            enable_inter_container_traffic_encryption=network.enable_inter_container_traffic_encryption,
        )

    @property
    def job_retries(self) -> list[RetryPolicy] | None:
        """Retry policies of a step that runs a job."""
        policies = self.step_retries
        if policies is None or self.config.retries is None:
            return None
        failures = SageMakerJobExceptionTypeEnum
        return [
            *policies,
            SageMakerJobStepRetryPolicy(
                exception_types=[failures.INTERNAL_ERROR, failures.CAPACITY_ERROR, failures.RESOURCE_LIMIT],
                backoff_rate=self.config.retries.backoff_rate,
                interval_seconds=self.config.retries.interval_seconds,
                max_attempts=self.config.retries.max_attempts,
            ),
        ]

    @property
    def step_retries(self) -> list[RetryPolicy] | None:
        """Retry policies of a step that runs no job."""
        retries = self.config.retries
        if retries is None:
            return None
        return [
            StepRetryPolicy(
                exception_types=[StepExceptionTypeEnum.SERVICE_FAULT, StepExceptionTypeEnum.THROTTLING],
                backoff_rate=retries.backoff_rate,
                interval_seconds=retries.interval_seconds,
                max_attempts=retries.max_attempts,
            )
        ]

    def of_this_execution(self, place: str, *below: str) -> Join:
        """Returns an S3 URI below ``place`` in the pipeline's part of the bucket, new in each execution."""
        return Join(on="/", values=[self.ctx.s3_uri(place), ExecutionVariables.PIPELINE_EXECUTION_ID, *below])

    def _vpc(self) -> tuple[list[str] | None, list[str] | None]:
        network = self.config.network
        if network is None or not network.subnets:
            return None, None
        return [self.text(item) for item in network.subnets], [
            self.text(item) for item in network.security_group_ids
        ]
