from __future__ import annotations

from typing import Any

import pytest

from cdk_sagemaker_mlops.local.engine.rollouts.plan import Plan, Step, plan_rollout


def _percent(value: int) -> dict[str, Any]:
    return {"Type": "CAPACITY_PERCENT", "Value": value}


def _blue_green(kind: str, **routing: Any) -> dict[str, Any]:
    return {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": {"Type": kind, "WaitIntervalInSeconds": 60, **routing},
            "TerminationWaitInSeconds": 30,
        }
    }


def _rolling(size: dict[str, Any]) -> dict[str, Any]:
    return {"RollingUpdatePolicy": {"MaximumBatchSize": size, "WaitIntervalInSeconds": 60}}


@pytest.mark.parametrize(
    ("deployment", "instances", "steps"),
    [
        (None, 4, [(100, 0)]),
        ({}, 4, [(100, 0)]),
        (_blue_green("ALL_AT_ONCE"), 4, [(100, 30)]),
        (_blue_green("CANARY", CanarySize=_percent(10)), 4, [(25, 60), (100, 30)]),
        (
            _blue_green("CANARY", CanarySize={"Type": "INSTANCE_COUNT", "Value": 2}),
            4,
            [(50, 60), (100, 30)],
        ),
        (
            _blue_green("LINEAR", LinearStepSize=_percent(25)),
            4,
            [(25, 60), (50, 60), (75, 60), (100, 30)],
        ),
        (_blue_green("LINEAR", LinearStepSize=_percent(40)), 5, [(40, 60), (80, 60), (100, 30)]),
        (_rolling(_percent(50)), 2, [(50, 60), (100, 60)]),
        (_rolling({"Type": "INSTANCE_COUNT", "Value": 2}), 5, [(40, 60), (80, 60), (100, 60)]),
    ],
)
def test_a_deployment_config_amounts_to_steps(
    deployment: dict[str, Any] | None, instances: int, steps: list[tuple[float, float]]
) -> None:
    assert plan_rollout(deployment, instances).steps == tuple(Step(*step) for step in steps)


def test_alarms_and_the_timeout_are_taken_along() -> None:
    deployment = _blue_green("ALL_AT_ONCE")
    deployment["BlueGreenUpdatePolicy"]["MaximumExecutionTimeoutInSeconds"] = 600
    deployment["AutoRollbackConfiguration"] = {"Alarms": [{"AlarmName": "a"}, {"AlarmName": "b"}]}

    assert plan_rollout(deployment, 1) == Plan((Step(100, 30),), ("a", "b"), 600)
