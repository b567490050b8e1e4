"""What a pipeline and its jobs may do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from aws_cdk import ArnFormat, Fn, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_sagemaker_mlops.config import checks
from cdk_sagemaker_mlops.constructs.definition_body import ImageAccounts
from cdk_sagemaker_mlops.constructs.sagemaker_names import arns
from cdk_sagemaker_mlops.definition import placeholders
from cdk_sagemaker_mlops.definition.pipeline_definition import PipelineDefinition

# Step type to (name of the job's API noun, ARN resource). SageMaker names a pipeline's jobs
# "pipelines-<execution id>-<step>-<suffix>".
_JOBS: Mapping[str, tuple[str, str]] = {
    "Processing": ("ProcessingJob", "processing-job"),
    "Training": ("TrainingJob", "training-job"),
    "Transform": ("TransformJob", "transform-job"),
    "Tuning": ("HyperParameterTuningJob", "hyper-parameter-tuning-job"),
}
_LOG_GROUPS = {"Processing": "ProcessingJobs", "Training": "TrainingJobs", "Transform": "TransformJobs"}
_IMAGE_URI = re.compile(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.[a-z.]+/([\w./-]+?)(?=[:@\"])")


def execution_role(scope: Construct, id: str) -> iam.Role:
    """Defines a role that SageMaker may assume, without permissions."""
    return iam.Role(
        scope,
        id,
        assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"),
        description="Runs a SageMaker pipeline and its jobs",
    )


def execution_statements(
    definition: PipelineDefinition,
    *,
    images: ImageAccounts,
    role: iam.IRole,
    bucket: s3.IBucket,
    model_package_group_name: str,
    input_data_uri: str | None,
) -> list[iam.PolicyStatement]:
    """Returns what an execution of ``definition`` needs, and nothing that can be narrowed further."""
    stack = Stack.of(images)
    step_types = sorted({step["Type"] for step in _steps(json.loads(definition.document)["Steps"])})
    return [
        *_bucket_statements(bucket),
        *_input_data_statements(stack, input_data_uri),
        *_job_statements(stack, step_types, role),
        *_log_statements(stack, step_types),
        *_model_statements(stack, step_types, model_package_group_name),
        *_image_statements(stack, definition.document, images),
    ]


def _steps(steps: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for step in steps:
        yield step
        arguments = step.get("Arguments", {})
        for nested in ("IfSteps", "ElseSteps", "Steps"):
            inner = arguments.get(nested)
            if isinstance(inner, list):
                yield from _steps(inner)


def _bucket_statements(bucket: s3.IBucket) -> Iterator[iam.PolicyStatement]:
    yield iam.PolicyStatement(actions=["s3:ListBucket"], resources=[bucket.bucket_arn])
    yield iam.PolicyStatement(
        actions=["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"],
        resources=[bucket.arn_for_objects("*")],
    )


def _input_data_statements(stack: Stack, uri: str | None) -> Iterator[iam.PolicyStatement]:
    if uri is None or uri.startswith(f"s3://{placeholders.BUCKET}/"):
        return
    if checks.is_token(uri):
        # "s3:", "", "<bucket>", ...: the only parts that can be taken from a URI known at deployment.
        bucket, prefix = Fn.select(2, Fn.split("/", uri)), Fn.select(1, Fn.split("s3://", uri))
        objects = f"arn:{stack.partition}:s3:::{prefix}*"
    else:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        objects = f"arn:{stack.partition}:s3:::{bucket}/{key}*"
    yield iam.PolicyStatement(actions=["s3:ListBucket"], resources=[f"arn:{stack.partition}:s3:::{bucket}"])
    yield iam.PolicyStatement(actions=["s3:GetObject"], resources=[objects])


def _job_statements(stack: Stack, step_types: list[str], role: iam.IRole) -> Iterator[iam.PolicyStatement]:
    jobs = [_JOBS[step_type] for step_type in step_types if step_type in _JOBS]
    for noun, resource in jobs:
        yield iam.PolicyStatement(
            actions=[
                *(f"sagemaker:{verb}{noun}" for verb in ("Create", "Describe", "Stop")),
                "sagemaker:AddTags",
            ],
            resources=arns(stack, resource, "pipelines-*"),
        )
    if jobs or "Model" in step_types:
        yield iam.PolicyStatement(
            actions=["iam:PassRole"],
            resources=[role.role_arn],
            conditions={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
        )


def _log_statements(stack: Stack, step_types: list[str]) -> Iterator[iam.PolicyStatement]:
    groups = [_LOG_GROUPS[step_type] for step_type in step_types if step_type in _LOG_GROUPS]
    if not groups:
        return
    arns = [
        stack.format_arn(
            service="logs",
            resource="log-group",
            resource_name=f"/aws/sagemaker/{group}",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        for group in groups
    ]
    yield iam.PolicyStatement(
        actions=["logs:CreateLogGroup", "logs:DescribeLogStreams"], resources=[f"{arn}:*" for arn in arns]
    )
    yield iam.PolicyStatement(
        actions=["logs:CreateLogStream", "logs:PutLogEvents"],
        resources=[f"{arn}:log-stream:pipelines-*" for arn in arns],
    )
    # PutMetricData has no resource to name; its namespace is what can be narrowed.
    yield iam.PolicyStatement(
        actions=["cloudwatch:PutMetricData"],
        resources=["*"],
        conditions={
            "StringEquals": {"cloudwatch:namespace": [f"/aws/sagemaker/{group}" for group in groups]}
        },
    )


def _model_statements(
    stack: Stack, step_types: list[str], model_package_group_name: str
) -> Iterator[iam.PolicyStatement]:
    if "RegisterModel" in step_types:
        yield iam.PolicyStatement(
            actions=[
                "sagemaker:CreateModelPackage",
                "sagemaker:DescribeModelPackageGroup",
                "sagemaker:AddTags",
            ],
            resources=[
                *arns(stack, "model-package-group", model_package_group_name),
                *arns(stack, "model-package", f"{model_package_group_name}/*"),
            ],
        )
    if "Model" in step_types:
        yield iam.PolicyStatement(
            actions=["sagemaker:CreateModel", "sagemaker:DescribeModel", "sagemaker:AddTags"],
            resources=arns(stack, "model", "pipelines-*"),
        )


def _image_statements(stack: Stack, document: str, images: ImageAccounts) -> Iterator[iam.PolicyStatement]:
    repositories = sorted(set(_IMAGE_URI.findall(document)))
    if not repositories:
        return
    yield iam.PolicyStatement(
        actions=["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        resources=[
            stack.format_arn(
                service="ecr",
                account=images.resolve(account),
                region=stack.region if region == placeholders.REGION else region,
                resource="repository",
                resource_name=repository,
            )
            for account, region, repository in repositories
        ],
    )
    # A token is for the whole registry, so there is no resource to name.
    yield iam.PolicyStatement(actions=["ecr:GetAuthorizationToken"], resources=["*"])
