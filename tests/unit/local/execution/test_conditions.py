from __future__ import annotations

from typing import Any

import pytest

from cdk_sagemaker_mlops.local.execution.conditions import ConditionError, evaluate, evaluate_all


def compare(kind: str, left: Any, right: Any) -> dict[str, Any]:
    return {"Type": kind, "LeftValue": left, "RightValue": right}


TRUE, FALSE = compare("Equals", 1, 1), compare("Equals", 1, 2)


@pytest.mark.parametrize(
    ("condition", "outcome"),
    [
        (compare("Equals", "a", "a"), True),
        (compare("Equals", "a", "b"), False),
        (compare("Equals", 1, 1.0), True),
        (compare("Equals", True, True), True),
        (compare("GreaterThan", 2, 1), True),
        (compare("GreaterThan", 1, 1), False),
        (compare("GreaterThanOrEqualTo", 1, 1), True),
        (compare("GreaterThanOrEqualTo", 0.9, 1), False),
        (compare("LessThan", 1, 1), False),
        (compare("LessThan", 0.1, 1), True),
        (compare("LessThanOrEqualTo", 1, 1), True),
        (compare("LessThanOrEqualTo", 2, 1), False),
        ({"Type": "In", "QueryValue": "b", "Values": ["a", "b"]}, True),
        ({"Type": "In", "QueryValue": "c", "Values": ["a", "b"]}, False),
        ({"Type": "In", "QueryValue": 1, "Values": [True, "1"]}, False),
        ({"Type": "Not", "Condition": FALSE}, True),
        ({"Type": "Not", "Condition": TRUE}, False),
        ({"Type": "Or", "Conditions": [FALSE, TRUE]}, True),
        ({"Type": "Or", "Conditions": [FALSE, FALSE]}, False),
        ({"Type": "Not", "Condition": {"Type": "Or", "Conditions": [FALSE, FALSE]}}, True),
    ],
)
def test_evaluates(condition: dict[str, Any], outcome: bool) -> None:
    assert evaluate(condition, lambda value: value) is outcome


def test_resolves_each_value_before_comparing() -> None:
    values = {"left": 3, "right": 2, "query": "x", "item": "x"}
    assert evaluate(compare("GreaterThan", "left", "right"), values.__getitem__)
    assert evaluate({"Type": "In", "QueryValue": "query", "Values": ["item"]}, values.__getitem__)


@pytest.mark.parametrize(
    ("conditions", "outcome"), [([], True), ([TRUE, TRUE], True), ([TRUE, FALSE], False), ([FALSE], False)]
)
def test_a_step_holds_when_all_its_conditions_do(conditions: list[dict[str, Any]], outcome: bool) -> None:
    assert evaluate_all(conditions, lambda value: value) is outcome


@pytest.mark.parametrize(
    ("left", "right"), [("0.9", 0.8), (True, 1), ("a", None)], ids=["text", "boolean", "null"]
)
@pytest.mark.parametrize("kind", ["Equals", "LessThan"])
def test_fails_when_values_are_of_different_types(kind: str, left: Any, right: Any) -> None:
    with pytest.raises(ConditionError) as caught:
        evaluate(compare(kind, left, right), lambda value: value)
    assert str(caught.value) == (
        f"{kind} must compare values of one type, got {left!r} and {right!r}; "
        "declare the parameter with the type of the value it is compared with"
    )


def test_fails_when_a_type_is_unknown() -> None:
    with pytest.raises(ConditionError, match="Condition type 'Almost' is unknown; use one of Equals"):
        evaluate({"Type": "Almost"}, lambda value: value)


def test_fails_when_a_later_condition_cannot_be_evaluated() -> None:
    with pytest.raises(ConditionError):
        evaluate_all([FALSE, compare("LessThan", 1, "2")], lambda value: value)
