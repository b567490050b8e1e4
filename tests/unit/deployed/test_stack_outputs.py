"""The pipelines of an app, found in its stacks' outputs."""

from __future__ import annotations

import pytest

from cdk_sagemaker_mlops.deployed.stack_outputs import DeployedPipeline, deployed_pipelines, first_pipeline
from cdk_sagemaker_mlops.errors import OperationError


def stack(*outputs: tuple[str, str], name: str = "Churn", region: str = "us-east-1") -> dict[str, object]:
    return {
        "StackName": name,
        "StackId": f"arn:aws:cloudformation:{region}:000000000000:stack/{name}/1f",
        "Outputs": [
            {"OutputKey": f"O{index}", "OutputValue": value, "Description": description}
            for index, (description, value) in enumerate(outputs)
        ],
    }


def outputs_of(path: str, prefix: str) -> list[tuple[str, str]]:
    attributes = ("PipelineName", "ModelPackageGroupName", "EndpointName", "ArtifactBucketName")
    return [
        (f"{attribute} of {path} (cdk-sagemaker-mlops)", f"{prefix}-{attribute}") for attribute in attributes
    ]


def test_the_four_outputs_make_one_pipeline() -> None:
    found = deployed_pipelines([stack(*outputs_of("Churn/My Mlops", "a"), region="eu-west-1")])
    assert found == (
        DeployedPipeline(
            path="Churn/My Mlops",
            stack="Churn",
            region="eu-west-1",
            pipeline_name="a-PipelineName",
            model_package_group_name="a-ModelPackageGroupName",
            endpoint_name="a-EndpointName",
            artifact_bucket_name="a-ArtifactBucketName",
        ),
    )


def test_several_pipelines_come_by_path() -> None:
    both = stack(*outputs_of("Churn/B", "b"), *outputs_of("Churn/A", "a"))
    other = stack(*outputs_of("Alpha/Z", "z"), name="Alpha")
    found = deployed_pipelines([both, other])
    assert [pipeline.path for pipeline in found] == ["Alpha/Z", "Churn/A", "Churn/B"]
    assert first_pipeline(found, ["Churn", "Alpha"]).path == "Alpha/Z"


def test_outputs_of_others_are_left_alone() -> None:
    others = stack(
        ("PipelineName of somebody else", "x"),
        ("PipelineName of Half/One (cdk-sagemaker-mlops)", "no group beside it"),
        ("", "y"),
    )
    others["Outputs"].append({"OutputKey": "Bare", "OutputValue": "z"})
    assert deployed_pipelines([others, {"StackId": "arn:aws:cloudformation:r:a:stack/S/1"}]) == ()


def test_a_pipeline_may_have_no_endpoint() -> None:
    found = deployed_pipelines([stack(*outputs_of("Churn/Mlops", "a")[:2])])
    assert (found[0].endpoint_name, found[0].artifact_bucket_name) == (None, None)


def test_fails_when_the_app_has_no_pipeline() -> None:
    with pytest.raises(OperationError) as caught:
        first_pipeline((), ["Web", "Data"])
    assert str(caught.value) == (
        "NoMlopsPipeline: app must define an MlopsPipeline, got ['Data', 'Web'];"
        " add MlopsPipeline(stack, 'Mlops', pipeline=StandardPipeline(source_dir=...)) to a stack"
    )
