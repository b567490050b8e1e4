"""Instances, scaling, guardrails, and the way from one kind of endpoint to another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from cdk_sagemaker_mlops.handlers.errors import PermanentError
from cdk_sagemaker_mlops.handlers.model_deployment.controller import look
from cdk_sagemaker_mlops.handlers.model_deployment.decisions import Failed, Settled, Wait
from cdk_sagemaker_mlops.handlers.model_deployment.settings import Settings

GROUP = "churn-models"
ENDPOINT = "churn"
RESOURCE = "endpoint/churn/variant/AllTraffic"
GUARDRAILS = {
    "BlueGreenUpdatePolicy": {
        "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0},
        "TerminationWaitInSeconds": 60,
    },
    "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "churn-errors"}, {"AlarmName": "churn-latency"}]},
}

Told = Callable[..., Settings]
Deploy = Callable[..., None]


def on(settings: Settings, instance_type: str) -> Settings:
    variant = {**settings.hosting["ProductionVariant"], "InstanceType": instance_type}
    return replace(settings, hosting={**settings.hosting, "ProductionVariant": variant})


# Models and configs


def test_model_and_config_get_what_the_stack_asks_for(fake: Any, real_time: Settings, told: Told) -> None:
    fake.register(GROUP, approval="Approved")
    capture = {
        "InitialSamplingPercentage": 10,
        "DestinationS3Uri": "s3://churn/capture",
        "CaptureOptions": [{"CaptureMode": "Input"}],
    }
    vpc = {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}
    model = {"VpcConfig": vpc, "EnableNetworkIsolation": True, "Environment": {"LOG": "1"}}
    look(told(real_time, EndpointConfig={"DataCaptureConfig": capture, "KmsKeyId": "key"}, Model=model))
    (created,) = fake.called("CreateModel")
    assert created["VpcConfig"] == vpc
    assert created["EnableNetworkIsolation"] is True
    assert created["Containers"][0]["Environment"] == {"LOG": "1"}
    (config,) = fake.called("CreateEndpointConfig")
    assert (config["DataCaptureConfig"], config["KmsKeyId"]) == (capture, "key")


# Scaling


def test_scaling_is_registered_once_the_endpoint_is_in_service(
    fake: Any, real_time: Settings, deploy: Deploy
) -> None:
    fake.register(GROUP, approval="Approved")
    look(real_time)
    assert fake.scalable_targets == {}
    fake.settle(ENDPOINT)
    assert isinstance(look(real_time), Settled)
    (target,) = fake.scalable_targets.values()
    assert (target["ResourceId"], target["MinCapacity"], target["MaxCapacity"]) == (RESOURCE, 2, 4)
    assert [*fake.scaling_policies] == [(RESOURCE, "Invocations")]
    assert [*fake.scheduled_actions] == [(RESOURCE, "Night")]
    fake.calls.clear()
    look(real_time)
    assert fake.changes == []


def test_a_scaled_endpoint_keeps_its_instances_through_an_update(
    fake: Any, real_time: Settings, deploy: Deploy
) -> None:
    fake.register(GROUP, approval="Approved")
    deploy(real_time)
    fake.scale(ENDPOINT, 4)
    fake.calls.clear()
    fake.register(GROUP, approval="Approved")
    deploy(real_time)
    assert fake.endpoints[ENDPOINT]["ProductionVariants"][0]["DesiredInstanceCount"] == 4
    assert fake.called("UpdateEndpoint")[0]["ExcludeRetainedVariantProperties"] == [
        {"VariantPropertyType": "DataCaptureConfig"},
        {"VariantPropertyType": "DesiredWeight"},
    ]
    # It stayed registered all the time.
    assert {"RegisterScalableTarget", "DeregisterScalableTarget"}.isdisjoint(fake.changes)


def test_a_change_of_instance_type_ends_scaling_and_begins_it_anew(
    fake: Any, real_time: Settings, deploy: Deploy
) -> None:
    fake.register(GROUP, approval="Approved")
    deploy(real_time)
    fake.calls.clear()
    look(on(real_time, "ml.c5.large"))
    assert fake.changes.index("DeregisterScalableTarget") < fake.changes.index("UpdateEndpoint")
    assert "RetainAllVariantProperties" not in fake.called("UpdateEndpoint")[0]
    fake.settle(ENDPOINT)
    look(on(real_time, "ml.c5.large"))
    assert [*fake.scalable_targets] == [RESOURCE]


def test_scaling_comes_back_when_a_change_of_instance_type_fails(
    fake: Any, real_time: Settings, deploy: Deploy
) -> None:
    fake.register(GROUP, approval="Approved")
    deploy(real_time)
    look(on(real_time, "ml.c5.large"))
    assert fake.scalable_targets == {}
    fake.roll_back(ENDPOINT)
    assert isinstance(look(on(real_time, "ml.c5.large")), Failed)
    assert [*fake.scalable_targets] == [RESOURCE]


def test_other_scaling_is_applied_without_a_rollout(
    fake: Any, real_time: Settings, told: Told, deploy: Deploy
) -> None:
    fake.register(GROUP, approval="Approved")
    deploy(real_time)
    fake.calls.clear()
    assert isinstance(look(told(real_time, Scaling={"MinCapacity": 1, "MaxCapacity": 9})), Settled)
    assert fake.scalable_targets[RESOURCE]["MaxCapacity"] == 9
    assert fake.scaling_policies == fake.scheduled_actions == {}
    assert isinstance(look(told(real_time, Scaling={})), Settled)
    assert fake.scalable_targets == {}
    assert fake.called("UpdateEndpoint") == []


def test_fails_when_scaling_is_refused(fake: Any, real_time: Settings, told: Told) -> None:
    fake.register(GROUP, approval="Approved")
    wrong = told(real_time, Scaling={"MinCapacity": 0, "MaxCapacity": 2})
    look(wrong)
    fake.settle(ENDPOINT)
    with pytest.raises(PermanentError, match="MinCapacity 0"):
        look(wrong)


def test_an_asynchronous_endpoint_without_instances_is_woken_by_an_alarm(
    fake: Any, asynchronous: Settings, deploy: Deploy
) -> None:
    fake.answer_of = lambda _config, _body: (200, b"good")
    fake.register(GROUP, approval="Approved")
    deploy(asynchronous)
    (alarm,) = fake.alarms.values()
    assert alarm["AlarmName"] == "churn-deployment-0a1b2c3d-88b207-backlog"
    assert (alarm["MetricName"], alarm["Dimensions"]) == (
        "HasBacklogWithoutCapacity",
        [{"Name": "EndpointName", "Value": ENDPOINT}],
    )
    (policy,) = fake.scaling_policies.values()
    assert alarm["AlarmActions"] == [policy["PolicyARN"]]
    assert policy["PolicyType"] == "StepScaling"


# Guardrails


def test_guardrails_go_with_every_rollout(fake: Any, real_time: Settings, told: Told, deploy: Deploy) -> None:
    for name in ("churn-errors", "churn-latency"):
        fake.set_alarm(name, "OK")
    guarded = told(real_time, DeploymentConfig=GUARDRAILS)
    for _ in range(3):
        fake.register(GROUP, approval="Approved")
        deploy(guarded)
    requests = fake.called("CreateEndpoint") + fake.called("UpdateEndpoint")
    assert [request["DeploymentConfig"] for request in requests] == [GUARDRAILS] * 3


@pytest.mark.parametrize(
    ("ringing", "left"),
    [
        (["churn-errors"], {"Alarms": [{"AlarmName": "churn-latency"}]}),
        (["churn-errors", "churn-latency"], None),
    ],
)
def test_an_alarm_that_rings_already_does_not_keep_a_fix_from_being_deployed(
    fake: Any, real_time: Settings, told: Told, deploy: Deploy, ringing: list[str], left: Any
) -> None:
    for name in ("churn-errors", "churn-latency"):
        fake.set_alarm(name, "OK")
    guarded = told(real_time, DeploymentConfig=GUARDRAILS)
    fake.register(GROUP, approval="Approved")
    deploy(guarded)
    for name in ringing:
        fake.set_alarm(name, "ALARM")
    fake.register(GROUP, approval="Approved")
    deploy(guarded)
    (update,) = fake.called("UpdateEndpoint")
    assert update["DeploymentConfig"].get("AutoRollbackConfiguration") == left
    assert f"already in ALARM: {' '.join(ringing)}" in fake.messages[-1]["Message"]


def test_alarms_whose_state_may_not_be_read_are_watched(
    fake: Any, real_time: Settings, told: Told, deploy: Deploy
) -> None:
    for name in ("churn-errors", "churn-latency"):
        fake.set_alarm(name, "OK")
    guarded = told(real_time, DeploymentConfig=GUARDRAILS)
    fake.register(GROUP, approval="Approved")
    deploy(guarded)
    fake.deny("DescribeAlarms")
    fake.register(GROUP, approval="Approved")
    deploy(guarded)
    assert fake.called("UpdateEndpoint")[0]["DeploymentConfig"] == GUARDRAILS


# Another kind


@pytest.mark.parametrize("at_once", [True, False])
def test_another_kind_replaces_the_endpoint_under_its_name(
    fake: Any, settings: Settings, real_time: Settings, live: str, at_once: bool
) -> None:
    fake.deletes_at_once = at_once
    if not at_once:
        assert look(real_time) == Wait("Deleting")
        fake.settle(ENDPOINT)
    assert look(real_time) == Wait("Creating")
    # Everything is ready before the old one goes.
    assert fake.changes.index("CreateEndpointConfig") < fake.changes.index("DeleteEndpoint")
    fake.settle(ENDPOINT)
    assert isinstance(look(real_time), Settled)
    assert fake.endpoints[ENDPOINT]["EndpointConfigName"] != live
    assert [*fake.scalable_targets] == [RESOURCE]
    # And back, with its scaling ended first.
    fake.calls.clear()
    fake.deletes_at_once = True
    assert look(settings) == Wait("Creating")
    assert fake.changes.index("DeregisterScalableTarget") < fake.changes.index("DeleteEndpoint")


def test_a_kind_that_does_not_work_gives_way_to_the_one_before(
    fake: Any, real_time: Settings, live: str
) -> None:
    fake.deletes_at_once = True
    assert look(real_time) == Wait("Creating")
    fake.fail(ENDPOINT, "The container did not answer the ping.")
    assert look(real_time) == Wait("Creating")
    fake.settle(ENDPOINT)
    for _ in range(3):
        result = look(real_time)
        assert isinstance(result, Failed)
        assert "did not answer the ping" in result.reason
    assert fake.endpoints[ENDPOINT]["EndpointConfigName"] == live
    assert [event["Detail"].split('"')[3] for event in fake.sent_events] == [
        "DEPLOYED",
        "FAILED",
        "ROLLED_BACK",
    ]


def test_a_stuck_rollback_goes_back_to_what_was_good(fake: Any, live: str, settings: Settings) -> None:
    fake.register(GROUP, approval="Approved")
    look(settings)
    fake.get_stuck(ENDPOINT)
    assert look(settings) == Wait("Updating")
    fake.settle(ENDPOINT)
    result = look(settings)
    assert isinstance(result, Failed)
    assert "The rollback failed." in result.reason
    assert fake.endpoints[ENDPOINT]["EndpointConfigName"] == live


# No version approved


def test_the_endpoint_goes_when_none_is_approved_if_the_stack_says_so(
    fake: Any, settings: Settings, told: Told, live: str
) -> None:
    removing = told(WhenNoneApproved="Remove")
    package = fake.served(ENDPOINT)
    fake.decide(package, "Rejected")
    assert look(removing) == Wait("Deleting")
    fake.settle(ENDPOINT)
    look(removing)
    look(removing)
    assert fake.endpoints == fake.endpoint_configs == fake.models == {}
    assert "no longer deployed" in fake.messages[-1]["Subject"]
    fake.calls.clear()
    look(removing)
    assert len(fake.calls) <= 4
    fake.advance(10)
    fake.decide(package, "Approved")
    assert look(removing) == Wait("Creating")


def test_a_composite_alarm_that_rings_already_is_left_out_too(
    fake: Any, real_time: Settings, told: Told, deploy: Deploy, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("churn-errors", "churn-latency"):
        fake.set_alarm(name, "OK")
    guarded = told(real_time, DeploymentConfig=GUARDRAILS)
    fake.register(GROUP, approval="Approved")
    deploy(guarded)

    def describe(params: dict[str, Any]) -> dict[str, Any]:
        if params.get("AlarmTypes") == ["CompositeAlarm"]:
            assert params["AlarmNames"] == ["churn-latency"]
            return {"CompositeAlarms": [{"AlarmName": "churn-latency", "StateValue": "ALARM"}]}
        return {"MetricAlarms": [{"AlarmName": "churn-errors", "StateValue": "OK"}]}

    monkeypatch.setattr(fake, "_describe_alarms", describe)
    fake.register(GROUP, approval="Approved")
    deploy(guarded)
    rollback = fake.called("UpdateEndpoint")[0]["DeploymentConfig"]["AutoRollbackConfiguration"]
    assert rollback == {"Alarms": [{"AlarmName": "churn-errors"}]}


def test_what_was_good_is_remembered_through_several_failures_of_another_kind(
    fake: Any, real_time: Settings, live: str
) -> None:
    fake.deletes_at_once = True
    look(real_time)
    fake.fail(ENDPOINT)
    fake.register(GROUP, approval="Approved")
    assert look(real_time) == Wait("Creating")
    assert "-v2-" in fake.endpoints[ENDPOINT]["EndpointConfigName"]
    fake.fail(ENDPOINT)
    assert look(real_time) == Wait("Creating")
    assert fake.endpoints[ENDPOINT]["EndpointConfigName"] == live


def test_an_asynchronous_endpoint_that_sleeps_starts_an_update_with_an_instance(
    fake: Any, asynchronous: Settings, deploy: Deploy
) -> None:
    fake.answer_of = lambda _config, _body: (200, b"good")
    fake.register(GROUP, approval="Approved")
    deploy(asynchronous)
    fake.scale(ENDPOINT, 0)
    fake.register(GROUP, approval="Approved")
    deploy(asynchronous)
    assert fake.endpoints[ENDPOINT]["ProductionVariants"][0]["DesiredInstanceCount"] == 1


def test_what_is_in_service_is_not_given_up_because_it_cannot_be_deployed_once_more(
    fake: Any, settings: Settings, live: str
) -> None:
    fake.register(GROUP, approval="Approved")
    look(settings)
    fake.get_stuck(ENDPOINT)
    fake.fail_next("UpdateEndpoint", "ValidationException", "This config is in use already", times=2)
    for _ in range(2):
        with pytest.raises(PermanentError, match="in use already"):
            look(settings)
    assert "DeleteEndpoint" not in fake.changes
    assert look(settings) == Wait("Updating")


def test_an_endpoint_config_deleted_by_hand_is_made_again(fake: Any, settings: Settings, live: str) -> None:
    fake.endpoint_configs.pop(live)
    fake.tags.pop(f"arn:aws:sagemaker:eu-west-1:123456789012:endpoint-config/{live}")
    assert look(settings) == Wait("Updating")
    fake.settle(ENDPOINT)
    assert isinstance(look(settings), Settled)
    assert [*fake.endpoint_configs] == [live]


def test_an_asynchronous_endpoint_at_work_keeps_its_instances_through_an_update(
    fake: Any, asynchronous: Settings, deploy: Deploy
) -> None:
    fake.answer_of = lambda _config, _body: (200, b"good")
    fake.register(GROUP, approval="Approved")
    deploy(asynchronous)
    fake.scale(ENDPOINT, 2)
    fake.register(GROUP, approval="Approved")
    deploy(asynchronous)
    assert fake.endpoints[ENDPOINT]["ProductionVariants"][0]["DesiredInstanceCount"] == 2
