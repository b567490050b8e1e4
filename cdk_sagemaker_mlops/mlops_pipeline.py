"""The facade: one construct from training code to a served model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from aws_cdk import CfnOutput, RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from constructs import Construct

from cdk_sagemaker_mlops.config import checks
from cdk_sagemaker_mlops.config.endpoint import Endpoint
from cdk_sagemaker_mlops.config.registry_consumer import RegistryConsumer
from cdk_sagemaker_mlops.config.rollback_alarms import RollbackAlarms
from cdk_sagemaker_mlops.config.smoke_test import SmokeTest
from cdk_sagemaker_mlops.config.standard_pipeline import StandardPipeline
from cdk_sagemaker_mlops.constructs.model_deployment import ModelDeployment
from cdk_sagemaker_mlops.constructs.model_registry import ModelRegistry
from cdk_sagemaker_mlops.constructs.naming import resource_name
from cdk_sagemaker_mlops.constructs.training_pipeline import TrainingPipeline
from cdk_sagemaker_mlops.definition.pipeline_definition import PipelineFunction
from cdk_sagemaker_mlops.errors import Problem


class MlopsPipeline(Construct):
    """Defines a pipeline, its registry, and an endpoint that serves the newest approved model.

    Deploy the stack and start the pipeline. It registers a model package; approve that, and the endpoint
    serves it. Approve a newer one, and the endpoint moves to it; reject the one that is served, and the one
    before returns. A model that does not start, or fails the smoke test, is marked and told of, and the last
    good one serves.

    Idle it costs what the artifact bucket stores, and about $0.10 a month for one alarm; with a
    ``RealTimeEndpoint`` also three more alarms, and its instances from the first approval on.

    Args:
        scope: Construct this one belongs to.
        id: Name of this construct, unique within ``scope``.
        pipeline: The built-in pipeline's options, or a function of a
            :class:`~cdk_sagemaker_mlops.PipelineContext` that returns the SDK's ``Pipeline``.
        input_data: Default of the pipeline's ``InputDataUri`` parameter: an ``s3://`` URI, or a local file or
            folder, which is deployed with the stack. Default: none, so that it must be given when an
            execution starts.
        max_parallel_execution_steps: Most steps of one execution that run at a time, at least 1.
            Default: what a ``StandardPipeline`` says; for a function, SageMaker's own limit.
        endpoint: How approved models are hosted. Default: ``ServerlessEndpoint()``, which costs nothing when
            idle.
        pipeline_name: Name of the pipeline. Default: made from the stack's name and this construct's path.
        endpoint_name: Name of the endpoint. Default: made from the stack's name and this construct's path.
        model_registry: Registry of the models, of this account and region. Default: one is defined.
        artifact_bucket: Bucket for code, data and models. Default: a private one is defined.
        execution_role: Role for the pipeline and its jobs; it gets the permissions they need.
            Default: one is defined.
        removal_policy: What happens to the bucket and the registry that are defined here, and to all models
            in them, when the stack is destroyed. Default: ``RemovalPolicy.RETAIN``.
        smoke_test: Request that a new model must answer to count as deployed. Default: none.
        alarms: Alarms that undo a rollout on instances: thresholds for those that are defined here, or up to
            10 of your own. Default: ``RollbackAlarms()``.
        when_none_approved: What becomes of the endpoint when no version is approved any more: ``"Keep"`` or
            ``"Remove"``. Default: ``"Keep"``.
        keep_versions: Deployed versions whose model and endpoint config are kept for a rollback, 1 to 20.
            Default: ``3``.
        wait_for_deployment: Have CloudFormation wait for a rollout's end, up to an hour, and fail with it.
            Default: ``True``.
        notification_topic: SNS topic that is told how each rollout ended. Default: one is defined.
        shared_with: Who else deploys from the registry that is defined here: ids of accounts, or a
            ``RegistryConsumer`` each. They may also read the artifact bucket. Default: nobody.
        encryption_key: Key of the artifact bucket, the queues and the topic that are defined here; it must
            trust its account's IAM policies, as keys made by CDK do, and one from elsewhere must let
            EventBridge use it. Default: the services' own keys.

    Attributes:
        pipeline_name: Name of the pipeline.
        pipeline_arn: ARN of the pipeline.
        model_package_group_name: Name of the group that the pipeline registers models in.
        endpoint_name: Name of the endpoint.
        artifact_bucket: Bucket for code, data and models.
        execution_role: Role of the pipeline and its jobs.
        deployment: What keeps the endpoint on the newest approved model, with its metrics.
        notification_topic: Topic that is told how each rollout ended.

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
        max_parallel_execution_steps: int | None = None,
        endpoint: Endpoint | None = None,
        pipeline_name: str | None = None,
        endpoint_name: str | None = None,
        model_registry: ModelRegistry | None = None,
        artifact_bucket: s3.IBucket | None = None,
        execution_role: iam.IRole | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
        smoke_test: SmokeTest | None = None,
        alarms: RollbackAlarms | Sequence[cloudwatch.IAlarm] | None = None,
        when_none_approved: str = "Keep",
        keep_versions: int = 3,
        wait_for_deployment: bool = True,
        notification_topic: sns.ITopic | None = None,
        shared_with: Sequence[str | RegistryConsumer] = (),
        encryption_key: kms.IKey | None = None,
    ) -> None:
        checks.raise_problems(
            _registry_problems(scope, model_registry, shared_with), at=f"{scope.node.path}/{id}".lstrip("/")
        )
        super().__init__(scope, id)
        name = resource_name(self)
        registry = (
            ModelRegistry(
                self,
                "ModelRegistry",
                model_package_group_name=name,
                removal_policy=removal_policy,
                shared_with=shared_with,
            )
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
            max_parallel_execution_steps=max_parallel_execution_steps,
            artifact_bucket=artifact_bucket,
            execution_role=execution_role,
            encryption_key=encryption_key,
            removal_policy=removal_policy,
        )
        registry.share_artifacts(self._training.artifact_bucket)
        self.deployment = ModelDeployment(
            self,
            "ModelDeployment",
            model_registry=registry,
            endpoint=endpoint,
            endpoint_name=name if endpoint_name is None else endpoint_name,
            artifact_bucket=self._training.artifact_bucket,
            smoke_test=smoke_test,
            alarms=alarms,
            when_none_approved=when_none_approved,
            keep_versions=keep_versions,
            wait=wait_for_deployment,
            notification_topic=notification_topic,
            encryption_key=encryption_key,
        )
        # The group must outlive both: its deletion fails while models are registered or served.
        self._training.node.add_dependency(registry)
        self.deployment.node.add_dependency(registry)
        self.model_package_group_name = registry.model_package_group_name
        self.pipeline_name = self._training.pipeline_name
        self.pipeline_arn = self._training.pipeline_arn
        self.artifact_bucket = self._training.artifact_bucket
        self.execution_role = self._training.execution_role
        self.endpoint_name = self.deployment.endpoint_name
        self.notification_topic = self.deployment.notification_topic
        self._define_outputs()

    def grant_start_pipeline_execution(self, grantee: iam.IGrantable) -> iam.Grant:
        """Lets ``grantee`` start executions of the pipeline."""
        return self._training.grant_start_pipeline_execution(grantee)

    def grant_invoke_endpoint(self, grantee: iam.IGrantable) -> iam.Grant:
        """Lets ``grantee`` send requests to the endpoint."""
        return self.deployment.grant_invoke_endpoint(grantee)

    def _define_outputs(self) -> None:
        """Says what was defined; the command line finds it by these descriptions."""
        for attribute, value in {
            "PipelineName": self.pipeline_name,
            "ModelPackageGroupName": self.model_package_group_name,
            "EndpointName": self.endpoint_name,
            "ArtifactBucketName": self.artifact_bucket.bucket_name,
            "DeadLetterQueueUrl": self.deployment.dead_letter_queue.queue_url,
            "NotificationTopicArn": self.notification_topic.topic_arn,
        }.items():
            CfnOutput(
                self,
                attribute,
                value=value,
                description=f"{attribute} of {self.node.path} (cdk-sagemaker-mlops)",
            )


def _registry_problems(
    scope: Construct, registry: ModelRegistry | None, shared_with: Sequence[str | RegistryConsumer]
) -> list[Problem | None]:
    """Checks that the registry is one that the pipeline can register in, and that it can be shared."""
    if registry is None:
        return []
    stack = Stack.of(scope)
    here = (registry.account, registry.region) == (stack.account, stack.region)
    elsewhere = Problem(
        code="RegistryElsewhere",
        parameter="model_registry",
        rule="be of the stack's account and region, because the pipeline registers its models in it",
        value=registry.model_package_group_name,
        fix="use a ModelDeployment alone to deploy from a registry elsewhere",
    )
    unshared = Problem(
        code="NotDefinedHere",
        parameter="shared_with",
        rule="be left out when model_registry is given",
        value=list(shared_with),
        fix="share the registry where it is defined: ModelRegistry(..., shared_with=[...])",
    )
    return [None if here else elsewhere, unshared if shared_with else None]
