"""Whether what a step refers to exists: parameters, steps, property files, outputs, loop items."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from cdk_sagemaker_mlops.definition.validation import expressions
from cdk_sagemaker_mlops.definition.validation.expressions import Reference
from cdk_sagemaker_mlops.definition.validation.findings import nearest, problem, suggestion
from cdk_sagemaker_mlops.definition.validation.property_paths import property_problems
from cdk_sagemaker_mlops.definition.validation.step_record import StepRecord
from cdk_sagemaker_mlops.errors import Problem

_NAMESPACES = ("Parameters", "Steps", "Execution", "ForEach", "IterationOutput")
# sagemaker/core/workflow/execution_variables.py; finds misspellings only: the service adds to it.
_EXECUTION_VARIABLES = (
    "StartDateTime",
    "CurrentDateTime",
    "PipelineName",
    "PipelineArn",
    "PipelineExecutionId",
    "PipelineExecutionArn",
    "TrainingJobName",
    "ProcessingJobName",
)
_PROPERTY_FILES = "PropertyFiles"
_STEP_NAME = re.compile(r"[A-Za-z0-9_-]+")


class References:
    """Resolves the references of one definition.

    Args:
        steps: Every step by name.
        parameters: Names of the pipeline's parameters.
    """

    def __init__(self, steps: Mapping[str, StepRecord], parameters: frozenset[str]) -> None:
        self._steps = steps
        self._parameters = parameters

    def problems(self, step: StepRecord) -> Iterator[Problem]:
        """Yields each reference of ``step`` that leads nowhere."""
        for path, name in step.dependencies():
            yield from self._unknown_step(name, path, name)
        for reference in step.references():
            yield from self._reference_problems(reference, step)
        for path, name in cleanup_sources(step):
            yield from self._unknown_step(name, path, name)
        for path, content in expressions.json_gets(step.arguments, f"{step.path}.Arguments"):
            yield from _json_get_problems(path, content)

    def _reference_problems(self, reference: Reference, step: StepRecord) -> Iterator[Problem]:
        if reference.namespace == "Parameters":
            yield from self._unknown_parameter(reference)
        elif reference.namespace == "Steps":
            yield from self._step_problems(reference)
        elif reference.namespace == "Execution":
            yield from _execution_problems(reference)
        elif reference.namespace in {"ForEach", "IterationOutput"}:
            yield from self._loop_problems(reference, step)
        else:
            yield problem(
                "UnknownReference",
                reference.path,
                "begin with Parameters., Steps., Execution., ForEach. or IterationOutput.",
                reference.target,
                suggestion(reference.namespace, _NAMESPACES, otherwise="begin it with one of these"),
            )

    def _unknown_parameter(self, reference: Reference) -> Iterator[Problem]:
        if reference.rest not in self._parameters:
            yield problem(
                "UnknownParameter",
                reference.path,
                "refer to one of the pipeline's parameters",
                reference.target,
                suggestion(
                    reference.rest,
                    self._parameters,
                    otherwise="list the parameter in Pipeline(parameters=...)",
                ),
            )

    def _unknown_step(self, name: str, path: str, value: str) -> Iterator[Problem]:
        if name not in self._steps:
            yield problem(
                "UnknownStep",
                path,
                "refer to one of the pipeline's steps",
                value,
                suggestion(name, self._steps, otherwise="add the step to Pipeline(steps=...)"),
            )

    def _step_problems(self, reference: Reference) -> Iterator[Problem]:
        match = _STEP_NAME.match(reference.rest)
        name = match.group() if match is not None else ""
        target = self._steps.get(name)
        if target is None:
            yield from self._unknown_step(name, reference.path, reference.target)
            return
        properties = reference.rest[len(name) :].removeprefix(".")
        if properties.startswith(f"{_PROPERTY_FILES}."):
            yield from _property_file_problems(reference, target, properties)
        elif properties:
            yield from property_problems(reference, target, properties)

    def _loop_problems(self, reference: Reference, step: StepRecord) -> Iterator[Problem]:
        loop = step if step.type == "ForEach" else step.within("ForEach")
        if loop is None:
            yield problem(
                "OutsideLoop",
                reference.path,
                "stand in a ForEachStep",
                reference.target,
                "move the step into for_each_body, or refer to Steps.<name>",
            )
        elif reference.namespace == "IterationOutput":
            match = _STEP_NAME.match(reference.rest)
            name = match.group() if match is not None else ""
            body = [item.get("Name") for item in loop.arguments.get("ForEachBody") or ()]
            if name not in body:
                yield problem(
                    "UnknownStep",
                    reference.path,
                    f"refer to a step in the body of {loop.name!r}",
                    reference.target,
                    suggestion(name, map(str, body), otherwise="name a step of for_each_body"),
                )


def cleanup_sources(step: StepRecord) -> Iterator[tuple[str, str]]:
    """Yields (path, step name) of each source of a cleanup step."""
    resources = step.arguments.get("Resources") if step.type == "Cleanup" else None
    sources = resources.get("S3") if isinstance(resources, dict) else None
    for index, source in enumerate(sources if isinstance(sources, list) else ()):
        if isinstance(source, dict) and isinstance(source.get("StepName"), str):
            yield f"{step.path}.Arguments.Resources.S3[{index}].StepName", source["StepName"]


def _execution_problems(reference: Reference) -> Iterator[Problem]:
    if reference.rest in _EXECUTION_VARIABLES:
        return
    meant = nearest(reference.rest, _EXECUTION_VARIABLES)
    if meant is not None:
        yield problem(
            "UnknownExecutionVariable",
            reference.path,
            "refer to an execution variable",
            reference.target,
            f"write 'Execution.{meant}'",
        )


def _property_file_problems(reference: Reference, target: StepRecord, properties: str) -> Iterator[Problem]:
    name = properties.removeprefix(f"{_PROPERTY_FILES}.")
    declared = [item.get("PropertyFileName") for item in target.content.get(_PROPERTY_FILES) or ()]
    if name not in declared:
        yield problem(
            "UnknownPropertyFile",
            reference.path,
            f"refer to a property file of step {target.name!r}",
            reference.target,
            suggestion(name, map(str, declared), otherwise="declare it in the step's property_files"),
        )


def _json_get_problems(path: str, content: Mapping[str, Any]) -> Iterator[Problem]:
    if not isinstance(content.get("Path"), str):
        yield problem(
            "MissingMember",
            f"{path}.Path",
            "be a JSON path",
            content.get("Path"),
            "give json_path to JsonGet",
        )
    if (content.get("PropertyFile") is None) == (content.get("S3Uri") is None):
        yield problem(
            "InvalidValue",
            path,
            "read either a property file or an S3 URI",
            content,
            "give JsonGet one of them",
        )
