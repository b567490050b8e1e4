"""TrainingPipeline refuses what cannot work before it defines anything, and says what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Stack

from cdk_sagemaker_mlops import StandardPipeline, TrainingPipeline, ValidationError

MODEL_CODE = Path(__file__).parents[3] / "model_code"


def define(stack: Stack, **options: Any) -> None:
    defaults = {
        "pipeline": StandardPipeline(source_dir=MODEL_CODE),
        "model_package_group_name": "churn-models",
    }
    TrainingPipeline(stack, "Training", **{**defaults, **options})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"pipeline_name": "churn_pipeline"},
            "InvalidPipelineName: pipeline_name must be 1 to 82 letters, digits and inner hyphens, "
            "got 'churn_pipeline'; leave it out to get a valid name (at Churn/Training)",
        ),
        (
            {"pipeline_name": "x" * 83},
            "InvalidPipelineName: pipeline_name must be 1 to 82 letters, digits and inner hyphens, "
            f"got '{'x' * 83}'; leave it out to get a valid name (at Churn/Training)",
        ),
        (
            {"pipeline_name": "${Token[Name.1]}"},
            "UnknownAtSynth: pipeline_name must be known when the app is synthesised, got '${Token[Name.1]}'; give "
            "a plain string, not an attribute of another resource (at Churn/Training)",
        ),
        (
            {"model_package_group_name": "arn:aws:sagemaker:eu-west-1:1:model-package-group/g"},
            "InvalidName: model_package_group_name must be 1 to 63 letters, digits and inner hyphens, got "
            "'arn:aws:sagemaker:eu-west-1:1:model-package-group/g'; pass the name of the model package group, not its "
            "ARN (at Churn/Training)",
        ),
        (
            {"input_data": "s3:/theirs"},
            "InvalidInputData: input_data must be an S3 URI of a bucket and a prefix, got 's3:/theirs'; write it as "
            "'s3://bucket/prefix' (at Churn/Training)",
        ),
        (
            {"max_parallel_execution_steps": 0},
            "InvalidParallelism: max_parallel_execution_steps must be a whole number of at least 1 steps, got 0; leave "
            "it out for no limit (at Churn/Training)",
        ),
    ],
)
def test_fails_before_anything_is_defined(options: dict[str, Any], message: str) -> None:
    stack = Stack(App(), "Churn")
    with pytest.raises(ValidationError) as raised:
        define(stack, **options)

    assert str(raised.value) == message
    assert stack.node.children == []


def test_fails_when_the_input_data_is_missing_or_empty(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.csv", tmp_path):
        with pytest.raises(ValidationError) as raised:
            define(Stack(App(), "Churn"), input_data=path)
        assert str(raised.value) == (
            "InputDataNotFound: input_data must be an existing file, a folder with files in it, or an S3 URI, got "
            f"{str(path)!r}; give a path that exists from the working directory {str(Path.cwd())!r}, or "
            "'s3://bucket/prefix' (at Churn/Training)"
        )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pipeline": "model_code"}, "type of argument pipeline must be StandardPipeline; got str instead"),
        ({"input_data": 3}, "type of argument input_data must be str or Path or None; got int instead"),
        (
            {"removal_policy": "destroy"},
            "type of argument removal_policy must be RemovalPolicy; got str instead",
        ),
    ],
)
def test_fails_on_a_wrong_type(options: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError) as raised:
        define(Stack(App(), "Churn"), **options)

    assert str(raised.value) == message
