"""Binds the values given at StartPipelineExecution to a definition's parameters."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from cdk_sagemaker_mlops.errors import Problem, ValidationError

Scalar = str | int | float | bool

_BOOLEANS = {"true": True, "false": False}


def bind(declared: list[dict[str, Any]], given: Mapping[str, str]) -> dict[str, Scalar]:
    """Returns the value of every declared parameter, typed as the definition says.

    Args:
        declared: The definition's ``Parameters``.
        given: Values by name, as text, as the API takes them.

    Raises:
        ValidationError: A name is unknown, a value is missing, of another type, or not among ``EnumValues``.
    """
    names = [parameter["Name"] for parameter in declared]
    problems = [_unknown(name, given[name], names) for name in given if name not in names]
    values: dict[str, Scalar] = {}
    for parameter in declared:
        bound = _bind_one(parameter, given)
        if isinstance(bound, Problem):
            problems.append(bound)
        else:
            values[parameter["Name"]] = bound
    if problems:
        raise ValidationError(*problems)
    return values


def _bind_one(parameter: dict[str, Any], given: Mapping[str, str]) -> Scalar | Problem:
    name, kind = parameter["Name"], parameter["Type"]
    if name in given:
        value = _convert(given[name], kind)
    else:
        value = parameter.get("DefaultValue")
        if value is None:
            return Problem(
                code="MissingParameter",
                parameter=f"parameters.{name}",
                rule=f"be given, because this {kind} parameter has no default",
                value=None,
                fix="pass it when you start the execution",
            )
    if value is None:
        return Problem(
            code="InvalidParameterType",
            parameter=f"parameters.{name}",
            rule=f"be {_ARTICLES.get(kind, kind)}",
            value=given[name],
            fix="pass a value of the type that the definition declares",
        )
    allowed = parameter.get("EnumValues")
    if allowed and value not in allowed:
        return Problem(
            code="InvalidParameterValue",
            parameter=f"parameters.{name}",
            rule=f"be one of {', '.join(map(repr, allowed))}",
            value=value,
            fix="pass one of these",
        )
    converted: Scalar = value
    return converted


_ARTICLES = {
    "String": "a String",
    "Integer": "an Integer",
    "Float": "a Float",
    "Boolean": "a Boolean, 'true' or 'false'",
}


def _convert(text: str, kind: str) -> Scalar | None:
    """Reads a text as a value of the declared type; ``None`` when it is not one."""
    if kind == "Integer":
        return int(text) if re.fullmatch(r"[+-]?\d+", text) else None
    if kind == "Float":
        try:
            number = float(text)
        except ValueError:
            return None
        return number if math.isfinite(number) else None
    if kind == "Boolean":
        return _BOOLEANS.get(text.lower())
    return text


def _unknown(name: str, value: str, names: list[str]) -> Problem:
    known = ", ".join(map(repr, names)) or "none"
    return Problem(
        code="UnknownParameter",
        parameter=f"parameters.{name}",
        rule=f"be a parameter of this pipeline ({known})",
        value=value,
        fix="correct the name, or declare the parameter in the pipeline",
    )
