"""What every endpoint that runs on instances has, whatever it does with its requests."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from cdk_sagemaker_mlops.config import checks, hosting_checks
from cdk_sagemaker_mlops.config.fleet_sizes import sizes_between
from cdk_sagemaker_mlops.config.network import Network
from cdk_sagemaker_mlops.config.production_variant import VARIANT_NAME
from cdk_sagemaker_mlops.config.rollout import ROLLOUTS, AllAtOnceRollout, Rollout
from cdk_sagemaker_mlops.errors import Problem

# botocore's sagemaker model, the members of ProductionVariant.
_MOST_VOLUME_IN_GB = 512
_SHORTEST_START, _LONGEST_START = 60, 3600
# Families with disks of their own, as the SageMaker SDK's volume_size_supported has them: a "d" in the
# family's name, and these.
_LOCAL_DISKS = re.compile(
    r"ml\.([a-z]+[0-9][a-z0-9-]*d[a-z0-9-]*|(g5|g6|g7e|p5|p6-b200|trn1|trn2)[a-z0-9-]*)\..*"
)
# https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-exclusions.html
_WITHOUT_GUARDRAILS = re.compile(r"ml\.inf1\..*")
# https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-add-console.html
_BURSTABLE = re.compile(r"ml\.t[0-9][a-z0-9]*\..*")


@dataclass(frozen=True, kw_only=True)
class InstanceEndpoint:
    """The part that real-time and asynchronous endpoints share; their docstrings document it."""

    KIND: ClassVar[str]

    instance_type: str = "ml.m5.large"
    initial_instance_count: int = 1
    environment: Mapping[str, str] = field(default_factory=dict)
    network: Network | None = None
    volume_size_in_gb: int | None = None
    volume_kms_key_id: str | None = None
    model_data_download_timeout_in_seconds: int | None = None
    container_startup_health_check_timeout_in_seconds: int | None = None
    rollout: Rollout = field(default_factory=AllAtOnceRollout)

    def __post_init__(self) -> None:
        checks.argument_type("endpoint.environment", self.environment, Mapping)
        checks.argument_type("endpoint.network", self.network, (Network, type(None)))
        checks.argument_type("endpoint.rollout", self.rollout, ROLLOUTS)
        checks.raise_problems([*self._instance_problems(), *self._problems(), *self._rollout_problems()])

    def fleet(self) -> range | None:
        """Returns every size that the fleet may have, or ``None`` if that is known at deployment only."""
        return sizes_between([self.initial_instance_count], [self.initial_instance_count])

    def needs_storage(self) -> bool:
        """Tells whether a place in S3 has to be found that this does not say."""
        return False

    def written_s3_uris(self, storage_uri: str) -> list[str]:
        """Returns where in S3 the endpoint writes, if ``storage_uri`` is what this does not say."""
        return []

    def written_kms_keys(self) -> list[str]:
        """Returns the keys that are named for what the endpoint writes to S3."""
        return []

    def topic_arns(self) -> list[str]:
        """Returns the SNS topics that SageMaker sends to."""
        return []

    def production_variant(self) -> dict[str, Any]:
        """Returns the variant's part of a CreateEndpointConfig request, without the model's name."""
        optional = {
            "VolumeSizeInGB": self.volume_size_in_gb,
            "ModelDataDownloadTimeoutInSeconds": self.model_data_download_timeout_in_seconds,
            "ContainerStartupHealthCheckTimeoutInSeconds": (
                self.container_startup_health_check_timeout_in_seconds
            ),
        }
        return {
            "VariantName": VARIANT_NAME,
            "InstanceType": self.instance_type,
            "InitialInstanceCount": self.initial_instance_count,
            **{key: value for key, value in optional.items() if value is not None},
        }

    def endpoint_config(self, storage_uri: str) -> dict[str, Any]:
        """Returns the further members of a CreateEndpointConfig request.

        Args:
            storage_uri: Where in S3 to write what this does not name a place for.
        """
        # Local disks are encrypted by their hardware, with keys of its own.
        if self.volume_kms_key_id is None or _has_local_disks(self.instance_type):
            return {}
        return {"KmsKeyId": self.volume_kms_key_id}

    def model(self) -> dict[str, Any]:
        """Returns the further members of a CreateModel request, and the container's ``Environment``."""
        members: dict[str, Any] = {}
        if self.environment:
            members["Environment"] = dict(self.environment)
        if self.network is not None and self.network.subnets:
            members["VpcConfig"] = {
                "Subnets": list(self.network.subnets),
                "SecurityGroupIds": list(self.network.security_group_ids),
            }
        if self.network is not None and self.network.enable_network_isolation:
            members["EnableNetworkIsolation"] = True
        return members

    def deployment_config(self, alarm_names: Sequence[str]) -> dict[str, Any]:
        """Returns the ``DeploymentConfig`` of an UpdateEndpoint request.

        Args:
            alarm_names: Alarms that undo a rollout.
        """
        config = self.rollout.update_policy()
        if alarm_names:
            config["AutoRollbackConfiguration"] = {"Alarms": [{"AlarmName": name} for name in alarm_names]}
        return config

    def scaling(self, endpoint_name: str) -> dict[str, Any] | None:
        """Returns what is registered with Application Auto Scaling, if anything is."""
        return None

    def _problems(self) -> Iterator[Problem | None]:
        """Checks what the kind of endpoint adds."""
        return iter(())

    def _instance_problems(self) -> Iterator[Problem | None]:
        yield checks.instance_type("endpoint.instance_type", self.instance_type)
        yield hosting_checks.whole_number(
            "endpoint.initial_instance_count",
            self.initial_instance_count,
            1,
            None,
            code="InvalidInstanceCount",
            fix="use a ServerlessEndpoint to pay for requests only",
        )
        yield from hosting_checks.environment("endpoint.environment", self.environment)
        yield hosting_checks.kms_key("endpoint.volume_kms_key_id", self.volume_kms_key_id)
        yield hosting_checks.optional_whole_number(
            "endpoint.volume_size_in_gb",
            self.volume_size_in_gb,
            1,
            _MOST_VOLUME_IN_GB,
            code="InvalidVolumeSize",
            unit="GB",
            fix="leave it out to have SageMaker choose",
        )
        for name in (
            "model_data_download_timeout_in_seconds",
            "container_startup_health_check_timeout_in_seconds",
        ):
            yield hosting_checks.seconds(
                f"endpoint.{name}",
                getattr(self, name),
                _SHORTEST_START,
                _LONGEST_START,
                code="InvalidStartTimeout",
                fix="leave it out to use SageMaker's own",
            )
        yield from self._disk_and_network_problems()

    def _disk_and_network_problems(self) -> Iterator[Problem | None]:
        if self.volume_size_in_gb is not None and _has_local_disks(self.instance_type):
            yield Problem(
                code="VolumeNotSupported",
                parameter="endpoint.volume_size_in_gb",
                rule=f"be left out for {self.instance_type}, which has disks of its own and takes no volume",
                value=self.volume_size_in_gb,
                fix="leave it out, or choose an instance type without local disks",
            )
        if self.network is not None and self.network.enable_inter_container_traffic_encryption:
            yield Problem(
                code="NotForEndpoints",
                parameter="endpoint.network.enable_inter_container_traffic_encryption",
                rule="be False, because the containers of an endpoint do not talk to each other",
                value=True,
                fix="give the endpoint a Network without it",
            )

    def _rollout_problems(self) -> Iterator[Problem | None]:
        if isinstance(self.rollout, AllAtOnceRollout):
            return
        kind = type(self.rollout).__name__
        if _WITHOUT_GUARDRAILS.fullmatch(str(self.instance_type)):
            yield Problem(
                code="GuardrailsNotSupported",
                parameter="endpoint.rollout",
                rule="be AllAtOnceRollout() on Inf1 instances, which SageMaker always updates all at once",
                value=kind,
                fix="leave rollout out, or choose another instance type",
            )
        fleet = self.fleet()
        if fleet is not None and fleet[0] < self.rollout.LEAST_INSTANCES:
            yield Problem(
                code="FleetTooSmall",
                parameter="endpoint.rollout",
                rule=f"be AllAtOnceRollout() for a fleet that may have {fleet[0]} instances: {kind} moves "
                f"a part of at least {self.rollout.LEAST_INSTANCES}",
                value=kind,
                fix=f"keep at least {self.rollout.LEAST_INSTANCES} instances, or use AllAtOnceRollout()",
            )
            return
        yield from self.rollout.size_problems(fleet)


def _has_local_disks(instance_type: str) -> bool:
    return _LOCAL_DISKS.fullmatch(instance_type) is not None


def scalable(parameter: str, instance_type: str) -> Problem | None:
    """Checks that instances of a type can scale automatically.

    Args:
        parameter: Path of what asks for that.
        instance_type: The type.
    """
    if _BURSTABLE.fullmatch(instance_type) is None:
        return None
    return Problem(
        code="AutoScalingNotSupported",
        parameter=parameter,
        rule="be left out for burstable instances, which SageMaker does not scale",
        value=instance_type,
        fix="choose an instance type such as 'ml.m5.large'",
    )
