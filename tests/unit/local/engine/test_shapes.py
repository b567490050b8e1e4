from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from cdk_sagemaker_mlops.local.engine import shapes
from cdk_sagemaker_mlops.local.engine.api_error import ApiError


@pytest.mark.parametrize(
    ("operation", "params", "text"),
    [
        ("CreateModel", {}, 'Missing required parameter in input: "ModelName"'),
        ("CreateModel", {"ModelName": 1}, "Invalid type for parameter ModelName, value: 1"),
        ("CreateModel", {"ModelName": "m", "Colour": "red"}, 'Unknown parameter in input: "Colour"'),
        (
            "DescribeModel",
            {"ModelName": "a_b"},
            "1 validation error detected: Value 'a_b' at 'modelName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [a-zA-Z0-9]([\\-a-zA-Z0-9]*[a-zA-Z0-9])?",
        ),
        (
            "DescribeModel",
            {"ModelName": "a" * 64},
            "1 validation error detected: "
            f"Value '{'a' * 64}' at 'modelName' failed to satisfy constraint: "
            "Member must have length less than or equal to 63",
        ),
        (
            "UpdateModelPackage",
            {"ModelPackageArn": "arn:aws:sagemaker:eu-west-1:000000000000:model-package/a/1"}
            | {"ModelApprovalStatus": "Yes"},
            "1 validation error detected: Value 'Yes' at 'modelApprovalStatus' failed to satisfy constraint: "
            "Member must satisfy enum value set: [Approved, Rejected, PendingManualApproval]",
        ),
        (
            "CreateEndpointConfig",
            {
                "EndpointConfigName": "c",
                "ProductionVariants": [
                    {"VariantName": "v", "ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 900}}
                ],
            },
            "at 'productionVariants.1.member.serverlessConfig.maxConcurrency'",
        ),
        ("ListModels", {"MaxResults": 0}, "Invalid value for parameter MaxResults"),
    ],
)
def test_fails_on_a_request_the_service_would_refuse(
    operation: str, params: dict[str, Any], text: str
) -> None:
    with pytest.raises(ApiError) as caught:
        shapes.check_request(operation, params)

    assert caught.value.code == "ValidationException"
    assert text in caught.value.message


def test_every_violation_is_named() -> None:
    variants = [{"VariantName": "a_b", "ModelName": "c_d", "InstanceType": "ml.none"}]

    with pytest.raises(ApiError) as caught:
        shapes.check_request(
            "CreateEndpointConfig", {"EndpointConfigName": "c", "ProductionVariants": variants}
        )

    assert caught.value.message.startswith("3 validation errors detected: ")
    for path in ("variantName", "modelName", "instanceType"):
        assert f"at 'productionVariants.1.member.{path}'" in caught.value.message


def test_a_long_document_is_not_matched_against_a_pattern() -> None:
    shapes.check_request(
        "CreatePipeline",
        {
            "PipelineName": "p",
            "ClientRequestToken": "t" * 32,
            "RoleArn": "arn:aws:iam::000000000000:role/r",
            "PipelineDefinition": '{"Steps": []}' + "\v" * 100_000,
        },
    )


def test_an_answer_has_the_operation_s_members_only() -> None:
    moment = datetime.now(UTC)
    record = {"ModelName": "m", "CreationTime": moment, "_Own": 1, "Tags": [], "VpcConfig": None}

    assert shapes.answer("DescribeModel", record) == {"ModelName": "m", "CreationTime": moment}


def test_an_answer_is_a_copy() -> None:
    record = {"PrimaryContainer": {"Environment": {"A": "1"}}}

    shapes.answer("DescribeModel", record)["PrimaryContainer"]["Environment"]["A"] = "2"

    assert record == {"PrimaryContainer": {"Environment": {"A": "1"}}}


def test_an_operation_without_output_answers_nothing() -> None:
    assert shapes.answer("DeleteModel", {"ModelName": "m"}) == {}
