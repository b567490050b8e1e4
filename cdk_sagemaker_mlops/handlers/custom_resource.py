"""Entry points of the one provider that a stack has for all custom resources of this library."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from . import contract
from .model_deployment import custom_resource as model_deployment
from .model_registry import custom_resource as model_registry

_ROOM_OF: dict[str, ModuleType] = {
    contract.MODEL_DEPLOYMENT: model_deployment,
    contract.MODEL_DEPLOYMENT_CLEANUP: model_deployment,
    contract.MODEL_PACKAGE_GROUP_PURGE: model_registry,
}


def on_event(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Begins what CloudFormation asks for.

    Args:
        event: Event of CDK's provider framework.
        context: Lambda's; not used.
    """
    answer: dict[str, Any] = _ROOM_OF[event["ResourceType"]].on_event(event)
    return answer


def is_complete(event: dict[str, Any], context: object) -> dict[str, bool]:
    """Goes on with it, and tells whether it has come to its end.

    Args:
        event: Event of CDK's provider framework, with what :func:`on_event` answered.
        context: Lambda's; not used.
    """
    answer: dict[str, bool] = _ROOM_OF[event["ResourceType"]].is_complete(event)
    return answer
