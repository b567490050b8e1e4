"""The steps that a ``DeploymentConfig`` amounts to: a function of values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

ALL = 100.0


@dataclass(frozen=True)
class Step:
    """A share of the traffic goes to the new fleet, which is then watched.

    Args:
        percent: Share of the new fleet, above 0 to 100.
        wait: Seconds that it is watched for, unscaled.
    """

    percent: float
    wait: float


@dataclass(frozen=True)
class Plan:
    """A rollout.

    Args:
        steps: Its steps; the last one is of all traffic.
        alarms: Names of the alarms that end it.
        timeout: Seconds after which it is given up, unscaled. ``None`` if it is not.
    """

    steps: tuple[Step, ...]
    alarms: tuple[str, ...] = ()
    timeout: float | None = None


def plan_rollout(deployment: dict[str, Any] | None, instances: int) -> Plan:
    """Plans a rollout.

    Args:
        deployment: The ``DeploymentConfig``. ``None``: all traffic at once, and no wait.
        instances: Size of the fleet, which instance counts are a part of.
    """
    config = {} if deployment is None else deployment
    watched = config.get("AutoRollbackConfiguration", {}).get("Alarms", [])
    alarms = tuple(alarm["AlarmName"] for alarm in watched if "AlarmName" in alarm)
    rolling, blue_green = config.get("RollingUpdatePolicy"), config.get("BlueGreenUpdatePolicy")
    if rolling is not None:
        batch = share(rolling["MaximumBatchSize"], instances)
        steps = _even_steps(batch, float(rolling["WaitIntervalInSeconds"]))
        return Plan(steps, alarms, rolling.get("MaximumExecutionTimeoutInSeconds"))
    if blue_green is None:
        return Plan((Step(ALL, 0),), alarms)
    first = _first_steps(blue_green["TrafficRoutingConfiguration"], instances)
    last = Step(ALL, float(blue_green.get("TerminationWaitInSeconds", 0)))
    return Plan((*first, last), alarms, blue_green.get("MaximumExecutionTimeoutInSeconds"))


def _first_steps(routing: dict[str, Any], instances: int) -> tuple[Step, ...]:
    """The steps before the last one."""
    wait = float(routing["WaitIntervalInSeconds"])
    if routing["Type"] == "CANARY":
        return (Step(share(routing["CanarySize"], instances), wait),)
    if routing["Type"] == "LINEAR":
        return _even_steps(share(routing["LinearStepSize"], instances), wait)[:-1]
    return ()


def _even_steps(size: float, wait: float) -> tuple[Step, ...]:
    count = math.ceil(ALL / size)
    return tuple(Step(min(size * number, ALL), wait) for number in range(1, count + 1))


def share(size: dict[str, Any], instances: int) -> float:
    """A ``CapacitySize`` in percent of the fleet, in whole instances.

    Args:
        size: Its type and value.
        instances: Size of the fleet, at least 1.
    """
    if size["Type"] == "CAPACITY_PERCENT":
        count = math.ceil(instances * size["Value"] / ALL)
    else:
        count = int(size["Value"])
    return float(min(count / instances * ALL, ALL))
