"""Whether the caller may do what the commands do, asked of IAM without doing it."""

from __future__ import annotations

import re
from typing import Any

# What each command calls on a deployed stack.
ACTIONS = (
    "cloudformation:DescribeStacks",
    "cloudformation:ListStackResources",
    "cloudwatch:DescribeAlarms",
    "logs:DescribeLogStreams",
    "logs:GetLogEvents",
    "s3:GetObject",
    "sagemaker:DescribeEndpoint",
    "sagemaker:DescribeEndpointConfig",
    "sagemaker:DescribeModel",
    "sagemaker:DescribeModelPackage",
    "sagemaker:DescribeModelPackageGroup",
    "sagemaker:DescribePipeline",
    "sagemaker:DescribePipelineExecution",
    "sagemaker:InvokeEndpoint",
    "sagemaker:ListModelPackages",
    "sagemaker:ListPipelineExecutionSteps",
    "sagemaker:ListPipelineExecutions",
    "sagemaker:StartPipelineExecution",
    "sagemaker:UpdateModelPackage",
    "sqs:GetQueueAttributes",
)

_ASSUMED = re.compile(r"arn:(?P<partition>[^:]+):sts::(?P<account>\d+):assumed-role/(?P<role>[^/]+)/.+")


def is_root(caller_arn: str) -> bool:
    """Whether a caller is the account itself, which may do everything and cannot be asked about."""
    return caller_arn.endswith(":root")


def denied_actions(iam: Any, caller_arn: str) -> tuple[str, ...]:
    """Lists the actions that the caller's policies do not allow on everything.

    Args:
        iam: An IAM client.
        caller_arn: ARN of the caller, as STS tells it.
    """
    answers = iam.get_paginator("simulate_principal_policy").paginate(
        PolicySourceArn=_policy_source(iam, caller_arn), ActionNames=list(ACTIONS)
    )
    return tuple(
        sorted(
            result["EvalActionName"]
            for page in answers
            for result in page["EvaluationResults"]
            if result["EvalDecision"] != "allowed"
        )
    )


def _policy_source(iam: Any, caller_arn: str) -> str:
    """ARN of the user or role whose policies count; a session's ARN leaves out the role's path."""
    assumed = _ASSUMED.fullmatch(caller_arn)
    if assumed is None:
        return caller_arn
    return str(iam.get_role(RoleName=assumed["role"])["Role"]["Arn"])
