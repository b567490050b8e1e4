"""Deployments of every kind, and one that has been through its first rollout."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from cdk_sagemaker_mlops.handlers.model_deployment.controller import look
from cdk_sagemaker_mlops.handlers.model_deployment.decisions import Settled, Wait
from cdk_sagemaker_mlops.handlers.model_deployment.settings import Settings

SMOKE_TEST = {
    "Body": base64.b64encode(b"1,2,3").decode(),
    "ContentType": "text/csv",
    "Accept": "application/json",
    "Expect": {"Contains": "good"},
}


@pytest.fixture
def bigger() -> dict[str, Any]:
    """Another hosting config than the deployment's own."""
    return {
        "Kind": "Serverless",
        "ProductionVariant": {
            "VariantName": "AllTraffic",
            "ServerlessConfig": {"MemorySizeInMB": 4096, "MaxConcurrency": 5},
        },
    }


@pytest.fixture
def told(settings: Settings) -> Callable[..., Settings]:
    """The deployment's settings with more in the hosting config."""

    def with_more(of: Settings = settings, /, **hosting: Any) -> Settings:
        return replace(of, hosting={**of.hosting, **hosting})

    return with_more


@pytest.fixture
def tested(told: Callable[..., Settings]) -> Settings:
    """The deployment with a smoke test."""
    return told(SmokeTest=SMOKE_TEST)


@pytest.fixture
def real_time(settings: Settings) -> Settings:
    """The deployment on instances that scale."""
    hosting: Mapping[str, Any] = {
        "Kind": "RealTime",
        "ProductionVariant": {
            "VariantName": "AllTraffic",
            "InstanceType": "ml.m5.large",
            "InitialInstanceCount": 2,
        },
        "Scaling": {
            "MinCapacity": 2,
            "MaxCapacity": 4,
            "TargetTracking": [
                {
                    "PolicyName": "Invocations",
                    "TargetTrackingScalingPolicyConfiguration": {
                        "TargetValue": 100.0,
                        "PredefinedMetricSpecification": {
                            "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
                        },
                    },
                }
            ],
            "ScheduledActions": [
                {
                    "ScheduledActionName": "Night",
                    "Schedule": "cron(0 20 * * ? *)",
                    "ScalableTargetAction": {"MinCapacity": 1},
                }
            ],
        },
    }
    return replace(settings, hosting=hosting)


@pytest.fixture
def asynchronous(settings: Settings) -> Settings:
    """The deployment on instances that only run while there is something to do."""
    output = {"S3OutputPath": "s3://churn-async/out", "S3FailurePath": "s3://churn-async/failed"}
    hosting: Mapping[str, Any] = {
        "Kind": "Async",
        "ProductionVariant": {
            "VariantName": "AllTraffic",
            "InstanceType": "ml.m5.large",
            "InitialInstanceCount": 1,
        },
        "EndpointConfig": {"AsyncInferenceConfig": {"OutputConfig": output}},
        "Scaling": {"MinCapacity": 0, "MaxCapacity": 2, "ScaleFromZero": True},
        "SmokeTest": SMOKE_TEST,
    }
    return replace(settings, hosting=hosting)


@pytest.fixture
def deploy(fake: Any, settings: Settings) -> Callable[..., None]:
    def deploy_and_settle(settings: Settings = settings) -> None:
        assert isinstance(look(settings), Wait)
        fake.settle(settings.endpoint_name)
        assert isinstance(look(settings), Settled)

    return deploy_and_settle


@pytest.fixture
def live(fake: Any, settings: Settings, deploy: Callable[..., None]) -> str:
    """Version 1 is approved, deployed and in service; returns its endpoint config."""
    fake.register(settings.model_package_group, approval="Approved")
    deploy()
    fake.calls.clear()
    return str(fake.endpoints[settings.endpoint_name]["EndpointConfigName"])
