"""Resolves the references of a definition: ``Get``, ``Std:Join`` and ``Std:JsonGet``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cdk_sagemaker_mlops.local.execution import json_path

_STEP = re.compile(r"Steps\.(?P<step>[^.\[\]]+)\.?(?P<path>.*)", re.DOTALL)
_PROPERTY_FILE = re.compile(r"Steps\.(?P<step>[^.\[\]]+)\.PropertyFiles\.(?P<name>.+)", re.DOTALL)


class UnresolvedReferenceError(ValueError):
    """A reference has no value; the text names the reference and says why."""


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What references can be resolved from.

    Args:
        parameters: Value of each pipeline parameter.
        execution: Value of each execution variable, such as ``PipelineName``.
        steps: Properties of each step that succeeded, as the Describe operation of its job words them.
        property_file: Returns the JSON document of a property file, given the step's and the file's name.
        s3_document: Returns the JSON document of an object, given its S3 URI.
    """

    parameters: Mapping[str, Any]
    execution: Mapping[str, str]
    steps: Mapping[str, Mapping[str, Any]]
    property_file: Callable[[str, str], Any]
    s3_document: Callable[[str], Any]


def resolve(value: Any, scope: Scope) -> Any:
    """Returns ``value`` with every reference inside it replaced by what it stands for.

    Raises:
        UnresolvedReferenceError: A reference has no value.
    """
    if isinstance(value, list):
        return [resolve(item, scope) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        [(function, operand)] = value.items()
        if function == "Get" and isinstance(operand, str):
            return _get(operand, scope)
        if function == "Std:Join":
            return as_text(operand["On"]).join(as_text(item) for item in resolve(operand["Values"], scope))
        if function == "Std:JsonGet":
            return _json_get(operand, scope)
    return {key: resolve(item, scope) for key, item in value.items()}


def referenced_steps(value: Any) -> set[str]:
    """Returns the name of every step that a reference inside ``value`` reads from."""
    if isinstance(value, list):
        return set().union(*map(referenced_steps, value))
    if not isinstance(value, dict):
        return set()
    reference = value.get("Get") if len(value) == 1 else None
    if isinstance(reference, str):
        match = _STEP.fullmatch(reference)
        return {match["step"]} if match else set()
    return set().union(*map(referenced_steps, value.values()))


def as_text(value: Any) -> str:
    """Words a resolved value where SageMaker takes text only: hyperparameters, arguments, parts of a join."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _get(reference: str, scope: Scope) -> Any:
    kind, _, name = reference.partition(".")
    if kind == "Parameters":
        return _member(scope.parameters, name, reference, "parameter of this pipeline")
    if kind == "Execution":
        return _member(scope.execution, name, reference, "execution variable here")
    match = _STEP.fullmatch(reference)
    if match is None:
        raise UnresolvedReferenceError(f"{reference!r} must start with Parameters., Execution. or Steps.")
    properties = _properties(match["step"], reference, scope)
    try:
        return json_path.follow(properties, match["path"])
    except json_path.PathError as error:
        raise UnresolvedReferenceError(f"{reference!r} cannot be resolved: {error}") from error


def _member(values: Mapping[str, Any], name: str, reference: str, kind: str) -> Any:
    if name not in values:
        known = ", ".join(map(repr, values)) or "none"
        raise UnresolvedReferenceError(f"{reference!r} cannot be resolved: {name!r} is no {kind} ({known})")
    return values[name]


def _properties(step: str, reference: str, scope: Scope) -> Mapping[str, Any]:
    if step not in scope.steps:
        raise UnresolvedReferenceError(
            f"{reference!r} cannot be resolved: step {step!r} did not run in this execution"
        )
    return scope.steps[step]


def _json_get(operand: Mapping[str, Any], scope: Scope) -> Any:
    path = resolve(operand["Path"], scope)
    if "S3Uri" in operand:
        source = resolve(operand["S3Uri"], scope)
        document = scope.s3_document(source)
    else:
        source = operand["PropertyFile"]["Get"]
        match = _PROPERTY_FILE.fullmatch(source)
        if match is None:
            raise UnresolvedReferenceError(f"{source!r} must be Steps.<step>.PropertyFiles.<name>")
        _properties(match["step"], source, scope)
        document = scope.property_file(match["step"], match["name"])
    try:
        found = json_path.follow(document, path)
    except json_path.PathError as error:
        raise UnresolvedReferenceError(f"JsonGet on {source!r} failed: {error}") from error
    if isinstance(found, dict | list) or found is None:
        kind = "an object" if isinstance(found, dict) else "null" if found is None else "a list"
        raise UnresolvedReferenceError(
            f"JsonGet on {source!r} failed: {path!r} must lead to a string, a number or a boolean, got {kind}"
        )
    return found
