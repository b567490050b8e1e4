"""An endpoint, as a person wants to know it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from cdk_sagemaker_mlops.deployed.endpoint_details import (
    EndpointDetails,
    Rollout,
    endpoint_details,
    strategy_text,
)

ARN = "arn:aws:sagemaker:us-east-1:000000000000"
NOW = datetime(2026, 11, 1, tzinfo=UTC)
PACKAGE = f"{ARN}:model-package/churn"


@pytest.fixture
def sagemaker() -> Any:
    return boto3.client(
        "sagemaker", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )


def endpoint(stubber: Stubber, **more: Any) -> None:
    body = {
        "EndpointName": "churn",
        "EndpointArn": f"{ARN}:endpoint/churn",
        "EndpointConfigName": "config-1",
        "EndpointStatus": "InService",
        "CreationTime": NOW,
        "LastModifiedTime": NOW,
        **more,
    }
    stubber.add_response("describe_endpoint", body, {"EndpointName": "churn"})


def config(stubber: Stubber, name: str, package: str | None) -> None:
    stubber.add_response(
        "describe_endpoint_config",
        {
            "EndpointConfigName": name,
            "EndpointConfigArn": f"{ARN}:endpoint-config/{name}",
            "ProductionVariants": [{"VariantName": "AllTraffic", "ModelName": name}],
            "CreationTime": NOW,
        },
        {"EndpointConfigName": name},
    )
    container = {"Image": "i"} if package is None else {"ModelPackageName": package}
    body = {
        "ModelName": name,
        "ModelArn": f"{ARN}:model/{name}",
        "CreationTime": NOW,
        "Containers": [container],
    }
    stubber.add_response("describe_model", body, {"ModelName": name})


def test_what_it_serves_and_since_when(sagemaker: Any) -> None:
    with Stubber(sagemaker) as stubber:
        endpoint(
            stubber,
            ProductionVariants=[
                {
                    "VariantName": "AllTraffic",
                    "CurrentServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5},
                }
            ],
            LastDeploymentConfig={"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "errors"}]}},
        )
        config(stubber, "config-1", f"{PACKAGE}/3")
        found = endpoint_details(sagemaker, "churn")
    assert found == EndpointDetails(
        name="churn",
        status="InService",
        version=3,
        package_arn=f"{PACKAGE}/3",
        config="config-1",
        since=NOW,
        kind="serverless",
        alarms=("errors",),
    )
    assert found.is_settled


def test_a_rollout_with_its_strategy_and_progress(sagemaker: Any) -> None:
    canary = {
        "Type": "CANARY",
        "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 10},
        "WaitIntervalInSeconds": 300,
    }
    pending = {
        "EndpointConfigName": "config-2",
        "StartTime": NOW,
        "ProductionVariants": [
            {
                "VariantName": "AllTraffic",
                "CurrentInstanceCount": 1,
                "DesiredInstanceCount": 2,
                "VariantStatus": [{"Status": "Baking", "StatusMessage": "for 5 minutes"}],
            },
            {"VariantName": "Shadow"},
        ],
    }
    with Stubber(sagemaker) as stubber:
        endpoint(
            stubber,
            EndpointStatus="Updating",
            PendingDeploymentSummary=pending,
            LastDeploymentConfig={"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": canary}},
        )
        config(stubber, "config-1", f"{PACKAGE}/3")
        config(stubber, "config-2", f"{PACKAGE}/4")
        found = endpoint_details(sagemaker, "churn")
    assert found is not None
    assert not found.is_settled
    assert (found.kind, found.rollout) == (
        "real-time",
        Rollout(
            version=4,
            config="config-2",
            started=NOW,
            strategy="canary of 10 %, then the rest after 300 s",
            progress=("AllTraffic: Baking for 5 minutes, 1 of 2 instances", "Shadow: preparing"),
        ),
    )


def test_a_model_made_of_a_copy_tells_its_version_by_its_name(sagemaker: Any) -> None:
    name = "churn-a1b2c3-v12-0123456789"
    with Stubber(sagemaker) as stubber:
        endpoint(stubber, EndpointConfigName=name, EndpointStatus="Creating")
        config(stubber, name, None)
        config(stubber, name, None)
        found = endpoint_details(sagemaker, "churn")
    assert found is not None
    assert (found.version, found.rollout) == (12, Rollout(version=12, config=name))


def test_what_is_being_replaced_at_this_moment_is_not_known(sagemaker: Any) -> None:
    with Stubber(sagemaker) as stubber:
        endpoint(stubber, AsyncInferenceConfig={"OutputConfig": {"S3OutputPath": "s3://b/o"}})
        stubber.add_client_error("describe_endpoint_config", "ValidationException", "Could not find it")
        found = endpoint_details(sagemaker, "churn")
        assert found is not None
        assert (found.version, found.kind) == (None, "asynchronous")
        stubber.add_client_error("describe_endpoint", "ValidationException", "Could not find it")
        assert endpoint_details(sagemaker, "churn") is None
        stubber.add_client_error("describe_endpoint", "AccessDeniedException", "no")
        with pytest.raises(sagemaker.exceptions.ClientError):
            endpoint_details(sagemaker, "churn")


@pytest.mark.parametrize(
    ("deployment", "text"),
    [
        ({}, "all at once"),
        (
            {"RollingUpdatePolicy": {"MaximumBatchSize": {"Type": "INSTANCE_COUNT", "Value": 2}}},
            "rolling, 2 instances at a time",
        ),
        (
            {
                "BlueGreenUpdatePolicy": {
                    "TrafficRoutingConfiguration": {
                        "Type": "LINEAR",
                        "LinearStepSize": {"Type": "CAPACITY_PERCENT", "Value": 25},
                        "WaitIntervalInSeconds": 60,
                    }
                }
            },
            "linear, 25 % more after 60 s",
        ),
    ],
)
def test_how_traffic_moves_is_worded(deployment: dict[str, Any], text: str) -> None:
    assert strategy_text(deployment) == text
