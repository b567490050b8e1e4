"""CloudWatch alarms: those that watch a rollout, and the one that wakes an endpoint without instances."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from ..aws_calls import by_meaning, client
from ..errors import MissingError, PermanentError
from . import names
from .settings import Settings

logger = logging.getLogger(__name__)


def without_ringing(deployment_config: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Leaves out the alarms that are in ALARM before the rollout starts.

    Such an alarm cannot tell the new fleet from the old one, and would keep a fix from being deployed.

    Args:
        deployment_config: ``DeploymentConfig`` of UpdateEndpoint.

    Returns:
        The config to use for this rollout, and the names of the alarms left out.
    """
    config = dict(deployment_config)
    watched = [each["AlarmName"] for each in config.get("AutoRollbackConfiguration", {}).get("Alarms", [])]
    ringing = _ringing(watched) if watched else set()
    if not ringing:
        return config, []
    left = [{"AlarmName": name} for name in watched if name not in ringing]
    config.pop("AutoRollbackConfiguration")
    if left:
        config["AutoRollbackConfiguration"] = {"Alarms": left}
    logger.warning("alarms left out of this rollout", extra={"alarms": sorted(ringing)})
    return config, sorted(ringing)


def _ringing(watched: list[str]) -> set[str]:
    try:
        states = _states(watched, "MetricAlarms", {})
        composite = [name for name in watched if name not in states]
        if composite:
            # Apart from the others: this may be asked only by who may read all alarms.
            states |= _states(composite, "CompositeAlarms", {"AlarmTypes": ["CompositeAlarm"]})
    except PermanentError as error:
        # Not worth refusing a rollout: with such an alarm SageMaker rolls back, which is safe.
        logger.warning("the alarms' states are not known: %s", error)
        return set()
    return {name for name, state in states.items() if state == "ALARM"}


def _states(alarm_names: list[str], answer: str, types: Mapping[str, Any]) -> dict[str, str]:
    with by_meaning():
        found = client("cloudwatch").describe_alarms(AlarmNames=alarm_names, **types)
    return {each["AlarmName"]: each.get("StateValue", "") for each in found.get(answer, [])}


def backlog_alarm_name(settings: Settings) -> str:
    """Returns the name of the alarm that wakes this deployment's endpoint."""
    return f"{names.stem(settings)}-backlog"


def put_backlog_alarm(settings: Settings, *, action_arn: str) -> None:
    """Defines the alarm on requests that wait while there is no instance.

    Args:
        settings: The deployment's.
        action_arn: Scaling policy that adds the first instance.
    """
    # https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-autoscale.html
    with by_meaning():
        client("cloudwatch").put_metric_alarm(
            AlarmName=backlog_alarm_name(settings),
            AlarmDescription=f"Requests wait for the first instance of {settings.endpoint_name}",
            Namespace="AWS/SageMaker",
            MetricName="HasBacklogWithoutCapacity",
            Dimensions=[{"Name": "EndpointName", "Value": settings.endpoint_name}],
            Statistic="Average",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            TreatMissingData="missing",
            AlarmActions=[action_arn],
        )


def delete_backlog_alarm(settings: Settings) -> None:
    """Deletes that alarm, if it exists."""
    with suppress(MissingError), by_meaning():
        client("cloudwatch").delete_alarms(AlarmNames=[backlog_alarm_name(settings)])
