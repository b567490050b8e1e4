"""The parameters that a deployed pipeline can be started with."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from cdk_sagemaker_mlops.errors import Problem, ValidationError

_REQUIRED = object()
_BOOLEANS = {"true", "false"}


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A parameter of a pipeline definition.

    Args:
        name: Its name.
        type: ``String``, ``Integer``, ``Float`` or ``Boolean``.
        default: Its default value. Default: there is none, and a value must be given.
        allowed: The only values it may have. Default: any.
    """

    name: str
    type: str
    default: object = _REQUIRED
    allowed: tuple[str, ...] = ()

    @property
    def is_required(self) -> bool:
        """Whether it has no default."""
        return self.default is _REQUIRED

    def __str__(self) -> str:
        allowed = f", one of {', '.join(self.allowed)}" if self.allowed else ""
        default = "required" if self.is_required else f"default {self.default!r}"
        return f"{self.name} ({self.type}{allowed}, {default})"


def pipeline_parameters(sagemaker: Any, pipeline_name: str) -> tuple[Parameter, ...]:
    """Reads the parameters of a pipeline's definition."""
    described = sagemaker.describe_pipeline(PipelineName=pipeline_name)
    definition = json.loads(described["PipelineDefinition"])
    return tuple(_parameter(entry) for entry in definition.get("Parameters", []))


def _parameter(entry: Mapping[str, Any]) -> Parameter:
    return Parameter(
        name=entry["Name"],
        type=entry["Type"],
        default=entry.get("DefaultValue", _REQUIRED),
        allowed=tuple(str(value) for value in entry.get("EnumValues", [])),
    )


def split_assignments(words: Iterable[str]) -> dict[str, str]:
    """Splits words such as ``MaxIter=200``.

    Raises:
        ValidationError: A word has no ``=``, or a name comes twice.
    """
    given: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not name or not equals or name in given:
            raise ValidationError(
                Problem(
                    code="InvalidAssignment",
                    parameter="-p",
                    rule="be Name=value, each name once",
                    value=word,
                    fix="write it like -p TrainingInstanceType=ml.m5.xlarge",
                )
            )
        given[name] = value
    return given


def check_values(parameters: tuple[Parameter, ...], given: Mapping[str, str]) -> None:
    """Checks values before an execution is started with them.

    Args:
        parameters: What exists.
        given: Values by name.

    Raises:
        ValidationError: A name is unknown, a value is not of its parameter's type or not an allowed one, or
            a required one is missing. All are told at once, and the parameters that exist.
    """
    known = {parameter.name: parameter for parameter in parameters}
    existing = "choose from " + ("; ".join(map(str, parameters)) if parameters else "none: it has none")
    problems = [
        _unknown(name, existing) if name not in known else _ill_typed(known[name], value, existing)
        for name, value in given.items()
    ]
    problems += [_missing(each) for each in parameters if each.is_required and each.name not in given]
    told = [problem for problem in problems if problem is not None]
    if told:
        raise ValidationError(*told)


def _unknown(name: str, existing: str) -> Problem:
    return Problem(
        code="UnknownParameter",
        parameter=f"-p {name}",
        rule="name a parameter of the pipeline",
        value=name,
        fix=existing,
    )


def _ill_typed(parameter: Parameter, value: str, existing: str) -> Problem | None:
    rule = f"be of type {parameter.type}"
    if _reads_as(parameter.type, value):
        if not parameter.allowed or value in parameter.allowed:
            return None
        rule = f"be one of {', '.join(parameter.allowed)}"
    return Problem(
        code="InvalidParameterValue",
        parameter=f"-p {parameter.name}",
        rule=rule,
        value=value,
        fix=existing,
    )


def _reads_as(kind: str, value: str) -> bool:
    readers: dict[str, Callable[[str], object]] = {"Integer": int, "Float": float}
    if kind == "Boolean":
        return value.lower() in _BOOLEANS
    try:
        readers.get(kind, str)(value)
    except ValueError:
        return False
    return True


def _missing(parameter: Parameter) -> Problem:
    return Problem(
        code="MissingParameter",
        parameter=f"-p {parameter.name}",
        rule="be given: it has no default",
        value=None,
        fix=f"add -p {parameter.name}=<{parameter.type}>",
    )
