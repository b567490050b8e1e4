"""What a pipeline and its jobs may do."""

from __future__ import annotations

import re
from collections.abc import Iterator

from aws_cdk import Fn, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_sagemaker_mlops.config import checks
from cdk_sagemaker_mlops.constructs.defined_steps import DefinedSteps
from cdk_sagemaker_mlops.constructs.definition_body import ImageAccounts
from cdk_sagemaker_mlops.constructs.job_permissions import (
    check_statements,
    comparison_statements,
    job_statements,
    log_statements,
)
from cdk_sagemaker_mlops.constructs.network_permissions import key_statements, vpc_statements
from cdk_sagemaker_mlops.constructs.resource_permissions import (
    cleanup_statements,
    hosting_statements,
    lineage_statements,
    model_statements,
)
from cdk_sagemaker_mlops.constructs.service_permissions import (
    emr_serverless_statements,
    emr_statements,
    function_statements,
    queue_statements,
)
from cdk_sagemaker_mlops.definition import placeholders
from cdk_sagemaker_mlops.definition.pipeline_definition import PipelineDefinition

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
    defined = DefinedSteps.read(definition, stack, role_arn=role.role_arn, bucket_name=bucket.bucket_name)
    return [
        *_bucket_statements(bucket),
        *_input_data_statements(stack, input_data_uri),
        *job_statements(defined, role),
        *log_statements(defined),
        *comparison_statements(defined),
        *check_statements(defined),
        *model_statements(defined, model_package_group_name),
        *hosting_statements(defined),
        *lineage_statements(defined),
        *cleanup_statements(defined, bucket),
        *function_statements(defined),
        *queue_statements(defined),
        *emr_statements(defined),
        *emr_serverless_statements(defined),
        *vpc_statements(defined),
        *key_statements(defined),
        *_image_statements(stack, definition.document, images),
    ]


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
