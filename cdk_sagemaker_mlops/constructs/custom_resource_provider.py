"""The one provider that a stack has for all custom resources of this library."""

from __future__ import annotations

from aws_cdk import Annotations, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import custom_resources as cr
from constructs import Construct, IConstruct

from cdk_sagemaker_mlops.constructs.handler_function import HandlerFunction, lambda_role, temporary_log_group
from cdk_sagemaker_mlops.constructs.nag import accept_findings
from cdk_sagemaker_mlops.handlers import contract

_ID = "SageMakerMlopsCustomResources"
# The longest that CDK's provider framework can wait.
_TOTAL_TIMEOUT = Duration.hours(1)
_QUERY_INTERVAL = Duration.seconds(5)
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
_MOST_POLICIES = 10
_HANDLER_TIMEOUT = Duration.seconds(contract.LOOK_TIMEOUT_IN_SECONDS)
_FRAMEWORK_REASONS = {
    "AwsSolutions-IAM4": "CDK's provider framework gives its functions Lambda's basic execution policy",
    "AwsSolutions-IAM5": "CDK's provider framework may invoke any version of this stack's handlers",
    "AwsSolutions-L1": "CDK's provider framework chooses the runtime of its functions",
    "AwsSolutions-SF1": "The state machine only waits; what it does is logged by the functions it calls",
    "AwsSolutions-SF2": "The state machine runs only while the stack is deployed or deleted",
}


class CustomResourceProvider(Construct):
    """Defines the functions and the waiting that CloudFormation needs for this library's custom resources.

    Two functions of this library, and CDK's provider framework around them: three functions and a state
    machine that asks every five seconds, for up to an hour. They run only while a stack is deployed or
    deleted, and cost nothing otherwise. Who defines a custom resource gives :attr:`role` what its work needs,
    and makes the custom resource depend on that.

    Use :meth:`for_stack`: there is one a stack.

    Args:
        scope: Construct this one belongs to.
        id: Name of this construct, unique within ``scope``.

    Attributes:
        role: Role of the two functions.
        service_token: What a custom resource names as its service token.
    """

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        self.role = lambda_role(self, "Role")
        on_event = HandlerFunction(
            self,
            "OnEvent",
            handler=contract.ON_EVENT_HANDLER,
            description="Begins what CloudFormation asks of SageMaker custom resources",
            timeout=_HANDLER_TIMEOUT,
            role=self.role,
        )
        is_complete = HandlerFunction(
            self,
            "IsComplete",
            handler=contract.IS_COMPLETE_HANDLER,
            description="Goes on with it until SageMaker has come to rest",
            timeout=_HANDLER_TIMEOUT,
            role=self.role,
        )
        provider = cr.Provider(
            self,
            "Provider",
            on_event_handler=on_event.function,
            is_complete_handler=is_complete.function,
            query_interval=_QUERY_INTERVAL,
            total_timeout=_TOTAL_TIMEOUT,
            log_group=temporary_log_group(self, "FrameworkLogGroup"),
        )
        accept_findings(provider, _FRAMEWORK_REASONS)
        self.service_token = provider.service_token
        self._policies = 0

    def attach(self, policy: iam.ManagedPolicy) -> None:
        """Gives :attr:`role` a policy, and warns when it has more of them than IAM allows by default.

        Args:
            policy: What one custom resource's work needs.
        """
        policy.attach_to_role(self.role)
        self._policies += 1
        if self._policies == _MOST_POLICIES + 1:
            Annotations.of(self).add_warning_v2(
                "cdk-sagemaker-mlops:PoliciesPerRole",
                f"more than {_MOST_POLICIES} deployments in one stack need more policies a role than IAM "
                "allows by default; raise its quota of managed policies a role, or use a second stack",
            )

    @staticmethod
    def for_stack(construct: IConstruct) -> CustomResourceProvider:
        """Returns the provider of the stack that ``construct`` is in, and defines it the first time."""
        stack = Stack.of(construct)
        existing = stack.node.try_find_child(_ID)
        if isinstance(existing, CustomResourceProvider):
            return existing
        return CustomResourceProvider(stack, _ID)
