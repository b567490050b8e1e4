"""The facade: one construct from training code to a served model."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import CfnOutput, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from cdk_sagemaker_mlops.config.endpoint import RealTimeEndpoint, ServerlessEndpoint
from cdk_sagemaker_mlops.config.standard_pipeline import StandardPipeline
from cdk_sagemaker_mlops.constructs.model_deployment import ModelDeployment
from cdk_sagemaker_mlops.constructs.model_registry import ModelRegistry
from cdk_sagemaker_mlops.constructs.naming import resource_name
from cdk_sagemaker_mlops.constructs.training_pipeline import TrainingPipeline
from cdk_sagemaker_mlops.definition.pipeline_definition import PipelineFunction


class MlopsPipeline(Construct):
    """Defines a pipeline, its registry, and an endpoint that serves the newest approved model.

    Deploy the stack and start the pipeline. It registers a model package; approve that, and the endpoint
    serves it. Approve a newer one, and the endpoint moves to it; reject the one that is served, and the one
    before returns.

    Idle it costs what the artifact bucket stores, and about $0.10 a month for one alarm; with a
    ``RealTimeEndpoint`` also its instances, from the first approval on.

    Args:
        scope: Construct this one belongs to.
        id: Name of this construct, unique within ``scope``.
        pipeline: The built-in pipeline's options, or a function of a
            :class:`~cdk_sagemaker_mlops.PipelineContext` that returns the SDK's ``Pipeline``.
        input_data: Default of the pipeline's ``InputDataUri`` parameter: an ``s3://`` URI, or a local file or
            folder, which is deployed with the stack. Default: none, so that it must be given when an
            execution starts.
        endpoint: How approved models are hosted. Default: ``ServerlessEndpoint()``, which costs nothing when
            idle.
        pipeline_name: Name of the pipeline. Default: made from the stack's name and this construct's path.
        endpoint_name: Name of the endpoint. Default: made from the stack's name and this construct's path.
        model_registry: Registry of the models. Default: one is defined.
        artifact_bucket: Bucket for code, data and models. Default: a private one is defined.
        execution_role: Role for the pipeline and its jobs; it gets the permissions they need.
            Default: one is defined.
        removal_policy: What happens to the bucket and the registry that are defined here, and to all models
            in them, when the stack is destroyed. Default: ``RemovalPolicy.RETAIN``.

    Raises:
        ValidationError: An argument is not valid.
        DefinitionError: The pipeline cannot be built without AWS, or is not valid.
        TypeError: An argument has the wrong type.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        pipeline: StandardPipeline | PipelineFunction,
        input_data: str | Path | None = None,
        endpoint: ServerlessEndpoint | RealTimeEndpoint | None = None,
        pipeline_name: str | None = None,
        endpoint_name: str | None = None,
        model_registry: ModelRegistry | None = None,
        artifact_bucket: s3.IBucket | None = None,
        execution_role: iam.IRole | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
    ) -> None:
        super().__init__(scope, id)
        name = resource_name(self)
        registry = (
            ModelRegistry(self, "ModelRegistry", model_package_group_name=name, removal_policy=removal_policy)
            if model_registry is None
            else model_registry
        )
        self._training = TrainingPipeline(
            self,
            "TrainingPipeline",
            pipeline=pipeline,
            model_package_group_name=registry.model_package_group_name,
            pipeline_name=name if pipeline_name is None else pipeline_name,
            input_data=input_data,
            artifact_bucket=artifact_bucket,
            execution_role=execution_role,
            removal_policy=removal_policy,
        )
        self._deployment = ModelDeployment(
            self,
            "ModelDeployment",
            model_package_group_name=registry.model_package_group_name,
            endpoint=endpoint,
            endpoint_name=name if endpoint_name is None else endpoint_name,
            artifact_bucket=self._training.artifact_bucket,
        )
        # The group must outlive both: its deletion fails while models are registered or served.
        self._training.node.add_dependency(registry)
        self._deployment.node.add_dependency(registry)
        self.model_package_group_name = registry.model_package_group_name
        self.pipeline_name = self._training.pipeline_name
        self.pipeline_arn = self._training.pipeline_arn
        self.artifact_bucket = self._training.artifact_bucket
        self.execution_role = self._training.execution_role
        self.endpoint_name = self._deployment.endpoint_name
        self._define_outputs()

    def grant_start_pipeline_execution(self, grantee: iam.IGrantable) -> iam.Grant:
        """Lets ``grantee`` start executions of the pipeline."""
        return self._training.grant_start_pipeline_execution(grantee)

    def grant_invoke_endpoint(self, grantee: iam.IGrantable) -> iam.Grant:
        """Lets ``grantee`` send requests to the endpoint."""
        return self._deployment.grant_invoke_endpoint(grantee)

    def _define_outputs(self) -> None:
        """Says what was defined; the command line finds it by these descriptions."""
        for attribute, value in {
            "PipelineName": self.pipeline_name,
            "ModelPackageGroupName": self.model_package_group_name,
            "EndpointName": self.endpoint_name,
            "ArtifactBucketName": self.artifact_bucket.bucket_name,
            "DeadLetterQueueUrl": self._deployment.dead_letter_queue.queue_url,
        }.items():
            CfnOutput(
                self,
                attribute,
                value=value,
                description=f"{attribute} of {self.node.path} (cdk-sagemaker-mlops)",
            )
