"""Which properties of a step others may refer to, by the API that describes what the step made."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cdk_sagemaker_mlops.definition.validation.expressions import Reference
from cdk_sagemaker_mlops.definition.validation.findings import problem, suggestion
from cdk_sagemaker_mlops.definition.validation.service_model import shapes
from cdk_sagemaker_mlops.definition.validation.step_record import StepRecord
from cdk_sagemaker_mlops.errors import Problem

# As the SDK's step classes hand them to Properties: sagemaker/mlops/workflow/*_step.py, steps.py.
_DESCRIBED_BY = {
    "Processing": ("DescribeProcessingJobResponse",),
    "Training": ("DescribeTrainingJobResponse",),
    "Tuning": (
        "DescribeHyperParameterTuningJobResponse",
        "ListTrainingJobsForHyperParameterTuningJobResponse",
    ),
    "Transform": ("DescribeTransformJobResponse",),
    "Model": ("DescribeModelOutput",),
    "RegisterModel": ("DescribeModelPackageOutput",),
    "AutoML": ("DescribeAutoMLJobResponse",),
    "EndpointConfig": ("DescribeEndpointConfigOutput",),
    "Endpoint": ("DescribeEndpointOutput",),
    "InferenceComponent": ("DescribeInferenceComponentOutput",),
    "Job": ("DescribeJobResponse",),
}
# Made by the pipeline itself, so that no API describes them.
_BESIDES = {"AutoML": frozenset({"BestCandidateProperties"})}
_PART = re.compile(r"\.?(?P<member>\w+)|\[(?P<index>\d+)\]|\[['\"](?P<key>[^'\"]*)['\"]\]")
_PROCESSING_OUTPUT = re.compile(r"ProcessingOutputConfig\.Outputs\[['\"](?P<name>[^'\"]*)['\"]\]")
_OUTPUT_PARAMETER = re.compile(r"OutputParameters\[['\"](?P<name>[^'\"]*)['\"]\]")


def property_problems(reference: Reference, step: StepRecord, properties: str) -> Iterator[Problem]:
    """Yields what is wrong with the property path ``properties`` of ``step``."""
    yield from _unknown_member(reference, step, properties)
    yield from _unknown_output(
        reference,
        _PROCESSING_OUTPUT,
        properties,
        processing_outputs(step),
        f"an output of step {step.name!r}",
    )
    declared = step.content.get("OutputParameters")
    if isinstance(declared, list) and step.type in {"Lambda", "Callback"}:
        names = {str(output.get("OutputName")) for output in declared if isinstance(output, dict)}
        yield from _unknown_output(
            reference, _OUTPUT_PARAMETER, properties, names, f"an output parameter of step {step.name!r}"
        )


def processing_outputs(step: StepRecord) -> set[str] | None:
    """Returns the names of a processing step's outputs, or ``None`` if one is known only when it runs."""
    if step.type != "Processing":
        return None
    config = step.arguments.get("ProcessingOutputConfig")
    outputs = config.get("Outputs") if isinstance(config, dict) else None
    names = [output.get("OutputName") for output in outputs or () if isinstance(output, dict)]
    return (
        {name for name in names if isinstance(name, str)} if all(_is_text(name) for name in names) else None
    )


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _unknown_output(
    reference: Reference, pattern: re.Pattern[str], properties: str, declared: set[str] | None, what: str
) -> Iterator[Problem]:
    match = pattern.match(properties)
    if match is not None and declared is not None and match["name"] not in declared:
        yield problem(
            "UnknownOutput",
            reference.path,
            f"refer to {what}",
            reference.target,
            suggestion(match["name"], declared, otherwise="declare the output, or refer to a declared one"),
        )


def _unknown_member(reference: Reference, step: StepRecord, properties: str) -> Iterator[Problem]:
    described_by = _DESCRIBED_BY.get(step.type)
    if described_by is None or properties.partition(".")[0] in _BESIDES.get(step.type, ()):
        return
    model = shapes("sagemaker")
    current = [model[name] for name in described_by if name in model]
    for part in _PART.finditer(properties):
        if not current:
            return
        members = {
            name: item["shape"] for shape in current for name, item in shape.get("members", {}).items()
        }
        name = part["member"]
        if name is None:
            inner = [shape.get("member") or shape.get("value") for shape in current]
            current = [model[item["shape"]] for item in inner if item is not None]
        elif name in members:
            current = [model[members[name]]]
        else:
            yield problem(
                "UnknownProperty",
                reference.path,
                f"refer to a property that a step of type {step.type} has",
                reference.target,
                suggestion(
                    name, members, otherwise=f"use a property of {described_by[0]} in place of {name!r}"
                ),
            )
            return
