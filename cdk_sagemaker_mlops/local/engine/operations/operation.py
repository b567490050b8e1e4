"""What an operation is, and what most of them share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cdk_sagemaker_mlops.local.engine.api_error import ApiError, invalid
from cdk_sagemaker_mlops.local.engine.context import Context
from cdk_sagemaker_mlops.local.engine.store import Record

# From a call's context and its checked parameters to a record that the answer is cut from.
Operation = Callable[[Context, dict[str, Any]], Record]


def existing(context: Context, kind: str, name: str, noun: str) -> Record:
    """The record of a resource that must exist.

    Args:
        context: The call.
        kind: Table, which is also the resource type in the ARN.
        name: Name of the resource.
        noun: What SageMaker calls the kind in messages.

    Raises:
        ApiError: It does not exist, in the words of models, endpoint configs and endpoints.
    """
    record = context.table(kind).get(name)
    if record is None:
        raise invalid(f'Could not find {noun} "{context.scope.arn(f"{kind}/{name}")}".')
    return record


def taken(context: Context, kind: str, name: str, noun: str) -> ApiError | None:
    """The refusal to create what exists already, or ``None``."""
    if name not in context.table(kind):
        return None
    arn = context.scope.arn(f"{kind}/{name}")
    return invalid(f'Cannot create already existing {noun} "{arn}".')
