"""Values in a definition, in every partition; and where a large definition goes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Aws, Environment, Stack
from aws_cdk.assertions import Annotations, Match, Template

from cdk_sagemaker_mlops import TrainingPipeline
from cdk_sagemaker_mlops.constructs import training_pipeline
from cdk_sagemaker_mlops.constructs.definition_body import DefinitionBody, ImageAccounts
from cdk_sagemaker_mlops.constructs.definition_location import LARGEST_BODY
from cdk_sagemaker_mlops.definition import placeholders
from cdk_sagemaker_mlops.definition.pipeline_definition import PipelineDefinition, build_definition

# The registry accounts that AWS publishes for its scikit-learn images, one region of each partition.
PARTITIONS = {
    "us-east-1": ("amazonaws.com", "683313688378"),
    "cn-north-1": ("amazonaws.com.cn", "450853457545"),
    "us-gov-west-1": ("amazonaws.com", "414596584902"),
}


def image_only(ctx: Any) -> Any:
    from sagemaker.mlops.workflow.fail_step import FailStep
    from sagemaker.mlops.workflow.pipeline import Pipeline

    text = f"{ctx.image_uri(framework='sklearn', version='1.2-1')} in {ctx.region}"
    return Pipeline(
        ctx.pipeline_name,
        parameters=[],
        steps=[FailStep(name="Fail", error_message=text)],
        sagemaker_session=ctx.session,
    )


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
    TrainingPipeline(stack, "Training", pipeline=image_only, model_package_group_name="churn-models")
    return stack, Template.from_stack(stack).to_json()["Resources"]


def only(resources: dict[str, Any], type_name: str) -> dict[str, Any]:
    (found,) = [resource["Properties"] for resource in resources.values() if resource["Type"] == type_name]
    return found


def resolve(value: Any, region: str, mappings: dict[str, Any]) -> str:
    """What CloudFormation would make of the value in ``region``."""
    if isinstance(value, str):
        return value
    ((function, argument),) = value.items()
    if function == "Ref":
        pseudo = {"AWS::Region": region, "AWS::URLSuffix": PARTITIONS[region][0], "AWS::Partition": "aws"}
        return pseudo.get(argument, argument)
    if function == "Fn::FindInMap":
        name, first, second = argument
        return str(mappings[name][resolve(first, region, mappings)][second])
    assert function == "Fn::Join"
    return str(argument[0]).join(resolve(part, region, mappings) for part in argument[1])


@pytest.fixture(scope="module")
def image_definitions() -> dict[str | None, PipelineDefinition]:
    return {
        region: build_definition(
            image_only,
            pipeline_name="churn",
            model_package_group_name="churn-models",
            region=region,
            input_data_uri=None,
        )
        for region in (None, *PARTITIONS)
    }


@pytest.mark.parametrize("region", PARTITIONS)
def test_an_image_is_right_in_every_partition(
    region: str, image_definitions: dict[str | None, PipelineDefinition]
) -> None:
    suffix, account = PARTITIONS[region]
    image = f"{account}.dkr.ecr.{region}.{suffix}/sagemaker-scikit-learn:1.2-1-cpu-py3 in {region}"
    bodies = {}
    for known in (None, region):
        stack = Stack(App(), "Churn", env=None if known is None else Environment(region=known))
        definition = image_definitions[known]
        images = ImageAccounts(stack, "Images", tables=definition.image_tables)
        body = DefinitionBody(
            definition, images=images, pipeline_name="churn", role_arn="arn:role", bucket_name="bucket"
        )
        mappings = Template.from_stack(stack).to_json().get("Mappings", {})
        bodies[known] = resolve(stack.resolve(body.with_tokens()), region, mappings)
        assert len(mappings) == (1 if known is None else 0)

    assert image in bodies[None]
    assert image in bodies[region]


def test_a_mapping_has_only_the_rows_needed(
    image_definitions: dict[str | None, PipelineDefinition],
) -> None:
    definition = image_definitions[None]
    ((placeholder, table),) = definition.image_tables.items()

    assert placeholder in definition.document
    assert {region: table[region] for region in PARTITIONS} == {
        region: account for region, (_, account) in PARTITIONS.items()
    }


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
