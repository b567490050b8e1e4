"""Checks of plain values, shared by every config and construct.

Each check returns the :class:`~cdk_sagemaker_mlops.errors.Problem` it found, or ``None``, so that all
problems of a constructor are raised at once by :func:`raise_problems`. Values that CDK resolves only at
deployment (tokens) pass.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable
from typing import Any

from cdk_sagemaker_mlops.errors import Problem, ValidationError

# How CDK encodes a number that is not known yet: aws-cdk-lib, core/lib/private/encoding.ts.
_LARGEST_NUMBER_TOKEN = -1e280


def is_token(value: object) -> bool:
    """Tells whether ``value`` stands for something that CDK resolves at deployment."""
    if isinstance(value, str):
        return "${Token[" in value
    if isinstance(value, float):
        return value < _LARGEST_NUMBER_TOKEN
    return False


def matches(
    parameter: str, value: str | None, pattern: str, *, code: str, rule: str, fix: str
) -> Problem | None:
    """Checks that ``value`` is ``None``, a token, or a string that ``pattern`` matches whole."""
    if value is None or is_token(value):
        return None
    if isinstance(value, str) and re.fullmatch(pattern, value):
        return None
    return Problem(code=code, parameter=parameter, rule=rule, value=value, fix=fix)


def in_range(
    parameter: str, value: float | None, low: float, high: float, *, code: str, unit: str, fix: str
) -> Problem | None:
    """Checks that ``value`` is ``None``, a token, or a number from ``low`` to ``high``, both included."""
    if value is None or is_token(value):
        return None
    if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
        return None
    return Problem(
        code=code, parameter=parameter, rule=f"be {low} to {high} {unit}".rstrip(), value=value, fix=fix
    )


def finite(parameter: str, value: float, *, code: str, fix: str) -> Problem | None:
    """Checks that ``value`` is a token or a finite number."""
    if is_token(value) or (
        isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    ):
        return None
    return Problem(code=code, parameter=parameter, rule="be a finite number", value=value, fix=fix)


def one_of(
    parameter: str, value: object, allowed: Collection[object], *, code: str, fix: str
) -> Problem | None:
    """Checks that ``value`` is ``None``, a token, or one of ``allowed``."""
    if value is None or is_token(value) or value in allowed:
        return None
    listed = ", ".join(repr(item) for item in allowed)
    return Problem(code=code, parameter=parameter, rule=f"be one of {listed}", value=value, fix=fix)


def known_at_synth(parameter: str, value: str | None) -> Problem | None:
    """Checks that ``value`` is not a token, for values that the SDK must see."""
    if not is_token(value):
        return None
    return Problem(
        code="UnknownAtSynth",
        parameter=parameter,
        rule="be known when the app is synthesised",
        value=value,
        fix="give a plain string, not an attribute of another resource",
    )


# Shape only: new instance families appear every quarter, so no list of them is kept.
_INSTANCE_TYPE = r"ml\.[a-z0-9-]+\.[a-z0-9]+"


def instance_type(parameter: str, value: str | None) -> Problem | None:
    """Checks the shape of a SageMaker instance type, such as ``ml.m5.large``."""
    return matches(
        parameter,
        value,
        _INSTANCE_TYPE,
        code="InvalidInstanceType",
        rule="look like 'ml.<family>.<size>'",
        fix="use a SageMaker instance type such as 'ml.m5.large'",
    )


def argument_type(parameter: str, value: object, expected: type[Any] | tuple[type[Any], ...]) -> None:
    """Raises jsii's words for an argument of a wrong type.

    Raises:
        TypeError: ``value`` is not an instance of ``expected``.
    """
    if isinstance(value, expected):
        return
    kinds = expected if isinstance(expected, tuple) else (expected,)
    names = " or ".join("None" if kind is type(None) else kind.__name__ for kind in kinds)
    raise TypeError(f"type of argument {parameter} must be {names}; got {type(value).__name__} instead")


def raise_problems(problems: Iterable[Problem | None], *, at: str | None = None) -> None:
    """Raises every problem found, or returns.

    Raises:
        ValidationError: At least one of ``problems`` is not ``None``.
    """
    found = [problem for problem in problems if problem is not None]
    if found:
        raise ValidationError(*found, at=at)
