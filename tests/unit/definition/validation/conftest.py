"""Valid definitions of the SDK's, each of which a test changes in one place."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cdk_sagemaker_mlops.config.standard_pipeline import StandardPipeline
from cdk_sagemaker_mlops.definition.pipeline_definition import PipelineDefinition
from cdk_sagemaker_mlops.definition.validation.step_record import step_records
from cdk_sagemaker_mlops.definition.validation.validator import validate
from cdk_sagemaker_mlops.errors import DefinitionError, Problem

CODE = Path(__file__).parent.parent / "pipelines" / "code"
GONE = "<gone>"


@pytest.fixture(scope="session")
def documents(
    definitions: dict[str, PipelineDefinition], build: Callable[..., PipelineDefinition]
) -> dict[str, dict[str, Any]]:
    built = {**definitions, "standard": build(StandardPipeline(source_dir=CODE))}
    return {name: json.loads(definition.document) for name, definition in built.items()}


@pytest.fixture(scope="session")
def problems_after(documents: dict[str, dict[str, Any]]) -> Callable[..., list[Problem]]:
    """Sets what lies at ``keys`` of a step (of the document, if ``step`` is empty), and validates."""

    def change(source: str, step: str, keys: tuple[Any, ...], value: Any) -> list[Problem]:
        document = copy.deepcopy(documents[source])
        records = {record.name: record.content for record in step_records(document["Steps"])}
        target: Any = records[step] if step else document
        for key in keys[:-1]:
            target = target[key]
        if value == GONE:
            del target[keys[-1]]
        elif isinstance(target, list) and keys[-1] == len(target):
            target.append(value)
        else:
            target[keys[-1]] = value
        assert json.dumps(document) != json.dumps(documents[source]), "the mutation changes nothing"
        try:
            validate(document, pipeline_name="churn")
        except DefinitionError as error:
            return list(error.problems)
        return []

    return change
