"""How an endpoint moves to a new model: SageMaker's deployment guardrails.

https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails.html
Ranges are those of botocore's ``sagemaker`` service model, shapes ``BlueGreenUpdatePolicy``,
``TrafficRoutingConfig`` and ``RollingUpdatePolicy``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from cdk_sagemaker_mlops.config import checks, hosting_checks
from cdk_sagemaker_mlops.config.capacity_size import CapacitySize
from cdk_sagemaker_mlops.errors import Problem

_LONGEST_WAIT = 3600
_SHORTEST_TIMEOUT, _LONGEST_TIMEOUT = 600, 28_800


@dataclass(frozen=True, kw_only=True)
class AllAtOnceRollout:
    """Blue/green in one step: a second fleet gets all traffic, and is watched before the old one goes.

    Works with one instance. While both fleets run, both are paid for and count for the quota.

    Args:
        termination_wait_in_seconds: Bake time: how long the old fleet stays ready after the shift, 0 to 3600.
            If an alarm goes off in it, all traffic returns. Default: ``300``.
        maximum_execution_timeout_in_seconds: When the whole rollout is given up, 600 to 28800; longer than
            the bake time. Default: SageMaker's.

    Raises:
        ValidationError: A value is outside its range, or the timeout is not longer than the waits.
    """

    LEAST_INSTANCES: ClassVar[int] = 1

    termination_wait_in_seconds: int = 300
    maximum_execution_timeout_in_seconds: int | None = None

    def __post_init__(self) -> None:
        checks.raise_problems(
            (
                _wait("rollout.termination_wait_in_seconds", self.termination_wait_in_seconds),
                *_timeout(self.maximum_execution_timeout_in_seconds, self.least_seconds()),
            )
        )

    def least_seconds(self) -> int:
        """Returns how long a rollout takes at least: its waits, as far as they are known."""
        return _total(self.termination_wait_in_seconds)

    def update_policy(self) -> dict[str, Any]:
        """Returns the update policy's part of a ``DeploymentConfig``."""
        return _blue_green({"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}, self)

    def size_problems(self, fleet: range | None) -> Iterator[Problem | None]:
        """Checks nothing: any fleet can be moved at once."""
        return iter(())


@dataclass(frozen=True, kw_only=True)
class CanaryRollout:
    """Blue/green in two steps: a small part of the traffic, and after a wait the rest.

    Needs at least two instances.

    Args:
        canary_size: The first step, at most 50 percent of the fleet.
            Default: 10 percent.
        wait_interval_in_seconds: How long the first step is watched, 0 to 3600. Default: ``300``.
        termination_wait_in_seconds: Bake time after the second step, 0 to 3600. Default: ``300``.
        maximum_execution_timeout_in_seconds: When the whole rollout is given up, 600 to 28800; longer than
            the waits. Default: SageMaker's.

    Raises:
        ValidationError: A value is outside its range, or the timeout is not longer than the waits.
        TypeError: ``canary_size`` is not a ``CapacitySize``.
    """

    LEAST_INSTANCES: ClassVar[int] = 2

    canary_size: CapacitySize = field(default_factory=lambda: CapacitySize(capacity_percent=10))
    wait_interval_in_seconds: int = 300
    termination_wait_in_seconds: int = 300
    maximum_execution_timeout_in_seconds: int | None = None

    def __post_init__(self) -> None:
        checks.argument_type("rollout.canary_size", self.canary_size, CapacitySize)
        checks.raise_problems(
            (
                *self.size_problems(None),
                _wait("rollout.wait_interval_in_seconds", self.wait_interval_in_seconds),
                _wait("rollout.termination_wait_in_seconds", self.termination_wait_in_seconds),
                *_timeout(self.maximum_execution_timeout_in_seconds, self.least_seconds()),
            )
        )

    def least_seconds(self) -> int:
        """Returns how long a rollout takes at least: its waits, as far as they are known."""
        return _total(self.wait_interval_in_seconds, self.termination_wait_in_seconds)

    def update_policy(self) -> dict[str, Any]:
        """Returns the update policy's part of a ``DeploymentConfig``."""
        routing = {
            "Type": "CANARY",
            "WaitIntervalInSeconds": self.wait_interval_in_seconds,
            "CanarySize": self.canary_size.capacity_size(),
        }
        return _blue_green(routing, self)

    def size_problems(self, fleet: range | None) -> Iterator[Problem | None]:
        """Checks the first step against the sizes that the fleet may have."""
        yield self.canary_size.problem("rollout.canary_size", least=1, most=50, fleet=fleet)


@dataclass(frozen=True, kw_only=True)
class LinearRollout:
    """Blue/green in equal steps, with a wait after each.

    Needs at least two instances.

    Args:
        linear_step_size: Each step, 10 to 50 percent of the fleet.
            Default: 25 percent.
        wait_interval_in_seconds: How long each step is watched, 0 to 3600. Default: ``300``.
        termination_wait_in_seconds: Bake time after the last step, 0 to 3600. Default: ``300``.
        maximum_execution_timeout_in_seconds: When the whole rollout is given up, 600 to 28800; longer than
            all the waits. Default: SageMaker's.

    Raises:
        ValidationError: A value is outside its range, or the timeout is not longer than the waits.
        TypeError: ``linear_step_size`` is not a ``CapacitySize``.
    """

    LEAST_INSTANCES: ClassVar[int] = 2

    linear_step_size: CapacitySize = field(default_factory=lambda: CapacitySize(capacity_percent=25))
    wait_interval_in_seconds: int = 300
    termination_wait_in_seconds: int = 300
    maximum_execution_timeout_in_seconds: int | None = None

    def __post_init__(self) -> None:
        checks.argument_type("rollout.linear_step_size", self.linear_step_size, CapacitySize)
        checks.raise_problems(
            (
                *self.size_problems(None),
                _wait("rollout.wait_interval_in_seconds", self.wait_interval_in_seconds),
                _wait("rollout.termination_wait_in_seconds", self.termination_wait_in_seconds),
                *_timeout(self.maximum_execution_timeout_in_seconds, self.least_seconds()),
            )
        )

    def least_seconds(self) -> int:
        """Returns how long a rollout takes at least: its waits, as far as they are known."""
        waits = [self.wait_interval_in_seconds] * _waits_between(self.linear_step_size)
        return _total(*waits, self.termination_wait_in_seconds)

    def update_policy(self) -> dict[str, Any]:
        """Returns the update policy's part of a ``DeploymentConfig``."""
        routing = {
            "Type": "LINEAR",
            "WaitIntervalInSeconds": self.wait_interval_in_seconds,
            "LinearStepSize": self.linear_step_size.capacity_size(),
        }
        return _blue_green(routing, self)

    def size_problems(self, fleet: range | None) -> Iterator[Problem | None]:
        """Checks the steps against the sizes that the fleet may have."""
        yield self.linear_step_size.problem("rollout.linear_step_size", least=10, most=50, fleet=fleet)


@dataclass(frozen=True, kw_only=True)
class RollingRollout:
    """Replaces the fleet batch by batch, so that no second fleet is paid for.

    Needs at least two instances.

    Args:
        maximum_batch_size: Each batch, 5 to 50 percent of the fleet.
            Default: 50 percent.
        wait_interval_in_seconds: How long each batch is watched, 0 to 3600. Default: ``300``.
        rollback_maximum_batch_size: Batches of a rollback. Default: the whole fleet at once.
        maximum_execution_timeout_in_seconds: When the whole rollout is given up, 600 to 28800; longer than
            all the waits. Default: SageMaker's.

    Raises:
        ValidationError: A value is outside its range, or the timeout is not longer than the waits.
        TypeError: A batch size is not a ``CapacitySize``.
    """

    LEAST_INSTANCES: ClassVar[int] = 2

    maximum_batch_size: CapacitySize = field(default_factory=lambda: CapacitySize(capacity_percent=50))
    wait_interval_in_seconds: int = 300
    rollback_maximum_batch_size: CapacitySize | None = None
    maximum_execution_timeout_in_seconds: int | None = None

    def __post_init__(self) -> None:
        checks.argument_type("rollout.maximum_batch_size", self.maximum_batch_size, CapacitySize)
        checks.argument_type(
            "rollout.rollback_maximum_batch_size",
            self.rollback_maximum_batch_size,
            (CapacitySize, type(None)),
        )
        checks.raise_problems(
            (
                *self.size_problems(None),
                _wait("rollout.wait_interval_in_seconds", self.wait_interval_in_seconds),
                *_timeout(self.maximum_execution_timeout_in_seconds, self.least_seconds()),
            )
        )

    def least_seconds(self) -> int:
        """Returns how long a rollout takes at least: its waits, as far as they are known."""
        return _total(*[self.wait_interval_in_seconds] * _waits_between(self.maximum_batch_size))

    def update_policy(self) -> dict[str, Any]:
        """Returns the update policy's part of a ``DeploymentConfig``."""
        policy: dict[str, Any] = {
            "MaximumBatchSize": self.maximum_batch_size.capacity_size(),
            "WaitIntervalInSeconds": self.wait_interval_in_seconds,
        }
        if self.rollback_maximum_batch_size is not None:
            policy["RollbackMaximumBatchSize"] = self.rollback_maximum_batch_size.capacity_size()
        if self.maximum_execution_timeout_in_seconds is not None:
            policy["MaximumExecutionTimeoutInSeconds"] = self.maximum_execution_timeout_in_seconds
        return {"RollingUpdatePolicy": policy}

    def size_problems(self, fleet: range | None) -> Iterator[Problem | None]:
        """Checks the batches against the sizes that the fleet may have."""
        yield self.maximum_batch_size.problem("rollout.maximum_batch_size", least=5, most=50, fleet=fleet)


Rollout = AllAtOnceRollout | CanaryRollout | LinearRollout | RollingRollout
ROLLOUTS = (AllAtOnceRollout, CanaryRollout, LinearRollout, RollingRollout)


def _blue_green(
    routing: dict[str, Any], rollout: AllAtOnceRollout | CanaryRollout | LinearRollout
) -> dict[str, Any]:
    policy: dict[str, Any] = {
        "TrafficRoutingConfiguration": routing,
        "TerminationWaitInSeconds": rollout.termination_wait_in_seconds,
    }
    if rollout.maximum_execution_timeout_in_seconds is not None:
        policy["MaximumExecutionTimeoutInSeconds"] = rollout.maximum_execution_timeout_in_seconds
    return {"BlueGreenUpdatePolicy": policy}


def _wait(parameter: str, value: object) -> Problem | None:
    return hosting_checks.whole_number(
        parameter,
        value,
        0,
        _LONGEST_WAIT,
        code="InvalidWait",
        unit="seconds",
        fix="choose how long the new instances are watched",
    )


def _timeout(timeout: object, waits: int) -> Iterator[Problem | None]:
    """Checks the timeout's range, and that the waits fit into it."""
    if timeout is None:
        return
    parameter, code = "rollout.maximum_execution_timeout_in_seconds", "InvalidExecutionTimeout"
    problem = hosting_checks.whole_number(
        parameter,
        timeout,
        _SHORTEST_TIMEOUT,
        _LONGEST_TIMEOUT,
        code=code,
        unit="seconds",
        fix="leave it out to use SageMaker's own",
    )
    yield problem
    if problem is None and isinstance(timeout, int) and timeout <= waits:
        yield Problem(
            code=code,
            parameter=parameter,
            rule=f"be longer than the waits, which add up to {waits} seconds",
            value=timeout,
            fix="allow for the waits and for starting the instances, or wait less",
        )


def _total(*waits: object) -> int:
    return sum(wait for wait in waits if isinstance(wait, int) and not isinstance(wait, bool))


def _waits_between(size: CapacitySize) -> int:
    """How many waits there are at least between the steps of this size."""
    percent = size.capacity_percent
    return math.ceil(100 / percent) - 1 if isinstance(percent, int) and percent > 0 else 1
