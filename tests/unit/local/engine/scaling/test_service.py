from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest

from cdk_sagemaker_mlops.local.engine.api_error import ApiError
from cdk_sagemaker_mlops.local.engine.authorization.check import Check, Permit
from cdk_sagemaker_mlops.local.engine.http_request import Request
from cdk_sagemaker_mlops.local.engine.scaling.service import answer
from cdk_sagemaker_mlops.local.engine.scope import Scope

TARGET = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/Churn/variant/AllTraffic",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}
POLICY = {
    "PolicyType": "TargetTrackingScaling",
    "TargetTrackingScalingPolicyConfiguration": {
        "TargetValue": 70.0,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
    },
}


class Scaling:
    """Application Auto Scaling of one control plane, over its HTTP interface."""

    def __init__(self, bench: Any) -> None:
        self.bench = bench
        self.asked: list[Check] = []
        self.denied: set[str] = set()

    def _permit(self, checks: Iterable[Check]) -> None:
        for check in checks:
            self.asked.append(check)
            if check.action in self.denied:
                raise ApiError("AccessDeniedException", f"not {check.action}")

    def _ensure_role(self, scope: Scope, permit: Permit) -> None:
        permit([Check("iam:CreateServiceLinkedRole")])

    def __call__(self, operation: str, **params: Any) -> Any:
        request = Request(
            scope=self.bench.scope,
            path="/",
            headers={"x-amz-target": f"AnyScaleFrontendService.{operation}"},
            body=json.dumps(params).encode(),
            permit=self._permit,
        )
        status, _, body = answer(self.bench.plane.services.store, self._ensure_role, request)
        answered = json.loads(body)
        return answered if status == 200 else f"{answered['__type']}: {answered['message']}"


@pytest.fixture
def scaling(bench: Any) -> Scaling:
    bench.instance_endpoint("Churn")
    return Scaling(bench)


def _registered(scaling: Scaling) -> Scaling:
    scaling("RegisterScalableTarget", **TARGET, MinCapacity=1, MaxCapacity=4)
    return scaling


def test_a_target_is_registered_changed_and_forgotten_with_all_it_has(scaling: Scaling) -> None:
    made = scaling("RegisterScalableTarget", **TARGET, MinCapacity=1, MaxCapacity=4)
    assert made["ScalableTargetARN"].startswith("arn:aws:application-autoscaling:eu-west-1:000000000000:")
    assert scaling("RegisterScalableTarget", **TARGET, MaxCapacity=6) == made

    scaling("PutScalingPolicy", PolicyName="track", **TARGET, **POLICY)
    scaling("PutScheduledAction", ScheduledActionName="night", Schedule="rate(1 day)", **TARGET)

    (target,) = scaling("DescribeScalableTargets", ServiceNamespace="sagemaker")["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 6)
    (policy,) = scaling("DescribeScalingPolicies", ServiceNamespace="sagemaker")["ScalingPolicies"]
    assert (policy["PolicyName"], policy["PolicyType"]) == ("track", "TargetTrackingScaling")
    (action,) = scaling("DescribeScheduledActions", ServiceNamespace="sagemaker")["ScheduledActions"]
    assert action["Schedule"] == "rate(1 day)"
    assert scaling("DescribeScalingActivities", ServiceNamespace="sagemaker") == {"ScalingActivities": []}

    assert scaling("DeregisterScalableTarget", **TARGET) == {}
    assert scaling("DescribeScalableTargets", ServiceNamespace="sagemaker") == {"ScalableTargets": []}
    assert scaling("DescribeScalingPolicies", ServiceNamespace="sagemaker") == {"ScalingPolicies": []}
    assert scaling("DescribeScheduledActions", ServiceNamespace="sagemaker") == {"ScheduledActions": []}


def test_a_policy_keeps_its_arn_when_it_changes_and_can_be_deleted(scaling: Scaling) -> None:
    _registered(scaling)
    first = scaling("PutScalingPolicy", PolicyName="track", **TARGET, **POLICY)

    assert scaling("PutScalingPolicy", PolicyName="track", **TARGET, **POLICY) == first
    assert scaling("PutScalingPolicy", PolicyName="track", **TARGET, StepScalingPolicyConfiguration={}) == (
        "ValidationException: The type of policy track cannot be changed; delete it first."
    )
    assert scaling("DeleteScalingPolicy", PolicyName="track", **TARGET) == {}
    assert scaling("DeleteScalingPolicy", PolicyName="track", **TARGET).startswith("ObjectNotFoundException")


def test_lists_are_given_in_pages_and_by_name(scaling: Scaling) -> None:
    _registered(scaling)
    for number in range(3):
        scaling("PutScheduledAction", ScheduledActionName=f"a{number}", Schedule="rate(1 day)", **TARGET)

    page = scaling("DescribeScheduledActions", ServiceNamespace="sagemaker", MaxResults=2)
    rest = scaling("DescribeScheduledActions", ServiceNamespace="sagemaker", NextToken=page["NextToken"])
    named = scaling("DescribeScheduledActions", ServiceNamespace="sagemaker", ScheduledActionNames=["a1"])

    names = [action["ScheduledActionName"] for action in page["ScheduledActions"] + rest["ScheduledActions"]]
    assert names == ["a0", "a1", "a2"]
    assert "NextToken" not in rest
    assert [action["ScheduledActionName"] for action in named["ScheduledActions"]] == ["a1"]


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"ServiceNamespace": "ecs"}, "Service namespace ecs is not emulated"),
        ({"ResourceId": "endpoint/Other/variant/AllTraffic"}, "Could not find the resource"),
        ({"ResourceId": "endpoint/Churn/variant/Other"}, "Could not find the resource"),
        ({"ResourceId": "endpoint/Churn"}, "Could not find the resource"),
        ({"ScalableDimension": "sagemaker:variant:DesiredProvisionedConcurrency"}, "scales by sagemaker:v"),
        ({"MinCapacity": 5}, "MinCapacity 5 must be from 0 to MaxCapacity 4."),
        ({"MaxCapacity": None}, "MaxCapacity must be specified"),
    ],
)
def test_fails_to_register(scaling: Scaling, changed: dict[str, Any], text: str) -> None:
    given = {**TARGET, "MinCapacity": 1, "MaxCapacity": 4, **changed}

    refused = scaling("RegisterScalableTarget", **{k: v for k, v in given.items() if v is not None})

    assert refused.startswith("ValidationException: ")
    assert text in refused


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("PutScalingPolicy", {"PolicyName": "track", **POLICY}),
        ("PutScheduledAction", {"ScheduledActionName": "night", "Schedule": "rate(1 day)"}),
        ("DeregisterScalableTarget", {}),
    ],
)
def test_fails_when_the_target_is_not_registered(
    scaling: Scaling, operation: str, params: dict[str, Any]
) -> None:
    assert scaling(operation, **TARGET, **params).startswith(
        "ObjectNotFoundException: No scalable target registered for service namespace: sagemaker"
    )


def test_fails_on_a_policy_without_its_configuration(scaling: Scaling) -> None:
    refused = _registered(scaling)("PutScalingPolicy", PolicyName="p", **TARGET, PolicyType="StepScaling")

    assert "StepScalingPolicyConfiguration must be specified" in refused


def test_fails_on_a_request_that_does_not_fit_its_shape(scaling: Scaling) -> None:
    refused = scaling("RegisterScalableTarget", **{**TARGET, "ScalableDimension": "sagemaker:variant:Size"})

    assert "Value 'sagemaker:variant:Size' at 'scalableDimension' failed to satisfy constraint" in refused


def test_fails_on_an_operation_that_is_not_emulated(scaling: Scaling) -> None:
    assert scaling("TagResource") == "UnknownOperationException: TagResource is not emulated"


def test_a_registration_needs_what_scaling_does_in_the_caller_s_name(scaling: Scaling) -> None:
    _registered(scaling)("PutScalingPolicy", PolicyName="track", **TARGET, **POLICY)

    endpoint = "arn:aws:sagemaker:eu-west-1:000000000000:endpoint/churn"
    assert [(check.action, check.resource) for check in scaling.asked[:5]] == [
        (
            "application-autoscaling:RegisterScalableTarget",
            "arn:aws:application-autoscaling:eu-west-1:000000000000:scalable-target/*",
        ),
        ("iam:CreateServiceLinkedRole", "*"),
        ("sagemaker:DescribeEndpoint", endpoint),
        ("sagemaker:UpdateEndpointWeightsAndCapacities", endpoint),
        (
            "sagemaker:DescribeEndpointConfig",
            "arn:aws:sagemaker:eu-west-1:000000000000:endpoint-config/churn-1",
        ),
    ]
    assert scaling.asked[0].keys["application-autoscaling:service-namespace"] == "sagemaker"
    assert {check.action for check in scaling.asked[6:]} >= {
        "cloudwatch:PutMetricAlarm",
        "cloudwatch:DescribeAlarms",
        "cloudwatch:DeleteAlarms",
    }


def test_fails_with_the_permission_that_is_missing(scaling: Scaling) -> None:
    scaling.denied.add("sagemaker:UpdateEndpointWeightsAndCapacities")

    assert scaling("RegisterScalableTarget", **TARGET, MinCapacity=1, MaxCapacity=4) == (
        "ValidationException: Missing permissions: not sagemaker:UpdateEndpointWeightsAndCapacities"
    )
    assert scaling("DescribeScalableTargets", ServiceNamespace="sagemaker") == {"ScalableTargets": []}
