"""Everything that is wrong with a pipeline definition, in one error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cdk_sagemaker_mlops.definition.validation.pipeline_limits import (
    duplicate_problems,
    parameter_problems,
    pipeline_problems,
)
from cdk_sagemaker_mlops.definition.validation.references import References
from cdk_sagemaker_mlops.definition.validation.step_arguments import argument_problems
from cdk_sagemaker_mlops.definition.validation.step_fields import field_problems
from cdk_sagemaker_mlops.definition.validation.step_graph import cycle_problems
from cdk_sagemaker_mlops.definition.validation.step_record import step_records
from cdk_sagemaker_mlops.errors import DefinitionError, Problem


def validate(document: Mapping[str, Any], *, pipeline_name: str) -> None:
    """Checks that SageMaker would take ``document``, and that its references lead somewhere.

    It is never stricter than the service: what only the service can know (values of an execution, strings
    with placeholders, hardware newer than the installed botocore, step types newer than this library) passes.

    Args:
        document: The definition as the SDK builds it.
        pipeline_name: Name of the pipeline.

    Raises:
        DefinitionError: With one problem for each thing that is wrong, named by its path such as
            ``pipeline.steps[Train].Arguments.ResourceConfig.VolumeSizeInGB``.
    """
    found = list(_problems(document, pipeline_name))
    if found:
        raise DefinitionError(*found, at=pipeline_name)


def _problems(document: Mapping[str, Any], pipeline_name: str) -> Iterator[Problem]:
    parameters = [item for item in document.get("Parameters") or () if isinstance(item, dict)]
    types = {str(item.get("Name")): str(item.get("Type")) for item in parameters}
    steps = list(step_records(document.get("Steps")))
    by_name = {step.name: step for step in reversed(steps) if step.name}
    resolver = References(by_name, frozenset(types))
    yield from pipeline_problems(document, pipeline_name)
    yield from parameter_problems(parameters)
    yield from duplicate_problems(steps)
    for step in steps:
        yield from field_problems(step)
        yield from argument_problems(step, types)
        yield from resolver.problems(step)
    yield from cycle_problems(by_name)
