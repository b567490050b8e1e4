"""Where the pipeline's jobs run, as seen from the network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from cdk_sagemaker_mlops.config import checks, stage_checks
from cdk_sagemaker_mlops.errors import Problem

# botocore's sagemaker model: VpcConfig has 1 to 16 Subnets and 1 to 5 VpcSecurityGroupIds.
_MOST_SUBNETS = 16
_MOST_SECURITY_GROUPS = 5


@dataclass(frozen=True, kw_only=True)
class Network:
    """Network of every processing, training and tuning job, and of the model of a batch transform.

    Subnets without a route to S3 need an S3 gateway endpoint. Jobs in your VPC create network interfaces, so
    the execution role needs SageMaker's EC2 permissions for them.

    Args:
        subnets: Ids of 1 to 16 subnets; each may be a CDK token. Default: none, so that the jobs run outside
            your VPC.
        security_group_ids: Ids of 1 to 5 security groups, given together with ``subnets``; each may be a CDK
            token. Default: none.
        enable_network_isolation: Keep containers from any network call. SageMaker still brings data and code
            in; a ``requirements.txt`` cannot be installed, so use images that have everything.
            Default: ``False``.
        enable_inter_container_traffic_encryption: Encrypt what the instances of one job say to each other,
            which slows distributed jobs down. Default: ``False``.

    Raises:
        ValidationError: Only one of ``subnets`` and ``security_group_ids`` is given, or an id has a wrong
            shape.
        TypeError: Ids are not given as a sequence of strings.
    """

    subnets: Sequence[str] = field(default_factory=tuple)
    security_group_ids: Sequence[str] = field(default_factory=tuple)
    enable_network_isolation: bool = False
    enable_inter_container_traffic_encryption: bool = False

    def __post_init__(self) -> None:
        checks.argument_type("network.subnets", self.subnets, (list, tuple))
        checks.argument_type("network.security_group_ids", self.security_group_ids, (list, tuple))
        ids: tuple[Problem | None, ...] = ()
        if self.subnets or self.security_group_ids:
            ids = (
                *stage_checks.identifiers(
                    "network.subnets", self.subnets, _MOST_SUBNETS, code="InvalidSubnets", what="subnet"
                ),
                *stage_checks.identifiers(
                    "network.security_group_ids",
                    self.security_group_ids,
                    _MOST_SECURITY_GROUPS,
                    code="InvalidSecurityGroups",
                    what="security group",
                ),
            )
        checks.raise_problems(
            [
                *ids,
                stage_checks.boolean("network.enable_network_isolation", self.enable_network_isolation),
                stage_checks.boolean(
                    "network.enable_inter_container_traffic_encryption",
                    self.enable_inter_container_traffic_encryption,
                ),
            ]
        )
