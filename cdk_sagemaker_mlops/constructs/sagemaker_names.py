"""Checks and ARNs of SageMaker's named resources."""

from __future__ import annotations

from aws_cdk import Stack
from constructs import IConstruct

from cdk_sagemaker_mlops.config import checks
from cdk_sagemaker_mlops.errors import Problem

# Model package groups and endpoints have the same rule:
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpoint.html
_NAME = r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"


def name_problem(parameter: str, value: str | None, *, fix: str) -> Problem | None:
    """Checks the name of an endpoint or of a model package group; ``None`` and tokens pass.

    Args:
        parameter: Path of the parameter, as the user writes it.
        value: The name.
        fix: What to do about a wrong one.
    """
    return checks.matches(
        parameter,
        value,
        _NAME,
        code="InvalidName",
        rule="be 1 to 63 letters, digits and inner hyphens",
        fix=fix,
    )


def arns(
    construct: IConstruct, resource: str, name: str, *, account: str | None = None, region: str | None = None
) -> list[str]:
    """Returns every ARN that SageMaker may give a resource.

    SageMaker lower-cases names in the ARNs of most resources, and IAM compares ARNs by case: a name with
    capitals gets both. A token cannot be lower-cased here and is taken as it is.

    Args:
        construct: A construct of the stack concerned.
        resource: Type of the resource, such as ``endpoint``.
        name: Its name, or a pattern of names.
        account: Account that it is in. Default: the stack's.
        region: Region that it is in. Default: the stack's.
    """
    spellings = [name] if checks.is_token(name) else list(dict.fromkeys([name.lower(), name]))
    stack = Stack.of(construct)
    return [
        stack.format_arn(
            service="sagemaker",
            account=account,
            region=region,
            resource=resource,
            resource_name=spelling,
        )
        for spelling in spellings
    ]
