"""The endpoint that serves the newest approved model package of a group."""

from __future__ import annotations

from aws_cdk import CustomResource, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct, IConstruct

from cdk_sagemaker_mlops.config import checks
from cdk_sagemaker_mlops.config.endpoint import RealTimeEndpoint, ServerlessEndpoint
from cdk_sagemaker_mlops.constructs.custom_resource_provider import CustomResourceProvider
from cdk_sagemaker_mlops.constructs.deployer_policy import deployer_policy
from cdk_sagemaker_mlops.constructs.deployment_triggers import DeploymentTriggers
from cdk_sagemaker_mlops.constructs.handler_function import HandlerFunction, temporary_log_group
from cdk_sagemaker_mlops.constructs.model_execution_role import model_execution_role
from cdk_sagemaker_mlops.constructs.naming import resource_name
from cdk_sagemaker_mlops.constructs.sagemaker_names import arns, name_problem
from cdk_sagemaker_mlops.handlers import contract

_LOOK_TIMEOUT = Duration.seconds(contract.LOOK_TIMEOUT_IN_SECONDS)


class ModelDeployment(Construct):
    """Defines what keeps an endpoint on the newest approved model package of a group.

    Approving a version deploys it, rejecting the live one brings back the version approved before, and
    deleting the stack removes the endpoint with everything made for it. While nothing is approved there is no
    endpoint.

    EventBridge rules on the group and on the endpoint, and a schedule every six hours, fill a FIFO queue; a
    Lambda function empties it, reads from SageMaker what should be and what is, and takes the next step. A
    custom resource takes the same steps whenever the hosting config changes, and waits: if SageMaker cannot
    host that way, the stack update fails and rolls back. A failed rollout is noted and not repeated until the
    package is approved anew or the hosting config changes.

    Idle, a serverless endpoint and the functions cost nothing. What remains is the alarm on the dead-letter
    queue (about $0.10 a month) and Lambda's polling of the queue (about 0.65 million SQS requests a month, of
    which SQS gives one million free to an account). A real-time endpoint costs its instances all the time.

    Args:
        scope: Construct this one belongs to.
        id: Name of this construct, unique within ``scope``.
        model_package_group_name: Group whose approved packages are deployed; it may be created later.
        endpoint: How the model is hosted. Default: ``ServerlessEndpoint()``, which costs nothing when idle.
        endpoint_name: Name of the endpoint, 1 to 63 letters, digits and hyphens; changing it replaces the
            endpoint. A token should be in lower case, because SageMaker's ARNs are. Default: generated from
            the stack's name and this construct's path.
        execution_role: Role that SageMaker takes on to read and run the model; used as it is, without adding
            permissions. Default: one is defined that may pull SageMaker's own images, read
            ``artifact_bucket``, and write the endpoint's log and metrics. For an image of your own, call
            ``repository.grant_pull`` with :attr:`execution_role`.
        artifact_bucket: Bucket with the model artifacts, which the default role then may read. Default: none;
            grant :attr:`execution_role` what it must read.

    Attributes:
        endpoint_name: Name of the endpoint.
        endpoint_arn: ARN of the endpoint, in the case that SageMaker uses.
        execution_role: Role that SageMaker takes on to read and run the model.
        dead_letter_queue: Where a trigger ends that kept failing; an alarm watches it.

    Raises:
        TypeError: An argument is of a wrong type.
        ValidationError: A name is not one that SageMaker accepts.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        model_package_group_name: str,
        endpoint: ServerlessEndpoint | RealTimeEndpoint | None = None,
        endpoint_name: str | None = None,
        execution_role: iam.IRole | None = None,
        artifact_bucket: s3.IBucket | None = None,
    ) -> None:
        checks.argument_type("endpoint", endpoint, (ServerlessEndpoint, RealTimeEndpoint, type(None)))
        checks.raise_problems(
            (
                name_problem(
                    "model_package_group_name",
                    model_package_group_name,
                    fix="pass the name of the model package group, not its ARN",
                ),
                name_problem("endpoint_name", endpoint_name, fix="leave it out to have a name generated"),
            ),
            at=f"{scope.node.path}/{id}",
        )
        super().__init__(scope, id)
        self.endpoint_name = resource_name(self) if endpoint_name is None else endpoint_name
        self.endpoint_arn = arns(self, "endpoint", self.endpoint_name)[0]
        # SageMaker would create this log group itself and leave it behind.
        log_group = temporary_log_group(
            self, "EndpointLogGroup", log_group_name=f"/aws/sagemaker/Endpoints/{self.endpoint_name}"
        )
        self.execution_role: iam.IRole = (
            model_execution_role(self, "ExecutionRole", log_group=log_group, artifact_bucket=artifact_bucket)
            if execution_role is None
            else execution_role
        )
        hosting = ServerlessEndpoint() if endpoint is None else endpoint
        settings = {
            contract.MODEL_PACKAGE_GROUP: model_package_group_name,
            contract.ENDPOINT_NAME: self.endpoint_name,
            contract.NAME_PREFIX: resource_name(self, max_length=contract.NAME_PREFIX_MAX_LENGTH),
            contract.EXECUTION_ROLE_ARN: self.execution_role.role_arn,
            contract.TOPIC_ARN: "",
            contract.HOSTING: Stack.of(self).to_json_string(
                {
                    contract.KIND: contract.REAL_TIME
                    if isinstance(hosting, RealTimeEndpoint)
                    else contract.SERVERLESS,
                    contract.PRODUCTION_VARIANT: hosting.production_variant(),
                }
            ),
        }
        self._define_controller(settings, outlives_endpoint=[self.execution_role, log_group])

    def _define_controller(self, settings: dict[str, str], *, outlives_endpoint: list[IConstruct]) -> None:
        controller = HandlerFunction(
            self,
            "Controller",
            handler=contract.QUEUE_HANDLER,
            description=f"Keeps {self.endpoint_name} on the newest approved model package",
            timeout=_LOOK_TIMEOUT,
            environment=settings,
        )
        provider = CustomResourceProvider.for_stack(self)
        policy = deployer_policy(
            self,
            "ControllerPolicy",
            roles=[controller.role, provider.role],
            model_package_group_name=settings[contract.MODEL_PACKAGE_GROUP],
            endpoint_name=self.endpoint_name,
            name_prefix=settings[contract.NAME_PREFIX],
            execution_role_arn=self.execution_role.role_arn,
        )
        triggers = DeploymentTriggers(
            self,
            "Triggers",
            function=controller.function,
            model_package_group_name=settings[contract.MODEL_PACKAGE_GROUP],
            endpoint_name=self.endpoint_name,
        )
        self.dead_letter_queue = triggers.dead_letter_queue
        settings[contract.QUEUE_URL] = triggers.queue.queue_url
        controller.function.add_environment(contract.QUEUE_URL, triggers.queue.queue_url)

        # CloudFormation creates in the order of these dependencies and deletes in the opposite one:
        # permissions -> Cleanup -> triggers -> Deployment. So the first look comes when triggers already
        # exist, and no approval in between is lost; and the endpoint is removed when no trigger is left to
        # bring it back, while its role and all permissions still exist.
        cleanup = self._custom_resource("Cleanup", contract.MODEL_DEPLOYMENT_CLEANUP, provider, settings)
        cleanup.node.add_dependency(policy, *outlives_endpoint)
        for source in triggers.sources:
            source.node.add_dependency(cleanup)
        deployment = self._custom_resource("Deployment", contract.MODEL_DEPLOYMENT, provider, settings)
        deployment.node.add_dependency(triggers)

    def _custom_resource(
        self, id: str, resource_type: str, provider: CustomResourceProvider, settings: dict[str, str]
    ) -> CustomResource:
        return CustomResource(
            self,
            id,
            resource_type=resource_type,
            service_token=provider.service_token,
            properties={name: settings[variable] for variable, name in contract.PROPERTY_OF.items()},
        )

    def grant_invoke_endpoint(self, grantee: iam.IGrantable) -> iam.Grant:
        """Allows ``grantee`` to ask the endpoint for predictions.

        Args:
            grantee: Who may ask.
        """
        return iam.Grant.add_to_principal(
            grantee=grantee,
            actions=["sagemaker:InvokeEndpoint"],
            resource_arns=arns(self, "endpoint", self.endpoint_name),
        )
