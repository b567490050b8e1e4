"""The endpoint that serves the newest approved model package of a group."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import CustomResource, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from constructs import Construct, IConstruct

from cdk_sagemaker_mlops.config import checks
from cdk_sagemaker_mlops.config.endpoint import ENDPOINTS, AsyncEndpoint, Endpoint, ServerlessEndpoint
from cdk_sagemaker_mlops.config.rollback_alarms import RollbackAlarms
from cdk_sagemaker_mlops.config.smoke_test import SmokeTest
from cdk_sagemaker_mlops.constructs.custom_resource_provider import CustomResourceProvider
from cdk_sagemaker_mlops.constructs.deployer_policy import Deployed, deployer_policy
from cdk_sagemaker_mlops.constructs.deployment_checks import (
    elsewhere_problems,
    group_problems,
    outcome_problems,
    patience_problem,
    storage_problem,
)
from cdk_sagemaker_mlops.constructs.deployment_triggers import DeploymentTriggers
from cdk_sagemaker_mlops.constructs.endpoint_metrics import EndpointMetrics
from cdk_sagemaker_mlops.constructs.guardrail_alarms import Alarms, alarm_problems, guardrail_alarms
from cdk_sagemaker_mlops.constructs.handler_function import HandlerFunction, temporary_log_group
from cdk_sagemaker_mlops.constructs.hosting_document import hosting_document, hosting_text
from cdk_sagemaker_mlops.constructs.model_execution_role import model_execution_role
from cdk_sagemaker_mlops.constructs.model_package_group import ModelPackageGroup
from cdk_sagemaker_mlops.constructs.model_registry import ModelRegistry
from cdk_sagemaker_mlops.constructs.naming import resource_name
from cdk_sagemaker_mlops.constructs.sagemaker_names import arns, name_problem
from cdk_sagemaker_mlops.definition.image_registries import registries_between
from cdk_sagemaker_mlops.handlers import contract

_LOOK_TIMEOUT = Duration.seconds(contract.LOOK_TIMEOUT_IN_SECONDS)


class ModelDeployment(Construct, EndpointMetrics):
    """Defines what keeps an endpoint on the newest approved model package of a group.

    Approving a version deploys it, rejecting the live one brings back the version approved before, and
    deleting the stack removes the endpoint with everything made for it. While nothing has been approved there
    is no endpoint.

    EventBridge rules on the group and on the endpoint, and a schedule every six hours, fill a FIFO queue; a
    Lambda function empties it, reads from SageMaker what should be and what is, and takes the next step. A
    custom resource takes the same steps whenever the hosting config changes, and waits: if SageMaker cannot
    host that way, the stack update fails and rolls back. A version counts as deployed when the endpoint
    serves it and the smoke test passes; otherwise the last good one returns, the reason is noted on the
    version, an SNS topic is told, and it is not tried again until it is approved anew or the hosting config
    changes.

    Idle, a serverless endpoint, the functions and the topic cost nothing. What remains is the alarm on the
    dead-letter queue (about $0.10 a month) and Lambda's polling of the queue (about 0.65 million SQS
    requests a month, of which SQS gives one million free to an account). A real-time endpoint costs its
    instances all the time, and about $0.10 a month for each of its three alarms. A key of your own adds KMS
    requests to the polling.

    Args:
        scope: Construct this one belongs to.
        id: Name of this construct, unique within ``scope``.
        model_package_group_name: Group of this account and region whose approved packages are deployed; it
            may be created later. Default: that of ``model_registry``.
        model_registry: Registry whose approved packages are deployed, also one of another account or region:
            ``ModelRegistry.from_model_package_group_arn``. Default: that of ``model_package_group_name``.
        endpoint: How the model is hosted. Default: ``ServerlessEndpoint()``, which costs nothing when idle.
        endpoint_name: Name of the endpoint, 1 to 63 letters, digits and hyphens; changing it replaces the
            endpoint. A token should be in lower case, because SageMaker's ARNs are. Default: generated from
            the stack's name and this construct's path.
        execution_role: Role that SageMaker takes on to read and run the model; used as it is, without adding
            permissions; with alarms it needs ``cloudwatch:DescribeAlarms`` on them. Default: one is defined
            that may pull SageMaker's own images, read ``artifact_bucket``, and write the endpoint's log, its
            metrics, and what it keeps in S3. For an image of your own, call ``repository.grant_pull`` with
            :attr:`execution_role`.
        artifact_bucket: Bucket with the model artifacts, which the default role then may read; what the
            endpoint keeps in S3 goes there unless it names another place. Default: none; grant
            :attr:`execution_role` what it must read.
        copy_bucket: Bucket of this region that models are copied to, for a registry of another region.
            Default: none.
        smoke_test: Request that a new model must answer to count as deployed. Default: none.
        alarms: Alarms that undo a rollout on instances: thresholds for those that are defined here, or up to
            10 of your own. Default: ``RollbackAlarms()``.
        when_none_approved: What becomes of the endpoint when no version is approved any more: ``"Keep"`` or
            ``"Remove"``. Default: ``"Keep"``.
        keep_versions: Deployed versions whose model and endpoint config are kept for a rollback, 1 to 20.
            Default: ``3``.
        wait: Have CloudFormation wait for a rollout's end, up to an hour, and fail with it.
            Default: ``True``.
        notification_topic: SNS topic that is told how each rollout ended. Default: one is defined.
        encryption_key: Key of the queues and of the topic that are defined here; it must trust its account's
            IAM policies, as keys made by CDK do, and one from elsewhere must let EventBridge use it.
            Default: SQS's own key, and none for the topic.

    Attributes:
        endpoint_name: Name of the endpoint.
        endpoint_arn: ARN of the endpoint, in the case that SageMaker uses.
        execution_role: Role that SageMaker takes on to read and run the model.
        notification_topic: Topic that is told how each rollout ended.
        alarms: Alarms that undo a rollout.
        dead_letter_queue: Where a trigger ends that kept failing; an alarm watches it.

    Raises:
        TypeError: An argument is of a wrong type.
        ValidationError: A value is not one that SageMaker accepts, or what a registry elsewhere needs is
            missing.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        model_package_group_name: str | None = None,
        model_registry: ModelRegistry | None = None,
        endpoint: Endpoint | None = None,
        endpoint_name: str | None = None,
        execution_role: iam.IRole | None = None,
        artifact_bucket: s3.IBucket | None = None,
        copy_bucket: s3.IBucket | None = None,
        smoke_test: SmokeTest | None = None,
        alarms: Alarms | None = None,
        when_none_approved: str = contract.KEEP,
        keep_versions: int = 3,
        wait: bool = True,
        notification_topic: sns.ITopic | None = None,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        checks.argument_type("model_registry", model_registry, (ModelRegistry, type(None)))
        checks.argument_type("endpoint", endpoint, (*ENDPOINTS, type(None)))
        checks.argument_type("smoke_test", smoke_test, (SmokeTest, type(None)))
        hosting = ServerlessEndpoint() if endpoint is None else endpoint
        at = f"{scope.node.path}/{id}".lstrip("/")
        checks.raise_problems(group_problems(model_package_group_name, model_registry), at=at)
        group = _group(scope, model_package_group_name, model_registry)
        # What belongs to another account is read, not written.
        storage = artifact_bucket if copy_bucket is None and group.is_in_account else copy_bucket
        checks.raise_problems(
            (
                *elsewhere_problems(scope, group, copy_bucket),
                name_problem("endpoint_name", endpoint_name, fix="leave it out to have a name generated"),
                storage_problem(hosting, storage),
                *alarm_problems(hosting, alarms),
                *outcome_problems(when_none_approved, keep_versions, wait),
                patience_problem(hosting, wait),
            ),
            at=at,
        )
        super().__init__(scope, id)
        self.endpoint_name = resource_name(self) if endpoint_name is None else endpoint_name
        self.endpoint_arn = arns(self, "endpoint", self.endpoint_name)[0]
        self._hosting, self._group, self._encryption_key = hosting, group, encryption_key
        self._artifact_bucket, self._copy_bucket = artifact_bucket, copy_bucket
        self._storage_uri = "" if storage is None else storage.s3_url_for_object(self.endpoint_name)
        self.alarms = guardrail_alarms(self, hosting, alarms, self)
        self._alarm_arns = (
            [alarm.alarm_arn for alarm in self.alarms]
            if alarms is None or isinstance(alarms, RollbackAlarms)
            # Composite alarms are described only to who may describe all.
            else ["*"] * bool(alarms)
        )
        self.notification_topic: sns.ITopic = (
            sns.Topic(self, "NotificationTopic", enforce_ssl=True, master_key=encryption_key)
            if notification_topic is None
            else notification_topic
        )
        # SageMaker would create this log group itself and leave it behind.
        log_group = temporary_log_group(
            self, "EndpointLogGroup", log_group_name=f"/aws/sagemaker/Endpoints/{self.endpoint_name}"
        )
        self.execution_role: iam.IRole = (
            self._define_execution_role(log_group) if execution_role is None else execution_role
        )
        document = hosting_document(
            hosting,
            endpoint_name=self.endpoint_name,
            storage_uri=self._storage_uri,
            alarm_names=[alarm.alarm_name for alarm in self.alarms],
            smoke_test=smoke_test,
            when_none_approved=when_none_approved,
            keep_versions=keep_versions,
        )
        if copy_bucket is not None and not group.is_in_region:
            document[contract.ARTIFACT_BUCKET] = copy_bucket.bucket_name
            document[contract.IMAGE_REGISTRIES] = registries_between(group.region, Stack.of(self).region)
        settings = {
            contract.MODEL_PACKAGE_GROUP: group.reference(self),
            contract.ENDPOINT_NAME: self.endpoint_name,
            contract.NAME_PREFIX: resource_name(self, max_length=contract.NAME_PREFIX_MAX_LENGTH),
            contract.EXECUTION_ROLE_ARN: self.execution_role.role_arn,
            contract.TOPIC_ARN: self.notification_topic.topic_arn,
            contract.HOSTING: hosting_text(self, document),
        }
        self._define_controller(
            settings,
            outlives_endpoint=[self.execution_role, log_group],
            has_smoke_test=smoke_test is not None,
            wait=wait,
        )

    def _define_execution_role(self, log_group: logs.ILogGroup) -> iam.Role:
        copied = not self._group.is_in_region
        artifacts = self._copy_bucket if copied else self._artifact_bucket
        return model_execution_role(
            self,
            "ExecutionRole",
            log_group=log_group,
            endpoint=self._hosting,
            storage_uri=self._storage_uri,
            artifact_buckets=[] if artifacts is None else [artifacts],
            alarm_arns=self._alarm_arns,
        )

    def _define_controller(
        self,
        settings: dict[str, str],
        *,
        outlives_endpoint: Sequence[IConstruct],
        has_smoke_test: bool,
        wait: bool,
    ) -> None:
        controller = HandlerFunction(
            self,
            "Controller",
            handler=contract.QUEUE_HANDLER,
            description=f"Keeps {self.endpoint_name} on the newest approved model package",
            timeout=_LOOK_TIMEOUT,
            environment=settings,
        )
        provider = CustomResourceProvider.for_stack(self)
        triggers = DeploymentTriggers(
            self,
            "Triggers",
            function=controller.function,
            group=self._group,
            endpoint_name=self.endpoint_name,
            encryption_key=self._encryption_key,
        )
        self.dead_letter_queue = triggers.dead_letter_queue
        settings[contract.QUEUE_URL] = triggers.queue.queue_url
        controller.function.add_environment(contract.QUEUE_URL, triggers.queue.queue_url)
        policy = deployer_policy(
            self,
            "ControllerPolicy",
            role=controller.role,
            deployed=Deployed(
                group=self._group,
                endpoint=self._hosting,
                endpoint_name=self.endpoint_name,
                name_prefix=settings[contract.NAME_PREFIX],
                execution_role_arn=self.execution_role.role_arn,
                storage_uri=self._storage_uri,
                alarm_arns=self._alarm_arns,
                has_smoke_test=has_smoke_test,
                queue=triggers.queue,
                topic=self.notification_topic,
                source_bucket=None if self._group.is_in_region else self._artifact_bucket,
                copy_bucket=None if self._group.is_in_region else self._copy_bucket,
            ),
        )

        provider.attach(policy)

        # CloudFormation creates in the order of these dependencies and deletes in the opposite one:
        # permissions -> Cleanup -> triggers -> Deployment. So the first look comes when triggers already
        # exist, and no approval in between is lost; and the endpoint is removed when no trigger is left to
        # bring it back, while its role and all permissions still exist.
        cleanup = self._custom_resource("Cleanup", contract.MODEL_DEPLOYMENT_CLEANUP, provider, settings)
        cleanup.node.add_dependency(policy, *outlives_endpoint)
        for source in triggers.sources:
            source.node.add_dependency(cleanup)
        deployment = self._custom_resource(
            "Deployment", contract.MODEL_DEPLOYMENT, provider, settings, wait="true" if wait else "false"
        )
        deployment.node.add_dependency(triggers)

    def _custom_resource(
        self,
        id: str,
        resource_type: str,
        provider: CustomResourceProvider,
        settings: dict[str, str],
        *,
        wait: str | None = None,
    ) -> CustomResource:
        properties = {name: settings[variable] for variable, name in contract.PROPERTY_OF.items()}
        if wait is not None:
            properties[contract.WAIT] = wait
        return CustomResource(
            self,
            id,
            resource_type=resource_type,
            service_token=provider.service_token,
            properties=properties,
        )

    def grant_invoke_endpoint(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allows ``grantee`` to ask the endpoint for predictions.

        Args:
            grantee: Who may ask. For an :class:`AsyncEndpoint` it must also be allowed to write the input to
                S3, and to read the answer.
        """
        is_async = isinstance(self._hosting, AsyncEndpoint)
        return iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["sagemaker:InvokeEndpointAsync" if is_async else "sagemaker:InvokeEndpoint"],
            resource_arns=arns(self, "endpoint", self.endpoint_name),
        )


def _group(scope: Construct, name: str | None, registry: ModelRegistry | None) -> ModelPackageGroup:
    stack = Stack.of(scope)
    if registry is not None:
        name, account, region = registry.model_package_group_name, registry.account, registry.region
    else:
        account, region = stack.account, stack.region
    return ModelPackageGroup.of(scope, name=str(name), account=account, region=region)
