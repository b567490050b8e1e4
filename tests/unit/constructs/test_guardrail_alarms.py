from __future__ import annotations

from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk.assertions import Match, Template

from cdk_sagemaker_mlops import (
    AsyncEndpoint,
    ModelDeployment,
    RealTimeEndpoint,
    RollbackAlarms,
    ValidationError,
)

ALARM = "AWS::CloudWatch::Alarm"


def alarms_of(deployment: Any) -> dict[str, dict[str, Any]]:
    return {
        properties["MetricName"]: properties
        for logical_id in deployment.ids(ALARM)
        if logical_id.startswith("Deployment")
        and (properties := deployment.properties(logical_id))["Namespace"] == "AWS/SageMaker"
    }


def test_errors_and_latency_are_watched_by_default(full_deployment: Any) -> None:
    alarms = alarms_of(full_deployment)
    assert {name: (alarm["Statistic"], alarm["Threshold"]) for name, alarm in alarms.items()} == {
        "Invocation5XXErrors": ("Average", 0.05),
        "InvocationModelErrors": ("Average", 0.05),
        # SageMaker measures in microseconds.
        "ModelLatency": ("Average", 30_000_000),
    }
    for alarm in alarms.values():
        assert alarm["Dimensions"] == [
            {"Name": "EndpointName", "Value": "Churn-Live"},
            {"Name": "VariantName", "Value": "AllTraffic"},
        ]
        assert (alarm["Period"], alarm["EvaluationPeriods"]) == (60, 1)
        assert alarm["TreatMissingData"] == "notBreaching", "an endpoint without traffic would roll back"


def test_a_serverless_endpoint_has_none(default_deployment: Any) -> None:
    assert alarms_of(default_deployment) == {}
    assert default_deployment.deployment.alarms == []


def test_the_users_own_take_the_place_of_ours(async_deployment: Any) -> None:
    assert alarms_of(async_deployment) == {}
    hosting = async_deployment.properties(
        async_deployment.named("Deployment", "Custom::SageMakerModelDeployment")
    )
    assert '"AutoRollbackConfiguration":{"Alarms":[{"AlarmName":"own"}]}' in str(hosting["Hosting"])


def test_thresholds_are_the_users() -> None:
    stack = Stack(App(), "Churn")
    ModelDeployment(
        stack,
        "Deployment",
        model_package_group_name="churn",
        endpoint=RealTimeEndpoint(),
        alarms=RollbackAlarms(
            invocation_5xx_errors_percent=0.5,
            invocation_model_errors_percent=None,
            model_latency_in_milliseconds=250,
            evaluation_periods=2,
        ),
    )
    template = Template.from_stack(stack)
    template.resource_properties_count_is(ALARM, {"Namespace": "AWS/SageMaker"}, 2)
    template.has_resource_properties(ALARM, {"MetricName": "Invocation5XXErrors", "Threshold": 0.005})
    template.has_resource_properties(
        ALARM, {"MetricName": "ModelLatency", "Threshold": 250_000, "EvaluationPeriods": 2}
    )


def test_an_asynchronous_endpoint_is_watched_for_what_it_measures_and_may_be_slow() -> None:
    stack = Stack(App(), "Churn")
    deployment = ModelDeployment(
        stack,
        "Deployment",
        model_package_group_name="churn",
        endpoint=AsyncEndpoint(output_s3_uri="s3://churn-answers/live"),
    )
    template = Template.from_stack(stack)
    assert len(deployment.alarms) == 1
    template.has_resource_properties(ALARM, {"MetricName": "Invocation5XXErrors"})


def test_no_alarms_is_a_choice() -> None:
    stack = Stack(App(), "Churn")
    ModelDeployment(
        stack, "Deployment", model_package_group_name="churn", endpoint=RealTimeEndpoint(), alarms=[]
    )
    template = Template.from_stack(stack)
    template.resource_properties_count_is(ALARM, {"Namespace": "AWS/SageMaker"}, 0)
    template.has_resource_properties(
        "Custom::SageMakerModelDeployment", {"Hosting": Match.not_(Match.string_like_regexp("AutoRollback"))}
    )


def test_fails_with_more_alarms_than_a_rollout_takes() -> None:
    stack = Stack(App(), "Churn")
    eleven = [
        cloudwatch.Alarm.from_alarm_arn(
            stack, f"A{n}", f"arn:aws:cloudwatch:eu-west-1:123456789012:alarm:a{n}"
        )
        for n in range(11)
    ]
    with pytest.raises(ValidationError) as raised:
        ModelDeployment(
            stack, "Deployment", model_package_group_name="churn", endpoint=RealTimeEndpoint(), alarms=eleven
        )
    assert str(raised.value) == (
        "TooManyAlarms: alarms must be at most 10 alarms, got 11; combine some of them into a composite alarm "
        "(at Churn/Deployment)"
    )


def test_metrics_name_the_endpoint_and_its_variant(full_deployment: Any) -> None:
    deployment = full_deployment.deployment
    metrics = {
        metric.metric_name: (metric.namespace, metric.statistic)
        for metric in (
            deployment.metric_invocations(),
            deployment.metric_invocations_per_instance(),
            deployment.metric_invocation_4xx_errors(),
            deployment.metric_invocation_5xx_errors(),
            deployment.metric_invocation_model_errors(),
            deployment.metric_model_latency(),
            deployment.metric_overhead_latency(),
            deployment.metric_cpu_utilization(),
            deployment.metric_memory_utilization(),
            deployment.metric("DiskUtilization", namespace="/aws/sagemaker/Endpoints", statistic="Maximum"),
        )
    }
    assert metrics == {
        "Invocations": ("AWS/SageMaker", "Sum"),
        "InvocationsPerInstance": ("AWS/SageMaker", "Sum"),
        "Invocation4XXErrors": ("AWS/SageMaker", "Sum"),
        "Invocation5XXErrors": ("AWS/SageMaker", "Sum"),
        "InvocationModelErrors": ("AWS/SageMaker", "Sum"),
        "ModelLatency": ("AWS/SageMaker", "Average"),
        "OverheadLatency": ("AWS/SageMaker", "Average"),
        "CPUUtilization": ("/aws/sagemaker/Endpoints", "Average"),
        "MemoryUtilization": ("/aws/sagemaker/Endpoints", "Average"),
        "DiskUtilization": ("/aws/sagemaker/Endpoints", "Maximum"),
    }
    assert deployment.metric_invocations().dimensions == {
        "EndpointName": "Churn-Live",
        "VariantName": "AllTraffic",
    }
