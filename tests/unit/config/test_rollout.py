from __future__ import annotations

from typing import Any

import pytest
from botocore.session import get_session
from botocore.validate import ParamValidator

from cdk_sagemaker_mlops.config.auto_scaling import AutoScaling
from cdk_sagemaker_mlops.config.capacity_size import CapacitySize
from cdk_sagemaker_mlops.config.real_time_endpoint import RealTimeEndpoint
from cdk_sagemaker_mlops.config.rollout import (
    AllAtOnceRollout,
    CanaryRollout,
    LinearRollout,
    RollingRollout,
    Rollout,
)
from cdk_sagemaker_mlops.config.scheduled_scaling import ScheduledScaling
from cdk_sagemaker_mlops.errors import ValidationError

NUMBER_TOKEN: Any = -1.8881545897087626e289


def percent(value: int) -> CapacitySize:
    return CapacitySize(capacity_percent=value)


def instances(value: int) -> CapacitySize:
    return CapacitySize(instance_count=value)


def test_guardrails_are_on_by_default_and_work_with_one_instance() -> None:
    assert RealTimeEndpoint().deployment_config(["errors", "latency"]) == {
        "BlueGreenUpdatePolicy": {
            "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0},
            "TerminationWaitInSeconds": 300,
        },
        "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}, {"AlarmName": "latency"}]},
    }


@pytest.mark.parametrize(
    "rollout",
    [
        AllAtOnceRollout(termination_wait_in_seconds=0, maximum_execution_timeout_in_seconds=600),
        AllAtOnceRollout(termination_wait_in_seconds=3600, maximum_execution_timeout_in_seconds=28_800),
        CanaryRollout(canary_size=percent(50), wait_interval_in_seconds=0),
        LinearRollout(linear_step_size=percent(10), maximum_execution_timeout_in_seconds=3001),
        LinearRollout(linear_step_size=instances(3)),
        RollingRollout(
            maximum_batch_size=percent(5),
            rollback_maximum_batch_size=percent(100),
            maximum_execution_timeout_in_seconds=28_800,
        ),
    ],
)
def test_sagemakers_own_model_accepts_the_deployment_config(rollout: Rollout) -> None:
    config = RealTimeEndpoint(initial_instance_count=20, rollout=rollout).deployment_config(["errors"])
    operation = get_session().get_service_model("sagemaker").operation_model("UpdateEndpoint")
    request = {"EndpointName": "e", "EndpointConfigName": "c", "DeploymentConfig": config}
    assert operation.input_shape is not None
    report = ParamValidator().validate(request, operation.input_shape)
    assert not report.has_errors(), report.generate_report()
    assert len(set(config) & {"BlueGreenUpdatePolicy", "RollingUpdatePolicy"}) == 1


def test_tokens_are_not_checked() -> None:
    rollout = CanaryRollout(
        canary_size=CapacitySize(capacity_percent=NUMBER_TOKEN),
        wait_interval_in_seconds=NUMBER_TOKEN,
        termination_wait_in_seconds=NUMBER_TOKEN,
        maximum_execution_timeout_in_seconds=NUMBER_TOKEN,
    )
    endpoint = RealTimeEndpoint(initial_instance_count=NUMBER_TOKEN, rollout=rollout)
    assert endpoint.fleet() is None
    policy = endpoint.deployment_config([])["BlueGreenUpdatePolicy"]
    assert policy["TerminationWaitInSeconds"] == NUMBER_TOKEN


FOLLOWS = "use CapacitySize(capacity_percent=...), which follows the size of the fleet"
WATCHED = "choose how long the new instances are watched"


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (
            lambda: CanaryRollout(canary_size=percent(51)),
            "InvalidCapacitySize: rollout.canary_size must be 1 to 50 percent of the fleet, "
            f"got {percent(51)!r}; {FOLLOWS}",
        ),
        (
            lambda: LinearRollout(linear_step_size=percent(9)),
            "InvalidCapacitySize: rollout.linear_step_size must be 10 to 50 percent of the fleet, "
            f"got {percent(9)!r}; {FOLLOWS}",
        ),
        (
            lambda: RollingRollout(maximum_batch_size=percent(4)),
            "InvalidCapacitySize: rollout.maximum_batch_size must be 5 to 50 percent of the fleet, "
            f"got {percent(4)!r}; {FOLLOWS}",
        ),
        (
            lambda: AllAtOnceRollout(termination_wait_in_seconds=3601),
            "InvalidWait: rollout.termination_wait_in_seconds must be a whole number from 0 to 3600 seconds, "
            f"got 3601; {WATCHED}",
        ),
        (
            lambda: AllAtOnceRollout(maximum_execution_timeout_in_seconds=599),
            "InvalidExecutionTimeout: rollout.maximum_execution_timeout_in_seconds must be a whole number from "
            "600 to 28800 seconds, got 599; leave it out to use SageMaker's own",
        ),
        (
            lambda: AllAtOnceRollout(
                termination_wait_in_seconds=3600, maximum_execution_timeout_in_seconds=3600
            ),
            "InvalidExecutionTimeout: rollout.maximum_execution_timeout_in_seconds must be longer than the waits, "
            "which add up to 3600 seconds, got 3600; allow for the waits and for starting the instances, or wait "
            "less",
        ),
        (
            # Ten steps have nine waits between them, and a bake time after them.
            lambda: LinearRollout(linear_step_size=percent(10), maximum_execution_timeout_in_seconds=3000),
            "InvalidExecutionTimeout: rollout.maximum_execution_timeout_in_seconds must be longer than the waits, "
            "which add up to 3000 seconds, got 3000; allow for the waits and for starting the instances, or wait "
            "less",
        ),
        (
            CapacitySize,
            "InvalidCapacitySize: capacity_size must have either capacity_percent or instance_count, "
            "got (None, None); give exactly one of them",
        ),
        (
            lambda: CapacitySize(instance_count=0),
            "InvalidCapacitySize: capacity_size.instance_count must be a whole number of at least 1 instances, "
            "got 0; give a number of instances",
        ),
    ],
)
def test_fails_when_sagemaker_would_refuse_the_rollout(make: Any, text: str) -> None:
    with pytest.raises(ValidationError) as raised:
        make()
    assert str(raised.value) == text


def test_fails_when_a_part_of_one_instance_would_move() -> None:
    with pytest.raises(ValidationError) as raised:
        RealTimeEndpoint(rollout=CanaryRollout())
    assert str(raised.value) == (
        "FleetTooSmall: endpoint.rollout must be AllAtOnceRollout() for a fleet that may have 1 instances: "
        "CanaryRollout moves a part of at least 2, got 'CanaryRollout'; keep at least 2 instances, or use "
        "AllAtOnceRollout()"
    )


@pytest.mark.parametrize("rollout", [CanaryRollout(), LinearRollout(), RollingRollout()])
def test_fails_when_auto_scaling_may_leave_one_instance(rollout: Rollout) -> None:
    def endpoint(*schedules: ScheduledScaling) -> RealTimeEndpoint:
        scaling = AutoScaling(
            min_capacity=2, max_capacity=8, invocations_per_instance=100, schedules=schedules
        )
        return RealTimeEndpoint(initial_instance_count=2, auto_scaling=scaling, rollout=rollout)

    endpoint(ScheduledScaling(name="evening", schedule="cron(0 20 * * ? *)", min_capacity=4))
    with pytest.raises(ValidationError, match="for a fleet that may have 1 instances"):
        endpoint(ScheduledScaling(name="night", schedule="cron(0 22 * * ? *)", min_capacity=1))


def test_fails_when_a_number_of_instances_is_out_of_proportion_to_some_size_of_the_fleet() -> None:
    def scaled(most: int) -> RealTimeEndpoint:
        return RealTimeEndpoint(
            initial_instance_count=2,
            auto_scaling=AutoScaling(min_capacity=2, max_capacity=most, invocations_per_instance=100),
            rollout=LinearRollout(linear_step_size=instances(1)),
        )

    scaled(10)
    with pytest.raises(ValidationError, match="be 10 to 50 percent of the fleet of 2 to 11 instances"):
        scaled(11)
    with pytest.raises(ValidationError, match="be 1 to 50 percent of the fleet of 3 instances"):
        RealTimeEndpoint(initial_instance_count=3, rollout=CanaryRollout(canary_size=instances(2)))


def test_fails_on_instances_that_sagemaker_updates_without_guardrails() -> None:
    RealTimeEndpoint(instance_type="ml.inf1.xlarge", initial_instance_count=4)
    RealTimeEndpoint(instance_type="ml.inf2.xlarge", initial_instance_count=4, rollout=CanaryRollout())
    with pytest.raises(ValidationError) as raised:
        RealTimeEndpoint(instance_type="ml.inf1.xlarge", initial_instance_count=4, rollout=CanaryRollout())
    assert str(raised.value) == (
        "GuardrailsNotSupported: endpoint.rollout must be AllAtOnceRollout() on Inf1 instances, which SageMaker "
        "always updates all at once, got 'CanaryRollout'; leave rollout out, or choose another instance type"
    )


def test_fails_on_values_of_another_type() -> None:
    with pytest.raises(TypeError, match=r"rollout.canary_size must be CapacitySize; got int instead"):
        CanaryRollout(canary_size=10)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"endpoint.rollout must be AllAtOnceRollout or CanaryRollout or"):
        RealTimeEndpoint(rollout=None)  # type: ignore[arg-type]
