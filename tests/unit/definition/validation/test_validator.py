"""The whole check: everything at once, nothing valid refused, fast."""

from __future__ import annotations

import copy
import time
from typing import Any

import pytest

from cdk_sagemaker_mlops.definition.validation.service_model import shapes
from cdk_sagemaker_mlops.definition.validation.validator import validate
from cdk_sagemaker_mlops.errors import DefinitionError


def test_refuses_nothing_that_the_sdk_builds(documents: dict[str, dict[str, Any]]) -> None:
    for document in documents.values():
        validate(document, pipeline_name="churn")

    assert len(documents) > 7


def test_raises_every_problem_at_once_with_path_value_and_fix(documents: dict[str, dict[str, Any]]) -> None:
    document = copy.deepcopy(documents["standard"])
    arguments = next(step for step in document["Steps"] if step["Name"] == "Train")["Arguments"]
    arguments["ResourceConfig"]["VolumeSizeInGb"] = arguments["ResourceConfig"].pop("VolumeSizeInGB")
    arguments["ResourceConfig"]["InstanceCount"] = "one"
    del arguments["RoleArn"]

    with pytest.raises(DefinitionError) as raised:
        validate(document, pipeline_name="churn")

    assert str(raised.value).splitlines() == [
        "WrongType: pipeline.steps[Train].Arguments.ResourceConfig.InstanceCount must be an integer, got 'one'; "
        "give an integer (at churn)",
        "UnknownMember: pipeline.steps[Train].Arguments.ResourceConfig.VolumeSizeInGb must be a member that "
        "SageMaker's ResourceConfig has, got 30; write 'VolumeSizeInGB' (at churn)",
        "MissingMember: pipeline.steps[Train].Arguments.RoleArn must be given, got None; add 'RoleArn' (at churn)",
    ]


def test_fails_when_the_pipeline_name_is_too_long(documents: dict[str, dict[str, Any]]) -> None:
    with pytest.raises(DefinitionError, match=r"InvalidPipelineName: pipeline.name must be 1 to 82 letters"):
        validate(documents["standard"], pipeline_name="p" * 83)


def test_shortens_long_values(documents: dict[str, dict[str, Any]]) -> None:
    document = copy.deepcopy(documents["standard"])
    document["Steps"][0]["Arguments"]["RoleArn"] = "x" * 5000

    with pytest.raises(DefinitionError) as raised:
        validate(document, pipeline_name="churn")

    assert len(str(raised.value)) < 400


def test_takes_less_than_50_ms_a_definition(documents: dict[str, dict[str, Any]]) -> None:
    for service in ("sagemaker", "emr", "emr-serverless"):
        shapes(service)
    slowest = 0.0
    for document in documents.values():
        durations = []
        for _ in range(3):
            start = time.perf_counter()
            validate(document, pipeline_name="churn")
            durations.append(time.perf_counter() - start)
        slowest = max(slowest, min(durations))

    assert slowest < 0.05
