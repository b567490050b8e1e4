"""The handlers run here as in Lambda, with a real boto3 client, against a SageMaker in memory."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import pytest
from botocore.config import Config

from cdk_sagemaker_mlops.handlers import aws_calls, contract
from cdk_sagemaker_mlops.handlers.model_deployment.sagemaker_api import SageMakerApi
from cdk_sagemaker_mlops.handlers.model_deployment.settings import Settings

GROUP = "churn-models"
ENDPOINT = "churn"
ENVIRONMENT = {
    contract.MODEL_PACKAGE_GROUP_NAME: GROUP,
    contract.ENDPOINT_NAME: ENDPOINT,
    contract.NAME_PREFIX: "churn-deployment-0a1b2c3d",
    contract.EXECUTION_ROLE_ARN: "arn:aws:iam::123456789012:role/hosting",
    contract.HOSTING: json.dumps(
        {
            "ProductionVariant": {
                "VariantName": "AllTraffic",
                "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5},
            }
        }
    ),
}


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).parent / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def _client() -> Any:
    # One for all tests: loading SageMaker's service model is most of a test's time.
    session = boto3.session.Session("AKIAIOSFODNN7EXAMPLE", "secret", region_name="eu-west-1")
    return session.client("sagemaker", config=Config(retries={"mode": "standard", "total_max_attempts": 1}))


@pytest.fixture
def fake(_client: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    fake = _load("fake_sagemaker").FakeSageMaker(_client)
    fake.create_group(GROUP)
    _client.meta.events.register("before-send.sagemaker", fake.answer, unique_id="fake")
    monkeypatch.setattr(aws_calls, "BACKOFF_IN_SECONDS", (0.0,) * len(aws_calls.BACKOFF_IN_SECONDS))
    monkeypatch.setattr(aws_calls.boto3, "client", lambda *_, **__: _client)
    aws_calls.sagemaker_client.cache_clear()
    yield fake
    aws_calls.sagemaker_client.cache_clear()
    _client.meta.events.unregister("before-send.sagemaker", unique_id="fake")


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    return dict(ENVIRONMENT)


@pytest.fixture
def settings() -> Settings:
    return Settings.from_environment(ENVIRONMENT)


@pytest.fixture
def client(_client: Any) -> Any:
    return _client


@pytest.fixture
def api(_client: Any, fake: Any, settings: Settings) -> SageMakerApi:
    return SageMakerApi(_client, owner=settings.name_prefix)
