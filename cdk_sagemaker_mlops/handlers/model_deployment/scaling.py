"""Application Auto Scaling of the endpoint's variant."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from .. import contract
from ..aws_calls import by_meaning, client, patiently
from ..errors import MissingError, NotReadyError
from . import alarms, names
from .settings import Settings

_DIMENSIONS = {contract.SERVERLESS: "sagemaker:variant:DesiredProvisionedConcurrency"}
_INSTANCES = "sagemaker:variant:DesiredInstanceCount"
_WAKE_UP: Mapping[str, Any] = {
    "AdjustmentType": "ChangeInCapacity",
    "MetricAggregationType": "Average",
    "Cooldown": 300,
    "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
}


def apply(settings: Settings) -> None:
    """Makes the endpoint scale as the stack asks for, and in no other way.

    Raises:
        RetryableError: It may be done in a while.
        PermanentError: AWS refuses, for example a policy that it does not know.
    """
    clear(settings, kind=settings.kind)
    wanted = settings.part(contract.SCALING)
    if not wanted:
        return
    target = _target(settings, settings.kind)
    scaling = client("application-autoscaling")

    def register() -> None:
        with by_meaning():
            scaling.register_scalable_target(
                **target,
                MinCapacity=wanted[contract.MIN_CAPACITY],
                MaxCapacity=wanted[contract.MAX_CAPACITY],
            )

    patiently(register, on=(NotReadyError,))
    with by_meaning():
        for policy in wanted.get(contract.TARGET_TRACKING, []):
            scaling.put_scaling_policy(**target, PolicyType="TargetTrackingScaling", **policy)
        for action in wanted.get(contract.SCHEDULED_ACTIONS, []):
            scaling.put_scheduled_action(**target, **action)
        if wanted.get(contract.SCALE_FROM_ZERO):
            policy = scaling.put_scaling_policy(
                **target,
                PolicyName=f"{names.stem(settings)}-wake-up",
                PolicyType="StepScaling",
                StepScalingPolicyConfiguration=_WAKE_UP,
            )
            alarms.put_backlog_alarm(settings, action_arn=policy["PolicyARN"])


def clear(settings: Settings, *, kind: str) -> None:
    """Ends all scaling of the endpoint. Does nothing where there is none.

    Args:
        settings: The deployment's.
        kind: Kind of endpoint that is scaled.
    """
    alarms.delete_backlog_alarm(settings)
    # Policies and scheduled actions go with their target.
    with suppress(MissingError), by_meaning():
        client("application-autoscaling").deregister_scalable_target(**_target(settings, kind))


def _target(settings: Settings, kind: str) -> dict[str, str]:
    return {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{settings.endpoint_name}/variant/{contract.VARIANT_NAME}",
        "ScalableDimension": _DIMENSIONS.get(kind, _INSTANCES),
    }
