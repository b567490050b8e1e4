"""The handlers run here as in Lambda, with a real boto3 client, against a SageMaker in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import fake_aws
import pytest
from fake_aws import FakeAws, put_in_charge

from cdk_sagemaker_mlops.handlers import aws_calls, contract
from cdk_sagemaker_mlops.handlers.model_deployment.sagemaker_api import SageMakerApi
from cdk_sagemaker_mlops.handlers.model_deployment.settings import Settings

GROUP = "churn-models"
ENDPOINT = "churn"
ENVIRONMENT = {
    contract.MODEL_PACKAGE_GROUP: GROUP,
    contract.ENDPOINT_NAME: ENDPOINT,
    contract.NAME_PREFIX: "churn-deployment-0a1b2c3d",
    contract.EXECUTION_ROLE_ARN: "arn:aws:iam::123456789012:role/hosting",
    contract.QUEUE_URL: "https://sqs.eu-west-1.amazonaws.com/123456789012/churn-triggers.fifo",
    contract.TOPIC_ARN: "arn:aws:sns:eu-west-1:123456789012:churn-deployments",
    contract.HOSTING: json.dumps(
        {
            "Kind": "Serverless",
            "ProductionVariant": {
                "VariantName": "AllTraffic",
                "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5},
            },
        }
    ),
}


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeAws]:
    fake = FakeAws()
    fake.create_group(GROUP)
    put_in_charge(fake)
    monkeypatch.setattr(aws_calls, "clock", fake.time)
    monkeypatch.setattr(aws_calls, "sleep", fake.sleep)
    monkeypatch.setattr(aws_calls.boto3, "client", fake_aws.client)
    aws_calls.client.cache_clear()
    yield fake
    aws_calls.client.cache_clear()


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    return dict(ENVIRONMENT)


@pytest.fixture
def settings() -> Settings:
    return Settings.from_environment(ENVIRONMENT)


@pytest.fixture
def client() -> Any:
    return fake_aws.client("sagemaker")


@pytest.fixture
def api(fake: FakeAws, settings: Settings) -> SageMakerApi:
    return SageMakerApi(settings)
