"""What is checked before a deployment is defined."""

from __future__ import annotations

from collections.abc import Iterator

from aws_cdk import aws_s3 as s3
from constructs import IConstruct

from cdk_sagemaker_mlops.config import checks, hosting_checks, stage_checks
from cdk_sagemaker_mlops.config.endpoint import Endpoint, ServerlessEndpoint
from cdk_sagemaker_mlops.constructs.model_package_group import ModelPackageGroup
from cdk_sagemaker_mlops.constructs.model_registry import ModelRegistry
from cdk_sagemaker_mlops.constructs.sagemaker_names import name_problem
from cdk_sagemaker_mlops.errors import Problem
from cdk_sagemaker_mlops.handlers import contract

_LONGEST_OPERATION_IN_SECONDS = 3600


def group_problems(name: str | None, registry: ModelRegistry | None) -> Iterator[Problem | None]:
    """Checks that there is one group, and its name."""
    if (name is None) == (registry is None):
        yield Problem(
            code="OneGroup",
            parameter="model_package_group_name",
            rule="be given, or model_registry, and not both",
            value=name,
            fix="give the name of a group of this account and region, or a ModelRegistry",
        )
    yield name_problem(
        "model_package_group_name",
        name,
        fix="pass the name of the model package group, or "
        "model_registry=ModelRegistry.from_model_package_group_arn(...)",
    )


def elsewhere_problems(
    scope: IConstruct, group: ModelPackageGroup, copy_bucket: s3.IBucket | None
) -> Iterator[Problem | None]:
    """Checks what is needed for a group of another region, and that it is known whether it is one."""
    known = list(group.problems(scope))
    yield from known
    if known or group.is_in_region or copy_bucket is not None:
        return
    yield Problem(
        code="CopyBucketMissing",
        parameter="copy_bucket",
        rule=f"be given, because the models of {group.name} are in {group.region} and SageMaker reads models "
        "from its own region only",
        value=None,
        fix="give a bucket of the stack's region that the models are copied to",
    )


def storage_problem(endpoint: Endpoint, bucket: s3.IBucket | None) -> Problem | None:
    """Checks that there is a bucket for what the endpoint keeps without naming a place.

    Args:
        endpoint: How the model is hosted.
        bucket: The bucket, if there is one.
    """
    if isinstance(endpoint, ServerlessEndpoint) or not endpoint.needs_storage() or bucket is not None:
        return None
    return Problem(
        code="StorageMissing",
        parameter="endpoint",
        rule="name a place in S3 for what it writes, because there is no bucket of this account for it",
        value=type(endpoint).__name__,
        fix="give artifact_bucket, or data_capture.destination_s3_uri or output_s3_uri",
    )


def outcome_problems(
    when_none_approved: object, keep_versions: object, wait: object
) -> Iterator[Problem | None]:
    """Checks what becomes of an endpoint and of its versions."""
    yield checks.one_of(
        "when_none_approved",
        when_none_approved,
        (contract.KEEP, contract.REMOVE),
        code="InvalidChoice",
        fix="use 'Remove' to have the endpoint deleted when its last version is rejected",
    )
    if when_none_approved is None:
        yield Problem(
            code="InvalidChoice",
            parameter="when_none_approved",
            rule="be one of 'Keep', 'Remove'",
            value=None,
            fix="leave it out to keep the endpoint",
        )
    yield hosting_checks.whole_number(
        "keep_versions",
        keep_versions,
        1,
        contract.MOST_KEEP_VERSIONS,
        code="InvalidKeepVersions",
        unit="versions",
        fix="models and endpoint configs cost nothing, but only so many are looked through",
    )
    yield stage_checks.boolean("wait", wait)


def patience_problem(endpoint: Endpoint, wait: object) -> Problem | None:
    """Checks that CloudFormation can wait for a rollout's end.

    Args:
        endpoint: How the model is hosted.
        wait: Whether CloudFormation shall wait.
    """
    if wait is not True or isinstance(endpoint, ServerlessEndpoint):
        return None
    seconds = endpoint.rollout.least_seconds()
    # What CDK's provider framework, and CloudFormation, wait for a custom resource at most.
    if seconds < _LONGEST_OPERATION_IN_SECONDS:
        return None
    return Problem(
        code="RolloutTooLong",
        parameter="wait",
        rule=f"be False for a rollout that takes at least {seconds} seconds: CloudFormation waits an hour",
        value=wait,
        fix="turn waiting off (wait_for_deployment of an MlopsPipeline) and follow the rollout by its "
        "notification, or wait less in the rollout",
    )
