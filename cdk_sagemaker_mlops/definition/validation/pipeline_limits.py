"""What holds for the pipeline as a whole: its name, its parameters, its size, and that names are unique.

Numbers are those of the API (CreatePipeline, StartPipelineExecution), unless a comment says otherwise.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cdk_sagemaker_mlops.definition.validation.findings import problem, suggestion, wrong_type
from cdk_sagemaker_mlops.definition.validation.step_record import StepRecord
from cdk_sagemaker_mlops.errors import Problem

# The API allows 256, but an execution's display name, which is made of it, only 82:
# https://github.com/aws/sagemaker-python-sdk/issues/2933
_PIPELINE_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,81}")
_MOST_CHARACTERS = 1_048_576
_MOST_PARAMETERS = 200
_PARAMETER_NAME = re.compile(r"[A-Za-z0-9_-]{1,256}")
_PARAMETER_TYPES: Mapping[str, tuple[type, ...]] = {
    "String": (str,),
    "Integer": (int,),
    "Float": (int, float),
    "Boolean": (bool,),
}


def pipeline_problems(document: Mapping[str, Any], pipeline_name: str) -> Iterator[Problem]:
    """Yields what is wrong with the pipeline's name and the document's size."""
    if _PIPELINE_NAME.fullmatch(pipeline_name) is None:
        yield problem(
            "InvalidPipelineName",
            "pipeline.name",
            "be 1 to 82 letters, digits and inner hyphens",
            pipeline_name,
            "choose another name",
        )
    size = len(json.dumps(document, separators=(",", ":")))
    if size > _MOST_CHARACTERS:
        yield problem(
            "DefinitionTooLarge",
            "pipeline",
            f"have a definition of at most {_MOST_CHARACTERS} characters",
            size,
            "move data out of its arguments, or split the pipeline",
        )
    if not document.get("Steps"):
        yield problem("NoSteps", "pipeline.steps", "hold at least one step", [], "add steps to the pipeline")


def parameter_problems(parameters: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    """Yields what is wrong with the pipeline's parameters."""
    if len(parameters) > _MOST_PARAMETERS:
        yield problem(
            "TooManyParameters",
            "pipeline.parameters",
            f"have at most {_MOST_PARAMETERS} parameters",
            len(parameters),
            "make constants of some",
        )
    seen: set[str] = set()
    for parameter in parameters:
        name = str(parameter.get("Name"))
        path = f"pipeline.parameters[{name}]"
        if _PARAMETER_NAME.fullmatch(name) is None:
            yield problem(
                "InvalidParameterName",
                path,
                "be named by 1 to 256 letters, digits, '-' and '_'",
                name,
                "rename it",
            )
        if name in seen:
            yield problem(
                "DuplicateParameterName", path, "have a name of its own", name, "rename one of them"
            )
        seen.add(name)
        yield from _type_problems(parameter, path)


def _type_problems(parameter: Mapping[str, Any], path: str) -> Iterator[Problem]:
    declared, default = parameter.get("Type"), parameter.get("DefaultValue")
    expected = _PARAMETER_TYPES.get(str(declared))
    if expected is None:
        yield problem(
            "UnknownParameterType",
            f"{path}.Type",
            "be String, Integer, Float or Boolean",
            declared,
            suggestion(str(declared), _PARAMETER_TYPES, otherwise="use one of them"),
        )
    elif default is not None and (
        not isinstance(default, expected) or (isinstance(default, bool) and bool not in expected)
    ):
        yield wrong_type(f"{path}.DefaultValue", f"of type {declared}", default)


def duplicate_problems(steps: Sequence[StepRecord]) -> Iterator[Problem]:
    """Yields each step whose name another step before it has, nested steps included."""
    seen: set[str] = set()
    for step in steps:
        if step.name and step.name in seen:
            yield problem(
                "DuplicateStepName",
                f"{step.path}.Name",
                "be unique in the pipeline, nested steps included",
                step.name,
                "rename one of the steps",
            )
        seen.add(step.name)
