"""What a pipeline and its jobs may do."""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_sagemaker_mlops.constructs.defined_steps import DefinedSteps
from cdk_sagemaker_mlops.constructs.definition_body import ImageAccounts
from cdk_sagemaker_mlops.constructs.image_permissions import image_statements
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
from cdk_sagemaker_mlops.constructs.s3_permissions import (
    bucket_statements,
    input_data_statements,
    location_statements,
)
from cdk_sagemaker_mlops.constructs.service_permissions import (
    emr_serverless_statements,
    emr_statements,
    function_statements,
    queue_statements,
)
from cdk_sagemaker_mlops.definition.pipeline_definition import PipelineDefinition


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
        *bucket_statements(bucket),
        *input_data_statements(stack, input_data_uri),
        *location_statements(defined, input_data_uri),
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
        *image_statements(defined, definition.document, images),
    ]
