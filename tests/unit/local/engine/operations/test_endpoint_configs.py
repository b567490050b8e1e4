from __future__ import annotations

from typing import Any

import pytest

ARN = "arn:aws:sagemaker:eu-west-1:000000000000"


def test_a_config_is_described_as_it_was_made(bench: Any) -> None:
    bench.endpoint_config("one")

    described = bench.call("DescribeEndpointConfig", EndpointConfigName="one")

    assert described["EndpointConfigArn"] == f"{ARN}:endpoint-config/one"
    assert described["ProductionVariants"][0]["InitialVariantWeight"] == 1.0
    assert described["ProductionVariants"][0]["ServerlessConfig"] == {
        "MemorySizeInMB": 2048,
        "MaxConcurrency": 1,
    }


def test_fails_to_make_a_config_that_exists(bench: Any) -> None:
    bench.endpoint_config("one")
    variants = bench.call("DescribeEndpointConfig", EndpointConfigName="one")["ProductionVariants"]

    assert bench.refusal("CreateEndpointConfig", EndpointConfigName="one", ProductionVariants=variants) == (
        "ValidationException: Cannot create already existing endpoint configuration "
        f'"{ARN}:endpoint-config/one".'
    )


@pytest.mark.parametrize(
    ("variant", "text"),
    [
        ({"ModelName": "none"}, f'Could not find model "{ARN}:model/none".'),
        ({}, "Production variant v names no model; inference components are not emulated."),
        (
            {"ModelName": "one"},
            "Production variant v must have exactly one of InstanceType and ServerlessConfig.",
        ),
        (
            {"ModelName": "one", "InstanceType": "ml.m5.large"},
            "Production variant v must have an InitialInstanceCount.",
        ),
    ],
)
def test_fails_to_make_a_config_that_cannot_serve(bench: Any, variant: dict[str, Any], text: str) -> None:
    bench.call("CreateModel", ModelName="one", PrimaryContainer={"Image": "i"})
    variants = [{"VariantName": "v", **variant}]

    refusal = bench.refusal("CreateEndpointConfig", EndpointConfigName="c", ProductionVariants=variants)

    assert refusal == f"ValidationException: {text}"


def test_a_deleted_config_is_gone_and_its_endpoint_goes_on(bench: Any) -> None:
    bench.call("CreateEndpoint", EndpointName="e", EndpointConfigName=bench.endpoint_config("one"))

    bench.call("DeleteEndpointConfig", EndpointConfigName="one")
    bench.run_background()

    assert bench.call("ListEndpointConfigs") == {"EndpointConfigs": []}
    assert bench.call("DescribeEndpoint", EndpointName="e")["EndpointStatus"] == "InService"


_CAPTURE = {
    "InitialSamplingPercentage": 10,
    "DestinationS3Uri": "s3://bucket/captured",
    "CaptureOptions": [{"CaptureMode": "Input"}],
}
_OUTPUT = {"OutputConfig": {"S3OutputPath": "s3://bucket/out"}}


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({"DataCaptureConfig": _CAPTURE}, "DataCaptureConfig is not supported for serverless endpoints."),
        (
            {"AsyncInferenceConfig": _OUTPUT},
            "AsyncInferenceConfig is not supported for serverless endpoints.",
        ),
        (
            {"AsyncInferenceConfig": {"OutputConfig": {}}},
            "AsyncInferenceConfig without an S3OutputPath is not emulated.",
        ),
    ],
)
def test_fails_on_what_a_serverless_endpoint_does_not_have(
    bench: Any, members: dict[str, Any], text: str
) -> None:
    bench.endpoint_config("one")
    variants = bench.call("DescribeEndpointConfig", EndpointConfigName="one")["ProductionVariants"]

    refused = bench.refusal(
        "CreateEndpointConfig", EndpointConfigName="two", ProductionVariants=variants, **members
    )

    assert refused == f"ValidationException: {text}"


def test_fails_on_two_serverless_variants(bench: Any) -> None:
    bench.endpoint_config("one")
    (variant,) = bench.call("DescribeEndpointConfig", EndpointConfigName="one")["ProductionVariants"]
    variants = [variant, {**variant, "VariantName": "Second"}]

    refused = bench.refusal("CreateEndpointConfig", EndpointConfigName="two", ProductionVariants=variants)

    assert refused == "ValidationException: A serverless endpoint has one production variant."


@pytest.mark.parametrize(
    "network",
    [
        {"EnableNetworkIsolation": True},
        {"VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}},
    ],
)
def test_fails_on_a_serverless_model_in_a_network(bench: Any, network: dict[str, Any]) -> None:
    container = {"Image": "image", "ModelDataUrl": "s3://bucket/good.tar.gz"}
    bench.call("CreateModel", ModelName="closed", PrimaryContainer=container, **network)
    serverless = {"MemorySizeInMB": 2048, "MaxConcurrency": 1}
    variant = {"VariantName": "v", "ModelName": "closed", "ServerlessConfig": serverless}

    refused = bench.refusal("CreateEndpointConfig", EndpointConfigName="c", ProductionVariants=[variant])

    assert "Model closed has a VPC or network isolation" in refused
