from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from botocore.session import get_session
from botocore.validate import ParamValidator

from cdk_sagemaker_mlops.config.endpoint import RealTimeEndpoint, ServerlessEndpoint
from cdk_sagemaker_mlops.errors import ValidationError

NUMBER_TOKEN = -1.8881545897087626e289
TEXT_TOKEN = "${Token[TOKEN.27]}"


def test_a_serverless_endpoint_by_default() -> None:
    assert ServerlessEndpoint().production_variant() == {
        "VariantName": "AllTraffic",
        "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5},
    }


def test_a_real_time_endpoint_by_default() -> None:
    assert RealTimeEndpoint().production_variant() == {
        "VariantName": "AllTraffic",
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
    }


@pytest.mark.parametrize(
    "endpoint",
    [
        ServerlessEndpoint(memory_size_in_mb=1024, max_concurrency=1),
        ServerlessEndpoint(memory_size_in_mb=6144, max_concurrency=200),
        RealTimeEndpoint(instance_type="ml.c7i.xlarge", initial_instance_count=12),
    ],
)
def test_sagemakers_own_model_accepts_the_variant(endpoint: ServerlessEndpoint | RealTimeEndpoint) -> None:
    operation = get_session().get_service_model("sagemaker").operation_model("CreateEndpointConfig")
    request = {
        "EndpointConfigName": "config",
        "ProductionVariants": [{**endpoint.production_variant(), "ModelName": "model"}],
    }
    assert operation.input_shape is not None
    report = ParamValidator().validate(request, operation.input_shape)
    assert not report.has_errors(), report.generate_report()


def test_tokens_are_not_checked() -> None:
    serverless: Any = ServerlessEndpoint(memory_size_in_mb=NUMBER_TOKEN, max_concurrency=NUMBER_TOKEN)  # type: ignore[arg-type]
    real_time: Any = RealTimeEndpoint(instance_type=TEXT_TOKEN, initial_instance_count=NUMBER_TOKEN)  # type: ignore[arg-type]
    assert serverless.production_variant()["ServerlessConfig"]["MaxConcurrency"] == NUMBER_TOKEN
    assert real_time.production_variant()["InstanceType"] == TEXT_TOKEN


def test_configs_are_values() -> None:
    assert ServerlessEndpoint() == ServerlessEndpoint(max_concurrency=5)
    with pytest.raises(FrozenInstanceError):
        ServerlessEndpoint().max_concurrency = 6  # type: ignore[misc]
    with pytest.raises(TypeError):
        ServerlessEndpoint(1024)  # type: ignore[misc]


MEMORY = (
    "InvalidMemorySize: endpoint.memory_size_in_mb must be one of 1024, 2048, 3072, 4096, 5120, 6144, got {}; "
    "choose the smallest size that holds the model and its framework"
)
CONCURRENCY = (
    "InvalidMaxConcurrency: endpoint.max_concurrency must be a whole number from 1 to 200, got {}; "
    "host on a RealTimeEndpoint if more requests must run at the same time"
)
COUNT = (
    "InvalidInstanceCount: endpoint.initial_instance_count must be a whole number of at least 1, got {}; "
    "use a ServerlessEndpoint to pay for requests only"
)
INSTANCE_TYPE = (
    "InvalidInstanceType: endpoint.instance_type must look like 'ml.<family>.<size>', got {}; "
    "use a SageMaker instance type such as 'ml.m5.large'"
)


@pytest.mark.parametrize(
    ("kind", "options", "text"),
    [
        (ServerlessEndpoint, {"memory_size_in_mb": 1000}, MEMORY.format("1000")),
        (ServerlessEndpoint, {"memory_size_in_mb": 8192}, MEMORY.format("8192")),
        (ServerlessEndpoint, {"memory_size_in_mb": "2048"}, MEMORY.format("'2048'")),
        (ServerlessEndpoint, {"max_concurrency": 0}, CONCURRENCY.format("0")),
        (ServerlessEndpoint, {"max_concurrency": 201}, CONCURRENCY.format("201")),
        (ServerlessEndpoint, {"max_concurrency": 2.5}, CONCURRENCY.format("2.5")),
        (ServerlessEndpoint, {"max_concurrency": True}, CONCURRENCY.format("True")),
        (ServerlessEndpoint, {"max_concurrency": None}, CONCURRENCY.format("None")),
        (
            ServerlessEndpoint,
            {"memory_size_in_mb": 512, "max_concurrency": -1},
            f"{MEMORY.format('512')}\n{CONCURRENCY.format('-1')}",
        ),
        (RealTimeEndpoint, {"instance_type": "m5.large"}, INSTANCE_TYPE.format("'m5.large'")),
        (RealTimeEndpoint, {"instance_type": ""}, INSTANCE_TYPE.format("''")),
        (RealTimeEndpoint, {"initial_instance_count": 0}, COUNT.format("0")),
        (RealTimeEndpoint, {"initial_instance_count": "2"}, COUNT.format("'2'")),
    ],
)
def test_fails_when_a_value_is_outside_its_range(kind: Any, options: dict[str, Any], text: str) -> None:
    with pytest.raises(ValidationError) as raised:
        kind(**options)
    assert str(raised.value) == text
