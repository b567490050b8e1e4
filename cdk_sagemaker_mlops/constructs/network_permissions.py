"""What jobs need in a VPC, and with keys of KMS, as SageMaker documents it for execution roles.

https://docs.aws.amazon.com/sagemaker/latest/dg/sagemaker-roles.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from aws_cdk import Stack
from aws_cdk import aws_iam as iam

from cdk_sagemaker_mlops.constructs.defined_steps import ANY, DefinedSteps
from cdk_sagemaker_mlops.constructs.key_arns import key_arn

_KEY_MEMBERS = (
    "KmsKeyId",
    "VolumeKmsKeyId",
    "VolumeKmsKey",
    "OutputKmsKeyId",
    "OutputKmsKey",
    "S3KmsKeyId",
)
_KEY_ACTIONS = (
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey*",
    "kms:ReEncrypt*",
)


def vpc_statements(defined: DefinedSteps) -> Iterator[iam.PolicyStatement]:
    """Yields what attaches jobs to the subnets that the steps name."""
    configs = list(defined.members("VpcConfig"))
    if not configs:
        return

    def arns(resource: str, member: str) -> list[str]:
        found = [config[member] for config in configs if isinstance(config, dict) and member in config]
        names = [name for value in found for name in (value if isinstance(value, list) else [ANY])]
        return [
            defined.stack.format_arn(service="ec2", resource=resource, resource_name=name)
            for name in defined.texts(names)
        ]

    yield from interface_statements(
        defined.stack,
        subnets=arns("subnet", "Subnets"),
        security_groups=arns("security-group", "SecurityGroupIds"),
    )


def interface_statements(
    stack: Stack, *, subnets: Sequence[str], security_groups: Sequence[str]
) -> Iterator[iam.PolicyStatement]:
    """Yields what attaches containers to subnets, both given by their ARNs."""
    interfaces = stack.format_arn(service="ec2", resource="network-interface", resource_name=ANY)
    yield iam.PolicyStatement(
        actions=["ec2:CreateNetworkInterface"], resources=[interfaces, *subnets, *security_groups]
    )
    yield iam.PolicyStatement(
        actions=[
            "ec2:CreateNetworkInterfacePermission",
            "ec2:DeleteNetworkInterface",
            "ec2:DeleteNetworkInterfacePermission",
        ],
        resources=[interfaces],
    )
    # EC2 has no resource to name for what only describes.
    yield iam.PolicyStatement(
        actions=[
            "ec2:DescribeDhcpOptions",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeVpcs",
        ],
        resources=["*"],
    )


def key_statements(defined: DefinedSteps) -> Iterator[iam.PolicyStatement]:
    """Yields the use of the keys that the steps name; a key's own policy must allow it too."""
    keys = [key_arn(defined.stack, key) for key in defined.texts(defined.members(*_KEY_MEMBERS))]
    if not keys:
        return
    yield iam.PolicyStatement(actions=list(_KEY_ACTIONS), resources=keys)
    # Volumes are encrypted by EC2 and EBS, to which the job hands the key on.
    yield iam.PolicyStatement(
        actions=["kms:CreateGrant"],
        resources=keys,
        conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},
    )
