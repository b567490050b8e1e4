"""Hosting on instances that answer at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from cdk_sagemaker_mlops.config import checks
from cdk_sagemaker_mlops.config.auto_scaling import AutoScaling
from cdk_sagemaker_mlops.config.data_capture import DataCapture
from cdk_sagemaker_mlops.config.fleet_sizes import sizes_between
from cdk_sagemaker_mlops.config.instance_endpoint import InstanceEndpoint, scalable
from cdk_sagemaker_mlops.config.managed_instance_scaling import ManagedInstanceScaling
from cdk_sagemaker_mlops.errors import Problem


@dataclass(frozen=True, kw_only=True)
class RealTimeEndpoint(InstanceEndpoint):
    """Hosts the model on instances that run, and cost, all the time.

    It moves to a new model under guardrails: blue/green, with a bake time in which alarms undo it. CDK tokens
    are accepted and not checked.

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
        auto_scaling: When instances are added and removed. Default: never.
        managed_instance_scaling: Range in which SageMaker itself sets the number of instances.
            Default: none.
        data_capture: What is kept of requests and answers. Default: nothing.

    Raises:
        ValidationError: A value is outside its range, or SageMaker refuses the combination.
        TypeError: An argument has the wrong type.
    """

    KIND: ClassVar[str] = "RealTime"

    auto_scaling: AutoScaling | None = None
    managed_instance_scaling: ManagedInstanceScaling | None = None
    data_capture: DataCapture | None = None

    def __post_init__(self) -> None:
        checks.argument_type("endpoint.auto_scaling", self.auto_scaling, (AutoScaling, type(None)))
        checks.argument_type(
            "endpoint.managed_instance_scaling",
            self.managed_instance_scaling,
            (ManagedInstanceScaling, type(None)),
        )
        checks.argument_type("endpoint.data_capture", self.data_capture, (DataCapture, type(None)))
        super().__post_init__()

    def fleet(self) -> range | None:
        """Returns every size that the fleet may have, or ``None`` if that is known at deployment only."""
        # Instances of another type start with the initial count again.
        lowest: list[object] = [self.initial_instance_count]
        highest: list[object] = [self.initial_instance_count]
        if self.auto_scaling is not None:
            lowest += self.auto_scaling.lowest()
            highest += self.auto_scaling.highest()
        if self.managed_instance_scaling is not None:
            lowest.append(self.managed_instance_scaling.min_instance_count)
            highest.append(self.managed_instance_scaling.max_instance_count)
        return sizes_between(lowest, highest)

    def needs_storage(self) -> bool:
        """Tells whether a place in S3 has to be found that this does not say."""
        return self.data_capture is not None and self.data_capture.destination_s3_uri is None

    def written_s3_uris(self, storage_uri: str) -> list[str]:
        """Returns where in S3 the endpoint writes, if ``storage_uri`` is what this does not say."""
        if self.data_capture is None:
            return []
        return [self.data_capture.data_capture_config(_captures(storage_uri))["DestinationS3Uri"]]

    def written_kms_keys(self) -> list[str]:
        """Returns the keys that are named for what the endpoint writes to S3."""
        key = None if self.data_capture is None else self.data_capture.kms_key_id
        return [] if key is None else [key]

    def production_variant(self) -> dict[str, Any]:
        """Returns the variant's part of a CreateEndpointConfig request, without the model's name."""
        variant = super().production_variant()
        if self.managed_instance_scaling is not None:
            variant["ManagedInstanceScaling"] = self.managed_instance_scaling.managed_instance_scaling()
        return variant

    def endpoint_config(self, storage_uri: str) -> dict[str, Any]:
        """Returns the further members of a CreateEndpointConfig request.

        Args:
            storage_uri: Where in S3 to write what this does not name a place for.
        """
        config = super().endpoint_config(storage_uri)
        if self.data_capture is not None:
            config["DataCaptureConfig"] = self.data_capture.data_capture_config(_captures(storage_uri))
        return config

    def scaling(self, endpoint_name: str) -> dict[str, Any] | None:
        """Returns what is registered with Application Auto Scaling, if anything is."""
        return None if self.auto_scaling is None else self.auto_scaling.scaling(endpoint_name)

    def _problems(self) -> Iterator[Problem | None]:
        if self.auto_scaling is not None:
            yield scalable("endpoint.auto_scaling", self.instance_type)


def _captures(storage_uri: str) -> str:
    return f"{storage_uri}/data-capture"
