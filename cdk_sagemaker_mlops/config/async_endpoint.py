"""Hosting on instances that work through a queue of requests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from cdk_sagemaker_mlops.config import checks, hosting_checks
from cdk_sagemaker_mlops.config.auto_scaling import capacity_problems, target_value_problem
from cdk_sagemaker_mlops.config.fleet_sizes import sizes_between
from cdk_sagemaker_mlops.config.instance_endpoint import InstanceEndpoint, scalable
from cdk_sagemaker_mlops.errors import Problem

# botocore's sagemaker model: MaxConcurrentInvocationsPerInstance.
_MOST_INVOCATIONS = 1000
_COOLDOWN_IN_SECONDS = 300


@dataclass(frozen=True, kw_only=True)
class AsyncEndpoint(InstanceEndpoint):
    """Hosts the model for long requests that lie in S3; without any, no instance runs.

    Callers put the input into S3 and call ``InvokeEndpointAsync``; each request may take up to an hour, and
    its answer is written to S3. While there is nothing to do the fleet shrinks to ``min_capacity``, and the
    first request starts an instance again, which takes minutes. Scaling from zero is an alarm more, at about
    $0.10 a month. CDK tokens are accepted and not checked.

    Args:
        instance_type: SageMaker instance type, such as ``ml.c7i.xlarge``. Default: ``"ml.m5.large"``.
        initial_instance_count: Instances that the endpoint starts with, at least 1. Default: ``1``.
        environment: Variables of the model's container, on top of the model package's, up to 100; names and
            values have up to 1024 characters. Default: none.
        network: VPC of the containers, and their isolation. Default: none, so that they run outside your VPC.
        volume_size_in_gb: Storage volume of each instance, 1 to 512; not for instance types with local disks.
            Default: SageMaker's.
        volume_kms_key_id: Id or ARN of the key for that volume. Local disks encrypt by themselves, and their
            instance types are given none. Default: SageMaker's own key.
        model_data_download_timeout_in_seconds: How long fetching the model may take, 60 to 3600.
            Default: SageMaker's.
        container_startup_health_check_timeout_in_seconds: How long the container may take to start, 60 to
            3600. Default: SageMaker's.
        rollout: How the endpoint moves to a new model. Default: ``AllAtOnceRollout()``, the only one that
            works with one instance.
        output_s3_uri: Where answers are written. Default: below ``<endpoint name>/async-output`` in the
            artifact bucket.
        failure_s3_uri: Where the answers to failed requests are written. Default: nowhere.
        output_kms_key_id: Id, ARN or alias of the key that answers are encrypted with. Default: the bucket's
            own encryption.
        success_topic_arn: SNS topic that is told of each answer. Default: none.
        error_topic_arn: SNS topic that is told of each failure. Default: none.
        max_concurrent_invocations_per_instance: Requests that one instance works on at a time, 1 to 1000.
            Default: SageMaker's choice.
        min_capacity: Fewest instances, at least 0. Default: ``0``.
        max_capacity: Most instances, at least 1. Default: ``1``.
        backlog_per_instance: Waiting requests that each instance should have, above 0. Default: ``5.0``.

    Raises:
        ValidationError: A value is outside its range, or SageMaker refuses the combination.
        TypeError: An argument has the wrong type.
    """

    KIND: ClassVar[str] = "Async"

    output_s3_uri: str | None = None
    failure_s3_uri: str | None = None
    output_kms_key_id: str | None = None
    success_topic_arn: str | None = None
    error_topic_arn: str | None = None
    max_concurrent_invocations_per_instance: int | None = None
    min_capacity: int = 0
    max_capacity: int = 1
    backlog_per_instance: float = 5.0

    def fleet(self) -> range | None:
        """Returns every size that the fleet may have, or ``None`` if that is known at deployment only."""
        return sizes_between(
            [self.min_capacity, self.initial_instance_count], [self.max_capacity, self.initial_instance_count]
        )

    def needs_storage(self) -> bool:
        """Tells whether a place in S3 has to be found that this does not say."""
        return self.output_s3_uri is None

    def written_s3_uris(self, storage_uri: str) -> list[str]:
        """Returns where in S3 the endpoint writes, if ``storage_uri`` is what this does not say."""
        failures = [] if self.failure_s3_uri is None else [self.failure_s3_uri]
        return [self._output(storage_uri), *failures]

    def written_kms_keys(self) -> list[str]:
        """Returns the keys that are named for what the endpoint writes to S3."""
        return [] if self.output_kms_key_id is None else [self.output_kms_key_id]

    def topic_arns(self) -> list[str]:
        """Returns the SNS topics that SageMaker sends to."""
        topics = (self.success_topic_arn, self.error_topic_arn)
        return list(dict.fromkeys(topic for topic in topics if topic is not None))

    def endpoint_config(self, storage_uri: str) -> dict[str, Any]:
        """Returns the further members of a CreateEndpointConfig request.

        Args:
            storage_uri: Where in S3 to write what this does not name a place for.
        """
        topics = {"SuccessTopic": self.success_topic_arn, "ErrorTopic": self.error_topic_arn}
        output = {
            "S3OutputPath": self._output(storage_uri),
            "S3FailurePath": self.failure_s3_uri,
            "KmsKeyId": self.output_kms_key_id,
            "NotificationConfig": _given(topics) or None,
        }
        client = {"MaxConcurrentInvocationsPerInstance": self.max_concurrent_invocations_per_instance}
        config: dict[str, Any] = {"OutputConfig": _given(output)}
        if _given(client):
            config["ClientConfig"] = client
        return {**super().endpoint_config(storage_uri), "AsyncInferenceConfig": config}

    def scaling(self, endpoint_name: str) -> dict[str, Any] | None:
        """Returns what is registered with Application Auto Scaling, if anything is."""
        if not self._scales():
            return None
        # https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-autoscale.html
        policy = {
            "TargetValue": self.backlog_per_instance,
            "CustomizedMetricSpecification": {
                "MetricName": "ApproximateBacklogSizePerInstance",
                "Namespace": "AWS/SageMaker",
                "Statistic": "Average",
                "Dimensions": [{"Name": "EndpointName", "Value": endpoint_name}],
            },
            "ScaleOutCooldown": _COOLDOWN_IN_SECONDS,
            "ScaleInCooldown": _COOLDOWN_IN_SECONDS,
        }
        return {
            "MinCapacity": self.min_capacity,
            "MaxCapacity": self.max_capacity,
            "TargetTracking": [
                {"PolicyName": "BacklogPerInstance", "TargetTrackingScalingPolicyConfiguration": policy}
            ],
            "ScheduledActions": [],
            "ScaleFromZero": checks.is_token(self.min_capacity) or self.min_capacity == 0,
        }

    def _output(self, storage_uri: str) -> str:
        return f"{storage_uri}/async-output" if self.output_s3_uri is None else self.output_s3_uri

    def _scales(self) -> bool:
        return not self.min_capacity == self.max_capacity == self.initial_instance_count

    def _problems(self) -> Iterator[Problem | None]:
        yield hosting_checks.s3_uri("endpoint.output_s3_uri", self.output_s3_uri)
        yield hosting_checks.s3_uri("endpoint.failure_s3_uri", self.failure_s3_uri)
        yield hosting_checks.kms_key("endpoint.output_kms_key_id", self.output_kms_key_id)
        yield hosting_checks.topic_arn("endpoint.success_topic_arn", self.success_topic_arn)
        yield hosting_checks.topic_arn("endpoint.error_topic_arn", self.error_topic_arn)
        yield hosting_checks.optional_whole_number(
            "endpoint.max_concurrent_invocations_per_instance",
            self.max_concurrent_invocations_per_instance,
            1,
            _MOST_INVOCATIONS,
            code="InvalidConcurrency",
            unit="requests",
            fix="leave it out to have SageMaker choose",
        )
        yield from capacity_problems("endpoint", self.min_capacity, self.max_capacity, least=0)
        yield target_value_problem("endpoint.backlog_per_instance", self.backlog_per_instance)
        if self._scales():
            yield scalable("endpoint.max_capacity", self.instance_type)


def _given(members: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in members.items() if value is not None}
