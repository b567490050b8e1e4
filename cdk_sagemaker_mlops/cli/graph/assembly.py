"""Reads pipelines from what `cdk synth` wrote: no account, nothing deployed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cdk_sagemaker_mlops.errors import OperationError, Problem, ValidationError


def synthesised_pipelines(folder: Path) -> dict[str, str]:
    """Finds the pipelines of an app.

    Args:
        folder: The app's folder, with its ``cdk.out``, or the cloud assembly itself.

    Returns:
        The definition of each pipeline by its name. What only a deployment knows is named in brackets.

    Raises:
        ValidationError: There is no cloud assembly.
        OperationError: It has no pipeline, or one whose definition is too large to stand in the template.
    """
    assembly = folder / "cdk.out" if (folder / "cdk.out").is_dir() else folder
    templates = sorted(assembly.rglob("*.template.json")) if assembly.is_dir() else []
    if not templates:
        raise ValidationError(
            Problem(
                code="NoAssembly",
                parameter="--app",
                rule="be a folder with a cdk.out, or a cloud assembly",
                value=str(folder),
                fix="run 'cdk synth' in the app's folder first",
            )
        )
    found = dict(
        pair for template in templates for pair in _pipelines(json.loads(template.read_text("utf-8")))
    )
    if not found:
        raise OperationError(
            Problem(
                code="NoPipeline",
                parameter="the app",
                rule="define a SageMaker pipeline",
                value=[template.name for template in templates],
                fix="add an MlopsPipeline to a stack",
            )
        )
    return found


def _pipelines(template: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for resource in template.get("Resources", {}).values():
        if resource.get("Type") != "AWS::SageMaker::Pipeline":
            continue
        properties = resource["Properties"]
        name = _text(properties["PipelineName"])
        definition = properties["PipelineDefinition"]
        if "PipelineDefinitionBody" not in definition:
            raise OperationError(
                Problem(
                    code="LargeDefinition",
                    parameter=f"the definition of pipeline {name}",
                    rule="stand in the template to be drawn before it is deployed",
                    value=sorted(definition),
                    fix="deploy the stack, and draw that",
                )
            )
        yield name, _text(definition["PipelineDefinitionBody"], escaped=True)


def _text(value: Any, *, escaped: bool = False) -> str:
    """Writes a value of a template as text, in which ``<Name>`` stands for a reference."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping) and "Fn::Join" in value:
        separator, parts = value["Fn::Join"]
        return str(separator).join(_text(part, escaped=escaped) for part in parts)
    named = (
        value.get("Ref", value.get("Fn::GetAtt", next(iter(value)))) if isinstance(value, Mapping) else value
    )
    text = f"<{'.'.join(named) if isinstance(named, list) else named}>"
    # Inside of a JSON text, a name may not end the string that it stands in.
    return json.dumps(text)[1:-1] if escaped else text
