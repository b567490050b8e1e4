from __future__ import annotations

from typing import Any

import pytest

ARN = "arn:aws:sagemaker:eu-west-1:000000000000:endpoint/churn"
CANARY = {
    "BlueGreenUpdatePolicy": {
        "TrafficRoutingConfiguration": {
            "Type": "CANARY",
            "WaitIntervalInSeconds": 300,
            "CanarySize": {"Type": "INSTANCE_COUNT", "Value": 1},
        },
        "TerminationWaitInSeconds": 120,
    },
    "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]},
}
ROLLING = {
    "RollingUpdatePolicy": {
        "MaximumBatchSize": {"Type": "CAPACITY_PERCENT", "Value": 50},
        "WaitIntervalInSeconds": 60,
    }
}
TARGET = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/Churn/variant/AllTraffic",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}


def _update(bench: Any, config: str, **params: Any) -> None:
    bench.call("UpdateEndpoint", EndpointName="Churn", EndpointConfigName=config, **params)


def _described(bench: Any) -> dict[str, Any]:
    found: dict[str, Any] = bench.call("DescribeEndpoint", EndpointName="Churn")
    return found


@pytest.fixture
def churn(bench: Any) -> Any:
    bench.instance_endpoint("Churn")
    bench.events.clear()
    return bench


def test_traffic_moves_in_the_steps_that_are_asked_for(churn: Any) -> None:
    seen: list[tuple[str, str, float, float, str]] = []

    def look() -> None:
        described = _described(churn)
        pending = described["PendingDeploymentSummary"]
        (new,), (old,) = pending["ProductionVariants"], described["ProductionVariants"]
        status = new["VariantStatus"][0]["Status"]
        seen.append(
            (
                described["EndpointStatus"],
                status,
                new["CurrentWeight"],
                old["CurrentWeight"],
                new["VariantName"],
            )
        )

    churn.watch.during = look
    _update(churn, churn.instance_config("two"), DeploymentConfig=CANARY)
    look()
    churn.run_background()

    assert [one[:4] for one in seen] == [
        ("Updating", "Creating", 0.0, 1.0),
        ("Updating", "Baking", 0.5, 0.5),
        ("Updating", "Baking", 1.0, 0.0),
    ]
    assert churn.watch.waits == [300, 120]
    described = _described(churn)
    assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("InService", "two")
    assert described["ProductionVariants"][0]["CurrentWeight"] == 1.0
    assert described["LastDeploymentConfig"] == CANARY
    assert "PendingDeploymentSummary" not in described
    assert [server.stopped for server in churn.servers] == [True, False]


def test_both_fleets_answer_while_traffic_is_split(churn: Any) -> None:
    fleets = churn.plane.services.fleets
    answering: list[set[int]] = []
    churn.watch.during = lambda: answering.append({id(fleets.serving(ARN)) for _ in range(200)})

    _update(churn, churn.instance_config("two"), DeploymentConfig=ROLLING)
    churn.run_background()

    assert [len(one) for one in answering] == [2, 1]


@pytest.mark.parametrize("rings", [1, 2])
def test_an_alarm_gives_all_traffic_back(churn: Any, rings: int) -> None:
    before = churn.plane.services.fleets.serving(ARN)

    def ring() -> None:
        if len(churn.watch.waits) == rings:
            churn.alarms["errors"] = "ALARM"

    churn.watch.during = ring
    _update(churn, churn.instance_config("two"), DeploymentConfig=CANARY)
    churn.run_background()

    described = _described(churn)
    assert (described["EndpointStatus"], described["EndpointConfigName"]) == ("InService", "Churn-1")
    assert described["FailureReason"] == "The following alarms are in the ALARM state: errors."
    assert described["ProductionVariants"][0]["CurrentWeight"] == 1.0
    assert "PendingDeploymentSummary" not in described
    assert churn.statuses("EndpointStatus") == ["UPDATING", "ROLLING_BACK", "IN_SERVICE"]
    assert churn.plane.services.fleets.serving(ARN) is before
    assert [server.stopped for server in churn.servers] == [False, True]


def test_a_rollout_that_takes_too_long_goes_back(churn: Any) -> None:
    policy = {**CANARY["BlueGreenUpdatePolicy"], "MaximumExecutionTimeoutInSeconds": 600}
    policy["TrafficRoutingConfiguration"] = {
        "Type": "LINEAR",
        "WaitIntervalInSeconds": 450,
        "LinearStepSize": {"Type": "CAPACITY_PERCENT", "Value": 25},
    }
    name = churn.instance_config("two", InitialInstanceCount=4)

    _update(churn, name, DeploymentConfig={"BlueGreenUpdatePolicy": policy})
    churn.run_background()

    assert _described(churn)["FailureReason"] == "The deployment took longer than 600 seconds."


def test_the_deployment_config_can_be_retained(churn: Any) -> None:
    _update(churn, churn.instance_config("two"), DeploymentConfig=ROLLING)
    churn.run_background()
    churn.watch.waits.clear()

    _update(churn, churn.instance_config("three"), RetainDeploymentConfig=True)
    churn.run_background()
    _update(churn, churn.instance_config("four"))
    churn.run_background()

    assert churn.watch.waits == [60, 60, 0]


@pytest.mark.parametrize(
    ("params", "count"),
    [
        ({}, 2),
        ({"RetainAllVariantProperties": True}, 5),
        (
            {
                "RetainAllVariantProperties": True,
                "ExcludeRetainedVariantProperties": [{"VariantPropertyType": "DesiredInstanceCount"}],
            },
            2,
        ),
    ],
)
def test_a_scaled_out_count_survives_if_it_is_to(churn: Any, params: dict[str, Any], count: int) -> None:
    wanted = [{"VariantName": "AllTraffic", "DesiredInstanceCount": 5, "DesiredWeight": 2.0}]
    churn.call("UpdateEndpointWeightsAndCapacities", EndpointName="Churn", DesiredWeightsAndCapacities=wanted)
    assert _described(churn)["EndpointStatus"] == "Updating"
    churn.run_background()
    assert _described(churn)["ProductionVariants"][0]["CurrentInstanceCount"] == 5

    _update(churn, churn.instance_config("two"), **params)
    churn.run_background()

    (variant,) = _described(churn)["ProductionVariants"]
    assert (variant["CurrentInstanceCount"], variant["DesiredInstanceCount"]) == (count, count)


def test_data_capture_is_retained_unless_it_is_excluded(churn: Any) -> None:
    capture = {
        "InitialSamplingPercentage": 10,
        "DestinationS3Uri": "s3://bucket/captured",
        "CaptureOptions": [{"CaptureMode": "Input"}],
    }
    churn.instance_config("two")
    variants = churn.call("DescribeEndpointConfig", EndpointConfigName="two")["ProductionVariants"]
    config = {"ProductionVariants": variants, "DataCaptureConfig": capture}
    churn.call("CreateEndpointConfig", EndpointConfigName="captured", **config)

    _update(churn, "captured", RetainAllVariantProperties=True)
    churn.run_background()
    assert "DataCaptureConfig" not in _described(churn)

    excluded = [{"VariantPropertyType": "DataCaptureConfig"}]
    _update(churn, "captured", RetainAllVariantProperties=True, ExcludeRetainedVariantProperties=excluded)
    churn.run_background()
    assert _described(churn)["DataCaptureConfig"]["DestinationS3Uri"] == "s3://bucket/captured"


def test_fails_to_change_the_capacity_of_a_variant_that_is_not_there(churn: Any) -> None:
    wanted = [{"VariantName": "Other", "DesiredWeight": 1.0}]

    assert (
        churn.refusal(
            "UpdateEndpointWeightsAndCapacities", EndpointName="Churn", DesiredWeightsAndCapacities=wanted
        )
        == f'ValidationException: Variant "Other" of "{ARN}" does not exist.'
    )


def _blue_green(kind: str, **routing: Any) -> dict[str, Any]:
    configuration = {"Type": kind, "WaitIntervalInSeconds": 300, **routing}
    return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": configuration}}


def _size(value: int, kind: str = "CAPACITY_PERCENT") -> dict[str, Any]:
    return {"Type": kind, "Value": value}


@pytest.mark.parametrize(
    ("deployment", "instances", "text"),
    [
        ({}, 2, "Exactly one of BlueGreenUpdatePolicy and RollingUpdatePolicy must be specified."),
        ({**_blue_green("ALL_AT_ONCE"), **ROLLING}, 2, "Exactly one of"),
        (_blue_green("CANARY"), 2, "CanarySize must be specified"),
        (_blue_green("CANARY", CanarySize=_size(60)), 2, "CanarySize must be from 0 to 50 percent"),
        (_blue_green("CANARY", CanarySize=_size(2, "INSTANCE_COUNT")), 2, "and is 100 percent"),
        (_blue_green("CANARY", CanarySize=_size(10)), 1, "CanarySize needs at least 2 instances"),
        (_blue_green("LINEAR", LinearStepSize=_size(5)), 2, "LinearStepSize must be from 10 to 50 percent"),
        (
            {"RollingUpdatePolicy": {"MaximumBatchSize": _size(60), "WaitIntervalInSeconds": 0}},
            2,
            "MaximumBatchSize must be from 5 to 50 percent",
        ),
        (
            {
                "RollingUpdatePolicy": {
                    **ROLLING["RollingUpdatePolicy"],
                    "WaitIntervalInSeconds": 600,
                    "MaximumExecutionTimeoutInSeconds": 600,
                }
            },
            2,
            "MaximumExecutionTimeoutInSeconds 600 must exceed the waits of 600 seconds.",
        ),
    ],
)
def test_fails_to_roll_out_in_a_way_the_service_does_not_have(
    churn: Any, deployment: dict[str, Any], instances: int, text: str
) -> None:
    name = churn.instance_config("two", InitialInstanceCount=instances)

    refused = churn.refusal(
        "UpdateEndpoint", EndpointName="Churn", EndpointConfigName=name, DeploymentConfig=deployment
    )

    assert text in refused
    assert _described(churn)["EndpointStatus"] == "InService"


@pytest.mark.parametrize(
    ("deployment", "text"),
    [
        (ROLLING, "RollingUpdatePolicy is not supported for serverless endpoints."),
        (CANARY, "Traffic routing of type CANARY is not supported for serverless endpoints."),
    ],
)
def test_fails_to_roll_out_a_serverless_endpoint_in_steps(
    bench: Any, deployment: dict[str, Any], text: str
) -> None:
    refused = bench.refusal(
        "CreateEndpoint",
        EndpointName="e",
        EndpointConfigName=bench.endpoint_config("one"),
        DeploymentConfig=deployment,
    )

    assert refused == f"ValidationException: {text}"


def test_fails_to_change_the_kind_of_an_endpoint(churn: Any) -> None:
    serverless = churn.endpoint_config("serverless")
    variants = churn.call("DescribeEndpointConfig", EndpointConfigName="Churn-1")["ProductionVariants"]
    output = {"OutputConfig": {"S3OutputPath": "s3://bucket/out"}}
    churn.call(
        "CreateEndpointConfig",
        EndpointConfigName="async",
        ProductionVariants=variants,
        AsyncInferenceConfig=output,
    )

    for name, kind in ((serverless, "serverless"), ("async", "asynchronous")):
        refused = churn.refusal("UpdateEndpoint", EndpointName="Churn", EndpointConfigName=name)
        assert f"Cannot update an endpoint from real-time to {kind}" in refused


def test_fails_to_change_the_instance_type_of_a_scaled_variant(churn: Any) -> None:
    store = churn.plane.services.store
    store.table(churn.scope, "scalable-target")["t"] = TARGET
    _update(churn, churn.instance_config("two"))
    churn.run_background()
    name = churn.instance_config("three", InstanceType="ml.m5.xlarge")

    refused = churn.refusal("UpdateEndpoint", EndpointName="Churn", EndpointConfigName=name)

    assert "The variant(s) ['AllTraffic'] must be deregistered as scalable targets" in refused
    churn.call("DeleteEndpoint", EndpointName="Churn")
    churn.run_background()
    assert store.table(churn.scope, "scalable-target") == {}
