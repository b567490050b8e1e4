"""Steps that are one call of SageMaker's control plane: RegisterModel and Model."""

from __future__ import annotations

import functools
from typing import Any

from cdk_sagemaker_mlops.local.execution.failures import RefusedStepError
from cdk_sagemaker_mlops.local.execution.step_context import StepContext, StepResult


def register_model(arguments: dict[str, Any], context: StepContext) -> StepResult:
    """Registers a model package.

    Args:
        arguments: A CreateModelPackage request, its references resolved.
        context: The step's surroundings.

    Raises:
        StepFailedError: The registry refuses it.
    """
    response = _call("CreateModelPackage", arguments, context)
    arn = response["ModelPackageArn"]
    return StepResult(properties={**arguments, **response}, metadata={"RegisterModel": {"Arn": arn}})


def create_model(arguments: dict[str, Any], context: StepContext) -> StepResult:
    """Creates a model, under a generated name as SageMaker does.

    Args:
        arguments: A CreateModel request, its references resolved.
        context: The step's surroundings.

    Raises:
        StepFailedError: The registry refuses it.
    """
    request = {**arguments, "ModelName": context.resource_name}
    response = _call("CreateModel", request, context)
    return StepResult(properties={**request, **response}, metadata={"Model": {"Arn": response["ModelArn"]}})


def _call(operation: str, arguments: dict[str, Any], context: StepContext) -> dict[str, Any]:
    """Calls the operation with those arguments that it knows; a definition may carry others."""
    known = _members(operation)
    try:
        return context.registry.call(operation, {k: v for k, v in arguments.items() if k in known})
    except Exception as error:
        # Whatever the registry raises is a refusal of this step, and never a reason to lose the execution.
        raise RefusedStepError(f"{operation} failed: {error}") from error


@functools.cache
def _members(operation: str) -> frozenset[str]:
    """Returns the names of an operation's arguments, from botocore's service model."""
    import botocore.session

    model = botocore.session.get_session().get_service_model("sagemaker")
    shape = model.operation_model(operation).input_shape
    return frozenset() if shape is None else frozenset(shape.members)
