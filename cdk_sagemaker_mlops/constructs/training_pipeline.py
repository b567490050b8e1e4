"""A SageMaker pipeline from SDK code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from aws_cdk import RemovalPolicy, Stack, Token
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from cdk_sagemaker_mlops.config import checks, stage_checks
from cdk_sagemaker_mlops.config.standard_pipeline import StandardPipeline
from cdk_sagemaker_mlops.constructs import input_data as data
from cdk_sagemaker_mlops.constructs.artifact_bucket import ArtifactBucket
from cdk_sagemaker_mlops.constructs.code_delivery import CodeDelivery
from cdk_sagemaker_mlops.constructs.definition_body import DefinitionBody, ImageAccounts
from cdk_sagemaker_mlops.constructs.definition_location import is_large, marked_document
from cdk_sagemaker_mlops.constructs.execution_role import execution_role as new_execution_role
from cdk_sagemaker_mlops.constructs.execution_role import execution_statements
from cdk_sagemaker_mlops.constructs.nag import accept_findings
from cdk_sagemaker_mlops.constructs.naming import resource_name
from cdk_sagemaker_mlops.constructs.sagemaker_names import name_problem
from cdk_sagemaker_mlops.definition.definition_cache import cached_definition
from cdk_sagemaker_mlops.definition.pipeline_definition import PipelineDefinition, PipelineFunction
from cdk_sagemaker_mlops.errors import Problem

# PipelineName allows 256 characters, the display name of its executions 82:
# https://github.com/aws/sagemaker-python-sdk/issues/2933
_NAME_PATTERN = r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,81}"
_MAX_NAME = 82
_POLICY_REASONS = {
    "AwsSolutions-IAM5": "SageMaker names an execution's jobs, and their logs, 'pipelines-*'; metrics, "
    "lists and image tokens have no resource to name; an execution uses all of one bucket and one group's "
    "packages"
}

_KEY_REASONS = {"AwsSolutions-IAM5": "CDK grants a key's data keys and re-encryption by their prefix"}


class TrainingPipeline(Construct):
    """Defines a SageMaker pipeline whose definition the SageMaker SDK builds while CDK synthesises.

    It defines the pipeline, the role that it and its jobs run with, the delivery of the code they run, and
    the bucket for all of it unless you bring one. Nothing starts by itself. Idle it costs what the bucket
    stores; an execution costs its jobs' instance time. A definition above 64 KiB is deployed to the bucket
    instead of being part of the template, and CDK says so.

    Args:
        scope: Construct this one belongs to.
        id: Name of this construct, unique within ``scope``.
        pipeline: The built-in pipeline's options, or a function of a
            :class:`~cdk_sagemaker_mlops.PipelineContext` that returns the SDK's ``Pipeline``.
        model_package_group_name: Group that the pipeline registers models in; it must exist when an execution
            starts.
        pipeline_name: Name of the pipeline, 1 to 82 letters, digits and hyphens. Default: made from the
            stack's name and this construct's path.
        input_data: Default of the pipeline's ``InputDataUri`` parameter: an ``s3://`` URI, or a local file or
            folder, which is deployed with the stack. Default: none, so that it must be given when an
            execution starts.
        max_parallel_execution_steps: Most steps of one execution that run at a time, at least 1.
            Default: what a ``StandardPipeline`` says; for a function, SageMaker's own limit.
        artifact_bucket: Bucket for code, data and models. Default: a private one is defined.
        execution_role: Role for the pipeline and its jobs; it gets the permissions they need.
            Default: one is defined.
        removal_policy: What happens to the bucket that is defined here when the stack is destroyed.
            Default: ``RemovalPolicy.RETAIN``.
        encryption_key: Key of the bucket that is defined here. Default: S3's own.

    Raises:
        ValidationError: A name or a number is not valid, or the input data does not exist.
        DefinitionError: The pipeline cannot be built without AWS, or is not valid.
        TypeError: An argument has the wrong type.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        pipeline: StandardPipeline | PipelineFunction,
        model_package_group_name: str,
        pipeline_name: str | None = None,
        input_data: str | Path | None = None,
        max_parallel_execution_steps: int | None = None,
        artifact_bucket: s3.IBucket | None = None,
        execution_role: iam.IRole | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        if not callable(pipeline):
            checks.argument_type("pipeline", pipeline, StandardPipeline)
        checks.argument_type("input_data", input_data, (str, Path, type(None)))
        checks.argument_type("removal_policy", removal_policy, RemovalPolicy)
        checks.raise_problems(
            [
                *_name_problems(pipeline_name, model_package_group_name),
                data.problem_of(input_data),
                _parallelism_problem(max_parallel_execution_steps),
            ],
            at=f"{scope.node.path}/{id}".lstrip("/"),
        )
        super().__init__(scope, id)
        stack = Stack.of(self)
        self.pipeline_name = (
            resource_name(self, max_length=_MAX_NAME) if pipeline_name is None else pipeline_name
        )
        located = data.locate(input_data)
        definition = cached_definition(
            pipeline,
            pipeline_name=self.pipeline_name,
            model_package_group_name=model_package_group_name,
            region=None if Token.is_unresolved(stack.region) else stack.region,
            input_data_uri=located.default_uri,
        )
        self.artifact_bucket: s3.IBucket = (
            ArtifactBucket(
                self,
                "ArtifactBucket",
                pipeline_name=self.pipeline_name,
                removal_policy=removal_policy,
                encryption_key=encryption_key,
            )
            if artifact_bucket is None
            else artifact_bucket
        )
        self.execution_role: iam.IRole = (
            new_execution_role(self, "ExecutionRole") if execution_role is None else execution_role
        )
        images = ImageAccounts(self, "Images", tables=definition.image_tables)
        permissions = self._permit(
            definition, images, group=model_package_group_name, input_data_uri=located.default_uri
        )
        pipeline_definition, delivery = self._deliver(definition, images, located)
        resource = sagemaker.CfnPipeline(
            self,
            "Resource",
            pipeline_name=self.pipeline_name,
            role_arn=self.execution_role.role_arn,
            parallelism_configuration=_parallelism(pipeline, max_parallel_execution_steps),
            pipeline_definition=pipeline_definition,
        )
        # An execution that starts right after the deployment must find its permissions and its code.
        resource.node.add_dependency(permissions, delivery)
        self.pipeline_arn = stack.format_arn(
            service="sagemaker", resource="pipeline", resource_name=self.pipeline_name.lower()
        )

    def _permit(
        self, definition: PipelineDefinition, images: ImageAccounts, *, group: str, input_data_uri: str | None
    ) -> iam.Policy:
        """Lets the execution role do what the definition's steps need."""
        policy = iam.Policy(
            self,
            "ExecutionPolicy",
            statements=execution_statements(
                definition,
                images=images,
                role=self.execution_role,
                bucket=self.artifact_bucket,
                model_package_group_name=group,
                input_data_uri=input_data_uri,
            ),
        )
        policy.attach_to_role(self.execution_role)
        accept_findings(policy, _POLICY_REASONS)
        if self.artifact_bucket.encryption_key is not None:
            self.artifact_bucket.encryption_key.grant_encrypt_decrypt(self.execution_role)
            accept_findings(self.execution_role, _KEY_REASONS)
        return policy

    def _deliver(
        self, definition: PipelineDefinition, images: ImageAccounts, located: data.InputData
    ) -> tuple[dict[str, Any], CodeDelivery]:
        """Returns the definition, or where it will be, and what brings it and the code there."""
        bucket = self.artifact_bucket
        body = DefinitionBody(
            definition,
            images=images,
            pipeline_name=self.pipeline_name,
            role_arn=self.execution_role.role_arn,
            bucket_name=bucket.bucket_name,
        )
        document = marked_document(self, body) if is_large(definition) else None
        delivery = CodeDelivery(
            self, "CodeDelivery", bucket=bucket, code=definition.code, input_data=located, document=document
        )
        if document is None:
            return {"PipelineDefinitionBody": body.with_tokens()}, delivery
        location = {"Bucket": bucket.bucket_name, "Key": document.key}
        return {"PipelineDefinitionS3Location": location}, delivery

    def grant_start_pipeline_execution(self, grantee: iam.IGrantable) -> iam.Grant:
        """Lets ``grantee`` start executions of this pipeline."""
        return iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["sagemaker:StartPipelineExecution"],
            resource_arns=[self.pipeline_arn],
        )


def _parallelism(pipeline: StandardPipeline | PipelineFunction, given: int | None) -> dict[str, int] | None:
    steps = given
    if steps is None and isinstance(pipeline, StandardPipeline):
        steps = pipeline.max_parallel_execution_steps
    return None if steps is None else {"MaxParallelExecutionSteps": steps}


def _parallelism_problem(given: int | None) -> Problem | None:
    return stage_checks.whole_number(
        "max_parallel_execution_steps",
        given,
        1,
        None,
        code="InvalidParallelism",
        unit="steps",
        fix="leave it out for no limit",
    )


def _name_problems(pipeline_name: str | None, model_package_group_name: str) -> Iterator[Problem | None]:
    yield checks.known_at_synth("pipeline_name", pipeline_name)
    yield checks.matches(
        "pipeline_name",
        pipeline_name,
        _NAME_PATTERN,
        code="InvalidPipelineName",
        rule="be 1 to 82 letters, digits and inner hyphens",
        fix="leave it out to get a valid name",
    )
    yield name_problem(
        "model_package_group_name",
        model_package_group_name,
        fix="pass the name of the model package group, not its ARN",
    )
