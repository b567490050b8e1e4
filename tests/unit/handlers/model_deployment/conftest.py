"""A deployment that has been through its first rollout."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cdk_sagemaker_mlops.handlers.model_deployment.controller import look
from cdk_sagemaker_mlops.handlers.model_deployment.decisions import Settled, Wait
from cdk_sagemaker_mlops.handlers.model_deployment.settings import Settings


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
