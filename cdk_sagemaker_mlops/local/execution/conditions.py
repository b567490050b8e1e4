"""Evaluates the conditions of a Condition step."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
}


class ConditionError(ValueError):
    """A condition has no outcome."""


def evaluate_all(conditions: list[dict[str, Any]], resolve: Callable[[Any], Any]) -> bool:
    """Tells whether every condition of a step holds; with none, the step's ``IfSteps`` run.

    Args:
        conditions: The step's ``Conditions``.
        resolve: Replaces the references inside a value by what they stand for.

    Raises:
        ConditionError: A condition is of an unknown type, or compares values of different types.
    """
    # Every condition is evaluated, so that one that cannot be is reported whatever stands before it.
    outcomes = [evaluate(condition, resolve) for condition in conditions]
    return all(outcomes)


def evaluate(condition: dict[str, Any], resolve: Callable[[Any], Any]) -> bool:
    """Tells whether one condition holds.

    Raises:
        ConditionError: It is of an unknown type, or compares values of different types.
    """
    kind = condition["Type"]
    if kind in _COMPARISONS:
        return _compare(kind, resolve(condition["LeftValue"]), resolve(condition["RightValue"]))
    if kind == "In":
        value = resolve(condition["QueryValue"])
        return any(_same_kind(value, item) and value == item for item in map(resolve, condition["Values"]))
    if kind == "Not":
        return not evaluate(condition["Condition"], resolve)
    if kind == "Or":
        return any(evaluate(item, resolve) for item in condition["Conditions"])
    known = ", ".join([*_COMPARISONS, "In", "Not", "Or"])
    raise ConditionError(f"Condition type {kind!r} is unknown; use one of {known}")


def _compare(kind: str, left: Any, right: Any) -> bool:
    if not _same_kind(left, right):
        raise ConditionError(
            f"{kind} must compare values of one type, got {left!r} and {right!r}; "
            "declare the parameter with the type of the value it is compared with"
        )
    return _COMPARISONS[kind](left, right)


def _same_kind(left: Any, right: Any) -> bool:
    """Numbers compare with numbers; a boolean is not a number here, though it is in Python."""
    return _kind(left) is _kind(right)


def _kind(value: Any) -> type:
    return float if isinstance(value, int) and not isinstance(value, bool) else type(value)
