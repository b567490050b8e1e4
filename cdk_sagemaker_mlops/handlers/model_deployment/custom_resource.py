"""The deployment's two custom resources, for CDK's provider framework.

*Deployment* is created last and deleted first: on create and update it looks, and waits until the endpoint
has come to rest, so that a stack update whose hosting config does not work fails and rolls back. On delete it
does nothing.

*Cleanup* is created first and deleted last: on delete, when no trigger is left that could bring the endpoint
back, it removes the endpoint and everything made for it. On create and update it does nothing.
"""

from __future__ import annotations

from typing import Any

from .. import contract
from ..aws_calls import patiently
from ..errors import NotReadyError, PermanentError, RetryableError
from .controller import assess, look
from .decisions import Failed, Wait
from .removal import is_quiet, remove_for_good
from .sagemaker_api import SageMakerApi
from .settings import Settings

# Travels from on_event to every is_complete.
_FAILED_BEFORE = "FailedBefore"
# CloudFormation takes answers of 4,096 bytes, in which the message is only a part.
_LONGEST_MESSAGE = 900


def on_event(event: dict[str, Any]) -> dict[str, Any]:
    """Answers with the physical id, which is the endpoint's name; all work is left to :func:`is_complete`.

    Args:
        event: Event of CDK's provider framework.

    Returns:
        The physical id and, for a deployment, the endpoint config whose rollout had failed before: it must
        not fail this operation too, or a stack could not roll back to it.
    """
    if event["RequestType"] == "Delete":
        return {"PhysicalResourceId": event["PhysicalResourceId"]}
    settings = Settings.from_properties(event["ResourceProperties"])
    answer: dict[str, Any] = {"PhysicalResourceId": settings.endpoint_name}
    if event["ResourceType"] == contract.MODEL_DEPLOYMENT:
        now = patiently(lambda: assess(settings), on=(RetryableError, NotReadyError))
        if isinstance(now, Failed) and now.config_name is not None:
            answer[_FAILED_BEFORE] = now.config_name
    return answer


def is_complete(event: dict[str, Any]) -> dict[str, bool]:
    """Looks, or removes, and tells whether that has come to its end.

    Args:
        event: Event of CDK's provider framework, with what :func:`on_event` answered.

    Returns:
        ``{"IsComplete": bool}``.

    Raises:
        PermanentError: The endpoint cannot be brought to what the stack asks for.
    """
    properties = event["ResourceProperties"]
    settings = Settings.from_properties(properties)
    deleting = event["RequestType"] == "Delete"
    try:
        if event["ResourceType"] == contract.MODEL_DEPLOYMENT_CLEANUP:
            return {"IsComplete": _is_removed(settings) if deleting else True}
        if deleting:
            return {"IsComplete": True}
        waits = properties.get(contract.WAIT, "true") != "false"
        return {"IsComplete": _has_settled(event, settings) or not waits}
    except RetryableError:
        return {"IsComplete": False}
    except PermanentError as error:
        raise PermanentError(str(error)[:_LONGEST_MESSAGE]) from error


def _has_settled(event: dict[str, Any], settings: Settings) -> bool:
    # Only the queue's looks collect garbage: they never overlap with one another.
    rest = look(settings, sweeps=False)
    if isinstance(rest, Failed) and (
        rest.config_name is None or rest.config_name != event.get(_FAILED_BEFORE)
    ):
        raise PermanentError(f"endpoint {settings.endpoint_name}: {rest.reason}")
    return not isinstance(rest, Wait)


def _is_removed(settings: Settings) -> bool:
    # A look that was running when its triggers were deleted could otherwise bring the endpoint back.
    return is_quiet(settings) and remove_for_good(settings, SageMakerApi(settings))
