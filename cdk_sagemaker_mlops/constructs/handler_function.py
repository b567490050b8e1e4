"""A Lambda function that runs one of this library's handlers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from aws_cdk import Duration, IgnoreMode, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

_PACKAGE = Path(__file__).parent.parent

# Anchored patterns in git's way: a bare name in CDK's default mode would also match below `handlers`.
_NOT_HANDLERS = ["/*", "!/handlers", "__pycache__", "*.pyc"]


def temporary_log_group(scope: Construct, id: str, *, log_group_name: str | None = None) -> logs.LogGroup:
    """Defines a log group that keeps a month and goes with its stack.

    Args:
        scope: Construct that the log group belongs to.
        id: Name within ``scope``.
        log_group_name: Name, where a service dictates it. Default: CloudFormation names it.
    """
    return logs.LogGroup(
        scope,
        id,
        log_group_name=log_group_name,
        retention=logs.RetentionDays.ONE_MONTH,
        removal_policy=RemovalPolicy.DESTROY,
    )


class HandlerFunction(Construct):
    """Defines a Lambda function with one of this library's handlers, its role and its log group.

    It logs JSON and keeps a month of it. Nothing costs while it is not invoked.

    Args:
        scope: Construct this one belongs to.
        id: Name of this construct, unique within ``scope``.
        handler: Path of the handler inside the asset, from :mod:`..handlers.contract`.
        description: What the function does.
        timeout: Longest run.
        environment: Environment variables. Default: none.
        role: Role to run with, which then may write to the log group. Default: one is defined.

    Attributes:
        function: The Lambda function.
        role: The role it runs with.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        handler: str,
        description: str,
        timeout: Duration,
        environment: Mapping[str, str] | None = None,
        role: iam.Role | None = None,
    ) -> None:
        super().__init__(scope, id)
        log_group = temporary_log_group(self, "LogGroup")
        self.role = lambda_role(self, "Role") if role is None else role
        # Not the managed policy that CDK would attach: it allows writing to every log group of the account.
        log_group.grant_write(self.role)
        self.function = lambda_.Function(
            self,
            "Resource",
            description=description,
            code=lambda_.Code.from_asset(str(_PACKAGE), exclude=_NOT_HANDLERS, ignore_mode=IgnoreMode.GIT),
            handler=handler,
            runtime=lambda_.Runtime.PYTHON_3_14,
            # The architecture that every region and partition has; at a few runs a day its price is no
            # matter.
            architecture=lambda_.Architecture.X86_64,
            memory_size=256,
            timeout=timeout,
            environment=None if environment is None else dict(environment),
            role=self.role,
            log_group=log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            application_log_level_v2=lambda_.ApplicationLogLevel.INFO,
        )


def lambda_role(scope: Construct, id: str) -> iam.Role:
    """Defines a role for Lambda functions, without any permission yet."""
    return iam.Role(scope, id, assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
