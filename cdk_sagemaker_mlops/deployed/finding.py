"""Finds the pipeline that a command means, among the deployed stacks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from cdk_sagemaker_mlops.deployed.stack_outputs import DeployedPipeline, deployed_pipelines
from cdk_sagemaker_mlops.errors import OperationError, Problem, ValidationError


def find_pipeline(
    cloudformation: Any, *, wanted: str | None = None, app_stacks: Sequence[str] = ()
) -> DeployedPipeline:
    """Finds one deployed ``MlopsPipeline``.

    Args:
        cloudformation: A CloudFormation client.
        wanted: Name of a stack, or path of the construct, such as ``Churn/Mlops``. Default: ``None``, the
            one of the app, else the only one in the account.
        app_stacks: Names of the stacks of the app in the current folder. Default: none are known.

    Raises:
        ValidationError: ``wanted`` names none, or several.
        OperationError: Nothing was asked for, and there is none, or several.
    """
    if wanted is not None:
        return _named(cloudformation, wanted)
    if app_stacks:
        found = deployed_pipelines(_existing(cloudformation, app_stacks))
        where = f"the app's stacks {', '.join(app_stacks)}"
    else:
        found = deployed_pipelines(all_stacks(cloudformation))
        where = "the account's stacks"
    if len(found) != 1:
        raise OperationError(_not_one(found, parameter=where))
    return found[0]


def all_stacks(cloudformation: Any) -> Iterator[Mapping[str, Any]]:
    """Describes every stack of the account and region that is not deleted."""
    for page in cloudformation.get_paginator("describe_stacks").paginate():
        yield from page["Stacks"]


def _existing(cloudformation: Any, names: Iterable[str]) -> Iterator[Mapping[str, Any]]:
    for name in names:
        try:
            yield from cloudformation.describe_stacks(StackName=name)["Stacks"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "ValidationError":
                raise


def _named(cloudformation: Any, wanted: str) -> DeployedPipeline:
    # A path names a construct; a stack's own name has no slash.
    if "/" in wanted:
        everywhere = deployed_pipelines(all_stacks(cloudformation))
        found = tuple(pipeline for pipeline in everywhere if pipeline.path == wanted)
    else:
        found = deployed_pipelines(_existing(cloudformation, [wanted]))
    if len(found) != 1:
        raise ValidationError(_not_one(found, parameter=f"--stack {wanted}"))
    return found[0]


def _not_one(found: tuple[DeployedPipeline, ...], *, parameter: str) -> Problem:
    if not found:
        return Problem(
            code="NoMlopsPipeline",
            parameter=parameter,
            rule="hold an MlopsPipeline that is deployed in this region",
            value=[],
            fix="deploy it with cdk deploy, or say where it is with --stack, --region or --profile",
        )
    return Problem(
        code="SeveralPipelines",
        parameter=parameter,
        rule="hold exactly one MlopsPipeline",
        value=[pipeline.path for pipeline in found],
        fix=f"choose one, such as --stack {found[0].path}",
    )
