"""What lets other accounts and regions deploy from a registry: policies, grants, forwarded events.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-registry-deploy.html, "Deploy a Model Version from a
Different Account"
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aws_cdk import Annotations, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_sagemaker_mlops.config import checks
from cdk_sagemaker_mlops.config.registry_consumer import RegistryConsumer
from cdk_sagemaker_mlops.constructs.sagemaker_names import arns


def consumers_of(shared_with: Sequence[str | RegistryConsumer]) -> list[RegistryConsumer]:
    """Returns the consumers, of which an account id alone means its part in the registry's region.

    Args:
        shared_with: As the user gave it.

    Raises:
        ValidationError: An account is not the id of one.
        TypeError: ``shared_with`` is not a sequence of account ids and consumers.
    """
    checks.argument_type("shared_with", shared_with, (list, tuple))
    for index, each in enumerate(shared_with):
        checks.argument_type(f"shared_with[{index}]", each, (str, RegistryConsumer))
    consumers = (
        each if isinstance(each, RegistryConsumer) else RegistryConsumer(account=each) for each in shared_with
    )
    return list(dict.fromkeys(consumers))


def group_policy(
    scope: Construct, group_name: str, consumers: Sequence[RegistryConsumer]
) -> dict[str, Any] | None:
    """Returns the group's resource policy, or ``None`` if nobody else deploys from it.

    Args:
        scope: A construct of the registry's stack.
        group_name: Name of the group.
        consumers: Who deploys from it.
    """
    if not consumers:
        return None
    packages = arns(scope, "model-package", f"{group_name}/*")
    statements = {
        "FindVersions": (
            ["DescribeModelPackageGroup", "ListModelPackages"],
            arns(scope, "model-package-group", group_name),
            None,
        ),
        "DeployVersions": (
            ["CreateModel", "DescribeModelPackage", "ListModelPackages"],
            packages,
            None,
        ),
        # A consumer notes how a deployment ended; to approve is for the registry's account.
        "NoteOutcomes": (
            ["UpdateModelPackage"],
            packages,
            {"Null": {"sagemaker:ModelApprovalStatus": "true"}},
        ),
    }
    principals = [_root_arn(scope, account) for account in _accounts(consumers)]
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": sid,
                "Effect": "Allow",
                "Principal": {"AWS": principals},
                "Action": [f"sagemaker:{action}" for action in actions],
                "Resource": resources,
                **({} if condition is None else {"Condition": condition}),
            }
            for sid, (actions, resources, condition) in statements.items()
        ],
    }


def forward_events(scope: Construct, group_name: str, consumers: Sequence[RegistryConsumer]) -> None:
    """Sends the group's events on to the consumers' default event buses, which must let them in.

    Args:
        scope: Construct that the rules belong to.
        group_name: Name of the group.
        consumers: Who deploys from it.
    """
    stack = Stack.of(scope)
    for index, consumer in enumerate(consumers):
        region = stack.region if consumer.region is None else consumer.region
        bus = stack.format_arn(
            service="events",
            account=consumer.account,
            region=region,
            resource="event-bus",
            resource_name="default",
        )
        known = not (checks.is_token(consumer.account) or checks.is_token(region))
        rule = events.Rule(
            scope,
            f"To{consumer.account}{region}" if known else f"To{index}",
            description=f"Tells {consumer.account} of versions of {group_name}",
            event_pattern=events.EventPattern(
                source=["aws.sagemaker"],
                detail_type=["SageMaker Model Package State Change"],
                account=[stack.account],
                region=[stack.region],
                detail={"ModelPackageGroupName": [group_name]},
            ),
        )
        # The target defines a role that may do just that.
        rule.add_target(targets.EventBus(events.EventBus.from_event_bus_arn(rule, "Bus", bus)))


def share_artifacts(
    scope: Construct,
    consumers: Sequence[RegistryConsumer],
    *,
    artifact_bucket: s3.IBucket,
    encryption_key: kms.IKey | None,
) -> None:
    """Lets the consumers' accounts read models, where CDK may change the policies concerned; else it says so.

    Args:
        scope: Construct that a warning belongs to.
        consumers: Who deploys from the registry.
        artifact_bucket: Bucket that the models are in.
        encryption_key: Key they are encrypted with. Default: the bucket's own.
    """
    principals = [iam.AccountPrincipal(account) for account in _accounts(consumers)]
    if not principals:
        return
    added = [
        artifact_bucket.add_to_resource_policy(
            iam.PolicyStatement(actions=[action], principals=list(principals), resources=[resource])
        ).statement_added
        for action, resource in (
            ("s3:GetObject", artifact_bucket.arn_for_objects("*")),
            ("s3:ListBucket", artifact_bucket.bucket_arn),
        )
    ]
    key = artifact_bucket.encryption_key if encryption_key is None else encryption_key
    if key is not None:
        added.extend(
            key.add_to_resource_policy(
                iam.PolicyStatement(
                    actions=["kms:Decrypt", "kms:DescribeKey"], principals=[principal], resources=["*"]
                )
            ).statement_added
            for principal in principals
        )
    if not all(added):
        Annotations.of(scope).add_warning_v2(
            "cdk-sagemaker-mlops:ArtifactsNotShared",
            "the bucket or key with the models is defined elsewhere, and its policy cannot be changed here; "
            f"allow {', '.join(_accounts(consumers))} s3:GetObject and s3:ListBucket, and kms:Decrypt",
        )


def _accounts(consumers: Sequence[RegistryConsumer]) -> list[str]:
    return list(dict.fromkeys(consumer.account for consumer in consumers))


def _root_arn(scope: Construct, account: str) -> str:
    return f"arn:{Stack.of(scope).partition}:iam::{account}:root"
