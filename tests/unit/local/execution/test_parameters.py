from __future__ import annotations

from typing import Any

import pytest

from cdk_sagemaker_mlops.errors import ValidationError
from cdk_sagemaker_mlops.local.execution.parameters import bind

DECLARED: list[dict[str, Any]] = [
    {"Name": "Uri", "Type": "String", "DefaultValue": "s3://b/in"},
    {"Name": "Count", "Type": "Integer", "DefaultValue": 0},
    {"Name": "Rate", "Type": "Float", "DefaultValue": 0.5},
    {"Name": "On", "Type": "Boolean", "DefaultValue": False},
    {"Name": "Mode", "Type": "String", "DefaultValue": "a", "EnumValues": ["a", "b"]},
]


def test_takes_defaults_falsy_ones_too() -> None:
    assert bind(DECLARED, {}) == {"Uri": "s3://b/in", "Count": 0, "Rate": 0.5, "On": False, "Mode": "a"}


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("Uri", "", ""),
        ("Uri", "7", "7"),
        ("Count", "-7", -7),
        ("Rate", "1e-3", 0.001),
        ("Rate", "2", 2.0),
        ("On", "true", True),
        ("On", "False", False),
        ("Mode", "b", "b"),
    ],
)
def test_types_a_given_value_as_declared(name: str, text: str, value: object) -> None:
    bound = bind(DECLARED, {name: text})[name]
    assert bound == value
    assert type(bound) is type(value)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"Uro": "x"},
            (
                "UnknownParameter: parameters.Uro must be a parameter of this pipeline ('Uri', 'Count', "
                "'Rate', 'On', 'Mode'), got 'x'; correct the name, or declare the parameter in the pipeline"
            ),
        ),
        (
            {"Count": "1.5"},
            (
                "InvalidParameterType: parameters.Count must be an Integer, got '1.5'; pass a value of the "
                "type that the definition declares"
            ),
        ),
        (
            {"Rate": "nan"},
            (
                "InvalidParameterType: parameters.Rate must be a Float, got 'nan'; pass a value of the type "
                "that the definition declares"
            ),
        ),
        (
            {"On": "yes"},
            (
                "InvalidParameterType: parameters.On must be a Boolean, 'true' or 'false', got 'yes'; pass "
                "a value of the type that the definition declares"
            ),
        ),
        (
            {"Mode": "c"},
            "InvalidParameterValue: parameters.Mode must be one of 'a', 'b', got 'c'; pass one of these",
        ),
    ],
    ids=["unknown", "integer", "float", "boolean", "enum"],
)
def test_fails_when_a_value_is_not_allowed(given: dict[str, str], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        bind(DECLARED, given)
    assert isinstance(caught.value, ValueError)
    assert str(caught.value) == message


@pytest.mark.parametrize("text", ["x", "", "1,5", "inf"])
def test_fails_when_a_float_is_no_finite_number(text: str) -> None:
    with pytest.raises(ValidationError, match=r"parameters\.Rate must be a Float"):
        bind(DECLARED, {"Rate": text})


def test_fails_once_with_every_problem() -> None:
    with pytest.raises(ValidationError) as caught:
        bind([{"Name": "Must", "Type": "String"}], {"Other": "1"})
    assert [problem.code for problem in caught.value.problems] == ["UnknownParameter", "MissingParameter"]
    assert str(caught.value).splitlines()[1] == (
        "MissingParameter: parameters.Must must be given, because this String parameter has no default, "
        "got None; pass it when you start the execution"
    )
