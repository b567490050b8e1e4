"""Images and ARNs are right in every partition, whether the region is known at synth or at deployment only."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Environment, Stack
from aws_cdk.assertions import Template

from cdk_sagemaker_mlops import StandardPipeline, TrainingPipeline
from cdk_sagemaker_mlops.constructs.defined_steps import DefinedSteps
from cdk_sagemaker_mlops.constructs.definition_body import DefinitionBody, ImageAccounts
from cdk_sagemaker_mlops.constructs.image_permissions import image_statements
from cdk_sagemaker_mlops.definition.pipeline_definition import PipelineDefinition, build_definition
from cdk_sagemaker_mlops.definition.sdk_environment import sdk_environment

MODEL_CODE = Path(__file__).parents[3] / "model_code"
# Region to its partition and to the ending of host names there.
REGIONS = {
    "us-east-1": ("aws", "amazonaws.com"),
    "cn-north-1": ("aws-cn", "amazonaws.com.cn"),
    "cn-northwest-1": ("aws-cn", "amazonaws.com.cn"),
    "us-gov-west-1": ("aws-us-gov", "amazonaws.com"),
    "us-gov-east-1": ("aws-us-gov", "amazonaws.com"),
}
# One of each registry that all of these regions have.
IMAGES: tuple[dict[str, Any], ...] = (
    {"framework": "sklearn", "version": "1.9-0"},
    {"framework": "xgboost", "version": "1.7-1"},
    {"framework": "pytorch", "version": "2.3.0", "py_version": "py311"},
    {"framework": "tensorflow", "version": "2.14", "image_scope": "inference"},
    {"framework": "spark", "version": "3.3", "py_version": "py39", "container_version": "v1"},
)


def every_image(ctx: Any) -> Any:
    from sagemaker.mlops.workflow.fail_step import FailStep
    from sagemaker.mlops.workflow.pipeline import Pipeline

    text = " ".join([*(ctx.image_uri(**image) for image in IMAGES), f"in {ctx.region}"])
    steps = [FailStep(name="Fail", error_message=text)]
    return Pipeline(ctx.pipeline_name, parameters=[], steps=steps, sagemaker_session=ctx.session)


def resolve(value: Any, region: str, mappings: dict[str, Any]) -> str:
    """What CloudFormation would make of the value in ``region``."""
    if isinstance(value, str):
        return value
    ((function, argument),) = value.items()
    if function == "Ref":
        partition, suffix = REGIONS[region]
        pseudo = {"AWS::Region": region, "AWS::URLSuffix": suffix, "AWS::Partition": partition}
        return pseudo.get(argument, f"<{argument}>")
    if function == "Fn::GetAtt":
        return f"<{'.'.join(argument)}>"
    if function == "Fn::FindInMap":
        name, first, second = argument
        return str(mappings[name][resolve(first, region, mappings)][second])
    assert function == "Fn::Join"
    return str(argument[0]).join(resolve(part, region, mappings) for part in argument[1])


@pytest.fixture(scope="module")
def definitions() -> dict[str | None, PipelineDefinition]:
    return {
        region: build_definition(
            every_image,
            pipeline_name="churn",
            model_package_group_name="churn-models",
            region=region,
            input_data_uri=None,
        )
        for region in (None, *REGIONS)
    }


@pytest.fixture(scope="module")
def expected() -> dict[str, list[str]]:
    """The SDK's own answers for each region."""
    with sdk_environment():
        from sagemaker.core import image_uris

        return {
            region: [
                image_uris.retrieve(
                    **{"image_scope": "training", "instance_type": "ml.m5.large", **image}, region=region
                )
                for image in IMAGES
            ]
            for region in REGIONS
        }


def synthesised(
    definition: PipelineDefinition, env: Environment | None
) -> tuple[Any, list[Any], dict[str, Any]]:
    """The body, the repositories that may be pulled from, and the mappings."""
    stack = Stack(App(), "Churn", env=env)
    images = ImageAccounts(stack, "Images", tables=definition.image_tables)
    body = DefinitionBody(
        definition, images=images, pipeline_name="churn", role_arn="arn:role", bucket_name="bucket"
    )
    defined = DefinedSteps.read(definition, stack, role_arn="arn:role", bucket_name="bucket")
    pull, _ = image_statements(defined, definition.document, images)
    mappings = Template.from_stack(stack).to_json().get("Mappings", {})
    return stack.resolve(body.with_tokens()), stack.resolve(pull.resources), mappings


def test_one_template_is_right_in_every_partition(
    definitions: dict[str | None, PipelineDefinition], expected: dict[str, list[str]]
) -> None:
    body, repositories, mappings = synthesised(definitions[None], None)

    assert len(mappings) == len(definitions[None].image_tables)
    for region, images in expected.items():
        assert f"{' '.join(images)} in {region}" in resolve(body, region, mappings)
        resolved = {resolve(arn, region, mappings) for arn in repositories}
        assert resolved == {_repository(image, REGIONS[region][0]) for image in images}


@pytest.mark.parametrize("region", REGIONS)
def test_a_known_region_needs_no_mapping(
    region: str, definitions: dict[str | None, PipelineDefinition], expected: dict[str, list[str]]
) -> None:
    body, repositories, mappings = synthesised(
        definitions[region], Environment(account="111122223333", region=region)
    )

    assert mappings == {}
    assert f"{' '.join(expected[region])} in {region}" in resolve(body, region, {})
    resolved = {resolve(arn, region, {}) for arn in repositories}
    assert resolved == {_repository(image, REGIONS[region][0]) for image in expected[region]}


def _repository(image: str, partition: str) -> str:
    host, _, name = image.partition("/")
    account, _, _, region, *_ = host.split(".")
    return f"arn:{partition}:ecr:{region}:{account}:repository/{name.partition(':')[0]}"


def test_a_mapping_has_only_the_rows_needed(definitions: dict[str | None, PipelineDefinition]) -> None:
    definition = definitions[None]

    assert len(definition.image_tables) < len(IMAGES), "images of one registry share its table"
    for placeholder, table in definition.image_tables.items():
        assert placeholder in definition.document
        assert set(REGIONS) <= set(table)


@pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1"])
def test_a_whole_pipeline_is_of_its_partition(region: str) -> None:
    _, suffix = REGIONS[region]
    stack = Stack(App(), "Churn", env=Environment(account="111122223333", region=region))
    pipeline = StandardPipeline(source_dir=MODEL_CODE)
    TrainingPipeline(stack, "Training", pipeline=pipeline, model_package_group_name="churn-models")

    template = Template.from_stack(stack).to_json()
    (resource,) = (
        item for item in template["Resources"].values() if item["Type"] == "AWS::SageMaker::Pipeline"
    )
    body = resolve(resource["Properties"]["PipelineDefinition"]["PipelineDefinitionBody"], region, {})
    document = json.loads(body)
    train, register = document["Steps"][1]["Arguments"], document["Steps"][-1]["Arguments"]["IfSteps"][0]
    (container,) = register["Arguments"]["InferenceSpecification"]["Containers"]

    assert train["AlgorithmSpecification"]["TrainingImage"].partition("/")[0].endswith(f".{region}.{suffix}")
    assert container["Environment"]["SAGEMAKER_REGION"] == region
    assert "us-east-1" not in body
    assert "arn:aws:" not in body
    assert "arn:aws:" not in json.dumps(template["Resources"])
