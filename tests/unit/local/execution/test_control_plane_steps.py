from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cdk_sagemaker_mlops.local.execution.control_plane_steps import create_model, register_model
from cdk_sagemaker_mlops.local.execution.failures import StepFailedError


def test_registers_with_the_arguments_that_the_api_knows(
    step_context: Callable[..., Any], registry: Any
) -> None:
    arguments = {"ModelPackageGroupName": "g", "SkipModelValidation": "None", "NoSuchArgument": 1}
    result = register_model(arguments, step_context("Register", "RegisterModel"))
    arn = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/group/1"
    assert registry.calls == [
        ("CreateModelPackage", {"ModelPackageGroupName": "g", "SkipModelValidation": "None"})
    ]
    assert result.metadata == {"RegisterModel": {"Arn": arn}}
    assert result.properties["ModelPackageArn"] == arn


def test_creates_a_model_under_a_generated_name(step_context: Callable[..., Any], registry: Any) -> None:
    result = create_model({"ExecutionRoleArn": "r"}, step_context("Create", "Model"))
    name = "pipelines-abcdefghijkl-Create-0123456789"
    assert registry.calls == [("CreateModel", {"ExecutionRoleArn": "r", "ModelName": name})]
    assert result.properties["ModelName"] == name
    assert result.metadata["Model"]["Arn"].endswith("model/m")


def test_fails_with_what_the_registry_says(step_context: Callable[..., Any], registry: Any) -> None:
    registry.refusal = RuntimeError("ValidationException: no such group")
    with pytest.raises(StepFailedError) as caught:
        register_model({}, step_context("Register", "RegisterModel"))
    assert str(caught.value) == ("ClientError: CreateModelPackage failed: ValidationException: no such group")
