"""Checks of an account: bootstrap, permissions, quotas."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from cdk_sagemaker_mlops.cli.checkup import Check, failed, not_checked, passed, warned
from cdk_sagemaker_mlops.deployed.account import Account
from cdk_sagemaker_mlops.deployed.permissions import ACTIONS, denied_actions, is_root
from cdk_sagemaker_mlops.deployed.quota_needs import (
    Need,
    hosting_needs,
    hosting_of,
    largest,
    pipeline_needs,
    read_quotas,
)
from cdk_sagemaker_mlops.deployed.stack_outputs import DeployedPipeline

_BOOTSTRAP = "/cdk-bootstrap/hnb659fds/version"


def bootstrap_check(account: Account, number: str) -> Iterator[Check]:
    """Checks that the account and region are bootstrapped for CDK.

    Args:
        account: Where AWS is called.
        number: The account's number.
    """
    try:
        found = account.client("ssm").get_parameter(Name=_BOOTSTRAP)["Parameter"]["Value"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ParameterNotFound":
            raise
        yield failed(
            "Bootstrap",
            f"{number} in {account.region} is not bootstrapped for CDK",
            fix=f"cdk bootstrap aws://{number}/{account.region}",
        )
        return
    yield passed("Bootstrap", f"version {found}")


def permission_check(account: Account, caller_arn: str) -> Iterator[Check]:
    """Checks that the caller may do what the commands do.

    Args:
        account: Where AWS is called.
        caller_arn: ARN of the caller.
    """
    if is_root(caller_arn):
        yield passed("Permissions", "the account's root user may do everything")
        return
    denied = denied_actions(account.client("iam"), caller_arn)
    if not denied:
        yield passed("Permissions", f"all {len(ACTIONS)} actions that the commands call")
        return
    yield warned(
        "Permissions",
        f"the policies of {caller_arn} do not allow, on all resources: {', '.join(denied)}",
        fix="have these allowed, unless they are allowed on the stack's own resources",
    )


def quota_checks(account: Account, pipeline: DeployedPipeline) -> Iterator[Check]:
    """Checks that the account has the quotas that a stack needs.

    Args:
        account: Where AWS is called.
        pipeline: The stack's pipeline.
    """
    needs = largest([*_pipeline_needs(account, pipeline), *_hosting_needs(account, pipeline)])
    quotas = read_quotas(account.client("service-quotas"), {need.quota for need in needs})
    for need in needs:
        yield quota_check(need, quotas.get(need.quota), region=account.region)


def quota_check(need: Need, quota: float | None, *, region: str) -> Check:
    """Compares a need with the account's quota.

    Args:
        need: What is needed.
        quota: The quota. ``None`` when the service does not list it.
        region: The region, for where to ask for more.
    """
    wanted = f"{need.amount} for {need.why}"
    if quota is None:
        return not_checked("Quotas", f"{need.quota}: needs {wanted}; the service does not list it")
    if quota < need.amount:
        return failed(
            "Quotas",
            f"{need.quota}: {quota:g}, needs {wanted}",
            fix=f"ask for more at https://{region}.console.aws.amazon.com/servicequotas/home/services/sagemaker",
        )
    return passed("Quotas", f"{need.quota}: {quota:g}, needs {wanted}")


def _pipeline_needs(account: Account, pipeline: DeployedPipeline) -> Iterator[Need]:
    described = account.client("sagemaker").describe_pipeline(PipelineName=pipeline.pipeline_name)
    yield from pipeline_needs(json.loads(described["PipelineDefinition"]))


def _hosting_needs(account: Account, pipeline: DeployedPipeline) -> Iterator[Need]:
    body: Any = account.client("cloudformation").get_template(StackName=pipeline.stack)["TemplateBody"]
    template: Mapping[str, Any] = json.loads(body) if isinstance(body, str) else body
    yield from hosting_needs(hosting_of(template, pipeline.endpoint_name))
