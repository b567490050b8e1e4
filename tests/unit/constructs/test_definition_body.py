"""Where a large definition goes, and how its values get into it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Aws, Stack
from aws_cdk.assertions import Annotations, Match, Template

from cdk_sagemaker_mlops import TrainingPipeline
from cdk_sagemaker_mlops.constructs import training_pipeline
from cdk_sagemaker_mlops.constructs.definition_location import LARGEST_BODY
from cdk_sagemaker_mlops.definition import placeholders
from cdk_sagemaker_mlops.definition.pipeline_definition import PipelineDefinition


def padded(characters: int) -> PipelineDefinition:
    """A definition of that many characters in a template, with every placeholder, most of them many times."""
    everything = {
        "Version": "2020-12-01",
        "Steps": [],
        "Role": placeholders.ROLE_ARN,
        "Uris": [f"s3://{placeholders.BUCKET}/{number}" for number in range(200)],
        "Place": f"{placeholders.REGION} {placeholders.ACCOUNT_ID}",
        "Key": placeholders.custom(0),
        "Padding": "",
    }
    missing = characters - len(json.dumps(json.dumps(everything)))
    return PipelineDefinition(
        document=json.dumps({**everything, "Padding": ("word " * missing)[:missing]}),
        code={},
        image_tables={},
        tokens={placeholders.custom(0): Aws.PARTITION},
    )


def define(
    monkeypatch: pytest.MonkeyPatch, definition: PipelineDefinition, name: str = "Churn"
) -> tuple[Stack, dict[str, Any]]:
    monkeypatch.setattr(training_pipeline, "cached_definition", lambda *_args, **_options: definition)
    stack = Stack(App(), name)
    TrainingPipeline(stack, "Training", pipeline=lambda _ctx: None, model_package_group_name="churn-models")
    return stack, Template.from_stack(stack).to_json()["Resources"]


def only(resources: dict[str, Any], type_name: str) -> dict[str, Any]:
    (found,) = [resource["Properties"] for resource in resources.values() if resource["Type"] == type_name]
    return found


def test_a_definition_at_the_threshold_stays_in_the_template(monkeypatch: pytest.MonkeyPatch) -> None:
    stack, resources = define(monkeypatch, padded(LARGEST_BODY))

    assert list(only(resources, "AWS::SageMaker::Pipeline")["PipelineDefinition"]) == [
        "PipelineDefinitionBody"
    ]
    Annotations.from_stack(stack).has_no_info("*", Match.any_value())


def test_a_larger_one_goes_to_the_bucket_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    stack, resources = define(monkeypatch, padded(LARGEST_BODY + 1))
    deployment = only(resources, "Custom::CDKBucketDeployment")
    (bucket,) = [name for name, resource in resources.items() if resource["Type"] == "AWS::S3::Bucket"]
    location = only(resources, "AWS::SageMaker::Pipeline")["PipelineDefinition"]

    assert location == {
        "PipelineDefinitionS3Location": {"Bucket": {"Ref": bucket}, "Key": content_key(location)}
    }
    assert deployment["DestinationBucketName"] == {"Ref": bucket}
    # One for each value, not for each of the 200 places that the bucket's name is in.
    (markers,) = deployment["SourceMarkers"]
    assert len(markers) == len({json.dumps(value) for value in markers.values()}) == 5
    assert len(json.dumps(resources)) < 20_000
    Annotations.from_stack(stack).has_info(
        "/Churn/Training",
        Match.string_like_regexp(r"The pipeline definition has \d+ characters; it is deployed"),
    )


def test_the_file_with_its_values_is_the_definition(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    definition = padded(LARGEST_BODY + 1)
    stack, resources = define(monkeypatch, definition)
    assembly = Path(str(stack.node.root.synth().directory))  # type: ignore[attr-defined]
    location = only(resources, "AWS::SageMaker::Pipeline")["PipelineDefinition"][
        "PipelineDefinitionS3Location"
    ]
    (written,) = assembly.glob(f"asset.*/{location['Key']}")
    (markers,) = only(resources, "Custom::CDKBucketDeployment")["SourceMarkers"]
    text = written.read_text()
    for marker, value in markers.items():
        text = text.replace(marker, json.dumps(value).replace('"', "'"))
    body = json.loads(text)

    assert body["Padding"] == json.loads(definition.document)["Padding"]
    assert "Fn::GetAtt" in body["Role"]
    assert body["Place"] == "{'Ref': 'AWS::Region'} {'Ref': 'AWS::AccountId'}"
    assert body["Key"] == "{'Ref': 'AWS::Partition'}"


def test_the_key_changes_with_the_text_and_the_values_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def key(definition: PipelineDefinition, name: str = "Churn") -> str:
        _, resources = define(monkeypatch, definition, name)
        location = only(resources, "AWS::SageMaker::Pipeline")["PipelineDefinition"]
        return str(location["PipelineDefinitionS3Location"]["Key"])

    first = key(padded(LARGEST_BODY + 1))

    assert key(padded(LARGEST_BODY + 1)) == first
    assert key(padded(LARGEST_BODY + 2)) != first


def content_key(location: dict[str, Any]) -> str:
    key = str(location["PipelineDefinitionS3Location"]["Key"])
    assert re.fullmatch(r"definitions/[0-9a-f]{64}\.json", key)
    return key
