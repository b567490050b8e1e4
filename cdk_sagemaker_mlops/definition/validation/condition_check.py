"""The arguments of the steps that decide: conditions, and loops over items."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cdk_sagemaker_mlops.definition.validation import expressions
from cdk_sagemaker_mlops.definition.validation.findings import nearest, problem, suggestion, wrong_type
from cdk_sagemaker_mlops.definition.validation.step_record import StepRecord
from cdk_sagemaker_mlops.errors import Problem

# sagemaker/core/workflow/conditions.py; each kind with the members that it needs.
_COMPARISONS = ("Equals", "GreaterThan", "GreaterThanOrEqualTo", "LessThan", "LessThanOrEqualTo")
_MEMBERS = {
    **dict.fromkeys(_COMPARISONS, ("LeftValue", "RightValue")),
    "In": ("QueryValue", "Values"),
    "Not": ("Condition",),
    "Or": ("Conditions",),
}
_ORDERED = frozenset(_COMPARISONS) - {"Equals"}
# sagemaker/mlops/workflow/for_each_step.py
_MOST_CONCURRENT = 50
_MOST_ITEMS = 100
_PICKS = ("MaxBy", "MinBy")


def condition_step_problems(step: StepRecord, parameter_types: Mapping[str, str]) -> Iterator[Problem]:
    """Yields what is wrong with the arguments of a ``ConditionStep``."""
    path = f"{step.path}.Arguments.Conditions"
    conditions = step.arguments.get("Conditions")
    if not isinstance(conditions, list) or not conditions:
        yield problem("MissingMember", path, "hold at least one condition", conditions, "add a condition")
        return
    for index, condition in enumerate(conditions):
        yield from _condition_problems(condition, f"{path}[{index}]", parameter_types)


def _condition_problems(condition: Any, path: str, parameter_types: Mapping[str, str]) -> Iterator[Problem]:
    if not isinstance(condition, dict):
        yield wrong_type(path, "a condition", condition)
        return
    kind = str(condition.get("Type"))
    members = _MEMBERS.get(kind)
    if members is None:
        if nearest(kind, _MEMBERS) is not None:
            yield problem(
                "InvalidValue",
                f"{path}.Type",
                "be a kind of condition",
                kind,
                suggestion(kind, _MEMBERS, otherwise="use a condition of the SDK"),
            )
        return
    for name in members:
        if condition.get(name) is None:
            yield problem(
                "MissingMember", f"{path}.{name}", "be given", None, f"give {kind} a value to compare"
            )
    if kind in _ORDERED:
        for name in members:
            yield from _operand_problems(condition.get(name), f"{path}.{name}", kind, parameter_types)
    for inner_path, inner in _inner_conditions(condition, path):
        yield from _condition_problems(inner, inner_path, parameter_types)


def _inner_conditions(condition: Mapping[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    if condition.get("Condition") is not None:
        yield f"{path}.Condition", condition["Condition"]
    for index, inner in enumerate(condition.get("Conditions") or ()):
        yield f"{path}.Conditions[{index}]", inner


def _operand_problems(
    value: Any, path: str, kind: str, parameter_types: Mapping[str, str]
) -> Iterator[Problem]:
    """Finds what has no order; strings pass, for the service may compare them."""
    given = expressions.static_type(value, parameter_types) if expressions.is_expression(value) else None
    if isinstance(value, bool) or given == "Boolean":
        yield wrong_type(path, f"a number for {kind}", value, fix="use ConditionEquals for booleans")


def loop_step_problems(step: StepRecord) -> Iterator[Problem]:
    """Yields what is wrong with the arguments of a ``ForEachStep``."""
    path, arguments = f"{step.path}.Arguments", step.arguments
    concurrency = arguments.get("MaxConcurrency")
    if isinstance(concurrency, bool) or not isinstance(concurrency, int):
        yield wrong_type(f"{path}.MaxConcurrency", "an integer", concurrency)
    elif not 1 <= concurrency <= _MOST_CONCURRENT:
        yield problem(
            "OutOfRange",
            f"{path}.MaxConcurrency",
            f"be 1 to {_MOST_CONCURRENT}",
            concurrency,
            "choose another",
        )
    items = arguments.get("IterableItems")
    if isinstance(items, list) and not 1 <= len(items) <= _MOST_ITEMS:
        yield problem(
            "TooManyItems" if items else "TooFewItems",
            f"{path}.IterableItems",
            f"hold 1 to {_MOST_ITEMS} items",
            len(items),
            "give a reference to a JSON list instead" if items else "give at least one",
        )
    elif not isinstance(items, list) and not expressions.is_expression(items):
        yield wrong_type(f"{path}.IterableItems", "a list or a reference to one", items)
    if not arguments.get("ForEachBody"):
        yield problem("MissingMember", f"{path}.ForEachBody", "hold at least one step", None, "add a step")
    selector = arguments.get("Selector")
    if isinstance(selector, dict) and selector.get("Pick") not in _PICKS:
        yield problem(
            "InvalidValue", f"{path}.Selector.Pick", "be MaxBy or MinBy", selector.get("Pick"), "choose one"
        )
