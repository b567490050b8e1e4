from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.session import get_session
from botocore.validate import ParamValidator

from cdk_sagemaker_mlops.config.auto_scaling import AutoScaling, TargetMetric
from cdk_sagemaker_mlops.config.managed_instance_scaling import ManagedInstanceScaling
from cdk_sagemaker_mlops.config.real_time_endpoint import RealTimeEndpoint
from cdk_sagemaker_mlops.config.scheduled_scaling import ScheduledScaling
from cdk_sagemaker_mlops.errors import ValidationError

NUMBER_TOKEN: Any = -1.8881545897087626e289
TARGET = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/churn/variant/AllTraffic",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}


def everything() -> AutoScaling:
    return AutoScaling(
        min_capacity=2,
        max_capacity=8,
        invocations_per_instance=750,
        target_metric=TargetMetric(metric_name="CPUUtilization", target_value=70.0, unit="Percent"),
        schedules=[
            ScheduledScaling(
                name="office-hours",
                schedule="cron(0 7 ? * MON-FRI *)",
                min_capacity=4,
                max_capacity=16,
                timezone="Europe/Berlin",
                start_time=datetime(2027, 1, 1, tzinfo=UTC),
                end_time=datetime(2028, 1, 1, tzinfo=UTC),
            )
        ],
        scale_out_cooldown_in_seconds=60,
        disable_scale_in=True,
    )


def accepted(operation: str, request: dict[str, Any]) -> None:
    shape = get_session().get_service_model("application-autoscaling").operation_model(operation).input_shape
    assert shape is not None
    report = ParamValidator().validate({**TARGET, **request}, shape)
    assert not report.has_errors(), report.generate_report()


def test_says_what_is_registered() -> None:
    scaling = RealTimeEndpoint(auto_scaling=everything()).scaling("churn")
    pauses = {"ScaleOutCooldown": 60, "ScaleInCooldown": 300, "DisableScaleIn": True}
    assert scaling == {
        "MinCapacity": 2,
        "MaxCapacity": 8,
        "TargetTracking": [
            {
                "PolicyName": "InvocationsPerInstance",
                "TargetTrackingScalingPolicyConfiguration": {
                    "TargetValue": 750,
                    "PredefinedMetricSpecification": {
                        "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
                    },
                    **pauses,
                },
            },
            {
                "PolicyName": "TargetMetric",
                "TargetTrackingScalingPolicyConfiguration": {
                    "TargetValue": 70.0,
                    "CustomizedMetricSpecification": {
                        "MetricName": "CPUUtilization",
                        "Namespace": "/aws/sagemaker/Endpoints",
                        "Statistic": "Average",
                        "Dimensions": [
                            {"Name": "EndpointName", "Value": "churn"},
                            {"Name": "VariantName", "Value": "AllTraffic"},
                        ],
                        "Unit": "Percent",
                    },
                    **pauses,
                },
            },
        ],
        "ScheduledActions": [
            {
                "ScheduledActionName": "office-hours",
                "Schedule": "cron(0 7 ? * MON-FRI *)",
                "Timezone": "Europe/Berlin",
                "StartTime": "2027-01-01T00:00:00+00:00",
                "EndTime": "2028-01-01T00:00:00+00:00",
                "ScalableTargetAction": {"MinCapacity": 4, "MaxCapacity": 16},
            }
        ],
    }


def test_application_auto_scalings_own_model_accepts_it() -> None:
    scaling = everything().scaling("churn")
    accepted(
        "RegisterScalableTarget",
        {"MinCapacity": scaling["MinCapacity"], "MaxCapacity": scaling["MaxCapacity"]},
    )
    for policy in scaling["TargetTracking"]:
        accepted("PutScalingPolicy", {**policy, "PolicyType": "TargetTrackingScaling"})
    for action in scaling["ScheduledActions"]:
        accepted("PutScheduledAction", action)


def test_a_fleet_may_have_every_size_that_a_schedule_allows() -> None:
    assert RealTimeEndpoint(initial_instance_count=3, auto_scaling=everything()).fleet() == range(2, 17)
    # After a change of the instance type the fleet starts with the initial count.
    assert RealTimeEndpoint(auto_scaling=everything()).fleet() == range(1, 17)
    managed = ManagedInstanceScaling(min_instance_count=0, max_instance_count=3)
    assert RealTimeEndpoint(managed_instance_scaling=managed).fleet() == range(4)
    unknown = AutoScaling(max_capacity=NUMBER_TOKEN, invocations_per_instance=NUMBER_TOKEN)
    assert RealTimeEndpoint(auto_scaling=unknown).fleet() is None


NOTHING = "give invocations_per_instance, target_metric or schedules"


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (
            lambda: AutoScaling(max_capacity=1, min_capacity=2, invocations_per_instance=1),
            "InvalidCapacity: auto_scaling.max_capacity must be at least min_capacity, which is 2, got 1; "
            "raise max_capacity or lower min_capacity",
        ),
        (
            lambda: AutoScaling(max_capacity=1, min_capacity=0, invocations_per_instance=1),
            "InvalidCapacity: auto_scaling.min_capacity must be a whole number of at least 1 instances, got 0; "
            "only an AsyncEndpoint scales to zero",
        ),
        (
            lambda: AutoScaling(max_capacity=2, invocations_per_instance=0),
            "InvalidTargetValue: auto_scaling.invocations_per_instance must be a number above 0, got 0; "
            "measure what one instance bears, and leave room",
        ),
        (
            lambda: AutoScaling(max_capacity=2, invocations_per_instance=1, scale_in_cooldown_in_seconds=-1),
            "InvalidCooldown: auto_scaling.scale_in_cooldown_in_seconds must be a whole number of at least 0 "
            "seconds, got -1; choose the pause between two changes",
        ),
        (
            lambda: TargetMetric(metric_name="m", target_value=1, statistic="p90"),
            "InvalidStatistic: auto_scaling.target_metric.statistic must be one of 'Average', 'Minimum', "
            "'Maximum', 'SampleCount', 'Sum', got 'p90'; use 'Average' for what each instance measures",
        ),
        (
            lambda: ScheduledScaling(name="a/b", schedule="every day", min_capacity=1),
            "InvalidScheduleName: schedule.name must be 1 to 200 characters without ':', '/' and '|', got 'a/b'; "
            "name it after when it applies, such as 'office-hours'\n"
            "InvalidSchedule: schedule.schedule must be at(...), rate(...) or cron(...), got 'every day'; "
            "use an expression such as 'cron(0 7 ? * MON-FRI *)'",
        ),
        (
            lambda: ScheduledScaling(name="night", schedule="rate(1 day)"),
            "NothingToChange: schedule must have min_capacity or max_capacity, got 'night'; "
            "say what changes at that time",
        ),
        (
            lambda: ScheduledScaling(
                name="night",
                schedule="rate(1 day)",
                max_capacity=1,
                start_time=datetime(2027, 1, 1),
            ),
            "AmbiguousTime: schedule.start_time must have an offset, got datetime.datetime(2027, 1, 1, 0, 0); "
            "give tzinfo, such as datetime.UTC",
        ),
        (
            lambda: ManagedInstanceScaling(min_instance_count=3, max_instance_count=2),
            "InvalidInstanceCount: managed_instance_scaling.max_instance_count must be at least "
            "min_instance_count, which is 3, got 2; raise max_instance_count or lower min_instance_count",
        ),
    ],
)
def test_fails_when_it_cannot_be_registered(make: Any, text: str) -> None:
    with pytest.raises(ValidationError) as raised:
        make()
    assert str(raised.value) == text


def test_fails_without_a_reason_to_scale() -> None:
    with pytest.raises(ValidationError, match=f"NothingToScaleBy: auto_scaling must say .* {NOTHING}"):
        AutoScaling(max_capacity=2)


def test_fails_when_two_schedules_have_one_name() -> None:
    night = ScheduledScaling(name="night", schedule="rate(1 day)", max_capacity=1)
    with pytest.raises(ValidationError, match=r"DuplicateSchedule: auto_scaling.schedules must .*'night'"):
        AutoScaling(max_capacity=2, schedules=[night, night])


def test_fails_on_burstable_instances() -> None:
    with pytest.raises(ValidationError) as raised:
        RealTimeEndpoint(
            instance_type="ml.t2.medium",
            auto_scaling=AutoScaling(max_capacity=2, invocations_per_instance=1),
        )
    assert str(raised.value) == (
        "AutoScalingNotSupported: endpoint.auto_scaling must be left out for burstable instances, which "
        "SageMaker does not scale, got 'ml.t2.medium'; choose an instance type such as 'ml.m5.large'"
    )
    RealTimeEndpoint(
        instance_type="ml.trn1.2xlarge", auto_scaling=AutoScaling(max_capacity=2, invocations_per_instance=1)
    )
