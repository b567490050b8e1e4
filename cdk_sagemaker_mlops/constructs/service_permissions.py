"""What the steps need that call other services: Lambda, SQS, EMR."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from aws_cdk import ArnFormat, Fn
from aws_cdk import aws_iam as iam

from cdk_sagemaker_mlops.config import checks
from cdk_sagemaker_mlops.constructs.defined_steps import ANY, DefinedSteps

_QUEUE_URL = re.compile(r"https://sqs\.([a-z0-9-]+)\.[a-z.]+/(\d+)/([\w.-]+)")
# The rules by which Pipelines hears how a job fares; their names are documented with the managed policy
# AmazonSageMakerPipelinesIntegrations.
_EVENT_RULES = {
    "EMR": (
        "SageMakerPipelineExecutionEMRStepStatusUpdateRule",
        "SageMakerPipelineExecutionEMRClusterStatusRule",
    ),
    "EMRServerless": ("SageMakerPipelineExecutionEMRServerless*",),
}


def function_statements(defined: DefinedSteps) -> Iterator[iam.PolicyStatement]:
    """Yields what invokes the functions of Lambda steps."""
    functions = defined.texts(step.get("FunctionArn") for step in defined.of("Lambda"))
    if functions:
        yield iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=functions)


def queue_statements(defined: DefinedSteps) -> Iterator[iam.PolicyStatement]:
    """Yields what sends to the queues of callback steps."""
    queues = defined.texts(step.get("SqsQueueUrl") for step in defined.of("Callback"))
    if queues:
        yield iam.PolicyStatement(
            actions=["sqs:SendMessage"], resources=[_queue_arn(defined, url) for url in queues]
        )


def _queue_arn(defined: DefinedSteps, url: str) -> str:
    stack = defined.stack
    if checks.is_token(url):  # a URL is https://<host>/<account>/<name>
        account, name = Fn.select(3, Fn.split("/", url)), Fn.select(4, Fn.split("/", url))
        return f"arn:{stack.partition}:sqs:{stack.region}:{account}:{name}"
    parts = _QUEUE_URL.fullmatch(url)
    region, account, name = (ANY, ANY, ANY) if parts is None else parts.groups()
    return f"arn:{stack.partition}:sqs:{region}:{account}:{name}"


def emr_statements(defined: DefinedSteps) -> Iterator[iam.PolicyStatement]:
    """Yields what runs EMR steps: on a cluster, or on one that is made for the step."""
    steps = defined.of("EMR")
    if not steps:
        return
    clusters = [step["Arguments"].get("ClusterId", ANY) for step in steps]
    yield iam.PolicyStatement(
        actions=[
            "elasticmapreduce:AddJobFlowSteps",
            "elasticmapreduce:CancelSteps",
            "elasticmapreduce:DescribeCluster",
            "elasticmapreduce:DescribeStep",
            "elasticmapreduce:ListSteps",
        ],
        resources=[
            defined.stack.format_arn(service="elasticmapreduce", resource="cluster", resource_name=cluster)
            for cluster in defined.texts(clusters)
        ],
    )
    configs = [step["Arguments"]["ClusterConfig"] for step in steps if "ClusterConfig" in step["Arguments"]]
    if configs:
        yield from _own_clusters(defined, configs)
    yield _event_rules(defined, "EMR")
    roles = [step["Arguments"].get("ExecutionRoleArn") for step in steps]
    yield from _pass_roles(defined, roles, "elasticmapreduce.amazonaws.com")


def _own_clusters(defined: DefinedSteps, configs: list[dict[str, Any]]) -> Iterator[iam.PolicyStatement]:
    yield iam.PolicyStatement(
        actions=["elasticmapreduce:RunJobFlow", "elasticmapreduce:TerminateJobFlows"],
        resources=[
            defined.stack.format_arn(service="elasticmapreduce", resource="cluster", resource_name=ANY)
        ],
    )
    service_roles = [config.get("ServiceRole") for config in configs]
    yield from _pass_roles(defined, service_roles, "elasticmapreduce.amazonaws.com")
    yield from _pass_roles(defined, [config.get("JobFlowRole") for config in configs], "ec2.amazonaws.com")


def emr_serverless_statements(defined: DefinedSteps) -> Iterator[iam.PolicyStatement]:
    """Yields what runs jobs of EMR Serverless: of an application, or of one that is made for the step."""
    steps = defined.of("EMRServerless")
    if not steps:
        return

    def arn(name: str) -> str:
        return defined.stack.format_arn(
            service="emr-serverless",
            resource="/applications",
            resource_name=name,
            arn_format=ArnFormat.SLASH_RESOURCE_NAME,
        )

    applications = defined.texts(step["Arguments"].get("ApplicationId", ANY) for step in steps)
    yield iam.PolicyStatement(
        actions=["emr-serverless:StartJobRun", "emr-serverless:GetApplication"],
        resources=[arn(name) for name in applications],
    )
    yield iam.PolicyStatement(
        actions=["emr-serverless:GetJobRun", "emr-serverless:CancelJobRun"],
        resources=[arn(f"{name}/jobruns/*") for name in applications],
    )
    if any("ApplicationConfig" in step["Arguments"] for step in steps):
        yield iam.PolicyStatement(
            actions=[f"emr-serverless:{verb}Application" for verb in ("Create", "Start", "Stop", "Delete")],
            resources=[defined.stack.format_arn(service="emr-serverless", resource="/*"), arn(ANY)],
        )
    yield _event_rules(defined, "EMRServerless")
    roles = [step["Arguments"]["ExecutionRoleArn"] for step in steps]
    yield from _pass_roles(defined, roles, "emr-serverless.amazonaws.com")


def _event_rules(defined: DefinedSteps, step_type: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        actions=["events:DescribeRule", "events:PutRule", "events:PutTargets"],
        resources=[
            defined.stack.format_arn(service="events", resource="rule", resource_name=rule)
            for rule in _EVENT_RULES[step_type]
        ],
    )


def _pass_roles(defined: DefinedSteps, roles: list[Any], service: str) -> Iterator[iam.PolicyStatement]:
    names = defined.texts(roles)
    if not names:
        return
    account_roles = f"arn:{defined.stack.partition}:iam::{defined.stack.account}:role/"
    yield iam.PolicyStatement(
        actions=["iam:PassRole"],
        resources=[
            name if name.startswith("arn:") or checks.is_token(name) else f"{account_roles}{name}"
            for name in names
        ],
        conditions={"StringLike": {"iam:PassedToService": f"{service}*"}},
    )
