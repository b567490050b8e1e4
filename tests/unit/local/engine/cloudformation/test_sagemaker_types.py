from __future__ import annotations

import pytest

from cdk_sagemaker_mlops.local.engine import shapes
from cdk_sagemaker_mlops.local.engine.cloudformation.sagemaker_types import (
    RESOURCE_TYPES,
    policy_text,
    request,
)


def test_a_definition_in_the_template_becomes_the_request_s() -> None:
    properties = {
        "PipelineName": "p",
        "RoleArn": "r",
        "PipelineDefinition": {"PipelineDefinitionBody": "{}"},
        "Tags": [{"Key": "a", "Value": "b"}],
    }

    made = request("CreatePipeline", properties)

    assert len(made.pop("ClientRequestToken")) >= 32
    assert made == {
        "PipelineName": "p",
        "RoleArn": "r",
        "PipelineDefinition": "{}",
        "Tags": [{"Key": "a", "Value": "b"}],
    }
    assert "Tags" not in request("UpdatePipeline", properties)


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ({"Bucket": "b", "Key": "k"}, {"Bucket": "b", "ObjectKey": "k"}),
        (
            {"Bucket": "b", "Key": "k", "Version": "v", "ETag": "e"},
            {"Bucket": "b", "ObjectKey": "k", "VersionId": "v"},
        ),
    ],
)
def test_a_definition_s_location_has_the_api_s_words(
    location: dict[str, str], expected: dict[str, str]
) -> None:
    properties = {"PipelineName": "p", "PipelineDefinition": {"PipelineDefinitionS3Location": location}}

    assert request("UpdatePipeline", properties)["PipelineDefinitionS3Location"] == expected


def test_values_get_the_api_s_types() -> None:
    made = request(
        "CreateEndpointConfig",
        {
            "EndpointConfigName": "c",
            "ProductionVariants": [
                {
                    "VariantName": "v",
                    "InitialInstanceCount": "2",
                    "InitialVariantWeight": "0.5",
                    "EnableSSMAccess": "true",
                    "ServerlessConfig": {"MemorySizeInMB": "2048", "MaxConcurrency": 5},
                }
            ],
        },
    )

    assert made["ProductionVariants"] == [
        {
            "VariantName": "v",
            "InitialInstanceCount": 2,
            "InitialVariantWeight": 0.5,
            "EnableSSMAccess": True,
            "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5},
        }
    ]


def test_text_stays_text() -> None:
    container = {"Image": "i", "Environment": {"ROUNDS": 3, "FAST": True, "NAME": "n"}}

    made = request("CreateModel", {"ModelName": "m", "PrimaryContainer": container})

    assert made["PrimaryContainer"]["Environment"] == {"ROUNDS": "3", "FAST": "true", "NAME": "n"}


@pytest.mark.parametrize("type_name", sorted(RESOURCE_TYPES))
def test_a_type_names_members_the_api_has(type_name: str) -> None:
    kind = RESOURCE_TYPES[type_name]
    created = shapes.operation_model(f"Create{kind.noun}").input_shape
    described = shapes.operation_model(f"Describe{kind.noun}").output_shape
    deleted = shapes.operation_model(f"Delete{kind.noun}").input_shape

    assert created is not None
    assert described is not None
    assert deleted is not None
    assert kind.name_property in created.members
    assert kind.name_property in deleted.members
    assert {kind.reference, kind.arn_member, *kind.attributes} <= set(described.members)
    assert kind.replacing_properties <= kind.properties


@pytest.mark.parametrize("type_name", ["AWS::SageMaker::Model", "AWS::SageMaker::EndpointConfig"])
def test_models_and_configs_are_replaced_by_any_change_but_of_tags(type_name: str) -> None:
    replacing = RESOURCE_TYPES[type_name].replacing_properties

    assert "Tags" not in replacing
    assert "ExecutionRoleArn" in replacing


def test_a_policy_is_text_in_either_form() -> None:
    assert policy_text({"Statement": []}) == '{"Statement": []}'
    assert policy_text('{"Statement": []}') == '{"Statement": []}'
